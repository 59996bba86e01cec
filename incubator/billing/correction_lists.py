"""Corrections for pages: whose facts have changed since their months were posted, and what was written."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from msgspec import Struct
from sqlalchemy import ColumnElement, Subquery, Text, and_, case, cast, exists, func, or_, select, union_all
from sqlalchemy.orm import Session, aliased

from incubator.accounts.actor import Actor
from incubator.accounts.permissions import Action
from incubator.audit.models import AuditEvent
from incubator.billing.corrections import BY_INVOICE, Finding, Row, find_corrections, fingerprint, list_rows
from incubator.billing.models import Charge, Invoice, InvoiceLine
from incubator.billing.queries.runs import correction_taken_back
from incubator.billing.rules.invoicing import ADJUSTMENT, charge_terms, invoice_number
from incubator.bookings.models import Booking
from incubator.bookings.queries import CHARGED_MINOR, IS_CHARGED
from incubator.core.paging import PAGE_SIZE, Page
from incubator.core.periods import Month
from incubator.pricing.queries.taxes import load_taxes
from incubator.spaces.models import Site
from incubator.startups.models import Achievement, Post, RegisteredAddress, ResidencyPrice, Standing, Startup
from incubator.startups.queries import get_startup, list_terms
from incubator.subsidies.models import Decision, RecordedFact, SchemeVersion

CHECKED = 20
"""So many startups are rated once more for one page."""
A_MONTH = 31
"""Days at most: a fact counts as it stands on a month's last day."""


class Touched(Struct, frozen=True):
    """A startup of which something was entered after a month of it was posted; and what that comes to."""

    startup: Startup
    at: datetime
    corrections: int
    amount_minor: int


def list_touched(session: Session, actor: Actor, page: int = 1) -> Page[Touched]:
    """Whose facts were entered, confirmed or withdrawn after a posting and not looked at since, the latest first.

    Two statements, and the rating of those on the page.
    """
    actor.require(Action.SEE_BILLING)
    changes = _changes()
    posted = select(Invoice.startup_id, func.min(Invoice.posted_at).label("at")).group_by(Invoice.startup_id).subquery()
    rated = (
        select(Decision.startup_id, func.max(Decision.created_at).label("at"))
        .where(Decision.outcome == "adjusted")
        .group_by(Decision.startup_id)
        .subquery()
    )
    asked = (
        select(Startup, func.max(changes.c.at).label("at"))
        .join(changes, changes.c.startup_id == Startup.id)
        .join(posted, posted.c.startup_id == Startup.id)
        .outerjoin(rated, rated.c.startup_id == Startup.id)
        .where(changes.c.at > posted.c.at, or_(rated.c.at.is_(None), changes.c.at > rated.c.at))
        .group_by(Startup.operator_id, Startup.id)
    )
    total = session.execute(select(func.count()).select_from(asked.subquery())).scalar_one()
    rows = session.execute(
        asked.order_by(func.max(changes.c.at).desc(), Startup.id).limit(CHECKED).offset((page - 1) * CHECKED)
    ).all()
    found = find_corrections(session, [startup.id for startup, _ in rows]) if rows else {}
    touched = [Touched(startup, at, *_sum(found.get(startup.id, ()))) for startup, at in rows]
    return Page(touched, page, total, CHECKED)


def _changes() -> Subquery:
    """Startups with the instants at which something was entered of which schemes may ask: of them, of their people, of
    where they are registered, and of the sites where a month of theirs that it concerns was posted; the last only as
    far as any scheme asks for it."""
    latest = func.greatest
    at_site = (
        select(Invoice.startup_id, Invoice.site_id, func.min(Invoice.month).label("first"),
               func.max(Invoice.month).label("last"))
        .group_by(Invoice.startup_id, Invoice.site_id)
        .subquery()
    )  # fmt: skip
    # by the name's first word: months since the approval follow from its day
    is_asked = exists().where(cast(SchemeVersion.rule, Text).contains(func.split_part(RecordedFact.name, "_", 1)))
    return union_all(
        select(at_site.c.startup_id, latest(RecordedFact.recorded_at, RecordedFact.withdrawn_at).label("at"))
        .join(RecordedFact, RecordedFact.site_id == at_site.c.site_id)
        .where(RecordedFact.days.op("&&")(func.daterange(at_site.c.first, at_site.c.last + A_MONTH)), is_asked),
        select(RegisteredAddress.startup_id, RegisteredAddress.created_at),
        select(Post.startup_id, AuditEvent.at)
        .join(AuditEvent, and_(AuditEvent.subject_kind == "posts", AuditEvent.subject_id == Post.id))
        .where(AuditEvent.action == "edit_post"),
        select(RecordedFact.startup_id, latest(RecordedFact.recorded_at, RecordedFact.withdrawn_at).label("at"))
        .where(RecordedFact.startup_id.is_not(None)),
        select(Post.startup_id, latest(Standing.confirmed_at, Standing.withdrawn_at))
        .join(Standing, Standing.individual_id == Post.individual_id),
        select(Post.startup_id, Post.created_at),
        select(Achievement.startup_id, latest(Achievement.confirmed_at, Achievement.withdrawn_at))
        .where(Achievement.kind == "qualification"),
        select(AuditEvent.subject_id, AuditEvent.at)
        .where(AuditEvent.action == "edit_startup", AuditEvent.subject_kind == "startups"),
        select(Decision.startup_id, Decision.created_at).where(Decision.outcome == "credited", _is_ruled()),
    ).subquery("changes")  # fmt: skip


def _is_ruled() -> ColumnElement[bool]:
    """Of a decision: the startup bears a part of what it adjusts, because the authority doesn't. What a credit note
    takes back is the same part of what was given at first: a correction gives the rest of the rest."""
    ruled = aliased(Decision)
    return exists().where(ruled.adjusts_id == Decision.adjusts_id, ruled.outcome == "ruled")


def _sum(findings: Sequence[Finding] | tuple[()]) -> tuple[int, int]:
    return len(findings), sum(each.adjustment.amount_minor for each in findings)


class Changed(Struct, frozen=True):
    """A posted charge that would come out otherwise today."""

    row: Row
    now_minor: int


class Proposal(Struct, frozen=True):
    """What would be corrected of a startup now; and which of its charges have changed themselves."""

    startup: Startup
    findings: Sequence[Finding]
    changed: Sequence[Changed]
    posted: bool
    """Whether it has any invoice."""

    @property
    def fingerprint(self) -> str:
        """Of all that would be written."""
        return fingerprint(self.findings)

    @property
    def amount_minor(self) -> int:
        return sum(each.adjustment.amount_minor for each in self.findings)


def propose(session: Session, actor: Actor, startup_id: int) -> Proposal:
    """Rate a startup's posted charges once more, and write nothing."""
    actor.require(Action.SEE_BILLING)
    startup = get_startup(session, actor, startup_id)
    rows = list_rows(session, [startup.id])
    findings = find_corrections(session, [startup.id]).get(startup.id, [])
    return Proposal(startup, findings, _changed(session, rows), bool(rows))


def _changed(session: Session, rows: Sequence[Row]) -> list[Changed]:
    """Rent, fees and bookings whose posted amount is not what they come to now; five statements at most."""
    now = _prices_now(session, [row for row in rows if row.charge.source_kind == "residency_price"])
    booked = sorted({row.charge.source_id for row in rows if row.charge.source_kind == "booking"})
    charged = case((IS_CHARGED, CHARGED_MINOR), else_=0)
    fees = {each: int(fee) for each, fee in session.execute(select(Booking.id, charged).where(Booking.id.in_(booked)))}
    found = []
    for row in rows:
        charge = row.charge
        if charge.source_kind == "booking":
            minor = fees.get(charge.source_id, 0)
        elif charge.source_kind == "residency_price":
            minor = now.get((charge.source_id, charge.month), 0)
        else:
            continue
        if minor != charge.gross_minor:
            found.append(Changed(row, minor))
    return found


def _prices_now(session: Session, rows: Sequence[Row]) -> dict[tuple[int, date], int]:
    """What each agreed price comes to in each posted month, by the agreements as they stand."""
    asked = select(ResidencyPrice.residency_id).where(
        ResidencyPrice.id.in_(sorted({row.charge.source_id for row in rows}))
    )
    terms = list_terms(session, session.execute(asked.distinct()).scalars().all())
    months = {Month.of(row.charge.month) for row in rows}
    taxes = load_taxes(session)
    return {
        (charge.source_id, month.first): charge.gross_minor
        for month in months
        for charge in charge_terms(terms, month, taxes)
    }


class Written(Struct, frozen=True):
    """A correction that was written: of which invoice, and on which it stands (None: it waits for one)."""

    decision: Decision
    startup: Startup
    site: Site
    charge: Charge
    description: dict[str, Any]
    invoice: Invoice
    by: Invoice | None

    @property
    def number(self) -> str:
        """The corrected invoice's, as printed."""
        return invoice_number(self.invoice.series, self.invoice.year, self.invoice.number)

    @property
    def by_number(self) -> str:
        """The carrying invoice's, as printed; "" while it waits."""
        return invoice_number(self.by.series, self.by.year, self.by.number) if self.by else ""


def list_written(
    session: Session, actor: Actor, *, page: int = 1, startup_id: int | None = None, waiting: bool = False
) -> Page[Written]:
    """What was corrected, the latest first; `waiting`: only what stands on no invoice yet. Two statements."""
    actor.require(Action.SEE_BILLING)
    of_line, line, charge = aliased(Charge), aliased(InvoiceLine), aliased(Charge)
    first_line, by = aliased(InvoiceLine), aliased(Invoice)
    wanted: list[ColumnElement[bool]] = [Decision.outcome.in_(BY_INVOICE), Decision.amount_minor != 0]
    if startup_id is not None:
        wanted.append(Decision.startup_id == startup_id)
    if waiting:
        wanted.append(of_line.id.is_(None))
    joined = (
        select(Decision, Startup, Site, charge, first_line.description, Invoice, by)
        .join(Startup, Startup.id == Decision.startup_id)
        .join(Site, Site.id == Decision.site_id)
        .join(charge, charge.id == Decision.charge_id)
        .join(first_line, first_line.charge_id == charge.id)
        .join(Invoice, Invoice.id == first_line.invoice_id)
        .outerjoin(of_line, and_(of_line.source_kind == ADJUSTMENT, of_line.source_id == Decision.id,
                                 ~correction_taken_back(of_line)))
        .outerjoin(line, line.charge_id == of_line.id)
        .outerjoin(by, by.id == line.invoice_id)
        .where(*wanted)
    )
    total = session.execute(joined.with_only_columns(func.count())).scalar_one()
    rows = session.execute(
        joined.order_by(Decision.id.desc()).limit(PAGE_SIZE).offset((page - 1) * PAGE_SIZE)
    ).all()  # fmt: skip
    return Page([Written(*row) for row in rows], page, total)


def find_billed(session: Session, actor: Actor, search: str) -> Sequence[Startup]:
    """Startups with an invoice, by a part of code or name: the first of them."""
    actor.require(Action.SEE_BILLING)
    if not search:
        return []
    columns = (Startup.code, Startup.name, Startup.name_en)
    return session.execute(
        select(Startup)
        .where(or_(*(column.icontains(search, autoescape=True) for column in columns)),
               exists().where(Invoice.startup_id == Startup.id))
        .order_by(Startup.code).limit(CHECKED)
    ).scalars().all()  # fmt: skip
