"""Allowances for pages: what a startup has left today, and the lines of the ledger."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.permissions import Action
from incubator.bookings.allowances import A_DAY, get_allowance, source_first, source_last, terms_of_allowance
from incubator.bookings.models import Booking
from incubator.core.clock import CHINA
from incubator.core.paging import PAGE_SIZE, Page
from incubator.core.periods import Month
from incubator.pricing.allowances import Grant, GrantKey, Terms
from incubator.pricing.models import Allowance, AllowanceEntry
from incubator.spaces.models import Resource, Site
from incubator.startups.models import Enrolment, Programme, Residency, Startup


class AllowanceRow(Struct, frozen=True):
    """An allowance with what a list shows of it: its startup, where it holds, and today's grant."""

    allowance: Allowance
    startup: Startup
    site: Site | None
    residency: Residency | None
    programme: Programme | None
    terms: Terms
    today: date
    used_minutes: int = 0
    """Of today's grant, or of the next where it begins later."""

    @property
    def state(self) -> str:
        """`coming`, `current` or `over` on the site's date."""
        if self.terms.until is not None and self.terms.until <= max(self.today, self.terms.first):
            return "over"
        return "coming" if self.today < self.terms.first else "current"

    @property
    def grant(self) -> Grant | None:
        """The grant that can be used today, else the first one; None: it is over."""
        if self.state == "over":
            return None
        return self.terms.grant_in(Month.of(max(self.today, self.terms.first)))

    @property
    def left_minutes(self) -> int:
        return self.grant.minutes - self.used_minutes if self.grant else 0

    @property
    def last_day(self) -> date | None:
        """Its last day by all that ends it; None: until further notice."""
        return None if self.terms.until is None else self.terms.until - A_DAY

    @property
    def grant_last_day(self) -> date | None:
        """The last day on which what is left can be used."""
        return self.grant.until - A_DAY if self.grant and self.grant.until else None


def get_allowance_row(session: Session, actor: Actor, allowance_id: int, *, now: datetime) -> AllowanceRow:
    """One allowance as a list shows it."""
    get_allowance(session, actor, allowance_id)
    return _rows(session, [Allowance.id == allowance_id], now, 1)[0]


def list_allowances(
    session: Session, actor: Actor, *, now: datetime, page: int = 1, startup_id: int | None = None, search: str = ""
) -> Page[AllowanceRow]:
    """A page of allowances by startup, those that are over last: all for staff, their own for a startup's people."""
    wanted: list[ColumnElement[bool]] = []
    if not actor.can(Action.SEE_PRICES):
        actor.require(Action.SEE_OWN_STARTUP)
        wanted.append(Allowance.startup_id.in_(actor.startup_ids))
    if startup_id is not None:
        wanted.append(Allowance.startup_id == startup_id)
    if search:
        columns = (Startup.code, Startup.name, Startup.name_en, Allowance.name)
        wanted.append(or_(*(column.icontains(search, autoescape=True) for column in columns)))
    total = session.execute(
        select(func.count()).select_from(Allowance).join(Startup, Startup.id == Allowance.startup_id).where(*wanted)
    ).scalar_one()
    page = min(page, Page([], 1, total).pages)
    return Page(_rows(session, wanted, now, page), page, total)


def _rows(session: Session, wanted: Sequence[ColumnElement[bool]], now: datetime, page: int) -> list[AllowanceRow]:
    is_over = or_(Allowance.ended_on < now.date(), func.upper(Allowance.valid) <= now.date())
    rows = session.execute(
        select(Allowance, Startup, Site, Residency, Programme, source_first(), source_last())
        .join(Startup, Startup.id == Allowance.startup_id)
        .outerjoin(Site, Site.id == Allowance.site_id)
        .outerjoin(Residency, Residency.id == Allowance.residency_id)
        .outerjoin(Enrolment, Enrolment.id == Allowance.enrolment_id)
        .outerjoin(Programme, Programme.id == Enrolment.programme_id)
        .where(*wanted)
        .order_by(func.coalesce(is_over, False), Startup.code, Allowance.id)
        .limit(PAGE_SIZE)
        .offset((page - 1) * PAGE_SIZE)
    ).all()
    found = []
    for allowance, startup, site, residency, programme, first, last in rows:
        today = now.astimezone(ZoneInfo(site.zone) if site else CHINA).date()
        terms = terms_of_allowance(allowance, first, last)
        found.append(AllowanceRow(allowance, startup, site, residency, programme, terms, today))
    used = used_minutes(session, [row.grant.key for row in found if row.grant])
    return [
        replace(row, used_minutes=used.get(row.grant.key, 0)) if row.grant else row
        for row in found
    ]


def used_minutes(session: Session, keys: Iterable[GrantKey]) -> dict[GrantKey, int]:
    """What of some grants is used, in one statement."""
    asked = list(keys)
    if not asked:
        return {}
    rows = session.execute(
        select(AllowanceEntry.allowance_id, AllowanceEntry.month, -func.sum(AllowanceEntry.minutes))
        .where(AllowanceEntry.allowance_id.in_({key[0] for key in asked}), AllowanceEntry.booking_id.is_not(None))
        .group_by(AllowanceEntry.allowance_id, AllowanceEntry.month)
    ).all()
    return {(allowance_id, month): int(minutes) for allowance_id, month, minutes in rows}


def list_startup_names(session: Session, actor: Actor) -> Sequence[Startup]:
    """All startups by name, for whoever gives one of them an allowance."""
    actor.require(Action.MANAGE_PRICES)
    return session.execute(select(Startup).order_by(Startup.name, Startup.id)).scalars().all()


class EntryRow(Struct, frozen=True):
    """A line of the ledger with the names of what it is about."""

    entry: AllowanceEntry
    allowance: Allowance
    booking: Booking | None
    resource: Resource | None
    site: Site | None


def list_entries(
    session: Session, *, page: int = 1, allowance_id: int | None = None, startup_ids: Collection[int] | None = None
) -> Page[EntryRow]:
    """A page of the ledger, the latest first; who calls has asked whether its reader may see it."""
    wanted: list[ColumnElement[bool]] = []
    if allowance_id is not None:
        wanted.append(AllowanceEntry.allowance_id == allowance_id)
    if startup_ids is not None:
        wanted.append(Allowance.startup_id.in_(startup_ids))
    total = session.execute(
        select(func.count())
        .select_from(AllowanceEntry)
        .join(Allowance, Allowance.id == AllowanceEntry.allowance_id)
        .where(*wanted)
    ).scalar_one()
    page = min(page, Page([], 1, total).pages)
    rows = session.execute(
        select(AllowanceEntry, Allowance, Booking, Resource, Site)
        .join(Allowance, Allowance.id == AllowanceEntry.allowance_id)
        .outerjoin(Booking, Booking.id == AllowanceEntry.booking_id)
        .outerjoin(Resource, Resource.id == Booking.resource_id)
        .outerjoin(Site, Site.id == Booking.site_id)
        .where(*wanted)
        .order_by(AllowanceEntry.id.desc())
        .limit(PAGE_SIZE)
        .offset((page - 1) * PAGE_SIZE)
    ).all()
    return Page([EntryRow(*row) for row in rows], page, total)
