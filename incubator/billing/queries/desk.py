"""Finance's desk: what to do today, and the cash that is expected."""

from __future__ import annotations

from datetime import date, timedelta

from msgspec import Struct
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.permissions import Action
from incubator.billing.models import OpenItem, Payment
from incubator.billing.queries.instalments import open_parts

WEEKS = 5


class Sum(Struct, frozen=True):
    """How many, and what they come to."""

    count: int
    minor: int


class Desk(Struct, frozen=True):
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
    """Four statements. An invoice in instalments counts once, and is overdue with the parts that are."""
    actor.require(Action.SEE_BILLING)
    parts = open_parts()
    late = parts.c.due_on < today
    open_count, open_minor, late_count, late_minor = session.execute(
        select(
            func.count(parts.c.invoice_id.distinct()), func.coalesce(func.sum(parts.c.open_minor), 0),
            func.count(parts.c.invoice_id.distinct()).filter(late),
            func.coalesce(func.sum(parts.c.open_minor).filter(late), 0),
        )
    ).one()
    advances = session.execute(
        select(func.count(), func.coalesce(func.sum(OpenItem.open_minor), 0))
        .where(OpenItem.payment_id.is_not(None), OpenItem.open_minor > 0)
    ).one()  # fmt: skip
    received = session.execute(
        select(func.count(), func.coalesce(func.sum(Payment.amount_minor), 0)).where(
            Payment.received_on.between(today.replace(day=1), today), Payment.way.not_in(("credit_note", "deposit"))
        )
    ).one()
    monday = today - timedelta(days=today.weekday())
    week = func.least((parts.c.due_on - monday) / 7, WEEKS)
    due = {
        int(place): int(minor) for place, minor in session.execute(
            select(week, func.sum(parts.c.open_minor)).where(parts.c.due_on >= today).group_by(week)
        ).all()
    }  # fmt: skip
    weeks = tuple((monday + timedelta(weeks=place), due.get(place, 0)) for place in range(WEEKS))
    return Desk(
        Sum(open_count, int(open_minor)), Sum(late_count, int(late_minor)), Sum(advances[0], int(advances[1])),
        Sum(received[0], int(received[1])), weeks, due.get(WEEKS, 0),
    )  # fmt: skip
