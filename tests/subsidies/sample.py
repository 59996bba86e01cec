"""Parties, items and schemes as the tests of the engine make them: startup 1 at site 1, in October 2026."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from incubator.core.periods import Month
from incubator.subsidies.rules.amounts import parse_number
from incubator.subsidies.rules.engine import DecisionDraft, Party, SchemeRule, rate
from incubator.subsidies.rules.facts import Fact
from incubator.subsidies.rules.items import Item
from incubator.subsidies.rules.rule import Cap, Rule
from incubator.subsidies.rules.state import Tally, cap_key

OCTOBER = Month(2026, 10)


@dataclass(frozen=True, slots=True)
class ChargeLine:
    """A charge of the whole of October."""

    key: int
    kind: str
    base_minor: int


def item(key: int = 0, kind: str = "rent", gross_minor: int = 240_000, month: Month = OCTOBER, **more: Any) -> Item:
    """A charge of a whole month, unless `first` and `last` say otherwise."""
    return Item(key, kind, gross_minor, month, **({"first": month.first, "last": month.last} | more))


def party(known: Mapping[str, Fact], month: Month = OCTOBER, **more: Any) -> Party:
    """Startup 1 at site 1, of which this is known."""
    return Party(**({"startup_id": 1, "site_id": 1, "month": month, "facts": known} | more))


def scheme(rule: Rule | dict[str, Any], code: str = "Y", **more: Any) -> SchemeRule:
    """A scheme whose id follows from its code."""
    read = rule if isinstance(rule, Rule) else Rule.parse(rule)
    number = ord(code[-1])
    values = {"version_id": number, "scheme_id": number, "code": code, "name": f"方案{code}", "name_en": f"Scheme {code}",
              "version": 1, "source": "办法", "rule": read}  # fmt: skip
    return SchemeRule(**(values | more))


def cap(window: str, amount_minor: int, per: str = "startup") -> Cap:
    """A cap as a rule reads it."""
    return Cap(per, window, parse_number(f"{amount_minor // 100}.{amount_minor % 100:02}"))


def decide(
    rule: Rule, charges: Sequence[ChargeLine], known: Mapping[str, Fact], used: Mapping[Cap, int]
) -> list[DecisionDraft]:
    """One rule's decisions on charges of October, of which each cap has used so much before."""
    asked = scheme(rule)
    before = {cap_key(asked.scheme_id, each.per, 1, each.window, OCTOBER): minor for each, minor in used.items()}
    items = [item(line.key, line.kind, line.base_minor) for line in charges]
    return rate(party(known), items, [asked], Tally(before))
