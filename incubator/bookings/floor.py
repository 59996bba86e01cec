"""A floor plan at a chosen time: what each unit on it is to this reader, and what of it can be booked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from msgspec import Struct
from sqlalchemy import select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.permissions import Action
from incubator.bookings.availability import Line, Survey, clip_held, survey
from incubator.bookings.models import Booking
from incubator.bookings.rules import fits, out_of_service
from incubator.core.errors import N_, Refusal
from incubator.core.periods import Interval, local_instant
from incubator.spaces.ledger_queries import Held
from incubator.spaces.models import BUFFER, Resource, Site, Unit
from incubator.spaces.plan_queries import PlacedUnit, ShownPlan, list_placed_units, list_plans
from incubator.spaces.plans import Shape
from incubator.spaces.queries import inclusive_dates
from incubator.startups.models import Residency, Startup

STEP = timedelta(minutes=30)
USUAL_MINUTES = 60
LENGTHS = (30, 60, 90, 120, 180, 240, 480)
FEWEST_MINUTES, MOST_MINUTES = 5, 1440
LARGEST_LABEL, SMALLEST_LABEL = 15.0, 6.0
LETTER = 0.62
"""How wide a letter is, of its height."""


class UnitState(StrEnum):
    """What a unit is to the reader for the whole of a time."""

    FREE = "free"
    MINE = "mine"
    TAKEN = "taken"
    LET = "let"
    CLOSED = "closed"
    OFF = "off"
    """Nobody holds it, and this reader can't book it then."""


ORDER = (UnitState.MINE, UnitState.CLOSED, UnitState.LET, UnitState.TAKEN)
"""Held by several one after another, it is shown as the first of these."""


class SeenUnit(Struct, frozen=True):
    """A unit on the plan as this reader sees it."""

    unit: Unit
    shape: Shape
    state: UnitState
    title: str = ""
    """Who holds it and what for, as far as the reader may know."""
    booking_id: int | None = None
    residency_id: int | None = None
    """Where the reader may open what holds it."""
    resource: Resource | None = None
    """What one books to have it."""
    refusal: Refusal | None = None
    """Why it can't be booked then."""

    @property
    def chosen_id(self) -> int | None:
        """What a booking names beside the resource to get this one of a pool."""
        return self.unit.id if self.resource is not None and self.resource.takes == "any" else None

    @property
    def label_size(self) -> float:
        """How large its code can stand in it; 0: not at all."""
        _, _, width, height = self.shape.box
        size = min(LARGEST_LABEL, height * 0.6, width / (LETTER * max(2, len(self.unit.code))))
        return round(size, 1) if size >= SMALLEST_LABEL else 0


class SeenResource(Struct, frozen=True):
    """What of the plan is booked by one name."""

    resource: Resource
    units: list[SeenUnit]
    """Those of its units that are on the plan."""
    refusal: Refusal | None
    """Why none of it can be booked then; None: it can."""

    @property
    def free(self) -> list[SeenUnit]:
        """Of a pool those that can be booked."""
        return [each for each in self.units if each.state is UnitState.FREE]


class Floor(Struct, frozen=True):
    """A plan at a time; twelve statements, however many units there are."""

    site: Site
    plans: list[ShownPlan]
    plan: ShownPlan | None
    span: Interval
    openings: list[Interval]
    """Of the site on the day on which it begins."""
    units: list[SeenUnit]
    resources: list[SeenResource]

    @property
    def counts(self) -> dict[UnitState, int]:
        """How many units there are of each state; of those that there are none of, only what one looks for is said."""
        found = {state: sum(each.state is state for each in self.units) for state in UnitState}
        return {state: count for state, count in found.items() if count or state in (UnitState.FREE, UnitState.TAKEN)}

    @property
    def alone(self) -> list[SeenUnit]:
        """Units on the plan that are part of nothing that one can book: let, for instance."""
        booked = {unit.unit.id for each in self.resources for unit in each.units}
        return [each for each in self.units if each.unit.id not in booked]


def span_at(on: date | None, at: time | None, minutes: int | None, now: datetime, zone: ZoneInfo) -> Interval:
    """The time that is looked at: the next half hour on the clock, and an hour from then, where nothing is said.

    At 13:20 it is 13:30 to 14:30, at 13:30 just that; on another day the same by the clock.
    """
    length = timedelta(minutes=min(max(minutes or USUAL_MINUTES, FEWEST_MINUTES), MOST_MINUTES))
    local = now.astimezone(zone)
    late = (local.hour * 60 + local.minute) % 30 or local.second or local.microsecond
    soon = (local.hour * 2 + local.minute // 30 + (1 if late else 0)) * 30
    day, minute = (on or local.date()), soon if at is None else at.hour * 60 + at.minute
    start = local_instant(day, minute, zone)
    return Interval(start, start + length)


def see_floor(session: Session, actor: Actor, site: Site, plan_id: int | None, span: Interval, now: datetime) -> Floor:
    """The plan (the first one, where none is named or the named one is gone) as this actor may see it."""
    plans = list_plans(session, actor, site.id)
    plan = next((each for each in plans if each.id == plan_id), plans[0] if plans else None)
    zone = ZoneInfo(site.zone)
    first = span.start.astimezone(zone).date()
    last = (span.end - timedelta(microseconds=1)).astimezone(zone).date()
    seen = survey(session, actor, site, first, last)
    placed = list_placed_units(session, plan.id) if plan else []
    holders = _Holders.of(session, actor, [held for each in placed for held in seen.held.get(each.unit.id, ())])
    units = [unit for each in placed if (unit := _see(seen, actor, holders, each, span, now))]
    on_plan = {each.unit.id: each for each in units}
    resources = [
        SeenResource(line.resource, mine, _why_not(seen, actor, line, span, now))
        for line in seen.lines
        if (mine := [on_plan[unit.id] for unit in line.units if unit.id in on_plan])
    ]
    return Floor(site, plans, plan, span, seen.openings(first, first), units, resources)


class _Holders(Struct, frozen=True):
    """Who holds what is held, as far as the reader may know."""

    actor: Actor
    bookings: Mapping[int, tuple[Booking, Startup | None]]
    residencies: Mapping[int, Startup]

    @classmethod
    def of(cls, session: Session, actor: Actor, held: Sequence[Held]) -> _Holders:
        booked = {each.holder_id for each in held if each.holder_kind == "booking"}
        let = {each.holder_id for each in held if each.holder_kind == "residency"}
        bookings = session.execute(
            select(Booking, Startup).outerjoin(Startup, Startup.id == Booking.startup_id).where(Booking.id.in_(booked))
        ).all()
        residencies = session.execute(
            select(Residency.id, Startup).join(Startup, Startup.id == Residency.startup_id).where(Residency.id.in_(let))
        ).all()
        return cls(actor, {row[0].id: (row[0], row[1]) for row in bookings}, {row[0]: row[1] for row in residencies})

    def see(self, placed: PlacedUnit, held: Held) -> SeenUnit:
        """A unit, by one stretch that holds it."""
        if held.holder_kind == "booking" and held.holder_id in self.bookings:
            return self._booked(placed, *self.bookings[held.holder_id])
        if held.holder_kind == "residency" and held.holder_id in self.residencies:
            return self._let(placed, held.holder_id, self.residencies[held.holder_id])
        kinds = {"closure": UnitState.CLOSED, "residency": UnitState.LET}
        return SeenUnit(placed.unit, placed.shape, kinds.get(held.holder_kind, UnitState.TAKEN))

    def _booked(self, placed: PlacedUnit, booking: Booking, startup: Startup | None) -> SeenUnit:
        own_use = booking.startup_id is None and booking.booked_by == self.actor.person_id
        mine = own_use or (booking.startup_id is not None and booking.startup_id in self.actor.startup_ids)
        state = UnitState.MINE if mine else UnitState.TAKEN
        if not (mine or self.actor.can(Action.SEE_ALL_BOOKINGS)):
            return SeenUnit(placed.unit, placed.shape, state)
        title = " · ".join(part for part in (booking.title, self._name(startup)) if part)
        return SeenUnit(placed.unit, placed.shape, state, title, booking_id=booking.id)

    def _let(self, placed: PlacedUnit, residency_id: int, startup: Startup) -> SeenUnit:
        mine = startup.id in self.actor.startup_ids
        state = UnitState.MINE if mine else UnitState.LET
        if not (mine or self.actor.can(Action.SEE_STARTUPS)):
            return SeenUnit(placed.unit, placed.shape, state)
        return SeenUnit(placed.unit, placed.shape, state, self._name(startup), residency_id=residency_id)

    def _name(self, startup: Startup | None) -> str:
        if startup is None:
            return ""
        return startup.name_en if self.actor.locale == "en" and startup.name_en else startup.name


def _see(
    seen: Survey, actor: Actor, holders: _Holders, placed: PlacedUnit, span: Interval, now: datetime
) -> SeenUnit | None:
    """A unit at the time; None: it is not in service for any of it."""
    unit = placed.unit
    outside = out_of_service(*inclusive_dates(unit.in_service), span, seen.calendar.zone)
    if any(each.start <= span.start and span.end <= each.end for each in outside):
        return None
    held = [
        each for each in seen.held.get(unit.id, ()) if each.holder_kind != BUFFER and clip_held(each, span) is not None
    ]
    if held:
        found = [holders.see(placed, each) for each in held]
        return min(found, key=lambda each: ORDER.index(each.state))
    refusal: Refusal | None = None
    state = UnitState.OFF
    for line in _lines_of(seen, unit):
        against = _why_not(seen, actor, line.only(unit.id), span, now)
        if against is None:
            return SeenUnit(unit, placed.shape, UnitState.FREE, resource=line.resource)
        refusal = refusal or against
        if not _is_open(seen, line, span):
            state = UnitState.CLOSED
    return SeenUnit(unit, placed.shape, state, refusal=refusal)


def _lines_of(seen: Survey, unit: Unit) -> list[Line]:
    """What can be booked to have the unit: itself, one of a pool, or the whole that it is part of, in this order."""
    lines = [line for line in seen.lines if any(each.id == unit.id for each in line.units)]
    return sorted(lines, key=lambda line: 1 if line.resource.takes == "any" else len(line.units) * 2 - 2)


def _why_not(seen: Survey, actor: Actor, line: Line, span: Interval, now: datetime) -> Refusal | None:
    """Why the resource can't be booked for the whole time; None: it can, quotas aside."""
    against = seen.refusal(line, span, None, actor, now, actor.startup_ids)
    if against is None and not fits(line.lanes, span):
        return Refusal(N_("Taken at that time, or kept free beside another booking."))
    return against


def _is_open(seen: Survey, line: Line, span: Interval) -> bool:
    on = span.start.astimezone(seen.calendar.zone).date()
    return any(each.start <= span.start < each.end for each in seen.openings_of(line, on, on))
