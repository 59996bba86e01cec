"""Startups in residence against the limits of incubation."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from msgspec import Struct
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.permissions import Action
from incubator.spaces.models import Unit
from incubator.startups.models import Residency, ResidencyPrice, Startup
from incubator.startups.queries.startups import get_startup
from incubator.startups.rules.limits import Checked, Crossed, Stay, check_stay, find_warnings

ORDER = {"over": 0, "soon": 1, "within": 2}


class LimitRow(Struct, frozen=True):
    """A startup in residence, since when, on what area, and how it stands."""

    startup: Startup
    stay: Stay
    checked: Checked


def list_limits(session: Session, actor: Actor, on: date) -> list[LimitRow]:
    """Every startup in residence on the day, whose time ends first first; two statements.

    It entered with its first agreement; its area is that of all units that its agreements of the day let to it.
    """
    actor.require(Action.SEE_STARTUPS)
    return _in_residence(session, on)


def get_limit(session: Session, actor: Actor, startup_id: int, on: date) -> LimitRow | None:
    """How one startup stands, for whoever may see it; None: it is not in residence on the day."""
    get_startup(session, actor, startup_id)
    return next(iter(_in_residence(session, on, startup_id)), None)


def _in_residence(session: Session, on: date, startup_id: int | None = None) -> list[LimitRow]:
    runs = (Residency.starts_on <= on) & (func.coalesce(Residency.ends_on, date.max) >= on)
    if startup_id is not None:
        runs &= Residency.startup_id == startup_id
    units = (
        select(Residency.startup_id, Unit.id, Unit.area_m2)
        .join(ResidencyPrice, ResidencyPrice.residency_id == Residency.id)
        .join(Unit, Unit.id == ResidencyPrice.unit_id)
        .where(runs, ResidencyPrice.days.contains(on))
        .distinct()
        .subquery()
    )
    areas: dict[int, Decimal] = dict(
        session.execute(select(units.c.startup_id, func.sum(units.c.area_m2)).group_by(units.c.startup_id)).all()
    )
    entered = (
        select(func.min(Residency.starts_on)).where(Residency.startup_id == Startup.id).correlate(Startup)
        .scalar_subquery()
    )  # fmt: skip
    rows = session.execute(select(Startup, entered).where(Startup.id.in_(list(areas))).order_by(Startup.code)).all()
    found = []
    for startup, first in rows:
        stay = Stay(startup.industry_code, first, areas[startup.id], startup.registered_on)
        found.append(LimitRow(startup, stay, check_stay(stay, on)))
    return sorted(found, key=lambda row: (ORDER[row.checked.state], row.checked.last_day))


def check_agreement(
    session: Session, startup: Startup, *, on: date, ends_on: date | None, area_m2: Decimal, but_id: int | None = None
) -> list[Crossed]:
    """Which limits the startup crosses by an agreement (`but_id`, where it is there already) that lets it `area_m2`
    from a day on; together with its other ones. Two statements."""
    entered = session.execute(
        select(func.min(Residency.starts_on)).where(Residency.startup_id == startup.id)
    ).scalar()
    others = (
        select(Unit.id, Unit.area_m2)
        .join(ResidencyPrice, ResidencyPrice.unit_id == Unit.id)
        .join(Residency, Residency.id == ResidencyPrice.residency_id)
        .where(
            Residency.startup_id == startup.id, Residency.id != (but_id or 0), ResidencyPrice.days.contains(on),
            Residency.starts_on <= on, func.coalesce(Residency.ends_on, date.max) >= on,
        )
        .distinct()
        .subquery()
    )  # fmt: skip
    beside = session.execute(select(func.coalesce(func.sum(others.c.area_m2), 0))).scalar_one()
    stay = Stay(startup.industry_code, min(entered or on, on), area_m2 + beside, startup.registered_on)
    return find_warnings(stay, on, ends_on)


def count_near_limits(session: Session, actor: Actor, on: date) -> int:
    """How many startups in residence are past a limit or near it."""
    rows = list_limits(session, actor, on)
    return sum(row.checked.state != "within" or row.checked.is_too_large for row in rows)
