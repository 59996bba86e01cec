"""The editor's fields: every rule stands in them and comes back as it was; what is wrong is said where it is."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from incubator.subsidies.forms.reading import read_rule
from incubator.subsidies.forms.showing import show_rule
from incubator.subsidies.forms.steps import complete, find, take_step
from incubator.subsidies.forms.typed import Typed, fields_of, plant
from incubator.subsidies.rules.rule import Rule
from tests.subsidies.whole_rules import whole_rules

P1 = {
    "who": {"all": [{"fact": "founders.verified", "is": True}, {"fact": "residency.month_number", "at_most": 36}]},
    "covers": ["rent"],
    "how": {"share": "1"},
    "caps": [{"per": "startup", "window": "month", "amount": {
        "cases": [[{"any": [{"fact": "founders.categories", "has": "graduate"}]},
                   {"steps": [[12, "1560"], [24, "1300"], [36, "910"]]}]],
        "else": {"steps": [[12, "1200"], [24, "1000"], [36, "700"]]}}}],
}  # fmt: skip


def again(typed: Typed) -> Typed:
    """What is typed, sent by a form and read."""
    return plant(list(fields_of(typed)))


@settings(max_examples=400)
@given(whole_rules())
def test_a_rule_is_typed_and_is_the_same_rule(data: dict[str, Any]) -> None:
    typed = again(show_rule(data))
    complete(typed)
    rule, faults = read_rule(again(typed))
    assert not faults
    assert Rule.parse(rule) == Rule.parse(data)
    assert read_rule(again(show_rule(rule)))[0] == rule, "and from then on it stays as it is, to the letter"


junk = st.text("0123456789.,-%aé一\x00 ", max_size=8) | st.sampled_from(["all", "cases", "steps", "sum", "is", "startup.kind"])


@settings(max_examples=400)
@given(whole_rules(), st.lists(st.tuples(st.integers(0, 10**6), junk | st.none()), min_size=1, max_size=6))
def test_with_anything_in_some_fields_it_is_a_rule_or_says_what_is_wrong(
    data: dict[str, Any], changes: list[tuple[int, str | None]]
) -> None:
    fields = list(fields_of(show_rule(data)))
    for place, text in changes:
        at = place % len(fields) if fields else 0
        if text is None:
            del fields[at : at + 1]
        elif fields:
            fields[at] = fields[at][0], text
    rule, faults = read_rule(plant(fields))
    assert "rule" not in faults, "every fault has a field"
    if not faults:
        Rule.parse(rule)


names = st.lists(st.sampled_from(["who", "parts", "0", "1", "how", "number", "cases", "kind", "caps", "plain", ""]),
                 min_size=1, max_size=9).map("-".join)  # fmt: skip
verbs = st.sampled_from(["add_condition", "add_group", "add_case", "add_step", "add_number", "add_amount", "add_cap",
                         "add_instalment", "years", "drop", "up", "down", "out", "into", "show", "", "rm"])  # fmt: skip


@settings(max_examples=300)
@given(st.lists(st.tuples(names, junk), max_size=12), st.tuples(verbs, names).map(":".join))
def test_no_fields_and_no_step_break_the_editor(fields: list[tuple[str, str]], step: str) -> None:
    typed = plant(fields)
    take_step(typed, step)
    read_rule(again(typed))


def typed_p1() -> Typed:
    return again(show_rule(P1))


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("who-parts-1-value", "36.5", "Type a whole number from %(least)s to %(most)s."),
        ("who-parts-1-value", "", "Type a whole number from %(least)s to %(most)s."),
        ("who-parts-1-fact", "", "Choose what is asked."),
        ("who-parts-0-compare", "at_most", "Choose how it is compared."),
        ("who-parts-0-value", "maybe", "Choose yes or no."),
        ("how-number-plain", "", "Type a number."),
        ("how-number-plain", "sixty", "Type a plain number such as 1200 or 0.5."),
        ("how-number-plain", "-5", "Type a plain number such as 1200 or 0.5."),
        ("how-number-plain", "1e3", "Type a plain number such as 1200 or 0.5."),
        ("how-number-plain", "0.00001", "Type at most %(whole)s digits and %(places)s decimals."),
        ("how-kind", "all", "Choose one."),
        ("caps-0-window", "decade", "Choose one."),
        ("caps-0-number-other-steps-1-until", "12", "Each step goes further than the one before it."),
        ("caps-0-number-other-steps-1-value", "much", "Type a plain number such as 1200 or 0.5."),
        ("caps-0-number-cases-0-who-parts-0-value", "Graduate", "Choose one."),
        ("goes_to", "nobody", "Choose one."),
        ("every", "year", "What is taken off charges is given every month."),
        ("together-order", "first", "Type a whole number from %(least)s to %(most)s."),
        ("together-best_of", "x" * 41, "This may be at most %(longest)s characters long."),
        ("bearer-name", "\x07", "This holds characters that can't be printed."),
        ("units", "no such!", "There is no such kind."),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_at_its_field(name: str, text: str, message: str) -> None:
    fields = [(each, value) for each, value in fields_of(show_rule(P1)) if each != name]
    _, faults = read_rule(plant([*fields, (name, text)]))
    assert {at: phrase.message for at, phrase in faults.items()} == {name: message}


def test_what_goes_to_the_operator_and_what_does_not() -> None:
    typed = typed_p1() | {"covers": ["rent", "own_rent"]}
    assert set(read_rule(typed)[1]) == {"covers"}
    assert not read_rule(typed | {"goes_to": "operator", "every": "year"})[1]
    parts = [{"share": "50"}, {"share": "30", "after_months": "12", "gate": "assessment"}]
    faults = read_rule(typed | {"goes_to": "operator", "instalments": parts})[1]
    assert str(faults["instalments"]) == "The instalments add up to 100%; these come to 80%."
    assert set(read_rule(typed_p1() | {"instalments": [{"share": "100"}]})[1]) == {"instalments"}


def test_commas_and_percent_signs_are_read_as_meant() -> None:
    typed = typed_p1()
    typed["how"]["number"]["plain"] = "60 %"
    typed["caps"] = [{"per": "startup", "window": "month", "number": {"kind": "plain", "plain": "1,000,000.50"}}]
    rule, faults = read_rule(typed)
    assert not faults and (rule["how"], rule["caps"][0]["amount"]) == ({"share": "0.6"}, "1000000.5")


def test_the_same_cap_twice_and_a_group_of_nothing() -> None:
    typed = typed_p1()
    typed["caps"] *= 2
    typed["who"]["parts"].append({"kind": "any"})
    assert set(read_rule(typed)[1]) == {"caps-1-window", "who-parts-2-kind"}


# steps


def test_conditions_are_added_moved_and_taken_away() -> None:
    typed = typed_p1()
    assert take_step(typed, "add_condition:who") == "who-parts-2-fact"
    assert take_step(typed, "add_group:who") == "who-parts-3-parts-0-fact"
    typed["who"]["parts"][2]["fact"] = "startup.kind"
    assert take_step(typed, "down:who-parts-2") == "who-parts-3-fact"
    assert [part["kind"] for part in typed["who"]["parts"]] == ["fact", "fact", "any", "fact"]
    assert take_step(typed, "into:who-parts-3") == "who-parts-2-parts-1-fact"
    assert find(typed, "who-parts-2-parts-1") == {"kind": "fact", "fact": "startup.kind", "compare": "is", "value": ""}
    assert take_step(typed, "out:who-parts-2-parts-1") == "who-parts-3-fact"
    assert take_step(typed, "up:who-parts-0") == "who-parts-0", "the first stays the first"
    take_step(typed, "drop:who-parts-2")
    assert [part["fact"] for part in typed["who"]["parts"]] == [
        "founders.verified", "residency.month_number", "startup.kind"]  # fmt: skip


def test_a_number_becomes_steps_by_year_and_cases_and_keeps_what_was_typed() -> None:
    typed = again(show_rule({"covers": ["rent"], "how": {"share": "0.8"}}))
    typed["how"]["number"]["kind"] = "steps"
    take_step(typed, "show:how-number")
    assert typed["how"]["number"]["steps"] == [{"until": "", "value": "80"}]
    take_step(typed, "years:how-number")
    assert typed["how"]["number"]["steps"] == [
        {"until": "12", "value": "80"}, {"until": "24", "value": ""}, {"until": "36", "value": ""}]  # fmt: skip
    plain = again(show_rule({"covers": ["rent"], "how": {"share": "0.8"}}))
    plain["how"]["number"]["kind"] = "cases"
    take_step(plain, "show:how-number")
    assert plain["how"]["number"]["other"] == {"kind": "plain", "plain": "80"}
    plain["how"]["kind"] = "lesser"
    take_step(plain, "show:how")
    assert find(plain, "how-parts-0-number-other-plain") == "80"


def test_another_fact_asks_for_another_comparison() -> None:
    typed = typed_p1()
    typed["who"]["parts"][1] |= {"fact": "startup.qualifications"}
    take_step(typed, "show:")
    assert find(typed, "who-parts-1") == {"kind": "fact", "fact": "startup.qualifications", "compare": "has", "value": ""}
