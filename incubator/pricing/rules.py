"""How a price is made: pure, exact, rounded half up once, at the line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

from incubator.core.money import to_minor
from incubator.core.periods import Interval, Month, overlap_days

MINUTES_PER_HOUR = 60


@dataclass(frozen=True, slots=True)
class Derivation:
    """How a month's price came about: quantity × unit price × days / days in the month = gross."""

    gross_minor: int
    unit_price: Decimal
    quantity: Decimal
    days: int
    days_in_month: int
    starts_on: date
    ends_on: date

    def as_data(self) -> dict[str, Any]:
        """As JSON data, kept with the charge."""
        return {
            "unit_price": format(self.unit_price, "f"),
            "quantity": format(self.quantity, "f"),
            "days": self.days,
            "days_in_month": self.days_in_month,
            "starts_on": self.starts_on.isoformat(),
            "ends_on": self.ends_on.isoformat(),
            "gross_minor": self.gross_minor,
        }


def price_month(
    *, unit_price: Decimal, quantity: Decimal, month: Month, starts_on: date, ends_on: date | None
) -> Derivation | None:
    """A monthly price for the days of `month` within `starts_on`..`ends_on` (inclusive; None: open-ended).

    Prorated by calendar day, rounded half up once: 54.50 m² at 75.00 from 16 October is
    4,087.50 × 16/31 = 2,109.68. None where no day of the month is covered.
    """
    days = overlap_days(month.first, month.last, starts_on, ends_on)
    if days == 0:
        return None
    gross = Fraction(unit_price) * Fraction(quantity) * Fraction(days, month.days)
    last = month.last if ends_on is None else min(month.last, ends_on)
    return Derivation(to_minor(gross), unit_price, quantity, days, month.days, max(month.first, starts_on), last)


@dataclass(frozen=True, slots=True)
class Quote:
    """The price of a booking, and how it came about."""

    gross_minor: int
    currency: str
    unit_price: Decimal
    minutes: int
    free: bool = False
    tariff_item_id: int | None = None

    def as_data(self) -> dict[str, Any]:
        """As JSON data, kept with the booking."""
        return {
            "gross_minor": self.gross_minor,
            "currency": self.currency,
            "unit_price": format(self.unit_price, "f"),
            "minutes": self.minutes,
            "free": self.free,
            "tariff_item_id": self.tariff_item_id,
        }


def price_hours(*, unit_price: Decimal, start: datetime, end: datetime) -> tuple[int, int]:
    """Minutes and fen for an hourly price, by the minute, rounded half up once: 90 minutes at 50.00 are 75.00."""
    minutes = Interval(start, end).minutes
    return minutes, to_minor(Fraction(unit_price) * Fraction(minutes, MINUTES_PER_HOUR))


@dataclass(frozen=True, slots=True)
class PriceItem:
    """An hourly price of a tariff: for one resource, or for a kind of resource."""

    item_id: int
    unit_price: Decimal
    currency: str
    resource_id: int | None
    resource_kind: str | None
    valid_from: date
    valid_until: date | None
    """Inclusive; None: until further notice."""


def pick_item(items: Sequence[PriceItem], *, resource_id: int, resource_kind: str, on: date) -> PriceItem | None:
    """The price that holds for a resource on a local date: its own before its kind's; the later tariff first."""
    fitting = [
        item
        for item in items
        if item.valid_from <= on <= (item.valid_until or date.max)
        and (item.resource_id == resource_id or (item.resource_id is None and item.resource_kind == resource_kind))
    ]
    return max(fitting, key=lambda item: (item.resource_id is not None, item.valid_from, item.item_id), default=None)


def quote(item: PriceItem, start: datetime, end: datetime) -> Quote:
    """What `item` asks for `start`..`end`."""
    minutes, gross_minor = price_hours(unit_price=item.unit_price, start=start, end=end)
    return Quote(gross_minor, item.currency, item.unit_price, minutes, False, item.item_id)


def free_quote(start: datetime, end: datetime, currency: str = "CNY") -> Quote:
    """The operator's own use: counted, charged nothing."""
    return Quote(0, currency, Decimal(0), Interval(start, end).minutes, True)
