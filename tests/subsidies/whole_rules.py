"""Random rules in every form of the format, as data: what the property tests of the editor draw from."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from incubator.spaces.models import UNIT_KINDS
from incubator.subsidies.rules.amounts import BEARERS
from incubator.subsidies.rules.conditions import GROUPS, comparisons_of
from incubator.subsidies.rules.facts import COUNTED, FACTS
from incubator.subsidies.rules.items import CHARGE_KINDS, KINDS, MEASURES
from incubator.subsidies.rules.rule import EVERY, GATES, SUBJECTS, WINDOWS

texts = st.sampled_from(["软件", "bio tech", "6513", "a,b；c", "“引号”&<b>"])
days = st.dates().map(lambda day: day.isoformat())
plains = st.decimals(0, 10**12, places=6).map(lambda each: format(each, "f")) | st.sampled_from(["0", "1200", "0.60"])


def value_of(fact: str) -> st.SearchStrategy[Any]:
    """A value that the fact can have."""
    kind = FACTS[fact]
    if kind.type is bool:
        return st.booleans()
    if kind.type is int:
        return st.integers(0, 10**13)
    if kind.choices:
        return st.sampled_from(kind.choices)
    return days if kind.is_day else texts


@st.composite
def conditions(draw: st.DrawFn) -> dict[str, Any]:
    """One condition; what one of several is, is asked in the order of the choices."""
    fact = draw(st.sampled_from(sorted(FACTS)))
    comparison = draw(st.sampled_from(comparisons_of(fact)))
    if comparison == "known":
        return {"fact": fact, "known": True}
    if comparison != "one_of":
        return {"fact": fact, comparison: draw(value_of(fact))}
    values = draw(st.lists(value_of(fact), min_size=1, max_size=4, unique=True))
    return {"fact": fact, "one_of": sorted(values, key=FACTS[fact].choices.index) if FACTS[fact].choices else values}


def groups(depth: int = 3, least: int = 1) -> st.SearchStrategy[dict[str, Any]]:
    """A group, at most `depth` of them in each other."""
    part = conditions() if depth == 1 else conditions() | groups(depth - 1)
    return st.tuples(st.sampled_from(GROUPS), st.lists(part, min_size=least, max_size=3)).map(
        lambda pair: {pair[0]: pair[1]}
    )


whos = groups() | st.just({"all": []})


@st.composite
def _steps(draw: st.DrawFn) -> dict[str, Any]:
    untils = sorted(draw(st.sets(st.integers(1, 600), min_size=1, max_size=4)))
    steps = {"steps": [[until, draw(plains)] for until in untils]}
    return steps | draw(st.sampled_from([{}, *({"by": fact} for fact in COUNTED)]))


def numbers(depth: int = 3) -> st.SearchStrategy[Any]:
    """A number in any of its forms."""
    simple = plains | _steps() | st.sampled_from(COUNTED).map(lambda fact: {"fact": fact})
    if depth == 1:
        return simple
    inner = numbers(depth - 1)
    case = st.tuples(groups(2), inner).map(list)
    cases = st.fixed_dictionaries({"cases": st.lists(case, min_size=1, max_size=2), "else": inner})
    return simple | cases | st.lists(inner, min_size=1, max_size=2).map(lambda parts: {"product": parts})


def amounts(depth: int = 2) -> st.SearchStrategy[dict[str, Any]]:
    """How much, in any of its forms."""
    number = numbers(2)
    simple = (
        number.map(lambda each: {"share": each})
        | st.tuples(st.sampled_from(["price", "above"]), number, st.sampled_from(MEASURES)).map(
            lambda drawn: {drawn[0]: drawn[1], "per": drawn[2]})
        | st.tuples(number, st.sets(st.sampled_from(BEARERS), min_size=1)).map(
            lambda drawn: {"top_up": drawn[0], "over": sorted(drawn[1], key=BEARERS.index)})
    )  # fmt: skip
    if depth == 1:
        return simple
    several = st.lists(amounts(depth - 1), min_size=1, max_size=2)
    return simple | st.tuples(st.sampled_from(["sum", "lesser", "greater"]), several).map(
        lambda drawn: {drawn[0]: drawn[1]}
    )


caps = st.lists(
    st.tuples(st.sampled_from(SUBJECTS), st.sampled_from(WINDOWS), numbers(2)), max_size=3,
    unique_by=lambda cap: cap[:2],
).map(lambda drawn: [{"per": per, "window": window, "amount": amount} for per, window, amount in drawn])  # fmt: skip
short = st.sampled_from(["", "租金类", "G 1", "6001.02"])
SHARES = (["1"], ["0.50", "0.30", "0.20"], ["0.333333", "0.666667"])


@st.composite
def instalments(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Parts that add up to one."""
    return [
        {"share": share} | draw(st.fixed_dictionaries({}, optional={
            "after_months": st.integers(0, 120), "gate": st.sampled_from(GATES)}))
        for share in draw(st.sampled_from(SHARES))
    ]  # fmt: skip


@st.composite
def whole_rules(draw: st.DrawFn) -> dict[str, Any]:
    """A rule with anything that the format knows."""
    rule = draw(st.fixed_dictionaries({}, optional={
        "who": whos, "caps": caps, "units": st.lists(st.sampled_from([*UNIT_KINDS, "meeting_room"]), unique=True),
        "counts": st.fixed_dictionaries({"area": numbers(2)}, optional={
            "unit_price": numbers(2), "at_least": numbers(1), "per": st.sampled_from(MEASURES)}),
        "together": st.fixed_dictionaries({}, optional={
            "order": st.integers(0, 9999), "base": st.sampled_from(["left", "gross"]), "best_of": short,
            "once": st.sampled_from(["", "person"])}),
        "bearer": st.fixed_dictionaries({}, optional={
            "kind": st.sampled_from(BEARERS), "name": short, "account": short}),
    }))  # fmt: skip
    rule |= draw(amounts().map(lambda how: {"how": how}) | st.just({"rate": "0.60"}))
    if draw(st.booleans()):
        return rule | {"covers": draw(st.lists(st.sampled_from(CHARGE_KINDS), min_size=1, unique=True))}
    return rule | {
        "goes_to": "operator", "covers": draw(st.lists(st.sampled_from(KINDS), min_size=1, unique=True)),
        "every": draw(st.sampled_from(EVERY)), "instalments": draw(instalments() | st.just([])),
    }  # fmt: skip
