"""Leaving under real concurrency: connections of their own, all at one moment."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from incubator.audit.models import AuditEvent
from incubator.core.errors import Conflict
from incubator.database import set_operator
from incubator.startups.models import DepositEntry, Exit, ExitItem, Residency
from incubator.startups.operations.deposits import move_deposit
from incubator.startups.operations.exit_access import end_exited_access
from incubator.startups.operations.exit_items import settle_item
from incubator.startups.operations.exits import leave_incubation
from tests.database import TestDatabase
from tests.startups.figures_world import DAY, OCTOBER
from tests.startups.test_figure_races import Course


@pytest.fixture
def course(own_database: TestDatabase) -> Course:
    return Course(own_database)


def test_a_startup_leaves_once_is_settled_once_and_its_access_ends_once(course: Course) -> None:
    manager, system = course.cast.manager, course.cast.system

    def leave(days: int):  # type: ignore[no-untyped-def]
        return lambda session: leave_incubation(
            session, manager, now=OCTOBER, startup_id=course.cast.startup_a, kind="left", on=OCTOBER.date() - days * DAY, reason="搬走"
        )  # fmt: skip

    found = course.race(leave(1), leave(2), leave(1), leave(3))
    assert found.count("done") == 1 and sum(isinstance(each, Conflict) for each in found) == 3
    with Session(course.engine) as session:
        set_operator(session, course.cast.operator_id)
        made = session.execute(select(Exit)).scalar_one()
        exit_id = made.id
        items = session.execute(select(ExitItem.id).where(ExitItem.exit_id == made.id, ExitItem.task != "access")).scalars().all()

    def settle(item_id: int):  # type: ignore[no-untyped-def]
        return lambda session: settle_item(session, manager, now=OCTOBER, exit_id=exit_id, item_id=item_id, outcome="waived", remark="无")

    race = course.race(*(settle(item_id) for item_id in items), settle(items[0]),
                       lambda session: end_exited_access(session, system, now=OCTOBER),
                       lambda session: end_exited_access(session, system, now=OCTOBER))  # fmt: skip
    assert race.count("done") == len(items) + 2 and sum(isinstance(each, Conflict) for each in race) == 1
    with Session(course.engine) as session:
        set_operator(session, course.cast.operator_id)
        end_exited_access(session, system, now=OCTOBER)  # both may have passed by an exit that was being settled
        made = session.execute(select(Exit)).scalar_one()
        open_items = session.execute(select(func.count()).where(ExitItem.outcome.is_(None))).scalar_one()
        ended = session.execute(select(func.count()).where(AuditEvent.action == "end_exited_access")).scalar_one()
        assert (open_items, ended) == (0, 1) and made.closed_at is not None



def test_a_deposit_that_is_returned_while_its_entry_is_ticked(course: Course) -> None:
    """Of three returns and three ticks at once one return is written; the entry is done, and says what the movements say."""
    manager = course.cast.manager
    with Session(course.engine) as session:
        set_operator(session, course.cast.operator_id)
        residency_id = session.execute(select(Residency.id).where(Residency.startup_id == course.cast.startup_a)).scalar_one()
        move_deposit(session, manager, now=OCTOBER, residency_id=residency_id, kind="received", amount_minor=500_000, happened_on=OCTOBER.date() - 2 * DAY)
        exit_id = leave_incubation(session, manager, now=OCTOBER, startup_id=course.cast.startup_a, kind="left", on=OCTOBER.date() - DAY,
                                   reason="搬走").id  # fmt: skip
        item_id = session.execute(select(ExitItem.id).where(ExitItem.exit_id == exit_id, ExitItem.task == "deposit")).scalar_one()
        session.commit()
    give = lambda session: move_deposit(session, manager, now=OCTOBER, residency_id=residency_id, kind="returned",  # noqa: E731
                                        amount_minor=500_000, happened_on=OCTOBER.date(), how="bank")  # fmt: skip
    tick = lambda session: settle_item(session, manager, now=OCTOBER, exit_id=exit_id, item_id=item_id, outcome="done")  # noqa: E731
    found = course.race(give, tick, give, tick, give, tick)
    assert found.count("done") == 1 and sum(isinstance(each, Conflict) for each in found) == 5
    with Session(course.engine) as session:
        set_operator(session, course.cast.operator_id)
        item = session.execute(select(ExitItem).where(ExitItem.id == item_id)).scalar_one()
        assert (item.outcome, item.amount_minor, item.withheld_minor) == ("done", 500_000, 0)
        assert session.execute(select(DepositEntry.balance_minor).order_by(DepositEntry.number.desc()).limit(1)).scalar_one() == 0
