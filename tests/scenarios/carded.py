"""A payment by Stripe of A's that waits for its payer, and what the house has of Stripe, for `belongings.py`."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from incubator.billing.models import CardFinding, Invoice, StripeEvent
from incubator.billing.operations.card_booking import find
from incubator.billing.operations.checkouts import add_card_payment
from tests.cast import Cast
from tests.scenarios.october import AFTER_OCTOBER

LONG = timedelta(days=3650)


def belongings(session: Session, cast: Cast, invoice: Invoice) -> tuple[dict[str, object], dict[str, object]]:
    """By the names of places: what is the house's, and what is A's."""
    row = add_card_payment(session, cast.founder_a, now=AFTER_OCTOBER, kind="checkout", startup_id=cast.startup_a,
                           parts={invoice.id: 100}, site_id=invoice.site_id, currency=invoice.currency)  # fmt: skip
    row.state = "open"
    row.stripe_session, row.page_url, row.page_until = "cs_x", "https://checkout.example/x", AFTER_OCTOBER + LONG
    find(session, now=AFTER_OCTOBER, kind="unknown_charge", stripe_id="pi_x", facts={"found_minor": 1, "found": "CNY"})
    event = StripeEvent(event="evt_x", type="payout.paid", thing="payout", thing_id="po_x", received_at=AFTER_OCTOBER,
                        handled_at=AFTER_OCTOBER)  # fmt: skip
    session.add(event)
    session.flush()
    finding_id = session.execute(select(CardFinding.id)).scalar_one()
    return {"finding_id": finding_id, "event_id": event.id}, {"card_payment_id": row.id}
