"""Opening time counted: against a model that walks minute by minute, over holidays, swapped days and summer time."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from incubator.spaces.open_time import add_open_time, due_at, minutes_between, open_minutes, openings_from
from incubator.spaces.rules import Hours, SiteCalendar, opening_intervals

SHANGHAI, LONDON = ZoneInfo("Asia/Shanghai"), ZoneInfo("Europe/London")
ALWAYS = date(2020, 1, 1)
MINUTE = timedelta(minutes=1)
OFFICE = (Hours("workday", 540, 1080, ALWAYS),)


def office(zone: ZoneInfo = SHANGHAI, calendar: str = "CN", overrides: dict[date, str] | None = None,
           hours: tuple[Hours, ...] = OFFICE) -> SiteCalendar:  # fmt: skip
    return SiteCalendar(zone, calendar, hours, overrides or {})


def at(month: int, day: int, hour: int, minute: int = 0, zone: ZoneInfo = SHANGHAI) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=zone)


@pytest.mark.parametrize(
    ("start", "minutes", "due"),
    [
        (at(10, 20, 9), 60, at(10, 20, 10)),                     # within a day
        (at(10, 20, 7), 60, at(10, 20, 10)),                     # before it opens
        (at(10, 20, 17), 60, at(10, 20, 18)),                    # ends when it closes, not when it opens again
        (at(10, 20, 17), 61, at(10, 21, 9, 1)),
        (at(10, 23, 17), 120, at(10, 26, 10)),                   # Friday to Monday
        (at(10, 24, 12), 120, at(10, 26, 11)),                   # asked on a Saturday
        (at(9, 30, 17), 120, at(10, 8, 10)),                     # over National Day, a week of rest
        (at(10, 9, 17), 120, at(10, 10, 10)),                    # Saturday 10 October is a working day
        (at(10, 20, 9), 540 * 5, at(10, 26, 18)),                # five working days
    ],
)  # fmt: skip
def test_examples_of_china(start: datetime, minutes: int, due: datetime) -> None:
    assert due_at(office(), start, minutes) == due
    assert minutes_between(office(), start, due) == minutes


def test_a_day_that_the_site_closes_does_not_count() -> None:
    closed = office(overrides={date(2026, 10, 21): "closed"})
    assert due_at(closed, at(10, 20, 17), 120) == at(10, 22, 10)


def test_a_site_that_is_never_open_has_no_target() -> None:
    assert due_at(office(hours=()), at(10, 20, 9), 1) is None
    assert minutes_between(office(hours=()), at(10, 20, 9), at(10, 25, 9)) == 0


@pytest.mark.parametrize(
    ("night", "real"),
    [(date(2026, 3, 28), 23 * 60), (date(2026, 10, 24), 25 * 60)],
    ids=["an hour is skipped", "an hour comes twice"],
)
def test_around_the_clock_summer_time_counts_what_passes(night: date, real: int) -> None:
    calendar = office(LONDON, "weekdays", hours=tuple(Hours(kind, 0, 1440, ALWAYS) for kind in ("workday", "restday")))
    noon = datetime(night.year, night.month, night.day, 12, tzinfo=LONDON)
    next_noon = datetime(night.year, night.month, night.day + 1, 12, tzinfo=LONDON)
    assert minutes_between(calendar, noon, next_noon) == real
    assert due_at(calendar, noon, real) == next_noon


KINDS = st.sampled_from(["workday", "restday", "closed"])
EDGE = st.integers(0, 48).map(lambda half_hours: half_hours * 30)
HOURS = st.builds(
    lambda kind, edges: Hours(kind, min(edges), max(edges), ALWAYS),
    st.sampled_from(["workday", "restday"]), st.tuples(EDGE, EDGE).filter(lambda edges: edges[0] != edges[1]),
)  # fmt: skip
DAYS = st.dates(date(2026, 9, 25), date(2026, 10, 30)) | st.dates(date(2026, 3, 26), date(2026, 4, 2))
CALENDARS = st.builds(
    SiteCalendar, st.sampled_from([SHANGHAI, LONDON]), st.sampled_from(["CN", "weekdays"]),
    st.lists(HOURS, max_size=3).map(tuple), st.dictionaries(DAYS, KINDS, max_size=3),
)  # fmt: skip
MOMENTS = st.builds(
    lambda day, minute: datetime(day.year, day.month, day.day, tzinfo=UTC) + minute * MINUTE, DAYS, st.integers(0, 1439)
)


def walk(calendar: SiteCalendar, start: datetime, minutes: int, most: int) -> datetime | None:
    """Minute by minute: the end of the last one that counts."""
    first = start.astimezone(calendar.zone).date()
    openings = opening_intervals(calendar, first, first + timedelta(days=most // 1440 + 1))
    for step in range(most):
        here = start + step * MINUTE
        if any(each.start <= here and here + MINUTE <= each.end for each in openings):
            minutes -= 1
            if not minutes:
                return here + MINUTE
    return None


@settings(max_examples=40, deadline=None)
@given(CALENDARS, MOMENTS, st.integers(1, 700))
def test_it_is_what_walking_minute_by_minute_finds(calendar: SiteCalendar, start: datetime, minutes: int) -> None:
    most = 4 * 1440
    due = due_at(calendar, start, minutes)
    if due is not None and due - start <= most * MINUTE:
        assert walk(calendar, start, minutes, most) == due
    else:
        assert walk(calendar, start, minutes, most) is None


@settings(max_examples=100, deadline=None)
@given(CALENDARS, MOMENTS, st.integers(1, 5000))
def test_counting_back_gives_what_was_added(calendar: SiteCalendar, start: datetime, minutes: int) -> None:
    due = due_at(calendar, start, minutes)
    if due is not None:
        assert minutes_between(calendar, start, due) == minutes
        assert minutes_between(calendar, start, due - MINUTE) == minutes - 1


@settings(max_examples=50, deadline=None)
@given(CALENDARS, MOMENTS, st.integers(1, 600), st.integers(1, 600))
def test_a_pause_moves_the_end_by_what_was_open_in_it(
    calendar: SiteCalendar, start: datetime, worked: int, paused: int
) -> None:
    """Stopped after a while and going on later: the target's end is the same as counted in two parts."""
    stopped = start + worked * MINUTE
    resumed = stopped + paused * MINUTE
    target, used = 800, minutes_between(calendar, start, stopped)
    waited = minutes_between(calendar, stopped, resumed)
    whole = due_at(calendar, start, target + waited)
    rest = due_at(calendar, resumed, target - used)
    assert whole == rest


def test_nothing_is_lost_between_the_stretches_that_are_read() -> None:
    openings = list(openings_from(office(), at(10, 20, 12), 60))
    assert openings == sorted(openings, key=lambda each: each.start)
    assert open_minutes(at(10, 20, 12), at(12, 19, 18), openings) == sum(
        max(0, (each.end - max(each.start, at(10, 20, 12))) // MINUTE) for each in openings
    )
    assert add_open_time(at(10, 20, 12), 10**6, openings) is None
