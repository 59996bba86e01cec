"""When a session may be, worked by hand; and that minutes shared out always add up."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from incubator.core.errors import Conflict, Refusal
from incubator.core.periods import Interval
from incubator.mentors.rules.feedback import Answers
from incubator.mentors.rules.figures import Held, below, mentors_needed, total_by, total_by_field
from incubator.mentors.rules.logs import LogContent
from incubator.mentors.rules.sessions import (
    State,
    Wish,
    check_held,
    refusals,
    split_minutes,
    starts_in,
    state_of,
)
from tests.mentors.meeting import at

NOW = at(2, 9)
FITS = Wish(at(3, 14), at(3, 15), "max", in_hours=True, appointed=True, paused=False, booked_minutes=0, capacity_minutes=480)


def why(wish: Wish) -> list[str]:
    return [str(refusal) for refusal in refusals(wish, NOW)]


def test_what_fits_is_not_refused() -> None:
    assert why(FITS) == []


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"end": at(3, 14)}, "The end must come after the start."),
        ({"end": at(3, 22, 15), "capacity_minutes": 600}, "A session takes from 15 minutes to 8 hours."),
        ({"start": at(3, 14, 10), "end": at(3, 15, 10)}, "Sessions begin and end on the quarter of an hour."),
        ({"start": at(2, 8, 45), "end": at(2, 9, 45)}, "This time has passed; choose a later one."),
        ({"start": NOW + timedelta(days=91), "end": NOW + timedelta(days=91, hours=1)}, "Sessions can be booked up to 90 days ahead."),
        ({"appointed": False}, "max is not appointed on that day."),
        ({"paused": True}, "max takes no new sessions at present."),
        ({"in_hours": False}, "max has no hours at that time."),
        ({"booked_minutes": 450}, "max has 30 minutes left in that month; choose a shorter session or a later month."),
    ],
)
def test_what_does_not_fit_is_said(change: dict[str, object], words: str) -> None:
    assert why(replace(FITS, **change)) == [words]  # type: ignore[arg-type]


def test_the_last_half_hour_of_a_capacity_can_be_had() -> None:
    assert why(replace(FITS, end=at(3, 14, 30), booked_minutes=450)) == []


def test_a_mentor_may_meet_outside_of_hours_and_capacity_but_not_of_the_appointment() -> None:
    own = replace(FITS, in_hours=False, paused=True, booked_minutes=480, by_mentor=True)
    assert why(own) == []
    assert why(replace(own, appointed=False)) == ["max is not appointed on that day."]


def test_an_hour_in_two_hours_begins_at_three_times() -> None:
    free = [Interval(at(3, 14), at(3, 16)), Interval(at(3, 17), at(3, 17, 30))]
    assert list(starts_in(free, 60, NOW)) == [at(3, 14), at(3, 14, 30), at(3, 15)]
    assert list(starts_in(free, 30, at(3, 15, 15))) == [at(3, 15, 30), at(3, 17)]


def test_where_a_session_stands() -> None:
    def state(now: datetime, **is_: bool) -> State:
        said = {"is_cancelled": False, "is_missed": False, "is_logged": False, "is_evident": False} | is_
        return state_of(at(3, 14), at(3, 15), now, **said)

    assert [state(at(3, 13)), state(at(3, 14)), state(at(3, 15))] == [State.COMING, State.RUNNING, State.TO_LOG]
    assert state(at(3, 16), is_logged=True) is State.TO_CONFIRM
    assert state(at(3, 16), is_logged=True, is_evident=True) is State.EVIDENT
    assert state(at(3, 16), is_missed=True) is State.MISSED
    assert state(at(3, 16), is_cancelled=True) is State.CANCELLED


def test_a_log_is_of_a_time_that_can_have_been() -> None:
    booked = Interval(at(3, 14), at(3, 15))
    check_held(Interval(at(3, 14, 5), at(3, 15, 20)), booked, at(3, 16))
    for held, field in (
        (Interval(at(3, 14), at(3, 17)), "held_until"),
        (Interval(at(3, 5), at(3, 14)), "held_until"),
        (Interval(at(1, 13), at(1, 14)), "held_from"),
    ):
        with pytest.raises(Refusal) as caught:
            check_held(held, booked, at(3, 16))
        assert caught.value.field == field


@given(st.integers(1, 1440), st.integers(1, 8))
def test_minutes_that_are_shared_out_add_up(minutes: int, parts: int) -> None:
    shared = split_minutes(minutes, parts)
    assert sum(shared) == minutes and len(shared) == parts and max(shared) - min(shared) <= 1


def test_fifty_minutes_on_three_fields() -> None:
    assert split_minutes(50, 3) == [17, 17, 16]
    assert split_minutes(50, 0) == []


@given(
    st.lists(
        st.builds(
            Held, st.integers(1, 1000), st.integers(1, 5), st.integers(1, 5), st.just(1),
            st.dates(date(2026, 1, 1), date(2026, 12, 31)), st.integers(1, 480),
            st.sets(st.integers(1, 6), min_size=1, max_size=6).map(tuple),
        ),
        max_size=40,
    )
)  # fmt: skip
def test_every_way_to_sum_up_gives_the_same_minutes(held: list[Held]) -> None:
    whole = sum(each.minutes for each in held)
    for sums in (total_by(held, lambda one: one.mentor_id), total_by(held, lambda one: one.on.month), total_by_field(held)):
        assert sum(each.minutes for each in sums) == whole
        assert [each.minutes for each in sums] == sorted((each.minutes for each in sums), reverse=True)


def test_the_criterion_and_the_minimum() -> None:
    assert [mentors_needed(companies, 10) for companies in (0, 1, 10, 11, 21)] == [0, 1, 1, 2, 3]
    assert below([1, 2, 3], {1: 2, 2: 1}, 2) == [(3, 0), (2, 1)]


def test_feedback_is_shown_from_five_answers_on_without_an_order_that_tells() -> None:
    assert Answers([5, 4, 5, 5], ["a"]).shown() is None
    shown = Answers([4, 5, 5, 5, 4], ["很有帮助", "", "drew a map"]).shown()
    assert shown is not None and shown.remarks == ["drew a map", "很有帮助"]
    assert str(shown.mean) == "4.6"


def test_the_hash_of_a_log_is_of_every_word_of_it() -> None:
    held = Interval(datetime(2026, 11, 3, 6, tzinfo=UTC), datetime(2026, 11, 3, 7, tzinfo=UTC))
    log = LogContent(1, "M-001", "S-A", 1, held, (2, 1), "估值", "先做现金流", "一周内发来表格")
    assert log.sha256() == replace(log, field_ids=(1, 2)).sha256()
    for change in ({"topics": "估值 "}, {"version": 2}, {"advice": ""}, {"startup": "S-B"}, {"field_ids": (1,)}, {"reason": "x"}):
        assert replace(log, **change).sha256() != log.sha256()  # type: ignore[arg-type]


def test_a_past_time_is_a_conflict_and_a_wrong_one_is_not() -> None:
    (past,) = refusals(replace(FITS, start=at(2, 8, 45), end=at(2, 9, 45)), NOW)
    (wrong,) = refusals(replace(FITS, end=at(3, 14)), NOW)
    assert isinstance(past, Conflict) and not isinstance(wrong, Conflict)
