"""Money comes in, pays invoices, and goes back: each a numbered or dated row with its entry in the books."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.permissions import Action
from incubator.audit.operations import record
from incubator.billing.models import Approval, Clearing, Invoice, OpenItem, Payment, Refund
from incubator.billing.models.payments import REFUND_WAYS
from incubator.billing.operations.approvals import ask_approval
from incubator.billing.operations.journal import lock_books, lock_items, open_day, post_entries
from incubator.billing.operations.numbering import RECEIPTS, take_numbers
from incubator.billing.operations.refund_approvals import fingerprint_now, require_second
from incubator.billing.queries.instalments import open_parts
from incubator.billing.rules.accounts import WAYS, Account
from incubator.billing.rules.clearing import Open, pay_oldest
from incubator.billing.rules.invoicing import invoice_number
from incubator.billing.rules.journal import Entry, Posting
from incubator.core.clock import CHINA
from incubator.core.errors import N_, Conflict, NotFound, Refusal
from incubator.core.money import Money
from incubator.core.texts import one_line
from incubator.database import current_operator
from incubator.spaces.operations.words import LONGEST_TEXT
from incubator.startups.models import Startup
from incubator.startups.queries import get_startup

LONGEST_REFERENCE = 100
MOST = 100_000_000_000
"""Fen; a milliard yuan: more is a slip of the pen."""


def receive_payment(
    session: Session,
    actor: Actor,
    *,
    now: datetime,
    startup_id: int,
    way: str,
    amount_minor: int,
    received_on: date,
    payer: str = "",
    reference: str = "",
    note: str = "",
    site_id: int | None = None,
    source: tuple[str, int] | None = None,
) -> Payment:
    """Take money of a startup under the next receipt number: an advance of its, until it is cleared against invoices.

    `source` is what it came from, once for each startup: a second one is a Conflict. What came in a month that is
    closed is booked on the first open day.
    """
    actor.require(Action.TAKE_PAYMENTS)
    startup = get_startup(session, actor, startup_id)
    if way not in WAYS:
        raise Refusal(N_("Choose how it was paid."), field="way")
    check_amount(amount_minor)
    check_day(received_on, now, "received_on")
    lock_books(session)
    payer = one_line(payer, "payer", LONGEST_REFERENCE)
    reference = one_line(reference, "reference", LONGEST_REFERENCE)
    payment = add_payment(
        session, actor, now=now, startup_id=startup.id, way=way, amount_minor=amount_minor, received_on=received_on,
        payer=payer, reference=reference, note=one_line(note, "note", LONGEST_TEXT), site_id=site_id, source=source,
    )  # fmt: skip
    post_entries(session, actor, [receipt_entry(payment, startup, open_day(session, received_on))], now=now)
    after = {"number": receipt_number(payment), "startup": startup.code, "way": way, "amount_minor": amount_minor,
             "received_on": received_on, "reference": payment.reference}  # fmt: skip
    record(session, actor, "receive_payment", ("payments", payment.id), now=now, after=after)
    return payment


def receipt_entry(payment: Payment, startup: Startup, on: date) -> Entry:
    """What a payment books on a day: debit its way, credit advances."""
    posting = Posting(WAYS[payment.way], Account.ADVANCES, payment.amount_minor, startup.id, payment_id=payment.id)
    says = {"receipt": receipt_number(payment), "startup": startup.name, "startup_en": startup.name_en,
            "way": payment.way}  # fmt: skip
    return Entry("receipt", on, ("payments", payment.id), (posting,), says, payment.site_id)


def add_payment(
    session: Session, actor: Actor, *, now: datetime, startup_id: int, way: str, amount_minor: int, received_on: date,
    payer: str = "", reference: str = "", note: str = "", site_id: int | None = None,
    source: tuple[str, int] | None = None,
) -> Payment:  # fmt: skip
    """A payment's row and its open item of nothing yet, under the locked books: the entry that credits advances with it
    is the caller's. For who books it otherwise than by its way: what a credit note gives back."""
    kind, source_id = source or (None, None)
    if source is not None and session.execute(
        select(Payment.id)
        .where(Payment.source_kind == kind, Payment.source_id == source_id, Payment.startup_id == startup_id)
    ).first():  # fmt: skip
        raise Conflict(N_("This has been received already."))
    [number] = take_numbers(session, RECEIPTS, received_on.year)
    payment = Payment(
        startup_id=startup_id, site_id=site_id, way=way, year=received_on.year, number=number,
        amount_minor=amount_minor, received_on=received_on, payer=payer, reference=reference, note=note,
        source_kind=kind, source_id=source_id, created_at=now, created_by=actor.person_id,
    )  # fmt: skip
    session.add(payment)
    session.flush()
    session.add(OpenItem(startup_id=startup_id, site_id=site_id, payment_id=payment.id, original_minor=amount_minor,
                         open_minor=0))  # fmt: skip
    session.flush()
    return payment


def clear_invoices(
    session: Session, actor: Actor, *, now: datetime, payment_id: int, parts: Mapping[int, int]
) -> list[Clearing]:
    """Pay parts of invoices (id → fen) of a payment of the same startup. Conflict where more than is open, or left.

    Paid is on the day on which the money came, or on which the invoice was issued where that is later.
    """
    actor.require(Action.TAKE_PAYMENTS)
    lock_books(session)
    payment = get_payment(session, payment_id)
    return _clear(session, actor, now, payment, parts)


def clear_oldest(session: Session, actor: Actor, *, now: datetime, payment_id: int) -> list[Clearing]:
    """Use what is left of a payment for the startup's open invoices, the part due first first."""
    actor.require(Action.TAKE_PAYMENTS)
    lock_books(session)
    payment = get_payment(session, payment_id)
    [left] = lock_items(session, (), [payment.id])
    due = open_parts(OpenItem.startup_id == payment.startup_id)
    rows = session.execute(select(due.c.invoice_id, due.c.due_on, due.c.open_minor)).all()
    return _clear(session, actor, now, payment, pay_oldest(left.open_minor, [Open(*row) for row in rows]))


def _clear(
    session: Session, actor: Actor, now: datetime, payment: Payment, parts: Mapping[int, int]
) -> list[Clearing]:  # fmt: skip
    if not parts:
        return []
    for amount in parts.values():
        check_amount(amount)
    invoices = _invoices_of(session, payment.startup_id, parts)
    clearings = [
        Clearing(startup_id=payment.startup_id, payment_id=payment.id, invoice_id=invoice.id,
                 amount_minor=parts[invoice.id], cleared_on=max(payment.received_on, invoice.issued_on),
                 created_at=now, created_by=actor.person_id)
        for invoice in invoices
    ]  # fmt: skip
    session.add_all(clearings)
    session.flush()
    entries = [clearing_entry("clearing", each, invoice, payment, open_day(session, each.cleared_on))
               for each, invoice in zip(clearings, invoices, strict=True)]  # fmt: skip
    post_entries(session, actor, entries, now=now)
    after = {"number": receipt_number(payment), "invoices": {_number(each): parts[each.id] for each in invoices},
             "amount_minor": sum(parts.values())}  # fmt: skip
    record(session, actor, "clear_invoices", ("payments", payment.id), now=now, after=after)
    return clearings


def undo_clearing(session: Session, actor: Actor, *, now: datetime, clearing_id: int, reason: str) -> Clearing:
    """Take a clearing back: the invoice is open again by it, from the same day, and the payment has it left."""
    actor.require(Action.TAKE_PAYMENTS)
    reason = _reason(reason)
    lock_books(session)
    clearing = session.get(Clearing, (current_operator(session), clearing_id))
    if clearing is None or clearing.undoes_id is not None:
        raise NotFound(N_("There is no such clearing."))
    if session.execute(select(Clearing.id).where(Clearing.undoes_id == clearing.id)).first():
        raise Conflict(N_("This was undone already."))
    undone = Clearing(
        startup_id=clearing.startup_id, payment_id=clearing.payment_id, invoice_id=clearing.invoice_id,
        amount_minor=clearing.amount_minor, undoes_id=clearing.id, reason=reason, cleared_on=clearing.cleared_on,
        created_at=now, created_by=actor.person_id,
    )  # fmt: skip
    session.add(undone)
    session.flush()
    invoice = session.get_one(Invoice, (clearing.operator_id, clearing.invoice_id))
    payment = get_payment(session, clearing.payment_id)
    entry = clearing_entry("unclearing", undone, invoice, payment, open_day(session, undone.cleared_on))
    post_entries(session, actor, [entry], now=now)
    after = {"number": receipt_number(payment), "invoice": _number(invoice), "amount_minor": undone.amount_minor,
             "reason": reason}  # fmt: skip
    record(session, actor, "undo_clearing", ("payments", payment.id), now=now, after=after)
    return undone


def clearing_entry(kind: str, clearing: Clearing, invoice: Invoice, payment: Payment, on: date) -> Entry:
    """What a clearing books on a day: debit advances, credit receivable; one that undoes another, the other way."""
    sides = (Account.ADVANCES, Account.RECEIVABLE)
    debit, credit = sides if kind == "clearing" else sides[::-1]
    posting = Posting(debit, credit, clearing.amount_minor, clearing.startup_id, invoice.id, payment.id)
    startup = invoice.parties["startup"]
    says = {"receipt": receipt_number(payment), "invoice": _number(invoice), "startup": startup["name"],
            "startup_en": startup["name_en"], "reason": clearing.reason}  # fmt: skip
    return Entry(kind, on, ("clearings", clearing.id), (posting,), says, invoice.site_id)


def refund(
    session: Session, actor: Actor, *, now: datetime, payment_id: int, amount_minor: int, way: str, refunded_on: date,
    reference: str = "", reason: str, needs_second: bool = True,
) -> Refund:  # fmt: skip
    """Give back what is left of a payment, or a part of it: what paid an invoice is undone or credited first.

    Where the operator wants it, another person has approved just this: so much, that way, for that reason, of what is
    left. `needs_second` is False for what sends no money, or what has gone already.
    """
    actor.require(Action.TAKE_PAYMENTS)
    reason = _reason(reason)
    if way not in REFUND_WAYS:
        raise Refusal(N_("Choose how it is given back."), field="way")
    check_amount(amount_minor)
    check_day(refunded_on, now, "refunded_on")
    lock_books(session)
    payment = get_payment(session, payment_id)
    if refunded_on < payment.received_on:
        raise Refusal(N_("It came on %(day)s; it can't go back before."), field="refunded_on", day=payment.received_on)
    lock_items(session, (), [payment.id])
    approval = require_second(session, payment.id, amount_minor, way, reason) if needs_second else None
    row = Refund(
        startup_id=payment.startup_id, payment_id=payment.id, amount_minor=amount_minor, way=way,
        refunded_on=refunded_on, reference=one_line(reference, "reference", LONGEST_REFERENCE), reason=reason,
        created_at=now, created_by=actor.person_id,
    )  # fmt: skip
    session.add(row)
    session.flush()
    _post_refund(session, actor, row, payment, now)
    after = {"number": receipt_number(payment), "amount_minor": amount_minor, "way": way, "refunded_on": refunded_on,
             "reason": reason} | ({"approval": approval.id} if approval else {})  # fmt: skip
    record(session, actor, "refund", ("payments", payment.id), now=now, after=after)
    return row


def ask_refund(
    session: Session, actor: Actor, *, now: datetime, payment_id: int, amount_minor: int, way: str, reason: str
) -> Approval:
    """Ask a second person for a refund. It holds for what is left of the payment now, and for one refund."""
    actor.require(Action.TAKE_PAYMENTS)
    reason = _reason(reason)
    if way not in REFUND_WAYS:
        raise Refusal(N_("Choose how it is given back."), field="way")
    check_amount(amount_minor)
    lock_books(session)
    payment = get_payment(session, payment_id)
    left = sum(item.open_minor for item in lock_items(session, (), [payment.id]))
    if amount_minor > left:
        raise Conflict(N_("Only %(left)s is left of this payment; what has paid an invoice is credited or undone "
                          "first."), field="amount", left=Money(left))  # fmt: skip
    says = {"receipt": receipt_number(payment), "startup": get_startup(session, actor, payment.startup_id).name,
            "net_minor": amount_minor, "way": way, "reason": reason}  # fmt: skip
    return ask_approval(session, actor, now=now, what="refund", subject=("payments", payment.id), says=says,
                        fingerprint=fingerprint_now(session, payment.id, amount_minor, way, reason))  # fmt: skip


def undo_refund(session: Session, actor: Actor, *, now: datetime, refund_id: int, reason: str) -> Refund:
    """A refund that did not arrive: the payment has it left again."""
    actor.require(Action.TAKE_PAYMENTS)
    reason = _reason(reason)
    lock_books(session)
    row = session.get(Refund, (current_operator(session), refund_id))
    if row is None or row.undoes_id is not None:
        raise NotFound(N_("There is no such refund."))
    if session.execute(select(Refund.id).where(Refund.undoes_id == row.id)).first():
        raise Conflict(N_("This was undone already."))
    payment = get_payment(session, row.payment_id)
    undone = Refund(
        startup_id=row.startup_id, payment_id=row.payment_id, amount_minor=row.amount_minor, way=row.way,
        refunded_on=max(row.refunded_on, now.astimezone(CHINA).date()), reference=row.reference, undoes_id=row.id,
        reason=reason, created_at=now, created_by=actor.person_id,
    )  # fmt: skip
    session.add(undone)
    session.flush()
    _post_refund(session, actor, undone, payment, now)
    after = {"number": receipt_number(payment), "amount_minor": row.amount_minor, "reason": reason}
    record(session, actor, "undo_refund", ("payments", payment.id), now=now, after=after)
    return undone


def _post_refund(session: Session, actor: Actor, row: Refund, payment: Payment, now: datetime) -> None:
    sides = (Account.ADVANCES, WAYS[row.way])
    debit, credit = sides if row.undoes_id is None else sides[::-1]
    posting = Posting(debit, credit, row.amount_minor, row.startup_id, payment_id=payment.id)
    says = {"receipt": receipt_number(payment), "reason": row.reason, "way": row.way}
    entry = Entry("refund", open_day(session, row.refunded_on), ("refunds", row.id), (posting,), says, payment.site_id)
    post_entries(session, actor, [entry], now=now)


def get_payment(session: Session, payment_id: int) -> Payment:
    """The payment, by its id; NotFound where there is none."""
    payment = session.get(Payment, (current_operator(session), payment_id))
    if payment is None:
        raise NotFound(N_("There is no such payment."))
    return payment


def receipt_number(payment: Payment) -> str:
    """As printed: RCT-2026-000042."""
    return invoice_number(RECEIPTS, payment.year, payment.number)


def check_amount(amount_minor: int, field: str = "amount") -> None:
    """Refused below one fen and above a milliard yuan."""
    if not 0 < amount_minor <= MOST:
        raise Refusal(N_("Give an amount above 0 and below 1,000,000,000."), field=field)


def check_day(on: date, now: datetime, field: str) -> None:
    """Refused for a day that has not come, or before the year 2000."""
    if on > now.astimezone(CHINA).date():
        raise Refusal(N_("This day has not come yet."), field=field)
    if on.year < 2000:
        raise Refusal(N_("This day is too long ago."), field=field)


def _reason(text: str) -> str:
    reason = one_line(text, "reason", LONGEST_TEXT)
    if not reason:
        raise Refusal(N_("Say why."), field="reason")
    return reason


def _invoices_of(session: Session, startup_id: int, parts: Mapping[int, int]) -> Sequence[Invoice]:
    """The invoices by their ids; NotFound where one is not this startup's."""
    found = session.execute(
        select(Invoice).where(Invoice.id.in_(list(parts)), Invoice.startup_id == startup_id).order_by(Invoice.id)
    ).scalars().all()  # fmt: skip
    if len(found) != len(parts):
        raise NotFound(N_("There is no such invoice."))
    return found


def _number(invoice: Invoice) -> str:
    return invoice_number(invoice.series, invoice.year, invoice.number)
