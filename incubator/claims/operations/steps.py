"""A claim goes from one state to the next, each time with a row that says who, when, and for what they saw."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.audit.operations import record
from incubator.claims.models import Claim, ClaimStep
from incubator.claims.operations.gathering import release_lines
from incubator.claims.operations.locking import lock_claim
from incubator.claims.queries.claims import ClaimRow, list_lines
from incubator.claims.queries.evidence import Dossier, load_dossier
from incubator.claims.queries.fingerprints import fingerprint
from incubator.claims.rules.states import TABLE, Seen, check_approval, check_step, check_submission
from incubator.core.clock import CHINA
from incubator.core.errors import N_, Conflict, Forbidden, Refusal
from incubator.core.texts import one_line
from incubator.spaces.operations.words import LONGEST_TEXT

LOOK_AGAIN = N_("This claim has changed since you saw it. Look again.")


def check_claim(
    session: Session, actor: Actor, *, now: datetime, claim_id: int, shown: str | None = None, note: str = ""
) -> ClaimStep:
    """Say that lines and evidence are right. Where required evidence is missing, the note says why it is handed in
    without; `shown` is the fingerprint of what the person saw."""
    row = begin(session, actor, claim_id, "checked")
    person_id, words = _person(actor), _words(note)
    dossier, digest = _see(session, actor, row, now, shown)
    if not dossier.lines:
        raise Conflict(N_("There is no line in this claim."))
    if dossier.gaps and not words:
        raise Refusal(N_("%(count)s required pieces of evidence are missing or not valid: bring them, take their lines "
                         "out, or say why it is handed in without."), field="note", count=dossier.gaps)  # fmt: skip
    return _step(session, actor, now, row, "checked", "check_claim", fingerprint=digest, note=words,
                 said={"lines": len(dossier.lines), "amount_minor": sum(each.amount_minor for each in dossier.lines),
                       "gaps": dossier.gaps, "person": person_id})  # fmt: skip


def approve_claim(
    session: Session, actor: Actor, *, now: datetime, claim_id: int, shown: str | None = None, note: str = ""
) -> ClaimStep:
    """Approve what somebody else has checked, exactly as it was checked."""
    row = begin(session, actor, claim_id, "approved")
    person_id = _person(actor)
    _, digest = _see(session, actor, row, now, shown)
    checked = check_approval(_last_seen(session, claim_id, "checked"), person_id, digest)
    return _step(session, actor, now, row, "approved", "approve_claim", fingerprint=digest,
                 checked_by=checked.person_id, note=_words(note))  # fmt: skip


def submit_claim(
    session: Session, actor: Actor, *, now: datetime, claim_id: int, on: date, authority_number: str = "",
    note: str = "",
) -> ClaimStep:  # fmt: skip
    """Hand it in, as it was approved; from then on its lines stay as they are."""
    row = begin(session, actor, claim_id, "submitted")
    _person(actor)
    _, digest = _see(session, actor, row, now, None)
    check_submission(_last_seen(session, claim_id, "approved"), digest)
    if authority_number:
        row.claim.authority_number = one_line(authority_number, "authority_number", 60)
    return _step(session, actor, now, row, "submitted", "submit_claim", fingerprint=digest, on=on, note=_words(note),
                 said={"authority_number": row.claim.authority_number})  # fmt: skip


def reopen_claim(session: Session, actor: Actor, *, now: datetime, claim_id: int, note: str) -> ClaimStep:
    """Take it back to a draft before it is handed in; says why."""
    row = begin(session, actor, claim_id, "draft")
    return _step(session, actor, now, row, "draft", "reopen_claim", note=_reason(note))


def publicise_claim(
    session: Session, actor: Actor, *, now: datetime, claim_id: int, on: date, note: str = ""
) -> ClaimStep:
    """The authority has put what it means to grant on public view (公示)."""
    row = begin(session, actor, claim_id, "publicised")
    return _step(session, actor, now, row, "publicised", "publicise_claim", on=on, note=_words(note))


def audit_claim(session: Session, actor: Actor, *, now: datetime, claim_id: int, on: date, note: str) -> ClaimStep:
    """It was audited; the note says by whom and with what result."""
    row = begin(session, actor, claim_id, "audited")
    return _step(session, actor, now, row, "audited", "audit_claim", on=on, note=_reason(note))


def reject_claim(session: Session, actor: Actor, *, now: datetime, claim_id: int, on: date, note: str) -> ClaimStep:
    """The authority takes nothing of it: all its lines are free for another claim, and nothing is booked."""
    return _end(session, actor, now, claim_id, "rejected", "reject_claim", note, on)


def withdraw_claim(session: Session, actor: Actor, *, now: datetime, claim_id: int, note: str) -> ClaimStep:
    """Give it up before the authority has decided: all its lines are free for another claim."""
    return _end(session, actor, now, claim_id, "withdrawn", "withdraw_claim", note, None)


def _end(
    session: Session, actor: Actor, now: datetime, claim_id: int, state: str, action: str, note: str, on: date | None
) -> ClaimStep:  # fmt: skip
    row = begin(session, actor, claim_id, state)
    words = _reason(note)
    release_lines(session, actor, claim_id, words, now)
    return _step(session, actor, now, row, state, action, on=on, note=words)


def begin(session: Session, actor: Actor, claim_id: int, wanted: str) -> ClaimRow:
    """Ask for the permission of a step, lock the claim, and see that the step may follow."""
    actor.require(TABLE[wanted].action)
    row = lock_claim(session, actor, claim_id)
    check_step(row.claim.state, wanted)
    return row


def take_step(
    session: Session, actor: Actor, now: datetime, claim: Claim, state: str, **about: Any
) -> ClaimStep:
    """Write the row of a step that may follow; the caller holds the claim, and records it. `on`: today at the latest,
    and not before the step that it follows."""
    last = session.execute(
        select(ClaimStep).where(ClaimStep.claim_id == claim.id).order_by(ClaimStep.number.desc()).limit(1)
    ).scalar_one()
    today = now.astimezone(CHINA).date()
    on = about.pop("on", None) or today
    if on > today:
        raise Refusal(N_("This day is still to come."), field="on")
    if on < last.on:
        raise Refusal(N_("The step before it was on %(day)s."), field="on", day=last.on)
    step = ClaimStep(claim_id=claim.id, number=last.number + 1, state=state, on=on, created_at=now,
                     created_by=actor.person_id, **about)  # fmt: skip
    session.add(step)
    claim.state = state
    session.flush()
    return step


def _step(
    session: Session, actor: Actor, now: datetime, row: ClaimRow, state: str, action: str, *,
    said: dict[str, Any] | None = None, **about: Any,
) -> ClaimStep:  # fmt: skip
    before = row.claim.state
    step = take_step(session, actor, now, row.claim, state, **about)
    after = {"number": row.number, "state": state, "on": step.on, "note": step.note} | (said or {})
    record(session, actor, action, ("claims", row.claim.id), now=now, before={"state": before},
           after={name: value for name, value in after.items() if value not in ("", None)})  # fmt: skip
    return step


def _see(
    session: Session, actor: Actor, row: ClaimRow, now: datetime, shown: str | None
) -> tuple[Dossier, str]:
    dossier = load_dossier(session, row.claim, list_lines(session, actor, row.claim.id), now=now)
    digest = fingerprint(session, row.claim, dossier)
    if shown is not None and shown != digest:
        raise Conflict(LOOK_AGAIN)
    return dossier, digest


def _last_seen(session: Session, claim_id: int, state: str) -> Seen | None:
    step = session.execute(
        select(ClaimStep)
        .where(ClaimStep.claim_id == claim_id, ClaimStep.state == state)
        .order_by(ClaimStep.number.desc())
        .limit(1)
    ).scalar_one_or_none()
    return None if step is None or step.created_by is None else Seen(step.created_by, step.fingerprint)


def _person(actor: Actor) -> int:
    if actor.person_id is None:
        raise Forbidden(N_("Only a person can do this."))
    return actor.person_id


def _words(note: str) -> str:
    return one_line(note, "note", LONGEST_TEXT)


def _reason(note: str) -> str:
    words = _words(note)
    if not words:
        raise Refusal(N_("Say why, so that others understand."), field="note")
    return words
