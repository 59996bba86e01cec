"""What founders can pay by Stripe."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec import Struct
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.permissions import Action
from incubator.billing.card_keys import is_offered
from incubator.billing.models import CardMethod, CardPayment, OpenItem
from incubator.billing.queries.cards import get_saved_method, list_living_of
from incubator.billing.queries.open_items import OpenInvoice, list_open_invoices
from incubator.startups.models import Startup


class Offer(Struct, frozen=True):
    """What can be done about an invoice by its reader."""

    open_minor: int | None
    """None: the books don't have it yet."""
    living: CardPayment | None
    may_pay: bool


class ToPay(Struct, frozen=True):
    """A startup's open invoices, for one who pays for it."""

    startup: Startup
    rows: Sequence[OpenInvoice]
    living: Mapping[int, CardPayment]
    method: CardMethod | None
    is_offered: bool
    more: int
    """Open invoices that are not shown."""
    open_minor: int
    """Of all of them."""

    @property
    def payable(self) -> list[OpenInvoice]:
        """Those that nothing is under way for."""
        return [row for row in self.rows if row.invoice.id not in self.living]


def get_offer(session: Session, actor: Actor, startup_id: int, invoice_ids: Sequence[int]) -> Offer:
    """Whether an invoice that the caller has loaded can be paid by its reader now; three statements."""
    open_minor = session.execute(
        select(OpenItem.open_minor).where(OpenItem.invoice_id.in_(invoice_ids))
    ).scalar_one_or_none()  # fmt: skip
    pays = startup_id in actor.startups_for(Action.PAY_OWN_INVOICES)
    living = list_living_of(session, invoice_ids) if pays and open_minor else {}
    return Offer(open_minor, next(iter(living.values()), None), bool(pays and open_minor and is_offered(session)))


def list_to_pay(session: Session, actor: Actor) -> list[ToPay]:
    """The open invoices of each startup that the actor pays for, the one due first first."""
    actor.require(Action.PAY_OWN_INVOICES)
    offered, found = is_offered(session), []
    mine = actor.startups_for(Action.PAY_OWN_INVOICES)
    sums = session.execute(
        select(OpenItem.startup_id, func.sum(OpenItem.open_minor))
        .where(OpenItem.startup_id.in_(mine), OpenItem.invoice_id.is_not(None)).group_by(OpenItem.startup_id)
    )  # fmt: skip
    in_all = {startup_id: int(open_minor) for startup_id, open_minor in sums}
    for startup in session.execute(select(Startup).where(Startup.id.in_(mine)).order_by(Startup.code)).scalars().all():
        page = list_open_invoices(session, actor, startup_id=startup.id)
        living = list_living_of(session, [row.invoice.id for row in page.rows])
        method = get_saved_method(session, actor, startup.id)
        found.append(ToPay(startup, page.rows, living, method, offered, page.total - len(page.rows),
                           in_all.get(startup.id, 0)))  # fmt: skip
    return found
