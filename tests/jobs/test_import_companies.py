"""2,000 companies, of which one in twenty is faulty in one of all the ways there are: exactly those are reported."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from incubator.core.identifiers import complete_credit_code
from incubator.startups.models import Startup
from tests.cast import Cast
from tests.jobs.test_import import faults, run, workbook

COUNT, FAULTY = 2_000, 100
DIGITS = "0123456789"
TAKEN = "91440300MA5ABCDE1H"
"""The cast's startup A has it."""

Row = dict[str, Any]
# what is made wrong: the column that must be named, and how a row is spoilt; `other` is a row before it that stays right
SPOIL: list[tuple[str, Callable[[Row, Row], Row]]] = [
    ("credit_code", lambda row, _: {"credit_code": row["credit_code"][:-1] + ("0" if row["credit_code"][-1] != "0" else "1")}),
    ("credit_code", lambda row, _: {"credit_code": row["credit_code"][:9] + "O" + row["credit_code"][10:]}),
    ("credit_code", lambda row, _: {"credit_code": row["credit_code"][:-1]}),
    ("credit_code", lambda row, _: {"credit_code": None}),
    ("credit_code", lambda row, other: {"credit_code": other["credit_code"]}),
    ("credit_code", lambda row, other: {"credit_code": " " + other["credit_code"].lower()}),
    ("credit_code", lambda row, _: {"credit_code": TAKEN}),
    ("credit_code", lambda row, _: {"kind": "team", "registered_on": None, "capital": None, "paid_in": None}),
    ("code", lambda row, other: {"code": other["code"]}),
    ("code", lambda row, _: {"code": "S-A"}),
    ("code", lambda row, _: {"code": "C" * 21}),
    ("name", lambda row, _: {"name": ""}),
    ("name", lambda row, _: {"name": "长" * 201}),
    ("name", lambda row, _: {"name": "=A1&B1"}),
    ("kind", lambda row, _: {"kind": "个体户"}),
    ("kind", lambda row, _: {"kind": None}),
    ("registered_on", lambda row, _: {"registered_on": "2025-02-29"}),
    ("registered_on", lambda row, _: {"registered_on": "去年"}),
    ("registered_on", lambda row, _: {"registered_on": "2098-01-01"}),
    ("registered_on", lambda row, _: {"registered_on": "1066-10-14"}),
    ("industry", lambda row, _: {"industry": "业" * 101}),
    ("industry_code", lambda row, _: {"industry_code": "00"}),
    ("industry_code", lambda row, _: {"industry_code": "C65"}),
    ("capital", lambda row, _: {"capital": "一百万"}),
    ("capital", lambda row, _: {"capital": -1}),
    ("capital", lambda row, _: {"capital": "1e300"}),
    ("capital", lambda row, _: {"capital": "0.00001"}),
    ("paid_in", lambda row, _: {"paid_in": 1_000_001}),
    ("contact_email", lambda row, _: {"contact_email": "nobody at example"}),
    ("contact_phone", lambda row, _: {"contact_phone": "1" * 51}),
]


def company(number: int, chance: random.Random) -> Row:
    """A company as somebody types it, right in all its cells, in one of the ways in which one may write them."""
    code = complete_credit_code(f"91440300MA5{number:06}")
    first = chance.choice(["2025-06-18", "2025/6/18", "2025年6月18日"])
    row: Row = {"code": f"C-{number:04}", "name": f"第{number}科技有限公司", "kind": chance.choice(["company", "企业"]),
                "credit_code": chance.choice([code, code.lower(), f"{code[:4]} {code[4:]}"]), "registered_on": first,
                "industry_code": chance.choice(["6513", "I65", 65, None]), "capital": chance.choice([100, "1,000,000", "50.5"])}  # fmt: skip
    row["paid_in"] = chance.choice([None, 0, 30])
    return row


def spoilt(seed: int) -> tuple[list[Row], list[Row], dict[int, str]]:
    """2,000 rows that are right, the same with 100 of them spoilt, and by row of the sheet which column is then wrong."""
    chance = random.Random(seed)
    right = [company(number, chance) for number in range(COUNT)]
    rows, wrong = [dict(row) for row in right], {}
    places = chance.sample(range(200, COUNT), FAULTY)  # what they take the codes of stands before them, and is right
    for count, place in enumerate(places):
        column, spoil = SPOIL[count % len(SPOIL)]
        rows[place] |= spoil(rows[place], right[chance.randrange(200)])
        wrong[place + 2] = column
    return right, rows, wrong


@pytest.mark.parametrize("seed", [20261126])
def test_exactly_the_faulty_rows_are_reported_and_mended_all_are_imported(session: Session, cast: Cast, seed: int) -> None:
    right, rows, wrong = spoilt(seed)
    before = session.execute(text("SELECT count(*) FROM audit_events")).scalar_one()
    outer = session.begin_nested()
    found = faults(session, cast, companies=rows)
    outer.rollback()  # as the job's performer does
    assert [(sheet, row, column) for sheet, row, column, _ in found] == [
        ("companies", row, wrong[row]) for row in sorted(wrong)
    ]
    assert session.execute(select(func.count()).select_from(Startup)).scalar_one() == 2, "nothing was imported"
    assert session.execute(text("SELECT count(*) FROM audit_events")).scalar_one() == before
    mended = [right[number] if number + 2 in wrong else row for number, row in enumerate(rows)]
    assert run(session, cast, workbook(companies=mended))["counts"] == {"companies": COUNT} | dict.fromkeys(
        ("sites", "units", "resources", "tariffs", "residencies", "bookings"), 0
    )
    made = session.execute(select(Startup).where(Startup.code.startswith("C-")).order_by(Startup.code)).scalars().all()
    assert len(made) == COUNT
    for startup, row in zip(made, right, strict=True):
        typed = {100: 100_000_000, "1,000,000": 1_000_000_000_000, "50.5": 50_500_000}[row["capital"]]
        paid = {None: None, 0: 0, 30: 30_000_000}[row["paid_in"]]
        industry = {"6513": "6513", "I65": "65", 65: "65", None: ""}[row["industry_code"]]
        assert (startup.capital_minor, startup.paid_in_minor, startup.industry_code) == (typed, paid, industry)


def test_every_way_of_spoiling_is_used() -> None:
    assert len(SPOIL) <= FAULTY
    assert {column for column, _ in SPOIL} == {
        "code", "name", "kind", "credit_code", "registered_on", "industry", "industry_code", "capital", "paid_in",
        "contact_email", "contact_phone",
    }  # fmt: skip
