"""Reads of ledgers, orders and settlements. Balances are those of the last entry; an order's, sums of its entries."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from msgspec import Struct
from sqlalchemy import ColumnElement, SQLColumnExpression, and_, case, func, select
from sqlalchemy.orm import Session, aliased

from incubator.accounts.actor import Actor
from incubator.accounts.models import Person
from incubator.accounts.permissions import Action
from incubator.core.errors import N_, NotFound
from incubator.documents.models import Document, DocumentVersion, StoredFile
from incubator.startups.models import Startup
from incubator.subsidies.models import (
    ServiceProvider,
    Voucher,
    VoucherEntry,
    VoucherOrder,
    VoucherSeries,
    VoucherSettlement,
    VoucherYear,
)
from incubator.subsidies.rules.vouchers import Balance, order_state

TAKEN_BACK = ("return", "recover")
"""What makes a redemption less: before it is settled, and after."""
_Later = aliased(VoucherEntry)
IS_LAST: ColumnElement[bool] = VoucherEntry.number == (
    select(func.max(_Later.number)).where(_Later.voucher_id == VoucherEntry.voucher_id).correlate(VoucherEntry)
    .scalar_subquery()
)  # fmt: skip
"""The entry that says what is left of its voucher."""


def balance_of(entry: VoucherEntry | None) -> Balance:
    """Where a voucher's money is after an entry; before the first there is none."""
    if entry is None:
        return Balance()
    return Balance(entry.left_minor, entry.reserved_minor, entry.redeemed_minor, entry.settled_minor,
                   entry.expired_minor)  # fmt: skip


def last_entries(session: Session, voucher_ids: Sequence[int]) -> dict[int, VoucherEntry]:
    """The last entry of each voucher, by the voucher."""
    query = select(VoucherEntry).where(VoucherEntry.voucher_id.in_(voucher_ids), IS_LAST)
    return {each.voucher_id: each for each in session.execute(query.order_by(VoucherEntry.voucher_id)).scalars()}


class EntryRow(Struct, frozen=True):
    """A line of a ledger, who wrote it, and what it is about."""

    entry: VoucherEntry
    by: str | None
    order: VoucherOrder | None
    settlement: VoucherSettlement | None


def list_entries(session: Session, voucher_id: int) -> list[EntryRow]:
    """Every line, the latest first. The caller has loaded the voucher through the actor."""
    rows = session.execute(
        select(VoucherEntry, Person.name, VoucherOrder, VoucherSettlement)
        .outerjoin(Person, Person.id == VoucherEntry.created_by)
        .outerjoin(VoucherOrder, VoucherOrder.id == VoucherEntry.order_id)
        .outerjoin(VoucherSettlement, VoucherSettlement.id == VoucherEntry.settlement_id)
        .where(VoucherEntry.voucher_id == voucher_id)
        .order_by(VoucherEntry.number.desc())
    )
    return [EntryRow(*row) for row in rows]


class OrderRow(Struct, frozen=True):
    """An order, and what became of it."""

    order: VoucherOrder
    voucher: Voucher
    series: VoucherSeries
    startup: Startup
    provider: ServiceProvider | None
    reserved_minor: int
    redeemed_minor: int
    """All that was ever redeemed of it."""
    returned_minor: int
    delivered_minor: int
    """What the provider has invoiced for what is redeemed, the startup's own part included."""

    @property
    def state(self) -> str:
        return order_state(self.order.covered_minor, self.reserved_minor, self.redeemed_minor, self.returned_minor)

    @property
    def own_minor(self) -> int:
        """What the startup pays itself."""
        return self.order.gross_minor - self.order.covered_minor

    @property
    def to_deliver_minor(self) -> int:
        return self.order.gross_minor - self.delivered_minor


def get_order(session: Session, actor: Actor, order_id: int) -> OrderRow:
    """An order, for who sees its voucher."""
    found = _orders(session, [VoucherOrder.id == order_id], 1)
    if not found:
        raise NotFound(N_("There is no such order."))
    if not (actor.can(Action.SEE_SCHEMES) or actor.can(Action.TAKE_VOUCHERS)):
        actor.require_for(Action.SEE_OWN_INVOICES, found[0].startup.id)
    return found[0]


def list_orders(session: Session, voucher_ids: Sequence[int], *, only_open: bool = False) -> list[OrderRow]:
    """The orders by some vouchers, the latest first. The caller has loaded them through the actor."""
    wanted = [VoucherOrder.voucher_id.in_(voucher_ids)]
    return _orders(session, wanted, 200, only_open=only_open)


def list_redemptions(session: Session, order_id: int) -> list[tuple[VoucherEntry, int, bool]]:
    """The redemptions of an order: each, what of it stands after returns, and whether it is settled."""
    later = aliased(VoucherEntry)
    rows = session.execute(
        select(VoucherEntry, func.coalesce(_sum(later.amount_minor, later.kind.in_(TAKEN_BACK)), 0),
               func.count().filter(later.kind == "settle"))
        .outerjoin(later, later.of_id == VoucherEntry.id)
        .where(VoucherEntry.order_id == order_id, VoucherEntry.kind == "redeem")
        .group_by(VoucherEntry.operator_id, VoucherEntry.id)
        .order_by(VoucherEntry.id)
    ).all()  # fmt: skip
    return [(entry, entry.amount_minor - int(returned), bool(settled)) for entry, returned, settled in rows]


def get_used(session: Session, series_id: int, startup_id: int, year: int) -> VoucherYear | None:
    """What the startup has used of the series in a year; None: nothing yet."""
    return session.execute(
        select(VoucherYear).where(
            VoucherYear.series_id == series_id, VoucherYear.startup_id == startup_id, VoucherYear.year == year
        )
    ).scalar_one_or_none()


class Payable(Struct, frozen=True):
    """A redemption that its provider is to be paid for, with its evidence."""

    entry: VoucherEntry
    net_minor: int
    """Less what was returned of it."""
    order: VoucherOrder
    voucher: Voucher
    startup: Startup
    series: VoucherSeries
    document: Document
    file: StoredFile


def list_payable(session: Session, provider_id: int, first: date, last: date) -> list[Payable]:
    """What was redeemed with a provider on some days, is not settled and not returned, the earliest first."""
    later = aliased(VoucherEntry)
    returned = func.coalesce(
        select(func.sum(later.amount_minor)).where(later.of_id == VoucherEntry.id, later.kind == "return")
        .correlate(VoucherEntry).scalar_subquery(), 0
    )  # fmt: skip
    is_settled = (
        select(later.id).where(later.of_id == VoucherEntry.id, later.kind == "settle").correlate(VoucherEntry).exists()
    )
    rows = session.execute(
        select(VoucherEntry, returned, VoucherOrder, Voucher, Startup, VoucherSeries, Document, StoredFile)
        .join(VoucherOrder, VoucherOrder.id == VoucherEntry.order_id)
        .join(Voucher, Voucher.id == VoucherEntry.voucher_id)
        .join(Startup, Startup.id == Voucher.startup_id)
        .join(VoucherSeries, VoucherSeries.id == Voucher.series_id)
        .join(Document, Document.id == VoucherEntry.document_id)
        .join(DocumentVersion, and_(DocumentVersion.document_id == Document.id, DocumentVersion.number == 1))
        .join(StoredFile, StoredFile.id == DocumentVersion.file_id)
        .where(
            VoucherEntry.kind == "redeem", VoucherOrder.provider_id == provider_id, VoucherEntry.happened_on >= first,
            VoucherEntry.happened_on <= last, ~is_settled, returned < VoucherEntry.amount_minor,
        )
        .order_by(VoucherEntry.happened_on, VoucherEntry.id)
    ).all()  # fmt: skip
    return [Payable(entry, entry.amount_minor - int(minus), *rest) for entry, minus, *rest in rows]


def count_payable(session: Session, actor: Actor) -> dict[int, int]:
    """What each provider is to be paid and has not been settled, in fen, by provider; one statement."""
    actor.require(Action.SEE_SCHEMES)
    first, amount = aliased(VoucherEntry), VoucherEntry.amount_minor
    amounts = func.sum(case((VoucherEntry.kind == "redeem", amount), else_=-amount))
    rows = session.execute(
        select(VoucherOrder.provider_id, amounts)
        .select_from(VoucherEntry)
        .outerjoin(first, first.id == VoucherEntry.of_id)
        .join(VoucherOrder, VoucherOrder.id == func.coalesce(VoucherEntry.order_id, first.order_id))
        .where(VoucherOrder.provider_id.is_not(None), VoucherEntry.kind.in_(("redeem", "return", "settle")))
        .group_by(VoucherOrder.provider_id)
    ).all()  # fmt: skip
    return {provider_id: int(amount) for provider_id, amount in rows if provider_id is not None}


def _sum(column: SQLColumnExpression[int], which: ColumnElement[bool]) -> ColumnElement[int]:
    return func.sum(column).filter(which)


def _orders(
    session: Session, wanted: Sequence[ColumnElement[bool]], most: int, *, only_open: bool = False
) -> list[OrderRow]:
    entry = VoucherEntry

    def of(*kinds: str) -> ColumnElement[int]:
        return func.coalesce(_sum(entry.amount_minor, entry.kind.in_(kinds)), 0)

    reserved = of("reserve") - of("release") - of("redeem")
    sums = (
        select(entry.order_id, reserved.label("reserved"), of("redeem").label("redeemed"),
               of(*TAKEN_BACK).label("returned"), func.coalesce(func.sum(entry.gross_minor), 0).label("delivered"))
        .where(entry.order_id.in_(select(VoucherOrder.id).where(*wanted))).group_by(entry.order_id).subquery()
    )  # fmt: skip
    query = (
        select(VoucherOrder, Voucher, VoucherSeries, Startup, ServiceProvider, sums.c.reserved, sums.c.redeemed,
               sums.c.returned, sums.c.delivered)
        .join(Voucher, Voucher.id == VoucherOrder.voucher_id)
        .join(VoucherSeries, VoucherSeries.id == Voucher.series_id)
        .join(Startup, Startup.id == VoucherOrder.startup_id)
        .outerjoin(ServiceProvider, ServiceProvider.id == VoucherOrder.provider_id)
        .join(sums, sums.c.order_id == VoucherOrder.id)
        .where(*wanted).order_by(VoucherOrder.id.desc()).limit(most)
    )  # fmt: skip
    if only_open:
        query = query.where(sums.c.reserved > 0)
    return [OrderRow(order, voucher, series, startup, provider, *map(int, amounts))
            for order, voucher, series, startup, provider, *amounts in session.execute(query)]  # fmt: skip
