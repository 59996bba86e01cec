"""Reads of bookings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.permissions import Action
from incubator.bookings.models import Booking
from incubator.core.errors import N_, NotFound
from incubator.core.paging import PAGE_SIZE, Page
from incubator.core.periods import Interval, Month
from incubator.spaces.models import Resource, Site
from incubator.startups.models import Startup


def get_booking(session: Session, actor: Actor, booking_id: int, *, for_update: bool = False) -> Booking:
    """The booking, for staff who see all and for its startup's people; NotFound for others."""
    query = select(Booking).where(Booking.id == booking_id)
    booking = session.execute(query.with_for_update() if for_update else query).scalar_one_or_none()
    if booking is None:
        raise NotFound(N_("There is no such booking."))
    if not actor.can(Action.SEE_ALL_BOOKINGS):
        actor.require_startup(booking.startup_id)
    return booking


@dataclass(frozen=True, slots=True)
class BookingRow:
    """A booking with the names that a list shows."""

    booking: Booking
    resource: Resource
    site: Site
    startup: Startup | None

    @property
    def state(self) -> str:
        """`cancelled` or `confirmed`; whether it is over, the reader's clock says."""
        return "cancelled" if self.booking.cancelled_at else "confirmed"


def list_bookings(
    session: Session,
    actor: Actor,
    *,
    page: int = 1,
    site_id: int | None = None,
    startup_id: int | None = None,
    window: Interval | None = None,
    cancelled: bool | None = None,
    latest_first: bool = True,
) -> Page[BookingRow]:
    """A page of bookings: all of them for staff, their own for a startup's people."""
    actor.require(Action.BOOK if not actor.can(Action.SEE_ALL_BOOKINGS) else Action.SEE_ALL_BOOKINGS)
    wanted: list[ColumnElement[bool]] = []
    if not actor.can(Action.SEE_ALL_BOOKINGS):
        wanted.append(Booking.startup_id.in_(actor.startup_ids))
    if site_id is not None:
        wanted.append(Booking.site_id == site_id)
    if startup_id is not None:
        wanted.append(Booking.startup_id == startup_id)
    if window is not None:
        wanted.append(Booking.period.op("&&")(func.tstzrange(window.start, window.end)))
    if cancelled is not None:
        wanted.append(Booking.cancelled_at.is_not(None) if cancelled else Booking.cancelled_at.is_(None))
    start = func.lower(Booking.period)
    total = session.execute(select(func.count()).select_from(Booking).where(*wanted)).scalar_one()
    rows = session.execute(
        _with_names()
        .where(*wanted)
        .order_by(start.desc() if latest_first else start, Booking.id)
        .limit(PAGE_SIZE)
        .offset((page - 1) * PAGE_SIZE)
    ).all()
    return Page([BookingRow(*row) for row in rows], page, total)


def get_booking_row(session: Session, actor: Actor, booking_id: int) -> BookingRow:
    """One booking with its names, as `get_booking` allows."""
    get_booking(session, actor, booking_id)
    return BookingRow(*session.execute(_with_names().where(Booking.id == booking_id)).one())


def _with_names() -> Any:
    return (
        select(Booking, Resource, Site, Startup)
        .join(Resource, Resource.id == Booking.resource_id)
        .join(Site, Site.id == Booking.site_id)
        .join(Startup, Startup.id == Booking.startup_id, isouter=True)
    )


@dataclass(frozen=True, slots=True)
class ChargedBooking:
    """A booking that billing charges, with all that its line says."""

    booking_id: int
    startup_id: int
    resource_id: int
    resource_name: str
    resource_name_en: str
    start: datetime
    end: datetime
    price_minor: int
    currency: str
    quote: dict[str, Any]


def list_charged_bookings(session: Session, site_id: int, month: Month) -> list[ChargedBooking]:
    """The site's bookings of startups that start in the local month and are not cancelled, in one statement."""
    zone = session.execute(select(Site.zone).where(Site.id == site_id)).scalar_one()
    window = month.interval(ZoneInfo(zone))
    start = func.lower(Booking.period)
    rows: Sequence[Any] = session.execute(
        select(
            Booking.id, Booking.startup_id, Booking.resource_id, Resource.name, Resource.name_en, start,
            func.upper(Booking.period), Booking.price_minor, Booking.currency, Booking.quote,
        )
        .join(Resource, Resource.id == Booking.resource_id)
        .where(
            Booking.site_id == site_id,
            Booking.startup_id.is_not(None),
            Booking.cancelled_at.is_(None),
            start >= window.start,
            start < window.end,
        )
        .order_by(Booking.startup_id, start, Booking.id)
    ).all()  # fmt: skip
    return [ChargedBooking(*row) for row in rows]
