"""The day of an operator: who is where, who comes, what is overdue."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from msgspec import Struct
from sqlalchemy import ColumnElement, and_, any_, exists, false, func, or_, select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.models import Person
from incubator.accounts.permissions import Action
from incubator.billing.models import Invoice
from incubator.billing.queries.dunning.lists import count_access_tasks
from incubator.bookings.models import Booking
from incubator.bookings.queries import AWAITS, CHARGED_MINOR, IS_CHARGED
from incubator.core.paging import PAGE_SIZE, Page
from incubator.database import id_array
from incubator.jobs.models import JobRun
from incubator.mentors.queries.needs import count_without_session
from incubator.pricing.models import Tariff
from incubator.reports.models import FrozenReport
from incubator.spaces.ledger_queries import holding_at, overlapping
from incubator.spaces.models import KEPT, Allocation, Resource, Site, Unit
from incubator.spaces.queries import PLACES
from incubator.startups.models import Residency, ResidencyPrice, Startup
from incubator.startups.queries import count_near_limits
from incubator.startups.queries.requests import count_requests
from incubator.startups.queries.residencies import has_price_on
from incubator.startups.queries.startups import local_today
from incubator.web.today import SitePlace, Steps, UnitNow, ZoneDay, arriving_until, ending_until, is_due

LIVE = and_(Allocation.voided_at.is_(None), Allocation.holder_kind.not_in(KEPT))
"""Held by somebody: a room that is kept free between two bookings is not."""


def list_site_places(session: Session, actor: Actor) -> list[SitePlace]:
    """The operator's sites by code."""
    actor.require(Action.SEE_HOME)
    rows = session.execute(
        select(Site.id, Site.code, Site.name, Site.name_en, Site.zone, Site.created_at).order_by(Site.code)
    )
    return [SitePlace(*row) for row in rows]


def get_steps(session: Session, actor: Actor) -> Steps:
    """Which first steps the operator has taken, in one statement."""
    actor.require(Action.SEE_DASHBOARD)
    there = [exists(select(1).select_from(table)) for table in (Site, Unit, Resource, Tariff, Startup, Booking)]
    others = exists(select(1).where(Person.left_at.is_(None), Person.id != (actor.person_id or 0)))
    found: Sequence[bool] = session.execute(select(*there, others)).one()
    return Steps(*found)


def list_units_now(session: Session, actor: Actor, days: Sequence[ZoneDay], now: datetime) -> list[UnitNow]:
    """The units in service today with whoever holds each at `now`, by site and code."""
    actor.require(Action.SEE_DASHBOARD)
    rows = session.execute(
        select(Unit.id, Unit.site_id, Unit.code, Unit.kind, Unit.purpose, Unit.area_m2, Allocation.holder_kind)
        .outerjoin(Allocation, held_at(days, now))
        .where(PLACES, where_it_is(Unit.site_id, days, lambda day: Unit.in_service.contains(day.today)))
        .order_by(Unit.site_id, Unit.code)
    )
    return [UnitNow(*row) for row in rows]


class BookingToday(Struct, frozen=True):
    """A booking of today, with its names. `startup_id` None: the operator's own use."""

    id: int
    start: datetime
    end: datetime
    title: str
    site: Any
    resource: Any
    startup_id: int | None
    startup: Any
    awaiting: bool = False
    """Whether it waits for approval."""


def count_bookings_today(session: Session, actor: Actor, days: Sequence[ZoneDay]) -> int:
    """How many bookings touch the local day of their site, cancelled ones aside."""
    actor.require(Action.SEE_ALL_BOOKINGS)
    return session.execute(select(func.count()).select_from(Booking).where(_today(days))).scalar_one()


def list_bookings_today(
    session: Session, actor: Actor, days: Sequence[ZoneDay], *, after: datetime | None = None, limit: int = PAGE_SIZE,
    offset: int = 0,
) -> list[BookingToday]:  # fmt: skip
    """The day's bookings from the earliest; with `after` those that are not over by then."""
    actor.require(Action.SEE_ALL_BOOKINGS)
    wanted = _today(days) if after is None else and_(_today(days), overlapping(after, None, Booking))
    return find_bookings(session, wanted, limit=limit, offset=offset)


def find_bookings(session: Session, wanted: ColumnElement[bool], *, limit: int, offset: int = 0) -> list[BookingToday]:
    """The bookings that fit, from the earliest; for reads that have asked for permission."""
    rows = session.execute(
        select(Booking, Resource, Startup, Site)
        .join(Resource, Resource.id == Booking.resource_id)
        .join(Site, Site.id == Booking.site_id)
        .outerjoin(Startup, Startup.id == Booking.startup_id)
        .where(wanted)
        .order_by(Booking.starts_at, Booking.id)
        .limit(limit)
        .offset(offset)
    )
    return [
        BookingToday(booking.id, booking.start, booking.end, booking.title, site, resource, booking.startup_id, startup,
                     booking.is_awaiting)
        for booking, resource, startup, site in rows
    ]  # fmt: skip


def page_of_bookings_today(session: Session, actor: Actor, days: Sequence[ZoneDay], number: int) -> Page[BookingToday]:
    """A page of the day's bookings; two statements."""
    total = count_bookings_today(session, actor, days)
    return Page(list_bookings_today(session, actor, days, offset=(number - 1) * PAGE_SIZE), number, total)


class ResidencyRow(Struct, frozen=True):
    """A residency with its names; `units` are the codes it was agreed for."""

    id: int
    number: str
    starts_on: date
    ends_on: date | None
    startup: Any
    site: Any
    units: str


def arriving(days: Sequence[ZoneDay]) -> ColumnElement[bool]:
    """Residencies that start today or within the coming week."""
    return where_it_is(
        Residency.site_id, days, lambda day: Residency.starts_on.between(day.today, arriving_until(day.today))
    )


def arriving_today(days: Sequence[ZoneDay]) -> ColumnElement[bool]:
    return where_it_is(Residency.site_id, days, lambda day: Residency.starts_on == day.today)


def ending(days: Sequence[ZoneDay]) -> ColumnElement[bool]:
    """Residencies whose last day is today or within 30 days."""
    return where_it_is(
        Residency.site_id,
        days,
        lambda day: and_(Residency.ends_on >= day.today, Residency.ends_on <= ending_until(day.today)),
    )


def overstaying(days: Sequence[ZoneDay], now: datetime) -> ColumnElement[bool]:
    """Residencies that are over and whose units the ledger still shows as held."""
    held = exists(
        select(1).where(
            Allocation.holder_kind == "residency", Allocation.holder_id == Residency.id, LIVE,
            or_(func.upper_inf(Allocation.period), func.upper(Allocation.period) > now),
        )
    )  # fmt: skip
    return and_(where_it_is(Residency.site_id, days, lambda day: Residency.ends_on < day.today), held)


def count_residencies(session: Session, actor: Actor, *wanted: ColumnElement[bool]) -> list[int]:
    """How many residencies meet each of the conditions, in one statement."""
    actor.require(Action.SEE_STARTUPS)
    counts = [func.count().filter(condition) for condition in wanted]
    return list(session.execute(select(*counts).select_from(Residency)).one())


def list_residencies(
    session: Session, actor: Actor, wanted: ColumnElement[bool], *, now: datetime, by: Any = Residency.starts_on,
    total: int, page: int = 1, size: int = PAGE_SIZE,
) -> Page[ResidencyRow]:  # fmt: skip
    """A page of the `total` residencies that meet `wanted`, in the order of the date `by`."""
    actor.require(Action.SEE_STARTUPS)
    rows = session.execute(
        select(Residency, Startup, Site, unit_codes(now))
        .join(Startup, Startup.id == Residency.startup_id)
        .join(Site, Site.id == Residency.site_id)
        .where(wanted)
        .order_by(by, Residency.id)
        .limit(size)
        .offset((page - 1) * size)
    )
    found = [
        ResidencyRow(row.id, row.number, row.starts_on, row.ends_on, startup, site, codes)
        for row, startup, site, codes in rows
    ]
    return Page(found, page, total, size)


def page_of_residencies(
    session: Session, actor: Actor, what: str, days: Sequence[ZoneDay], now: datetime, number: int
) -> Page[ResidencyRow]:
    """A page of the residencies that the figure `arrivals`, `ending` or `overstaying` counts; two statements."""
    wanted = {"arrivals": arriving(days), "ending": ending(days), "overstaying": overstaying(days, now)}[what]
    (total,) = count_residencies(session, actor, wanted)
    by = Residency.starts_on if what == "arrivals" else Residency.ends_on
    return list_residencies(session, actor, wanted, now=now, by=by, total=total, page=number)


def unit_codes(now: datetime) -> ColumnElement[str]:
    """The codes of a residency's units as one text, `D1, D2`: today's, its first ones before it begins."""
    codes = (
        select(Unit.code)
        .join(ResidencyPrice, ResidencyPrice.unit_id == Unit.id)
        .where(ResidencyPrice.residency_id == Residency.id, has_price_on(local_today(now)))
        .distinct()
        .order_by(Unit.code)
        .correlate(Residency, Site)
        .scalar_subquery()
    )
    return func.array_to_string(func.array(codes), ", ")


class Overdue(Struct, frozen=True):
    """What should have been done by now; `unposted` and `unfrozen` are site ids, of the month before this one."""

    ending: int = 0
    overstaying: int = 0
    failed_jobs: int = 0
    unposted: tuple[int, ...] = ()
    unfrozen: tuple[int, ...] = ()
    awaiting: int = 0
    """Bookings that wait for approval."""
    requests: int = 0
    """Of startups that should have been answered or resolved by now."""

    limits: int = 0
    """Startups in residence that are past a limit of incubation, or near it."""
    needs: int = 0
    """Of startups for which nobody has met a mentor, nor is to."""
    access: int = 0
    """Startups whose access is to be limited or given back."""

    @property
    def total(self) -> int:
        counted = self.awaiting + self.requests + self.ending + self.overstaying + self.failed_jobs + self.limits
        counted += self.needs + self.access
        return counted + len(self.unposted) + len(self.unfrozen)


def count_awaiting(session: Session, actor: Actor, days: Sequence[ZoneDay]) -> int:
    """How many bookings wait for approval at the sites."""
    actor.require(Action.BOOK_FOR_OTHERS)
    sites = [site_id for day in days for site_id in day.site_ids]
    wanted = and_(AWAITS, Booking.site_id.in_(sites))
    return session.execute(select(func.count()).select_from(Booking).where(wanted)).scalar_one()


def count_failed_jobs(session: Session, actor: Actor) -> int:
    actor.require(Action.SEE_JOBS)
    return session.execute(select(func.count()).select_from(JobRun).where(JobRun.state == "failed")).scalar_one()


def list_unposted(session: Session, actor: Actor, days: Sequence[ZoneDay]) -> tuple[int, ...]:
    """The sites that had something to charge in the month before this one and have no invoice of it."""
    actor.require(Action.SEE_BILLING)
    agreed = where_it_is(
        Residency.site_id,
        days,
        lambda day: and_(
            Residency.starts_on <= day.last_month.last,
            or_(Residency.ends_on.is_(None), Residency.ends_on >= day.last_month.first),
        ),
    )
    used = where_it_is(Booking.site_id, days, _starts_last_month)
    posted = where_it_is(Invoice.site_id, days, lambda day: Invoice.month == day.last_month.first)
    rows = session.execute(
        select(Site.id)
        .where(
            or_(
                exists(select(1).where(Residency.site_id == Site.id, agreed)),
                exists(
                    select(1).where(
                        Booking.site_id == Site.id, used, IS_CHARGED, CHARGED_MINOR > 0
                    )
                ),
            ),
            ~exists(select(1).where(Invoice.site_id == Site.id, posted)),
        )
        .order_by(Site.code)
    )
    return tuple(rows.scalars())


def list_unfrozen(
    session: Session, actor: Actor, sites: Sequence[SitePlace], days: Sequence[ZoneDay]
) -> tuple[int, ...]:
    """The sites whose occupancy report of the month before this one is not frozen yet."""
    actor.require(Action.SEE_REPORTS)
    month_of = {site_id: day.last_month for day in days for site_id in day.site_ids}
    expected = [site.id for site in sites if site.id in month_of and is_due(site, month_of[site.id])]
    frozen = set(
        session.execute(
            select(FrozenReport.site_id).where(
                FrozenReport.kind == "occupancy",
                where_it_is(FrozenReport.site_id, days, lambda day: FrozenReport.month == day.last_month.first),
            )
        ).scalars()
    )
    return tuple(site_id for site_id in expected if site_id not in frozen)


def get_overdue(
    session: Session, actor: Actor, sites: Sequence[SitePlace], days: Sequence[ZoneDay], now: datetime
) -> Overdue:
    """All that is overdue, of what the actor may see; at most nine statements."""
    leaving, staying = (
        count_residencies(session, actor, ending(days), overstaying(days, now))
        if actor.can(Action.SEE_STARTUPS)
        else (0, 0)
    )
    return Overdue(
        awaiting=count_awaiting(session, actor, days) if actor.can(Action.BOOK_FOR_OTHERS) else 0,
        requests=count_requests(session, actor, now=now)["late"] if actor.can(Action.HANDLE_REQUESTS) else 0,
        ending=leaving,
        overstaying=staying,
        limits=count_near_limits(session, actor, days[0].today) if days and actor.can(Action.SEE_STARTUPS) else 0,
        needs=count_without_session(session, actor) if actor.can(Action.MANAGE_MENTORS) else 0,
        access=count_access_tasks(session) if actor.can(Action.HANDLE_REQUESTS) else 0,
        failed_jobs=count_failed_jobs(session, actor) if actor.can(Action.SEE_JOBS) else 0,
        unposted=list_unposted(session, actor, days) if actor.can(Action.SEE_BILLING) else (),
        unfrozen=list_unfrozen(session, actor, sites, days) if actor.can(Action.SEE_REPORTS) else (),
    )


def _today(days: Sequence[ZoneDay]) -> ColumnElement[bool]:
    touches = where_it_is(Booking.site_id, days, lambda day: overlapping(day.day.start, day.day.end, Booking))
    return and_(Booking.cancelled_at.is_(None), touches)


def held_at(days: Sequence[ZoneDay], at: datetime) -> ColumnElement[bool]:
    """Of a unit of the sites: whoever holds it at an instant."""
    site_ids = id_array({each for day in days for each in day.site_ids})
    return and_(Allocation.unit_id == Unit.id, Allocation.site_id == any_(site_ids), LIVE, holding_at(at))


def where_it_is(
    site_id: Any, days: Sequence[ZoneDay], condition: Callable[[ZoneDay], ColumnElement[bool]]
) -> ColumnElement[bool]:
    """`condition` of each site's own day; nothing where there is no site."""
    return or_(false(), *(and_(site_id.in_(day.site_ids), condition(day)) for day in days))


def _starts_last_month(day: ZoneDay) -> ColumnElement[bool]:
    month = day.last_month.interval(ZoneInfo(day.zone))
    return and_(Booking.starts_at >= month.start, Booking.starts_at < month.end)
