"""When what is free: a site's ledger, opening hours and units' service read together, for pages and suggestions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.permissions import Action
from incubator.bookings.rules import Wish, free_lanes, out_of_service, refusals
from incubator.core.periods import Interval, local_instant
from incubator.spaces.models import Resource, Site, Unit
from incubator.spaces.queries import (
    Held,
    get_site_calendar,
    inclusive_dates,
    list_held,
    list_resource_units,
    list_resources,
)
from incubator.spaces.rules import SiteCalendar, opening_intervals


@dataclass(frozen=True, slots=True)
class Line:
    """One resource: what holds each of its units, and the lanes in which it is free, opening hours not yet asked."""

    resource: Resource
    held: list[list[Held]]
    lanes: list[list[Interval]]


@dataclass(frozen=True)
class Survey:
    """A site from the first to the last of some local days."""

    site: Site
    calendar: SiteCalendar
    window: Interval
    lines: list[Line]

    def openings(self, first: date, last: date) -> list[Interval]:
        """The opening times of some of the days."""
        return opening_intervals(self.calendar, first, last)

    def accepts(self, resource: Resource, slot: Interval, attendees: int | None, by_staff: bool, now: datetime) -> bool:
        """Whether `book` would take it, as far as the rules go."""
        zone = self.calendar.zone
        wish = Wish(slot.start, slot.end, resource.granularity_minutes, resource.capacity, attendees, zone, by_staff)
        on = slot.start.astimezone(zone).date()
        return not any(refusals(wish, self.openings(on, on), now))


def survey(session: Session, actor: Actor, site: Site, first: date, last: date) -> Survey:
    """Every resource of the site on the local days `first` to `last`; five statements, however much there is."""
    actor.require(Action.SEE_TIMELINE)
    calendar = get_site_calendar(session, site)
    window = Interval(local_instant(first, 0, calendar.zone), local_instant(last, 24 * 60, calendar.zone))
    resources = list_resources(session, actor, site.id)
    units = list_resource_units(session, [resource.id for resource in resources])
    by_unit: dict[int, list[Held]] = {}
    for each in list_held(session, site.id, window.start, window.end):
        by_unit.setdefault(each.unit_id, []).append(each)
    lines = []
    for resource in resources:
        held = [by_unit.get(unit.id, []) for unit in units[resource.id]]
        taken = [
            _taken(unit, stretches, window, calendar.zone)
            for unit, stretches in zip(units[resource.id], held, strict=True)
        ]
        lines.append(Line(resource, held, free_lanes(window, taken, resource.takes)))
    return Survey(site, calendar, window, lines)


def _taken(unit: Unit, held: Sequence[Held], window: Interval, zone: ZoneInfo) -> list[Interval]:
    clips = [clip for each in held if (clip := clip_held(each, window))]
    return clips + out_of_service(*inclusive_dates(unit.in_service), window, zone)


def clip_held(held: Held, window: Interval) -> Interval | None:
    """The part of a stretch of the ledger that lies in `window`; one that is open-ended reaches its end."""
    start, end = max(held.start, window.start), window.end if held.end is None else min(held.end, window.end)
    return Interval(start, end) if start < end else None
