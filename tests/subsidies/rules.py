"""Random rules, facts and lines: what the property tests of the schemes draw from."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from incubator.subsidies.rules.rule import FACTS, KINDS, WINDOWS

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


@st.composite
def conditions(draw: st.DrawFn) -> dict[str, Any]:
    """One condition as a rule has it."""
    fact = draw(st.sampled_from(sorted(FACTS)))
    compared = ["is", "known", *(["at_most", "at_least"] if FACTS[fact] is int else [])]
    comparison = draw(st.sampled_from(compared))
    return {"fact": fact, comparison: True if comparison == "known" else draw(VALUES[fact])}


def groups(depth: int = 3, least: int = 1) -> st.SearchStrategy[dict[str, Any]]:
    """A group, at most `depth` of them in each other."""
    part = conditions() if depth == 1 else conditions() | groups(depth - 1)
    return st.tuples(st.sampled_from(["all", "any", "none"]), st.lists(part, min_size=least, max_size=3)).map(
        lambda pair: {pair[0]: pair[1]}
    )


facts = st.fixed_dictionaries({name: st.none() | value for name, value in VALUES.items()})
rates = st.decimals(0, 1, places=6).map(lambda rate: format(rate, "f")) | st.sampled_from(["0.5", "0.60", "1", "0"])
caps = st.lists(
    st.fixed_dictionaries({"window": st.sampled_from(WINDOWS), "amount_minor": st.integers(0, 3_000)}),
    max_size=3, unique_by=lambda cap: cap["window"],
)  # fmt: skip
covers = st.lists(st.sampled_from(KINDS), min_size=1, unique=True)


def rules(who: st.SearchStrategy[dict[str, Any]] | None = None) -> st.SearchStrategy[dict[str, Any]]:
    """A rule as JSON."""
    return st.fixed_dictionaries(
        {"who": who if who is not None else groups(), "covers": covers, "rate": rates, "caps": caps}
    )


lines = st.lists(st.tuples(st.sampled_from(KINDS), st.integers(0, 2_000)), max_size=6)
ANYBODY: dict[str, Any] = {"all": []}
