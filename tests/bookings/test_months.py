"""A resource's month: its weeks, and what is left of a day, against a count of minutes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incubator.bookings.months import DayState, see_month_day, weeks_of
from incubator.bookings.resource_views import short_hours
from incubator.core.periods import Interval, Month, merge, subtract

ON = date(2026, 10, 12)
MIDNIGHT = datetime(2026, 10, 12, tzinfo=UTC)
EVER = Interval(MIDNIGHT - timedelta(days=9), MIDNIGHT + timedelta(days=99))


def span(first: float, last: float) -> Interval:
    return Interval(MIDNIGHT + timedelta(hours=first), MIDNIGHT + timedelta(hours=last))


OPEN = [span(9, 18)]


def test_a_month_is_laid_out_in_weeks_from_monday() -> None:
    weeks = weeks_of(Month(2026, 10))
    assert (len(weeks), weeks[0][0], weeks[-1][-1]) == (5, date(2026, 9, 28), date(2026, 11, 1))
    assert all(len(week) == 7 and week[0].weekday() == 0 for week in weeks)
    assert [len(weeks_of(Month(2027, month))) for month in (2, 8)] == [4, 6]


def test_what_is_taken_is_left_out_of_the_share() -> None:
    lane = subtract(OPEN, [span(10, 12.5)])
    day = see_month_day(ON, OPEN, [lane], lane, lane[0], begins=EVER, over=False)
    assert (day.state, day.free, day.hundredths) == (DayState.FREE, timedelta(hours=6.5), 72)


def test_of_a_pool_the_share_is_that_of_its_units() -> None:
    """P1 is taken all day, P2 not at all: one can always sit, and half of the desks' time is free."""
    day = see_month_day(ON, OPEN, [[], OPEN], OPEN, OPEN[0], begins=EVER, over=False)
    assert (day.free, day.hundredths) == (timedelta(hours=9), 50)


@pytest.mark.parametrize(
    ("openings", "free", "begins", "over", "state"),
    [
        ([], [], EVER, False, DayState.CLOSED), (OPEN, [], EVER, False, DayState.FULL), (OPEN, OPEN, EVER, True, DayState.OVER),
        ([], [], EVER, True, DayState.OVER), (OPEN, [], None, False, DayState.BEYOND),
        (OPEN, [], span(18, 30), False, DayState.BEYOND), (OPEN, OPEN, span(17.5, 30), False, DayState.FREE),
    ],
)  # fmt: skip
def test_the_state_of_a_day(
    openings: list[Interval], free: list[Interval], begins: Interval | None, over: bool, state: DayState
) -> None:
    day = see_month_day(ON, openings, [free], free, None, begins=begins, over=over)
    assert day.state is state and (day.hundredths > 0) == (state is DayState.FREE)


spans = st.lists(
    st.tuples(st.integers(0, 47), st.integers(1, 20)).map(lambda pair: span(pair[0] / 2, min(24, (pair[0] + pair[1]) / 2))),
    max_size=4,
)  # fmt: skip


@given(openings=spans, taken=st.lists(spans, min_size=1, max_size=3))
def test_share_and_hours_are_those_of_the_minutes(openings: Sequence[Interval], taken: Sequence[Sequence[Interval]]) -> None:
    opened = merge(openings)
    lanes = [subtract(opened, unit) for unit in taken]
    free = merge(part for lane in lanes for part in lane)
    day = see_month_day(ON, opened, lanes, free, None, begins=EVER, over=False)
    halves = [MIDNIGHT + timedelta(minutes=30 * n) for n in range(48)]
    is_open = [at for at in halves if any(each.start <= at < each.end for each in openings)]
    left = [[at for at in is_open if not any(t.start <= at < t.end for t in unit)] for unit in taken]
    assert day.free == timedelta(minutes=30) * len({at for unit in left for at in unit})
    if day.free:
        exact = 100 * sum(map(len, left)) / (len(taken) * len(is_open))
        assert max(1, int(exact)) == day.hundredths


@pytest.mark.parametrize(("minutes", "text"), [(0, "0"), (29, "0"), (30, "0.5"), (400, "6.5"), (540, "9"), (1440, "24")])
def test_hours_for_a_narrow_place(minutes: int, text: str) -> None:
    assert short_hours(timedelta(minutes=minutes)) == text
