"""What a startup is to do after a session."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.audit.operations import record
from incubator.core.errors import N_, Conflict, NotFound, Refusal
from incubator.mentors.models import SessionTask
from incubator.mentors.operations.sides import MENTOR, STARTUP, require_part, tell_session
from incubator.mentors.queries.sessions import get_meeting_row
from incubator.pricing.rules import check_day
from incubator.spaces.operations.words import LONGEST_TEXT, one_line

MOST = 20
ENDINGS = ("done", "dropped", "open")


def add_task(
    session: Session, actor: Actor, *, now: datetime, session_id: int, text: str, due_on: date | None = None
) -> SessionTask:
    """Note what the startup is to do, perhaps by a day; by either side, or staff."""
    row = get_meeting_row(session, actor, session_id, for_update=True)
    side = require_part(actor, row.mentor, row.meeting.startup_id)
    text = one_line(text, "text", LONGEST_TEXT)
    if not text:
        raise Refusal(N_("Say what is to be done."), field="text")
    if due_on is not None:
        check_day(due_on, "due_on")
    count = session.execute(select(func.count()).where(SessionTask.session_id == session_id)).scalar_one()
    if count >= MOST:
        raise Conflict(N_("A session has at most %(most)s tasks."), field="text", most=MOST)
    task = SessionTask(session_id=session_id, startup_id=row.meeting.startup_id, text=text, due_on=due_on,
                       created_at=now, created_by=actor.person_id)  # fmt: skip
    session.add(task)
    session.flush()
    record(session, actor, "add_task", ("mentor_sessions", session_id), now=now, after={"text": text, "on": due_on})
    if side != STARTUP:
        tell_session(session, actor, row.meeting, row.mentor, "task", now=now, sides=(STARTUP,),
                     key=f"task:{session_id}:{now.date().isoformat()}")  # fmt: skip
    return task


def end_task(
    session: Session, actor: Actor, *, now: datetime, session_id: int, task_id: int, ending: str
) -> SessionTask:
    """It is done, it is dropped, or it is open again."""
    row = get_meeting_row(session, actor, session_id)
    side = require_part(actor, row.mentor, row.meeting.startup_id)
    task = session.execute(
        select(SessionTask).where(SessionTask.id == task_id, SessionTask.session_id == session_id).with_for_update()
    ).scalar_one_or_none()
    if task is None:
        raise NotFound(N_("There is no such task."))
    if ending not in ENDINGS:
        raise Refusal(N_("Say whether it is done or dropped."), field="ending")
    if ending == "dropped" and side == STARTUP:
        raise Conflict(N_("The mentor or staff drop a task; say that it is done, or ask them."))
    task.done_at, task.done_by = (now, actor.person_id) if ending == "done" else (None, None)
    task.dropped_at = now if ending == "dropped" else None
    session.flush()
    record(session, actor, "end_task", ("mentor_sessions", session_id), now=now,
           after={"text": task.text, "ending": ending})  # fmt: skip
    if ending == "done" and side == STARTUP:
        tell_session(session, actor, row.meeting, row.mentor, "done", now=now, sides=(MENTOR,),
                     key=f"done:{task_id}")  # fmt: skip
    return task
