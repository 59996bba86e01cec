"""Reads of payments by Stripe."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from msgspec import Struct
from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.permissions import Action
from incubator.billing.models import (
    CardDispute,
    CardFinding,
    CardMethod,
    CardPayment,
    CardPaymentPart,
    CardRefund,
    Invoice,
    OpenItem,
    Payment,
    StripeEvent,
    StripeSettings,
)
from incubator.billing.operations.payments import receipt_number
from incubator.billing.rules.cards import LIVING
from incubator.billing.rules.invoicing import invoice_number
from incubator.core.errors import N_, NotFound
from incubator.core.paging import PAGE_SIZE, Page
from incubator.startups.models import Startup


class CardPaymentRow(Struct, frozen=True):
    """A card payment with whose it is, what it is for, and its receipt once it is paid."""

    payment: CardPayment
    startup: Startup
    parts: tuple[tuple[int, str, int], ...]
    """Invoice's id, its number, and the amount."""
    receipt: str = ""

    @property
    def is_living(self) -> bool:
        return self.payment.state in LIVING


class CardPaymentDetail(Struct, frozen=True):
    """All that is known of one."""

    row: CardPaymentRow
    refunds: Sequence[CardRefund]
    disputes: Sequence[CardDispute]
    findings: Sequence[CardFinding]
    events: Sequence[StripeEvent]
    left_minor: int
    """What of it has paid nothing and gone nowhere: what can be given back."""


def get_stripe_settings(session: Session, actor: Actor) -> StripeSettings | None:
    """The operator's account at Stripe, for who manages it."""
    actor.require(Action.MANAGE_BILLING)
    return session.execute(select(StripeSettings)).scalar_one_or_none()


def get_card_payment(session: Session, actor: Actor, card_payment_id: int) -> CardPaymentRow:
    """One, for staff and for those who pay for its startup; three statements."""
    found = session.execute(
        select(CardPayment, Startup, Payment)
        .join(Startup, Startup.id == CardPayment.startup_id)
        .outerjoin(Payment, Payment.id == CardPayment.payment_id)
        .where(CardPayment.id == card_payment_id)
    ).one_or_none()
    if found is None:
        raise NotFound(N_("There is no such payment."))
    row, startup, payment = found
    if not actor.can(Action.SEE_BILLING):
        actor.require_for(Action.PAY_OWN_INVOICES, row.startup_id)
    parts = _parts(session, [row.id])
    return CardPaymentRow(row, startup, tuple(parts[row.id]), receipt_number(payment) if payment else "")


def get_card_payment_detail(session: Session, actor: Actor, card_payment_id: int) -> CardPaymentDetail:
    """One with its refunds, disputes, findings and events, for staff."""
    actor.require(Action.SEE_BILLING)
    row = get_card_payment(session, actor, card_payment_id)
    payment = row.payment
    about = [each for each in (payment.stripe_session, payment.stripe_intent, payment.stripe_charge) if each]
    refunds = session.execute(
        select(CardRefund).where(CardRefund.card_payment_id == payment.id).order_by(CardRefund.id)
    ).scalars().all()  # fmt: skip
    disputes = session.execute(
        select(CardDispute).where(CardDispute.card_payment_id == payment.id).order_by(CardDispute.id)
    ).scalars().all()  # fmt: skip
    about += [each.stripe_refund for each in refunds if each.stripe_refund]
    about += [each.stripe_dispute for each in disputes]
    left = session.execute(
        select(OpenItem.open_minor).where(OpenItem.payment_id == payment.payment_id, OpenItem.payment_id.is_not(None))
    ).scalar_one_or_none()  # fmt: skip
    return CardPaymentDetail(
        row, refunds, disputes,
        session.execute(
            select(CardFinding).where(CardFinding.card_payment_id == payment.id).order_by(CardFinding.id)
        ).scalars().all(),
        session.execute(
            select(StripeEvent).where(StripeEvent.thing_id.in_(about)).order_by(StripeEvent.id).limit(PAGE_SIZE)
        ).scalars().all(),
        left or 0,
    )  # fmt: skip


def list_card_payments(
    session: Session, actor: Actor, *, state: str = "", search: str = "", page: int = 1
) -> Page[CardPaymentRow]:
    """A page of card payments, the latest first; by state (`living` for all that are), and by startup."""
    actor.require(Action.SEE_BILLING)
    wanted: list[ColumnElement[bool]] = []
    if state:
        wanted.append(CardPayment.state.in_(LIVING) if state == "living" else CardPayment.state == state)
    if search.strip():
        fits = [column.icontains(search.strip(), autoescape=True) for column in (Startup.name, Startup.code)]
        wanted.append(fits[0] | fits[1])
    joined = select(CardPayment, Startup, Payment).join(Startup, Startup.id == CardPayment.startup_id)
    joined = joined.outerjoin(Payment, Payment.id == CardPayment.payment_id).where(*wanted)
    total = session.execute(
        select(func.count()).select_from(CardPayment).join(Startup, Startup.id == CardPayment.startup_id).where(*wanted)
    ).scalar_one()
    rows = session.execute(
        joined.order_by(CardPayment.id.desc()).limit(PAGE_SIZE).offset((page - 1) * PAGE_SIZE)
    ).all()  # fmt: skip
    parts = _parts(session, [row.id for row, _, _ in rows])
    return Page([
        CardPaymentRow(row, startup, tuple(parts[row.id]), receipt_number(payment) if payment else "")
        for row, startup, payment in rows
    ], page, total)  # fmt: skip


def _parts(session: Session, ids: Sequence[int]) -> dict[int, list[tuple[int, str, int]]]:
    found: dict[int, list[tuple[int, str, int]]] = defaultdict(list)
    for card_payment_id, amount_minor, invoice in session.execute(
        select(CardPaymentPart.card_payment_id, CardPaymentPart.amount_minor, Invoice)
        .join(Invoice, Invoice.id == CardPaymentPart.invoice_id)
        .where(CardPaymentPart.card_payment_id.in_(ids))
        .order_by(CardPaymentPart.card_payment_id, Invoice.id)
    ):
        number = invoice_number(invoice.series, invoice.year, invoice.number)
        found[card_payment_id].append((invoice.id, number, amount_minor))
    return found


def list_findings(session: Session, actor: Actor, *, settled: bool = False, page: int = 1) -> Page[CardFinding]:
    """What the books can't follow, the latest first: what waits, or what was settled."""
    actor.require(Action.SEE_BILLING)
    wanted = CardFinding.settled_at.is_not(None) if settled else CardFinding.settled_at.is_(None)
    total = session.execute(select(func.count()).select_from(CardFinding).where(wanted)).scalar_one()
    rows = session.execute(
        select(CardFinding).where(wanted).order_by(CardFinding.id.desc())
        .limit(PAGE_SIZE).offset((page - 1) * PAGE_SIZE)
    ).scalars().all()  # fmt: skip
    return Page(rows, page, total)


def get_finding(session: Session, actor: Actor, finding_id: int) -> CardFinding:
    """One of them."""
    actor.require(Action.SEE_BILLING)
    found = session.execute(select(CardFinding).where(CardFinding.id == finding_id)).scalar_one_or_none()
    if found is None:
        raise NotFound
    return found


def count_open_findings(session: Session) -> int:
    """How much at Stripe waits for somebody to look at it."""
    return session.execute(
        select(func.count()).select_from(CardFinding).where(CardFinding.settled_at.is_(None))
    ).scalar_one()  # fmt: skip


def list_disputes(session: Session, actor: Actor) -> Sequence[tuple[CardDispute, CardPayment, Startup]]:
    """The disputes that are not closed, the one to be answered first first."""
    actor.require(Action.SEE_BILLING)
    rows = session.execute(
        select(CardDispute, CardPayment, Startup)
        .join(CardPayment, CardPayment.id == CardDispute.card_payment_id)
        .join(Startup, Startup.id == CardPayment.startup_id)
        .where(CardDispute.outcome.is_(None))
        .order_by(CardDispute.answer_by, CardDispute.id)
        .limit(PAGE_SIZE)
    ).all()
    return [(dispute, payment, startup) for dispute, payment, startup in rows]


def count_open_disputes(session: Session) -> int:
    """How many charges are disputed at the moment."""
    return session.execute(
        select(func.count()).select_from(CardDispute).where(CardDispute.outcome.is_(None))
    ).scalar_one()  # fmt: skip


def get_saved_method(session: Session, actor: Actor, startup_id: int) -> CardMethod | None:
    """The card that a startup's invoices are charged by; None: none."""
    if not actor.can(Action.SEE_BILLING):
        actor.require_for(Action.PAY_OWN_INVOICES, startup_id)
    return session.execute(
        select(CardMethod).where(CardMethod.startup_id == startup_id, CardMethod.state == "active")
    ).scalar_one_or_none()


def list_living_of(session: Session, invoice_ids: Sequence[int]) -> dict[int, CardPayment]:
    """The card payment that is under way for each of some invoices."""
    rows = session.execute(
        select(CardPaymentPart.invoice_id, CardPayment)
        .join(CardPayment, CardPayment.id == CardPaymentPart.card_payment_id)
        .where(CardPaymentPart.invoice_id.in_(invoice_ids), CardPaymentPart.is_living)
    ).all()
    return {row[0]: row[1] for row in rows}
