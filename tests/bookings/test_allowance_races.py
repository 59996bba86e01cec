"""Twenty connections for one startup's last hour: as many minutes are used as there are, however they arrive."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from incubator.bookings.models import Booking
from incubator.bookings.operations import book, cancel, give_included, grant_allowance, include_allowance
from incubator.core.errors import Conflict
from incubator.pricing.models import AllowanceEntry
from incubator.startups.operations import add_programme, enrol
from tests.bookings.test_races import NINE, RACERS, Attempt, Course
from tests.cast import NOW
from tests.database import TestDatabase


@pytest.fixture
def course(own_database: TestDatabase) -> Iterator[Course]:
    found = Course(own_database)
    with found.connection() as session:
        grant_allowance(session, found.cast.finance, now=NOW, startup_id=found.cast.startup_a, name="一小时", minutes=60,
                        repeats="month", valid_from=date(2026, 10, 1))  # fmt: skip
        session.commit()
    yield found
    found.engine.dispose()


def an_hour(course: Course, day: int) -> Attempt:
    """Founder A books the room for half an hour, each on another day."""

    def attempt(session: Session) -> object:
        start = NINE + timedelta(days=day)
        return book(session, course.cast.founder_a, now=NOW, resource_id=course.room.id, start=start,
                    end=start + timedelta(minutes=30), startup_id=course.cast.startup_a).id  # fmt: skip

    return attempt


def used(session: Session) -> tuple[int, int]:
    """Minutes and fen that are covered."""
    minutes, value = session.execute(
        select(-func.sum(AllowanceEntry.minutes), -func.sum(AllowanceEntry.value_minor)).where(
            AllowanceEntry.booking_id.is_not(None)
        )
    ).one()
    return int(minutes), int(value)


def test_twenty_book_by_sixty_minutes_and_sixty_are_used(course: Course) -> None:
    days = [day for day in range(60) if (NINE + timedelta(days=day)).weekday() < 5 and day < 19]
    outcomes = course.race([an_hour(course, days[n % len(days)]) for n in range(RACERS)])
    made = [each for each in outcomes if isinstance(each, int)]
    assert len(made) == len(days) and all(isinstance(each, (int, Conflict)) for each in outcomes)
    with course.connection() as session:
        assert used(session) == (60, 5_000)


def test_booking_cancelling_and_granting_at_once_leave_a_true_ledger(course: Course) -> None:
    with course.connection() as session:
        first = an_hour(course, 0)(session)
        second = an_hour(course, 1)(session)
        session.commit()

    def give_up(booking_id: object) -> Attempt:
        return lambda session: cancel(session, course.cast.founder_a, now=NOW, booking_id=int(str(booking_id))).id

    def give(session: Session) -> object:
        return grant_allowance(session, course.cast.finance, now=NOW, startup_id=course.cast.startup_a, name="再一小时",
                               minutes=60, repeats="once", valid_from=date(2026, 10, 1), valid_until=date(2026, 10, 31)).id  # fmt: skip

    days = [2, 3, 4, 7, 8, 9, 10, 11]
    attempts = [give_up(first), give_up(second), give, *(an_hour(course, day) for day in days)]
    outcomes = course.race(attempts)
    assert [each for each in outcomes if isinstance(each, BaseException)] == []
    with course.connection() as session:
        assert used(session) == (120, 10_000), "two hours are given, and more than two hours are booked"
        kept = dict(session.execute(
            select(Booking.id, func.sum(AllowanceEntry.minutes)).join(AllowanceEntry, AllowanceEntry.booking_id == Booking.id)
            .where(Booking.cancelled_at.is_not(None)).group_by(Booking.id)
        ).all())  # type: ignore[arg-type] # fmt: skip
        assert set(kept.values()) <= {0}


def test_twenty_workers_give_what_a_plan_includes_once(course: Course) -> None:
    with course.connection() as session:
        plan = add_programme(session, course.cast.manager, now=NOW, kind="plan", name="套餐")
        include_allowance(session, course.cast.finance, now=NOW, programme_id=plan.id, name="一小时", minutes=60,
                          repeats="month", valid_from=date(2026, 10, 1))  # fmt: skip
        enrol(session, course.cast.manager, now=NOW, programme_id=plan.id, startup_id=course.cast.startup_b,
              starts_on=date(2026, 10, 1))  # fmt: skip
        session.commit()
    outcomes = course.race([lambda session: give_included(session, course.cast.system, now=NOW)] * RACERS)
    assert sorted(outcomes, key=str) == [0] * (RACERS - 1) + [1]
