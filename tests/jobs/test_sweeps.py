"""Sweeps: what they write of themselves, what a failure does, and that every piece of work of the product is one."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace
from sqlalchemy import Engine, create_engine, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from incubator.core.clock import utc_now
from incubator.core.errors import Refusal
from incubator.database import set_operator
from incubator.jobs.groups import GROUPS
from incubator.jobs.models import SweepState
from incubator.jobs.overview import sweep_line
from incubator.jobs.registry import JOBS
from incubator.jobs.sweep import Surroundings, Sweep, once, until_nothing
from incubator.jobs.sweeping import Sweeper
from incubator.jobs.sweeps import SWEEPS, WAKES
from incubator.jobs.worker import Pace, Worker
from tests.cast import Peopled
from tests.database import TestDatabase


class Floor:
    """A sweeper on a database with the cast, and what it wrote."""

    def __init__(self, engine: Engine, database: TestDatabase, operator_id: int) -> None:
        self.engine, self.operator_id = engine, operator_id
        self.surroundings = Surroundings(engine, database.settings(), lambda: False)
        self.sweeper = Sweeper(self.surroundings)
        self.answers: list[int | Exception] = []

    def look(self, _at: Surroundings, _operator_id: int) -> int:
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    @property
    def sweep(self) -> Sweep:
        return Sweep("probe", "Probe", "", "releases", 15, self.look)

    def do(self, *answers: int | Exception) -> SweepState | None:
        self.answers = list(answers)
        for _each in answers:
            self.sweeper.sweep(self.sweep, self.operator_id)
        with Session(self.engine) as session:
            set_operator(session, self.operator_id)
            return session.execute(select(SweepState)).scalar_one_or_none()


@pytest.fixture
def floor(peopled: Peopled, peopled_database: TestDatabase) -> Iterator[Floor]:
    engine = create_engine(peopled_database.settings().database_url)
    yield Floor(engine, peopled_database, peopled.cast.operator_id)
    engine.dispose()


def test_a_look_that_finds_something_is_written_at_once(floor: Floor) -> None:
    kept = floor.do(3)
    assert kept and (kept.found, kept.failures, kept.reference) == (3, 0, "") and kept.found_at == kept.looked_at


def test_one_that_finds_nothing_is_a_sign_of_life_once_a_minute(
    floor: Floor, monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    first = floor.do(0)
    assert first and first.found_at is None
    later = floor.do(0, 0, 0)
    assert later and later.looked_at == first.looked_at
    monkeypatch.setattr("incubator.jobs.sweeping.SIGN_OF_LIFE", 0.0)
    last = floor.do(0)
    assert last and last.looked_at > first.looked_at


def test_what_was_found_stays_until_more_is_found(floor: Floor) -> None:
    floor.do(3)
    kept = floor.do(ValueError("x"), 0)
    assert kept and kept.found == 3 and kept.found_at and kept.looked_at > kept.found_at


def test_a_failure_is_kept_with_its_reference_counted_and_over_with_the_next_that_does_not_fail(
    floor: Floor, caplog: pytest.LogCaptureFixture
) -> None:
    kept = floor.do(ValueError("secret inside"), ValueError("x"))
    assert kept and kept.failures == 2 and kept.reference in caplog.text and len(kept.reference) == 8
    assert sweep_line(floor.sweep, kept, utc_now()).state == "failed"
    kept = floor.do(0)
    assert kept and kept.failures == 0 and sweep_line(floor.sweep, kept, utc_now()).state == "done"


def test_somebody_at_the_same_row_is_no_failure(floor: Floor) -> None:
    kept = floor.do(Refusal("Somebody else is at it."))
    assert kept and kept.failures == 0


def test_a_database_that_is_away_is_the_wakes_to_wait_for(floor: Floor) -> None:
    lost = create_engine("postgresql+psycopg://nobody@127.0.0.1:9/none", connect_args={"connect_timeout": 1})
    with pytest.raises(DBAPIError):
        Sweeper(replace(floor.surroundings, engine=lost)).sweep(
            Sweep("probe", "", "", "releases", 15, once(lambda *_a, **_k: 1)), floor.operator_id
        )


def test_a_statement_that_fails_undoes_its_step_alone(floor: Floor) -> None:
    def break_it(session: Session, _actor: object, *, now: object) -> int:
        session.execute(text("UPDATE people SET name = 'x'"))
        session.execute(text("SELECT 1 / 0"))
        return 1

    floor.sweeper.sweep(Sweep("probe", "", "", "releases", 15, once(break_it)), floor.operator_id)
    with Session(floor.engine) as session:
        set_operator(session, floor.operator_id)
        assert session.execute(select(SweepState.failures)).scalar_one() == 1
        assert session.execute(text("SELECT count(*) FROM people WHERE name = 'x'")).scalar_one() == 0


def test_again_until_nothing_is_found(floor: Floor) -> None:
    left = [200, 200, 7, 0]

    def step(_session: Session, _actor: object, *, now: object) -> int:
        return left.pop(0)

    assert until_nothing(step)(floor.surroundings, floor.operator_id) == 407 and not left


def test_late_is_three_looks_left_out_or_five_minutes(floor: Floor) -> None:
    now = utc_now()
    often, hourly = floor.sweep, replace(floor.sweep, every=3600)
    assert not often.is_late(now - timedelta(minutes=5), now) and often.is_late(now - timedelta(seconds=301), now)
    assert not hourly.is_late(now - timedelta(hours=3), now) and hourly.is_late(now - timedelta(hours=3, seconds=1), now)
    assert sweep_line(often, None, now).state == "none"


def test_all_work_is_named_grouped_and_done_by_a_wake() -> None:
    names = [sweep.name for wake in WAKES for sweep in wake.sweeps]
    assert len(names) == len(set(names)) == len(SWEEPS) and not set(names) & set(JOBS)
    assert {sweep.group for sweep in SWEEPS.values()} | {job.group for job in JOBS.values()} <= set(GROUPS)
    assert all(wake.every == min(sweep.every for sweep in wake.sweeps) for wake in WAKES)


def test_a_worker_does_every_sweep_for_every_operator_and_says_so(
    peopled: Peopled, peopled_database: TestDatabase, tmp_path: Path
) -> None:
    settings = dataclasses.replace(peopled_database.settings(), smtp_url="", mail_folder=tmp_path)
    worker = Worker(settings, {}, Pace())
    for wake in WAKES:
        worker._look(wake)
    for operator_id in (peopled.cast.operator_id, peopled.cast.other_operator_id):
        with Session(worker.engine) as session:
            set_operator(session, operator_id)
            kept = session.execute(select(SweepState)).scalars().all()
            assert {each.sweep for each in kept} == set(SWEEPS)
            assert [(each.sweep, each.reference) for each in kept if each.failures] == []
    worker.engine.dispose()
