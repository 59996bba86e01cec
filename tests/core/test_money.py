"""Money: rounding once, half up; splitting without losing a fen."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal, localcontext
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incubator.core.money import Money, decimal_places, round_half_up, split_by_largest_remainder, to_minor

fractions = st.fractions(min_value=-(10**9), max_value=10**9, max_denominator=10_000)
amounts = st.integers(-(10**12), 10**12)


@pytest.mark.parametrize(
    ("major", "minor"),
    [
        (Fraction(408750, 100) * Fraction(16, 31), 210968),  # 2,109.6774…
        (Fraction(545) * Fraction(16, 31), 28129),  # 281.2903…
        (Decimal("0.005"), 1),
        (Decimal("-0.005"), -1),
        (Decimal("0.00499999999999999999999999999999999999999"), 0),  # more places than a Decimal product keeps
        (Decimal("1E+3"), 100_000),
        (Fraction(1, 3), 33),
        (Decimal("2390.97"), 239097),
    ],
)
def test_yuan_to_fen(major: Decimal | Fraction, minor: int) -> None:
    assert to_minor(major) == minor


@given(fractions)
def test_rounding_is_never_more_than_a_half_off_and_a_half_goes_away_from_zero(amount: Fraction) -> None:
    rounded = round_half_up(amount)
    assert abs(rounded - amount) <= Fraction(1, 2)
    if abs(rounded - amount) == Fraction(1, 2):
        assert abs(rounded) > abs(amount)


@given(fractions)
def test_rounding_is_the_same_below_zero(amount: Fraction) -> None:
    assert round_half_up(-amount) == -round_half_up(amount)


@given(st.decimals(min_value=-(10**9), max_value=10**9, places=6))
def test_rounding_a_decimal_is_decimal_s_own_half_up(amount: Decimal) -> None:
    with localcontext() as context:
        context.prec = 60
        assert round_half_up(amount) == int(amount.quantize(Decimal(1), rounding=ROUND_HALF_UP))
        assert round_half_up(amount) == round_half_up(Fraction(amount))


@pytest.mark.parametrize("call", [lambda: to_minor(0.1), lambda: round_half_up(0.5), lambda: Money(1.0)])  # type: ignore[arg-type]
def test_a_float_is_refused(call: object) -> None:
    with pytest.raises(TypeError, match="never a float"):
        call()  # type: ignore[operator]


@pytest.mark.parametrize(
    ("total", "weights", "parts"),
    [
        (100, [1, 1, 1], [34, 33, 33]),
        (-100, [1, 1, 1], [-34, -33, -33]),
        (143_458, [210_968, 28_129], [126_581, 16_877]),  # the subsidy of company B, over rent and property fee
        (0, [0, 0], [0, 0]),
        (5, [0, 7], [0, 5]),
        (1, [1, 2], [0, 1]),
        (0, [], []),
    ],
)
def test_splitting(total: int, weights: list[int], parts: list[int]) -> None:
    assert split_by_largest_remainder(total, weights) == parts


@given(amounts, st.lists(st.integers(0, 10**9), min_size=1, max_size=20).filter(any))
def test_the_parts_add_up_and_none_is_a_whole_fen_off(total: int, weights: list[int]) -> None:
    parts = split_by_largest_remainder(total, weights)
    assert sum(parts) == total
    for part, weight in zip(parts, weights, strict=True):
        assert abs(part - Fraction(total * weight, sum(weights))) < 1
        assert weight or part == 0
    assert split_by_largest_remainder(-total, weights) == [-part for part in parts]


@pytest.mark.parametrize(("total", "weights"), [(1, [0, 0]), (1, []), (5, [3, -1])])
def test_what_cannot_be_split(total: int, weights: list[int]) -> None:
    with pytest.raises(ValueError, match="weights"):
        split_by_largest_remainder(total, weights)


@given(amounts, amounts)
def test_adding_and_taking_away(left: int, right: int) -> None:
    assert Money(left) + Money(right) - Money(right) == Money(left)
    assert -Money(left) == Money(0) - Money(left)
    assert to_minor(Money(left).major) == left


def test_currencies_do_not_mix() -> None:
    with pytest.raises(ValueError, match="CNY and USD"):
        Money(1) + Money(1, "USD")
    with pytest.raises(ValueError, match="USD and CNY"):
        Money(1, "USD") - Money(1)
    assert Money(1) != Money(1, "USD")


@pytest.mark.parametrize(
    ("text", "places"),
    [("0", 0), ("0.000", 0), ("1200", 0), ("1E+400", 0), ("0.60", 1), ("-1.25", 2), ("100.00", 0), ("1E-40", 40),
     ("1." + "0" * 39 + "1", 40)],
)  # fmt: skip
def test_decimal_places(text: str, places: int) -> None:
    assert decimal_places(Decimal(text)) == places
