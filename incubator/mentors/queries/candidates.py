"""Who could be in a round and is not yet: startups that are here or in a programme, and mentors who take sessions."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from msgspec import Struct
from sqlalchemy import ColumnElement, Select, exists, func, or_, select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.models import Person
from incubator.accounts.permissions import Action
from incubator.core.clock import CHINA
from incubator.core.paging import PAGE_SIZE, Page
from incubator.mentors.models import Mentor, MentorAppointment, RoundMentor, RoundStartup
from incubator.spaces.models import Site
from incubator.startups.models import Enrolment, Residency, Startup
from incubator.startups.queries.startups import found_by, has_begun_and_not_ended

MOST_IN_A_ROUND = 1000
"""Of either side."""


class Wanted(Struct, frozen=True):
    """Which candidates are looked for; startups: those that are in residence today (at the site), or, where a
    programme is given, those that are in it."""

    search: str = ""
    site_id: int | None = None
    programme_id: int | None = None


class Candidate(Struct, frozen=True):
    """A startup or mentor that could be in the round."""

    id: int
    label: str
    name: str
    name_en: str
    note: str
    note_en: str


def list_candidates(
    session: Session, actor: Actor, round_id: int, side: str, wanted: Wanted, *, now: datetime, page: int = 1
) -> Page[Candidate]:
    """A page of them, in two statements."""
    actor.require(Action.SEE_MENTORING)
    query = _query(round_id, side, wanted, now)
    total = session.execute(query.with_only_columns(func.count(), maintain_column_froms=True)).scalar_one()
    order = Startup.code if side == "startups" else Mentor.number
    rows = session.execute(query.order_by(order).limit(PAGE_SIZE).offset((page - 1) * PAGE_SIZE))
    return Page([_candidate(*row) for row in rows], page, total)


def list_candidate_ids(
    session: Session, actor: Actor, round_id: int, side: str, wanted: Wanted, *, now: datetime
) -> Sequence[int]:
    """The ids of all of them, a thousand at most."""
    actor.require(Action.SEE_MENTORING)
    which = Startup.id if side == "startups" else Mentor.id
    query = _query(round_id, side, wanted, now).with_only_columns(which, maintain_column_froms=True)
    return session.execute(query.order_by(which).limit(MOST_IN_A_ROUND)).scalars().all()


def can_mentor(today: date) -> list[ColumnElement[bool]]:
    """Mentors who can have a score: approved, appointed today, with hours to give, and neither paused nor ended."""
    appointed = exists().where(MentorAppointment.mentor_id == Mentor.id, MentorAppointment.days.contains(today))
    return [Mentor.approved_at.is_not(None), Mentor.paused_at.is_(None), Mentor.ended_at.is_(None),
            Mentor.capacity_hours > 0, appointed]  # fmt: skip


def _query(round_id: int, side: str, wanted: Wanted, now: datetime) -> Select[*tuple[Any, ...]]:
    if side == "startups":
        already = select(RoundStartup.startup_id).where(RoundStartup.round_id == round_id)
        return select(Startup).where(Startup.id.not_in(already), *found_by(wanted.search), *_here(wanted, now))
    words = wanted.search.strip()
    columns = (Person.name, Mentor.headline, Mentor.headline_en)
    already = select(RoundMentor.mentor_id).where(RoundMentor.round_id == round_id)
    return (
        select(Mentor, Person)
        .join(Person, Person.id == Mentor.person_id)
        .where(Mentor.id.not_in(already), *can_mentor(now.astimezone(CHINA).date()),
               *([or_(*(column.icontains(words, autoescape=True) for column in columns))] if words else []))
    )  # fmt: skip


def _here(wanted: Wanted, now: datetime) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if wanted.programme_id is not None:
        today = now.astimezone(CHINA).date()
        conditions.append(exists().where(
            Enrolment.startup_id == Startup.id, Enrolment.programme_id == wanted.programme_id,
            Enrolment.days.contains(today),
        ))  # fmt: skip
    if wanted.programme_id is None or wanted.site_id is not None:
        sits = select(Residency.id).join(Site, Site.id == Residency.site_id).where(
            Residency.startup_id == Startup.id, has_begun_and_not_ended(now)
        )  # fmt: skip
        if wanted.site_id is not None:
            sits = sits.where(Residency.site_id == wanted.site_id)
        conditions.append(exists(sits.correlate(Startup)))
    return conditions


def _candidate(one: Startup | Mentor, person: Person | None = None) -> Candidate:
    if isinstance(one, Startup):
        return Candidate(one.id, one.code, one.name, one.name_en, one.industry, "")
    assert person is not None  # a mentor is joined with the person
    return Candidate(one.id, one.label, person.name, "", one.headline, one.headline_en)
