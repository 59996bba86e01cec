"""Cancelling a booking, or ending it early."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.permissions import Action
from incubator.audit.operations import record
from incubator.bookings.models import Booking
from incubator.bookings.queries import get_booking, get_standing
from incubator.bookings.rules import Ending
from incubator.spaces.operations.ledger import release
from incubator.spaces.operations.words import LONGEST_TEXT, one_line


def cancel(session: Session, actor: Actor, *, now: datetime, booking_id: int, reason: str = "") -> Booking:
    """Cancel a booking that has not begun: its time is free again and it is not charged.

    One that has begun can only be ended early, by staff: the rest is free again, the price stays.
    """
    actor.require(Action.BOOK)
    booking = get_booking(session, actor, booking_id, for_update=True)
    way = get_standing(session, booking).ending(now, by_staff=actor.can(Action.BOOK_FOR_OTHERS))
    words = one_line(reason, "reason", LONGEST_TEXT)
    holder = ("booking", booking.id)
    if way is Ending.END_EARLY:
        release(session, actor, now=now, holder=holder, reason=words or "ended early", at=now)
        record(session, actor, "end_early", ("bookings", booking.id), now=now, after={"reason": words, "at": now})
        return booking
    release(session, actor, now=now, holder=holder, reason=words or "cancelled")
    booking.cancelled_at, booking.cancelled_by, booking.cancel_reason = now, actor.person_id, words
    record(session, actor, "cancel", ("bookings", booking.id), now=now, after={"reason": words})
    return booking
