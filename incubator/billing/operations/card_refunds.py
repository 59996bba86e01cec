"""Refunds that go back the way the money came: booked first, asked of Stripe after the commit, undone if they fail."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.permissions import Action
from incubator.audit.operations import record
from incubator.billing.models import Approval, CardPayment, CardRefund
from incubator.billing.operations.card_booking import NOT_OURS, find, find_card_payment
from incubator.billing.operations.checkouts import lock_card_payment, new_key
from incubator.billing.operations.journal import lock_books, lock_items
from incubator.billing.operations.payments import ask_refund, refund, undo_refund
from incubator.billing.queries.card_people import list_money_people
from incubator.billing.rules import cards
from incubator.core.clock import CHINA
from incubator.core.errors import N_, Conflict, NotFound
from incubator.core.money import Money
from incubator.database import current_operator
from incubator.notices.operations import notify

FAILED = ("failed", "canceled")


def refund_card_payment(
    session: Session, actor: Actor, *, now: datetime, card_payment_id: int, amount_minor: int, reason: str
) -> CardRefund:
    """Give back what is left of a payment by Stripe, the way it came. It is booked now, so that nobody gives it twice;
    the call leaves after the commit, and a refund that fails there is taken back."""
    actor.require(Action.TAKE_PAYMENTS)
    row, payment_id = _paid(session, card_payment_id)
    left = _left(session, payment_id)
    if amount_minor > left:
        raise Conflict(N_("Only %(left)s is left of this payment; what has paid an invoice is credited or undone "
                          "first."), field="amount", left=Money(left))  # fmt: skip
    booked = refund(
        session, actor, now=now, payment_id=payment_id, amount_minor=amount_minor, way="stripe",
        refunded_on=now.astimezone(CHINA).date(), reference=row.stripe_charge or "", reason=reason,
    )  # fmt: skip
    made = CardRefund(
        card_payment_id=row.id, refund_id=booked.id, amount_minor=amount_minor, state="asked",
        key=new_key("refund", current_operator(session)), created_at=now, created_by=actor.person_id, next_try_at=now,
    )  # fmt: skip
    session.add(made)
    session.flush()
    record(session, actor, "ask_card_refund", ("card_payments", row.id), now=now,
           after={"amount_minor": amount_minor, "reason": reason})  # fmt: skip
    return made


def ask_card_refund(
    session: Session, actor: Actor, *, now: datetime, card_payment_id: int, amount_minor: int, reason: str
) -> Approval:
    """Ask a second person for a refund the way the money came."""
    actor.require(Action.TAKE_PAYMENTS)
    _, payment_id = _paid(session, card_payment_id)
    return ask_refund(session, actor, now=now, payment_id=payment_id, amount_minor=amount_minor, way="stripe",
                      reason=reason)  # fmt: skip


def _paid(session: Session, card_payment_id: int) -> tuple[CardPayment, int]:
    """One that has been paid, locked, and the payment that it became."""
    lock_books(session)
    row = lock_card_payment(session, card_payment_id)
    if row.payment_id is None:
        raise Conflict(N_("Nothing has been paid by it, so nothing can go back."))
    return row, row.payment_id


def apply_refund(session: Session, actor: Actor, *, now: datetime, seen: cards.RefundSeen) -> str:
    """Bring a refund to where Stripe says it is; one that somebody gave in Stripe's own pages is booked, too, if the
    payment has as much left, and is a finding if it has not."""
    lock_books(session)
    made = _find_refund(session, seen)
    if made is None:
        return _take_foreign(session, actor, now, seen)
    made.stripe_refund, made.next_try_at = seen.id, None
    if seen.status in FAILED:
        fail_refund(session, actor, made, now=now, fault=seen.fault or seen.status)
        return "failed"
    state = "succeeded" if seen.status == "succeeded" else "pending"
    if made.state in ("asked", "pending") and made.state != state:
        made.state, made.ended_at = state, now if state == "succeeded" else None
        return state
    return "known"


def fail_refund(session: Session, actor: Actor, made: CardRefund, *, now: datetime, fault: str) -> None:
    """A refund that did not arrive: the payment has it left again, and finance is told. Once."""
    if made.state == "failed":
        return
    made.state, made.fault, made.ended_at, made.next_try_at = "failed", fault, now, None
    undo_refund(session, actor, now=now, refund_id=made.refund_id, reason=f"Stripe: {fault}")
    notify(session, now=now, kind="payment", about=("card_payments", made.card_payment_id),
           people=list_money_people(session), facts={"what": "refund_failed", "amount_minor": made.amount_minor},
           key=f"refund:{made.id}:failed")  # fmt: skip


def lock_refund(session: Session, card_refund_id: int) -> CardRefund:
    """The row, read anew and locked until the commit."""
    query = select(CardRefund).where(CardRefund.id == card_refund_id).with_for_update()
    found = session.execute(query.execution_options(populate_existing=True)).scalar_one_or_none()
    if found is None:
        raise NotFound(N_("There is no such refund."))
    return found


def _find_refund(session: Session, seen: cards.RefundSeen) -> CardRefund | None:
    ours = or_(CardRefund.stripe_refund == seen.id, CardRefund.key == seen.marks.get("key", ""))
    query = select(CardRefund).where(ours).with_for_update()
    return session.execute(query.execution_options(populate_existing=True)).scalar_one_or_none()


def _take_foreign(session: Session, actor: Actor, now: datetime, seen: cards.RefundSeen) -> str:
    row_id = find_card_payment(session, {}, seen.intent_id)
    if row_id is None:
        return NOT_OURS
    row = lock_card_payment(session, row_id)
    if seen.status in FAILED:
        return "known"
    if row.payment_id is None or seen.currency != row.currency or _left(session, row.payment_id) < seen.amount_minor:
        _find_without_money(session, now, row, seen)
        return "refund_without_money"
    booked = refund(
        session, actor, now=now, payment_id=row.payment_id, amount_minor=seen.amount_minor, way="stripe",
        refunded_on=now.astimezone(CHINA).date(), reference=seen.id, reason="Stripe",
        needs_second=False,
    )  # fmt: skip
    done = seen.status == "succeeded"
    session.add(CardRefund(
        card_payment_id=row.id, refund_id=booked.id, amount_minor=seen.amount_minor, key=seen.id,
        state="succeeded" if done else "pending", stripe_refund=seen.id, created_at=now, sent_at=now,
        ended_at=now if done else None,
    ))  # fmt: skip
    session.flush()
    return "booked"


def _find_without_money(session: Session, now: datetime, row: CardPayment, seen: cards.RefundSeen) -> None:
    left = _left(session, row.payment_id) if row.payment_id is not None else 0
    find(session, now=now, kind="refund_without_money", stripe_id=seen.id, card_payment_id=row.id,
         facts={"found_minor": seen.amount_minor, "found": seen.currency, "left_minor": left})  # fmt: skip


def _left(session: Session, payment_id: int) -> int:
    return sum(item.open_minor for item in lock_items(session, (), [payment_id]))
