"""Reads of startups and their people."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from msgspec import Struct
from sqlalchemy import ColumnElement, Date, and_, case, exists, func, or_, select, type_coerce
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.models import Person, RoleGrant
from incubator.accounts.permissions import Action
from incubator.core.errors import N_, NotFound
from incubator.core.paging import PAGE_SIZE, Page
from incubator.database import Instant
from incubator.spaces.models import Site, Unit
from incubator.startups.models import Residency, ResidencyPrice, Startup

STARTUP_STATES = ("resident", "coming", "left", "none")
"""In residence today; not yet; not any more; never had an agreement."""


def get_startup(session: Session, actor: Actor, startup_id: int) -> Startup:
    """The startup, for staff who may see startups and for its own people; NotFound for others."""
    if not actor.can(Action.SEE_STARTUPS):
        actor.require(Action.SEE_OWN_STARTUP)
        actor.require_startup(startup_id)
    startup = session.execute(select(Startup).where(Startup.id == startup_id)).scalar_one_or_none()
    if startup is None:
        raise NotFound(N_("There is no such startup."))
    return startup


def list_own_startups(session: Session, actor: Actor) -> Sequence[Startup]:
    """The startups whose founder or member the actor is."""
    actor.require(Action.SEE_OWN_STARTUP)
    return (
        session.execute(select(Startup).where(Startup.id.in_(actor.startup_ids)).order_by(Startup.code))
        .scalars()
        .all()
    )


class StartupRow(Struct, frozen=True):
    """A startup as a list shows it: where it sits today, else will sit next, else sat last.

    Several agreements that run at once are told together: all their sites and units, since the first began, until
    the last one ends (None: open-ended, or never had one).
    """

    startup: Startup
    state: str
    sites: tuple[Site, ...]
    units: tuple[str, ...]
    since: date | None
    until: date | None


def list_startups(
    session: Session,
    actor: Actor,
    *,
    now: datetime,
    page: int = 1,
    search: str = "",
    kind: str = "",
    state: str = "",
    site_id: int | None = None,
) -> Page[StartupRow]:
    """A page of startups by code, in three statements.

    Found by a part of code, name or credit code; by kind; by where they stand today; by a site at which they have
    an agreement (that is of that state, where one is asked for).
    """
    actor.require(Action.SEE_STARTUPS)
    wanted = [*found_by(search), *_of_state(state, site_id, now)]
    if kind in ("team", "company"):
        wanted.append(Startup.kind == kind)
    total = session.execute(select(func.count()).select_from(Startup).where(*wanted)).scalar_one()
    rows = session.execute(
        select(Startup).where(*wanted).order_by(Startup.code).limit(PAGE_SIZE).offset((page - 1) * PAGE_SIZE)
    ).scalars()
    startups = rows.all()
    stays = _stays(session, [startup.id for startup in startups], now)
    return Page([_row(startup, stays.get(startup.id, [])) for startup in startups], page, total)


def list_people(session: Session, startup_id: int) -> list[tuple[str, str, str, bool, bool, bool]]:
    """Name, e-mail, role, whether they came in yet, may book and see invoices by their founder's word, of a startup's
    people whose access has not ended."""
    rows = session.execute(
        select(Person.name, Person.email, RoleGrant.role, Person.identity_id.is_not(None), RoleGrant.may_book,
               RoleGrant.sees_invoices)
        .join(RoleGrant, RoleGrant.person_id == Person.id)
        .where(RoleGrant.startup_id == startup_id, Person.left_at.is_(None))
        .order_by(RoleGrant.role, Person.name)
    ).all()
    return [
        (name, email, role, is_in, books, sees) for name, email, role, is_in, books, sees in rows
    ]


def local_today(now: Instant) -> ColumnElement[date]:
    """The date at the joined site."""
    return type_coerce(func.date(func.timezone(Site.zone, now)), Date)


def has_begun_and_not_ended(now: Instant) -> ColumnElement[bool]:
    """Agreements, joined with their site, that run today."""
    today = local_today(now)
    return and_(Residency.starts_on <= today, or_(Residency.ends_on.is_(None), Residency.ends_on >= today))


def found_by(search: str) -> list[ColumnElement[bool]]:
    """Startups with these words in their number, names or credit code."""
    words = search.strip()
    if not words:
        return []
    columns = (Startup.code, Startup.name, Startup.name_en, Startup.credit_code)
    return [or_(*(column.icontains(words, autoescape=True) for column in columns))]


def _of_state(state: str, site_id: int | None, now: datetime) -> list[ColumnElement[bool]]:
    any_at_all = exists().where(Residency.startup_id == Startup.id)
    if state == "none":
        return [~any_at_all]
    resident = _with_agreement(site_id, has_begun_and_not_ended(now))
    coming = _with_agreement(site_id, Residency.starts_on > local_today(now))
    if state == "resident":
        return [resident]
    if state == "coming":
        return [coming, ~_with_agreement(None, has_begun_and_not_ended(now))]
    if state == "left":
        anywhere = (has_begun_and_not_ended(now), Residency.starts_on > local_today(now))
        return [_with_agreement(site_id), *(~_with_agreement(None, condition) for condition in anywhere)]
    return [_with_agreement(site_id)] if site_id is not None else []


def _with_agreement(site_id: int | None, *wanted: ColumnElement[bool]) -> ColumnElement[bool]:
    found = select(Residency.id).join(Site, Site.id == Residency.site_id)
    if site_id is not None:
        found = found.where(Residency.site_id == site_id)
    return exists(found.where(Residency.startup_id == Startup.id, *wanted).correlate(Startup))


class _Stay(Struct, frozen=True):
    """One agreement of a startup, on the site's date."""

    site: Site
    units: tuple[str, ...]
    since: date
    until: date | None
    state: str


def _stays(session: Session, startup_ids: Sequence[int], now: datetime) -> dict[int, list[_Stay]]:
    """All agreements of some startups, the latest first, in one statement."""
    day = func.least(func.greatest(local_today(now), Residency.starts_on), Residency.ends_on)
    runs = ResidencyPrice.days.op("@>")(day)
    units = (
        select(func.array_agg(aggregate_order_by(Unit.code.distinct(), Unit.code)))
        .join(ResidencyPrice, ResidencyPrice.unit_id == Unit.id)
        .where(ResidencyPrice.residency_id == Residency.id, runs)
        .correlate(Residency, Site)
        .scalar_subquery()
    )
    state = case(
        (has_begun_and_not_ended(now), "resident"), (Residency.starts_on > local_today(now), "coming"), else_="left"
    )
    rows = session.execute(
        select(Residency.startup_id, Site, units, Residency.starts_on, Residency.ends_on, state)
        .join(Site, Site.id == Residency.site_id)
        .where(Residency.startup_id.in_(startup_ids))
        .order_by(Residency.starts_on.desc(), Residency.id.desc())
    ).all()
    found: dict[int, list[_Stay]] = {}
    for startup_id, site, codes, since, until, stands in rows:
        found.setdefault(startup_id, []).append(_Stay(site, tuple(codes or ()), since, until, stands))
    return found


def _row(startup: Startup, stays: Sequence[_Stay]) -> StartupRow:
    running = [stay for stay in stays if stay.state == "resident"]
    coming = [stay for stay in stays if stay.state == "coming"][-1:]
    shown = running or coming or list(stays[:1])
    if not shown:
        return StartupRow(startup, "none", (), (), None, None)
    ends = [stay.until for stay in shown]
    return StartupRow(
        startup, shown[0].state, tuple(dict.fromkeys(stay.site for stay in shown)),
        tuple(code for stay in shown for code in stay.units), min(stay.since for stay in shown),
        None if None in ends else max(end for end in ends if end),
    )  # fmt: skip
