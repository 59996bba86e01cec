"""A meter's month: from its readings to what was used, what that costs by tiers, and who bears how much of it."""

from __future__ import annotations

from datetime import date, timedelta
from fractions import Fraction
from typing import Any, NamedTuple

from incubator.claims.pack.verifier.report import Differs, NotKnown
from incubator.claims.pack.verifier.values import exact, round_half_up, same

A_DAY = timedelta(days=1)
FOURTH = 10**4
"""Quantities and average prices are shown to the fourth decimal."""


class Used(NamedTuple):
    """What was used on some days; of which price, once it is cut by prices."""

    first: date
    last: date
    quantity: Fraction
    price: int = 0

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1


def recompute_meter(derivation: Any, row: Any) -> int:
    """What a meter's month is charged, in fen: readings → use × price by tiers, rounded once, and its bearer's share of
    it, to the fen below or above, as largest remainders share it out."""
    if not {"prices", "stretches"} <= set(derivation):
        raise NotKnown("meter: {}".format(", ".join(sorted(derivation))))
    used = _used(derivation)
    first, last = used[0].first, used[-1].last
    same("since", first.isoformat(), derivation["since"])
    same("until", last.isoformat(), derivation["until"])
    days = (last - first).days + 1
    same("days", days, derivation["days"])
    same("months", max(1, (2 * days + 30) // 60), derivation["months"])
    parts = _cut(used, derivation["prices"])
    costs, lines = _price(parts, derivation["prices"], derivation["months"], days)
    same("tiers", [[_rounded(quantity), price] for quantity, price in lines],
         [[exact(quantity, "tiers"), exact(price, "tiers")] for quantity, price in derivation["tiers"]])  # fmt: skip
    whole = sum((quantity * price for quantity, price in lines), Fraction(0))
    total = round_half_up(whole * 100)
    same("total", total, derivation["total_minor"])
    quantity, cost = _bear(parts, derivation["stretches"], costs)
    same("quantity", _rounded(quantity), exact(derivation["quantity"], "quantity"))
    same("quantity", _rounded(quantity), exact(row["quantity"], "quantity"))
    share = total * cost / whole if whole else Fraction(0)
    said = derivation["gross_minor"]
    if type(said) is not int or not int(share) <= said <= -int(-share // 1):
        raise Differs("share", share, said)
    average = Fraction(said, 100) / _rounded(quantity) if quantity else Fraction(0)
    same("unit price", _rounded(average), exact(row["unit_price"], "unit price"))
    if not first <= date.fromisoformat(row["first"]) <= date.fromisoformat(row["last"]) <= last:
        raise Differs("days", f"{first}–{last}", "{}–{}".format(row["first"], row["last"]))
    return int(said)


def _rounded(value: Fraction) -> Fraction:
    return Fraction(round_half_up(value * FOURTH), FOURTH)


def _count(chain: Any) -> tuple[list[Used], bool]:
    """What was used between each two readings, and whether the display has passed zero."""
    found, rolled = [], False
    for before, after in zip(chain, chain[1:]):  # noqa: RUF007  Python 3.9 has no pairwise
        begins = before.get("next_start", before["reading"])
        count = exact(after["reading"], "reading") - exact(begins, "reading")
        if count < 0:
            count, rolled = count + 10 ** after["digits"], True
        first, last = date.fromisoformat(before["read_on"]) + A_DAY, date.fromisoformat(after["read_on"])
        if first > last or count < 0:
            raise Differs("readings: order", "later readings of later days", f"{first}–{last}: {count}")
        found.append(Used(first, last, count * exact(after["factor"], "factor")))
    return found, rolled


def _carried(derivation: Any) -> Fraction:
    """What earlier months were charged too little or too much, by their readings as they stood then."""
    carried = Fraction(0)
    for each in derivation.get("differences", []):
        used, _ = _count(each["readings"])
        counted = sum((one.quantity for one in used), Fraction(0))
        same("difference: counted", counted, exact(each["counted"], "counted"))
        carried += counted - exact(each["charged"], "charged") - exact(each["dropped"], "dropped")
    same("carried", carried, exact(derivation.get("carried", "0"), "carried"))
    return carried


def _used(derivation: Any) -> list[Used]:
    """Between each two readings, with what is made up for: none below zero but the last."""
    chain = derivation["readings"]
    found, rolled = _count(chain)
    same("factor", exact(chain[-1]["factor"], "factor"), exact(derivation["factor"], "factor"))
    same("rolled over", rolled, derivation["rolled_over"])
    carried = _carried(derivation)
    same("consumption", sum((each.quantity for each in found), Fraction(0)) + carried,
         exact(derivation["consumption"], "consumption"))  # fmt: skip
    for at, each in enumerate(found):
        own = each.quantity + carried
        carried = Fraction(0) if at == len(found) - 1 else min(own, Fraction(0))
        found[at] = each._replace(quantity=own - carried)
    return found


def _cut(used: list[Used], prices: Any) -> list[Used]:
    """By the days of prices: the use of a day is that of every other between its two readings."""
    found = []
    for each in used:
        days = 0
        for number, price in enumerate(prices):
            first = max(each.first, date.fromisoformat(price["first"]))
            last = each.last if price["last"] is None else min(each.last, date.fromisoformat(price["last"]))
            if first <= last:
                part = (last - first).days + 1
                days += part
                found.append(Used(first, last, each.quantity * Fraction(part, each.days), number))
        same(f"price: days since {each.first}", each.days, days)
    return found


def _price(
    parts: list[Used], prices: Any, months: int, days: int
) -> tuple[list[Fraction], list[tuple[Fraction, Fraction]]]:
    """What a unit costs on average at each price, and what is charged by which tier: as wide as the days are."""
    costs, lines = [], []
    for number, price in enumerate(prices):
        mine = [each for each in parts if each.price == number]
        quantity = sum((each.quantity for each in mine), Fraction(0))
        width = Fraction(months * sum(each.days for each in mine), days)
        bounds = [Fraction(0), *(exact(above, "tier") * width for above, _ in price["tiers"])]
        asked = [exact(price["unit_price"], "unit price"), *(exact(each, "tier") for _, each in price["tiers"])]
        cost = Fraction(0)
        for at, bound in enumerate(bounds):
            until = min(quantity, bounds[at + 1]) if at + 1 < len(bounds) else quantity
            if until > bound:
                lines.append((until - bound, asked[at]))
                cost += (until - bound) * asked[at]
        costs.append(cost / quantity if quantity else Fraction(0))
    return costs, lines


def _bear(parts: list[Used], stretches: Any, costs: list[Fraction]) -> tuple[Fraction, Fraction]:
    """The quantity that is borne, and what it costs: of each stretch of days as much as the weights say."""
    left = {(each.first.isoformat(), each.last.isoformat(), each.price): each for each in parts}
    quantity = cost = Fraction(0)
    for first, last, number, mine, whole in stretches:
        part = left.pop((first, last, number), None)
        if part is None:
            raise Differs("stretches", "days between two readings, once", f"{first}–{last}")
        share, of = exact(mine, "stretches"), exact(whole, "stretches")
        if not 0 <= share <= of or of <= 0:
            raise Differs("stretches", f"0 … {of}", share)
        quantity += part.quantity * share / of
        cost += part.quantity * share / of * costs[number]
    return quantity, cost
