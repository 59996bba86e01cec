"""Each policy of the demo, by its text: inside, on the threshold, over the cap; every figure worked by hand."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from incubator.core.periods import Month
from incubator.jobs.demo import policies
from incubator.jobs.demo.policies import POLICIES, Policy
from incubator.subsidies.rules.engine import DecisionDraft, SchemeRule, rate
from incubator.subsidies.rules.facts import Fact, Held
from incubator.subsidies.rules.items import Item
from incubator.subsidies.rules.rule import Rule
from incubator.subsidies.rules.state import Tally
from tests.subsidies.sample import OCTOBER, item, party, scheme

GRADUATE = Held(("graduate",))
NOBODY_SPECIAL = Held()
DECEMBER = Month(2026, 12)


def of(policy: Policy) -> SchemeRule:
    return scheme(policy.rule, policy.code, scheme_id=POLICIES.index(policy) + 1)


def gives(
    policy: Policy, items: list[Item], known: dict[str, Fact], *, tally: Tally | None = None, **whose: Any
) -> list[tuple[str, int]]:
    return [(each.outcome.value, each.amount_minor) for each in drafts(policy, items, known, tally=tally, **whose)]


def drafts(
    policy: Policy, items: list[Item], known: dict[str, Fact], *, tally: Tally | None = None, **whose: Any
) -> list[DecisionDraft]:
    month = items[0].month if items else OCTOBER
    return rate(party(known, month, **whose), items, [of(policy)], tally if tally is not None else Tally())


def test_they_are_all_there_and_all_read() -> None:
    assert [each.code for each in POLICIES] == ["P1", "P1b", "P2", "P3", "P4", "P5", "Y", "P7", "P8", "P9", "P10", "P11",
                                                "P12"]  # fmt: skip
    for each in POLICIES:
        Rule.parse(each.rule)


# P1: 1,200 a month in the first year, 1,000 in the second, 700 in the third; the actual rent where that is lower.
# P1a: 1,560 / 1,300 / 910 for students, graduates, Shenzhen veterans. At most three years.


@pytest.mark.parametrize(
    ("month", "category", "rent", "outcome", "amount"),
    [
        (1, NOBODY_SPECIAL, 90_000, "granted", 90_000),  # rent of 900.00 in the first year: 900.00, not 1,200.00
        (12, NOBODY_SPECIAL, 120_000, "granted", 120_000),  # on the threshold
        (12, NOBODY_SPECIAL, 150_000, "capped", 120_000),
        (13, NOBODY_SPECIAL, 150_000, "capped", 100_000),  # month 13 with a rent of 1,500.00: 1,000.00
        (24, NOBODY_SPECIAL, 150_000, "capped", 100_000),
        (25, NOBODY_SPECIAL, 150_000, "capped", 70_000),
        (36, NOBODY_SPECIAL, 70_000, "granted", 70_000),
        (37, NOBODY_SPECIAL, 70_000, "refused", 0),  # three years are over
        (1, GRADUATE, 150_000, "granted", 150_000),
        (1, GRADUATE, 156_000, "granted", 156_000),
        (1, GRADUATE, 156_001, "capped", 156_000),
        (13, GRADUATE, 200_000, "capped", 130_000),
        (25, GRADUATE, 200_000, "capped", 91_000),
    ],
)
def test_p1_and_p1a(month: int, category: Held, rent: int, outcome: str, amount: int) -> None:
    known: dict[str, Fact] = {"founders.verified": True, "residency.month_number": month, "site.recognised": "carrier",
                              "founders.categories": category}  # fmt: skip
    assert gives(policies.P1, [item(gross_minor=rent)], known) == [(outcome, amount)]


def test_p1_for_two_desks_is_one_amount_a_month() -> None:
    known: dict[str, Fact] = {"founders.verified": True, "residency.month_number": 5, "site.recognised": "carrier",
                              "founders.categories": NOBODY_SPECIAL}  # fmt: skip
    # two desks at 800.00: 800.00 and then 400.00 of 1,200.00
    desks = [item(1, gross_minor=80_000), item(2, gross_minor=80_000)]
    assert gives(policies.P1, desks, known) == [("granted", 80_000), ("capped", 40_000)]


def test_p1a_asks_for_the_certificate_that_is_claimed_and_not_shown() -> None:
    known: dict[str, Fact] = {"founders.verified": True, "residency.month_number": 5, "site.recognised": "carrier",
                              "founders.categories": Held((), ("graduate",))}  # fmt: skip
    (draft,) = drafts(policies.P1, [item(gross_minor=150_000)], known)
    assert (draft.outcome.value, draft.derivation["missing"]) == ("refused", ["founders.categories"])


# P1b: outside carriers at most 500 a month (6,000 a year), 650 (7,800) for P1a's; the actual rent where lower.


@pytest.mark.parametrize(
    ("category", "rent", "used_in_year", "outcome", "amount"),
    [
        (NOBODY_SPECIAL, 45_000, 0, "granted", 45_000),
        (NOBODY_SPECIAL, 50_000, 0, "granted", 50_000),
        (NOBODY_SPECIAL, 90_000, 0, "capped", 50_000),
        (NOBODY_SPECIAL, 90_000, 570_000, "capped", 30_000),  # 6,000.00 a year, of which 5,700.00 are used
        (GRADUATE, 65_000, 715_000, "granted", 65_000),  # 7,800.00 to the fen
        (GRADUATE, 65_000, 715_001, "capped", 64_999),
        (GRADUATE, 80_000, 0, "capped", 65_000),
    ],
)
def test_p1b(category: Held, rent: int, used_in_year: int, outcome: str, amount: int) -> None:
    known: dict[str, Fact] = {"founders.verified": True, "residency.month_number": 2, "site.recognised": "none",
                              "founders.categories": category}  # fmt: skip
    year = ("cap", of(policies.P1B).scheme_id, "startup", 1, "year", date(2026, 1, 1))
    found = gives(policies.P1B, [item(gross_minor=rent)], known, tally=Tally({year: used_in_year}))
    assert found == [(outcome, amount)]


def test_p1_and_p1b_never_both() -> None:
    for recognised in ("carrier", "none"):
        known: dict[str, Fact] = {"founders.verified": True, "residency.month_number": 2, "site.recognised": recognised,
                                  "founders.categories": NOBODY_SPECIAL}  # fmt: skip
        both = rate(party(known), [item(gross_minor=150_000)], [of(policies.P1), of(policies.P1B)], Tally())
        assert sorted(each.outcome.value for each in both) == ["capped", "refused"]


# P2: at least 80 % off in the first year, 50 % in the second, 20 % in the third; an own reduction is raised to it.


@pytest.mark.parametrize(
    ("month", "own_share", "outcome", "amount"),
    [
        (1, "0", "granted", 80_000),  # 80 % of 1,000.00
        (12, "0.30", "granted", 50_000),  # 30 % are given already: 80 % less 300.00
        (13, "0.30", "granted", 20_000),
        (13, "0.50", "nothing", 0),  # on the threshold
        (25, "0.50", "nothing", 0),  # an own reduction that is higher stays, and this adds nothing
        (36, "0", "granted", 20_000),
        (37, "0", "refused", 0),
    ],
)
def test_p2(month: int, own_share: str, outcome: str, amount: int) -> None:
    known: dict[str, Fact] = {"founders.verified": True, "residency.month_number": month,
                              "site.recognised": "government"}  # fmt: skip
    own = scheme({"covers": ["rent"], "how": {"share": own_share}, "together": {"order": 1},
                  "bearer": {"kind": "operator"}}, "OWN")  # fmt: skip
    found = rate(party(known), [item(gross_minor=100_000)], [of(policies.P2), own], Tally())
    assert [(each.outcome.value, each.amount_minor) for each in found if each.by.code == "P2"] == [(outcome, amount)]


# P3: 100 % of rent in year 1, 50 % in years 2 and 3; up to 80 yuan per m² and month, area up to 1,000 m².


@pytest.mark.parametrize(
    ("approved", "area", "price", "amount"),
    [
        (5, "1200", "95.00", 8_000_000),  # 1,000 m² × 80.00 = 80,000.00
        (14, "1200", "95.00", 4_000_000),  # month 14: 40,000.00
        (12, "1000", "80.00", 8_000_000),  # on both thresholds
        (1, "800", "95.00", 6_400_000),  # 800 m² × 80.00
        (1, "1200", "60.00", 6_000_000),  # 1,000 m² × 60.00
        (13, "500", "50.00", 1_250_000),
        (36, "1000", "80.00", 4_000_000),
    ],
)
def test_p3(approved: int, area: str, price: str, amount: int) -> None:
    rent = item(kind="own_rent", gross_minor=int(Decimal(area) * Decimal(price) * 100), area_m2=Decimal(area))
    assert gives(policies.P3, [rent], {"site.approved_months": approved}, startup_id=None) == [("granted", amount)]


def test_p3_is_over_after_three_years_and_counts_an_area_once_a_day() -> None:
    rent = item(kind="own_rent", gross_minor=100_00, area_m2=Decimal(1))
    assert gives(policies.P3, [rent], {"site.approved_months": 37}, startup_id=None) == [("refused", 0)]
    # 700 m² and 500 m² at 80.00 on the same days: 56,000.00, and of 500 m² 300 m²: 24,000.00
    floors = [item(1, "own_rent", 5_600_000, area_m2=Decimal(700)), item(2, "own_rent", 4_000_000, area_m2=Decimal(500))]
    assert gives(policies.P3, floors, {"site.approved_months": 1}, startup_id=None) == [
        ("granted", 5_600_000), ("granted", 2_400_000)]  # fmt: skip
    # one after the other, 1 to 10 and 11 to 31 October, nothing is cut: 56,000.00 × 10/31 and 40,000.00 × 21/31
    turns = [
        item(1, "own_rent", 1_806_452, area_m2=Decimal(700), last=date(2026, 10, 10)),
        item(2, "own_rent", 2_709_677, area_m2=Decimal(500), first=date(2026, 10, 11)),
    ]
    assert gives(policies.P3, turns, {"site.approved_months": 1}, startup_id=None) == [
        ("granted", 1_806_452), ("granted", 2_709_677)]  # fmt: skip


# P4: 18 yuan per m² and month of area let in the first year, 15 in the second; doubled for area let to strategic-
# emerging-industry companies with 3 million paid in. Two years from approval.


@pytest.mark.parametrize(
    ("approved", "strategic", "paid_in", "area", "amount"),
    [
        (1, False, 5_000_000, "100", 180_000),
        (12, True, 2_999_999, "100", 180_000),  # a yuan short of the threshold
        (12, True, 3_000_000, "100", 360_000),
        (13, False, 0, "100", 150_000),
        (24, True, 3_000_000, "54.50", 163_500),  # 54.50 × 15 × 2 = 1,635.00
    ],
)
def test_p4(approved: int, strategic: bool, paid_in: int, area: str, amount: int) -> None:
    known: dict[str, Fact] = {"site.approved_months": approved, "startup.strategic": strategic,
                              "startup.paid_in_yuan": paid_in}  # fmt: skip
    tenancy = item(kind="tenancy", gross_minor=0, area_m2=Decimal(area))
    assert gives(policies.P4, [tenancy], known) == [("granted", amount)]


def test_p4_by_the_day_and_not_after_two_years_nor_without_the_decision() -> None:
    half = item(kind="tenancy", gross_minor=0, area_m2=Decimal(100), first=date(2026, 10, 16))
    known: dict[str, Fact] = {"site.approved_months": 1, "startup.strategic": False, "startup.paid_in_yuan": 0}
    assert gives(policies.P4, [half], known) == [("granted", 92_903)]  # 1,800.00 × 16/31 = 929.0322…
    assert gives(policies.P4, [half], known | {"site.approved_months": 25}) == [("refused", 0)]
    assert gives(policies.P4, [half], known | {"startup.strategic": None}) == [("granted", 92_903)], "no matter"
    (draft,) = drafts(policies.P4, [half], known | {"startup.strategic": None, "startup.paid_in_yuan": 3_000_000})
    assert draft.derivation["missing"] == ["startup.strategic"]


# P5: 1 yuan per m² and day on 50 m² for each incubated company; a shared zone of 20 companies and more counts as 300 m².


@pytest.mark.parametrize(
    ("assessment", "outside", "zones", "outcome", "amount"),
    [
        ("pass", 10, 0, "granted", 1_550_000),  # 10 × 50 m² × 31 days = 15,500.00
        ("excellent", 10, 1, "granted", 2_480_000),  # and 300 m² × 31 days = 9,300.00
        ("good", 0, 2, "granted", 1_860_000),
        ("fail", 10, 1, "refused", 0),
        ("pass", 0, 0, "nothing", 0),
    ],
)
def test_p5(assessment: str, outside: int, zones: int, outcome: str, amount: int) -> None:
    known: dict[str, Fact] = {"site.assessment": assessment, "site.companies_outside": outside, "site.zones": zones}
    assert gives(policies.P5, [item(kind="site", gross_minor=0)], known, startup_id=None) == [(outcome, amount)]


# P6: 60 % of rent, property fee and utilities; 10,000 yuan a quarter for each; three years.


def test_p6_over_a_quarter() -> None:
    # 6,500.00 every month: 60 % = 3,900.00, 3,900.00, then only 2,200.00
    known: dict[str, Fact] = {"startup.kind": "company", "residency.month_number": 3}
    tally, found = Tally(), []
    for month in OCTOBER.quarter_months:
        charges = [item(1, "rent", 500_000, month), item(2, "property_fee", 100_000, month),
                   item(3, "utilities", 50_000, month)]  # fmt: skip
        found.append(sum(amount for _, amount in gives(policies.P6, charges, known, tally=tally)))
    assert found == [390_000, 390_000, 220_000]


@pytest.mark.parametrize(
    ("gross", "used", "month", "outcome", "amount"),
    [
        (650_000, 0, 1, "granted", 390_000),
        (650_000, 610_000, 36, "granted", 390_000),
        (650_000, 610_001, 36, "capped", 389_999),
        (650_000, 0, 37, "refused", 0),
    ],
)
def test_p6_at_its_edges(gross: int, used: int, month: int, outcome: str, amount: int) -> None:
    known: dict[str, Fact] = {"startup.kind": "company", "residency.month_number": month}
    quarter = ("cap", of(policies.P6).scheme_id, "startup", 1, "quarter", date(2026, 10, 1))
    found = gives(policies.P6, [item(gross_minor=gross)], known, tally=Tally({quarter: used}))
    assert found == [(outcome, amount)]


# P7: 3 % of the contribution of tenants of 100,000 yuan and more each; 5 million a park, 2 million an incubator.


@pytest.mark.parametrize(
    ("recognised", "contributions", "amounts"),
    [
        ("incubator", [9_999_999, 10_000_000, 25_000_000], [0, 300_000, 750_000]),  # 99,999.99 counts for nothing
        ("incubator", [6_000_000_000, 1_000_000_000], [180_000_000, 20_000_000]),  # 1.8 million, then 0.2 of 0.3
        ("carrier", [6_000_000_000, 1_000_000_000], [180_000_000, 30_000_000]),
        ("carrier", [20_000_000_000], [500_000_000]),  # 6 million, capped at 5
    ],
)
def test_p7(recognised: str, contributions: list[int], amounts: list[int]) -> None:
    tally, found = Tally(), []
    for number, contribution in enumerate(contributions):
        tenant = item(number, "contribution", contribution, DECEMBER)
        known: dict[str, Fact] = {"site.recognised": recognised}
        found += [amount for _, amount in gives(policies.P7, [tenant], known, tally=tally, startup_id=number + 1)]
    assert found == amounts


# P8: by tenant served, at most two years for each, 200,000 yuan a year; one person does not count twice.


def test_p8_for_two_years_and_once_for_each_person() -> None:
    tally = Tally()
    served = [item(kind="tenancy", gross_minor=0)]

    def month(number: int, startup_id: int, **persons: str) -> list[tuple[str, int]]:
        whose = {int(key[1:]): name for key, name in persons.items()}
        return gives(policies.P8, served, {"residency.month_number": number}, tally=tally, startup_id=startup_id,
                     persons=whose)  # fmt: skip

    assert month(24, 1, p7="陈晨") == [("granted", 30_000)]
    assert month(25, 2, p8="李力") == [("refused", 0)]
    assert month(1, 3, p7="陈晨", p9="吴薇") == [("refused", 0)], "陈晨 is counted for another company"
    assert month(1, 4, p9="吴薇") == [("granted", 30_000)], "whom nothing was given for is not counted"


def test_p8_up_to_200000_a_year() -> None:
    year = ("cap", of(policies.P8).scheme_id, "operator", 0, "year", date(2026, 1, 1))
    served = [item(kind="tenancy", gross_minor=0)]
    for used, expected in ((19_970_000, ("granted", 30_000)), (19_980_000, ("capped", 20_000))):
        found = gives(policies.P8, served, {"residency.month_number": 1}, tally=Tally({year: used}), persons={7: "陈晨"})
        assert found == [expected]


def test_p8_without_a_founder_on_record_can_t_be_decided() -> None:
    (draft,) = drafts(policies.P8, [item(kind="tenancy", gross_minor=0)], {"residency.month_number": 1})
    assert (draft.outcome.value, draft.derivation["missing"]) == ("refused", ["founders.verified"])


# P9: 50 % of fit-out, up to 1,000 yuan per m² and 5 million; 50 / 30 / 20 over three years.


@pytest.mark.parametrize(
    ("cost", "area", "outcome", "amount"),
    [
        (100_000_000, "800", "granted", 50_000_000),  # 1 million on 800 m²: half is 625 a m²
        (160_000_000, "800", "granted", 80_000_000),  # 1,000 a m² to the fen
        (200_000_000, "800", "granted", 80_000_000),  # half is 1,250 a m²: 1,000 × 800 m²
        (1_200_000_000, "6000", "capped", 500_000_000),  # half is 6 million: 5 million
    ],
)
def test_p9(cost: int, area: str, outcome: str, amount: int) -> None:
    fit_out = item(kind="fit_out", gross_minor=cost, area_m2=Decimal(area))
    assert gives(policies.P9, [fit_out], {}, startup_id=None) == [(outcome, amount)]
    assert [(str(each.share), each.after_months, each.gate) for each in of(policies.P9).rule.instalments] == [
        ("0.50", 0, "none"), ("0.30", 12, "assessment"), ("0.20", 24, "assessment")]  # fmt: skip


# P10: up to 160 yuan per m² and year, 2 million a year.


@pytest.mark.parametrize(
    ("area", "outcome", "amount"),
    [(5_000, "granted", 80_000_000), (12_500, "granted", 200_000_000), (12_501, "capped", 200_000_000)],
)
def test_p10(area: int, outcome: str, amount: int) -> None:
    known: dict[str, Fact] = {"site.recognised": "space", "site.recognised_m2": area}
    assert gives(policies.P10, [item(kind="site", gross_minor=0)], known, startup_id=None) == [(outcome, amount)]


# P11: 30 % of spending on events, 200,000 yuan a space and year.


@pytest.mark.parametrize(
    ("costs", "amounts"),
    [
        ([3_000_000, 1_000_000], [900_000, 300_000]),
        ([60_000_000, 6_666_667], [18_000_000, 2_000_000]),  # 180,000.00 and 20,000.00 (20,000.0001 rounded)
        ([60_000_000, 10_000_000], [18_000_000, 2_000_000]),  # 30,000.00 of which 20,000.00 are left
    ],
)
def test_p11(costs: list[int], amounts: list[int]) -> None:
    events = [item(number, "events", cost) for number, cost in enumerate(costs)]
    assert [amount for _, amount in gives(policies.P11, events, {}, startup_id=None)] == amounts


# P12: the running cost of electricity and network at a yearly rate (50 % in the demo), three years.


@pytest.mark.parametrize(
    ("approved", "kind", "outcome", "amount"),
    [(1, "electricity", "granted", 61_728), (36, "network", "granted", 61_728), (37, "network", "refused", 0),
     (1, "events", "not_covered", 0)],
)  # fmt: skip
def test_p12(approved: int, kind: str, outcome: str, amount: int) -> None:
    bill = item(kind=kind, gross_minor=123_456)
    assert gives(policies.P12, [bill], {"site.approved_months": approved}, startup_id=None) == [(outcome, amount)]
