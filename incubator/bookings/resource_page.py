"""A resource in full: what it is, when it is open, its next free times, and its month."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from msgspec import Struct
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.permissions import Action
from incubator.bookings.availability import Line, Survey, lanes_of
from incubator.bookings.months import WEEK, MonthDay, see_month_day, weeks_of
from incubator.bookings.rulebook import list_rules, terms_of
from incubator.bookings.rules import USUAL
from incubator.bookings.suggesting import DAYS, offers_of
from incubator.bookings.terms import Terms
from incubator.bookings.timeline import begins_within, free_times
from incubator.core.periods import Interval, Month, days_between, intersect, local_instant
from incubator.pricing.queries import list_price_items
from incubator.pricing.rules import PriceItem, pick_item
from incubator.spaces.amenities import Furnishing, furnish
from incubator.spaces.hours_queries import get_open_hours
from incubator.spaces.ledger_queries import Held, list_held
from incubator.spaces.operations.sites import today_at
from incubator.spaces.resource_queries import PlacedResource, ShownPhoto, get_placed_resource, list_photos
from incubator.spaces.rules import OwnDay, OwnHours, SiteCalendar, resource_openings


class WeekDay(Struct, frozen=True):
    """A day of this week, and when the resource is open on it."""

    on: date
    openings: list[Interval]
    exception: OwnDay | None


class ResourcePage(Struct, frozen=True):
    """All that the page of a resource shows."""

    placed: PlacedResource
    photos: Sequence[ShownPhoto]
    furnishing: Furnishing
    terms: Terms
    price: PriceItem | None
    """Its hourly price today."""
    today: date
    week: list[WeekDay]
    next_times: list[Interval]
    month: Month
    weeks: list[list[MonthDay | None]]
    """Monday first; None for the days of the months beside it."""
    own: OwnHours


class _Ground(Struct, frozen=True):
    """What the two looks at the ledger, at the month and at the next days, have in common."""

    session: Session
    actor: Actor
    placed: PlacedResource
    calendar: SiteCalendar
    terms: Terms
    own: OwnHours
    now: datetime

    def survey(self, first: date, last: date) -> tuple[Survey, Line]:
        """The resource alone on the local days `first` to `last`; one statement."""
        zone, units, terms = self.calendar.zone, self.placed.units, self.terms
        window = Interval(local_instant(first, 0, zone), local_instant(last, 24 * 60, zone))
        before, after = terms.buffers
        of_unit: dict[int, list[Held]] = {unit.id: [] for unit in units}
        for each in list_held(self.session, self.placed.site.id, window.start - before, window.end + after, of_unit):
            of_unit[each.unit_id].append(each)
        held = list(of_unit.values())
        lanes = lanes_of(self.placed.resource, units, held, window, terms.buffers, zone)
        line = Line(self.placed.resource, terms, held, lanes, self.own)
        return Survey(self.placed.site, self.calendar, window, [line]), line


def see_resource(
    session: Session, actor: Actor, resource_id: int, *, month: Month | None, now: datetime
) -> ResourcePage:
    """The page as this actor may see it: of what others do only that the time is taken. Nine statements at most.

    `month` None: this one.
    """
    placed = get_placed_resource(session, actor, resource_id)
    resource, site = placed.resource, placed.site
    today = today_at(site, now)
    month, monday = month or Month.of(today), today - timedelta(days=today.weekday())
    last = today + timedelta(days=DAYS - 1)
    calendar, own = get_open_hours(session, site, resource.id, min(monday, month.first), max(last, month.last))
    terms = terms_of(list_rules(session, actor.startup_ids), resource)
    ground = _Ground(session, actor, placed, calendar, terms, own, now)
    prices = list_price_items(session, site.id)
    week = [
        WeekDay(on, resource_openings(calendar, own, on, on), own.days.get(on))
        for on in days_between(monday, monday + timedelta(days=WEEK - 1))
    ]
    return ResourcePage(
        placed, list_photos(session, resource.id), furnish(resource.tags), ground.terms,
        pick_item(prices, resource_id=resource.id, resource_kind=resource.kind, on=today), today, week,
        _next_times(ground, prices, today, last), month, _month(ground, month), own,
    )  # fmt: skip


def _next_times(ground: _Ground, prices: Sequence[PriceItem], first: date, last: date) -> list[Interval]:
    """The next three times of an hour, for whoever may book: as a startup's for its people, as own use for staff."""
    actor = ground.actor
    if not actor.can(Action.BOOK):
        return []
    startup_id = None if actor.can(Action.BOOK_FOR_OTHERS) else min(actor.startups_for(Action.BOOK), default=None)
    seen, line = ground.survey(first, last)
    offers = offers_of(ground.session, actor, seen, prices, startup_id=startup_id, attendees=None, now=ground.now)
    return offers.next_times(line, USUAL, ground.now)


def _month(ground: _Ground, month: Month) -> list[list[MonthDay | None]]:
    seen, line = ground.survey(month.first, month.last)
    today = today_at(ground.placed.site, ground.now)

    def see(on: date) -> MonthDay:
        begins = begins_within(ground.actor, ground.terms, on, ground.now)
        openings = seen.openings_of(line, on, on)
        left = intersect(openings, [begins]) if begins else []
        free = free_times(ground.actor, line, left, ground.now, ground.calendar.zone)
        over = on < today or bool(on == today and openings and openings[-1].end <= ground.now)
        return see_month_day(
            on, openings, line.lanes, [Interval(each.start, each.end) for each in free],
            free[0].proposed if free else None, begins=begins, over=over, exception=on in ground.own.days,
        )  # fmt: skip

    return [[see(on) if Month.of(on) == month else None for on in week] for week in weeks_of(month)]
