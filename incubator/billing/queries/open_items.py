"""What is open: invoices that are not paid in full, and payments of which something is left."""

from __future__ import annotations

from datetime import date

from msgspec import Struct
from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.permissions import Action
from incubator.billing.models import Invoice, OpenItem, Payment
from incubator.billing.queries.instalments import first_parts, list_plans
from incubator.billing.rules.instalments import DuePart, spread
from incubator.billing.rules.invoicing import invoice_number
from incubator.core.errors import N_, NotFound
from incubator.core.paging import PAGE_SIZE, Page
from incubator.spaces.models import Site
from incubator.startups.models import Startup


class OpenInvoice(Struct, frozen=True):
    """An invoice that is not paid in full."""

    item: OpenItem
    invoice: Invoice
    site: Site
    startup: Startup
    parts: tuple[DuePart, ...]
    """Of which something is open, the one due first first."""

    @property
    def number(self) -> str:
        """As printed."""
        return invoice_number(self.invoice.series, self.invoice.year, self.invoice.number)

    @property
    def due_on(self) -> date:
        """When the first of what is open is due."""
        return self.parts[0].due_on

    def overdue_days(self, today: date) -> int:
        """Days since the first of what is open was due; 0: nothing is overdue."""
        return max(0, (today - self.due_on).days)

    def overdue_minor(self, today: date) -> int:
        """What of it is overdue: of an invoice in instalments the parts whose day is over."""
        return sum(part.open_minor for part in self.parts if part.due_on < today)


class LeftPayment(Struct, frozen=True):
    """A payment of which something is left: an advance of its startup."""

    item: OpenItem
    payment: Payment
    startup: Startup

    @property
    def number(self) -> str:
        """As printed."""
        return invoice_number("RCT", self.payment.year, self.payment.number)


def get_open(session: Session, invoice_id: int) -> OpenItem:
    """What is open of an invoice that the caller has loaded; NotFound for one that the books don't have yet."""
    item = session.execute(select(OpenItem).where(OpenItem.invoice_id == invoice_id)).scalar_one_or_none()
    if item is None:
        raise NotFound(N_("There is no such invoice."))
    return item


def list_open_invoices(
    session: Session, actor: Actor, *, startup_id: int | None = None, due_before: date | None = None, page: int = 1
) -> Page[OpenInvoice]:  # fmt: skip
    """A page of open invoices, the one of which a part is due first first: all for staff, their own for founders.

    `due_before`: of which a part is due before that day. Three statements.
    """
    wanted = _seen_by(actor)
    if startup_id is not None:
        wanted.append(OpenItem.startup_id == startup_id)
    first = first_parts(*wanted)
    due = [first.c.due_on < due_before] if due_before is not None else []
    total = session.execute(select(func.count()).select_from(first).where(*due)).scalar_one()
    rows = session.execute(
        select(OpenItem, Invoice, Site, Startup)
        .join(first, first.c.invoice_id == OpenItem.invoice_id)
        .join(Invoice, Invoice.id == OpenItem.invoice_id)
        .join(Site, Site.id == Invoice.site_id)
        .join(Startup, Startup.id == OpenItem.startup_id)
        .where(*due)
        .order_by(first.c.due_on, OpenItem.invoice_id)
        .limit(PAGE_SIZE)
        .offset((page - 1) * PAGE_SIZE)
    ).all()
    plans = list_plans(session, [row[1].id for row in rows])
    return Page([OpenInvoice(*row, _parts(row[0], row[1], plans)) for row in rows], page, total)


def _parts(item: OpenItem, invoice: Invoice, plans: dict[int, list[tuple[date, int]]]) -> tuple[DuePart, ...]:
    parts = spread(plans.get(invoice.id, []), item.open_minor, invoice.due_on)
    return tuple(sorted((part for part in parts if part.open_minor), key=lambda part: part.due_on))


def list_left_payments(
    session: Session, actor: Actor, *, startup_id: int | None = None, page: int = 1
) -> Page[LeftPayment]:  # fmt: skip
    """A page of payments of which something is left, the oldest first: all for staff, their own for founders."""
    wanted = [OpenItem.payment_id.is_not(None), OpenItem.open_minor > 0, *_seen_by(actor)]
    if startup_id is not None:
        wanted.append(OpenItem.startup_id == startup_id)
    total = session.execute(select(func.count()).select_from(OpenItem).where(*wanted)).scalar_one()
    rows = session.execute(
        select(OpenItem, Payment, Startup)
        .join(Payment, Payment.id == OpenItem.payment_id)
        .join(Startup, Startup.id == OpenItem.startup_id)
        .where(*wanted)
        .order_by(Payment.received_on, Payment.id)
        .limit(PAGE_SIZE)
        .offset((page - 1) * PAGE_SIZE)
    ).all()
    return Page([LeftPayment(*row) for row in rows], page, total)


def _seen_by(actor: Actor) -> list[ColumnElement[bool]]:
    if actor.can(Action.SEE_BILLING):
        return []
    actor.require(Action.SEE_OWN_INVOICES)
    return [OpenItem.startup_id.in_(actor.startups_for(Action.SEE_OWN_INVOICES))]
