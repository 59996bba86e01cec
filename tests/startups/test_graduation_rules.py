"""Graduation criteria on both sides of each threshold, three-valued, with since when; pure."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from incubator.startups.rules.exits import tasks_of
from incubator.startups.rules.graduation import (
    DEFAULT_DEMANDS,
    DEFAULT_WANTED,
    MEASURES,
    Demand,
    Facts,
    Feat,
    Reported,
    measure_rule,
)

ON = date(2026, 11, 30)
WAN = 1_000_000
"""10,000 yuan, in fen."""


def one(facts: Facts, demand: Demand, on: date = ON):  # type: ignore[no-untyped-def]
    return measure_rule(facts, 1, [demand], on).findings[0]


def year(number: int, value: int) -> Reported:
    return Reported(date(number, 1, 1), date(number, 12, 31), value, number)


def feat(kind: str, on: date = date(2026, 5, 1), *, sort: str = "", amount: int = 0, until: date | None = None,
         confirmed: bool = True, number: int = 1) -> Feat:  # fmt: skip
    return Feat(number, kind, sort, kind, on, until, amount, None, confirmed)


def test_a_certificate_counts_on_its_last_day_and_not_on_the_next() -> None:
    facts = Facts((feat("qualification", date(2023, 12, 1), sort="high_tech", until=ON),))
    demand = Demand("qualification", 1, "high_tech")
    found = one(facts, demand)
    assert (found.state, found.since, found.evidence) == ("met", date(2023, 12, 1), facts.feats)
    assert one(facts, demand, ON + timedelta(days=1)).state == "unmet"
    assert one(facts, Demand("qualification", 1, "gazelle")).state == "unmet"
    before = one(facts, demand, date(2023, 11, 30))
    assert (before.state, before.earliest) == ("unmet", date(2023, 12, 1))


def test_five_million_raised_to_the_fen_and_a_loan_is_none_of_it() -> None:
    demand = Demand("financing", 500 * WAN)
    rounds = (feat("financing", date(2026, 1, 1), amount=200 * WAN), feat("financing", date(2026, 3, 1), amount=300 * WAN, number=2))
    found = one(Facts(rounds), demand)
    assert (found.state, found.figure, found.since) == ("met", 500 * WAN, date(2026, 3, 1))
    short = (rounds[0], feat("financing", date(2026, 3, 1), amount=300 * WAN - 1, number=2))
    found = one(Facts(short), demand)
    assert (found.state, found.missing) == ("unmet", 1)
    assert one(Facts((*short, feat("financing", sort="loan", amount=900 * WAN, number=3))), demand).state == "unmet"
    said = one(Facts((*short, feat("financing", amount=1, confirmed=False, number=4))), demand)
    assert (said.state, [each.id for each in said.waiting]) == ("unknown", [4])


def test_revenue_of_two_successive_years_and_a_year_that_nobody_knows() -> None:
    demand = Demand("revenue", 1000 * WAN, years=2)
    assert one(Facts(), demand).state == "unknown"
    found = one(Facts(revenue=(year(2024, 400 * WAN), year(2025, 600 * WAN))), demand)
    assert (found.state, found.figure, found.since) == ("met", 1000 * WAN, date(2025, 12, 31))
    assert one(Facts(revenue=(year(2024, 400 * WAN), year(2025, 600 * WAN - 1))), demand).state == "unmet"
    assert one(Facts(revenue=(year(2023, 500 * WAN), year(2025, 600 * WAN))), demand).state == "unknown"  # not successive
    assert one(Facts(revenue=(year(2025, 1000 * WAN),)), demand).state == "met"  # one year is enough by itself
    assert one(Facts(revenue=(year(2025, 400 * WAN), year(2026, 700 * WAN))), demand).state == "unknown"  # 2026 is not over


def test_sold_or_listed() -> None:
    demand = Demand("sold_or_listed", 1)
    assert one(Facts((feat("listing", ON),)), demand).since == ON
    assert one(Facts((feat("acquisition", ON),)), demand).state == "met"
    assert one(Facts((feat("acquisition", ON + timedelta(days=1)),)), demand).state == "unmet"
    assert one(Facts((feat("award"),)), demand).state == "unmet"


def test_months_in_residence_and_the_earliest_day() -> None:
    demand = Demand("months", 12)
    facts = Facts(stays=((date(2026, 1, 15), None),))
    early = one(facts, demand)
    assert (early.state, early.figure, early.missing, early.earliest) == ("unmet", 10, 2, date(2027, 1, 15))
    assert one(facts, demand, date(2027, 1, 13)).state == "unmet"
    found = one(facts, demand, date(2027, 1, 15))
    assert (found.state, found.since) == ("met", date(2027, 1, 15))
    assert one(Facts(), demand).state == "unknown"
    ends = one(Facts(stays=((date(2026, 1, 15), date(2026, 12, 31)),)), demand)
    assert (ends.state, ends.earliest) == ("unmet", None)
    twice = Facts(stays=((date(2024, 1, 1), date(2024, 6, 30)), (date(2026, 1, 1), date(2026, 6, 30))))
    assert one(twice, demand).state == "met"


def test_rights_that_hold_and_people_of_the_latest_figure() -> None:
    rights = (feat("right_granted"), feat("right_granted", until=ON - timedelta(days=1), number=2), feat("right_applied", number=3))
    assert one(Facts(rights), Demand("rights", 1)).state == "met"
    assert one(Facts(rights), Demand("rights", 2)).missing == 1
    people = (Reported(date(2026, 4, 1), date(2026, 6, 30), 25, 1), Reported(date(2026, 7, 1), date(2026, 9, 30), 20, 2))
    assert one(Facts(people=people), Demand("people", 20)).since == date(2026, 6, 30)
    assert one(Facts(people=people), Demand("people", 21)).missing == 1
    assert one(Facts(), Demand("people", 1)).state == "unknown"


def test_two_of_the_four_that_we_ship() -> None:
    high_tech = feat("qualification", date(2026, 2, 1), sort="high_tech")
    alone = measure_rule(Facts((high_tech,), (year(2025, 0), year(2024, 0))), DEFAULT_WANTED, DEFAULT_DEMANDS, ON)
    assert (alone.is_met, alone.met, alone.missing) == (False, 1, 1)
    unknown = measure_rule(Facts((high_tech,)), DEFAULT_WANTED, DEFAULT_DEMANDS, ON)
    assert unknown.is_met is None
    both = Facts((high_tech, feat("financing", date(2026, 7, 1), amount=500 * WAN, number=2)))
    found = measure_rule(both, DEFAULT_WANTED, DEFAULT_DEMANDS, ON)
    assert (found.is_met, found.since, found.missing) == (True, date(2026, 7, 1), 0)


FEATS = st.builds(
    Feat, st.integers(1, 99), st.sampled_from(["qualification", "financing", "acquisition", "listing", "right_granted"]),
    st.sampled_from(["high_tech", "seed", "loan", ""]), st.just("x"),
    st.dates(date(2024, 1, 1), date(2027, 6, 1)), st.none() | st.dates(date(2027, 6, 2), date(2030, 1, 1)),
    st.integers(0, 600 * WAN), st.none(), st.booleans(),
)  # fmt: skip
YEARS = st.builds(year, st.integers(2022, 2027), st.integers(0, 900 * WAN))


@settings(max_examples=150, deadline=None)
@given(st.lists(FEATS, max_size=5), st.lists(FEATS, max_size=3), st.dictionaries(st.integers(2021, 2027), st.integers(0, 900 * WAN)),
       st.integers(2021, 2027), st.integers(0, 900 * WAN), st.integers(1, 7))  # fmt: skip
def test_more_evidence_makes_nobody_less_of_a_graduate(
    feats: list[Feat], more: list[Feat], revenue: dict[int, int], another: int, value: int, wanted: int
) -> None:
    demands = [*DEFAULT_DEMANDS, Demand("months", 12), Demand("rights", 2), Demand("people", 5)]
    stays = ((date(2026, 3, 1), None),)
    few = Facts(tuple(feats), tuple(year(*each) for each in revenue.items()), (), stays)
    grown = {another: value} | revenue
    many = Facts((*feats, *more), tuple(year(*each) for each in grown.items()), (), stays)
    before, after = (measure_rule(facts, wanted, demands, ON) for facts in (few, many))
    for old, new in zip(before.findings, after.findings, strict=True):
        assert not (old.is_met and not new.is_met), old.demand
        if old.since and new.since:
            assert new.since <= old.since
    assert not (before.is_met and not after.is_met)
    assert {each.measure for each in demands} == set(MEASURES)


@pytest.mark.parametrize(("kind", "address", "tasks"), [
    ("graduated", True, {"deposit", "access", "address", "equipment", "documents", "figures", "bookings"}),
    ("dissolved", True, {"deposit", "access", "equipment", "documents", "figures", "bookings"}),
])  # fmt: skip
def test_what_is_to_be_settled(kind: str, address: bool, tasks: set[str]) -> None:
    found = dict(tasks_of(kind, date(2026, 10, 31), had_agreement=True, has_address=address))
    assert set(found) == tasks
    assert found.get("address") in (None, date(2026, 11, 30))
