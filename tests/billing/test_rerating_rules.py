"""What always holds of re-rating: whatever facts change in whatever order, what stands is what rating anew gives."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from incubator.billing.rerating import Posting, Standing, rerate
from incubator.subsidies.rules.engine import Budget, Party, SchemeRule, rate
from incubator.subsidies.rules.facts import Fact
from incubator.subsidies.rules.items import Item
from incubator.subsidies.rules.state import Key, Tally, budget_key, cap_key
from tests.subsidies.sample import OCTOBER, item, party, scheme

MONTHS = [OCTOBER, OCTOBER + 1, OCTOBER + 2, OCTOBER + 3]
KNOWN: dict[str, Fact] = {"startup.kind": "company"}
TEAM: dict[str, Fact] = {"startup.kind": "team"}
COMPANY = {"all": [{"fact": "startup.kind", "is": "company"}]}

caps = st.lists(
    st.fixed_dictionaries({
        "per": st.sampled_from(["startup", "site", "operator"]), "window": st.sampled_from(["month", "quarter", "year", "life", "invoice"]),
        "amount": st.integers(0, 60).map(lambda yuan: f"{yuan}.50"),
    }), max_size=2, unique_by=lambda cap: (cap["per"], cap["window"]),
)  # fmt: skip
rules = st.fixed_dictionaries({
    "who": st.sampled_from([COMPANY, {"none": [COMPANY]}, {"all": []}]), "covers": st.sampled_from([["rent"], ["rent", "property_fee"]]),
    "how": st.sampled_from([{"share": "0.60"}, {"share": "1"}, {"price": "7.35", "per": "item"},
                            {"share": {"cases": [[COMPANY, "0.333"]], "else": "0.1"}}]),
    "caps": caps, "together": st.sampled_from([{}, {"base": "gross"}, {"best_of": "G"}]),
})  # fmt: skip
budgets = st.none() | st.integers(0, 6_000)
lines = st.lists(st.tuples(st.sampled_from(["rent", "property_fee", "booking"]), st.integers(1, 2_000)), min_size=1, max_size=3)
facts = st.sampled_from([KNOWN, TEAM, {"startup.kind": None}])
postings = st.lists(st.tuples(st.integers(1, 2), st.sampled_from(MONTHS), lines, facts), min_size=1, max_size=6)
changes = st.lists(st.tuples(st.integers(1, 2), st.sampled_from(MONTHS), facts), min_size=1, max_size=6)


@dataclass
class World:
    """Two startups with their invoices, and what stands of each decision by charge and version."""

    schemes: Sequence[SchemeRule]
    budget_minor: int | None
    known: dict[tuple[int, Any], Mapping[str, Fact]] = field(default_factory=dict)
    invoices: list[tuple[int, Any, tuple[Item, ...]]] = field(default_factory=list)
    stands: dict[tuple[int, int], int] = field(default_factory=dict)
    owner: dict[int, tuple[int, Any]] = field(default_factory=dict)
    rows: list[int] = field(default_factory=list)

    def with_budget(self) -> list[SchemeRule]:
        if self.budget_minor is None:
            return list(self.schemes)
        used = sum(self.stands.values())
        return [scheme(each.rule, each.code, budget=Budget(1, "2026", "first_come", self.budget_minor, used)) for each in self.schemes]

    def used(self, leave: int = 0) -> dict[Key, int]:
        """What all startups but one have of every cap and of the budget."""
        found: dict[Key, int] = defaultdict(int)
        ids = {each.version_id: each for each in self.schemes}
        for (charge, version), minor in self.stands.items():
            startup, month = self.owner[charge]
            if startup == leave:
                continue
            for cap in ids[version].rule.caps:
                if cap.window != "invoice":
                    subject = {"startup": startup, "site": 1, "operator": 0}[cap.per]
                    found[cap_key(ids[version].scheme_id, cap.per, subject, cap.window, month)] += minor
            found[budget_key(1)] += minor
        return found

    def party(self, startup: int, month: Any) -> Party:
        return party(self.known.get((startup, month), KNOWN), month, startup_id=startup)

    def post(self, startup: int, month: Any, bill: Sequence[tuple[str, int]], known: Mapping[str, Fact]) -> None:
        self.known[startup, month] = known
        items = tuple(item(len(self.owner) + n, kind, minor, month) for n, (kind, minor) in enumerate(bill, start=1))
        chosen: dict[Key, int] = {}
        grouped = {each.version_id for each in self.schemes if each.rule.together.best_of}
        for (charge, version), minor in self.stands.items():
            if minor and version in grouped and self.owner[charge] == (startup, month):
                chosen["best", "G", startup, 1, month.first] = version  # a version's number is its scheme's here
        for each in items:
            self.owner[each.key] = startup, month
        self.invoices.append((startup, month, items))
        for draft in rate(self.party(startup, month), items, self.with_budget(), Tally(self.used(), chosen=chosen)):
            self.stands[draft.key, draft.by.version_id] = draft.amount_minor

    def correct(self, startup: int) -> int:
        """Re-rate it and write what differs: how many lines."""
        histories = []
        for number, (whose, month, items) in enumerate(self.invoices):
            standing = {
                (each.key, s.version_id): Standing(0, self.stands[each.key, s.version_id], 0, {}, "granted", 0,
                                                   None if self.budget_minor is None else 1)
                for each in items for s in self.schemes
            }  # fmt: skip
            if whose == startup:
                histories.append(Posting(number, self.party(startup, month), items, tuple(self.with_budget()), standing))
        adjusted = rerate(histories, self.used())
        for each in adjusted:
            self.stands[each.charge_id, each.draft.by.version_id] += each.amount_minor
            self.rows.append(each.amount_minor)
        return len(adjusted)

    def anew(self, startup: int) -> dict[tuple[int, int], int]:
        """What its invoices would be given if all were posted today, one after the other."""
        found: dict[tuple[int, int], int] = {}
        tally = Tally(self.used(leave=startup))
        for whose, month, items in self.invoices:
            if whose == startup:
                fresh = Tally({key: tally.used(key) for key in {*tally.before, *tally.added} if key[0] != "invoice"}, chosen=tally.chosen)
                for draft in rate(self.party(startup, month), items, self.with_budget(), fresh):
                    found[draft.key, draft.by.version_id] = draft.amount_minor
                tally = fresh
        return found


def check(world: World) -> None:
    """Never below zero, never above the charge; every cap and the budget hold in sum."""
    gross = {each.key: each.gross_minor for _, _, items in world.invoices for each in items}
    given_by_charge: dict[int, int] = defaultdict(int)
    for (charge, _), minor in world.stands.items():
        assert minor >= 0
        given_by_charge[charge] += minor
    assert all(minor <= gross[charge] for charge, minor in given_by_charge.items())
    used = world.used()
    ids = {each.scheme_id: each for each in world.schemes}
    for key, minor in used.items():
        if key[0] == "budget":
            assert world.budget_minor is None or minor <= world.budget_minor
            continue
        _, scheme_id, per, _, window, _ = key
        amounts = [cap.amount.work({}).value for cap in ids[scheme_id].rule.caps if (cap.per, cap.window) == (per, window)]
        assert minor <= max(amount for amount in amounts if amount is not None) * 100


@settings(max_examples=80, deadline=None)
@given(st.lists(rules, min_size=1, max_size=3), budgets, postings, changes)
def test_what_stands_is_what_rating_anew_gives(
    drawn: list[dict[str, Any]], budget: int | None, bills: list[Any], late: list[Any]
) -> None:
    world = World([scheme(rule, f"S{n}") for n, rule in enumerate(drawn)], budget)
    for startup, month, bill, known in bills:
        world.post(startup, month, bill, known)
        check(world)
    for startup, month, known in late:
        world.known[startup, month] = known
        world.correct(startup)
        mine = {key: minor for key, minor in world.stands.items() if world.owner[key[0]][0] == startup}
        assert mine == world.anew(startup)
        check(world)
        assert world.correct(startup) == 0, "a second time there is nothing"


def test_the_first_who_is_rated_anew_gets_what_another_gives_back() -> None:
    # 10.00 a year for all: startup 1 has 10.00, startup 2 nothing. 1 turns out to be a team: 10.00 are free for 2.
    rule = {"who": COMPANY, "covers": ["rent"], "how": {"share": "1"}, "caps": [{"per": "operator", "window": "year", "amount": "10.00"}]}
    world = World([scheme(rule, "S0")], None)
    for startup in (1, 2):
        world.post(startup, OCTOBER, [("rent", 1_500)], KNOWN)
    assert list(world.stands.values()) == [1_000, 0]
    world.known[1, OCTOBER] = TEAM
    assert (world.correct(1), world.correct(2)) == (1, 1) and list(world.stands.values()) == [0, 1_000]
    world.known[1, OCTOBER] = KNOWN
    assert world.correct(1) == 0 and world.rows == [-1_000, 1_000]


def test_what_was_shared_out_is_taken_back_in_proportion() -> None:
    # of 600.00 held 400.00 were shared out; half of the base was not eligible: 200.00 stay
    pool = Budget(1, "2026", "pro_rata", 100_000)
    one = scheme({"covers": ["rent"], "how": {"share": "0.50"}}, "S0", budget=pool)
    stood = Standing(0, 40_000, 0, {}, "held", 120_000, 1, (40_000, 60_000))
    posting = Posting(1, party(KNOWN), (item(1, "rent", 60_000),), (one,), {(1, one.version_id): stood})
    (found,) = rerate([posting], {})
    assert (found.amount_minor, found.held_minor, found.now_minor) == (-20_000, 0, 20_000)


def test_each_invoice_of_a_month_has_its_own_cap() -> None:
    # 5.00 an invoice: the rent's and the late fee's are given 5.00 each
    world = World([scheme({"covers": ["rent", "property_fee"], "how": {"share": "1"},
                           "caps": [{"per": "startup", "window": "invoice", "amount": "5.00"}]}, "S0")], None)  # fmt: skip
    for kind in ("rent", "property_fee"):
        world.post(1, OCTOBER, [(kind, 800)], KNOWN)
    assert list(world.stands.values()) == [500, 500] and world.correct(1) == 0
