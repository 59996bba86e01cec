"""What is open: invoices that are not paid in full, and payments of which something is left."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.permissions import Action
from incubator.billing.models import Invoice, OpenItem, Payment
from incubator.billing.rules.invoicing import invoice_number
from incubator.core.errors import N_, NotFound
from incubator.core.paging import PAGE_SIZE, Page
from incubator.spaces.models import Site
from incubator.startups.models import Startup


@dataclass(frozen=True, slots=True)
class OpenInvoice:
    """An invoice that is not paid in full."""

    item: OpenItem
    invoice: Invoice
    site: Site
    startup: Startup

    @property
    def number(self) -> str:
        """As printed."""
        return invoice_number(self.invoice.series, self.invoice.year, self.invoice.number)

    def overdue_days(self, today: date) -> int:
        """Days since it was due; 0: not overdue."""
        return max(0, (today - self.invoice.due_on).days)


@dataclass(frozen=True, slots=True)
class LeftPayment:
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
    """A page of open invoices, the one due first first: all for staff, their own for founders."""
    wanted = [OpenItem.invoice_id.is_not(None), OpenItem.open_minor > 0, *_seen_by(actor)]
    if startup_id is not None:
        wanted.append(OpenItem.startup_id == startup_id)
    if due_before is not None:
        wanted.append(OpenItem.due_on < due_before)
    total = session.execute(select(func.count()).select_from(OpenItem).where(*wanted)).scalar_one()
    rows = session.execute(
        select(OpenItem, Invoice, Site, Startup)
        .join(Invoice, Invoice.id == OpenItem.invoice_id)
        .join(Site, Site.id == Invoice.site_id)
        .join(Startup, Startup.id == OpenItem.startup_id)
        .where(*wanted)
        .order_by(OpenItem.due_on, OpenItem.invoice_id)
        .limit(PAGE_SIZE)
        .offset((page - 1) * PAGE_SIZE)
    ).all()
    return Page([OpenInvoice(*row) for row in rows], page, total)


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
