"""Reads of floor plans."""

from __future__ import annotations

from collections.abc import Collection

from msgspec import Struct
from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.permissions import Action
from incubator.core.errors import N_, NotFound
from incubator.documents.models import StoredFile
from incubator.spaces.models import FloorPlan, Unit, UnitShape
from incubator.spaces.plans import Shape
from incubator.spaces.rules import natural_key

VERSION = 12
"""Digits of a picture's hash in its address."""


class ShownPlan(Struct, frozen=True):
    """A plan as pages show it."""

    id: int
    site_id: int
    name: str
    name_en: str
    width: int
    height: int
    revision: int
    version: str
    """The beginning of its picture's hash: a browser keeps it by that."""


def list_plans(session: Session, actor: Actor, site_id: int) -> list[ShownPlan]:
    """The plans of a site, by name as people count (2F before 10F)."""
    actor.require(Action.SEE_TIMELINE)
    rows = session.execute(
        select(
            FloorPlan.id, FloorPlan.site_id, FloorPlan.name, FloorPlan.name_en, FloorPlan.width, FloorPlan.height,
            FloorPlan.revision, StoredFile.sha256,
        )
        .join(StoredFile, StoredFile.id == FloorPlan.file_id)
        .where(FloorPlan.site_id == site_id, FloorPlan.retired_at.is_(None))
    ).all()  # fmt: skip
    plans = [ShownPlan(*row[:-1], row[-1].hex()[:VERSION]) for row in rows]
    return sorted(plans, key=lambda plan: (natural_key(plan.name), plan.id))


_SOME_PLAN = (
    select(FloorPlan.id).where(FloorPlan.site_id == bindparam("site_id"), FloorPlan.retired_at.is_(None)).limit(1)
)


def has_plans(session: Session, site_id: int) -> bool:
    """Whether the site has a plan to be looked at."""
    return session.execute(_SOME_PLAN, {"site_id": site_id}).first() is not None


def get_plan(session: Session, actor: Actor, site_id: int, plan_id: int) -> FloorPlan:
    """A plan of the site, as long as it is shown; NotFound otherwise."""
    actor.require(Action.SEE_TIMELINE)
    plan = session.execute(
        select(FloorPlan).where(
            FloorPlan.site_id == site_id, FloorPlan.id == plan_id, FloorPlan.retired_at.is_(None)
        )
    ).scalar_one_or_none()
    if plan is None:
        raise NotFound(N_("There is no such plan."))
    return plan


class PlacedUnit(Struct, frozen=True):
    """A unit, and its shape on a plan."""

    unit: Unit
    shape: Shape


def list_placed_units(session: Session, plan_id: int) -> list[PlacedUnit]:
    """The units on a plan by code as people count, in one statement."""
    return list_units_of_plans(session, [plan_id])[plan_id]


def list_units_of_plans(session: Session, plan_ids: Collection[int]) -> dict[int, list[PlacedUnit]]:
    """The same of several plans, in one statement."""
    rows = session.execute(
        select(UnitShape.plan_id, Unit, UnitShape.points)
        .join(Unit, Unit.id == UnitShape.unit_id)
        .where(UnitShape.plan_id.in_(plan_ids))
    ).all()
    placed: dict[int, list[PlacedUnit]] = {plan_id: [] for plan_id in plan_ids}
    for plan_id, unit, points in rows:
        placed[plan_id].append(PlacedUnit(unit, Shape(unit.id, tuple(points))))
    return {plan_id: sorted(units, key=lambda each: natural_key(each.unit.code)) for plan_id, units in placed.items()}


def list_drawn_units(session: Session, site_id: int) -> set[int]:
    """The units of a site that stand on some plan of it."""
    return set(session.execute(
        select(UnitShape.unit_id)
        .join(FloorPlan, FloorPlan.id == UnitShape.plan_id)
        .where(FloorPlan.site_id == site_id, FloorPlan.retired_at.is_(None))
        .distinct()
    ).scalars())  # fmt: skip
