"""Reads of agreements: their terms, what they hold, and who stands in the way of a new one."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, TypeVar

from msgspec import Struct
from sqlalchemy import ColumnElement, DateTime, Select, and_, bindparam, exists, func, or_, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.models import Person
from incubator.accounts.permissions import Action
from incubator.core.errors import N_, NotFound
from incubator.core.paging import PAGE_SIZE, Page
from incubator.core.periods import Month
from incubator.database import among
from incubator.spaces.models import HOLD, Allocation, Site, Unit
from incubator.startups.models import Residency, ResidencyAmendment, ResidencyPrice, Startup, UnitHold
from incubator.startups.queries.startups import get_startup, has_begun_and_not_ended, local_today
from incubator.startups.rules import ENDING_DAYS, ResidencyTerm

RESIDENCY_STATES = ("current", "ending", "coming", "ended", "holding")
"""Runs today; its last day is near; not yet; over; over, and the ledger shows its units as taken still."""


def get_residency(session: Session, actor: Actor, residency_id: int) -> Residency:
    """An agreement, for staff and for its startup's people; NotFound for others."""
    residency = session.execute(select(Residency).where(Residency.id == residency_id)).scalar_one_or_none()
    if residency is None:
        raise NotFound(N_("There is no such agreement."))
    get_startup(session, actor, residency.startup_id)
    return residency


def list_residencies(
    session: Session,
    actor: Actor,
    *,
    now: datetime,
    page: int = 1,
    search: str = "",
    state: str = "",
    site_id: int | None = None,
) -> Page[tuple[Residency, Startup, Site]]:
    """A page of agreements in two statements: by state and site, found by a part of number or startup's name.

    What ends soon comes first by its last day; all else by its number, the latest first.
    """
    actor.require(Action.SEE_STARTUPS)
    wanted = [*_of_state(state, now)]
    if site_id is not None:
        wanted.append(Residency.site_id == site_id)
    if search.strip():
        columns = (Residency.number, Startup.code, Startup.name, Startup.name_en)
        wanted.append(or_(*(column.icontains(search.strip(), autoescape=True) for column in columns)))
    total = session.execute(_joined(select(func.count())).where(*wanted)).scalar_one()
    order: tuple[Any, ...] = (Residency.starts_on.desc(), Residency.number.desc())
    if state in ("ending", "holding"):
        order = (Residency.ends_on, Residency.number)
    rows = session.execute(
        _joined(select(Residency, Startup, Site))
        .where(*wanted)
        .order_by(*order)
        .limit(PAGE_SIZE)
        .offset((page - 1) * PAGE_SIZE)
    ).all()
    return Page([(residency, startup, site) for residency, startup, site in rows], page, total)


def count_residencies(session: Session, actor: Actor, *, now: datetime, site_id: int | None) -> dict[str, int]:
    """How many agreements are in each state, in one statement."""
    actor.require(Action.SEE_STARTUPS)
    counts = [func.count().filter(*_of_state(state, now)) for state in RESIDENCY_STATES]
    query = _joined(select(*counts))
    if site_id is not None:
        query = query.where(Residency.site_id == site_id)
    return dict(zip(RESIDENCY_STATES, session.execute(query).one(), strict=True))


def list_startups_residencies(session: Session, startup_ids: Sequence[int]) -> Sequence[tuple[Residency, Site]]:
    """The agreements of some startups with their sites, the latest first."""
    rows = session.execute(
        select(Residency, Site)
        .join(Site, Site.id == Residency.site_id)
        .where(Residency.startup_id.in_(startup_ids))
        .order_by(Residency.starts_on.desc(), Residency.number.desc())
    ).all()
    return [(residency, site) for residency, site in rows]


MOST_RUNNING = 500


def list_running(
    session: Session, actor: Actor, site_id: int, now: datetime, *, of: int | None = None, but: int | None = None
) -> list[tuple[Residency, Startup]]:
    """A site's agreements that run or are to begin: all, those `of` one startup, or all `but` its own."""
    actor.require(Action.SEE_STARTUPS)
    query = (
        select(Residency, Startup)
        .join(Startup, Startup.id == Residency.startup_id)
        .join(Site, Site.id == Residency.site_id)
        .where(Residency.site_id == site_id, or_(Residency.ends_on.is_(None), Residency.ends_on >= local_today(now)))
        .order_by(Startup.code, Residency.number)
        .limit(MOST_RUNNING)
    )
    if of is not None:
        query = query.where(Residency.startup_id == of)
    if but is not None:
        query = query.where(Residency.startup_id != but)
    return [(residency, startup) for residency, startup in session.execute(query).all()]


_OWN_SITE = (
    select(Residency.site_id)
    .join(Site, Site.id == Residency.site_id)
    .where(Residency.startup_id == among("startup_ids"),
           has_begun_and_not_ended(bindparam("now", type_=DateTime(timezone=True))))
    .order_by(Residency.starts_on.desc(), Residency.id.desc())
    .limit(1)
)  # fmt: skip


def own_site_id(session: Session, actor: Actor, now: datetime) -> int | None:
    """The site at which the actor's startup sits today, by the latest agreement; None for everybody else."""
    if not actor.startup_ids:
        return None
    return session.execute(_OWN_SITE, {"startup_ids": list(actor.startup_ids), "now": now}).scalar()


def list_terms(session: Session, residency_ids: Sequence[int]) -> list[ResidencyTerm]:
    """The agreed prices of some agreements, in one statement."""
    return _terms(session, Residency.id.in_(residency_ids))


def list_residency_terms(session: Session, site_id: int, month: Month) -> list[ResidencyTerm]:
    """Every agreed price at a site whose days touch the month, in one statement: what billing charges from."""
    return _terms(
        session,
        Residency.site_id == site_id,
        Residency.starts_on <= month.last,
        or_(Residency.ends_on.is_(None), Residency.ends_on >= month.first),
        ResidencyPrice.days.op("&&")(func.daterange(month.first, month.last, "[]")),
    )


def list_amendments(session: Session, residency_id: int) -> Sequence[tuple[ResidencyAmendment, str | None]]:
    """What was amended, the latest first, each with who entered it."""
    rows = session.execute(
        select(ResidencyAmendment, Person.name)
        .outerjoin(Person, Person.id == ResidencyAmendment.created_by)
        .where(ResidencyAmendment.residency_id == residency_id)
        .order_by(ResidencyAmendment.number.desc())
    ).all()
    return [(amendment, name) for amendment, name in rows]


class HeldPeriod(Struct, frozen=True):
    """A stretch of the ledger that an agreement holds or held."""

    unit_code: str
    start: datetime
    end: datetime | None
    voided_at: datetime | None
    reason: str | None


def list_held_periods(session: Session, residency_id: int) -> list[HeldPeriod]:
    """All that the ledger has for an agreement, by unit and time."""
    rows = session.execute(
        select(
            Unit.code, func.lower(Allocation.period), func.upper(Allocation.period), Allocation.voided_at,
            Allocation.void_reason,
        )
        .join(Unit, Unit.id == Allocation.unit_id)
        .where(Allocation.holder_kind == "residency", Allocation.holder_id == residency_id)
        .order_by(Unit.code, func.lower(Allocation.period))
    ).all()  # fmt: skip
    return [HeldPeriod(*row) for row in rows]


class HeldBy(Struct, frozen=True):
    """Who holds a unit during part of a term: an agreement's startup by name, whom it is held for, a booking or a
    closure."""

    unit_id: int
    start: datetime
    end: datetime | None
    holder_kind: str
    name: str
    name_en: str
    holder_id: int = 0


def list_conflicts(
    session: Session, site_id: int, start: datetime, end: datetime | None, *, but: Collection[tuple[str, int]] = ()
) -> dict[int, HeldBy]:
    """Of each unit of a site that is taken during `start`..`end` (None: open-ended), by whom first; one statement.
    What the holders in `but` have is in nobody's way."""
    rows = session.execute(
        select(
            Allocation.unit_id, func.lower(Allocation.period), func.upper(Allocation.period), Allocation.holder_kind,
            func.coalesce(Startup.name, UnitHold.for_whom, ""), func.coalesce(Startup.name_en, ""),
            Allocation.holder_id,
        )
        .outerjoin(Residency, and_(Allocation.holder_kind == "residency", Residency.id == Allocation.holder_id))
        .outerjoin(UnitHold, and_(Allocation.holder_kind == HOLD, UnitHold.id == Allocation.holder_id))
        .outerjoin(Startup, Startup.id == func.coalesce(Residency.startup_id, UnitHold.startup_id))
        .where(
            Allocation.site_id == site_id,
            Allocation.voided_at.is_(None),
            Allocation.period.op("&&")(func.tstzrange(start, end)),
            *(or_(Allocation.holder_kind != kind, Allocation.holder_id != id_) for kind, id_ in but),
        )
        .order_by(Allocation.unit_id, func.lower(Allocation.period))
        .ext(distinct_on(Allocation.unit_id))
    ).all()  # fmt: skip
    return {row[0]: HeldBy(*row) for row in rows}


TERM_COLUMNS: tuple[Any, ...] = (
    ResidencyPrice.id, Residency.id, Residency.number, Residency.startup_id, Unit.id, Unit.code, Unit.kind,
    Unit.area_m2, ResidencyPrice.charge_kind, ResidencyPrice.basis, ResidencyPrice.unit_price,
    ResidencyPrice.currency, func.greatest(func.lower(ResidencyPrice.days), Residency.starts_on),
    func.least(func.upper(ResidencyPrice.days) - 1, Residency.ends_on), ResidencyPrice.reason,
    Residency.proration, Residency.tax_included,
)  # fmt: skip
"""What a `ResidencyTerm` is made of: the days of its price, within the agreement's term."""
IN_TERM = ResidencyPrice.days.op("&&")(func.daterange(Residency.starts_on, Residency.ends_on, "[]"))
"""Prices that hold on a day of their agreement's term; one that was cut to nothing never does."""


def has_price_on(day: ColumnElement[Any]) -> ColumnElement[bool]:
    """Prices, joined with their agreement, of the units that it is for on the day: on its first one before it has
    begun, on its last one when it is over."""
    return ResidencyPrice.days.op("@>")(func.least(func.greatest(day, Residency.starts_on), Residency.ends_on))


Query = TypeVar("Query", bound="Select[*tuple[Any, ...]]")


def _joined(query: Query) -> Query:
    return (
        query.select_from(Residency)
        .join(Startup, Startup.id == Residency.startup_id)
        .join(Site, Site.id == Residency.site_id)
    )


def _of_state(state: str, now: datetime) -> list[ColumnElement[bool]]:
    today = local_today(now)
    if state == "current":
        return [has_begun_and_not_ended(now)]
    if state == "ending":
        return [Residency.starts_on <= today, Residency.ends_on.between(today, today + ENDING_DAYS)]
    if state == "coming":
        return [Residency.starts_on > today]
    if state == "ended":
        return [Residency.ends_on < today]
    if state == "holding":
        held = exists().where(
            Allocation.holder_kind == "residency",
            Allocation.holder_id == Residency.id,
            Allocation.voided_at.is_(None),
            or_(func.upper_inf(Allocation.period), func.upper(Allocation.period) > now),
        )
        return [Residency.ends_on < today, held]
    return []


def _terms(session: Session, *wanted: ColumnElement[bool]) -> list[ResidencyTerm]:
    rows = session.execute(
        select(*TERM_COLUMNS)
        .join(Residency, Residency.id == ResidencyPrice.residency_id)
        .join(Unit, Unit.id == ResidencyPrice.unit_id)
        .where(IN_TERM, *wanted)
        .order_by(Residency.startup_id, Residency.id, Unit.code, ResidencyPrice.charge_kind != "rent",
                  ResidencyPrice.charge_kind, func.lower(ResidencyPrice.days))
    ).all()  # fmt: skip
    values: Sequence[Sequence[Any]] = rows
    return [ResidencyTerm(*row) for row in values]
