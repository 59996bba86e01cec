"""Looking for something to book over all sites, by what the ledger says now."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from msgspec import Struct
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.permissions import Action
from incubator.bookings.availability import survey_sites
from incubator.bookings.finding import Demand, Find, Loosening, find, loosen
from incubator.bookings.suggesting import Offers, offers_at
from incubator.core.paging import PAGE_SIZE, Page
from incubator.pricing.queries import list_prices_of
from incubator.spaces.models import Site


class Found(Struct, frozen=True):
    """A page of what fits; where nothing does, what would with one demand less."""

    page: Page[Find]
    instead: Sequence[Loosening]


def search(
    session: Session, actor: Actor, sites: Sequence[Site], demand: Demand, *, startup_id: int | None,
    own_site_id: int | None, now: datetime, page: int = 1,
) -> Found:  # fmt: skip
    """What could be booked for a startup, or (None) for the operator's own use; eleven statements for all sites in one
    zone, twice as many where nothing is found."""
    actor.require(Action.BOOK)
    offers = _offers(session, actor, sites, demand.first, demand.last, startup_id, now)
    found = find(offers, demand, own_site_id)
    if found:
        first = (page - 1) * PAGE_SIZE
        return Found(Page(found[first : first + PAGE_SIZE], page, len(found)), ())
    after = demand.week_after()
    later = _offers(session, actor, sites, after.first, after.last, startup_id, now)
    return Found(Page([], 1, 0), loosen(offers, later, demand))


def _offers(
    session: Session, actor: Actor, sites: Sequence[Site], first: date, last: date, startup_id: int | None,
    now: datetime,
) -> list[Offers]:  # fmt: skip
    surveys = survey_sites(session, actor, sites, first, last)
    prices = list_prices_of(session, [site.id for site in sites])
    return offers_at(session, actor, surveys, prices, startup_id=startup_id, attendees=None, now=now)
