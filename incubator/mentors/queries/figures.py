"""Figures of mentoring: all of them sums over the latest evidence of each session."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from msgspec import Struct
from sqlalchemy import ColumnElement, Select, and_, exists, func, select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.models import Person
from incubator.accounts.permissions import Action
from incubator.core.paging import PAGE_SIZE, Page
from incubator.mentors.models import (
    HelpField,
    Mentor,
    MentorAppointment,
    MentorSession,
    SessionEvidence,
    SessionLog,
    SessionLogField,
)
from incubator.mentors.queries.settings import get_settings
from incubator.mentors.rules.figures import Held, Total, below, mentors_needed, total_by, total_by_field
from incubator.spaces.models import Site
from incubator.startups.models import Residency, Startup
from incubator.startups.queries.startups import has_begun_and_not_ended

MOST_ROWS = 20_000
"""How much evidence one sum, page or workbook looks at."""


class EvidenceRow(Struct, frozen=True):
    """Evidence with the names that a list shows."""

    evidence: SessionEvidence
    title: str
    mentor: Mentor
    person: Person
    startup: Startup
    site: Site
    version: int
    fields: tuple[int, ...]


class Figures(Struct, frozen=True):
    """A period's sums, what they leave out, and the criterion on its last day."""

    minutes: int
    sessions: int
    by_mentor: Sequence[Total]
    by_startup: Sequence[Total]
    by_field: Sequence[Total]
    by_month: Sequence[Total]
    names: Mapping[tuple[str, int], Any]
    """("mentor", 7) → its person and row; ("startup", 3) → the startup; ("field", 2) → the field."""
    without: Sequence[Startup]
    """Startups in residence today that no session of the period counts for."""
    below: Sequence[tuple[Mentor, Person, int]]
    """Mentors appointed on the last day with fewer sessions in its calendar year than they are to hold."""
    least: int
    appointed: int
    companies: int
    needed: int
    companies_per_mentor: int


def latest() -> Select[Any]:
    """The ids of the evidence that counts: of each session the latest."""
    return select(func.max(SessionEvidence.id)).group_by(SessionEvidence.session_id)


def counts(
    first: date, last: date, *, site_id: int | None = None, mentor_id: int | None = None,
    startup_id: int | None = None, field_id: int | None = None,
) -> list[ColumnElement[bool]]:  # fmt: skip
    """The conditions of evidence that counts, on some days."""
    wanted: list[ColumnElement[bool]] = [SessionEvidence.id.in_(latest()), SessionEvidence.on.between(first, last)]
    if site_id is not None:
        wanted.append(SessionEvidence.site_id == site_id)
    if mentor_id is not None:
        wanted.append(SessionEvidence.mentor_id == mentor_id)
    if startup_id is not None:
        wanted.append(SessionEvidence.startup_id == startup_id)
    if field_id is not None:
        wanted.append(exists().where(SessionLogField.log_id == SessionEvidence.log_id,
                                     SessionLogField.field_id == field_id))  # fmt: skip
    return wanted


def list_held(session: Session, wanted: Sequence[ColumnElement[bool]]) -> list[Held]:
    """Evidence as plain values, in one statement."""
    fields = (
        select(func.array_agg(SessionLogField.field_id))
        .where(SessionLogField.log_id == SessionEvidence.log_id)
        .correlate(SessionEvidence)
        .scalar_subquery()
    )
    rows = session.execute(
        select(
            SessionEvidence.session_id, SessionEvidence.mentor_id, SessionEvidence.startup_id, SessionEvidence.site_id,
            SessionEvidence.on, SessionEvidence.minutes, fields,
        ).where(*wanted).order_by(SessionEvidence.on, SessionEvidence.id).limit(MOST_ROWS)
    ).all()  # fmt: skip
    return [
        Held(session_id, mentor_id, startup_id, site_id, on, minutes, tuple(fields or ()))
        for session_id, mentor_id, startup_id, site_id, on, minutes, fields in rows
    ]


def get_figures(
    session: Session, actor: Actor, *, first: date, last: date, now: datetime, site_id: int | None = None
) -> Figures:
    """All figures of a period, at one site or at all; ten statements, however much there is."""
    actor.require(Action.SEE_MENTORING)
    held = list_held(session, counts(first, last, site_id=site_id))
    settings = get_settings(session)
    appointed = _appointed(session, last, site_id)
    year = list_held(session, counts(date(last.year, 1, 1), date(last.year, 12, 31)))
    by_year = {int(str(each.key)): each.sessions for each in total_by(year, lambda one: one.mentor_id)}
    people = {mentor.id: (mentor, person) for mentor, person in appointed}
    short = below(list(people), by_year, settings.sessions_a_year)
    resident = _resident(session, now, site_id)
    met = {each.startup_id for each in held}
    companies = sum(each.kind == "company" for each in resident)
    return Figures(
        sum(each.minutes for each in held), len(held), total_by(held, lambda one: one.mentor_id),
        total_by(held, lambda one: one.startup_id), total_by_field(held),
        sorted(total_by(held, lambda one: one.on.replace(day=1)), key=lambda each: str(each.key)),
        _names(session, held), [each for each in resident if each.id not in met],
        [(*people[mentor_id], count) for mentor_id, count in short], settings.sessions_a_year, len(appointed),
        companies, mentors_needed(companies, settings.companies_per_mentor), settings.companies_per_mentor,
    )  # fmt: skip


def list_evidence(
    session: Session, actor: Actor, wanted: Sequence[ColumnElement[bool]], *, page: int = 1, size: int = PAGE_SIZE
) -> Page[EvidenceRow]:
    """The rows behind a figure, by day."""
    actor.require(Action.SEE_MENTORING)
    total = session.execute(select(func.count()).select_from(SessionEvidence).where(*wanted)).scalar_one()
    fields = (
        select(func.array_agg(SessionLogField.field_id))
        .where(SessionLogField.log_id == SessionEvidence.log_id)
        .correlate(SessionEvidence)
        .scalar_subquery()
    )
    rows = session.execute(
        select(SessionEvidence, MentorSession.title, Mentor, Person, Startup, Site, SessionLog.version, fields)
        .join(MentorSession, MentorSession.id == SessionEvidence.session_id)
        .join(Mentor, Mentor.id == SessionEvidence.mentor_id)
        .join(Person, Person.id == Mentor.person_id)
        .join(Startup, Startup.id == SessionEvidence.startup_id)
        .join(Site, Site.id == SessionEvidence.site_id)
        .join(SessionLog, SessionLog.id == SessionEvidence.log_id)
        .where(*wanted)
        .order_by(SessionEvidence.on, SessionEvidence.id)
        .limit(size)
        .offset((page - 1) * size)
    ).all()
    found = [
        EvidenceRow(evidence, title, mentor, person, startup, site, version, tuple(ids or ()))
        for evidence, title, mentor, person, startup, site, version, ids in rows
    ]
    return Page(found, page, total, size)


def list_field_names(session: Session) -> dict[int, HelpField]:
    """All fields of help by their id, retired ones too."""
    return {each.id: each for each in session.execute(select(HelpField)).scalars()}


def _appointed(session: Session, on: date, site_id: int | None) -> list[tuple[Mentor, Person]]:
    wanted = [] if site_id is None else [Mentor.site_id == site_id]
    rows = session.execute(
        select(Mentor, Person)
        .join(Person, Person.id == Mentor.person_id)
        .where(
            exists().where(MentorAppointment.mentor_id == Mentor.id, MentorAppointment.days.contains(on)), *wanted
        )
        .order_by(Mentor.number)
    ).all()
    return [(mentor, person) for mentor, person in rows]


def _resident(session: Session, now: datetime, site_id: int | None) -> Sequence[Startup]:
    runs = (
        select(Residency.startup_id)
        .join(Site, Site.id == Residency.site_id)
        .where(has_begun_and_not_ended(now), *([] if site_id is None else [Residency.site_id == site_id]))
    )
    return session.execute(select(Startup).where(Startup.id.in_(runs)).order_by(Startup.code)).scalars().all()


def _names(session: Session, held: Sequence[Held]) -> dict[tuple[str, int], Any]:
    found: dict[tuple[str, int], Any] = {}
    mentors = session.execute(
        select(Mentor, Person)
        .join(Person, and_(Person.id == Mentor.person_id))
        .where(Mentor.id.in_({each.mentor_id for each in held}))
    )
    found |= {("mentor", mentor.id): (mentor, person) for mentor, person in mentors}
    startups = session.execute(select(Startup).where(Startup.id.in_({each.startup_id for each in held}))).scalars()
    found |= {("startup", each.id): each for each in startups}
    return found | {("field", each_id): each for each_id, each in list_field_names(session).items()}
