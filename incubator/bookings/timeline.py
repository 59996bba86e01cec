"""A site's day as its timeline shows it: who may see what of each stretch that is taken."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from msgspec import Struct
from sqlalchemy import and_, bindparam, func, select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.permissions import Action
from incubator.bookings.availability import Line, clip_held, survey
from incubator.bookings.models import Booking
from incubator.bookings.queries import AWAITS
from incubator.bookings.rules import propose, snap, start_window
from incubator.bookings.terms import Terms
from incubator.core.periods import Interval, intersect, local_day, merge
from incubator.database import among, read
from incubator.spaces.hours_queries import list_open_hours
from incubator.spaces.ledger_queries import END, OVERLAPS, START, Held, during
from incubator.spaces.models import BUFFER, HOLD, OFFER, Allocation, Resource, ResourceUnit, Site
from incubator.spaces.queries import list_resources
from incubator.spaces.rules import opening_intervals, resource_openings
from incubator.startups.models import Startup

EARLIEST, LATEST = 8, 20
"""The hours that are shown at least."""
FOREVER = timedelta(days=366 * 200)
KINDS = ("own", "booking", "taken", "residency", "closure")


class Stretch(Struct, frozen=True):
    """A time in which a resource is taken, in whole or for one of its pool."""

    start: datetime
    end: datetime
    kind: str
    """One of KINDS: how it looks."""
    title: str
    booking_id: int | None
    """Where the reader may open it."""
    awaiting: bool = False
    """Whether it waits for approval, for those who may open it."""


class Free(Struct, frozen=True):
    """A time in which a resource can be booked, and what the page proposes of it."""

    start: datetime
    end: datetime
    proposed: Interval


class Row(Struct, frozen=True):
    """One resource's day."""

    resource: Resource
    stretches: list[Stretch]
    free: list[Free]
    """When this reader can book it, within opening hours."""
    openings: list[Interval]
    """When it is open: while its site is, and its own hours are."""

    @property
    def parts(self) -> list[Stretch | Free]:
        """What is taken and what is free, in the order of the day."""
        return sorted([*self.stretches, *self.free], key=lambda part: (part.start, part.end))


class Day(Struct, frozen=True):
    """A site's day as one actor may see it: of others' bookings a startup's people see only that they are there."""

    site: Site
    on: date
    rows: list[Row]
    openings: list[Interval]

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.site.zone)

    @property
    def kinds(self) -> list[str]:
        """The kinds of stretches of this day, for its legend."""
        present = {stretch.kind for row in self.rows for stretch in row.stretches}
        return [kind for kind in KINDS if kind in present]

    @property
    def shown_hours(self) -> tuple[int, int]:
        """First and last full hour to show: opening hours and all that is taken for part of the day, 08-20 at least."""
        midnight = local_day(self.on, self.zone)
        held = [s for row in self.rows for s in row.stretches if not _lasts_all_day(s, midnight)]
        spans: list[Interval | Stretch] = [*intersect(self.openings, [midnight]), *held]
        if not spans:
            return EARLIEST, LATEST
        first, last = min(each.start for each in spans), max(each.end for each in spans)
        return min(EARLIEST, first.astimezone(self.zone).hour), max(LATEST, self._last_hour(last))

    def _last_hour(self, end: datetime) -> int:
        local = end.astimezone(self.zone)
        return 24 if local.date() > self.on else local.hour + (1 if local.minute else 0)


def _lasts_all_day(stretch: Stretch, day: Interval) -> bool:
    """Let or closed from midnight to midnight: that says nothing of the hours to show."""
    return stretch.start <= day.start and day.end <= stretch.end


def draw_day(session: Session, actor: Actor, site: Site, on: date) -> Day:
    """The day as its picture has it: what is taken, not what is free; three statements."""
    taken, resources = list_events(session, actor, site, on), list_resources(session, actor, site.id)
    hours = list_open_hours(session, [site], [each.id for each in resources], on, on)
    calendar = hours.calendars[site.id]
    rows = [
        Row(each, taken.get(each.id, []), [], resource_openings(calendar, hours.own[each.id], on, on))
        for each in resources
    ]
    return Day(site, on, rows, opening_intervals(calendar, on, on))


def see_day(session: Session, actor: Actor, site: Site, on: date, now: datetime) -> Day:
    """The day as this actor may see it, and what is free of it; seven statements."""
    seen = survey(session, actor, site, on, on)
    openings = seen.openings(on, on)
    bookings = list_bookings_of(session, [each for line in seen.lines for unit in line.held for each in unit])
    rows = []
    for line in seen.lines:
        stretches = stretches_of(actor, line.resource.id, line.held, bookings, seen.window)
        own = seen.openings_of(line, on, on)
        rows.append(Row(line.resource, stretches, free_times(actor, line, own, now, seen.calendar.zone), own))
    return Day(site, on, rows, openings)


def free_times(actor: Actor, line: Line, openings: Sequence[Interval], now: datetime, zone: ZoneInfo) -> list[Free]:
    """When this reader can book it within its opening times, in whole steps; quotas are not asked."""
    terms, may_start = line.terms.for_staff(), list(openings)
    if not actor.can(Action.BOOK_FOR_OTHERS):
        terms, may_start = line.terms, intersect(openings, [start_window(now, line.terms)])
        if not openings or not _is_open_to(actor, terms, openings[0].start, zone):
            return []
    minutes = terms.granularity_minutes
    lanes = [
        [part for span in intersect(lane, may_start) if (part := snap(span, minutes, zone))] for lane in line.lanes
    ]
    found = []
    for span in merge(part for lane in lanes for part in lane):
        # a pool's desks are free in turns: what is proposed must fit one of them
        longest = max(part for lane in lanes for part in lane if part.start == span.start)
        if (proposed := propose(longest, terms, zone)) is not None:
            found.append(Free(span.start, span.end, proposed))
    return found


def begins_within(actor: Actor, terms: Terms, on: date, now: datetime) -> Interval | None:
    """When a booking of this reader on the day may start; None: never, by a rule that says who may book."""
    if actor.can(Action.BOOK_FOR_OTHERS):
        return Interval(now, now + FOREVER)
    return start_window(now, terms) if terms.open_to(actor.roles, actor.startup_ids, on) else None


def _is_open_to(actor: Actor, terms: Terms, at: datetime, zone: ZoneInfo) -> bool:
    return terms.open_to(actor.roles, actor.startup_ids, at.astimezone(zone).date())


class Shown(NamedTuple):
    """What a timeline shows of a booking."""

    id: int
    resource_id: int
    startup_id: int | None
    title: str
    awaiting: bool
    name: str | None
    """Of the startup; None: the operator's own use."""
    name_en: str | None


SHOWN = (
    Booking.id, Booking.resource_id, Booking.startup_id, Booking.title, AWAITS.label("awaiting"), Startup.name,
    Startup.name_en,
)  # fmt: skip
"""The columns of `Shown`: a day has hundreds of bookings, and each row is wide."""


_SHOWN = (
    select(*SHOWN).outerjoin(Startup, Startup.id == Booking.startup_id).where(Booking.id == among("ids"))
)


def list_bookings_of(session: Session, held: Sequence[Held]) -> dict[int, Shown]:
    """The bookings among what holds something, with whose they are; one statement."""
    ids = {each.holder_id for each in held if each.holder_kind == "booking"}
    return {row[0]: Shown(*row) for row in session.execute(_SHOWN, {"ids": list(ids)})}


def stretches_of(
    actor: Actor, resource_id: int, units: Sequence[Sequence[Held]], bookings: Mapping[int, Shown], window: Interval
) -> list[Stretch]:
    """What takes a resource in the window, as this actor may see it, in order."""
    found: dict[tuple[str, int], Stretch] = {}
    sees_all = actor.can(Action.SEE_ALL_BOOKINGS)
    for each in (each for unit in units for each in unit):
        key = (each.holder_kind, each.holder_id)
        if key in found or each.holder_kind == BUFFER or (clip := clip_held(each, window)) is None:
            continue
        booking = bookings.get(each.holder_id) if each.holder_kind == "booking" else None
        found[key] = _stretch(actor, sees_all, resource_id, each.holder_kind, booking, clip.start, clip.end)
    return sorted(found.values(), key=lambda stretch: stretch.start)


def _stretch(
    actor: Actor, sees_all: bool, resource_id: int, holder_kind: str, booking: Shown | None, start: datetime,
    end: datetime,
) -> Stretch:  # fmt: skip
    """What takes a resource, as this actor may see it."""
    if booking is None:
        return Stretch(start, end, "taken" if holder_kind in (OFFER, HOLD) else holder_kind, "", None)
    own = booking.startup_id is not None and booking.startup_id in actor.startup_ids
    if not (own or sees_all):
        return Stretch(start, end, "taken", "", None)
    who = (actor.locale == "en" and booking.name_en) or booking.name
    title = f"{booking.title} · {who}" if booking.title and who else booking.title or who or ""
    kind = "own" if own else "booking" if booking.resource_id == resource_id else "taken"
    return Stretch(start, end, kind, title, booking.id, booking.awaiting)


_EVENTS = (
    select(
        ResourceUnit.resource_id, Allocation.holder_kind, Allocation.holder_id,
        func.greatest(func.lower(Allocation.period), START), func.least(func.upper(Allocation.period), END), *SHOWN,
    )
    .join(ResourceUnit, ResourceUnit.unit_id == Allocation.unit_id)
    .join(Resource, and_(Resource.id == ResourceUnit.resource_id, Resource.retired_at.is_(None)))
    .outerjoin(Booking, and_(Allocation.holder_kind == "booking", Booking.id == Allocation.holder_id))
    .outerjoin(Startup, Startup.id == Booking.startup_id)
    .where(
        Allocation.site_id == bindparam("site_id"), Allocation.voided_at.is_(None),
        Allocation.holder_kind != BUFFER, Resource.site_id == bindparam("site_id"), OVERLAPS,
    )
    .order_by(ResourceUnit.resource_id, func.lower(Allocation.period), Allocation.unit_id)
)  # fmt: skip


def list_events(session: Session, actor: Actor, site: Site, on: date) -> dict[int, list[Stretch]]:
    """What is taken of each of the site's resources on a local day, as `see_day` has it, in one statement."""
    actor.require(Action.SEE_TIMELINE)
    window, sees_all = local_day(on, ZoneInfo(site.zone)), actor.can(Action.SEE_ALL_BOOKINGS)
    asked = {"site_id": site.id} | during(window.start, window.end)
    found: dict[int, list[Stretch]] = {}
    seen: set[tuple[int, str, int]] = set()
    for resource_id, holder_kind, holder_id, start, end, *shown in read(session, _EVENTS, asked):
        key = resource_id, holder_kind, holder_id
        if key not in seen:  # what is made of several units is taken in each
            seen.add(key)
            booking = None if shown[0] is None else Shown(*shown)
            stretch = _stretch(actor, sees_all, resource_id, holder_kind, booking, start, end)
            found.setdefault(resource_id, []).append(stretch)
    return found


def day_as_data(day: Day, words: dict[str, str]) -> dict[str, Any]:
    """The day as the calendar reads it: wall times of the site, without a zone, so that every browser shows them."""
    zone = day.zone
    openings = {
        str(row.resource.id): [[_wall(each.start, zone), _wall(each.end, zone)] for each in row.openings]
        for row in day.rows
    }
    return {
        "openings": openings,
        "events": events_as_data({row.resource.id: row.stretches for row in day.rows}, zone, words),
    }


def events_as_data(
    taken: Mapping[int, Sequence[Stretch]], zone: ZoneInfo, words: dict[str, str]
) -> list[dict[str, Any]]:
    """What is taken of each resource, as the calendar reads it."""
    return [
        {
            "id": f"{resource_id}-{number}",
            "resourceId": resource_id,
            "start": _wall(stretch.start, zone),
            "end": _wall(stretch.end, zone),
            "title": (f"{words['awaiting']} · " if stretch.awaiting else "") + (stretch.title or words[stretch.kind]),
            "awaiting": stretch.awaiting,
            "kind": stretch.kind,
            "bookingId": stretch.booking_id,
        }
        for resource_id, stretches in taken.items()
        for number, stretch in enumerate(stretches)
    ]


@lru_cache(maxsize=4096)  # a day's hundreds of bookings begin and end at a few dozen times
def _wall(at: datetime, zone: ZoneInfo) -> str:
    return at.astimezone(zone).isoformat()[:16]
