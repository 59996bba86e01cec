"""What a startup's people see of themselves on their home page."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from msgspec import Struct
from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.models import Person
from incubator.accounts.permissions import Action
from incubator.billing.models import Charge, Invoice, InvoiceLine, OpenItem
from incubator.billing.queries.instalments import open_parts
from incubator.billing.rules.invoicing import ADJUSTMENT, invoice_number
from incubator.bookings.models import Booking
from incubator.mentors.models import Mentor
from incubator.mentors.queries.profiles import SEEN
from incubator.spaces.ledger_queries import overlapping
from incubator.spaces.models import Site
from incubator.startups.models import Residency, Startup
from incubator.subsidies.models import Decision, Scheme, SchemeVersion
from incubator.web.queries.today import BookingToday, ResidencyRow, find_bookings, unit_codes

BOOKINGS_SHOWN = 5
INVOICES_SHOWN = 3
MENTORS_SHOWN = 8


def list_own_startups(session: Session, actor: Actor) -> list[Startup]:
    """The startups whose founder or member the actor is."""
    actor.require(Action.SEE_OWN_STARTUP)
    return list(
        session.execute(select(Startup).where(Startup.id.in_(actor.startup_ids)).order_by(Startup.code)).scalars()
    )


def list_own_residencies(session: Session, actor: Actor, now: datetime) -> list[ResidencyRow]:
    """The agreements that run or are to come, the earliest first."""
    actor.require(Action.SEE_OWN_STARTUP)
    # a day of grace stands for the time zones; the page shows the dates
    yesterday = (now - timedelta(days=1)).date()
    rows = session.execute(
        select(Residency, Startup, Site, unit_codes(now))
        .join(Startup, Startup.id == Residency.startup_id)
        .join(Site, Site.id == Residency.site_id)
        .where(
            Residency.startup_id.in_(actor.startup_ids),
            or_(Residency.ends_on.is_(None), Residency.ends_on >= yesterday),
        )
        .order_by(Residency.starts_on, Residency.id)
    )
    return [
        ResidencyRow(row.id, row.number, row.starts_on, row.ends_on, startup, site, codes)
        for row, startup, site, codes in rows
    ]


def list_mentors(session: Session, actor: Actor) -> list[tuple[int, str]]:
    """Mentors whom startups see and who are not paused, with their names, the oldest first; alumni ask nobody."""
    actor.require(Action.SEE_OWN_STARTUP)
    if not actor.can(Action.SEEK_MENTORS):
        return []
    rows = session.execute(
        select(Mentor.id, Person.name)
        .join(Person, Person.id == Mentor.person_id)
        .where(SEEN, Mentor.paused_at.is_(None))
        .order_by(Mentor.number)
        .limit(MENTORS_SHOWN)
    ).all()
    return [(mentor_id, name) for mentor_id, name in rows]


def list_own_bookings(session: Session, actor: Actor, now: datetime) -> list[BookingToday]:
    """The next bookings that are not over yet."""
    actor.require(Action.SEE_OWN_STARTUP)
    not_over = and_(
        Booking.startup_id.in_(actor.startup_ids), Booking.cancelled_at.is_(None), overlapping(now, None, Booking)
    )
    return find_bookings(session, not_over, limit=BOOKINGS_SHOWN)


class SchemeShare(Struct, frozen=True):
    """What one scheme bore of an invoice."""

    name: str
    name_en: str
    amount_minor: int


class OwnInvoice(Struct, frozen=True):
    """An invoice of one's own, and which schemes bore the difference between gross and net."""

    id: int
    number: str
    month: date
    due_on: date
    gross_minor: int
    subsidy_minor: int
    net_minor: int
    currency: str
    schemes: tuple[SchemeShare, ...]


def list_own_parts(session: Session, actor: Actor) -> list[tuple[date, int]]:
    """What is open of one's own invoices, by the day on which it is due; one statement."""
    actor.require(Action.SEE_OWN_INVOICES)
    parts = open_parts(OpenItem.startup_id.in_(actor.startups_for(Action.SEE_OWN_INVOICES)))
    rows = session.execute(select(parts.c.due_on, func.sum(parts.c.open_minor)).group_by(parts.c.due_on)).all()
    return [(due_on, int(minor)) for due_on, minor in rows]


def list_own_invoices(session: Session, actor: Actor) -> list[OwnInvoice]:
    """The latest invoices, each with its subsidies by scheme; two statements."""
    actor.require(Action.SEE_OWN_INVOICES)
    invoices = (
        session.execute(
            select(Invoice)
            .where(Invoice.startup_id.in_(actor.startups_for(Action.SEE_OWN_INVOICES)))
            .order_by(Invoice.month.desc(), Invoice.id.desc())
            .limit(INVOICES_SHOWN)
        )
        .scalars()
        .all()
    )
    shares: dict[int, list[SchemeShare]] = {}
    decided = or_(
        and_(Decision.charge_id == Charge.id, Decision.adjusts_id.is_(None)),
        and_(Charge.source_kind == ADJUSTMENT, Decision.id == Charge.source_id),
    )
    total = func.sum(Decision.amount_minor)
    granted = session.execute(
        select(InvoiceLine.invoice_id, Scheme.name, Scheme.name_en, total)
        .join(Charge, Charge.id == InvoiceLine.charge_id)
        .join(Decision, decided)
        .join(SchemeVersion, SchemeVersion.id == Decision.scheme_version_id)
        .join(Scheme, Scheme.id == SchemeVersion.scheme_id)
        .where(InvoiceLine.invoice_id.in_([invoice.id for invoice in invoices]))
        .group_by(InvoiceLine.invoice_id, Scheme.id, Scheme.name, Scheme.name_en)
        .having(total != 0)
        .order_by(Scheme.id)
    )
    for invoice_id, name, name_en, amount in granted:
        shares.setdefault(invoice_id, []).append(SchemeShare(name, name_en, int(amount)))
    return [
        OwnInvoice(
            row.id, invoice_number(row.series, row.year, row.number), row.month, row.due_on, row.gross_minor,
            row.subsidy_minor, row.net_minor, row.currency, tuple(shares.get(row.id, ())),
        )
        for row in invoices
    ]  # fmt: skip
