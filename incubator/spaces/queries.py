"""Reads of sites and what is in them, and of the ledger."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

from sqlalchemy import (
    Date,
    bindparam,
    cast,
    exists,
    func,
    or_,
    select,
)
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.permissions import Action
from incubator.core.errors import N_, NotFound
from incubator.database import among, current_operator
from incubator.spaces.models import (
    Floor,
    Resource,
    ResourceUnit,
    Site,
    Unit,
)
from incubator.spaces.rules import natural_key

PLACES = Unit.floor_id.is_not(None)
"""Units that stand on a floor: not mentors, who are taken by the hour and are in no count of places."""


def get_site(session: Session, actor: Actor, site_id: int) -> Site:
    """The site, for whoever may see its timeline; NotFound otherwise."""
    actor.require(Action.SEE_TIMELINE)
    site = session.get(Site, (current_operator(session), site_id))
    if site is None:
        raise NotFound(N_("There is no such site."))
    return site


def list_sites(session: Session, actor: Actor) -> Sequence[Site]:
    """All sites of the operator, by code."""
    actor.require(Action.SEE_TIMELINE)
    return session.execute(_SITES).scalars().all()


_UNITS_OF = (
    select(ResourceUnit.resource_id, Unit)
    .join(Unit, Unit.id == ResourceUnit.unit_id)
    .where(ResourceUnit.resource_id == among("resource_ids"))
)
_SITES = select(Site).order_by(Site.code)
_RESOURCES = select(Resource).where(Resource.retired_at.is_(None))
_RESOURCES_OF = _RESOURCES.where(Resource.site_id == bindparam("site_id"))
_TAG = func.unnest(Resource.tags).label("tag")
_TAGS = select(_TAG).where(Resource.retired_at.is_(None)).distinct().order_by(_TAG)
_BOOKABLE = (
    select(Resource, Site, Unit)
    .join(Site, Site.id == Resource.site_id)
    .outerjoin(ResourceUnit, ResourceUnit.resource_id == Resource.id)
    .outerjoin(Unit, Unit.id == ResourceUnit.unit_id)
    .where(Resource.id == bindparam("resource_id"))
)


def inclusive_dates(dates: Range[date]) -> tuple[date, date | None]:
    """First and last day of a date range as PostgreSQL gives it (`[first, after)`); None: no end."""
    return dates.lower or date.min, None if dates.upper is None else dates.upper - timedelta(days=1)


def list_first_days(session: Session, actor: Actor) -> dict[int, date]:
    """The day on which each site's first unit came into service; a site without units is not in it."""
    actor.require(Action.SEE_SPACES)
    first = func.min(func.lower(Unit.in_service))
    return {site_id: day for site_id, day in
            session.execute(select(Unit.site_id, first).where(PLACES).group_by(Unit.site_id))
            if day}


def list_floors(session: Session, actor: Actor, site_id: int) -> Sequence[Floor]:
    """The site's floors from the lowest up."""
    actor.require(Action.SEE_SPACES)
    return (
        session.execute(select(Floor).where(Floor.site_id == site_id).order_by(Floor.level, Floor.name))
        .scalars()
        .all()
    )


def list_units(session: Session, actor: Actor, site_id: int) -> Sequence[Unit]:
    """The site's units by code as people count (D2 before D10), retired ones too."""
    actor.require(Action.SEE_TIMELINE)
    return by_code(session.execute(select(Unit).where(Unit.site_id == site_id, PLACES)).scalars())


def get_floor(session: Session, actor: Actor, site_id: int, floor_id: int) -> Floor:
    """A floor of the site; NotFound otherwise."""
    actor.require(Action.SEE_SPACES)
    floor = session.execute(select(Floor).where(Floor.site_id == site_id, Floor.id == floor_id)).scalar_one_or_none()
    if floor is None:
        raise NotFound(N_("There is no such floor."))
    return floor


def get_unit(session: Session, actor: Actor, site_id: int, unit_id: int) -> Unit:
    """A unit of the site, in service or not; NotFound otherwise."""
    actor.require(Action.SEE_SPACES)
    query = select(Unit).where(Unit.site_id == site_id, Unit.id == unit_id, PLACES)
    unit = session.execute(query).scalar_one_or_none()
    if unit is None:
        raise NotFound(N_("There is no such unit."))
    return unit


def list_usable_units(
    session: Session, actor: Actor, site_id: int, today: date, resource_id: int | None = None
) -> Sequence[Unit]:
    """The units that a closure or a resource can be made of: not those whose service has ended before `today`, but
    for what the resource has already."""
    actor.require(Action.SEE_SPACES)
    of_it = exists().where(ResourceUnit.resource_id == resource_id, ResourceUnit.unit_id == Unit.id)
    ends = func.upper(Unit.in_service)
    query = select(Unit).where(Unit.site_id == site_id, PLACES, or_(ends.is_(None), ends > today, of_it))
    return by_code(session.execute(query).scalars())


def by_code(units: Iterable[Unit]) -> list[Unit]:
    return sorted(units, key=lambda unit: natural_key(unit.code))


def list_resources(session: Session, actor: Actor, site_id: int | None = None) -> Sequence[Resource]:
    """What can be booked at one site, or at all; by code as people count (M2 before M10)."""
    actor.require(Action.SEE_TIMELINE)
    rows = session.execute(_RESOURCES) if site_id is None else session.execute(_RESOURCES_OF, {"site_id": site_id})
    found = rows.scalars().all()
    return sorted(found, key=lambda each: (each.site_id, natural_key(each.code)))


def list_tags(session: Session, actor: Actor) -> Sequence[str]:
    """Every tag that a resource of the operator has, in order."""
    actor.require(Action.SEE_TIMELINE)
    return session.execute(_TAGS).scalars().all()


def get_resource(session: Session, actor: Actor, resource_id: int, site_id: int | None = None) -> Resource:
    """A resource that can be booked, at any site or at one; NotFound otherwise."""
    actor.require(Action.SEE_TIMELINE)
    resource = session.get(Resource, (current_operator(session), resource_id))
    if resource is None or resource.retired_at is not None or site_id not in (None, resource.site_id):
        raise NotFound(N_("There is no such resource."))
    return resource


class Bookable(NamedTuple):
    """What can be booked, where it is, and what it takes: its units, by code."""

    resource: Resource
    site: Site
    units: Sequence[Unit]


def get_bookable(session: Session, actor: Actor, resource_id: int) -> Bookable:
    """A resource that can be booked, with its site and units, in one statement; NotFound otherwise."""
    actor.require(Action.SEE_TIMELINE)
    rows = session.execute(_BOOKABLE, {"resource_id": resource_id}).all()
    if not rows or rows[0][0].retired_at is not None:
        raise NotFound(N_("There is no such resource."))
    return Bookable(rows[0][0], rows[0][1], by_code(unit for *_, unit in rows if unit is not None))


def list_resource_units(session: Session, resource_ids: Sequence[int]) -> dict[int, list[Unit]]:
    """The units of each resource, by code, in one statement."""
    rows = session.execute(_UNITS_OF, {"resource_ids": list(resource_ids)}).all()
    found: dict[int, list[Unit]] = {resource_id: [] for resource_id in resource_ids}
    for resource_id, unit in rows:
        found[resource_id].append(unit)
    return {resource_id: by_code(units) for resource_id, units in found.items()}


def list_resources_of(session: Session, unit_id: int) -> Sequence[Resource]:
    """What can be booked that this unit is part of."""
    query = (
        select(Resource)
        .join(ResourceUnit, ResourceUnit.resource_id == Resource.id)
        .where(ResourceUnit.unit_id == unit_id, Resource.retired_at.is_(None))
        .order_by(Resource.code)
    )
    return session.execute(query).scalars().all()


def count_units(session: Session, now: datetime) -> dict[int, dict[str, tuple[int, Decimal]]]:
    """Units in service on each site's own today, their number and area in m², by site and kind; in one statement."""
    today = cast(func.timezone(Site.zone, now), Date)
    rows = session.execute(
        select(Unit.site_id, Unit.kind, func.count(), func.sum(Unit.area_m2))
        .join(Site, Site.id == Unit.site_id)
        .where(Unit.in_service.op("@>")(today), PLACES)
        .group_by(Unit.site_id, Unit.kind)
        .order_by(Unit.kind)
    ).all()
    found: dict[int, dict[str, tuple[int, Decimal]]] = {}
    for site_id, kind, count, area in rows:
        found.setdefault(site_id, {})[kind] = (count, area)
    return found
