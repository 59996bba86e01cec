"""Periods by hand, when a report is due, and how an answer is laid out."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incubator.core.errors import Refusal
from incubator.reports.builder.rules import (
    PERIODS,
    Definition,
    adds_up,
    check_definition,
    content_of,
    days_of,
    is_due,
    lay_out,
    read_content,
    read_definition,
)
from incubator.reports.builder.words import written
from incubator.reports.measuring.question import Amount, Answer, Label, Line

TODAY = date(2026, 11, 27)


@pytest.mark.parametrize(("period", "first", "last"), [
    ("yesterday", "2026-11-26", "2026-11-26"), ("last_week", "2026-11-16", "2026-11-22"),
    ("this_month", "2026-11-01", "2026-11-27"), ("last_month", "2026-10-01", "2026-10-31"),
    ("last_quarter", "2026-07-01", "2026-09-30"), ("last_12_months", "2025-11-01", "2026-10-31"),
    ("this_year", "2026-01-01", "2026-11-27"), ("last_year", "2025-01-01", "2025-12-31"),
])  # fmt: skip
def test_periods_seen_from_27_november_2026(period: str, first: str, last: str) -> None:
    assert days_of(period, TODAY) == (date.fromisoformat(first), date.fromisoformat(last))


@given(st.sampled_from(PERIODS), st.dates(date(1971, 1, 1), date(2190, 1, 1)))
def test_a_period_never_reaches_beyond_today(period: str, today: date) -> None:
    first, last = days_of(period, today)
    assert first <= last <= today and (last - first) < timedelta(days=367)


def test_when_a_report_is_due() -> None:
    days = [date(2026, 11, 1) + timedelta(day) for day in range(30)]
    assert sum(is_due("daily", day) for day in days) == 30
    assert [day.day for day in days if is_due("weekly", day)] == [2, 9, 16, 23, 30]
    assert [day.day for day in days if is_due("monthly", day)] == [1]
    assert not any(is_due("", day) for day in days)


def answer(definition: Definition) -> Answer:
    parts = {("1", "2026-09"): (3, 4), ("1", "2026-10"): (1, 2), ("2", "2026-10"): (2, 2)}
    lines = tuple(Line(key, {"desks": Amount(Decimal(above), Decimal(below))}) for key, (above, below) in parts.items())
    return Answer(definition.question(TODAY), lines, {"desks": Amount(Decimal(6), Decimal(8))},
                  {"site": {"1": Label("甲"), "2": Label("乙")}})  # fmt: skip


def test_rows_and_columns() -> None:
    definition = Definition(("desks",), "site", "month")
    table = lay_out(answer(definition), definition)
    assert table.columns == ("2026-09", "2026-10")
    assert [(row, [cell[0] and (cell[0].numerator, cell[0].denominator) for cell in cells]) for row, cells in table.rows] == [
        ("1", [(3, 4), (1, 2)]), ("2", [None, (2, 2)]),
    ]  # fmt: skip
    assert table.totals == (Amount(Decimal(6), Decimal(8)),)


def test_what_is_kept_is_the_definition_again() -> None:
    definition = Definition(("desks", "area"), "site", "", "last_year", (3, 4), (("startup", (None, 7)), ("kind", ("desk",))))
    assert read_definition(definition.data()) == definition
    said = Answer(definition.question(TODAY), (), {name: Amount(Decimal("1.50"), Decimal(2)) for name in definition.measures})
    content = content_of(definition, said, "工位")
    assert content["figures"][1] == {"measure": "area", "numerator": "1.50", "denominator": "2"}
    assert read_content(content, TODAY) == (definition, said)


def test_parts_that_do_not_add_up_are_noticed() -> None:
    definition = Definition(("desks",), "site", "month")
    content = content_of(definition, answer(definition), "工位")
    assert adds_up(content)
    content["figures"][0]["numerator"] = "7"
    assert not adds_up(content)


@pytest.mark.parametrize(("definition", "field"), [
    (Definition(()), "measures"), (Definition(("x",)), "measures"), (Definition(("desks",), "x"), "rows"),
    (Definition(("desks",), "site", "x"), "columns"), (Definition(("desks",), "site", "site"), "columns"),
    (Definition(("desks",), period="tomorrow"), "period"), (Definition(("desks",) * 9), "measures"),
])  # fmt: skip
def test_what_makes_no_sense_is_refused(definition: Definition, field: str) -> None:
    with pytest.raises(Refusal) as refused:
        check_definition(definition)
    assert refused.value.field == field


def test_yuan_have_two_decimals_shares_are_percentages_and_counts_are_counts() -> None:
    said = [written(name, Amount(Decimal(above), below), "en") for name, above, below in (
        ("billed_net", "41081.1", None), ("desks", "62", Decimal(124)), ("bookings", "3", None), ("desks", "0", Decimal(0)))]  # fmt: skip
    assert said == ["41,081.10", "50.00%", "3", "–"]
