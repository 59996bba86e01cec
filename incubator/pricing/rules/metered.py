"""What a meter's month costs, and who bears how much of it: pure, exact, rounded once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from math import lcm
from typing import Any

from msgspec import Struct, field
from msgspec.structs import replace

from incubator.core.money import decimal_places, split_by_largest_remainder, to_minor
from incubator.core.periods import overlap_days
from incubator.pricing.rules.readings import A_DAY, Reading, Segment, plain, segments
from incubator.pricing.rules.taxes import Taxes, price_with_tax

TIER_DAYS = 30
QUANTITY_PLACES = Decimal("0.0001")


class MeteredPrice(Struct, frozen=True):
    """A metered price of a tariff: its first tier and those above, and the days on which it holds."""

    item_id: int
    medium: str
    unit_price: Decimal
    first: date
    last: date | None
    """Inclusive; None: until further notice."""
    tiers: tuple[tuple[Decimal, Decimal], ...] = ()
    """(above so much a month, price), in ascending order."""
    currency: str = "CNY"
    tariff: str = ""

    def as_data(self) -> dict[str, Any]:
        """As JSON data, kept with each charge that it was asked for."""
        return {
            "tariff": self.tariff, "first": self.first.isoformat(), "last": self.last and self.last.isoformat(),
            "unit_price": format(self.unit_price, "f"),
            "tiers": [[plain(above), format(price, "f")] for above, price in self.tiers],
        }  # fmt: skip


def with_tax(price: MeteredPrice, taxes: Taxes) -> list[MeteredPrice]:
    """A price without VAT as it is charged: 0.68 at 13 % are 0.7684, and another price where the rate changes."""
    return [
        replace(
            price, first=first, last=last, unit_price=price_with_tax(price.unit_price, rate),
            tiers=tuple((above, price_with_tax(each, rate)) for above, each in price.tiers),
        )
        for first, last, rate in taxes.spans("utilities", price.first, price.last)
    ]  # fmt: skip


class TierLine(Struct, frozen=True):
    """So much at one price."""

    quantity: Fraction
    unit_price: Decimal

    @property
    def amount(self) -> Fraction:
        """In yuan, not rounded."""
        return self.quantity * Fraction(self.unit_price)


def price_tiers(quantity: Fraction, price: MeteredPrice, months: Fraction = Fraction(1)) -> list[TierLine]:
    """The quantity by tiers: 250 kWh at 0.68 up to 200 and 0.95 above are 200 × 0.68 + 50 × 0.95 = 183.50.

    Of two months' use each tier is twice as wide. No line is empty.
    """
    bounds = [Fraction(0), *(Fraction(above) * months for above, _ in price.tiers)]
    prices = [price.unit_price, *(each for _, each in price.tiers)]
    lines = []
    for number, (bound, unit_price) in enumerate(zip(bounds, prices, strict=True)):
        until = min(quantity, bounds[number + 1]) if number + 1 < len(bounds) else quantity
        if until > bound:
            lines.append(TierLine(until - bound, unit_price))
    return lines


def months_in(days: int) -> int:
    """How many months' tiers so many days have: days ÷ 30, rounded half up, one at the least. 33 days are one month,
    61 are two."""
    return max(1, (2 * days + TIER_DAYS) // (2 * TIER_DAYS))


class Stay(Struct, frozen=True):
    """That a startup bears a meter on some days, with so much weight: 1 in the unit that the meter is of, its m² or
    its heads where it shares one."""

    startup_id: int
    first: date
    last: date | None
    weight: Decimal = Decimal(1)


class Stretch(Struct, frozen=True):
    """Days between two readings at one price, and how much of them one startup bears: `mine` of `whole`."""

    first: date
    last: date
    price: int
    """Which of the month's prices, from 0."""
    mine: Fraction
    whole: Fraction
    """Days, weighed by m² or heads where they are shared by them."""

    def as_data(self) -> list[Any]:
        """As JSON data."""
        weights = (plain(Decimal(each.numerator) / each.denominator) for each in (self.mine, self.whole))
        return [self.first.isoformat(), self.last.isoformat(), self.price, *weights]


class Share(Struct, frozen=True):
    """What one startup bears of a meter's month."""

    startup_id: int
    first: date
    last: date
    quantity: Decimal
    """Rounded to four decimals, to be shown; the amount is made of the exact one."""
    gross_minor: int
    stretches: tuple[Stretch, ...] = ()
    """What the quantity is made of."""


class MeterMonth(Struct, frozen=True):
    """A meter's month: what was used, what it costs by tiers, and who bears how much."""

    chain: tuple[Reading, ...]
    quantity: Decimal
    lines: tuple[TierLine, ...]
    total_minor: int
    shares: tuple[Share, ...]
    is_shared: bool
    is_estimated: bool
    """Somebody came, left, or a price changed on a day without a reading: split by days."""
    rolled_over: bool
    months: int
    tariffs: tuple[str, ...] = ()
    currency: str = "CNY"
    unpriced: tuple[date, date] | None = field(default=None)
    """Days for which no price is set: then nothing is charged."""
    carried: Decimal = Decimal(0)
    """What of the quantity makes up for earlier months; below zero: for what they were charged too much."""
    prices: tuple[MeteredPrice, ...] = ()
    """What was asked for it, in the order of its days."""

    @property
    def since(self) -> date:
        return self.chain[0].read_on + A_DAY

    @property
    def until(self) -> date:
        return self.chain[-1].read_on

    @property
    def days(self) -> int:
        return (self.until - self.since).days + 1

    def as_data(self) -> dict[str, Any]:
        """As JSON data, kept with each charge of it."""
        return {
            "since": self.since.isoformat(), "until": self.until.isoformat(), "days": self.days,
            "months": self.months, "readings": [each.as_data() for each in self.chain],
            "consumption": plain(self.quantity), "factor": plain(self.chain[-1].factor),
            "tiers": [[plain(_shown(line.quantity)), format(line.unit_price, "f")] for line in self.lines],
            "total_minor": self.total_minor, "estimated": self.is_estimated, "rolled_over": self.rolled_over,
            "tariffs": list(self.tariffs), "prices": [each.as_data() for each in self.prices],
        } | ({"carried": plain(self.carried)} if self.carried else {})  # fmt: skip


class _Part(Struct, frozen=True):
    first: date
    last: date
    quantity: Fraction
    price: MeteredPrice

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1


def price_meter(
    chain: Sequence[Reading], prices: Sequence[MeteredPrice], stays: Sequence[Stay], *, is_shared: bool,
    carried: Decimal = Decimal(0),
) -> MeterMonth | None:  # fmt: skip
    """The month between the first and the last reading of `chain`; None where there are not two.

    The whole is priced once, by the tiers, rounded half up to the fen, and split by what each has used, so that the
    parts add up to it: two tenants of a unit cost together what one would. Between two readings the use is taken to
    be even: who was there 15 of 30 days bears half of it. A unit's empty days are nobody's, a shared meter is borne
    whole by those who were there. What earlier months were charged too little comes on top, what was too much is taken
    off; where that leaves less than nothing, nothing is charged.
    """
    if len(chain) < 2:
        return None
    used = _carry(segments(chain), carried)
    quantity = sum((each.quantity for each in used), Decimal(0))
    rolled_over = any(each.rolled_over for each in used)
    first, last = chain[0].read_on + A_DAY, chain[-1].read_on
    months = months_in((last - first).days + 1)
    parts, unpriced, cut = _cut(used, prices)
    if unpriced is not None or quantity < 0:
        return MeterMonth(tuple(chain), quantity, (), 0, (), is_shared, False, rolled_over, months, unpriced=unpriced,
                          carried=carried)  # fmt: skip
    lines, costs = _price(parts, months, (last - first).days + 1)
    total = to_minor(sum((line.amount for line in lines), Fraction(0)))
    borne, handed_over = _bear(parts, costs, stays, is_shared)
    shares = _share(total, borne, stays, first, last)
    estimated = cut or (handed_over and not is_shared)
    names = tuple(dict.fromkeys(price.tariff for price in costs))
    currency = parts[0].price.currency
    return MeterMonth(tuple(chain), quantity, tuple(lines), total, tuple(shares), is_shared, estimated, rolled_over,
                      months, names, currency, carried=carried, prices=tuple(costs))  # fmt: skip


def _carry(used: Sequence[Segment], carried: Decimal) -> list[Segment]:
    """The first segments with what is made up for: none below zero but the last, where all are used up."""
    found = []
    for number, segment in enumerate(used, start=1):
        own = segment.quantity + carried
        rest = Decimal(0) if number == len(used) else min(own, Decimal(0))
        found.append(replace(segment, quantity=own - rest))
        carried = rest
    return found


def _cut(
    used: Sequence[Segment], prices: Sequence[MeteredPrice]
) -> tuple[list[_Part], tuple[date, date] | None, bool]:
    """Each segment by the prices that hold in it: by days where one changes inside."""
    parts: list[_Part] = []
    unpriced: tuple[date, date] | None = None
    was_cut = False
    for segment in used:
        days = 0
        for price in sorted(prices, key=lambda each: each.first):
            inside = overlap_days(segment.first, segment.last, price.first, price.last)
            if inside:
                days += inside
                was_cut = was_cut or inside < segment.days
                parts.append(_Part(max(segment.first, price.first), min(segment.last, price.last or segment.last),
                                   Fraction(segment.quantity) * Fraction(inside, segment.days), price))  # fmt: skip
        if days < segment.days and unpriced is None:
            unpriced = segment.first, segment.last
    return parts, unpriced, was_cut


def _price(parts: Sequence[_Part], months: int, days: int) -> tuple[list[TierLine], dict[MeteredPrice, Fraction]]:
    """The tiers of each tariff's part, as wide as its days are; and what its unit costs on average."""
    lines: list[TierLine] = []
    costs: dict[MeteredPrice, Fraction] = {}
    for price in dict.fromkeys(part.price for part in parts):
        mine = [part for part in parts if part.price == price]
        quantity = sum((part.quantity for part in mine), Fraction(0))
        found = price_tiers(quantity, price, Fraction(months * sum(part.days for part in mine), days))
        lines += found
        costs[price] = sum((line.amount for line in found), Fraction(0)) / quantity if quantity else Fraction(0)
    return lines, costs


class _Borne(Struct):
    """What one startup (or nobody) bears: the quantity, what it costs, and the days that it is made of."""

    quantity: Fraction = Fraction(0)
    cost: Fraction = Fraction(0)
    stretches: list[Stretch] = field(default_factory=list)


def _bear(
    parts: Sequence[_Part], costs: dict[MeteredPrice, Fraction], stays: Sequence[Stay], is_shared: bool
) -> tuple[dict[int | None, _Borne], bool]:
    """By startup (None: nobody) what it bears, and whether one took over inside a part."""
    numbers = {price: number for number, price in enumerate(costs)}
    found: dict[int | None, _Borne] = {}
    handed_over = False
    for part in parts:
        weights: dict[int | None, Fraction] = {}
        for stay in stays:
            days = overlap_days(part.first, part.last, stay.first, stay.last)
            if days:
                weights[stay.startup_id] = weights.get(stay.startup_id, Fraction(0)) + days * Fraction(stay.weight)
        whole = sum(weights.values(), Fraction(0))
        if not is_shared and whole < part.days:
            weights[None] = part.days - whole
            whole = Fraction(part.days)
        if whole == 0:
            weights, whole = {None: Fraction(1)}, Fraction(1)
        handed_over = handed_over or len(weights) > 1
        for key, weight in weights.items():
            mine = found.setdefault(key, _Borne())
            quantity = part.quantity * weight / whole
            mine.quantity += quantity
            mine.cost += quantity * costs[part.price]
            mine.stretches.append(Stretch(part.first, part.last, numbers[part.price], weight, whole))
    return found, handed_over


def _share(
    total: int, borne: dict[int | None, _Borne], stays: Sequence[Stay], first: date, last: date
) -> list[Share]:  # fmt: skip
    keys = sorted(borne, key=lambda key: (key is None, key or 0))
    costs = [borne[key].cost for key in keys]
    scale = lcm(*(cost.denominator for cost in costs))
    amounts = split_by_largest_remainder(total, [int(cost * scale) for cost in costs]) if total else [0] * len(keys)
    found = []
    for key, amount in zip(keys, amounts, strict=True):
        if key is None or not amount:
            continue
        mine = [stay for stay in stays if stay.startup_id == key and overlap_days(first, last, stay.first, stay.last)]
        begins = max(first, min(stay.first for stay in mine))
        ends = min(last, max(stay.last or last for stay in mine))
        found.append(Share(key, begins, ends, _shown(borne[key].quantity), amount, tuple(borne[key].stretches)))
    return found


def _shown(quantity: Fraction) -> Decimal:
    exact = Decimal(quantity.numerator) / Decimal(quantity.denominator)
    rounded = exact.quantize(QUANTITY_PLACES, ROUND_HALF_UP)
    return rounded if decimal_places(rounded) else rounded.to_integral_value()


def average_price(share: Share) -> Decimal:
    """What a unit cost on average, to four decimals: 183.50 for 250 kWh are 0.7340."""
    exact = Fraction(share.gross_minor, 100) / Fraction(share.quantity) if share.quantity else Fraction(0)
    return (Decimal(exact.numerator) / Decimal(exact.denominator)).quantize(QUANTITY_PLACES, ROUND_HALF_UP)
