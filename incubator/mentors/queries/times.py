"""When a mentor is free, and which rooms are at the same time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from msgspec import Struct
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.permissions import Action
from incubator.bookings.find_queries import search
from incubator.bookings.finding import Demand, Find
from incubator.core.periods import Interval, days_between, local_day
from incubator.mentors.models import Mentor, MentorAppointment
from incubator.mentors.queries.weeks import get_weeks
from incubator.mentors.rules.hours import free_during
from incubator.mentors.rules.sessions import starts_in
from incubator.spaces.ledger_queries import live_of
from incubator.spaces.models import Allocation
from incubator.spaces.queries import list_sites

DAYS_SHOWN = 14


class FreeDay(Struct, frozen=True):
    """A day, and when a session of the wanted length can begin on it."""

    on: date
    starts: list[datetime]


def list_free_days(
    session: Session, mentor: Mentor, *, first: date, minutes: int, now: datetime, days: int = DAYS_SHOWN
) -> list[FreeDay]:
    """The days from `first` on (in the mentor's zone), each with the times that can be had: in the mentor's hours, not
    taken in the ledger, on days of an appointment; four statements."""
    zone = ZoneInfo(mentor.zone)
    last = first + timedelta(days=days - 1)
    window = Interval(local_day(first, zone).start, local_day(last, zone).end)
    week = get_weeks(session, first, last, [mentor.id])[mentor.id]
    free = free_during(week, window, list_taken(session, mentor, window))
    appointed = list_terms(session, mentor.id, first, last)
    found = []
    for on in days_between(first, last):
        within = local_day(on, zone)
        starts: list[datetime] = []
        if any(begin <= on <= end for begin, end in appointed):
            today = [Interval(each.start, each.end) for each in free if within.start <= each.start < within.end]
            starts = list(starts_in(today, minutes, now))
        found.append(FreeDay(on, starts))
    return found


def list_taken(session: Session, mentor: Mentor, window: Interval) -> list[Interval]:
    """What the ledger holds of the mentor's time."""
    rows = session.execute(
        select(Allocation.starts_at, func.upper(Allocation.period))
        .where(live_of([mentor.unit_id], window.start, window.end))
    ).all()  # fmt: skip
    return [Interval(start, end or window.end) for start, end in rows if start < (end or window.end)]


def list_terms(session: Session, mentor_id: int, first: date, last: date) -> list[tuple[date, date]]:
    """The first and last days of the mentor's appointments that touch some days."""
    rows = session.execute(
        select(MentorAppointment).where(
            MentorAppointment.mentor_id == mentor_id,
            MentorAppointment.days.op("&&")(func.daterange(first, last, "[]")),
        )
    ).scalars()  # fmt: skip
    return [(each.first, each.last) for each in rows]


def list_free_rooms(
    session: Session, actor: Actor, *, start: datetime, end: datetime, startup_id: int, site_id: int, now: datetime
) -> Sequence[Find]:
    """The meeting rooms that the startup can have for just that time, with their prices; none for who can't book."""
    if not actor.can(Action.BOOK):
        return []
    found: list[Find] = []
    sites = list_sites(session, actor)
    for zone_name in sorted({site.zone for site in sites}):
        zone = ZoneInfo(zone_name)
        local, until = start.astimezone(zone), end.astimezone(zone)
        if until.date() != local.date() and (until.hour or until.minute):
            continue
        minutes = int((end - start) / timedelta(minutes=1))
        first = local.hour * 60 + local.minute
        demand = Demand(minutes, local.date(), local.date(), first, first + minutes, kind="meeting_room")
        here = [site for site in sites if site.zone == zone_name]
        page = search(session, actor, here, demand, startup_id=startup_id, own_site_id=site_id, now=now).page
        found += [each for each in page.rows if each.slots[0].time == Interval(start, end)]
    return found
