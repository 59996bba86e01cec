"""What the operations on a mentor begin with: loaded through the actor, locked, and still one."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.core.errors import N_, Conflict
from incubator.mentors.models import Mentor
from incubator.mentors.queries.profiles import get_kept
from incubator.spaces.ledger_queries import live_of
from incubator.spaces.models import Allocation


def load_kept(session: Session, actor: Actor, mentor_id: int) -> Mentor:
    """A mentor whom the actor may change, one change at a time; Conflict for one that has ended."""
    mentor = get_kept(session, actor, mentor_id)
    lock_mentor(session, mentor)
    if mentor.ended_at is not None:
        raise Conflict(N_("%(number)s is no mentor here any more."), number=mentor.label)
    return mentor


def refuse_over_sessions(session: Session, mentor: Mentor, after: datetime, until: datetime | None = None) -> None:
    """Conflict where the mentor's time is taken from one instant to another (None: ever): sessions are called off or
    moved first."""
    coming = session.execute(
        select(func.count()).select_from(Allocation).where(live_of([mentor.unit_id], after, until))
    ).scalar_one()
    if coming:
        raise Conflict(N_("There are sessions to come (%(count)s): cancel or move them first."), count=coming)


def lock_mentor(session: Session, mentor: Mentor) -> None:
    """One change of a mentor at a time; what was read before is read anew."""
    session.refresh(mentor, with_for_update={"key_share": True})
