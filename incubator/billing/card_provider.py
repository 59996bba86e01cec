"""The one place that speaks with Stripe: our plain values out, its answers as plain values in.

Every call has a time-out; every call that changes something has an idempotency key of ours. An answer is one of four:
the thing as it is now, `Declined` (by the payer's bank), `Refused` (by Stripe: asking again is of no use) or
`Unreached` (nobody knows whether it happened: ask again under the same key).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Protocol

from msgspec import Struct

from incubator.billing.rules.cards import DisputeSeen, Fee, Intent, Method, PayoutSeen, RefundSeen, Session

if TYPE_CHECKING:
    import stripe

TIMEOUT = (5.0, 20.0)
"""Seconds to connect, and to answer."""
RETRIES = 1
"""By the library itself, under the same key."""
MOST_LISTED = 100
EXPAND_INTENT = ["latest_charge.balance_transaction"]


class Unreached(Exception):
    """No answer, or none that says whether it happened."""


class Refused(Exception):
    """Stripe understood and won't: a wrong key, an amount too small, a thing that is not there."""

    def __init__(self, code: str, about_key: bool = False) -> None:
        super().__init__(code)
        self.code = code
        self.about_key = about_key


class Declined(Exception):
    """The payer's bank won't; `intent`: as Stripe keeps it."""

    def __init__(self, code: str, intent: Intent | None) -> None:
        super().__init__(code)
        self.code = code
        self.intent = intent


class BadSignature(Exception):
    """What came to the webhook's address was not signed by Stripe for us, or too long ago."""


class Asked(Struct, frozen=True):
    """What a hosted page is for: words and addresses, and the marks that its payment carries."""

    key: str
    title: str
    marks: Mapping[str, str]
    success_url: str
    cancel_url: str
    until: datetime


class CardProvider(Protocol):
    """What the product asks of a payment service; `StripeProvider` is the one there is."""

    def check(self) -> None: ...
    def open_checkout(self, asked: Asked, amount_minor: int, currency: str, methods: list[str]) -> Session: ...
    def open_setup(self, asked: Asked, customer_id: str) -> Session: ...
    def make_customer(self, key: str, name: str, marks: Mapping[str, str]) -> str: ...
    def get_session(self, session_id: str) -> Session: ...
    def expire_session(self, session_id: str) -> Session: ...
    def get_saved_method(self, setup_id: str) -> Method: ...
    def forget_method(self, method_id: str) -> None: ...
    def charge(
        self, key: str, customer_id: str, method_id: str, amount_minor: int, currency: str, marks: Mapping[str, str]
    ) -> Intent: ...
    def get_intent(self, intent_id: str) -> Intent: ...
    def refund(self, key: str, intent_id: str, amount_minor: int, marks: Mapping[str, str]) -> RefundSeen: ...
    def get_refund(self, refund_id: str) -> RefundSeen: ...
    def list_refunds_of(self, intent_id: str) -> list[RefundSeen]: ...
    def get_dispute(self, dispute_id: str) -> DisputeSeen: ...
    def get_payout(self, payout_id: str) -> PayoutSeen: ...
    def list_intents(self, since: datetime) -> Iterator[Intent]: ...
    def list_refunds(self, since: datetime) -> Iterator[RefundSeen]: ...
    def list_disputes(self, since: datetime) -> Iterator[DisputeSeen]: ...
    def list_payouts(self, since: datetime) -> Iterator[PayoutSeen]: ...


class StripeProvider:
    """Stripe by its own library; `api` is another address than Stripe's, for a stand-in."""

    def __init__(self, secret_key: str, api: str = "") -> None:
        import stripe  # noqa: PLC0415  few requests need it

        self._stripe = stripe.StripeClient(
            secret_key, base_addresses={"api": api} if api else None, max_network_retries=RETRIES,
            http_client=stripe.RequestsClient(timeout=TIMEOUT),
        ).v1  # fmt: skip

    def check(self) -> None:
        """Whether the key is one: asks for the balance."""
        self._ask(self._stripe.balance.retrieve)

    def open_checkout(self, asked: Asked, amount_minor: int, currency: str, methods: list[str]) -> Session:
        """A hosted page that takes one amount."""
        item = {"quantity": 1, "price_data": {"currency": currency.lower(), "unit_amount": amount_minor,
                                              "product_data": {"name": asked.title}}}  # fmt: skip
        params = _page(asked) | {"mode": "payment", "line_items": [item],
                                 "payment_intent_data": {"metadata": dict(asked.marks)}}  # fmt: skip
        if methods:
            params["payment_method_types"] = methods
        if "wechat_pay" in methods:
            params["payment_method_options"] = {"wechat_pay": {"client": "web"}}
        return _session(self._ask(self._stripe.checkout.sessions.create, params, key=asked.key))

    def open_setup(self, asked: Asked, customer_id: str) -> Session:
        """A hosted page that saves a card, and takes nothing."""
        params = _page(asked) | {"mode": "setup", "customer": customer_id, "payment_method_types": ["card"],
                                 "setup_intent_data": {"metadata": dict(asked.marks)}}  # fmt: skip
        return _session(self._ask(self._stripe.checkout.sessions.create, params, key=asked.key))

    def make_customer(self, key: str, name: str, marks: Mapping[str, str]) -> str:
        """Whose saved card it is: the startup, by its name alone."""
        made = self._ask(self._stripe.customers.create, {"name": name, "metadata": dict(marks)}, key=key)
        return str(made["id"])

    def get_session(self, session_id: str) -> Session:
        return _session(self._ask(self._stripe.checkout.sessions.retrieve, session_id))

    def expire_session(self, session_id: str) -> Session:
        """Close the page; Refused where it was paid, or over already."""
        return _session(self._ask(self._stripe.checkout.sessions.expire, session_id))

    def get_saved_method(self, setup_id: str) -> Method:
        """The card that a setup page saved."""
        found = self._ask(self._stripe.setup_intents.retrieve, setup_id, {"expand": ["payment_method"]})
        return _method(found["payment_method"])

    def forget_method(self, method_id: str) -> None:
        """Let it be charged no more; one that is gone already is."""
        try:
            self._ask(self._stripe.payment_methods.detach, method_id)
        except Refused as refused:
            if refused.about_key:
                raise

    def charge(
        self, key: str, customer_id: str, method_id: str, amount_minor: int, currency: str, marks: Mapping[str, str]
    ) -> Intent:
        """Take an amount by a saved method while its owner is not there."""
        params = {
            "amount": amount_minor, "currency": currency.lower(), "customer": customer_id,
            "payment_method": method_id, "off_session": True, "confirm": True, "metadata": dict(marks),
            "payment_method_types": ["card"], "expand": EXPAND_INTENT,
        }  # fmt: skip
        return _intent(self._ask(self._stripe.payment_intents.create, params, key=key))

    def get_intent(self, intent_id: str) -> Intent:
        return _intent(self._ask(self._stripe.payment_intents.retrieve, intent_id, {"expand": EXPAND_INTENT}))

    def refund(self, key: str, intent_id: str, amount_minor: int, marks: Mapping[str, str]) -> RefundSeen:
        params = {"payment_intent": intent_id, "amount": amount_minor, "metadata": dict(marks)}
        return _refund(self._ask(self._stripe.refunds.create, params, key=key))

    def get_refund(self, refund_id: str) -> RefundSeen:
        return _refund(self._ask(self._stripe.refunds.retrieve, refund_id))

    def list_refunds_of(self, intent_id: str) -> list[RefundSeen]:
        return [_refund(each) for each in self._list(self._stripe.refunds.list, {"payment_intent": intent_id})]

    def get_dispute(self, dispute_id: str) -> DisputeSeen:
        return _dispute(self._ask(self._stripe.disputes.retrieve, dispute_id))

    def get_payout(self, payout_id: str) -> PayoutSeen:
        return _payout(self._ask(self._stripe.payouts.retrieve, payout_id))

    def list_intents(self, since: datetime) -> Iterator[Intent]:
        params = _since(since) | {"expand": [f"data.{each}" for each in EXPAND_INTENT]}
        return (_intent(each) for each in self._list(self._stripe.payment_intents.list, params))

    def list_refunds(self, since: datetime) -> Iterator[RefundSeen]:
        return (_refund(each) for each in self._list(self._stripe.refunds.list, _since(since)))

    def list_disputes(self, since: datetime) -> Iterator[DisputeSeen]:
        return (_dispute(each) for each in self._list(self._stripe.disputes.list, _since(since)))

    def list_payouts(self, since: datetime) -> Iterator[PayoutSeen]:
        return (_payout(each) for each in self._list(self._stripe.payouts.list, _since(since)))

    def _ask(self, call: Any, *arguments: Any, key: str = "") -> dict[str, Any]:
        """One call; its answer as plain data, its fault as one of ours. What Stripe writes of a fault may name the
        payer, so only its code goes on."""
        import stripe  # noqa: PLC0415  few requests need it

        given = {"options": {"idempotency_key": key}} if key else {}
        try:
            answer = call(*arguments, **given)
        except stripe.CardError as error:
            raise Declined(_code(error), _intent_of(error)) from None
        except (stripe.AuthenticationError, stripe.PermissionError) as error:
            raise Refused(_code(error) or "key_refused", about_key=True) from None
        except (stripe.InvalidRequestError, stripe.IdempotencyError) as error:
            if error.http_status == 409:  # the same key is in another call's hands at this moment
                raise Unreached(_code(error)) from None
            raise Refused(_code(error) or "invalid_request") from None
        except stripe.StripeError as error:
            raise Unreached(type(error).__name__) from None
        return _plain(answer)

    def _list(self, call: Any, params: dict[str, Any]) -> Iterator[dict[str, Any]]:
        """All of a list, a page after the other."""
        after: dict[str, Any] = {}
        while True:
            page = self._ask(call, params | {"limit": MOST_LISTED} | after)
            yield from page["data"]
            if not page["has_more"] or not page["data"]:
                return
            after = {"starting_after": page["data"][-1]["id"]}


class EventSeen(Struct, frozen=True):
    """What an event says it is about; how that stands is asked when it is handled."""

    id: str
    type: str
    thing: str
    thing_id: str


THINGS = {"checkout.session": "session", "payment_intent": "intent", "charge": "intent", "refund": "refund",
          "dispute": "dispute", "payout": "payout"}  # fmt: skip
"""By the kind of object that an event carries; of a charge it is the payment that is asked for."""


def read_event(body: bytes, signature: str, secret: str) -> EventSeen:
    """What a webhook's request says, if Stripe signed it for us in the last five minutes; else BadSignature."""
    import stripe  # noqa: PLC0415  few requests need it

    try:
        event = _plain(stripe.Webhook.construct_event(body, signature, secret))
        thing = event["data"]["object"]
        kind = THINGS.get(thing["object"], "")
        thing_id = thing.get("payment_intent") if thing["object"] == "charge" else thing.get("id")
        return EventSeen(str(event["id"]), str(event["type"]), kind if thing_id else "", str(thing_id or ""))
    except (stripe.SignatureVerificationError, ValueError, KeyError, TypeError, AttributeError):
        raise BadSignature from None


def _plain(thing: Any) -> dict[str, Any]:
    found: dict[str, Any] = thing.to_dict()
    return found


def _page(asked: Asked) -> dict[str, Any]:
    return {"metadata": dict(asked.marks), "success_url": asked.success_url, "cancel_url": asked.cancel_url,
            "expires_at": int(asked.until.timestamp()), "client_reference_id": asked.key}  # fmt: skip


def _since(since: datetime) -> dict[str, Any]:
    return {"created": {"gte": int(since.timestamp())}}


def _code(error: stripe.StripeError) -> str:
    said = getattr(error.error, "decline_code", None) or error.code
    return str(said or "")[:60]


def _intent_of(error: stripe.CardError) -> Intent | None:
    body = error.json_body or {}
    found = body.get("error", {}).get("payment_intent") if isinstance(body, dict) else None
    return _intent(found) if found else None


def _id(value: Any) -> str:
    """Of what may be an id or the whole thing."""
    return str(value["id"] if isinstance(value, dict) else value or "")


def _at(stamp: Any) -> datetime | None:
    return datetime.fromtimestamp(stamp, UTC) if stamp else None


def _marks(thing: dict[str, Any]) -> dict[str, str]:
    return {str(key): str(value) for key, value in (thing.get("metadata") or {}).items()}


def _session(found: dict[str, Any]) -> Session:
    return Session(
        id=found["id"], status=found["status"], url=found.get("url") or "", until=_at(found.get("expires_at")),
        marks=_marks(found), intent_id=_id(found.get("payment_intent")), setup_id=_id(found.get("setup_intent")),
        customer_id=_id(found.get("customer")),
    )  # fmt: skip


def _intent(found: dict[str, Any]) -> Intent:
    charge = found.get("latest_charge")
    details: dict[str, Any] = {}
    fee = None
    if isinstance(charge, dict):
        details = charge.get("payment_method_details") or {}
        balance = charge.get("balance_transaction")
        if isinstance(balance, dict):
            fee = Fee(balance["fee"], balance["currency"].upper())
    fault = found.get("last_payment_error") or {}
    kind = details.get("type", "")
    return Intent(
        id=found["id"], status=found["status"], amount_minor=found["amount"], currency=found["currency"].upper(),
        received_minor=found.get("amount_received") or 0, marks=_marks(found), charge_id=_id(charge),
        charged_at=_at(charge.get("created")) if isinstance(charge, dict) else None,
        refunded_minor=charge.get("amount_refunded", 0) if isinstance(charge, dict) else 0,
        method_kind=kind, last4=(details.get(kind) or {}).get("last4") or "",
        fault=str(fault.get("decline_code") or fault.get("code") or "")[:60], fee=fee,
    )  # fmt: skip


def _method(found: dict[str, Any]) -> Method:
    card = found.get("card") or {}
    expires = f"{card['exp_month']:02}/{card['exp_year']}" if card.get("exp_month") else ""
    return Method(found["id"], _id(found.get("customer")), found["type"], card.get("brand") or found["type"],
                  card.get("last4") or "", expires)  # fmt: skip


def _refund(found: dict[str, Any]) -> RefundSeen:
    return RefundSeen(found["id"], found["status"], found["amount"], found["currency"].upper(),
                      _id(found.get("payment_intent")), _marks(found),
                      str(found.get("failure_reason") or "")[:60])  # fmt: skip


def _dispute(found: dict[str, Any]) -> DisputeSeen:
    opened = _at(found["created"])
    assert opened is not None
    fee = sum(each.get("fee", 0) for each in found.get("balance_transactions") or [])
    return DisputeSeen(
        found["id"], found["status"], found["amount"], found["currency"].upper(), _id(found.get("payment_intent")),
        str(found.get("reason") or ""), opened, _at((found.get("evidence_details") or {}).get("due_by")), fee,
    )  # fmt: skip


def _payout(found: dict[str, Any]) -> PayoutSeen:
    arrives = _at(found["arrival_date"])
    assert arrives is not None
    return PayoutSeen(found["id"], found["status"], found["amount"], found["currency"].upper(), arrives.date())
