"""What the rent-control chart shows: a site's units, and who has them when."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from msgspec import Struct
from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.permissions import Action
from incubator.core.periods import local_instant
from incubator.spaces.models import HOLD, Allocation, Closure, Floor, Site
from incubator.spaces.queries import inclusive_dates, list_floors, list_units
from incubator.startups.models import Residency, Startup, UnitHold
from incubator.startups.rules.chart import KINDS, ChartUnit, Stretch
from incubator.startups.rules.limits import add_months


class Lettings(Struct, frozen=True):
    """A site's units to let, and who has which of them when."""

    floors: Sequence[Floor]
    units: list[ChartUnit]
    stretches: list[Stretch]


def get_lettings(session: Session, actor: Actor, site: Site, first: date, last: date) -> Lettings:
    """From the first to the last day, however many units there are; three statements.

    Only what agreements can be for: units of the incubation area. What is booked by the hour is no matter here.
    """
    actor.require(Action.SEE_STARTUPS)
    units = [
        ChartUnit(unit.id, unit.code, unit.kind, unit.on_floor, unit.area_m2, *inclusive_dates(unit.in_service))
        for unit in list_units(session, actor, site.id)
        if unit.purpose == "incubation" and unit.kind not in ("parking", "instrument")
    ]
    return Lettings(list_floors(session, actor, site.id), units, _stretches(session, site, first, last))


def _stretches(session: Session, site: Site, first: date, last: date) -> list[Stretch]:
    zone = ZoneInfo(site.zone)
    window = func.tstzrange(local_instant(first, 0, zone), local_instant(last, 24 * 60, zone))
    rows = session.execute(
        select(
            Allocation.unit_id, Allocation.holder_kind, Allocation.holder_id, func.lower(Allocation.period),
            func.upper(Allocation.period), func.coalesce(Startup.name, UnitHold.for_whom, Closure.reason, ""),
            func.coalesce(Startup.name_en, ""),
        )
        .outerjoin(Residency, and_(Allocation.holder_kind == "residency", Residency.id == Allocation.holder_id))
        .outerjoin(UnitHold, and_(Allocation.holder_kind == HOLD, UnitHold.id == Allocation.holder_id))
        .outerjoin(Closure, and_(Allocation.holder_kind == "closure", Closure.id == Allocation.holder_id))
        .outerjoin(Startup, Startup.id == func.coalesce(Residency.startup_id, UnitHold.startup_id))
        .where(
            Allocation.site_id == site.id, Allocation.voided_at.is_(None), Allocation.holder_kind.in_(list(KINDS)),
            Allocation.period.op("&&")(window),
        )
        .order_by(Allocation.unit_id, func.lower(Allocation.period))
    ).all()  # fmt: skip
    return [
        Stretch(unit_id, kind, holder_id, start.astimezone(zone).date(),
                None if end is None else (end - timedelta(microseconds=1)).astimezone(zone).date(), name, name_en)
        for unit_id, kind, holder_id, start, end, name, name_en in rows
    ]  # fmt: skip


def looked_at(first: date, last: date, today: date, ahead: int) -> tuple[date, date]:
    """The days to be read: those of the chart, and those of the figures."""
    return min(first, today), max(last, add_months(today, ahead))


def list_startup_names(session: Session, actor: Actor) -> Sequence[Startup]:
    """All startups by code, to choose one of."""
    actor.require(Action.SEE_STARTUPS)
    return session.execute(select(Startup).order_by(Startup.code)).scalars().all()
