"""How one side of a session found the other."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.audit.operations import record
from incubator.core.errors import N_, Conflict, Refusal
from incubator.mentors.models import SessionFeedback
from incubator.mentors.operations.sides import require_side
from incubator.mentors.queries.sessions import get_meeting_row
from incubator.mentors.rules.feedback import LONGEST_REMARK, RATINGS
from incubator.spaces.operations.words import one_line


def give_feedback(
    session: Session, actor: Actor, *, now: datetime, session_id: int, rating: int, remark: str = ""
) -> SessionFeedback:
    """One side says how it found the other, once, after the session; the trail keeps that it was said, not what."""
    row = get_meeting_row(session, actor, session_id, for_update=True)
    side = require_side(actor, row.mentor, row.meeting.startup_id)
    if row.meeting.cancelled_at is not None or row.meeting.missed_at is not None or now < row.meeting.end:
        raise Conflict(N_("Say how it was once it is over."))
    if rating not in RATINGS:
        raise Refusal(N_("Choose from one to five stars."), field="rating")
    remark = one_line(remark, "remark", LONGEST_REMARK)
    said = session.execute(
        select(SessionFeedback.id).where(SessionFeedback.session_id == session_id, SessionFeedback.side == side)
    ).first()
    if said is not None:
        raise Conflict(N_("Your side has said it already, and it stays as it was said."))
    assert actor.person_id is not None  # somebody of a side
    feedback = SessionFeedback(session_id=session_id, side=side, person_id=actor.person_id, rating=rating,
                               remark=remark, given_at=now)  # fmt: skip
    session.add(feedback)
    session.flush()
    record(session, actor, "give_feedback", ("mentor_sessions", session_id), now=now, after={"side": side})
    return feedback
