"""Credit notes: what was posted is taken off in part or whole, with its subsidies, VAT and vouchers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.models import Operator
from incubator.accounts.permissions import Action
from incubator.audit.operations import record
from incubator.billing.models import CreditNote, CreditNoteLine, Invoice, Payment
from incubator.billing.operations.approvals import require_approval
from incubator.billing.operations.booking import says_of
from incubator.billing.operations.journal import lock_books, lock_items, open_day, post_entries
from incubator.billing.operations.numbering import take_numbers
from incubator.billing.operations.parties import parties_of
from incubator.billing.operations.payments import add_payment
from incubator.billing.operations.telling import tell_founders
from incubator.billing.queries.credit_notes import SERIES, CreditDraft, CreditLine, draft_credit, note_number
from incubator.billing.queries.invoices import get_invoice
from incubator.billing.queries.runs import get_settings
from incubator.billing.rules.crediting import Part, settle
from incubator.billing.rules.deferral import is_deferred
from incubator.billing.rules.journal import Entry, Line, Share, book_lines
from incubator.core.errors import N_, Conflict, Refusal
from incubator.core.texts import one_line
from incubator.spaces.operations.words import LONGEST_TEXT
from incubator.startups.models import Startup
from incubator.subsidies.models import Decision, SchemeVersion
from incubator.subsidies.operations.locking import lock_for_giving
from incubator.subsidies.operations.rulings import NAMES
from incubator.subsidies.operations.schemes import record_decisions
from incubator.subsidies.operations.voucher_sources import Returned, lock_sources, return_charged


def credit_invoice(
    session: Session, actor: Actor, *, now: datetime, invoice_id: int, reason: str,
    amounts: Mapping[int, int] | None = None, is_anew: bool = False, shown: str | None = None,
) -> CreditNote:  # fmt: skip
    """Take off an invoice, under the next number of the year: of its lines the gross `amounts`, or all that is left.

    Subsidies go back in proportion, so that caps and budgets have them again, VAT at its rate, and what a voucher bore
    to the voucher. The startup's part goes to what is open on the invoice; the rest is its own, as a payment. With
    `is_anew` what stood on the invoice can be billed again, as it is known then. `shown` is the fingerprint of what the
    person saw; above the operator's amount, another person has approved just that.
    """
    actor.require(Action.POST_INVOICES)
    reason = one_line(reason, "reason", LONGEST_TEXT)
    if not reason:
        raise Refusal(N_("Say why, so that others understand."), field="reason")
    invoice = get_invoice(session, actor, invoice_id)
    lock_for_giving(session, [invoice.site.id])
    bookings = [each.charge.source_id for each in invoice.lines if each.charge.source_kind == "booking"]
    lock_sources(session, "booking", bookings)
    lock_books(session)
    lock_items(session, [invoice_id])
    session.expire_all()  # what others have committed while this waited
    draft = draft_credit(session, actor, invoice_id, amounts, is_anew=is_anew, reason=reason)
    _check(draft, shown)
    limit = get_settings(session).approve_credit_minor
    if limit is not None and draft.net_minor > limit:
        require_approval(session, "credit_note", invoice_id, draft.fingerprint)
    issued_on = now.astimezone(ZoneInfo(draft.invoice.site.zone)).date()
    note = _write_note(session, actor, draft, issued_on, now)
    record_decisions(session, [row for line, part in draft.taken for row in _decisions(note, line, part, now)])
    _return_vouchers(session, actor, draft, note, now)
    _book(session, actor, draft, note, now)
    tell_founders(session, now=now, kind="credit_notes", posted=[(note.startup_id, note.id)])
    after: dict[str, Any] = {
        "number": note_number(note), "invoice": draft.invoice.number, "gross_minor": note.gross_minor,
        "subsidy_minor": note.subsidy_minor, "net_minor": note.net_minor, "settled_minor": note.settled_minor,
        "is_anew": note.is_anew, "reason": reason,
    }  # fmt: skip
    record(session, actor, "credit_invoice", ("credit_notes", note.id), now=now, after=after)
    return note


def _check(draft: CreditDraft, shown: str | None) -> None:
    if not draft.taken:
        raise Conflict(N_("Nothing is left of this invoice: it was credited already.") if not draft.is_left
                       else N_("Choose at least one line."))  # fmt: skip
    if shown is not None and shown != draft.fingerprint:
        raise Conflict(N_("What is left of the invoice has changed since you saw it. Look again, then credit it."))
    if draft.net_minor < 0:
        raise Conflict(N_("Without the line in the startup's favour, more would be owed than before: "
                          "credit the single lines instead."))  # fmt: skip


def _write_note(
    session: Session, actor: Actor, draft: CreditDraft, issued_on: date, now: datetime
) -> CreditNote:  # fmt: skip
    operator = session.execute(select(Operator)).scalar_one()
    invoice = draft.invoice.invoice
    startup = session.get_one(Startup, (invoice.operator_id, invoice.startup_id))
    [number] = take_numbers(session, SERIES, issued_on.year)
    note = CreditNote(
        site_id=invoice.site_id, startup_id=invoice.startup_id, invoice_id=invoice.id, year=issued_on.year,
        number=number, issued_on=issued_on, gross_minor=draft.gross_minor, subsidy_minor=draft.subsidy_minor,
        net_minor=draft.net_minor, settled_minor=draft.settled_minor, currency=invoice.currency, reason=draft.reason,
        is_anew=draft.is_anew, parties=parties_of(operator, draft.invoice.site, startup), posted_at=now,
        posted_by=actor.person_id,
    )  # fmt: skip
    session.add(note)
    session.flush()
    session.execute(insert(CreditNoteLine), [
        {
            "operator_id": note.operator_id, "credit_note_id": note.id, "line": number, "invoice_id": invoice.id,
            "invoice_line": line.number, "gross_minor": part.gross_minor, "subsidy_minor": part.subsidy_minor,
            "net_minor": part.net_minor, "tax_minor": part.tax_minor, "borne_minor": part.borne_minor,
        }
        for number, (line, part) in enumerate(draft.taken, start=1)
    ])  # fmt: skip
    return note


def _decisions(note: CreditNote, line: CreditLine, part: Part, now: datetime) -> list[dict[str, Any]]:
    """A row for each decision that gives something back."""
    said = {"credit_note": note.id, "credit_note_number": note_number(note), "reason": note.reason}
    return [
        {
            "operator_id": note.operator_id, "scheme_version_id": each.scheme_version_id, "charge_id": each.charge_id,
            "startup_id": each.startup_id, "site_id": each.site_id, "month": each.month, "outcome": "credited",
            "base_minor": each.base_minor, "amount_minor": -given, "held_minor": -held, "bearer": each.bearer,
            "budget_id": each.budget_id, "currency": each.currency, "adjusts_id": each.id,
            "derivation": {name: each.derivation[name] for name in NAMES if name in each.derivation} | said,
            "created_at": now,
        }
        for each, given, held in zip(line.decisions, part.given, part.held, strict=True)
        if given or held
    ]  # fmt: skip


def _return_vouchers(session: Session, actor: Actor, draft: CreditDraft, note: CreditNote, now: datetime) -> None:
    returned = [Returned(line.posted.charge.id, part.borne_minor) for line, part in draft.taken if part.borne_minor]
    reason = f"{note_number(note)}: {note.reason}"
    return_charged(session, actor, now=now, returned=returned, reason=reason, keep=note.is_anew)


def _book(session: Session, actor: Actor, draft: CreditDraft, note: CreditNote, now: datetime) -> None:
    """The note's entry: income, VAT and what others bear taken back; what the startup has paid already is its own."""
    number = note_number(note)
    payment: Payment | None = None
    if note.net_minor > note.settled_minor:
        payment = add_payment(
            session, actor, now=now, startup_id=note.startup_id, way="credit_note", site_id=note.site_id,
            amount_minor=note.net_minor - note.settled_minor, received_on=note.issued_on, reference=number,
            source=("credit_notes", note.id),
        )  # fmt: skip
    schemes = _schemes(session, [each for line, _ in draft.taken for each in line.posted.decisions])
    lines = [_line(draft.invoice.invoice, line, part, schemes) for line, part in draft.taken]
    postings = book_lines(lines, invoice_id=note.invoice_id, startup_id=note.startup_id)
    says = says_of(draft.invoice.invoice) | {"credit_note": number, "reason": note.reason}
    entry = Entry(
        "credit_note", open_day(session, note.issued_on), ("credit_notes", note.id),
        tuple(settle(postings, draft.open_minor, payment.id if payment else None)), says, note.site_id,
    )  # fmt: skip
    post_entries(session, actor, [entry], now=now)


def _line(invoice: Invoice, line: CreditLine, part: Part, schemes: Mapping[int, int]) -> Line:
    """What the books ask of a line, with the sign of what is taken off."""
    if line.is_correction:
        shares = [Share(each.bearer, -each.amount_minor, schemes[each.scheme_version_id])
                  for each in line.posted.decisions]  # fmt: skip
    else:
        shares = [Share(each.bearer, -given, schemes[each.scheme_version_id])
                  for each, given in zip(line.decisions, part.given, strict=True) if given]  # fmt: skip
    if part.borne_minor:
        shares.append(Share("voucher", -part.borne_minor))
    charge = line.posted.charge
    tax_minor = None if part.tax_minor is None else -part.tax_minor
    defers = charge.id if is_deferred(charge.ends_on, invoice.issued_on) else None
    return Line(charge.kind, charge.tax_rate, -part.net_minor, tax_minor, tuple(shares), defers)


def _schemes(session: Session, decisions: Sequence[Decision]) -> dict[int, int]:
    """By version the scheme that it is of."""
    ids = {each.scheme_version_id for each in decisions}
    rows = session.execute(select(SchemeVersion.id, SchemeVersion.scheme_id).where(SchemeVersion.id.in_(ids)))
    return {row.id: row.scheme_id for row in rows}
