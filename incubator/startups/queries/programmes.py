"""Reads of programmes and plans, and of who is in them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from msgspec import Struct
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.permissions import Action
from incubator.core.errors import N_, NotFound
from incubator.core.paging import PAGE_SIZE, Page
from incubator.startups.models import Enrolment, Programme, Startup


def list_programmes(session: Session, actor: Actor) -> Sequence[Programme]:
    """Every programme and plan, by name."""
    actor.require(Action.SEE_STARTUPS)
    return session.execute(select(Programme).order_by(Programme.name)).scalars().all()


def get_programme(session: Session, actor: Actor, programme_id: int) -> Programme:
    """A programme or plan; NotFound."""
    actor.require(Action.SEE_STARTUPS)
    programme = session.execute(select(Programme).where(Programme.id == programme_id)).scalar_one_or_none()
    if programme is None:
        raise NotFound(N_("There is no such programme or plan."))
    return programme


class ProgrammeRow(Struct, frozen=True):
    """A programme, and how many startups are in it on a day."""

    programme: Programme
    startups: int


def list_programme_rows(session: Session, actor: Actor, on: date) -> list[ProgrammeRow]:
    """Every programme and plan with its startups of the day; open ones first, by name."""
    actor.require(Action.SEE_STARTUPS)
    rows = session.execute(
        select(Programme, func.count(Enrolment.id))
        .outerjoin(Enrolment, (Enrolment.programme_id == Programme.id) & Enrolment.days.contains(on))
        .group_by(Programme.operator_id, Programme.id)
        .order_by(Programme.closed_at.is_not(None), Programme.name)
    )
    return [ProgrammeRow(*row) for row in rows]


class Stay(Struct, frozen=True):
    """A startup's stay in a programme."""

    id: int
    startup: Startup
    programme: Programme
    first: date
    last: date | None

    def state(self, today: date) -> str:
        """`coming`, `current` or `ended`."""
        if today < self.first:
            return "coming"
        return "current" if self.last is None or today <= self.last else "ended"


def list_stays(session: Session, actor: Actor, programme_id: int, page: int) -> Page[Stay]:
    """A page of the startups that are, will be or were in a programme, the latest first."""
    programme = get_programme(session, actor, programme_id)
    total = session.execute(
        select(func.count()).select_from(Enrolment).where(Enrolment.programme_id == programme.id)
    ).scalar_one()
    rows = session.execute(
        select(Enrolment, Startup, Programme)
        .join(Startup, Startup.id == Enrolment.startup_id)
        .join(Programme, Programme.id == Enrolment.programme_id)
        .where(Enrolment.programme_id == programme.id)
        .order_by(func.upper_inf(Enrolment.days).desc(), func.upper(Enrolment.days).desc(), Startup.code)
        .limit(PAGE_SIZE)
        .offset((page - 1) * PAGE_SIZE)
    )
    return Page([_stay(*row) for row in rows], page, total)


def list_stays_of(session: Session, startup_id: int) -> list[Stay]:
    """What a startup is in, will be or was in, the latest first."""
    rows = session.execute(
        select(Enrolment, Startup, Programme)
        .join(Startup, Startup.id == Enrolment.startup_id)
        .join(Programme, Programme.id == Enrolment.programme_id)
        .where(Enrolment.startup_id == startup_id)
        .order_by(func.lower(Enrolment.days).desc(), Programme.name)
    )
    return [_stay(*row) for row in rows]


def _stay(enrolment: Enrolment, startup: Startup, programme: Programme) -> Stay:
    first, after = enrolment.days.lower, enrolment.days.upper
    assert first is not None  # the days of a stay have a beginning
    return Stay(enrolment.id, startup, programme, first, after and after - timedelta(days=1))
