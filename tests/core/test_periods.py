"""Stretches of time, each function against a brute-force model: sets of minutes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incubator.core.periods import Interval, intersect, merge, subtract, total

EPOCH = datetime(2026, 10, 1, tzinfo=UTC)


def at(minute: int) -> datetime:
    return EPOCH + timedelta(minutes=minute)


def between(start: int, end: int) -> Interval:
    return Interval(at(start), at(end))


def minutes(intervals: list[Interval]) -> set[int]:
    """The minutes that an interval covers: the model."""
    return {
        minute
        for interval in intervals
        for minute in range(
            int((interval.start - EPOCH) / timedelta(minutes=1)), int((interval.end - EPOCH) / timedelta(minutes=1))
        )
    }


stretches = st.lists(
    st.tuples(st.integers(0, 60), st.integers(1, 15)).map(lambda pair: between(pair[0], pair[0] + pair[1])),
    max_size=12,
)


def is_tidy(intervals: list[Interval]) -> bool:
    """In order, disjoint, and never touching: as few as can be."""
    return all(earlier.end < later.start for earlier, later in pairwise(intervals))


@given(stretches)
def test_merge_covers_the_same_minutes_with_the_fewest_stretches(given_: list[Interval]) -> None:
    merged = merge(given_)
    assert minutes(merged) == minutes(given_)
    assert is_tidy(merged)


@given(stretches, stretches)
def test_intersect_keeps_the_minutes_of_both(left: list[Interval], right: list[Interval]) -> None:
    assert minutes(intersect(left, right)) == minutes(left) & minutes(right)
    assert intersect(left, right) == intersect(right, left)


@given(stretches, stretches)
def test_subtract_keeps_the_minutes_of_the_left_alone(left: list[Interval], right: list[Interval]) -> None:
    left_over = subtract(left, right)
    assert minutes(left_over) == minutes(left) - minutes(right)
    assert is_tidy(left_over)


@given(stretches, stretches)
def test_what_is_kept_and_what_is_taken_away_add_up(left: list[Interval], right: list[Interval]) -> None:
    assert total(intersect(left, right)) + total(subtract(left, right)) == total(left)
    assert total(left) == timedelta(minutes=len(minutes(left)))


@given(stretches)
def test_nothing_is_left_of_itself(given_: list[Interval]) -> None:
    assert subtract(given_, given_) == []
    assert intersect(given_, given_) == merge(given_)


@given(st.integers(0, 20), st.integers(1, 9), st.integers(0, 20), st.integers(1, 9))
def test_overlap_and_intersection_agree_with_the_minutes(a: int, a_long: int, b: int, b_long: int) -> None:
    left, right = between(a, a + a_long), between(b, b + b_long)
    common = left.intersection(right)
    shared = minutes([left]) & minutes([right])
    assert left.overlaps(right) is right.overlaps(left) is bool(shared)
    assert (minutes([common]) if common else set()) == shared


@pytest.mark.parametrize(
    ("start", "end", "overlaps"),
    [
        (0, 1, False),  # before
        (1, 2, False),  # right before
        (1, 3, True),  # into its beginning
        (2, 4, True),  # exactly the same
        (2, 3, True),  # its first half
        (3, 4, True),  # its second half
        (1, 5, True),  # around
        (3, 5, True),  # over its end
        (4, 5, False),  # right after
        (5, 6, False),  # after
    ],
)
def test_which_stretches_overlap_minutes_two_to_four(start: int, end: int, overlaps: bool) -> None:
    assert between(2, 4).overlaps(between(start, end)) is overlaps


@pytest.mark.parametrize("end", [at(5), at(4)])
def test_an_interval_ends_after_its_start(end: datetime) -> None:
    with pytest.raises(ValueError, match="must end after its start"):
        Interval(at(5), end)


def test_an_interval_wants_instants_and_not_wall_times() -> None:
    with pytest.raises(ValueError, match="aware"):
        Interval(datetime(2026, 10, 1, 9), datetime(2026, 10, 1, 10))
    with pytest.raises(ValueError, match="aware"):
        Interval(at(0), datetime(2026, 10, 1, 10))


def test_the_same_instants_of_another_zone_are_the_same_interval() -> None:
    east = timezone(timedelta(hours=8))
    assert Interval(at(0).astimezone(east), at(60).astimezone(east)) == between(0, 60)
    assert hash(Interval(at(0).astimezone(east), at(60).astimezone(east))) == hash(between(0, 60))
