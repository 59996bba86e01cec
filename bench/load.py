"""`python -m bench.load`: people book, look and search over HTTP, alone and eight at once; each beside its limit.

A read's limit is an empty Flask view behind the same gunicorn; a write's, its own SQL sent by psycopg without Flask.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from msgspec import Struct

from bench.browsing import Client, Measured, Work, drive
from bench.databases import durable
from bench.place import BOOKINGS, STARTUPS, Place, founder, seed
from bench.replaying import Statement, recorded, replay
from bench.serving import EMPTY_PORT, PORT, memory_mb, serving
from tests.database import TestDatabase

CROWD = 8
FRONT_DESK, FINANCE = "fred", "fiona"
BOOK, TOGETHER = "create a booking", "create a booking, all for one startup"
HEADS = ("work", "clients", "p50 ms", "p95 ms", "p99 ms", "a second", "faults", "statements", "limit", "of the limit",
         "goal")  # fmt: skip
ALONE_BOOKS, CROWD_BOOKS, TOGETHER_BOOKS = 300, 1600, 800
STARTS = 3
MB_GOAL, START_GOAL = 200, 1.5


class Founder(Struct, frozen=True):
    """One who books for their own startup, in a browser of either kind."""

    browser: Any
    whose: int

    def book(self, place: Place, number: int) -> int:
        return self.browser.post("/bookings/new", **place.wish(number, self.whose))


class Read(Struct, frozen=True):
    """A page or its data, and what is wanted of it."""

    name: str
    work: Work
    count: int
    alone_ms: int | None = None
    crowd_rate: int | None = None
    who: str = FRONT_DESK


def reads_of(place: Place) -> list[Read]:
    """What is looked at."""
    day, begin = f"site={place.site_id}&date=", place.begin
    month = f"{begin - timedelta(days=62):%Y-%m}"
    use = f"/reports/use{{}}?m=time&by=unit&from={month}&to={month}"
    export, table = use.format("/export.xlsx"), use.format("")
    return [
        Read("a day of all rooms, data", lambda c, n: c.get(f"/timeline/events?{day}{begin - timedelta(40 + n % 200)}"),
             300, 8, 300),
        Read("a day of all rooms, page", lambda c, n: c.get(f"/timeline?{day}{begin - timedelta(40 + n % 200)}"), 200,
             20),
        Read("a week of all rooms, page", lambda c, n: c.get(f"/timeline?{day}{begin - timedelta(40)}&view=week"), 30),
        Read("a room for 8 in seven days, all sites",
             lambda c, n: c.get("/bookings/find?people=8&minutes=90&when=next_week"), 60, 15),
        Read("a room's month, page", lambda c, n: c.get(f"/resources/{place.rooms[n % len(place.rooms)]}"), 100),
        Read("a month's utilisation by room, page", lambda c, n: c.get(table), 30, 100, who=FINANCE),
        Read("a month's utilisation by room, XLSX", lambda c, n: c.get(export), 10, 1000, who=FINANCE),
    ]  # fmt: skip


def main() -> None:
    """Print the table; seeding is not measured."""
    databases = durable("load")
    with databases.copy() as database:
        place = seed(database)
        with databases.copy(of=database.name) as other:
            books = [
                _books(other, place, [0], 0, ALONE_BOOKS),
                _books(other, place, range(STARTUPS), ALONE_BOOKS, CROWD_BOOKS),
                _books(other, place, [0], ALONE_BOOKS + CROWD_BOOKS, TOGETHER_BOOKS),
            ]
            statements = {BOOK: len(books[0][-1])} | {
                read.name: len(recorded(other, read.who, read.work, 2)[-1]) for read in reads_of(place)
            }
        starts = []
        for _ in range(STARTS):
            with databases.copy(of=database.name) as other, serving(other) as (_server, seconds):
                starts.append(seconds)
        print(f"| {' | '.join(HEADS)} |")
        print(f"| --- |{' ---: |' * (len(HEADS) - 2)} --- |")
        with databases.copy(of=database.name) as other:
            limits = [replay(other, each, clients) for each, clients in zip(books, (1, CROWD, CROWD), strict=True)]
        with serving(None):
            empty = [Client(EMPTY_PORT) for _ in range(CROWD)]
            drive(empty, _nothing, 200)
            nothing = [drive(empty[:1], _nothing, 500), drive(empty, _nothing, 3000)]
        with databases.copy(of=database.name) as other, serving(other) as (server, _):
            put_load(place, limits, nothing, statements)
            workers, parent = memory_mb(server.pid)
    print(f"\nFirst page {min(starts):.2f} s after gunicorn is started (goal: {START_GOAL}). Both processes hold "
          f"{workers:.0f} MB afterwards (goal: {MB_GOAL}), and their parent, which serves nothing, {parent:.0f} MB.")
    print(f"{len(place.rooms)} rooms, {BOOKINGS:,} bookings.")


def _nothing(client: Client, _number: int) -> int:
    return client.get("/")


def _books(
    database: TestDatabase, place: Place, founders: Sequence[int], first: int, count: int
) -> list[list[Statement]]:
    """The statements of so many bookings from the wish of number `first` on, by these founders in turns."""

    def of_one(turn: int, whose: int) -> list[list[Statement]]:
        def book(browser: Any, n: int) -> int:
            return Founder(browser, whose).book(place, first + n * len(founders) + turn)

        return recorded(database, founder(whose), book, count // len(founders))

    by_founder = [of_one(turn, whose) for turn, whose in enumerate(founders)]
    return [each for turn in zip(*by_founder, strict=True) for each in turn]


def put_load(place: Place, limits: list[Measured], nothing: list[Measured], statements: dict[str, int]) -> None:
    """Book, look and search, alone and in a crowd."""
    signed_in = {name: Client(PORT).sign_in(name) for name in (FRONT_DESK, FINANCE)}
    founders = [Founder(Client(PORT).sign_in(founder(whose)), whose) for whose in range(STARTUPS)]
    of_one = [Founder(founders[0].browser.like(), 0) for _ in range(CROWD)]
    drive(founders, lambda each, n: each.browser.get("/bookings"), 40)  # warm
    done = 0
    for name, people, limit, count, goal in (
        (BOOK, founders[:1], limits[0], ALONE_BOOKS, "8 ms"),
        (BOOK, founders, limits[1], CROWD_BOOKS, "300 a second, 35 %"),
        (TOGETHER, of_one, limits[2], TOGETHER_BOOKS, "35 %"),
    ):
        booked = drive(people, lambda each, n, done=done: each.book(place, done + n), count)
        print(line(name, booked, limit, statements[BOOK], goal), flush=True)
        done += count
    crowd = [Founder(founders[n % STARTUPS].browser.like(), n % STARTUPS) for n in range(20)]
    at_once = drive(
        crowd, lambda each, n: each.browser.post("/bookings/new", **place.same_wish(n, each.whose)), 200
    )
    print(line(f"20 at once for one slot, 10 rounds: {at_once.statuses[303]} booked", at_once, limits[1], None, "10"))
    for read in reads_of(place):
        clients = [signed_in[read.who].like() for _ in range(CROWD)]
        drive(clients, read.work, 2 * CROWD)  # warm
        alone, crowded = drive(clients[:1], read.work, read.count), drive(clients, read.work, 2 * read.count)
        print(line(read.name, alone, nothing[0], statements[read.name], f"{read.alone_ms} ms" if read.alone_ms else ""))
        wanted = f"{read.crowd_rate} a second" if read.crowd_rate else ""
        print(line(read.name, crowded, nothing[1], statements[read.name], wanted), flush=True)


def line(name: str, measured: Measured, limit: Measured, statements: int | None, goal: str) -> str:
    """A row of the table: alone the limit's p50 is a share of ours, in a crowd our rate one of the limit's."""
    p50, p95, p99 = measured.cuts
    if measured.clients == 1:
        its, share = f"{limit.cuts[0]:.1f} ms", limit.cuts[0] / p50
    else:
        its, share = f"{limit.rate:.0f} a second", measured.rate / limit.rate
    cells = (name, measured.clients, f"{p50:.1f}", f"{p95:.1f}", f"{p99:.1f}", f"{measured.rate:.0f}", measured.faults,
             "" if statements is None else statements, its, f"{share:.0%}", goal)  # fmt: skip
    return f"| {' | '.join(str(each) for each in cells)} |"


if __name__ == "__main__":
    main()
