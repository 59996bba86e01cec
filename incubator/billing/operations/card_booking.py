"""What Stripe says of a payment, taken into the books: by a webhook, by the page one comes back to, by the worker's own
call or by the nightly reconciliation, in any order and any number of times: the first that knows it books it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.audit.operations import record
from incubator.billing.models import CardFinding, CardPayment
from incubator.billing.operations.checkouts import end_card_payment, list_parts, lock_card_payment, release_parts
from incubator.billing.operations.journal import lock_books, lock_items, open_day, post_entries
from incubator.billing.operations.payments import clear_invoices, receive_payment
from incubator.billing.queries.card_people import list_money_people, list_payers
from incubator.billing.rules import cards
from incubator.billing.rules.accounts import Account
from incubator.billing.rules.journal import Entry, both_ways
from incubator.core.clock import CHINA
from incubator.core.paging import LARGEST_ID
from incubator.database import current_operator
from incubator.notices.operations import notify
from incubator.spaces.models import Site

NOT_OURS = "not_ours"


def find_card_payment(session: Session, marks: Mapping[str, str], intent_id: str = "") -> int | None:
    """The card payment that a thing at Stripe belongs to: by the row and key in its metadata, else by its intent."""
    row, key = marks.get("row", ""), marks.get("key", "")
    if row.isascii() and row.isdigit() and int(row) <= LARGEST_ID:
        found = session.execute(
            select(CardPayment.id).where(CardPayment.id == int(row), CardPayment.key == key)
        ).scalar_one_or_none()
        if found is not None:
            return found
    if not intent_id:
        return None
    return session.execute(
        select(CardPayment.id).where(CardPayment.stripe_intent == intent_id)
    ).scalar_one_or_none()  # fmt: skip


def apply_intent(session: Session, actor: Actor, *, now: datetime, intent: cards.Intent) -> str:
    """Bring a card payment to where Stripe says it is; what was done, in a word.

    Another sum than was asked for is no payment of ours: it becomes a finding, and nothing is booked.
    """
    row_id = find_card_payment(session, intent.marks, intent.id)
    if row_id is None:
        return NOT_OURS
    lock_books(session)
    row = lock_card_payment(session, row_id)
    row.looked_at = now
    if row.state == "paid":
        return _complete(session, actor, now, row, intent)
    row.stripe_intent, row.fault = intent.id, intent.fault or row.fault
    state = cards.state_after(row.kind, intent)
    if state == "paid":
        if cards.differs(row.amount_minor, row.currency, intent):
            facts = {"asked_minor": row.amount_minor, "asked": row.currency, "found": intent.currency,
                     "found_minor": intent.received_minor or intent.amount_minor}  # fmt: skip
            find(session, now=now, kind="mismatch", stripe_id=intent.id, card_payment_id=row.id, facts=facts)
            return "mismatch"
        _book(session, actor, now, row, intent)
        return "booked"
    if row.state not in cards.LIVING:
        return "known"
    if state in ("failed", "expired"):
        fail_card_payment(session, actor, row, now=now, state=state, fault=intent.fault)
        return state
    if state == "processing" and row.state != state:
        row.state, row.next_try_at = state, None
        return state
    return "known"


def apply_page(session: Session, *, now: datetime, page: cards.Session) -> str:
    """What becomes of a checkout whose page is over without a payment."""
    row_id = find_card_payment(session, page.marks)
    if row_id is None:
        return NOT_OURS
    row = lock_card_payment(session, row_id)
    row.looked_at = now
    if page.status == "expired" and row.state in ("asked", "open"):
        end_card_payment(session, row, now=now, state="expired")
        return "expired"
    return "known"


def _book(session: Session, actor: Actor, now: datetime, row: CardPayment, intent: cards.Intent) -> None:
    zone = _zone(session, row.site_id)
    payment = receive_payment(
        session, actor, now=now, startup_id=row.startup_id, way="stripe", amount_minor=row.amount_minor,
        received_on=min(intent.charged_at or now, now).astimezone(zone).date(), reference=intent.charge_id or intent.id,
        site_id=row.site_id, source=("card_payments", row.id),
    )  # fmt: skip
    asked = {part.invoice_id: part.amount_minor for part in list_parts(session, row.id)}
    items = {item.invoice_id or 0: item.open_minor for item in lock_items(session, asked)}
    parts = cards.split_over(row.amount_minor, asked, items)
    clear_invoices(session, actor, now=now, payment_id=payment.id, parts=parts)
    row.state, row.payment_id, row.ended_at = "paid", payment.id, now
    row.next_try_at, row.page_url, row.fault = None, None, ""
    row.surplus_minor = row.amount_minor - sum(parts.values())
    release_parts(session, row.id)
    _complete(session, actor, now, row, intent)
    notify(session, now=now, kind="payment", about=("card_payments", row.id),
           people=list_payers(session, row.startup_id), facts={"what": "paid"}, key=f"card:{row.id}:paid")  # fmt: skip


def _complete(session: Session, actor: Actor, now: datetime, row: CardPayment, intent: cards.Intent) -> str:
    """What is known only after the payment itself: how it was paid, and what Stripe kept of it."""
    if row.stripe_intent not in (None, intent.id):
        facts = {"found_minor": intent.received_minor, "found": intent.currency}
        if intent.received_minor:
            find(session, now=now, kind="unknown_charge", stripe_id=intent.id, card_payment_id=row.id, facts=facts)
        return "known"
    row.stripe_intent = intent.id
    row.stripe_charge = intent.charge_id or row.stripe_charge
    row.method_kind, row.last4 = intent.method_kind or row.method_kind, intent.last4 or row.last4
    if intent.fee is None or row.fee_minor is not None:
        return "known"
    if intent.fee.currency != row.currency:
        facts = {"asked": row.currency, "found": intent.fee.currency}
        find(session, now=now, kind="other_currency", stripe_id=f"fees in {intent.fee.currency}", facts=facts)
        return "known"
    row.fee_minor = intent.fee.amount_minor
    book_fee(session, actor, now=now, source=("card_payments", row.id), row=row, fee_minor=row.fee_minor)
    return "fee"


def book_fee(
    session: Session, actor: Actor, *, now: datetime, source: tuple[str, int], row: CardPayment, fee_minor: int
) -> None:
    """What Stripe kept: debit fees, credit what it holds."""
    postings = both_ways(Account.FEES, Account.STRIPE, fee_minor, startup_id=row.startup_id)
    on = open_day(session, now.astimezone(_zone(session, row.site_id)).date())
    says = {"charge": row.stripe_charge or row.stripe_intent}
    post_entries(session, actor, [Entry("fee", on, source, tuple(postings), says, row.site_id)], now=now)


def fail_card_payment(
    session: Session, actor: Actor, row: CardPayment, *, now: datetime, state: str = "failed", fault: str = ""
) -> None:
    """It was not taken: its invoices are open as before. Of a saved method founders and finance are told."""
    end_card_payment(session, row, now=now, state=state, fault=fault)
    record(session, actor, "fail_card_payment", ("card_payments", row.id), now=now,
           after={"amount_minor": row.amount_minor, "fault": row.fault})  # fmt: skip
    if row.kind == "saved":
        people = {*list_payers(session, row.startup_id), *list_money_people(session)}
        notify(session, now=now, kind="payment", about=("card_payments", row.id), people=people,
               facts={"what": "declined"}, key=f"card:{row.id}:declined")  # fmt: skip


def find(
    session: Session, *, now: datetime, kind: str, stripe_id: str, facts: dict[str, Any],
    card_payment_id: int | None = None,
) -> bool:  # fmt: skip
    """Write down what the books can't follow, once; whether it is new. Finance is told."""
    made = session.execute(
        insert(CardFinding)
        .values(operator_id=current_operator(session), kind=kind, stripe_id=stripe_id, facts=facts, found_at=now,
                card_payment_id=card_payment_id)
        .on_conflict_do_nothing(index_elements=["operator_id", "kind", "stripe_id"])
        .returning(CardFinding.id)
    ).scalar_one_or_none()  # fmt: skip
    if made is None:
        return False
    notify(session, now=now, kind="payment", about=("card_findings", made), people=list_money_people(session),
           facts={"what": "found"}, key=f"finding:{made}")  # fmt: skip
    return True


def _zone(session: Session, site_id: int | None) -> ZoneInfo:
    if site_id is None:
        return CHINA
    return ZoneInfo(session.get_one(Site, (current_operator(session), site_id)).zone)
