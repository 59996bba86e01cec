"""What the authority pays, in one or several parts, and what is paid back to it; by a line of the bank or by hand."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.permissions import Action
from incubator.audit.operations import record
from incubator.billing.models import JournalEntry
from incubator.billing.operations.bank_subsidies import reopen_subsidy, take_subsidy
from incubator.billing.operations.journal import lock_books, open_day, post_entries
from incubator.billing.rules.journal import Entry, take_back
from incubator.claims.models import ClaimPayment
from incubator.claims.operations.locking import lock_claim
from incubator.claims.operations.steps import take_step
from incubator.claims.queries.claims import ClaimRow
from incubator.claims.queries.money import load_sums
from incubator.claims.rules.money import PAYMENT_KINDS, book_payment, check_payment
from incubator.claims.rules.states import DECIDED
from incubator.core.clock import CHINA
from incubator.core.errors import N_, Conflict, NotFound, Refusal
from incubator.core.money import Money
from incubator.core.texts import one_line, visible
from incubator.spaces.operations.words import LONGEST_TEXT

LONGEST_REFERENCE = 100
ACTIONS = {"paid": "pay_claim", "returned": "return_subsidy"}


def pay_claim(
    session: Session, actor: Actor, *, now: datetime, claim_id: int, kind: str, amount_minor: int, on: date,
    reference: str = "",
) -> ClaimPayment:  # fmt: skip
    """Note by hand what the authority paid of a claim (`paid`), or what was paid back (`returned`). Once all that was
    granted has come, the claim is paid."""
    actor.require(Action.MANAGE_CLAIMS)
    if kind not in PAYMENT_KINDS:
        raise Refusal(N_("Choose what was paid."), field="kind")
    if on > now.astimezone(CHINA).date():
        raise Refusal(N_("This day is still to come."), field="on")
    row = lock_claim(session, actor, claim_id)
    lock_books(session)
    return _pay(session, actor, now, row, kind, amount_minor, on,
                one_line(reference, "reference", LONGEST_REFERENCE), None)  # fmt: skip


def match_bank_line(
    session: Session, actor: Actor, *, now: datetime, line_id: int, parts: Mapping[int, int]
) -> list[ClaimPayment]:
    """Say which claims a line of the bank is for, and how much of each, together exactly the line: what came in is
    paid, what went out is paid back."""
    actor.require(Action.MANAGE_CLAIMS)
    if not parts or any(minor <= 0 for minor in parts.values()):
        raise Refusal(N_("Say how much of it is for which claim."), field="parts")
    rows = [lock_claim(session, actor, claim_id) for claim_id in sorted(parts)]
    line = take_subsidy(session, actor, now=now, line_id=line_id)
    if sum(parts.values()) != abs(line.amount_minor):
        raise Refusal(N_("Together it must be the %(amount)s of the bank’s line."), field="parts",
                      amount=Money(abs(line.amount_minor)))  # fmt: skip
    lock_books(session)
    kind = "paid" if line.amount_minor > 0 else "returned"
    return [
        _pay(session, actor, now, row, kind, parts[row.claim.id], line.booked_on,
             visible(line.reference or line.purpose)[:LONGEST_REFERENCE], line.id)
        for row in rows
    ]  # fmt: skip


def undo_payment(
    session: Session, actor: Actor, *, now: datetime, claim_id: int, payment_id: int, reason: str
) -> ClaimPayment:
    """Take back what was noted wrongly. A line of the bank is open again, with all that was paid by it."""
    actor.require(Action.MANAGE_CLAIMS)
    words = one_line(reason, "reason", LONGEST_TEXT)
    if not words:
        raise Refusal(N_("Say why, so that others understand."), field="reason")
    found = session.execute(
        select(ClaimPayment).where(ClaimPayment.id == payment_id, ClaimPayment.claim_id == claim_id)
    ).scalar_one_or_none()
    if found is None:
        raise NotFound(N_("There is no such payment of this claim."))
    together = _standing(session, found)
    rows = {each: lock_claim(session, actor, each) for each in sorted({each.claim_id for each in together})}
    for each in together:
        session.refresh(each)
        if each.undone_at is not None:
            raise Conflict(N_("This was undone already."))
    if found.bank_line_id is not None:
        reopen_subsidy(session, actor, now=now, line_id=found.bank_line_id, reason=words)
    lock_books(session)
    for each in together:
        _undo(session, actor, now, rows[each.claim_id], each, words)
    return found


def _standing(session: Session, payment: ClaimPayment) -> list[ClaimPayment]:
    """The payment, and all others of its line of the bank."""
    if payment.bank_line_id is None:
        return [payment]
    return list(session.execute(
        select(ClaimPayment)
        .where(ClaimPayment.bank_line_id == payment.bank_line_id, ClaimPayment.undone_at.is_(None))
        .order_by(ClaimPayment.id)
    ).scalars()) or [payment]  # fmt: skip


def _pay(
    session: Session, actor: Actor, now: datetime, row: ClaimRow, kind: str, amount_minor: int, on: date,
    reference: str, bank_line_id: int | None,
) -> ClaimPayment:  # fmt: skip
    """The caller holds the claim and the books."""
    if row.claim.state not in DECIDED:
        raise Conflict(N_("Only what was granted is paid."))
    sums = load_sums(session, [row.claim.id])[row.claim.id]
    check_payment(sums, kind, amount_minor)
    payment = ClaimPayment(claim_id=row.claim.id, kind=kind, amount_minor=amount_minor, on=on,
                           bank_line_id=bank_line_id, reference=reference, created_at=now,
                           created_by=actor.person_id)  # fmt: skip
    session.add(payment)
    session.flush()
    post_entries(session, actor, [Entry(
        f"subsidy_{kind}", open_day(session, on), ("claim_payments", payment.id),
        book_payment(kind, amount_minor, row.claim.scheme_id), _says(row), row.claim.site_id,
    )], now=now)  # fmt: skip
    if kind == "paid" and row.claim.state == "granted" and amount_minor == sums.to_come_minor:
        take_step(session, actor, now, row.claim, "paid")
    record(session, actor, ACTIONS[kind], ("claims", row.claim.id), now=now,
           after=_says(row) | {"amount_minor": amount_minor, "on": on, "state": row.claim.state})  # fmt: skip
    return payment


def _undo(
    session: Session, actor: Actor, now: datetime, row: ClaimRow, payment: ClaimPayment, reason: str
) -> None:
    if payment.kind == "paid" and row.claim.state in ("audited", "clawed_back"):
        raise Conflict(N_("This claim was audited or clawed back since; its payments stand."))
    payment.undone_at, payment.undone_by, payment.undone_reason = now, actor.person_id, reason
    entry_id = session.execute(
        select(JournalEntry.id).where(
            JournalEntry.source_kind == "claim_payments", JournalEntry.source_id == payment.id,
            JournalEntry.kind == f"subsidy_{payment.kind}",
        )
    ).scalar_one()  # fmt: skip
    post_entries(session, actor, [Entry(
        "reversal", open_day(session, now.astimezone(CHINA).date()), ("claim_payments", payment.id),
        take_back(book_payment(payment.kind, payment.amount_minor, row.claim.scheme_id)), _says(row),
        row.claim.site_id, entry_id,
    )], now=now)  # fmt: skip
    if payment.kind == "paid" and row.claim.state == "paid":
        take_step(session, actor, now, row.claim, "granted", note=reason)
    record(session, actor, "undo_claim_payment", ("claims", row.claim.id), now=now,
           after=_says(row) | {"amount_minor": payment.amount_minor, "reason": reason})  # fmt: skip


def _says(row: ClaimRow) -> dict[str, object]:
    return {"claim": row.number, "scheme": row.scheme.code}
