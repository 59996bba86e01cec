"""The account: everything in it, and what its people, their banks and Stripe itself do to it."""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from incubator.stand_ins.stripe import WEBHOOK_SECRET

GOOD, DECLINED = "4242", "0002"
LATER = "alipay"
"""The way whose money is on its way for a while."""
DISPUTE_FEE = 10_000
ANSWER_WITHIN = 7 * 86_400
OVER = "invalid_request_error"
Thing = dict[str, Any]


class Fault(Exception):
    """An answer that is an error."""

    def __init__(self, status: int, kind: str, code: str = "", **more: Any) -> None:
        super().__init__(code)
        self.status = status
        self.body = {"error": {"type": kind, "code": code, "message": f"stand-in: {code or kind}", **more}}


@dataclass
class Account:
    """One account at the stand-in. Whoever reads and then changes holds `lock`."""

    url: str = ""
    things: dict[str, Thing] = field(default_factory=dict)
    """By id, the oldest first."""
    events: list[Thing] = field(default_factory=list)
    told: int = 0
    """How many of the events have arrived at the product."""
    answers: dict[str, tuple[str, float, int, Thing] | None] = field(default_factory=dict)
    """By idempotency key: what was asked, when, and what was answered; None: under way."""
    clock: Callable[[], float] = time.time
    most_listed: int = 100
    lock: threading.RLock = field(default_factory=threading.RLock)

    # -- what people and banks do ------------------------------------------------------------------------

    def pay(self, session_id: str, last4: str = GOOD, way: str = "card") -> None:
        """Somebody pays on the hosted page, or saves a card there; `alipay` is on its way until `settle`."""
        with self.lock:
            page = self.get(session_id)
            if page["status"] != "open":
                raise Fault(400, OVER, "session_over")
            if page["mode"] == "setup":
                self._save_card(page, last4)
                return
            found = page["payment_intent"]
            intent = self.get(found) if found else self.new_intent(
                page["amount_total"], page["currency"], page["_intent_metadata"])  # fmt: skip
            page["payment_intent"] = intent["id"]
            if way == "card" and last4 == DECLINED:
                self.decline(intent)
                return
            page["status"], page["url"] = "complete", None
            if way == LATER:
                intent["status"] = "processing"
            else:
                self.take(intent, way, last4 if way == "card" else "")
                page["payment_status"] = "paid"
            self.tell("checkout.session.completed", page)

    def settle(self, session_id: str, paid: bool = True) -> None:
        """What was on its way arrives, or does not."""
        page = self.get(session_id)
        intent = self.get(page["payment_intent"])
        if paid:
            self.take(intent, LATER, "")
            self.tell("checkout.session.async_payment_succeeded", page)
        else:
            intent["status"] = "canceled"
            intent["last_payment_error"] = {"code": "payment_intent_payment_attempt_failed"}
            self.tell("checkout.session.async_payment_failed", page)

    def expire(self, session_id: str) -> None:
        """Nobody came to the page in time."""
        page = self.get(session_id)
        page["status"], page["url"] = "expired", None
        self.tell("checkout.session.expired", page)

    def refund(self, intent_id: str, amount: int, metadata: Thing | None = None) -> Thing:
        """Money goes back the way it came, at most what is left."""
        intent = self.get(intent_id)
        charge = self.get(intent["latest_charge"])
        if not 0 < amount <= charge["amount"] - charge["amount_refunded"]:
            raise Fault(400, OVER, "charge_already_refunded")
        charge["amount_refunded"] += amount
        refund = self.new("re", "refund", amount=amount, currency=intent["currency"], status="succeeded",
                          payment_intent=intent["id"], charge=charge["id"], metadata=metadata or {})  # fmt: skip
        self.tell("charge.refunded", charge)
        return refund

    def fail_refund(self, refund_id: str) -> None:
        """The bank sends a refund back."""
        refund = self.get(refund_id)
        refund["status"], refund["failure_reason"] = "failed", "lost_or_stolen_card"
        self.tell("refund.failed", refund)

    def dispute(self, intent_id: str, amount: int | None = None) -> str:
        """The cardholder's bank disputes a charge and takes the money."""
        intent = self.get(intent_id)
        dispute = self.new("dp", "dispute", amount=amount or intent["amount"], currency=intent["currency"],
                           status="needs_response", reason="fraudulent", payment_intent=intent_id,
                           charge=intent["latest_charge"],
                           evidence_details={"due_by": int(self.clock()) + ANSWER_WITHIN},
                           balance_transactions=[{"fee": DISPUTE_FEE, "currency": intent["currency"]}])  # fmt: skip
        self.tell("charge.dispute.created", dispute)
        self.tell("charge.dispute.funds_withdrawn", dispute)
        return str(dispute["id"])

    def close_dispute(self, dispute_id: str, status: str) -> None:
        """won or lost; of one that is won, the fee comes back."""
        dispute = self.get(dispute_id)
        dispute["status"] = status
        if status == "won":
            dispute["balance_transactions"].append({"fee": -DISPUTE_FEE, "currency": dispute["currency"]})
            self.tell("charge.dispute.funds_reinstated", dispute)
        self.tell("charge.dispute.closed", dispute)

    def pay_out(self, amount: int, currency: str = "cny") -> str:
        """Money goes to the operator's bank."""
        payout = self.new("po", "payout", amount=amount, currency=currency, status="paid",
                          arrival_date=int(self.clock()))  # fmt: skip
        self.tell("payout.paid", payout)
        return str(payout["id"])

    def fail_payout(self, payout_id: str) -> None:
        """The operator's bank sends it back."""
        payout = self.get(payout_id)
        payout["status"] = "failed"
        self.tell("payout.failed", payout)

    # -- what Stripe does --------------------------------------------------------------------------------

    def get(self, thing_id: str) -> Thing:
        """The thing; a fault as Stripe's where there is none."""
        if thing_id not in self.things:
            raise Fault(404, OVER, "resource_missing")
        return self.things[thing_id]

    def all_of(self, kind: str) -> list[Thing]:
        """All of a kind, the newest first."""
        return [each for each in reversed(self.things.values()) if each["object"] == kind]

    def adopt(self, things: Iterable[Thing]) -> None:
        """Know what the product knows already, without telling it: what is here stays as it is."""
        for each in things:
            self.things.setdefault(each["id"], {"metadata": {}, "created": int(self.clock())} | each)

    def new(self, prefix: str, kind: str, **values: Any) -> Thing:
        """A thing under an id that says whose it is, and that no other account has."""
        with self.lock:
            thing: Thing = {"id": f"{prefix}_standin{secrets.token_hex(8)}", "object": kind, "metadata": {},
                            "created": int(self.clock())} | values  # fmt: skip
            self.things[thing["id"]] = thing
            return thing

    def tell(self, kind: str, thing: Thing) -> None:
        """Have the product told, as the thing is at this moment."""
        with self.lock:
            self.events.append({"id": f"evt_standin{secrets.token_hex(8)}", "object": "event", "type": kind,
                                "created": int(self.clock()), "data": {"object": plain(thing)}})  # fmt: skip

    def next_to_tell(self) -> Thing | None:
        """The oldest event that has not arrived."""
        with self.lock:
            return self.events[self.told] if self.told < len(self.events) else None

    def new_intent(self, amount: int, currency: str, metadata: Thing) -> Thing:
        return self.new("pi", "payment_intent", amount=amount, amount_received=0, currency=currency, metadata=metadata,
                        status="requires_payment_method", latest_charge=None, last_payment_error=None)  # fmt: skip

    def decline(self, intent: Thing) -> None:
        intent["last_payment_error"] = {"code": "card_declined", "decline_code": "insufficient_funds"}
        self.tell("payment_intent.payment_failed", intent)

    def take(self, intent: Thing, way: str, last4: str) -> None:
        """Charge it; 2.9 % and 2.00 are kept: of 1,155.00 33.49 + 2.00 = 35.49, rounded down."""
        amount = intent["amount"]
        fee = amount * 29 // 1000 + 200
        balance = self.new("txn", "balance_transaction", amount=amount, fee=fee, net=amount - fee,
                           currency=intent["currency"])  # fmt: skip
        details: Thing = {"type": way, way: {"last4": last4} if last4 else {}}
        charge = self.new("ch", "charge", amount=amount, amount_refunded=0, currency=intent["currency"],
                          payment_intent=intent["id"], payment_method_details=details,
                          balance_transaction=balance["id"])  # fmt: skip
        intent |= {"status": "succeeded", "amount_received": amount, "latest_charge": charge["id"],
                   "last_payment_error": None}  # fmt: skip
        self.tell("payment_intent.succeeded", intent)

    def _save_card(self, page: Thing, last4: str) -> None:
        card = {"brand": "visa", "last4": last4, "exp_month": 5, "exp_year": 2029}
        method = self.new("pm", "payment_method", type="card", card=card, customer=page["customer"])
        setup = self.new("seti", "setup_intent", status="succeeded", payment_method=method["id"])
        page |= {"status": "complete", "setup_intent": setup["id"], "url": None}
        self.tell("checkout.session.completed", page)

    def available(self) -> int:
        """What could be paid out: charges less fees, refunds, what is disputed or lost, and what was paid out."""
        came = sum(each["amount"] - self.get(each["balance_transaction"])["fee"] for each in self.all_of("charge"))
        back = sum(each["amount"] for each in self.all_of("refund") if each["status"] != "failed")
        disputed = [each for each in self.all_of("dispute") if each["status"] != "won"]
        lost = sum(each["amount"] + sum(fee["fee"] for fee in each["balance_transactions"]) for each in disputed)
        gone = sum(each["amount"] for each in self.all_of("payout") if each["status"] == "paid")
        return int(max(came - back - lost - gone, 0))

    def signed(self, event: Thing, secret: str = WEBHOOK_SECRET, at: int | None = None) -> tuple[bytes, str]:
        """An event's body and the signature that Stripe sends with it."""
        body, stamp = json.dumps(event).encode(), at or int(time.time())
        digest = hmac.new(secret.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
        return body, f"t={stamp},v1={digest}"


def plain(thing: Any) -> Any:
    """A copy that later changes don't touch."""
    return json.loads(json.dumps(thing))
