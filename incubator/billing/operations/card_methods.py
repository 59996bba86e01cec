"""Saved ways to pay: with a founder's consent, charged on the due date, ended at any time."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.permissions import Action
from incubator.audit.operations import record
from incubator.billing.card_keys import is_offered
from incubator.billing.models import CardMethod, CardPayment, CardPaymentPart, Invoice
from incubator.billing.operations.checkouts import add_card_payment, new_key
from incubator.billing.operations.journal import lock_books, lock_items
from incubator.billing.queries.instalments import open_parts
from incubator.billing.rules import cards
from incubator.core.errors import N_, Conflict, NotFound, Refusal
from incubator.database import current_operator
from incubator.spaces.models import Site
from incubator.startups.queries import get_startup

LONGEST_CONSENT = 2000
AT_ONCE = 500


def begin_method(session: Session, actor: Actor, *, now: datetime, startup_id: int, consent_text: str) -> CardMethod:
    """Keep a founder's consent, word for word, with who gave it and when; the card itself is given to Stripe."""
    actor.require_for(Action.PAY_OWN_INVOICES, startup_id)
    startup = get_startup(session, actor, startup_id)
    assert actor.person_id is not None  # nobody consents for a startup but its founders
    if not is_offered(session):
        raise Refusal(N_("Paying by card is not offered here at the moment."))
    if not 0 < len(consent_text) <= LONGEST_CONSENT:
        raise Refusal(N_("Say that you agree."), field="agree")
    method = CardMethod(startup_id=startup.id, state="asked", key=new_key("method", current_operator(session)),
                        consent_text=consent_text, consent_at=now, consent_by=actor.person_id)  # fmt: skip
    session.add(method)
    session.flush()
    record(session, actor, "begin_card_method", ("card_methods", method.id), now=now, after={"startup": startup.code})
    return method


def note_method_page(session: Session, method_id: int, customer_id: str, page: cards.Session) -> None:
    """Keep whose it is at Stripe, and the address of the page."""
    method = lock_method(session, method_id)
    method.stripe_customer, method.stripe_session, method.page_url = customer_id, page.id, page.url
    session.flush()


def activate_method(
    session: Session, actor: Actor, *, now: datetime, method_id: int, saved: cards.Method
) -> list[str]:
    """From here on the startup's invoices are charged by it; an earlier one ends, and its id at Stripe is given back,
    to be forgotten there."""
    method = lock_method(session, method_id)
    if method.state != "asked":
        return []
    ended = []
    for earlier in session.execute(
        select(CardMethod)
        .where(CardMethod.startup_id == method.startup_id, CardMethod.state == "active")
        .with_for_update()
    ).scalars():  # fmt: skip
        earlier.state, earlier.ended_at, earlier.ended_by = "ended", now, method.consent_by
        ended.append(earlier.stripe_method or "")
    session.flush()
    method.state, method.active_at, method.page_url = "active", now, None
    method.stripe_method, method.brand, method.last4, method.expires = saved.id, saved.brand, saved.last4, saved.expires
    session.flush()
    record(session, actor, "save_card_method", ("card_methods", method.id), now=now,
           after={"brand": saved.brand, "last4": saved.last4})  # fmt: skip
    return ended


def end_method(session: Session, actor: Actor, *, now: datetime, startup_id: int) -> str:
    """Charge nothing by the saved method any more, from this moment on; its id at Stripe, to be forgotten there."""
    actor.require_for(Action.PAY_OWN_INVOICES, startup_id)
    method = session.execute(
        select(CardMethod).where(CardMethod.startup_id == startup_id, CardMethod.state == "active").with_for_update()
    ).scalar_one_or_none()
    if method is None:
        raise Conflict(N_("There is no saved card; it was ended already."))
    method.state, method.ended_at, method.ended_by = "ended", now, actor.person_id
    session.flush()
    record(session, actor, "end_card_method", ("card_methods", method.id), now=now,
           before={"brand": method.brand, "last4": method.last4})  # fmt: skip
    return method.stripe_method or ""


def lock_method(session: Session, method_id: int) -> CardMethod:
    """The row, read anew and locked until the commit."""
    query = select(CardMethod).where(CardMethod.id == method_id).with_for_update()
    found = session.execute(query.execution_options(populate_existing=True)).scalar_one_or_none()
    if found is None:
        raise NotFound
    return found


def charge_due(session: Session, actor: Actor, *, now: datetime, site_id: int) -> int:
    """Write down what is to be taken by saved methods of a site's invoices that are due; how many. The calls leave
    after the commit.

    What fell due before its startup agreed is not touched; of an invoice in instalments only the parts that are due are
    taken. What was declined comes again after 1, 3 and 5 days, and then no more.
    """
    actor.require(Action.TAKE_PAYMENTS)
    if not is_offered(session):
        return 0
    zone = ZoneInfo(session.get_one(Site, (current_operator(session), site_id)).zone)
    today = now.astimezone(zone).date()
    lock_books(session)
    parts = open_parts()
    rows = session.execute(
        select(Invoice, CardMethod, parts.c.due_on, parts.c.open_minor)
        .join(parts, parts.c.invoice_id == Invoice.id)
        .join(CardMethod, CardMethod.startup_id == Invoice.startup_id)
        .where(
            Invoice.site_id == site_id, parts.c.due_on <= today, CardMethod.state == "active",
            ~select(CardPaymentPart.invoice_id)
            .where(CardPaymentPart.invoice_id == Invoice.id, CardPaymentPart.is_living).exists(),
        )
        .order_by(Invoice.id, parts.c.due_on)
    ).all()  # fmt: skip
    due: dict[int, tuple[Invoice, CardMethod, date, int]] = {}
    for invoice, method, due_on, minor in rows:
        assert method.active_at is not None  # by the row's CHECK
        if due_on >= method.active_at.astimezone(zone).date():
            _, _, first, sum_minor = due.get(invoice.id, (invoice, method, due_on, 0))
            due[invoice.id] = (invoice, method, first, sum_minor + minor)
    tried = _list_tries(session, list(due), zone)
    made = 0
    for invoice, method, first, minor in due.values():
        days = [day for day in tried.get(invoice.id, []) if day >= first]  # those before were for earlier parts
        next_on = cards.next_try_on(min(days), len(days)) if days else first
        if minor > cards.MOST_MINOR or next_on is None or next_on > today or made == AT_ONCE:
            continue
        add_card_payment(
            session, actor, now=now, kind="saved", startup_id=invoice.startup_id, parts={invoice.id: minor},
            site_id=site_id, currency=invoice.currency, method_id=method.id, next_try_at=now,
        )  # fmt: skip
        made += 1
    if made:
        record(session, actor, "charge_due", ("sites", site_id), now=now, after={"count": made})
    return made


def _list_tries(session: Session, invoice_ids: list[int], zone: ZoneInfo) -> dict[int, list[date]]:
    """The days on which invoices were tried by saved methods and declined."""
    rows = session.execute(
        select(CardPaymentPart.invoice_id, CardPayment.created_at)
        .join(CardPayment, CardPayment.id == CardPaymentPart.card_payment_id)
        .where(CardPaymentPart.invoice_id.in_(invoice_ids), CardPayment.kind == "saved", CardPayment.state == "failed")
    ).all()
    found: dict[int, list[date]] = {}
    for invoice_id, at in rows:
        found.setdefault(invoice_id, []).append(at.astimezone(zone).date())
    return found


def still_due(session: Session, row: CardPayment, parts: list[tuple[int, int]]) -> bool:
    """Whether what is to be taken by a saved method is still open in full, and the method still to be used."""
    method = session.get_one(CardMethod, (row.operator_id, row.method_id))
    items = {item.invoice_id: item.open_minor for item in lock_items(session, [invoice_id for invoice_id, _ in parts])}
    return method.state == "active" and all(items.get(invoice_id, 0) >= amount for invoice_id, amount in parts)
