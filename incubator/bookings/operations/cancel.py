"""Cancelling a booking, or ending it early."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.permissions import Action
from incubator.audit.operations import record
from incubator.bookings.models import Booking
from incubator.bookings.queries import get_booking
from incubator.core.errors import N_, Conflict
from incubator.spaces.operations.ledger import release


def cancel(session: Session, actor: Actor, *, now: datetime, booking_id: int, reason: str = "") -> Booking:
    """Cancel a booking that has not begun: its time is free again and it is not charged.

    One that has begun can only be ended early, by staff: the rest is free again, the price stays.
    """
    actor.require(Action.BOOK)
    booking = get_booking(session, actor, booking_id, for_update=True)
    if booking.cancelled_at is not None:
        raise Conflict(N_("This booking is cancelled already."))
    start, end = booking.period.lower, booking.period.upper
    assert start is not None and end is not None
    if end <= now:
        raise Conflict(N_("This booking is over; it can no longer be cancelled."))
    words = reason.strip() or "cancelled"
    if now < start:
        booking.cancelled_at, booking.cancelled_by, booking.cancel_reason = now, actor.person_id, words
        release(session, actor, now=now, holder=("booking", booking.id), reason=words)
        record(session, actor, "cancel", ("bookings", booking.id), now=now, after={"reason": words})
        return booking
    if not actor.can(Action.BOOK_FOR_OTHERS):
        raise Conflict(N_("This booking has begun; ask the front desk to end it early."))
    release(session, actor, now=now, holder=("booking", booking.id), reason=words, at=now)
    record(session, actor, "end_early", ("bookings", booking.id), now=now, after={"reason": words, "at": now})
    return booking
