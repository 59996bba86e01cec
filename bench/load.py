"""Load over HTTP: gunicorn as `make run` starts it, a year of bookings, and people who book and look at once."""

from __future__ import annotations

import os
import re
import statistics
import subprocess
import sys
import threading
import time
import urllib.parse
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from http.client import HTTPConnection, HTTPException, RemoteDisconnected
from zoneinfo import ZoneInfo

from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session

from incubator.bookings.operations import BookingRequest, book_many
from incubator.core.clock import utc_now
from incubator.pricing.operations import TariffLine, create_tariff
from incubator.settings import ROOT
from incubator.spaces.operations import add_floor, add_resource, add_unit, create_site
from tests.cast import PASSWORD, assemble_cast
from tests.database import Databases, TestDatabase

ROOMS = 50
BOOKINGS = int(os.environ.get("BENCH_BOOKINGS", "100000"))
PORT = 8790
CROWD = 8
SHANGHAI = ZoneInfo("Asia/Shanghai")
TOKEN = re.compile(r'name="csrf-token" content="([^"]+)"')
SINCE = date(2020, 1, 1)
FIRST_FREE = timedelta(days=30)
"""How far ahead of today the seeded year ends: what is booked over HTTP lies after it."""


@dataclass
class Place:
    """What the load is put on."""

    site_id: int
    rooms: list[int]
    startup_id: int


def seed(database: TestDatabase) -> Place:
    """Fifty rooms, open day and night, and a year of bookings of them, the last a month from now."""
    engine, now = create_engine(database.settings().database_url), utc_now()
    with Session(engine, expire_on_commit=False) as session:
        cast = assemble_cast(session)
        site = create_site(session, cast.manager, now=now, code="NS", name="南山", open_from=SINCE,
                           hours=[("workday", 0, 1440), ("restday", 0, 1440)])  # fmt: skip
        floor = add_floor(session, cast.manager, now=now, site=site, name="1F")
        rooms = []
        for number in range(ROOMS):
            unit = add_unit(session, cast.manager, now=now, floor=floor, code=f"R{number}", kind="room",
                            purpose="public_service", area_m2=Decimal(20), in_service_from=SINCE)  # fmt: skip
            room = add_resource(session, cast.manager, now=now, site=site, code=f"R{number}", name=f"会议室{number}",
                                kind="meeting_room", units=[unit], capacity=4 + number % 9)  # fmt: skip
            rooms.append(room.id)
        create_tariff(session, cast.manager, now=now, site=site, name="t", valid_from=SINCE,
                      items=[TariffLine("booking", "hour", Decimal(50), resource_kind="meeting_room")])  # fmt: skip
        session.commit()
        end = datetime.combine((now + FIRST_FREE).date(), datetime.min.time(), SHANGHAI)
        # each room's bookings, an hour each, on a grid that goes back a year from then
        per_room = BOOKINGS // ROOMS
        step = timedelta(hours=max(1, 365 * 24 // max(1, per_room)))
        wishes = [
            BookingRequest(room, end - step * (n + 1), end - step * (n + 1) + timedelta(hours=1),
                           (cast.startup_a, cast.startup_b)[n % 2])
            for n in range(per_room) for room in rooms
        ]  # fmt: skip
        for first in range(0, len(wishes), 10_000):
            book_many(session, cast.manager, now=now, requests=wishes[first : first + 10_000])
            session.commit()
        place = Place(site.id, rooms, cast.startup_a)
    with engine.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT").execute(text("ANALYZE"))
    engine.dispose()
    return place


@contextmanager
def serving(database: TestDatabase) -> Iterator[subprocess.Popen[bytes]]:
    """gunicorn with two processes on that database."""
    environment = os.environ | {
        "DATABASE_URL": database.app_url, "OWNER_DATABASE_URL": database.owner_url, "SECRET_KEY": "for the bench only",
        "BASE_URL": f"http://127.0.0.1:{PORT}", "LOG_LEVEL": "warning", "WEB_CONCURRENCY": "2",
        "PASSWORD_HASHING": "fast-for-tests",
    }  # fmt: skip
    command = [sys.executable, "-m", "gunicorn", "wsgi:app", "--config", "gunicorn.conf.py", "--log-level", "warning",
               "--bind", f"127.0.0.1:{PORT}"]  # fmt: skip
    process = subprocess.Popen(command, cwd=ROOT, env=environment)
    try:
        for _ in range(300):
            try:
                Client().get("/healthz")
                break
            except (OSError, HTTPException):
                time.sleep(0.1)
        yield process
    finally:
        process.terminate()
        process.wait(timeout=30)


class Client:
    """A browser: one connection that is kept, cookies, and the token of its forms."""

    def __init__(self) -> None:
        self.connection = HTTPConnection("127.0.0.1", PORT, timeout=60)
        self.cookies: dict[str, str] = {}
        self.token = ""

    def request(self, method: str, path: str, body: str = "") -> tuple[int, bytes]:
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
        for each in answer.headers.get_all("Set-Cookie") or []:
            name, _, value = each.split(";")[0].partition("=")
            self.cookies[name] = value
        return answer.status, content

    def get(self, path: str) -> int:
        return self.request("GET", path)[0]

    def post(self, path: str, **fields: object) -> int:
        return self.request("POST", path, urllib.parse.urlencode({"csrf_token": self.token} | fields))[0]

    def read_token(self, path: str) -> None:
        found = TOKEN.search(self.request("GET", path)[1].decode())
        assert found, path
        self.token = found[1]

    def sign_in(self, name: str) -> Client:
        """As a person does."""
        self.read_token("/sign-in")
        assert self.post("/sign-in", email=f"{name}@example.com", password=PASSWORD) == 303
        self.read_token("/bookings/new")
        return self


def crowd_of(count: int) -> list[Client]:
    """So many browsers of two people: a founder, and the front desk."""
    signed_in = [Client().sign_in(name) for name in ("anna", "fred")]
    found = []
    for number in range(count):
        client, like = Client(), signed_in[number % 2]
        client.cookies, client.token = dict(like.cookies), like.token
        found.append(client)
    return found


@dataclass
class Measured:
    """How long each request took, and what it answered."""

    seconds: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    whole: float = 0

    def line(self, name: str, clients: int) -> str:
        cuts = statistics.quantiles(self.seconds, n=100)
        p50, p95, p99 = (1000 * cuts[n - 1] for n in (50, 95, 99))
        wrong = sum(count for status, count in self.statuses.items() if status >= 500)
        answers = ", ".join(f"{count} × {status}" for status, count in sorted(self.statuses.items()))
        return (f"| {name} | {clients} | {len(self.seconds)} | {p50:.1f} | {p95:.1f} | {p99:.1f} | "
                f"{len(self.seconds) / self.whole:.0f} | {wrong} | {answers} |")  # fmt: skip


def drive(clients: Sequence[Client], work: Callable[[Client, int], int], count: int) -> Measured:
    """`count` requests, shared by the clients, each as fast as it is answered."""
    measured, lock, numbers = Measured(), threading.Lock(), iter(range(count))

    def run(client: Client) -> None:
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


def main() -> None:
    """Print a row for each kind of work; seeding is not measured."""
    with Databases(f"load{os.getpid()}").copy() as database:
        place = seed(database)
        with serving(database) as server:
            put_load(place)
            print(f"\nMemory of gunicorn's processes: {memory_mb(server.pid):.0f} MB; {len(place.rooms)} rooms, "
                  f"{BOOKINGS:,} bookings.")  # fmt: skip


def put_load(place: Place) -> None:
    """Book, look and search, alone and in a crowd."""
    people = crowd_of(CROWD)
    begin = datetime.now(UTC).astimezone(SHANGHAI).date() + FIRST_FREE + timedelta(days=2)
    taken = iter(range(10**6))
    lock = threading.Lock()

    def book(client: Client, _number: int) -> int:
        with lock:
            number = next(taken)
        on = begin + timedelta(days=number // (ROOMS * 20) % 50)
        hour = number // ROOMS % 20
        return client.post("/bookings/new", resource_id=place.rooms[number % ROOMS], startup_id=place.startup_id, on=on,
                           start=f"{hour:02}:00", end=f"{hour + 1:02}:00", title="x", request_key=f"b{number}",
                           agreed_minor=5000)  # fmt: skip

    def slot(client: Client, number: int) -> int:
        return client.post("/bookings/new", resource_id=place.rooms[0], startup_id=place.startup_id,
                           on=begin + timedelta(days=55), start=f"{number // 20:02}:00",
                           end=f"{number // 20 + 1:02}:00", title="y", request_key=f"s{number}",
                           agreed_minor=5000)  # fmt: skip

    day = f"/timeline?site={place.site_id}&date="
    reads: list[tuple[str, Callable[[Client, int], int], int]] = [
        (
            "a day of all rooms, page",
            lambda client, n: client.get(f"{day}{begin - timedelta(days=40 + n % 200)}"),
            200,
        ),
        (
            "a week of all rooms, page",
            lambda client, n: client.get(f"{day}{begin - timedelta(days=40)}&view=week"),
            40,
        ),
        ("a room for 8 this week, all sites", lambda client, n: client.get("/bookings/find?people=8&minutes=90"), 60),
        ("a room's month, page", lambda client, n: client.get(f"/resources/{place.rooms[n % ROOMS]}"), 100),
    ]
    print("| over HTTP | clients | requests | p50 ms | p95 ms | p99 ms | a second | faults | answers |")
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | --- |")
    drive(people, lambda client, n: client.get("/bookings"), 40)  # warm
    print(drive(people[:1], book, 200).line("create a booking", 1), flush=True)
    print(drive(people, book, 800).line("create a booking", CROWD), flush=True)
    crowd = crowd_of(20)
    print(drive(crowd, slot, 200).line("20 at once for one slot, 10 rounds", 20), flush=True)
    for name, work, count in reads:
        print(drive(people[:1], work, count).line(name, 1), flush=True)
        print(drive(people, work, 2 * count).line(name, CROWD), flush=True)


def memory_mb(pid: int) -> float:
    """What gunicorn and its children hold alone, by the kernel."""
    pids = [pid, *map(int, subprocess.run(["pgrep", "-P", str(pid)], capture_output=True, text=True).stdout.split())]
    found = 0
    for each in pids:
        with open(f"/proc/{each}/smaps_rollup") as rollup:
            found += sum(int(line.split()[1]) for line in rollup if line.startswith(("Pss:",)))
    return found / 1024


if __name__ == "__main__":
    main()
