"""Reads of settlements with providers: what was settled, whether it is paid, what is still to be deducted."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct
from sqlalchemy import Select, and_, func, or_, select
from sqlalchemy.orm import Session, aliased

from incubator.accounts.actor import Actor
from incubator.accounts.models import Person
from incubator.accounts.permissions import Action
from incubator.core.errors import N_, NotFound
from incubator.core.paging import PAGE_SIZE, Page
from incubator.documents.models import Document
from incubator.startups.models import Startup
from incubator.subsidies.models import (
    ServiceProvider,
    SettlementPayment,
    Voucher,
    VoucherEntry,
    VoucherOrder,
    VoucherSettlement,
)
from incubator.subsidies.queries.voucher_ledger import TAKEN_BACK

_Later = aliased(SettlementPayment)
_LAST_PAYMENT = and_(
    SettlementPayment.settlement_id == VoucherSettlement.id,
    SettlementPayment.number == select(func.max(_Later.number)).where(_Later.settlement_id == VoucherSettlement.id)
    .correlate(VoucherSettlement).scalar_subquery(),
)  # fmt: skip
_IS_PAID = or_(func.coalesce(SettlementPayment.kind == "pay", False), VoucherSettlement.total_minor == 0)


class SettlementRow(Struct, frozen=True):
    """A settlement, whose it is, who made it, and the last that was said of its payment."""

    settlement: VoucherSettlement
    provider: ServiceProvider
    by: str | None
    last: SettlementPayment | None

    @property
    def payment(self) -> SettlementPayment | None:
        """By what it is paid; None: it is not."""
        return self.last if self.last is not None and self.last.kind == "pay" else None

    @property
    def is_to_pay(self) -> bool:
        return self.payment is None and self.settlement.total_minor > 0


def list_settlements(session: Session, actor: Actor, *, page: int = 1) -> Page[SettlementRow]:
    """A page of all settlements: those that are to be paid first, the latest first."""
    actor.require(Action.SEE_SCHEMES)
    total = session.execute(select(func.count()).select_from(VoucherSettlement)).scalar_one()
    query = _settlements().order_by(_IS_PAID, VoucherSettlement.id.desc())
    rows = session.execute(query.limit(PAGE_SIZE).offset((page - 1) * PAGE_SIZE))
    return Page([SettlementRow(*row) for row in rows], page, total)


def list_all_settlements(session: Session, actor: Actor, most: int) -> list[SettlementRow]:
    """The latest `most`, for an export."""
    actor.require(Action.SEE_SCHEMES)
    rows = session.execute(_settlements().order_by(VoucherSettlement.id.desc()).limit(most))
    return [SettlementRow(*row) for row in rows]


def sum_unpaid(session: Session, actor: Actor) -> tuple[int, int]:
    """How many settlements are to be paid, and how much that is together; one statement."""
    actor.require(Action.SEE_SCHEMES)
    row = session.execute(
        select(func.count(), func.coalesce(func.sum(VoucherSettlement.total_minor), 0))
        .select_from(VoucherSettlement).outerjoin(SettlementPayment, _LAST_PAYMENT).where(~_IS_PAID)
    ).one()  # fmt: skip
    return int(row[0]), int(row[1])


def get_settlement(session: Session, actor: Actor, settlement_id: int) -> SettlementRow:
    """A settlement, for staff who see schemes."""
    actor.require(Action.SEE_SCHEMES)
    row = session.execute(_settlements().where(VoucherSettlement.id == settlement_id)).one_or_none()
    if row is None:
        raise NotFound(N_("There is no such settlement."))
    return SettlementRow(*row)


class PaymentRow(Struct, frozen=True):
    """What was said of a payment, and by whom."""

    payment: SettlementPayment
    by: str | None


def list_payments(session: Session, settlement_id: int) -> list[PaymentRow]:
    """All that was said of a settlement's payment, the latest first. The caller has loaded it through the actor."""
    rows = session.execute(
        select(SettlementPayment, Person.name).outerjoin(Person, Person.id == SettlementPayment.created_by)
        .where(SettlementPayment.settlement_id == settlement_id).order_by(SettlementPayment.number.desc())
    )  # fmt: skip
    return [PaymentRow(*row) for row in rows]


class Deduction(Struct, frozen=True):
    """What was taken back of a settled redemption, and of which settlement that was."""

    entry: VoucherEntry
    redemption: VoucherEntry
    settlement: VoucherSettlement
    order: VoucherOrder
    voucher: Voucher
    startup: Startup


def list_deductions(session: Session, provider_id: int) -> list[Deduction]:
    """What was taken back from a provider and is in no settlement yet, the earliest first; one statement."""
    redemption, settled, deducted = aliased(VoucherEntry), aliased(VoucherEntry), aliased(VoucherEntry)
    is_deducted = (
        select(deducted.id).where(deducted.of_id == VoucherEntry.id, deducted.kind == "deduct")
        .correlate(VoucherEntry).exists()
    )  # fmt: skip
    rows = session.execute(
        select(VoucherEntry, redemption, VoucherSettlement, VoucherOrder, Voucher, Startup)
        .join(redemption, redemption.id == VoucherEntry.of_id)
        .join(settled, and_(settled.of_id == redemption.id, settled.kind == "settle"))
        .join(VoucherSettlement, VoucherSettlement.id == settled.settlement_id)
        .join(VoucherOrder, VoucherOrder.id == VoucherEntry.order_id)
        .join(Voucher, Voucher.id == VoucherEntry.voucher_id)
        .join(Startup, Startup.id == Voucher.startup_id)
        .where(VoucherEntry.kind == "recover", VoucherOrder.provider_id == provider_id, ~is_deducted)
        .order_by(VoucherEntry.id)
    )
    return [Deduction(*row) for row in rows]


def list_deducted(
    session: Session, settlement_id: int
) -> Sequence[tuple[VoucherEntry, VoucherOrder, VoucherSettlement | None]]:
    """What was taken back of a settlement's redemptions, each with the later settlement that deducted it, if any."""
    settled, deduct = aliased(VoucherEntry), aliased(VoucherEntry)
    rows = session.execute(
        select(VoucherEntry, VoucherOrder, VoucherSettlement)
        .join(VoucherOrder, VoucherOrder.id == VoucherEntry.order_id)
        .join(settled, and_(settled.of_id == VoucherEntry.of_id, settled.kind == "settle"))
        .outerjoin(deduct, and_(deduct.of_id == VoucherEntry.id, deduct.kind == "deduct"))
        .outerjoin(VoucherSettlement, VoucherSettlement.id == deduct.settlement_id)
        .where(VoucherEntry.kind == "recover", settled.settlement_id == settlement_id)
        .order_by(VoucherEntry.id)
    ).all()  # fmt: skip
    return [(entry, order, settlement) for entry, order, settlement in rows]


class RedeemedRow(Struct, frozen=True):
    """A redemption as the issuer of its series asks for it: what of it stands, and by what it is proved and settled."""

    entry: VoucherEntry
    net_minor: int
    order: VoucherOrder
    voucher: Voucher
    startup: Startup
    provider: ServiceProvider | None
    document: Document | None
    settlement: VoucherSettlement | None


def list_redeemed(session: Session, actor: Actor, series_id: int, most: int) -> list[RedeemedRow]:
    """All redemptions of a series, the earliest first: with providers, and of the operator's own; one statement."""
    actor.require(Action.SEE_SCHEMES)
    later, settled = aliased(VoucherEntry), aliased(VoucherEntry)
    back = func.coalesce(
        select(func.sum(later.amount_minor)).where(later.of_id == VoucherEntry.id, later.kind.in_(TAKEN_BACK))
        .correlate(VoucherEntry).scalar_subquery(), 0
    )  # fmt: skip
    rows = session.execute(
        select(VoucherEntry, VoucherEntry.amount_minor - back, VoucherOrder, Voucher, Startup, ServiceProvider,
               Document, VoucherSettlement)
        .join(VoucherOrder, VoucherOrder.id == VoucherEntry.order_id)
        .join(Voucher, Voucher.id == VoucherEntry.voucher_id)
        .join(Startup, Startup.id == Voucher.startup_id)
        .outerjoin(ServiceProvider, ServiceProvider.id == VoucherOrder.provider_id)
        .outerjoin(Document, Document.id == VoucherEntry.document_id)
        .outerjoin(settled, and_(settled.of_id == VoucherEntry.id, settled.kind == "settle"))
        .outerjoin(VoucherSettlement, VoucherSettlement.id == settled.settlement_id)
        .where(VoucherEntry.kind == "redeem", Voucher.series_id == series_id)
        .order_by(VoucherEntry.happened_on, VoucherEntry.id).limit(most)
    )  # fmt: skip
    return [
        RedeemedRow(entry, int(net), order, voucher, startup, provider, document, settlement)
        for entry, net, order, voucher, startup, provider, document, settlement in rows
    ]


def _settlements() -> Select[VoucherSettlement, ServiceProvider, str | None, SettlementPayment | None]:
    return (
        select(VoucherSettlement, ServiceProvider, Person.name, SettlementPayment)
        .join(ServiceProvider, ServiceProvider.id == VoucherSettlement.provider_id)
        .outerjoin(Person, Person.id == VoucherSettlement.made_by)
        .outerjoin(SettlementPayment, _LAST_PAYMENT)
    )
