"""Reads of tariffs, and the price of a booking."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.permissions import Action
from incubator.core.errors import N_, NotFound, Refusal
from incubator.pricing.models import Tariff, TariffItem
from incubator.pricing.rules import PriceItem, Quote, free_quote, pick_item, quote
from incubator.spaces.models import Resource, Site


def list_price_items(session: Session, site_id: int) -> list[PriceItem]:
    """Every hourly price of the site's tariffs, in one statement."""
    rows = session.execute(
        select(TariffItem, Tariff.valid)
        .join(Tariff, Tariff.id == TariffItem.tariff_id)
        .where(Tariff.site_id == site_id, TariffItem.charge_kind == "booking", TariffItem.basis == "hour")
    ).all()
    return [
        PriceItem(
            item.id, item.unit_price, item.currency, item.resource_id, item.resource_kind, valid.lower or date.min,
            None if valid.upper is None else valid.upper - timedelta(days=1),
        )
        for item, valid in rows
    ]  # fmt: skip


def quote_booking(
    session: Session, *, resource: Resource, start: datetime, end: datetime, free: bool = False
) -> Quote:
    """The price of `resource` from `start` to `end` by the tariff of the local day on which it starts.

    Refusal where no price is set for it; `free` is the operator's own use.
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
        raise Refusal(N_("No price is set for %(resource)s on that day."), resource=resource.name)
    return quote(item, start, end)


def get_tariff(session: Session, actor: Actor, tariff_id: int) -> Tariff:
    """A tariff of the operator; NotFound otherwise."""
    actor.require(Action.SEE_PRICES)
    tariff = session.execute(select(Tariff).where(Tariff.id == tariff_id)).scalar_one_or_none()
    if tariff is None:
        raise NotFound(N_("There is no such tariff."))
    return tariff


def list_tariffs(session: Session, actor: Actor) -> Sequence[tuple[Tariff, Site]]:
    """All tariffs with their sites, the newest of each site first."""
    actor.require(Action.SEE_PRICES)
    rows = session.execute(
        select(Tariff, Site).join(Site, Site.id == Tariff.site_id).order_by(Site.code, Tariff.valid.desc())
    ).all()
    return [(tariff, site) for tariff, site in rows]


def list_items(session: Session, tariff_id: int) -> Sequence[TariffItem]:
    """The lines of one tariff."""
    return (
        session.execute(
            select(TariffItem)
            .where(TariffItem.tariff_id == tariff_id)
            .order_by(TariffItem.charge_kind.desc(), TariffItem.unit_kind, TariffItem.resource_kind, TariffItem.id)
        )
        .scalars()
        .all()
    )


def tariff_in_force(session: Session, site_id: int, on: date) -> list[TariffItem]:
    """The lines of the site's tariff that is in force on a local date; empty where none is."""
    return list(
        session.execute(
            select(TariffItem)
            .join(Tariff, Tariff.id == TariffItem.tariff_id)
            .where(Tariff.site_id == site_id, Tariff.valid.op("@>")(on))
        ).scalars()
    )
