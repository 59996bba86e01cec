"""The measures by hand: what counts, what is left out and why."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from incubator.core.periods import Interval, Month
from incubator.reports.occupancy import Figure, Measured, UnitFacts, Use, measure, measures_of
from incubator.spaces.rules import Hours, SiteCalendar, opening_intervals

SHANGHAI = ZoneInfo("Asia/Shanghai")
OCTOBER = Month(2026, 10)
NINE_TO_SIX = SiteCalendar(SHANGHAI, "CN", (Hours("workday", 540, 1080, date(2026, 1, 1)),), {})


def at(text: str, zone: ZoneInfo = SHANGHAI) -> datetime:
    return datetime.fromisoformat(f"2026-{text}").replace(tzinfo=zone)


def desk(**changes: object) -> UnitFacts:
    facts = {"id": 1, "code": "D1", "kind": "desk", "purpose": "incubation", "area_m2": Decimal(6),
             "since": date(2026, 1, 1), "until": None}  # fmt: skip
    return UnitFacts(**{**facts, **changes})  # type: ignore[arg-type]  # a test's shorthand


def room(**changes: object) -> UnitFacts:
    return desk(**{"code": "R1", "kind": "room", "purpose": "public_service", "area_m2": Decimal(20), **changes})


def october(unit: UnitFacts, *uses: Use, calendar: SiteCalendar = NINE_TO_SIX) -> Measured:
    return measure(OCTOBER, calendar.zone, [unit], uses, opening_intervals(calendar, OCTOBER.first, OCTOBER.last))


def line(measured: Measured) -> tuple[int, int, list[tuple[int, dict[str, int]]]]:
    (only,) = measured.lines
    return only.counted, only.available, [(row.counted, dict(row.left_out)) for row in only.rows]


def let(start: str, end: str | None, kind: str = "residency", number: int = 1, voided: bool = False) -> Use:
    return Use(number, 1, kind, at(start), at(end) if end else None, voided)


@pytest.mark.parametrize(
    ("uses", "counted", "rows"),
    [
        ([let("10-01 00:00", "11-01 00:00")], 31, [(31, {})]),
        ([let("08-01 00:00", None)], 31, [(31, {})]),  # open-ended, from before
        ([let("10-16 00:00", None)], 16, [(16, {})]),
        ([let("10-31 00:00", "12-01 00:00")], 1, [(1, {})]),
        ([let("09-01 00:00", "10-01 00:00")], 0, []),  # ended right before: not a row of October
        ([let("11-01 00:00", None)], 0, []),
        ([let("10-05 09:00", "10-08 12:00")], 2, [(2, {"part_of_day": 2})]),  # 5th and 8th only in part
        ([let("10-05 09:00", "10-05 18:00")], 0, [(0, {"part_of_day": 1})]),
        # one moves out at noon and another in: the day is let once, for the one that begins it
        ([let("10-01 00:00", "10-10 12:00"), let("10-10 12:00", "10-12 00:00", number=2)], 11, [(10, {}), (1, {})]),
        # an hour without anybody between them: nobody has the whole day
        (
            [let("10-01 00:00", "10-10 12:00"), let("10-10 13:00", "10-12 00:00", number=2)],
            10,
            [(9, {"part_of_day": 1}), (1, {"part_of_day": 1})],
        ),
        ([let("10-02 10:00", "10-02 11:00", "booking")], 0, [(0, {"not_a_residency": 1})]),
        ([let("10-02 22:00", "10-04 02:00", "closure")], 0, [(0, {"closure": 3})]),
        ([let("10-01 00:00", None, voided=True)], 0, [(0, {"voided": 31})]),
    ],
)
def test_days_let(uses: Sequence[Use], counted: int, rows: list[tuple[int, dict[str, int]]]) -> None:
    assert line(october(desk(), *uses)) == (counted, 31, rows)


@pytest.mark.parametrize(
    ("since", "until", "counted", "available", "left_out"),
    [
        (date(2026, 10, 11), None, 21, 21, {"out_of_service": 10}),
        (date(2026, 1, 1), date(2026, 10, 11), 10, 10, {"out_of_service": 21}),
        (date(2026, 10, 31), date(2026, 11, 1), 1, 1, {"out_of_service": 30}),
        (None, None, 31, 31, {}),
    ],
)
def test_in_service_part_of_the_month(
    since: date | None, until: date | None, counted: int, available: int, left_out: dict[str, int]
) -> None:
    measured = october(desk(since=since, until=until), let("10-01 00:00", None))
    assert line(measured) == (counted, available, [(counted, left_out)])


@pytest.mark.parametrize("dates", [(date(2026, 11, 1), None), (date(2025, 1, 1), date(2026, 10, 1))])
def test_not_in_service_at_all_it_is_not_measured(dates: tuple[date, date | None]) -> None:
    measured = october(desk(since=dates[0], until=dates[1]))
    assert measured.lines == () and [reason for _, reason in measured.unmeasured] == ["out_of_service"]
    assert measured.figures[0] == Figure("area", Decimal(0), Decimal(0), 0)


@pytest.mark.parametrize(
    ("uses", "counted", "rows"),
    [
        ([let("10-10 10:00", "10-10 11:30", "booking")], 90, [(90, {})]),  # a Saturday, and a working day
        ([let("10-17 10:00", "10-17 11:30", "booking")], 0, [(0, {"outside_opening": 90})]),  # one that is not
        ([let("10-20 17:00", "10-20 19:00", "booking")], 60, [(60, {"outside_opening": 60})]),
        ([let("10-20 08:00", "10-20 20:00", "booking")], 540, [(540, {"outside_opening": 180})]),
        ([let("10-20 17:00", "10-21 10:00", "booking")], 120, [(120, {"outside_opening": 900})]),  # over midnight
        ([let("09-30 17:00", "10-08 10:00", "booking")], 60, [(60, {"outside_opening": 7 * 1440 + 540})]),
        ([let("10-01 00:00", None)], 9720, [(9720, {"outside_opening": 31 * 1440 - 9720})]),  # let whole: used whole
        ([let("10-20 09:00", "10-20 18:00", "closure")], 0, [(0, {"closure": 540})]),
        ([let("10-20 09:00", "10-20 10:00", "booking", voided=True)], 0, [(0, {"voided": 60})]),
    ],
)
def test_minutes_used(uses: Sequence[Use], counted: int, rows: list[tuple[int, dict[str, int]]]) -> None:
    assert line(october(room(), *uses)) == (counted, 18 * 540, rows)


def test_a_begun_minute_does_not_count() -> None:
    cut_short = Use(1, 1, "booking", at("10-20 09:00"), at("10-20 09:10:59"))
    assert line(october(room(), cut_short))[0] == 10


def test_opening_hours_that_change_in_the_middle_of_the_month() -> None:
    hours = (Hours("workday", 540, 1080, date(2026, 1, 1), date(2026, 10, 20)),
             Hours("workday", 480, 720, date(2026, 10, 21)))  # fmt: skip
    calendar = SiteCalendar(SHANGHAI, "CN", hours, {})
    uses = [let(f"10-{day} 08:00", f"10-{day} 13:00", "booking", number=day) for day in (20, 21)]
    counted, available, _ = line(october(room(), *uses, calendar=calendar))
    # 8-10, 12-16 and 19-20 October at 9 h, then 21-23 and 26-30 at 4 h
    assert available == 10 * 540 + 8 * 240
    assert counted == 4 * 60 + 4 * 60


def test_a_day_of_25_hours_is_one_day_and_counts_its_minutes() -> None:
    york = ZoneInfo("America/New_York")
    november = Month(2026, 11)
    around_the_clock = SiteCalendar(york, "weekdays", tuple(
        Hours(kind, 0, 1440, date(2026, 1, 1)) for kind in ("workday", "restday")), {})  # fmt: skip
    openings = opening_intervals(around_the_clock, november.first, november.last)
    whole = [Use(n, n, "residency", at("11-01 00:00", york), at("11-02 00:00", york)) for n in (1, 2)]
    measured = measure(november, york, [desk(), room(id=2)], whole, openings)
    assert [(unit.counted, unit.available) for unit in measured.lines] == [(1, 30), (25 * 60, 30 * 1440 + 60)]


@pytest.mark.parametrize(
    ("kind", "purpose", "measures"),
    [
        ("desk", "incubation", ("area", "desks")),
        ("office", "incubation", ("area",)),
        ("room", "public_service", ("time",)),
        ("instrument", "public_service", ("time",)),
        ("desk", "public_service", ("time",)),
        ("office", "operator", ()),
        ("parking", "incubation", ()),
        ("parking", "public_service", ()),
        ("instrument", "incubation", ()),
    ],
)
def test_which_units_are_measured(kind: str, purpose: str, measures: tuple[str, ...]) -> None:
    assert measures_of(kind, purpose) == measures


def test_unmeasured_units_say_why() -> None:
    measured = october(desk(kind="office", purpose="operator"), let("10-01 00:00", None))
    assert [(unit.code, reason) for unit, reason in measured.unmeasured] == [("D1", "operator_use")]


def test_a_site_that_never_opens_has_no_share() -> None:
    measured = measure(OCTOBER, SHANGHAI, [room()], [let("10-20 09:00", "10-20 10:00", "booking")], [])
    assert line(measured) == (0, 0, [(0, {"outside_opening": 60})])


def test_openings_may_come_in_any_order() -> None:
    openings = opening_intervals(NINE_TO_SIX, OCTOBER.first, OCTOBER.last)
    uses = [let("10-20 17:00", "10-21 10:00", "booking")]
    backwards: list[Interval] = list(reversed(openings))
    assert measure(OCTOBER, SHANGHAI, [room()], uses, backwards) == october(room(), *uses)
