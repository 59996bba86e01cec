"""Reads of recorded facts and of what spaces pay."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from msgspec import Struct
from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.permissions import Action
from incubator.core.paging import PAGE_SIZE, Page
from incubator.spaces.models import Site
from incubator.startups.models import Startup
from incubator.subsidies.models import RecordedFact, SiteCost
from incubator.subsidies.queries.facts import span


def list_startups(session: Session, actor: Actor) -> Sequence[Startup]:
    """Every startup by its code, to choose one."""
    actor.require(Action.SEE_SCHEMES)
    return session.execute(select(Startup).order_by(Startup.code)).scalars().all()


class FactRow(Struct, frozen=True):
    """A recorded fact with whom it is about."""

    fact: RecordedFact
    startup: Startup | None
    site: Site | None

    @property
    def first(self) -> date:
        return span(self.fact.days)[0]

    @property
    def last(self) -> date | None:
        """Inclusive; None: until further notice."""
        return span(self.fact.days)[1]


def list_facts(
    session: Session, actor: Actor, *, name: str = "", search: str = "", withdrawn: bool = False, page: int = 1
) -> Page[FactRow]:
    """A page of recorded facts, the latest first; two statements. `search` is a part of a startup's or site's name."""
    actor.require(Action.SEE_SCHEMES)
    wanted: list[ColumnElement[bool]] = [RecordedFact.withdrawn_at.is_not(None) == withdrawn]
    if name:
        wanted.append(RecordedFact.name == name)
    if search:
        found = (Startup.name, Startup.name_en, Startup.code, Site.name, Site.name_en)
        wanted.append(func.concat_ws(" ", *found).icontains(search, autoescape=True))
    rows = (
        select(RecordedFact, Startup, Site)
        .outerjoin(Startup, Startup.id == RecordedFact.startup_id)
        .outerjoin(Site, Site.id == RecordedFact.site_id)
        .where(*wanted)
    )
    total = session.execute(select(func.count()).select_from(rows.subquery())).scalar_one()
    shown = session.execute(
        rows.order_by(RecordedFact.id.desc()).limit(PAGE_SIZE).offset((page - 1) * PAGE_SIZE)
    ).all()  # fmt: skip
    return Page([FactRow(*row) for row in shown], page, total)


class CostRow(Struct, frozen=True):
    """A cost with its site."""

    cost: SiteCost
    site: Site


def list_costs(
    session: Session, actor: Actor, *, site_id: int | None = None, kind: str = "", page: int = 1
) -> Page[CostRow]:
    """A page of what spaces have paid, the latest first; two statements."""
    actor.require(Action.SEE_SCHEMES)
    wanted = [] if site_id is None else [SiteCost.site_id == site_id]
    if kind:
        wanted.append(SiteCost.kind == kind)
    total = session.execute(select(func.count()).select_from(SiteCost).where(*wanted)).scalar_one()
    rows = session.execute(
        select(SiteCost, Site).join(Site, Site.id == SiteCost.site_id).where(*wanted)
        .order_by(SiteCost.last_on.desc(), SiteCost.id.desc()).limit(PAGE_SIZE).offset((page - 1) * PAGE_SIZE)
    ).all()  # fmt: skip
    return Page([CostRow(*row) for row in rows], page, total)
