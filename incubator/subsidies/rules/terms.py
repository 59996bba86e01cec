"""What the engine is asked with and what it answers: plain values."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any

from msgspec import Struct, field
from msgspec.structs import replace

from incubator.core.periods import Month
from incubator.subsidies.rules.facts import Fact
from incubator.subsidies.rules.rule import Rule

FOUNDERS = "founders.verified"
"""What is missing where a rule counts persons, and nobody is on record."""


class Outcome(StrEnum):
    """What a decision came to."""

    GRANTED = "granted"
    CAPPED = "capped"
    REFUSED = "refused"
    NOT_COVERED = "not_covered"
    NOTHING = "nothing"
    """Eligible, and the rule comes to 0: the rent is below the reference, another has borne it already."""
    DISPLACED = "displaced"
    """Another scheme of its group gives more."""
    HELD = "held"
    """It waits for its budget to be shared out."""


class Budget(Struct, frozen=True):
    """A pool of money that a scheme draws on in a period."""

    budget_id: int
    code: str
    mode: str
    """`first_come`, `reserved` for each startup, or `pro_rata` at its closing."""
    amount_minor: int
    used_minor: int = 0
    reserved_minor: Mapping[int, int] = field(default_factory=dict)
    """What is reserved for each startup."""
    closed_at: datetime | None = None

    def at(self, decided_at: datetime | None) -> Budget:
        """As who decides then (None: now) draws on it: what is left of one that was shared out goes to who comes first,
        for nothing waits for a closing that has been."""
        if self.closed_at is None or (decided_at is not None and decided_at <= self.closed_at):
            return self
        return replace(self, mode="first_come")


class SchemeRule(Struct, frozen=True):
    """A scheme version's rule with the names that its decisions carry, and the budget that it draws on."""

    version_id: int
    scheme_id: int
    code: str
    name: str
    name_en: str
    version: int
    source: str
    rule: Rule
    budget: Budget | None = None

    @property
    def turn(self) -> tuple[int, str]:
        return self.rule.together.order, self.code


class Party(Struct, frozen=True):
    """Whom a rule is asked about: a startup at a site, or the site itself, in a month."""

    startup_id: int | None
    site_id: int
    month: Month
    facts: Mapping[str, Fact]
    evidence: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """By fact: the documents that it rests on."""
    persons: Mapping[int, str] = field(default_factory=dict)
    """Its founders, by the number of each human: a person's cap counts over all their startups."""


class DecisionDraft(Struct, frozen=True):
    """What one rule gives for one item: never negative, never more than what is left of it."""

    key: int
    by: SchemeRule
    outcome: Outcome
    base_minor: int
    amount_minor: int
    held_minor: int
    derivation: dict[str, Any]
