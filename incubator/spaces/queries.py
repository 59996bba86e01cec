"""Reads of sites and what is in them, and of the ledger."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from msgspec import Struct
from sqlalchemy import (
    ColumnElement,
    Date,
    DateTime,
    and_,
    bindparam,
    cast,
    exists,
    func,
    literal,
    null,
    or_,
    select,
    true,
    union_all,
)
from sqlalchemy.dialects.postgresql import DATERANGE, TSTZRANGE, Range
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.permissions import Action
from incubator.core.errors import N_, NotFound
from incubator.core.paging import PAGE_SIZE, Page
from incubator.core.periods import local_instant
from incubator.database import among, current_operator
from incubator.spaces.models import (
    SHORT,
    Allocation,
    CalendarOverride,
    Closure,
    Floor,
    OpeningHours,
    Resource,
    ResourceUnit,
    Site,
    Timed,
    Unit,
)
from incubator.spaces.rules import Hours, SiteCalendar, natural_key, stretch_state, unit_state

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


def get_site_calendar(session: Session, site: Site) -> SiteCalendar:
    """The site's zone, calendar, opening hours and overrides, in one statement."""
    return list_site_calendars(session, [site])[site.id]


_CALENDARS = union_all(
    select(
        OpeningHours.site_id, OpeningHours.id, OpeningHours.day_kind, OpeningHours.opens_minute,
        OpeningHours.closes_minute, OpeningHours.valid, cast(null(), Date).label("on"),
    ).where(OpeningHours.site_id == among("ids")),
    select(
        CalendarOverride.site_id, CalendarOverride.id, CalendarOverride.day_kind, literal(0), literal(0),
        cast(null(), DATERANGE), CalendarOverride.on,
    ).where(CalendarOverride.site_id == among("ids")),
)  # fmt: skip
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
_WITH_SITE = (
    select(Resource, Site).join(Site, Site.id == Resource.site_id).where(Resource.id == bindparam("resource_id"))
)


def list_site_calendars(session: Session, sites: Sequence[Site]) -> dict[int, SiteCalendar]:
    """The calendar of each site; one statement for all of them."""
    ids = [site.id for site in sites]
    hours: dict[int, list[Any]] = {each: [] for each in ids}
    overrides: dict[int, dict[date, str]] = {each: {} for each in ids}
    rows: Sequence[Any] = session.execute(_CALENDARS, {"ids": ids}).all()
    for row in sorted(rows, key=lambda row: (row.day_kind, row.opens_minute, row.id)):
        if row.on is None:
            hours[row.site_id].append(row)
        else:
            overrides[row.site_id][row.on] = row.day_kind
    return {
        site.id: SiteCalendar(
            ZoneInfo(site.zone),
            site.calendar,
            tuple(
                Hours(row.day_kind, row.opens_minute, row.closes_minute, *inclusive_dates(row.valid))
                for row in hours[site.id]
            ),
            overrides[site.id],
        )
        for site in sites
    }


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


def count_bookings_on(session: Session, site: Site, on: date, unit_ids: Iterable[int] | None = None) -> int:
    """How many bookings hold something of the site (or one of some units) on a local day; of a closed day somebody
    should be told."""
    zone = ZoneInfo(site.zone)
    return session.execute(
        select(func.count(Allocation.holder_id.distinct())).where(
            Allocation.site_id == site.id, Allocation.holder_kind == "booking", Allocation.voided_at.is_(None),
            overlapping(local_instant(on, 0, zone), local_instant(on, 1440, zone)),
            true() if unit_ids is None else Allocation.unit_id.in_(set(unit_ids)),
        )
    ).scalar_one()  # fmt: skip


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


def get_resource_with_site(session: Session, actor: Actor, resource_id: int) -> tuple[Resource, Site]:
    """A resource that can be booked, and where it is, in one statement; NotFound otherwise."""
    actor.require(Action.SEE_TIMELINE)
    found = session.execute(_WITH_SITE, {"resource_id": resource_id}).one_or_none()
    if found is None or found[0].retired_at is not None:
        raise NotFound(N_("There is no such resource."))
    return found[0], found[1]


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


def overlapping(start: datetime, end: datetime | None, row: type[Timed] = Allocation) -> ColumnElement[bool]:
    """The rows (of the ledger) that share an instant with a time, found by an index also under row-level security.

    `end` None: all that is not over at `start`.
    """
    within = literal(Range(start, end), TSTZRANGE)
    return _meets(row, start - SHORT, true() if end is None else row.starts_at < end, within)


def _meets(
    row: type[Timed], since: Any, before: ColumnElement[bool], within: ColumnElement[Range[datetime]]
) -> ColumnElement[bool]:
    short, long = and_(~row.is_long, row.starts_at > since, before), and_(row.is_long, before)
    return and_(or_(short, long), row.period.op("&&")(within))


AN_INSTANT = timedelta(microseconds=1)


def holding_at(at: datetime) -> ColumnElement[bool]:
    """The rows of the ledger that hold their unit at an instant: PostgreSQL's are a microsecond long."""
    return overlapping(at, at + AN_INSTANT)


class Held(Struct, frozen=True):
    """A live stretch of the ledger: who holds a unit, from when to when (None: open-ended)."""

    allocation_id: int
    unit_id: int
    start: datetime
    end: datetime | None
    holder_kind: str
    holder_id: int


START, END = bindparam("start", type_=DateTime(timezone=True)), bindparam("end", type_=DateTime(timezone=True))
OVERLAPS = _meets(Allocation, bindparam("since", type_=DateTime(timezone=True)), Allocation.starts_at < END,
                  bindparam("within", type_=TSTZRANGE))  # fmt: skip
"""What `overlapping` says, in a statement that is made once and then asked about a time (`during`): nothing of it is
worked out for each row anew."""


def during(start: datetime, end: datetime) -> dict[str, object]:
    """The parameters of `START`, `END` and `OVERLAPS` for a time."""
    return {"start": start, "end": end, "since": start - SHORT, "within": Range(start, end)}


_HELD = (
    select(
        Allocation.id, Allocation.unit_id, func.lower(Allocation.period), func.upper(Allocation.period),
        Allocation.holder_kind, Allocation.holder_id,
    )
    .where(Allocation.site_id == among("site_ids"), Allocation.voided_at.is_(None), OVERLAPS)
    .order_by(Allocation.unit_id, func.lower(Allocation.period))
)  # fmt: skip
_HELD_OF = _HELD.where(Allocation.unit_id == among("unit_ids"))


def list_held(
    session: Session, site_id: int, start: datetime, end: datetime, unit_ids: Iterable[int] | None = None
) -> list[Held]:
    """The site's live allocations (of some units, or of all) that overlap `start`..`end`, in one statement."""
    return list_held_at(session, [site_id], start, end, unit_ids)


def list_held_at(
    session: Session, site_ids: Iterable[int], start: datetime, end: datetime, unit_ids: Iterable[int] | None = None
) -> list[Held]:
    """The same of several sites."""
    asked = {"site_ids": list(site_ids)} | during(start, end)
    if unit_ids is None:
        rows = session.execute(_HELD, asked).all()
    else:
        rows = session.execute(_HELD_OF, asked | {"unit_ids": list(unit_ids)}).all()
    return [Held(*row) for row in rows]


class UnitNow(Struct, frozen=True):
    """A unit, who holds it at this moment, and what it is: a state of `rules.unit_state`."""

    unit: Unit
    held: Held | None
    state: str


def list_units_now(session: Session, actor: Actor, site: Site, now: datetime) -> dict[int, list[UnitNow]]:
    """The site's units as they are now, by floor, in two statements."""
    by_floor: dict[int, list[UnitNow]] = {}
    for each in look_at(session, site, list_units(session, actor, site.id), now):
        by_floor.setdefault(each.unit.on_floor, []).append(each)
    return by_floor


def look_at(session: Session, site: Site, units: Iterable[Unit], now: datetime) -> list[UnitNow]:
    """Units of the site as they are now, in one statement."""
    held = {each.unit_id: each for each in list_held(session, site.id, now, now + AN_INSTANT)}
    today = now.astimezone(ZoneInfo(site.zone)).date()
    found = []
    for unit in units:
        holder = held.get(unit.id)
        state = unit_state(*inclusive_dates(unit.in_service), today, holder.holder_kind if holder else None)
        found.append(UnitNow(unit, holder, state))
    return found


class LedgerLine(Struct, frozen=True):
    """A row of the ledger as a unit's page shows it; `state` is one of `rules.stretch_state`."""

    start: datetime
    end: datetime | None
    holder_kind: str
    holder_id: int
    state: str
    void_reason: str | None
    closed_for: str | None
    """The reason of a closure."""


def list_ledger(session: Session, actor: Actor, unit: Unit, *, now: datetime, page: int) -> Page[LedgerLine]:
    """All that the ledger knows of a unit, what begins last first; in two statements."""
    actor.require(Action.SEE_SPACES)
    total = session.execute(
        select(func.count()).select_from(Allocation).where(Allocation.unit_id == unit.id)
    ).scalar_one()
    closes = and_(Allocation.holder_kind == "closure", Closure.id == Allocation.holder_id)
    rows = session.execute(
        select(Allocation, Closure.reason)
        .outerjoin(Closure, closes)
        .where(Allocation.unit_id == unit.id)
        .order_by(func.lower(Allocation.period).desc(), Allocation.id.desc())
        .offset((page - 1) * PAGE_SIZE)
        .limit(PAGE_SIZE)
    ).all()
    lines = []
    for row, reason in rows:
        start, end = row.period.lower, row.period.upper
        assert start is not None  # a named CHECK of the table
        state = stretch_state(start, end, row.voided_at is not None, now)
        lines.append(LedgerLine(start, end, row.holder_kind, row.holder_id, state, row.void_reason, reason))
    return Page(lines, page, total)


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
