"""Coming, leaving, not coming: planned and used minutes, what is given back, and what not coming leads to."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from incubator.bookings.attendance import Attendance, Strike, check_in_deadline, strike_refusal
from incubator.bookings.models import Booking
from incubator.bookings.operations import add_rule, book, cancel, change, check_in, excuse, release_missed
from incubator.bookings.operations.change import Change
from incubator.bookings.queries import attendance_of, list_charged_bookings
from incubator.bookings.terms import Place as RulePlace
from incubator.bookings.terms import Rule, RuleBroken, Terms
from incubator.core.errors import Conflict, Forbidden, NotFound
from incubator.core.periods import Interval, Month
from incubator.notices.models import Notice
from incubator.spaces.models import Allocation
from tests.bookings.conftest import Place
from tests.bookings.filling import at
from tests.cast import NOW, Cast

SHANGHAI = ZoneInfo("Asia/Shanghai")
HERE = RulePlace(1, 1, "meeting_room")
MINUTE = timedelta(minutes=1)


def ask(session: Session, cast: Cast, place: Place, start: datetime, end: datetime, **more: Any) -> Booking:
    values = {"resource_id": place.room.id, "startup_id": cast.startup_a} | more
    return book(session, cast.founder_a, now=NOW, start=start, end=end, **values)


def held(session: Session, booking: Booking) -> list[tuple[str, datetime, datetime]]:
    rows = session.execute(
        select(Allocation).where(Allocation.holder_id == booking.id, Allocation.voided_at.is_(None),
                                 Allocation.holder_kind.in_(("booking", "buffer"))).order_by(Allocation.period)
    ).scalars()  # fmt: skip
    return [(row.holder_kind, row.period.lower.astimezone(SHANGHAI), row.period.upper.astimezone(SHANGHAI)) for row in rows]


def test_planned_and_used_minutes_stand_side_by_side_with_their_evidence(
    session: Session, cast: Cast, place: Place
) -> None:
    add_rule(session, cast.manager, now=NOW, name="签到", check_in_minutes=15)
    booking = ask(session, cast, place, at(12, 10), at(12, 11, 30))
    assert booking.check_in_until == at(12, 10, 15)
    check_in(session, cast.founder_a, now=at(12, 10, 4), booking_id=booking.id, source="door")
    cancel(session, cast.founder_a, now=at(12, 11), booking_id=booking.id)
    came = attendance_of(booking)
    assert (came.planned_minutes, came.actual_minutes(at(12, 11)), came.arrival_source) == (90, 56, "door")
    assert held(session, booking) == [("booking", at(12, 10), at(12, 11))]
    assert release_missed(session, cast.system, now=at(12, 10, 30)) == 0


def test_to_whom_nobody_comes_the_rest_is_given_back_and_the_price_stays(
    session: Session, cast: Cast, place: Place
) -> None:
    add_rule(session, cast.manager, now=NOW, name="签到", check_in_minutes=15, buffer_after_minutes=10)
    booking = ask(session, cast, place, at(12, 10), at(12, 12))
    assert release_missed(session, cast.system, now=at(12, 10, 14)) == 0
    assert release_missed(session, cast.system, now=at(12, 10, 15)) == 1
    assert release_missed(session, cast.system, now=at(12, 10, 16)) == 0
    assert held(session, booking) == [("booking", at(12, 10), at(12, 10, 15)), ("buffer", at(12, 10, 15), at(12, 10, 25))]
    assert attendance_of(booking).actual_minutes(at(12, 10, 15)) == 0
    assert [row.price_minor for row in list_charged_bookings(session, place.site.id, Month(2026, 10))] == [10_000]
    with pytest.raises(Conflict, match="given back"):
        check_in(session, cast.founder_a, now=at(12, 10, 20), booking_id=booking.id, source="person")
    other = book(session, cast.founder_b, now=at(12, 10, 20), resource_id=place.room.id, startup_id=cast.startup_b,
                 start=at(12, 10, 45), end=at(12, 11, 30))  # fmt: skip
    assert other.id != booking.id
    (notice,) = session.execute(select(Notice).where(Notice.kind == "cancellation")).scalars()
    assert (notice.person_id, notice.facts) == (cast.founder_a.person_id, {"what": "no_show"})


def test_found_only_after_its_end_it_is_a_no_show_all_the_same(session: Session, cast: Cast, place: Place) -> None:
    add_rule(session, cast.manager, now=NOW, name="签到", check_in_minutes=15)
    booking = ask(session, cast, place, at(12, 10), at(12, 11))
    assert release_missed(session, cast.system, now=at(13, 9)) == 1
    assert booking.no_show_at == at(13, 9)
    assert held(session, booking) == [("booking", at(12, 10), at(12, 11))]


@pytest.mark.parametrize(
    ("now", "sentence"),
    [(at(12, 9, 44), "too early"), (at(12, 9, 45), None), (at(12, 10, 59), None), (at(12, 11), "is over")],
)
def test_when_one_can_check_in(session: Session, cast: Cast, place: Place, now: datetime, sentence: str | None) -> None:
    booking = ask(session, cast, place, at(12, 10), at(12, 11))
    assert attendance_of(booking).can_arrive(now) is (sentence is None)
    if sentence is None:
        check_in(session, cast.member_a, now=now, booking_id=booking.id, source="person")
        with pytest.raises(Conflict, match="already"):
            check_in(session, cast.member_a, now=now, booking_id=booking.id, source="person")
    else:
        with pytest.raises(Conflict, match=sentence):
            check_in(session, cast.member_a, now=now, booking_id=booking.id, source="person")


def test_who_may_say_that_somebody_came(session: Session, cast: Cast, place: Place) -> None:
    booking = ask(session, cast, place, at(12, 10), at(12, 11))
    with pytest.raises(NotFound):
        check_in(session, cast.founder_b, now=at(12, 10), booking_id=booking.id, source="person")
    with pytest.raises(Forbidden):
        check_in(session, cast.founder_a, now=at(12, 10), booking_id=booking.id, source="front_desk")
    with pytest.raises(Forbidden):
        check_in(session, cast.auditor, now=at(12, 10), booking_id=booking.id, source="person")
    check_in(session, cast.front_desk, now=at(12, 10), booking_id=booking.id, source="front_desk")
    assert (booking.arrival_source, booking.arrived_by) == ("front_desk", cast.front_desk.person_id)


def test_what_is_moved_or_cancelled_after_an_early_arrival_knows_of_none(
    session: Session, cast: Cast, place: Place
) -> None:
    add_rule(session, cast.manager, now=NOW, name="签到", check_in_minutes=15)
    booking = ask(session, cast, place, at(12, 10), at(12, 11))
    check_in(session, cast.founder_a, now=at(12, 9, 50), booking_id=booking.id, source="person")
    to = Change(place.room.id, at(12, 14).time(), at(12, 15).time(), on=at(12, 14).date())
    change(session, cast.founder_a, now=at(12, 9, 51), booking_id=booking.id, to=to)
    assert (booking.arrived_at, booking.check_in_until, booking.revision) == (None, at(12, 14, 15), 1)
    check_in(session, cast.founder_a, now=at(12, 13, 50), booking_id=booking.id, source="person")
    cancel(session, cast.founder_a, now=at(12, 13, 55), booking_id=booking.id)
    assert (booking.arrived_at, booking.revision) == (None, 2)


def test_three_no_shows_and_a_pause_follows_unless_one_is_excused(session: Session, cast: Cast, place: Place) -> None:
    add_rule(session, cast.manager, now=NOW, name="守约", check_in_minutes=15, strikes_most=2, strikes_days=30,
             pause_days=7)  # fmt: skip
    missed = [ask(session, cast, place, at(day, 10), at(day, 11)) for day in (12, 14)]
    for day in (12, 14):
        assert release_missed(session, cast.system, now=at(day, 10, 15)) == 1
    with pytest.raises(RuleBroken, match="2 times in 30 days nobody came"):
        book(session, cast.founder_a, now=at(14, 12), resource_id=place.room.id, startup_id=cast.startup_a,
             start=at(15, 10), end=at(15, 11))  # fmt: skip
    # a colleague is not bound by it, and staff are not
    book(session, cast.member_a, now=at(14, 12), resource_id=place.room.id, startup_id=cast.startup_a,
         start=at(15, 10), end=at(15, 11))  # fmt: skip
    with pytest.raises(Forbidden):
        excuse(session, cast.founder_a, now=at(14, 12), booking_id=missed[0].id, reason="lift")
    excuse(session, cast.front_desk, now=at(14, 12), booking_id=missed[0].id, reason="电梯故障")
    book(session, cast.founder_a, now=at(14, 12), resource_id=place.room.id, startup_id=cast.startup_a,
         start=at(15, 14), end=at(15, 15))  # fmt: skip


def test_strikes_by_hand() -> None:
    rule = Rule(1, "r", strikes_most=3, strikes_days=30, pause_days=7)
    strikes = [Strike(at(day, 10), HERE) for day in (1, 10, 20)]
    assert strike_refusal(rule, strikes[:2], at(20, 9), SHANGHAI) is None
    refusal = strike_refusal(rule, strikes, at(20, 10), SHANGHAI)
    assert refusal is not None and "2026-10-27 10:00:00+08:00" in str(refusal)
    assert strike_refusal(rule, strikes, at(27, 10), SHANGHAI) is None
    elsewhere = Rule(1, "r", resource_id=2, strikes_most=3, strikes_days=30, pause_days=7)
    assert strike_refusal(elsewhere, strikes, at(20, 10), SHANGHAI) is None


@given(st.lists(st.integers(0, 90), max_size=12), st.integers(1, 4), st.integers(1, 40), st.integers(1, 20), st.integers(0, 110))
def test_strikes_agree_with_a_count_day_by_day(days: list[int], most: int, window: int, pause: int, today: int) -> None:
    start = datetime(2026, 1, 1, 12, tzinfo=SHANGHAI)
    rule = Rule(1, "r", strikes_most=most, strikes_days=window, pause_days=pause)
    happened = [day for day in days if day <= today]
    # every run of `most` no-shows within the window starts a pause at its last one
    paused = any(
        sum(last - window < day <= last for day in happened) >= most and last <= today < last + pause for last in happened
    )
    strikes = [Strike(start + timedelta(days=day), HERE) for day in happened]
    assert (strike_refusal(rule, strikes, start + timedelta(days=today), SHANGHAI) is not None) == paused


@pytest.mark.parametrize(
    ("made", "expected"),
    [(at(1, 9), at(12, 10, 15)), (at(12, 10, 10), at(12, 10, 25)), (at(12, 10, 55), at(12, 11))],
)
def test_a_deadline_is_never_before_one_could_come_nor_after_the_end(made: datetime, expected: datetime) -> None:
    terms = Terms((Rule(1, "a", check_in_minutes=15), Rule(2, "b", check_in_minutes=30)))
    assert check_in_deadline(terms, at(12, 10), at(12, 11), made) == expected
    assert check_in_deadline(Terms(), at(12, 10), at(12, 11), made) is None


@given(st.integers(-15, 60), st.integers(0, 60))
def test_used_minutes_are_within_the_planned_ones(arrived: int, left: int) -> None:
    start = at(12, 10)
    came = Attendance(Interval(start, start + 60 * MINUTE), None, start + arrived * MINUTE, "door", start + left * MINUTE)
    used = came.actual_minutes(start + 61 * MINUTE)
    assert used == len([minute for minute in range(60) if arrived <= minute < left])
