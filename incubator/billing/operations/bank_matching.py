"""What becomes of lines: they are taken as payments and pay invoices, are refunds that went out, or are left aside.

Locked in this order: the lines by their ids, then the books.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import any_, exists, insert, select
from sqlalchemy.orm import Session, aliased

from incubator.accounts.actor import Actor
from incubator.accounts.permissions import Action
from incubator.audit.operations import record
from incubator.billing.models import BankAct, BankLine, Clearing, Invoice, OpenItem, Payment, Refund
from incubator.billing.operations.journal import lock_books, open_day, post_entries
from incubator.billing.operations.numbering import RECEIPTS, take_numbers
from incubator.billing.operations.payments import (
    LONGEST_REFERENCE,
    clearing_entry,
    receipt_entry,
    receipt_number,
    refund,
    undo_clearing,
    undo_refund,
)
from incubator.billing.queries.bank_matches import find_suggestions
from incubator.billing.rules.invoicing import invoice_number
from incubator.core.errors import N_, Conflict, NotFound, Refusal
from incubator.core.texts import one_line, visible
from incubator.database import current_operator, id_array
from incubator.spaces.operations.words import LONGEST_TEXT
from incubator.startups.models import Startup

SOURCE = "bank_lines"
MOST_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Chosen:
    """Whose payment a line is, and what it pays, by invoice; what is left over is an advance."""

    startup_id: int
    parts: Mapping[int, int]


def confirm_lines(
    session: Session, actor: Actor, *, now: datetime, shown: Mapping[int, str]
) -> list[Payment]:  # fmt: skip
    """Take lines for what was suggested, all or none; `shown` is line → fingerprint of the suggestion that was seen.

    Conflict where a line is done already, or where something else is suggested by now.
    """
    actor.require(Action.TAKE_PAYMENTS)
    if not shown:
        raise Refusal(N_("Choose at least one line."))
    if len(shown) > MOST_AT_ONCE:
        raise Refusal(N_("At most %(most)s lines can be confirmed at once."), most=MOST_AT_ONCE)
    lines = _lock_open(session, shown)
    lock_books(session)
    found = find_suggestions(session, actor)
    chosen = {}
    for line in lines:
        suggestion = found.get(line.id)
        if suggestion is None or suggestion.fingerprint != shown[line.id]:
            raise Conflict(N_("What is suggested has changed since you saw it. Look again, then confirm."))
        chosen[line.id] = Chosen(suggestion.startup_id, dict(suggestion.parts))
    return _take(session, actor, now, lines, chosen)


def assign_line(session: Session, actor: Actor, *, now: datetime, line_id: int, chosen: Chosen) -> Payment:
    """Take a line as a startup's payment, by hand: for the invoices that are named, the rest an advance."""
    actor.require(Action.TAKE_PAYMENTS)
    [line] = _lock_open(session, [line_id])
    if line.amount_minor < 0:
        raise Refusal(N_("This went out; it is nobody’s payment."))
    if sum(chosen.parts.values()) > line.amount_minor:
        raise Refusal(N_("That is more than came in."))
    lock_books(session)
    [payment] = _take(session, actor, now, [line], {line.id: chosen})
    return payment


def ignore_line(session: Session, actor: Actor, *, now: datetime, line_id: int, reason: str) -> None:
    """Leave a line aside, with a reason: a transfer between own accounts, the bank's interest or fee."""
    actor.require(Action.TAKE_PAYMENTS)
    reason = one_line(reason, "reason", LONGEST_TEXT)
    if not reason:
        raise Refusal(N_("Say why."), field="reason")
    [line] = _lock_open(session, [line_id])
    line.state = "ignored"
    _act(session, actor, now, line, "ignored", reason=reason)
    record(session, actor, "ignore_bank_line", (SOURCE, line.id), now=now, after=_told(line) | {"reason": reason})


def match_refund(session: Session, actor: Actor, *, now: datetime, line_id: int, refund_id: int) -> None:
    """Say that a line is the refund that went out by it: of the same amount, and no other line's."""
    actor.require(Action.TAKE_PAYMENTS)
    [line] = _lock_open(session, [line_id])
    lock_books(session)
    row = session.get(Refund, (line.operator_id, refund_id))
    undone = aliased(Refund)
    if row is None or row.way != "bank" or row.undoes_id is not None:
        raise NotFound(N_("There is no such refund."))
    if row.amount_minor != -line.amount_minor:
        raise Refusal(N_("The amounts are not the same."))
    taken = select(
        exists().where(undone.undoes_id == row.id)
        | exists().where(BankLine.refund_id == row.id)
        | exists().where(BankAct.refund_id == row.id, BankAct.kind == "undone")
    )
    if session.execute(taken).scalar_one():
        raise Conflict(N_("This refund was undone, or is another line already."))
    line.state, line.refund_id = "refunded", row.id
    _act(session, actor, now, line, "refunded", refund_id=row.id)
    record(session, actor, "match_refund", (SOURCE, line.id), now=now, after=_told(line) | {"reason": row.reason})


def undo_line(session: Session, actor: Actor, *, now: datetime, line_id: int, reason: str) -> None:
    """Open a line again: what its payment cleared is undone, and the payment is taken back on the day it came.

    Refused where a part of the payment was given back meanwhile: that is undone first.
    """
    actor.require(Action.TAKE_PAYMENTS)
    reason = one_line(reason, "reason", LONGEST_TEXT)
    if not reason:
        raise Refusal(N_("Say why."), field="reason")
    [line] = _lock(session, [line_id])
    if line.state == "open":
        raise Conflict(N_("This line is open already."))
    before, taken_back = _told(line) | {"state": line.state}, None
    if line.payment_id is not None:
        lock_books(session)
        taken_back = _take_back(session, actor, now, line.payment_id, reason)
    line.state, line.startup_id, line.payment_id, line.refund_id = "open", None, None, None
    _act(session, actor, now, line, "undone", reason=reason, refund_id=taken_back)
    record(session, actor, "undo_bank_line", (SOURCE, line.id), now=now, before=before, after={"reason": reason})


def _take_back(session: Session, actor: Actor, now: datetime, payment_id: int, reason: str) -> int:
    payment = session.get_one(Payment, (current_operator(session), payment_id))
    undone = aliased(Clearing)
    standing = session.execute(
        select(Clearing.id)
        .where(Clearing.payment_id == payment.id, Clearing.undoes_id.is_(None),
               ~exists().where(undone.undoes_id == Clearing.id))
        .order_by(Clearing.id)
    ).scalars().all()  # fmt: skip
    for clearing_id in standing:
        undo_clearing(session, actor, now=now, clearing_id=clearing_id, reason=reason)
    item = session.execute(
        select(OpenItem).where(OpenItem.payment_id == payment.id).execution_options(populate_existing=True)
    ).scalar_one()
    if item.open_minor != payment.amount_minor:
        raise Conflict(N_("A part of %(number)s was given back; undo that first."), number=receipt_number(payment))
    row = refund(session, actor, now=now, payment_id=payment.id, amount_minor=payment.amount_minor, way=payment.way,
                 refunded_on=payment.received_on, reference=payment.reference, reason=reason,
                 needs_second=False)  # fmt: skip
    return row.id


def _take(
    session: Session, actor: Actor, now: datetime, lines: Sequence[BankLine], chosen: Mapping[int, Chosen]
) -> list[Payment]:  # fmt: skip
    """Receive the lines and clear invoices by them, under the locks; as many statements for one as for fifty."""
    if any(line.amount_minor < 0 for line in lines):
        raise Refusal(N_("This went out; it is nobody’s payment."))
    wanted = {each.startup_id for each in chosen.values()}
    startups = {each.id: each for each in session.execute(select(Startup).where(Startup.id.in_(wanted))).scalars()}
    if len(startups) != len(wanted):
        raise NotFound(N_("There is no such startup."))
    payments = _again(session, actor, now, lines, chosen)
    new = [line for line in lines if line.id not in payments]
    payments |= _receive(session, actor, now, new, chosen, startups)
    cleared = _clear(session, actor, now, payments, chosen)
    for line in lines:
        line.state, line.startup_id = "paid", chosen[line.id].startup_id
        line.payment_id = payments[line.id].id
    session.execute(insert(BankAct), [
        {"operator_id": line.operator_id, "line_id": line.id, "kind": "paid", "payment_id": payments[line.id].id,
         "reason": "", "created_at": now, "created_by": actor.person_id}
        for line in lines
    ])  # fmt: skip
    numbers = [receipt_number(payments[line.id]) for line in lines]
    after = {"lines": len(lines), "first": numbers[0], "last": numbers[-1], "invoices": cleared,
             "amount_minor": sum(line.amount_minor for line in lines)}  # fmt: skip
    record(session, actor, "confirm_bank_lines", (SOURCE, lines[0].id), now=now, after=after)
    return [payments[line.id] for line in lines]


def _again(
    session: Session, actor: Actor, now: datetime, lines: Sequence[BankLine], chosen: Mapping[int, Chosen]
) -> dict[int, Payment]:  # fmt: skip
    """Payments that lines were before, for the same startup, and that were taken back: they stand once more."""
    rows = session.execute(
        select(Payment, BankAct.refund_id)
        .join(BankAct, (BankAct.line_id == Payment.source_id) & (BankAct.kind == "undone"))
        .join(Refund, (Refund.id == BankAct.refund_id) & (Refund.payment_id == Payment.id))
        .where(Payment.source_kind == SOURCE, Payment.source_id == any_(id_array(line.id for line in lines)))
        .order_by(BankAct.id)
    ).all()  # fmt: skip
    last = {(payment.source_id, payment.startup_id): (payment, refund_id) for payment, refund_id in rows}
    found = {}
    for line in lines:
        payment, refund_id = last.get((line.id, chosen[line.id].startup_id), (None, None))
        if payment is not None and refund_id is not None:
            undo_refund(session, actor, now=now, refund_id=refund_id, reason=str(line.purpose or line.payer or "—"))
            found[line.id] = payment
    return found


def _receive(
    session: Session, actor: Actor, now: datetime, lines: Sequence[BankLine], chosen: Mapping[int, Chosen],
    startups: Mapping[int, Startup],
) -> dict[int, Payment]:  # fmt: skip
    if not lines:
        return {}
    years = sorted({line.booked_on.year for line in lines})
    numbers = {
        year: iter(take_numbers(session, RECEIPTS, year, sum(line.booked_on.year == year for line in lines)))
        for year in years
    }
    operator_id = current_operator(session)
    values = [
        {
            "operator_id": operator_id, "startup_id": chosen[line.id].startup_id, "way": "bank",
            "year": line.booked_on.year, "number": next(numbers[line.booked_on.year]),
            "amount_minor": line.amount_minor, "currency": "CNY", "received_on": line.booked_on,
            "payer": visible(line.payer)[:LONGEST_REFERENCE], "reference": visible(line.reference)[:LONGEST_REFERENCE],
            "note": visible(line.purpose)[:LONGEST_TEXT], "source_kind": SOURCE, "source_id": line.id,
            "created_at": now, "created_by": actor.person_id,
        }
        for line in lines
    ]  # fmt: skip
    rows = session.execute(insert(Payment).returning(Payment, sort_by_parameter_order=True), values).scalars()
    payments = dict(zip((line.id for line in lines), rows, strict=True))
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
    session: Session, actor: Actor, now: datetime, payments: Mapping[int, Payment], chosen: Mapping[int, Chosen]
) -> dict[str, int]:  # fmt: skip
    """By invoice number what was paid of it."""
    wanted = [
        (payments[line_id], invoice_id, minor)
        for line_id, each in chosen.items() for invoice_id, minor in each.parts.items()
    ]  # fmt: skip
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
    by_id = {each.id: each for each in payments.values()}
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


def _lock(session: Session, ids: Sequence[int] | Mapping[int, Any]) -> Sequence[BankLine]:
    """Lines in the order of days, locked by their ids; NotFound where one is not there."""
    lines = session.execute(
        select(BankLine).where(BankLine.id == any_(id_array(ids))).order_by(BankLine.id).with_for_update()
        .execution_options(populate_existing=True)
    ).scalars().all()  # fmt: skip
    if len(lines) != len(ids):
        raise NotFound(N_("There is no such line."))
    return sorted(lines, key=lambda line: (line.booked_on, line.id))


def _lock_open(session: Session, ids: Sequence[int] | Mapping[int, Any]) -> Sequence[BankLine]:
    lines = _lock(session, ids)
    if any(line.state != "open" for line in lines):
        raise Conflict(N_("This line was dealt with meanwhile."))
    return lines


def _act(session: Session, actor: Actor, now: datetime, line: BankLine, kind: str, **about: Any) -> None:
    session.add(BankAct(line_id=line.id, kind=kind, created_at=now, created_by=actor.person_id, **about))
    session.flush()


def _told(line: BankLine) -> dict[str, Any]:
    return {"on": line.booked_on, "amount_minor": line.amount_minor, "payer": line.payer}
