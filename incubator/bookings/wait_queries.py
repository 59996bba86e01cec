"""Reads of the waitlist."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from msgspec import Struct
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.models import Person
from incubator.accounts.permissions import Action
from incubator.bookings.models import Wait
from incubator.core.errors import N_, NotFound
from incubator.core.paging import PAGE_SIZE, Page
from incubator.spaces.models import Resource, Site
from incubator.startups.models import Startup


def get_wait(session: Session, actor: Actor, wait_id: int, *, for_update: bool = False) -> Wait:
    """A wait of one's own, or for staff who see all; NotFound for others."""
    actor.require(Action.BOOK)
    query = select(Wait).where(Wait.id == wait_id)
    if for_update:
        query = query.with_for_update().execution_options(populate_existing=True)
    wait = session.execute(query).scalar_one_or_none()
    if wait is None or not (actor.can(Action.SEE_ALL_BOOKINGS) or wait.person_id == actor.person_id):
        raise NotFound(N_("There is no such wait."))
    return wait


class WaitRow(Struct, frozen=True):
    """A wait with the names that a page shows."""

    wait: Wait
    resource: Resource
    site: Site
    startup: Startup
    person: Person

    def state(self, now: datetime) -> str:
        """`waiting`, `offered`, or how it ended."""
        if self.wait.ended_at is not None:
            return self.wait.end_reason or ""
        if self.wait.offer_until is not None:
            return "offered" if now < self.wait.offer_until else "lapsed"
        return "waiting"


def get_wait_row(session: Session, actor: Actor, wait_id: int) -> WaitRow:
    """One wait with its names, as `get_wait` allows."""
    get_wait(session, actor, wait_id)
    return WaitRow(*session.execute(_with_names().where(Wait.id == wait_id)).one())


def list_waits(session: Session, actor: Actor, *, page: int) -> Page[WaitRow]:
    """One's own waits, for staff everybody's: what is not over yet first, then the latest."""
    actor.require(Action.BOOK)
    wanted = [] if actor.can(Action.SEE_ALL_BOOKINGS) else [Wait.person_id == actor.person_id]
    total = session.execute(select(func.count()).select_from(Wait).where(*wanted)).scalar_one()
    page = min(page, Page([], 1, total).pages)
    rows = session.execute(
        _with_names()
        .where(*wanted)
        .order_by(Wait.ended_at.is_not(None), Wait.id.desc())
        .limit(PAGE_SIZE)
        .offset((page - 1) * PAGE_SIZE)
    ).all()
    return Page([WaitRow(*row) for row in rows], page, total)


def count_before(session: Session, wait: Wait) -> int:
    """How many came before this one, for the same resource and some of the same time."""
    return session.execute(
        select(func.count()).where(
            Wait.resource_id == wait.resource_id, Wait.ended_at.is_(None), Wait.id < wait.id,
            Wait.window.op("&&")(wait.window),
        )
    ).scalar_one()  # fmt: skip


def _with_names() -> Any:
    return (
        select(Wait, Resource, Site, Startup, Person)
        .join(Resource, Resource.id == Wait.resource_id)
        .join(Site, Site.id == Wait.site_id)
        .join(Startup, Startup.id == Wait.startup_id)
        .join(Person, Person.id == Wait.person_id)
    )
