"""Reminders: of a session a day before, and of a log that nobody has written or confirmed."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Exists, Text, cast, exists, func, literal
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.permissions import Action
from incubator.mentors.models import LogConfirmation, MentorSession, SessionLog
from incubator.mentors.operations.sides import MENTOR, STARTUP, tell_session
from incubator.mentors.queries.sessions import in_view, list_logs, list_meeting_rows
from incubator.notices.models import Notice

AHEAD = timedelta(hours=24)
LOG_AFTER = timedelta(hours=20)
"""How long after its end a session's log is asked for."""
WORD_AFTER = timedelta(days=2)
"""How long after a log was written the other side is reminded of it."""
GIVEN_UP = timedelta(days=30)
AT_ONCE = 200


def remind_of_sessions(session: Session, actor: Actor, *, now: datetime) -> int:
    """Tell both sides of what begins within a day (where it was booked earlier than that), both of a log that is
    missing, and the other side of one that waits for its word; each once. How many sessions."""
    actor.require(Action.MANAGE_MENTORS)
    start, end = func.lower(MentorSession.period), func.upper(MentorSession.period)
    coming = list_meeting_rows(session, [
        in_view("coming", now), start > now, start <= now + AHEAD, MentorSession.booked_at <= start - literal(AHEAD),
        ~_told("soon", by_revision=True),
    ], AT_ONCE)  # fmt: skip
    for row in coming:
        tell_session(session, actor, row.meeting, row.mentor, "soon", now=now, facts={"revision": row.meeting.revision},
                     key=f"session:{row.meeting.id}:{row.meeting.revision}")  # fmt: skip
    unlogged = list_meeting_rows(session, [
        in_view("to_log", now), end <= now - LOG_AFTER, end > now - GIVEN_UP, ~_told("unlogged"),
    ], AT_ONCE)  # fmt: skip
    for row in unlogged:
        tell_session(session, actor, row.meeting, row.mentor, "unlogged", now=now, key=f"unlogged:{row.meeting.id}")
    written = exists().where(
        SessionLog.session_id == MentorSession.id, SessionLog.written_at <= now - WORD_AFTER,
        SessionLog.written_at > now - GIVEN_UP,
        exists().where(LogConfirmation.log_id == SessionLog.id),
    )  # fmt: skip
    waiting = list_meeting_rows(session, [in_view("to_confirm", now), written, ~_told("unconfirmed")], AT_ONCE)
    for row in waiting:
        said = list_logs(session, row.meeting.id)[0].sides
        others = tuple(side for side in (MENTOR, STARTUP) if side not in said)
        tell_session(session, actor, row.meeting, row.mentor, "unconfirmed", now=now, sides=others,
                     key=f"unconfirmed:{row.meeting.id}")  # fmt: skip
    return len(coming) + len(unlogged) + len(waiting)


def _told(what: str, *, by_revision: bool = False) -> Exists:
    told = exists().where(
        Notice.subject_kind == "mentor_sessions", Notice.subject_id == MentorSession.id,
        Notice.facts["what"].astext == what,
    )  # fmt: skip
    if by_revision:
        told = told.where(Notice.facts["revision"].astext == cast(MentorSession.revision, Text))
    return told
