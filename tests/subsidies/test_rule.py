"""Reading a rule is strict, and asking it is three-valued."""

from __future__ import annotations

import itertools
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from incubator.core.canonical import canonical_json
from incubator.core.errors import Refusal
from incubator.subsidies.rules.amounts import parse_amount
from incubator.subsidies.rules.conditions import COMPARISONS, Condition, Group, Known
from incubator.subsidies.rules.facts import FACTS, Fact
from incubator.subsidies.rules.rule import Rule
from tests.scenarios.october import SCHEME_Y
from tests.subsidies.rules import facts, groups, rules
from tests.subsidies.sample import cap as read_cap

COMPANY = {"fact": "startup.kind", "is": "company"}


def rule(**changes: Any) -> dict[str, Any]:
    return {"who": {"all": []}, "covers": ["rent"], "rate": "0.60", "caps": []} | changes


def who(*parts: Any, kind: str = "all") -> dict[str, Any]:
    return rule(who={kind: list(parts)})


def cap(**changes: Any) -> dict[str, Any]:
    return rule(caps=[{"window": "quarter", "amount_minor": 1_000_000} | changes])


def nested(depth: int) -> dict[str, Any]:
    group: dict[str, Any] = {"all": [COMPANY]}
    for _ in range(depth - 1):
        group = {"any": [group]}
    return rule(who=group)


def test_scheme_y_is_read_whole() -> None:
    read = Rule.parse(SCHEME_Y)
    assert read.who == Group("all", (Condition("startup.kind", "is", "company"),
                                     Condition("residency.month_number", "at_most", 36)))  # fmt: skip
    assert read.covers == frozenset({"rent", "property_fee", "utilities"})
    assert read.how == parse_amount({"share": "0.60"})
    assert [(each.per, each.window, each.amount.plain) for each in read.caps] == [("startup", "quarter", 10_000)]


def test_without_who_and_caps_it_is_for_everybody_without_a_cap() -> None:
    read = Rule.parse({"covers": ["rent"], "rate": "1"})
    assert (read.who.ask({}), read.caps) == (Known.MET, ())


@pytest.mark.parametrize("rate", ["0", "1", "0.6", "0.60", "0.123456", "1.000000", "0.000001"])
def test_a_rate_is_a_share_in_plain_digits(rate: str) -> None:
    assert Rule.parse(rule(rate=rate)).how == parse_amount({"share": rate})


@pytest.mark.parametrize(
    "rate",
    ["1.1", "1.000001", "-0.1", "-0", "60", "0.1234567", "1e400", "1e-400", "6E-1", "NaN", "sNaN", "Infinity", "",
     "sixty", " 0.6", "0.6\n", "0.6_0", "０.６", "0,6", "60%", "0E-999999999999"],
)  # fmt: skip
def test_any_other_rate_is_refused_at_its_field(rate: str) -> None:
    with pytest.raises(Refusal) as refused:
        Rule.parse(rule(rate=rate))
    assert refused.value.field == "percent"


BAD: list[tuple[Any, str]] = [
    *((data, "rule") for data in (None, [], "rule", 1, 1.5, True, {})),
    ({"rate": "0.6"}, "rule"),
    ({"covers": ["rent"]}, "rule"),
    (rule(rates="0.60"), "rule"),
    (rule() | {1: 2}, "rule"),
    (rule() | {"\ud800": 2}, "rule"),
    (who({"fact": "\ud800", "is": "x"}), "rule"),
    (rule(who={"\ud800": []}), "rule"),
    *((rule(rate=rate), "rule") for rate in (0.6, 1, True, None, ["0.60"], Decimal("0.60"))),
    *((rule(covers=covers), "covers") for covers in ([], "rent", {"rent": 1}, ["rents"], ["rent", 1], None, 5)),
    (rule(covers=[["rent"]]), "covers"),
    *((rule(caps=caps), "rule") for caps in (None, {}, "none", 5, [None], [[]], [5], [{}], [{"window": "month"}])),
    *((cap(amount_minor=amount), "cap_yuan") for amount in (-1, 1.0, True, "1", None, 10**15 + 1, float("nan"))),
    *((cap(window=window), "cap_yuan") for window in ("day", "", None, 3, ["month"], {})),
    *((cap(per=per), "cap_yuan") for per in ("nobody", None, ["startup"])),
    (cap(shared_by="person"), "rule"),
    (rule(caps=[{"window": "month", "amount_minor": 1}, {"window": "month", "amount_minor": 2}]), "cap_yuan"),
    *((rule(who=group), "rule") for group in (None, [], "all", {}, {"every": []}, {"all": {}}, {"all": None},
                                              {"all": [], "any": []}, {"any": []}, {"none": []}, COMPANY)),
    *((who(part), "rule") for part in (None, 5, "startup.kind", [], {}, {"fact": "startup.kind"}, {"all": []},
                                       {"any": []}, {"none": []}, {"is": "company"})),
    (who({"fact": "startup.kind", "is": "company", "at_most": 3}), "rule"),
    (who({"fact": "startup.kind", "equals": "company"}), "rule"),
    (who({"fact": "startup.kind", 1: "company"}), "rule"),
    *((who({"fact": fact, "is": "x"}), "rule") for fact in ("startup.size", "", None, 5, ["startup.kind"], {})),
    *((who({"fact": "startup.kind", "is": value}), "rule") for value in ("Company", "", 1, None, True, 1.0, ["company"])),
    *((who({"fact": "startup.industry", "is": value}), "rule") for value in ("", " ", "a\x00", "\ud800", "x" * 201, " x")),
    *((who({"fact": "startup.registered_on", "is": value}), "rule") for value in ("soon", "2026-13-01", "20261001", "2026-02-29")),
    *((who({"fact": "residency.month_number", "at_most": value}), "rule")
      for value in ("36", 36.0, True, None, -1, 10**400, float("nan"), float("inf"), [36])),
    *((who({"fact": "startup.kind", comparison: value}), "rule")
      for comparison in ("at_most", "at_least") for value in ("company", 3)),
    *((who({"fact": "startup.kind", "known": value}), "rule") for value in (False, 1, "yes", None)),
    (nested(6), "rule"),
    (nested(400), "rule"),
]  # fmt: skip


@pytest.mark.parametrize(("data", "field"), BAD, ids=[str(n) for n in range(len(BAD))])
def test_what_is_no_rule_is_refused_at_a_field(data: Any, field: str) -> None:
    with pytest.raises(Refusal) as refused:
        Rule.parse(data)
    assert refused.value.field == field
    assert str(refused.value).endswith(".") and "unhashable" not in str(refused.value)
    str(refused.value).encode()  # what can't be shown is spelt out


def test_five_groups_stand_in_each_other_and_not_six() -> None:
    assert Rule.parse(nested(5)).who.ask({"startup.kind": "company"}) is Known.MET


def test_what_is_missing_is_named() -> None:
    with pytest.raises(Refusal, match="covers is missing"):
        Rule.parse({"caps": []})


words = st.sampled_from(["who", "covers", "rate", "caps", "fact", "all", "any", "none", "window", "amount_minor", "per",
                         "is", "at_most", "known", "rent", "month", "startup", "0.60", "NaN", "company", *FACTS])  # fmt: skip
scalars = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | words | st.decimals(places=2)
    | st.sampled_from(["1e400", "\x00", "\ud800"])
)  # fmt: skip
anything = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(words | st.text(max_size=3), inner, max_size=4),
    max_leaves=20,
)  # fmt: skip


def reads_or_refuses(data: Any) -> None:
    try:
        read = Rule.parse(data)
    except Refusal as refusal:
        assert refusal.field in ("rule", "covers", "percent", "cap_yuan")
        return
    assert isinstance(read, Rule)
    canonical_json(data)  # and the trail can keep it


@settings(max_examples=150, deadline=None)
@given(anything)
def test_any_json_is_a_rule_or_refused(data: Any) -> None:
    reads_or_refuses(data)


@settings(max_examples=150, deadline=None)
@given(rules(), st.data())
def test_a_rule_with_one_thing_replaced_by_anything_is_a_rule_or_refused(data: dict[str, Any], draw: st.DataObject) -> None:
    place: Any = data
    while True:
        key = draw.draw(st.sampled_from(sorted(place) if isinstance(place, dict) else range(len(place))))
        if isinstance(place[key], (dict, list)) and place[key] and draw.draw(st.booleans()):
            place = place[key]
            continue
        place[key] = draw.draw(anything)
        break
    reads_or_refuses(data)


@settings(max_examples=100, deadline=None)
@given(rules())
def test_every_good_rule_is_read(data: dict[str, Any]) -> None:
    read = Rule.parse(data)
    assert (read.covers, read.how) == (frozenset(data["covers"]), parse_amount({"share": data["rate"]}))
    assert read.caps == tuple(read_cap(each["window"], each["amount_minor"]) for each in data["caps"])


# asking

FOUND: list[tuple[Condition, Fact, Known]] = [
    (Condition("startup.kind", "is", "company"), "company", Known.MET),
    (Condition("startup.kind", "is", "company"), "team", Known.NOT_MET),
    (Condition("startup.kind", "is", "company"), None, Known.UNKNOWN),
    (Condition("residency.month_number", "at_most", 36), 36, Known.MET),
    (Condition("residency.month_number", "at_most", 36), 37, Known.NOT_MET),
    (Condition("residency.month_number", "at_least", 13), 13, Known.MET),
    (Condition("residency.month_number", "at_least", 13), 12, Known.NOT_MET),
    (Condition("residency.month_number", "at_least", 13), None, Known.UNKNOWN),
    (Condition("residency.month_number", "is", 0), 0, Known.MET),
    (Condition("residency.month_number", "known", True), 0, Known.MET),
    (Condition("residency.month_number", "known", True), None, Known.UNKNOWN),
]


@pytest.mark.parametrize(("condition", "found", "answer"), FOUND)
def test_a_condition_is_met_or_not_or_unknown(condition: Condition, found: Fact, answer: Known) -> None:
    assert condition.ask({condition.fact: found}) is answer
    if found is None:
        assert condition.ask({}) is answer


def by_hand(kind: str, answers: tuple[Known, ...]) -> Known:
    """Every way in which the unknown ones may turn out: one result in all of them is the answer, else it is unknown."""
    ways = itertools.product(*([True, False] if each is Known.UNKNOWN else [each is Known.MET] for each in answers))
    results = {{"all": all, "any": any, "none": lambda way: not any(way)}[kind](way) for way in ways}
    return Known.UNKNOWN if len(results) == 2 else Known.MET if results == {True} else Known.NOT_MET


TABLE = [(kind, answers) for kind in ("all", "any", "none") for count in range(4)
         for answers in itertools.product(Known, repeat=count)]  # fmt: skip


@pytest.mark.parametrize(("kind", "answers"), TABLE)
def test_groups_by_the_whole_truth_table(kind: str, answers: tuple[Known, ...]) -> None:
    part = Condition("startup.kind", "is", "company")
    standing_for = {
        Known.MET: part,
        Known.NOT_MET: Condition("startup.kind", "is", "team"),
        Known.UNKNOWN: Condition("startup.industry", "is", "bio"),
    }
    group = Group(kind, tuple(standing_for[each] for each in answers))
    assert group.ask({"startup.kind": "company"}) is by_hand(kind, answers)


def count_unknown_right(data: dict[str, Any], known: dict[str, Fact]) -> Known:
    """A second reading of a tree, that knows nothing of the first."""
    if "fact" in data:
        found = known.get(data["fact"])
        (comparison,) = data.keys() & set(COMPARISONS)
        if found is None:
            return Known.UNKNOWN
        wanted = data[comparison]
        if comparison == "has" and wanted in set(found.claimed) - set(found.confirmed):
            return Known.UNKNOWN
        met = comparison == "known" or {
            "is": lambda a, b: a == b, "at_most": lambda a, b: a <= b, "at_least": lambda a, b: a >= b,
            "until": lambda a, b: a <= b, "from": lambda a, b: a >= b, "one_of": lambda a, b: any(a == c for c in b),
            "has": lambda a, b: b in a.confirmed,
        }[comparison](found, wanted)  # fmt: skip
        return Known.MET if met else Known.NOT_MET
    ((kind, parts),) = data.items()
    return by_hand(kind, tuple(count_unknown_right(part, known) for part in parts))


@settings(max_examples=150, deadline=None)
@given(groups(), facts)
def test_trees_against_a_second_reading(tree: dict[str, Any], known: dict[str, Fact]) -> None:
    read = Rule.parse(rule(who=tree)).who
    assert read.ask(known) is count_unknown_right(tree, known)
    assert read.answered(known)["answer"] == read.ask(known).value


@settings(max_examples=150, deadline=None)
@given(groups(), facts, facts)
def test_what_is_settled_stays_so_whatever_is_learned_later(
    tree: dict[str, Any], known: dict[str, Fact], later: dict[str, Fact]
) -> None:
    read = Rule.parse(rule(who=tree)).who
    before = read.ask(known)
    after = read.ask({name: later[name] if value is None else value for name, value in known.items()})
    assert before in (Known.UNKNOWN, after)
