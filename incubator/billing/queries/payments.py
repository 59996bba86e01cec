"""Reads of payments: what came, what it cleared, what is left; and of an invoice, by what it was paid."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from msgspec import Struct
from sqlalchemy import ColumnElement, and_, any_, func, or_, select
from sqlalchemy.orm import Session, aliased

from incubator.accounts.actor import Actor
from incubator.accounts.models import Person
from incubator.accounts.permissions import Action
from incubator.billing.models import BankAct, BankLine, BankShare, Clearing, Invoice, OpenItem, Payment, Refund
from incubator.billing.operations.numbering import RECEIPTS
from incubator.billing.queries.instalments import first_parts, open_parts
from incubator.billing.rules.clearing import Open, pay_oldest
from incubator.billing.rules.invoicing import invoice_number
from incubator.core.errors import N_, NotFound, Refusal
from incubator.core.paging import PAGE_SIZE, Page
from incubator.database import id_array
from incubator.startups.models import Startup

MOST_EXPORTED = 20_000
MOST_OFFERED = 200
"""Open invoices of one startup that a form offers, those due first."""


class PaymentRow(Struct, frozen=True):
    """A payment in a list."""

    payment: Payment
    startup: Startup
    left_minor: int
    refunded_minor: int

    @property
    def number(self) -> str:
        """As printed: RCT-2026-000042."""
        return invoice_number(RECEIPTS, self.payment.year, self.payment.number)

    @property
    def used_minor(self) -> int:
        """What of it paid invoices."""
        return self.payment.amount_minor - self.left_minor - self.refunded_minor


class Asked(Struct, frozen=True):
    """Which payments are looked for."""

    startup_id: int | None = None
    way: str = ""
    is_left: bool = False
    since: date | None = None
    until: date | None = None
    search: str = ""


def list_payments(
    session: Session, actor: Actor, asked: Asked | None = None, *, page: int = 1, size: int = PAGE_SIZE
) -> Page[PaymentRow]:  # fmt: skip
    """A page of payments, the latest first. `search` is a receipt's number, or part of a startup's name, of the payer
    or of the reference."""
    actor.require(Action.SEE_BILLING)
    wanted = _wanted(asked or Asked())
    whole = select(func.count()).select_from(Payment).join(Startup, Startup.id == Payment.startup_id)
    total = session.execute(whole.join(OpenItem, OpenItem.payment_id == Payment.id).where(*wanted)).scalar_one()
    rows = session.execute(
        select(Payment, Startup, OpenItem.open_minor, _refunded())
        .join(Startup, Startup.id == Payment.startup_id)
        .join(OpenItem, OpenItem.payment_id == Payment.id)
        .where(*wanted)
        .order_by(Payment.received_on.desc(), Payment.id.desc())
        .limit(size)
        .offset((page - 1) * size)
    ).all()
    return Page([PaymentRow(each[0], each[1], each[2], int(each[3])) for each in rows], page, total, size)


def _wanted(asked: Asked) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if asked.startup_id is not None:
        found.append(Payment.startup_id == asked.startup_id)
    if asked.way:
        found.append(Payment.way == asked.way)
    if asked.is_left:
        found.append(OpenItem.open_minor > 0)
    if asked.since is not None:
        found.append(Payment.received_on >= asked.since)
    if asked.until is not None:
        found.append(Payment.received_on <= asked.until)
    if asked.search.strip():
        found.append(_found_by(asked.search.strip()))
    return found


def _found_by(search: str) -> ColumnElement[bool]:
    parts = search.upper().split("-")
    if len(parts) == 3 and all(part.isascii() and part.isdigit() and len(part) <= 9 for part in parts[1:]):
        return and_(Payment.year == int(parts[1]), Payment.number == int(parts[2]))
    columns = (Startup.code, Startup.name, Startup.name_en, Payment.payer, Payment.reference)
    return or_(*(column.icontains(search, autoescape=True) for column in columns))


def _refunded() -> ColumnElement[int]:
    """What of a payment went back: refunds less those that were taken back."""
    signed = func.sum(Refund.amount_minor).filter(Refund.undoes_id.is_(None)), func.sum(Refund.amount_minor).filter(
        Refund.undoes_id.is_not(None)
    )
    return (
        select(func.coalesce(signed[0], 0) - func.coalesce(signed[1], 0))
        .where(Refund.payment_id == Payment.id)
        .correlate(Payment)
        .scalar_subquery()
    )


class ClearingRow(Struct, frozen=True):
    """A part of a payment that paid a part of an invoice; `undone`: that takes it back."""

    clearing: Clearing
    invoice: Invoice
    payment: Payment
    undone: Clearing | None

    @property
    def invoice_number(self) -> str:
        """As printed."""
        return invoice_number(self.invoice.series, self.invoice.year, self.invoice.number)

    @property
    def receipt(self) -> str:
        """The payment's number, as printed."""
        return invoice_number(RECEIPTS, self.payment.year, self.payment.number)


class RefundLine(Struct, frozen=True):
    """Money that went back. Where it takes a bank's line back, or a line shows it, that is undone at the line."""

    refund: Refund
    undone: Refund | None
    line_id: int | None
    is_taking_back: bool


class WholePayment(Struct, frozen=True):
    """A payment with all that became of it."""

    row: PaymentRow
    clearings: Sequence[ClearingRow]
    refunds: Sequence[RefundLine]
    line: BankLine | None
    """The bank's, that it came by."""
    taken_by: Person | None


def get_whole_payment(session: Session, actor: Actor, payment_id: int) -> WholePayment:
    """For staff, and for the founders whose it is; in four statements."""
    if not actor.can(Action.SEE_BILLING):
        actor.require(Action.SEE_OWN_INVOICES)
    found = session.execute(
        select(Payment, Startup, OpenItem.open_minor, _refunded(), Person)
        .join(Startup, Startup.id == Payment.startup_id)
        .join(OpenItem, OpenItem.payment_id == Payment.id)
        .outerjoin(Person, Person.id == Payment.created_by)
        .where(Payment.id == payment_id)
    ).one_or_none()
    if found is None:
        raise NotFound(N_("There is no such payment."))
    payment = found[0]
    if not actor.can(Action.SEE_BILLING):
        actor.require_for(Action.SEE_OWN_INVOICES, payment.startup_id)
    line = session.execute(
        select(BankLine).join(BankShare, BankShare.line_id == BankLine.id).where(BankShare.payment_id == payment.id)
    ).scalar_one_or_none()
    return WholePayment(
        PaymentRow(payment, found[1], found[2], int(found[3])), list_clearings(session, payment_id=payment.id),
        _refund_lines(session, payment.id), line, found[4],
    )  # fmt: skip


def list_clearings(
    session: Session, *, payment_id: int | None = None, invoice_id: int | None = None
) -> list[ClearingRow]:  # fmt: skip
    """What a payment paid, or what paid an invoice that the caller has loaded; undone ones with what undid them."""
    undone = aliased(Clearing)
    rows = session.execute(
        select(Clearing, Invoice, Payment, undone)
        .join(Invoice, Invoice.id == Clearing.invoice_id)
        .join(Payment, Payment.id == Clearing.payment_id)
        .outerjoin(undone, undone.undoes_id == Clearing.id)
        .where(
            Clearing.undoes_id.is_(None),
            Clearing.payment_id == payment_id if payment_id is not None else Clearing.invoice_id == invoice_id,
        )
        .order_by(Clearing.cleared_on, Clearing.id)
    ).all()
    return [ClearingRow(*row) for row in rows]


def _refund_lines(session: Session, payment_id: int) -> list[RefundLine]:
    undone = aliased(Refund)
    taking_back = select(BankAct.refund_id).where(BankAct.refund_id.is_not(None), BankAct.kind == "undone")
    rows = session.execute(
        select(Refund, undone, BankLine.id, Refund.id.in_(taking_back))
        .outerjoin(undone, undone.undoes_id == Refund.id)
        .outerjoin(BankLine, BankLine.refund_id == Refund.id)
        .where(Refund.payment_id == payment_id, Refund.undoes_id.is_(None))
        .order_by(Refund.refunded_on, Refund.id)
    ).all()
    return [RefundLine(*row) for row in rows]


def find_item(session: Session, invoice_id: int) -> OpenItem | None:
    """What is open of an invoice that the caller has loaded; None for one that the books don't have yet."""
    return session.execute(select(OpenItem).where(OpenItem.invoice_id == invoice_id)).scalar_one_or_none()


def find_items(session: Session, invoice_ids: Sequence[int]) -> dict[int, OpenItem]:
    """The same of many, by invoice."""
    rows = session.execute(select(OpenItem).where(OpenItem.invoice_id == any_(id_array(invoice_ids)))).scalars()
    return {row.invoice_id: row for row in rows if row.invoice_id is not None}


class OpenOffer(Struct, frozen=True):
    """An open invoice that a payment can pay."""

    invoice: Invoice
    item: OpenItem
    due_on: date
    """When the first of what is open is due."""

    @property
    def number(self) -> str:
        """As printed."""
        return invoice_number(self.invoice.series, self.invoice.year, self.invoice.number)


def list_offers(session: Session, actor: Actor, startup_id: int) -> list[OpenOffer]:
    """A startup's open invoices, those due first first."""
    actor.require(Action.SEE_BILLING)
    first = first_parts(OpenItem.startup_id == startup_id)
    rows = session.execute(
        select(Invoice, OpenItem, first.c.due_on)
        .join(OpenItem, OpenItem.invoice_id == Invoice.id)
        .join(first, first.c.invoice_id == Invoice.id)
        .order_by(first.c.due_on, Invoice.id)
        .limit(MOST_OFFERED)
    ).all()
    return [OpenOffer(*row) for row in rows]


def find_startups(session: Session, ids: Sequence[int]) -> dict[int, Startup]:
    """Some startups by id, for rows that the caller may see."""
    rows = session.execute(select(Startup).where(Startup.id == any_(id_array(ids)))).scalars()
    return {row.id: row for row in rows}


def choose_parts(
    session: Session, actor: Actor, startup_id: int, amount_minor: int, *, how: str, invoice_ids: Sequence[int] = (),
    typed: Mapping[int, int] | None = None,
) -> dict[int, int]:  # fmt: skip
    """By invoice what an amount pays: `oldest` of all that is open, of the `chosen`, or nothing (`advance`).

    `typed` says of some how much is paid of them: they are chosen by that, and the rest goes over the others.
    """
    if how == "advance":
        return {}
    offers = list_offers(session, actor, startup_id)
    of_these = {each.invoice.id for each in offers}
    fixed = {each: minor for each, minor in (typed or {}).items() if each in of_these}
    if sum(fixed.values()) > amount_minor:
        raise Refusal(N_("That is more than came in."), field="invoices")
    if fixed:
        rest = [each for each in invoice_ids if each not in fixed]
        left = amount_minor - sum(fixed.values())
        more = choose_parts(session, actor, startup_id, left, how="chosen", invoice_ids=rest) if rest and left else {}
        return fixed | more
    wanted = [each for each in offers if how == "oldest" or each.invoice.id in invoice_ids]
    if how == "chosen" and not wanted:
        raise Refusal(N_("Choose at least one invoice."), field="invoices")
    due = open_parts(OpenItem.invoice_id == any_(id_array(each.invoice.id for each in wanted)))
    rows = session.execute(select(due.c.invoice_id, due.c.due_on, due.c.open_minor)).all()
    return pay_oldest(amount_minor, [Open(*row) for row in rows])
