"""Disputed charges and payouts, taken into the books.

What is disputed is blocked at Stripe while the case runs, and stays in its account; it is the operator's, or not, when
the case is closed. Lost: the invoices that it had paid are open again, and the money is no longer there.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from incubator.accounts.actor import Actor
from incubator.audit.operations import record
from incubator.billing.models import CardDispute, CardPayment, CardPayout, Clearing, JournalEntry
from incubator.billing.operations.card_booking import NOT_OURS, book_fee, find, find_card_payment
from incubator.billing.operations.checkouts import lock_card_payment
from incubator.billing.operations.journal import lock_books, lock_items, open_day, post_entries
from incubator.billing.operations.payments import clear_invoices, undo_clearing
from incubator.billing.queries.card_people import list_money_people, list_payers
from incubator.billing.rules import cards
from incubator.billing.rules.accounts import Account
from incubator.billing.rules.journal import Entry, Posting, both_ways
from incubator.core.clock import CHINA
from incubator.database import current_operator
from incubator.notices.operations import notify

WON = ("won", "warning_closed")


def apply_dispute(session: Session, actor: Actor, *, now: datetime, seen: cards.DisputeSeen) -> str:
    """Keep how a dispute stands; when it is lost, take the money out of the books, once."""
    row_id = find_card_payment(session, {}, seen.intent_id)
    if row_id is None:
        return NOT_OURS
    lock_books(session)
    row = lock_card_payment(session, row_id)
    query = select(CardDispute).where(CardDispute.stripe_dispute == seen.id)
    dispute = session.execute(query.execution_options(populate_existing=True)).scalar_one_or_none()
    new = dispute is None
    if dispute is None:
        dispute = CardDispute(
            card_payment_id=row.id, stripe_dispute=seen.id, amount_minor=seen.amount_minor, currency=seen.currency,
            status=seen.status, reason=seen.reason[:100], opened_at=seen.opened_at, answer_by=seen.answer_by,
        )  # fmt: skip
        session.add(dispute)
        session.flush()
        _tell(session, now, row, dispute, "disputed")
        record(session, actor, "open_dispute", ("card_payments", row.id), now=now,
               after={"amount_minor": dispute.amount_minor})  # fmt: skip
    dispute.status, dispute.answer_by = seen.status, seen.answer_by or dispute.answer_by
    outcome = "won" if seen.status in WON else "lost" if seen.status == "lost" else None
    if outcome is None or dispute.outcome is not None:
        return "disputed" if new else "known"
    if row.payment_id is None:  # the payment itself is not known yet: the event that brings it comes first
        return "disputed" if new else "known"
    dispute.outcome, dispute.closed_at, dispute.fee_minor = outcome, now, seen.fee_minor
    book_fee(session, actor, now=now, source=("card_disputes", dispute.id), row=row, fee_minor=seen.fee_minor)
    if outcome == "lost":
        _lose(session, actor, now, row, dispute)
    _tell(session, now, row, dispute, outcome)
    record(session, actor, "close_dispute", ("card_payments", row.id), now=now,
           after={"amount_minor": dispute.amount_minor, "outcome": outcome})  # fmt: skip
    return outcome


def _lose(session: Session, actor: Actor, now: datetime, row: CardPayment, dispute: CardDispute) -> None:
    """Undo what the payment has paid, the last first, as far as is needed; then the money goes.

    Of a payment of 1,000.00 that paid 600.00 and then 400.00, 700.00 are lost: both are undone, 700.00 go, and 300.00
    pay again what was undone last.
    """
    assert row.payment_id is not None
    [item] = lock_items(session, (), [row.payment_id])
    left, undone = item.open_minor, []
    for clearing in _list_clearings(session, row.payment_id):
        if left >= dispute.amount_minor:
            break
        undo_clearing(session, actor, now=now, clearing_id=clearing.id, reason=f"Stripe: {dispute.stripe_dispute}")
        left += clearing.amount_minor
        undone.append(clearing)
    gone = min(left, dispute.amount_minor)
    if gone < dispute.amount_minor:
        find(session, now=now, kind="dispute_without_money", stripe_id=dispute.stripe_dispute, card_payment_id=row.id,
             facts={"found_minor": dispute.amount_minor, "left_minor": gone})  # fmt: skip
    if gone:
        posting = Posting(Account.ADVANCES, Account.STRIPE, gone, row.startup_id, payment_id=row.payment_id)
        on = open_day(session, now.astimezone(CHINA).date())
        says = {"dispute": dispute.stripe_dispute, "reason": dispute.reason}
        entry = Entry("dispute", on, ("card_disputes", dispute.id), (posting,), says, row.site_id)
        post_entries(session, actor, [entry], now=now)
    if undone and left > gone:
        parts = {undone[-1].invoice_id: left - gone}
        clear_invoices(session, actor, now=now, payment_id=row.payment_id, parts=parts)


def _list_clearings(session: Session, payment_id: int) -> list[Clearing]:
    """What a payment pays, the last first."""
    undoing = aliased(Clearing)
    return list(session.execute(
        select(Clearing)
        .where(Clearing.payment_id == payment_id, Clearing.undoes_id.is_(None),
               ~select(undoing.id).where(undoing.undoes_id == Clearing.id).exists())
        .order_by(Clearing.id.desc())
    ).scalars())  # fmt: skip


def _tell(session: Session, now: datetime, row: CardPayment, dispute: CardDispute, what: str) -> None:
    people = set(list_money_people(session))
    if what == "lost":
        people |= set(list_payers(session, row.startup_id))
    notify(session, now=now, kind="payment", about=("card_payments", row.id), people=people,
           facts={"what": what, "amount_minor": dispute.amount_minor}, key=f"dispute:{dispute.id}:{what}")  # fmt: skip


def apply_payout(session: Session, actor: Actor, *, now: datetime, seen: cards.PayoutSeen, currency: str) -> str:
    """Money that Stripe paid into the bank: debit bank, credit what it holds. One that failed is taken back."""
    lock_books(session)
    query = select(CardPayout).where(CardPayout.stripe_payout == seen.id)
    payout = session.execute(query.execution_options(populate_existing=True)).scalar_one_or_none()
    if payout is not None and payout.status == "paid" and seen.status in ("failed", "canceled"):
        _reverse(session, actor, now, payout)
        return "failed"
    if payout is not None or seen.status != "paid":
        return "known"
    payout = CardPayout(stripe_payout=seen.id, amount_minor=seen.amount_minor, currency=seen.currency, status="paid",
                        arrives_on=seen.arrives_on, seen_at=now)  # fmt: skip
    session.add(payout)
    session.flush()
    if seen.currency != currency:
        find(session, now=now, kind="other_currency", stripe_id=seen.id,
             facts={"asked": currency, "found": seen.currency, "found_minor": seen.amount_minor})  # fmt: skip
        return "other_currency"
    on = open_day(session, min(seen.arrives_on, now.astimezone(CHINA).date()))
    postings = tuple(both_ways(Account.BANK, Account.STRIPE, seen.amount_minor))
    entries = [Entry("payout", on, ("card_payouts", payout.id), postings, {"payout": seen.id})]
    for entry_id in post_entries(session, actor, entries, now=now):
        payout.entry_id = entry_id
    record(session, actor, "book_payout", ("card_payouts", payout.id), now=now,
           after={"amount_minor": seen.amount_minor})  # fmt: skip
    return "booked"


def _reverse(session: Session, actor: Actor, now: datetime, payout: CardPayout) -> None:
    payout.status = "failed"
    if payout.entry_id is None:
        return
    booked = session.get_one(JournalEntry, (current_operator(session), payout.entry_id))
    on = open_day(session, max(booked.booked_on, now.astimezone(CHINA).date()))
    postings = tuple(both_ways(Account.STRIPE, Account.BANK, payout.amount_minor))
    entry = Entry("reversal", on, ("card_payouts", payout.id), postings, {"payout": payout.stripe_payout},
                  reverses_id=booked.id)  # fmt: skip
    post_entries(session, actor, [entry], now=now)
    record(session, actor, "reverse_payout", ("card_payouts", payout.id), now=now,
           after={"amount_minor": payout.amount_minor})  # fmt: skip
