"""Vouchers that bear a part of the operator's own bookings: given back with them, made less, redeemed by an invoice."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from msgspec import Struct
from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.audit.operations import record
from incubator.core.errors import N_, Conflict
from incubator.database import current_operator
from incubator.subsidies.models import Voucher, VoucherEntry, VoucherOrder, VoucherSeries, VoucherYear
from incubator.subsidies.operations.voucher_ledger import lock_vouchers, lock_year, use_year, write_entry
from incubator.subsidies.queries.voucher_ledger import balance_of, last_entries
from incubator.subsidies.queries.voucher_sources import SourceOrder, list_source_orders
from incubator.subsidies.rules.vouchers import move, too_much

Year = tuple[int, int, int]
"""A startup's year of a series: what is locked first."""


def release_sources(
    session: Session, actor: Actor, *, now: datetime, kind: str, source_ids: Collection[int], reason: str
) -> int:
    """What vouchers keep for some bookings (or sessions) is theirs again, and of their startups' year; how much.

    Whoever takes bookings back calls it in the same transaction. What is redeemed already stays.
    """
    if not any(each.reserved_minor for each in list_source_orders(session, kind, source_ids)):
        return 0
    return _release(session, actor, kind, dict.fromkeys(source_ids), now, reason)


def trim_sources(
    session: Session, actor: Actor, *, now: datetime, kind: str, to_pay: Mapping[int, int], reason: str
) -> int:
    """The same of what is more than the voucher's share, where less is left to pay of some bookings; how much."""
    if not any(_over(each, to_pay) for each in list_source_orders(session, kind, to_pay)):
        return 0
    return _release(session, actor, kind, to_pay, now, reason)


def lock_sources(session: Session, kind: str, source_ids: Collection[int]) -> dict[Year, VoucherYear]:
    """Lock the years and vouchers of some bookings' orders, in one order, whoever asks; who takes many bookings back
    one by one calls it first."""
    found = list_source_orders(session, kind, source_ids)
    series = {
        each.id: each
        for each in session.execute(
            select(VoucherSeries).where(VoucherSeries.id.in_({one.series_id for one in found}))
        ).scalars()
    } if found else {}  # fmt: skip
    years = {
        key: lock_year(session, series[key[0]], *key[1:])
        for key in sorted({_year_of(each) for each in found})
    }  # fmt: skip
    lock_vouchers(session, {each.voucher.id for each in found})
    return years


def _release(
    session: Session, actor: Actor, kind: str, to_pay: Mapping[int, int | None], now: datetime, reason: str
) -> int:
    years = lock_sources(session, kind, to_pay)
    total = 0
    for each in list_source_orders(session, kind, to_pay):
        amount = _over(each, to_pay)
        if not amount or _year_of(each) not in years:
            continue
        write_entry(session, actor, each.voucher, "release", amount, now=now, order_id=each.order.id, reason=reason)
        use_year(session, years[_year_of(each)], -amount)
        after = {"number": each.order.label, "released_minor": amount, "reason": reason}
        record(session, actor, "release_order", ("voucher_orders", each.order.id), now=now, after=after)
        total += amount
    return total


def _over(each: SourceOrder, to_pay: Mapping[int, int | None]) -> int:
    left = to_pay[each.order.source_id or 0]
    return each.reserved_minor if left is None else too_much(each.reserved_minor, each.order.share_percent, left)


def _year_of(each: SourceOrder) -> Year:
    return each.series_id, each.order.startup_id, each.order.year


class Charged(Struct, frozen=True):
    """A booking that is charged: by which charge and invoice, what it cost, and what its voucher bore of that."""

    booking_id: int
    order_id: int
    charge_id: int
    invoice: str
    gross_minor: int
    borne_minor: int
    on: date


def redeem_charged(session: Session, actor: Actor, *, now: datetime, charged: Sequence[Charged]) -> int:
    """What vouchers bear of posted charges is redeemed, each with its charge and invoice as evidence; how much.

    In the transaction that posts them, under the vouchers' locks: where somebody has changed in between what a voucher
    keeps for a booking, nothing is posted. A handful of statements, however many there are.
    """
    if not charged:
        return 0
    orders = list_source_orders(session, "booking", [each.booking_id for each in charged])
    lock_vouchers(session, {each.voucher.id for each in orders})
    kept = {each.order.id: each
            for each in list_source_orders(session, "booking", [each.booking_id for each in charged])}  # fmt: skip
    if any(each.order_id not in kept or kept[each.order_id].reserved_minor != each.borne_minor for each in charged):
        raise Conflict(N_("Somebody has changed a booking that a voucher bears. Look at the draft again, then post."))
    _write_redeemed(session, actor, [(each, kept[each.order_id].voucher) for each in charged], now)
    return sum(each.borne_minor for each in charged)


def _write_redeemed(session: Session, actor: Actor, rows: Sequence[tuple[Charged, Voucher]], now: datetime) -> None:
    last = last_entries(session, list({voucher.id for _, voucher in rows}))
    balances = {voucher_id: (entry.number, balance_of(entry)) for voucher_id, entry in last.items()}
    values: list[dict[str, Any]] = []
    for each, voucher in rows:
        number, before = balances[voucher.id]
        after = move(before, "redeem", each.borne_minor)
        balances[voucher.id] = number + 1, after
        values.append({
            "operator_id": current_operator(session), "voucher_id": voucher.id, "number": number + 1, "kind": "redeem",
            "amount_minor": each.borne_minor, "left_minor": after.left, "reserved_minor": after.reserved,
            "redeemed_minor": after.redeemed, "settled_minor": after.settled, "expired_minor": after.expired,
            "order_id": each.order_id, "charge_id": each.charge_id, "invoice": each.invoice,
            "gross_minor": each.gross_minor, "happened_on": each.on, "created_at": now, "created_by": actor.person_id,
        })  # fmt: skip
    session.execute(insert(VoucherEntry), values)


class Returned(Struct, frozen=True):
    """What of a charge's redemption is taken back."""

    charge_id: int
    amount_minor: int


def return_charged(
    session: Session, actor: Actor, *, now: datetime, returned: Sequence[Returned], reason: str, keep: bool
) -> int:
    """What vouchers have borne of posted charges goes back to them, and to their startups' years; how much.

    With `keep` it stays reserved for the booking, which is charged anew. Whoever calls has locked the bookings' orders
    (`lock_sources`).
    """
    if not returned:
        return 0
    rows = session.execute(
        select(VoucherEntry, VoucherOrder, Voucher)
        .join(VoucherOrder, VoucherOrder.id == VoucherEntry.order_id)
        .join(Voucher, Voucher.id == VoucherEntry.voucher_id)
        .where(VoucherEntry.charge_id.in_([each.charge_id for each in returned]), VoucherEntry.kind == "redeem")
        .order_by(VoucherEntry.id)
    ).all()
    amounts = {each.charge_id: each.amount_minor for each in returned}
    total = 0
    for entry, order, voucher in rows:
        amount = amounts[entry.charge_id or 0]
        write_entry(session, actor, voucher, "return", amount, now=now, order_id=order.id, of_id=entry.id,
                    reason=reason)  # fmt: skip
        if keep:
            write_entry(session, actor, voucher, "reserve", amount, now=now, order_id=order.id)
        else:
            series = session.get_one(VoucherSeries, (voucher.operator_id, voucher.series_id))
            use_year(session, lock_year(session, series, order.startup_id, order.year), -amount)
        after = {"number": order.label, "voucher": voucher.label, "returned_minor": amount, "reason": reason}
        record(session, actor, "return_redemption", ("voucher_orders", order.id), now=now, after=after)
        total += amount
    return total
