"""Approval by a second person: asked for with a fingerprint, decided by somebody else, for just that."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.permissions import Action
from incubator.audit.operations import record
from incubator.billing.drafts import draft_month
from incubator.billing.models import Approval
from incubator.core.canonical import plain
from incubator.core.errors import N_, Conflict, Forbidden, NotFound, Refusal
from incubator.core.periods import Month
from incubator.core.texts import one_line
from incubator.database import current_operator
from incubator.spaces.operations.words import LONGEST_TEXT, unique


def ask_approval(
    session: Session, actor: Actor, *, now: datetime, what: str, subject: tuple[str, int], fingerprint: str,
    says: Mapping[str, Any], month: date | None = None,
) -> Approval:  # fmt: skip
    """Ask that somebody else approve what has this fingerprint. The caller has checked that the actor may do it."""
    if actor.person_id is None:
        raise Forbidden(N_("Only a person can ask for this."))
    asked = Approval(what=what, subject_kind=subject[0], subject_id=subject[1], month=month, fingerprint=fingerprint,
                     says=plain(dict(says)), asked_at=now, asked_by=actor.person_id)  # fmt: skip
    with unique(session, "approvals_once_key", Conflict(N_("This has been asked for already."))):
        session.add(asked)
    record(session, actor, "ask_approval", ("approvals", asked.id), now=now, after={"what": what} | _told(asked))
    return asked


def _told(asked: Approval) -> dict[str, Any]:
    """What the trail says of it: all but the address by which it is looked at."""
    return {name: value for name, value in asked.says.items() if name != "asked"}


def decide_approval(
    session: Session, actor: Actor, *, now: datetime, approval_id: int, approve: bool, note: str = ""
) -> Approval:
    """Approve or refuse what another person has asked for; a refusal says why. It is decided once."""
    actor.require(Action.APPROVE_MONEY)
    words = one_line(note, "note", LONGEST_TEXT)
    asked = session.get(Approval, (current_operator(session), approval_id))
    if asked is None:
        raise NotFound(N_("Nobody asks for such an approval."))
    if asked.asked_by == actor.person_id:
        raise Forbidden(N_("You have asked for this yourself: somebody else decides."))
    if not approve and not words:
        raise Refusal(N_("Say why it is refused."), field="note")
    session.execute(select(Approval.id).where(Approval.id == approval_id).with_for_update())
    session.refresh(asked)
    if asked.decided_at is not None:
        raise Conflict(N_("This was decided already."))
    asked.decided_at, asked.decided_by, asked.is_approved, asked.note = now, actor.person_id, approve, words
    session.flush()
    record(session, actor, "decide_approval", ("approvals", asked.id), now=now,
           after={"what": asked.what, "is_approved": approve, "note": words} | _told(asked))  # fmt: skip
    return asked


def require_approval(session: Session, what: str, subject_id: int, fingerprint: str) -> Approval:
    """What was approved of just this; Conflict where nobody has, or where it has changed since."""
    found = session.execute(
        select(Approval).where(Approval.what == what, Approval.subject_id == subject_id,
                               Approval.fingerprint == fingerprint, Approval.is_approved.is_(True))
    ).scalars().first()  # fmt: skip
    if found is None:
        raise Conflict(N_("This needs the approval of a second person, for just what is shown here."))
    return found


def ask_run(
    session: Session, actor: Actor, *, now: datetime, site_id: int, month: Month, shown: str | None = None
) -> Approval:
    """Ask a second person for the posting of a month, as its draft is now; `shown` is the fingerprint of what the
    person saw."""
    actor.require(Action.POST_INVOICES)
    draft = draft_month(session, actor, site_id, month)
    if shown is not None and shown != draft.fingerprint:
        raise Conflict(N_("The draft has changed since you saw it. Look again, then ask."))
    if not draft.invoices:
        raise Conflict(N_("There is nothing to post: everything of this month is posted already."))
    says = {"site": draft.site.code, "month": str(month), "invoices": len(draft.invoices),
            "gross_minor": draft.gross_minor, "subsidy_minor": draft.subsidy_minor,
            "net_minor": draft.net_minor}  # fmt: skip
    return ask_approval(session, actor, now=now, what="month_run", subject=("sites", site_id), month=month.first,
                        fingerprint=draft.fingerprint, says=says)  # fmt: skip
