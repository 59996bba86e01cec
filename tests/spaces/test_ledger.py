"""The allocation ledger under real concurrency, and its overlap table."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import partial

import pytest
from sqlalchemy import create_engine, func, select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.database import set_operator
from incubator.spaces.models import Allocation, Site, Unit
from incubator.spaces.operations import (
    LedgerRow,
    Taken,
    add_floor,
    add_unit,
    allocate,
    allocate_any,
    allocate_many,
    create_site,
    release,
)
from tests.cast import NOW, Cast, assemble_cast
from tests.database import TestDatabase

NINE = datetime(2026, 10, 12, 1, 0, tzinfo=UTC)
"""09:00 in Shanghai."""


def hours(count: float) -> timedelta:
    return timedelta(hours=count)


def make_units(session: Session, actor: Actor, codes: Sequence[str]) -> tuple[Site, list[Unit]]:
    site = create_site(session, actor, now=NOW, code="NS", name="南山", hours=[("workday", 540, 1080)],
                       open_from=date(2026, 1, 1))  # fmt: skip
    floor = add_floor(session, actor, now=NOW, site=site, name="1F")
    units = [
        add_unit(session, actor, now=NOW, floor=floor, code=code, kind="room", purpose="public_service",
                 area_m2=Decimal(20), in_service_from=date(2026, 1, 1))
        for code in codes
    ]  # fmt: skip
    return site, units


def take(session: Session, actor: Actor, units: Sequence[Unit], holder: int, start: datetime, end: datetime) -> None:
    allocate(session, actor, now=NOW, holder=("booking", holder), units=units, start=start, end=end)


@pytest.mark.parametrize(
    ("start", "end", "clashes"),
    [
        (-2, -1, False),  # before
        (-1, 0, False),  # right before
        (-1, 1, True),  # into its first half
        (0, 2, True),  # exactly the same
        (0.5, 1.5, True),  # inside
        (-1, 3, True),  # around
        (1, 3, True),  # over its end
        (2, 3, False),  # right after
        (3, 4, False),  # after
    ],
)
def test_which_periods_clash_with_nine_to_eleven(
    session: Session, cast: Cast, start: float, end: float, clashes: bool
) -> None:
    _, units = make_units(session, cast.manager, ["R1"])
    take(session, cast.manager, units, 1, NINE, NINE + hours(2))
    if clashes:
        with pytest.raises(Taken) as refused:
            take(session, cast.manager, units, 2, NINE + hours(start), NINE + hours(end))
        assert str(refused.value) == "R1 is taken from 2026-10-12 09:00:00+08:00 to 2026-10-12 11:00:00+08:00."
    else:
        take(session, cast.manager, units, 2, NINE + hours(start), NINE + hours(end))


def test_a_refused_taker_leaves_nothing_and_the_transaction_goes_on(session: Session, cast: Cast) -> None:
    _, (a, b) = make_units(session, cast.manager, ["A", "B"])
    take(session, cast.manager, [b], 1, NINE, NINE + hours(1))
    with pytest.raises(Taken):
        take(session, cast.manager, [a, b], 2, NINE, NINE + hours(1))
    take(session, cast.manager, [a], 3, NINE, NINE + hours(1))
    assert session.execute(select(func.count()).select_from(Allocation)).scalar_one() == 2


def test_open_ended_holds_for_ever(session: Session, cast: Cast) -> None:
    _, (a,) = make_units(session, cast.manager, ["A"])
    allocate(session, cast.manager, now=NOW, holder=("residency", 1), units=[a], start=NINE, end=None)
    with pytest.raises(Taken, match="from 2026-10-12 09:00:00\\+08:00 on"):
        take(session, cast.manager, [a], 2, NINE + hours(100_000), NINE + hours(100_001))


def test_release_voids_what_had_not_begun_and_cuts_what_had(session: Session, cast: Cast) -> None:
    _, (a,) = make_units(session, cast.manager, ["A"])
    take(session, cast.manager, [a], 1, NINE, NINE + hours(2))
    take(session, cast.manager, [a], 2, NINE + hours(2), NINE + hours(4))
    release(session, cast.manager, now=NOW, holder=("booking", 1), reason="left early", at=NINE + hours(1))
    (voided,) = release(session, cast.manager, now=NOW, holder=("booking", 2), reason="cancelled")
    cut = session.execute(select(Allocation).where(Allocation.holder_id == 1)).scalar_one()
    assert (cut.period.upper, cut.voided_at) == (NINE + hours(1), None)
    assert (voided.voided_by, voided.void_reason, voided.voided_at) == (cast.manager.person_id, "cancelled", NOW)
    take(session, cast.manager, [a], 3, NINE + hours(1), NINE + hours(4))  # both are free again


def test_many_rows_all_or_none(session: Session, cast: Cast) -> None:
    _, (a, b) = make_units(session, cast.manager, ["A", "B"])
    rows = [
        LedgerRow(a.id, NINE, NINE + hours(1), "booking", 1),
        LedgerRow(b.id, NINE, NINE + hours(1), "booking", 2),
    ]
    allocate_many(session, cast.manager, now=NOW, rows=rows)
    clash = [
        LedgerRow(a.id, NINE + hours(1), NINE + hours(2), "booking", 3),
        LedgerRow(b.id, NINE + hours(0.5), NINE + hours(2), "booking", 4),
    ]
    with pytest.raises(Taken) as refused:
        allocate_many(session, cast.manager, now=NOW, rows=clash)
    assert refused.value.unit_id == b.id
    assert session.execute(select(func.count()).select_from(Allocation)).scalar_one() == 2


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


def attempt(stage: Stage, units: Sequence[Unit], holder: int, start: datetime, session: Session) -> None:
    take(session, stage.cast.manager, units, holder, start, start + hours(1))


def test_twenty_at_once_for_one_slot_fifty_rounds(own_database: TestDatabase) -> None:
    stage = Stage(own_database, ["R1"])
    for round_ in range(50):
        start = NINE + hours(round_)
        outcomes = stage.race([partial(attempt, stage, stage.units, n, start) for n in range(20)])
        losers = [outcome for outcome in outcomes if outcome is not None]
        assert len(losers) == 19, f"round {round_}"
        assert all(isinstance(loser, Taken) for loser in losers), losers
    assert len(stage.live_rows()) == 50
    stage.engine.dispose()


def test_a_hall_against_its_halves(own_database: TestDatabase) -> None:
    stage = Stage(own_database, ["A", "B"])
    a, b = stage.units
    for round_ in range(15):
        start = NINE + hours(round_)
        wishes = [[a, b], [b, a], [a], [b], [a, b], [a], [b]]
        outcomes = stage.race([partial(attempt, stage, units, n, start) for n, units in enumerate(wishes)])
        assert all(outcome is None or isinstance(outcome, Taken) for outcome in outcomes), outcomes
        won = [unit.code for wish, outcome in zip(wishes, outcomes, strict=True) if outcome is None for unit in wish]
        assert sorted(won) == ["A", "B"], f"round {round_}: each half is held exactly once"
    stage.engine.dispose()


def test_a_pool_of_ten_against_thirty_takers(own_database: TestDatabase) -> None:
    stage = Stage(own_database, [f"D{n:02}" for n in range(10)])
    outcomes = stage.race(
        [
            lambda session, n=n: allocate_any(
                session, stage.cast.manager, now=NOW, holder=("booking", n), units=stage.units, start=NINE,
                end=NINE + hours(1),
            )
            for n in range(30)
        ]
    )  # fmt: skip
    losers = [outcome for outcome in outcomes if outcome is not None]
    assert len(losers) == 20
    assert all(isinstance(loser, Taken) for loser in losers), losers
    assert len({row.unit_id for row in stage.live_rows()}) == 10
    stage.engine.dispose()
