"""Reads of mentorships: who mentors whom, on which days."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from msgspec import Struct
from sqlalchemy import ColumnElement, Select, and_, false, func, or_, select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.models import Person
from incubator.accounts.permissions import Action
from incubator.core.errors import N_, NotFound
from incubator.core.paging import PAGE_SIZE, Page
from incubator.mentors.models import Mentor, MentoringRound, Mentorship
from incubator.startups.models import Startup
from incubator.startups.queries.startups import found_by

MOST_OF_ONE = 200


class MentorshipRow(Struct, frozen=True):
    """A mentorship with its two sides."""

    mentorship: Mentorship
    startup: Startup
    mentor: Mentor
    person: Person
    round: MentoringRound | None

    def state(self, today: date) -> str:
        """`coming`, `current` or `ended`."""
        if today < self.mentorship.first:
            return "coming"
        return "current" if today <= self.mentorship.last else "ended"


def list_mentorships(
    session: Session, actor: Actor, *, today: date, state: str = "", search: str = "", startup: int | None = None,
    mentor: int | None = None, round: int | None = None, page: int = 1,
) -> Page[MentorshipRow]:
    """A page of those that the actor may see, the latest first: staff all, mentors and startups' people their own."""
    wanted = [_visible(actor), *_of_state(state, today)]
    of_one = ((Mentorship.startup_id, startup), (Mentorship.mentor_id, mentor), (Mentorship.round_id, round))
    wanted += [column == asked for column, asked in of_one if asked is not None]
    if search.strip():
        wanted.append(or_(*found_by(search), Person.name.icontains(search.strip(), autoescape=True)))
    query = _query().where(*wanted)
    total = session.execute(query.with_only_columns(func.count(), maintain_column_froms=True)).scalar_one()
    rows = session.execute(
        query.order_by(func.upper(Mentorship.days).desc(), Startup.code, Mentor.number)
        .limit(PAGE_SIZE)
        .offset((page - 1) * PAGE_SIZE)
    )
    return Page([MentorshipRow(*row) for row in rows], page, total)


def list_mentorships_of(
    session: Session, actor: Actor, *, today: date, startup_ids: Collection[int] = (), mentor_id: int | None = None
) -> list[MentorshipRow]:
    """Those of some startups, or of a mentor, that run or are to come, for their pages and homes; one statement."""
    of_whom = Mentorship.startup_id.in_(startup_ids) if mentor_id is None else Mentorship.mentor_id == mentor_id
    rows = session.execute(
        _query()
        .where(of_whom, _visible(actor), func.upper(Mentorship.days) > today)
        .order_by(func.lower(Mentorship.days), Startup.code, Mentor.number)
        .limit(MOST_OF_ONE)
    )
    return [MentorshipRow(*row) for row in rows]


def get_mentorship(session: Session, actor: Actor, mentorship_id: int) -> MentorshipRow:
    """One that the actor may see; NotFound."""
    row = session.execute(_query().where(Mentorship.id == mentorship_id, _visible(actor))).one_or_none()
    if row is None:
        raise NotFound(N_("There is no such mentorship."))
    return MentorshipRow(*row)


def list_own_of_round(session: Session, actor: Actor, round_id: int) -> list[MentorshipRow]:
    """Those of a round that are the actor's own, as its mentor or of their startup."""
    rows = session.execute(
        _query()
        .where(Mentorship.round_id == round_id, or_(false(), *_own(actor)))
        .order_by(Startup.code, Mentor.number)
        .limit(MOST_OF_ONE)
    )
    return [MentorshipRow(*row) for row in rows]


def _query() -> Select[Mentorship, Startup, Mentor, Person, MentoringRound]:
    return (
        select(Mentorship, Startup, Mentor, Person, MentoringRound)
        .join(Startup, Startup.id == Mentorship.startup_id)
        .join(Mentor, Mentor.id == Mentorship.mentor_id)
        .join(Person, Person.id == Mentor.person_id)
        .outerjoin(MentoringRound, MentoringRound.id == Mentorship.round_id)
    )


def _visible(actor: Actor) -> ColumnElement[bool]:
    """Staff who may see mentoring see all; others what is of their own startups, and of themselves as a mentor."""
    if actor.can(Action.SEE_MENTORING):
        return Mentorship.id.is_not(None)
    return or_(false(), *_own(actor))


def _own(actor: Actor) -> list[ColumnElement[bool]]:
    own: list[ColumnElement[bool]] = [Mentorship.startup_id.in_(actor.startups_for(Action.SEEK_MENTORS))]
    if actor.can(Action.MENTOR):
        own.append(Mentor.person_id == actor.person_id)
    return own


def _of_state(state: str, today: date) -> list[ColumnElement[bool]]:
    if state == "current":
        return [Mentorship.days.contains(today)]
    if state == "coming":
        return [func.lower(Mentorship.days) > today]
    return [and_(func.upper(Mentorship.days) <= today)] if state == "ended" else []
