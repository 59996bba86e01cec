"""A stand-in for Stripe that speaks its HTTP and has state: it is no Stripe, no money moves, and every page says so.

What it keeps to, as far as the product relies on it: form-encoded requests, the key as bearer, idempotency keys (the same
answer for the same key; 409 while the first is under way; 400 for the same key with other parameters; kept for 24 hours
of its own clock), hosted Checkout pages that can be paid, declined, paid later (Alipay) or left, saved cards charged
off-session, refunds that can't give back more than was taken, disputes, payouts, balance transactions with a fee of
2.9 % + 2.00, lists by pages, and events signed as Stripe signs them.

Faults on purpose: `lose_answers` does what is asked and then closes the connection; `away` closes it before.
"""

from __future__ import annotations

import hashlib
import hmac
import html
import json
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

KEY = "sk_test_standin000000000000"
WEBHOOK_SECRET = "whsec_standin0000000000000000"
GOOD, DECLINED = "4242", "0002"
Thing = dict[str, Any]


class Fault(Exception):
    """An answer that is an error."""

    def __init__(self, status: int, kind: str, code: str = "", **more: Any) -> None:
        super().__init__(code)
        self.status = status
        self.body = {"error": {"type": kind, "code": code, "message": f"stand-in: {code or kind}", **more}}


@dataclass
class StripeFake:
    """The account: everything in it, and what a test does to it."""

    url: str = ""
    things: dict[str, Thing] = field(default_factory=dict)
    events: list[Thing] = field(default_factory=list)
    calls: list[tuple[str, str]] = field(default_factory=list)
    """Method and path of every call that came through."""
    lose_answers: int = 0
    """So many calls that change something are done, and not answered."""
    away: bool = False
    slow: float = 0.0
    """Seconds before an answer."""
    later: float = 0.0
    """How much later it is by the account's clock: for keys that are forgotten after 24 hours."""
    clock: Callable[[], float] = time.time
    """The account's own: when things were made."""
    _numbers: int = 0
    _answers: dict[str, tuple[str, float, int, Thing] | None] = field(default_factory=dict)
    _lock: threading.RLock = field(default_factory=threading.RLock)

    # -- what tests do --------------------------------------------------------------------------------

    def pay(self, session_id: str, last4: str = GOOD, way: str = "card") -> None:
        """Somebody pays on the hosted page; `alipay` is on its way until `settle`."""
        with self._lock:
            page = self._get(session_id)
            if page["status"] != "open":
                raise Fault(400, "invalid_request_error", "session_over")
            if page["mode"] == "setup":
                self._save_card(page, last4)
                return
            intent = self._get(page["payment_intent"]) if page["payment_intent"] else self._new_intent(page)
            page["payment_intent"] = intent["id"]
            if last4 == DECLINED:
                intent["last_payment_error"] = {"code": "card_declined", "decline_code": "insufficient_funds"}
                self._event("payment_intent.payment_failed", intent)
                return
            page["status"] = "complete"
            page["url"] = None
            if way == "alipay":
                intent["status"] = "processing"
                self._event("checkout.session.completed", page)
                return
            self._take(intent, way, last4)
            page["payment_status"] = "paid"
            self._event("checkout.session.completed", page)

    def settle(self, session_id: str, paid: bool = True) -> None:
        """What was on its way arrives, or does not."""
        page = self._get(session_id)
        intent = self._get(page["payment_intent"])
        if paid:
            self._take(intent, "alipay", "")
            self._event("checkout.session.async_payment_succeeded", page)
        else:
            intent["status"] = "canceled"
            intent["last_payment_error"] = {"code": "payment_intent_payment_attempt_failed"}
            self._event("checkout.session.async_payment_failed", page)

    def expire(self, session_id: str) -> None:
        """Nobody came to the page in time."""
        page = self._get(session_id)
        page["status"], page["url"] = "expired", None
        self._event("checkout.session.expired", page)

    def refund_by_hand(self, intent_id: str, amount: int) -> Thing:
        """Somebody gives money back in Stripe's own pages."""
        return self._refund({"payment_intent": intent_id, "amount": str(amount)})

    def fail_refund(self, refund_id: str) -> None:
        """The bank sends a refund back."""
        refund = self._get(refund_id)
        refund["status"], refund["failure_reason"] = "failed", "lost_or_stolen_card"
        self._event("refund.failed", refund)

    def dispute(self, intent_id: str, amount: int | None = None) -> str:
        """The cardholder's bank disputes a charge and takes the money."""
        intent = self._get(intent_id)
        dispute = self._new("dp", "dispute", amount=amount or intent["amount"], currency=intent["currency"],
                            status="needs_response", reason="fraudulent", payment_intent=intent_id,
                            charge=intent["latest_charge"], evidence_details={"due_by": int(self.clock()) + 7 * 86400},
                            balance_transactions=[{"fee": 10_000, "currency": intent["currency"]}])  # fmt: skip
        self._event("charge.dispute.created", dispute)
        self._event("charge.dispute.funds_withdrawn", dispute)
        return str(dispute["id"])

    def close_dispute(self, dispute_id: str, status: str) -> None:
        """won or lost; of one that is won, the fee comes back."""
        dispute = self._get(dispute_id)
        dispute["status"] = status
        if status == "won":
            dispute["balance_transactions"].append({"fee": -10_000, "currency": dispute["currency"]})
            self._event("charge.dispute.funds_reinstated", dispute)
        self._event("charge.dispute.closed", dispute)

    def pay_out(self, amount: int, currency: str = "cny") -> str:
        """Money goes to the operator's bank."""
        payout = self._new("po", "payout", amount=amount, currency=currency, status="paid",
                           arrival_date=int(self.clock()))  # fmt: skip
        self._event("payout.paid", payout)
        return str(payout["id"])

    def fail_payout(self, payout_id: str) -> None:
        payout = self._get(payout_id)
        payout["status"] = "failed"
        self._event("payout.failed", payout)

    def charge_elsewhere(self, amount: int, currency: str = "cny") -> str:
        """Another shop takes money in the same account."""
        intent = self._intent(amount, currency, {})
        self._take(intent, "card", GOOD)
        return str(intent["id"])

    def change(self, thing_id: str, **values: Any) -> None:
        """Have a thing be otherwise."""
        self._get(thing_id).update(values)

    def taken(self) -> int:
        """All that was ever charged, in the account."""
        return sum(each["amount"] for each in self.things.values() if each["object"] == "charge")

    def last(self, kind: str) -> Thing:
        """The newest thing of a kind."""
        return [each for each in self.things.values() if each["object"] == kind][-1]

    def signed(self, event: Thing, secret: str = WEBHOOK_SECRET, at: int | None = None) -> tuple[bytes, str]:
        """An event's body and the signature that Stripe sends with it."""
        body, stamp = json.dumps(event).encode(), at or int(time.time())
        digest = hmac.new(secret.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
        return body, f"t={stamp},v1={digest}"

    # -- what Stripe does ------------------------------------------------------------------------------

    def _new(self, prefix: str, kind: str, **values: Any) -> Thing:
        with self._lock:
            self._numbers += 1
            thing = {"id": f"{prefix}_{self._numbers:06}", "object": kind, "created": int(self.clock()),
                     "metadata": {}} | values  # fmt: skip
            self.things[thing["id"]] = thing
            return thing

    def _get(self, thing_id: str) -> Thing:
        if thing_id not in self.things:
            raise Fault(404, "invalid_request_error", "resource_missing")
        return self.things[thing_id]

    def _event(self, kind: str, thing: Thing) -> None:
        with self._lock:
            self._numbers += 1
            self.events.append({"id": f"evt_{self._numbers:06}", "object": "event", "type": kind,
                                "created": int(self.clock()), "data": {"object": json.loads(json.dumps(thing))}})  # fmt: skip

    def _intent(self, amount: int, currency: str, metadata: dict[str, str]) -> Thing:
        return self._new("pi", "payment_intent", amount=amount, amount_received=0, currency=currency, metadata=metadata,
                         status="requires_payment_method", latest_charge=None, last_payment_error=None)  # fmt: skip

    def _new_intent(self, page: Thing) -> Thing:
        return self._intent(page["amount_total"], page["currency"], page["_intent_metadata"])

    def _take(self, intent: Thing, way: str, last4: str) -> None:
        amount = intent["amount"]
        fee = amount * 29 // 1000 + 200
        balance = self._new("txn", "balance_transaction", amount=amount, fee=fee, net=amount - fee,
                            currency=intent["currency"])  # fmt: skip
        details: Thing = {"type": way, way: {"last4": last4} if last4 else {}}
        charge = self._new("ch", "charge", amount=amount, amount_refunded=0, currency=intent["currency"],
                           payment_intent=intent["id"], payment_method_details=details,
                           balance_transaction=balance["id"])  # fmt: skip
        intent |= {"status": "succeeded", "amount_received": amount, "latest_charge": charge["id"],
                   "last_payment_error": None}  # fmt: skip
        self._event("payment_intent.succeeded", intent)

    def _save_card(self, page: Thing, last4: str) -> None:
        card = {"brand": "visa", "last4": last4, "exp_month": 5, "exp_year": 2029}
        method = self._new("pm", "payment_method", type="card", card=card, customer=page["customer"])
        setup = self._new("seti", "setup_intent", status="succeeded", payment_method=method["id"])
        page |= {"status": "complete", "setup_intent": setup["id"], "url": None}
        self._event("checkout.session.completed", page)

    def _checkout(self, given: Thing) -> Thing:
        setup = given["mode"] == "setup"
        item = {} if setup else given["line_items"]["0"]["price_data"]
        page = self._new(
            "cs", "checkout.session", mode=given["mode"], status="open", payment_status="unpaid",
            amount_total=None if setup else int(item["unit_amount"]), currency=None if setup else item["currency"],
            expires_at=int(given["expires_at"]), metadata=given.get("metadata", {}), payment_intent=None,
            setup_intent=None, customer=given.get("customer"), success_url=given["success_url"],
            cancel_url=given["cancel_url"], _title=item.get("product_data", {}).get("name", ""),
            _intent_metadata=given.get("payment_intent_data", {}).get("metadata", {}),
        )  # fmt: skip
        page["url"] = f"{self.url}/standin/{page['id']}"
        return page

    def _charge_saved(self, given: Thing) -> Thing:
        method = self._get(given["payment_method"])
        intent = self._intent(int(given["amount"]), given["currency"], given.get("metadata", {}))
        if method.get("customer") != given["customer"]:
            raise Fault(400, "invalid_request_error", "payment_method_unexpected_state")
        if method["card"]["last4"] == DECLINED:
            intent["last_payment_error"] = {"code": "card_declined", "decline_code": "insufficient_funds"}
            self._event("payment_intent.payment_failed", intent)
            raise Fault(402, "card_error", "card_declined", decline_code="insufficient_funds", payment_intent=intent)
        self._take(intent, "card", method["card"]["last4"])
        return intent

    def _refund(self, given: Thing) -> Thing:
        intent = self._get(given["payment_intent"])
        charge, amount = self._get(intent["latest_charge"]), int(given["amount"])
        if charge["amount_refunded"] + amount > charge["amount"]:
            raise Fault(400, "invalid_request_error", "charge_already_refunded")
        charge["amount_refunded"] += amount
        refund = self._new("re", "refund", amount=amount, currency=intent["currency"], status="succeeded",
                           payment_intent=intent["id"], charge=charge["id"], metadata=given.get("metadata", {}))  # fmt: skip
        self._event("charge.refunded", charge)
        return refund

    def answer(self, method: str, path: str, given: Thing, key: str) -> Thing:
        """One call of the API."""
        self.calls.append((method, path))
        if method == "GET" or not key:
            return self._do(method, path, given)
        print_ = json.dumps([path, given], sort_keys=True)
        with self._lock:
            now = self.clock() + self.later
            if key in self._answers:
                known = self._answers[key]
                if known is None:
                    raise Fault(409, "idempotency_error", "idempotency_key_in_use")
                if now - known[1] < 86_400:
                    if known[0] != print_:
                        raise Fault(400, "idempotency_error", "idempotency_key_other_parameters")
                    if known[2] != 200:
                        raise _again(known[2], known[3])
                    return known[3]
            self._answers[key] = None
        try:
            done = self._do(method, path, given)
        except Fault as fault:
            self._answers[key] = (print_, now, fault.status, fault.body)
            raise
        self._answers[key] = (print_, now, 200, json.loads(json.dumps(self.expanded(done, given))))
        return done

    def _do(self, method: str, path: str, given: Thing) -> Thing:
        with self._lock:
            match method, path.removeprefix("/v1/").split("/"):
                case "POST", ["checkout", "sessions"]:
                    return self._checkout(given)
                case "POST", ["checkout", "sessions", found, "expire"]:
                    if self._get(found)["status"] != "open":
                        raise Fault(400, "invalid_request_error", "session_over")
                    self.expire(found)
                    return self._get(found)
                case "POST", ["customers"]:
                    return self._new("cus", "customer", name=given.get("name"), metadata=given.get("metadata", {}))
                case "POST", ["payment_intents"]:
                    return self._charge_saved(given)
                case "POST", ["refunds"]:
                    return self._refund(given)
                case "POST", ["payment_methods", found, "detach"]:
                    self._get(found)["customer"] = None
                    return self._get(found)
                case "GET", ["balance"]:
                    return {"object": "balance", "available": []}
                case "GET", ["payment_intents" | "refunds" | "disputes" | "payouts" as kind]:
                    return self._list(kind, given)
                case "GET", [*_, found]:
                    return self._get(found)
        raise Fault(404, "invalid_request_error", "no_such_address")

    def _list(self, kind: str, given: Thing) -> Thing:
        name = {"payment_intents": "payment_intent", "refunds": "refund", "disputes": "dispute", "payouts": "payout"}[kind]
        found = [each for each in reversed(self.things.values()) if each["object"] == name]
        if since := given.get("created", {}).get("gte"):
            found = [each for each in found if each["created"] >= int(since)]
        if intent := given.get("payment_intent"):
            found = [each for each in found if each.get("payment_intent") == intent]
        if after := given.get("starting_after"):
            found = found[[each["id"] for each in found].index(after) + 1 :]
        size = min(int(given.get("limit", 10)), 3)  # small pages, so that the second is asked for, too
        return {"object": "list", "data": found[:size], "has_more": len(found) > size, "url": f"/v1/{kind}"}

    def expanded(self, thing: Thing, given: Thing) -> Thing:
        """The thing with what was asked to be in it in full, and without what is the stand-in's own."""
        found = {name: value for name, value in thing.items() if not name.startswith("_")}
        for path in given.get("expand", {}).values():
            _expand(self, found, path.split("."))
        return found


def _again(status: int, body: Thing) -> Fault:
    fault = Fault(status, "")
    fault.body = body
    return fault


def _expand(fake: StripeFake, thing: Thing, path: list[str]) -> None:
    name, *rest = path
    if name == "data":
        thing["data"] = [dict(each) for each in thing["data"]]
        for each in thing["data"]:
            _expand(fake, each, rest)
        return
    if isinstance(thing.get(name), str):
        thing[name] = dict(fake.things[thing[name]])
    if rest and isinstance(thing.get(name), dict):
        _expand(fake, thing[name], rest)


def nested(pairs: list[tuple[str, str]]) -> Thing:
    """`a[b][0]=x` as Stripe reads it."""
    found: Thing = {}
    for name, value in pairs:
        *parents, last = re.findall(r"[^\[\]]+", name)
        inner = found
        for parent in parents:
            inner = inner.setdefault(parent, {})
        inner[last] = value
    return found


PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Stand-in for Stripe</title></head><body><main><h1>Stand-in for Stripe</h1><p>No money moves here.</p><p>{title}
<strong>{amount}</strong></p><form method="post"><p><label>Card <select name="last4"><option value="4242">4242: good</option>
<option value="0002">0002: is declined</option></select></label></p>
<button name="way" value="card">Pay by card</button> <button name="way" value="alipay">Pay by Alipay, later</button></form>
<p>{said}</p><p><a href="{cancel}">Back without paying</a></p></main></body></html>"""


class _Handler(BaseHTTPRequestHandler):
    fake: StripeFake
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: Any) -> None:
        """Quietly."""

    def do_GET(self) -> None:
        self._serve("GET", "")

    def do_POST(self) -> None:
        self._serve("POST", self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode())

    def _serve(self, method: str, body: str) -> None:
        where = urlsplit(self.path)
        if where.path.startswith("/standin/"):
            self._page(method, where.path.rsplit("/", 1)[1], parse_qs(body))
            return
        if self.fake.away:
            self.close_connection = True
            return
        given = nested(parse_qsl(where.query if method == "GET" else body, keep_blank_values=True))
        try:
            if self.headers.get("Authorization") != f"Bearer {KEY}":
                raise Fault(401, "invalid_request_error", "api_key_invalid")
            answer, status = self.fake.answer(method, where.path, given, self.headers.get("Idempotency-Key") or ""), 200
            answer = self.fake.expanded(answer, given)
        except Fault as fault:
            answer, status = fault.body, fault.status
        time.sleep(self.fake.slow)
        if method == "POST" and self.fake.lose_answers > 0:
            self.fake.lose_answers -= 1
            self.close_connection = True
            return
        self._send(status, "application/json", json.dumps(answer))

    def _page(self, method: str, session_id: str, form: dict[str, list[str]]) -> None:
        page, said = self.fake.things[session_id], ""
        if method == "POST":
            self.fake.pay(session_id, form["last4"][0], form["way"][0])
            if page["status"] == "complete":
                self.send_response(303)
                self.send_header("Location", page["success_url"])
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            said = "The card was declined."
        amount = "saves a card" if page["mode"] == "setup" else f"{page['currency'].upper()} {page['amount_total'] / 100:.2f}"
        self._send(200, "text/html; charset=utf-8", PAGE.format(
            title=html.escape(page["_title"]), amount=amount, cancel=html.escape(page["cancel_url"]), said=said))  # fmt: skip

    def _send(self, status: int, kind: str, text: str) -> None:
        content = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


@contextmanager
def serve() -> Iterator[StripeFake]:
    """The stand-in on a free port of this machine."""
    fake = StripeFake()
    handler = type("Handler", (_Handler,), {"fake": fake})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    fake.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield fake
    finally:
        server.shutdown()
        server.server_close()
        thread.join(timeout=5)
