"""Reads of what does not follow the calendar: exceptional days of a site, and closures with their units."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.permissions import Action
from incubator.core.errors import N_, NotFound
from incubator.spaces.models import Allocation, CalendarOverride, Closure, Unit
from incubator.spaces.queries import by_code

MOST_COMING = 100
"""How many coming days and closures a site's page shows."""


def list_overrides(session: Session, site_id: int, from_on: date) -> Sequence[CalendarOverride]:
    """The coming days that do not follow the calendar, the next first."""
    return (
        session.execute(
            select(CalendarOverride)
            .where(CalendarOverride.site_id == site_id, CalendarOverride.on >= from_on)
            .order_by(CalendarOverride.on)
            .limit(MOST_COMING)
        )
        .scalars()
        .all()
    )


def list_closures(session: Session, site_id: int, now: datetime) -> Sequence[Closure]:
    """Closures that are on or coming, the next first."""
    return (
        session.execute(
            select(Closure)
            .where(Closure.site_id == site_id, Closure.lifted_at.is_(None), func.upper(Closure.period) > now)
            .order_by(func.lower(Closure.period))
            .limit(MOST_COMING)
        )
        .scalars()
        .all()
    )


def list_closed_units(session: Session, closure_ids: Sequence[int]) -> dict[int, list[Unit]]:
    """The units of each closure that is not lifted, by code, in one statement."""
    rows = session.execute(
        select(Allocation.holder_id, Unit)
        .join(Unit, Unit.id == Allocation.unit_id)
        .where(
            Allocation.holder_kind == "closure",
            Allocation.holder_id.in_(closure_ids),
            Allocation.voided_at.is_(None),
        )
    ).all()
    found: dict[int, list[Unit]] = {closure_id: [] for closure_id in closure_ids}
    for closure_id, unit in rows:
        found[closure_id].append(unit)
    return {closure_id: by_code(units) for closure_id, units in found.items()}


def get_closure(session: Session, actor: Actor, site_id: int, closure_id: int) -> Closure:
    """A closure of the site; NotFound otherwise."""
    actor.require(Action.SEE_SPACES)
    closure = session.execute(
        select(Closure).where(Closure.site_id == site_id, Closure.id == closure_id)
    ).scalar_one_or_none()
    if closure is None:
        raise NotFound(N_("There is no such closure."))
    return closure
