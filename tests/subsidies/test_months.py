"""Whole months by the engine and by a second, plain one (`plain.py`); and what always holds, whatever the rules."""

from __future__ import annotations

import random
from datetime import date
from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from incubator.core.canonical import canonical_json
from incubator.core.periods import Month
from incubator.subsidies.rules.engine import Budget, DecisionDraft, Outcome, SchemeRule, rate
from incubator.subsidies.rules.facts import Held
from incubator.subsidies.rules.items import Item
from incubator.subsidies.rules.rule import Rule
from incubator.subsidies.rules.state import Tally
from tests.subsidies.plain import share_month
from tests.subsidies.sample import party, scheme

RANDOM_MONTHS = 10_000
KINDS = ("rent", "property_fee", "utilities", "booking")
CATEGORIES = ("student", "graduate", "veteran")


class Dice:
    """Random rules, facts and items by a seed: quicker than drawing each from Hypothesis, and as repeatable."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def maybe(self, share: float = 0.5) -> bool:
        return self.random.random() < share

    def of(self, *choices: Any) -> Any:
        return self.random.choice(choices)

    def plain(self, most: int = 60) -> str:
        return self.of("0", "1", str(self.random.randrange(most)), f"{self.random.randrange(most)}.{self.random.randrange(1000):03}")

    def condition(self) -> dict[str, Any]:
        return self.of(
            {"fact": "startup.kind", "is": self.of("company", "team")},
            {"fact": "residency.month_number", self.of("at_most", "at_least", "is"): self.random.randrange(1, 40)},
            {"fact": "founders.categories", "has": self.of(*CATEGORIES)},
            {"fact": "startup.registered_here", "is": self.maybe()},
            {"fact": "startup.registered_on", self.of("from", "until"): self.of("2025-01-31", "2026-10-01")},
            {"fact": "startup.credit", "one_of": [self.of("good", "poor")]},
            {"fact": "startup.people", "known": True},
        )

    def tree(self, depth: int = 2) -> dict[str, Any]:
        parts = [self.tree(depth - 1) if depth > 1 and self.maybe(0.2) else self.condition()
                 for _ in range(self.random.randrange(1, 4))]  # fmt: skip
        return {self.of("all", "any", "none"): parts}

    def number(self, most: int = 60, depth: int = 2) -> Any:
        if depth == 1 or self.maybe(0.6):
            return self.plain(most)
        kind = self.of("steps", "cases", "product", "fact")
        if kind == "steps":
            return {"steps": [[12, self.plain(most)], [24, self.plain(most)], [36, self.plain(most)]]}
        if kind == "cases":
            return {"cases": [[self.tree(1), self.number(most, depth - 1)] for _ in range(self.random.randrange(1, 3))],
                    "else": self.number(most, depth - 1)}  # fmt: skip
        if kind == "product":
            return {"product": [self.plain(most), {"fact": "startup.people"}]}
        return {"fact": "startup.people"}

    def amount(self, depth: int = 2) -> dict[str, Any]:
        kind = self.of("share", "share", "price", "above", "top_up", "many" if depth > 1 else "share")
        if kind == "share":
            return {"share": self.number(2)}
        if kind in ("price", "above"):
            return {kind: self.number(), "per": self.of("m2_month", "unit_month", "m2_day", "day", "hour", "m2", "item")}
        if kind == "top_up":
            return {"top_up": self.number(2), "over": ["operator"]}
        return {self.of("sum", "lesser", "greater"): [self.amount(depth - 1) for _ in range(2)]}

    def rule(self) -> dict[str, Any]:
        rule: dict[str, Any] = {"covers": self.random.sample(KINDS, self.random.randrange(1, 5)), "how": self.amount()}
        if self.maybe():
            rule["who"] = self.tree()
        if self.maybe(0.3):
            rule["units"] = self.random.sample(["office", "desk"], self.random.randrange(1, 3))
        if self.maybe(0.4):
            rule["counts"] = {key: self.number(80) for key in ("unit_price", "area", "at_least") if self.maybe()} or {
                "area": "40"}  # fmt: skip
        if self.maybe(0.7):
            windows = self.random.sample(["month", "quarter", "year", "life", "invoice"], self.random.randrange(1, 3))
            rule["caps"] = [{"per": self.of("startup", "site", "operator"), "window": window, "amount": self.number(300)}
                            for window in windows]  # fmt: skip
        rule["together"] = {"order": self.random.randrange(4), "base": self.of("left", "gross"),
                            "best_of": self.of("", "", "rent")}  # fmt: skip
        rule["bearer"] = {"kind": self.of("government", "operator", "sponsor")}
        return rule

    def facts(self) -> dict[str, Any]:
        held = self.random.sample(CATEGORIES, 2)
        known = {
            "startup.kind": self.of("company", "team"), "residency.month_number": self.random.randrange(1, 40),
            "founders.categories": Held((held[0],), (held[1],) if self.maybe() else ()),
            "startup.registered_here": self.maybe(), "startup.registered_on": self.of("2025-01-31", "2026-10-01"),
            "startup.credit": self.of("good", "poor"), "startup.people": self.random.randrange(9),
        }  # fmt: skip
        return {name: value for name, value in known.items() if self.maybe(0.85)}

    def items(self, month: Month) -> list[Item]:
        found = []
        for key in range(self.random.randrange(5)):
            first = self.random.randrange(1, month.days + 1)
            last = self.random.randrange(first, month.days + 1)
            found.append(Item(
                key, self.of(*KINDS), self.random.randrange(0, 400_000), month, date(month.year, month.month, first),
                date(month.year, month.month, last), self.of("office", "desk", None),
                Decimal(self.random.randrange(1, 9_000)) / 100 if self.maybe(0.8) else None,
                Decimal(self.random.randrange(1, 40)) / 4 if self.maybe(0.5) else None,
            ))  # fmt: skip
        return found


def plainly(known: dict[str, Any]) -> dict[str, Any]:
    return {name: value.as_data() if isinstance(value, Held) else value for name, value in known.items()}


def as_plain(item: Item) -> dict[str, Any]:
    return {"kind": item.kind, "gross": item.gross_minor, "first": item.first, "last": item.last,
            "unit": item.unit_kind, "area": item.area_m2, "hours": item.hours}  # fmt: skip


def test_ten_thousand_random_months_against_the_plain_engine() -> None:
    seen: dict[str, int] = {}
    for seed in range(RANDOM_MONTHS):
        dice = Dice(seed)
        rules = [dice.rule() for _ in range(dice.random.randrange(1, 4))]
        budgets = [Budget(1, "b", "first_come", dice.random.randrange(200_000)) if dice.maybe(0.3) else None for _ in rules]
        schemes = [scheme(rule, code, budget=budget) for rule, code, budget in zip(rules, "ABC", budgets, strict=False)]
        plain = [{"code": each.code, "rule": rule, "budget": (1, budget.amount_minor) if budget else None}
                 for each, rule, budget in zip(schemes, rules, budgets, strict=True)]  # fmt: skip
        tally, used = Tally(), {}
        for month in (Month(2026, 9), Month(2026, 10)):
            known, items = dice.facts(), dice.items(month)
            found = rate(party(known, month), items, schemes, tally)
            expected = share_month([as_plain(each) for each in items], plain, plainly(known), used)
            assert by_scheme(found) == [(code, results) for code, results in expected if results], (seed, str(month))
            for each in found:
                seen[each.outcome.value] = seen.get(each.outcome.value, 0) + 1
    assert min(seen[each] for each in ("granted", "capped", "refused", "not_covered", "nothing")) > 1_000, seen
    assert seen["displaced"] > 50


def by_scheme(found: list[DecisionDraft]) -> list[tuple[str, list[tuple[str, int]]]]:
    codes = dict.fromkeys(each.by.code for each in found)
    return [(code, [(each.outcome.value, each.amount_minor) for each in found if each.by.code == code]) for code in codes]


seeds = st.integers(0, 2**32)


def thrown(seed: int, *, groups: bool = True) -> tuple[list[SchemeRule], dict[str, Any], list[Item]]:
    dice = Dice(seed)
    rules = [dice.rule() for _ in range(3)]
    if not groups:
        rules = [rule | {"together": rule["together"] | {"best_of": ""},
                         "caps": [cap for cap in rule.get("caps", []) if cap["window"] != "invoice"]} for rule in rules]  # fmt: skip
    return [scheme(rule, code) for rule, code in zip(rules, "ABC", strict=True)], dice.facts(), dice.items(Month(2026, 10))


@settings(max_examples=300, deadline=None)
@given(seeds)
def test_gross_is_net_and_all_subsidies_and_nobody_pays_less_than_nothing(seed: int) -> None:
    schemes, known, items = thrown(seed)
    left = {item.key: item.gross_minor for item in items}
    for each in rate(party(known), items, schemes, Tally()):
        assert each.amount_minor >= 0
        left[each.key] -= each.amount_minor
        assert each.derivation["amount_minor"] == each.amount_minor
    assert all(minor >= 0 for minor in left.values())


@settings(max_examples=300, deadline=None)
@given(seeds, st.randoms(use_true_random=False))
def test_no_cap_and_no_budget_is_ever_exceeded_in_any_order_of_posting(seed: int, order: random.Random) -> None:
    dice = Dice(seed)
    rule = dice.rule() | {"caps": [{"per": "operator", "window": "year", "amount": "300"},
                                   {"per": "startup", "window": "quarter", "amount": "120"}]}  # fmt: skip
    budget = Budget(7, "b", "first_come", dice.random.randrange(50_000))
    asked = [scheme(rule, "A", budget=budget)]
    postings = [(startup, Month(2026, number)) for startup in (1, 2, 3) for number in (7, 8, 9)]
    order.shuffle(postings)
    tally, given_to = Tally(), {1: 0, 2: 0, 3: 0}
    for startup, month in postings:
        drafts = rate(party(dice.facts(), month, startup_id=startup), dice.items(month), asked, tally)
        given_to[startup] += sum(each.amount_minor for each in drafts)
    assert sum(given_to.values()) <= min(30_000, budget.amount_minor)
    assert max(given_to.values()) <= 12_000


@settings(max_examples=300, deadline=None)
@given(seeds, st.integers(0, 4))
def test_a_month_in_two_invoices_comes_to_the_same(seed: int, cut: int) -> None:
    schemes, known, items = thrown(seed, groups=False)
    whole = {(each.key, each.by.code): each.amount_minor for each in rate(party(known), items, schemes, Tally())}
    tally = Tally()
    parts = [*rate(party(known), items[:cut], schemes, tally), *rate(party(known), items[cut:], schemes, tally)]
    assert {(each.key, each.by.code): each.amount_minor for each in parts} == whole


@settings(max_examples=200, deadline=None)
@given(seeds)
def test_a_scheme_without_effect_changes_nothing(seed: int) -> None:
    schemes, known, items = thrown(seed)
    before = rate(party(known), items, schemes, Tally())
    idle = [scheme({"covers": list(KINDS), "how": {"share": "0"}}, "X"),
            scheme({"covers": ["rent"], "how": {"share": "1"}, "who": {"none": [{"fact": "startup.kind", "known": True}]},
                    "together": {"order": 0}}, "Z")]  # fmt: skip
    after = rate(party(known), items, [idle[0], *schemes, idle[1]], Tally())
    assert [each for each in after if each.by.code in "ABC"] == before


@settings(max_examples=200, deadline=None)
@given(seeds)
def test_the_same_input_gives_the_same_derivation_byte_for_byte(seed: int) -> None:
    schemes, known, items = thrown(seed)
    once, again = (rate(party(facts), items, schemes, Tally()) for facts in (known, dict(reversed(known.items()))))
    assert [canonical_json(each.derivation) for each in once] == [canonical_json(each.derivation) for each in again]


def test_of_a_group_the_one_that_was_given_first_stays_for_the_month() -> None:
    small = scheme({"covers": ["rent", "utilities"], "how": {"share": "0.10"}, "together": {"best_of": "g"}}, "A")
    large = scheme({"covers": ["utilities"], "how": {"share": "1"}, "together": {"best_of": "g"}}, "B")
    rent, water = (Item(key, kind, 1_000, Month(2026, 10), date(2026, 10, 1), date(2026, 10, 31))
                   for key, kind in enumerate(("rent", "utilities")))  # fmt: skip
    assert by_scheme(rate(party({}), [rent, water], [small, large], Tally())) == [
        ("A", [("displaced", 0), ("displaced", 0)]), ("B", [("not_covered", 0), ("granted", 1_000)])]  # fmt: skip
    tally = Tally()
    assert by_scheme(rate(party({}), [rent], [small, large], tally))[0] == ("A", [("granted", 100)])
    assert by_scheme(rate(party({}), [water], [small, large], tally)) == [
        ("A", [("granted", 100)]), ("B", [("displaced", 0)])], "the second invoice of the month does not choose anew"  # fmt: skip


def test_a_budget_shared_out_at_its_closing_holds_what_it_would_give() -> None:
    budget = Budget(1, "2026-01-01/2026-12-31", "pro_rata", 5)
    held = scheme({"covers": ["rent"], "how": {"share": "0.5"}, "caps": [{"window": "year", "amount": "7"}]}, "A", budget=budget)
    rent = Item(0, "rent", 1_000, Month(2026, 10), date(2026, 10, 1), date(2026, 10, 31))
    first, second = rate(party({}), [rent, replace(rent, key=1)], [held], Tally())
    assert (first.outcome, first.amount_minor, first.held_minor) == (Outcome.HELD, 0, 500)
    assert second.held_minor == 200, "what is held counts against caps"


def test_what_is_reserved_for_one_is_nobody_else_s() -> None:
    budget = Budget(1, "b", "reserved", 1_000, 0, {1: 600})
    asked = [scheme({"covers": ["rent"], "how": {"share": "1"}}, "A", budget=budget)]
    rent = Item(0, "rent", 1_000, Month(2026, 10), date(2026, 10, 1), date(2026, 10, 31))
    tally = Tally()
    assert [rate(party({}, startup_id=each), [rent], asked, tally)[0].amount_minor for each in (2, 1, 1)] == [0, 600, 0]


def test_a_cap_of_a_person_holds_over_all_their_startups_and_asks_who_founded() -> None:
    asked = [scheme({"covers": ["rent"], "how": {"share": "1"},
                     "caps": [{"per": "person", "window": "year", "amount": "15"}]}, "A")]  # fmt: skip
    rent = Item(0, "rent", 1_000, Month(2026, 10), date(2026, 10, 1), date(2026, 10, 31))
    tally, chen, wu = Tally(), {7: "陈晨"}, {8: "吴薇"}
    given = [rate(party({}, startup_id=number, persons=persons), [rent], asked, tally)[0]
             for number, persons in enumerate((chen, chen | wu, wu, chen), start=1)]  # fmt: skip
    # 陈晨 has 10.00, then 5.00 are left; of the second company 吴薇 has 5.00 too, so that 10.00 are left for her
    assert [each.amount_minor for each in given] == [1_000, 500, 1_000, 0]
    assert [(cap["of"], cap["left_before_minor"]) for cap in given[1].derivation["caps"]] == [("陈晨", 500), ("吴薇", 1_500)]
    (nobody,) = rate(party({}, startup_id=9), [rent], asked, tally)
    assert (nobody.outcome, nobody.derivation["missing"]) == (Outcome.REFUSED, ["founders.verified"])


def test_rules_are_read_once_and_never_changed() -> None:
    data = {"covers": ["rent"], "how": {"share": "0.5"}}
    assert Rule.parse(data) == Rule.parse(dict(data))
