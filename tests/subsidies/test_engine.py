"""What a rule gives: numbers worked by hand, and laws that hold for every rule."""

from __future__ import annotations

from fractions import Fraction
from math import floor
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incubator.core.canonical import canonical_json
from incubator.core.periods import Month
from incubator.subsidies.engine import ChargeLine, DecisionDraft, Outcome, decide, window_months
from incubator.subsidies.rule import Known, Rule
from tests.scenarios.october import SCHEME_Y
from tests.subsidies.rules import facts, lines, rules

COMPANY = {"startup.kind": "company", "residency.month_number": 3}


def rule_of(rate: str = "0.60", caps: dict[str, int] | None = None, covers: tuple[str, ...] = ("rent", "property_fee")) -> Rule:
    limits = [{"window": window, "amount_minor": amount} for window, amount in (caps or {}).items()]
    return Rule.parse({"covers": list(covers), "rate": rate, "caps": limits})


def amounts(drafts: list[DecisionDraft]) -> list[int]:
    return [draft.amount_minor for draft in drafts]


def test_a_quarter_of_6500_a_month_under_scheme_y() -> None:
    """60 % is 3,900.00 a month; the third month finds 2,200.00 of the quarter's 10,000.00 left."""
    rule, given_so_far, months = Rule.parse(SCHEME_Y), 0, []
    for _ in range(4):
        (draft,) = decide(rule, [ChargeLine(1, "rent", 650_000)], COMPANY, {rule.caps[0]: given_so_far})
        months.append((draft.amount_minor, draft.outcome))
        given_so_far += draft.amount_minor
    assert months == [
        (390_000, Outcome.GRANTED), (390_000, Outcome.GRANTED), (220_000, Outcome.CAPPED), (0, Outcome.CAPPED),
    ]  # fmt: skip


def test_the_lines_of_one_month_share_a_cap_in_their_order() -> None:
    rule = rule_of(caps={"month": 100_000})
    drafts = decide(rule, [ChargeLine(1, "rent", 150_000), ChargeLine(2, "property_fee", 30_000)], {}, {})
    # 900.00 of the rent, then 100.00 of the fee's 180.00
    assert amounts(drafts) == [90_000, 10_000]
    assert [cap["left_after_minor"] for draft in drafts for cap in draft.derivation["caps"]] == [10_000, 0]


def test_the_tightest_of_several_caps_decides() -> None:
    rule = rule_of(caps={"month": 50_000, "quarter": 60_000, "year": 1_000_000})
    month, quarter, year = rule.caps
    assert amounts(decide(rule, [ChargeLine(1, "rent", 100_000)], {}, {month: 0, quarter: 15_000, year: 900_000})) == [45_000]
    assert amounts(decide(rule, [ChargeLine(1, "rent", 100_000)], {}, {month: 0, quarter: 0, year: 970_000})) == [30_000]


@pytest.mark.parametrize(
    ("used", "amount", "outcome"),
    [(400_000, 600_000, Outcome.GRANTED), (400_001, 599_999, Outcome.CAPPED), (999_999, 1, Outcome.CAPPED),
     (1_000_000, 0, Outcome.CAPPED), (1_200_000, 0, Outcome.CAPPED)],
)  # fmt: skip
def test_the_edge_of_a_cap(used: int, amount: int, outcome: Outcome) -> None:
    """1,000,000 fen wanted 600,000: used to the fen it is granted whole, by one fen more it is cut by one."""
    rule = rule_of(caps={"quarter": 1_000_000})
    (draft,) = decide(rule, [ChargeLine(1, "rent", 1_000_000)], {}, {rule.caps[0]: used})
    assert (draft.amount_minor, draft.outcome) == (amount, outcome)


@pytest.mark.parametrize(
    ("base", "rate", "amount"),
    [(210_968, "0.60", 126_581), (28_129, "0.60", 16_877), (1, "0.5", 1), (3, "0.5", 2), (1, "0.499999", 0), (999, "1", 999),
     (999, "0", 0), (10_001, "0.333333", 3_334)],
)  # fmt: skip
def test_half_a_fen_is_rounded_up_once(base: int, rate: str, amount: int) -> None:
    """2,109.68 × 0.60 = 1,265.808; 281.29 × 0.60 = 168.774; 0.01 × 0.5 = 0.005."""
    assert amounts(decide(rule_of(rate), [ChargeLine(1, "rent", base)], {}, {})) == [amount]


def test_what_is_not_covered_is_not_decided_on_who() -> None:
    (draft,) = decide(rule_of(), [ChargeLine(1, "booking", 5_000)], {}, {})
    assert (draft.outcome, draft.amount_minor, draft.derivation["covers"]) == (Outcome.NOT_COVERED, 0, ["property_fee", "rent"])


def test_a_team_is_refused_and_a_stranger_is_undecided() -> None:
    rule, line = Rule.parse(SCHEME_Y), [ChargeLine(1, "rent", 60_000)]
    (team,) = decide(rule, line, {"startup.kind": "team", "residency.month_number": 1}, {})
    (stranger,) = decide(rule, line, {"startup.kind": "company"}, {})
    assert (team.outcome, team.derivation["eligible"]) == (Outcome.REFUSED, "not_met")
    assert (stranger.outcome, stranger.derivation["eligible"]) == (Outcome.REFUSED, "unknown")
    assert stranger.derivation["facts"] == {"startup.kind": "company", "residency.month_number": None}


def test_a_refused_line_uses_nothing_of_a_cap() -> None:
    rule = rule_of(caps={"month": 60_000})
    drafts = decide(rule, [ChargeLine(1, "booking", 900_000), ChargeLine(2, "rent", 100_000)], {}, {})
    assert amounts(drafts) == [0, 60_000]


def test_a_charge_below_zero_is_a_mistake_of_ours() -> None:
    with pytest.raises(ValueError, match="below zero"):
        decide(rule_of(), [ChargeLine(1, "rent", -1)], {}, {})


def test_the_months_of_a_window() -> None:
    assert window_months("month", Month(2026, 11)) == [Month(2026, 11)]
    assert window_months("quarter", Month(2026, 11)) == [Month(2026, 10), Month(2026, 11), Month(2026, 12)]
    assert window_months("year", Month(2026, 11)) == [Month(2026, number) for number in range(1, 13)]


uses = st.lists(st.integers(0, 4_000_000), min_size=3, max_size=3)


@given(rules, lines, facts, uses)
def test_against_a_model_in_fractions(rule: Rule, charges: list[ChargeLine], known: dict[str, Any], used: list[int]) -> None:
    """The same said another way: eligible or nothing; each line's share, then what the fullest cap has room for."""
    before = dict(zip(rule.caps, used, strict=False))
    room = [max(0, cap.amount_minor - before[cap]) for cap in rule.caps]
    expected = []
    for charge in charges:
        share = floor(charge.base_minor * Fraction(rule.rate) + Fraction(1, 2))
        wanted = share if charge.kind in rule.covers and rule.who.ask(known) is Known.MET else 0
        given_now = min([wanted, *room])
        room = [each - given_now for each in room]
        expected.append(given_now)
    assert amounts(decide(rule, charges, known, before)) == expected


@given(rules, lines, facts, uses)
def test_laws(rule: Rule, charges: list[ChargeLine], known: dict[str, Any], used: list[int]) -> None:
    before = dict(zip(rule.caps, used, strict=False))
    drafts = decide(rule, charges, known, before)
    assert [draft.key for draft in drafts] == [charge.key for charge in charges], "every charge has its decision, in order"
    for charge, draft in zip(charges, drafts, strict=True):
        assert 0 <= draft.amount_minor <= charge.base_minor == draft.base_minor
        assert draft.amount_minor == 0 or draft.outcome in (Outcome.GRANTED, Outcome.CAPPED)
        assert draft.derivation["amount_minor"] == draft.amount_minor
    for cap, had in before.items():
        assert had + sum(amounts(drafts)) <= max(cap.amount_minor, had), "no cap is ever exceeded"
    again = decide(rule, charges, dict(reversed(known.items())), before)
    assert [canonical_json(draft.derivation) for draft in again] == [canonical_json(draft.derivation) for draft in drafts]
