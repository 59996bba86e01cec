"""The engine once more, slow and plain: fractions and dictionaries, by the sentences of decision 9. It shares no code with
the engine but the names of outcomes and facts, and reads rules as the JSON that they are."""

from __future__ import annotations

import calendar
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

Json = dict[str, Any]
UNKNOWN = "unknown"


def truth(tree: Json, facts: Json) -> bool | str:
    """Yes, no, or unknown."""
    if "fact" in tree:
        value = facts.get(tree["fact"])
        ((how, wanted),) = ((key, item) for key, item in tree.items() if key != "fact")
        if value is None:
            return UNKNOWN
        if how == "known":
            return True
        if how == "has":
            return True if wanted in value["confirmed"] else UNKNOWN if wanted in value["claimed"] else False
        if how == "one_of":
            return any(value == each for each in wanted)
        if how == "is":
            return bool(value == wanted)
        return value <= wanted if how in ("at_most", "until") else value >= wanted
    ((kind, parts),) = tree.items()
    answers = [truth(part, facts) for part in parts]
    if kind == "none":
        answers = [UNKNOWN if each == UNKNOWN else not each for each in answers]
        kind = "all"
    if kind == "all":
        return False if False in answers else UNKNOWN if UNKNOWN in answers else True
    return True if True in answers else UNKNOWN if UNKNOWN in answers else False


def value_of(number: Any, facts: Json) -> Fraction | None:
    """A number; None where a fact that it needs is missing."""
    if isinstance(number, str):
        return Fraction(number)
    if "fact" in number:
        found = facts.get(number["fact"])
        return None if found is None else Fraction(found)
    if "steps" in number:
        found = facts.get(number.get("by", "residency.month_number"))
        if found is None:
            return None
        for until, amount in number["steps"]:
            if found <= until:
                return Fraction(amount)
        return Fraction(0)
    if "cases" in number:
        for who, amount in number["cases"]:
            answer = truth(who, facts)
            if answer == UNKNOWN:
                return None
            if answer:
                return value_of(amount, facts)
        return value_of(number["else"], facts)
    product = Fraction(1)
    for part in number["product"]:
        value = value_of(part, facts)
        if value is None:
            return None
        product *= value
    return product


def days_of(item: Json) -> list[date]:
    count = (item["last"] - item["first"]).days + 1
    return [item["first"] + timedelta(days=offset) for offset in range(count)]


def measure_of(item: Json, per: str) -> Fraction | None:
    days = len(days_of(item))
    month = calendar.monthrange(item["first"].year, item["first"].month)[1]
    if per.startswith("m2"):
        if item["area"] is None:
            return None
        times = {"m2": Fraction(1), "m2_day": Fraction(days), "m2_month": Fraction(days, month)}[per]
        return Fraction(item["area"]) * times
    if per == "hour":
        return None if item["hours"] is None else Fraction(item["hours"])
    return {"unit_month": Fraction(days, month), "day": Fraction(days), "item": Fraction(1)}[per]


def amount_of(how: Json, counted: Fraction, item: Json, borne: dict[str, int], facts: Json) -> Fraction | None:
    """In fen, exact; None where something is missing."""
    for kind, choose in (("sum", sum), ("lesser", min), ("greater", max)):
        if kind in how:
            parts = [amount_of(part, counted, item, borne, facts) for part in how[kind]]
            return None if None in parts else Fraction(choose(parts))  # type: ignore[operator] # of three built-ins
    if "share" in how:
        number = value_of(how["share"], facts)
        return None if number is None else counted * number
    if "top_up" in how:
        number = value_of(how["top_up"], facts)
        given = sum(borne.get(bearer, 0) for bearer in how["over"])
        return None if number is None else max(Fraction(0), item["gross"] * number - given)
    kind = "price" if "price" in how else "above"
    number, measure = value_of(how[kind], facts), measure_of(item, how["per"])
    if number is None or measure is None:
        return None
    priced = number * measure * 100
    return priced if kind == "price" else max(Fraction(0), item["gross"] - priced)


def half_up(amount: Fraction) -> int:
    whole = amount.numerator // amount.denominator
    return whole + (1 if amount - whole >= Fraction(1, 2) else 0)


def share_month(items: list[Json], schemes: list[Json], facts: Json, used: dict[Any, int]) -> list[list[Any]]:
    """One list for each scheme in its turn: its code, and outcome and fen of each item. `used` is added to.

    `schemes` are {"code", "rule", "budget": None or [key, amount]}; of a group the best in all stands.
    """
    left = [item["gross"] for item in items]
    borne: list[dict[str, int]] = [{} for _ in items]
    turn = sorted(schemes, key=lambda each: (each["rule"].get("together", {}).get("order", 100), each["code"]))
    found: list[list[Any]] = []
    done: set[str] = set()
    for scheme in turn:
        if scheme["code"] in done:
            continue
        group = scheme["rule"].get("together", {}).get("best_of", "")
        members = [each for each in turn if group and each["rule"].get("together", {}).get("best_of") == group] or [scheme]
        tries = []
        for member in members:
            trial = dict(used)
            tries.append((member, trial, _one(member, items, left, borne, facts, trial)))
        best = max(tries, key=lambda each: sum(amount for _, amount in each[2]))
        for member, _trial, results in tries:
            done.add(member["code"])
            if member is not best[0]:
                found.append([member["code"], [("displaced", 0) if amount else (outcome, amount)
                                               for outcome, amount in results]])  # fmt: skip
                continue
            found.append([member["code"], results])
            bearer = member["rule"].get("bearer", {}).get("kind", "government")
            for number, (_, amount) in enumerate(results):
                left[number] -= amount
                borne[number][bearer] = borne[number].get(bearer, 0) + amount
        used.clear()
        used.update(best[1])
    return found


def _one(
    scheme: Json, items: list[Json], left: list[int], borne: list[dict[str, int]], facts: Json, used: dict[Any, int]
) -> list[tuple[str, int]]:
    rule = scheme["rule"]
    how = rule["how"] if "how" in rule else {"share": rule["rate"]}
    eligible = truth(rule.get("who", {"all": []}), facts)
    results = []
    for number, item in enumerate(items):
        if item["kind"] not in rule["covers"] or (rule.get("units") and item["unit"] not in rule["units"]):
            results.append(("not_covered", 0))
            continue
        if eligible is not True:
            results.append(("refused", 0))
            continue
        base = item["gross"] if rule.get("together", {}).get("base") == "gross" else left[number]
        counted, fits, areas = _counted(rule.get("counts"), base, item, facts, scheme["code"], used)
        exact = None if counted is None else amount_of(how, counted, item, borne[number], facts)
        limits = _limits(scheme, rule, facts, item)
        if exact is None or None in limits.values():
            results.append(("refused", 0))
            continue
        wanted = half_up(exact) if fits else 0
        amount = min([wanted, left[number], *(max(0, most - used.get(key, 0)) for key, most in limits.items() if most is not None)])
        for key in limits:
            used[key] = used.get(key, 0) + amount
        if amount:
            for key, m2 in areas.items():
                used[key] = used.get(key, 0) + m2  # type: ignore[assignment] # m², beside fen, under keys of their own
        results.append(("nothing" if wanted == 0 else "granted" if amount == wanted else "capped", amount))
    return results


def _counted(
    counts: Json | None, base: int, item: Json, facts: Json, code: str, used: dict[Any, int]
) -> tuple[Fraction | None, bool, dict[Any, Fraction]]:
    counted, fits = Fraction(base), True
    areas: dict[Any, Fraction] = {}
    if counts is None:
        return counted, fits, areas
    if "unit_price" in counts:
        price, measure = value_of(counts["unit_price"], facts), measure_of(item, counts.get("per", "m2_month"))
        if price is None or measure is None:
            return None, fits, areas
        counted = min(counted, price * measure * 100)
    if "area" in counts:
        most = value_of(counts["area"], facts)
        if most is None or item["area"] is None:
            return None, fits, areas
        for on in days_of(item):
            key = "area", code, on
            areas[key] = max(Fraction(0), min(Fraction(item["area"]), most - used.get(key, 0)))
        whole = Fraction(item["area"]) * len(areas)
        counted = counted * sum(areas.values()) / whole if whole else Fraction(0)
    if "at_least" in counts:
        least = value_of(counts["at_least"], facts)
        if least is None:
            return None, fits, areas
        fits = base >= least * 100
    return counted, fits, areas


def _limits(scheme: Json, rule: Json, facts: Json, item: Json) -> dict[Any, int | None]:
    """By key: how much in all; None where a fact is missing."""
    limits: dict[Any, int | None] = {}
    on: date = item["first"]
    starts = {"month": on.replace(day=1), "invoice": on.replace(day=1), "life": None,
              "quarter": date(on.year, 3 * ((on.month - 1) // 3) + 1, 1), "year": date(on.year, 1, 1)}  # fmt: skip
    for cap in rule.get("caps", []):
        yuan = Fraction(cap["amount_minor"], 100) if "amount_minor" in cap else value_of(cap["amount"], facts)
        key = "cap", scheme["code"], cap.get("per", "startup"), cap["window"], starts[cap["window"]]
        limits[key] = None if yuan is None else half_up(yuan * 100)
    if scheme.get("budget"):
        key, most = scheme["budget"]
        limits["budget", key] = most
    return limits
