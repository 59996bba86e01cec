"""That a derivation follows the rule that it is of: it asks, counts, gives and caps what the rule does."""

from __future__ import annotations

from typing import Any

from incubator.claims.pack.verifier.conditions import answer
from incubator.claims.pack.verifier.report import Differs, Facts, NotKnown
from incubator.claims.pack.verifier.values import KINDS, SEVERAL, exact, round_half_up, same


def follow_rule(rule: Any, derivation: Any, how: Any) -> None:
    """The derivation asks what the rule asks, counts what it counts, and gives what it gives."""
    follow_who(rule, derivation)
    facts = derivation["facts"]
    _follow_amount(rule["how"] if "how" in rule else {"share": rule["rate"]}, how, facts)
    counts, said = rule.get("counts") or {}, derivation.get("counted") or {}
    for key, part in (("unit_price", "most"), ("area", "most"), ("at_least", "yuan")):
        if (key in counts) != (key in said):
            raise Differs("counts", key if key in counts else None, key if key in said else None, "rule")
        if key in counts:
            _follow_number(counts[key], said[key][part], facts, key)
    caps = {(cap.get("per", "startup"), cap["window"]): cap for cap in rule.get("caps", [])}
    found = [cap for cap in derivation["caps"] if cap["per"] != "budget"]
    same("caps", sorted(caps), sorted({(cap["per"], cap["window"]) for cap in found}), "rule")
    for cap in found:
        wanted = caps[cap["per"], cap["window"]]
        if "amount_minor" in wanted:
            same("cap", wanted["amount_minor"], cap["amount_minor"], "rule")
        elif isinstance(wanted["amount"], str):
            same("cap", round_half_up(exact(wanted["amount"], "cap") * 100), cap["amount_minor"], "rule")
        else:
            _follow_number(wanted["amount"], cap.get("amount"), facts, "cap")


def follow_who(rule: Any, derivation: Any) -> None:
    """It is asked of what the rule covers, and asks what the rule asks."""
    if derivation["kind"] not in rule["covers"]:
        raise Differs("covers", ", ".join(rule["covers"]), derivation["kind"], "rule")
    same("who", rule.get("who", {"all": []}), _as_rule(derivation["who"]), "rule")


def _as_rule(part: Any) -> Any:
    if "fact" in part:
        return {"fact": part["fact"], part["comparison"]: part["value"]}
    return {kind: [_as_rule(each) for each in part[kind]] for kind in ("all", "any", "none") if kind in part}


def _follow_number(rule: Any, data: Any, facts: Facts, field: str) -> None:
    if isinstance(rule, str):
        same(field, exact(rule, field), exact(data, field), "rule")
    elif "fact" in rule:
        same(field, rule["fact"], data.get("fact"), "rule")
    elif "steps" in rule:
        wanted, found = ([[until, exact(each, field)] for until, each in side["steps"]] for side in (rule, data))
        same(field, wanted, found, "rule")
        same(field, rule.get("by", "residency.month_number"), data["by"], "rule")
    elif "product" in rule:
        same(field, len(rule["product"]), len(data["product"]), "rule")
        for one, other in zip(rule["product"], data["product"]):
            _follow_number(one, other, facts, field)
    elif "cases" in rule:
        if data["case"] is None:
            same(field, [who for who, _ in rule["cases"]], [_as_rule(each) for each in data["not"]], "rule")
            _follow_number(rule["else"], data["use"], facts, field)
        else:
            who, value = rule["cases"][data["case"]]
            same(field, who, _as_rule(data["who"]), "rule")
            for earlier, _ in rule["cases"][: data["case"]]:
                same(f"{field}: an earlier case", "not_met", answer(earlier, facts))
            same(f"{field}: case", True, data["case"] >= 0)
            _follow_number(value, data["use"], facts, field)
    else:
        raise NotKnown("{}: {}".format(field, ", ".join(sorted(rule))))


def _follow_amount(rule: Any, data: Any, facts: Facts) -> None:
    kinds = [kind for kind in KINDS if kind in rule]
    if len(kinds) != 1:
        raise NotKnown("how: {}".format(", ".join(sorted(rule))))
    kind = kinds[0]
    if kind not in data:
        raise Differs("how", kind, ", ".join(sorted(data)), "rule")
    for key in ("per", "over"):
        same(f"how: {key}", rule.get(key), data.get(key), "rule")
    if kind in SEVERAL:
        same("how", len(rule[kind]), len(data[kind]), "rule")
        for one, other in zip(rule[kind], data[kind]):
            _follow_amount(one, other, facts)
    else:
        _follow_number(rule[kind], data[kind], facts, kind)
