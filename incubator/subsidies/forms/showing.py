"""A rule as what stands in the fields of its editor: pure, and read back by `subsidies.forms.reading`."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from incubator.subsidies.forms.typed import Typed
from incubator.subsidies.rules.amounts import MONTH_NUMBER, PLURAL
from incubator.subsidies.rules.rule import USUAL_ORDER

Show = Callable[[str], str]

KEPT_ONCE = ("unit_price", "area", "at_least")


def as_it_is(text: str) -> str:
    """A number of yuan or m²."""
    return text


def in_percent(text: str) -> str:
    """A share as one types it: 0.60 → 60."""
    try:
        return format((Decimal(text) * 100).normalize(), "f")
    except ArithmeticError:
        return text


def show_rule(rule: dict[str, Any]) -> Typed:
    """What stands in the fields for a rule that can be read, or for the beginning of one."""
    how = rule.get("how") or {"share": rule.get("rate", "")}
    together, bearer = rule.get("together", {}), rule.get("bearer", {})
    return {
        "who": show_part(rule.get("who", {"all": []})),
        "covers": list(rule.get("covers", [])),
        "units": list(rule.get("units", [])),
        "counts": _show_counts(rule.get("counts") or {}),
        "how": show_amount(how),
        "caps": [_show_cap(cap) for cap in rule.get("caps", [])],
        "together": {"order": str(together.get("order", USUAL_ORDER)), "base": together.get("base", "left"),
                     "best_of": together.get("best_of", ""), "once": together.get("once", "")},
        "bearer": {"kind": bearer.get("kind", "government"), "name": bearer.get("name", ""),
                   "account": bearer.get("account", "")},
        "goes_to": rule.get("goes_to", "startup"),
        "every": rule.get("every", "month"),
        "instalments": [
            {"share": in_percent(each["share"]), "after_months": str(each.get("after_months", 0)),
             "gate": each.get("gate", "none")}
            for each in rule.get("instalments", [])
        ],
    }  # fmt: skip


def show_part(part: dict[str, Any]) -> Typed:
    """A condition, or a group of them."""
    if "fact" not in part:
        ((kind, parts),) = part.items()
        return {"kind": kind, "parts": [show_part(each) for each in parts]}
    ((comparison, value),) = ((key, value) for key, value in part.items() if key != "fact")
    shown: Typed = {"kind": "fact", "fact": part["fact"], "compare": comparison}
    if comparison == "one_of":
        return shown | {"values": list(value), "value": "\n".join(value)}
    if isinstance(value, bool):
        return shown | {"value": "yes" if value else "no"}
    return shown | {"value": str(value)}


def show_number(data: Any, show: Show = as_it_is) -> Typed:
    """A number in any of its forms; the parts of a product are shown as they are."""
    if isinstance(data, str):
        return {"kind": "plain", "plain": show(data)}
    if "steps" in data:
        steps = [{"until": str(until), "value": show(value)} for until, value in data["steps"]]
        return {"kind": "steps", "by": data.get("by", MONTH_NUMBER), "steps": steps}
    if "cases" in data:
        cases = [{"who": show_part(who), "number": show_number(number, show)} for who, number in data["cases"]]
        return {"kind": "cases", "cases": cases, "other": show_number(data["else"], show)}
    if "product" in data:
        return {"kind": "product", "parts": [show_number(each) for each in data["product"]]}
    return {"kind": "fact", "fact": data["fact"]}


def show_amount(data: dict[str, Any]) -> Typed:
    """An amount in any of its forms."""
    for kind in PLURAL:
        if kind in data:
            return {"kind": kind, "parts": [show_amount(each) for each in data[kind]]}
    for kind in ("share", "top_up"):
        if kind in data:
            return {"kind": kind, "number": show_number(data[kind], in_percent), "over": list(data.get("over", []))}
    ((kind, number),) = ((kind, data[kind]) for kind in ("price", "above") if kind in data)
    return {"kind": kind, "number": show_number(number), "per": data["per"]}


def _show_counts(counts: dict[str, Any]) -> Typed:
    shown: Typed = {key: show_number(counts.get(key, "")) for key in KEPT_ONCE}
    return shown | {"per": counts.get("per", "m2_month")}


def _show_cap(cap: dict[str, Any]) -> Typed:
    amount = cap.get("amount")
    if amount is None:
        amount = format(Decimal(cap["amount_minor"]).scaleb(-2).normalize(), "f")
    return {"per": cap.get("per", "startup"), "window": cap["window"], "number": show_number(amount)}
