"""A mentor in two sessions at once is refused by the ledger, also where twenty ask at one moment."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta

import pytest
from sqlalchemy import create_engine, func, select, text
from sqlalchemy.orm import Session

from incubator.bookings.consent import Consent
from incubator.bookings.models import Booking
from incubator.connections import engine_options
from incubator.core.errors import Conflict
from incubator.core.periods import Interval
from incubator.database import set_operator
from incubator.mentors.models import MentorSession, SessionEvidence
from incubator.mentors.operations.certificates import certify_hours
from incubator.mentors.operations.logs import confirm_log, write_log
from incubator.mentors.operations.sessions import Where, move_session
from incubator.spaces.models import Allocation
from incubator.spaces.operations import Taken
from tests.cast import assemble_cast
from tests.database import TestDatabase
from tests.mentors.meeting import ONLINE, at, hold, make_place, meet
from tests.racing import Attempt, race

RACERS = 20



class Course:
    """A committed mentor and room, and as many connections as racers."""

    def __init__(self, database: TestDatabase) -> None:
        options = engine_options(takes_role=False) | {"pool_size": RACERS + 2, "max_overflow": 0}
        self.engine = create_engine(database.settings().database_url, **options)
        with Session(self.engine, expire_on_commit=False) as session:
            self.cast = assemble_cast(session)
            self.place = make_place(session, self.cast)
            self.place.mentor.capacity_hours = 200
            session.commit()

    @contextmanager
    def connection(self) -> Iterator[Session]:
        with Session(self.engine) as session:
            set_operator(session, self.cast.operator_id)
            yield session

    def race(self, attempts: Sequence[Attempt]) -> list[object]:
        """All at once, each in a transaction of its own; what each gave, or its exception."""
        return race(self.connection, attempts)

    def booker(self, number: int, start: datetime, where: Where = ONLINE) -> Attempt:
        """Founders of A and of B in turns."""
        actor = (self.cast.founder_a, self.cast.founder_b)[number % 2]
        (startup_id,) = actor.startup_ids
        return lambda session: meet(session, actor, self.place, startup_id, start, now=at(2, 9), where=where).id

    def held(self) -> list[tuple[str, datetime]]:
        with self.connection() as session:
            rows = session.execute(
                select(Allocation.holder_kind, func.lower(Allocation.period)).where(Allocation.voided_at.is_(None))
            ).all()
        return sorted((kind, start) for kind, start in rows)


@pytest.fixture
def course(own_database: TestDatabase) -> Iterator[Course]:
    made = Course(own_database)
    yield made
    made.engine.dispose()


def winners(outcomes: Sequence[object]) -> list[object]:
    """What was given; all others must have been refused with a conflict."""
    lost = [each for each in outcomes if isinstance(each, BaseException)]
    assert all(isinstance(each, Conflict) for each in lost), lost
    return [each for each in outcomes if not isinstance(each, BaseException)]


def test_of_twenty_who_want_one_hour_one_gets_it(course: Course) -> None:
    outcomes = course.race([course.booker(number, at(3, 14)) for number in range(RACERS)])
    assert len(winners(outcomes)) == 1
    assert all(isinstance(each, Taken) for each in outcomes if isinstance(each, BaseException))
    assert course.held() == [("session", at(3, 14))]


def test_of_overlapping_hours_those_win_that_fit(course: Course) -> None:
    starts = [at(3, 14) + timedelta(minutes=15 * (number % 9)) for number in range(RACERS)]
    outcomes = course.race([course.booker(number, start) for number, start in enumerate(starts)])
    assert winners(outcomes)
    taken = [start for _kind, start in course.held()]
    assert all(two - one >= timedelta(hours=1) for one, two in itertools.pairwise(taken))
    assert len(taken) == len(winners(outcomes))


def test_room_and_mentor_together_leave_no_half(course: Course) -> None:
    room = Where("room", resource_id=course.place.room.id, consent=Consent(6000))
    outcomes = course.race([course.booker(number, at(3, 14), room if number % 3 else ONLINE) for number in range(RACERS)])
    assert len(winners(outcomes)) == 1
    kinds = [kind for kind, _start in course.held()]
    with course.connection() as session:
        (meeting,) = session.execute(select(MentorSession)).scalars()
        bookings = session.execute(select(func.count()).select_from(Booking)).scalar_one()
    assert kinds == (["booking", "session"] if meeting.way == "room" else ["session"])
    assert bookings == len(kinds) - 1


def test_the_ledger_refuses_it_whoever_writes(course: Course) -> None:
    """Without any of our code: the constraint alone."""
    with course.connection() as session:
        meet(session, course.cast.founder_a, course.place, course.cast.startup_a, at(3, 14))
        with pytest.raises(Exception, match="allocations_no_overlap"):
            session.execute(text(
                "INSERT INTO allocations (operator_id, site_id, unit_id, period, holder_kind, holder_id) SELECT "
                "operator_id, site_id, unit_id, period, 'session', 99 FROM allocations WHERE holder_kind = 'session'"
            ))  # fmt: skip


def test_a_capacity_of_one_hour_is_not_booked_twice(course: Course) -> None:
    with course.connection() as session:
        session.execute(text("UPDATE mentors SET capacity_hours = 1"))
        session.commit()
    course.place.mentor.capacity_hours = 1
    starts = [at(day, 14) for day in (3, 4, 5, 6, 9, 10, 11, 12)]
    outcomes = course.race([course.booker(number, start) for number, start in enumerate(starts)])
    assert len(winners(outcomes)) == 1


def test_two_who_move_to_one_hour(course: Course) -> None:
    with course.connection() as session:
        first = meet(session, course.cast.founder_a, course.place, course.cast.startup_a, at(3, 14)).id
        second = meet(session, course.cast.founder_b, course.place, course.cast.startup_b, at(3, 15)).id
        session.commit()

    def mover(session_id: int, number: int) -> Attempt:
        actor = (course.cast.founder_a, course.cast.founder_b)[number]
        return lambda session: move_session(
            session, actor, now=at(2, 15), session_id=session_id, start=at(3, 16), end=at(3, 17), where=ONLINE
        ).id

    assert len(winners(course.race([mover(first, 0), mover(second, 1)]))) == 1
    assert len(course.held()) == 2


def test_both_sides_confirm_at_once_and_it_is_evidence_once(course: Course) -> None:
    with course.connection() as session:
        meeting = meet(session, course.cast.founder_a, course.place, course.cast.startup_a, at(3, 14)).id
        write_log(session, course.cast.mentor, now=at(3, 16), session_id=meeting, held=Interval(at(3, 14), at(3, 15)),
                  field_ids=[course.place.fields[0].id], topics="估值")  # fmt: skip
        session.commit()
    people = (course.cast.founder_a, course.cast.member_a, course.cast.mentor) * 3
    outcomes = course.race([
        lambda session, actor=actor: confirm_log(session, actor, now=at(3, 17), session_id=meeting, version=1).id
        for actor in people
    ])  # fmt: skip
    assert len(winners(outcomes)) == len(people)
    with course.connection() as session:
        assert session.execute(select(func.count()).select_from(SessionEvidence)).scalar_one() == 1


def test_certificates_have_no_gap_and_no_number_twice(course: Course) -> None:
    with course.connection() as session:
        hold(session, course.cast, course.place, at(3, 14))
        session.commit()
    days = {"first": at(3, 9).date(), "last": at(5, 9).date()}
    outcomes = course.race([
        lambda session: certify_hours(session, course.cast.manager, now=at(10, 9), mentor_id=course.place.mentor.id,
                                      **days).number
        for _ in range(6)
    ])  # fmt: skip
    assert sorted(winners(outcomes)) == [1, 2, 3, 4, 5, 6]  # type: ignore[type-var]
