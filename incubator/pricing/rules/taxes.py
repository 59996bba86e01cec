"""VAT: which rate holds on a day, and how much of an amount it is. Pure.

Every amount that a startup sees is with VAT; a tariff's or an agreement's unit prices may be without, and then the
tax is put on top of the amount that they come to.
"""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import groupby
from operator import itemgetter

from msgspec import Struct

from incubator.core.money import round_half_up

A_DAY = timedelta(days=1)
TAX_STATUSES = ("general", "small")
"""A general taxpayer (一般纳税人) and a small-scale one (小规模纳税人)."""


class Rate(Struct, frozen=True):
    """The VAT rate of a kind of charge from a day on, by what; 0: exempt."""

    status: str
    charge_kind: str
    valid_from: date
    rate: Decimal
    source: str


class Taxes(Struct, frozen=True):
    """All that was entered, in the order of entry: (from a day on, status), and the rates."""

    statuses: tuple[tuple[date, str], ...] = ()
    rates: tuple[Rate, ...] = ()

    def status_on(self, on: date) -> str | None:
        """How the operator is taxed on a day; None: nobody has said."""
        begun = [each for each in self.statuses if each[0] <= on]
        return max(reversed(begun), key=lambda each: each[0])[1] if begun else None  # of one day the last entered

    def rate_on(self, charge_kind: str, on: date) -> Rate | None:
        """The rate of a kind of charge on a day, by the status of that day; None: nobody has said."""
        status = self.status_on(on)
        begun = [each for each in self.rates
                 if (each.status, each.charge_kind) == (status, charge_kind) and each.valid_from <= on]  # fmt: skip
        return max(reversed(begun), key=lambda each: each.valid_from, default=None)


    def spans(self, charge_kind: str, first: date, last: date | None) -> list[tuple[date, date | None, Decimal]]:
        """From `first` to `last` (None: open-ended) the stretches of days with one rate each, 0 where none is known.

        Of a price without VAT from January 2018 on: 17 % until 30 April 2018, 16 % until 31 March 2019, then 13 %.
        """
        begins = {each[0] for each in self.statuses} | {each.valid_from for each in self.rates}
        days = [first, *sorted(on for on in begins if first < on and (last is None or on <= last))]
        found = [next(same) for _, same in groupby(((on, self._share(charge_kind, on)) for on in days), itemgetter(1))]
        lasts = [*(on - A_DAY for on, _ in found[1:]), last]
        return [(on, until, rate) for (on, rate), until in zip(found, lasts, strict=True)]

    def _share(self, charge_kind: str, on: date) -> Decimal:
        found = self.rate_on(charge_kind, on)
        return found.rate if found else Decimal(0)


NO_TAXES = Taxes()


def tax_within(amount_minor: int, rate: Decimal) -> int:
    """What of an amount is VAT: of 100.00 at 6 % 5.66, rounded half up once; of −100.00 −5.66."""
    return round_half_up(Fraction(amount_minor) * Fraction(rate) / (1 + Fraction(rate)))


def tax_on_top(amount_minor: int, rate: Decimal) -> int:
    """The VAT on an amount without it: on 100.00 at 6 % 6.00, rounded half up once."""
    return round_half_up(Fraction(amount_minor) * Fraction(rate))


def price_with_tax(price: Decimal, rate: Decimal) -> Decimal:
    """A unit price without VAT as one with it, exact: 0.68 at 13 % is 0.7684."""
    return (price * (1 + rate)).normalize()


GENERAL = "增值税法（2026年1月1日起施行）第十条"
SMALL = "增值税法（2026年1月1日起施行）第十一条；征收率3%"
USUAL: dict[str, dict[str, tuple[Decimal, str]]] = {
    "general": {
        "rent": (Decimal("0.09"), f"{GENERAL}：不动产租赁服务9%"),
        "property_fee": (Decimal("0.06"), f"{GENERAL}：服务6%"),
        "service_fee": (Decimal("0.06"), f"{GENERAL}：服务6%"),
        "booking": (Decimal("0.09"), f"{GENERAL}：不动产租赁服务9%"),
        "utilities": (Decimal("0.13"), f"{GENERAL}：电力等货物13%"),
    },
    "small": {
        kind: (Decimal("0.03"), SMALL)
        for kind in ("rent", "property_fee", "service_fee", "booking", "utilities")
    },
}  # fmt: skip
"""What a form proposes; the operator enters what its tax office says."""
