"""A card desk over a stand-in for Stripe, as tests of payments by Stripe use it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.billing import card_keys
from incubator.billing.card_desk import CardDesk
from incubator.billing.card_provider import read_event
from incubator.billing.card_rounds import do_card_work
from incubator.billing.models import (
    CardPayment,
    Clearing,
    Invoice,
    JournalEntry,
    OpenItem,
    Payment,
    Posting,
    StripeSettings,
)
from incubator.billing.operations.card_events import keep_event
from incubator.billing.operations.card_methods import charge_due
from incubator.billing.operations.card_reconciling import list_at_stripe, reconcile
from incubator.billing.operations.card_settings import keep_stripe_settings
from incubator.billing.queries.open_items import get_open
from tests.cast import Cast
from tests.stripe_fake import KEY, WEBHOOK_SECRET, StripeFake, Thing

T = TypeVar("T")


@dataclass
class Counter:
    """The desk, the stand-in and a clock that stands until it is moved."""

    session: Session
    cast: Cast
    fake: StripeFake
    now: datetime

    def step(self, do: Callable[[Session], T]) -> T:
        done = do(self.session)
        self.session.commit()
        return done

    @property
    def desk(self) -> CardDesk:
        return CardDesk(self.step, self.cast.operator_id, lambda: self.now, "http://incubator.test")

    def pass_time(self, **span: int) -> None:
        self.now += timedelta(**span)

    def work(self) -> int:
        """A round of the worker's."""
        return do_card_work(self.desk)

    def hear(self, *events: Thing) -> None:
        """Events arrive, in this order, and are handled."""
        for event in events:
            body, signature = self.fake.signed(event)
            keep_event(self.session, now=self.now, seen=read_event(body, signature, WEBHOOK_SECRET))
        self.session.commit()
        self.work()

    def hear_all(self) -> None:
        self.hear(*self.fake.events)

    def reconcile(self) -> dict[str, int]:
        """The night's comparison."""
        provider = card_keys.open_provider(self.session)
        assert provider is not None
        listed = list_at_stripe(self.session, provider, now=self.now)
        done = reconcile(self.session, self.cast.system, now=self.now, listed=listed)
        self.session.commit()
        return done

    def checkout(self, actor: Actor, *invoice_ids: int) -> CardPayment:
        """A founder presses Pay; the row with the page that they are sent to."""
        return self.row(self.desk.open_checkout(actor, invoice_ids))

    def row(self, card_payment_id: int) -> CardPayment:
        self.session.expire_all()
        return self.session.get_one(CardPayment, (self.cast.operator_id, card_payment_id))

    def open_minor(self, invoice_id: int) -> int:
        self.session.expire_all()
        return get_open(self.session, invoice_id).open_minor

    def left_minor(self, payment_id: int | None) -> int:
        """What of a payment is the startup's advance."""
        query = select(OpenItem.open_minor).where(OpenItem.payment_id == payment_id)
        return self.session.execute(query).scalar_one()

    def payments(self) -> list[Payment]:
        query = select(Payment).where(Payment.way == "stripe").order_by(Payment.id)
        return list(self.session.execute(query).scalars())

    def clearings(self) -> list[int]:
        return list(self.session.execute(select(Clearing.amount_minor).order_by(Clearing.id)).scalars())

    def balance(self, account: str) -> int:
        """Debit less credit of an account of the books."""
        rows = self.session.execute(select(Posting.debit, Posting.credit, Posting.amount_minor)).all()
        return sum(amount * ((debit == account) - (credit == account)) for debit, credit, amount in rows)


def set_up(session: Session, cast: Cast, fake: StripeFake, now: datetime) -> StripeSettings:
    """The operator enters its keys, and calls go to the stand-in."""
    card_keys.use(fake.url)
    return keep_stripe_settings(session, cast.finance, now=now, secret_key=KEY, webhook_secret=WEBHOOK_SECRET,
                                methods=["card", "alipay"], is_on=True)  # fmt: skip


def pay(counter: Counter, invoice: Invoice, cast: Cast) -> CardPayment:
    """A's founder pays by card on Stripe's page, and everything that is told arrives."""
    row = counter.checkout(cast.founder_a, invoice.id)
    counter.fake.pay(str(row.stripe_session))
    counter.hear_all()
    return counter.row(row.id)


def save_card(counter: Counter, cast: Cast, last4: str = "4242") -> None:
    """A's founder agrees that its invoices are charged on the due date, and gives a card to Stripe."""
    counter.desk.open_method(cast.founder_a, cast.startup_a, "甲科技", "I agree.")
    counter.fake.pay(counter.fake.last("checkout.session")["id"], last4)
    counter.hear_all()


def charge(counter: Counter, invoice: Invoice) -> int:
    """The morning's job, and the worker's round after it."""
    made = charge_due(counter.session, counter.cast.system, now=counter.now, site_id=invoice.site_id)
    counter.session.commit()
    counter.work()
    return made


def states(counter: Counter) -> list[str]:
    counter.session.expire_all()
    return list(counter.session.execute(select(CardPayment.state).order_by(CardPayment.id)).scalars())


def first_clearing(session: Session) -> int:
    """Of the first thing that was cleared."""
    return session.execute(select(JournalEntry.source_id).where(JournalEntry.kind == "clearing")).scalars().first() or 0
