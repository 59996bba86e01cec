"""The mentor service report: a month's confirmed sessions, worked by hand."""

from __future__ import annotations

import json
from datetime import date, timedelta
from decimal import Decimal

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from incubator.mentors.operations.feedback import give_feedback
from incubator.reports.frozen.freezing import freeze
from incubator.reports.frozen.kind import Question
from incubator.reports.frozen.mentoring import MENTORING, adds_up
from incubator.reports.frozen.proving import verify_content
from incubator.startups.rules.periods import Period
from tests.cast import Cast
from tests.mentors.meeting import Place, at, hold, make_place, meet

DECEMBER = at(30, 9) + timedelta(days=1)


@pytest.fixture
def place(session: Session, cast: Cast) -> Place:
    return make_place(session, cast)


@pytest.fixture
def question(place: Place) -> Question:
    return Question(Period("month", date(2026, 11, 1)), place.site.id)


def test_november(session: Session, cast: Cast, place: Place, question: Question, app: Flask) -> None:
    """A 90 min and 60 min, B 45 min; one that nobody has logged counts for nothing: 195 min, 3.25 h; what A thought of it is nobody else's."""
    first = hold(session, cast, place, at(3, 14), 90)
    hold(session, cast, place, at(4, 14), 60)
    hold(session, cast, place, at(5, 14), 45, founder=cast.founder_b, startup_id=cast.startup_b)
    meet(session, cast.founder_a, place, cast.startup_a, at(6, 14))
    give_feedback(session, cast.founder_a, now=at(3, 17), session_id=first.id, rating=5, remark="好")
    content = MENTORING.make(session, cast.auditor, question).content
    figures = {each["key"]: each["count"] for each in content["figures"]}
    assert figures == {"sessions": 3, "minutes": 195, "mentors": 1, "startups": 2}
    assert [(each["code"], each["sessions"], each["minutes"]) for each in content["startups"]] == [
        ("S-A", 2, 150), ("S-B", 1, 45),
    ]  # fmt: skip
    said = json.dumps(content, ensure_ascii=False)
    assert "好" not in said and "rating" not in said, "ratings and remarks are between the two"
    with app.test_request_context():
        shown = MENTORING.present(content, "zh_Hans")
    assert [figure.value for figure in shown.figures] == [3, Decimal("3.25"), 1, 2]
    assert all(len(row) == len(table.columns) for table in shown.tables for row in table.rows)
    assert adds_up(content)
    content["rows"][0]["minutes"] += 1
    assert not adds_up(content)


def test_what_is_confirmed_later_is_a_difference(
    session: Session, cast: Cast, place: Place, question: Question
) -> None:
    hold(session, cast, place, at(3, 14), 90)
    frozen = freeze(session, cast.manager, now=DECEMBER, kind=MENTORING, question=question)
    assert verify_content(session, cast.auditor, MENTORING, frozen).current
    hold(session, cast, place, at(5, 14), 45)
    answer = verify_content(session, cast.auditor, MENTORING, frozen)
    assert answer.intact and not answer.figures_hold
    assert {(each.subject, each.before, each.after) for each in answer.differences if each.kind == "figure"} == {
        ("sessions", "1", "2"), ("minutes", "90", "135"),
    }  # fmt: skip
    second = freeze(session, cast.manager, now=DECEMBER, kind=MENTORING, question=question, reason="补确认")
    assert (second.version, second.number) == (2, 2)


def test_an_empty_month_is_a_report_too(session: Session, cast: Cast, question: Question) -> None:
    frozen = freeze(session, cast.manager, now=DECEMBER, kind=MENTORING, question=question)
    assert json.loads(frozen.content)["rows"] == [] and adds_up(json.loads(frozen.content))
