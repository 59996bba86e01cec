"""Reads of credit notes, and of what they have left of an invoice."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import reduce
from typing import Any

from msgspec import Struct
from sqlalchemy import ColumnElement, Date, Select, and_, cast, func, or_, select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.models import Person
from incubator.accounts.permissions import Action
from incubator.billing.models import Charge, CreditNote, CreditNoteLine, Invoice, InvoiceLine, OpenItem, Payment
from incubator.billing.queries.invoices import PostedInvoice, PostedLine, get_invoice
from incubator.billing.rules.crediting import Part, fingerprint, take_off
from incubator.billing.rules.invoicing import ADJUSTMENT, TaxSum, invoice_number, sum_taxes
from incubator.core.errors import N_, Conflict, NotFound, Refusal
from incubator.core.paging import PAGE_SIZE, Page
from incubator.core.periods import Month
from incubator.spaces.models import Site
from incubator.startups.models import Startup
from incubator.subsidies.models import Decision, VoucherEntry

SERIES = "CN"


def note_number(note: CreditNote) -> str:
    """As printed: CN-2026-000001."""
    return invoice_number(SERIES, note.year, note.number)


class CreditLine(Struct, frozen=True):
    """A line of an invoice with what is left of it, and what is to be taken off."""

    posted: PostedLine
    decisions: tuple[Decision, ...]
    """Those that give or hold something, in the order of `Part.given`."""
    left: Part
    taken: Part | None = None

    @property
    def number(self) -> int:
        return self.posted.line.line

    @property
    def is_correction(self) -> bool:
        """It corrects a line of an earlier invoice."""
        return self.posted.charge.source_kind == ADJUSTMENT


class CreditDraft(Struct, frozen=True):
    """What a credit note would take off, and what can be taken off."""

    invoice: PostedInvoice
    lines: tuple[CreditLine, ...]
    open_minor: int
    is_anew: bool
    reason: str

    @property
    def taken(self) -> list[tuple[CreditLine, Part]]:
        return [(each, each.taken) for each in self.lines if each.taken is not None]

    @property
    def gross_minor(self) -> int:
        return sum(part.gross_minor for _, part in self.taken)

    @property
    def subsidy_minor(self) -> int:
        return sum(part.subsidy_minor for _, part in self.taken)

    @property
    def net_minor(self) -> int:
        return self.gross_minor - self.subsidy_minor

    @property
    def borne_minor(self) -> int:
        return sum(part.borne_minor for _, part in self.taken)

    @property
    def settled_minor(self) -> int:
        """What goes to what is open of the invoice; the rest is the startup's."""
        return min(self.open_minor, self.net_minor)

    @property
    def left_minor(self) -> int:
        """What is left of the invoice's gross."""
        return sum(each.left.gross_minor for each in self.lines)

    @property
    def is_left(self) -> bool:
        """Whether anything can be taken off."""
        return any(not each.left.is_nothing for each in self.lines)

    @property
    def fingerprint(self) -> str:
        """Of all that the note would write; a page sends back the one that it showed."""
        parts = [(each.number, part) for each, part in self.taken]
        left = [each.left for each in self.lines]
        return fingerprint(self.invoice.invoice.id, left, parts, is_anew=self.is_anew, reason=self.reason)


def draft_credit(
    session: Session, actor: Actor, invoice_id: int, amounts: Mapping[int, int] | None = None, *,
    is_anew: bool = False, reason: str = "",
) -> CreditDraft:  # fmt: skip
    """What a note would take off an invoice: of its lines the gross amounts asked for, or (None) all that is left.

    A line that corrects an earlier invoice is taken back with the whole alone, and waits for the next invoice.
    """
    invoice = get_invoice(session, actor, invoice_id)
    lines = load_left(session, invoice)
    if amounts is not None and is_anew:
        raise Refusal(N_("Only a whole invoice can be billed anew."), field="is_anew")
    if amounts is not None and set(amounts) - {each.number for each in lines}:
        raise NotFound(N_("There is no such line on this invoice."))
    found = tuple(_take(each, amounts) for each in lines)
    open_minor = session.execute(select(OpenItem.open_minor).where(OpenItem.invoice_id == invoice_id)).scalar()
    return CreditDraft(invoice, found, open_minor or 0, is_anew, reason)


def _take(line: CreditLine, amounts: Mapping[int, int] | None) -> CreditLine:
    if amounts is None:
        taken = None if line.left.is_nothing else line.left
        return CreditLine(line.posted, line.decisions, line.left, taken)
    amount = amounts.get(line.number)
    if amount is None:
        return line
    if line.is_correction:
        raise Conflict(N_("This line corrects an earlier invoice; it is taken back with the whole invoice alone."))
    if line.left.is_nothing:
        raise Conflict(N_("Nothing is left of this line: it was credited already."))
    return CreditLine(line.posted, line.decisions, line.left, take_off(line.left, amount))


def load_left(session: Session, invoice: PostedInvoice) -> tuple[CreditLine, ...]:
    """What earlier notes have left of each line of an invoice; three statements."""
    ids = [each.charge.id for each in invoice.lines if each.charge.source_kind != ADJUSTMENT]
    later: dict[int, list[Decision]] = defaultdict(list)
    for decision in session.execute(
        select(Decision).where(Decision.charge_id.in_(ids), Decision.adjusts_id.is_not(None)).order_by(Decision.id)
    ).scalars():
        later[decision.adjusts_id or 0].append(decision)
    credited: dict[int, list[CreditNoteLine]] = defaultdict(list)
    for row in session.execute(
        select(CreditNoteLine).where(CreditNoteLine.invoice_id == invoice.invoice.id)
    ).scalars():
        credited[row.invoice_line].append(row)
    borne: dict[int, int] = {
        charge_id: amount
        for charge_id, amount in session.execute(
            select(VoucherEntry.charge_id, VoucherEntry.amount_minor)
            .where(VoucherEntry.charge_id.in_(ids), VoucherEntry.kind == "redeem")
        ).all()
        if charge_id is not None
    }  # fmt: skip
    return tuple(_left(each, later, credited[each.line.line], borne.get(each.charge.id, 0)) for each in invoice.lines)


def _left(
    line: PostedLine, later: Mapping[int, Sequence[Decision]], credited: Sequence[CreditNoteLine], borne_minor: int
) -> CreditLine:
    decisions = () if line.charge.source_kind == ADJUSTMENT else tuple(
        each for each in line.decisions if each.amount_minor or each.held_minor
    )  # fmt: skip
    whole = Part(
        line.line.gross_minor, line.line.subsidy_minor, line.line.tax_minor, borne_minor,
        tuple(each.amount_minor + _sum(later.get(each.id, ()), "amount_minor") for each in decisions),
        tuple(each.held_minor + sum(one.held_minor for one in later.get(each.id, ())) for each in decisions),
    )  # fmt: skip
    taken = (
        Part(each.gross_minor, each.subsidy_minor, each.tax_minor, each.borne_minor, (0,) * len(decisions),
             (0,) * len(decisions))
        for each in credited
    )  # fmt: skip
    return CreditLine(line, decisions, reduce(Part.less, taken, whole))


def _sum(later: Iterable[Decision], column: str) -> int:
    """What notes have taken of a decision, with its sign."""
    return sum(getattr(each, column) for each in later if each.outcome == "credited")


class NoteLine(Struct, frozen=True):
    """A line of a note with the invoice's line and charge."""

    line: CreditNoteLine
    posted: InvoiceLine
    charge: Charge


class PostedNote(Struct, frozen=True):
    """A credit note with all that explains it."""

    note: CreditNote
    invoice: Invoice
    site: Site
    by: str | None
    payment: Payment | None
    """What it gives back beyond what was open."""
    lines: tuple[NoteLine, ...]

    @property
    def number(self) -> str:
        """As printed: CN-2026-000001."""
        return note_number(self.note)

    @property
    def invoice_number(self) -> str:
        return invoice_number(self.invoice.series, self.invoice.year, self.invoice.number)

    @property
    def receipt_number(self) -> str:
        """Of the payment, as printed."""
        return invoice_number("RCT", self.payment.year, self.payment.number) if self.payment else ""

    @property
    def borne_minor(self) -> int:
        return sum(each.line.borne_minor for each in self.lines)

    @property
    def taxes(self) -> list[TaxSum]:
        """What of the net is VAT, by rate."""
        return sum_taxes((each.charge.tax_rate, each.line.net_minor, each.line.tax_minor) for each in self.lines)


def get_credit_note(session: Session, actor: Actor, note_id: int) -> PostedNote:
    """The note with its lines, in two statements; NotFound for another startup's people."""
    if not actor.can(Action.SEE_BILLING):
        actor.require(Action.SEE_OWN_INVOICES)
    row = session.execute(
        select(CreditNote, Invoice, Site, Person.name, Payment)
        .join(Invoice, Invoice.id == CreditNote.invoice_id)
        .join(Site, Site.id == CreditNote.site_id)
        .outerjoin(Person, Person.id == CreditNote.posted_by)
        .outerjoin(Payment, and_(Payment.source_kind == "credit_notes", Payment.source_id == CreditNote.id))
        .where(CreditNote.id == note_id)
    ).one_or_none()
    if row is None:
        raise NotFound(N_("There is no such credit note."))
    if not actor.can(Action.SEE_BILLING):
        actor.require_for(Action.SEE_OWN_INVOICES, row[0].startup_id)
    return PostedNote(*row, tuple(_note_lines(session, [note_id])[note_id]))


def _note_lines(session: Session, note_ids: Collection[int]) -> dict[int, list[NoteLine]]:
    rows = session.execute(
        select(CreditNoteLine, InvoiceLine, Charge)
        .join(InvoiceLine, and_(InvoiceLine.invoice_id == CreditNoteLine.invoice_id,
                                InvoiceLine.line == CreditNoteLine.invoice_line))
        .join(Charge, Charge.id == InvoiceLine.charge_id)
        .where(CreditNoteLine.credit_note_id.in_(note_ids))
        .order_by(CreditNoteLine.credit_note_id, CreditNoteLine.line)
    ).all()  # fmt: skip
    found: dict[int, list[NoteLine]] = defaultdict(list)
    for row in rows:
        found[row[0].credit_note_id].append(NoteLine(*row))
    return found


class NoteRow(Struct, frozen=True):
    """A credit note in a list."""

    note: CreditNote
    invoice: Invoice
    startup: Startup

    @property
    def number(self) -> str:
        return note_number(self.note)

    @property
    def invoice_number(self) -> str:
        return invoice_number(self.invoice.series, self.invoice.year, self.invoice.number)


def list_credit_notes(
    session: Session, actor: Actor, *, page: int = 1, startup_id: int | None = None, search: str = ""
) -> Page[NoteRow]:
    """A page of credit notes, the latest first: all for staff, their own for founders."""
    wanted: list[ColumnElement[bool]] = []
    if not actor.can(Action.SEE_BILLING):
        actor.require(Action.SEE_OWN_INVOICES)
        wanted.append(CreditNote.startup_id.in_(actor.startups_for(Action.SEE_OWN_INVOICES)))
    if startup_id is not None:
        wanted.append(CreditNote.startup_id == startup_id)
    if search.strip():
        wanted.append(_found_by(search.strip()))
    rows = _rows().where(*wanted)
    total = session.execute(rows.with_only_columns(func.count())).scalar_one()
    found = session.execute(
        rows.order_by(CreditNote.year.desc(), CreditNote.number.desc()).limit(PAGE_SIZE).offset((page - 1) * PAGE_SIZE)
    ).all()
    return Page([NoteRow(*row) for row in found], page, total)


def list_notes_of(session: Session, invoice_id: int) -> list[NoteRow]:
    """The notes on an invoice that the caller has loaded, the first first."""
    rows = session.execute(_rows().where(CreditNote.invoice_id == invoice_id).order_by(CreditNote.id)).all()
    return [NoteRow(*row) for row in rows]


def _rows() -> Select[CreditNote, Invoice, Startup]:
    return (
        select(CreditNote, Invoice, Startup)
        .join(Invoice, Invoice.id == CreditNote.invoice_id)
        .join(Startup, Startup.id == CreditNote.startup_id)
    )


def _found_by(search: str) -> ColumnElement[bool]:
    parts = search.upper().split("-")
    if len(parts) == 3 and all(part.isascii() and part.isdigit() and len(part) <= 9 for part in parts[1:]):
        year, number = int(parts[1]), int(parts[2])
        if parts[0] == SERIES:
            return and_(CreditNote.year == year, CreditNote.number == number)
        return and_(Invoice.series == parts[0], Invoice.year == year, Invoice.number == number)
    return or_(*(column.icontains(search, autoescape=True) for column in (Startup.code, Startup.name, Startup.name_en)))


class CreditedDecision(Struct, frozen=True):
    """What a note takes back of a decision, as a claim lists it."""

    note: CreditNote
    invoice: Invoice
    description: dict[str, Any]
    charge: Charge
    decision: Decision | None
    """None: nothing was given for the line."""
    amount_minor: int
    """Below zero: it is given back."""


def list_credited(session: Session, actor: Actor, site_id: int, month: Month) -> list[CreditedDecision]:
    """What notes took back of subsidies in a month's claim: a note counts with the invoices that are posted in its
    days, those of the month before, and never before the invoice that it is of. One statement."""
    actor.require(Action.SEE_BILLING)
    before = cast(func.date_trunc("month", CreditNote.issued_on) - func.make_interval(0, 1), Date)
    rows = session.execute(
        select(CreditNote, Invoice, InvoiceLine.description, Charge, Decision)
        .join(Invoice, Invoice.id == CreditNote.invoice_id)
        .join(CreditNoteLine, CreditNoteLine.credit_note_id == CreditNote.id)
        .join(InvoiceLine, and_(InvoiceLine.invoice_id == CreditNoteLine.invoice_id,
                                InvoiceLine.line == CreditNoteLine.invoice_line))
        .join(Charge, Charge.id == InvoiceLine.charge_id)
        .outerjoin(Decision, or_(
            and_(Charge.source_kind == ADJUSTMENT, Decision.id == Charge.source_id),
            and_(Decision.charge_id == Charge.id, Decision.outcome == "credited",
                 Decision.derivation["credit_note"].astext.cast(CreditNote.id.type) == CreditNote.id),
        ))
        .where(CreditNote.site_id == site_id, func.greatest(Invoice.month, before) == month.first)
        .order_by(CreditNote.id, CreditNoteLine.line, Decision.id)
    ).all()  # fmt: skip
    return [_credited(*row) for row in rows]


def _credited(
    note: CreditNote, invoice: Invoice, description: dict[str, Any], charge: Charge, decision: Decision | None
) -> CreditedDecision:
    sign = -1 if charge.source_kind == ADJUSTMENT else 1
    amount = sign * decision.amount_minor if decision else 0
    return CreditedDecision(note, invoice, description, charge, decision, amount)
