"""Conflicts of interest: declared by either side or by staff, ended with a reason, never deleted."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from incubator.accounts.actor import NOT_YOURS, Actor
from incubator.accounts.permissions import Action
from incubator.audit.operations import record
from incubator.core.errors import N_, Conflict, Forbidden, Refusal
from incubator.core.texts import one_line
from incubator.mentors.models import MentorConflict
from incubator.mentors.queries.conflicts import get_conflict
from incubator.mentors.queries.profiles import get_mentor, may_keep
from incubator.mentors.rules.vocabulary import CONFLICT_KINDS
from incubator.spaces.operations.words import unique
from incubator.startups.models import Startup

LONGEST_NOTE = 300


def declare_conflict(
    session: Session, actor: Actor, *, now: datetime, mentor_id: int, startup_id: int, kind: str, note: str = ""
) -> MentorConflict:
    """From now on the mentor is not suggested to the startup, and they book no sessions; those that are booked stand.

    By the mentor, by who manages mentors, or by the startup's own people for it.
    """
    mentor = get_mentor(session, actor, mentor_id)
    if not may_keep(actor, mentor) and startup_id not in actor.startups_for(Action.SEEK_MENTORS):
        actor.require_startup(startup_id)
        raise Forbidden(NOT_YOURS)
    if kind not in CONFLICT_KINDS:
        raise Refusal(N_("Choose what kind of conflict it is."), field="kind")
    note = one_line(note, "note", LONGEST_NOTE)
    if kind == "other" and not note:
        raise Refusal(N_("Say what the conflict is."), field="note")
    if session.execute(select(Startup.id).where(Startup.id == startup_id)).scalar() is None:
        raise Refusal(N_("There is no such startup."), field="startup")
    conflict = MentorConflict(
        mentor_id=mentor.id, startup_id=startup_id, kind=kind, note=note, declared_at=now, declared_by=actor.person_id,
    )  # fmt: skip
    known = Conflict(N_("This conflict is declared already."), field="kind")
    with unique(session, "mentor_conflicts_live_key", known):
        session.add(conflict)
    after = {"number": mentor.label, "startup_id": startup_id, "kind": kind, "note": note}
    record(session, actor, "declare_conflict", ("mentor_conflicts", conflict.id), now=now, after=after)
    return conflict


def end_conflict(session: Session, actor: Actor, *, now: datetime, conflict_id: int, reason: str) -> MentorConflict:
    """It holds no more: by who manages mentors, or by the mentor who has declared it themselves."""
    row = get_conflict(session, actor, conflict_id)
    session.refresh(row.conflict, with_for_update=True)
    if row.conflict.ended_at is not None:
        raise Conflict(N_("This conflict has ended already."))
    if not row.may_end(actor):
        raise Forbidden(N_("Whoever manages mentors ends it; ask them."))
    reason = one_line(reason, "reason", LONGEST_NOTE)
    if not reason:
        raise Refusal(N_("Say why it holds no more."), field="reason")
    row.conflict.ended_at, row.conflict.ended_by, row.conflict.end_reason = now, actor.person_id, reason
    record(session, actor, "end_conflict", ("mentor_conflicts", conflict_id), now=now,
           before={"kind": row.conflict.kind, "startup_id": row.startup.id}, after={"reason": reason})  # fmt: skip
    return row.conflict
