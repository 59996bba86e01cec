"""A rule as data: read strictly, and asked with three answers."""

from __future__ import annotations

from copy import deepcopy
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incubator.core.errors import Refusal
from incubator.subsidies.rule import Condition, Group, Known, Rule
from tests.scenarios.october import SCHEME_Y
from tests.subsidies.rules import rules

MET, NOT_MET, UNKNOWN = Known.MET, Known.NOT_MET, Known.UNKNOWN


def test_scheme_y_is_read() -> None:
    rule = Rule.parse(SCHEME_Y)
    assert (str(rule.rate), sorted(rule.covers)) == ("0.60", ["property_fee", "rent", "utilities"])
    assert [(cap.per, cap.window, cap.amount_minor) for cap in rule.caps] == [("startup", "quarter", 1_000_000)]
    assert list(rule.who.facts()) == ["startup.kind", "residency.month_number"]


def test_without_who_everybody_is_eligible_and_without_caps_there_is_no_end() -> None:
    rule = Rule.parse({"covers": ["rent"], "rate": "1"})
    assert (rule.who.ask({}), rule.caps) == (MET, ())


def changed(path: tuple[str | int, ...], value: Any) -> dict[str, Any]:
    """Scheme Y with `value` at `path`."""
    data: Any = deepcopy(SCHEME_Y)
    place = data
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    return data  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    ("path", "value", "field"),
    [
        (("rate",), 0.6, "rule"),  # a float
        (("rate",), 1, "rule"),
        (("rate",), "a lot", "rule"),
        (("rate",), "NaN", "percent"),
        (("rate",), "Infinity", "percent"),
        (("rate",), "-0.1", "percent"),
        (("rate",), "1.01", "percent"),
        (("rate",), "0.1234567", "percent"),
        (("rate",), "1e400", "percent"),
        (("covers",), [], "covers"),
        (("covers",), "rent", "covers"),
        (("covers",), ["rent", "coffee"], "covers"),
        (("caps",), {"window": "month"}, "rule"),
        (("caps",), [{}], "rule"),
        (("caps",), ["month"], "rule"),
        (("caps", 0, "window"), "week", "cap_yuan"),
        (("caps", 0, "per"), "site", "cap_yuan"),
        (("caps", 0, "amount_minor"), -1, "cap_yuan"),
        (("caps", 0, "amount_minor"), 10_000.0, "cap_yuan"),
        (("caps", 0, "amount_minor"), True, "cap_yuan"),
        (("caps", 0, "amount_minor"), "1000000", "cap_yuan"),
        (("caps", 0, "amount_minor"), 10**16, "cap_yuan"),
        (("caps",), [{"window": "month", "amount_minor": 1}] * 2, "cap_yuan"),
        (("who",), {"all": [], "any": []}, "rule"),
        (("who",), {"most": []}, "rule"),
        (("who",), {"all": "companies"}, "rule"),
        (("who",), [], "rule"),
        (("who", "all", 0), {"fact": "startup.colour", "is": "red"}, "rule"),
        (("who", "all", 0), {"fact": "startup.kind"}, "rule"),
        (("who", "all", 0), {"fact": "startup.kind", "is": "company", "at_most": 3}, "rule"),
        (("who", "all", 0), {"fact": "startup.kind", "is": 1}, "rule"),
        (("who", "all", 0), {"fact": "startup.kind", "at_most": "m"}, "rule"),
        (("who", "all", 0), {"fact": "startup.kind", "above": "m"}, "rule"),
        (("who", "all", 0), {"fact": "startup.kind", "known": False}, "rule"),
        (("who", "all", 1), {"fact": "residency.month_number", "at_most": True}, "rule"),
        (("who", "all", 1), {"fact": "residency.month_number", "at_most": 36.0}, "rule"),
        (("who", "all", 1), {"all": [{"all": [{"all": [{"all": [{"all": []}]}]}]}]}, "rule"),
        (("note",), "x", "rule"),
    ],
)  # fmt: skip
def test_what_can_not_be_meant_is_refused_at_its_field(path: tuple[str | int, ...], value: Any, field: str) -> None:
    with pytest.raises(Refusal) as caught:
        Rule.parse(changed(path, value))
    assert caught.value.field == field


json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5)
    | st.sampled_from(["startup.kind", "company", "rent", "0.60", "quarter"]),
    lambda parts: st.lists(parts, max_size=3)
    | st.dictionaries(
        st.sampled_from(["who", "covers", "rate", "caps", "all", "any", "none", "fact", "is", "at_most", "known", "per",
                         "window", "amount_minor", "x"]), parts, max_size=4),
    max_leaves=12,
)  # fmt: skip


@given(json)
def test_anything_else_is_refused_in_a_sentence(data: Any) -> None:
    try:
        Rule.parse(data)
    except Refusal as refusal:
        assert refusal.message


@given(st.sampled_from([("who",), ("covers",), ("rate",), ("caps",), ("caps", 0), ("who", "all", 0), ("who", "all", 0, "fact")]), json)
def test_a_rule_with_a_part_of_nonsense_is_refused_or_read(path: tuple[str | int, ...], value: Any) -> None:
    try:
        rule = Rule.parse(changed(path, value))
    except Refusal:
        return
    assert 0 <= rule.rate <= 1 and rule.covers


KIND_IS_COMPANY = Condition("startup.kind", "is", "company")
ANSWERS = {MET: "company", NOT_MET: "team", UNKNOWN: None}


def test_groups_by_the_truth_table() -> None:
    """Each unknown stood in for by both answers: what comes out the same is known."""

    def by_hand(kind: str, answers: tuple[Known, ...]) -> Known:
        outcomes = set()
        for world in product(*([MET, NOT_MET] if answer is UNKNOWN else [answer] for answer in answers)):
            met = [each is MET for each in world]
            outcomes.add({"all": all(met), "any": any(met), "none": not any(met)}[kind])
        return UNKNOWN if len(outcomes) == 2 else MET if outcomes.pop() else NOT_MET

    names = ("startup.kind", "startup.industry", "startup.registered_on")
    for kind, size in product(("all", "any", "none"), range(4)):
        group = Group(kind, tuple(Condition(name, "is", "company") for name in names[:size]))
        for answers in product(Known, repeat=size):
            facts = {name: ANSWERS[answer] for name, answer in zip(names, answers, strict=False)}
            assert group.ask(facts) is by_hand(kind, answers), (kind, answers)


def test_known_is_met_by_anything_and_never_refuted() -> None:
    known = Condition("startup.industry", "known", True)
    assert (known.ask({"startup.industry": "x"}), known.ask({}), known.ask({"startup.industry": None})) == (MET, UNKNOWN, UNKNOWN)


@pytest.mark.parametrize(("found", "met"), [(35, True), (36, True), (37, False)])
def test_at_most_takes_its_own_number_in(found: int, met: bool) -> None:
    condition = Condition("residency.month_number", "at_most", 36)
    assert condition.ask({"residency.month_number": found}) is (MET if met else NOT_MET)


@given(rules)
def test_every_answer_is_in_the_record(rule: Rule) -> None:
    record = rule.who.answered({"startup.kind": "company"})
    assert record["answer"] == rule.who.ask({"startup.kind": "company"}).value
