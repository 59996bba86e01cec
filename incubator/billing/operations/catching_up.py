"""What deposits and vouchers did since, into the books: they know nothing of the books, which come and look."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from msgspec.structs import replace
from sqlalchemy import ColumnElement, Select, and_, exists, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from incubator.accounts.actor import Actor
from incubator.accounts.permissions import Action
from incubator.billing.models import Invoice, JournalEntry, OpenItem, Payment
from incubator.billing.operations.booking import book_invoices
from incubator.billing.operations.journal import lock_books, open_day, post_entries
from incubator.billing.operations.releasing import months_due, release_due
from incubator.billing.rules.accounts import Account
from incubator.billing.rules.journal import Entry, Posting
from incubator.core.clock import CHINA
from incubator.startups.models import DepositEntry, Residency, Startup
from incubator.subsidies.models import SettlementPayment, VoucherEntry, VoucherOrder, VoucherSettlement

HOWS: dict[str, Account] = {
    "cash": Account.CASH, "card": Account.POS, "wechat": Account.POS, "alipay": Account.POS,
}  # fmt: skip
"""Where a deposit's money came to, or from; all else is the bank."""


def catch_up(session: Session, actor: Actor, *, now: datetime) -> int:
    """Book every movement that is not in the books yet, each once by its id, on its day or the first open one after;
    release the deferred income of the months that are over; how many of both. Invoices posted before there were books
    get their entry and open item.

    A deposit received is debit bank, credit deposits; withheld: debit deposits, credit income, unless it pays invoices.
    What a provider delivered for a voucher: debit voucher_receivable, credit voucher_payable; a settlement paid: debit
    voucher_payable, credit bank.
    """
    actor.require(Action.TAKE_PAYMENTS)
    lock_books(session)
    old = session.execute(
        select(Invoice).where(~exists().where(OpenItem.invoice_id == Invoice.id)).order_by(Invoice.id)
    ).scalars().all()  # fmt: skip
    if old:
        book_invoices(session, actor, old, now=now)
    found = [*_deposits(session), *_vouchers(session), *_settlements(session)]
    days = {on: open_day(session, on) for on in {each.on for each in found}}
    entries = [replace(each, on=days[each.on]) for each in sorted(found, key=lambda each: each.on)]
    booked = len(old) + len(post_entries(session, actor, entries, now=now))
    return booked + release_due(session, actor, now=now)


def count_behind(session: Session, now: datetime) -> int:
    """How many movements, and months of deferred income, are not in the books yet; one statement for each kind."""
    return len(months_due(session, now)) + sum(
        session.execute(select(func.count()).select_from(rows.subquery())).scalar_one()
        for rows in (_deposit_rows(), _voucher_rows(), _settlement_rows())
    )


def _unbooked(kind: str, table: str, key: InstrumentedAttribute[int]) -> ColumnElement[bool]:
    return ~exists().where(JournalEntry.source_kind == table, JournalEntry.source_id == key, JournalEntry.kind == kind)


def _deposit_rows() -> Select[*tuple[Any, ...]]:
    pays = exists().where(Payment.source_kind == "deposit_entries", Payment.source_id == DepositEntry.id)
    return (
        select(DepositEntry, Residency, Startup)
        .join(Residency, Residency.id == DepositEntry.residency_id)
        .join(Startup, Startup.id == Residency.startup_id)
        .where(DepositEntry.kind.in_(("received", "withheld", "returned")), ~pays,
               _unbooked("deposit", "deposit_entries", DepositEntry.id))
        .with_only_columns(
            DepositEntry.id, DepositEntry.kind, DepositEntry.amount_minor, DepositEntry.happened_on, DepositEntry.how,
            DepositEntry.reason, Residency.number, Residency.site_id, Startup.id.label("startup_id"), Startup.name,
            Startup.name_en,
        )
        .order_by(DepositEntry.id)
    )  # fmt: skip


def _deposits(session: Session) -> list[Entry]:
    found = []
    for row in session.execute(_deposit_rows()).all():
        way = HOWS.get(row.how, Account.BANK)
        sides = {
            "received": (way, Account.DEPOSITS), "returned": (Account.DEPOSITS, way),
            "withheld": (Account.DEPOSITS, Account.WITHHELD),
        }[row.kind]  # fmt: skip
        says = {"agreement": row.number, "movement": row.kind, "reason": row.reason, "startup": row.name,
                "startup_en": row.name_en}  # fmt: skip
        posting = Posting(*sides, row.amount_minor, row.startup_id)
        source = ("deposit_entries", row.id)
        found.append(Entry("deposit", row.happened_on, source, (posting,), says, row.site_id))
    return found


def _voucher_rows() -> Select[*tuple[Any, ...]]:
    return (
        select(VoucherEntry.id, VoucherEntry.kind, VoucherEntry.amount_minor, VoucherEntry.happened_on,
               VoucherEntry.reason, VoucherOrder.year, VoucherOrder.number, Startup.id.label("startup_id"),
               Startup.name, Startup.name_en)
        .join(VoucherOrder, VoucherOrder.id == VoucherEntry.order_id)
        .join(Startup, Startup.id == VoucherOrder.startup_id)
        .where(VoucherEntry.kind.in_(("redeem", "return", "recover")), VoucherOrder.provider_id.is_not(None),
               _unbooked("voucher", "voucher_entries", VoucherEntry.id))
        .order_by(VoucherEntry.id)
    )  # fmt: skip


def _vouchers(session: Session) -> list[Entry]:
    owed = (Account.VOUCHER_RECEIVABLE, Account.VOUCHER_PAYABLE)
    found = []
    for row in session.execute(_voucher_rows()).all():
        sides = owed if row.kind == "redeem" else owed[::-1]
        says = {"order": f"VO-{row.year}-{row.number:04}", "movement": row.kind, "reason": row.reason,
                "startup": row.name, "startup_en": row.name_en}  # fmt: skip
        posting = Posting(*sides, row.amount_minor, row.startup_id)
        found.append(Entry("voucher", row.happened_on, ("voucher_entries", row.id), (posting,), says))
    return found


def _settlement_rows() -> Select[*tuple[Any, ...]]:
    before = aliased(SettlementPayment)
    return (
        select(SettlementPayment.id, SettlementPayment.kind, SettlementPayment.paid_on, SettlementPayment.reason,
               func.coalesce(SettlementPayment.way, before.way).label("way"), SettlementPayment.created_at,
               VoucherSettlement.total_minor, VoucherSettlement.year, VoucherSettlement.number)
        .join(VoucherSettlement, VoucherSettlement.id == SettlementPayment.settlement_id)
        .outerjoin(before, and_(before.settlement_id == SettlementPayment.settlement_id,
                                before.number == SettlementPayment.number - 1))
        .where(VoucherSettlement.total_minor > 0, _unbooked("voucher", "settlement_payments", SettlementPayment.id))
        .order_by(SettlementPayment.id)
    )  # fmt: skip


def _settlements(session: Session) -> list[Entry]:
    found = []
    for row in session.execute(_settlement_rows()).all():
        sides = (Account.VOUCHER_PAYABLE, Account.CASH if row.way == "cash" else Account.BANK)
        on = row.paid_on or row.created_at.astimezone(CHINA).date()
        says = {"settlement": f"VS-{row.year}-{row.number:04}", "movement": row.kind, "reason": row.reason}
        posting = Posting(*(sides if row.kind == "pay" else sides[::-1]), row.total_minor)
        found.append(Entry("voucher", on, ("settlement_payments", row.id), (posting,), says))
    return found
