"""Reads of what vouchers bear of the operator's own bookings and sessions, by their kind and number."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, timedelta
from typing import Any

from msgspec import Struct
from sqlalchemy import BigInteger, ColumnElement, ScalarSelect, case, cast, func, select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.permissions import Action
from incubator.core.errors import N_, NotFound
from incubator.subsidies.models import Voucher, VoucherEntry, VoucherOrder, VoucherSeries
from incubator.subsidies.queries.voucher_ledger import IS_LAST, get_used, last_entries
from incubator.subsidies.queries.vouchers import VoucherRow, list_usable
from incubator.subsidies.rules.vouchers import Borne, Cover, Standing, bear

_BORNE = func.sum(case(
    (VoucherEntry.kind == "reserve", VoucherEntry.amount_minor),
    (VoucherEntry.kind.in_(("release", "return", "recover")), -VoucherEntry.amount_minor), else_=0,
))  # fmt: skip
_RESERVED = func.sum(case(
    (VoucherEntry.kind == "reserve", VoucherEntry.amount_minor),
    (VoucherEntry.kind.in_(("release", "redeem")), -VoucherEntry.amount_minor), else_=0,
))  # fmt: skip


class SourceOrder(Struct, frozen=True):
    """An order for a booking or a session of the operator's own, and what its voucher bears of it."""

    order: VoucherOrder
    voucher: Voucher
    series_id: int
    reserved_minor: int
    """What of it is still only kept."""
    borne_minor: int
    """The same, and what is redeemed."""

    @property
    def borne(self) -> Borne:
        return Borne(self.voucher.id, self.voucher.label, self.order.id, self.order.label, self.borne_minor)


def list_source_orders(session: Session, kind: str, source_ids: Collection[int]) -> list[SourceOrder]:
    """The orders for some bookings (or sessions) of which a voucher bears anything, the first first; one statement."""
    rows = session.execute(
        select(VoucherOrder, Voucher, _RESERVED, _BORNE)
        .join(Voucher, Voucher.id == VoucherOrder.voucher_id)
        .join(VoucherEntry, VoucherEntry.order_id == VoucherOrder.id)
        .where(VoucherOrder.source_kind == kind, VoucherOrder.source_id.in_(source_ids))
        .group_by(VoucherOrder.operator_id, VoucherOrder.id, Voucher.operator_id, Voucher.id)
        .having(_BORNE > 0)
        .order_by(VoucherOrder.id)
    )
    return [SourceOrder(order, voucher, voucher.series_id, int(reserved), int(borne))
            for order, voucher, reserved, borne in rows]  # fmt: skip


def list_borne(session: Session, kind: str, source_ids: Collection[int]) -> dict[int, Borne]:
    """What vouchers bear of some bookings (or sessions), by their ids; one statement."""
    if not source_ids:
        return {}
    found = list_source_orders(session, kind, source_ids)
    return {each.order.source_id: each.borne for each in found if each.order.source_id is not None}


def borne_minor(kind: str, operator_id: Any, source_id: Any) -> ScalarSelect[int]:
    """The same of one, as a part of a statement about bookings."""
    return (
        select(cast(func.coalesce(_BORNE, 0), BigInteger))
        .select_from(VoucherOrder)
        .join(VoucherEntry, (VoucherEntry.operator_id == VoucherOrder.operator_id)
              & (VoucherEntry.order_id == VoucherOrder.id))
        .where(VoucherOrder.operator_id == operator_id, VoucherOrder.source_kind == kind,
               VoucherOrder.source_id == source_id)
        .correlate_except(VoucherOrder, VoucherEntry)
        .scalar_subquery()
    )  # fmt: skip


def get_standing(
    session: Session, voucher: Voucher, series: VoucherSeries, today: date, instead: SourceOrder | None = None
) -> Standing:
    """How a voucher stands today; what is reserved for the order that it is to take the place of counts as free."""
    used = get_used(session, series.id, voucher.startup_id, today.year)
    free = instead.reserved_minor if instead is not None and instead.voucher.id == voucher.id else 0
    of_year = free if instead is not None and instead.order.year == today.year else 0
    limit = series.yearly_limit_minor if used is None else used.limit_minor
    return Standing(
        series.share_percent, tuple(series.uses), voucher.valid_from, voucher.valid_until,
        last_entries(session, [voucher.id])[voucher.id].left_minor + free,
        None if limit is None else limit - (used.used_minor if used else 0) + of_year,
    )  # fmt: skip


def get_voucher_of(session: Session, voucher_id: int, startup_id: int | None) -> tuple[Voucher, VoucherSeries]:
    """A startup's voucher with its series; NotFound for another's. One statement."""
    row = session.execute(
        select(Voucher, VoucherSeries).join(VoucherSeries, VoucherSeries.id == Voucher.series_id)
        .where(Voucher.id == voucher_id, Voucher.startup_id == startup_id)
    ).one_or_none()  # fmt: skip
    if row is None:
        raise NotFound(N_("There is no such voucher."))
    return row[0], row[1]


def foresee_borne(
    session: Session, voucher_id: int, startup_id: int | None, *, use: str, gross_minor: int, today: date,
    instead: SourceOrder | None = None,
) -> Borne:  # fmt: skip
    """What the startup's voucher would bear of a price; else what speaks against it, as the order would say. Three
    statements. Whoever calls has asked whether the reader uses the startup's vouchers."""
    voucher, series = get_voucher_of(session, voucher_id, startup_id)
    covered: Cover = bear(get_standing(session, voucher, series, today, instead), use, gross_minor, today)
    return Borne(voucher.id, voucher.label, 0, "", covered.minor)


def list_bookable(session: Session, actor: Actor, today: date, uses: Sequence[str]) -> list[VoucherRow]:
    """One's startups' vouchers that can be used for some of `uses` today, the next to end first; one statement."""
    startups = actor.startups_for(Action.USE_VOUCHERS)
    if not startups:
        return []
    wanted: list[ColumnElement[bool]] = [
        Voucher.startup_id.in_(startups), Voucher.valid_from <= today, Voucher.valid_until >= today,
        VoucherEntry.left_minor > 0, VoucherSeries.uses.op("&&")(list(uses)), IS_LAST,
    ]  # fmt: skip
    return list_usable(session, wanted)


def list_ending(session: Session, startup_ids: Collection[int], today: date, days: int) -> list[VoucherRow]:
    """Some startups' vouchers that end within so many days with something left, the next to end first."""
    return list_usable(session, [
        Voucher.startup_id.in_(startup_ids), Voucher.valid_until >= today,
        Voucher.valid_until <= today + timedelta(days=days), VoucherEntry.left_minor > 0,
    ])  # fmt: skip
