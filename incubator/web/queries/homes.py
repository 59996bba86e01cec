"""What each kind of reader finds on their home page, gathered; nothing is decided here."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

from msgspec import Struct, field
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.permissions import Action
from incubator.bookings.allowance_lists import AllowanceRow, list_allowances
from incubator.claims.queries.lists import NextDue, list_next_due
from incubator.core.clock import CHINA
from incubator.core.errors import N_, NotFound
from incubator.core.paging import Page
from incubator.mentors.models import Mentor
from incubator.mentors.queries.figures import counts, list_held
from incubator.mentors.queries.mentorships import MentorshipRow, list_mentorships_of
from incubator.mentors.queries.needs import NeedRow, list_first_needs
from incubator.mentors.queries.profiles import my_mentor
from incubator.mentors.queries.sessions import MeetingRow, list_sessions
from incubator.mentors.queries.settings import get_settings
from incubator.startups.models import Startup
from incubator.startups.queries.announcements import AnnouncementRow, list_announcements
from incubator.web.queries import today as reads
from incubator.web.queries.due import Due, list_due
from incubator.web.queries.months import MonthOfSites, list_months
from incubator.web.queries.own import (
    OwnInvoice,
    list_mentors,
    list_own_bookings,
    list_own_invoices,
    list_own_parts,
    list_own_residencies,
    list_own_startups,
)
from incubator.web.queries.today import BookingToday, Overdue, ResidencyRow
from incubator.web.today import (
    OccupancyNow,
    SitePlace,
    Steps,
    UnitNow,
    ZoneDay,
    days_by_zone,
    falling_due,
    occupancy_now,
)

NEXT_SHOWN = 6
NEWS_SHOWN = 3
NEEDS_SHOWN = 3
CLAIMS_SHOWN = 3


class SiteNow(Struct, frozen=True):
    """One site's units and figures at this moment."""

    site: SitePlace
    units: Sequence[UnitNow]
    occupancy: OccupancyNow


class Day(Struct, frozen=True):
    """The sites looked at, and which day it is there."""

    sites: Sequence[SitePlace]
    chosen: SitePlace | None
    days: Sequence[ZoneDay]
    now: datetime

    @property
    def shown(self) -> Sequence[SitePlace]:
        return [self.chosen] if self.chosen else self.sites

    @property
    def today(self) -> date:
        """The date over the page; with sites in several zones, that of the first."""
        return self.days[0].today if self.days else self.now.astimezone(CHINA).date()


class House(Struct, frozen=True):
    """The day of the operator, for those who run it."""

    day: Day
    steps: Steps
    occupancy: OccupancyNow
    places: Sequence[SiteNow]
    bookings: int
    next: Sequence[BookingToday]
    arrivals_today: int
    arrivals: Page[ResidencyRow]
    overdue: Overdue
    claims: Sequence[NextDue] = ()
    """The next deadlines of claims, for who may see them."""


class Books(Struct, frozen=True):
    """The closed months, for those who account for them."""

    day: Day
    months: Sequence[MonthOfSites]
    overdue: Overdue
    claims: Sequence[NextDue] = ()


class Own(Struct, frozen=True):
    """A startup's own affairs."""

    today: date
    startups: Sequence[Startup]
    residencies: Sequence[ResidencyRow]
    bookings: Sequence[BookingToday]
    invoices: Sequence[OwnInvoice] = field(default_factory=list)
    due: tuple[date, int] | None = None
    dues: Sequence[Due] = field(default_factory=list)
    allowances: Sequence[AllowanceRow] = field(default_factory=list)
    mentors: Sequence[tuple[int, str]] = ()
    mentorships: Sequence[MentorshipRow] = ()
    """Who mentors the startup now or soon."""
    needs: Sequence[NeedRow] = ()
    """What it wants help with; none for who can't say so."""


class Mentoring(Struct, frozen=True):
    """A mentor's own affairs; `mentor` None: nobody has made their profile yet."""

    today: date
    mentor: Mentor | None
    dues: Sequence[Due]
    next: Sequence[MeetingRow]
    minutes: int
    sessions: int
    least: int
    """Sessions that each mentor is to hold in a year."""


def choose_day(session: Session, actor: Actor, now: datetime, site_id: int | None) -> Day:
    """All sites, or the one asked for; NotFound where the operator has no such site."""
    sites = reads.list_site_places(session, actor)
    chosen = next((site for site in sites if site.id == site_id), None)
    if site_id is not None and chosen is None:
        raise NotFound(N_("There is no such site."))
    return Day(sites, chosen, days_by_zone([chosen] if chosen else sites, now), now)


def get_house(session: Session, actor: Actor, now: datetime, site_id: int | None) -> House:
    """The dashboard of the day."""
    day = choose_day(session, actor, now, site_id)
    units = reads.list_units_now(session, actor, day.days, now)
    today, week = reads.count_residencies(session, actor, reads.arriving_today(day.days), reads.arriving(day.days))
    arrivals = reads.list_residencies(session, actor, reads.arriving(day.days), now=now, size=NEXT_SHOWN, total=week)
    return House(
        day=day,
        steps=reads.get_steps(session, actor),
        occupancy=occupancy_now(units),
        places=[_site_now(site, units) for site in day.shown],
        bookings=reads.count_bookings_today(session, actor, day.days),
        next=reads.list_bookings_today(session, actor, day.days, after=now, limit=NEXT_SHOWN),
        arrivals_today=today,
        arrivals=arrivals,
        overdue=reads.get_overdue(session, actor, day.shown, day.days, now),
        claims=_claims_due(session, actor, now),
    )


def get_books(session: Session, actor: Actor, now: datetime) -> Books:
    """The last closed months, and what is overdue in them."""
    day = choose_day(session, actor, now, None)
    return Books(
        day, list_months(session, actor, day.sites, day.days),
        reads.get_overdue(session, actor, day.sites, day.days, now), _claims_due(session, actor, now),
    )  # fmt: skip


def get_own(session: Session, actor: Actor, now: datetime) -> Own:
    """A founder's or a member's own startup; invoices for those who may see them."""
    residencies = list_own_residencies(session, actor, now)
    zone = residencies[0].site.zone if residencies else "Asia/Shanghai"
    today = now.astimezone(ZoneInfo(zone)).date()
    invoices = list_own_invoices(session, actor) if actor.can(Action.SEE_OWN_INVOICES) else []
    return Own(
        today=today,
        startups=list_own_startups(session, actor),
        residencies=residencies,
        bookings=list_own_bookings(session, actor, now),
        invoices=invoices,
        due=falling_due(list_own_parts(session, actor) if invoices else (), today),
        dues=list_due(session, actor, now),
        allowances=[each for each in list_allowances(session, actor, now=now).rows if each.state == "current"][:3],
        mentors=list_mentors(session, actor),
        needs=list_first_needs(session, actor, NEEDS_SHOWN) if actor.can(Action.SEEK_MENTORS) else (),
        mentorships=list_mentorships_of(session, actor, today=today, startup_ids=actor.startup_ids),
    )


def get_mentoring(session: Session, actor: Actor, now: datetime) -> Mentoring:
    """A mentor's own: what waits for them, whom they meet next, what they have given this year."""
    actor.require(Action.MENTOR)
    mentor, today = my_mentor(session, actor), now.astimezone(CHINA).date()
    held = [] if mentor is None else list_held(session, counts(date(today.year, 1, 1), today, mentor_id=mentor.id))
    return Mentoring(
        today, mentor, list_due(session, actor, now), list_sessions(session, actor, now=now).rows[:NEXT_SHOWN],
        sum(each.minutes for each in held), len(held), get_settings(session).sessions_a_year,
    )  # fmt: skip


def get_news(session: Session, actor: Actor, now: datetime) -> Page[AnnouncementRow]:
    """The announcements for the reader's home page, whichever that is; two statements."""
    return list_announcements(session, actor, now=now, size=NEWS_SHOWN)


def _claims_due(session: Session, actor: Actor, now: datetime) -> Sequence[NextDue]:
    today = now.astimezone(CHINA).date()
    return list_next_due(session, actor, today, CLAIMS_SHOWN) if actor.can(Action.SEE_CLAIMS) else ()


def _site_now(site: SitePlace, units: Sequence[UnitNow]) -> SiteNow:
    here = [unit for unit in units if unit.site_id == site.id]
    return SiteNow(site, here, occupancy_now(here))
