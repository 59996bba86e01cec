"""What a rule is asked about: one thing that costs, by what it is measured. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from fractions import Fraction

from msgspec import Struct, field

from incubator.core.periods import Month

CHARGE_KINDS = ("rent", "property_fee", "service_fee", "utilities", "booking", "mentoring")
"""What startups are charged for."""
COST_KINDS = ("own_rent", "fit_out", "events", "electricity", "network")
"""What a space itself pays."""
MONTHLY_COSTS = ("own_rent", "electricity", "network")
"""Those that are recorded month by month, for what they are granted for is a month."""
OTHER_KINDS = ("tenancy", "contribution", "site")
"""A startup that is in residence, with the area that it has; what one contributed in a year; the space as a whole."""
KINDS = CHARGE_KINDS + COST_KINDS + OTHER_KINDS

MEASURES = ("m2_month", "unit_month", "m2_day", "day", "hour", "m2", "item")


class Item(Struct, frozen=True):
    """One thing of a month; `key` is whatever the caller knows it by."""

    key: int
    kind: str
    gross_minor: int
    month: Month
    first: date
    last: date
    """Inclusive; within the month."""
    unit_kind: str | None = None
    area_m2: Decimal | Fraction | None = None
    hours: Decimal | None = None
    already_minor: Mapping[str, int] = field(default_factory=dict)
    """What bearers have given on it before this run, by bearer."""

    @property
    def days(self) -> int:
        """How many days of the month it covers."""
        return (self.last - self.first).days + 1

    def measure(self, per: str) -> Fraction | None:
        """By how much a price is multiplied: 54.50 m² from 16 October are 54.5 × 16/31 by m² and month. None where
        its area or its hours are not on record."""
        share = Fraction(self.days, self.month.days)
        if per in ("m2_month", "m2_day", "m2"):
            if self.area_m2 is None:
                return None
            return Fraction(self.area_m2) * {"m2_month": share, "m2_day": Fraction(self.days), "m2": Fraction(1)}[per]
        if per == "hour":
            return None if self.hours is None else Fraction(self.hours)
        return {"unit_month": share, "day": Fraction(self.days), "item": Fraction(1)}[per]
