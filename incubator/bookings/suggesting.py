"""What could be booked instead of what is taken: the next times, and other rooms at the same time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.bookings.rules import next_slots
from incubator.bookings.timeline import Row, see_day
from incubator.core.periods import Interval
from incubator.spaces.models import Resource, Site
from incubator.spaces.queries import get_site

DAYS = 3
"""How many days are searched for the next times."""


@dataclass(frozen=True)
class Suggestion:
    """Instead: `slots` of the same resource, `others` at the same time."""

    site: Site
    resource: Resource
    slots: list[Interval]
    others: list[Resource]
    wanted: Interval


def suggest(
    session: Session, actor: Actor, resource: Resource, start: datetime, end: datetime, now: datetime
) -> Suggestion:
    """The next three times from `start` on, within opening hours; and what of the same kind is free then."""
    site = get_site(session, actor, resource.site_id)
    zone = ZoneInfo(site.zone)
    wanted = Interval(start, end)
    slots: list[Interval] = []
    others: list[Resource] = []
    for ahead in range(DAYS):
        day = see_day(session, actor, site, start.astimezone(zone).date() + timedelta(days=ahead))
        for row in day.rows:
            if row.resource.id == resource.id:
                slots += next_slots(
                    row.free, day.openings, duration=wanted.duration, not_before=max(start, now),
                    granularity_minutes=resource.granularity_minutes, count=3 - len(slots),
                )  # fmt: skip
            elif ahead == 0 and row.resource.kind == resource.kind and _fits(row, wanted):
                others.append(row.resource)
        if len(slots) >= 3:
            break
    return Suggestion(site, resource, slots[:3], others[:5], wanted)


def _fits(row: Row, wanted: Interval) -> bool:
    return any(free.start <= wanted.start and wanted.end <= free.end for free in row.free)
