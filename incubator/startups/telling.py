"""Who is told what becomes of a request: said in its transaction, written by the worker."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.models import Person, RoleGrant
from incubator.accounts.permissions import Role
from incubator.notices.operations import notify
from incubator.startups.models import Request

WATCHERS = (Role.MANAGER.value, Role.FRONT_DESK.value)
"""Who is told of a request that nobody has taken."""


def tell_startup(session: Session, actor: Actor, request: Request, what: str, *, now: datetime) -> None:
    """Whoever opened it; where that is nobody of the startup any more, its founders."""
    own = RoleGrant.startup_id == request.startup_id
    people = _people(session, own, RoleGrant.person_id == request.opened_by)
    _tell(session, actor, request, what, people or _people(session, own, RoleGrant.role == Role.FOUNDER.value), now)


def tell_handlers(session: Session, actor: Actor, request: Request, what: str, *, now: datetime) -> None:
    """Whoever has it; where nobody has, the front desk and the managers."""
    people = [request.assigned_to] if request.assigned_to else _people(session, RoleGrant.role.in_(WATCHERS))
    _tell(session, actor, request, what, people, now)


def tell_person(session: Session, actor: Actor, request: Request, what: str, person_id: int, *, now: datetime) -> None:
    """A colleague."""
    _tell(session, actor, request, what, [person_id], now)


def _tell(
    session: Session, actor: Actor, request: Request, what: str, people: Iterable[int], now: datetime
) -> None:
    others = [person_id for person_id in people if person_id != actor.person_id]
    notify(session, now=now, kind="request", about=("requests", request.id), people=others, facts={"what": what})


def _people(session: Session, *which: ColumnElement[bool]) -> list[int]:
    found = session.execute(
        select(RoleGrant.person_id)
        .join(Person, Person.id == RoleGrant.person_id)
        .where(Person.left_at.is_(None), *which)
        .distinct()
    ).scalars()
    return list(found)
