"""What could be booked instead of what is taken: the next times, and other rooms at the same time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.permissions import Action
from incubator.bookings.availability import survey
from incubator.bookings.rules import fits, next_slots
from incubator.core.periods import Interval
from incubator.pricing.queries import list_price_items
from incubator.pricing.rules import pick_item
from incubator.spaces.models import Resource, Site
from incubator.spaces.operations.sites import today_at
from incubator.spaces.queries import get_site

DAYS = 3
"""How many days are searched for the next times."""
MOST_SLOTS, MOST_OTHERS = 3, 5


@dataclass(frozen=True)
class Suggestion:
    """Instead: `slots` of the same resource, `others` at the same time."""

    site: Site
    resource: Resource
    slots: list[Interval]
    others: list[Resource]
    wanted: Interval


def suggest(
    session: Session, actor: Actor, resource: Resource, start: datetime, end: datetime, *, attendees: int | None,
    free: bool, now: datetime,
) -> Suggestion:  # fmt: skip
    """The next three times from `start` on, within opening hours; and what of the same kind is free then.

    Nothing is suggested that `book` would refuse: not for its price, either, unless the use is `free`.
    """
    site = get_site(session, actor, resource.site_id)
    wanted = Interval(start, end)
    by_staff = actor.can(Action.BOOK_FOR_OTHERS)
    first = today_at(site, start)
    last = first + timedelta(days=DAYS - 1)
    seen = survey(session, actor, site, first, last)
    prices = list_price_items(session, site.id)

    def bookable(candidate: Resource, slot: Interval) -> bool:
        on = today_at(site, slot.start)
        item = pick_item(prices, resource_id=candidate.id, resource_kind=candidate.kind, on=on)
        return (free or item is not None) and seen.accepts(candidate, slot, attendees, by_staff, now)

    slots: list[Interval] = []
    others: list[Resource] = []
    for line in seen.lines:
        if line.resource.id == resource.id:
            slots = next_slots(
                line.lanes, seen.openings(first, last), duration=wanted.duration, not_before=max(start, now),
                granularity_minutes=resource.granularity_minutes, zone=seen.calendar.zone,
                accepts=lambda slot: bookable(resource, slot), count=MOST_SLOTS,
            )  # fmt: skip
        elif line.resource.kind == resource.kind and fits(line.lanes, wanted) and bookable(line.resource, wanted):
            others.append(line.resource)
    return Suggestion(site, resource, slots, others[:MOST_OTHERS], wanted)
