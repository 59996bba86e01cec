"""Reads of request categories and target times."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.models import Person, RoleGrant
from incubator.accounts.permissions import PERMISSIONS, STAFF, Action
from incubator.core.errors import N_, NotFound
from incubator.startups.models import RequestCategory, ServiceLevel
from incubator.startups.rules.requests import PRIORITIES, USUAL_LEVELS, Level

HANDLERS = tuple(sorted(role.value for role in STAFF if Action.HANDLE_REQUESTS in PERMISSIONS[role]))
MOST_CATEGORIES = 100


def get_category(session: Session, actor: Actor, category_id: int) -> RequestCategory:
    """A category of the actor's operator; NotFound otherwise."""
    if not actor.can(Action.SEE_REQUESTS):
        actor.require(Action.ASK)
    found = session.execute(select(RequestCategory).where(RequestCategory.id == category_id)).scalar_one_or_none()
    if found is None:
        raise NotFound(N_("There is no such category."))
    return found


def list_categories(session: Session, actor: Actor, *, also_closed: bool = False) -> Sequence[RequestCategory]:
    """Those that can be chosen, by name; or all there are."""
    if not actor.can(Action.SEE_REQUESTS):
        actor.require(Action.ASK)
    query = select(RequestCategory).order_by(RequestCategory.closed_at.is_not(None), RequestCategory.id)
    if not also_closed:
        query = query.where(RequestCategory.closed_at.is_(None))
    return session.execute(query.limit(MOST_CATEGORIES)).scalars().all()


def list_levels(session: Session, site_id: int) -> dict[str, Level]:
    """The target times of a site by priority: its own, else the usual ones."""
    rows = session.execute(select(ServiceLevel).where(ServiceLevel.site_id == site_id)).scalars()
    own = {row.priority: Level(row.answer_minutes, row.resolve_minutes) for row in rows}
    return {priority: own.get(priority, USUAL_LEVELS[priority]) for priority in PRIORITIES}


def level_of(session: Session, site_id: int, priority: str) -> Level:
    """The target times of one priority at a site."""
    return list_levels(session, site_id)[priority]


def list_handlers(session: Session, actor: Actor) -> list[Person]:
    """The colleagues who answer requests, by name."""
    actor.require(Action.SEE_REQUESTS)
    who = select(RoleGrant.person_id).where(RoleGrant.role.in_(HANDLERS))
    query = select(Person).where(Person.id.in_(who), Person.left_at.is_(None)).order_by(Person.name, Person.id)
    return list(session.execute(query).scalars())
