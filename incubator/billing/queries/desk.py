"""Finance's desk: what to do today, and the cash that is expected."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.permissions import Action
from incubator.billing.models import OpenItem, Payment

WEEKS = 5


@dataclass(frozen=True, slots=True)
class Sum:
    """How many, and what they come to."""

    count: int
    minor: int


@dataclass(frozen=True, slots=True)
class Desk:
    """What finance sees first."""

    open: Sum
    overdue: Sum
    advances: Sum
    received: Sum
    """Since the first of the month."""
    weeks: tuple[tuple[date, int], ...]
    """Open amounts by the week in which they are due, from this Monday on; what is overdue is not in them."""
    later_minor: int


def get_desk(session: Session, actor: Actor, today: date) -> Desk:
    """Three statements."""
    actor.require(Action.SEE_BILLING)
    is_invoice, overdue = OpenItem.invoice_id.is_not(None), OpenItem.due_on < today
    row = session.execute(
        select(*(each for wanted in ((is_invoice,), (is_invoice, overdue), (~is_invoice,)) for each in (
            func.count().filter(*wanted), func.coalesce(func.sum(OpenItem.open_minor).filter(*wanted), 0),
        ))).where(OpenItem.open_minor > 0)
    ).one()  # fmt: skip
    received = session.execute(
        select(func.count(), func.coalesce(func.sum(Payment.amount_minor), 0)).where(
            Payment.received_on.between(today.replace(day=1), today), Payment.way.not_in(("credit_note", "deposit"))
        )
    ).one()
    monday = today - timedelta(days=today.weekday())
    week = func.least((OpenItem.due_on - monday) / 7, WEEKS)
    due = {
        int(place): int(minor) for place, minor in session.execute(
            select(week, func.sum(OpenItem.open_minor))
            .where(is_invoice, OpenItem.open_minor > 0, OpenItem.due_on >= today)
            .group_by(week)
        ).all()
    }  # fmt: skip
    weeks = tuple((monday + timedelta(weeks=place), due.get(place, 0)) for place in range(WEEKS))
    open_, late, advances = (Sum(row[place], int(row[place + 1])) for place in (0, 2, 4))
    return Desk(open_, late, advances, Sum(received[0], int(received[1])), weeks, due.get(WEEKS, 0))
