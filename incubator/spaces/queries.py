"""Reads of sites and what is in them, and of the ledger."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.permissions import Action
from incubator.core.errors import N_, NotFound
from incubator.spaces.models import (
    Allocation,
    CalendarOverride,
    Closure,
    Floor,
    OpeningHours,
    Resource,
    ResourceUnit,
    Site,
    Unit,
)
from incubator.spaces.rules import Hours, SiteCalendar


def get_site(session: Session, actor: Actor, site_id: int) -> Site:
    """The site, for whoever may see its timeline; NotFound otherwise."""
    actor.require(Action.SEE_TIMELINE)
    site = session.execute(select(Site).where(Site.id == site_id)).scalar_one_or_none()
    if site is None:
        raise NotFound(N_("There is no such site."))
    return site


def list_sites(session: Session, actor: Actor) -> Sequence[Site]:
    """All sites of the operator, by code."""
    actor.require(Action.SEE_TIMELINE)
    return session.execute(select(Site).order_by(Site.code)).scalars().all()


def get_site_calendar(session: Session, site: Site) -> SiteCalendar:
    """The site's zone, calendar, opening hours and overrides, in two statements."""
    hours = session.execute(select(OpeningHours).where(OpeningHours.site_id == site.id)).scalars().all()
    overrides = session.execute(
        select(CalendarOverride.on, CalendarOverride.day_kind).where(CalendarOverride.site_id == site.id)
    ).all()
    return SiteCalendar(
        ZoneInfo(site.zone),
        site.calendar,
        tuple(
            Hours(row.day_kind, row.opens_minute, row.closes_minute, *inclusive_dates(row.valid))
            for row in sorted(hours, key=lambda row: (row.day_kind, row.opens_minute, row.id))
        ),
        {row.on: row.day_kind for row in overrides},
    )


def inclusive_dates(dates: Range[date]) -> tuple[date, date | None]:
    """First and last day of a date range as PostgreSQL gives it (`[first, after)`); None: no end."""
    return dates.lower or date.min, None if dates.upper is None else dates.upper - timedelta(days=1)


def list_floors(session: Session, actor: Actor, site_id: int) -> Sequence[Floor]:
    """The site's floors from the lowest up."""
    actor.require(Action.SEE_SPACES)
    return (
        session.execute(select(Floor).where(Floor.site_id == site_id).order_by(Floor.level, Floor.name))
        .scalars()
        .all()
    )


def list_units(session: Session, actor: Actor, site_id: int) -> Sequence[Unit]:
    """The site's units by code, retired ones too."""
    actor.require(Action.SEE_TIMELINE)
    return session.execute(select(Unit).where(Unit.site_id == site_id).order_by(Unit.code)).scalars().all()


def list_resources(session: Session, actor: Actor, site_id: int | None = None) -> Sequence[Resource]:
    """What can be booked at one site, or at all."""
    actor.require(Action.SEE_TIMELINE)
    query = select(Resource).where(Resource.retired_at.is_(None)).order_by(Resource.site_id, Resource.code)
    if site_id is not None:
        query = query.where(Resource.site_id == site_id)
    return session.execute(query).scalars().all()


def get_resource(session: Session, actor: Actor, resource_id: int) -> Resource:
    """A resource that can be booked; NotFound otherwise."""
    actor.require(Action.SEE_TIMELINE)
    resource = session.execute(
        select(Resource).where(Resource.id == resource_id, Resource.retired_at.is_(None))
    ).scalar_one_or_none()
    if resource is None:
        raise NotFound(N_("There is no such resource."))
    return resource


def list_resource_units(session: Session, resource_ids: Sequence[int]) -> dict[int, list[Unit]]:
    """The units of each resource, by code, in one statement."""
    rows = session.execute(
        select(ResourceUnit.resource_id, Unit)
        .join(Unit, Unit.id == ResourceUnit.unit_id)
        .where(ResourceUnit.resource_id.in_(resource_ids))
        .order_by(Unit.code)
    ).all()
    found: dict[int, list[Unit]] = {resource_id: [] for resource_id in resource_ids}
    for resource_id, unit in rows:
        found[resource_id].append(unit)
    return found


@dataclass(frozen=True, slots=True)
class Held:
    """A live stretch of the ledger: who holds a unit, from when to when (None: open-ended)."""

    allocation_id: int
    unit_id: int
    start: datetime
    end: datetime | None
    holder_kind: str
    holder_id: int


def list_held(session: Session, site_id: int, start: datetime, end: datetime) -> list[Held]:
    """The site's live allocations that overlap `start`..`end`, in one statement."""
    rows = session.execute(
        select(
            Allocation.id,
            Allocation.unit_id,
            func.lower(Allocation.period),
            func.upper(Allocation.period),
            Allocation.holder_kind,
            Allocation.holder_id,
        )
        .where(
            Allocation.site_id == site_id,
            Allocation.voided_at.is_(None),
            Allocation.period.op("&&")(func.tstzrange(start, end)),
        )
        .order_by(Allocation.unit_id, func.lower(Allocation.period))
    ).all()
    return [Held(*row) for row in rows]


def count_units(session: Session) -> dict[int, dict[str, tuple[int, Decimal]]]:
    """Units in service today, their number and area in m², by site and kind; in one statement."""
    rows = session.execute(
        select(Unit.site_id, Unit.kind, func.count(), func.sum(Unit.area_m2))
        .where(Unit.in_service.op("@>")(func.current_date()))
        .group_by(Unit.site_id, Unit.kind)
        .order_by(Unit.kind)
    ).all()
    found: dict[int, dict[str, tuple[int, Decimal]]] = {}
    for site_id, kind, count, area in rows:
        found.setdefault(site_id, {})[kind] = (count, area)
    return found


def list_overrides(session: Session, site_id: int, from_on: date) -> Sequence[CalendarOverride]:
    """The coming days that do not follow the calendar, the next first."""
    return (
        session.execute(
            select(CalendarOverride)
            .where(CalendarOverride.site_id == site_id, CalendarOverride.on >= from_on)
            .order_by(CalendarOverride.on)
            .limit(20)
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
            .limit(20)
        )
        .scalars()
        .all()
    )


def get_closure(session: Session, actor: Actor, site_id: int, closure_id: int) -> Closure:
    """A closure of the site; NotFound otherwise."""
    actor.require(Action.SEE_SPACES)
    closure = session.execute(
        select(Closure).where(Closure.site_id == site_id, Closure.id == closure_id)
    ).scalar_one_or_none()
    if closure is None:
        raise NotFound
    return closure
