"""How a price is made: pure, exact, rounded half up once, at the line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

from msgspec import Struct
from msgspec.structs import replace

from incubator.core.errors import N_, Refusal
from incubator.core.money import to_minor
from incubator.core.periods import Interval, Month, overlap_days
from incubator.pricing.rules.compositions import USUAL_WINDOWS, Composition, Part, Windows, round_up
from incubator.pricing.rules.proration import CALENDAR_DAYS, part_share
from incubator.pricing.rules.taxes import Taxes, price_with_tax

MINUTES_PER_HOUR = 60
HIGHEST_PRICE = Decimal(1_000_000)
FIRST_DAY, LAST_DAY = date(2000, 1, 1), date(2199, 12, 31)
PRICE_PLACES = 4
"""Decimals that a unit price may have: 2.5 fen a m² and day is a price in some contracts."""


class Unpriced(Refusal):
    """No tariff prices the resource on that local day."""

    def __init__(self, resource: str) -> None:
        super().__init__(N_("No price is set for %(resource)s on that day."), resource=resource)


def check_price(price: Decimal, field: str | None = None) -> None:
    """Refusal unless `price` is from 0 to 1,000,000 yuan with at most four decimals; none is lost in keeping it."""
    if not price.is_finite() or not 0 <= price <= HIGHEST_PRICE:
        raise Refusal(N_("A price is from 0 to 1,000,000."), field=field)
    if price != round(price, PRICE_PLACES):
        raise Refusal(N_("A price has at most four decimals."), field=field)


def check_day(day: date | None, field: str | None = None) -> None:
    """Refusal for a day that nobody means: before 2000 or after 2199."""
    if day is not None and not FIRST_DAY <= day <= LAST_DAY:
        raise Refusal(N_("%(day)s is not a day that can be meant: from 2000 to 2199."), field=field, day=day)


class Derivation(Struct, frozen=True):
    """How a month's price came about: quantity × unit price × the days' share of the month = gross."""

    gross_minor: int
    unit_price: Decimal
    quantity: Decimal
    days: int
    days_in_month: int
    starts_on: date
    ends_on: date
    charged_days: int
    """All days of the month on which the same thing is had, at this price or at another."""
    proration: str = CALENDAR_DAYS

    @property
    def is_whole(self) -> bool:
        """Whether every day of the month is charged."""
        return self.days == self.days_in_month

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
            "proration": self.proration,
            "charged_days": self.charged_days,
        }


def price_month(
    *, unit_price: Decimal, quantity: Decimal, month: Month, starts_on: date, ends_on: date | None,
    proration: str = CALENDAR_DAYS, charged_days: int | None = None,
) -> Derivation | None:  # fmt: skip
    """A monthly price for the days of `month` within `starts_on`..`ends_on` (inclusive; None: open-ended).

    Its share of the month is by the rule agreed, for all days that are charged (None: for these), and of it what falls
    on these; rounded half up once. 54.50 m² at 75.00 from 16 October is by calendar days 4,087.50 × 16/31 = 2,109.68,
    by thirtieths 2,180.00, by half months 4,087.50. None where no day of the month is covered.
    """
    days = overlap_days(month.first, month.last, starts_on, ends_on)
    if days == 0:
        return None
    charged = max(days, charged_days or 0)
    share = part_share(proration, days, charged=charged, of=month.days)
    gross = Fraction(unit_price) * Fraction(quantity) * share
    last = month.last if ends_on is None else min(month.last, ends_on)
    return Derivation(to_minor(gross), unit_price, quantity, days, month.days, max(month.first, starts_on), last,
                      charged, proration)  # fmt: skip


def price_full_month(*, unit_price: Decimal, quantity: Decimal) -> int:
    """What a month costs in which no day is missing, whatever its length: 54.50 m² at 75.00 are 4,087.50."""
    return to_minor(Fraction(unit_price) * Fraction(quantity))


@dataclass(frozen=True, slots=True)
class Quote:
    """The price of a booking, and how it came about."""

    gross_minor: int
    currency: str
    unit_price: Decimal
    minutes: int
    free: bool = False
    tariff_item_id: int | None = None
    parts: tuple[Part, ...] = ()
    """How it is composed, where it is not just by the minute."""
    minimum_minor: int = 0
    """What it costs at the least, where its parts come to less."""
    outside: bool = False
    grounds: dict[str, Any] | None = field(default=None, compare=False)
    """What its parts were chosen from, as data."""

    def as_data(self) -> dict[str, Any]:
        """As JSON data, kept with the booking."""
        return {
            "gross_minor": self.gross_minor,
            "currency": self.currency,
            "unit_price": format(self.unit_price, "f"),
            "minutes": self.minutes,
            "free": self.free,
            "tariff_item_id": self.tariff_item_id,
        } | self.more()

    def more(self) -> dict[str, Any]:
        """What is said of it beyond minutes and price, as data; nothing where it is by the minute."""
        found: dict[str, Any] = {}
        if self.parts:
            found["parts"] = [part.as_data() for part in self.parts]
        if self.minimum_minor:
            found["minimum_minor"] = self.minimum_minor
        if self.grounds:
            found["grounds"] = self.grounds
        return found | ({"outside": True} if self.outside else {})


def price_hours(*, unit_price: Decimal, start: datetime, end: datetime) -> tuple[int, int]:
    """Minutes and fen for an hourly price, by the minute, rounded half up once: 90 minutes at 50.00 are 75.00."""
    minutes = Interval(start, end).minutes
    return minutes, to_minor(Fraction(unit_price) * Fraction(minutes, MINUTES_PER_HOUR))


class PriceItem(Struct, frozen=True):
    """What a tariff asks for bookings of one resource, or of a kind of resource."""

    item_id: int
    unit_price: Decimal
    currency: str
    resource_id: int | None
    resource_kind: str | None
    valid_from: date
    valid_until: date | None
    """Inclusive; None: until further notice."""
    basis: str = "hour"
    """What `unit_price` is for: the hour where there is a price for it."""
    bases: tuple[tuple[str, Decimal], ...] = ()
    """All prices by basis; none: by the hour alone."""
    outside: bool = False
    minimum: Decimal | None = None
    round_minutes: int | None = None
    windows: Windows = USUAL_WINDOWS
    zone: str = "Asia/Shanghai"

    @property
    def is_plain(self) -> bool:
        """Whether it is by the minute and nothing else."""
        return len(self.bases) <= 1 and self.basis == "hour" and not self.minimum and not self.round_minutes


def with_tax(item: PriceItem, taxes: Taxes) -> list[PriceItem]:
    """A price without VAT as who books pays it: 50.00 at 6 % are 53.00, and another price where the rate changes."""
    return [
        replace(
            item, valid_from=first, valid_until=last, unit_price=price_with_tax(item.unit_price, rate),
            bases=tuple((basis, price_with_tax(price, rate)) for basis, price in item.bases),
            minimum=None if item.minimum is None else price_with_tax(item.minimum, rate),
        )
        for first, last, rate in taxes.spans("booking", item.valid_from, item.valid_until)
    ]  # fmt: skip


def pick_item(
    items: Sequence[PriceItem], *, resource_id: int, resource_kind: str, on: date, outside: bool = False
) -> PriceItem | None:  # fmt: skip
    """The price that holds for a resource on a local date: its own before its kind's; the later tariff first. Who is
    `outside` pays the price of outsiders where there is one."""
    fitting = [
        item
        for item in items
        if item.valid_from <= on <= (item.valid_until or date.max)
        and (outside or not item.outside)
        and (item.resource_id == resource_id or (item.resource_id is None and item.resource_kind == resource_kind))
    ]
    return max(fitting, key=_particular, default=None)


def _particular(item: PriceItem) -> tuple[bool, date, bool, int]:
    return item.resource_id is not None, item.valid_from, item.outside, item.item_id


def quote(item: PriceItem, start: datetime, end: datetime) -> Quote:
    """What `item` asks for `start`..`end`: the cheapest composition of its bases, and its minimum at the least.

    With 50.00 an hour, 160.00 for half a day and a minimum of 100.00, 90 minutes are 100.00 and 5 hours 210.00.
    Refusal where its bases don't cover the time.
    """
    minutes, gross_minor = price_hours(unit_price=item.unit_price, start=start, end=end)
    if item.is_plain:
        return Quote(gross_minor, item.currency, item.unit_price, minutes, False, item.item_id, outside=item.outside)
    until = start + timedelta(minutes=round_up(minutes, item.round_minutes))
    prices = dict(item.bases) or {item.basis: item.unit_price}
    composition = Composition(prices, start, until, ZoneInfo(item.zone), item.windows)
    parts = composition.cheapest()
    if parts is None:
        raise Refusal(N_("The tariff has no price for this time."), field="start")
    made = to_minor(sum((part.amount for part in parts), Fraction(0)))
    least = to_minor(item.minimum) if item.minimum else 0
    grounds = composition.as_data() | {"minimum_minor": least, "round_minutes": item.round_minutes or 1}
    return Quote(max(made, least), item.currency, item.unit_price, minutes, False, item.item_id, tuple(parts),
                 least if least > made else 0, item.outside, grounds)  # fmt: skip


def has_price(item: PriceItem, start: datetime, end: datetime) -> bool:
    """Whether its bases cover the time: one with a price for the night alone has none for the morning."""
    if item.is_plain:
        return True
    try:
        quote(item, start, end)
    except Refusal:
        return False
    return True


def free_quote(start: datetime, end: datetime, currency: str = "CNY") -> Quote:
    """The operator's own use: counted, charged nothing."""
    return Quote(0, currency, Decimal(0), Interval(start, end).minutes, True)


def tariff_state(first: date, last: date | None, today: date) -> str:
    """`coming`, `current` or `past` on the site's local date; `last` is inclusive, None: until further notice."""
    if today < first:
        return "coming"
    return "past" if last is not None and last < today else "current"


class MonthlyPrice(Struct, frozen=True):
    """A monthly price of a tariff: for a kind of charge and a kind of unit."""

    charge_kind: str
    basis: str
    unit_kind: str
    unit_price: Decimal


class ProposedTerms(Struct, frozen=True):
    """What a tariff proposes for a unit of an agreement; None where it sets no price."""

    rent_basis: str
    rent: Decimal | None
    property_fee: Decimal | None
    service_basis: str = "unit_month"
    service_fee: Decimal | None = None


def propose_terms(prices: Sequence[MonthlyPrice], unit_kind: str) -> ProposedTerms:
    """Rent and fees of one kind of unit by a tariff; a desk's rent is by the desk unless it says otherwise."""
    mine = {price.charge_kind: price for price in prices if price.unit_kind == unit_kind}
    rent, fee, service = mine.get("rent"), mine.get("property_fee"), mine.get("service_fee")
    return ProposedTerms(
        rent.basis if rent else usual_basis(unit_kind), rent.unit_price if rent else None,
        fee.unit_price if fee else None, service.basis if service else "unit_month",
        service.unit_price if service else None,
    )  # fmt: skip


def usual_basis(unit_kind: str) -> str:
    """Offices are let by m², all else by the piece."""
    return "m2_month" if unit_kind == "office" else "unit_month"
