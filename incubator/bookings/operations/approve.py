"""Approving bookings that need it, and letting those go that were not approved in time."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.permissions import Action
from incubator.audit.operations import record
from incubator.bookings.models import Booking
from incubator.bookings.operations.allowances import lock_startups
from incubator.bookings.operations.by_voucher import lock_orders
from incubator.bookings.operations.cancel import take_back
from incubator.bookings.operations.telling import tell
from incubator.bookings.queries import get_booking
from incubator.core.errors import N_, Conflict, Refusal
from incubator.spaces.operations.words import LONGEST_TEXT, one_line

NOT_IN_TIME = N_("not approved in time")
MOST_AT_ONCE = 200


def approve(session: Session, actor: Actor, *, now: datetime, booking_id: int) -> Booking:
    """Let a booking stand that waits for it; refused once its time has run out, or it is decided already."""
    booking = _awaiting(session, actor, booking_id)
    if booking.awaiting_until is not None and booking.awaiting_until <= now:
        raise Conflict(N_("The time to approve this has run out; its time is free again."))
    booking.approved_at, booking.approved_by = now, actor.person_id
    booking.revision += 1
    record(session, actor, "approve", ("bookings", booking.id), now=now)
    tell(session, booking, "approval", now=now, facts={"what": "approved"})
    return booking


def decline(session: Session, actor: Actor, *, now: datetime, booking_id: int, reason: str) -> Booking:
    """Let a booking go that waits for approval, and say why; its time is free again."""
    booking = _awaiting(session, actor, booking_id)
    words = one_line(reason, "reason", LONGEST_TEXT)
    if not words:
        raise Refusal(N_("Say why, so that others understand."), field="reason")
    take_back(session, actor, booking, now=now, reason=words)
    record(session, actor, "decline", ("bookings", booking.id), now=now, after={"reason": words})
    tell(session, booking, "approval", now=now, facts={"what": "declined"})
    return booking


def expire_holds(session: Session, actor: Actor, *, now: datetime) -> int:
    """Let all bookings of the operator go that were not approved in time; how many, 200 at a time at the most."""
    actor.require(Action.BOOK_FOR_OTHERS)
    late = session.execute(
        select(Booking)
        .where(
            Booking.awaiting_until <= now,
            Booking.approved_at.is_(None),
            Booking.cancelled_at.is_(None),
        )
        .order_by(Booking.id)
        .limit(MOST_AT_ONCE)
        .with_for_update(skip_locked=True)
    ).scalars().all()  # fmt: skip
    lock_startups(session, {booking.startup_id for booking in late if booking.startup_id is not None})
    lock_orders(session, late)
    for booking in late:
        take_back(session, actor, booking, now=now, reason=NOT_IN_TIME)
        record(session, actor, "expire_hold", ("bookings", booking.id), now=now)
        tell(session, booking, "approval", now=now, facts={"what": "expired"})
    return len(late)


def _awaiting(session: Session, actor: Actor, booking_id: int) -> Booking:
    actor.require(Action.BOOK_FOR_OTHERS)
    booking = get_booking(session, actor, booking_id, for_update=True)
    if not booking.is_awaiting:
        raise Conflict(N_("This booking does not wait for approval."))
    return booking
