"""On random months the measures equal a model that looks at every single minute."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from incubator.core.periods import Interval, Month, local_instant
from incubator.reports.occupancy import UnitFacts, Use, measure, measures_of
from incubator.spaces.rules import Hours, SiteCalendar, opening_intervals

ZONES = [ZoneInfo(name) for name in ("Asia/Shanghai", "America/New_York", "Europe/Berlin", "Asia/Kathmandu", "UTC")]
MONTHS = [Month(2026, 10), Month(2026, 11), Month(2026, 3), Month(2026, 2), Month(2024, 2), Month(2026, 12)]
EPOCH = datetime(2020, 1, 1, tzinfo=UTC)


def minute_of(at: datetime) -> int:
    return int((at - EPOCH).total_seconds()) // 60


@st.composite
def stories(draw: st.DrawFn):  # type: ignore[no-untyped-def]  # a strategy
    zone, month = draw(st.sampled_from(ZONES)), draw(st.sampled_from(MONTHS))
    days = st.integers(-40, 70).map(lambda offset: month.first + timedelta(days=offset))
    units, uses = [], []
    for number in range(draw(st.integers(1, 3))):
        since = draw(st.none() | days)
        until = draw(st.none() | days)
        if since and until and until <= since:
            until = None
        kind = draw(st.sampled_from(["desk", "office", "room", "parking"]))
        purpose = draw(st.sampled_from(["incubation", "public_service"]))
        area = draw(st.decimals(Decimal("0.01"), Decimal(300), places=2))
        units.append(UnitFacts(number, f"U{number}", kind, purpose, area, since, until))
        moment = minute_of(month.interval(zone).start) - draw(st.integers(0, 3000))
        for _ in range(draw(st.integers(0, 7))):
            # mostly at local midnights, as residencies are; sometimes anywhere
            start = moment + draw(st.sampled_from([0, 0, 30, 555, 1440, 4000]))
            if draw(st.booleans()):
                on = (EPOCH + timedelta(minutes=start)).astimezone(zone).date() + timedelta(days=1)
                start = minute_of(local_instant(on, 0, zone))
                end = minute_of(local_instant(on + timedelta(days=draw(st.integers(1, 20))), 0, zone))
            else:
                end = start + draw(st.sampled_from([15, 90, 600, 1440, 3333, 9000]))
            voided = draw(st.integers(0, 5)) == 0
            holder = draw(st.sampled_from(["residency", "residency", "booking", "closure"]))
            last = draw(st.integers(0, 9)) == 0
            uses.append(
                Use(len(uses), number, holder, EPOCH + timedelta(minutes=start),
                    None if last and not voided else EPOCH + timedelta(minutes=end), voided)
            )  # fmt: skip
            if last and not voided:
                break
            moment = moment if voided else end  # a voided one may lie under a live one
    changes_on = draw(st.integers(2, month.days))
    hours = (
        Hours("workday", 540, 1080, date(2020, 1, 1), month.first + timedelta(days=changes_on - 2)),
        Hours("workday", draw(st.integers(0, 700)), draw(st.integers(720, 1440)),
              month.first + timedelta(days=changes_on - 1)),
        *([Hours("restday", 0, 1440, date(2020, 1, 1))] if draw(st.booleans()) else []),
    )  # fmt: skip
    return zone, month, units, uses, SiteCalendar(zone, "CN", hours, {month.first: "closed"})


def brute_force(zone, month, units, uses, calendar):  # type: ignore[no-untyped-def]  # see stories
    """Numerators and denominators from sets of minutes; no interval arithmetic at all."""

    def span(on: date, opens: int, closes: int) -> set[int]:
        return set(range(minute_of(local_instant(on, opens, zone)), minute_of(local_instant(on, closes, zone))))

    days = [span(on, 0, 1440) for on in month.dates()]
    opened: set[int] = set()
    for on in month.dates():
        for hours in calendar.hours:
            if hours.hold_on(on, calendar.kind_of(on)):
                opened |= span(on, hours.opens_minute, hours.closes_minute)
    found = {name: [Decimal(0), Decimal(0)] for name in ("area", "desks", "time")}
    whole_month = set().union(*days)
    for unit in units:
        first, after = unit.since or date.min, unit.until or date.max
        serving = [day for day, on in zip(days, month.dates(), strict=True) if first <= on < after]
        in_service = set().union(*serving)
        live = [use for use in uses if use.unit_id == unit.id and not use.voided]

        def minutes(use: Use) -> set[int]:
            end = max(whole_month) + 1 if use.end is None else minute_of(use.end)
            return set(range(minute_of(use.start), end)) & whole_month

        let = set().union(*(minutes(use) for use in live if use.holder_kind == "residency"))
        used = set().union(*(minutes(use) for use in live if use.holder_kind != "closure"))
        for name in measures_of(unit.kind, unit.purpose):
            if name == "time":
                counted, available, weight = len(used & opened & in_service), len(opened & in_service), Decimal(1)
            else:
                counted, available = sum(day <= let for day in serving), len(serving)
                weight = unit.area_m2 if name == "area" else Decimal(1)
            found[name][0] += weight * counted
            found[name][1] += weight * available
    return found


@settings(max_examples=120, deadline=None)
@given(stories())
def test_the_figures_are_those_of_the_minute_grid(story) -> None:  # type: ignore[no-untyped-def]  # see stories
    zone, month, units, uses, calendar = story
    openings: list[Interval] = opening_intervals(calendar, month.first, month.last)
    measured = measure(month, zone, units, uses, openings)
    assert {f.measure: [f.numerator, f.denominator] for f in measured.figures} == brute_force(*story)
    for line in measured.lines:
        assert line.counted == sum(row.counted for row in line.rows) <= line.available
        for row in line.rows:
            assert all(amount > 0 for _, amount in row.left_out)
            if "time" in line.measures:  # nothing is lost: counted and left out are the whole of the clipped period
                whole = Interval(row.start, row.end).minutes
                assert row.counted + sum(amount for _, amount in row.left_out) == whole
