"""What could be booked instead of what is taken: the next times, and other rooms at the same time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from msgspec import Struct
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.permissions import Action
from incubator.bookings.availability import Line, Survey, survey
from incubator.bookings.members import outside_days
from incubator.bookings.rulebook import Quotas, holder_ids, survey_quotas
from incubator.bookings.rules import fits, is_typed, next_slots
from incubator.core.periods import Interval, days_between
from incubator.pricing.queries import list_price_items
from incubator.pricing.rules import PriceItem, has_price, pick_item
from incubator.spaces.models import Resource, Site
from incubator.spaces.operations.sites import today_at
from incubator.spaces.queries import get_site

DAYS = 14
"""How many days are searched for the next times."""
MOST_SLOTS, MOST_OTHERS = 3, 5
ROOMS = {"meeting_room", "hall"}
"""Kinds that people meet in: one can take the place of the other."""


class Suggestion(Struct, frozen=True):
    """Instead: `slots` of the same resource, `others` at the same time."""

    site: Site
    resource: Resource
    slots: list[Interval]
    others: list[Resource]
    wanted: Interval
    unit_id: int | None = None
    """The one of the pool that was wanted; `slots` are its own."""
    pool_is_free: bool = False
    """Whether another one of the pool is free at the time that was wanted."""


class Offers(Struct, frozen=True):
    """What may be offered of a survey to somebody: nothing that `book` would refuse."""

    seen: Survey
    actor: Actor
    prices: Sequence[PriceItem]
    quotas: Quotas | None
    """None: whoever books is not bound by any."""
    startup_id: int | None
    """For which it would be booked; None: the operator itself, which needs no price."""
    attendees: int | None
    now: datetime
    outside: frozenset[date] = frozenset()
    """Days on which the startup books as an outsider."""

    def price_of(self, line: Line, on: date) -> PriceItem | None:
        """What the tariff asks of it for a resource on a local date."""
        return pick_item(self.prices, resource_id=line.resource.id, resource_kind=line.resource.kind, on=on,
                         outside=on in self.outside)  # fmt: skip

    def accepts(self, line: Line, slot: Interval) -> bool:
        """Whether the rules, the quotas and the tariff let it be booked; the ledger is not asked."""
        item = self.price_of(line, today_at(self.seen.site, slot.start))
        return (
            (self.startup_id is None or (item is not None and has_price(item, slot.start, slot.end)))
            and self.seen.accepts(line, slot, self.attendees, self.actor, self.now, holder_ids(self.startup_id))
            and not (self.quotas and self.quotas.refusal(line.terms, slot))
        )

    def next_times(self, line: Line, duration: timedelta, not_before: datetime) -> list[Interval]:
        """The next three times of a resource, of the length that the rules allow nearest to the one wished for."""
        zone = self.seen.calendar.zone
        first = self.seen.window.start.astimezone(zone).date()
        last = (self.seen.window.end - timedelta(microseconds=1)).astimezone(zone).date()
        return next_slots(
            line.lanes, self.seen.openings_of(line, first, last), duration=line.terms.fitting(duration),
            not_before=not_before, granularity_minutes=line.terms.granularity_minutes, zone=zone,
            accepts=lambda slot: is_typed(slot, zone) and self.accepts(line, slot), count=MOST_SLOTS,
        )  # fmt: skip


def offers_of(
    session: Session, actor: Actor, seen: Survey, prices: Sequence[PriceItem], *, startup_id: int | None,
    attendees: int | None, now: datetime,
) -> Offers:  # fmt: skip
    """What may be offered of a survey for a startup, or (None) for the operator's own use; two statements at most."""
    (only,) = offers_at(session, actor, [seen], {seen.site.id: prices}, startup_id=startup_id, attendees=attendees,
                        now=now)  # fmt: skip
    return only


def offers_at(
    session: Session, actor: Actor, surveys: Sequence[Survey], prices: Mapping[int, Sequence[PriceItem]], *,
    startup_id: int | None, attendees: int | None, now: datetime,
) -> list[Offers]:  # fmt: skip
    """The same of several sites: two statements for each zone that they lie in, and one where outsiders have prices."""
    bound = startup_id is not None and not actor.can(Action.BOOK_FOR_OTHERS)
    quotas: dict[str, Quotas] = {}
    for zone in sorted({seen.calendar.zone.key for seen in surveys}) if bound else ():
        there = [seen for seen in surveys if seen.calendar.zone.key == zone]
        rules = {rule.id: rule for seen in there for line in seen.lines
                 for rule in (*line.terms.quotas, *line.terms.strikes)}  # fmt: skip
        around = Interval(min(seen.window.start for seen in there), max(seen.window.end for seen in there))
        quotas[zone] = survey_quotas(session, list(rules.values()), startup_id=startup_id, person_id=actor.person_id,
                                     zone=ZoneInfo(zone), around=around, now=now)  # fmt: skip
    items = [item for seen in surveys for item in prices[seen.site.id]]
    outside = outside_days(session, items, startup_id, {day for seen in surveys for day in _days(seen)})
    return [Offers(seen, actor, prices[seen.site.id], quotas.get(seen.calendar.zone.key), startup_id, attendees,
                   now, outside) for seen in surveys]  # fmt: skip


def _days(seen: Survey) -> Iterator[date]:
    """The local dates that a survey's window touches."""
    zone = seen.calendar.zone
    last = (seen.window.end - timedelta(microseconds=1)).astimezone(zone).date()
    return days_between(seen.window.start.astimezone(zone).date(), last)


def suggest(
    session: Session, actor: Actor, resource: Resource, start: datetime, end: datetime, *, attendees: int | None,
    startup_id: int | None, now: datetime, unit_id: int | None = None,
) -> Suggestion:  # fmt: skip
    """The next three times from `start` on, within opening hours; and what of the same kind is free then, or where
    nothing of it is, what else people sit in. Who says how many they are is offered the smallest first.

    Nothing is suggested that `book` would refuse: not for a rule or a quota, and not for its price, either, unless the
    use is `free` (`startup_id` None). A wish that is longer or shorter than the rules allow is offered at the nearest
    length that they do.
    """
    site = get_site(session, actor, resource.site_id)
    wanted = Interval(start, end)
    first = today_at(site, max(start, now))
    last = first + timedelta(days=DAYS - 1)
    seen = survey(session, actor, site, first, last)
    offers = offers_of(session, actor, seen, list_price_items(session, site.id), startup_id=startup_id,
                       attendees=attendees, now=now)  # fmt: skip

    slots: list[Interval] = []
    fitting: list[Resource] = []
    pool_is_free = False
    for line in seen.lines:
        if line.resource.id == resource.id:
            slots = offers.next_times(line.only(unit_id), wanted.duration, max(start, now))
            pool_is_free = unit_id is not None and fits(line.lanes, wanted) and offers.accepts(line, wanted)
        elif _is_alike(line.resource, resource) and fits(line.lanes, wanted) and offers.accepts(line, wanted):
            fitting.append(line.resource)
    others = [other for other in fitting if other.kind == resource.kind] or fitting
    if attendees is not None:
        others.sort(key=lambda other: other.capacity)
    return Suggestion(site, resource, slots, others[:MOST_OTHERS], wanted, unit_id, pool_is_free)


def _is_alike(one: Resource, other: Resource) -> bool:
    return one.kind == other.kind or {one.kind, other.kind} <= ROOMS
