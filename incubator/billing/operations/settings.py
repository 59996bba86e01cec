"""How an operator wants its invoicing."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.permissions import Action
from incubator.audit.operations import record
from incubator.billing.models import InvoicingSettings
from incubator.billing.queries.runs import get_settings
from incubator.core.errors import N_, Refusal
from incubator.database import current_operator


def set_invoicing(
    session: Session, actor: Actor, *, now: datetime, jump_percent: int, approve_runs: bool,
    approve_credit_minor: int | None, approve_refunds: bool,
) -> InvoicingSettings:  # fmt: skip
    """From what change on a month is named, and what needs a second person: runs, refunds, credit notes above an
    amount."""
    actor.require(Action.MANAGE_BILLING)
    if not 1 <= jump_percent <= 1000:
        raise Refusal(N_("Give a percentage from 1 to 1000."), field="jump_percent")
    if approve_credit_minor is not None and not 0 <= approve_credit_minor <= 10**12:
        raise Refusal(N_("Give an amount of 0 or more."), field="approve_credit")
    before = get_settings(session)
    was = {"jump_percent": before.jump_percent, "approve_runs": before.approve_runs,
           "approve_credit_minor": before.approve_credit_minor, "approve_refunds": before.approve_refunds}  # fmt: skip
    wanted = {"jump_percent": jump_percent, "approve_runs": approve_runs, "approve_credit_minor": approve_credit_minor,
              "approve_refunds": approve_refunds}  # fmt: skip
    operator_id = current_operator(session)
    session.execute(
        insert(InvoicingSettings).values(operator_id=operator_id, **wanted)
        .on_conflict_do_update(index_elements=["operator_id"], set_=wanted)
    )  # fmt: skip
    session.expire_all()
    record(session, actor, "set_invoicing", ("operators", operator_id), now=now, before=was, after=wanted)
    return get_settings(session)
