"""Reads of startups and residencies."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.models import Person, RoleGrant
from incubator.accounts.permissions import Action
from incubator.core.errors import N_, NotFound
from incubator.core.paging import PAGE_SIZE, Page
from incubator.core.periods import Month
from incubator.spaces.models import Site, Unit
from incubator.startups.models import Residency, ResidencyPrice, Startup
from incubator.startups.rules import ResidencyTerm


def get_startup(session: Session, actor: Actor, startup_id: int) -> Startup:
    """The startup, for staff who may see startups and for its own people; NotFound for others."""
    if not actor.can(Action.SEE_STARTUPS):
        actor.require(Action.SEE_OWN_STARTUP)
        actor.require_startup(startup_id)
    startup = session.execute(select(Startup).where(Startup.id == startup_id)).scalar_one_or_none()
    if startup is None:
        raise NotFound(N_("There is no such startup."))
    return startup


def list_startups(
    session: Session, actor: Actor, *, page: int = 1, search: str = "", kind: str = ""
) -> Page[Startup]:
    """A page of startups by code, filtered by a part of code, name or credit code, and by kind."""
    actor.require(Action.SEE_STARTUPS)
    wanted: list[ColumnElement[bool]] = []
    if search.strip():
        like = f"%{_escaped(search.strip())}%"
        wanted.append(
            or_(*(column.ilike(like, escape="\\") for column in
                  (Startup.code, Startup.name, Startup.name_en, Startup.credit_code)))
        )  # fmt: skip
    if kind in ("team", "company"):
        wanted.append(Startup.kind == kind)
    total = session.execute(select(func.count()).select_from(Startup).where(*wanted)).scalar_one()
    rows = session.execute(
        select(Startup).where(*wanted).order_by(Startup.code).limit(PAGE_SIZE).offset((page - 1) * PAGE_SIZE)
    ).scalars()
    return Page(rows.all(), page, total)


def list_own_startups(session: Session, actor: Actor) -> Sequence[Startup]:
    """The startups whose founder or member the actor is."""
    actor.require(Action.SEE_OWN_STARTUP)
    return (
        session.execute(select(Startup).where(Startup.id.in_(actor.startup_ids)).order_by(Startup.code))
        .scalars()
        .all()
    )


def get_residency(session: Session, actor: Actor, residency_id: int) -> Residency:
    """An agreement, for staff and for its startup's people; NotFound for others."""
    residency = session.execute(select(Residency).where(Residency.id == residency_id)).scalar_one_or_none()
    if residency is None:
        raise NotFound(N_("There is no such agreement."))
    get_startup(session, actor, residency.startup_id)
    return residency


def list_residencies(session: Session, startup_ids: Sequence[int]) -> Sequence[tuple[Residency, Site]]:
    """The agreements of some startups with their sites, the latest first."""
    rows = session.execute(
        select(Residency, Site)
        .join(Site, Site.id == Residency.site_id)
        .where(Residency.startup_id.in_(startup_ids))
        .order_by(Residency.starts_on.desc(), Residency.number)
    ).all()
    return [(residency, site) for residency, site in rows]


def list_terms(session: Session, residency_ids: Sequence[int]) -> list[ResidencyTerm]:
    """The agreed prices of some agreements, in one statement."""
    return _terms(session, Residency.id.in_(residency_ids))


def list_residency_terms(session: Session, site_id: int, month: Month) -> list[ResidencyTerm]:
    """Every agreed price at a site whose term touches the month, in one statement: what billing charges from."""
    return _terms(
        session,
        Residency.site_id == site_id,
        Residency.starts_on <= month.last,
        or_(Residency.ends_on.is_(None), Residency.ends_on >= month.first),
    )


def _terms(session: Session, *wanted: ColumnElement[bool]) -> list[ResidencyTerm]:
    rows = session.execute(
        select(
            ResidencyPrice.id, Residency.id, Residency.number, Residency.startup_id, Unit.id, Unit.code, Unit.kind,
            Unit.area_m2, ResidencyPrice.charge_kind, ResidencyPrice.basis, ResidencyPrice.unit_price,
            ResidencyPrice.currency, Residency.starts_on, Residency.ends_on,
        )
        .join(Residency, Residency.id == ResidencyPrice.residency_id)
        .join(Unit, Unit.id == ResidencyPrice.unit_id)
        .where(*wanted)
        .order_by(Residency.startup_id, Residency.id, Unit.code, ResidencyPrice.charge_kind.desc())
    ).all()  # fmt: skip
    return [ResidencyTerm(*row) for row in rows]


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def list_people(session: Session, startup_id: int) -> list[tuple[str, str, str]]:
    """Name, e-mail and role of a startup's people whose access has not ended."""
    rows = session.execute(
        select(Person.name, Person.email, RoleGrant.role)
        .join(RoleGrant, RoleGrant.person_id == Person.id)
        .where(RoleGrant.startup_id == startup_id, Person.left_at.is_(None))
        .order_by(RoleGrant.role, Person.name)
    ).all()
    return [(name, email, role) for name, email, role in rows]
