"""Events under real concurrency: one booking has one event, and counts are numbered without gaps."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from incubator.bookings.event_models import Event, EventResult
from incubator.bookings.operations import book
from incubator.bookings.operations.events import Came, Plan, confirm_event, plan_event
from incubator.core.errors import Conflict, Refusal
from tests.bookings.test_races import NINE, Course, course  # noqa: F401  a fixture
from tests.cast import NOW
from tests.racing import race

RACERS = 10


def test_one_booking_one_event_and_counts_one_after_the_other(course: Course) -> None:  # noqa: F811
    """Ten plan an event with the same booking at one moment: one does. Ten count it: one first, nine with a reason."""
    manager = course.cast.manager
    with course.connection() as session:
        site_id = course.room.site_id
        held = book(session, manager, now=NOW, resource_id=course.room.id, startup_id=None, start=NINE, end=NINE + timedelta(hours=2)).id
        session.commit()
    plan = Plan(site_id, "forum", "论坛", NINE, NINE + timedelta(hours=2), "public", booking_id=held)
    outcomes = race(course.connection, [lambda session: plan_event(session, manager, now=NOW, plan=plan).id] * RACERS)
    assert sum(isinstance(each, int) for each in outcomes) == 1
    assert sum(isinstance(each, Conflict) for each in outcomes) == RACERS - 1, outcomes
    after = NINE + timedelta(hours=3)
    with course.connection() as session:
        event_id = session.execute(select(Event.id)).scalar_one()
    attempts = [lambda session, n=n: confirm_event(session, manager, now=after, event_id=event_id, came=Came(40 + n, "签到表"),  # type: ignore[misc]
                                                   reason="重新清点") for n in range(RACERS)]  # fmt: skip
    assert not [each for each in race(course.connection, attempts) if isinstance(each, Exception) and not isinstance(each, Refusal)]
    with course.connection() as session:
        rows = session.execute(select(EventResult.number, EventResult.reason).order_by(EventResult.number)).all()
    assert [number for number, _ in rows] == list(range(1, RACERS + 1))
    assert [reason for _, reason in rows] == ["", *["重新清点"] * (RACERS - 1)]
