"""The demo's payments by Stripe, as they stand in the books. It has no account there: nothing is asked of Stripe, and
the visitor sees what was paid, what is disputed, and what is to be looked at."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.queries import get_operator
from incubator.billing.models import CardPayment, Invoice, OpenItem
from incubator.billing.operations.card_booking import apply_intent, fail_card_payment, find
from incubator.billing.operations.card_disputes import apply_dispute, apply_payout
from incubator.billing.operations.checkouts import add_card_payment, marks_of
from incubator.billing.rules.cards import DisputeSeen, Fee, Intent, PayoutSeen
from incubator.core.clock import CHINA

PAID = 5


def pay_by_card(session: Session, actor: Actor, visitor_id: int, now: datetime) -> None:
    """Some open invoices are paid by card or Alipay in the days before today, one was declined, one is disputed; a part
    of the money is in the bank, and somebody else's payment is to be looked at."""
    rows = session.execute(
        select(Invoice, OpenItem.open_minor)
        .join(OpenItem, OpenItem.invoice_id == Invoice.id)
        .where(OpenItem.open_minor > 0, Invoice.startup_id != visitor_id)
        .where(Invoice.issued_on < (now - timedelta(days=3)).astimezone(CHINA).date())
        .order_by(Invoice.issued_on.desc(), Invoice.id)
        .limit(PAID + 1)
    ).all()
    for number, (invoice, open_minor) in enumerate(rows):
        then = now - timedelta(days=2, hours=5 * number)
        row = add_card_payment(
            session, actor, now=then, kind="checkout", startup_id=invoice.startup_id, parts={invoice.id: open_minor},
            site_id=invoice.site_id, currency=invoice.currency,
        )  # fmt: skip
        if number == PAID:
            fail_card_payment(session, actor, row, now=then, fault="insufficient_funds")
        else:
            apply_intent(session, actor, now=then, intent=_taken(row, number, then))
    if rows:
        _tell_more(session, actor, now, rows[0][1])


def _taken(row: CardPayment, number: int, then: datetime) -> Intent:
    way, last4 = ("alipay", "") if number % 2 else ("card", f"42{number}8")
    fee = row.amount_minor * 34 // 1000 + 235
    return Intent(
        f"pi_demo{row.id}", "succeeded", row.amount_minor, row.amount_minor, row.currency, marks_of(row.id, row.key),
        charge_id=f"ch_demo{row.id}", charged_at=then, method_kind=way, last4=last4, fee=Fee(fee, row.currency),
    )  # fmt: skip


def _tell_more(session: Session, actor: Actor, now: datetime, disputed_minor: int) -> None:
    yesterday = now - timedelta(days=1)
    first = session.execute(select(CardPayment.stripe_intent).order_by(CardPayment.id).limit(1)).scalar_one()
    dispute = DisputeSeen("dp_demo1", "needs_response", disputed_minor, "CNY", str(first), "fraudulent", yesterday,
                          answer_by=now + timedelta(days=9))  # fmt: skip
    apply_dispute(session, actor, now=yesterday, seen=dispute)
    payout = PayoutSeen("po_demo1", "paid", disputed_minor // 2, "CNY", yesterday.astimezone(CHINA).date())
    apply_payout(session, actor, now=yesterday, seen=payout, currency=get_operator(session).currency)
    find(session, now=yesterday, kind="unknown_charge", stripe_id="pi_demo_elsewhere",
         facts={"found_minor": 8_800, "found": "CNY"})  # fmt: skip
