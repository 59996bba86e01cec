"""The qualification report: each criterion of a standard on a month's last day, judged anew from what is frozen."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from incubator.reports.frozen.freezing import freeze
from incubator.reports.frozen.kind import Question
from incubator.reports.frozen.proving import verify_content
from incubator.reports.frozen.qualification import QUALIFICATION, adds_up, figures_of
from incubator.reports.gauge import operations
from incubator.startups.rules.periods import Period
from tests.cast import NOW, Cast
from tests.reports.world import NOVEMBER_FIRST, World

OCTOBER = Question(Period("month", date(2026, 10, 1)))


@pytest.fixture
def goal_id(session: Session, cast: Cast, world: World) -> int:
    standard = operations.adopt_standard(session, cast.manager, now=NOW, code="CN-SPACE")
    return operations.set_goal(session, cast.manager, now=NOW, standard_id=standard.id, site_ids=[world.site_id]).id


def test_october_by_hand(session: Session, cast: Cast, world: World, goal_id: int, app: Flask) -> None:
    """128.50 m² of at least 500, four desks of at least 30: not met; events that nobody has stated: not known."""
    content = QUALIFICATION.make(session, cast.auditor, OCTOBER).content
    rows = {row["measure"]: row for row in content["rows"]}
    assert (rows["usable_area"]["figure"], rows["usable_area"]["state"]) == ("128.5", "not_met")
    assert (rows["desks"]["figure"], rows["desks"]["state"]) == ("4", "not_met")
    assert rows["events_year"]["state"] == "unknown"
    assert sum(Decimal(line["amount"]) for line in rows["usable_area"]["lines"] if line["counts"]) == Decimal("128.5")
    [counts] = content["figures"]
    assert counts["key"] == goal_id and counts["met"] + counts["unknown"] < counts["asked"]
    assert adds_up(content)
    with app.test_request_context():
        for locale in ("zh_Hans", "en"):
            shown = QUALIFICATION.present(content, locale)
            assert all(len(row) == len(table.columns) for table in shown.tables for row in table.rows)


def test_a_state_that_does_not_follow_is_noticed(session: Session, cast: Cast, goal_id: int) -> None:
    content = QUALIFICATION.make(session, cast.auditor, OCTOBER).content
    for change in ({"state": "met"}, {"threshold": "1"}, {"figure": "99999"}):
        forged = json.loads(json.dumps(content))
        row = next(row for row in forged["rows"] if row["measure"] == "usable_area")
        row |= change
        assert not adds_up(forged), change


def test_alternatives_count_as_one() -> None:
    def row(key: str, figure: str | None, alternative: int | None) -> dict[str, object]:
        return {"key": key, "goal": 1, "figure": figure, "threshold": "10", "comparison": "at_least", "alternative": alternative}

    content = {"goals": [{"key": 1}], "rows": [row("a", "9", 7), row("b", "10", 7), row("c", None, None), row("d", "3", None)]}
    assert figures_of(content) == [{"key": 1, "asked": 3, "met": 1, "unknown": 1}]


def test_frozen_for_the_whole_operator(session: Session, cast: Cast, world: World, goal_id: int) -> None:
    frozen = freeze(session, cast.manager, now=NOVEMBER_FIRST, kind=QUALIFICATION, question=OCTOBER)
    assert frozen.site_id is None and json.loads(frozen.statement)["site"] is None
    assert verify_content(session, cast.auditor, QUALIFICATION, frozen).current
    operations.state_figure(session, cast.manager, now=NOVEMBER_FIRST, goal_id=goal_id, measure="events_year",
                            figure=Decimal(14), evidence="活动台账", starts_on=date(2026, 10, 1))  # fmt: skip
    answer = verify_content(session, cast.auditor, QUALIFICATION, frozen)
    assert answer.intact and not answer.current
