"""A subsidy rule as data: read, checked, and asked. Pure; nothing of it is ever evaluated as code.

    {"who": {"all": [{"fact": "startup.kind", "is": "company"},
                     {"fact": "residency.month_number", "at_most": 36}]},
     "covers": ["rent", "property_fee", "utilities"],
     "rate": "0.60",
     "caps": [{"per": "startup", "window": "quarter", "amount_minor": 1000000}]}

is scheme Y: companies, in their first 36 months, 60 % of three kinds of charge, 10,000.00 yuan a quarter for each.
The rate is text, amounts are whole fen: no float gets in.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any

from incubator.core.errors import N_, Refusal

Fact = str | int | bool | None
"""What is known of a startup in a month; None: not known."""

FACTS: dict[str, type] = {
    "startup.kind": str,
    "startup.industry": str,
    "startup.registered_on": str,
    "startup.registered_months": int,
    "residency.month_number": int,
}
"""Every fact that a rule may ask for, and what it is."""

KINDS = ("rent", "property_fee", "utilities", "booking")
COMPARISONS = ("is", "at_most", "at_least", "known")
GROUPS = ("all", "any", "none")
WINDOWS = ("month", "quarter", "year")
SUBJECTS = ("startup",)
CAP_KEYS = frozenset({"per", "window", "amount_minor"})
STARTUP_KINDS = ("company", "team")
RATE = re.compile(r"0(\.[0-9]{1,6})?|1(\.0{1,6})?")
"""As it is written: plain digits, so that whoever checks a decision elsewhere reads the same number."""
DEEPEST = 5
LARGEST_MINOR = 10**15
MOST_MONTHS = 1200
LONGEST_TEXT = 200


class Known(StrEnum):
    """The answer to a condition."""

    MET = "met"
    NOT_MET = "not_met"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Condition:
    """`fact` compared with `value`: {"fact": "startup.kind", "is": "company"}."""

    fact: str
    comparison: str
    value: str | int | bool

    def ask(self, facts: Mapping[str, Fact]) -> Known:
        """Whether it is met; unknown where the fact is. `known` is met by any value, and never refuted."""
        found = facts.get(self.fact)
        if found is None:
            return Known.UNKNOWN
        if self.comparison == "known":
            return Known.MET
        if self.comparison == "is":
            return Known.MET if found == self.value else Known.NOT_MET
        if not isinstance(found, int) or not isinstance(self.value, int):
            raise TypeError(f"{self.fact} is not a whole number: {found!r}")
        met = found <= self.value if self.comparison == "at_most" else found >= self.value
        return Known.MET if met else Known.NOT_MET

    def answered(self, facts: Mapping[str, Fact]) -> dict[str, Any]:
        """The condition with what was found and the answer, as data."""
        return {
            "fact": self.fact,
            "comparison": self.comparison,
            "value": self.value,
            "found": facts.get(self.fact),
            "answer": self.ask(facts).value,
        }


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

    def answered(self, facts: Mapping[str, Fact]) -> dict[str, Any]:
        """The whole tree with every answer in it, as data: what an explanation is made of."""
        return {self.kind: [part.answered(facts) for part in self.parts], "answer": self.ask(facts).value}

    def facts(self) -> Iterator[str]:
        """The name of every fact that is asked for."""
        for part in self.parts:
            if isinstance(part, Condition):
                yield part.fact
            else:
                yield from part.facts()


def _first(answers: Sequence[Known], *wanted: Known, otherwise: Known) -> Known:
    for each in wanted:
        if each in answers:
            return each
    return otherwise


@dataclass(frozen=True, slots=True)
class Cap:
    """At most `amount_minor` for each `per` in a `window`: 10,000.00 for each startup in a quarter."""

    per: str
    window: str
    amount_minor: int


@dataclass(frozen=True, slots=True)
class Rule:
    """A scheme version's rule: who, what, how much, at most."""

    who: Group
    covers: frozenset[str]
    rate: Decimal
    caps: tuple[Cap, ...]

    @classmethod
    def parse(cls, data: Any) -> Rule:
        """From the JSON that a scheme version keeps; Refusal that names what is wrong."""
        try:
            if not isinstance(data, dict):
                raise ValueError("it is no object")
            foreign = sorted(repr(key) for key in data.keys() - {"who", "covers", "rate", "caps"})
            if foreign:
                raise ValueError(f"nothing is called {', '.join(foreign)}")
            absent = [key for key in ("covers", "rate") if key not in data]
            if absent:
                raise ValueError(f"{', '.join(absent)} is missing")
            return cls(
                _parse_group(data.get("who", {"all": []}), 1),
                _parse_covers(data["covers"]),
                _parse_rate(data["rate"]),
                _parse_caps(data.get("caps", [])),
            )
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise Refusal(N_("The rule can't be read: %(fault)s."), field="rule", fault=str(error)) from error


def _parse_covers(data: Any) -> frozenset[str]:
    if not isinstance(data, list) or not data or not all(kind in KINDS for kind in data):
        raise Refusal(N_("A scheme covers at least one kind of charge."), field="covers")
    return frozenset(data)


def _parse_rate(data: Any) -> Decimal:
    if not isinstance(data, str):
        raise ValueError("the rate is not text such as 0.60")
    if not RATE.fullmatch(data):
        raise Refusal(N_("A rate is a share from 0 to 1 with at most six decimals."), field="percent")
    return Decimal(data)


def _parse_caps(data: Any) -> tuple[Cap, ...]:
    if not isinstance(data, list):
        raise ValueError("caps are a list")
    caps = []
    for each in data:
        if not isinstance(each, dict) or not {"window", "amount_minor"} <= each.keys() <= CAP_KEYS:
            raise ValueError("a cap has a window, an amount_minor and perhaps a per, and nothing else")
        cap = Cap(each.get("per", "startup"), each["window"], each["amount_minor"])
        amount = cap.amount_minor
        whole = isinstance(amount, int) and not isinstance(amount, bool) and 0 <= amount <= LARGEST_MINOR
        if cap.per not in SUBJECTS or cap.window not in WINDOWS or not whole:
            raise Refusal(N_("A cap is an amount per month, quarter or year."), field="cap_yuan")
        caps.append(cap)
    if len({(cap.per, cap.window) for cap in caps}) < len(caps):
        raise Refusal(N_("There is one cap for each month, quarter or year."), field="cap_yuan")
    return tuple(caps)


def _parse_group(data: Any, depth: int) -> Group:
    if depth > DEEPEST:
        raise ValueError(f"groups stand in each other at most {DEEPEST} deep")
    if not isinstance(data, dict) or len(data) != 1:
        raise ValueError("a group is all, any or none of its parts")
    ((kind, parts),) = data.items()
    if kind not in GROUPS or not isinstance(parts, list):
        raise ValueError(f"{kind!r} is not all, any or none of a list")
    if not parts and (kind, depth) != ("all", 1):
        raise ValueError(f"{kind} of nothing says nothing; only everybody is an outermost all of nothing")
    return Group(kind, tuple(_parse_part(part, depth) for part in parts))


def _parse_part(data: Any, depth: int) -> Condition | Group:
    if not isinstance(data, dict) or "fact" not in data:
        return _parse_group(data, depth + 1)
    fact = data["fact"]
    if not isinstance(fact, str) or fact not in FACTS:
        raise ValueError(f"{fact!r} is no fact; there are {', '.join(FACTS)}")
    comparisons = [name for name in data if name != "fact"]
    if len(comparisons) != 1 or comparisons[0] not in COMPARISONS:
        raise ValueError(f"{fact} is compared by one of {', '.join(COMPARISONS)}")
    (comparison,) = comparisons
    value: Any = data[comparison]
    expected = bool if comparison == "known" else FACTS[fact]
    fits = type(value) is expected  # exactly: True is no whole number
    if not fits or (comparison == "known" and not value):
        raise ValueError(f"{fact} can't be compared with {value!r}")
    if comparison in ("at_most", "at_least") and expected is not int:
        raise ValueError(f"{fact} is not a whole number")
    if comparison != "known" and not _can_be(fact, value):
        raise ValueError(f"{fact} is never {value!r}")
    return Condition(fact, comparison, value)


def _can_be(fact: str, value: str | int) -> bool:
    """Whether a fact can have the value at all: a rule for "Company" would be a rule for nobody."""
    if isinstance(value, int):
        return 0 <= value <= MOST_MONTHS
    if fact == "startup.kind":
        return value in STARTUP_KINDS
    if fact == "startup.registered_on":
        return _is_day(value)
    return 0 < len(value) <= LONGEST_TEXT and value.isprintable() and value.strip() == value


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False
