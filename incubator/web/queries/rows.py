"""The rows behind the figures of the day: each unit with whoever holds it now."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from msgspec import Struct
from sqlalchemy import ColumnElement, and_, func, select, tuple_
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.permissions import Action
from incubator.bookings.models import Booking
from incubator.core.paging import PAGE_SIZE, Page
from incubator.reports.occupancy import measures_of
from incubator.spaces.models import PURPOSES, UNIT_KINDS, Allocation, Closure, Site, Unit
from incubator.startups.models import Residency, Startup
from incubator.web.queries.today import held_at, where_it_is
from incubator.web.today import STATES, ZoneDay

HOLDERS: dict[str, tuple[str, ...]] = {
    "occupied": ("residency", "booking"), "free": (), "closed": ("closure",)
}  # fmt: skip
"""The states that the list can be cut down to, and who holds the unit then; free: nobody."""


class UnitRow(Struct, frozen=True):
    """A unit now: its holder's names where it has one."""

    unit: Any
    site: Any
    state: str
    since: datetime | None
    until: datetime | None
    holder_id: int | None
    agreement: str | None
    title: str | None
    startup: Any
    reason: str | None


def list_units_held(
    session: Session, actor: Actor, days: Sequence[ZoneDay], now: datetime, measure: str, *, state: str = "",
    page: int = 1,
) -> Page[UnitRow]:  # fmt: skip
    """A page of the units that `measure` (desks or area) is made of, by site and code; two statements."""
    actor.require(Action.SEE_DASHBOARD)
    wanted = and_(
        where_it_is(Unit.site_id, days, lambda day: Unit.in_service.contains(day.today)),
        tuple_(Unit.kind, Unit.purpose).in_(_counted(measure)),
    )
    held = held_at(days, now)
    if state in HOLDERS:
        wanted = and_(wanted, _held_by(HOLDERS[state]))
    total = session.execute(
        select(func.count()).select_from(Unit).outerjoin(Allocation, held).where(wanted)
    ).scalar_one()
    rows = session.execute(
        select(Unit, Site, Allocation, Residency.number, Booking.title, Startup, Closure.reason)
        .join(Site, Site.id == Unit.site_id)
        .outerjoin(Allocation, held)
        .outerjoin(Residency, _holds("residency", Residency.id))
        .outerjoin(Booking, _holds("booking", Booking.id))
        .outerjoin(Closure, _holds("closure", Closure.id))
        .outerjoin(Startup, Startup.id == func.coalesce(Residency.startup_id, Booking.startup_id))
        .where(wanted)
        .order_by(Site.code, Unit.code)
        .limit(PAGE_SIZE)
        .offset((page - 1) * PAGE_SIZE)
    )
    return Page([_row(*row) for row in rows], page, total)


def _counted(measure: str) -> list[tuple[str, str]]:
    return [(kind, use) for kind in UNIT_KINDS for use in PURPOSES if measure in measures_of(kind, use)]


def _held_by(kinds: tuple[str, ...]) -> ColumnElement[bool]:
    return Allocation.holder_kind.in_(kinds) if kinds else Allocation.id.is_(None)


def _holds(kind: str, holder_id: Any) -> ColumnElement[bool]:
    return and_(Allocation.holder_kind == kind, Allocation.holder_id == holder_id)


def _row(
    unit: Unit, site: Site, held: Allocation | None, agreement: str | None, title: str | None,
    startup: Startup | None, reason: str | None,
) -> UnitRow:  # fmt: skip
    if held is None:
        return UnitRow(unit, site, STATES[None], None, None, None, agreement, title, startup, reason)
    return UnitRow(unit, site, STATES[held.holder_kind], held.period.lower, held.period.upper, held.holder_id,
                   agreement, title, startup, reason)  # fmt: skip
