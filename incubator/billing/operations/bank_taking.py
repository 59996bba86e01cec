"""Lines of the bank as payments: received and clearing invoices, whoever chose whose they are.

The caller holds the lines and the books (`bank_matching`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date, datetime

from msgspec import Struct
from sqlalchemy import any_, insert, select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.audit.operations import record
from incubator.billing.models import BankAct, BankLine, BankShare, Clearing, Invoice, OpenItem, Payment, Refund
from incubator.billing.operations.journal import open_day, post_entries
from incubator.billing.operations.numbering import RECEIPTS, take_numbers
from incubator.billing.operations.payments import (
    LONGEST_REFERENCE,
    clearing_entry,
    receipt_entry,
    receipt_number,
    undo_refund,
)
from incubator.billing.rules.invoicing import invoice_number
from incubator.core.errors import N_, NotFound, Refusal
from incubator.core.texts import visible
from incubator.database import current_operator, id_array
from incubator.spaces.operations.words import LONGEST_TEXT
from incubator.startups.models import Startup

SOURCE = "bank_lines"


class Chosen(Struct, frozen=True):
    """Whose payment a line is, or a part of it, and what it pays, by invoice; what is left over is an advance."""

    startup_id: int
    parts: Mapping[int, int]
    amount_minor: int | None = None
    """None: all of the line."""


def take(
    session: Session, actor: Actor, now: datetime, lines: Sequence[BankLine], chosen: Mapping[int, Sequence[Chosen]]
) -> list[Payment]:  # fmt: skip
    """Receive the lines and clear invoices by them, under the locks; as many statements for one as for fifty."""
    if any(line.amount_minor < 0 for line in lines):
        raise Refusal(N_("This went out; it is nobody’s payment."))
    shares = [_Share(line, each, each.amount_minor or line.amount_minor) for line in lines for each in chosen[line.id]]
    wanted = {each.chosen.startup_id for each in shares}
    startups = {each.id: each for each in session.execute(select(Startup).where(Startup.id.in_(wanted))).scalars()}
    if len(startups) != len(wanted):
        raise NotFound(N_("There is no such startup."))
    payments, known = _again(session, actor, now, shares)
    payments |= _receive(session, actor, now, [each for each in shares if each.key not in payments], known, startups)
    cleared = _clear(session, actor, now, [(payments[each.key], each.chosen.parts) for each in shares])
    for line in lines:
        line.state = "paid"
    session.flush()
    session.execute(insert(BankShare), [
        {"operator_id": each.line.operator_id, "line_id": each.line.id, "startup_id": each.chosen.startup_id,
         "payment_id": payments[each.key].id, "amount_minor": each.amount_minor}
        for each in shares
    ])  # fmt: skip
    session.execute(insert(BankAct), [
        {"operator_id": each.line.operator_id, "line_id": each.line.id, "kind": "paid",
         "payment_id": payments[each.key].id, "reason": "", "created_at": now, "created_by": actor.person_id}
        for each in shares
    ])  # fmt: skip
    numbers = [receipt_number(payments[each.key]) for each in shares]
    after = {"lines": len(lines), "first": numbers[0], "last": numbers[-1], "invoices": cleared,
             "amount_minor": sum(line.amount_minor for line in lines)}  # fmt: skip
    record(session, actor, "confirm_bank_lines", (SOURCE, lines[0].id), now=now, after=after)
    return [payments[each.key] for each in shares]


class _Share(Struct, frozen=True):
    """What of a line is whose."""

    line: BankLine
    chosen: Chosen
    amount_minor: int

    @property
    def key(self) -> tuple[int, int]:
        return self.line.id, self.chosen.startup_id


def _again(
    session: Session, actor: Actor, now: datetime, shares: Sequence[_Share]
) -> tuple[dict[tuple[int, int], Payment], set[tuple[int, int]]]:
    """Payments that lines were before, of as much for the same startup, and that were taken back: they stand once more.
    And every line and startup of which there was a payment."""
    rows = session.execute(
        select(BankAct.line_id, Payment, BankAct.refund_id)
        .join(Refund, Refund.id == BankAct.refund_id)
        .join(Payment, Payment.id == Refund.payment_id)
        .where(BankAct.line_id == any_(id_array(each.line.id for each in shares)), BankAct.kind == "undone")
        .order_by(BankAct.id)
    ).all()
    last = {
        (line_id, payment.startup_id, payment.amount_minor): (payment, refund_id)
        for line_id, payment, refund_id in rows
    }
    found = {}
    for each in shares:
        line, (payment, refund_id) = each.line, last.get((*each.key, each.amount_minor), (None, None))
        if payment is not None and refund_id is not None:
            undo_refund(session, actor, now=now, refund_id=refund_id, reason=str(line.purpose or line.payer or "—"))
            found[each.key] = payment
    return found, {(line_id, payment.startup_id) for line_id, payment, _refund_id in rows}


def _receive(
    session: Session, actor: Actor, now: datetime, shares: Sequence[_Share], known: set[tuple[int, int]],
    startups: Mapping[int, Startup],
) -> dict[tuple[int, int], Payment]:  # fmt: skip
    if not shares:
        return {}
    years = Counter(each.line.booked_on.year for each in shares)
    numbers = {year: iter(take_numbers(session, RECEIPTS, year, years[year])) for year in sorted(years)}
    operator_id = current_operator(session)
    values = [
        {
            "operator_id": operator_id, "startup_id": each.chosen.startup_id, "way": "bank",
            "year": each.line.booked_on.year, "number": next(numbers[each.line.booked_on.year]),
            "amount_minor": each.amount_minor, "currency": "CNY", "received_on": each.line.booked_on,
            "payer": visible(each.line.payer)[:LONGEST_REFERENCE],
            "reference": visible(each.line.reference)[:LONGEST_REFERENCE],
            "note": visible(each.line.purpose)[:LONGEST_TEXT],
            # of a line that was shared otherwise before, the first payment keeps the source
            "source_kind": None if each.key in known else SOURCE,
            "source_id": None if each.key in known else each.line.id,
            "created_at": now, "created_by": actor.person_id,
        }
        for each in shares
    ]  # fmt: skip
    rows = session.execute(insert(Payment).returning(Payment, sort_by_parameter_order=True), values).scalars()
    payments = dict(zip((each.key for each in shares), rows, strict=True))
    session.execute(insert(OpenItem), [
        {"operator_id": operator_id, "startup_id": each.startup_id, "payment_id": each.id,
         "original_minor": each.amount_minor, "open_minor": 0}
        for each in payments.values()
    ])  # fmt: skip
    days = _open_days(session, {each.received_on for each in payments.values()})
    entries = [receipt_entry(each, startups[each.startup_id], days[each.received_on]) for each in payments.values()]
    post_entries(session, actor, entries, now=now)
    return payments


def _clear(
    session: Session, actor: Actor, now: datetime, taken: Sequence[tuple[Payment, Mapping[int, int]]]
) -> dict[str, int]:
    """By invoice number what was paid of it."""
    wanted = [(payment, invoice_id, minor) for payment, parts in taken for invoice_id, minor in parts.items()]
    ids = {invoice_id for _, invoice_id, _ in wanted}
    found = session.execute(select(Invoice).where(Invoice.id == any_(id_array(ids)))).scalars()
    invoices = {each.id: each for each in found}
    values, cleared = [], dict[str, int]()
    for payment, invoice_id, minor in wanted:
        invoice = invoices.get(invoice_id)
        if invoice is None or invoice.startup_id != payment.startup_id:
            raise NotFound(N_("There is no such invoice."))
        values.append({
            "operator_id": payment.operator_id, "startup_id": payment.startup_id, "payment_id": payment.id,
            "invoice_id": invoice_id, "amount_minor": minor, "cleared_on": max(payment.received_on, invoice.issued_on),
            "created_at": now, "created_by": actor.person_id,
        })  # fmt: skip
        number = invoice_number(invoice.series, invoice.year, invoice.number)
        cleared[number] = cleared.get(number, 0) + minor
    if not values:
        return {}
    rows = session.execute(insert(Clearing).returning(Clearing, sort_by_parameter_order=True), values).scalars()
    clearings = list(rows)
    days = _open_days(session, {each.cleared_on for each in clearings})
    by_id = {payment.id: payment for payment, _parts in taken}
    post_entries(session, actor, [
        clearing_entry("clearing", each, invoices[each.invoice_id], by_id[each.payment_id], days[each.cleared_on])
        for each in clearings
    ], now=now)  # fmt: skip
    return cleared


def _open_days(session: Session, days: set[date]) -> dict[date, date]:
    """The open day of each; one question for each month."""
    firsts: dict[tuple[int, int], date] = {}
    for on in sorted(days):
        if (on.year, on.month) not in firsts:
            firsts[on.year, on.month] = open_day(session, on.replace(day=1))
    return {on: max(on, firsts[on.year, on.month]) for on in days}
