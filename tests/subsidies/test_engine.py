"""What a rule gives: golden numbers by hand, and a second model in fractions that knows nothing of the first."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from incubator.core.canonical import canonical_json
from incubator.core.periods import Month
from incubator.subsidies.rules.conditions import Known
from incubator.subsidies.rules.engine import DecisionDraft, Outcome
from incubator.subsidies.rules.facts import Fact
from incubator.subsidies.rules.rule import Cap, Rule
from incubator.subsidies.rules.state import window_months
from tests.scenarios.october import SCHEME_Y
from tests.subsidies.rules import facts, lines, rules
from tests.subsidies.sample import ChargeLine, cap, decide

COMPANY: dict[str, Fact] = {"startup.kind": "company", "residency.month_number": 1}
TEAM: dict[str, Fact] = {"startup.kind": "team", "residency.month_number": 1}
Y = Rule.parse(SCHEME_Y)
QUARTER = cap("quarter", 1_000_000)


def simple(rate: str, *caps: tuple[str, int]) -> Rule:
    return Rule.parse({"covers": ["rent"], "rate": rate, "caps": [
        {"window": window, "amount_minor": amount} for window, amount in caps]})  # fmt: skip


def rents(*amounts: int) -> list[ChargeLine]:
    return [ChargeLine(key, "rent", amount) for key, amount in enumerate(amounts)]


def given_for(
    rule: Rule, charges: list[ChargeLine], used: dict[Cap, int] | None = None, known: dict[str, Fact] = COMPANY
) -> list[tuple[str, int]]:
    return [(draft.outcome.value, draft.amount_minor) for draft in decide(rule, charges, known, used or {})]


def test_scheme_y_over_a_quarter_of_6500_a_month() -> None:
    # POLICIES.md, P6: 60 % of 6,500.00 = 3,900.00; the third month has 10,000.00 − 7,800.00 = 2,200.00 left
    used, found = 0, []
    for _ in range(3):
        ((outcome, amount),) = given_for(Y, rents(650_000), {QUARTER: used})
        found.append((outcome, amount))
        used += amount
    assert found == [("granted", 390_000), ("granted", 390_000), ("capped", 220_000)]
    assert used == 1_000_000
    assert given_for(Y, rents(650_000), {}) == [("granted", 390_000)], "the next quarter begins anew"


def test_rent_fee_and_utilities_share_the_cap_in_their_order() -> None:
    # 5,000.00 + 1,000.00 + 500.00 with 3,300.00 left: 3,000.00, then 300.00 of 600.00, then nothing of 300.00
    charges = [ChargeLine(1, "rent", 500_000), ChargeLine(2, "property_fee", 100_000), ChargeLine(3, "utilities", 50_000)]
    drafts = decide(Y, charges, COMPANY, {QUARTER: 670_000})
    assert [(draft.key, draft.outcome.value, draft.amount_minor) for draft in drafts] == [
        (1, "granted", 300_000), (2, "capped", 30_000), (3, "capped", 0)]  # fmt: skip
    assert [draft.derivation["caps"][0]["used_before_minor"] for draft in drafts] == [670_000, 970_000, 1_000_000]
    assert [draft.derivation["caps"][0]["left_after_minor"] for draft in drafts] == [30_000, 0, 0]
    turned = decide(Y, charges[::-1], COMPANY, {QUARTER: 670_000})
    assert [draft.amount_minor for draft in turned] == [30_000, 60_000, 240_000]


@pytest.mark.parametrize(
    ("used", "outcome", "amount"),
    [
        (0, "granted", 60_000),
        (940_000, "granted", 60_000),  # used up to the fen, and nothing cut
        (940_001, "capped", 59_999),
        (999_999, "capped", 1),
        (1_000_000, "capped", 0),
        (1_000_001, "capped", 0),  # a later version has a lower cap than what was given
    ],
)
def test_the_edges_of_a_cap(used: int, outcome: str, amount: int) -> None:
    assert given_for(Y, rents(100_000), {QUARTER: used}) == [(outcome, amount)]


def test_a_cap_of_nothing_gives_nothing() -> None:
    assert given_for(simple("1", ("month", 0)), rents(5, 0)) == [("capped", 0), ("nothing", 0)]


def test_the_tightest_of_several_caps_holds() -> None:
    rule = simple("1", ("month", 500), ("quarter", 1_000), ("year", 5_000))
    month, quarter, year = rule.caps
    assert given_for(rule, rents(800)) == [("capped", 500)]
    assert given_for(rule, rents(800), {quarter: 700}) == [("capped", 300)]
    assert given_for(rule, rents(800), {quarter: 700, year: 4_900}) == [("capped", 100)]
    assert given_for(rule, rents(200, 800), {month: 100, quarter: 700, year: 4_600}) == [("granted", 200), ("capped", 100)]
    (draft,) = decide(rule, rents(800), {}, {year: 4_900})
    assert [(cap["window"], cap["left_before_minor"], cap["left_after_minor"]) for cap in draft.derivation["caps"]] == [
        ("month", 500, 400), ("quarter", 1_000, 900), ("year", 100, 0)]  # fmt: skip


@pytest.mark.parametrize(
    ("base", "rate", "amount"),
    [
        (210_968, "0.60", 126_581),  # 1,265.808 of the October example
        (28_129, "0.60", 16_877),  # 168.774
        (1, "0.5", 1),  # half a fen goes up
        (3, "0.5", 2),
        (5, "0.1", 1),
        (4, "0.1", 0),
        (15, "0.1", 2),  # to even would be 2 as well, of 25 it would not
        (25, "0.1", 3),
        (1, "0.499999", 0),
        (999, "1", 999),
        (999, "0", 0),
    ],
)
def test_half_a_fen_is_rounded_up_once(base: int, rate: str, amount: int) -> None:
    assert given_for(simple(rate), rents(base)) == [("granted" if amount else "nothing", amount)]


def test_what_is_not_covered_says_what_is() -> None:
    (draft,) = decide(Y, [ChargeLine(7, "booking", 7_500)], COMPANY, {})
    assert (draft.key, draft.outcome, draft.base_minor, draft.amount_minor) == (7, Outcome.NOT_COVERED, 7_500, 0)
    assert draft.derivation == {
        "kind": "booking", "base_minor": 7_500, "amount_minor": 0, "covers": ["property_fee", "rent", "utilities"]}  # fmt: skip


def test_what_is_not_covered_takes_nothing_of_the_cap() -> None:
    charges = [ChargeLine(1, "booking", 900_000), ChargeLine(2, "rent", 500_000)]
    assert given_for(Y, charges, {QUARTER: 700_000}) == [("not_covered", 0), ("granted", 300_000)]


def test_a_team_is_refused_and_the_record_says_by_what() -> None:
    (draft,) = decide(Y, rents(60_000), TEAM, {})
    assert (draft.outcome, draft.amount_minor) == (Outcome.REFUSED, 0)
    assert draft.derivation["eligible"] == "not_met"
    assert draft.derivation["facts"] == {"residency.month_number": 1, "startup.kind": "team"}
    assert [part["answer"] for part in draft.derivation["who"]["all"]] == ["not_met", "met"]


@pytest.mark.parametrize(("month", "outcome"), [(36, "granted"), (37, "refused"), (None, "refused")])
def test_the_36th_month_is_the_last(month: int | None, outcome: str) -> None:
    ((found, _),) = given_for(Y, rents(100), known={"startup.kind": "company", "residency.month_number": month})
    assert found == outcome


def test_what_is_not_known_gives_nothing_and_is_told_from_no() -> None:
    (draft,) = decide(Y, rents(100), {"startup.kind": "company"}, {})
    assert (draft.outcome, draft.derivation["eligible"]) == (Outcome.REFUSED, "unknown")
    assert draft.derivation["facts"]["residency.month_number"] is None


def test_used_by_another_cap_does_not_count() -> None:
    assert given_for(Y, rents(100_000), {cap("month", 1_000_000): 999_999}) == [("granted", 60_000)]


def test_no_charge_no_decision_and_none_below_zero() -> None:
    assert decide(Y, [], COMPANY, {}) == []
    with pytest.raises(ValueError, match="below zero"):
        decide(Y, rents(-1), COMPANY, {})


def test_the_caller_s_uses_stay_as_they_are() -> None:
    used = {QUARTER: 5}
    decide(Y, rents(100_000), COMPANY, used)
    assert used == {QUARTER: 5}


@pytest.mark.parametrize(
    ("window", "month", "months"),
    [
        ("month", Month(2026, 10), ["2026-10"]),
        ("quarter", Month(2026, 10), ["2026-10", "2026-11", "2026-12"]),
        ("quarter", Month(2026, 12), ["2026-10", "2026-11", "2026-12"]),
        ("quarter", Month(2027, 1), ["2027-01", "2027-02", "2027-03"]),
        ("year", Month(2026, 7), [f"2026-{number:02}" for number in range(1, 13)]),
    ],
)
def test_the_months_of_a_window(window: str, month: Month, months: list[str]) -> None:
    assert [str(each) for each in window_months(window, month)] == months


# the second model


def model(rule: dict[str, Any], charges: list[tuple[str, int]], eligible: bool, used: dict[str, int]) -> list[tuple[str, int]]:
    """By the sentence of the policy: share of the line, a half up, and never beyond what any cap has left."""
    left = {cap["window"]: cap["amount_minor"] - used.get(cap["window"], 0) for cap in rule["caps"]}
    found = []
    for kind, base in charges:
        if kind not in rule["covers"]:
            found.append(("not_covered", 0))
        elif not eligible:
            found.append(("refused", 0))
        else:
            exact = Fraction(rule["rate"]) * base
            whole = exact.numerator // exact.denominator
            wanted = whole + (exact - whole >= Fraction(1, 2))
            amount = max(0, min([wanted, *left.values()]))
            left = {window: rest - amount for window, rest in left.items()}
            found.append(("nothing" if not wanted else "granted" if amount == wanted else "capped", amount))
    return found


uses = st.fixed_dictionaries({window: st.integers(0, 3_500) for window in ("month", "quarter", "year")})


@settings(max_examples=150, deadline=None)
@given(rules(), lines, facts, uses)
def test_against_fractions(
    data: dict[str, Any], charges: list[tuple[str, int]], known: dict[str, Fact], used: dict[str, int]
) -> None:
    rule = Rule.parse(data)
    drafts = decided(rule, charges, known, used)
    assert [(draft.outcome.value, draft.amount_minor) for draft in drafts] == model(
        data, charges, rule.who.ask(known) is Known.MET, used
    )


@settings(max_examples=150, deadline=None)
@given(rules(), lines, facts, uses)
def test_what_always_holds(
    data: dict[str, Any], charges: list[tuple[str, int]], known: dict[str, Fact], used: dict[str, int]
) -> None:
    rule = Rule.parse(data)
    drafts = decided(rule, charges, known, used)
    assert [(draft.key, draft.base_minor) for draft in drafts] == [(key, base) for key, (_, base) in enumerate(charges)]
    gross = sum(base for _, base in charges)
    given_in_all = sum(draft.amount_minor for draft in drafts)
    net = sum(draft.base_minor - draft.amount_minor for draft in drafts)
    assert gross == net + given_in_all
    assert all(0 <= draft.amount_minor <= draft.base_minor for draft in drafts)
    for most in rule.caps:
        assert given_in_all == 0 or used[most.window] + given_in_all <= most.amount.plain * 100
    for draft in drafts:
        for cap_said in draft.derivation.get("caps", []):
            assert cap_said["left_after_minor"] == cap_said["left_before_minor"] - draft.amount_minor >= 0
        assert draft.derivation["amount_minor"] == draft.amount_minor
    again = decided(Rule.parse(data), charges, known, used)
    assert [canonical_json(draft.derivation) for draft in drafts] == [canonical_json(draft.derivation) for draft in again]


def decided(rule: Rule, charges: list[tuple[str, int]], known: dict[str, Fact], used: dict[str, int]) -> list[DecisionDraft]:
    return decide(
        rule, [ChargeLine(key, kind, base) for key, (kind, base) in enumerate(charges)], known,
        {cap: used[cap.window] for cap in rule.caps},
    )  # fmt: skip
