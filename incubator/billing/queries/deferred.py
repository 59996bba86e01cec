"""Income that is billed and not earned yet, charge by charge."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from msgspec import Struct
from sqlalchemy import ColumnElement, Select, case, func, or_, select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.permissions import Action
from incubator.billing.models import Charge, IncomeRelease, Invoice, InvoiceLine, JournalEntry, Posting
from incubator.billing.rules.accounts import Account
from incubator.billing.rules.invoicing import invoice_number
from incubator.core.paging import PAGE_SIZE, Page
from incubator.core.periods import Month
from incubator.startups.models import Startup

DEFERRED = Account.DEFERRED_INCOME
_TOUCHES = or_(Posting.debit == DEFERRED, Posting.credit == DEFERRED)
_SIGNED = case((Posting.credit == DEFERRED, Posting.amount_minor), else_=-Posting.amount_minor)


class Deferred(Struct, frozen=True):
    """A charge with income of later months: what is left, and whether some was released already."""

    charge: Charge
    invoice_id: int
    left_minor: int
    is_first: bool


def _balances(*wanted: ColumnElement[bool]) -> Select[tuple[int, int, int, bool]]:
    """By charge: its invoice, what is left, whether nothing is released yet; those with nothing left are out."""
    released = func.bool_or(JournalEntry.kind == "release")
    return (
        select(Posting.charge_id, func.max(Posting.invoice_id), func.sum(_SIGNED), ~released)
        .join(JournalEntry, JournalEntry.id == Posting.entry_id)
        .where(Posting.charge_id.is_not(None), _TOUCHES, *wanted)
        .group_by(Posting.charge_id)
        .having(func.sum(_SIGNED) != 0)
    )


def list_left(session: Session, until: date) -> Sequence[Deferred]:
    """What was left of each charge's deferred income at the end of a day; one statement."""
    left = _balances(Posting.booked_on <= until).subquery()
    rows = session.execute(
        select(Charge, *(column for column in left.c if column is not left.c.charge_id))
        .join(left, left.c.charge_id == Charge.id).order_by(Charge.id)
    ).all()  # fmt: skip
    return [Deferred(charge, invoice_id, int(minor), is_first) for charge, invoice_id, minor, is_first in rows]


def first_to_release(session: Session) -> Month | None:
    """The first month whose share is not released yet: that after the last one, else that of the first deferral; None
    where nothing is left."""
    last, first = session.execute(
        select(select(func.max(IncomeRelease.month)).scalar_subquery(), func.min(Posting.booked_on))
        .where(Posting.charge_id.in_(select(_balances().subquery().c.charge_id)))
    ).one()  # fmt: skip
    if first is None:
        return None
    return max(Month.of(first), Month.of(last) + 1) if last else Month.of(first)


class DeferredLine(Struct, frozen=True):
    """A charge on the page: of whom, of which invoice and days, how much was deferred and how much is left."""

    startup: Startup
    invoice: Invoice
    charge: Charge
    description: dict[str, str]
    deferred_minor: int
    left_minor: int

    @property
    def number(self) -> str:
        """The invoice's."""
        return invoice_number(self.invoice.series, self.invoice.year, self.invoice.number)


def list_deferred(session: Session, actor: Actor, *, page: int = 1) -> tuple[Page[DeferredLine], int]:
    """A page of the charges with income of later months, what ends first first, and what is left of all; three
    statements."""
    actor.require(Action.SEE_BILLING)
    left = _balances().subquery()
    charge_id, _, minor, _ = left.c
    count, total = session.execute(select(func.count(), func.coalesce(func.sum(minor), 0)).select_from(left)).one()
    put = (
        select(func.sum(_SIGNED))
        .join(JournalEntry, JournalEntry.id == Posting.entry_id)
        .where(Posting.charge_id == Charge.id, _TOUCHES, JournalEntry.kind != "release")
        .correlate(Charge)
        .scalar_subquery()
    )
    rows = session.execute(
        select(Startup, Invoice, Charge, InvoiceLine.description, put, minor)
        .join(Charge, Charge.id == charge_id)
        .join(InvoiceLine, InvoiceLine.charge_id == Charge.id)
        .join(Invoice, Invoice.id == InvoiceLine.invoice_id)
        .join(Startup, Startup.id == Charge.startup_id)
        .order_by(Charge.ends_on, Charge.id)
        .limit(PAGE_SIZE).offset((page - 1) * PAGE_SIZE)
    ).all()  # fmt: skip
    lines = [DeferredLine(startup, invoice, charge, what, int(whole), int(rest))
             for startup, invoice, charge, what, whole, rest in rows]  # fmt: skip
    return Page(lines, page, count), int(total)
