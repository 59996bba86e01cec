"""What figures of occupancy stand on beside the ledger: units with their seats and days, hours, and programmes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from zoneinfo import ZoneInfo

from msgspec import Struct
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from incubator.core.errors import N_, NotFound
from incubator.core.periods import Interval, days_between, merge
from incubator.reports.measuring.question import Key, Question
from incubator.reports.measuring.slots import day_bounds
from incubator.reports.occupancy import measures_of
from incubator.spaces.hours_queries import list_open_hours
from incubator.spaces.models import Floor, Resource, ResourceUnit, Site, Unit
from incubator.spaces.queries import PLACES
from incubator.spaces.rules import OwnHours, SiteCalendar, natural_key, opening_intervals, resource_openings
from incubator.startups.models import Enrolment, Programme

Hours = tuple[int, tuple[tuple[int, date | None], ...]]
"""Whose hours a unit has: its site's, or its resources' that have their own, each until the day it was retired."""


class MeasuredUnit(Struct, frozen=True):
    """A unit as it is measured: `since` and `until` are days since the question's first, within it."""

    id: int
    code: str
    site_id: int
    floor_id: int
    zone: str | None
    kind: str
    purpose: str
    area_m2: Decimal
    seats: int
    since: int
    until: int
    hours: Hours

    def key(self, dimension: str) -> Key:
        """Where it stands in a dimension of units."""
        keys: dict[str, Key] = {"site": self.site_id, "floor": self.floor_id, "zone": self.zone, "kind": self.kind,
                                "unit": self.id}  # fmt: skip
        return keys[dimension]

    def is_in(self, measure: str) -> bool:
        """Whether a figure counts it: `area`, `desks` or `time`."""
        return measure in measures_of(self.kind, self.purpose)


class Bookable(Struct, frozen=True):
    """A resource, as far as seats and hours go."""

    id: int
    code: str
    capacity: int
    takes: str
    units: tuple[int, ...]
    retired_on: date | None


def seats_of(resources: Iterable[Bookable]) -> dict[int, int]:
    """The seats of each unit: of the smallest resource it belongs to, shared out over that resource's units.

    A hall for 101 of two halves without a name of their own has 51 and 50; where the halves are booked for 40 each, the
    hall has 80. Of a pool each unit has the whole capacity. Retired resources count where there is no other.
    """
    smallest: dict[int, tuple[tuple[bool, int, int, int], Bookable]] = {}
    for each in resources:
        rank = (each.retired_on is not None, len(each.units), each.capacity, each.id)
        for unit in each.units:
            if unit not in smallest or rank < smallest[unit][0]:
                smallest[unit] = rank, each
    return {unit: _seats(each, unit) for unit, (_, each) in smallest.items()}


def _seats(resource: Bookable, unit: int) -> int:
    if resource.takes == "any":
        return resource.capacity
    each, rest = divmod(resource.capacity, len(resource.units))
    return each + (sorted(resource.units).index(unit) < rest)


class Grounds(Struct, frozen=True):
    """Everything that decides cells, besides the ledger."""

    question: Question
    sites: Mapping[int, Site]
    floors: Mapping[int, Floor]
    units: Sequence[MeasuredUnit]
    shared_units: Sequence[int]
    """The ids of units that some resource takes several of at once."""
    calendars: Mapping[int, SiteCalendar]
    own_hours: Mapping[int, OwnHours]

    def zone(self, site_id: int) -> ZoneInfo:
        return self.calendars[site_id].zone

    def bounds(self, site_id: int) -> list[int]:
        """The minutes at which the site's days begin, and at which the last ends."""
        return day_bounds(self.question.first, self.question.last, self.zone(site_id))

    def openings(self, hours: Hours) -> list[Interval]:
        """When units with these hours are open: while one of their resources is, or their site if one follows it."""
        site_id, resources = hours
        calendar, question = self.calendars[site_id], self.question
        if not resources:
            return opening_intervals(calendar, question.first, question.last)
        found: list[Interval] = []
        for on in days_between(question.first, question.last):
            living = [each for each, retired_on in resources if retired_on is None or on < retired_on]
            found += (
                [opening for each in living for opening in resource_openings(calendar, self.own_hours[each], on, on)]
                if living
                else opening_intervals(calendar, on, on)
            )
        return merge(found)


def load_grounds(session: Session, question: Question) -> Grounds:
    """Sites, units, resources and hours, in six statements. NotFound where a site is not the operator's."""
    sites = {site.id: site for site in session.execute(select(Site).order_by(Site.code)).scalars()
             if not question.site_ids or site.id in question.site_ids}  # fmt: skip
    if len(sites) < len(set(question.site_ids)):
        raise NotFound(N_("There is no such site."))
    rows = session.execute(select(Unit).where(Unit.site_id.in_(list(sites)), PLACES)).scalars().all()
    floors = session.execute(select(Floor).where(Floor.site_id.in_(list(sites))).order_by(Floor.level, Floor.name))
    resources = _list_bookable(session, sites)
    hours = list_open_hours(session, list(sites.values()), [each.id for each in resources], question.first,
                            question.last)  # fmt: skip
    own = {each: own for each, own in hours.own.items() if own.hours or own.days}
    seats, of_unit = seats_of(resources), defaultdict(list)
    for each in resources:
        for unit_id in each.units:
            of_unit[unit_id].append(each)
    units = [
        unit
        for row in sorted(rows, key=lambda row: (natural_key(row.code), row.id))
        if (unit := _measured(row, question, seats.get(row.id, 0), _hours(row.site_id, of_unit[row.id], own)))
    ]
    several = [each.units for each in resources if each.takes == "all" and len(each.units) > 1]
    shared = sorted({unit for units_of_it in several for unit in units_of_it})
    return Grounds(question, sites, {floor.id: floor for floor in floors.scalars()}, units, shared, hours.calendars,
                   own)  # fmt: skip


def _measured(row: Unit, question: Question, seats: int, hours: Hours) -> MeasuredUnit | None:
    """None where it is not in service in these days, or a filter leaves it out."""
    lower, upper = row.in_service.lower, row.in_service.upper
    since = max(0, (lower - question.first).days) if lower else 0
    until = min(question.days, (upper - question.first).days) if upper else question.days
    unit = MeasuredUnit(row.id, row.code, row.site_id, row.on_floor, row.zone or None, row.kind, row.purpose,
                        row.area_m2, seats, since, until, hours)  # fmt: skip
    kept = all(unit.key(name) in keys for name, keys in question.filters if name in UNIT_DIMENSIONS)
    return unit if since < until and kept else None


UNIT_DIMENSIONS = ("site", "floor", "zone", "kind", "unit")


def _hours(site_id: int, resources: Sequence[Bookable], own: Mapping[int, OwnHours]) -> Hours:
    if not resources or any(each.id not in own and each.retired_on is None for each in resources):
        return site_id, ()
    return site_id, tuple(sorted((each.id, each.retired_on) for each in resources if each.id in own))


def _list_bookable(session: Session, sites: Mapping[int, Site]) -> list[Bookable]:
    rows = session.execute(
        select(Resource, func.array_agg(ResourceUnit.unit_id))
        .join(ResourceUnit, ResourceUnit.resource_id == Resource.id)
        .where(Resource.site_id.in_(list(sites)))
        .group_by(Resource.operator_id, Resource.id)
    ).all()
    return [
        Bookable(row.id, row.code, row.capacity, row.takes, tuple(units),
                 row.retired_at and row.retired_at.astimezone(ZoneInfo(sites[row.site_id].zone)).date())
        for row, units in rows
    ]  # fmt: skip


class Stretch(Struct, frozen=True):
    """A startup took part in exactly these programmes (ids, in order) on the days `start` to before `end`."""

    startup_id: int
    start: int
    end: int
    programmes: tuple[int, ...]

    @property
    def key(self) -> Key:
        return "+".join(map(str, self.programmes)) or None


def load_stretches(session: Session, question: Question) -> tuple[list[Stretch], dict[int, Programme]]:
    """Who was in which programmes, in days since the question's first, without gaps; and the programmes. One statement.

    Membership plans are no programmes.
    """
    after = question.last + timedelta(days=1)
    rows = session.execute(
        select(Enrolment, Programme)
        .join(Programme, Programme.id == Enrolment.programme_id)
        .where(Programme.kind == "programme", Enrolment.days.op("&&")(func.daterange(question.first, after)))
    ).all()
    spans: dict[int, list[tuple[int, int, int]]] = defaultdict(list)
    for enrolment, _ in rows:
        lower, upper = enrolment.days.lower, enrolment.days.upper
        start = max(0, (lower - question.first).days) if lower else 0
        end = question.days if upper is None else min(question.days, (upper - question.first).days)
        spans[enrolment.startup_id].append((start, end, enrolment.programme_id))
    found = [stretch for startup_id, mine in spans.items() for stretch in cut(startup_id, mine, question.days)]
    return found, {programme.id: programme for _, programme in rows}


def cut(startup_id: int, spans: Sequence[tuple[int, int, int]], days: int) -> list[Stretch]:
    """Stretches with the same programmes: in 1 on days 0-9 and in 2 on 5-19 of 31 are (1), (1, 2), (2) and ()."""
    edges = sorted({0, days, *(edge for start, end, _ in spans for edge in (start, end))})
    return [
        Stretch(startup_id, start, end, tuple(sorted({each for a, b, each in spans if a <= start and end <= b})))
        for start, end in pairwise(edges)
    ]
