"""The subsidy engine: what a rule gives for one startup's charges of a month, and why. Pure and exact.

Unknown facts are neither yes nor no: nothing is given, and the derivation says which fact is missing.
The same input gives the same derivation, byte for byte (`core.canonical.canonical_json`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from typing import Any

from incubator.core.money import round_half_up
from incubator.core.periods import Month
from incubator.subsidies.rules.rule import Cap, Fact, Known, Rule

__all__ = ["Cap", "ChargeLine", "DecisionDraft", "Fact", "Known", "Outcome", "Rule", "decide", "window_months"]

ROUNDING = "half_up_once"


class Outcome(StrEnum):
    """What a decision came to."""

    GRANTED = "granted"
    CAPPED = "capped"
    REFUSED = "refused"
    NOT_COVERED = "not_covered"


@dataclass(frozen=True, slots=True)
class ChargeLine:
    """A charge as the engine sees it; `key` is whatever the caller knows it by."""

    key: int
    kind: str
    base_minor: int
    """What the rate is taken of: the charge, or what schemes before this one left of it."""


@dataclass(frozen=True, slots=True)
class DecisionDraft:
    """What one rule gives for one charge: never negative, never more than its base."""

    key: int
    outcome: Outcome
    base_minor: int
    amount_minor: int
    derivation: dict[str, Any]


def window_months(window: str, month: Month) -> list[Month]:
    """The months whose grants count against a cap's window that `month` is in: October's quarter is Oct, Nov, Dec."""
    if window == "month":
        return [month]
    if window == "quarter":
        return list(month.quarter_months)
    return [Month(month.year, number) for number in range(1, 13)]


def decide(
    rule: Rule, charges: Sequence[ChargeLine], facts: Mapping[str, Fact], used_minor: Mapping[Cap, int]
) -> list[DecisionDraft]:
    """One decision for each charge, in order.

    `used_minor` says what each cap's window has used before, for this startup. Each line is base × rate, rounded
    half up once, then cut to what the tightest cap still leaves, the lines before it counted: charges of 6,500.00 in
    each month of a quarter give 3,900.00, 3,900.00 and 2,200.00 under scheme Y (10,000.00 a quarter).
    """
    eligible = rule.who.ask(facts)
    asked = {
        "facts": {name: facts.get(name) for name in sorted(set(rule.who.facts()))},
        "who": rule.who.answered(facts),
        "eligible": eligible.value,
    }
    used = {cap: used_minor.get(cap, 0) for cap in rule.caps}
    drafts: list[DecisionDraft] = []
    for charge in charges:
        if charge.base_minor < 0:
            raise ValueError(f"a charge below zero: {charge}")
        about = {"kind": charge.kind, "base_minor": charge.base_minor, "amount_minor": 0}
        if charge.kind not in rule.covers:
            derivation = about | {"covers": sorted(rule.covers)}
            drafts.append(DecisionDraft(charge.key, Outcome.NOT_COVERED, charge.base_minor, 0, derivation))
        elif eligible is not Known.MET:
            drafts.append(DecisionDraft(charge.key, Outcome.REFUSED, charge.base_minor, 0, about | asked))
        else:
            drafts.append(_grant(rule, charge, about | asked, used))
            for cap in used:
                used[cap] += drafts[-1].amount_minor
    return drafts


def _grant(rule: Rule, charge: ChargeLine, asked: dict[str, Any], used: Mapping[Cap, int]) -> DecisionDraft:
    """base × rate rounded half up, and no more than any cap leaves: 2,109.68 × 0.60 = 1,265.808 → 1,265.81."""
    wanted = round_half_up(Fraction(charge.base_minor) * Fraction(rule.rate))
    left = {cap: max(0, cap.amount_minor - used[cap]) for cap in rule.caps}
    amount = min(wanted, charge.base_minor, *left.values())
    derivation = asked | {
        "amount_minor": amount,
        "rate": format(rule.rate, "f"),
        "wanted_minor": wanted,
        "rounding": ROUNDING,
        "caps": [
            {
                "per": cap.per,
                "window": cap.window,
                "amount_minor": cap.amount_minor,
                "used_before_minor": used[cap],
                "left_before_minor": left[cap],
                "left_after_minor": left[cap] - amount,
            }
            for cap in rule.caps
        ],
    }
    outcome = Outcome.CAPPED if amount < wanted else Outcome.GRANTED
    return DecisionDraft(charge.key, outcome, charge.base_minor, amount, derivation)
