"""What is asked of Stripe: written down before the call leaves, and noted when it is answered."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from msgspec import Struct
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.permissions import Action
from incubator.audit.operations import record
from incubator.billing.card_keys import get_settings, is_offered
from incubator.billing.models import CardPayment, CardPaymentPart, Invoice
from incubator.billing.operations.journal import lock_books, lock_items
from incubator.billing.rules import cards
from incubator.billing.rules.invoicing import invoice_number
from incubator.core.errors import N_, Conflict, NotFound, Refusal
from incubator.core.money import Money
from incubator.database import current_operator

PAGE_LASTS = timedelta(hours=2)
"""How long a founder can pay on Stripe's page; Stripe asks for at least half an hour."""
MARGIN = timedelta(minutes=2)
MOST_INVOICES = 50


class Begun(Struct, frozen=True):
    """A checkout that is written down; before it may leave, those of `to_close` are to be closed at Stripe."""

    id: int
    to_close: tuple[int, ...] = ()
    is_open: bool = False
    """It has its page already."""


class ToOpen(Struct, frozen=True):
    """What a checkout's page is asked for with."""

    key: str
    title: str
    amount_minor: int
    currency: str
    methods: list[str]
    until: datetime


def new_key(kind: str, operator_id: int) -> str:
    """An id of ours that no other installation with the same account at Stripe has."""
    return f"{kind}-{operator_id}-{secrets.token_hex(12)}"


def marks_of(row_id: int, key: str) -> dict[str, str]:
    """What a thing at Stripe carries so that we know it again."""
    return {"row": str(row_id), "key": key}


def begin_checkout(session: Session, actor: Actor, *, now: datetime, invoice_ids: Sequence[int]) -> Begun:
    """Write down that a founder wants to pay what is open of one or several invoices of their startup.

    Of one invoice one checkout is living at most: where the same is asked for again, it is the one that is open; where
    another set is, the older one is closed first (`to_close`), and this is called again.
    """
    invoices = _load(session, actor, invoice_ids)
    if not is_offered(session):
        raise Refusal(N_("Paying by card is not offered here at the moment."))
    lock_books(session)
    parts = _open_parts(session, invoices)
    living = _living(session, parts)
    for each in living:
        if each.kind == "saved" or each.state == "processing":
            raise Conflict(N_("This is being paid at the moment. Wait until Stripe has said how it went."))
    if len(living) == 1 and _is_same(session, living[0], parts) and _page_until(living[0]) > now + MARGIN:
        return Begun(living[0].id, is_open=living[0].state == "open")
    if living:
        return Begun(0, tuple(each.id for each in living))
    row = _add(session, actor, now, invoices, parts)
    after = {"invoices": {_number(each): parts[each.id] for each in invoices}, "amount_minor": row.amount_minor}
    record(session, actor, "begin_checkout", ("card_payments", row.id), now=now, after=after)
    return Begun(row.id)


def _load(session: Session, actor: Actor, invoice_ids: Sequence[int]) -> Sequence[Invoice]:
    if not invoice_ids:
        raise Refusal(N_("Choose at least one invoice."), field="invoices")
    if len(set(invoice_ids)) > MOST_INVOICES:
        raise Refusal(N_("Choose at most %(most)s invoices."), field="invoices", most=MOST_INVOICES)
    found = session.execute(
        select(Invoice).where(Invoice.id.in_(set(invoice_ids))).order_by(Invoice.id)
    ).scalars().all()  # fmt: skip
    if len(found) != len(set(invoice_ids)):
        raise NotFound(N_("There is no such invoice."))
    for each in found:
        actor.require_for(Action.PAY_OWN_INVOICES, each.startup_id)
    if len({each.startup_id for each in found}) > 1:
        raise Refusal(N_("Pay the invoices of one startup at a time."), field="invoices")
    return found


def _open_parts(session: Session, invoices: Sequence[Invoice]) -> dict[int, int]:
    items = {item.invoice_id: item for item in lock_items(session, [each.id for each in invoices])}
    parts = {}
    for each in invoices:
        if each.id not in items or items[each.id].open_minor == 0:
            raise Conflict(N_("%(number)s is paid already."), number=_number(each))
        parts[each.id] = items[each.id].open_minor
    if sum(parts.values()) > cards.MOST_MINOR:
        raise Refusal(N_("Stripe takes at most %(most)s at once. Choose fewer invoices, or pay by bank transfer."),
                      field="invoices", most=Money(cards.MOST_MINOR))  # fmt: skip
    return parts


def _living(session: Session, parts: Mapping[int, int]) -> Sequence[CardPayment]:
    ids = select(CardPaymentPart.card_payment_id).where(
        CardPaymentPart.invoice_id.in_(list(parts)), CardPaymentPart.is_living
    )
    query = select(CardPayment).where(CardPayment.id.in_(ids)).order_by(CardPayment.id).with_for_update()
    return session.execute(query.execution_options(populate_existing=True)).scalars().all()


def _is_same(session: Session, row: CardPayment, parts: Mapping[int, int]) -> bool:
    return {each.invoice_id: each.amount_minor for each in list_parts(session, row.id)} == dict(parts)


def _page_until(row: CardPayment) -> datetime:
    return row.page_until or row.created_at + PAGE_LASTS


def _add(
    session: Session, actor: Actor, now: datetime, invoices: Sequence[Invoice], parts: Mapping[int, int]
) -> CardPayment:
    sites = {each.site_id for each in invoices}
    return add_card_payment(
        session, actor, now=now, kind="checkout", startup_id=invoices[0].startup_id, parts=parts,
        site_id=sites.pop() if len(sites) == 1 else None, currency=invoices[0].currency,
    )  # fmt: skip


def add_card_payment(
    session: Session, actor: Actor, *, now: datetime, kind: str, startup_id: int, parts: Mapping[int, int],
    site_id: int | None, currency: str, method_id: int | None = None, next_try_at: datetime | None = None,
) -> CardPayment:  # fmt: skip
    """The row of what is to be asked, with its parts; the unique index lets one be living for an invoice."""
    row = CardPayment(
        startup_id=startup_id, site_id=site_id, kind=kind, method_id=method_id, amount_minor=sum(parts.values()),
        currency=currency, state="asked", key=new_key("pay", current_operator(session)), created_at=now,
        created_by=actor.person_id, next_try_at=next_try_at,
    )  # fmt: skip
    session.add(row)
    session.flush()
    session.add_all(
        CardPaymentPart(operator_id=row.operator_id, card_payment_id=row.id, invoice_id=invoice_id,
                        amount_minor=amount_minor, is_living=True)
        for invoice_id, amount_minor in parts.items()
    )  # fmt: skip
    session.flush()
    return row


def read_to_open(session: Session, card_payment_id: int, *, now: datetime) -> ToOpen:
    """What the page of a checkout is asked for with: the same whenever it is asked, as its key demands."""
    row = lock_card_payment(session, card_payment_id)
    row.sent_at = row.sent_at or now
    invoices = session.execute(
        select(Invoice)
        .join(CardPaymentPart, CardPaymentPart.invoice_id == Invoice.id)
        .where(CardPaymentPart.card_payment_id == row.id)
        .order_by(Invoice.id)
    ).scalars().all()  # fmt: skip
    settings = get_settings(session)
    return ToOpen(row.key, ", ".join(_number(each) for each in invoices[:5]) + (" …" if len(invoices) > 5 else ""),
                  row.amount_minor, row.currency, list(settings.methods) if settings else [],
                  row.created_at + PAGE_LASTS)  # fmt: skip


def note_page(session: Session, card_payment_id: int, page: cards.Session) -> bool:
    """Keep the address of Stripe's page. False: the checkout was ended meanwhile, so the page is to be closed."""
    row = lock_card_payment(session, card_payment_id)
    if row.state not in cards.LIVING:
        return False
    row.stripe_session, row.page_url, row.page_until = page.id, page.url, page.until
    row.stripe_intent = page.intent_id or row.stripe_intent
    if row.state == "asked":
        row.state = "open"
    session.flush()
    return True


def end_card_payment(session: Session, row: CardPayment, *, now: datetime, state: str, fault: str = "") -> None:
    """It led to nothing: its invoices can be paid otherwise from here on."""
    row.state, row.ended_at, row.next_try_at, row.page_url = state, now, None, None
    row.fault = fault or row.fault
    release_parts(session, row.id)
    session.flush()


def release_parts(session: Session, card_payment_id: int) -> None:
    """Let another card payment be begun for its invoices."""
    session.execute(
        update(CardPaymentPart)
        .where(CardPaymentPart.card_payment_id == card_payment_id)
        .values(is_living=False)
        .execution_options(synchronize_session="fetch")
    )


def lock_card_payment(session: Session, card_payment_id: int) -> CardPayment:
    """The row, read anew and locked until the commit; whoever will book takes the books before it."""
    query = select(CardPayment).where(CardPayment.id == card_payment_id).with_for_update()
    found = session.execute(query.execution_options(populate_existing=True)).scalar_one_or_none()
    if found is None:
        raise NotFound(N_("There is no such payment."))
    return found


def list_parts(session: Session, card_payment_id: int) -> Sequence[CardPaymentPart]:
    """What of it is for which invoice."""
    query = select(CardPaymentPart).where(CardPaymentPart.card_payment_id == card_payment_id)
    return session.execute(query.order_by(CardPaymentPart.invoice_id)).scalars().all()


def _number(invoice: Invoice) -> str:
    return invoice_number(invoice.series, invoice.year, invoice.number)
