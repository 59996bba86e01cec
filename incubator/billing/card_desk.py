"""Everything that needs a call to Stripe: what is to be asked is committed before the call, and its answer after it.

No transaction is open while Stripe is asked, so a slow Stripe holds no lock. Whatever is cut off between the two is
made good: by the same call under the same key, by the event, by the page that one comes back to, or at night.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Protocol, TypeVar

from msgspec import Struct
from sqlalchemy import select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor, system_actor
from incubator.accounts.queries import get_operator
from incubator.billing.card_keys import open_provider
from incubator.billing.card_provider import Asked, CardProvider, Declined, Refused, Unreached
from incubator.billing.models import CardMethod, CardPayment
from incubator.billing.operations import card_events, card_methods, checkouts
from incubator.billing.operations.card_booking import apply_intent, apply_page, fail_card_payment, find
from incubator.billing.operations.card_disputes import apply_dispute, apply_payout
from incubator.billing.operations.card_refunds import apply_refund, fail_refund, lock_refund
from incubator.billing.operations.journal import lock_books
from incubator.billing.rules import cards
from incubator.core.errors import N_, Conflict, Refusal

log = logging.getLogger("incubator.cards")

T = TypeVar("T")
AWAY = N_(
    "Stripe can't be reached at the moment. Nothing was taken; try again in a few minutes, or pay by bank transfer."
)
REFUSED = N_("Stripe does not take this payment (%(code)s). Nothing was taken; tell the operator.")


class Step(Protocol):
    """Do something in a transaction, and commit it."""

    def __call__(self, do: Callable[[Session], T], /) -> T: ...


class CardDesk(Struct, frozen=True):
    """One operator's dealings with Stripe."""

    step: Step
    operator_id: int
    clock: Callable[[], datetime]
    base_url: str = ""

    @property
    def system(self) -> Actor:
        """Who books what Stripe says."""
        return system_actor(self.operator_id)

    def open_checkout(self, actor: Actor, invoice_ids: Sequence[int]) -> int:
        """Begin a checkout for a founder, and get its page from Stripe; its id. Older ones for the same invoices are
        closed first; where one of those turns out to be paid, this refuses."""
        provider = self._provider()
        begun = self._begin(actor, invoice_ids)
        if begun.to_close:
            for older in begun.to_close:
                self.close_checkout(older)
            begun = self._begin(actor, invoice_ids)
        if begun.to_close:
            raise Conflict(N_("Another payment was begun at the same moment. Look again, then pay."))
        if not begun.is_open:
            self._open_page(provider, begun.id)
        return begun.id

    def _begin(self, actor: Actor, invoice_ids: Sequence[int]) -> checkouts.Begun:
        now = self.clock()
        return self.step(lambda s: checkouts.begin_checkout(s, actor, now=now, invoice_ids=invoice_ids))

    def _open_page(self, provider: CardProvider, card_payment_id: int) -> None:
        to_open = self.step(lambda s: checkouts.read_to_open(s, card_payment_id, now=self.clock()))
        back = f"{self.base_url}/pay/{card_payment_id}"
        marks = checkouts.marks_of(card_payment_id, to_open.key)
        asked = Asked(to_open.key, to_open.title, marks, f"{back}?back=paid", f"{back}?back=left", to_open.until)
        try:
            page = provider.open_checkout(asked, to_open.amount_minor, to_open.currency, to_open.methods)
        except Unreached:
            raise Refusal(AWAY) from None
        except (Refused, Declined) as refused:
            self._give_up(card_payment_id, refused)
            raise Refusal(REFUSED, code=refused.code) from None
        if not self.step(lambda s: checkouts.note_page(s, card_payment_id, page)):
            self._expire(provider, page.id)
            raise Conflict(N_("Another payment was begun at the same moment. Look again, then pay."))

    def close_checkout(self, card_payment_id: int) -> None:
        """Close a checkout's page at Stripe; what is paid already is booked. One that the operator's account doesn't
        know (of another account, of before) is given up."""
        session_id = self.step(lambda s: _session_of(s, card_payment_id))
        if session_id and self._closed(card_payment_id, session_id):
            return

        def stop(session: Session) -> None:
            row = checkouts.lock_card_payment(session, card_payment_id)
            if row.state in ("asked", "open") and row.kind == "checkout":
                checkouts.end_card_payment(session, row, now=self.clock(), state="stopped")

        self.step(stop)  # nobody knows the address of a page that was never noted

    def _closed(self, card_payment_id: int, session_id: str) -> bool:
        """Whether Stripe knows the page, which is closed then, and what it led to is booked."""
        self._expire(self._provider(), session_id)
        try:
            self.look(card_payment_id)
        except Unreached:
            raise Refusal(AWAY) from None
        except Refused as refused:
            if refused.about_key:
                raise Refusal(REFUSED, code=refused.code) from None
            log.warning("a page of card payment %s is not known at Stripe", card_payment_id)
            return False
        return True

    def _expire(self, provider: CardProvider, session_id: str) -> None:
        try:
            provider.expire_session(session_id)
        except Refused:
            log.info("a page is over already")
        except Unreached:
            raise Refusal(AWAY) from None

    def look(self, card_payment_id: int) -> None:
        """Ask Stripe how a card payment stands, and book what is new."""
        provider = self._provider()
        session_id, intent_id = self.step(lambda s: _ids_of(s, card_payment_id, self.clock()))
        if session_id:
            self.see_session(provider, session_id)
        elif intent_id:
            self.see_intent(provider, intent_id)

    def see_session(self, provider: CardProvider, session_id: str) -> str:
        """What a hosted page led to."""
        page = provider.get_session(session_id)
        if page.setup_id:
            return self._see_setup(provider, page)
        if page.intent_id:
            found = self.see_intent(provider, page.intent_id)
            if found not in ("known", "not_ours"):
                return found
        return self.step(lambda s: apply_page(s, now=self.clock(), page=page))

    def see_intent(self, provider: CardProvider, intent_id: str) -> str:
        """How a payment stands."""
        intent = provider.get_intent(intent_id)
        return self.step(lambda s: apply_intent(s, self.system, now=self.clock(), intent=intent))

    def _see_setup(self, provider: CardProvider, page: cards.Session) -> str:
        method_id = self.step(lambda s: s.execute(
            select(CardMethod.id).where(CardMethod.stripe_session == page.id, CardMethod.state == "asked")
        ).scalar_one_or_none())  # fmt: skip
        if method_id is None or page.status != "complete":
            return "known"
        saved = provider.get_saved_method(page.setup_id)
        ended = self.step(lambda s: card_methods.activate_method(
            s, self.system, now=self.clock(), method_id=method_id, saved=saved))  # fmt: skip
        for each in ended:
            self.forget(each)
        return "saved"

    def open_method(self, actor: Actor, startup_id: int, startup_name: str, consent_text: str) -> str:
        """Keep a founder's consent, and get the page on which they give their card to Stripe; its address."""
        provider = self._provider()
        now = self.clock()
        method_id, key, customer_id = self.step(
            lambda s: _begin_method(s, actor, now, startup_id, consent_text)
        )  # fmt: skip
        back = f"{self.base_url}/pay/card/{startup_id}"
        marks = {"method": str(method_id), "key": key}
        asked = Asked(key, "", marks, f"{back}?back=saved", back, now + checkouts.PAGE_LASTS)
        try:
            customer = customer_id or provider.make_customer(f"{key}-customer", startup_name, {"key": key})
            page = provider.open_setup(asked, customer)
        except Unreached:
            raise Refusal(AWAY) from None
        except (Refused, Declined) as refused:
            raise Refusal(REFUSED, code=refused.code) from None
        self.step(lambda s: card_methods.note_method_page(s, method_id, customer, page))
        return page.url

    def look_at_method(self, startup_id: int) -> None:
        """Ask Stripe whether a card was saved on the page that one comes back from."""
        session_id = self.step(lambda s: s.execute(
            select(CardMethod.stripe_session)
            .where(CardMethod.startup_id == startup_id, CardMethod.state == "asked",
                   CardMethod.stripe_session.is_not(None))
            .order_by(CardMethod.id.desc()).limit(1)
        ).scalar_one_or_none())  # fmt: skip
        if session_id:
            self.see_session(self._provider(), session_id)

    def forget(self, stripe_method: str) -> None:
        """Let Stripe forget a card that is not used any more; ours has ended whether or not this arrives."""
        try:
            if stripe_method:
                self._provider().forget_method(stripe_method)
        except (Unreached, Refused, Refusal):
            log.warning("a card that is not used any more could not be taken away at Stripe")

    def send_payment(self, card_payment_id: int) -> None:
        """Take what is due by a saved method, or take the same call up again under its key."""
        provider = self._provider()
        plan = self.step(lambda s: _plan_charge(s, self.system, card_payment_id, self.clock()))
        if plan is None:
            return
        try:
            intent = provider.charge(plan.key, plan.customer, plan.method, plan.amount_minor, plan.currency, plan.marks)
        except Unreached:
            log.info("no clear answer to card payment %s; it is asked again", card_payment_id)
            return
        except Declined as declined:
            self._decline(card_payment_id, declined)
            return
        except Refused as refused:
            self._give_up(card_payment_id, refused)
            return
        self.step(lambda s: apply_intent(s, self.system, now=self.clock(), intent=intent))

    def _decline(self, card_payment_id: int, declined: Declined) -> None:
        def note(session: Session) -> None:
            row = checkouts.lock_card_payment(session, card_payment_id)
            if row.state in cards.LIVING:
                row.stripe_intent = declined.intent.id if declined.intent else row.stripe_intent
                fail_card_payment(session, self.system, row, now=self.clock(), fault=declined.code)

        self.step(note)

    def _give_up(self, card_payment_id: int, refused: Refused | Declined) -> None:
        """Stripe won't. Of a key that it does not take, the payment is not to blame: it waits for the next."""

        def note(session: Session) -> None:
            row = checkouts.lock_card_payment(session, card_payment_id)
            if isinstance(refused, Refused) and refused.about_key and row.kind == "saved":
                _find_key(session, self.clock(), refused.code)
            elif row.state in cards.LIVING:
                fail_card_payment(session, self.system, row, now=self.clock(), fault=refused.code)

        self.step(note)

    def send_refund(self, card_refund_id: int) -> None:
        """Ask Stripe for a refund that is booked, or take the same call up again under its key."""
        provider = self._provider()
        plan = self.step(lambda s: _plan_refund(s, card_refund_id, self.clock()))
        if plan is None:
            return
        key, intent_id, amount_minor = plan
        try:
            marks = checkouts.marks_of(card_refund_id, key)
            seen = provider.refund(key, intent_id, amount_minor, marks)
        except Unreached:
            return
        except (Refused, Declined) as refused:
            if not (isinstance(refused, Refused) and refused.about_key):
                code = refused.code
                self.step(lambda s: _fail_refund(s, self.system, card_refund_id, self.clock(), code))
            return
        self.take_refund(seen)

    def take_refund(self, seen: cards.RefundSeen) -> str:
        """Bring a refund to where it is."""
        return self.step(lambda s: apply_refund(s, self.system, now=self.clock(), seen=seen))

    def handle_event(self, event_id: int) -> None:
        """Ask Stripe about what an event is about, and book what is new; the event is settled with it."""
        provider = self._provider()
        claimed = self.step(lambda s: card_events.claim_event(s, event_id, now=self.clock()))
        if claimed is None:
            return
        try:
            outcome = self.see(provider, *claimed)
        except Unreached:
            return
        except Refused as refused:
            if refused.about_key:
                code = refused.code
                self.step(lambda s: _find_key(s, self.clock(), code))
                return
            outcome = "missing"
        self.step(lambda s: card_events.settle_event(s, event_id, now=self.clock(), outcome=outcome))

    def see(self, provider: CardProvider, thing: str, thing_id: str) -> str:
        """Ask how a thing stands now, and bring ours to it: the order in which one hears of it is of no matter."""
        if thing == "session":
            return self.see_session(provider, thing_id)
        if thing == "intent":
            found = self.see_intent(provider, thing_id)
            for seen in provider.list_refunds_of(thing_id) if found != "not_ours" else []:
                self.take_refund(seen)
            return found
        if thing == "refund":
            return self.take_refund(provider.get_refund(thing_id))
        if thing == "dispute":
            dispute = provider.get_dispute(thing_id)
            return self.step(lambda s: apply_dispute(s, self.system, now=self.clock(), seen=dispute))
        payout = provider.get_payout(thing_id)
        return self.step(lambda s: apply_payout(
            s, self.system, now=self.clock(), seen=payout, currency=get_operator(s).currency))  # fmt: skip

    def _provider(self) -> CardProvider:
        provider = self.step(open_provider)
        if provider is None:
            raise Refusal(N_("Paying by card is not offered here at the moment."))
        return provider


class _Charge(Struct, frozen=True):
    key: str
    customer: str
    method: str
    amount_minor: int
    currency: str
    marks: dict[str, str]


def _plan_charge(session: Session, actor: Actor, card_payment_id: int, now: datetime) -> _Charge | None:
    """What to ask by a saved method, for the one worker that takes it. Before it leaves for the first time it is looked
    at once more: an invoice that was paid otherwise, or a card that was taken back, stops it."""
    lock_books(session)
    row = checkouts.lock_card_payment(session, card_payment_id)
    if row.kind != "saved" or row.state != "asked" or row.next_try_at is None or row.next_try_at > now:
        return None
    parts = [(part.invoice_id, part.amount_minor) for part in checkouts.list_parts(session, row.id)]
    if row.sent_at is None and not card_methods.still_due(session, row, parts):
        checkouts.end_card_payment(session, row, now=now, state="stopped")
        return None
    if not cards.may_still_send(row.sent_at, now):
        row.next_try_at = None  # the nightly reconciliation looks for what became of it
        return None
    row.sent_at, row.tries = row.sent_at or now, row.tries + 1
    row.next_try_at = now + cards.wait_after(row.tries)
    method = session.get_one(CardMethod, (row.operator_id, row.method_id))
    session.flush()
    return _Charge(row.key, method.stripe_customer or "", method.stripe_method or "", row.amount_minor, row.currency,
                   checkouts.marks_of(row.id, row.key))  # fmt: skip


def _plan_refund(session: Session, card_refund_id: int, now: datetime) -> tuple[str, str, int] | None:
    made = lock_refund(session, card_refund_id)
    if made.state != "asked" or made.next_try_at is None or made.next_try_at > now:
        return None
    if not cards.may_still_send(made.sent_at, now):
        made.next_try_at = None
        return None
    made.sent_at, made.tries = made.sent_at or now, made.tries + 1
    made.next_try_at = now + cards.wait_after(made.tries)
    row = session.get_one(CardPayment, (made.operator_id, made.card_payment_id))
    session.flush()
    return made.key, row.stripe_intent or "", made.amount_minor


def _fail_refund(session: Session, actor: Actor, card_refund_id: int, now: datetime, fault: str) -> None:
    lock_books(session)
    fail_refund(session, actor, lock_refund(session, card_refund_id), now=now, fault=fault)


def _begin_method(
    session: Session, actor: Actor, now: datetime, startup_id: int, consent_text: str
) -> tuple[int, str, str | None]:  # fmt: skip
    made = card_methods.begin_method(session, actor, now=now, startup_id=startup_id, consent_text=consent_text)
    customer = session.execute(
        select(CardMethod.stripe_customer)
        .where(CardMethod.startup_id == startup_id, CardMethod.stripe_customer.is_not(None))
        .order_by(CardMethod.id.desc()).limit(1)
    ).scalar_one_or_none()  # fmt: skip
    return made.id, made.key, customer


def _session_of(session: Session, card_payment_id: int) -> str | None:
    return checkouts.lock_card_payment(session, card_payment_id).stripe_session


def _ids_of(session: Session, card_payment_id: int, now: datetime) -> tuple[str | None, str | None]:
    row = checkouts.lock_card_payment(session, card_payment_id)
    row.looked_at = now
    return row.stripe_session, row.stripe_intent


def _find_key(session: Session, now: datetime, code: str) -> None:
    find(session, now=now, kind="key_refused", stripe_id=f"{now:%Y-%m-%d}", facts={"code": code})
