"""The ledger under real concurrency: connections of their own, as the application's role."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from functools import partial

import pytest
from sqlalchemy import create_engine, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from incubator.core.errors import Conflict
from incubator.database import set_operator
from incubator.spaces.models import Allocation, Unit
from incubator.spaces.operations import Taken, create_site, release, retire_unit
from incubator.spaces.operations.ledger import Busy
from tests.cast import NOW, assemble_cast
from tests.database import TestDatabase
from tests.spaces.test_ledger import NINE, hours, make_units, take, take_any

WAITING = text(
    "SELECT count(*) FROM pg_locks WHERE NOT granted AND pid IN (SELECT pid FROM pg_locks JOIN pg_database"
    " ON pg_database.oid = pg_locks.database WHERE datname = current_database())"
)
"""Locks that somebody in this database waits for."""


class Stage:
    """A committed site on a database of its own, and connections that race on it."""

    def __init__(self, database: TestDatabase, codes: Sequence[str]) -> None:
        self.engine = create_engine(database.settings().database_url, pool_size=40, max_overflow=0)
        with Session(self.engine, expire_on_commit=False) as session:
            self.cast = assemble_cast(session)
            _, self.units = make_units(session, self.cast.manager, codes)
            session.commit()

    def race(self, attempts: Sequence[Callable[[Session], object]]) -> list[BaseException | None]:
        """Run all at once, each in a connection and transaction of its own; what each one ended with."""
        gate = threading.Barrier(len(attempts))
        outcomes: list[BaseException | None] = [None] * len(attempts)

        def run(index: int) -> None:
            with Session(self.engine) as session:
                set_operator(session, self.cast.operator_id)
                session.connection()
                gate.wait()
                try:
                    attempts[index](session)
                    session.commit()
                except BaseException as error:
                    outcomes[index] = error

        threads = [threading.Thread(target=run, args=(index,)) for index in range(len(attempts))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return outcomes

    def live_rows(self) -> list[Allocation]:
        with Session(self.engine) as session:
            set_operator(session, self.cast.operator_id)
            return list(session.execute(select(Allocation).where(Allocation.voided_at.is_(None))).scalars())

    @contextmanager
    def connection(self) -> Iterator[Session]:
        """One more connection, rolled back at the end unless it commits."""
        with Session(self.engine) as session:
            set_operator(session, self.cast.operator_id)
            yield session


@pytest.fixture
def stage(own_database: TestDatabase) -> Iterator[Callable[[Sequence[str]], Stage]]:
    """Sets the stage with units of these codes."""
    made: list[Stage] = []

    def set_it(codes: Sequence[str]) -> Stage:
        made.append(Stage(own_database, codes))
        return made[-1]

    yield set_it
    for each in made:
        each.engine.dispose()


SetStage = Callable[[Sequence[str]], Stage]


def attempt(stage: Stage, units: Sequence[Unit], holder: int, start: datetime, session: Session) -> None:
    take(session, stage.cast.manager, units, holder, start, start + hours(1))


def winners_and_losers(outcomes: Sequence[BaseException | None]) -> tuple[int, int]:
    """How many got it, and how many were told clearly that they did not; anything else is a fault."""
    strange = [outcome for outcome in outcomes if outcome is not None and not isinstance(outcome, Taken)]
    assert not strange, strange
    return outcomes.count(None), len(outcomes) - outcomes.count(None)


def test_the_racers_are_the_application_s_role(stage: SetStage) -> None:
    with stage(["R1"]).connection() as session:
        assert session.execute(text("SELECT current_user")).scalar_one() == "incubator_app"


def test_twenty_at_once_for_one_slot_fifty_rounds(stage: SetStage) -> None:
    on = stage(["R1"])
    for round_ in range(50):
        start = NINE + hours(round_)
        outcomes = on.race([partial(attempt, on, on.units, n, start) for n in range(20)])
        assert winners_and_losers(outcomes) == (1, 19), f"round {round_}"
    rows = on.live_rows()
    assert sorted(row.period.lower for row in rows) == [NINE + hours(n) for n in range(50)]


def test_the_losers_are_told_who_was_first(stage: SetStage) -> None:
    on = stage(["R1"])
    outcomes = on.race([partial(attempt, on, on.units, n, NINE + hours(n / 10)) for n in range(8)])
    (held,) = on.live_rows()
    said = {(loser.start, loser.end) for loser in outcomes if isinstance(loser, Taken)}
    assert said == {(held.period.lower, held.period.upper)}


def test_a_hall_against_its_halves(stage: SetStage) -> None:
    on = stage(["A", "B"])
    a, b = on.units
    for round_ in range(15):
        start = NINE + hours(round_)
        wishes = [[a, b], [b, a], [a], [b], [a, b], [a], [b]]
        outcomes = on.race([partial(attempt, on, units, n, start) for n, units in enumerate(wishes)])
        winners_and_losers(outcomes)
        won = [unit.code for wish, outcome in zip(wishes, outcomes, strict=True) if outcome is None for unit in wish]
        assert sorted(won) == ["A", "B"], f"round {round_}: each half is held exactly once"


def test_a_pool_of_ten_against_thirty_takers(stage: SetStage) -> None:
    on = stage([f"D{n:02}" for n in range(10)])
    takers = [
        lambda session, n=n: take_any(session, on.cast.manager, on.units, n, NINE, NINE + hours(1)) for n in range(30)
    ]
    assert winners_and_losers(on.race(takers)) == (10, 20)
    assert len({row.unit_id for row in on.live_rows()}) == len(on.live_rows()) == 10


def test_neighbours_in_time_do_not_hinder_each_other(stage: SetStage) -> None:
    on = stage(["R1"])
    outcomes = on.race([partial(attempt, on, on.units, n, NINE + hours(n)) for n in range(12)])
    assert winners_and_losers(outcomes) == (12, 0)


def test_what_is_given_back_goes_to_exactly_one(stage: SetStage) -> None:
    on = stage(["R1"])
    with on.connection() as session:
        take(session, on.cast.manager, on.units, 99, NINE, NINE + hours(1))
        session.commit()

    def give_back(session: Session) -> None:
        release(session, on.cast.manager, now=NOW, holder=("booking", 99), reason="cancelled")

    for round_ in range(10):
        outcomes = on.race([give_back, *(partial(attempt, on, on.units, n, NINE) for n in range(10))])
        assert outcomes[0] is None
        winners_and_losers(outcomes)
        live = on.live_rows()
        assert len(live) <= 1, f"round {round_}"
        with on.connection() as session:
            for row in live:
                release(session, on.cast.manager, now=NOW, holder=("booking", row.holder_id), reason="next round")
            take(session, on.cast.manager, on.units, 99, NINE, NINE + hours(1))
            session.commit()


def test_a_unit_that_is_being_retired_is_not_taken_meanwhile(stage: SetStage) -> None:
    on = stage(["R1"])
    for _ in range(10):

        def retire(session: Session) -> None:
            unit = session.get_one(Unit, (on.cast.operator_id, on.units[0].id))
            retire_unit(session, on.cast.manager, now=NOW, unit=unit, last_on=date(2026, 10, 11))

        taken, retired = on.race([partial(attempt, on, on.units, 1, NINE), retire])
        assert (taken is None) != (retired is None), (taken, retired)
        with on.connection() as session:
            unit = session.get_one(Unit, (on.cast.operator_id, on.units[0].id))
            release(session, on.cast.manager, now=NOW, holder=("booking", 1), reason="next round")
            retire_unit(session, on.cast.manager, now=NOW, unit=unit, last_on=None)
            session.commit()


def test_one_code_is_given_to_one_site(stage: SetStage) -> None:
    on = stage(["R1"])

    def found(session: Session) -> None:
        create_site(session, on.cast.manager, now=NOW, code="X", name="x", hours=[], open_from=date(2026, 1, 1))

    outcomes = on.race([found] * 6)
    assert outcomes.count(None) == 1
    assert {str(outcome) for outcome in outcomes if outcome} == {"You have a site with the code X already."}
    assert all(isinstance(outcome, Conflict) for outcome in outcomes if outcome)


def test_one_that_the_database_ends_for_a_deadlock_is_tried_again(stage: SetStage) -> None:
    on = stage(["A", "B"])
    a, b = on.units
    outcome: list[BaseException | None] = []

    def take_both() -> None:
        with on.connection() as session:
            try:
                take(session, on.cast.manager, [a, b], 1, NINE, NINE + hours(1))
                session.commit()
                outcome.append(None)
            except BaseException as error:
                outcome.append(error)

    with on.connection() as other:
        other.execute(select(Unit.id).where(Unit.id == b.id).with_for_update())
        taker = threading.Thread(target=take_both)  # locks A, then waits for B
        taker.start()
        # the database looks for a circle once somebody has waited for a second: the taker, if it begins to well before us
        while not other.execute(WAITING).scalar_one():
            time.sleep(0.01)
        time.sleep(0.3)
        # waits for A: the circle; the taker's savepoint lets go of A
        other.execute(select(Unit.id).where(Unit.id == a.id).with_for_update())
        other.commit()
        taker.join()
    assert outcome == [None]
    assert len(on.live_rows()) == 2


def test_two_that_block_each_other_for_good_end_with_a_clear_answer(stage: SetStage) -> None:
    on = stage(["A", "B"])
    gate = threading.Barrier(2)

    def one_after_the_other(first: Unit, second: Unit, holder: int, session: Session) -> None:
        take(session, on.cast.manager, [first], holder, NINE, NINE + hours(1))
        gate.wait()
        take(session, on.cast.manager, [second], holder, NINE + hours(2), NINE + hours(3))

    a, b = on.units
    outcomes = on.race([partial(one_after_the_other, a, b, 1), partial(one_after_the_other, b, a, 2)])
    (loser,) = [outcome for outcome in outcomes if outcome is not None]
    assert isinstance(loser, Busy)
    assert len({row.holder_id for row in on.live_rows()}) == 1 and len(on.live_rows()) == 2


def test_waiting_too_long_is_said_and_changes_nothing(stage: SetStage) -> None:
    on = stage(["A"])
    with on.connection() as slow, on.connection() as quick:
        take(slow, on.cast.manager, on.units, 1, NINE, NINE + hours(1))
        quick.execute(text("SET LOCAL lock_timeout = '200ms'"))
        with pytest.raises(Busy, match="Please try again"):
            take(quick, on.cast.manager, on.units, 2, NINE, NINE + hours(1))
        slow.commit()
        with pytest.raises(Taken):  # the transaction goes on
            take(quick, on.cast.manager, on.units, 2, NINE, NINE + hours(1))


def test_the_constraint_holds_without_the_ledger_s_locks(stage: SetStage) -> None:
    on = stage(["A"])
    row = "INSERT INTO allocations (operator_id, site_id, unit_id, period, holder_kind, holder_id) VALUES (:o, :s, :u, :p, 'booking', 1)"
    values = {"o": on.cast.operator_id, "s": on.units[0].site_id, "u": on.units[0].id}
    with on.connection() as session:
        session.execute(text(row), values | {"p": "[2026-10-12 09:00+08,2026-10-12 10:00+08)"})
        session.execute(text(row), values | {"p": "[2026-10-12 10:00+08,2026-10-12 11:00+08)"})
        with pytest.raises(IntegrityError, match="allocations_no_overlap"):
            session.execute(text(row), values | {"p": "[2026-10-12 10:59+08,)"})
