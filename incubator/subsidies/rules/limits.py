"""What of an item is counted, and what caps and budgets leave: pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from fractions import Fraction
from typing import Any

from msgspec import Struct

from incubator.core.money import round_half_up
from incubator.subsidies.rules.amounts import Worked, exact_text
from incubator.subsidies.rules.items import Item
from incubator.subsidies.rules.rule import Cap
from incubator.subsidies.rules.state import Key, Tally, budget_key, cap_key
from incubator.subsidies.rules.terms import FOUNDERS, Party, SchemeRule


class Counted(Struct, frozen=True):
    """What of an item is counted, in fen, exact; with the area of each day that it uses up."""

    worked: Worked
    below: bool = False
    areas: tuple[tuple[Key, Fraction], ...] = ()


def count(scheme: SchemeRule, party: Party, item: Item, base_minor: int, tally: Tally) -> Counted:
    """1,200 m² at 95.00 of which 1,000 m² at 80.00 are counted: 80,000.00; of 114,000.00."""
    counts = scheme.rule.counts
    if counts is None:
        return Counted(Worked(Fraction(base_minor), None))
    counted = Fraction(base_minor)
    data: dict[str, Any] = {}
    if counts.unit_price is not None:
        price, measure = counts.unit_price.work(party.facts), item.measure(counts.per)
        if price.value is None or measure is None:
            return Counted(Worked(None, data, price.missing or (f"item.{counts.per}",)))
        counted = min(counted, price.value * 100 * measure)
        data["unit_price"] = {"most": price.data, "per": counts.per, "measure": exact_text(measure)}
    areas: list[tuple[Key, Fraction]] = []
    if counts.area is not None:
        area = counts.area.work(party.facts)
        if area.value is None or item.area_m2 is None:
            return Counted(Worked(None, data, area.missing or ("item.m2",)))
        areas = _days(scheme, party, item, area.value, tally)
        whole, used = Fraction(item.area_m2) * item.days, sum((m2 for _, m2 in areas), Fraction(0))
        counted = counted * used / whole if whole else Fraction(0)
        data["area"] = {"most": area.data, "m2": exact_text(Fraction(item.area_m2)), "m2_days": exact_text(used),
                        "days": _runs(areas)}  # fmt: skip
    data["gives"] = exact_text(counted)
    if counts.at_least is not None:
        least = counts.at_least.work(party.facts)
        if least.value is None:
            return Counted(Worked(None, data, least.missing))
        below = base_minor < least.value * 100
        data["at_least"] = {"yuan": least.data, "met": not below}
        return Counted(Worked(counted, data), below, tuple(areas))
    return Counted(Worked(counted, data), False, tuple(areas))


def _days(scheme: SchemeRule, party: Party, item: Item, most: Fraction, tally: Tally) -> list[tuple[Key, Fraction]]:
    """On each day as much of the item's area as is left of the most that counts."""
    found = []
    for offset in range(item.days):
        key = "area", scheme.scheme_id, party.startup_id, party.site_id, item.first + timedelta(days=offset)
        found.append((key, max(Fraction(0), min(Fraction(item.area_m2 or 0), most - tally.area(key)))))
    return found


def _runs(areas: list[tuple[Key, Fraction]]) -> list[list[str]]:
    """Days with the same area together: first, last, m²."""
    runs: list[list[str]] = []
    for key, m2 in areas:
        on, text = key[-1].isoformat(), exact_text(m2)
        if runs and runs[-1][2] == text:
            runs[-1][1] = on
        else:
            runs.append([on, on, text])
    return runs


class Limit(Struct, frozen=True):
    """A cap of one subject, or a budget, with what is left of it."""

    key: Key
    left: int
    data: dict[str, Any]
    missing: tuple[str, ...] = ()

    def after(self, given: int) -> dict[str, Any]:
        return self.data | {"left_after_minor": self.left - given}


def list_limits(scheme: SchemeRule, party: Party, tally: Tally, most_of_caps: Sequence[Worked]) -> list[Limit]:
    """Every cap for each of its subjects, then the budget: whichever leaves least decides."""
    found: list[Limit] = []
    for cap, number in zip(scheme.rule.caps, most_of_caps, strict=True):
        if cap.per == "person" and not party.persons:
            found.append(Limit((), 0, {}, (FOUNDERS,)))  # of whom nobody is on record nobody knows what they had
        for subject, name in _subjects(cap, party):
            key = _cap_key(scheme, cap, subject, party)
            found.append(_limit(key, cap, number, name, tally))
    budget = scheme.budget
    if budget is not None:
        mine = party.startup_id if budget.mode == "reserved" else None
        amount = budget.reserved_minor.get(mine or 0, 0) if budget.mode == "reserved" else budget.amount_minor
        key = budget_key(budget.budget_id, mine)
        if budget.mode == "pro_rata":
            return found
        used = tally.used(key)
        left = max(0, amount - used)
        data = {"per": "budget", "window": budget.code, "amount_minor": amount, "used_before_minor": used,
                "left_before_minor": left}  # fmt: skip
        found.append(Limit(key, left, data))
    return found


def _cap_key(scheme: SchemeRule, cap: Cap, subject: int, party: Party) -> Key:
    if cap.window == "invoice":
        return "invoice", scheme.scheme_id, cap.per, subject, party.startup_id, party.site_id, party.month.first
    return cap_key(scheme.scheme_id, cap.per, subject, cap.window, party.month)


def _subjects(cap: Cap, party: Party) -> list[tuple[int, str]]:
    if cap.per == "person":
        return sorted(party.persons.items())
    return [({"startup": party.startup_id, "site": party.site_id, "operator": 0}[cap.per] or 0, "")]


def _limit(key: Key, cap: Cap, number: Worked, name: str, tally: Tally) -> Limit:
    if number.value is None:
        return Limit(key, 0, {}, number.missing)
    amount, used = round_half_up(number.value * 100), tally.used(key)
    left = max(0, amount - used)
    data: dict[str, Any] = {"per": cap.per, "window": cap.window, "amount_minor": amount, "used_before_minor": used,
                            "left_before_minor": left}  # fmt: skip
    if not isinstance(number.data, str):
        data["amount"] = number.data
    return Limit(key, left, data | ({"of": name} if name else {}))


