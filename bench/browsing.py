"""Browsers for the bench: a kept connection, cookies, the token of forms; and many of them at once, measured."""

from __future__ import annotations

import re
import statistics
import threading
import time
import urllib.parse
from collections import Counter
from collections.abc import Callable, Sequence
from http.client import HTTPConnection, RemoteDisconnected
from typing import Any, Protocol

from msgspec import Struct, field

from tests.cast import PASSWORD

TOKEN = re.compile(r'name="csrf-token" content="([^"]+)"')


class Client:
    """A browser."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.connection = HTTPConnection("127.0.0.1", port, timeout=60)
        self.cookies: dict[str, str] = {}
        self.token = ""

    def like(self) -> Client:
        """Another window of it, with a connection of its own."""
        other = Client(self.port)
        other.cookies, other.token = dict(self.cookies), self.token
        return other

    def request(self, method: str, path: str, body: str = "", keep: bool = True) -> tuple[int, bytes]:
        """Status and content; `keep` the cookies that the answer sets."""
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        if body:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        try:
            self.connection.request(method, path, body or None, headers)
            answer = self.connection.getresponse()
        except (BrokenPipeError, ConnectionResetError, RemoteDisconnected):  # it stood idle, and gunicorn closed it
            self.connection.close()
            self.connection.request(method, path, body or None, headers)
            answer = self.connection.getresponse()
        content = answer.read()
        for each in answer.headers.get_all("Set-Cookie") or [] if keep else []:
            name, _, value = each.split(";")[0].partition("=")
            self.cookies[name] = value
        return answer.status, content

    def get(self, path: str) -> int:
        return self.request("GET", path)[0]

    def post(self, path: str, **fields: object) -> int:
        """Send a form. What it leaves for the next page to say is not kept: no page is opened that would say it."""
        return self.request("POST", path, urllib.parse.urlencode({"csrf_token": self.token} | fields), keep=False)[0]

    def read_token(self, path: str) -> None:
        found = TOKEN.search(self.request("GET", path)[1].decode())
        assert found, path
        self.token = found[1]

    def sign_in(self, name: str) -> Client:
        """As a person does."""
        self.read_token("/sign-in")
        form = {"csrf_token": self.token, "email": f"{name}@example.com", "password": PASSWORD}
        assert self.request("POST", "/sign-in", urllib.parse.urlencode(form))[0] == 303
        self.read_token("/bookings/new")
        return self


class Measured(Struct):
    """How long each of some requests took, and what it answered."""

    clients: int
    seconds: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    whole: float = 0

    @property
    def cuts(self) -> tuple[float, float, float]:
        """p50, p95 and p99 in milliseconds."""
        found = statistics.quantiles(self.seconds, n=100)
        return 1000 * found[49], 1000 * found[94], 1000 * found[98]

    @property
    def rate(self) -> float:
        """A second."""
        return len(self.seconds) / self.whole

    @property
    def faults(self) -> int:
        return sum(count for status, count in self.statuses.items() if status >= 500)


class Browser(Protocol):
    """What a kind of work asks of one: over HTTP, or within a process."""

    def get(self, path: str) -> int: ...
    def post(self, path: str, **fields: object) -> int: ...


Work = Callable[[Any, int], int]
"""One request of a `Browser`, by its number; its status."""


def drive(clients: Sequence[Any], work: Work, count: int) -> Measured:
    """`count` requests, shared by the clients, each as fast as it is answered."""
    measured, lock, numbers = Measured(len(clients)), threading.Lock(), iter(range(count))

    def run(client: Any) -> None:
        while True:
            with lock:
                number = next(numbers, None)
            if number is None:
                return
            begun = time.perf_counter()
            status = work(client, number)
            took = time.perf_counter() - begun
            with lock:
                measured.seconds.append(took)
                measured.statuses[status] += 1

    threads = [threading.Thread(target=run, args=(client,)) for client in clients]
    begun = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    measured.whole = time.perf_counter() - begun
    return measured
