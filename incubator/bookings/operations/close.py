"""Closing what is booked: whoever is in the way is told, free of charge, and offered another room."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.permissions import Action
from incubator.accounts.queries import get_actor
from incubator.audit.operations import record
from incubator.bookings.models import Booking
from incubator.bookings.operations.by_voucher import lock_orders
from incubator.bookings.operations.cancel import take_back
from incubator.bookings.operations.telling import tell
from incubator.bookings.operations.wait import take_offers_back
from incubator.bookings.queries import BookingRow, list_booking_rows
from incubator.bookings.suggesting import suggest
from incubator.core.errors import N_, Conflict
from incubator.core.periods import Interval
from incubator.spaces.ledger_queries import live_of
from incubator.spaces.models import BUFFER, Allocation, Closure, Resource, Site, Unit
from incubator.spaces.operations import close_units
from incubator.spaces.operations.ledger import lock_units, release
from incubator.spaces.operations.words import LONGEST_TEXT, one_line
from incubator.spaces.queries import list_resource_units

MOST = 200
"""How many bookings one closure may take the place of; more are several closures."""


class Affected(Struct, frozen=True):
    """A booking in the way of a closure, and the rooms that are free at its time."""

    row: BookingRow
    others: list[Resource]


def list_affected(
    session: Session, actor: Actor, *, units: Sequence[Unit], start: datetime, end: datetime, now: datetime
) -> list[Affected]:
    """The bookings that a closure would have to cancel, the first first, each with what could be booked instead."""
    actor.require(Action.MANAGE_SPACES)
    ids = _in_the_way(session, units, start, end)
    rows = list_booking_rows(session, [Booking.id.in_(ids)])
    closed = {unit.id for unit in units}
    return [Affected(row, _others(session, actor, row, closed, now)) for row in rows]


def close_over(
    session: Session, actor: Actor, *, now: datetime, site: Site, units: Sequence[Unit], start: datetime, end: datetime,
    reason: str, agreed: int,
) -> Closure:  # fmt: skip
    """Close units though they are booked: those bookings are cancelled free of charge, and their people are told why
    and what is free instead. One that is running ends when the closure begins.

    `agreed` is how many bookings were seen to be in the way: another number, and nothing is done. An agreement in the
    way is not cancelled: the closure is refused.
    """
    actor.require(Action.MANAGE_SPACES)
    words = one_line(reason, "reason", LONGEST_TEXT)
    lock_units(session, [unit.id for unit in units])
    affected = list_affected(session, actor, units=units, start=start, end=end, now=now)
    if len(affected) != agreed:
        raise Conflict(N_("By now %(count)s bookings are in the way, not %(seen)s. Look at them once more."),
                       count=len(affected), seen=agreed)  # fmt: skip
    lock_orders(session, [each.row.booking for each in affected])
    with session.begin_nested():
        for each in affected:
            _clear(session, actor, each, start, words, now)
        _keep_no_more(session, actor, units, Interval(start, end), words, now)
        return close_units(session, actor, now=now, site=site, units=units, start=start, end=end, reason=words)


def _clear(
    session: Session, actor: Actor, each: Affected, start: datetime, reason: str, now: datetime
) -> None:
    booking = each.row.booking
    facts = {"reason": reason, "others": [other.id for other in each.others]}
    if booking.start <= now:
        release(session, actor, now=now, holder=("booking", booking.id), reason=reason, at=max(now, start))
        booking.left_at, booking.revision = max(now, start), booking.revision + 1
        record(session, actor, "end_early", ("bookings", booking.id), now=now, after={"reason": reason})
    else:
        take_back(session, actor, booking, now=now, reason=reason, offers=False)
        record(session, actor, "cancel", ("bookings", booking.id), now=now, after={"reason": reason})
    tell(session, booking, "closure", now=now, facts=facts)


def _keep_no_more(
    session: Session, actor: Actor, units: Sequence[Unit], span: Interval, reason: str, now: datetime
) -> None:
    """What was kept free beside a booking, or for somebody on the waitlist, gives way."""
    unit_ids = [unit.id for unit in units]
    take_offers_back(session, actor, now=now, unit_ids=unit_ids, span=span)
    void = update(Allocation).where(
        live_of(unit_ids, span.start, span.end), Allocation.holder_kind == BUFFER,
    ).values(voided_at=now, voided_by=actor.person_id, void_reason=reason or "closed")  # fmt: skip
    session.execute(void, execution_options={"synchronize_session": False})


def _in_the_way(session: Session, units: Sequence[Unit], start: datetime, end: datetime) -> list[int]:
    ids = session.execute(
        select(Allocation.holder_id)
        .where(live_of([unit.id for unit in units], start, end), Allocation.holder_kind == "booking")
        .distinct()
        .limit(MOST + 1)
    ).scalars().all()  # fmt: skip
    if len(ids) > MOST:
        raise Conflict(N_("More than %(most)s bookings are in the way; close a shorter time."), most=MOST)
    return list(ids)


def _others(session: Session, actor: Actor, row: BookingRow, closed: set[int], now: datetime) -> list[Resource]:
    """What whoever booked it could book at the same time instead; nothing for what has begun."""
    booking = row.booking
    if booking.start <= now:
        return []
    person = (get_actor(session, booking.booked_by) if booking.booked_by else None) or actor
    found = suggest(session, person, row.resource, booking.start, booking.end, attendees=booking.attendees,
                    startup_id=booking.startup_id, now=now)  # fmt: skip
    units = list_resource_units(session, [other.id for other in found.others])
    return [other for other in found.others if not closed & {unit.id for unit in units[other.id]}]
