"""Coming, leaving, and not coming at all."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.permissions import Action
from incubator.audit.operations import record
from incubator.bookings.models import Booking
from incubator.bookings.operations.by_voucher import NO_SHOW as NOBODY
from incubator.bookings.operations.by_voucher import give_back
from incubator.bookings.operations.telling import tell
from incubator.bookings.operations.wait import offer_freed
from incubator.bookings.queries import attendance_of, get_booking
from incubator.core.errors import N_, Conflict, Forbidden, Refusal
from incubator.core.periods import Interval
from incubator.spaces.operations.ledger import release
from incubator.spaces.operations.words import LONGEST_TEXT, one_line

NO_SHOW = "nobody came"
MOST_AT_ONCE = 200


def check_in(session: Session, actor: Actor, *, now: datetime, booking_id: int, source: str) -> Booking:
    """Somebody has come. `source` is the evidence: the code at the door, the front desk, or the person's own word.

    From 15 minutes before the start until the end, or until the rest was given back because nobody came.
    """
    actor.require(Action.BOOK)
    if source == "front_desk" and not actor.can(Action.BOOK_FOR_OTHERS):
        raise Forbidden(N_("Only the front desk can say that."))
    booking = get_booking(session, actor, booking_id, for_update=True)
    actor.require_for(Action.BOOK, booking.startup_id)
    attendance_of(booking).check_arrival(now)
    booking.arrived_at, booking.arrived_by, booking.arrival_source = now, actor.person_id, source
    record(session, actor, "check_in", ("bookings", booking.id), now=now, after={"at": now, "source": source})
    return booking


def release_missed(session: Session, actor: Actor, *, now: datetime) -> int:
    """Give back the rest of bookings to which nobody came in time; how many, 200 at a time at the most.

    The booking stays, with its price: planned were its minutes, used were none. No voucher bears a part of that.
    """
    actor.require(Action.BOOK_FOR_OTHERS)
    late = session.execute(
        select(Booking)
        .where(
            Booking.check_in_until <= now,
            Booking.arrived_at.is_(None),
            Booking.no_show_at.is_(None),
            Booking.cancelled_at.is_(None),
            Booking.left_at.is_(None),
        )
        .order_by(Booking.check_in_until, Booking.id)
        .limit(MOST_AT_ONCE)
        .with_for_update(skip_locked=True)
    ).scalars().all()  # fmt: skip
    missed = [booking for booking in late if attendance_of(booking).is_missed(now)]
    give_back(session, actor, [booking.id for booking in missed], now=now, reason=NOBODY)
    for booking in missed:
        booking.no_show_at = now
        _give_rest_back(session, actor, booking, now, NO_SHOW)
        record(session, actor, "no_show", ("bookings", booking.id), now=now, after={"at": now})
        tell(session, booking, "cancellation", now=now, facts={"what": "no_show"})
    return len(missed)


def leave(session: Session, actor: Actor, *, now: datetime, booking: Booking, reason: str) -> None:
    """Give back the rest of a booking that is running; the price stays. Whoever calls has asked for permission."""
    booking.left_at = now
    _give_rest_back(session, actor, booking, now, reason or "ended early")
    record(session, actor, "end_early", ("bookings", booking.id), now=now, after={"reason": reason, "at": now})


def _give_rest_back(session: Session, actor: Actor, booking: Booking, now: datetime, reason: str) -> None:
    booking.revision += 1
    if now >= booking.end:
        return
    release(session, actor, now=now, holder=("booking", booking.id), reason=reason, at=now)
    offer_freed(session, now=now, freed=[(booking.resource_id, Interval(now, booking.end))])


def excuse(session: Session, actor: Actor, *, now: datetime, booking_id: int, reason: str) -> Booking:
    """Let a no-show not count against whoever booked: the lift was out of order."""
    actor.require(Action.BOOK_FOR_OTHERS)
    booking = get_booking(session, actor, booking_id, for_update=True)
    if booking.no_show_at is None or booking.excused_at is not None:
        raise Conflict(N_("There is nothing to excuse: it is no no-show, or is excused already."))
    words = one_line(reason, "excuse", LONGEST_TEXT)
    if not words:
        raise Refusal(N_("Say why, so that others understand."), field="excuse")
    booking.excused_at, booking.excused_by, booking.excuse = now, actor.person_id, words
    record(session, actor, "excuse", ("bookings", booking.id), now=now, after={"reason": words})
    return booking
