"""The units in which the form wants its values, and how they are rounded. Pure; exact."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_FLOOR, ROUND_HALF_UP, Decimal

from msgspec import Struct

from incubator.core.errors import N_


class Unit(Struct, frozen=True):
    """A unit of the form: `per` of what is counted make one of it, and so many decimals are written."""

    name: str
    """Translatable."""
    per: int = 1
    decimals: int = 0

    @property
    def step(self) -> Decimal:
        """The smallest difference that the form can show."""
        return Decimal(1).scaleb(-self.decimals)

    @property
    def is_money(self) -> bool:
        return self.per > 1


UNITS: dict[str, Unit] = {
    "thousand_yuan": Unit(N_("thousand yuan"), 100_000),
    "ten_thousand_yuan": Unit(N_("ten thousand yuan"), 1_000_000, 2),
    "m2": Unit(N_("square metres"), decimals=2),
    "percent": Unit("%", decimals=2),
    "items": Unit(N_("startups")),
    "rights": Unit(N_("rights")),
    "desks": Unit(N_("desks")),
    "people": Unit(N_("people")),
    "visits": Unit(N_("visits")),
    "sessions": Unit(N_("sessions held")),
}
"""千元, 万元, 平方米, %, 个, 件, 个, 人, 人次, 场次. Of money, fen are counted."""


def in_unit(value: Decimal, unit: Unit) -> Decimal:
    """What is counted as the form writes it, rounded half up once.

    1,234,567.80 yuan are 1,235 thousand yuan, and 123.46 ten thousand yuan; 499.99 yuan are 0 thousand yuan, 500.00
    are 1.
    """
    return (value / unit.per).quantize(unit.step, ROUND_HALF_UP)


def parts_in_unit(parts: Sequence[Decimal], unit: Unit) -> list[Decimal]:
    """Parts of a total as the form writes them, so that they add up to the total as the form writes it.

    The total is rounded half up; its parts by largest remainder: 400.00, 400.00 and 400.00 yuan are 1 thousand yuan
    together, so that one of them (the first) is 1 and the others 0. No part is off by a whole step or more.
    """
    whole = in_unit(sum(parts, Decimal(0)), unit)
    floors = [(part / unit.per).quantize(unit.step, ROUND_FLOOR) for part in parts]
    left = int((whole - sum(floors, Decimal(0))) / unit.step)
    order = sorted(range(len(parts)), key=lambda place: (floors[place] - parts[place] / unit.per, place))
    for place in order[:left]:
        floors[place] += unit.step
    return floors
