"""Which side of a session somebody is on, and who is told."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from incubator.accounts.actor import NOT_YOURS, Actor
from incubator.accounts.models import Person, RoleGrant
from incubator.accounts.permissions import Action, Role
from incubator.core.errors import Forbidden
from incubator.mentors.models import Mentor, MentorSession
from incubator.notices.operations import notify

MENTOR, STARTUP = "mentor", "startup"


def side_of(actor: Actor, mentor: Mentor, startup_id: int) -> str | None:
    """`mentor` for the mentor, `startup` for who may seek mentors for that startup; None for staff and others."""
    if actor.person_id is not None and mentor.person_id == actor.person_id:
        return MENTOR
    return STARTUP if startup_id in actor.startups_for(Action.SEEK_MENTORS) else None


def require_side(actor: Actor, mentor: Mentor, startup_id: int) -> str:
    """The side that the actor is on; Forbidden for who is on none."""
    side = side_of(actor, mentor, startup_id)
    if side is None:
        raise Forbidden(NOT_YOURS)
    return side


def require_part(actor: Actor, mentor: Mentor, startup_id: int) -> str | None:
    """The side that the actor is on, or None for staff who manage mentors; Forbidden for anybody else."""
    side = side_of(actor, mentor, startup_id)
    if side is None:
        actor.require(Action.MANAGE_MENTORS)
    return side


def tell_session(
    session: Session, actor: Actor, meeting: MentorSession, mentor: Mentor, what: str, *, now: datetime,
    sides: tuple[str, ...] = (MENTOR, STARTUP), facts: Mapping[str, Any] | None = None, key: str = "",
) -> None:  # fmt: skip
    """Have the people of a session told of it, but for whoever did it: the mentor; whoever booked it for the startup,
    and where that is nobody of it any more, its founders."""
    people = {mentor.person_id} if MENTOR in sides else set()
    if STARTUP in sides:
        people |= set(people_of(session, meeting))
    notify(session, now=now, kind="session", about=("mentor_sessions", meeting.id),
           people=people - {actor.person_id or 0}, facts={"what": what} | dict(facts or {}), key=key)  # fmt: skip


def people_of(session: Session, meeting: MentorSession) -> list[int]:
    """Whom of the startup a session concerns."""
    rows = session.execute(
        select(RoleGrant.person_id, RoleGrant.role)
        .join(Person, Person.id == RoleGrant.person_id)
        .where(RoleGrant.startup_id == meeting.startup_id, Person.left_at.is_(None))
    ).all()
    if any(person_id == meeting.booked_by for person_id, _ in rows):
        assert meeting.booked_by is not None  # it is among them
        return [meeting.booked_by]
    return sorted({person_id for person_id, role in rows if role == Role.FOUNDER.value})
