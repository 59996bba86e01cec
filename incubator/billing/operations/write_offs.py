"""What is not to be had any more is written off, with a second person; instalments are agreed."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.permissions import Action
from incubator.audit.operations import record
from incubator.billing.models import Approval, Instalment, WriteOff
from incubator.billing.operations.approvals import ask_approval, require_approval
from incubator.billing.operations.booking import says_of
from incubator.billing.operations.dunning_end import lift_if_paid
from incubator.billing.operations.journal import lock_books, lock_items, open_day, post_entries
from incubator.billing.queries.invoices import PostedInvoice, get_invoice
from incubator.billing.rules.accounts import Account
from incubator.billing.rules.instalments import check_parts
from incubator.billing.rules.journal import Entry, Posting
from incubator.core.canonical import canonical_json
from incubator.core.errors import N_, Conflict, NotFound, Refusal
from incubator.core.texts import one_line
from incubator.database import current_operator
from incubator.spaces.operations.words import LONGEST_TEXT


def fingerprint_of(invoice_id: int, open_minor: int, reason: str) -> str:
    """Changes with what is open: what was approved is written off, or nothing is."""
    return hashlib.sha256(canonical_json(["write_off", invoice_id, open_minor, reason])).hexdigest()


def ask_write_off(session: Session, actor: Actor, *, now: datetime, invoice_id: int, reason: str) -> Approval:
    """Ask a second person for writing off all that is open of an invoice."""
    actor.require(Action.POST_INVOICES)
    words = _reason(reason)
    posted = get_invoice(session, actor, invoice_id)
    open_minor = _open(session, invoice_id)
    says = {"invoice": posted.number, "startup": posted.invoice.parties["startup"]["name"], "net_minor": open_minor,
            "reason": words}  # fmt: skip
    return ask_approval(session, actor, now=now, what="write_off", subject=("invoices", invoice_id),
                        fingerprint=fingerprint_of(invoice_id, open_minor, words), says=says)  # fmt: skip


def write_off(session: Session, actor: Actor, *, now: datetime, invoice_id: int, reason: str) -> WriteOff:
    """Write off what is open of an invoice, as another person has approved: bad debts against receivable. The claim on
    the startup stays; where it pays later, the write-off is taken back first."""
    actor.require(Action.POST_INVOICES)
    words = _reason(reason)
    posted = get_invoice(session, actor, invoice_id)
    lock_books(session)
    open_minor = _open(session, invoice_id)
    approval = require_approval(session, "write_off", invoice_id, fingerprint_of(invoice_id, open_minor, words))
    if session.execute(select(WriteOff.id).where(WriteOff.approval_id == approval.id)).first():
        raise Conflict(N_("This was written off already, and taken back since: ask for it again with another reason."))
    row = WriteOff(startup_id=posted.invoice.startup_id, invoice_id=invoice_id, amount_minor=open_minor,
                   written_on=_today(posted, now), reason=words, approval_id=approval.id, created_at=now,
                   created_by=actor.person_id)  # fmt: skip
    _write(session, actor, row, posted, now, Account.BAD_DEBTS, Account.RECEIVABLE)
    record(session, actor, "write_off", ("write_offs", row.id), now=now, after=_said(row, posted))
    return row


def undo_write_off(session: Session, actor: Actor, *, now: datetime, write_off_id: int, reason: str) -> WriteOff:
    """Take a write-off back: the invoice is open again by it, so that it can be paid."""
    actor.require(Action.POST_INVOICES)
    words = _reason(reason)
    lock_books(session)
    first = session.get(WriteOff, (current_operator(session), write_off_id))
    if first is None or first.undoes_id is not None:
        raise NotFound(N_("There is no such write-off."))
    if session.execute(select(WriteOff.id).where(WriteOff.undoes_id == first.id)).first():
        raise Conflict(N_("This was undone already."))
    posted = get_invoice(session, actor, first.invoice_id)
    row = WriteOff(startup_id=first.startup_id, invoice_id=first.invoice_id, amount_minor=first.amount_minor,
                   written_on=_today(posted, now), reason=words, undoes_id=first.id, created_at=now,
                   created_by=actor.person_id)  # fmt: skip
    _write(session, actor, row, posted, now, Account.RECEIVABLE, Account.BAD_DEBTS)
    record(session, actor, "undo_write_off", ("write_offs", first.id), now=now, after=_said(row, posted))
    return row


def plan_instalments(
    session: Session, actor: Actor, *, now: datetime, invoice_id: int, parts: Sequence[tuple[date, int]]
) -> int:
    """Agree that what is open of an invoice is paid in dated parts; the number of the plan. A later plan takes the
    place of an earlier one. Dunning, ageing and interest go by the parts from now on; where nothing is overdue any
    more, dunning ends."""
    actor.require(Action.POST_INVOICES)
    posted = get_invoice(session, actor, invoice_id)
    lock_books(session)
    check_parts(parts, _open(session, invoice_id), _today(posted, now))
    last = session.execute(select(func.max(Instalment.plan)).where(Instalment.invoice_id == invoice_id)).scalar() or 0
    session.execute(insert(Instalment), [
        {"operator_id": current_operator(session), "invoice_id": invoice_id, "plan": last + 1, "part": number,
         "due_on": on, "amount_minor": amount, "created_at": now, "created_by": actor.person_id}
        for number, (on, amount) in enumerate(parts, start=1)
    ])  # fmt: skip
    after = {"number": posted.number, "parts": {on.isoformat(): amount for on, amount in parts}}
    record(session, actor, "plan_instalments", ("invoices", invoice_id), now=now, after=after)
    lift_if_paid(session, actor, now=now, startup_ids=[posted.invoice.startup_id])
    return last + 1


def _write(
    session: Session, actor: Actor, row: WriteOff, posted: PostedInvoice, now: datetime, debit: Account, credit: Account
) -> None:
    session.add(row)
    session.flush()
    posting = Posting(debit, credit, row.amount_minor, row.startup_id, row.invoice_id)
    entry = Entry("write_off", open_day(session, row.written_on), ("write_offs", row.id), (posting,),
                  says_of(posted.invoice) | {"reason": row.reason}, posted.invoice.site_id)  # fmt: skip
    post_entries(session, actor, [entry], now=now)


def _open(session: Session, invoice_id: int) -> int:
    """What is open of it, locked; Conflict where nothing is."""
    items = lock_items(session, [invoice_id])
    if not items or items[0].open_minor == 0:
        raise Conflict(N_("Nothing of this invoice is open."))
    return items[0].open_minor


def _today(posted: PostedInvoice, now: datetime) -> date:
    return now.astimezone(ZoneInfo(posted.site.zone)).date()


def _said(row: WriteOff, posted: PostedInvoice) -> dict[str, object]:
    return {"number": posted.number, "written_off_minor": row.amount_minor, "reason": row.reason}


def _reason(text: str) -> str:
    words = one_line(text, "reason", LONGEST_TEXT)
    if not words:
        raise Refusal(N_("Say why, so that others understand."), field="reason")
    return words
