"""Who: a tree of conditions over facts, read from data and asked. Pure; nothing of it is ever evaluated as code.

    {"all": [{"fact": "startup.kind", "is": "company"},
             {"any": [{"fact": "founders.categories", "has": "graduate"},
                      {"fact": "founders.categories", "has": "veteran"}]}]}

An unknown fact is neither yes nor no: the tree answers by three-valued logic, and says which fact is missing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from enum import StrEnum
from typing import Any

from msgspec import Struct

from incubator.subsidies.rules.facts import FACTS, MOST, Fact, Held

COMPARISONS = ("is", "one_of", "at_most", "at_least", "from", "until", "has", "known")
GROUPS = ("all", "any", "none")
DEEPEST = 5
MOST_PARTS = 30
LONGEST_TEXT = 200


class Known(StrEnum):
    """The answer to a condition."""

    MET = "met"
    NOT_MET = "not_met"
    UNKNOWN = "unknown"


class Condition(Struct, frozen=True):
    """`fact` compared with `value`: {"fact": "startup.kind", "is": "company"}."""

    fact: str
    comparison: str
    value: Any

    def ask(self, facts: Mapping[str, Fact]) -> Known:
        """Whether it is met; unknown where the fact is. `known` is met by any value, and never refuted.

        What is claimed and not confirmed yet leaves `has` unknown; the confirmed has it.
        """
        found = facts.get(self.fact)
        if found is None:
            return Known.UNKNOWN
        if self.comparison == "known":
            return Known.MET
        if isinstance(found, Held):
            if self.value in found.confirmed:
                return Known.MET
            return Known.UNKNOWN if self.value in found.claimed else Known.NOT_MET
        return Known.MET if self._compare(found) else Known.NOT_MET

    def _compare(self, found: Any) -> bool:
        if self.comparison == "is":
            return bool(found == self.value)
        if self.comparison == "one_of":
            return found in self.value
        if type(found) is not type(self.value):
            raise TypeError(f"{self.fact} can't be {found!r}")
        if self.comparison in ("at_most", "until"):
            return bool(found <= self.value)
        return bool(found >= self.value)

    def answered(self, facts: Mapping[str, Fact]) -> dict[str, Any]:
        """The condition with what was found and the answer, as data."""
        return {
            "fact": self.fact, "comparison": self.comparison, "value": self.value,
            "found": as_data(facts.get(self.fact)), "answer": self.ask(facts).value,
        }  # fmt: skip

    def as_rule(self) -> dict[str, Any]:
        """As a rule has it."""
        return {"fact": self.fact, self.comparison: self.value}


class Group(Struct, frozen=True):
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

    def as_rule(self) -> dict[str, Any]:
        """As a rule has it."""
        return {self.kind: [part.as_rule() for part in self.parts]}


def as_data(found: Fact) -> Any:
    """A fact as JSON data."""
    return found.as_data() if isinstance(found, Held) else found


def _first(answers: Sequence[Known], *wanted: Known, otherwise: Known) -> Known:
    for each in wanted:
        if each in answers:
            return each
    return otherwise


def parse_group(data: Any, depth: int = 1) -> Group:
    """A tree from data; ValueError that says what is wrong with it."""
    if depth > DEEPEST:
        raise ValueError(f"groups stand in each other at most {DEEPEST} deep")
    if not isinstance(data, dict) or len(data) != 1:
        raise ValueError("a group is all, any or none of its parts")
    ((kind, parts),) = data.items()
    if kind not in GROUPS or not isinstance(parts, list) or len(parts) > MOST_PARTS:
        raise ValueError(f"{kind!r} is not all, any or none of a list of at most {MOST_PARTS}")
    if not parts and (kind, depth) != ("all", 1):
        raise ValueError(f"{kind} of nothing says nothing; only everybody is an outermost all of nothing")
    return Group(kind, tuple(_parse_part(part, depth) for part in parts))


def _parse_part(data: Any, depth: int) -> Condition | Group:
    if not isinstance(data, dict) or "fact" not in data:
        return parse_group(data, depth + 1)
    fact = data["fact"]
    if not isinstance(fact, str) or fact not in FACTS:
        raise ValueError(f"{fact!r} is no fact; there are {', '.join(FACTS)}")
    comparisons = [name for name in data if name != "fact"]
    if len(comparisons) != 1 or comparisons[0] not in COMPARISONS:
        raise ValueError(f"{fact} is compared by one of {', '.join(COMPARISONS)}")
    (comparison,) = comparisons
    if comparison not in comparisons_of(fact):
        raise ValueError(f"{fact} is compared by one of {', '.join(comparisons_of(fact))}")
    value = data[comparison]
    if comparison == "known":
        if value is not True:
            raise ValueError(f"{fact} can't be compared with {value!r}")
        return Condition(fact, comparison, True)
    if comparison == "one_of":
        if not isinstance(value, list) or not 0 < len(value) <= MOST_PARTS:
            raise ValueError(f"one_of is a list of at most {MOST_PARTS}, not {value!r}")
        return Condition(fact, comparison, [_value(fact, each) for each in value])
    return Condition(fact, comparison, _value(fact, value))


def comparisons_of(fact: str) -> tuple[str, ...]:
    """How a fact can be compared: a number from below and above, a day by before and after, a list by what it has."""
    kind = FACTS[fact]
    if kind.type is Held:
        return ("has", "known")
    if kind.type is int:
        return ("is", "at_most", "at_least", "known")
    if kind.type is bool:
        return ("is", "known")
    return ("is", "from", "until", "known") if kind.is_day else ("is", "one_of", "known")


def _value(fact: str, value: Any) -> Any:
    kind = FACTS[fact]
    expected: type = str if kind.type is Held else kind.type
    if type(value) is not expected:  # exactly: True is no whole number
        raise ValueError(f"{fact} can't be compared with {value!r}")
    if not can_be(fact, value):
        raise ValueError(f"{fact} is never {value!r}")
    return value


def can_be(fact: str, value: Any) -> bool:
    """Whether a fact can have the value at all: a rule for "Company" would be a rule for nobody."""
    kind = FACTS[fact]
    if isinstance(value, int):
        return 0 <= value <= MOST
    if kind.choices:
        return value in kind.choices
    if kind.is_day:
        return is_day(value)
    return 0 < len(value) <= LONGEST_TEXT and value.isprintable() and value.strip() == value


def is_day(text: str) -> bool:
    """Whether a text is a day as ISO 8601 has it: 2026-10-01."""
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False
