"""Reads of sessions: one with all that hangs on it, and lists of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

from msgspec import Struct, field
from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.models import Person
from incubator.accounts.permissions import Action
from incubator.bookings.models import Booking
from incubator.core.errors import N_, NotFound
from incubator.core.paging import PAGE_SIZE, Page
from incubator.core.periods import Interval, local_instant
from incubator.mentors.models import (
    HelpField,
    LogConfirmation,
    Mentor,
    MentoringNeed,
    MentorSession,
    SessionEvidence,
    SessionFeedback,
    SessionLog,
    SessionLogField,
    SessionNote,
    SessionTask,
)
from incubator.mentors.rules.sessions import State, state_of
from incubator.spaces.models import Resource, Site
from incubator.startups.models import Startup

VIEWS = ("coming", "to_log", "to_confirm", "evident", "other", "all")
"""What a list of sessions can be cut down to."""


class MeetingRow(Struct, frozen=True):
    """A session with the names that a list shows."""

    meeting: MentorSession
    mentor: Mentor
    person: Person
    startup: Startup
    site: Site
    room: Resource | None
    booking: Booking | None
    is_logged: bool
    is_evident: bool

    @property
    def zone(self) -> str:
        return self.site.zone

    @property
    def time(self) -> Interval:
        return Interval(self.meeting.start, self.meeting.end)

    def state(self, now: datetime) -> State:
        """Where it stands at `now`."""
        return state_of(
            self.meeting.start, self.meeting.end, now, is_cancelled=self.meeting.cancelled_at is not None,
            is_missed=self.meeting.missed_at is not None, is_logged=self.is_logged, is_evident=self.is_evident,
        )  # fmt: skip

    @property
    def room_is_lost(self) -> bool:
        """Whether the room's booking no longer is for this time: somebody cancelled or moved it by itself."""
        return self.booking is not None and (
            self.booking.cancelled_at is not None
            or self.booking.start > self.meeting.start or self.booking.end < self.meeting.end
        )  # fmt: skip


class LogRow(Struct, frozen=True):
    """A version of a log, who has confirmed it, and whether it is what counts."""

    log: SessionLog
    author: str
    fields: list[HelpField]
    confirmations: list[tuple[LogConfirmation, str]]
    evidence: SessionEvidence | None

    @property
    def sides(self) -> set[str]:
        return {confirmation.side for confirmation, _ in self.confirmations}

    @property
    def held(self) -> Interval:
        assert self.log.held.lower is not None and self.log.held.upper is not None  # a named CHECK of the table
        return Interval(self.log.held.lower, self.log.held.upper)


class Meeting(Struct, frozen=True):
    """A session's page: its logs from the latest on, the reader's own note and feedback, tasks."""

    row: MeetingRow
    need: MentoringNeed | None
    logs: list[LogRow] = field(default_factory=list)
    note: SessionNote | None = None
    tasks: Sequence[SessionTask] = ()
    given: dict[str, SessionFeedback] = field(default_factory=dict)
    """What the reader's own sides have said of the other."""


def sees(actor: Actor) -> ColumnElement[bool]:
    """The sessions that an actor may know of: staff who see mentoring all, a mentor their own, a startup's people
    those of their startup."""
    if actor.is_system or actor.can(Action.SEE_MENTORING):
        return MentorSession.id.is_not(None)
    return or_(
        MentorSession.startup_id.in_(actor.startups_for(Action.SEEK_MENTORS)),
        MentorSession.mentor_id.in_(mentors_of(actor.person_id)),
    )


def mentors_of(person_id: int | None) -> Select[int]:
    """The id of the mentor that somebody is."""
    return select(Mentor.id).where(Mentor.person_id == person_id).correlate(None)


def _rows() -> Select[MentorSession, Mentor, Person, Startup, Site, Resource, Booking, bool, bool]:
    logged = exists().where(SessionLog.session_id == MentorSession.id)
    evident = exists().where(SessionEvidence.session_id == MentorSession.id)
    return (
        select(MentorSession, Mentor, Person, Startup, Site, Resource, Booking, logged, evident)
        .join(Mentor, Mentor.id == MentorSession.mentor_id)
        .join(Person, Person.id == Mentor.person_id)
        .join(Startup, Startup.id == MentorSession.startup_id)
        .join(Site, Site.id == MentorSession.site_id)
        .outerjoin(Booking, Booking.id == MentorSession.booking_id)
        .outerjoin(Resource, Resource.id == Booking.resource_id)
    )


def get_meeting_row(session: Session, actor: Actor, session_id: int, *, for_update: bool = False) -> MeetingRow:
    """A session that the actor may know of; NotFound for any other."""
    query = _rows().where(MentorSession.id == session_id, sees(actor))
    if for_update:
        query = query.with_for_update(of=MentorSession).execution_options(populate_existing=True)
    found = session.execute(query).one_or_none()
    if found is None:
        raise NotFound(N_("There is no such session."))
    return MeetingRow(*found)


def get_meeting(session: Session, actor: Actor, session_id: int) -> Meeting:
    """A session with all that the actor may see of it, in at most eight statements."""
    row = get_meeting_row(session, actor, session_id)
    need = None
    if row.meeting.need_id is not None:
        need = session.execute(select(MentoringNeed).where(MentoringNeed.id == row.meeting.need_id)).scalar_one()
    note = session.execute(
        select(SessionNote).where(SessionNote.session_id == session_id, SessionNote.person_id == actor.person_id)
    ).scalar_one_or_none()
    tasks = session.execute(
        select(SessionTask).where(SessionTask.session_id == session_id).order_by(SessionTask.id)
    ).scalars().all()  # fmt: skip
    said = session.execute(
        select(SessionFeedback).where(SessionFeedback.session_id == session_id,
                                      SessionFeedback.person_id == actor.person_id)
    ).scalars()  # fmt: skip
    return Meeting(row, need, list_logs(session, session_id), note, tasks, {each.side: each for each in said})


def list_logs(session: Session, session_id: int) -> list[LogRow]:
    """The versions of a session's log, the latest first; four statements."""
    logs = session.execute(
        select(SessionLog, Person.name, SessionEvidence)
        .outerjoin(Person, Person.id == SessionLog.written_by)
        .outerjoin(SessionEvidence, SessionEvidence.log_id == SessionLog.id)
        .where(SessionLog.session_id == session_id)
        .order_by(SessionLog.version.desc())
    ).all()
    ids = [log.id for log, _, _ in logs]
    fields: dict[int, list[HelpField]] = {}
    for log_id, each in session.execute(
        select(SessionLogField.log_id, HelpField)
        .join(HelpField, HelpField.id == SessionLogField.field_id)
        .where(SessionLogField.log_id.in_(ids))
        .order_by(HelpField.name)
    ):
        fields.setdefault(log_id, []).append(each)
    confirmed: dict[int, list[tuple[LogConfirmation, str]]] = {}
    for confirmation, name in session.execute(
        select(LogConfirmation, Person.name)
        .join(Person, Person.id == LogConfirmation.confirmed_by)
        .where(LogConfirmation.log_id.in_(ids))
        .order_by(LogConfirmation.id)
    ):
        confirmed.setdefault(confirmation.log_id, []).append((confirmation, name))
    return [
        LogRow(log, author or "", fields.get(log.id, []), confirmed.get(log.id, []), evidence)
        for log, author, evidence in logs
    ]


def list_with_sides(
    session: Session, wanted: Sequence[ColumnElement[bool]], most: int
) -> list[tuple[MeetingRow, set[str]]]:
    """Sessions by their start, each with the sides that have confirmed the latest version of its log; one statement."""
    newest = (
        select(func.max(SessionLog.id)).where(SessionLog.session_id == MentorSession.id)
        .correlate(MentorSession).scalar_subquery()
    )  # fmt: skip
    sides = (
        select(func.array_agg(LogConfirmation.side)).where(LogConfirmation.log_id == newest)
        .correlate(MentorSession).scalar_subquery()
    )  # fmt: skip
    query = _rows().add_columns(sides).where(*wanted).order_by(func.lower(MentorSession.period), MentorSession.id)
    return [(MeetingRow(*row), set(said or ())) for *row, said in session.execute(query.limit(most)).all()]


def in_view(view: str, now: datetime) -> ColumnElement[bool]:
    """The sessions of a view: what is to come, to be logged, to be confirmed, what counts, and the rest."""
    logged = exists().where(SessionLog.session_id == MentorSession.id)
    evident = exists().where(SessionEvidence.session_id == MentorSession.id)
    stands = and_(MentorSession.cancelled_at.is_(None), MentorSession.missed_at.is_(None))
    over = func.upper(MentorSession.period) <= now
    return {
        "coming": and_(stands, ~logged, ~over),
        "to_log": and_(stands, ~logged, over),
        "to_confirm": and_(stands, logged, ~evident),
        "evident": and_(stands, evident),
        "other": ~stands,
        "all": MentorSession.id.is_not(None),
    }[view]


def list_sessions(
    session: Session, actor: Actor, *, now: datetime, view: str = "coming", page: int = 1,
    mentor_id: int | None = None, startup_id: int | None = None, first: date | None = None, last: date | None = None,
    zone: ZoneInfo | None = None,
) -> Page[MeetingRow]:  # fmt: skip
    """A page of the sessions that the actor may know of: what is to come from the next on, others from the last on."""
    wanted = [sees(actor), in_view(view, now)]
    if mentor_id is not None:
        wanted.append(MentorSession.mentor_id == mentor_id)
    if startup_id is not None:
        wanted.append(MentorSession.startup_id == startup_id)
    start = func.lower(MentorSession.period)
    if first is not None and zone is not None:
        wanted.append(start >= local_instant(first, 0, zone))
    if last is not None and zone is not None:
        wanted.append(start < local_instant(last, 24 * 60, zone))
    total = session.execute(select(func.count()).select_from(MentorSession).where(*wanted)).scalar_one()
    order = (start, MentorSession.id) if view == "coming" else (start.desc(), MentorSession.id.desc())
    rows = session.execute(
        _rows().where(*wanted).order_by(*order).limit(PAGE_SIZE).offset((page - 1) * PAGE_SIZE)
    ).all()
    return Page([MeetingRow(*row) for row in rows], page, total)


def list_meeting_rows(session: Session, wanted: Sequence[ColumnElement[bool]], most: int) -> list[MeetingRow]:
    """Sessions by their start, for feeds and reminders."""
    query = _rows().where(*wanted).order_by(func.lower(MentorSession.period), MentorSession.id).limit(most)
    return [MeetingRow(*row) for row in session.execute(query).all()]


def count_views(session: Session, actor: Actor, now: datetime) -> dict[str, int]:
    """How many sessions wait for somebody, by view, in one statement."""
    views = ("coming", "to_log", "to_confirm")
    counts = [func.count().filter(in_view(view, now)) for view in views]
    row = session.execute(select(*counts).select_from(MentorSession).where(sees(actor))).one()
    return dict(zip(views, row, strict=True))


def list_open_tasks(session: Session, actor: Actor, startup_ids: frozenset[int]) -> Sequence[tuple[SessionTask, str]]:
    """What startups are still to do after sessions, by the day it is due; and what the session was about."""
    actor.require(Action.SEEK_MENTORS)
    rows = session.execute(
        select(SessionTask, MentorSession.title)
        .join(MentorSession, MentorSession.id == SessionTask.session_id)
        .where(
            SessionTask.startup_id.in_(startup_ids & actor.startups_for(Action.SEEK_MENTORS)),
            SessionTask.done_at.is_(None), SessionTask.dropped_at.is_(None),
        )
        .order_by(SessionTask.due_on.nulls_last(), SessionTask.id)
        .limit(PAGE_SIZE)
    ).all()  # fmt: skip
    return [(task, title) for task, title in rows]


def name_of(session: Session, mentor: Mentor) -> str:
    """A mentor's name."""
    return session.execute(select(Person.name).where(Person.id == mentor.person_id)).scalar_one()


def booked_minutes(session: Session, mentor_id: int, within: Interval, *, without: int | None = None) -> int:
    """The minutes of a mentor's sessions that begin within a time and are neither cancelled nor missed."""
    length = func.extract("epoch", func.upper(MentorSession.period) - func.lower(MentorSession.period)) / 60
    start = func.lower(MentorSession.period)
    found = session.execute(
        select(func.coalesce(func.sum(length), 0)).where(
            MentorSession.mentor_id == mentor_id, start >= within.start, start < within.end,
            MentorSession.cancelled_at.is_(None), MentorSession.missed_at.is_(None),
            MentorSession.id != (without or 0),
        )
    ).scalar_one()  # fmt: skip
    return int(found)
