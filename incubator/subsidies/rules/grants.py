"""What of a space's period is asked about when policies give to the operator: pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

from msgspec import Struct

from incubator.core.periods import Month
from incubator.startups.rules import ResidencyTerm
from incubator.subsidies.rules.amounts import exact_text
from incubator.subsidies.rules.items import Item
from incubator.subsidies.rules.state import window_months


def months_of(every: str, month: Month) -> tuple[Month, ...]:
    """The months of the month, quarter or year that a month is in."""
    return tuple(window_months(every, month))


def is_over(months: Sequence[Month], today: date) -> bool:
    """Whether a period has ended: it can be recorded on the day after its last."""
    return today > months[-1].last


def cost_item(
    kind: str, amount_minor: int, first: date, last: date, area_m2: Decimal | None, months: Sequence[Month]
) -> Item:
    """A cost as it is asked about: of one month with its days in it, of a quarter or year as a whole."""
    month = months[-1]
    if len(months) > 1:
        return Item(0, kind, amount_minor, month, month.first, month.last, None, area_m2)
    return Item(0, kind, amount_minor, month, max(first, month.first), last, None, area_m2)


class Stay(Struct, frozen=True):
    """A unit that a tenant had on some days of a month."""

    agreement: str
    unit: str
    area_m2: Decimal
    first: date
    last: date

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1

    def as_data(self) -> dict[str, Any]:
        """As JSON data, kept with the grant."""
        return {"agreement": self.agreement, "unit": self.unit, "area_m2": format(self.area_m2, "f"),
                "first": self.first.isoformat(), "last": self.last.isoformat()}  # fmt: skip


def stays_in(terms: Sequence[ResidencyTerm], month: Month) -> list[Stay]:
    """Where a tenant was in a month."""
    spans = [Stay(each.residency_number, each.unit_code, each.area_m2, max(each.starts_on, month.first),
                  min(each.ends_on or month.last, month.last)) for each in terms]  # fmt: skip
    return [each for each in spans if each.first <= each.last]


def tenancy_item(stays: Sequence[Stay], month: Month) -> Item | None:
    """A tenant's month at a site: its days, and the area that it had on them on average.

    30 m² from the 1st and 24.50 m² more from the 16th of October: 30 + 24.50 × 16/31 m² on 31 days.
    """
    if not stays:
        return None
    first, last = min(each.first for each in stays), max(each.last for each in stays)
    m2_days = sum((Fraction(each.area_m2) * each.days for each in stays), Fraction(0))
    return Item(0, "tenancy", 0, month, first, last, None, m2_days / ((last - first).days + 1))


def item_data(item: Item, stays: Sequence[Stay] = ()) -> dict[str, Any]:
    """What was asked about, as JSON data kept with the grant: amount, days and area, and what the area is made of."""
    found: dict[str, Any] = {
        "gross_minor": item.gross_minor, "first": item.first.isoformat(), "last": item.last.isoformat(),
        "month": item.month.first.isoformat(),
        "area_m2": None if item.area_m2 is None else exact_text(Fraction(item.area_m2)),
    }  # fmt: skip
    return found | ({"stays": [each.as_data() for each in stays]} if stays else {})
