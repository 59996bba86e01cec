"""Refunds that need a second person: what is asked for, and that just this was approved."""

from __future__ import annotations

import hashlib

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from incubator.billing.models import Approval, OpenItem, Refund
from incubator.billing.operations.approvals import require_approval
from incubator.billing.queries.approvals import ApprovalRow, find_of_subject
from incubator.billing.queries.runs import get_settings
from incubator.core.canonical import canonical_json


def fingerprint_of(payment_id: int, amount_minor: int, way: str, reason: str, left_minor: int, made: int) -> str:
    """Changes with what is left of the payment and with each refund of it: what was approved goes back once, or not."""
    said = ["refund", payment_id, amount_minor, way, reason, left_minor, made]
    return hashlib.sha256(canonical_json(said)).hexdigest()


def fingerprint_now(session: Session, payment_id: int, amount_minor: int, way: str, reason: str) -> str:
    """Of a refund of a payment as it stands."""
    left, made = _standing(session, payment_id)
    return fingerprint_of(payment_id, amount_minor, way, reason, left, made)


def require_second(session: Session, payment_id: int, amount_minor: int, way: str, reason: str) -> Approval | None:
    """The approval of just this refund, where the operator wants one; Conflict where there is none."""
    if not get_settings(session).approve_refunds:
        return None
    return require_approval(session, "refund", payment_id,
                            fingerprint_now(session, payment_id, amount_minor, way, reason))  # fmt: skip


def list_refund_requests(session: Session, payment_id: int) -> list[ApprovalRow]:
    """What was asked for of a payment and not refused, as far as nothing has changed since; the latest first."""
    left, made = _standing(session, payment_id)
    return [row for row in find_of_subject(session, "refund", payment_id)
            if row.approval.fingerprint == fingerprint_of(
                payment_id, row.approval.says["net_minor"], row.approval.says["way"], row.approval.says["reason"],
                left, made)]  # fmt: skip


def _standing(session: Session, payment_id: int) -> tuple[int, int]:
    """What is left of a payment, and how many rows of refunds it has, undone ones and what undid them included."""
    made = select(func.count()).select_from(Refund).where(Refund.payment_id == payment_id).scalar_subquery()
    left, count = session.execute(
        select(OpenItem.open_minor, made).where(OpenItem.payment_id == payment_id)
    ).one()
    return left, count
