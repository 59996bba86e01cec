"""The waitlist: in order, kept while one decides, never past a quota, and nobody is quicker than the line."""

from __future__ import annotations

import threading
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import create_engine, select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.bookings.consent import Consent, PriceUnseen
from incubator.bookings.models import Booking, Wait
from incubator.bookings.operations import (
    add_rule,
    book,
    cancel,
    join_waitlist,
    lapse_offers,
    leave_waitlist,
    offer_all,
    take_offer,
)
from incubator.bookings.waiting import offer_until
from incubator.connections import engine_options
from incubator.core.errors import Conflict, NotFound, Refusal
from incubator.database import set_operator
from incubator.notices.models import Notice
from incubator.spaces.models import Allocation
from incubator.spaces.operations import Taken, close_units, lift_closure
from tests.bookings.conftest import Place, make_place
from tests.bookings.filling import at
from tests.cast import NOW, Cast, assemble_cast
from tests.database import TestDatabase

HOUR = Consent(5_000)


def ask(session: Session, actor: Actor, place: Place, start: datetime, end: datetime, **more: Any) -> Booking:
    values = {"resource_id": place.room.id, "startup_id": next(iter(actor.startup_ids), None), "now": NOW} | more
    return book(session, actor, start=start, end=end, **values)


def wait(session: Session, actor: Actor, place: Place, start: datetime, end: datetime, **more: Any) -> Wait:
    values = {"resource_id": place.room.id, "startup_id": next(iter(actor.startup_ids), None), "now": NOW,
              "minutes": int((end - start).total_seconds() // 60)} | more  # fmt: skip
    return join_waitlist(session, actor, start=start, end=end, **values)


def span(wait: Wait) -> tuple[datetime, datetime] | None:
    return None if wait.offered is None else (wait.offered.lower, wait.offered.upper)  # type: ignore[return-value]


def test_a_cancellation_offers_it_in_order_and_the_offer_ends(session: Session, cast: Cast, place: Place) -> None:
    taken = ask(session, cast.manager, place, at(12, 10), at(12, 11), startup_id=None)
    first = wait(session, cast.founder_a, place, at(12, 10), at(12, 11))
    second = wait(session, cast.founder_b, place, at(12, 10), at(12, 11))
    assert span(first) is span(second) is None
    cancel(session, cast.manager, now=at(12, 8), booking_id=taken.id)
    assert span(first) == (at(12, 10), at(12, 11)) and span(second) is None
    assert first.offer_until == at(12, 9)  # half of the two hours that are left
    with pytest.raises(Taken):  # kept: nobody is quicker, the next in line neither
        ask(session, cast.founder_b, place, at(12, 10), at(12, 11), now=at(12, 8))
    assert lapse_offers(session, cast.system, now=at(12, 8, 59)) == 0
    assert lapse_offers(session, cast.system, now=at(12, 9)) == 1
    assert (first.end_reason, span(second), second.offer_until) == ("lapsed", (at(12, 10), at(12, 11)), at(12, 9, 30))
    with pytest.raises(Conflict, match="offer is over"):
        take_offer(session, cast.founder_a, now=at(12, 9), wait_id=first.id, consent=HOUR)
    with pytest.raises(NotFound):
        take_offer(session, cast.founder_a, now=at(12, 9), wait_id=second.id, consent=HOUR)
    with pytest.raises(PriceUnseen):
        take_offer(session, cast.founder_b, now=at(12, 9), wait_id=second.id, consent=Consent(None))
    booking = take_offer(session, cast.founder_b, now=at(12, 9), wait_id=second.id, consent=HOUR)
    assert (second.end_reason, second.booking_id, booking.price_minor) == ("taken", booking.id, 5_000)
    told = session.execute(
        select(Notice.person_id, Notice.facts["what"].astext).where(Notice.kind == "waitlist").order_by(Notice.id)
    ).all()
    assert [tuple(row) for row in told] == [
        (cast.founder_a.person_id, "offered"), (cast.founder_b.person_id, "offered"), (cast.founder_a.person_id, "lapsed"),
    ]  # fmt: skip


def test_nobody_is_offered_what_their_quota_refuses(session: Session, cast: Cast, place: Place) -> None:
    add_rule(session, cast.manager, now=NOW, name="一天一次", quota_most=1, quota_measure="count", quota_window="day",
             quota_of="startup")  # fmt: skip
    ask(session, cast.founder_a, place, at(12, 14), at(12, 15))
    taken = ask(session, cast.manager, place, at(12, 10), at(12, 11), startup_id=None)
    mine, theirs = (wait(session, who, place, at(12, 10), at(12, 11)) for who in (cast.founder_a, cast.founder_b))
    cancel(session, cast.manager, now=NOW, booking_id=taken.id)
    assert span(mine) is None and span(theirs) == (at(12, 10), at(12, 11))
    assert mine.ended_at is None  # they keep their place


def test_what_is_offered_counts_in_the_quota_until_it_is_answered(session: Session, cast: Cast, place: Place) -> None:
    """One booking a day; A waits for two times of it, and B stands behind A for the second."""
    add_rule(session, cast.manager, now=NOW, name="一天一次", quota_most=1, quota_measure="count", quota_window="day",
             quota_of="startup")  # fmt: skip
    taken = [ask(session, cast.manager, place, at(12, hour), at(12, hour + 1), startup_id=None) for hour in (10, 14)]
    early, late = (wait(session, cast.founder_a, place, at(12, hour), at(12, hour + 1)) for hour in (10, 14))
    theirs = wait(session, cast.founder_b, place, at(12, 14), at(12, 15))
    for each in taken:
        cancel(session, cast.manager, now=NOW, booking_id=each.id)
    assert span(early) == (at(12, 10), at(12, 11)) and span(late) is None and span(theirs) == (at(12, 14), at(12, 15))
    leave_waitlist(session, cast.founder_a, now=NOW, wait_id=early.id)
    leave_waitlist(session, cast.founder_b, now=NOW, wait_id=theirs.id)
    assert span(late) == (at(12, 14), at(12, 15))


def test_any_time_of_a_window_within_opening_hours(session: Session, cast: Cast, place: Place) -> None:
    for start, end in ((9, 12), (13, 18)):
        ask(session, cast.manager, place, at(12, start), at(12, end), startup_id=None)
    long = ask(session, cast.manager, place, at(12, 12), at(12, 13), startup_id=None)
    line = wait(session, cast.founder_a, place, at(12, 8), at(12, 20), minutes=45)
    assert span(line) is None
    cancel(session, cast.manager, now=NOW, booking_id=long.id)
    assert span(line) == (at(12, 12), at(12, 12, 45))


def test_what_is_free_already_is_offered_at_once(session: Session, cast: Cast, place: Place) -> None:
    line = wait(session, cast.founder_a, place, at(12, 8), at(12, 20), minutes=60)
    assert span(line) == (at(12, 9), at(12, 10))


def test_a_hall_that_becomes_free_frees_its_half(session: Session, cast: Cast, place: Place) -> None:
    hall = ask(session, cast.manager, place, at(12, 10), at(12, 11), startup_id=None, resource_id=place.hall.id)
    half = wait(session, cast.founder_a, place, at(12, 10), at(12, 11), resource_id=place.half.id)
    cancel(session, cast.manager, now=NOW, booking_id=hall.id)
    assert span(half) == (at(12, 10), at(12, 11))


def test_a_lifted_closure_is_found_by_the_worker(session: Session, cast: Cast, place: Place) -> None:
    closure = close_units(session, cast.manager, now=NOW, site=place.site, units=[place.units["R1"]], start=at(12, 9),
                          end=at(12, 18), reason="维修")  # fmt: skip
    line = wait(session, cast.founder_a, place, at(12, 10), at(12, 11))
    assert offer_all(session, cast.system, now=NOW) == 0
    lift_closure(session, cast.manager, now=NOW, closure=closure)
    assert offer_all(session, cast.system, now=NOW) == 1
    assert span(line) == (at(12, 10), at(12, 11))


def test_who_leaves_the_line_gives_the_offer_on(session: Session, cast: Cast, place: Place) -> None:
    taken = ask(session, cast.manager, place, at(12, 10), at(12, 11), startup_id=None)
    first, second = (wait(session, who, place, at(12, 10), at(12, 11)) for who in (cast.founder_a, cast.founder_b))
    cancel(session, cast.manager, now=NOW, booking_id=taken.id)
    with pytest.raises(NotFound):
        leave_waitlist(session, cast.founder_b, now=NOW, wait_id=first.id)
    leave_waitlist(session, cast.founder_a, now=NOW, wait_id=first.id)
    assert first.end_reason == "withdrawn" and span(second) == (at(12, 10), at(12, 11))
    live = session.execute(
        select(Allocation.holder_id).where(Allocation.holder_kind == "offer", Allocation.voided_at.is_(None))
    ).scalars().all()  # fmt: skip
    assert live == [second.id]


def test_an_offer_keeps_the_buffers_free_too(session: Session, cast: Cast, place: Place) -> None:
    add_rule(session, cast.manager, now=NOW, name="保洁", buffer_after_minutes=30)
    line = wait(session, cast.founder_a, place, at(12, 10), at(12, 11))
    with pytest.raises(Taken):
        ask(session, cast.founder_b, place, at(12, 11), at(12, 12))
    take_offer(session, cast.founder_a, now=NOW, wait_id=line.id, consent=HOUR)


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        ({"minutes": 90}, "shorter than the booking"),
        ({"minutes": 25 * 60, "end": at(14, 10)}, "A booking here lasts"),
        ({"end": at(12, 10)}, "The end must come after"),
        ({"start": at(1, 7), "end": at(1, 8)}, "has passed"),
        ({"end": at(12, 11).replace(month=12, day=31)}, "A window of 62 days"),
    ],
)
def test_what_nobody_can_wait_for(session: Session, cast: Cast, place: Place, more: dict[str, Any], sentence: str) -> None:
    values = {"start": at(12, 10), "end": at(12, 11), "minutes": 60} | more
    with pytest.raises(Refusal, match=sentence):
        wait(session, cast.founder_a, place, **values)


def test_nobody_waits_for_everything(session: Session, cast: Cast, place: Place) -> None:
    ask(session, cast.manager, place, at(12, 9), at(12, 18), startup_id=None)
    for _ in range(20):
        wait(session, cast.founder_a, place, at(12, 10), at(12, 11))
    with pytest.raises(Refusal, match="let one go first"):
        wait(session, cast.founder_a, place, at(12, 10), at(12, 11))


def test_an_offer_is_short_where_it_begins_soon() -> None:
    assert offer_until(at(12, 9), at(12, 10)) == at(12, 9, 30)
    assert offer_until(at(11, 9), at(12, 10)) == at(11, 11)
    assert offer_until(at(12, 10), at(12, 10)) == at(12, 10)


def test_twenty_who_want_what_is_offered_to_one(own_database: TestDatabase) -> None:
    """The one to whom it is offered gets it; the others, who try to book it, never do."""
    options = engine_options(takes_role=False) | {"pool_size": 25, "max_overflow": 0}
    engine = create_engine(own_database.settings().database_url, **options)
    with Session(engine, expire_on_commit=False) as session:
        cast = assemble_cast(session)
        place = make_place(session, cast.manager)
        line = wait(session, cast.founder_a, place, at(12, 10), at(12, 11))
        wait_id, room_id = line.id, place.room.id
        session.commit()
    outcomes: list[str] = []
    start = threading.Barrier(21)

    def attempt(take: bool) -> None:
        with Session(engine) as session:
            set_operator(session, cast.operator_id)
            start.wait()
            try:
                if take:
                    take_offer(session, cast.founder_a, now=NOW, wait_id=wait_id, consent=HOUR)
                else:
                    book(session, cast.founder_b, now=NOW, resource_id=room_id, start=at(12, 10), end=at(12, 11),
                         startup_id=cast.startup_b)  # fmt: skip
                session.commit()
                outcomes.append("taken" if take else "snatched")
            except Conflict:
                session.rollback()
                outcomes.append("refused")

    threads = [threading.Thread(target=attempt, args=(number == 7,)) for number in range(21)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    engine.dispose()
    assert sorted(outcomes) == ["refused"] * 20 + ["taken"]
