"""The subsidy report of the example's October, worked by hand, and the same after a credit note."""

from __future__ import annotations

import json
from datetime import date, timedelta

import pytest
from flask import Flask
from msgspec.structs import replace
from sqlalchemy.orm import Session

from incubator.reports.frozen.freezing import freeze
from incubator.reports.frozen.kind import Question
from incubator.reports.frozen.proving import check_content, verify_content
from incubator.reports.frozen.subsidies import SUBSIDIES, adds_up
from incubator.startups.rules.periods import Period
from tests.cast import Cast
from tests.scenarios.october import AFTER_OCTOBER, October

MONTH = Period("month", date(2026, 10, 1))


@pytest.fixture
def question(session: Session, cast: Cast, october: October) -> Question:
    return Question(MONTH, october.site.id)


def test_october(session: Session, cast: Cast, october: October, posted: object, question: Question) -> None:
    """Scheme Y bears 60 %: A 2,700.00 → 1,620.00, B 2,390.97 → 1,434.58 (half up), together 3,054.58; team C is
    refused for its two desks; the three bookings are of a kind that is not covered."""
    content = SUBSIDIES.make(session, cast.auditor, question).content
    figures = {each["key"]: each.get("minor", each.get("count")) for each in content["figures"]}
    assert figures == {"granted": 305458, "credited": 0, "subsidy": 305458, "receivable": 305458, "startups": 2, "refused": 2}
    [scheme] = content["schemes"]
    assert (scheme["key"], scheme["amount_minor"], scheme["startups"], scheme["refused"]) == ("Y", 305458, 2, 2)
    given = {row["startup"]["code"]: 0 for row in content["rows"] if row["outcome"] == "granted"}
    for row in content["rows"]:
        if row["outcome"] == "granted":
            given[row["startup"]["code"]] += row["amount_minor"]
    assert given == {"S-A": 162000, "S-B": 143458}
    assert content["books"] == {"receivable_minor": 305458} and adds_up(content)


def test_it_says_so_where_the_books_say_something_else(
    session: Session, cast: Cast, october: October, posted: object, question: Question, app: Flask
) -> None:
    content = SUBSIDIES.make(session, cast.auditor, question).content
    content["books"]["receivable_minor"] += 1
    assert not adds_up(content)
    with app.test_request_context():
        assert SUBSIDIES.present(content, "en").notes


def test_frozen_its_tables_are_made_from_it_alone(
    session: Session, cast: Cast, october: October, posted: object, question: Question, app: Flask
) -> None:
    frozen = freeze(session, cast.finance, now=AFTER_OCTOBER + timedelta(days=9), kind=SUBSIDIES, question=question)
    assert verify_content(session, cast.auditor, SUBSIDIES, frozen).current
    with app.test_request_context():
        shown = SUBSIDIES.present(json.loads(frozen.content), "zh_Hans")
    schemes, startups, rows, refused = shown.tables
    assert schemes.total is not None and list(schemes.total[4:]) == [509097, 305458, 0, 305458, 2]
    assert [list(row) for row in startups.rows] == [
        ["S-A", "甲科技有限公司", "Y", 270000, 162000], ["S-B", "乙科技有限公司", "Y", 239097, 143458],
    ]  # fmt: skip
    assert all("60%" in str(row[-1]) for row in rows.rows)
    assert len(refused.rows) == 2 and "未注册为企业" in str(refused.rows[0][-1])
    assert all(len(row) == len(table.columns) for table in shown.tables for row in [*table.rows, *([table.total] if table.total else [])])


def test_one_changed_amount_is_noticed_though_the_hash_fits(
    session: Session, cast: Cast, october: October, posted: object, question: Question
) -> None:
    live = SUBSIDIES.make(session, cast.auditor, question)
    content = json.loads(live.canonical)
    content["rows"][0]["amount_minor"] += 1
    forged = replace(live, content=content)
    answer = check_content(SUBSIDIES, forged.canonical.decode(), forged.sha256, live)
    assert answer.stored == answer.recomputed and not answer.adds_up and not answer.intact
    [difference] = [each for each in answer.differences if each.field == "amount_minor"]
    assert (difference.kind, difference.subject) == ("rows", content["rows"][0]["key"])
