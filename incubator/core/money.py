"""Money in integer minor units (fen), and the two ways in which it is rounded."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction

from msgspec import Struct

MINOR_PER_MAJOR = 100
"""Of every currency in use here (CNY, USD, EUR, HKD); one without fen would need its own table."""


class Money(Struct, frozen=True):
    """An amount in minor units with its ISO 4217 code; amounts of different currencies never mix."""

    minor: int
    currency: str = "CNY"

    def __post_init__(self) -> None:
        _refuse_float(self.minor)

    def __add__(self, other: Money) -> Money:
        return Money(self.minor + self._same(other), self.currency)

    def __sub__(self, other: Money) -> Money:
        return Money(self.minor - self._same(other), self.currency)

    def __neg__(self) -> Money:
        return Money(-self.minor, self.currency)

    def _same(self, other: Money) -> int:
        if self.currency != other.currency:
            raise ValueError(f"{self.currency} and {other.currency} do not add")
        return other.minor

    @property
    def major(self) -> Decimal:
        """The amount in major units with two places: 108000 fen are 1080.00 yuan."""
        return Decimal(self.minor).scaleb(-2)


def round_half_up(amount: Decimal | Fraction) -> int:
    """`amount`, in minor units, to the nearest integer; a half goes away from zero: 0.5 → 1, -0.5 → -1."""
    _refuse_float(amount)
    exact = Fraction(amount)
    sign = -1 if exact < 0 else 1
    return sign * ((2 * abs(exact.numerator) + exact.denominator) // (2 * exact.denominator))


def to_minor(major: Decimal | Fraction) -> int:
    """Yuan to fen, rounded half up: 4,087.50 × 16/31 yuan (2,109.6774…) → 210968 fen; 545.00 × 16/31 → 28129."""
    _refuse_float(major)
    return round_half_up(Fraction(major) * MINOR_PER_MAJOR)  # a Decimal product would be rounded once before


def decimal_places(value: Decimal) -> int:
    """How many decimals a finite number needs: 0.60 needs one, 1200 and 1E+400 none. Exact: not one at the fortieth
    place is rounded away first, as `Decimal.normalize` would."""
    _, digits, exponent = value.as_tuple()
    if not isinstance(exponent, int) or not any(digits):
        return 0
    zeros = next(count for count, digit in enumerate(reversed(digits)) if digit)
    return max(0, -exponent - zeros)


def _refuse_float(amount: object) -> None:
    if isinstance(amount, float):
        raise TypeError("money is never a float")


def split_by_largest_remainder(total: int, weights: Sequence[int]) -> list[int]:
    """`total` minor units in parts proportional to `weights`, which add up to `total` exactly.

    Each part gets the floor of its share; the units left over go to the largest remainders, earlier parts
    first among equals: 100 over (1, 1, 1) → [34, 33, 33]. A negative total is split as its opposite is, so that
    a credit note takes back exactly the parts that the invoice had. Weights are not negative and not all zero,
    unless `total` is zero.
    """
    whole = sum(weights)
    if any(weight < 0 for weight in weights) or (whole == 0 and total != 0):
        raise ValueError("weights must not be negative, nor all zero")
    if whole == 0:
        return [0 for _ in weights]
    shares = [divmod(abs(total) * weight, whole) for weight in weights]
    parts = [share for share, _ in shares]
    by_remainder = sorted(range(len(weights)), key=lambda i: (-shares[i][1], i))
    for i in by_remainder[: abs(total) - sum(parts)]:
        parts[i] += 1
    return parts if total >= 0 else [-part for part in parts]
