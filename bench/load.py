"""`python -m bench.load`: people book, look and search over HTTP, alone and eight at once; each beside its limit.

A read's limit is an empty Flask view behind the same gunicorn; a write's, its own SQL sent by psycopg without Flask.
"""

from __future__ import annotations

from datetime import timedelta

from msgspec import Struct

from bench.browsing import Browser, Client, Measured, Work, drive
from bench.databases import durable
from bench.place import BOOKINGS, Place, seed
from bench.replaying import recorded, replay
from bench.serving import EMPTY_PORT, PORT, memory_mb, serving

CROWD = 8
FOUNDER, FRONT_DESK, FINANCE = "anna", "fred", "fiona"
BOOK = "create a booking"
HEADS = ("work", "clients", "p50 ms", "p95 ms", "p99 ms", "a second", "faults", "statements", "limit", "of the limit",
         "goal")  # fmt: skip
ALONE_BOOKS, CROWD_BOOKS = 300, 1600
STARTS = 3
MB_GOAL, START_GOAL = 200, 1.5


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
        Read("a room for 8 this week, all sites", lambda c, n: c.get("/bookings/find?people=8&minutes=90"), 60, 15),
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
            books = recorded(other, FOUNDER, lambda browser, n: _book(browser, place, n), ALONE_BOOKS + CROWD_BOOKS)
            statements = {BOOK: len(books[-1])} | {
                read.name: len(recorded(other, read.who, read.work, 2)[-1]) for read in reads_of(place)
            }
        starts = []
        for _ in range(STARTS):
            with databases.copy(of=database.name) as other, serving(other) as (_server, seconds):
                starts.append(seconds)
        print(f"| {' | '.join(HEADS)} |")
        print(f"| --- |{' ---: |' * (len(HEADS) - 2)} --- |")
        with databases.copy(of=database.name) as other:
            limits = [replay(other, books[:ALONE_BOOKS], 1), replay(other, books[ALONE_BOOKS:], CROWD)]
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


def _book(browser: Browser, place: Place, number: int) -> int:
    return browser.post("/bookings/new", **place.wish(number))


def put_load(place: Place, limits: list[Measured], nothing: list[Measured], statements: dict[str, int]) -> None:
    """Book, look and search, alone and in a crowd."""
    signed_in = {name: Client(PORT).sign_in(name) for name in (FOUNDER, FRONT_DESK, FINANCE)}
    pair = signed_in[FOUNDER], signed_in[FRONT_DESK]
    people = [pair[number % 2].like() for number in range(CROWD)]
    drive(people, lambda client, n: client.get("/bookings"), 40)  # warm
    alone, crowded = (
        drive(people[:1], lambda client, n: _book(client, place, n), ALONE_BOOKS),
        drive(people, lambda client, n: _book(client, place, ALONE_BOOKS + n), CROWD_BOOKS),
    )
    print(line(BOOK, alone, limits[0], statements[BOOK], "8 ms"))
    print(line(BOOK, crowded, limits[1], statements[BOOK], "300 a second, 35 %"), flush=True)
    crowd = [pair[number % 2].like() for number in range(20)]
    at_once = drive(crowd, lambda client, n: client.post("/bookings/new", **place.same_wish(n)), 200)
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
