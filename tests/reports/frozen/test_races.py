"""Freezing at once: numbers without gaps, one first version of each period, and no deadlock between kinds and sites."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import create_engine, select
from sqlalchemy.orm import Session

from incubator.core.errors import Conflict, Refusal
from incubator.database import set_operator
from incubator.reports.frozen.freezing import freeze, freeze_once
from incubator.reports.frozen.kind import Question
from incubator.reports.frozen.occupancy import OCCUPANCY
from incubator.reports.frozen.proving import check_all
from incubator.reports.models import FrozenReport
from incubator.startups.rules.periods import Period
from tests.cast import Cast, assemble_cast
from tests.database import TestDatabase
from tests.racing import race
from tests.reports.world import NOVEMBER_FIRST, OCTOBER, make_october

NOW = NOVEMBER_FIRST


class Stage:
    """Two sites of one operator, and connections to them."""

    def __init__(self, database: TestDatabase) -> None:
        self.engine = create_engine(database.settings().database_url, pool_size=16)
        with Session(self.engine) as session:
            self.cast: Cast = assemble_cast(session)
            set_operator(session, self.cast.operator_id)
            self.sites = [make_october(session, self.cast, code=code).site_id for code in ("NS", "FT")]
            session.commit()

    @contextmanager
    def connect(self) -> Iterator[Session]:
        with Session(self.engine) as session:
            set_operator(session, self.cast.operator_id)
            yield session

    def month(self, site_id: int, back: int = 0) -> Question:
        return Question(Period("month", (OCTOBER - back).first), site_id)

    def numbers(self) -> list[int]:
        with self.connect() as session:
            return list(session.execute(select(FrozenReport.number).order_by(FrozenReport.number)).scalars())

    def holds(self) -> bool:
        with self.connect() as session:
            return check_all(session, self.cast.auditor)[1] == []


@pytest.fixture
def stage(own_database: TestDatabase) -> Iterator[Stage]:
    made = Stage(own_database)
    yield made
    made.engine.dispose()


def once(stage: Stage, question: Question) -> Callable[[Session], object]:
    return lambda session: freeze_once(session, stage.cast.system, now=NOW, kind=OCCUPANCY, question=question)[1]


def test_eight_who_freeze_one_month_make_one_version(stage: Stage) -> None:
    outcomes = race(stage.connect, [once(stage, stage.month(stage.sites[0]))] * 8)
    assert sorted(map(str, outcomes)) == ["False"] * 7 + ["True"]
    assert stage.numbers() == [1] and stage.holds()


def test_sites_and_months_at_once_get_numbers_without_gaps(stage: Stage) -> None:
    questions = [stage.month(site_id, back) for site_id in stage.sites for back in range(4)]
    outcomes = race(stage.connect, [once(stage, question) for question in questions])
    assert outcomes == [True] * 8
    assert stage.numbers() == list(range(1, 9)) and stage.holds()


def test_who_is_refused_leaves_no_gap(stage: Stage) -> None:
    def refused(session: Session) -> object:
        frozen = freeze(session, stage.cast.finance, now=NOW, kind=OCCUPANCY, question=stage.month(stage.sites[0]))
        raise RuntimeError(f"killed after number {frozen.number}")

    good = [once(stage, stage.month(stage.sites[1], back)) for back in range(3)]
    outcomes = race(stage.connect, [*good, refused, refused, refused])
    assert outcomes[:3] == [True] * 3 and all(isinstance(each, RuntimeError) for each in outcomes[3:])
    assert stage.numbers() == [1, 2, 3] and stage.holds()


def test_two_second_versions_at_once(stage: Stage) -> None:
    """Nothing has changed for the second: it is refused, and takes no number."""
    question = stage.month(stage.sites[0])
    race(stage.connect, [once(stage, question)])
    with stage.connect() as session:
        session.connection().exec_driver_sql("UPDATE sites SET name = '新名' WHERE code = 'NS'")
        session.commit()

    def again(session: Session) -> object:
        return freeze(session, stage.cast.finance, now=NOW, kind=OCCUPANCY, question=question, reason="更名").version

    outcomes = race(stage.connect, [again] * 4)
    assert outcomes.count(2) == 1
    assert all(isinstance(each, Conflict | Refusal) for each in outcomes if each != 2)
    assert stage.numbers() == [1, 2] and stage.holds()
