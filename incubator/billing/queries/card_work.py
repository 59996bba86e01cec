"""What the worker has to do at Stripe."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from msgspec import Struct
from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session

from incubator.billing.models import CardPayment, CardPaymentPart, CardRefund, OpenItem, StripeEvent, StripeSettings
from incubator.billing.operations.checkouts import PAGE_LASTS

AT_ONCE = 50
OVERDUE = timedelta(minutes=10)
"""After a page's time is over, an event should have said so: later it is asked for."""


class CardWork(Struct, frozen=True):
    """Ids, each the oldest first."""

    events: Sequence[int]
    payments: Sequence[int]
    refunds: Sequence[int]
    to_close: Sequence[int]
    """Checkouts of which an invoice was paid otherwise meanwhile, or that nobody came back to."""
    to_look: Sequence[int]

    def __bool__(self) -> bool:
        return bool(self.events or self.payments or self.refunds or self.to_close or self.to_look)


def list_card_work(session: Session, *, now: datetime) -> CardWork:
    """What is due now; one statement where the operator has no account at Stripe, six where it has."""
    if session.execute(select(StripeSettings.id)).first() is None:
        return CardWork((), (), (), (), ())
    not_just_now = or_(CardPayment.looked_at.is_(None), CardPayment.looked_at < now - OVERDUE)
    is_checkout = and_(CardPayment.kind == "checkout", not_just_now)
    paid_otherwise = (
        select(CardPaymentPart.card_payment_id)
        .join(OpenItem, OpenItem.invoice_id == CardPaymentPart.invoice_id)
        .where(CardPaymentPart.is_living, OpenItem.open_minor < CardPaymentPart.amount_minor)
    )
    lost = and_(CardPayment.state == "asked", CardPayment.created_at < now - PAGE_LASTS)
    unneeded = and_(CardPayment.state == "open", CardPayment.id.in_(paid_otherwise))
    over = and_(CardPayment.state.in_(("open", "processing")), CardPayment.page_until < now - OVERDUE)
    return CardWork(
        events=_ids(session, StripeEvent, StripeEvent.next_try_at <= now, StripeEvent.next_try_at),
        payments=_ids(session, CardPayment, CardPayment.next_try_at <= now, CardPayment.next_try_at),
        refunds=_ids(session, CardRefund, CardRefund.next_try_at <= now, CardRefund.next_try_at),
        to_close=_ids(session, CardPayment, and_(is_checkout, or_(lost, unneeded)), CardPayment.id),
        to_look=_ids(session, CardPayment, and_(is_checkout, over), CardPayment.id),
    )


def _ids(
    session: Session, table: type[CardPayment | CardRefund | StripeEvent], wanted: ColumnElement[bool], order: Any
) -> Sequence[int]:
    return session.execute(select(table.id).where(wanted).order_by(order).limit(AT_ONCE)).scalars().all()
