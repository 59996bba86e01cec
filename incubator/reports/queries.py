"""Reads for occupancy: one month of one site in a bounded number of statements, and the frozen reports."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Row, Select, and_, case, func, select, union_all
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.models import Operator, Person
from incubator.accounts.permissions import Action
from incubator.bookings.models import Booking
from incubator.core.errors import N_, NotFound
from incubator.core.periods import Interval, Month
from incubator.reports.content import Holder, OccupancyReport, make_content
from incubator.reports.measuring.asking import ask
from incubator.reports.measuring.catalogue import OCCUPANCY, measures_of_subject
from incubator.reports.measuring.grounds import load_grounds
from incubator.reports.measuring.question import Question
from incubator.reports.models import FrozenReport
from incubator.reports.occupancy import UnitFacts, Use, measure
from incubator.spaces.models import KEPT, Allocation, Closure, Floor, Resource, Unit
from incubator.spaces.queries import get_site, get_site_calendar
from incubator.spaces.rules import opening_intervals
from incubator.startups.models import Residency, Startup

KIND = "occupancy"


def measure_occupancy(session: Session, actor: Actor, site_id: int, month: Month) -> OccupancyReport:
    """The site's figures of the month as the ledger stands now, with every row behind them.

    The figures are the database's (`reports/measuring`); the rows are those that they are the sums of. At most 32
    statements, however many units, residencies and bookings there are.
    """
    actor.require(Action.SEE_REPORTS)
    site = get_site(session, actor, site_id)
    zone = ZoneInfo(site.zone)
    openings = opening_intervals(get_site_calendar(session, site), month.first, month.last)
    operator = session.execute(select(Operator.name, Operator.name_en)).one()
    units = session.execute(
        select(Unit, Floor.name).join(Floor, Floor.id == Unit.floor_id).where(Unit.site_id == site_id)
    ).all()
    rows = session.execute(_uses(site_id, month.interval(zone))).all()
    question = Question(tuple(each.name for each in measures_of_subject(OCCUPANCY)), month.first, month.last,
                        site_ids=(site_id,))  # fmt: skip
    grounds = load_grounds(session, question)
    own = {unit.id: grounds.openings(unit.hours) for unit in grounds.units if unit.hours[1]}
    measured = measure(month, zone, [_facts(unit) for unit, _ in units], [_use(row) for row in rows], openings, own)
    content = make_content(
        operator={"name": operator.name, "name_en": operator.name_en},
        site={"id": site.id, "code": site.code, "name": site.name, "name_en": site.name_en, "zone": site.zone,
              "calendar": site.calendar, "address": site.address},
        month=month,
        openings=openings,
        measured=measured,
        totals=ask(session, actor, question).totals,
        floors={unit.id: floor for unit, floor in units},
        holders={row.id: _holder(row) for row in rows},
        holder_ids={row.id: row.holder_id for row in rows},
    )  # fmt: skip
    return OccupancyReport(content)


def _uses(site_id: int, within: Interval) -> Select[Any]:
    """The allocations that overlap the month, live and voided, each with who stands behind it.

    Two arms, because the period's index holds the live ones only.
    """
    arms = [_allocations(site_id, within, where)
            for where in (Allocation.voided_at.is_(None), Allocation.voided_at.is_not(None))]  # fmt: skip
    found = union_all(*arms).subquery()
    of = found.c
    label = case(
        (of.holder_kind == "residency", Residency.number),
        (of.holder_kind == "booking", Resource.name),
        else_=Closure.reason,
    )
    return (
        select(
            found, label.label("label"), Resource.name_en.label("label_en"), Startup.id.label("startup_id"),
            Startup.code, Startup.name, Startup.name_en, Startup.kind.label("startup_kind"),
        )
        .outerjoin(Residency, and_(of.holder_kind == "residency", Residency.id == of.holder_id))
        .outerjoin(Booking, and_(of.holder_kind == "booking", Booking.id == of.holder_id))
        .outerjoin(Resource, Resource.id == Booking.resource_id)
        .outerjoin(Closure, and_(of.holder_kind == "closure", Closure.id == of.holder_id))
        .outerjoin(Startup, Startup.id == func.coalesce(Residency.startup_id, Booking.startup_id))
    )  # fmt: skip


def _allocations(site_id: int, within: Interval, where: ColumnElement[bool]) -> Select[Any]:
    return select(
        Allocation.id, Allocation.unit_id, Allocation.holder_kind, Allocation.holder_id,
        func.lower(Allocation.period).label("start"), func.upper(Allocation.period).label("end"),
        Allocation.voided_at, Allocation.void_reason,
    ).where(
        Allocation.site_id == site_id,
        Allocation.period.op("&&")(func.tstzrange(within.start, within.end)),
        Allocation.holder_kind.not_in(KEPT),  # kept free: nobody's use, and nothing left out
        where,
    )  # fmt: skip


def _facts(unit: Unit) -> UnitFacts:
    dates = unit.in_service
    return UnitFacts(unit.id, unit.code, unit.kind, unit.purpose, unit.area_m2, dates.lower, dates.upper)


def _use(row: Row[Any]) -> Use:
    return Use(row.id, row.unit_id, row.holder_kind, row.start, row.end, row.voided_at is not None)


def _holder(row: Row[Any]) -> Holder:
    startup = None
    if row.startup_id is not None:
        startup = {"id": row.startup_id, "code": row.code, "name": row.name, "name_en": row.name_en,
                   "kind": row.startup_kind}  # fmt: skip
    return Holder(row.label or "", row.label_en or "", startup, row.void_reason or "")


@dataclass(frozen=True, slots=True)
class Frozen:
    """A frozen version without its content, for lists: the figures are the content's, taken by the database."""

    id: int
    site_id: int
    month: date
    version: int
    sha256: bytes
    reason: str
    frozen_at: datetime
    frozen_by: str | None
    """The person's name; None: the scheduled job."""
    figures: list[dict[str, Any]]


def frozen_rows(kind: str) -> Select[Any]:
    """The frozen versions of a kind of report, without their content."""
    report = FrozenReport
    return (
        select(report.id, report.site_id, report.month, report.version, report.sha256, report.reason,
               report.frozen_at, Person.name, report.figures)
        .outerjoin(Person, Person.id == report.frozen_by)
        .where(report.kind == kind)
    )  # fmt: skip


def list_versions(session: Session, actor: Actor, site_id: int, month: Month) -> list[Frozen]:
    """The frozen versions of one month, oldest first."""
    actor.require(Action.SEE_REPORTS)
    query = frozen_rows(KIND).where(FrozenReport.site_id == site_id, FrozenReport.month == month.first)
    return [Frozen(*row) for row in session.execute(query.order_by(FrozenReport.version))]


def list_latest(session: Session, actor: Actor, first: Month, last: Month) -> dict[tuple[int, Month], Frozen]:
    """The newest frozen version of each site and month from `first` to `last`."""
    actor.require(Action.SEE_REPORTS)
    query = (
        frozen_rows(KIND)
        .where(FrozenReport.month.between(first.first, last.first))
        .ext(distinct_on(FrozenReport.site_id, FrozenReport.month))
        .order_by(FrozenReport.site_id, FrozenReport.month, FrozenReport.version.desc())
    )
    return {(row.site_id, Month.of(row.month)): row for row in (Frozen(*found) for found in session.execute(query))}


def get_frozen(session: Session, actor: Actor, site_id: int, month: Month, version: int | None) -> FrozenReport:
    """One frozen version with its content, the newest where none is named; NotFound where there is none."""
    actor.require(Action.SEE_REPORTS)
    query = select(FrozenReport).where(
        FrozenReport.kind == KIND, FrozenReport.site_id == site_id, FrozenReport.month == month.first
    )
    if version is not None:
        query = query.where(FrozenReport.version == version)
    found: Sequence[FrozenReport] = (
        session.execute(query.order_by(FrozenReport.version.desc()).limit(1)).scalars().all()
    )
    if not found:
        raise NotFound(N_("This month has no such frozen report."))
    return found[0]
