"""Writing the books: entries under numbers without gaps, and what they change of what is open.

Whoever writes them takes the books first (`lock_books`), after what the left packages and the invoice series lock: one
writer of an operator at a time, so that no two wait for each other.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import any_, func, or_, select, update
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.billing.models import ClosedMonth, Invoice, JournalEntry, OpenItem, Payment
from incubator.billing.models import Posting as PostingRow
from incubator.billing.operations.dunning_end import lift_if_paid
from incubator.billing.operations.numbering import JOURNAL, RECEIPTS, lock_series, take_numbers
from incubator.billing.rules.invoicing import invoice_number
from incubator.billing.rules.journal import Entry, moves_of
from incubator.core.clock import CHINA
from incubator.core.errors import N_, Conflict, Refusal
from incubator.core.money import Money
from incubator.core.periods import Month
from incubator.database import current_operator, id_array, insert_numbered, insert_rows


def lock_books(session: Session) -> None:
    """The operator's books are this transaction's until its commit; taken again it costs a statement."""
    lock_series(session, JOURNAL, 0)


def open_day(session: Session, on: date) -> date:
    """`on`, or the first day after the last closed month: where something late is booked.

    With October closed, 2026-09-30 is booked on 2026-11-01, be it that September had nothing to close.
    """
    closed = last_closed(session)
    return on if closed is None else max(on, (closed + 1).first)


def last_closed(session: Session) -> Month | None:
    """The last closed month: it and all before take nothing any more."""
    found = session.execute(select(func.max(ClosedMonth.month))).scalar_one()
    return None if found is None else Month.of(found)


def post_entries(session: Session, actor: Actor, entries: Sequence[Entry], *, now: datetime) -> list[int]:
    """Write entries with the next numbers of their years, and what they change of what is open; their ids.

    Refused for a day of a closed month; Conflict where more would be settled than is open, or given than is left. Those
    without postings are left out. Seven statements, however many entries there are, and one for each 10,000 postings.
    """
    entries = [each for each in entries if each.postings]
    if not entries:
        return []
    lock_books(session)
    _refuse_closed(session, entries)
    settled = _move_items(session, [posting for each in entries for posting in each.postings])
    ids = _insert_entries(session, actor, entries, now)
    insert_rows(session, PostingRow, list(_posting_values(session, entries, ids)))
    overdue_by = now.astimezone(CHINA).date()
    late = {each.startup_id for each in settled if each.due_on is not None and each.due_on < overdue_by}
    lift_if_paid(session, actor, now=now, startup_ids=late)
    return ids


def _refuse_closed(session: Session, entries: Iterable[Entry]) -> None:
    closed = last_closed(session)
    if closed is not None and min(each.on for each in entries) <= closed.last:
        raise Refusal(N_("The books are closed up to %(month)s; nothing more can be booked before."), month=str(closed))


def _move_items(session: Session, postings: Iterable[Any]) -> list[OpenItem]:
    """Change what is open; the items of which less is open now."""
    moves = moves_of(postings)
    if not moves.invoices and not moves.payments:
        return []
    items = lock_items(session, moves.invoices, moves.payments)
    changed: dict[int, int] = {}
    for item in items:
        delta = moves.invoices.get(item.invoice_id or 0, 0) + moves.payments.get(item.payment_id or 0, 0)
        if not 0 <= item.open_minor + delta <= item.original_minor:
            raise _not_open(session, item, delta)
        changed[item.id] = delta
    if len(changed) != len(moves.invoices) + len(moves.payments):
        raise RuntimeError("an invoice or payment without an open item")
    moved = func.unnest(id_array(changed), id_array(changed.values())).table_valued("id", "delta").render_derived()
    session.execute(
        update(OpenItem)
        .where(OpenItem.id == moved.c.id)
        .values(open_minor=OpenItem.open_minor + moved.c.delta)
        .execution_options(synchronize_session=False)
    )
    for item in items:
        session.expire(item, ["open_minor"])
    return [item for item in items if changed[item.id] < 0]


def lock_items(session: Session, invoices: Iterable[int], payments: Iterable[int] = ()) -> Sequence[OpenItem]:
    """The open items of some invoices and payments by their ids, locked until the commit and read anew."""
    wanted = or_(OpenItem.invoice_id == any_(id_array(invoices)), OpenItem.payment_id == any_(id_array(payments)))
    query = select(OpenItem).where(wanted).order_by(OpenItem.id).with_for_update()
    return session.execute(query.execution_options(populate_existing=True)).scalars().all()


def _not_open(session: Session, item: OpenItem, delta: int) -> Conflict:
    """Why an item can't change by so much, with its number and what is open."""
    if item.invoice_id is not None:
        invoice = session.get_one(Invoice, (item.operator_id, item.invoice_id))
        number = invoice_number(invoice.series, invoice.year, invoice.number)
        said = (
            N_("Of %(number)s only %(open)s is open, not %(amount)s; it may have been paid meanwhile.") if delta < 0
            else N_("%(number)s can't be opened again by %(amount)s; that was undone already.")
        )  # fmt: skip
    else:
        payment = session.get_one(Payment, (item.operator_id, item.payment_id))
        number = invoice_number(RECEIPTS, payment.year, payment.number)
        said = (
            N_("Of %(number)s only %(open)s is left, not %(amount)s; it may have been used meanwhile.") if delta < 0
            else N_("%(number)s can't have %(amount)s back; that was undone already.")
        )  # fmt: skip
    return Conflict(said, number=number, open=Money(item.open_minor), amount=Money(abs(delta)))


def _insert_entries(session: Session, actor: Actor, entries: Sequence[Entry], now: datetime) -> list[int]:
    operator_id = current_operator(session)
    wanted = Counter(each.on.year for each in entries)
    numbers: dict[int, Iterator[int]] = {
        year: iter(take_numbers(session, JOURNAL, year, count)) for year, count in sorted(wanted.items())
    }
    values = [
        {
            "operator_id": operator_id, "year": each.on.year, "number": next(numbers[each.on.year]),
            "booked_on": each.on, "kind": each.kind, "source_kind": each.source[0], "source_id": each.source[1],
            "site_id": each.site_id, "reverses_id": each.reverses_id, "says": dict(each.says), "posted_at": now,
            "posted_by": actor.person_id,
        }
        for each in entries
    ]  # fmt: skip
    return insert_numbered(session, JournalEntry, values)


def _posting_values(session: Session, entries: Sequence[Entry], ids: Sequence[int]) -> Iterator[dict[str, Any]]:
    operator_id = current_operator(session)
    for entry, entry_id in zip(entries, ids, strict=True):
        for line, each in enumerate(entry.postings, start=1):
            yield {
                "operator_id": operator_id, "entry_id": entry_id, "line": line, "booked_on": entry.on,
                "debit": each.debit, "credit": each.credit, "amount_minor": each.amount_minor,
                "startup_id": each.startup_id, "invoice_id": each.invoice_id, "payment_id": each.payment_id,
                "scheme_id": each.scheme_id, "charge_kind": each.charge_kind, "tax_rate": each.tax_rate,
                "charge_id": each.charge_id,
            }  # fmt: skip
