"""Random rules, facts and lines: what the property tests of the schemes draw from."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from incubator.subsidies.rules.conditions import comparisons_of
from incubator.subsidies.rules.facts import FACTS, Held
from incubator.subsidies.rules.items import CHARGE_KINDS

MONTHS = st.integers(0, 6)
INDUSTRIES = st.sampled_from(["软件", "bio"])
DAYS = st.sampled_from(["2025-01-31", "2026-10-01"])
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "startup.kind": st.sampled_from(["company", "team"]),
    "startup.industry": INDUSTRIES,
    "startup.registered_on": DAYS,
    "startup.registered_months": MONTHS,
    "residency.month_number": MONTHS,
}
WINDOWS = ("month", "quarter", "year")


def asked_values(name: str) -> st.SearchStrategy[Any]:
    """What a condition may compare a fact with."""
    kind = FACTS[name]
    if name in VALUES:
        return VALUES[name]
    if kind.type is bool:
        return st.booleans()
    if kind.type is int:
        return MONTHS
    if kind.choices:
        return st.sampled_from(kind.choices)
    return DAYS if kind.is_day else st.sampled_from(["65", "39"])


def found_values(name: str) -> st.SearchStrategy[Any]:
    """What a fact may be found to be."""
    if FACTS[name].type is not Held:
        return asked_values(name)
    some = st.lists(asked_values(name), unique=True, max_size=2).map(tuple)
    return st.builds(Held, some, some)


@st.composite
def conditions(draw: st.DrawFn) -> dict[str, Any]:
    """One condition as a rule has it."""
    fact = draw(st.sampled_from(sorted(FACTS)))
    comparison = draw(st.sampled_from(comparisons_of(fact)))
    if comparison == "one_of":
        return {"fact": fact, comparison: draw(st.lists(asked_values(fact), min_size=1, max_size=3, unique=True))}
    return {"fact": fact, comparison: True if comparison == "known" else draw(asked_values(fact))}


def groups(depth: int = 3, least: int = 1) -> st.SearchStrategy[dict[str, Any]]:
    """A group, at most `depth` of them in each other."""
    part = conditions() if depth == 1 else conditions() | groups(depth - 1)
    return st.tuples(st.sampled_from(["all", "any", "none"]), st.lists(part, min_size=least, max_size=3)).map(
        lambda pair: {pair[0]: pair[1]}
    )


facts = st.fixed_dictionaries({name: st.none() | found_values(name) for name in FACTS})
rates = st.decimals(0, 1, places=6).map(lambda rate: format(rate, "f")) | st.sampled_from(["0.5", "0.60", "1", "0"])
caps = st.lists(
    st.fixed_dictionaries({"window": st.sampled_from(WINDOWS), "amount_minor": st.integers(0, 3_000)}),
    max_size=3, unique_by=lambda cap: cap["window"],
)  # fmt: skip
covers = st.lists(st.sampled_from(CHARGE_KINDS), min_size=1, unique=True)


def rules(who: st.SearchStrategy[dict[str, Any]] | None = None) -> st.SearchStrategy[dict[str, Any]]:
    """A rule as JSON."""
    return st.fixed_dictionaries(
        {"who": who if who is not None else groups(), "covers": covers, "rate": rates, "caps": caps}
    )


lines = st.lists(st.tuples(st.sampled_from(CHARGE_KINDS), st.integers(0, 2_000)), max_size=6)
ANYBODY: dict[str, Any] = {"all": []}
