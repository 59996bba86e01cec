"""Random rules, charges and facts, for the property tests of this folder."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from incubator.subsidies.engine import ChargeLine
from incubator.subsidies.rule import KINDS, WINDOWS, Rule

CONDITIONS: list[dict[str, Any]] = [
    {"fact": "startup.kind", "is": "company"},
    {"fact": "startup.kind", "is": "team"},
    {"fact": "startup.industry", "is": "集成电路设计"},
    {"fact": "startup.industry", "known": True},
    {"fact": "startup.registered_on", "is": "2026-01-01"},
    {"fact": "startup.registered_months", "at_most": 24},
    {"fact": "startup.registered_months", "at_least": 6},
    {"fact": "startup.registered_months", "is": 12},
    {"fact": "residency.month_number", "at_most": 36},
    {"fact": "residency.month_number", "at_least": 2},
    {"fact": "residency.month_number", "is": 1},
]

groups = st.recursive(
    st.sampled_from(CONDITIONS),
    lambda parts: st.builds(lambda kind, of: {kind: of}, st.sampled_from(["all", "any", "none"]), st.lists(parts, max_size=3)),
    max_leaves=6,
)
whos = st.builds(lambda kind, parts: {kind: parts}, st.sampled_from(["all", "any", "none"]), st.lists(groups, max_size=3))
caps = st.lists(
    st.builds(
        lambda window, amount: {"window": window, "amount_minor": amount},
        st.sampled_from(WINDOWS), st.one_of(st.just(0), st.integers(0, 3_000_000)),
    ),
    max_size=3, unique_by=lambda cap: cap["window"],
)  # fmt: skip
rates = st.integers(0, 1_000_000).map(lambda millionths: f"{millionths // 1_000_000}.{millionths % 1_000_000:06}")
covers = st.lists(st.sampled_from(KINDS), min_size=1, unique=True)


def depth(part: dict[str, Any]) -> int:
    """How deep groups stand in each other."""
    if "fact" in part:
        return 0
    (parts,) = part.values()
    return 1 + max((depth(each) for each in parts), default=0)


rules = st.builds(
    lambda who, kinds, rate, limits: Rule.parse({"who": who, "covers": kinds, "rate": rate, "caps": limits}),
    whos.filter(lambda who: depth(who) <= 5), covers, rates, caps,
)  # fmt: skip
facts = st.fixed_dictionaries(
    {
        "startup.kind": st.sampled_from(["company", "team"]),
        "startup.industry": st.sampled_from([None, "集成电路设计", "文化创意"]),
        "startup.registered_on": st.sampled_from([None, "2026-01-01", "2025-05-05"]),
        "startup.registered_months": st.sampled_from([None, 0, 6, 12, 24, 25]),
        "residency.month_number": st.sampled_from([None, 1, 2, 36, 37]),
    }
)
lines = st.lists(st.tuples(st.sampled_from(KINDS), st.integers(0, 2_000_000)), max_size=6).map(
    lambda found: [ChargeLine(key, kind, base) for key, (kind, base) in enumerate(found)]
)
