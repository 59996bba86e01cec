"""Where a startup stands with the operator: what it owes, what it has paid too much, and every movement between."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from msgspec import Struct
from sqlalchemy import and_, case, func, or_, select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.permissions import Action
from incubator.billing.models import Invoice, JournalEntry, OpenItem, Payment, Posting
from incubator.billing.queries.instalments import open_parts
from incubator.billing.rules.accounts import Account
from incubator.startups.models import DepositEntry, Residency, Startup
from incubator.startups.queries import get_startup
from incubator.startups.rules.deposits import ADDS, TAKES

MOST_LINES = 2_000
"""Of a statement: more days than that are asked for in parts."""


class Standing(Struct, frozen=True):
    """Where a startup stands today."""

    startup: Startup
    open_minor: int
    overdue_minor: int
    oldest_due_on: date | None
    """Since when something is overdue."""
    advances_minor: int
    deposits_minor: int
    billed_minor: int
    """Net of all its invoices."""
    subsidised_minor: int
    received_minor: int

    @property
    def owes_minor(self) -> int:
        """Less than 0: the operator owes it."""
        return self.open_minor - self.advances_minor


def get_standing(session: Session, actor: Actor, startup_id: int, today: date) -> Standing:
    """In five statements; NotFound for another startup's people."""
    startup = _get(session, actor, startup_id)
    parts = open_parts(OpenItem.startup_id == startup.id)
    overdue = parts.c.due_on < today
    advances_of = (
        select(func.coalesce(func.sum(OpenItem.open_minor), 0))
        .where(OpenItem.startup_id == startup.id, OpenItem.payment_id.is_not(None)).scalar_subquery()
    )  # fmt: skip
    open_minor, overdue_minor, oldest, advances = session.execute(
        select(
            func.coalesce(func.sum(parts.c.open_minor), 0),
            func.coalesce(func.sum(parts.c.open_minor).filter(overdue), 0),
            func.min(parts.c.due_on).filter(overdue), advances_of,
        )
    ).one()
    billed, subsidised = session.execute(
        select(func.coalesce(func.sum(Invoice.net_minor), 0), func.coalesce(func.sum(Invoice.subsidy_minor), 0))
        .where(Invoice.startup_id == startup.id)
    ).one()  # fmt: skip
    received = session.execute(
        select(func.coalesce(func.sum(Payment.amount_minor), 0))
        .where(Payment.startup_id == startup.id, Payment.way.not_in(("credit_note", "deposit")))
    ).scalar_one()  # fmt: skip
    deposits = session.execute(
        select(func.coalesce(func.sum(case(
            (DepositEntry.kind.in_(ADDS), DepositEntry.amount_minor),
            (DepositEntry.kind.in_(TAKES), -DepositEntry.amount_minor), else_=0,
        )), 0))
        .join(Residency, Residency.id == DepositEntry.residency_id)
        .where(Residency.startup_id == startup.id)
    ).scalar_one()  # fmt: skip
    return Standing(startup, int(open_minor), int(overdue_minor), oldest, int(advances), int(deposits), int(billed),
                    int(subsidised), int(received))  # fmt: skip


def list_held_deposits(session: Session, startup_id: int) -> list[tuple[Residency, int]]:
    """The agreements of a startup of whose deposit something is held, and how much; the caller has loaded it."""
    last = (
        select(DepositEntry.residency_id, func.max(DepositEntry.number).label("number"))
        .group_by(DepositEntry.residency_id)
        .subquery()
    )
    rows = session.execute(
        select(Residency, DepositEntry.balance_minor)
        .join(last, last.c.residency_id == Residency.id)
        .join(DepositEntry, and_(DepositEntry.residency_id == Residency.id, DepositEntry.number == last.c.number))
        .where(Residency.startup_id == startup_id, DepositEntry.balance_minor > 0)
        .order_by(Residency.number)
    ).all()
    return [(residency, held) for residency, held in rows]


class StatementLine(Struct, frozen=True):
    """A movement of what a startup owes, and what it owes after it."""

    entry: JournalEntry
    amount_minor: int
    """What it owes more; less than 0: less."""
    balance_minor: int


class Statement(Struct, frozen=True):
    """What a startup owed before some days, every movement on them, and what it owes then."""

    startup: Startup
    since: date
    until: date
    opening_minor: int
    lines: Sequence[StatementLine]
    is_cut: bool
    """Whether there are more movements than are shown."""

    @property
    def closing_minor(self) -> int:
        return self.lines[-1].balance_minor if self.lines else self.opening_minor

    @property
    def charged_minor(self) -> int:
        return sum(each.amount_minor for each in self.lines if each.amount_minor > 0)

    @property
    def paid_minor(self) -> int:
        return -sum(each.amount_minor for each in self.lines if each.amount_minor < 0)


def get_statement(session: Session, actor: Actor, startup_id: int, since: date, until: date) -> Statement:
    """The statement of account: receivable less advances, by entry; what a payment pays moves nothing of that sum.

    An invoice of 2,400.00, 2,000.00 received: 400.00 are owed, whether anybody has matched the two or not.
    """
    startup = _get(session, actor, startup_id)
    ours = (Account.RECEIVABLE, Account.ADVANCES)
    signed = (
        case((Posting.debit.in_(ours), Posting.amount_minor), else_=0)
        - case((Posting.credit.in_(ours), Posting.amount_minor), else_=0)
    )  # fmt: skip
    mine = [Posting.startup_id == startup.id, or_(Posting.debit.in_(ours), Posting.credit.in_(ours))]
    opening = int(session.execute(
        select(func.coalesce(func.sum(signed), 0)).where(*mine, Posting.booked_on < since)
    ).scalar_one())  # fmt: skip
    sums = (
        select(Posting.entry_id, func.sum(signed).label("amount"))
        .where(*mine, Posting.booked_on.between(since, until))
        .group_by(Posting.entry_id)
        .having(func.sum(signed) != 0)
        .subquery()
    )
    rows = session.execute(
        select(JournalEntry, sums.c.amount)
        .join(sums, sums.c.entry_id == JournalEntry.id)
        .order_by(JournalEntry.booked_on, JournalEntry.year, JournalEntry.number)
        .limit(MOST_LINES + 1)
    ).all()
    lines, balance = [], opening
    for entry, amount in rows[:MOST_LINES]:
        balance += int(amount)
        lines.append(StatementLine(entry, int(amount), balance))
    return Statement(startup, since, until, opening, lines, len(rows) > MOST_LINES)


def _get(session: Session, actor: Actor, startup_id: int) -> Startup:
    if not actor.can(Action.SEE_BILLING):
        actor.require_for(Action.SEE_OWN_INVOICES, startup_id)
    return get_startup(session, actor, startup_id)
