"""The same races as people make them: through the pages of the served product, in many sessions at one moment."""

from __future__ import annotations

import http.cookiejar
import random
import re
import threading
import urllib.error
import urllib.parse
import urllib.request
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select, text

from incubator.bookings.models import Booking, BookingSeries
from incubator.core.clock import utc_now
from incubator.spaces.models import Allocation, Resource
from incubator.spaces.operations import add_resource, add_unit, set_opening_hours
from incubator.spaces.queries import list_floors
from tests.bookings.conftest import Place, make_place
from tests.browser import PASSWORD, Live

SHANGHAI = ZoneInfo("Asia/Shanghai")
TOKEN = re.compile(r'name="csrf-token" content="([^"]+)"')


class _Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:  # type: ignore[override]
        return None


class Person:
    """Somebody with a browser of their own, signed in."""

    def __init__(self, live: Live, name: str) -> None:
        self.base, self.jar = live.url, http.cookiejar.CookieJar()
        self.opener = urllib.request.build_opener(_Stay, urllib.request.HTTPCookieProcessor(self.jar))
        self.token = self.read_token("/sign-in")
        assert self.post("/sign-in", email=f"{name}@example.com", password=PASSWORD) == 303
        self.token = self.read_token("/bookings/new")

    def read_token(self, path: str) -> str:
        found = TOKEN.search(self.opener.open(self.base + path, timeout=60).read().decode())
        assert found
        return found[1]

    def post(self, path: str, **fields: object) -> int:
        """The status that the page answers with."""
        data = urllib.parse.urlencode({"csrf_token": self.token} | fields).encode()
        try:
            answer = self.opener.open(urllib.request.Request(self.base + path, data=data), timeout=60)
        except urllib.error.HTTPError as error:
            return error.code
        return int(answer.status)


def at_once(attempts: Sequence[Callable[[], int]]) -> Counter[int]:
    """How often each status was answered."""
    gate, statuses = threading.Barrier(len(attempts)), [0] * len(attempts)

    def run(index: int) -> None:
        gate.wait()
        statuses[index] = attempts[index]()

    threads = [threading.Thread(target=run, args=(index,)) for index in range(len(attempts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return Counter(statuses)


@pytest.fixture
def place(live: Live) -> Place:
    """Open at all hours."""
    with live.session() as session:
        made = make_place(session, live.cast.manager)
        set_opening_hours(session, live.cast.manager, now=utc_now(), site=made.site, from_on=date(2026, 1, 2),
                          hours=[("workday", 0, 1440), ("restday", 0, 1440)])  # fmt: skip
        session.expunge_all()
    return made


@pytest.fixture
def people(live: Live) -> list[Person]:
    return [Person(live, name) for name in ("anna", "bob", "fred")]


def wish(
    live: Live, person: int, resource: Resource, on: date, start: str, end: str, number: int
) -> dict[str, object]:
    startup = (live.cast.startup_a, live.cast.startup_b, live.cast.startup_a)[person]
    return {"resource_id": resource.id, "startup_id": startup, "on": on, "start": start, "end": end, "title": f"{number}",
            "request_key": f"key-{number}"}  # fmt: skip


def book_it(person: Person, fields: dict[str, object], price: int) -> Callable[[], int]:
    return lambda: person.post("/bookings/new", **fields, agreed_minor=price)


def tomorrow() -> date:
    return utc_now().astimezone(SHANGHAI).date() + timedelta(days=1)


def check_ledger(live: Live) -> int:
    """No unit is held twice, and each booking that stands holds what it needs; how many stand."""
    with live.session() as session:
        overlapping = session.execute(text(
            "SELECT count(*) FROM allocations a JOIN allocations b ON a.unit_id = b.unit_id AND a.id < b.id"
            " AND a.period && b.period WHERE a.voided_at IS NULL AND b.voided_at IS NULL")).scalar_one()  # fmt: skip
        assert overlapping == 0
        standing = dict(
            session.execute(select(Booking.id, Booking.resource_id).where(Booking.cancelled_at.is_(None)))
            .all()
        )
        held = dict(session.execute(
            select(Allocation.holder_id, func.count()).where(Allocation.voided_at.is_(None), Allocation.holder_kind == "booking")
            .group_by(Allocation.holder_id)).all())  # fmt: skip
        takes = {row.id: 2 if row.code == "H" else 1 for row in session.execute(select(Resource)).scalars()}
    assert held == {id_: takes[resource_id] for id_, resource_id in standing.items()}
    return len(standing)


def test_twenty_clients_and_one_slot(live: Live, place: Place, people: list[Person]) -> None:
    for hour in (9, 11):
        wishes = [
            wish(live, n % 3, place.room, tomorrow(), f"{hour}:00", f"{hour + 1}:00", 100 * hour + n)
            for n in range(20)
        ]
        assert at_once([book_it(people[n % 3], each, 5000) for n, each in enumerate(wishes)]) == {303: 1, 409: 19}
    assert check_ledger(live) == 2


def test_ten_desks_and_thirty_takers(live: Live, place: Place, people: list[Person]) -> None:
    with live.session() as session:
        (floor,) = list_floors(session, live.cast.manager, place.site.id)
        desks = [add_unit(session, live.cast.manager, now=utc_now(), floor=floor, code=f"D{n}", kind="desk",
                          purpose="public_service", area_m2=Decimal(6), in_service_from=date(2026, 1, 1)) for n in range(10)]  # fmt: skip
        pool = add_resource(session, live.cast.manager, now=utc_now(), site=place.site, code="TEN", name="十个工位", kind="desk",
                            takes="any", units=desks)  # fmt: skip
        session.flush()
        session.expunge_all()
    wishes = [wish(live, n % 3, pool, tomorrow(), "10:00", "12:00", n) for n in range(30)]
    assert at_once([book_it(people[n % 3], each, 1000) for n, each in enumerate(wishes)]) == {303: 10, 409: 20}
    assert check_ledger(live) == 10


def test_a_hall_against_its_halves(live: Live, place: Place, people: list[Person]) -> None:
    """Whoever comes first: the whole hall alone, or its half; never both."""
    for hour in (8, 10, 12, 14):
        wishes = [wish(live, n % 3, (place.hall, place.half)[n % 2], tomorrow(), f"{hour}:00", f"{hour + 1}:00", 100 * hour + n)
                  for n in range(12)]  # fmt: skip
        answers = at_once([book_it(people[n % 3], each, 20000) for n, each in enumerate(wishes)])
        assert answers == {303: 1, 409: 11}
    assert check_ledger(live) == 4


def test_a_crowd_that_books_moves_and_cancels(live: Live, place: Place, people: list[Person]) -> None:
    """Series against single ones, moves against new ones, cancelling in between: each is answered, none with a fault."""
    chance, number = random.Random(7), 0
    for _round in range(4):
        with live.session() as session:
            own = (
                session.execute(select(Booking.id, Booking.startup_id).where(Booking.cancelled_at.is_(None)))
                .all()
            )
        attempts: list[Callable[[], int]] = []
        for n in range(24):
            number += 1
            resource = chance.choice([place.room, place.hall, place.half, place.pool])
            hour = chance.randrange(8, 14)
            fields = wish(live, n % 3, resource, tomorrow(), f"{hour}:00", f"{hour + 2}:00", number)
            kind = chance.choice(["book", "series", "move", "cancel"]) if own else chance.choice(["book", "series"])
            person = people[n % 3]
            price = {place.room.id: 10000, place.pool.id: 1000}.get(resource.id, 40000)
            if kind == "book":
                attempts.append(book_it(person, fields, price))
            elif kind == "series":
                more = {
                    "rhythm": "daily",
                    "interval": 1,
                    "ends": "count",
                    "count": 3,
                    "do": "free",
                    "agreed_minor": price * 3,
                }
                attempts.append(
                    lambda person=person, fields=fields | more: person.post("/bookings/series/new", **fields)
                )
            else:
                id_, startup_id = chance.choice(own)
                person = people[0 if startup_id == live.cast.startup_a else 1]
                path = f"/bookings/{id_}/cancel" if kind == "cancel" else f"/bookings/{id_}/edit"
                more = {"reason": "改"} if kind == "cancel" else {"scope": "this", "do": "all"}
                attempts.append(lambda person=person, path=path, fields=fields | more: person.post(path, **fields))
        answers = at_once(attempts)
        assert not [status for status in answers if status >= 500], answers
        assert set(answers) <= {200, 303, 404, 409, 422}, answers
        check_ledger(live)
    assert check_ledger(live) > 0
    with live.session() as session:
        assert session.execute(select(func.count()).select_from(BookingSeries)).scalar_one() > 0
