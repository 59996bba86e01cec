"""Reads of posted invoices."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date

from msgspec import Struct
from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.permissions import Action
from incubator.billing.models import Charge, Invoice, InvoiceLine, OpenItem
from incubator.billing.queries.instalments import first_parts
from incubator.billing.rules.invoicing import ADJUSTMENT, TaxSum, invoice_number, sum_taxes
from incubator.billing.rules.standing import Standing
from incubator.core.errors import N_, NotFound
from incubator.core.paging import PAGE_SIZE, Page
from incubator.core.periods import Month
from incubator.spaces.models import Site
from incubator.startups.models import ResidencyPrice, Startup
from incubator.subsidies.models import Decision
from incubator.subsidies.operations.drafts import PostedMonth


class PostedLine(Struct, frozen=True):
    """A line with its charge and what every scheme decided on it when it was posted; where it corrects an earlier
    line, the decision that does."""

    line: InvoiceLine
    charge: Charge
    decisions: tuple[Decision, ...]
    residency_id: int | None = None
    """The agreement that a rent or fee comes from; a booking's charge names its booking itself."""


class PostedInvoice(Struct, frozen=True):
    """An invoice with all that explains it."""

    invoice: Invoice
    site: Site
    lines: tuple[PostedLine, ...]

    @property
    def number(self) -> str:
        """As printed: INV-2026-000042."""
        return invoice_number(self.invoice.series, self.invoice.year, self.invoice.number)

    @property
    def taxes(self) -> list[TaxSum]:
        """What of the net is VAT, by rate."""
        return taxes_of(self.lines)


def taxes_of(lines: Iterable[PostedLine]) -> list[TaxSum]:
    """What of the net of some lines is VAT, by rate, as it was posted."""
    return sum_taxes((each.charge.tax_rate, each.line.net_minor, each.line.tax_minor) for each in lines)


def get_invoice(session: Session, actor: Actor, invoice_id: int) -> PostedInvoice:
    """The invoice with its lines and decisions, in three statements; NotFound for another startup's people."""
    if not actor.can(Action.SEE_BILLING):
        actor.require(Action.SEE_OWN_INVOICES)
    row = session.execute(
        select(Invoice, Site).join(Site, Site.id == Invoice.site_id).where(Invoice.id == invoice_id)
    ).one_or_none()
    if row is None:
        raise NotFound(N_("There is no such invoice."))
    invoice, site = row
    if not actor.can(Action.SEE_BILLING):
        actor.require_for(Action.SEE_OWN_INVOICES, invoice.startup_id)
    return PostedInvoice(invoice, site, tuple(_lines(session, [invoice_id])[invoice_id]))


def list_posted(session: Session, actor: Actor, site_id: int, month: Month) -> list[PostedInvoice]:
    """Every invoice of a site and month with its lines, in three statements: for the page and the exports."""
    actor.require(Action.SEE_BILLING)
    rows = session.execute(
        select(Invoice, Site)
        .join(Site, Site.id == Invoice.site_id)
        .where(Invoice.site_id == site_id, Invoice.month == month.first)
        .order_by(Invoice.year, Invoice.number)
    ).all()
    lines = _lines(session, [invoice.id for invoice, _ in rows])
    return [PostedInvoice(invoice, site, tuple(lines[invoice.id])) for invoice, site in rows]


def _lines(session: Session, invoice_ids: Sequence[int]) -> dict[int, list[PostedLine]]:
    rows = session.execute(
        select(InvoiceLine, Charge, ResidencyPrice.residency_id)
        .join(Charge, Charge.id == InvoiceLine.charge_id)
        .outerjoin(
            ResidencyPrice, and_(Charge.source_kind == "residency_price", ResidencyPrice.id == Charge.source_id)
        )
        .where(InvoiceLine.invoice_id.in_(invoice_ids))
        .order_by(InvoiceLine.invoice_id, InvoiceLine.line)
    ).all()
    adjusting = [charge.source_id for _, charge, _ in rows if charge.source_kind == ADJUSTMENT]
    decisions: dict[int, list[Decision]] = defaultdict(list)
    corrected: dict[int, Decision] = {}
    for decision in session.execute(
        select(Decision)
        .where(or_(
            and_(Decision.charge_id.in_([charge.id for _, charge, _ in rows]), Decision.adjusts_id.is_(None)),
            Decision.id.in_(adjusting),
        ))
        .order_by(Decision.charge_id, Decision.id)
    ).scalars():  # fmt: skip
        if decision.adjusts_id is None:
            decisions[decision.charge_id].append(decision)
        else:
            corrected[decision.id] = decision
    found: dict[int, list[PostedLine]] = defaultdict(list)
    for line, charge, residency_id in rows:
        of_line = [corrected[charge.source_id]] if charge.source_kind == ADJUSTMENT else decisions[charge.id]
        found[line.invoice_id].append(PostedLine(line, charge, tuple(of_line), residency_id))
    return found


class InvoiceRow(Struct, frozen=True):
    """An invoice in a list."""

    invoice: Invoice
    site: Site
    startup: Startup
    item: OpenItem | None
    """None: the books don't have it yet."""
    due_on: date | None
    """When the first of what is open is due."""

    @property
    def number(self) -> str:
        """As printed."""
        return invoice_number(self.invoice.series, self.invoice.year, self.invoice.number)


def list_invoices(
    session: Session,
    actor: Actor,
    *,
    page: int = 1,
    site_id: int | None = None,
    month: Month | None = None,
    startup_id: int | None = None,
    search: str = "",
    standing: Standing | None = None,
    today: date | None = None,
) -> Page[InvoiceRow]:
    """A page of invoices, the latest first: all for staff, their own for founders.

    `search` is a number as printed (INV-2026-000042), or a part of the startup's name or code; `standing` of `today`.
    """
    wanted: list[ColumnElement[bool]] = []
    if not actor.can(Action.SEE_BILLING):
        actor.require(Action.SEE_OWN_INVOICES)
        wanted.append(Invoice.startup_id.in_(actor.startups_for(Action.SEE_OWN_INVOICES)))
    if site_id is not None:
        wanted.append(Invoice.site_id == site_id)
    if month is not None:
        wanted.append(Invoice.month == month.first)
    if startup_id is not None:
        wanted.append(Invoice.startup_id == startup_id)
    if search.strip():
        wanted.append(_found_by(search.strip()))
    first = first_parts()
    if standing is not None and today is not None:
        wanted += _standing(standing, first.c.due_on, today)
    total = session.execute(
        select(func.count()).select_from(Invoice).join(Startup, Startup.id == Invoice.startup_id)
        .outerjoin(OpenItem, OpenItem.invoice_id == Invoice.id)
        .outerjoin(first, first.c.invoice_id == Invoice.id).where(*wanted)
    ).scalar_one()  # fmt: skip
    rows = session.execute(
        select(Invoice, Site, Startup, OpenItem, first.c.due_on)
        .join(Site, Site.id == Invoice.site_id)
        .join(Startup, Startup.id == Invoice.startup_id)
        .outerjoin(OpenItem, OpenItem.invoice_id == Invoice.id)
        .outerjoin(first, first.c.invoice_id == Invoice.id)
        .where(*wanted)
        .order_by(Invoice.year.desc(), Invoice.number.desc())
        .limit(PAGE_SIZE)
        .offset((page - 1) * PAGE_SIZE)
    ).all()
    return Page([InvoiceRow(*row) for row in rows], page, total)


def _standing(standing: Standing, due_on: ColumnElement[date], today: date) -> list[ColumnElement[bool]]:
    """The same as `standing_of`, asked of the database."""
    if standing is Standing.PAID:
        return [OpenItem.open_minor == 0]
    if standing is Standing.OVERDUE:
        return [due_on < today]
    is_part = OpenItem.open_minor < OpenItem.original_minor
    return [due_on >= today, is_part if standing is Standing.PART else ~is_part]


def _found_by(search: str) -> ColumnElement[bool]:
    parts = search.upper().split("-")
    if len(parts) == 3 and all(part.isascii() and part.isdigit() and len(part) <= 9 for part in parts[1:]):
        return and_(Invoice.series == parts[0], Invoice.year == int(parts[1]), Invoice.number == int(parts[2]))
    return or_(*(column.icontains(search, autoescape=True) for column in (Startup.code, Startup.name, Startup.name_en)))


class MonthTotals(Struct, frozen=True):
    """What was posted for a site and month."""

    invoices: int
    gross_minor: int
    subsidy_minor: int
    net_minor: int

    @classmethod
    def of(cls, invoices: Sequence[PostedInvoice]) -> MonthTotals:
        """The sum of some invoices."""
        rows = [each.invoice for each in invoices]
        return cls(len(rows), sum(row.gross_minor for row in rows), sum(row.subsidy_minor for row in rows),
                   sum(row.net_minor for row in rows))  # fmt: skip


def list_month_totals(session: Session, actor: Actor, since: Month) -> dict[tuple[int, date], MonthTotals]:
    """Posted totals by site and month from `since` on, in one statement."""
    actor.require(Action.SEE_BILLING)
    rows = session.execute(
        select(
            Invoice.site_id, Invoice.month, func.count(), func.sum(Invoice.gross_minor),
            func.sum(Invoice.subsidy_minor), func.sum(Invoice.net_minor),
        )
        .where(Invoice.month >= since.first)
        .group_by(Invoice.site_id, Invoice.month)
    ).all()  # fmt: skip
    return {(row[0], row[1]): MonthTotals(row[2], int(row[3]), int(row[4]), int(row[5])) for row in rows}


def list_posted_months(session: Session, since: date) -> list[PostedMonth]:
    """The months from `since` on of which something is posted, by site; two statements."""
    rows = session.execute(
        select(Charge.site_id, Charge.month)
        .where(Charge.month >= since)
        .distinct()
        .order_by(Charge.month, Charge.site_id)
    ).all()
    found = session.execute(select(Site).where(Site.id.in_({site_id for site_id, _ in rows}))).scalars()
    sites = {site.id: site for site in found}
    return [PostedMonth(sites[site_id], Month.of(month)) for site_id, month in rows]
