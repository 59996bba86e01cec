"""Who is told what becomes of a booking: said in its transaction, written by the worker."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.models import Person, RoleGrant
from incubator.accounts.permissions import PERMISSIONS, STAFF, Action, Role
from incubator.bookings.models import Booking, BookingSeries
from incubator.notices.operations import notify

DECIDERS = tuple(role.value for role in STAFF if Action.BOOK_FOR_OTHERS in PERMISSIONS[role])
"""Who is told that a booking waits for approval."""


def readers_of(
    session: Session, startup_id: int | None, booked_by: int | None, by: Actor | None = None
) -> list[int]:
    """Whoever booked it; where that is nobody of its startup (the front desk did it), the startup's founders.

    No statement where it is known to be one's own startup: of who acts (`by`).
    """
    if startup_id is None:
        return [booked_by] if booked_by is not None else []
    if by is not None and by.person_id is not None and by.person_id == booked_by and startup_id in by.startup_ids:
        return [by.person_id]
    own = select(RoleGrant.person_id).where(
        RoleGrant.startup_id == startup_id, RoleGrant.person_id == booked_by
    )
    if booked_by is not None and session.execute(own).first() is not None:
        return [booked_by]
    founders = _people(session, RoleGrant.startup_id == startup_id, RoleGrant.role == Role.FOUNDER.value)
    return founders + ([booked_by] if booked_by is not None and not founders else [])


def tell(
    session: Session, booking: Booking, kind: str, *, now: datetime, facts: Mapping[str, Any] | None = None,
    key: str = "", by: Actor | None = None,
) -> None:  # fmt: skip
    """Have those whom a booking concerns told of it."""
    people = readers_of(session, booking.startup_id, booking.booked_by, by)
    notify(session, now=now, kind=kind, about=("bookings", booking.id), people=people, facts=facts, key=key)


def tell_series(
    session: Session, series: BookingSeries, kind: str, *, now: datetime, facts: Mapping[str, Any] | None = None
) -> None:
    """Have those whom a series concerns told of it, once for all its days."""
    people = readers_of(session, series.startup_id, series.booked_by)
    notify(session, now=now, kind=kind, about=("booking_series", series.id), people=people, facts=facts)


def ask_for_approval(session: Session, booking: Booking, *, now: datetime) -> None:
    """Have those told who decide about a booking that waits for approval."""
    people = _people(session, RoleGrant.role.in_(DECIDERS))
    notify(session, now=now, kind="approval", about=("bookings", booking.id), people=people,
           facts={"what": "wanted"})  # fmt: skip


def _people(session: Session, *which: ColumnElement[bool]) -> list[int]:
    found = session.execute(
        select(RoleGrant.person_id)
        .join(Person, and_(Person.id == RoleGrant.person_id, Person.left_at.is_(None)))
        .where(*which)
        .distinct()
        .order_by(RoleGrant.person_id)
    ).scalars()
    return list(found)
