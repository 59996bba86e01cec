"""Reads of one resource in full: where it is, when it is open, how it looks."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from msgspec import Struct
from sqlalchemy import select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.permissions import Action
from incubator.core.errors import N_, NotFound
from incubator.documents.models import StoredFile
from incubator.spaces.models import (
    Floor,
    Resource,
    ResourceDay,
    ResourcePhoto,
    ResourceUnit,
    Site,
    Unit,
)
from incubator.spaces.rules import natural_key

MOST_COMING = 100
"""How many coming days a page shows."""
VERSION = 12
"""Digits of a photo's hash in its address."""


class PlacedResource(Struct, frozen=True):
    """A resource with its site, and its units with their floors."""

    resource: Resource
    site: Site
    units: list[Unit]
    floors: list[Floor]
    """From the lowest up."""

    @property
    def area_m2(self) -> Decimal:
        """The area of all of its units."""
        return sum((unit.area_m2 for unit in self.units), Decimal(0))


def get_placed_resource(session: Session, actor: Actor, resource_id: int) -> PlacedResource:
    """A resource that can be booked, with all that it consists of, in one statement; NotFound otherwise."""
    actor.require(Action.SEE_TIMELINE)
    rows = session.execute(
        select(Resource, Site, Unit, Floor)
        .join(Site, Site.id == Resource.site_id)
        .outerjoin(ResourceUnit, ResourceUnit.resource_id == Resource.id)
        .outerjoin(Unit, Unit.id == ResourceUnit.unit_id)
        .outerjoin(Floor, Floor.id == Unit.floor_id)
        .where(Resource.id == resource_id, Resource.retired_at.is_(None))
    ).all()
    if not rows:
        raise NotFound(N_("There is no such resource."))
    units = sorted((unit for _, _, unit, _ in rows if unit is not None), key=lambda unit: natural_key(unit.code))
    floors = {floor.id: floor for _, _, _, floor in rows if floor is not None}
    return PlacedResource(
        rows[0][0], rows[0][1], units, sorted(floors.values(), key=lambda floor: (floor.level, floor.name))
    )


def list_resource_days(session: Session, resource_id: int, from_on: date) -> Sequence[ResourceDay]:
    """A resource's coming exceptional days, the next first."""
    return (
        session.execute(
            select(ResourceDay)
            .where(ResourceDay.resource_id == resource_id, ResourceDay.on >= from_on)
            .order_by(ResourceDay.on)
            .limit(MOST_COMING)
        )
        .scalars()
        .all()
    )


class ShownPhoto(Struct, frozen=True):
    """A photo as pages show it; its name is what is to be seen."""

    id: int
    resource_id: int
    name: str
    name_en: str
    width: int
    height: int
    version: str
    """The beginning of its hash: a browser keeps it by that."""


def list_photos(session: Session, resource_id: int) -> list[ShownPhoto]:
    """The photos of a resource in their order."""
    rows = session.execute(
        select(
            ResourcePhoto.id, ResourcePhoto.resource_id, ResourcePhoto.alt, ResourcePhoto.alt_en, ResourcePhoto.width,
            ResourcePhoto.height, StoredFile.sha256,
        )
        .join(StoredFile, StoredFile.id == ResourcePhoto.file_id)
        .where(ResourcePhoto.resource_id == resource_id, ResourcePhoto.removed_at.is_(None))
        .order_by(ResourcePhoto.place, ResourcePhoto.id)
    ).all()  # fmt: skip
    return [ShownPhoto(*row[:-1], row[-1].hex()[:VERSION]) for row in rows]


def get_photo(session: Session, actor: Actor, resource_id: int, photo_id: int) -> ResourcePhoto:
    """A photo of a resource, as long as it is shown; NotFound otherwise."""
    actor.require(Action.SEE_TIMELINE)
    photo = session.execute(
        select(ResourcePhoto).where(
            ResourcePhoto.resource_id == resource_id, ResourcePhoto.id == photo_id, ResourcePhoto.removed_at.is_(None)
        )
    ).scalar_one_or_none()
    if photo is None:
        raise NotFound(N_("There is no such photo."))
    return photo
