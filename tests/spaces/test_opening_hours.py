"""When a site is open: the statutory calendar, exceptional days, changes of clocks; against a model by brute force."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from incubator.core.periods import Interval, Month
from incubator.spaces.rules import (
    DaySpan,
    Hours,
    SiteCalendar,
    exceptional_days,
    in_days,
    is_open,
    natural_key,
    opening_intervals,
    provisional_years,
    stretch_state,
    unit_state,
)

SHANGHAI, BERLIN, LORD_HOWE = ZoneInfo("Asia/Shanghai"), ZoneInfo("Europe/Berlin"), ZoneInfo("Australia/Lord_Howe")
LOS_ANGELES = ZoneInfo("America/Los_Angeles")
OCTOBER = Month(2026, 10)
YEAR = date(2026, 1, 1)

RESTS_BY_NOTICE = {date(2026, 10, day) for day in range(1, 8)}
WORKS_BY_NOTICE = {date(2026, 10, 10)}
"""October 2026 as the State Council's notice has it: 1 to 7 rest, Saturday 10 works."""


def calendar_of(
    *hours: Hours, zone: ZoneInfo = SHANGHAI, calendar: str = "CN", overrides: Mapping[date, str] | None = None
) -> SiteCalendar:
    return SiteCalendar(zone, calendar, hours, overrides or {})


NINE_TO_SIX = Hours("workday", 540, 1080, YEAR)


def opens_on(calendar: SiteCalendar, month: Month = OCTOBER) -> list[int]:
    found = opening_intervals(calendar, month.first, month.last)
    return sorted({interval.start.astimezone(calendar.zone).day for interval in found})


def test_october_2026_is_18_days_of_nine_hours() -> None:
    calendar = calendar_of(NINE_TO_SIX)
    assert opens_on(calendar) == [8, 9, 10, 12, 13, 14, 15, 16, 19, 20, 21, 22, 23, 26, 27, 28, 29, 30]
    found = opening_intervals(calendar, OCTOBER.first, OCTOBER.last)
    assert sum(interval.minutes for interval in found) == 18 * 540
    assert found[2] == Interval(datetime(2026, 10, 10, 1, tzinfo=UTC), datetime(2026, 10, 10, 10, tzinfo=UTC))


def test_plain_weeks_know_neither_the_holiday_nor_the_working_saturday() -> None:
    days = opens_on(calendar_of(NINE_TO_SIX, calendar="weekdays"))
    assert len(days) == 22 and 1 in days and 10 not in days


def test_rest_days_have_their_own_hours() -> None:
    calendar = calendar_of(NINE_TO_SIX, Hours("restday", 600, 1020, YEAR))
    found = opening_intervals(calendar, date(2026, 10, 7), date(2026, 10, 8))
    assert [interval.minutes for interval in found] == [420, 540]


def test_an_exceptional_day_goes_before_the_calendar() -> None:
    overrides = {date(2026, 10, 1): "workday", date(2026, 10, 10): "restday", date(2026, 10, 12): "closed"}
    days = opens_on(calendar_of(NINE_TO_SIX, overrides=overrides))
    assert 1 in days and 10 not in days and 12 not in days and len(days) == 17


def test_new_hours_hold_from_their_day_on() -> None:
    calendar = calendar_of(
        Hours("workday", 540, 1080, YEAR, date(2026, 10, 15)), Hours("workday", 480, 1200, date(2026, 10, 16))
    )
    found = opening_intervals(calendar, date(2026, 10, 15), date(2026, 10, 16))
    assert [interval.minutes for interval in found] == [540, 720]
    assert [hours.closes_minute for hours in calendar.hours_on(date(2026, 10, 15))] == [1080]
    assert [hours.closes_minute for hours in calendar.hours_on(date(2026, 10, 16))] == [1200]
    assert list(calendar.hours_after(date(2026, 10, 15))) == [date(2026, 10, 16)]
    assert calendar.hours_after(date(2026, 10, 16)) == {}


def test_stretches_that_touch_are_one_and_a_break_at_noon_is_a_gap() -> None:
    monday = date(2026, 10, 12)
    touching = calendar_of(Hours("workday", 540, 720, YEAR), Hours("workday", 720, 1080, YEAR))
    assert [each.minutes for each in opening_intervals(touching, monday, monday)] == [540]
    broken = calendar_of(Hours("workday", 540, 720, YEAR), Hours("workday", 780, 1080, YEAR))
    assert [each.minutes for each in opening_intervals(broken, monday, monday)] == [180, 300]
    noon = Interval(datetime(2026, 10, 12, 3, 30, tzinfo=UTC), datetime(2026, 10, 12, 4, 30, tzinfo=UTC))
    assert is_open(touching, noon) and not is_open(broken, noon)


def test_open_round_the_clock_goes_on_over_midnight() -> None:
    calendar = calendar_of(Hours("workday", 0, 1440, YEAR))
    night = Interval(datetime(2026, 10, 12, 15, tzinfo=UTC), datetime(2026, 10, 12, 17, tzinfo=UTC))
    assert is_open(calendar, night)
    into_saturday = Interval(night.start + timedelta(days=4), night.end + timedelta(days=4))
    assert not is_open(calendar, into_saturday)
    assert is_open(calendar, Interval(into_saturday.start, into_saturday.start + timedelta(hours=1)))


@pytest.mark.parametrize(
    ("on", "minutes"),
    [(date(2026, 3, 29), 5 * 60), (date(2026, 10, 25), 7 * 60), (date(2026, 6, 7), 6 * 60)],
)
def test_from_midnight_to_six_in_berlin_is_five_six_or_seven_hours(on: date, minutes: int) -> None:
    calendar = calendar_of(Hours("restday", 0, 360, YEAR), zone=BERLIN, calendar="weekdays")
    assert [each.minutes for each in opening_intervals(calendar, on, on)] == [minutes]


def test_hours_that_the_clock_skips_are_none() -> None:
    calendar = calendar_of(Hours("restday", 125, 175, YEAR), zone=BERLIN, calendar="weekdays")
    assert opening_intervals(calendar, date(2026, 3, 29), date(2026, 3, 29)) == []


def reaches(on: date, minute: int, zone: ZoneInfo) -> datetime:
    """The first minute of real time at which the wall clock shows `minute` of `on`, or later."""
    wanted = datetime.combine(on, time()) + timedelta(minutes=minute)
    instant = wanted.replace(tzinfo=UTC) - timedelta(hours=14)
    while instant.astimezone(zone).replace(tzinfo=None) < wanted:
        instant += timedelta(minutes=1)
    return instant


def kind_by_hand(on: date, calendar: str, overrides: Mapping[date, str]) -> str:
    if on in overrides:
        return overrides[on]
    if calendar == "CN" and on in RESTS_BY_NOTICE:
        return "restday"
    if calendar == "CN" and on in WORKS_BY_NOTICE:
        return "workday"
    return "workday" if on.isoweekday() <= 5 else "restday"


def open_minutes_by_hand(calendar: SiteCalendar, first: date, last: date) -> set[datetime]:
    """Each minute at which the site is open, one by one."""
    found: set[datetime] = set()
    on = first
    while on <= last:
        kind = kind_by_hand(on, calendar.calendar, calendar.overrides)
        for hours in calendar.hours:
            begun = hours.valid_from <= on
            ended = hours.valid_until is not None and hours.valid_until < on
            if hours.day_kind == kind and begun and not ended:
                instant, end = reaches(on, hours.opens_minute, calendar.zone), reaches(on, hours.closes_minute, calendar.zone)
                while instant < end:
                    found.add(instant)
                    instant += timedelta(minutes=1)
        on += timedelta(days=1)
    return found


def minutes_of(intervals: Sequence[Interval]) -> set[datetime]:
    return {
        interval.start + timedelta(minutes=minute) for interval in intervals for minute in range(interval.minutes)
    }


@st.composite
def some_hours(draw: st.DrawFn) -> Hours:
    opens = draw(st.integers(0, 95)) * 15
    closes = draw(st.integers(opens // 15 + 1, 96)) * 15
    valid_from = draw(st.sampled_from([YEAR, date(2026, 10, 4), date(2026, 10, 10), date(2026, 10, 25)]))
    valid_until = draw(st.sampled_from([None, date(2026, 10, 10), date(2026, 10, 25)]))
    return Hours(draw(st.sampled_from(["workday", "restday"])), opens, closes, valid_from, valid_until)


@settings(max_examples=60, deadline=None)
@given(
    zone=st.sampled_from([SHANGHAI, BERLIN, LORD_HOWE, LOS_ANGELES]),
    calendar=st.sampled_from(["CN", "weekdays"]),
    hours=st.lists(some_hours(), max_size=4),
    # Lord Howe goes half an hour forward on the 4th, Berlin an hour back on the 25th
    first=st.sampled_from([date(2026, 10, 1), date(2026, 10, 3), date(2026, 10, 9), date(2026, 10, 24)]),
    overrides=st.dictionaries(
        st.dates(date(2026, 10, 1), date(2026, 10, 28)), st.sampled_from(["workday", "restday", "closed"]), max_size=8
    ),
)
def test_open_exactly_at_the_minutes_that_a_count_by_hand_finds(
    zone: ZoneInfo, calendar: str, hours: list[Hours], first: date, overrides: dict[date, str]
) -> None:
    site = calendar_of(*hours, zone=zone, calendar=calendar, overrides=overrides)
    last = first + timedelta(days=3)
    found = opening_intervals(site, first, last)
    assert minutes_of(found) == open_minutes_by_hand(site, first, last)
    assert all(before.end < after.start for before, after in pairwise(found)), "disjoint, in order"
    assert all(is_open(site, interval) for interval in found)
    assert not any(is_open(site, Interval(each.start, each.end + timedelta(minutes=1))) for each in found[:-1])


def test_the_days_of_october_that_are_no_plain_weekdays() -> None:
    rest = DaySpan(date(2026, 10, 1), date(2026, 10, 7), "restday", False)
    work = DaySpan(date(2026, 10, 10), date(2026, 10, 10), "workday", False)
    assert exceptional_days(calendar_of(), OCTOBER.first, OCTOBER.last) == [rest, work]
    assert exceptional_days(calendar_of(calendar="weekdays"), OCTOBER.first, OCTOBER.last) == []


def test_a_site_s_own_days_stand_apart_from_the_holiday() -> None:
    own = {date(2026, 10, 5): "workday", date(2026, 10, 20): "closed", date(2026, 10, 21): "closed"}
    spans = exceptional_days(calendar_of(overrides=own), OCTOBER.first, OCTOBER.last)
    assert [(span.first.day, span.last.day, span.kind, span.own) for span in spans] == [
        (1, 4, "restday", False), (5, 5, "workday", True), (6, 7, "restday", False), (10, 10, "workday", False),
        (20, 21, "closed", True),
    ]  # fmt: skip


def test_a_plain_weekend_is_no_exception() -> None:
    assert exceptional_days(calendar_of(), date(2026, 10, 16), date(2026, 10, 20)) == []


def test_years_whose_notice_is_not_known() -> None:
    assert provisional_years(calendar_of(), date(2026, 12, 1), date(2028, 1, 31)) == [2027, 2028]
    assert provisional_years(calendar_of(calendar="weekdays"), date(2026, 12, 1), date(2028, 1, 31)) == []


@pytest.mark.parametrize(
    ("today", "holder", "state"),
    [
        (date(2026, 9, 30), None, "coming"),
        (date(2026, 10, 1), None, "free"),
        (date(2026, 10, 31), "residency", "residency"),
        (date(2026, 10, 31), None, "free"),
        (date(2026, 11, 1), None, "retired"),
    ],
)
def test_what_a_unit_is_from_1_to_31_october(today: date, holder: str | None, state: str) -> None:
    assert unit_state(date(2026, 10, 1), date(2026, 10, 31), today, holder) == state


def test_a_unit_without_a_last_day_is_never_retired() -> None:
    assert unit_state(date(2026, 10, 1), None, date(2199, 12, 31), None) == "free"


NINE, TEN = datetime(2026, 10, 12, 1, tzinfo=UTC), datetime(2026, 10, 12, 2, tzinfo=UTC)


@pytest.mark.parametrize(
    ("now", "end", "voided", "state"),
    [
        (NINE - timedelta(seconds=1), TEN, False, "coming"),
        (NINE, TEN, False, "current"),
        (TEN - timedelta(seconds=1), TEN, False, "current"),
        (TEN, TEN, False, "over"),
        (TEN, None, False, "current"),
        (NINE, TEN, True, "voided"),
    ],
)
def test_a_row_of_the_ledger_in_time(now: datetime, end: datetime | None, voided: bool, state: str) -> None:
    assert stretch_state(NINE, end, voided, now) == state


def test_codes_are_sorted_as_people_count() -> None:
    codes = ["D10", "10F", "D2", "D1", "2F", "A", "D2-10", "D2-9"]
    assert sorted(codes, key=natural_key) == ["2F", "10F", "A", "D1", "D2", "D2-9", "D2-10", "D10"]


@pytest.mark.parametrize(
    ("start", "end", "said"),
    [
        # an agreement from 1 to 30 June
        (datetime(2026, 5, 31, 16, tzinfo=UTC), datetime(2026, 6, 30, 16, tzinfo=UTC), (date(2026, 6, 1), date(2026, 6, 30))),
        (datetime(2026, 5, 31, 16, tzinfo=UTC), datetime(2026, 5, 31, 16, tzinfo=UTC), (date(2026, 6, 1), date(2026, 6, 1))),
        # the last two hours of a day are not the day
        (datetime(2026, 6, 1, 14, tzinfo=UTC), datetime(2026, 6, 1, 16, tzinfo=UTC),
         (datetime(2026, 6, 1, 22, tzinfo=SHANGHAI), datetime(2026, 6, 2, tzinfo=SHANGHAI))),
    ],
)  # fmt: skip
def test_a_stretch_is_said_in_days_where_it_is_made_of_them(
    start: datetime, end: datetime, said: tuple[date, date]
) -> None:
    assert in_days(start, end, SHANGHAI) == said
