"""The demo's account at the stand-in for Stripe: its keys in the settings, and what the books have of it already.

Only `incubator.serve` asks for it, on a machine of one's own: a demo that is loaded otherwise has no keys.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from incubator.accounts.actor import system_actor
from incubator.accounts.models import Tenant
from incubator.billing import card_keys
from incubator.billing.models import CardDispute, CardMethod, CardPayment, CardPayout, CardRefund
from incubator.billing.operations.card_settings import keep_stripe_settings
from incubator.billing.operations.checkouts import marks_of
from incubator.database import INSTALLATION, as_operator, set_operator
from incubator.jobs.demo.loading import NAME
from incubator.stand_ins.stripe import KEY, WEBHOOK_SECRET

Thing = dict[str, Any]
NEVER = {"fee": 0, "currency": "cny"}


def open_account(session: Session, *, now: datetime) -> tuple[str, list[Thing]]:
    """The end of the address for events, and what is known of the account; keys are entered unless there are any."""
    with as_operator(session, INSTALLATION):
        operator_id = session.execute(select(Tenant.tenant_id).where(Tenant.name == NAME)).scalar_one()
    set_operator(session, operator_id)
    settings = card_keys.get_settings(session)
    if settings is None:
        settings = keep_stripe_settings(session, system_actor(operator_id), now=now, secret_key=KEY,
                                        webhook_secret=WEBHOOK_SECRET, methods=["card", "alipay", "wechat_pay"],
                                        is_on=True)  # fmt: skip
    return settings.webhook_token, list(known_things(session))


def known_things(session: Session) -> Iterator[Thing]:
    """What the operator's books have of Stripe, as Stripe has it: so that nothing of it is missing there, whatever
    became of the stand-in's own file. Pages that nobody paid are over."""
    refunded: dict[int, int] = {}
    for refund, intent_id, charge_id, currency in session.execute(
        select(CardRefund, CardPayment.stripe_intent, CardPayment.stripe_charge, CardPayment.currency)
        .join(CardPayment, CardPayment.id == CardRefund.card_payment_id)
        .where(CardRefund.stripe_refund.is_not(None)).order_by(CardRefund.id)
    ):  # fmt: skip
        refunded[refund.card_payment_id] = refunded.get(refund.card_payment_id, 0) + refund.amount_minor
        yield {"id": refund.stripe_refund, "object": "refund", "amount": refund.amount_minor,
               "currency": currency.lower(), "created": _stamp(refund.created_at), "payment_intent": intent_id,
               "status": "failed" if refund.state == "failed" else "succeeded", "failure_reason": refund.fault or None,
               "charge": charge_id, "metadata": marks_of(refund.id, refund.key)}  # fmt: skip
    for row in session.execute(select(CardPayment).order_by(CardPayment.id)).scalars():
        if row.stripe_intent:
            yield from _payment(row, refunded.get(row.id, 0))
        if row.stripe_session and row.state == "open":
            yield _page(row)
    for dispute, row in session.execute(
        select(CardDispute, CardPayment).join(CardPayment, CardPayment.id == CardDispute.card_payment_id)
        .order_by(CardDispute.id)
    ):  # fmt: skip
        yield {"id": dispute.stripe_dispute, "object": "dispute", "amount": dispute.amount_minor,
               "currency": dispute.currency.lower(), "created": _stamp(dispute.opened_at), "status": dispute.status,
               "reason": dispute.reason, "payment_intent": row.stripe_intent, "charge": row.stripe_charge,
               "evidence_details": {"due_by": _stamp(dispute.answer_by)},
               "balance_transactions": [NEVER | {"fee": dispute.fee_minor or 0}]}  # fmt: skip
    for payout in session.execute(select(CardPayout).order_by(CardPayout.id)).scalars():
        arrives = datetime.combine(payout.arrives_on, datetime.min.time(), payout.seen_at.tzinfo)
        yield {"id": payout.stripe_payout, "object": "payout", "amount": payout.amount_minor, "status": payout.status,
               "currency": payout.currency.lower(), "created": _stamp(payout.seen_at),
               "arrival_date": _stamp(arrives)}  # fmt: skip
    for method in session.execute(select(CardMethod).where(CardMethod.stripe_method.is_not(None))).scalars():
        month, _, year = method.expires.partition("/")
        card = {
            "brand": method.brand,
            "last4": method.last4,
            "exp_month": int(month or 1),
            "exp_year": int(year or 2099),
        }
        yield {"id": method.stripe_method, "object": "payment_method", "type": "card", "card": card,
               "customer": method.stripe_customer if method.state == "active" else None}  # fmt: skip


def _payment(row: CardPayment, refunded_minor: int) -> Iterator[Thing]:
    paid, currency = row.payment_id is not None, row.currency.lower()
    made = _stamp(row.ended_at or row.created_at)
    yield {"id": row.stripe_intent, "object": "payment_intent", "amount": row.amount_minor, "currency": currency,
           "amount_received": row.amount_minor if paid else 0, "metadata": marks_of(row.id, row.key), "created": made,
           "status": "succeeded" if paid else "canceled", "latest_charge": row.stripe_charge if paid else None,
           "last_payment_error": {"code": row.fault} if row.fault and not paid else None}  # fmt: skip
    if paid and row.stripe_charge:
        fee, balance = row.fee_minor or 0, f"txn_of_{row.stripe_charge}"
        way = row.method_kind or "card"
        yield {"id": balance, "object": "balance_transaction", "amount": row.amount_minor, "fee": fee,
               "net": row.amount_minor - fee, "currency": currency, "created": made}  # fmt: skip
        yield {"id": row.stripe_charge, "object": "charge", "amount": row.amount_minor, "currency": currency,
               "amount_refunded": refunded_minor, "payment_intent": row.stripe_intent, "balance_transaction": balance,
               "payment_method_details": {"type": way, way: {"last4": row.last4} if row.last4 else {}},
               "created": made}  # fmt: skip


def _page(row: CardPayment) -> Thing:
    """A page whose stand-in has forgotten it: over, so that the invoice can be paid on a new one."""
    return {"id": row.stripe_session, "object": "checkout.session", "mode": "payment", "status": "expired",
            "url": None, "payment_status": "unpaid", "expires_at": _stamp(row.page_until), "payment_intent": None,
            "setup_intent": None, "customer": None, "metadata": marks_of(row.id, row.key),
            "amount_total": row.amount_minor, "currency": row.currency.lower(), "success_url": "/", "cancel_url": "/",
            "_title": "", "_methods": [], "_intent_metadata": {}}  # fmt: skip


def _stamp(at: datetime | None) -> int | None:
    return int(at.timestamp()) if at else None
