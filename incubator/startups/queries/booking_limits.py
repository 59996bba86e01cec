"""Reads of who can't book for the time being."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.orm import Session

from incubator.database import among, read
from incubator.startups.models import BookingLimit
from incubator.startups.rules.booking_limits import Limit

_STANDING = (
    select(BookingLimit.startup_id, BookingLimit.since_on, BookingLimit.reason)
    .where(BookingLimit.startup_id == among("startup_ids"), BookingLimit.lifted_at.is_(None))
    .order_by(BookingLimit.since_on.desc(), BookingLimit.id.desc())
)


def list_booking_limits(session: Session, startup_ids: Collection[int]) -> dict[int, Limit]:
    """The oldest limit that stands of each of these startups; no statement where none is asked about."""
    if not startup_ids:
        return {}
    rows = read(session, _STANDING, {"startup_ids": list(startup_ids)})
    return {startup_id: Limit(since, reason) for startup_id, since, reason in rows}
