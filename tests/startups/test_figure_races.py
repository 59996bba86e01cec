"""Figures under real concurrency: connections of their own, as the application's role, all at one moment."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from sqlalchemy import create_engine, func, select
from sqlalchemy.orm import Session

from incubator.audit.models import AuditEvent
from incubator.connections import engine_options
from incubator.core.errors import Conflict
from incubator.database import set_operator
from incubator.startups.models import FigureSheet, FigureVersion
from incubator.startups.operations.figure_sheets import open_due_sheets
from incubator.startups.operations.figures import begin_correction, confirm_figures, return_figures, save_figures
from tests.cast import assemble_cast
from tests.database import TestDatabase
from tests.startups.figures_world import OCTOBER, found_world

Attempt = Callable[[Session], object]


class Course:
    """The world of figures, committed, and racers on connections of their own."""

    def __init__(self, database: TestDatabase) -> None:
        options = engine_options(takes_role=False) | {"pool_size": 10, "max_overflow": 0}
        self.engine = create_engine(database.settings().database_url, **options)
        with Session(self.engine, expire_on_commit=False) as session:
            self.cast = assemble_cast(session)
            world = found_world(session, self.cast)
            self.sheet_id = world.sheet().id
            self.version_id = world.submit(world.sheet()).id
            self.said = world.said({"employees": 30})
            session.commit()

    def race(self, *attempts: Attempt) -> list[object]:
        """What became of each attempt: what it gave, or its Conflict."""
        found: list[object] = [None] * len(attempts)
        barrier = threading.Barrier(len(attempts))

        def run(index: int) -> None:
            with Session(self.engine) as session:
                set_operator(session, self.cast.operator_id)
                session.execute(select(1))
                barrier.wait()
                try:
                    attempts[index](session)
                    session.commit()
                    found[index] = "done"
                except Conflict as refusal:
                    session.rollback()
                    found[index] = refusal

        threads = [threading.Thread(target=run, args=(index,)) for index in range(len(attempts))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
        return found


@pytest.fixture
def course(own_database: TestDatabase) -> Course:
    return Course(own_database)


def test_of_two_who_confirm_one_does_and_nobody_returns_what_is_confirmed(course: Course) -> None:
    cast, version_id = course.cast, course.version_id

    def confirm(session: Session) -> object:
        return confirm_figures(session, cast.manager, now=OCTOBER, version_id=version_id)

    def give_back(session: Session) -> object:
        return return_figures(session, cast.owner, now=OCTOBER, version_id=version_id, remark="请核对")

    found = course.race(*[confirm, give_back] * 4)
    assert found.count("done") == 1
    assert sum(isinstance(each, Conflict) for each in found) == 7
    with Session(course.engine) as session:
        set_operator(session, cast.operator_id)
        actions = ("confirm_figures", "return_figures")
        decided = select(func.count()).select_from(AuditEvent).where(AuditEvent.action.in_(actions))
        assert session.execute(decided).scalar_one() == 1


def test_who_saves_while_it_is_returned_goes_on_in_one_next_version(course: Course) -> None:
    cast = course.cast

    def save(session: Session) -> object:
        return save_figures(session, cast.founder_a, now=OCTOBER, sheet_id=course.sheet_id, said=course.said)

    def give_back(session: Session) -> object:
        return return_figures(session, cast.manager, now=OCTOBER, version_id=course.version_id, remark="请核对")

    found = course.race(give_back, *[save] * 5)
    assert found[0] == "done"
    course.race(*[save] * 5)
    with Session(course.engine) as session:
        set_operator(session, cast.operator_id)
        numbers = session.execute(
            select(FigureVersion.number).where(FigureVersion.sheet_id == course.sheet_id).order_by(FigureVersion.number)
        ).scalars().all()  # fmt: skip
        assert numbers == [1, 2]


def test_one_correction_is_opened_and_each_startup_is_asked_once(course: Course) -> None:
    cast = course.cast
    with Session(course.engine) as session:
        set_operator(session, cast.operator_id)
        confirm_figures(session, cast.manager, now=OCTOBER, version_id=course.version_id)
        session.commit()

    def correct(session: Session) -> object:
        return begin_correction(session, cast.founder_a, now=OCTOBER, sheet_id=course.sheet_id, reason="漏报")

    assert course.race(*[correct] * 5).count("done") == 1
    new_year = OCTOBER.replace(year=2027, month=1, day=1)
    course.race(*[lambda session: open_due_sheets(session, cast.system, now=new_year)] * 5)
    with Session(course.engine) as session:
        set_operator(session, cast.operator_id)
        assert session.execute(select(func.count()).select_from(FigureSheet)).scalar_one() == 8
        asked = select(func.count()).select_from(AuditEvent).where(AuditEvent.action == "ask_for_figures")
        assert session.execute(asked).scalar_one() == 4


