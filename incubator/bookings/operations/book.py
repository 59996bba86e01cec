"""Booking one resource."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from psycopg.errors import UniqueViolation
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.permissions import Action
from incubator.audit.operations import record
from incubator.bookings.models import Booking
from incubator.bookings.rules import Wish, refusals
from incubator.core.errors import N_, Conflict, NotFound
from incubator.pricing.queries import quote_booking
from incubator.spaces.models import Resource, Site
from incubator.spaces.operations.ledger import allocate, allocate_any
from incubator.spaces.queries import get_resource, get_site, get_site_calendar, list_resource_units
from incubator.spaces.rules import opening_intervals
from incubator.startups.models import Startup


def book(
    session: Session,
    actor: Actor,
    *,
    now: datetime,
    resource_id: int,
    start: datetime,
    end: datetime,
    startup_id: int | None,
    title: str = "",
    attendees: int | None = None,
    request_key: str | None = None,
) -> Booking:
    """Book a resource for a startup, or (None) for the operator's own free use.

    The price is quoted by the tariff of the day and kept with the booking. The same `request_key` of the same
    person, sent again, gives the booking that it made the first time. `Taken` where the ledger refuses.
    """
    check_holder(session, actor, startup_id)
    resource = get_resource(session, actor, resource_id)
    if earlier := _made_before(session, actor, request_key):
        return earlier
    site = get_site(session, actor, resource.site_id)
    check_wish(session, actor, resource, site, start, end, attendees, now)
    quote = quote_booking(session, resource=resource, start=start, end=end, free=startup_id is None)
    booking = Booking(
        site_id=site.id, resource_id=resource.id, startup_id=startup_id, booked_by=actor.person_id,
        title=title.strip(), attendees=attendees, period=Range(start, end), price_minor=quote.gross_minor,
        currency=quote.currency, quote=quote.as_data(), request_key=request_key or None, created_at=now,
    )  # fmt: skip
    savepoint = session.begin_nested()
    try:
        session.add(booking)
        savepoint.commit()
    except IntegrityError as error:
        savepoint.rollback()
        if not isinstance(error.orig, UniqueViolation):
            raise
        again = _made_before(session, actor, request_key)
        if again is None:
            raise Conflict(N_("This booking is being made already.")) from error
        return again
    take = allocate if resource.takes == "all" else allocate_any
    take(
        session, actor, now=now, holder=("booking", booking.id),
        units=list_resource_units(session, [resource.id])[resource.id], start=start, end=end,
    )  # fmt: skip
    after = {
        "resource": resource.code, "start": start, "end": end, "startup_id": startup_id,
        "price_minor": quote.gross_minor,
    }  # fmt: skip
    record(session, actor, "book", ("bookings", booking.id), now=now, after=after)
    return booking


def check_holder(session: Session, actor: Actor, startup_id: int | None) -> None:
    """For whom the actor may book: staff for anybody, a startup's people for their own startup."""
    actor.require(Action.BOOK)
    if actor.can(Action.BOOK_FOR_OTHERS):
        if startup_id is not None and not session.execute(select(Startup.id).where(Startup.id == startup_id)).first():
            raise NotFound(N_("There is no such startup."))
        return
    actor.require_startup(startup_id)


def check_wish(
    session: Session, actor: Actor, resource: Resource, site: Site, start: datetime, end: datetime,
    attendees: int | None, now: datetime,
) -> None:  # fmt: skip
    """Raise the first thing that speaks against it, the ledger not yet asked."""
    calendar = get_site_calendar(session, site)
    on = start.astimezone(calendar.zone).date()
    wish = Wish(start, end, resource.granularity_minutes, resource.capacity, attendees, ZoneInfo(site.zone),
                actor.can(Action.BOOK_FOR_OTHERS))  # fmt: skip
    for refusal in refusals(wish, opening_intervals(calendar, on, on), now):
        raise refusal


def _made_before(session: Session, actor: Actor, request_key: str | None) -> Booking | None:
    if not request_key:
        return None
    return session.execute(
        select(Booking).where(Booking.booked_by == actor.person_id, Booking.request_key == request_key)
    ).scalar_one_or_none()
