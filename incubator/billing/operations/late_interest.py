"""Interest is proposed; finance charges it with the next month, or waives it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.permissions import Action
from incubator.audit.operations import record
from incubator.billing.models import LateInterest
from incubator.billing.operations.journal import lock_books
from incubator.billing.operations.one_off import propose_one_off
from incubator.billing.queries.dunning.interest import Proposal, list_proposals
from incubator.core.canonical import plain
from incubator.core.clock import CHINA
from incubator.core.errors import N_, Conflict, Refusal
from incubator.core.texts import one_line
from incubator.spaces.operations.words import LONGEST_TEXT


def charge_interest(
    session: Session, actor: Actor, *, now: datetime, shown: Mapping[int, int]
) -> list[LateInterest]:
    """Take interest up to yesterday into the next month run: what was shown, by invoice. Conflict where it comes to
    something else by now."""
    rows = _settle(session, actor, now, shown, "charged", "")
    for row in rows:
        hand_to_month_run(session, actor, row, now=now)
    return rows


def waive_interest(
    session: Session, actor: Actor, *, now: datetime, shown: Mapping[int, int], reason: str
) -> list[LateInterest]:
    """Ask for nothing of it, for a reason: it is not proposed again; what runs up later is."""
    reason = one_line(reason, "reason", LONGEST_TEXT)
    if not reason:
        raise Refusal(N_("Say why."), field="reason")
    return _settle(session, actor, now, shown, "waived", reason)


def _settle(
    session: Session, actor: Actor, now: datetime, shown: Mapping[int, int], outcome: str, reason: str
) -> list[LateInterest]:
    actor.require(Action.POST_INVOICES)
    if not shown:
        raise Refusal(N_("Choose at least one invoice."), field="invoices")
    lock_books(session)
    today = now.astimezone(CHINA).date()
    proposals = {each.invoice.id: each for each in list_proposals(session, actor, today, invoice_ids=list(shown))}
    if {invoice_id: each.left_minor for invoice_id, each in proposals.items()} != dict(shown):
        raise Conflict(N_("The interest has changed since you saw it. Look again."))
    rows = [
        LateInterest(
            startup_id=each.startup.id, site_id=each.invoice.site_id, invoice_id=each.invoice.id,
            until_on=each.interest.until, amount_minor=each.left_minor, outcome=outcome, reason=reason,
            facts=plain(_facts(each)), created_at=now, created_by=actor.person_id,
        )
        for each in proposals.values()
    ]  # fmt: skip
    session.add_all(rows)
    session.flush()
    for row in rows:
        after = {"late_invoice": row.facts["number"], "interest_minor": row.amount_minor, "up_to": row.until_on,
                 "reason": reason}  # fmt: skip
        record(session, actor, "charge_interest" if outcome == "charged" else "waive_interest",
               ("startups", row.startup_id), now=now, after=after)  # fmt: skip
    return rows


def _facts(proposal: Proposal) -> dict[str, Any]:
    return {
        "number": proposal.number, "due_on": proposal.invoice.due_on, "taken_minor": proposal.taken_minor,
        "capped": proposal.interest.capped,
        "stretches": [{"first": each.first, "last": each.last, "days": each.days, "principal_minor":
                       each.principal_minor, "daily": str(each.daily)} for each in proposal.interest.stretches],
    }  # fmt: skip


def hand_to_month_run(session: Session, actor: Actor, row: LateInterest, *, now: datetime) -> None:
    """The one place where interest becomes a charge: in the draft of this month, where finance may withdraw it."""
    propose_one_off(
        session, actor, now=now, startup_id=row.startup_id, site_id=row.site_id, kind="interest",
        description=f"逾期违约金 {row.facts['number']} · Late payment interest", amount_minor=row.amount_minor,
        on=now.astimezone(CHINA).date(), source=("late_interest", row.id),
    )  # fmt: skip
