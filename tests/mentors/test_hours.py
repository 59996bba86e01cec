"""When a mentor can be met: weekly hours and exceptions against a clock that is looked at minute by minute."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from incubator.core.errors import Refusal
from incubator.core.periods import Interval
from incubator.mentors.rules.hours import (
    Hours,
    OtherDay,
    Week,
    can_be_met,
    check_hours,
    free_during,
    open_during,
    open_on,
)

SHANGHAI = ZoneInfo("Asia/Shanghai")
BERLIN = ZoneInfo("Europe/Berlin")
LORD_HOWE = ZoneInfo("Australia/Lord_Howe")
MINUTE = timedelta(minutes=1)


def at(text: str, zone: ZoneInfo = SHANGHAI) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone)


def between(start: str, end: str, zone: ZoneInfo = SHANGHAI) -> Interval:
    return Interval(at(start, zone), at(end, zone))


TUESDAYS = Week(
    SHANGHAI, (Hours(2, 14 * 60, 18 * 60), Hours(4, 19 * 60, 21 * 60)),
    {date(2026, 10, 13): OtherDay(note="出差"), date(2026, 10, 17): OtherDay(600, 720)},
)  # fmt: skip


def test_two_weeks_of_a_mentor() -> None:
    """Tuesdays 14-18 and Thursdays 19-21; away on Tuesday 13 October, there instead on Saturday 17, 10-12."""
    assert open_on(TUESDAYS, date(2026, 10, 5), date(2026, 10, 18)) == [
        between("2026-10-06T14:00", "2026-10-06T18:00"), between("2026-10-08T19:00", "2026-10-08T21:00"),
        between("2026-10-15T19:00", "2026-10-15T21:00"), between("2026-10-17T10:00", "2026-10-17T12:00"),
    ]  # fmt: skip


def test_what_is_taken_is_not_free() -> None:
    taken = [between("2026-10-06T15:00", "2026-10-06T16:00"), between("2026-10-06T17:30", "2026-10-06T20:00")]
    assert free_during(TUESDAYS, between("2026-10-06T00:00", "2026-10-07T00:00"), taken) == [
        between("2026-10-06T14:00", "2026-10-06T15:00"), between("2026-10-06T16:00", "2026-10-06T17:30"),
    ]  # fmt: skip


def test_a_session_lies_wholly_in_the_hours() -> None:
    assert can_be_met(TUESDAYS, between("2026-10-06T17:00", "2026-10-06T18:00"))
    assert not can_be_met(TUESDAYS, between("2026-10-06T17:30", "2026-10-06T18:30"))
    assert not can_be_met(TUESDAYS, between("2026-10-13T15:00", "2026-10-13T16:00"))


def test_a_change_of_clocks() -> None:
    nights = Week(BERLIN, tuple(Hours(day, 60, 240) for day in range(1, 8)))
    assert [each.minutes for each in open_on(nights, date(2026, 3, 28), date(2026, 3, 30))] == [180, 120, 180]
    assert [each.minutes for each in open_on(nights, date(2026, 10, 24), date(2026, 10, 26))] == [180, 240, 180]


def test_midnight_is_no_gap() -> None:
    late = Week(SHANGHAI, (Hours(5, 22 * 60, 1440), Hours(6, 0, 60)))
    assert can_be_met(late, between("2026-10-09T23:30", "2026-10-10T00:30"))


@pytest.mark.parametrize(
    "hours",
    [[Hours(1, 600, 720), Hours(1, 700, 800)], [Hours(1, 600, 600)], [Hours(8, 600, 700)], [Hours(1, 600, 1441)],
     [Hours(3, each * 60, each * 60 + 30) for each in range(7)]],
)  # fmt: skip
def test_hours_that_can_not_be(hours: list[Hours]) -> None:
    with pytest.raises(Refusal) as refused:
        check_hours(hours)
    assert refused.value.field == "hours"


def test_hours_that_touch_are_one() -> None:
    given_ = [Hours(2, 600, 720), Hours(1, 600, 720), Hours(2, 540, 600)]
    assert check_hours(given_) == (Hours(1, 600, 720), Hours(2, 540, 720))


stretches = st.tuples(st.integers(0, 1440), st.integers(0, 1440)).filter(lambda pair: pair[0] < pair[1])
FIRST = date(2026, 10, 23)
"""A Friday; on Sunday Berlin goes back an hour. Lord Howe has gone forward half an hour on 4 October."""


@st.composite
def weeks(draw: st.DrawFn) -> tuple[Week, date]:
    zone = draw(st.sampled_from([SHANGHAI, BERLIN, LORD_HOWE]))
    first = draw(st.sampled_from([FIRST, date(2026, 10, 2), date(2026, 3, 27), date(2026, 4, 3)]))
    hours = tuple(Hours(draw(st.integers(1, 7)), *draw(stretches)) for _ in range(draw(st.integers(0, 6))))
    dates = st.integers(0, 4).map(lambda days: first + timedelta(days=days))
    days = draw(st.dictionaries(dates, st.one_of(st.just(OtherDay()), stretches.map(lambda pair: OtherDay(*pair))), max_size=3))
    return Week(zone, hours, days), first


def open_minutes(week: Week, first: date, last: date) -> set[datetime]:
    """The model: walk each minute of the real time around, look at the clock, and for every stretch take the minutes
    from the first at which its date's clock has reached the opening until the first at which it has reached the end."""
    start = datetime.combine(first, datetime.min.time(), UTC) - timedelta(days=1)
    grid = [start + count * MINUTE for count in range(((last - first).days + 3) * 1440)]
    walls = [(each, each.astimezone(week.zone)) for each in grid]

    def reached(on: date, minute: int) -> datetime:
        return next(
            instant for instant, wall in walls
            if wall.date() > on or (wall.date() == on and wall.hour * 60 + wall.minute >= minute)
        )  # fmt: skip

    found: set[datetime] = set()
    on = first
    while on <= last:
        other = week.days.get(on)
        if other is None:
            here = [(each.opens, each.closes) for each in week.hours if each.weekday == on.isoweekday()]
        else:
            here = [] if other.opens is None else [(other.opens, other.closes or 0)]
        for opens, closes in here:
            begin, end = reached(on, opens), reached(on, closes)
            found |= {each for each in grid if begin <= each < end}
        on += timedelta(days=1)
    return found


def minutes_of(intervals: list[Interval]) -> set[datetime]:
    return {each.start + count * MINUTE for each in intervals for count in range(each.minutes)}


@settings(max_examples=40)
@given(weeks())
def test_hours_are_those_of_the_clock(drawn: tuple[Week, date]) -> None:
    week, first = drawn
    last = first + timedelta(days=4)
    found = open_on(week, first, last)
    assert minutes_of(found) == open_minutes(week, first, last)
    assert all(one.end < two.start for one, two in pairwise(found))


@settings(max_examples=40)
@given(
    weeks(), st.integers(0, 2 * 1440), st.integers(1, 2 * 1440),
    st.lists(st.tuples(st.integers(0, 4 * 1440), st.integers(1, 600)), max_size=6),
)  # fmt: skip
def test_free_is_open_and_not_taken(drawn: tuple[Week, date], after: int, length: int, taken: list[tuple[int, int]]) -> None:
    week, first = drawn
    origin = datetime.combine(first + timedelta(days=1), datetime.min.time(), UTC)
    stretch = Interval(origin + after * MINUTE, origin + (after + length) * MINUTE)
    busy = [Interval(origin + start * MINUTE, origin + (start + long) * MINUTE) for start, long in taken]
    open_ = open_minutes(week, first - timedelta(days=1), first + timedelta(days=7))
    wanted = (open_ & minutes_of([stretch])) - minutes_of(busy)
    assert minutes_of(free_during(week, stretch, busy)) == wanted
    assert minutes_of(open_during(week, stretch)) == open_ & minutes_of([stretch])
