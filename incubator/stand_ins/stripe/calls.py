"""The API over an account: one call in, its answer or a fault out."""

from __future__ import annotations

import json
import re
from typing import Any

from incubator.stand_ins.stripe.account import DECLINED, OVER, Account, Fault, Thing, plain

KEYS_LIVE = 86_400
LISTS = {"payment_intents": "payment_intent", "refunds": "refund", "disputes": "dispute", "payouts": "payout"}


def answer(account: Account, method: str, path: str, given: Thing, key: str) -> Thing:
    """One call of the API, once for each idempotency key."""
    if method == "GET" or not key:
        return expanded(account, _do(account, method, path, given), given)
    asked = json.dumps([path, given], sort_keys=True)
    with account.lock:
        now = account.clock()
        if key in account.answers:
            known = account.answers[key]
            if known is None:
                raise Fault(409, "idempotency_error", "idempotency_key_in_use")
            if now - known[1] < KEYS_LIVE:
                return _again(known, asked)
        account.answers[key] = None
    try:
        done: Thing = plain(expanded(account, _do(account, method, path, given), given))
    except Fault as fault:
        account.answers[key] = (asked, now, fault.status, plain(fault.body))
        raise
    account.answers[key] = (asked, now, 200, done)
    return done


def _again(known: tuple[str, float, int, Thing], asked: str) -> Thing:
    first, _, status, body = known
    if first != asked:
        raise Fault(400, "idempotency_error", "idempotency_key_other_parameters")
    if status != 200:
        fault = Fault(status, "")
        fault.body = body
        raise fault
    return body


def _do(account: Account, method: str, path: str, given: Thing) -> Thing:
    with account.lock:
        match method, path.removeprefix("/v1/").split("/"):
            case "POST", ["checkout", "sessions"]:
                return _open_page(account, given)
            case "POST", ["checkout", "sessions", found, "expire"]:
                if account.get(found)["status"] != "open":
                    raise Fault(400, OVER, "session_over")
                account.expire(found)
                return account.get(found)
            case "POST", ["customers"]:
                return account.new("cus", "customer", name=given.get("name"), metadata=given.get("metadata", {}))
            case "POST", ["payment_intents"]:
                return _charge_saved(account, given)
            case "POST", ["refunds"]:
                return account.refund(given["payment_intent"], int(given["amount"]), given.get("metadata"))
            case "POST", ["payment_methods", found, "detach"]:
                account.get(found)["customer"] = None
                return account.get(found)
            case "GET", ["balance"]:
                return {"object": "balance", "available": []}
            case "GET", ["payment_intents" | "refunds" | "disputes" | "payouts" as kind]:
                return _list(account, kind, given)
            case "GET", [*_, found]:
                return account.get(found)
    raise Fault(404, OVER, "no_such_address")


def _open_page(account: Account, given: Thing) -> Thing:
    setup = given["mode"] == "setup"
    item = {} if setup else given["line_items"]["0"]["price_data"]
    page = account.new(
        "cs", "checkout.session", mode=given["mode"], status="open", payment_status="unpaid",
        amount_total=None if setup else int(item["unit_amount"]), currency=None if setup else item["currency"],
        expires_at=int(given["expires_at"]), metadata=given.get("metadata", {}), payment_intent=None,
        setup_intent=None, customer=given.get("customer"), success_url=given["success_url"],
        cancel_url=given["cancel_url"], _title=item.get("product_data", {}).get("name", ""),
        _methods=list(given.get("payment_method_types", {}).values()),
        _intent_metadata=given.get("payment_intent_data", {}).get("metadata", {}),
    )  # fmt: skip
    page["url"] = f"{account.url}/standin/{page['id']}"
    return page


def _charge_saved(account: Account, given: Thing) -> Thing:
    method = account.get(given["payment_method"])
    intent = account.new_intent(int(given["amount"]), given["currency"], given.get("metadata", {}))
    if method.get("customer") != given["customer"]:
        raise Fault(400, OVER, "payment_method_unexpected_state")
    if method["card"]["last4"] == DECLINED:
        account.decline(intent)
        raise Fault(402, "card_error", "card_declined", decline_code="insufficient_funds", payment_intent=intent)
    account.take(intent, "card", method["card"]["last4"])
    return intent


def _list(account: Account, kind: str, given: Thing) -> Thing:
    found = account.all_of(LISTS[kind])
    if since := given.get("created", {}).get("gte"):
        found = [each for each in found if each["created"] >= int(since)]
    if intent := given.get("payment_intent"):
        found = [each for each in found if each.get("payment_intent") == intent]
    if after := given.get("starting_after"):
        found = found[[each["id"] for each in found].index(after) + 1 :]
    size = min(int(given.get("limit", 10)), account.most_listed)
    return {"object": "list", "data": found[:size], "has_more": len(found) > size, "url": f"/v1/{kind}"}


def expanded(account: Account, thing: Thing, given: Thing) -> Thing:
    """The thing with what was asked to be in it in full, and without what is the stand-in's own."""
    found = {name: value for name, value in thing.items() if not name.startswith("_")}
    for path in given.get("expand", {}).values():
        _expand(account, found, path.split("."))
    return found


def _expand(account: Account, thing: Thing, path: list[str]) -> None:
    name, *rest = path
    if name == "data":
        thing["data"] = [dict(each) for each in thing["data"]]
        for each in thing["data"]:
            _expand(account, each, rest)
        return
    if isinstance(thing.get(name), str):
        thing[name] = dict(account.things[thing[name]])
    if rest and isinstance(thing.get(name), dict):
        _expand(account, thing[name], rest)


def nested(pairs: list[tuple[str, str]]) -> Thing:
    """`a[b][0]=x` as Stripe reads it."""
    found: Thing = {}
    for name, value in pairs:
        *parents, last = re.findall(r"[^\[\]]+", name)
        inner: dict[str, Any] = found
        for parent in parents:
            inner = inner.setdefault(parent, {})
        inner[last] = value
    return found
