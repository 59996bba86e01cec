"""A year of bookings: the rhythm of a working day, by the operations that people use."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from random import Random
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.bookings.operations import BookingRequest, book_many, cancel
from incubator.core.workdays import WORKDAY, day_kind
from incubator.jobs.demo.names import MEETINGS, OWN_USES
from incubator.spaces.models import Resource, Site
from incubator.startups.models import Startup

AHEAD = timedelta(days=14)
STARTS = (9, 9.5, 10, 10, 10.5, 11, 13.5, 14, 14, 14.5, 15, 15.5, 16, 16.5, 17)
LENGTHS = {"meeting_room": (1, 1, 1.5, 2), "hall": (2, 3, 4), "instrument": (1, 2, 3), "parking": (1, 2, 3),
           "desk": (3, 4, 8)}  # fmt: skip
BUSY = {"meeting_room": (0.9, 0.7, 0.35), "hall": (0.12,), "instrument": (0.4, 0.2), "parking": (0.3,),
        "desk": (0.6, 0.4, 0.3)}  # fmt: skip
"""How likely the first, second … booking of a working day is."""

Residents = list[tuple[Startup, date, date]]


def book_the_year(
    session: Session, actor: Actor, site: Site, resources: list[Resource], residents: Residents, random: Random, *,
    first: date, now: datetime,
) -> int:  # fmt: skip
    """Bookings from `first` until two weeks ahead of `now`; some free, some cancelled. Returns how many."""
    zone = ZoneInfo(site.zone)
    requests: list[BookingRequest] = []
    last = (now + AHEAD).astimezone(zone).date()
    halls = {"HALL": ("HALL-E", "HALL-W"), "HALL-E": ("HALL",), "HALL-W": ("HALL",)}
    for offset in range((last - first).days + 1):
        on = first + timedelta(days=offset)
        here = [startup for startup, since, until in residents if since <= on <= until]
        if day_kind(on, site.calendar, {}) != WORKDAY or not here:
            continue
        ends: dict[str, float] = {}
        for resource in resources:
            for chance in BUSY[resource.kind]:
                rival_end = max((ends.get(code, 0) for code in halls.get(resource.code, ())), default=0)
                earliest = max(ends.get(resource.code, 0), rival_end) if resource.takes == "all" else 0
                start = random.choice(STARTS)
                length = random.choice(LENGTHS[resource.kind])
                if random.random() > chance or start < earliest or start + length > 19:
                    continue
                ends[resource.code] = start + length
                requests.append(_request(resource, here, random, on, start, length, zone))
    ids = book_many(session, actor, now=now, requests=requests)
    _cancel_some(session, actor, ids, requests, random, now)
    return len(ids)


def _request(
    resource: Resource, here: list[Startup], random: Random, on: date, start: float, length: float, zone: ZoneInfo
) -> BookingRequest:
    begins = datetime.combine(on, time(int(start), int(start % 1 * 60)), zone)
    own = random.random() < 0.06
    return BookingRequest(
        resource.id, begins, begins + timedelta(hours=length), None if own else random.choice(here).id,
        random.choice(OWN_USES if own else MEETINGS), min(resource.capacity, random.randrange(1, 9)),
    )  # fmt: skip


def _cancel_some(
    session: Session, actor: Actor, ids: list[int], requests: list[BookingRequest], random: Random, now: datetime
) -> None:
    for booking_id, request in zip(ids, requests, strict=True):
        if random.random() < 0.02:
            at = min(request.start - timedelta(hours=random.randrange(2, 48)), now)
            cancel(session, actor, now=at, booking_id=booking_id, reason="计划有变")
