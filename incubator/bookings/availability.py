"""When what is free: a site's ledger, opening hours and units' service read together, for pages and suggestions."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from msgspec import Struct, field
from msgspec.structs import replace
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.permissions import Action
from incubator.bookings.rulebook import limits_for, list_rules, terms_of
from incubator.bookings.rules import Wish, free_lanes, out_of_service, refusals
from incubator.bookings.terms import Rule, Terms
from incubator.core.errors import Refusal
from incubator.core.periods import Interval, intersect, local_instant
from incubator.spaces.hours_queries import list_open_hours
from incubator.spaces.ledger_queries import Held, list_held_at
from incubator.spaces.models import Resource, Site, Unit
from incubator.spaces.operations.ledger import Buffers
from incubator.spaces.queries import inclusive_dates, list_resource_units, list_resources
from incubator.spaces.rules import OwnHours, SiteCalendar, opening_intervals, resource_openings
from incubator.startups.rules.booking_limits import Limit


class Line(Struct, frozen=True):
    """One resource: the rules that hold for it, what holds each of its units, and the lanes in which it is free: what
    is booked there finds its buffers free too. Opening hours are not yet asked."""

    resource: Resource
    terms: Terms
    held: list[list[Held]]
    lanes: list[list[Interval]]
    own: OwnHours = field(default_factory=OwnHours)
    units: list[Unit] = field(default_factory=list)
    """Its units; of a pool there is a lane for each."""

    @property
    def whose_hours(self) -> int | None:
        """The resource, where it has hours of its own; None: it is open when its site is."""
        return self.resource.id if self.own.hours or self.own.days else None

    def only(self, unit_id: int | None) -> Line:
        """The same for one unit of a pool alone; None: for any of it."""
        if unit_id is None or self.resource.takes == "all":
            return self
        lanes = [lane for unit, lane in zip(self.units, self.lanes, strict=True) if unit.id == unit_id]
        return replace(self, lanes=lanes)


class Survey(Struct, frozen=True):
    """A site from the first to the last of some local days."""

    site: Site
    calendar: SiteCalendar
    window: Interval
    lines: list[Line]
    held: dict[int, list[Held]] = field(default_factory=dict)
    """What of the ledger holds each of the site's units, in no resource or in some."""
    limits: Mapping[int, Limit] = field(default_factory=dict)
    """Of the reader's startups: who can't book for the time being."""
    _opened: dict[tuple[int | None, date, date], list[Interval]] = field(default_factory=dict)
    """What `openings_of` has said: fifty rooms are asked about the same days, and most are open when their site is."""
    _within: dict[tuple[int | None, date, Interval], list[Interval]] = field(default_factory=dict)

    def openings(self, first: date, last: date) -> list[Interval]:
        """The site's opening times of some of the days."""
        return opening_intervals(self.calendar, first, last)

    def openings_of(self, line: Line, first: date, last: date) -> list[Interval]:
        """When one resource is open on some of the days: while its site is, and its own hours are."""
        key = line.whose_hours, first, last
        if key not in self._opened:
            self._opened[key] = resource_openings(self.calendar, line.own, first, last)
        return self._opened[key]

    def openings_within(self, line: Line, on: date, part: Interval) -> list[Interval]:
        """When one resource is open in a part of a day."""
        key = line.whose_hours, on, part
        if key not in self._within:
            self._within[key] = intersect(self.openings_of(line, on, on), [part])
        return self._within[key]

    def accepts(
        self, line: Line, slot: Interval, attendees: int | None, actor: Actor, now: datetime,
        startup_ids: Collection[int],
    ) -> bool:  # fmt: skip
        """Whether `book` would take it for one of the startups, as far as the rules go, quotas aside."""
        return self.refusal(line, slot, attendees, actor, now, startup_ids) is None

    def refusal(
        self, line: Line, slot: Interval, attendees: int | None, actor: Actor, now: datetime,
        startup_ids: Collection[int],
    ) -> Refusal | None:  # fmt: skip
        """The first thing that the rules say against it, quotas aside."""
        on = slot.start.astimezone(self.calendar.zone).date()
        wish = Wish(slot.start, slot.end, line.terms, line.resource.capacity, attendees, self.calendar.zone,
                    actor.can(Action.BOOK_FOR_OTHERS), actor.roles, startup_ids, limits=self.limits)  # fmt: skip
        return next(refusals(wish, self.openings_of(line, on, on), now), None)


class Bounds(Struct, frozen=True):
    """What bounds whoever looks, on whichever days: the rules, and which of their startups can't book."""

    rules: Sequence[Rule]
    limits: Mapping[int, Limit]


def get_bounds(session: Session, actor: Actor) -> Bounds:
    """What bounds the actor; two statements."""
    return Bounds(list_rules(session, actor.startup_ids), limits_for(session, actor, *actor.startup_ids))


def survey(session: Session, actor: Actor, site: Site, first: date, last: date) -> Survey:
    """Every resource of the site on the local days `first` to `last`; seven statements, however much there is."""
    (only,) = survey_sites(session, actor, [site], first, last)
    return only


def survey_sites(
    session: Session, actor: Actor, sites: Sequence[Site], first: date, last: date,
    suits: Callable[[Resource], bool] | None = None, bounds: Bounds | None = None,
) -> list[Survey]:  # fmt: skip
    """Every resource of some sites (that suits), each on its own local days `first` to `last`; seven statements for all
    of them, two less where `bounds` were read before."""
    actor.require(Action.SEE_TIMELINE)
    bounds, zones = bounds or get_bounds(session, actor), {each.id: ZoneInfo(each.zone) for each in sites}
    windows = {
        site_id: Interval(local_instant(first, 0, zone), local_instant(last, 24 * 60, zone))
        for site_id, zone in zones.items()
    }
    resources = [
        each
        for each in list_resources(session, actor, sites[0].id if len(sites) == 1 else None)
        if each.site_id in windows and (suits is None or suits(each))
    ]
    terms = {resource.id: terms_of(bounds.rules, resource) for resource in resources}
    # what stands just outside may reach in by what must be kept free beside it
    before = max((each.buffers[0] for each in terms.values()), default=timedelta(0))
    after = max((each.buffers[1] for each in terms.values()), default=timedelta(0))
    start, end = min(each.start for each in windows.values()), max(each.end for each in windows.values())
    units = list_resource_units(session, [resource.id for resource in resources])
    hours = list_open_hours(session, sites, [resource.id for resource in resources], first, last)
    by_unit: dict[int, list[Held]] = {}
    asked = None if suits is None else {unit.id for of_one in units.values() for unit in of_one}
    for each in list_held_at(session, windows, start - before, end + after, asked):
        by_unit.setdefault(each.unit_id, []).append(each)
    lines: dict[int, list[Line]] = {site.id: [] for site in sites}
    for resource in resources:
        held = [by_unit.get(unit.id, []) for unit in units[resource.id]]
        lanes = lanes_of(resource, units[resource.id], held, windows[resource.site_id], terms[resource.id].buffers,
                         zones[resource.site_id])  # fmt: skip
        line = Line(resource, terms[resource.id], held, lanes, hours.own[resource.id], units[resource.id])
        lines[resource.site_id].append(line)
    return [
        Survey(each, hours.calendars[each.id], windows[each.id], lines[each.id], by_unit, bounds.limits)
        for each in sites
    ]


def lanes_of(
    resource: Resource, units: Sequence[Unit], held: Sequence[Sequence[Held]], window: Interval, buffers: Buffers,
    zone: ZoneInfo,
) -> list[list[Interval]]:  # fmt: skip
    """When a resource is free in the window, by what holds each of its units in it and just outside."""
    wider = Interval(window.start - buffers[0], window.end + buffers[1])
    taken = [_taken(unit, stretches, wider, zone, buffers) for unit, stretches in zip(units, held, strict=True)]
    return free_lanes(window, taken, resource.takes)


def _taken(unit: Unit, held: Sequence[Held], window: Interval, zone: ZoneInfo, buffers: Buffers) -> list[Interval]:
    before, after = buffers
    clips = [clip for each in held if (clip := clip_held(each, window))]
    kept = [Interval(clip.start - after, clip.end + before) for clip in clips]
    return kept + out_of_service(*inclusive_dates(unit.in_service), window, zone)


def clip_held(held: Held, window: Interval) -> Interval | None:
    """The part of a stretch of the ledger that lies in `window`; one that is open-ended reaches its end."""
    start, end = max(held.start, window.start), window.end if held.end is None else min(held.end, window.end)
    return Interval(start, end) if start < end else None
