"""Looking for something to book over all sites, by what the ledger says now."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from functools import partial

from msgspec import Struct
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.permissions import Action
from incubator.bookings.availability import Bounds, get_bounds, survey_sites
from incubator.bookings.finding import Demand, Find, Loosening, extend, find, loosen
from incubator.bookings.suggesting import MOST_SLOTS, Offers, offers_at
from incubator.core.paging import PAGE_SIZE, Page
from incubator.pricing.queries import list_prices_of
from incubator.pricing.rules.tariffs import PriceItem
from incubator.spaces.models import Resource, Site


class Found(Struct, frozen=True):
    """A page of what fits; where nothing does, what would with one demand less."""

    page: Page[Find]
    instead: Sequence[Loosening]


def search(
    session: Session, actor: Actor, sites: Sequence[Site], demand: Demand, *, startup_id: int | None,
    own_site_id: int | None, now: datetime, page: int = 1,
) -> Found:  # fmt: skip
    """What could be booked for a startup, or (None) for the operator's own use.

    Ten statements for all sites in one zone, seven again for what does not show three times in the first three days,
    and twice as many where nothing is found and one looks for what would be with less.
    """
    actor.require(Action.BOOK)
    bounds, prices = get_bounds(session, actor), list_prices_of(session, [site.id for site in sites])
    offers_on = partial(_offers, session, actor, sites, bounds, prices, startup_id, now)
    soon, rest = demand.first_days(MOST_SLOTS)
    offers = offers_on(soon.first, soon.last, demand.suits)
    found = find(offers, soon, own_site_id)
    if rest is not None and (lacking := _suiting(offers) - {each.resource.id for each in found if each.is_full}):
        offers = offers_on(rest.first, rest.last, lambda each: each.id in lacking)
        found = extend(found, find(offers, rest, own_site_id))
    if found:
        first = (page - 1) * PAGE_SIZE
        return Found(Page(found[first : first + PAGE_SIZE], page, len(found)), ())
    after = demand.week_after()
    wider, later = offers_on(demand.first, demand.last), offers_on(after.first, after.last, demand.suits)
    return Found(Page([], 1, 0), loosen(wider, later, demand))


def _suiting(offers: Sequence[Offers]) -> set[int]:
    return {line.resource.id for each in offers for line in each.seen.lines}


def _offers(
    session: Session, actor: Actor, sites: Sequence[Site], bounds: Bounds,
    prices: Mapping[int, Sequence[PriceItem]], startup_id: int | None, now: datetime, first: date, last: date,
    suits: Callable[[Resource], bool] | None = None,
) -> list[Offers]:  # fmt: skip
    surveys = survey_sites(session, actor, sites, first, last, suits, bounds)
    return offers_at(session, actor, surveys, prices, startup_id=startup_id, attendees=None, now=now)
