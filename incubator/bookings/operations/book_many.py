"""Booking by the thousand: the import's and the demo's way, by the same rules, set-based."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

from msgspec import Struct, field
from sqlalchemy import insert, select
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.permissions import Action
from incubator.audit.operations import record
from incubator.bookings.members import list_outside
from incubator.bookings.models import Booking
from incubator.bookings.operations.allowances import lock_startups, settle
from incubator.bookings.rules import Wish, refusals
from incubator.bookings.terms import Terms
from incubator.core.errors import N_, Refusal
from incubator.core.periods import Interval
from incubator.database import current_operator
from incubator.pricing.queries import list_price_items
from incubator.pricing.rules import PriceItem, Quote, Unpriced, free_quote, pick_item, quote
from incubator.spaces.ledger_queries import live_of
from incubator.spaces.models import Allocation, Resource, Site, Unit
from incubator.spaces.operations.ledger import LedgerRow, allocate_many
from incubator.spaces.operations.taken import Taken
from incubator.spaces.queries import list_resource_units

BATCH = 2_000


class BookingRequest(Struct, frozen=True):
    """One booking of a batch; `free_of_charge` is implied where `startup_id` is None."""

    resource_id: int
    start: datetime
    end: datetime
    startup_id: int | None
    title: str = ""
    attendees: int | None = None


class ManyRefusals(Refusal):
    """What speaks against a batch: each refusal with the index of its request. Nothing was written."""

    def __init__(self, found: Sequence[tuple[int, Refusal]]) -> None:
        super().__init__(N_("%(count)s of the bookings can't be made."), count=len(found))
        self.found = list(found)


class _Ground(Struct):
    """What all requests of a batch are checked and priced against, read once."""

    resources: dict[int, Resource]
    sites: dict[int, Site]
    units: dict[int, list[Unit]]
    items: dict[int, list[PriceItem]]
    outside: frozenset[tuple[int, date]] = frozenset()
    """Startups with the days on which they book as outsiders."""
    busy: dict[int, list[Interval]] = field(default_factory=dict)

    def day_of(self, request: BookingRequest) -> date:
        """The local date of its start."""
        zone = self.sites[self.resources[request.resource_id].site_id].zone
        return request.start.astimezone(ZoneInfo(zone)).date()


def book_many(
    session: Session,
    actor: Actor,
    *,
    now: datetime,
    requests: Sequence[BookingRequest],
    on_progress: Callable[[int], None] | None = None,
) -> list[int]:
    """Book all requests or none, and return their ids in order. History is allowed: the past may be booked.

    It is a record of what was, or was agreed elsewhere: booking rules and their buffers do not bind it.

    Raises `ManyRefusals` with every fault at once, each with its request's index, before anything is written; and
    `Taken` where somebody else was quicker in the meantime. One audit event stands for the batch.
    """
    actor.require(Action.BOOK_FOR_OTHERS)
    if not requests:
        return []
    starts: dict[int, list[datetime]] = {}
    for request in requests:
        if request.startup_id is not None:
            starts.setdefault(request.startup_id, []).append(request.start)
    lock_startups(session, starts)
    ground = _survey(session, requests)
    quotes, chosen = _check(ground, requests, now)
    ids: list[int] = []
    for first in range(0, len(requests), BATCH):
        batch = range(first, min(first + BATCH, len(requests)))
        made = _insert(session, actor, now, ground, [requests[i] for i in batch], [quotes[i] for i in batch])
        rows = [
            LedgerRow(unit.id, requests[i].start, requests[i].end, "booking", booking_id)
            for i, booking_id in zip(batch, made, strict=True)
            for unit in chosen[i]
        ]
        allocate_many(session, actor, now=now, rows=rows)
        ids.extend(made)
        if on_progress:
            on_progress(len(ids))
    for startup_id, around in sorted(starts.items()):
        settle(session, actor, now=now, startup_id=startup_id, around=around)
    after = {"count": len(ids), "first_id": ids[0], "last_id": ids[-1],
             "price_minor": sum(quote.gross_minor for quote in quotes)}  # fmt: skip
    record(session, actor, "book_many", ("bookings", ids[0]), now=now, after=after)
    return ids


def _survey(session: Session, requests: Sequence[BookingRequest]) -> _Ground:
    ids = {request.resource_id for request in requests}
    resources = {row.id: row for row in session.execute(select(Resource).where(Resource.id.in_(ids))).scalars()}
    site_ids = {resource.site_id for resource in resources.values()}
    sites = {row.id: row for row in session.execute(select(Site).where(Site.id.in_(site_ids))).scalars()}
    ground = _Ground(
        resources, sites, list_resource_units(session, list(resources)),
        {site_id: list_price_items(session, site_id) for site_id in site_ids},
    )  # fmt: skip
    days: dict[int, set[date]] = {}
    for request in requests:
        if request.startup_id is not None and request.resource_id in resources:
            days.setdefault(request.startup_id, set()).add(ground.day_of(request))
    ground.outside = list_outside(session, [item for items in ground.items.values() for item in items], days)
    unit_ids = {unit.id for units in ground.units.values() for unit in units}
    first = min(request.start for request in requests)
    last = max(max(request.start, request.end) for request in requests)
    held = session.execute(
        select(Allocation.unit_id, Allocation.period).where(live_of(unit_ids, first, last))
    ).all()
    for unit_id, period in held:
        ground.busy.setdefault(unit_id, []).append(Interval(period.lower or first, period.upper or last))
    return ground


def _check(
    ground: _Ground, requests: Sequence[BookingRequest], now: datetime
) -> tuple[list[Quote], list[list[Unit]]]:
    found: list[tuple[int, Refusal]] = []
    quotes: list[Quote] = []
    chosen: list[list[Unit]] = [[] for _ in requests]
    calendar = _Taken(ground.busy)
    order = sorted(range(len(requests)), key=lambda i: (requests[i].start, i))
    faults: dict[int, list[Refusal]] = {}
    for i in order:
        faults[i] = list(_speaking_against(ground, requests[i], now))
        if not faults[i]:
            try:
                chosen[i] = _choose(ground, requests[i], calendar)
            except Refusal as refusal:
                faults[i].append(refusal)
    for i, request in enumerate(requests):
        found += [(i, refusal) for refusal in faults[i]]
        try:
            if request.resource_id in ground.resources and request.start < request.end:
                quotes.append(_price(ground, request))
        except Refusal as refusal:
            found.append((i, refusal))
    if found:
        raise ManyRefusals(found)
    return quotes, chosen


class _Taken:
    """The units' taken time while a batch is laid out; requests come in order of their start."""

    def __init__(self, held: dict[int, list[Interval]]) -> None:
        self._held = {unit_id: sorted(intervals) for unit_id, intervals in held.items()}
        self._until: dict[int, datetime] = {}

    def clash(self, unit_id: int, wanted: Interval) -> tuple[datetime, datetime] | None:
        """What of the ledger or of the batch itself overlaps `wanted`."""
        until = self._until.get(unit_id)
        if until is not None and until > wanted.start:
            return wanted.start, until
        for interval in self._held.get(unit_id, ()):
            if interval.overlaps(wanted):
                return interval.start, interval.end
            if interval.start >= wanted.end:
                break
        return None

    def take(self, unit_id: int, wanted: Interval) -> None:
        self._until[unit_id] = wanted.end


def _speaking_against(ground: _Ground, request: BookingRequest, now: datetime) -> Iterator[Refusal]:
    """All that the rules say against a request, the ledger not yet asked."""
    resource = ground.resources.get(request.resource_id)
    if resource is None:
        yield Refusal(N_("There is no such resource."))
        return
    site = ground.sites[resource.site_id]
    wish = Wish(request.start, request.end, Terms(own_granularity=resource.granularity_minutes), resource.capacity,
                request.attendees, ZoneInfo(site.zone), by_staff=True)  # fmt: skip
    yield from refusals(wish, (), now)


def _choose(ground: _Ground, request: BookingRequest, calendar: _Taken) -> list[Unit]:
    resource = ground.resources[request.resource_id]
    site = ground.sites[resource.site_id]
    wanted = Interval(request.start, request.end)
    units = ground.units[resource.id]
    clashes = [(unit, calendar.clash(unit.id, wanted)) for unit in units]
    free = [unit for unit, clash in clashes if clash is None]
    if not free or (resource.takes == "all" and len(free) < len(units)):
        unit, clash = next((unit, clash) for unit, clash in clashes if clash is not None)
        raise Taken(unit, clash[0], clash[1], site.zone)
    taken = units if resource.takes == "all" else free[:1]
    for unit in taken:
        calendar.take(unit.id, wanted)
    return taken


def _price(ground: _Ground, request: BookingRequest) -> Quote:
    if request.startup_id is None:
        return free_quote(request.start, request.end)
    resource = ground.resources[request.resource_id]
    on = ground.day_of(request)
    item = pick_item(ground.items[resource.site_id], resource_id=resource.id, resource_kind=resource.kind, on=on,
                     outside=(request.startup_id, on) in ground.outside)  # fmt: skip
    if item is None:
        raise Unpriced(resource.name)
    return quote(item, request.start, request.end)


def _insert(
    session: Session, actor: Actor, now: datetime, ground: _Ground, requests: Sequence[BookingRequest],
    quotes: Sequence[Quote],
) -> list[int]:  # fmt: skip
    operator_id = current_operator(session)
    values = [
        {
            "operator_id": operator_id, "site_id": ground.resources[request.resource_id].site_id,
            "resource_id": request.resource_id, "startup_id": request.startup_id, "booked_by": actor.person_id,
            "title": request.title.strip(), "attendees": request.attendees,
            "period": Range(request.start, request.end), "price_minor": quote.gross_minor,
            "currency": quote.currency, "quote": quote.as_data(), "created_at": min(now, request.start),
        }
        for request, quote in zip(requests, quotes, strict=True)
    ]  # fmt: skip
    return list(session.execute(insert(Booking).returning(Booking.id, sort_by_parameter_order=True), values).scalars())
