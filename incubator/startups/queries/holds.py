"""Reads of holds."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.models import Person
from incubator.accounts.permissions import Action
from incubator.core.errors import N_, NotFound
from incubator.core.paging import PAGE_SIZE, Page
from incubator.spaces.models import HOLD, Allocation, Unit
from incubator.startups.models import UnitHold


def get_hold(session: Session, actor: Actor, hold_id: int) -> UnitHold:
    """A hold, for staff who may see startups; NotFound otherwise."""
    actor.require(Action.SEE_STARTUPS)
    hold = session.execute(select(UnitHold).where(UnitHold.id == hold_id)).scalar_one_or_none()
    if hold is None:
        raise NotFound(N_("There is no such hold."))
    return hold


def list_hold_units(session: Session, hold_ids: Sequence[int]) -> dict[int, list[Unit]]:
    """The units of holds by code, in one statement: also of those that are over."""
    rows = session.execute(
        select(Allocation.holder_id, Unit)
        .join(Unit, Unit.id == Allocation.unit_id)
        .where(Allocation.holder_kind == HOLD, Allocation.holder_id.in_(hold_ids))
        .order_by(Unit.code)
    ).all()
    found: dict[int, list[Unit]] = {hold_id: [] for hold_id in hold_ids}
    for hold_id, unit in rows:
        if unit not in found[hold_id]:
            found[hold_id].append(unit)
    return found


def list_holds(
    session: Session, actor: Actor, site_id: int, *, over: bool = False, page: int = 1
) -> Page[tuple[UnitHold, str | None, list[Unit]]]:
    """A site's holds with who made them and their units: those that are on, what ends first first, or those over."""
    actor.require(Action.SEE_STARTUPS)
    is_over = UnitHold.released_at.is_not(None)
    wanted = (UnitHold.site_id == site_id, is_over if over else ~is_over)
    total = session.execute(select(func.count()).select_from(UnitHold).where(*wanted)).scalar_one()
    rows = session.execute(
        select(UnitHold, Person.name)
        .outerjoin(Person, Person.id == UnitHold.created_by)
        .where(*wanted)
        .order_by(UnitHold.released_at.desc() if over else UnitHold.days, UnitHold.id)
        .limit(PAGE_SIZE)
        .offset((page - 1) * PAGE_SIZE)
    ).all()
    units = list_hold_units(session, [hold.id for hold, _ in rows])
    return Page([(hold, name, units[hold.id]) for hold, name in rows], page, total)
