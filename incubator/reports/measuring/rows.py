"""The rows that a figure is the sum of: each allocation (or booking) with what it adds to the numerator."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from msgspec import Struct
from sqlalchemy import and_, case, func, literal, select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.permissions import Action
from incubator.bookings.models import Booking
from incubator.core.errors import N_, Refusal
from incubator.core.paging import PAGE_SIZE, Page
from incubator.reports.measuring.catalogue import MEASURES
from incubator.reports.measuring.occupancy_cube import cells_of
from incubator.reports.measuring.plan import Plan
from incubator.reports.measuring.question import Question, check
from incubator.reports.measuring.recipes import BEGUN, RECIPES
from incubator.reports.presenting import Name
from incubator.spaces.models import Allocation, Resource, Site, Unit
from incubator.startups.models import Residency, Startup


class LedgerRow(Struct, frozen=True):
    """One row of the ledger, and what it adds. `end` is None where it is open-ended."""

    holder_kind: str
    holder_id: int
    unit: str
    start: datetime
    end: datetime | None
    zone: str
    label: Name
    startup: Name | None
    startup_code: str | None
    adds: Decimal


def has_rows(measure: str) -> bool:
    """Whether rows of the ledger stand behind it: not behind the area of public services."""
    return measure in RECIPES and RECIPES[measure].numerator is not None


def list_rows(session: Session, actor: Actor, question: Question, *, page: int) -> tuple[Page[LedgerRow], Decimal]:
    """The rows behind the numerator of a question's one measure, the earliest first, and what they add up to."""
    actor.require(Action.SEE_REPORTS)
    check(question)
    (measure,) = question.measures
    if not has_rows(measure):
        raise Refusal(N_("No row of the ledger stands behind “%(measure)s”."), field="measures",
                      measure=MEASURES[measure].title)  # fmt: skip
    plan, recipe = Plan.make(session, question), RECIPES[measure]
    if not plan.grounds.units:
        return Page([], 1, 0), Decimal(0)
    ((cells, _),) = cells_of(plan, [measure])
    assert recipe.numerator is not None
    adds = recipe.numerator(cells.c)
    counted = select(cells.c.allocation_id, adds.label("adds")).group_by(cells.c.allocation_id).having(adds > 0).cte()
    total, whole = session.execute(select(func.count(), func.coalesce(func.sum(counted.c.adds), 0))).one()
    source = _bookings if recipe.grain == BEGUN else _allocations
    rows = session.execute(source(counted).offset((page - 1) * PAGE_SIZE).limit(PAGE_SIZE)).all()
    return Page([_row(*row) for row in rows], page, total), Decimal(whole)


def _row(kind: str, holder: int, unit: str, start: datetime, end: datetime | None, zone: str, label: str, label_en: str,
         code: str | None, name: str | None, name_en: str | None, adds: Decimal) -> LedgerRow:  # fmt: skip
    startup = Name(name, name_en or "") if name else None
    return LedgerRow(kind, holder, unit, start, end, zone, Name(label or "", label_en or ""), startup, code, adds)


def _allocations(counted: Any) -> Any:
    row = Allocation
    booked = and_(row.holder_kind == "booking", Booking.id == row.holder_id)
    let = and_(row.holder_kind == "residency", Residency.id == row.holder_id)
    return (
        select(
            row.holder_kind, row.holder_id, Unit.code, row.starts_at, func.upper(row.period), Site.zone,
            case((row.holder_kind == "booking", Resource.name), else_=func.coalesce(Residency.number, "")),
            func.coalesce(Resource.name_en, ""), Startup.code, Startup.name, Startup.name_en, counted.c.adds,
        )
        .select_from(counted).join(row, row.id == counted.c.allocation_id).join(Unit, Unit.id == row.unit_id)
        .join(Site, Site.id == row.site_id).outerjoin(Booking, booked).outerjoin(Residency, let)
        .outerjoin(Resource, Resource.id == Booking.resource_id)
        .outerjoin(Startup, Startup.id == func.coalesce(Residency.startup_id, Booking.startup_id))
        .order_by(row.starts_at, row.id)
    )  # fmt: skip


def _bookings(counted: Any) -> Any:
    return (
        select(
            literal("booking"), Booking.id, Resource.code, Booking.starts_at, func.upper(Booking.period),
            Site.zone, Resource.name, Resource.name_en, Startup.code, Startup.name, Startup.name_en, counted.c.adds,
        )
        .select_from(counted).join(Booking, Booking.id == counted.c.allocation_id)
        .join(Site, Site.id == Booking.site_id).join(Resource, Resource.id == Booking.resource_id)
        .outerjoin(Startup, Startup.id == Booking.startup_id)
        .order_by(Booking.starts_at, Booking.id)
    )  # fmt: skip
