"""What was said in a session: versions of its log, both sides' word, and the evidence that comes of it."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.audit.operations import record
from incubator.core.errors import N_, Conflict, NotFound, Refusal
from incubator.core.periods import Interval
from incubator.mentors.models import (
    HelpField,
    LogConfirmation,
    MentorSession,
    SessionEvidence,
    SessionLog,
    SessionLogField,
    SessionNote,
)
from incubator.mentors.operations.sides import MENTOR, STARTUP, require_side, tell_session
from incubator.mentors.queries.sessions import LogRow, MeetingRow, get_meeting_row, list_logs
from incubator.mentors.rules.logs import (
    LONGEST_ADVICE,
    LONGEST_NOTE,
    LONGEST_STEPS,
    LONGEST_TOPICS,
    MOST_FIELDS,
    LogContent,
    is_evident,
)
from incubator.mentors.rules.sessions import check_held
from incubator.spaces.operations.words import LONGEST_TEXT, one_line
from incubator.startups.operations.paragraphs import paragraphs

OTHER = {MENTOR: STARTUP, STARTUP: MENTOR}


def write_log(
    session: Session, actor: Actor, *, now: datetime, session_id: int, held: Interval, field_ids: Collection[int],
    topics: str, advice: str = "", next_steps: str = "", reason: str = "",
) -> SessionLog:  # fmt: skip
    """Write down what was said: by the mentor or the startup, whose word for it is given with it.

    Again, it is the next version, with its reason; it needs both sides' word anew, and until then what both have
    confirmed before counts. The same words again are refused: nothing would be different.
    """
    row = get_meeting_row(session, actor, session_id, for_update=True)
    side = require_side(actor, row.mentor, row.meeting.startup_id)
    _check_took_place(row, now)
    check_held(held, row.time, now)
    _check_elsewhere(session, row, held)
    fields = _fields(session, field_ids)
    logs = list_logs(session, session_id)
    topics = paragraphs(topics, "topics", LONGEST_TOPICS)
    if not topics:
        raise Refusal(N_("Say what you talked about."), field="topics")
    reason = one_line(reason, "reason", LONGEST_TEXT) if logs else ""
    if logs and not reason:
        raise Refusal(N_("Say what is different from the version before, and why."), field="reason")
    content = LogContent(
        session_id, row.mentor.label, row.startup.code, len(logs) + 1, held, tuple(each.id for each in fields), topics,
        paragraphs(advice, "advice", LONGEST_ADVICE), paragraphs(next_steps, "next_steps", LONGEST_STEPS), reason,
    )  # fmt: skip
    log = SessionLog(
        session_id=session_id, version=content.version, held=Range(held.start, held.end), topics=content.topics,
        advice=content.advice, next_steps=content.next_steps, reason=reason, written_at=now,
        written_by=actor.person_id, sha256=content.sha256(),
    )  # fmt: skip
    session.add(log)
    session.flush()
    session.add_all(SessionLogField(operator_id=actor.operator_id, log_id=log.id, field_id=each.id) for each in fields)
    after = {"version": log.version, "sha256": log.sha256, "held_from": held.start, "held_until": held.end}
    record(session, actor, "write_log", ("mentor_sessions", session_id), now=now, after=after)
    _confirm(session, actor, row, log, side, set(), now)
    tell_session(session, actor, row.meeting, row.mentor, "logged", now=now, sides=(OTHER[side],))
    return log


def confirm_log(session: Session, actor: Actor, *, now: datetime, session_id: int, version: int) -> SessionLog:
    """A side's word that the latest version is right; with both sides' it is evidence from then on.

    `version` is the one that was read: where another was written meanwhile, that must be read first.
    """
    row = get_meeting_row(session, actor, session_id, for_update=True)
    side = require_side(actor, row.mentor, row.meeting.startup_id)
    logs = list_logs(session, session_id)
    if not logs:
        raise NotFound(N_("There is no log yet."))
    latest = logs[0]
    if latest.log.version != version:
        raise Conflict(N_("Another version was written meanwhile. Please read it first."))
    if side in latest.sides:
        return latest.log
    _confirm(session, actor, row, latest.log, side, latest.sides, now)
    tell_session(session, actor, row.meeting, row.mentor, "confirmed", now=now, sides=(OTHER[side],))
    return latest.log


def _confirm(
    session: Session, actor: Actor, row: MeetingRow, log: SessionLog, side: str, before: set[str], now: datetime
) -> None:
    assert actor.person_id is not None  # somebody of that side
    session.add(LogConfirmation(log_id=log.id, side=side, confirmed_at=now, confirmed_by=actor.person_id))
    session.flush()
    after = {"version": log.version, "side": side, "sha256": log.sha256}
    record(session, actor, "confirm_log", ("mentor_sessions", row.meeting.id), now=now, after=after)
    if is_evident({*before, side}):
        _make_evidence(session, actor, row, log, now)


def _make_evidence(session: Session, actor: Actor, row: MeetingRow, log: SessionLog, now: datetime) -> None:
    assert log.held.lower is not None and log.held.upper is not None  # a named CHECK of the table
    held = Interval(log.held.lower, log.held.upper)
    evidence = SessionEvidence(
        session_id=row.meeting.id, log_id=log.id, mentor_id=row.mentor.id, startup_id=row.startup.id,
        site_id=row.site.id, on=held.start.astimezone(ZoneInfo(row.zone)).date(),
        minutes=int(held.duration.total_seconds()) // 60, evident_at=now, sha256=log.sha256,
    )  # fmt: skip
    session.add(evidence)
    session.flush()
    after = {"version": log.version, "on": evidence.on, "minutes": evidence.minutes, "sha256": log.sha256}
    record(session, actor, "make_evidence", ("mentor_sessions", row.meeting.id), now=now, after=after)


def keep_note(session: Session, actor: Actor, *, now: datetime, session_id: int, text: str) -> None:
    """One's own words about a session, which nobody else reads, and no export, report or trail has."""
    row = get_meeting_row(session, actor, session_id)
    require_side(actor, row.mentor, row.meeting.startup_id)
    assert actor.person_id is not None  # somebody of a side
    text = paragraphs(text, "text", LONGEST_NOTE)
    note = session.execute(
        select(SessionNote)
        .where(SessionNote.session_id == session_id, SessionNote.person_id == actor.person_id)
        .with_for_update()
    ).scalar_one_or_none()
    if note is None:
        note = SessionNote(session_id=session_id, person_id=actor.person_id)
        session.add(note)
    note.text, note.changed_at = text, now
    session.flush()


def _check_took_place(row: MeetingRow, now: datetime) -> None:
    if row.meeting.cancelled_at is not None:
        raise Conflict(N_("It was cancelled: there is nothing to write down."))
    if row.meeting.missed_at is not None:
        raise Conflict(N_("It was said that somebody did not come. Staff can take that back."))
    if now < row.meeting.start:
        raise Conflict(N_("It has not begun yet."))


def _check_elsewhere(session: Session, row: MeetingRow, held: Interval) -> None:
    """A mentor was in one session at a time: what is evident of another must not overlap."""
    latest = (
        select(func.max(SessionEvidence.id).label("id"))
        .where(SessionEvidence.mentor_id == row.mentor.id, SessionEvidence.session_id != row.meeting.id)
        .group_by(SessionEvidence.session_id)
        .subquery()
    )
    other = session.execute(
        select(MentorSession.id, SessionLog.held)
        .join(SessionLog, SessionLog.session_id == MentorSession.id)
        .join(SessionEvidence, SessionEvidence.log_id == SessionLog.id)
        .join(latest, latest.c.id == SessionEvidence.id)
        .where(SessionLog.held.op("&&")(func.tstzrange(held.start, held.end)))
        .limit(1)
    ).first()
    if other is not None:
        raise Conflict(
            N_("%(mentor)s was in another session from %(start)s to %(end)s, which both sides have confirmed."),
            field="held_from", mentor=row.person.name, start=other.held.lower.astimezone(ZoneInfo(row.zone)),
            end=other.held.upper.astimezone(ZoneInfo(row.zone)),
        )  # fmt: skip


def _fields(session: Session, field_ids: Collection[int]) -> list[HelpField]:
    if not 1 <= len(set(field_ids)) <= MOST_FIELDS:
        raise Refusal(N_("Choose from one to eight fields."), field="field_ids")
    found = session.execute(select(HelpField).where(HelpField.id.in_(set(field_ids))).order_by(HelpField.id))
    fields = list(found.scalars())
    if len(fields) != len(set(field_ids)):
        raise Refusal(N_("Choose from one to eight fields."), field="field_ids")
    return fields


def is_as_confirmed(row: MeetingRow, log: LogRow) -> bool:
    """Whether the content as it is kept now has the hash that both sides confirmed."""
    content = LogContent(
        row.meeting.id, row.mentor.label, row.startup.code, log.log.version, log.held,
        tuple(each.id for each in log.fields), log.log.topics, log.log.advice, log.log.next_steps, log.log.reason,
    )  # fmt: skip
    return content.sha256() == log.log.sha256
