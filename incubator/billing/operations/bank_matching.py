"""What becomes of lines: they are taken as payments and pay invoices, are refunds that went out or payouts of Stripe
that are booked already, or are left aside.

Locked in this order: the lines by their ids, then the books.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from msgspec.structs import replace
from sqlalchemy import any_, exists, select
from sqlalchemy.orm import Session, aliased

from incubator.accounts.actor import Actor
from incubator.accounts.permissions import Action
from incubator.audit.operations import record
from incubator.billing.models import (
    BankAct,
    BankLine,
    BankShare,
    CardPayout,
    Clearing,
    OpenItem,
    Payment,
    Refund,
)
from incubator.billing.operations.bank_taking import SOURCE, Chosen, take
from incubator.billing.operations.journal import lock_books
from incubator.billing.operations.payments import (
    receipt_number,
    refund,
    undo_clearing,
)
from incubator.billing.queries.bank_matches import find_suggestions
from incubator.core.errors import N_, Conflict, NotFound, Refusal
from incubator.core.money import Money
from incubator.core.texts import one_line
from incubator.database import current_operator, id_array
from incubator.spaces.operations.words import LONGEST_TEXT

MOST_AT_ONCE = 500


def confirm_lines(
    session: Session, actor: Actor, *, now: datetime, shown: Mapping[int, str]
) -> list[Payment]:  # fmt: skip
    """Take lines for what was suggested, all or none; `shown` is line → fingerprint of the suggestion that was seen.
    The payments that they became.

    Conflict where a line is done already, or where something else is suggested by now.
    """
    actor.require(Action.TAKE_PAYMENTS)
    if not shown:
        raise Refusal(N_("Choose at least one line."))
    if len(shown) > MOST_AT_ONCE:
        raise Refusal(N_("At most %(most)s lines can be confirmed at once."), most=MOST_AT_ONCE)
    lines = lock_open_lines(session, shown)
    lock_books(session)
    found = find_suggestions(session, actor)
    chosen = {}
    for line in lines:
        suggestion = found.get(line.id)
        if suggestion is None or suggestion.fingerprint != shown[line.id]:
            raise Conflict(N_("What is suggested has changed since you saw it. Look again, then confirm."))
        if suggestion.payout_id is not None:
            _be_payout(session, actor, now, line, suggestion.payout_id)
        else:
            chosen[line.id] = [Chosen(each.startup_id, dict(each.parts), each.amount_minor)
                               for each in suggestion.shares]  # fmt: skip
    return take(session, actor, now, [line for line in lines if line.id in chosen], chosen) if chosen else []


def assign_line(session: Session, actor: Actor, *, now: datetime, line_id: int, chosen: Chosen) -> Payment:
    """Take a line as a startup's payment, by hand: for the invoices that are named, the rest an advance."""
    [payment] = share_line(session, actor, now=now, line_id=line_id, shares=[chosen])
    return payment


def share_line(
    session: Session, actor: Actor, *, now: datetime, line_id: int, shares: Sequence[Chosen]
) -> list[Payment]:
    """Take a line as payments of startups, one of each, together exactly what came in: a parent company pays for two.

    1,500.00 as 1,000.00 of one and 500.00 of another; what of a share pays no invoice is an advance of its startup.
    """
    actor.require(Action.TAKE_PAYMENTS)
    [line] = lock_open_lines(session, [line_id])
    if line.amount_minor < 0:
        raise Refusal(N_("This went out; it is nobody’s payment."))
    whole = [
        replace(each, amount_minor=line.amount_minor) if each.amount_minor is None else each for each in shares
    ]
    if len({each.startup_id for each in whole}) != len(whole) or not whole:
        raise Refusal(N_("Choose each startup once."))
    if any(not (each.amount_minor or 0) > 0 for each in whole):
        raise Refusal(N_("Say of each startup how much of it is its own."))
    if sum(each.amount_minor or 0 for each in whole) != line.amount_minor:
        raise Refusal(N_("Together it must be the %(amount)s that came in."), amount=Money(line.amount_minor))
    if any(sum(each.parts.values()) > (each.amount_minor or 0) for each in whole):
        raise Refusal(N_("That is more than came in."))
    lock_books(session)
    return take(session, actor, now, [line], {line.id: whole})


def match_payout(session: Session, actor: Actor, *, now: datetime, line_id: int, payout_id: int) -> None:
    """Say that a line is a payout of Stripe: of the same amount, and no other line's. It was booked when Stripe
    reported it, so nothing is booked."""
    actor.require(Action.TAKE_PAYMENTS)
    [line] = lock_open_lines(session, [line_id])
    lock_books(session)
    _be_payout(session, actor, now, line, payout_id)


def _be_payout(session: Session, actor: Actor, now: datetime, line: BankLine, payout_id: int) -> None:
    payout = session.get(CardPayout, (line.operator_id, payout_id))
    if payout is None or payout.status != "paid":
        raise NotFound(N_("There is no such payout."))
    if payout.amount_minor != line.amount_minor:
        raise Refusal(N_("The amounts are not the same."))
    if session.execute(select(exists().where(BankLine.payout_id == payout.id))).scalar_one():
        raise Conflict(N_("This payout is another line already."))
    line.state, line.payout_id = "payout", payout.id
    act(session, actor, now, line, "payout")
    record(session, actor, "match_payout", (SOURCE, line.id), now=now, after=told(line) | {
        "payout": payout.stripe_payout,
    })  # fmt: skip


def ignore_line(session: Session, actor: Actor, *, now: datetime, line_id: int, reason: str) -> None:
    """Leave a line aside, with a reason: a transfer between own accounts, the bank's interest or fee."""
    actor.require(Action.TAKE_PAYMENTS)
    reason = one_line(reason, "reason", LONGEST_TEXT)
    if not reason:
        raise Refusal(N_("Say why."), field="reason")
    [line] = lock_open_lines(session, [line_id])
    line.state = "ignored"
    act(session, actor, now, line, "ignored", reason=reason)
    record(session, actor, "ignore_bank_line", (SOURCE, line.id), now=now, after=told(line) | {"reason": reason})


def match_refund(session: Session, actor: Actor, *, now: datetime, line_id: int, refund_id: int) -> None:
    """Say that a line is the refund that went out by it: of the same amount, and no other line's."""
    actor.require(Action.TAKE_PAYMENTS)
    [line] = lock_open_lines(session, [line_id])
    lock_books(session)
    row = session.get(Refund, (line.operator_id, refund_id))
    undone = aliased(Refund)
    if row is None or row.way != "bank" or row.undoes_id is not None:
        raise NotFound(N_("There is no such refund."))
    if row.amount_minor != -line.amount_minor:
        raise Refusal(N_("The amounts are not the same."))
    taken = select(
        exists().where(undone.undoes_id == row.id)
        | exists().where(BankLine.refund_id == row.id)
        | exists().where(BankAct.refund_id == row.id, BankAct.kind == "undone")
    )
    if session.execute(taken).scalar_one():
        raise Conflict(N_("This refund was undone, or is another line already."))
    line.state, line.refund_id = "refunded", row.id
    act(session, actor, now, line, "refunded", refund_id=row.id)
    record(session, actor, "match_refund", (SOURCE, line.id), now=now, after=told(line) | {"reason": row.reason})


def undo_line(session: Session, actor: Actor, *, now: datetime, line_id: int, reason: str) -> None:
    """Open a line again: what its payment cleared is undone, and the payment is taken back on the day it came.

    Refused where a part of the payment was given back meanwhile: that is undone first.
    """
    actor.require(Action.TAKE_PAYMENTS)
    reason = one_line(reason, "reason", LONGEST_TEXT)
    if not reason:
        raise Refusal(N_("Say why."), field="reason")
    [line] = lock_lines(session, [line_id])
    if line.state == "open":
        raise Conflict(N_("This line is open already."))
    if line.state == "subsidy":
        raise Conflict(N_("This line is a subsidy: undo its payment in the claim."))
    before, taken_back = told(line) | {"state": line.state}, list[int | None]()
    shares = session.execute(
        select(BankShare).where(BankShare.line_id == line.id).order_by(BankShare.id)
    ).scalars().all()  # fmt: skip
    if shares:
        lock_books(session)
    for share in shares:
        taken_back.append(_take_back(session, actor, now, share.payment_id, reason))
        session.delete(share)
    line.state, line.refund_id, line.payout_id = "open", None, None
    for refund_id in taken_back or [None]:
        act(session, actor, now, line, "undone", reason=reason, refund_id=refund_id)
    record(session, actor, "undo_bank_line", (SOURCE, line.id), now=now, before=before, after={"reason": reason})


def _take_back(session: Session, actor: Actor, now: datetime, payment_id: int, reason: str) -> int:
    payment = session.get_one(Payment, (current_operator(session), payment_id))
    undone = aliased(Clearing)
    standing = session.execute(
        select(Clearing.id)
        .where(Clearing.payment_id == payment.id, Clearing.undoes_id.is_(None),
               ~exists().where(undone.undoes_id == Clearing.id))
        .order_by(Clearing.id)
    ).scalars().all()  # fmt: skip
    for clearing_id in standing:
        undo_clearing(session, actor, now=now, clearing_id=clearing_id, reason=reason)
    item = session.execute(
        select(OpenItem).where(OpenItem.payment_id == payment.id).execution_options(populate_existing=True)
    ).scalar_one()
    if item.open_minor != payment.amount_minor:
        raise Conflict(N_("A part of %(number)s was given back; undo that first."), number=receipt_number(payment))
    row = refund(session, actor, now=now, payment_id=payment.id, amount_minor=payment.amount_minor, way=payment.way,
                 refunded_on=payment.received_on, reference=payment.reference, reason=reason,
                 needs_second=False)  # fmt: skip
    return row.id


def lock_lines(session: Session, ids: Sequence[int] | Mapping[int, Any]) -> Sequence[BankLine]:
    """Lines in the order of days, locked by their ids; NotFound where one is not there."""
    lines = session.execute(
        select(BankLine).where(BankLine.id == any_(id_array(ids))).order_by(BankLine.id).with_for_update()
        .execution_options(populate_existing=True)
    ).scalars().all()  # fmt: skip
    if len(lines) != len(ids):
        raise NotFound(N_("There is no such line."))
    return sorted(lines, key=lambda line: (line.booked_on, line.id))


def lock_open_lines(session: Session, ids: Sequence[int] | Mapping[int, Any]) -> Sequence[BankLine]:
    """The same; Conflict where one was dealt with meanwhile."""
    lines = lock_lines(session, ids)
    if any(line.state != "open" for line in lines):
        raise Conflict(N_("This line was dealt with meanwhile."))
    return lines


def act(session: Session, actor: Actor, now: datetime, line: BankLine, kind: str, **about: Any) -> None:
    """Write to a line's history."""
    session.add(BankAct(line_id=line.id, kind=kind, created_at=now, created_by=actor.person_id, **about))
    session.flush()


def told(line: BankLine) -> dict[str, Any]:
    """What the trail says of a line."""
    return {"on": line.booked_on, "amount_minor": line.amount_minor, "payer": line.payer}
