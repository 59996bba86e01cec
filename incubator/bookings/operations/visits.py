"""Visits follow their booking: moved with it, called off with it; and what visitors are told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.permissions import Action
from incubator.bookings.models import Booking
from incubator.bookings.operations.allowances import lock_startups
from incubator.bookings.rulebook import list_rules, place_of
from incubator.bookings.terms import Place
from incubator.bookings.visiting import anywhere_at, cap_refusal, seats_refusal
from incubator.bookings.visitor_models import Visitor
from incubator.core.periods import local_day
from incubator.notices.models import Notice
from incubator.notices.operations import notify
from incubator.spaces.models import Resource, Site


def check_room(session: Session, booking: Booking, more: int, field: str = "guests") -> None:
    """Raise where the booking's room does not seat its people and its visitors, with so many more of them.

    Whoever calls has locked the booking, so that of two invitations at once the second is refused.
    """
    visitors = session.execute(
        select(func.count()).where(Visitor.booking_id == booking.id, Visitor.cancelled_at.is_(None))
    ).scalar_one()
    if not visitors + more:
        return
    capacity = session.execute(select(Resource.capacity).where(Resource.id == booking.resource_id)).scalar_one()
    if (refusal := seats_refusal(capacity, booking.attendees, visitors + more, field)) is not None:
        raise refusal


def check_cap(
    session: Session, actor: Actor, *, site: Site, resource: Resource | None, startup_id: int | None, at: datetime,
    more: int, leave_out: Sequence[int] = (),
) -> None:  # fmt: skip
    """Raise what the rules say to so many more visitors of a startup on the site's day of `at`; staff are not bound.

    The startup's row is locked: of two that invite at the same time, the second counts the first's guests.
    `leave_out` are bookings whose guests are counted in `more`.
    """
    if startup_id is None or actor.can(Action.BOOK_FOR_OTHERS):
        return
    rules = [rule for rule in list_rules(session) if rule.visitors_most is not None]
    if not rules:
        return
    lock_startups(session, [startup_id])
    on = at.astimezone(ZoneInfo(site.zone)).date()
    day = local_day(on, ZoneInfo(site.zone))
    start = func.lower(Visitor.expected)
    rows = session.execute(
        select(Visitor.site_id, Resource)
        .outerjoin(Booking, Booking.id == Visitor.booking_id)
        .outerjoin(Resource, Resource.id == Booking.resource_id)
        .where(
            Visitor.startup_id == startup_id, start >= day.start, start < day.end, Visitor.cancelled_at.is_(None),
            or_(Visitor.booking_id.is_(None), Visitor.booking_id.not_in(set(leave_out))),
        )
    ).all()  # fmt: skip
    here = _place(site.id, resource)
    refusal = cap_refusal(rules, here, [_place(site_id, room) for site_id, room in rows], more, on)
    if refusal is not None:
        raise refusal


def _place(site_id: int, resource: Resource | None) -> Place:
    return anywhere_at(site_id) if resource is None else place_of(resource)


def move_along(
    session: Session, actor: Actor, bookings: Sequence[Booking], before: Sequence[Mapping[str, Any]], now: datetime
) -> None:
    """Let the visitors of bookings that were moved come to their new time and place, and tell them.

    Refused where the new room does not seat them, or they are too many on the new day. `before`: what each was.
    """
    guests = _awaited(session, [booking.id for booking in bookings])
    if not guests:
        return
    for booking, was in zip(bookings, before, strict=True):
        mine = [guest for guest in guests if guest.booking_id == booking.id]
        if not mine:
            continue
        check_room(session, booking, 0, "attendees")
        if (was["start"], was["end"], was["resource_id"]) == (booking.start, booking.end, booking.resource_id):
            continue
        site, resource = session.execute(
            select(Site, Resource)
            .join(Resource, and_(Resource.site_id == Site.id, Resource.id == booking.resource_id))
        ).one()  # fmt: skip
        check_cap(session, actor, site=site, resource=resource, startup_id=booking.startup_id, at=booking.start,
                  more=len(mine), leave_out=[booking.id])  # fmt: skip
        for guest in mine:
            guest.expected, guest.site_id = booking.period, booking.site_id
        facts = {"what": "moved", "start": was["start"], "end": was["end"]}
        tell_visitors(session, mine, now=now, facts=facts)
    session.flush()


def call_off(session: Session, actor: Actor, booking: Booking, now: datetime) -> None:
    """Let nobody come to a booking that is cancelled, and tell its visitors."""
    guests = _awaited(session, [booking.id])
    for guest in guests:
        guest.cancelled_at, guest.cancelled_by = now, actor.person_id
    tell_visitors(session, guests, now=now, facts={"what": "cancelled"})


def _awaited(session: Session, booking_ids: Sequence[int]) -> Sequence[Visitor]:
    return session.execute(
        select(Visitor)
        .where(Visitor.booking_id.in_(booking_ids), Visitor.cancelled_at.is_(None), Visitor.arrived_at.is_(None))
        .order_by(Visitor.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).scalars().all()  # fmt: skip


def tell_visitors(session: Session, guests: Sequence[Visitor], *, now: datetime, facts: Mapping[str, Any]) -> None:
    """Have visitors told, by the address that they were invited at.

    Who is still to be told something gets one letter, of how things stand when it is written.
    """
    reached = [guest for guest in guests if guest.email]
    if not reached:
        return
    # one that a worker is writing at this moment counts as told: waiting for it could wait for each other
    waiting = session.execute(
        select(Notice.subject_id, Notice.facts["what"].astext)
        .where(
            Notice.subject_kind == "visitors", Notice.kind == "visit", Notice.settled_at.is_(None),
            Notice.subject_id.in_([guest.id for guest in reached]),
        )
        .with_for_update(skip_locked=True)
    ).all()  # fmt: skip
    # a pass that is asked for must be written, whatever else is
    covered = {guest_id for guest_id, what in waiting if facts["what"] != "invited" or what == "invited"}
    for guest in reached:
        if guest.id not in covered:
            notify(session, now=now, kind="visit", about=("visitors", guest.id), address=guest.email,
                   locale=guest.locale, facts=facts)  # fmt: skip
