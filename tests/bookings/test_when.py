"""When a booking is, by columns that an index finds: the same as by its period, and found under row-level security."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import psycopg
import pytest
from sqlalchemy import ColumnElement, Select, event, select, text
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from incubator.bookings.models import Booking
from incubator.spaces.ledger_queries import list_held, live_of, overlapping
from incubator.spaces.models import Allocation
from incubator.spaces.queries import list_resource_units
from tests.bookings.conftest import Place, make_place
from tests.cast import NOW, Cast, Peopled
from tests.database import Databases
from tests.worlds import Built, build

BEGIN = datetime(2026, 10, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
LENGTHS = (1, 2, 23, 24, 25, 168, 500)
"""Hours: short ones, just a day, and longer."""
HOURS = """
INSERT INTO bookings (operator_id, site_id, resource_id, startup_id, booked_by, period, price_minor, currency, quote,
                      created_at)
SELECT :operator, :site, :resource, :startup, :person,
       tstzrange(:begin - n * interval '1 hour', :begin - (n - 1) * interval '1 hour'), 0, 'CNY', '{}', now()
FROM generate_series(1, 8000) n
"""
"""A year."""
HELD = """
INSERT INTO allocations (operator_id, site_id, unit_id, period, holder_kind, holder_id)
SELECT operator_id, site_id, :unit, period, 'booking', id FROM bookings WHERE resource_id = :resource
"""


def booked(session: Session, cast: Cast, place: Place, count: int, chance: Random) -> dict[int, tuple[datetime, datetime]]:
    rows = []
    for _ in range(count):
        start = BEGIN + chance.randrange(1000) * HOUR
        rows.append(Booking(
            site_id=place.site.id, resource_id=place.room.id, startup_id=cast.startup_a, booked_by=cast.founder_a.person_id,
            period=Range(start, start + chance.choice(LENGTHS) * HOUR), price_minor=0, created_at=NOW,
        ))  # fmt: skip
    session.add_all(rows)
    session.flush()
    return {row.id: (row.start, row.end) for row in rows}


@pytest.mark.parametrize("seed", range(5))
def test_what_overlaps_a_time_is_what_shares_an_instant_with_it(
    session: Session, cast: Cast, place: Place, seed: int
) -> None:
    chance = Random(seed)
    known = booked(session, cast, place, 120, chance)
    edges = sorted({at for span in known.values() for at in span})
    for _ in range(40):
        start = chance.choice(edges) + chance.choice((-1, 0, 1)) * timedelta(minutes=1)
        end = None if chance.random() < 0.2 else start + chance.choice(LENGTHS) * HOUR
        asked = select(Booking.id).where(overlapping(start, end, Booking))
        by_hand = {id_ for id_, (first, last) in known.items() if last > start and (end is None or first < end)}
        assert set(session.execute(asked).scalars()) == by_hand, (start, end)


@pytest.mark.parametrize("seed", range(3))
def test_what_holds_a_unit_is_what_shares_an_instant_with_the_time(
    session: Session, cast: Cast, place: Place, seed: int
) -> None:
    """The statement that is made once."""
    chance = Random(seed)
    unit, at, known = list_resource_units(session, [place.room.id])[place.room.id][0], BEGIN, dict[int, tuple[datetime, datetime]]()
    for _ in range(60):  # a unit is held by one at a time
        end = at + chance.choice(LENGTHS) * HOUR
        row = Allocation(site_id=place.site.id, unit_id=unit.id, period=Range(at, end), holder_kind="booking", holder_id=1)
        session.add(row)
        session.flush()
        known[row.id] = at, end
        at = end + chance.choice((0, 0, 1, 24)) * HOUR
    edges = sorted({at for span in known.values() for at in span})
    for _ in range(60):
        start = chance.choice(edges) + chance.choice((-1, 0, 1)) * timedelta(minutes=1)
        end = start + chance.choice(LENGTHS) * HOUR
        by_hand = {id_ for id_, (first, last) in known.items() if last > start and first < end}
        for units in (None, [unit.id]):
            held = list_held(session, place.site.id, start, end, units)
            assert {each.allocation_id for each in held if each.unit_id == unit.id} == by_hand, (start, end)
        until = chance.choice((end, None))
        ever = {id_ for id_, (first, last) in known.items() if last > start and (until is None or first < until)}
        assert set(session.execute(select(Allocation.id).where(live_of([unit.id], start, until))).scalars()) == ever


def test_it_starts_when_its_period_does_and_follows_it(session: Session, cast: Cast, place: Place) -> None:
    (id_,) = booked(session, cast, place, 1, Random(1))
    row = session.get_one(Booking, (cast.operator_id, id_))
    for hours in (24, 25):
        row.period = Range(BEGIN - hours * HOUR, BEGIN)
        session.flush()
        session.refresh(row)
        assert (row.starts_at, row.is_long) == (BEGIN - hours * HOUR, hours > 24)


def conditions(node: dict[str, Any]) -> set[tuple[str, str]]:
    """Which index of a plan is entered by what."""
    found = {(node["Index Name"], node.get("Index Cond", ""))} if "Index Name" in node else set()
    return found.union(*(conditions(each) for each in node.get("Plans", [])))


def plan_of(session: Session, query: Select[Any]) -> Any:
    """How PostgreSQL would find it."""

    def explain(_connection: object, _cursor: object, statement: str, parameters: Any, *_: object) -> tuple[str, Any]:
        return f"EXPLAIN (FORMAT JSON) {statement}", parameters

    connection = session.connection()
    event.listen(connection, "before_cursor_execute", explain, retval=True)
    try:
        return session.execute(query).scalar_one()
    finally:
        event.remove(connection, "before_cursor_execute", explain)


def of_site(place: Place, _cast: Cast) -> ColumnElement[bool]:
    return Booking.site_id == place.site.id


def of_startup(_place: Place, cast: Cast) -> ColumnElement[bool]:
    return Booking.startup_id == cast.startup_a


def of_person(_place: Place, cast: Cast) -> ColumnElement[bool]:
    return Booking.booked_by == cast.founder_a.person_id


def unit_of(session: Session, place: Place) -> int:
    (unit,) = list_resource_units(session, [place.room.id])[place.room.id]
    return unit.id


@pytest.fixture(scope="module")
def busy_built(databases: Databases, peopled: Peopled) -> Iterator[Built[Place]]:
    """A year of one room, of which the planner knows how much there is."""

    def make(session: Session, cast: Cast) -> Place:
        place = make_place(session, cast.manager)
        session.execute(text(HOURS), {
            "operator": cast.operator_id, "site": place.site.id, "resource": place.room.id, "startup": cast.startup_a,
            "person": cast.founder_a.person_id, "begin": BEGIN,
        })  # fmt: skip
        session.execute(text(HELD), {"unit": unit_of(session, place), "resource": place.room.id})
        return place

    with build(databases, peopled, make) as built:
        with psycopg.connect(built.database.owner_url, autocommit=True) as owner:
            owner.execute("ANALYZE bookings, allocations")
        yield built


@pytest.mark.parametrize("whose", [of_site, of_startup, of_person])
def test_an_index_is_entered_by_the_start_though_rows_are_the_operator_s_own(
    session: Session, cast: Cast, busy_built: Built[Place], whose: Callable[[Place, Cast], ColumnElement[bool]]
) -> None:
    """By `lower(period)` it can't be: PostgreSQL asks a function that is not leakproof only after the policy."""
    place = busy_built.again(session)
    for wanted in (Booking.starts_at.between(BEGIN - 9 * HOUR, BEGIN), overlapping(BEGIN - 9 * HOUR, BEGIN, Booking)):
        query = select(Booking.id).where(whose(place, cast), wanted)
        plan = plan_of(session, query)
        entered = {index for index, how in conditions(plan[0]["Plan"]) if "starts_at" in how}
        # which of the three is the planner's choice: here all rows have the same site, startup and person
        assert any(index.endswith("_start_idx") for index in entered), plan


def test_what_holds_a_unit_is_found_by_the_unit_and_the_start(
    session: Session, cast: Cast, busy_built: Built[Place]
) -> None:
    """It is asked for whoever is refused, and for any desk of a pool."""
    place = busy_built.again(session)
    query = select(Allocation.id).where(live_of([unit_of(session, place)], BEGIN - 9 * HOUR, BEGIN))
    plan = plan_of(session, query)
    entered = {how for index, how in conditions(plan[0]["Plan"]) if index == "allocations_unit_start_idx"}
    assert any("unit_id" in how and "starts_at" in how for how in entered), plan
    assert len(session.execute(query).all()) == 9
