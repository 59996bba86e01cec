"""Units and rounding, by hand."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from incubator.reports.statistics.units import UNITS, in_unit, parts_in_unit
from tests.effort import examples


@pytest.mark.parametrize(
    ("fen", "unit", "written"),
    [
        (123_456_780, "ten_thousand_yuan", "123.46"),  # 1,234,567.80 yuan
        (123_456_780, "thousand_yuan", "1235"), (49_999, "thousand_yuan", "0"), (50_000, "thousand_yuan", "1"),
        (149_999, "thousand_yuan", "1"), (150_000, "thousand_yuan", "2"), (5_000, "ten_thousand_yuan", "0.01"),
        (4_999, "ten_thousand_yuan", "0.00"), (0, "thousand_yuan", "0"),
    ],
)  # fmt: skip
def test_money_in_the_units_of_the_form(fen: int, unit: str, written: str) -> None:
    assert str(in_unit(Decimal(fen), UNITS[unit])) == written


def test_areas_and_people_are_not_divided() -> None:
    assert str(in_unit(Decimal("128.5"), UNITS["m2"])) == "128.50"
    assert str(in_unit(Decimal(46), UNITS["people"])) == "46"


def test_parts_that_would_each_round_away_still_add_up() -> None:
    """400.00 yuan three times is 1.2 thousand, written 1: the first is 1. Each alone would be 0 and the sum 0."""
    assert parts_in_unit([Decimal(40_000)] * 3, UNITS["thousand_yuan"]) == [1, 0, 0]
    assert parts_in_unit([Decimal(60_000), Decimal(60_000)], UNITS["thousand_yuan"]) == [1, 0]
    assert parts_in_unit([Decimal(-20_000), Decimal(130_000)], UNITS["thousand_yuan"]) == [0, 1]


@settings(max_examples=examples(200), deadline=None)
@given(st.lists(st.integers(-10**12, 10**13), min_size=1, max_size=8), st.sampled_from(sorted(UNITS)))
def test_parts_always_add_up_and_are_never_off_by_a_step(fen: list[int], name: str) -> None:
    unit, parts = UNITS[name], [Decimal(each) for each in fen]
    written = parts_in_unit(parts, unit)
    assert sum(written) == in_unit(sum(parts, Decimal(0)), unit)
    assert all(abs(one - part / unit.per) < unit.step for one, part in zip(written, parts, strict=True))
