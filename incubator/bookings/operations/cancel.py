"""Cancelling a booking, or ending it early."""

from __future__ import annotations

from datetime import datetime
from fractions import Fraction

from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.permissions import Action
from incubator.audit.operations import record
from incubator.bookings.consent import Consent, check_fee_consent
from incubator.bookings.models import Booking
from incubator.bookings.operations.allowances import lock_startups, settle
from incubator.bookings.operations.attend import leave
from incubator.bookings.operations.by_voucher import give_back
from incubator.bookings.operations.telling import tell
from incubator.bookings.operations.visits import call_off
from incubator.bookings.operations.wait import offer_freed
from incubator.bookings.queries import get_booking, get_standing
from incubator.bookings.rules import Ending
from incubator.bookings.terms import Rule, Terms
from incubator.core.money import Money, round_half_up
from incubator.core.periods import Interval
from incubator.spaces.operations.ledger import release
from incubator.spaces.operations.words import LONGEST_TEXT, one_line


def cancel(
    session: Session,
    actor: Actor,
    *,
    now: datetime,
    booking_id: int,
    reason: str = "",
    charge_fee: bool | None = None,
    consent: Consent | None = None,
) -> Booking:
    """Cancel a booking that has not begun: its time is free again, and it costs nothing but the fee of its own rules.

    Staff may waive the fee or charge it (`charge_fee`; None: they waive it, others pay it); with a `consent` it must be
    the fee that was seen. A booking that has begun can only be ended early: the rest is free again, the price stays.
    """
    actor.require(Action.BOOK)
    booking = get_booking(session, actor, booking_id, for_update=True)
    actor.require_for(Action.BOOK, booking.startup_id)
    by_staff = actor.can(Action.BOOK_FOR_OTHERS)
    way = get_standing(session, booking).ending(now)
    words = one_line(reason, "reason", LONGEST_TEXT)
    if way is Ending.END_EARLY:
        leave(session, actor, now=now, booking=booking, reason=words)
        return booking
    charged = not by_staff if charge_fee is None else charge_fee or not by_staff
    fee, _rule = cancellation_fee(booking, now) if charged else (0, None)
    if consent is not None:
        check_fee_consent(consent, Money(fee, booking.currency))
    take_back(session, actor, booking, now=now, reason=words, fee_minor=fee)
    after = {"reason": words} | ({"fee_minor": fee} if fee else {})
    record(session, actor, "cancel", ("bookings", booking.id), now=now, after=after)
    tell(session, booking, "cancellation", now=now, facts={"what": "cancelled", "by": actor.person_id})
    return booking


def take_back(
    session: Session, actor: Actor, booking: Booking, *, now: datetime, reason: str, fee_minor: int = 0,
    offers: bool = True, settled: bool = True,
) -> None:  # fmt: skip
    """Void what the booking holds, let it be cancelled, and offer its time to whoever waits for it (unless it is taken
    for something else); who calls has asked for permission, and tells the trail and the people.

    What a voucher keeps for it, and the minutes of allowances that it used, are free for others at once, unless who
    calls settles many together.
    """
    if booking.startup_id is not None:
        lock_startups(session, [booking.startup_id])
    release(session, actor, now=now, holder=("booking", booking.id), reason=reason or "cancelled")
    booking.cancelled_at, booking.cancelled_by, booking.cancel_reason = now, actor.person_id, reason
    booking.fee_minor = fee_minor
    booking.arrived_at = booking.arrived_by = booking.arrival_source = None
    booking.revision += 1
    call_off(session, actor, booking, now)
    session.flush()
    if settled:
        give_back(session, actor, [booking.id], now=now)
        settle(session, actor, now=now, startup_id=booking.startup_id, around=[booking.start])
    if offers:
        offer_freed(session, now=now, freed=[(booking.resource_id, Interval(booking.start, booking.end))])


def cancellation_fee(booking: Booking, now: datetime) -> tuple[int, Rule | None]:
    """What cancelling it at `now` costs by the rules it was made under, and which of them says so.

    75.00 cancelled 90 minutes before its start, where half is due within 2 hours: 37.50, rounded half up. One that
    waits for approval costs nothing.
    """
    rule = Terms.from_data(booking.terms).fee(booking.start - now)
    if rule is None or booking.startup_id is None or booking.is_awaiting or booking.price_minor == 0:
        return 0, None
    return round_half_up(Fraction(booking.price_minor * (rule.fee_percent or 0), 100)), rule
