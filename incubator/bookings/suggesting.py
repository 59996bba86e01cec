"""What could be booked instead of what is taken: the next times, and other rooms at the same time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.permissions import Action
from incubator.bookings.availability import Line, survey
from incubator.bookings.rulebook import survey_quotas
from incubator.bookings.rules import fits, next_slots
from incubator.core.periods import Interval
from incubator.pricing.queries import list_price_items
from incubator.pricing.rules import pick_item
from incubator.spaces.models import Resource, Site
from incubator.spaces.operations.sites import today_at
from incubator.spaces.queries import get_site

DAYS = 14
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
    startup_id: int | None, now: datetime,
) -> Suggestion:  # fmt: skip
    """The next three times from `start` on, within opening hours; and what of the same kind is free then.

    Nothing is suggested that `book` would refuse: not for a rule or a quota, and not for its price, either, unless the
    use is `free` (`startup_id` None). A wish that is longer or shorter than the rules allow is offered at the nearest
    length that they do.
    """
    site = get_site(session, actor, resource.site_id)
    wanted, zone = Interval(start, end), ZoneInfo(site.zone)
    first = today_at(site, start)
    last = first + timedelta(days=DAYS - 1)
    seen = survey(session, actor, site, first, last)
    prices = list_price_items(session, site.id)
    rules = [rule for line in seen.lines for rule in (*line.terms.quotas, *line.terms.strikes)]
    bound = startup_id is not None and not actor.can(Action.BOOK_FOR_OTHERS)
    quotas = survey_quotas(session, rules if bound else (), startup_id=startup_id, person_id=actor.person_id,
                           zone=zone, around=seen.window, now=now)  # fmt: skip

    def bookable(line: Line, slot: Interval) -> bool:
        candidate = line.resource
        item = pick_item(prices, resource_id=candidate.id, resource_kind=candidate.kind, on=today_at(site, slot.start))
        return (
            (startup_id is None or item is not None)
            and seen.accepts(line, slot, attendees, actor, now)
            and not (bound and quotas.refusal(line.terms, slot))
        )

    slots: list[Interval] = []
    others: list[Resource] = []
    for line in seen.lines:
        if line.resource.id == resource.id:
            slots = next_slots(
                line.lanes, seen.openings(first, last), duration=line.terms.fitting(wanted.duration),
                not_before=max(start, now), granularity_minutes=line.terms.granularity_minutes, zone=zone,
                accepts=partial(bookable, line), count=MOST_SLOTS,
            )  # fmt: skip
        elif line.resource.kind == resource.kind and fits(line.lanes, wanted) and bookable(line, wanted):
            others.append(line.resource)
    return Suggestion(site, resource, slots, others[:MOST_OTHERS], wanted)
