"""The nightly comparison: all that Stripe has of the last days against ours, through the same doors as events."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import TypeVar

from msgspec import Struct
from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.permissions import Action
from incubator.accounts.queries import get_operator
from incubator.billing.card_provider import CardProvider, Refused
from incubator.billing.models import CardDispute, CardPayment, CardRefund, StripeSettings
from incubator.billing.operations.card_booking import NOT_OURS, apply_intent, apply_page, fail_card_payment, find
from incubator.billing.operations.card_disputes import apply_dispute, apply_payout
from incubator.billing.operations.card_refunds import apply_refund, fail_refund
from incubator.billing.operations.checkouts import end_card_payment, lock_card_payment
from incubator.billing.operations.journal import lock_books
from incubator.billing.rules import cards

T = TypeVar("T")
LOOKS_BACK = timedelta(days=4)
MOST_SINGLE = 200
"""Of what is still living or disputed and older than that, asked one by one."""


class Listed(Struct, frozen=True):
    """What Stripe has of the last days."""

    intents: Sequence[cards.Intent]
    pages: Sequence[cards.Session]
    refunds: Sequence[cards.RefundSeen]
    disputes: Sequence[cards.DisputeSeen]
    payouts: Sequence[cards.PayoutSeen]


def list_at_stripe(session: Session, provider: CardProvider, *, now: datetime) -> Listed:
    """Ask Stripe for all of the last four days, and for what is older and not at its end yet. Locks nothing."""
    oldest = session.execute(
        select(func.min(CardPayment.sent_at)).where(CardPayment.state.in_(cards.LIVING), CardPayment.kind == "saved")
    ).scalar_one()
    since = min(oldest or now, now - LOOKS_BACK) - timedelta(hours=1)
    intents = {each.id: each for each in provider.list_intents(since)}
    pages = []
    for session_id, intent_id in session.execute(
        select(CardPayment.stripe_session, CardPayment.stripe_intent)
        .where(CardPayment.state.in_(cards.LIVING)).order_by(CardPayment.id).limit(MOST_SINGLE)
    ):  # fmt: skip
        page = _try(provider.get_session, session_id)
        pages += [page] if page else []
        for each in (page.intent_id if page else "", intent_id or ""):
            if each and each not in intents and (found := _try(provider.get_intent, each)):
                intents[each] = found
    disputes = {each.id: each for each in provider.list_disputes(since)}
    for dispute_id in session.execute(
        select(CardDispute.stripe_dispute).where(CardDispute.outcome.is_(None)).limit(MOST_SINGLE)
    ).scalars():  # fmt: skip
        if dispute_id not in disputes and (one := _try(provider.get_dispute, dispute_id)):
            disputes[dispute_id] = one
    refunds = list(provider.list_refunds(since))
    return Listed(list(intents.values()), pages, refunds, list(disputes.values()), list(provider.list_payouts(since)))


def reconcile(session: Session, actor: Actor, *, now: datetime, listed: Listed) -> dict[str, int]:
    """Bring ours to what Stripe has; how much was mended, and how much can't be explained.

    A payment that is not ours but in the same account is a finding, so that what Stripe pays out can be accounted for.
    What was asked long ago and is nowhere at Stripe never arrived: its invoices can be paid otherwise.
    """
    actor.require(Action.TAKE_PAYMENTS)
    done: Counter[str] = Counter()
    since = session.execute(select(func.min(StripeSettings.changed_at))).scalar_one()
    for intent in listed.intents:
        outcome = apply_intent(session, actor, now=now, intent=intent)
        if outcome == NOT_OURS and intent.received_minor and since and (intent.charged_at or now) >= since:
            facts = {"found_minor": intent.received_minor, "found": intent.currency}
            outcome = _new(find(session, now=now, kind="unknown_charge", stripe_id=intent.id, facts=facts))
        done[outcome] += 1
    for page in listed.pages:
        done[apply_page(session, now=now, page=page)] += 1
    for refund in listed.refunds:
        done[apply_refund(session, actor, now=now, seen=refund)] += 1
    for dispute in listed.disputes:
        done[apply_dispute(session, actor, now=now, seen=dispute)] += 1
    currency = get_operator(session).currency
    for payout in listed.payouts:
        done[apply_payout(session, actor, now=now, seen=payout, currency=currency)] += 1
    done["never_arrived"] += _end_lost(session, actor, now)
    quiet = done.pop("known", 0) + done.pop(NOT_OURS, 0)
    unexplained = sum(done[each] for each in cards.FINDINGS)
    return {"seen": quiet + done.total(), "mended": done.total() - unexplained, "unexplained": unexplained}


def _end_lost(session: Session, actor: Actor, now: datetime) -> int:
    """What was asked more than 20 hours ago, and is not at Stripe, is not sent any more."""
    lost = 0
    before = now - cards.KEY_LIVES
    lock_books(session)
    waits = and_(CardPayment.state == "asked", CardPayment.sent_at < before)
    for row_id in session.execute(select(CardPayment.id).where(waits).order_by(CardPayment.id)).scalars().all():
        row = lock_card_payment(session, row_id)
        if row.kind == "checkout":  # its page's address never came: nobody can have paid there
            end_card_payment(session, row, now=now, state="stopped")
            continue
        fail_card_payment(session, actor, row, now=now, fault="never_arrived")
        lost += find(session, now=now, kind="never_arrived", stripe_id=row.key, card_payment_id=row.id,
                     facts={"asked_minor": row.amount_minor})  # fmt: skip
    late = select(CardRefund).where(CardRefund.state == "asked", CardRefund.sent_at < before).with_for_update()
    for made in session.execute(late.order_by(CardRefund.id)).scalars().all():
        fail_refund(session, actor, made, now=now, fault="never_arrived")
        lost += find(session, now=now, kind="never_arrived", stripe_id=made.key, card_payment_id=made.card_payment_id,
                     facts={"asked_minor": made.amount_minor})  # fmt: skip
    return lost


def _try(ask: Callable[[str], T], thing_id: str | None) -> T | None:
    if not thing_id:
        return None
    try:
        return ask(thing_id)
    except Refused as refused:
        if refused.about_key:
            raise
        return None


def _new(is_new: bool) -> str:
    return "unknown_charge" if is_new else "known"
