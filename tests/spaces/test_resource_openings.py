"""When a resource is open: its site's hours, its own, its exceptional days; against a model minute by minute."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import cache
from itertools import pairwise
from zoneinfo import ZoneInfo

from hypothesis import example, given, settings
from hypothesis import strategies as st

from incubator.core.periods import Interval, local_instant
from incubator.spaces.rules import Hours, OwnDay, OwnHours, SiteCalendar, opening_intervals, resource_openings

SHANGHAI, BERLIN = ZoneInfo("Asia/Shanghai"), ZoneInfo("Europe/Berlin")
YEAR = date(2026, 1, 1)
SPRING, AUTUMN, THURSDAY = date(2026, 3, 29), date(2026, 10, 25), date(2026, 10, 15)
MINUTE = timedelta(minutes=1)

NINE_TO_SIX = SiteCalendar(SHANGHAI, "CN", (Hours("workday", 540, 1080, YEAR),), {})
TEN_TO_FOUR = Hours("workday", 600, 960, YEAR)


def wall(spans: list[Interval], zone: ZoneInfo = SHANGHAI) -> list[str]:
    return [f"{s.start.astimezone(zone):%d %H:%M}-{s.end.astimezone(zone):%H:%M}" for s in spans]


def test_without_hours_of_its_own_it_follows_its_site() -> None:
    first, last = date(2026, 10, 1), date(2026, 10, 31)
    assert resource_openings(NINE_TO_SIX, OwnHours(), first, last) == opening_intervals(NINE_TO_SIX, first, last)


def test_with_hours_of_its_own_it_is_open_when_both_are() -> None:
    own = OwnHours((TEN_TO_FOUR, Hours("restday", 600, 960, YEAR)))
    assert wall(resource_openings(NINE_TO_SIX, own, THURSDAY, date(2026, 10, 17))) == ["15 10:00-16:00", "16 10:00-16:00"]
    late = OwnHours((Hours("workday", 960, 1260, YEAR),))
    assert wall(resource_openings(NINE_TO_SIX, late, THURSDAY, THURSDAY)) == ["15 16:00-18:00"], "the site closes at six"


def test_hours_on_working_days_only_shut_it_on_rest_days() -> None:
    always = SiteCalendar(SHANGHAI, "CN", (Hours("workday", 540, 1080, YEAR), Hours("restday", 600, 900, YEAR)), {})
    saturday = date(2026, 10, 17)
    assert wall(resource_openings(always, OwnHours(), saturday, saturday)) == ["17 10:00-15:00"]
    assert resource_openings(always, OwnHours((TEN_TO_FOUR,)), saturday, saturday) == []


def test_before_its_own_hours_begin_it_follows_its_site() -> None:
    own = OwnHours((Hours("workday", 600, 960, THURSDAY),))
    assert wall(resource_openings(NINE_TO_SIX, own, date(2026, 10, 14), THURSDAY)) == ["14 09:00-18:00", "15 10:00-16:00"]


def test_an_exceptional_day_replaces_its_own_hours_and_not_those_of_the_site() -> None:
    own = OwnHours((TEN_TO_FOUR,), {THURSDAY: OwnDay(1020, 1200), date(2026, 10, 16): OwnDay(), date(2026, 10, 17): OwnDay(0, 1440)})
    found = resource_openings(NINE_TO_SIX, own, date(2026, 10, 14), date(2026, 10, 19))
    assert wall(found) == ["14 10:00-16:00", "15 17:00-18:00", "19 10:00-16:00"]


def test_a_closed_day_of_the_site_is_closed_for_all() -> None:
    shut = SiteCalendar(SHANGHAI, "CN", NINE_TO_SIX.hours, {THURSDAY: "closed"})
    assert resource_openings(shut, OwnHours((), {THURSDAY: OwnDay(0, 1440)}), THURSDAY, THURSDAY) == []


span = st.tuples(st.integers(0, 1439), st.integers(1, 900)).map(lambda pair: (pair[0], min(1440, sum(pair))))
spans = st.lists(span, max_size=2)
week = st.fixed_dictionaries({"workday": spans, "restday": spans})
USUAL = "usual"
one_day = st.one_of(st.just(USUAL), st.none(), span)
exceptions = st.tuples(one_day, one_day, one_day).map(lambda days: {n: d for n, d in enumerate(days) if d != USUAL})
WHOLE_NIGHT = {"workday": [(0, 1440)], "restday": [(0, 1440)]}


@given(
    on=st.sampled_from([SPRING, AUTUMN, THURSDAY]), site=week, own=week, days=exceptions,
    begins=st.integers(-1, 3), zone=st.sampled_from([BERLIN, SHANGHAI]),
)  # fmt: skip
@example(on=SPRING, site=WHOLE_NIGHT, own={"workday": [], "restday": [(130, 170)]}, days={}, begins=-1, zone=BERLIN)
@example(on=AUTUMN, site=WHOLE_NIGHT, own={"workday": [], "restday": [(150, 200)]}, days={2: (140, 160)}, begins=-1, zone=BERLIN)
@settings(max_examples=40, deadline=None)
def test_every_minute_is_open_that_both_allow(
    on: date, site: dict[str, list[tuple[int, int]]], own: dict[str, list[tuple[int, int]]],
    days: dict[int, tuple[int, int] | None], begins: int, zone: ZoneInfo,
) -> None:  # fmt: skip
    first = on - timedelta(days=1)
    since = first + timedelta(days=begins)
    calendar = SiteCalendar(zone, "weekdays", tuple(Hours(k, *s, YEAR) for k, found in site.items() for s in found), {})
    hours = tuple(Hours(k, *s, since) for k, found in own.items() for s in found)
    exceptional = {first + timedelta(days=n): OwnDay(*span) if span else OwnDay() for n, span in days.items()}
    found = resource_openings(calendar, OwnHours(hours, exceptional), first, on + timedelta(days=1))
    assert all(a.end < b.start for a, b in pairwise(found)), "disjoint, in order"

    start, end = local_instant(first, 0, zone), local_instant(on + timedelta(days=1), 1440, zone)
    at = start
    while at < end:
        assert any(span.start <= at < span.end for span in found) == model(at, zone, site, own, exceptional, since), at
        at += MINUTE


def model(
    at: datetime, zone: ZoneInfo, site: dict[str, list[tuple[int, int]]], own: dict[str, list[tuple[int, int]]],
    exceptional: dict[date, OwnDay], since: date,
) -> bool:  # fmt: skip
    """One minute, asked of the walls' clocks: each hour of a day stands for the instant of its first occurrence."""
    day = at.astimezone(zone).date()
    kind = "workday" if day.weekday() < 5 else "restday"

    def within(stretches: list[tuple[int, int]]) -> bool:
        return any(instant(day, opens, zone) <= at < instant(day, closes, zone) for opens, closes in stretches)

    if not within(site[kind]):
        return False
    if day in exceptional:
        exception = exceptional[day]
        return exception.opens_minute is not None and within([(exception.opens_minute, exception.closes_minute or 0)])
    if day < since or not any(own.values()):
        return True
    return within(own[kind])


@cache
def instant(day: date, minute: int, zone: ZoneInfo) -> datetime:
    """The first minute of real time at which the wall shows `minute` of the day or more."""
    at = datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)
    while (local := at.astimezone(zone)).date() == day and local.hour * 60 + local.minute < minute:
        at += MINUTE
    return at
