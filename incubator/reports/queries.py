"""Reads for occupancy: one month of one site in a bounded number of statements, and the frozen reports."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import ColumnElement, Row, Select, and_, case, func, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.models import Operator, Person
from incubator.accounts.permissions import Action
from incubator.bookings.models import Booking
from incubator.core.errors import N_, NotFound
from incubator.core.periods import Interval, Month, merge
from incubator.database import plan_by_values
from incubator.reports.content import Content, OccupancyReport, list_rows, make_content
from incubator.reports.measuring.catalogue import OCCUPANCY, measures_of_subject
from incubator.reports.measuring.grounds import Grounds, load_grounds
from incubator.reports.measuring.occupancy_cube import answer_occupancy
from incubator.reports.measuring.question import Amount, Question
from incubator.reports.models import FrozenReport
from incubator.reports.occupancy import Measured, UnitFacts, Use, measure
from incubator.spaces.ledger_queries import overlapping
from incubator.spaces.models import KEPT, Allocation, Closure, Floor, Resource, Site, Unit
from incubator.spaces.queries import get_site
from incubator.spaces.rules import opening_intervals
from incubator.startups.models import Residency, Startup

KIND = "occupancy"


class SiteMonth(Struct, frozen=True):
    """What a site's month is measured on, beside the ledger."""

    site: Site
    month: Month
    operator: Mapping[str, Any]
    openings: list[Interval]
    units: Sequence[UnitFacts]
    floors: Mapping[int, str]
    """By unit."""
    grounds: Grounds
    own: Mapping[int, Sequence[Interval]]
    """When units with hours of their own are open; units with the same hours share them."""

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.site.zone)

    @property
    def within(self) -> Interval:
        return self.month.interval(self.zone)

    def totals(self, session: Session, actor: Actor, *measures: str) -> Mapping[str, Amount]:
        """What `ask` says of these measures, or of all, on the same grounds."""
        asked = measures or tuple(each.name for each in measures_of_subject(OCCUPANCY))
        question = replace(self.grounds.question, measures=asked)
        return answer_occupancy(session, actor, question, self.grounds).totals

    def content(self, measured: Measured, totals: Mapping[str, Amount], rows: Sequence[Content] | None) -> Content:
        """The report as data; without `rows` as its page reads it."""
        site = self.site
        return make_content(
            operator=self.operator,
            site={"id": site.id, "code": site.code, "name": site.name, "name_en": site.name_en, "zone": site.zone,
                  "calendar": site.calendar, "address": site.address},
            month=self.month, openings=self.openings, measured=measured, totals=totals, floors=self.floors, rows=rows,
        )  # fmt: skip


def load_month(session: Session, actor: Actor, site_id: int, month: Month) -> SiteMonth:
    """The site with its units and hours, in a bounded number of statements. NotFound where it is another's."""
    actor.require(Action.SEE_REPORTS)
    plan_by_values(session)
    site = get_site(session, actor, site_id)
    operator = session.execute(select(Operator.name, Operator.name_en)).one()
    grounds = load_grounds(session, Question(("area",), month.first, month.last, site_ids=(site_id,)))
    facts = session.execute(
        select(Unit.id, Unit.code, Unit.kind, Unit.purpose, Unit.area_m2, Unit.in_service, Floor.name)
        .join(Floor, Floor.id == Unit.floor_id)
        .where(Unit.site_id == site_id)
    ).all()
    times = {hours: merge(grounds.openings(hours)) for hours in {unit.hours for unit in grounds.units} if hours[1]}
    return SiteMonth(
        site, month, {"name": operator.name, "name_en": operator.name_en},
        opening_intervals(grounds.calendars[site_id], month.first, month.last),
        [UnitFacts(row.id, row.code, row.kind, row.purpose, row.area_m2, row.in_service.lower, row.in_service.upper)
         for row in facts],
        {row.id: row.name for row in facts},
        grounds,
        {unit.id: times[unit.hours] for unit in grounds.units if unit.hours in times},
    )  # fmt: skip


def measure_occupancy(session: Session, actor: Actor, site_id: int, month: Month) -> OccupancyReport:
    """The site's figures of the month as the ledger stands now, with every row behind them: what is frozen.

    The figures are the database's (`reports/measuring`); the rows are those that they are the sums of. At most 32
    statements, however many units, residencies and bookings there are. Its page reads `overview` instead.
    """
    found = load_month(session, actor, site_id, month)
    rows = session.execute(uses_of(site_id, found.within)).all()
    measured = measure(month, found.zone, found.units, [use_of(row) for row in rows], found.openings, found.own)
    holders = {row.id: row for row in rows}
    in_order = (row for line in measured.lines for row in line.rows)
    listed = list_rows(in_order, holders, found.zone)
    return OccupancyReport(found.content(measured, found.totals(session, actor), listed))


def uses_of(site_id: int, within: Interval, *only: ColumnElement[bool]) -> Select[Any]:
    """The allocations that overlap the month, live and voided, each with who stands behind it."""
    found = _allocations(site_id, within, *only).subquery()
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


def _allocations(site_id: int, within: Interval, *only: ColumnElement[bool]) -> Select[Any]:
    return select(
        Allocation.id, Allocation.unit_id, Allocation.holder_kind, Allocation.holder_id,
        func.lower(Allocation.period).label("start"), func.upper(Allocation.period).label("end"),
        Allocation.voided_at, Allocation.void_reason,
    ).where(
        Allocation.site_id == site_id,
        overlapping(within.start, within.end),
        Allocation.holder_kind.not_in(KEPT),  # kept free: nobody's use, and nothing left out
        *only,
    )  # fmt: skip


def use_of(row: Row[Any]) -> Use:
    return Use(row.id, row.unit_id, row.holder_kind, row.start, row.end, row.voided_at is not None)


class Frozen(Struct, frozen=True):
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
