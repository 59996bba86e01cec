"""A resource at this moment, as its door and whoever stands before it see it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from msgspec import Struct
from sqlalchemy import and_, or_
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.permissions import Action
from incubator.bookings.attendance import EARLY
from incubator.bookings.models import Booking
from incubator.bookings.planning import Occurrence, SeriesWish, plan_series
from incubator.bookings.queries import STANDS, BookingRow, list_booking_rows
from incubator.bookings.rulebook import list_rules, terms_of
from incubator.bookings.rules import GRACE, free_lanes, is_on_grid
from incubator.core.periods import Interval, merge, subtract
from incubator.spaces.hours_queries import get_open_hours
from incubator.spaces.ledger_queries import list_held, overlapping
from incubator.spaces.models import Resource, Site
from incubator.spaces.queries import list_resource_units
from incubator.spaces.rules import resource_openings

AHEAD = timedelta(hours=12)
MOST_COMING = 4
WALK_UP_MINUTES = (15, 30, 60)
MINUTE = timedelta(minutes=1)


class Door(Struct, frozen=True):
    """What a door shows: whether somebody is in, until when that is so, and what comes next."""

    resource: Resource
    site: Site
    is_free: bool
    until: datetime | None
    """None: as far as one can see."""
    coming: Sequence[Interval]


def see_door(session: Session, resource: Resource, site: Site, now: datetime) -> Door:
    """The resource now and in the next twelve hours, by the ledger; two statements. A pool is free while one is."""
    window = Interval(now, now + AHEAD)
    units = list_resource_units(session, [resource.id])[resource.id]
    taken: dict[int, list[Interval]] = {unit.id: [] for unit in units}
    for held in list_held(session, site.id, window.start, window.end, taken):
        clipped = Interval(max(held.start, window.start), min(held.end or window.end, window.end))
        taken[held.unit_id].append(clipped)
    free = merge(span for lane in free_lanes(window, list(taken.values()), resource.takes) for span in lane)
    busy = subtract([window], free)
    is_free = bool(free) and free[0].start == now
    first = free[0] if is_free else (busy[0] if busy else window)
    until = None if first.end == window.end else first.end
    return Door(resource, site, is_free, until, [span for span in busy if span.start > now][:MOST_COMING])


def list_offers(session: Session, door: Door, now: datetime) -> list[tuple[int, datetime]]:
    """For how many minutes at least the door could be booked from now on, and until when that is.

    By what is held and by opening hours: what else the rules say, they say to whoever scans the code.
    """
    if not door.is_free:
        return []
    zone, resource = ZoneInfo(door.site.zone), door.resource
    on = now.astimezone(zone).date()
    openings = resource_openings(*get_open_hours(session, door.site, resource.id, on, on), on, on)
    step = terms_of(list_rules(session), resource).granularity_minutes
    return [
        (minutes, span.end)
        for minutes, span in walk_up_spans(now, step, zone)
        if (door.until is None or span.end <= door.until)
        and any(each.start <= span.start and span.end <= each.end for each in openings)
    ]


def list_mine(session: Session, actor: Actor, resource: Resource, now: datetime) -> list[BookingRow]:
    """The actor's bookings of the resource that they could be here for: they run, or begin within a quarter of an hour.

    Staff see everybody's.
    """
    actor.require(Action.BOOK)
    about_now = and_(Booking.site_id == resource.site_id, overlapping(now, now + EARLY, Booking))
    whose = or_(Booking.startup_id.in_(actor.startup_ids), Booking.booked_by == actor.person_id)
    wanted = [Booking.resource_id == resource.id, STANDS, about_now, Booking.left_at.is_(None),
              Booking.no_show_at.is_(None)]  # fmt: skip
    return list_booking_rows(session, [*wanted, *([] if actor.can(Action.SEE_ALL_BOOKINGS) else [whose])])


class WalkUp(Struct, frozen=True):
    """What one could book standing at the door: from the step that runs, for so many minutes at least."""

    minutes: int
    occurrence: Occurrence
    grace: timedelta


def walk_up_spans(now: datetime, step: int, zone: ZoneInfo) -> list[tuple[int, Interval]]:
    """The spans that a door offers: from the step that runs to the first step after 15, 30 and 60 minutes.

    At 10:07 in steps of 15: 10:00 to 10:30 (for 15), 10:45 (for 30) and 11:15 (for 60). None reaches the next day.
    """
    start = _step_before(now, step, zone)
    found: dict[datetime, tuple[int, Interval]] = {}
    for minutes in WALK_UP_MINUTES:
        end = _step_before(now + timedelta(minutes=minutes) + timedelta(minutes=step) - MINUTE, step, zone)
        if end > start and end.astimezone(zone).date() == start.astimezone(zone).date():
            found.setdefault(end, (minutes, Interval(start, end)))
    return list(found.values())


def _step_before(at: datetime, step: int, zone: ZoneInfo) -> datetime:
    at = at.replace(second=0, microsecond=0)
    while not is_on_grid(at, step, zone):
        at -= MINUTE
    return at


def list_walk_ups(
    session: Session, actor: Actor, resource: Resource, site: Site, *, startup_id: int | None, now: datetime
) -> list[WalkUp]:
    """What the actor could book here and now, with its price or what speaks against it."""
    zone = ZoneInfo(site.zone)
    step = terms_of(list_rules(session), resource).granularity_minutes
    found = []
    for minutes, span in walk_up_spans(now, step, zone):
        grace = max(GRACE, now - span.start + MINUTE)
        start, end = span.start.astimezone(zone), span.end.astimezone(zone)
        on: date = start.date()
        wish = SeriesWish(resource.id, startup_id, (on,), start.time(), end.time(), grace=grace)
        found.append(WalkUp(minutes, plan_series(session, actor, wish, now=now).occurrences[0], grace))
    return found
