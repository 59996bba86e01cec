"""Interest on what was paid late or is open still: what could be charged by now."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import date, timedelta
from itertools import groupby
from typing import Any

from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import ColumnElement, ScalarSelect, any_, case, func, or_, select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.permissions import Action
from incubator.billing.models import (
    Charge,
    Clearing,
    Instalment,
    Invoice,
    InvoiceLine,
    JournalEntry,
    LateInterest,
    OneOffCharge,
    OpenItem,
)
from incubator.billing.models import Posting as PostingRow
from incubator.billing.queries.dunning.overdue import list_plans
from incubator.billing.rules.accounts import Account
from incubator.billing.rules.interest import Agreed, Debt, Interest, Move, Terms, interest_until
from incubator.billing.rules.invoicing import invoice_number
from incubator.core.clock import CHINA
from incubator.database import id_array
from incubator.startups.models import Startup

REACHES = timedelta(days=730)
"""How long ago the due day lies at the most."""
MOST = 5_000
VERSIONS = 200


class Proposal(Struct, frozen=True):
    """Interest on an invoice that was not charged or waived yet."""

    invoice: Invoice
    startup: Startup
    open_minor: int
    interest: Interest
    taken_minor: int

    @property
    def number(self) -> str:
        return invoice_number(self.invoice.series, self.invoice.year, self.invoice.number)

    @property
    def left_minor(self) -> int:
        return self.interest.left_after(self.taken_minor)


def list_terms(session: Session) -> list[Terms]:
    """The rates by date, the earliest first; none while dunning was turned off."""
    plans = reversed(list_plans(session, VERSIONS))
    return [each.terms if each.active else Terms(each.setting.valid_from) for each in plans]


def list_proposals(
    session: Session, actor: Actor, today: date, *, startup_id: int | None = None,
    invoice_ids: Collection[int] | None = None,
) -> list[Proposal]:  # fmt: skip
    """What could be charged up to yesterday, the invoice due first first; seven statements at the most."""
    actor.require(Action.SEE_BILLING)
    terms = list_terms(session)
    first = next((each.valid_from for each in terms if each.daily), None)
    if first is None:
        return []
    rows = session.execute(
        select(OpenItem, Invoice, Startup)
        .join(Invoice, Invoice.id == OpenItem.invoice_id)
        .join(Startup, Startup.id == OpenItem.startup_id)
        .where(*_wanted(today, first, startup_id, invoice_ids))
        .order_by(OpenItem.due_on, OpenItem.invoice_id)
        .limit(MOST)
    ).all()
    debts = _debts(session, [item for item, _invoice, _startup in rows])
    taken = _taken(session, list(debts))
    found = []
    for item, invoice, startup in rows:
        interest = interest_until(debts[invoice.id], terms, today - timedelta(days=1))
        found.append(Proposal(invoice, startup, item.open_minor, interest, taken.get(invoice.id, 0)))
    return [each for each in found if each.left_minor]


def _wanted(
    today: date, first: date, startup_id: int | None, invoice_ids: Collection[int] | None
) -> list[ColumnElement[bool]]:
    """Overdue invoices that are open, or of which something was paid after the due day and not yet reckoned with."""
    last = (
        select(func.max(PostingRow.booked_on))
        .where(PostingRow.invoice_id == OpenItem.invoice_id, PostingRow.credit == Account.RECEIVABLE)
        .correlate(OpenItem).scalar_subquery()
    )  # fmt: skip
    reckoned = (
        select(LateInterest.id)
        .where(LateInterest.invoice_id == OpenItem.invoice_id, LateInterest.until_on >= last, _stands())
        .correlate(OpenItem).exists()
    )  # fmt: skip
    earliest, latest = (_planned(most) for most in (func.min, func.max))
    due_on, late_since = func.greatest(OpenItem.due_on, latest), func.least(OpenItem.due_on, earliest)
    wanted: list[ColumnElement[bool]] = [
        late_since < today - timedelta(days=1), due_on >= today - REACHES,
        or_(OpenItem.open_minor > 0, (last > late_since) & (last >= first) & ~reckoned),
    ]  # fmt: skip
    if startup_id is not None:
        wanted.append(OpenItem.startup_id == startup_id)
    if invoice_ids is not None:
        wanted.append(OpenItem.invoice_id == any_(id_array(invoice_ids)))
    return wanted


def _planned(most: Any) -> ScalarSelect[date]:
    """The first or last day of any part of the invoice; NULL, which GREATEST and LEAST pass over, without a plan."""
    query = select(most(Instalment.due_on)).where(Instalment.invoice_id == OpenItem.invoice_id)
    return query.correlate(OpenItem).scalar_subquery()


def _debts(session: Session, items: Sequence[OpenItem]) -> dict[int, Debt]:
    """What was open on each day: a clearing counts from the day on which the money came."""
    found = {
        item.invoice_id: Debt(item.due_on, item.original_minor, ())
        for item in items
        if item.invoice_id is not None and item.due_on is not None
    }
    signed = case((PostingRow.debit == Account.RECEIVABLE, PostingRow.amount_minor), else_=-PostingRow.amount_minor)
    rows = session.execute(
        select(PostingRow.invoice_id, func.coalesce(Clearing.cleared_on, PostingRow.booked_on), signed)
        .join(JournalEntry, JournalEntry.id == PostingRow.entry_id)
        .outerjoin(Clearing, (JournalEntry.source_kind == "clearings") & (Clearing.id == JournalEntry.source_id))
        .where(PostingRow.invoice_id == any_(id_array(found)),
               or_(PostingRow.debit == Account.RECEIVABLE, PostingRow.credit == Account.RECEIVABLE))
    ).all()  # fmt: skip
    moves: dict[int, list[Move]] = defaultdict(list)
    for invoice_id, on, minor in rows:
        moves[invoice_id].append(Move(on, minor))
    parts, plans = _interest_parts(session, list(found)), _agreed(session, list(found))
    return {
        invoice_id: replace(debt, moves=tuple(moves[invoice_id]), interest_minor=parts.get(invoice_id, 0),
                            plans=tuple(plans.get(invoice_id, ())))
        for invoice_id, debt in found.items()
    }  # fmt: skip


def _agreed(session: Session, invoice_ids: Sequence[int]) -> dict[int, list[Agreed]]:
    """By invoice every plan of instalments that it had, the earliest first."""
    rows = session.execute(
        select(Instalment).where(Instalment.invoice_id == any_(id_array(invoice_ids)))
        .order_by(Instalment.invoice_id, Instalment.plan, Instalment.part)
    ).scalars()  # fmt: skip
    found: dict[int, list[Agreed]] = defaultdict(list)
    for (invoice_id, _plan), parts in groupby(rows, key=lambda each: (each.invoice_id, each.plan)):
        [*each] = parts
        on = each[0].created_at.astimezone(CHINA).date()
        found[invoice_id].append(Agreed(on, tuple((part.due_on, part.amount_minor) for part in each)))
    return found


def _interest_parts(session: Session, invoice_ids: Sequence[int]) -> dict[int, int]:
    rows = session.execute(
        select(InvoiceLine.invoice_id, func.sum(InvoiceLine.net_minor))
        .join(Charge, Charge.id == InvoiceLine.charge_id)
        .where(InvoiceLine.invoice_id == any_(id_array(invoice_ids)), Charge.kind == "interest")
        .group_by(InvoiceLine.invoice_id)
    )
    return {invoice_id: int(minor) for invoice_id, minor in rows}


def _stands() -> ColumnElement[bool]:
    """Not charged by a one-off charge that was withdrawn before it was posted."""
    return ~(
        select(OneOffCharge.id)
        .where(OneOffCharge.source_kind == "late_interest", OneOffCharge.source_id == LateInterest.id,
               OneOffCharge.withdrawn_at.is_not(None))
        .correlate(LateInterest).exists()
    )  # fmt: skip


def _taken(session: Session, invoice_ids: Sequence[int]) -> dict[int, int]:
    rows = session.execute(
        select(LateInterest.invoice_id, func.sum(LateInterest.amount_minor))
        .where(LateInterest.invoice_id == any_(id_array(invoice_ids)), _stands())
        .group_by(LateInterest.invoice_id)
    )
    return {invoice_id: int(minor) for invoice_id, minor in rows}
