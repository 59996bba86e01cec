"""The subsidy engine: a rule as data, and what it gives for one startup's charges of a month. Pure and exact.

A rule reads like the policy: who (a small tree of conditions over facts), what (kinds of charge), how much (a
rate), at most (caps per window). A fact that is not known makes its condition unknown: neither yes nor no, and
the decision says what would settle it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from fractions import Fraction
from typing import Any

from incubator.core.errors import N_, Refusal
from incubator.core.money import round_half_up
from incubator.core.periods import Month

Fact = str | int | bool | None
"""What is known of a startup in a month; None: not known."""


class Known(StrEnum):
    """The answer to a condition."""

    MET = "met"
    NOT_MET = "not_met"
    UNKNOWN = "unknown"


class Outcome(StrEnum):
    """What a decision came to."""

    GRANTED = "granted"
    CAPPED = "capped"
    REFUSED = "refused"
    NOT_COVERED = "not_covered"


COMPARISONS = ("is", "at_most", "at_least")
WINDOWS = ("month", "quarter", "year")


@dataclass(frozen=True, slots=True)
class Condition:
    """`fact` compared with `value`: {"fact": "startup.kind", "is": "company"}."""

    fact: str
    comparison: str
    value: str | int | bool

    def ask(self, facts: Mapping[str, Fact]) -> Known:
        """Whether it is met; unknown where the fact is."""
        found = facts.get(self.fact)
        if found is None:
            return Known.UNKNOWN
        if self.comparison == "is":
            return Known.MET if found == self.value else Known.NOT_MET
        assert isinstance(found, int) and isinstance(self.value, int)
        met = found <= self.value if self.comparison == "at_most" else found >= self.value
        return Known.MET if met else Known.NOT_MET


@dataclass(frozen=True, slots=True)
class Group:
    """`all`, `any` or `none` of its parts."""

    kind: str
    parts: tuple[Condition | Group, ...]

    def ask(self, facts: Mapping[str, Fact]) -> Known:
        """By three-valued logic: all of met and unknown is unknown, any of met and unknown is met."""
        answers = [part.ask(facts) for part in self.parts]
        if self.kind == "all":
            return _first(answers, Known.NOT_MET, Known.UNKNOWN, otherwise=Known.MET)
        any_of = _first(answers, Known.MET, Known.UNKNOWN, otherwise=Known.NOT_MET)
        if self.kind == "any":
            return any_of
        return {Known.MET: Known.NOT_MET, Known.NOT_MET: Known.MET}.get(any_of, Known.UNKNOWN)

    def conditions(self) -> list[Condition]:
        """Every condition in it, in order."""
        found: list[Condition] = []
        for part in self.parts:
            found.extend([part] if isinstance(part, Condition) else part.conditions())
        return found


def _first(answers: Sequence[Known], *wanted: Known, otherwise: Known) -> Known:
    for each in wanted:
        if each in answers:
            return each
    return otherwise


@dataclass(frozen=True, slots=True)
class Cap:
    """At most `amount_minor` for each startup in a month, quarter or year."""

    window: str
    amount_minor: int


@dataclass(frozen=True, slots=True)
class Rule:
    """A scheme version's rule. Scheme Y: companies, rent + property fee + utilities, 60 %, 10,000.00 a quarter."""

    who: Group
    covers: frozenset[str]
    rate: Decimal
    caps: tuple[Cap, ...]

    @classmethod
    def parse(cls, data: Any) -> Rule:
        """From the JSON that a scheme version keeps; Refusal that names what is wrong."""
        try:
            covers = frozenset(str(kind) for kind in data["covers"])
            rate = Decimal(str(data["rate"]))
            caps = tuple(Cap(str(cap["window"]), int(cap["amount_minor"])) for cap in data.get("caps", ()))
            who = _parse_group(data.get("who", {"all": []}))
        except (KeyError, TypeError, ValueError, InvalidOperation) as error:
            raise Refusal(N_("The rule can't be read: %(fault)s."), field="rule", fault=str(error)) from error
        if not 0 <= rate <= 1:
            raise Refusal(N_("A rate is a share from 0 to 1."), field="rate")
        if not covers <= {"rent", "property_fee", "utilities", "booking"} or not covers:
            raise Refusal(N_("A scheme covers at least one kind of charge."), field="covers")
        if any(cap.window not in WINDOWS or cap.amount_minor < 0 for cap in caps):
            raise Refusal(N_("A cap is an amount per month, quarter or year."), field="caps")
        return cls(who, covers, rate, caps)


def _parse_group(data: Any) -> Group:
    ((kind, parts),) = data.items()
    if kind not in ("all", "any", "none"):
        raise ValueError(f"{kind} is not all, any or none")
    return Group(kind, tuple(_parse_part(part) for part in parts))


def _parse_part(data: Any) -> Condition | Group:
    if "fact" not in data:
        return _parse_group(data)
    for comparison in COMPARISONS:
        if comparison in data:
            value = data[comparison]
            if comparison != "is" and (not isinstance(value, int) or isinstance(value, bool)):
                raise ValueError(f"{data['fact']} is compared with a whole number")
            return Condition(str(data["fact"]), comparison, value)
    raise ValueError(f"{data['fact']} is compared with nothing")


@dataclass(frozen=True, slots=True)
class ChargeLine:
    """A charge as the engine sees it; `key` is whatever the caller knows it by."""

    key: Any
    kind: str
    gross_minor: int


@dataclass(frozen=True, slots=True)
class DecisionDraft:
    """What one rule gives for one charge: never negative, never more than the charge."""

    key: Any
    outcome: Outcome
    base_minor: int
    amount_minor: int
    derivation: dict[str, Any]


def window_months(window: str, month: Month) -> list[Month]:
    """The months whose grants count against a cap's window that `month` is in."""
    if window == "month":
        return [month]
    if window == "quarter":
        return list(month.quarter_months)
    return [Month(month.year, number) for number in range(1, 13)]


def decide(
    rule: Rule,
    charges: Sequence[ChargeLine],
    facts: Mapping[str, Fact],
    used_minor: Mapping[str, int],
) -> list[DecisionDraft]:
    """One decision for each charge, in order.

    `used_minor` says what was granted to this startup before in each cap's window. Each line is base × rate,
    rounded half up once, then cut to what the tightest cap still leaves, the lines before it counted: charges of
    6,500.00 in each month of a quarter give 3,900.00, 3,900.00 and 2,200.00 under scheme Y.
    """
    answer = rule.who.ask(facts)
    asked = [
        {
            "fact": condition.fact,
            "comparison": condition.comparison,
            "value": condition.value,
            "found": facts.get(condition.fact),
            "answer": condition.ask(facts).value,
        }
        for condition in rule.who.conditions()
    ]
    left = {cap.window: max(0, cap.amount_minor - used_minor.get(cap.window, 0)) for cap in rule.caps}
    drafts: list[DecisionDraft] = []
    for charge in charges:
        if charge.kind not in rule.covers:
            derivation: dict[str, Any] = {"kind": charge.kind, "covers": sorted(rule.covers)}
            drafts.append(DecisionDraft(charge.key, Outcome.NOT_COVERED, charge.gross_minor, 0, derivation))
            continue
        if answer is not Known.MET:
            derivation = {"kind": charge.kind, "conditions": asked, "eligible": answer.value}
            drafts.append(DecisionDraft(charge.key, Outcome.REFUSED, charge.gross_minor, 0, derivation))
            continue
        wanted = round_half_up(Fraction(charge.gross_minor) * Fraction(rule.rate))
        amount = min(wanted, charge.gross_minor, *left.values())
        caps = [
            {
                "window": cap.window,
                "amount_minor": cap.amount_minor,
                "left_before_minor": left[cap.window],
                "left_after_minor": left[cap.window] - amount,
            }
            for cap in rule.caps
        ]
        for window in left:
            left[window] -= amount
        derivation = {
            "kind": charge.kind,
            "conditions": asked,
            "eligible": answer.value,
            "rate": format(rule.rate, "f"),
            "wanted_minor": wanted,
            "caps": caps,
        }
        outcome = Outcome.CAPPED if amount < wanted else Outcome.GRANTED
        drafts.append(DecisionDraft(charge.key, outcome, charge.gross_minor, amount, derivation))
    return drafts
