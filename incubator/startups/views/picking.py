"""Choosing units on a floor plan: the plan's picture and shapes, beside the list that does the same."""

from __future__ import annotations

from collections.abc import Collection

from msgspec import Struct
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.spaces.plan_queries import PlacedUnit, ShownPlan, list_placed_units, list_plans

MOST_PICTURES = 6
LARGEST_LABEL, SMALLEST_LABEL, LETTER = 15.0, 6.0, 0.62


class PickedUnit(Struct, frozen=True):
    """A unit's shape, and how large its code can stand in it; 0: not at all."""

    placed: PlacedUnit

    @property
    def label_size(self) -> float:
        _, _, width, height = self.placed.shape.box
        size = min(LARGEST_LABEL, height * 0.6, width / (LETTER * max(2, len(self.placed.unit.code))))
        return round(size, 1) if size >= SMALLEST_LABEL else 0


class Picture(Struct, frozen=True):
    """A plan, and those of its units that can be chosen."""

    plan: ShownPlan
    units: list[PickedUnit]


def list_pictures(session: Session, actor: Actor, site_id: int, unit_ids: Collection[int]) -> list[Picture]:
    """The site's plans on which some of the units stand; a statement for each of the first six."""
    pictures = []
    for plan in list_plans(session, actor, site_id)[:MOST_PICTURES]:
        here = [PickedUnit(each) for each in list_placed_units(session, plan.id) if each.unit.id in unit_ids]
        if here:
            pictures.append(Picture(plan, here))
    return pictures
