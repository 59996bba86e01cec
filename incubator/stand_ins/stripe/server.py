"""The stand-in on a port of this machine: the API, its pages, and the events that it sends."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.parse import parse_qs, parse_qsl, urlsplit
from urllib.request import Request, urlopen

from incubator.stand_ins.stripe import KEY, calls, keeping, pages
from incubator.stand_ins.stripe.account import OVER, Account, Fault, Thing
from incubator.stand_ins.stripe.words import language_of, say

HOST = "127.0.0.1"
"""Nobody else's machine reaches it."""
LARGEST = 64 * 1024
SETTLES_AFTER = 20
ROUND_SECONDS = 0.5
PATIENCE_SECONDS = 10
LONGEST_WAIT = 60
HEADERS = {"Content-Security-Policy": "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'",
           "X-Content-Type-Options": "nosniff", "Cache-Control": "no-store"}  # fmt: skip


@dataclass(frozen=True)
class Options:
    """Where it is, what it keeps and whom it tells."""

    port: int
    kept_in: Path
    hook: str
    """The product's address for events."""
    known: list[Thing] = field(default_factory=list)
    """What the product has of this account already."""


def serve(options: Options) -> None:
    """Until the process is ended."""
    account = Account(url=f"http://{HOST}:{options.port}")
    keeping.load(account, options.kept_in)
    account.adopt(options.known)
    keeping.keep(account, options.kept_in)
    teller = threading.Thread(target=_tell, args=(account, options), daemon=True)
    with listening(account, Handler, options.port, options.kept_in) as server:
        teller.start()
        server.join()


@contextmanager
def listening(
    account: Account, handler: type[Handler], port: int = 0, kept_in: Path | None = None
) -> Iterator[threading.Thread]:
    """The account at a port; `kept_in`: where it is written after each change."""
    made = type("Handler", (handler,), {"account": account, "kept_in": kept_in})
    server = ThreadingHTTPServer((HOST, port), made)
    server.daemon_threads = True
    account.url = f"http://{HOST}:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield thread
    finally:
        server.shutdown()
        server.server_close()
        thread.join(timeout=5)


class Handler(BaseHTTPRequestHandler):
    """One request."""

    account: Account
    kept_in: Path | None
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: Any) -> None:
        """Quietly."""

    def do_GET(self) -> None:
        self._serve("GET", "")

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        if length > LARGEST:
            self.close_connection = True
            self.send(413, "text/plain", "")
            return
        self._serve("POST", self.rfile.read(length).decode())
        if self.kept_in is not None:
            keeping.keep(self.account, self.kept_in)

    def _serve(self, method: str, body: str) -> None:
        where = urlsplit(self.path)
        if where.path.startswith("/v1/"):
            self.answer_call(method, where.path, where.query if method == "GET" else body)
            return
        if method == "POST" and self.headers.get("Origin") not in (None, self.account.url):
            self.send(403, "text/plain", "from another page")
            return
        asked, form = parse_qs(where.query), {name: each[0] for name, each in parse_qs(body).items()}
        language = language_of(form.get("lang") or asked.get("lang", [""])[0], self.headers.get("Accept-Language", ""))
        match method, where.path.strip("/").split("/"):
            case "GET", ["style.css"]:
                self.send(200, "text/css", pages.STYLE)
            case _, ["standin", session_id] if session_id in self.account.things:
                self._pay(method, session_id, form, language)
            case "POST", ["do", verb]:
                self._act(verb, form, language)
            case "GET", [""]:
                self._show(200, pages.show_account(self.account, language))
            case _:
                self._show(404, pages.show_missing(language))

    def answer_call(self, method: str, path: str, text: str) -> None:
        """A call of the API."""
        given = calls.nested(parse_qsl(text, keep_blank_values=True))
        try:
            if self.headers.get("Authorization") != f"Bearer {KEY}":
                raise Fault(401, OVER, "api_key_invalid")
            answer, status = calls.answer(self.account, method, path, given,
                                          self.headers.get("Idempotency-Key") or ""), 200  # fmt: skip
        except Fault as fault:
            answer, status = fault.body, fault.status
        self.send(status, "application/json", json.dumps(answer))

    def _pay(self, method: str, session_id: str, form: dict[str, str], language: str) -> None:
        page, said = self.account.get(session_id), ""
        if method == "POST" and page["status"] == "open":
            self.account.pay(session_id, form.get("last4", ""), form.get("way", "card"))
            if page["status"] == "complete":
                self._lead(page["success_url"])
                return
            said = "The card was declined. Choose another one, or go back."
        self._show(200, pages.show_paying(page, language, said))

    def _act(self, verb: str, form: dict[str, str], language: str) -> None:
        """What the account's page brings about."""
        account, thing = self.account, form.get("thing", "")
        try:
            with account.lock:
                match verb:
                    case "pay_out":
                        account.pay_out(min(_fen(form), account.available()))
                    case "refund":
                        account.refund(thing, _fen(form))
                    case "dispute":
                        account.dispute(thing)
                    case "win" | "lose":
                        account.close_dispute(thing, "won" if verb == "win" else "lost")
                    case "expire":
                        account.expire(thing)
                    case "fail_refund":
                        account.fail_refund(thing)
                    case "fail_payout":
                        account.fail_payout(thing)
        except Fault as fault:
            why = say(language, "That can't be done: %(why)s", why=fault)
            self._show(409, pages.show_account(account, language, why))
            return
        self._lead(f"/?lang={language}")

    def _lead(self, address: str) -> None:
        self.send_response(303)
        self.send_header("Location", address)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _show(self, status: int, page: str) -> None:
        self.send(status, "text/html; charset=utf-8", page)

    def send(self, status: int, kind: str, text: str) -> None:
        content = text.encode()
        self.send_response(status)
        for name, value in HEADERS.items():
            self.send_header(name, value)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


def _fen(form: dict[str, str]) -> int:
    try:
        amount = Decimal(form.get("amount", "").replace(",", "")) * 100
        if amount > 0 and amount == int(amount):
            return int(amount)
    except (InvalidOperation, OverflowError, ValueError):
        pass
    raise Fault(400, OVER, "amount")


def _tell(account: Account, options: Options) -> None:
    """Send the events, each until it has arrived, in their order; let what is on its way arrive."""
    wait = ROUND_SECONDS
    while True:
        time.sleep(wait)
        _settle(account)
        while (event := account.next_to_tell()) is not None and _arrives(account, options.hook, event):
            with account.lock:
                account.told += 1
            keeping.keep(account, options.kept_in)
        wait = ROUND_SECONDS if event is None else min(wait * 2, LONGEST_WAIT)


def _settle(account: Account) -> None:
    now = account.clock()
    with account.lock:
        for page in account.all_of("checkout.session"):
            intent = account.things.get(page["payment_intent"] or "")
            if intent and intent["status"] == "processing" and now - intent["created"] > SETTLES_AFTER:
                account.settle(page["id"])


def _arrives(account: Account, hook: str, event: Thing) -> bool:
    body, signature = account.signed(event)
    headers = {"Stripe-Signature": signature, "Content-Type": "application/json"}
    try:
        with urlopen(Request(hook, body, headers), timeout=PATIENCE_SECONDS) as answer:  # noqa: S310  our own address
            return bool(answer.status == 200)
    except (URLError, OSError):
        return False
