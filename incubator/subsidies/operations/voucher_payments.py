"""That a settlement was paid: once, undone only by an entry that says why."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.permissions import Action
from incubator.audit.operations import record
from incubator.core.clock import CHINA
from incubator.core.errors import N_, Conflict, Refusal
from incubator.core.texts import one_line
from incubator.documents.operations import file_document
from incubator.pricing.rules import check_day
from incubator.spaces.operations.words import LONGEST_NAME, LONGEST_TEXT, unique
from incubator.subsidies.models import SettlementPayment
from incubator.subsidies.operations.voucher_orders import Evidence
from incubator.subsidies.queries.voucher_settlements import SettlementRow, get_settlement
from incubator.subsidies.rules.vouchers import PAYMENT_WAYS

PAID = N_("It is paid already.")
MEANWHILE = N_("Somebody else said something of this payment at the same moment. Look at it again.")


def pay_settlement(
    session: Session, actor: Actor, *, now: datetime, settlement_id: int, paid_on: date, way: str, reference: str = "",
    proof: Evidence | None = None,
) -> SettlementPayment:  # fmt: skip
    """Say that the provider was paid for a settlement: the day, how, the bank's reference, and a proof where there is
    one. Once: of two who say it at the same time, the second is refused."""
    actor.require(Action.MANAGE_SCHEMES)
    row = get_settlement(session, actor, settlement_id)
    settlement = row.settlement
    if settlement.total_minor == 0:
        raise Conflict(N_("Nothing is to be paid by this settlement."))
    if row.payment is not None:
        raise Conflict(PAID)
    check_day(paid_on, "paid_on")
    if paid_on > now.astimezone(CHINA).date():
        raise Refusal(N_("This day is still to come."), field="paid_on")
    if paid_on < settlement.last_on:
        raise Refusal(N_("It settles days until %(day)s; it can't be paid before."), field="paid_on",
                      day=settlement.last_on)  # fmt: skip
    if way not in PAYMENT_WAYS:
        raise Refusal(N_("Say how it was paid."), field="way")
    reference = one_line(reference, "reference", LONGEST_NAME)
    document = proof and file_document(
        session, actor, now=now, kind="other", title=(proof.title or f"{settlement.label} 付款凭证")[:LONGEST_NAME],
        startup_id=None, audience="restricted", name=proof.name, content=proof.content,
    )  # fmt: skip
    payment = _write(session, actor, row, now, kind="pay", paid_on=paid_on, way=way, reference=reference,
                     document_id=document.id if document else None)  # fmt: skip
    after = {"number": settlement.label, "provider": row.provider.name, "total_minor": settlement.total_minor,
             "paid_on": paid_on, "way": way, "reference": reference, "document_id": payment.document_id}  # fmt: skip
    record(session, actor, "pay_settlement", ("voucher_settlements", settlement.id), now=now, after=after)
    return payment


def undo_payment(
    session: Session, actor: Actor, *, now: datetime, settlement_id: int, reason: str
) -> SettlementPayment:  # fmt: skip
    """It was not paid after all, and why: an entry beside the first, which stays as it was said."""
    actor.require(Action.MANAGE_SCHEMES)
    row = get_settlement(session, actor, settlement_id)
    words = one_line(reason, "reason", LONGEST_TEXT)
    if not words:
        raise Refusal(N_("Say why, so that others understand."), field="reason")
    if row.payment is None:
        raise Conflict(N_("It is not paid: there is nothing to undo."))
    payment = _write(session, actor, row, now, kind="undo", reason=words)
    after = {"number": row.settlement.label, "provider": row.provider.name, "reason": words}
    record(session, actor, "undo_settlement_payment", ("voucher_settlements", settlement_id), now=now, after=after)
    return payment


def _write(session: Session, actor: Actor, row: SettlementRow, now: datetime, **facts: object) -> SettlementPayment:
    payment = SettlementPayment(
        settlement_id=row.settlement.id, number=row.last.number + 1 if row.last else 1, created_at=now,
        created_by=actor.person_id, **facts,
    )  # fmt: skip
    with unique(session, "settlement_payments_operator_id_settlement_id_number_key", Conflict(MEANWHILE)):
        session.add(payment)
    return payment
