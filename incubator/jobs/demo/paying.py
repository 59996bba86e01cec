"""The demo's money: what startups paid by bank, who pays late, too much or in part, and the months that are closed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.billing.models import Invoice
from incubator.billing.operations.catching_up import catch_up
from incubator.billing.operations.closing import close_month
from incubator.billing.operations.payments import clear_oldest, receive_payment
from incubator.billing.queries.books import list_months
from incubator.core.clock import CHINA
from incubator.core.periods import Month

TOGETHER = 3
"""Older invoices that one transfer pays: who pays by the quarter."""
LATE, PART, TOO_MUCH = 5, 7, 11
"""Every fifth startup has not paid its last invoice, every seventh half of it, every eleventh 500.00 too much."""
LEFT_OPEN = 2
"""Months before this one that are not closed yet."""


def pay_the_year(session: Session, actor: Actor, visitor_id: int, now: datetime) -> None:
    """One transfer for every three older invoices, one for the last; then the older months are closed. The last of the
    startup whose founder a visitor signs in as is left for them to pay."""
    today = now.astimezone(CHINA).date()
    invoices: dict[int, list[Invoice]] = {}
    for invoice in session.execute(
        select(Invoice).where(Invoice.net_minor > 0).order_by(Invoice.issued_on, Invoice.id)
    ).scalars():
        invoices.setdefault(invoice.startup_id, []).append(invoice)
    for place, mine in enumerate(invoices.values()):
        *older, last = mine
        for start in range(0, len(older), TOGETHER):
            _pay(session, actor, older[start : start + TOGETHER], today, now)
        if place % LATE == LATE - 1 or last.startup_id == visitor_id:
            continue
        too_much = 50_000 if place % TOO_MUCH == 0 else 0
        amount = last.net_minor // 2 if place % PART == PART - 1 else last.net_minor + too_much
        _pay(session, actor, [last], today, now, amount)
    catch_up(session, actor, now=now)
    for booked in reversed(list_months(session, actor)):
        if booked.month < Month.of(today) - LEFT_OPEN:
            close_month(session, actor, now=now, month=booked.month)


def _pay(
    session: Session, actor: Actor, invoices: Sequence[Invoice], today: date, now: datetime, amount: int | None = None
) -> None:  # fmt: skip
    """A transfer some days after the last of the invoices was issued, where that day has come."""
    last = invoices[-1]
    on = last.issued_on + timedelta(days=3 + last.startup_id % 9)
    if on > today:
        return
    then = min(now, datetime.combine(on, time(6), UTC))
    name = last.parties["startup"]["name"]
    payment = receive_payment(
        session, actor, now=then, startup_id=last.startup_id, way="bank", received_on=on, payer=name,
        amount_minor=_sum(invoices) if amount is None else amount, reference=f"{on:%Y%m%d}{last.id:06}",
        site_id=last.site_id,
    )  # fmt: skip
    clear_oldest(session, actor, now=then, payment_id=payment.id)


def _sum(invoices: Iterable[Invoice]) -> int:
    return sum(each.net_minor for each in invoices)
