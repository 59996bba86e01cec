"""Limiting the bookings of startups for the time being, and taking that back."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime

from sqlalchemy import any_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.database import current_operator, id_array
from incubator.startups.models import BookingLimit


def limit_bookings(
    session: Session, actor: Actor, *, now: datetime, startup_ids: Collection[int], reason: str, since: date
) -> list[int]:
    """Let the startups' people book nothing more; which of them could until now. What is booked stays, and staff still
    book for them. The caller has decided it and keeps the trail."""
    if not startup_ids:
        return []
    rows = [{"operator_id": current_operator(session), "startup_id": startup_id, "reason": reason, "since_on": since,
             "created_at": now, "created_by": actor.person_id} for startup_id in sorted(set(startup_ids))]  # fmt: skip
    made = session.execute(
        insert(BookingLimit).on_conflict_do_nothing().returning(BookingLimit.startup_id), rows
    )
    return sorted(made.scalars())


def lift_booking_limits(
    session: Session, actor: Actor, *, now: datetime, startup_ids: Collection[int], reason: str
) -> list[int]:
    """Let them book again; which of them could not."""
    if not startup_ids:
        return []
    lifted = session.execute(
        update(BookingLimit)
        .where(BookingLimit.startup_id == any_(id_array(startup_ids)), BookingLimit.reason == reason,
               BookingLimit.lifted_at.is_(None))
        .values(lifted_at=now, lifted_by=actor.person_id)
        .returning(BookingLimit.startup_id),
        execution_options={"synchronize_session": False},
    )  # fmt: skip
    return sorted(lifted.scalars())
