"""Reads of tariffs, and the price of a booking."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from msgspec import Struct
from sqlalchemy import Row, func, select
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.permissions import Action
from incubator.core.errors import N_, NotFound
from incubator.core.paging import PAGE_SIZE, Page
from incubator.database import among, read
from incubator.pricing.models import Tariff, TariffItem, TariffTier
from incubator.pricing.queries.taxes import load_taxes
from incubator.pricing.rules.compositions import Windows
from incubator.pricing.rules.proposals import NOTHING_PROPOSED, Proposals
from incubator.pricing.rules.tariffs import (
    MonthlyPrice,
    PriceItem,
    Quote,
    Unpriced,
    free_quote,
    pick_item,
    quote,
    tariff_state,
    with_tax,
)
from incubator.pricing.rules.taxes import NO_TAXES
from incubator.spaces.models import Resource, Site


def list_price_items(session: Session, site_id: int) -> list[PriceItem]:
    """Every hourly price of the site's tariffs, in one statement."""
    return list_prices_of(session, [site_id])[site_id]


_PRICES = (
    select(
        TariffItem.id, TariffItem.unit_price, TariffItem.currency, TariffItem.resource_id, TariffItem.resource_kind,
        TariffItem.basis, TariffItem.outside, TariffItem.minimum, TariffItem.round_minutes, Tariff.id.label("tariff"),
        Tariff.site_id, Tariff.valid, Tariff.tax_included, Tariff.half_day_minutes, Tariff.night_from_minute,
        Tariff.night_until_minute, Site.zone,
    )
    .join(Tariff, Tariff.id == TariffItem.tariff_id)
    .join(Site, Site.id == Tariff.site_id)
    .where(Tariff.site_id == among("site_ids"), TariffItem.charge_kind == "booking")
    .order_by(TariffItem.id)
)  # fmt: skip


def list_prices_of(session: Session, site_ids: Collection[int]) -> dict[int, list[PriceItem]]:
    """What each site's tariffs ask for bookings, with VAT, by tariff, subject and who books; one statement for all of
    them, and two where one of them is without VAT."""
    rows = read(session, _PRICES, {"site_ids": list(site_ids)})
    sheets: dict[tuple[object, ...], list[Row[Any]]] = {}
    for row in rows:
        sheets.setdefault((row.tariff, row.resource_id, row.resource_kind, row.outside), []).append(row)
    found: dict[int, list[PriceItem]] = {each: [] for each in site_ids}
    taxes = NO_TAXES if all(row.tax_included for row in rows) else load_taxes(session)
    for sheet in sheets.values():
        price, of = _price_item(sheet), sheet[0]
        found[of.site_id] += [price] if of.tax_included else with_tax(price, taxes)
    return found


def _price_item(rows: Sequence[Row[Any]]) -> PriceItem:
    """One subject's prices of a tariff as one: named by the hour where there is a price for it."""
    first = min(rows, key=lambda row: (row.basis != "hour", row.id))
    return PriceItem(
        first.id, first.unit_price, first.currency, first.resource_id, first.resource_kind,
        first.valid.lower or date.min, last_day(first.valid), first.basis,
        tuple((row.basis, row.unit_price) for row in rows), first.outside,
        max((row.minimum for row in rows if row.minimum is not None), default=None),
        max((row.round_minutes for row in rows if row.round_minutes is not None), default=None),
        Windows(first.half_day_minutes, first.night_from_minute, first.night_until_minute), first.zone,
    )  # fmt: skip


def quote_booking(
    session: Session, *, resource: Resource, start: datetime, end: datetime, free: bool = False
) -> Quote:
    """The price of `resource` from `start` to `end` by the tariff of the local day on which it starts.

    Refusal where no price is set for it; `free` is the operator's own use. 90 minutes at 50.00 are 75.00.
    """
    if free:
        return free_quote(start, end)
    zone = session.execute(select(Site.zone).where(Site.id == resource.site_id)).scalar_one()
    item = pick_item(
        list_price_items(session, resource.site_id),
        resource_id=resource.id,
        resource_kind=resource.kind,
        on=start.astimezone(ZoneInfo(zone)).date(),
    )
    if item is None:
        raise Unpriced(resource.name)
    return quote(item, start, end)


class TariffRow(Struct, frozen=True):
    """A tariff as a list shows it: its local dates, inclusive, and where it stands today."""

    tariff: Tariff
    site: Site
    first: date
    last: date | None
    state: str
    prices: int


def list_tariffs(session: Session, actor: Actor, *, now: datetime, page: int = 1) -> Page[TariffRow]:
    """A page of all tariffs, by site, the latest first; two statements."""
    actor.require(Action.SEE_PRICES)
    total = session.execute(select(func.count()).select_from(Tariff)).scalar_one()
    prices = (
        select(func.count()).where(TariffItem.tariff_id == Tariff.id).correlate(Tariff).scalar_subquery()
    )
    rows = session.execute(
        select(Tariff, Site, prices)
        .join(Site, Site.id == Tariff.site_id)
        .order_by(Site.code, func.lower(Tariff.valid).desc(), Tariff.id)
        .limit(PAGE_SIZE)
        .offset((page - 1) * PAGE_SIZE)
    ).all()
    return Page([_row(tariff, site, count, now) for tariff, site, count in rows], page, total)


def get_tariff(session: Session, actor: Actor, tariff_id: int, *, now: datetime) -> TariffRow:
    """A tariff of the operator with its site; NotFound otherwise."""
    actor.require(Action.SEE_PRICES)
    row = session.execute(
        select(Tariff, Site).join(Site, Site.id == Tariff.site_id).where(Tariff.id == tariff_id)
    ).one_or_none()
    if row is None:
        raise NotFound(N_("There is no such tariff."))
    return _row(*row, 0, now)


def list_neighbours(session: Session, tariff: Tariff) -> tuple[Tariff | None, Tariff | None]:
    """The tariff of the same site before this one and the one after it, in one statement."""
    rows = session.execute(
        select(Tariff)
        .where(Tariff.site_id == tariff.site_id)
        .order_by(func.lower(Tariff.valid))
    ).scalars().all()  # fmt: skip
    place = [each.id for each in rows].index(tariff.id)
    before = rows[place - 1] if place > 0 else None
    return before, rows[place + 1] if place + 1 < len(rows) else None


def list_items(session: Session, tariff_id: int) -> Sequence[TariffItem]:
    """The lines of one tariff."""
    return (
        session.execute(
            select(TariffItem)
            .where(TariffItem.tariff_id == tariff_id)
            .order_by(TariffItem.charge_kind != "rent", TariffItem.charge_kind, TariffItem.unit_kind,
                      TariffItem.resource_kind, TariffItem.id)
        )
        .scalars()
        .all()
    )


def list_items_in_force(session: Session, actor: Actor, *, tariff_ids: Sequence[int]) -> dict[int, list[TariffItem]]:
    """The lines of some tariffs, in one statement."""
    actor.require(Action.SEE_PRICES)
    found: dict[int, list[TariffItem]] = {tariff_id: [] for tariff_id in tariff_ids}
    if found:
        rows = session.execute(
            select(TariffItem).where(TariffItem.tariff_id.in_(tariff_ids)).order_by(TariffItem.id)
        ).scalars()
        for item in rows:
            found[item.tariff_id].append(item)
    return found


def tariff_in_force(session: Session, site_id: int, on: date) -> Tariff | None:
    """The site's tariff on a local date; at most one, by constraint."""
    return session.execute(
        select(Tariff).where(Tariff.site_id == site_id, Tariff.valid.op("@>")(on))
    ).scalar_one_or_none()


def latest_tariff(session: Session, site_id: int) -> Tariff | None:
    """The site's tariff that begins last."""
    return session.execute(
        select(Tariff).where(Tariff.site_id == site_id).order_by(func.lower(Tariff.valid).desc()).limit(1)
    ).scalar_one_or_none()


def list_monthly_prices(session: Session, site_id: int, on: date) -> list[MonthlyPrice]:
    """The monthly prices of the site's tariff on a local date, in one statement; empty where none is in force."""
    rows = session.execute(
        select(TariffItem.charge_kind, TariffItem.basis, TariffItem.unit_kind, TariffItem.unit_price)
        .join(Tariff, Tariff.id == TariffItem.tariff_id)
        .where(Tariff.site_id == site_id, Tariff.valid.op("@>")(on), TariffItem.unit_kind.is_not(None))
    ).all()
    return [MonthlyPrice(charge, basis, kind, price) for charge, basis, kind, price in rows if kind is not None]


def get_proposals(session: Session, site_id: int, on: date) -> Proposals:
    """What the site's tariff on a local date proposes to agreements beside prices; nothing where none is in force."""
    tariff = tariff_in_force(session, site_id, on)
    return NOTHING_PROPOSED if tariff is None else proposals_of(tariff)


def proposals_of(tariff: Tariff) -> Proposals:
    """As its row has them."""
    return Proposals(tariff.proration, tariff.step_percent, tariff.step_months, tariff.deposit_months,
                     tariff.tax_included)  # fmt: skip


def last_day(valid: Range[date]) -> date | None:
    """The last day, inclusive, of a range that PostgreSQL gives with the first day after it."""
    return None if valid.upper is None else valid.upper - timedelta(days=1)


def _row(tariff: Tariff, site: Site, prices: int, now: datetime) -> TariffRow:
    first, last = tariff.valid.lower or date.min, last_day(tariff.valid)
    today = now.astimezone(ZoneInfo(site.zone)).date()
    return TariffRow(tariff, site, first, last, tariff_state(first, last, today), prices)


def list_tiers(session: Session, item_ids: Collection[int]) -> dict[int, list[TariffTier]]:
    """The tiers above the first of some metered prices, in ascending order; one statement."""
    found: dict[int, list[TariffTier]] = {item_id: [] for item_id in item_ids}
    if found:
        rows = session.execute(
            select(TariffTier).where(TariffTier.tariff_item_id.in_(found)).order_by(TariffTier.above)
        ).scalars()
        for tier in rows:
            found[tier.tariff_item_id].append(tier)
    return found
