"""A booking's composed price: that its parts are lawful, cover its time, and that no other way would cost less."""

from __future__ import annotations

from fractions import Fraction
from math import gcd
from typing import Any

from incubator.claims.pack.verifier.report import Differs, NotKnown
from incubator.claims.pack.verifier.values import exact, round_half_up, same

LONGEST = 400 * 24 * 60
"""Minutes; no booking is longer."""
SPANS = {"half_day": "days", "day": "days", "night": "nights", "weekend": "weekends"}
"""Within one of which spans a part by each basis has to lie."""


def compose(derivation: Any) -> int:
    """What the parts of a composed price come to, in fen: by the hour by the minute, else once; the minimum at least.

    Each part has its price in the tariff and lies where its basis allows; together they are the whole time, rounded
    up by the tariff's step; and of all lawful ways, minute by minute, none is cheaper.
    """
    parts, grounds = derivation["parts"], derivation.get("grounds")
    made = Fraction(0)
    for part in parts:
        price = exact(part["unit_price"], "unit price")
        made += price * Fraction(part["minutes"], 60) if part["basis"] == "hour" else price
    total = round_half_up(made * 100)
    if grounds is None:
        if sum(part["minutes"] for part in parts) < derivation["minutes"]:
            raise Differs("parts: minutes", derivation["minutes"], sum(part["minutes"] for part in parts))
        return max(total, derivation.get("minimum_minor", 0))
    _follow_tariff(parts, grounds, derivation["minutes"])
    same("cheapest", cheapest(grounds), made)
    least = grounds["minimum_minor"]
    same("minimum", least if least > total else 0, derivation.get("minimum_minor", 0))
    return max(total, least)


def _follow_tariff(parts: Any, grounds: Any, minutes: int) -> None:
    step = grounds["round_minutes"]
    same("minutes, rounded", -(-minutes // step) * step, grounds["minutes"])
    at = 0
    for number, part in enumerate(parts, start=1):
        basis, end = part["basis"], at + part["minutes"]
        field = f"part {number}: {basis}"
        same(field, grounds["prices"].get(basis), part["unit_price"])
        lawful = part["minutes"] > 0
        if basis == "use":
            lawful = lawful and (at, end) == (0, grounds["minutes"])
        elif basis in SPANS:
            lawful = lawful and any(first <= at and end <= last for first, last in grounds[SPANS[basis]])
            lawful = lawful and (basis != "half_day" or part["minutes"] <= grounds["half_day"])
        elif basis != "hour":
            raise NotKnown(field)
        if not lawful:
            raise Differs(field, "a lawful stretch", f"{at}–{end}")
        at = end
    same("parts: minutes", grounds["minutes"], at)


def cheapest(grounds: Any) -> Fraction | None:
    """The least that the whole time can cost, found from its end backwards, minute by minute. A part at one price for
    all of it is taken as long as it may be: less time left never costs more."""
    minutes, half_day = grounds["minutes"], grounds["half_day"]
    if not 0 < minutes <= LONGEST or half_day <= 0:
        raise NotKnown(f"minutes: {minutes}")
    prices = {basis: exact(price, "unit price") for basis, price in grounds["prices"].items()}
    scale = 60
    for price in prices.values():
        scale = scale * price.denominator // gcd(scale, price.denominator)
    cost = {basis: int(price * scale) for basis, price in prices.items()}
    ends = {name: _ends(grounds[name], minutes) for name in ("days", "nights", "weekends")}
    left: list[int | None] = [None] * minutes + [0]
    for at in range(minutes - 1, -1, -1):
        ways = []
        after = left[at + 1]
        if "hour" in cost and after is not None:
            ways.append(after + cost["hour"] // 60)
        for basis, name in SPANS.items():
            end = ends[name][at]
            if basis in cost and end is not None:
                end = min(end, at + half_day) if basis == "half_day" else end
                after = left[end]
                if after is not None:
                    ways.append(after + cost[basis])
        left[at] = min(ways) if ways else None
    ways = [each for each in (left[0], cost.get("use")) if each is not None]
    return Fraction(min(ways), scale) if ways else None


def _ends(spans: Any, minutes: int) -> list[int | None]:
    """For each minute the end of the span that it lies in."""
    found: list[int | None] = [None] * minutes
    for first, last in spans:
        for at in range(max(0, first), min(last, minutes)):
            found[at] = min(last, minutes)
    return found
