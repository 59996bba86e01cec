"""Reads of conflicts of interest between mentors and startups."""

from __future__ import annotations

from collections.abc import Collection

from msgspec import Struct
from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.models import Person
from incubator.accounts.permissions import Action
from incubator.core.errors import N_, NotFound
from incubator.core.paging import PAGE_SIZE, Page
from incubator.mentors.models import Mentor, MentorConflict
from incubator.startups.models import Startup


class ConflictRow(Struct, frozen=True):
    """A conflict with both of its sides, and who said so; None: the system."""

    conflict: MentorConflict
    mentor: Mentor
    person: Person
    startup: Startup

    def may_end(self, actor: Actor) -> bool:
        """Staff who manage mentors; the mentor what they have declared themselves."""
        own = self.mentor.person_id == actor.person_id and self.conflict.declared_by == actor.person_id
        return self.conflict.ended_at is None and (actor.can(Action.MANAGE_MENTORS) or own)


def conflicting_mentors(session: Session, startup_ids: Collection[int]) -> dict[int, set[int]]:
    """The mentors who may not be suggested to each startup, nor meet it; one statement."""
    rows = session.execute(
        select(MentorConflict.startup_id, MentorConflict.mentor_id)
        .where(MentorConflict.startup_id.in_(startup_ids), MentorConflict.ended_at.is_(None))
    )  # fmt: skip
    found: dict[int, set[int]] = {startup_id: set() for startup_id in startup_ids}
    for startup_id, mentor_id in rows:
        found[startup_id].add(mentor_id)
    return found


def list_conflicts(
    session: Session, actor: Actor, *, mentor_id: int | None = None, startup_id: int | None = None, page: int = 1,
    live: bool = False,
) -> Page[ConflictRow]:  # fmt: skip
    """Conflicts that the actor may see, those that hold first: staff all, a mentor their own, a startup's people
    those of their startup."""
    actor.require(Action.SEE_MENTORS)
    wanted = [] if actor.is_staff else [
        or_(Mentor.person_id == actor.person_id, MentorConflict.startup_id.in_(actor.startups_for(Action.SEEK_MENTORS)))
    ]  # fmt: skip
    if mentor_id is not None:
        wanted.append(MentorConflict.mentor_id == mentor_id)
    if startup_id is not None:
        wanted.append(MentorConflict.startup_id == startup_id)
    if live:
        wanted.append(MentorConflict.ended_at.is_(None))
    query = _rows().where(*wanted)
    total = session.execute(select(func.count()).select_from(query.subquery())).scalar_one()
    rows = session.execute(
        query.order_by(MentorConflict.ended_at.is_not(None), MentorConflict.declared_at.desc(), MentorConflict.id)
        .limit(PAGE_SIZE).offset((page - 1) * PAGE_SIZE)
    ).all()  # fmt: skip
    return Page([ConflictRow(*row) for row in rows], page, total)


def get_conflict(session: Session, actor: Actor, conflict_id: int) -> ConflictRow:
    """One that the actor may see; NotFound otherwise."""
    actor.require(Action.SEE_MENTORS)
    found = session.execute(_rows().where(MentorConflict.id == conflict_id)).one_or_none()
    row = None if found is None else ConflictRow(*found)
    if row is None or not (
        actor.is_staff
        or row.mentor.person_id == actor.person_id
        or row.startup.id in actor.startups_for(Action.SEEK_MENTORS)
    ):
        raise NotFound(N_("There is no such conflict of interest."))
    return row


def find_startup(session: Session, words: str) -> Startup | None:
    """The startup that is called exactly so, in either language, or has this code or credit code: whoever declares a
    conflict knows its name, and learns of no other."""
    said = " ".join(words.split()).casefold()
    columns = (Startup.name, Startup.name_en, Startup.code, Startup.credit_code)
    rows = session.execute(select(Startup).where(or_(*(func.lower(column) == said for column in columns))).limit(2))
    found = rows.scalars().all()
    return found[0] if said and len(found) == 1 else None


def _rows() -> Select[MentorConflict, Mentor, Person, Startup]:
    return (
        select(MentorConflict, Mentor, Person, Startup)
        .join(Mentor, Mentor.id == MentorConflict.mentor_id)
        .join(Person, Person.id == Mentor.person_id)
        .join(Startup, Startup.id == MentorConflict.startup_id)
    )
