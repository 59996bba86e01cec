"""What each amount comes from: a decision recomputed from its derivation and the item that it is about."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from typing import Any

from incubator.claims.pack.verifier.conditions import ask
from incubator.claims.pack.verifier.report import Differs, Facts, NotKnown
from incubator.claims.pack.verifier.rules import follow_rule
from incubator.claims.pack.verifier.values import KINDS, SEVERAL, days_of, exact, gives, round_half_up, same


def work_number(data: Any, facts: Facts, field: str) -> Fraction:
    """A number that may hang on facts: plain, steps, cases, a product."""
    if isinstance(data, str):
        return exact(data, field)
    if "product" in data:
        value = Fraction(1)
        for each in data["product"]:
            value *= work_number(each, facts, field)
        return gives(data, value, field)
    if "steps" in data:
        same(field + ": found", facts.get(data["by"]), data["found"])
        value = next((exact(each, field) for until, each in data["steps"] if data["found"] <= until), Fraction(0))
        return gives(data, value, field)
    if "case" in data:
        asked = data["not"] if data["case"] is None else [data["who"]]
        for each in asked:
            same(field + ": case", "not_met" if data["case"] is None else "met", ask(each, facts, field))
        return gives(data, work_number(data["use"], facts, field), field)
    if set(data) == {"fact", "gives"} and type(facts.get(data["fact"])) is int:
        return gives(data, Fraction(facts[data["fact"]]), field)
    raise NotKnown("{}: {}".format(field, ", ".join(sorted(data))))


def measure(item: Any, per: str) -> Fraction:
    """By how much a price is multiplied: 54.50 m² on 16 of 31 days are 54.5 × 16/31 by m² and month."""
    first, last, month = (date.fromisoformat(item[key]) for key in ("first", "last", "month"))
    days = (last - first).days + 1
    share = Fraction(days, days_of(month))
    if per in ("m2_month", "m2_day", "m2"):
        factor = {"m2_month": share, "m2_day": Fraction(days), "m2": Fraction(1)}[per]
        return exact(item["area_m2"], "area") * factor
    if per == "hour":
        return exact(item["hours"], "hours")
    known = {"unit_month": share, "day": Fraction(days), "item": Fraction(1)}
    if per not in known:
        raise NotKnown(per)
    return known[per]


def counted(derivation: Any, item: Any) -> tuple[Fraction, bool]:
    """What of the item is counted, in fen, exact; and whether it is below what counts at all."""
    base, data, facts = Fraction(derivation["base_minor"]), derivation.get("counted"), derivation["facts"]
    if not data:
        return base, False
    value = base
    if "unit_price" in data:
        said = data["unit_price"]
        by = measure(item, said["per"])
        same("counted: measure", by, exact(said["measure"], "measure"))
        value = min(value, work_number(said["most"], facts, "unit price") * 100 * by)
    if "area" in data:
        said = data["area"]
        most, m2 = work_number(said["most"], facts, "area"), exact(said["m2"], "area")
        same("counted: m2", exact(item["area_m2"], "area"), m2)
        days, used = 0, Fraction(0)
        for first, last, each in said["days"]:
            run = (date.fromisoformat(last) - date.fromisoformat(first)).days + 1
            if exact(each, "area") > min(most, m2):
                raise Differs("counted: m2", min(most, m2), each)
            days, used = days + run, used + run * exact(each, "area")
        same("counted: days", (date.fromisoformat(item["last"]) - date.fromisoformat(item["first"])).days + 1, days)
        same("counted: m2_days", used, exact(said["m2_days"], "area"))
        value = value * used / (m2 * days) if m2 else Fraction(0)
    gives(data, value, "counted")
    below = False
    if "at_least" in data:
        below = base < work_number(data["at_least"]["yuan"], facts, "at least") * 100
        same("counted: at least", not below, data["at_least"]["met"])
    return value, below


def work_amount(data: Any, derivation: Any, item: Any, base: Fraction) -> Fraction:
    """How much of what is counted, in fen, exact."""
    facts = derivation["facts"]
    kind = next((each for each in KINDS if each in data), "")
    if not kind:
        raise NotKnown("how: {}".format(", ".join(sorted(data))))
    if kind in SEVERAL:
        values = [work_amount(each, derivation, item, base) for each in data[kind]]
        found = sum(values, Fraction(0)) if kind == "sum" else min(values) if kind == "lesser" else max(values)
        return gives(data, found, kind)
    value = work_number(data[kind], facts, kind)
    if kind == "share":
        found = base * value
        return gives(data, found, kind) if "gives" in data else found
    if kind == "top_up":
        same("borne", sum(item["borne"].get(bearer, 0) for bearer in data["over"]), data["borne_minor"])
        return gives(data, max(Fraction(0), item["gross_minor"] * value - data["borne_minor"]), kind)
    by = measure(item, data["per"])
    same(f"{kind}: measure", by, exact(data["measure"], "measure"))
    priced = value * 100 * by
    return gives(data, priced if kind == "price" else max(Fraction(0), item["gross_minor"] - priced), kind)


def recompute(derivation: Any, item: Any, rule: Any) -> tuple[int, int]:
    """What one decision gives and holds, in fen, from its own derivation, its rule and its item."""
    known = {"facts", "who", "eligible", "kind", "base_minor", "amount_minor", "caps", "wanted_minor", "rounding"}
    if not known <= set(derivation) or not {"how", "rate"} & set(derivation):
        raise NotKnown(", ".join(sorted(derivation)))
    if derivation["rounding"] != "half_up_once":
        raise NotKnown("rounding: {}".format(derivation["rounding"]))
    how = derivation.get("how", {"share": derivation.get("rate")})
    if "rate" in derivation:
        same("rate", how["share"], derivation["rate"])
    follow_rule(rule, derivation, how)
    facts = derivation["facts"]
    same("eligible", "met", ask(derivation["who"], facts))
    same("eligible", "met", derivation["eligible"])
    of_gross = rule.get("together", {}).get("base", "left") == "gross"
    left = item["gross_minor"] - sum(item["borne"].values())
    same("base", item["gross_minor"] if of_gross else left, derivation["base_minor"])
    base, below = counted(derivation, item)
    wanted = 0 if below else round_half_up(work_amount(how, derivation, item, base))
    same("wanted", wanted, derivation["wanted_minor"])
    lefts = []
    for cap in derivation["caps"]:
        if "amount" in cap:
            most = round_half_up(work_number(cap["amount"], facts, "cap") * 100)
            same("cap {}: amount".format(cap["window"]), most, cap["amount_minor"])
        before = max(0, cap["amount_minor"] - cap["used_before_minor"])
        same("cap {}: left before".format(cap["window"]), before, cap["left_before_minor"])
        lefts.append(before)
    within = min([wanted, *lefts])
    if rule.get("goes_to", "startup") == "startup":
        within = min(within, left)
    for cap, before in zip(derivation["caps"], lefts):
        same("cap {}: left after".format(cap["window"]), before - within, cap["left_after_minor"])
    held = derivation.get("held_minor", 0)
    if held:
        same("held", within, held)
        within = 0
    same("amount", within, derivation["amount_minor"])
    return within, held


def check_stays(item: Any, said: Any) -> None:
    """What a grant to the operator was asked about; the area of a tenancy is its units' by their days: 30 m² from the
    1st and 24.50 m² more from the 16th of October are 30 + 24.5 × 16/31."""
    for key in ("gross_minor", "first", "last", "month", "area_m2"):
        same(f"item: {key}", said[key], item[key])
    if "stays" not in said:
        return
    first, last = date.fromisoformat(said["first"]), date.fromisoformat(said["last"])
    used = Fraction(0)
    for each in said["stays"]:
        since, until = date.fromisoformat(each["first"]), date.fromisoformat(each["last"])
        if not first <= since <= until <= last:
            raise Differs("stay: days", f"{first} – {last}", f"{since} – {until}")
        used += exact(each["area_m2"], "area") * ((until - since).days + 1)
    same("stays: first", said["first"], min(each["first"] for each in said["stays"]))
    same("stays: last", said["last"], max(each["last"] for each in said["stays"]))
    same("stays: area", used / ((last - first).days + 1), exact(said["area_m2"], "area"))
