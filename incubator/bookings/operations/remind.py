"""Reminders: a day before, once for each time that a booking has."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import DateTime, cast, exists, literal, select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.permissions import Action
from incubator.bookings.models import Booking
from incubator.bookings.operations.telling import tell
from incubator.bookings.queries import STANDS
from incubator.notices.models import Notice
from incubator.spaces.models import Site

AHEAD = timedelta(hours=24)
MOST_AT_ONCE = 200


def remind(session: Session, actor: Actor, *, now: datetime) -> int:
    """Have people reminded of what begins within a day, where they booked it earlier than that; how many bookings.

    Moved to another time it is told anew; told twice it is never.
    """
    actor.require(Action.BOOK_FOR_OTHERS)
    start = Booking.starts_at
    told = exists().where(
        Notice.subject_kind == "bookings",
        Notice.subject_id == Booking.id,
        Notice.kind == "reminder",
        cast(Notice.facts["start"].astext, DateTime(timezone=True)) == start,
    )
    coming = session.execute(
        select(Booking)
        .join(Site, Site.id == Booking.site_id)  # site by site, by the index of their starts
        .where(
            STANDS, start > now, start <= now + AHEAD, Booking.created_at <= start - literal(AHEAD),
            Booking.booked_by.is_not(None), ~told,
        )
        .order_by(start, Booking.id)
        .limit(MOST_AT_ONCE)
    ).scalars().all()  # fmt: skip
    for booking in coming:
        tell(session, booking, "reminder", now=now, facts={"start": booking.start},
             key=f"reminder:{booking.id}:{booking.start.isoformat()}")  # fmt: skip
    return len(coming)
