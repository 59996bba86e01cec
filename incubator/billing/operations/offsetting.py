"""A deposit pays what its startup owes."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.permissions import Action
from incubator.billing.models import Payment
from incubator.billing.operations.catching_up import catch_up
from incubator.billing.operations.payments import clear_oldest, receive_payment
from incubator.core.clock import CHINA
from incubator.startups.operations.deposits import move_deposit
from incubator.startups.queries.residencies import get_residency


def offset_deposit(
    session: Session, actor: Actor, *, now: datetime, residency_id: int, amount_minor: int, reason: str
) -> Payment:  # fmt: skip
    """Withhold a part of an agreement's deposit and pay the startup's open invoices of it, the one due first first.

    Of 5,000.00 held and 1,200.00 open, 1,200.00 offset: nothing is open and 3,800.00 are held. What is more than is
    open stays as an advance.
    """
    actor.require(Action.TAKE_PAYMENTS)
    residency = get_residency(session, actor, residency_id)
    today = now.astimezone(CHINA).date()
    entry = move_deposit(session, actor, now=now, residency_id=residency.id, kind="withheld", amount_minor=amount_minor,
                         happened_on=today, reason=reason)  # fmt: skip
    payment = receive_payment(
        session, actor, now=now, startup_id=residency.startup_id, way="deposit", amount_minor=amount_minor,
        received_on=today, reference=residency.number, note=reason, site_id=residency.site_id,
        source=("deposit_entries", entry.id),
    )  # fmt: skip
    catch_up(session, actor, now=now)  # the deposit itself, where it is not in the books yet
    clear_oldest(session, actor, now=now, payment_id=payment.id)
    return payment
