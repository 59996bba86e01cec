"""Every criterion that the product ships, on both sides of its threshold, from rows counted by hand."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incubator.reports.gauge.measures import MEASURES, STATED
from incubator.reports.gauge.operations import library
from incubator.reports.gauge.rules import Demand, judge, stand
from incubator.reports.gauge.world import Feat, Gathering, Given, Let, Party, Place, Somebody, Stated, World

ON = date(2026, 10, 31)
OPEN = date(2020, 1, 1)
HERE = ((OPEN, None),)


def place(number: int, area: str = "10", kind: str = "office", purpose: str = "incubation", first: date = OPEN) -> Place:
    return Place(number, 1, f"O{number}", "NS", kind, purpose, Decimal(area), first, None)


def company(number: int, registered_on: date = date(2024, 6, 1), kind: str = "company") -> Party:
    return Party(number, f"S-{number:04}", f"企业{number}", "", kind, registered_on if kind == "company" else None, "6513",
                 date(2025, 1, 1), HERE)  # fmt: skip


def house(companies: int, area: str = "10", extra: int = 0, teams: int = 0) -> World:
    """So many companies (and teams), each in a unit of its own, and `extra` empty units."""
    parties = {n: company(n) for n in range(1, companies + 1)}
    parties |= {n: company(n, kind="team") for n in range(companies + 1, companies + teams + 1)}
    places = [place(n, area) for n in range(1, companies + teams + extra + 1)]
    return World(places, [Let(n, n, date(2025, 1, 1), None) for n in parties], parties)


def with_feats(companies: int, having: int, kind: str, on: date = date(2026, 5, 1), valid_until: date | None = None) -> World:
    found = house(companies)
    return World(found.places, found.lets, found.parties,
                 [Feat(n, kind, on, valid_until, "A") for n in range(1, having + 1)])  # fmt: skip


def people(companies: int, count: int, role: str) -> World:
    found = house(companies)
    staff = [Somebody(f"P{n}", role, OPEN, None) for n in range(count)]
    return World(found.places, found.lets, found.parties, people=staff)


def stated(measure: str, figure: str) -> World:
    return World(stated=[Stated(measure, Decimal(figure), OPEN, None, "审计报告 2025-12")])


def newly_registered(count: int) -> World:
    found = house(20)
    parties = {n: (company(n, date(2025, 11, 1)) if n <= count else each) for n, each in found.parties.items()}
    return World(found.places, found.lets, parties)


def graduated(count: int) -> World:
    found = house(30)
    return World(found.places, found.lets, found.parties, graduations=[(n, ON) for n in range(1, count + 1)])


def area(square_metres: str) -> World:
    return World([place(1, square_metres)])


def operating(first: date) -> World:
    return World([place(1, first=first)])


def shared(let: str, public: str, rest: str, kind: str = "hall") -> World:
    places = [place(1, let), place(2, public, purpose="public_service"), place(3, rest, kind=kind)]
    return World(places, [Let(1, 1, date(2025, 1, 1), None)], {1: company(1)})


def mentored(*counts: int) -> World:
    """Mentors with so many sessions in the year that ends on the day, and one session each that is too long ago."""
    first, there = date(2025, 11, 1), range(len(counts))
    return World(
        people=[Somebody(f"M{n}", "mentor", OPEN, None, f"MA-2025-{n:04}", n + 1) for n in there],
        given=[Given(n + 1, first) for n in there for _ in range(counts[n])]
        + [Given(n + 1, first - timedelta(1)) for n in there],
    )


# measure, threshold → a world on the threshold, one just short of it
SIDES: dict[tuple[str, str], tuple[World, World]] = {
    ("operating_months", "18"): (operating(date(2025, 5, 1)), operating(date(2025, 5, 2))),
    ("operating_months", "36"): (operating(date(2023, 11, 1)), operating(date(2023, 11, 2))),
    ("operating_months", "12"): (operating(date(2025, 11, 1)), operating(date(2025, 11, 2))),
    ("usable_area", "500"): (area("500"), area("499.99")),
    ("usable_area", "3000"): (area("3000"), area("2999.99")),
    ("usable_area", "5000"): (area("5000"), area("4999.99")),
    ("usable_area", "10000"): (area("10000"), area("9999.99")),
    ("desks", "30"): (World([place(n, kind="desk") for n in range(30)]), World([place(n, kind="desk") for n in range(29)])),
    # 600 let + 150 public of 1,000; 599.94 + 150 are 74.99 %
    ("incubation_share", "75"): (shared("600", "150", "250"), shared("599.94", "150", "250.06")),
    ("incubation_share", "66.67"): (shared("500", "166.7", "333.3"), shared("500", "166.6", "333.4")),
    ("service_share", "75"): (shared("600", "150", "250"), shared("599.94", "150", "250.06")),
    ("under_agreement", "20"): (house(15, teams=5), house(15, teams=4)),
    ("incubated_companies", "50"): (house(50), house(49, teams=10)),
    ("incubated_companies", "30"): (house(30), house(29, teams=10)),
    ("incubated_companies", "20"): (house(20), house(19, teams=10)),
    # 3 companies on 1,000 m² are 3.00; on 1,010 m² 2.97
    ("companies_per_1000_m2", "3"): (house(3, "250", extra=1), house(3, "252.5", extra=1)),
    ("companies_per_1000_m2", "2"): (house(2, "250", extra=2), house(2, "252.5", extra=2)),
    ("new_registrations", "10"): (newly_registered(10), newly_registered(9)),
    ("financed_year", "5"): (with_feats(20, 5, "financing", date(2025, 11, 1)), with_feats(20, 5, "financing", date(2025, 10, 31))),
    ("financed_share", "10"): (with_feats(50, 5, "financing"), with_feats(50, 4, "financing")),
    ("financing_cases", "3"): (with_feats(20, 3, "financing"), with_feats(20, 2, "financing")),
    ("seed_fund", "5000000"): (stated("seed_fund", "5000000"), stated("seed_fund", "4999999.99")),
    ("statistics_years", "2"): (stated("statistics_years", "2"), stated("statistics_years", "1")),
    ("events_year", "10"): (stated("events_year", "10"), stated("events_year", "9")),
    ("professional_share", "80"): (stated("professional_share", "80"), stated("professional_share", "79.99")),
    ("mentor_sessions", "2"): (mentored(2, 5, 3), mentored(2, 5, 1)),
    ("staff", "3"): (people(0, 3, "staff"), people(0, 2, "staff")),
    ("mentors", "3"): (people(0, 3, "mentor"), people(0, 2, "mentor")),
    ("mentors_per_10", "1"): (people(50, 5, "mentor"), people(50, 4, "mentor")),
    ("ip_applied_share", "50"): (with_feats(50, 25, "right_applied"), with_feats(50, 24, "right_applied")),
    ("ip_valid_share", "30"): (with_feats(50, 15, "right_granted"), with_feats(50, 15, "right_granted", valid_until=ON - timedelta(1))),
    ("graduates", "20"): (graduated(20), graduated(19)),
    ("graduates", "15"): (graduated(15), graduated(14)),
}  # fmt: skip


SHIPPED = [(entry.code, each["measure"], each["threshold"]) for entry in library() for each in entry.criteria]


@pytest.mark.parametrize(("standard", "measure", "threshold"), SHIPPED)
def test_each_shipped_criterion_on_both_sides(standard: str, measure: str, threshold: str) -> None:
    demand = Demand(1, measure, "at_least", Decimal(threshold))
    on, short = SIDES[(measure, threshold)]
    met = judge(demand, MEASURES[measure](on, ON))
    assert (met.is_met, met.missing) == (True, None), met.figure.value
    not_met = judge(demand, MEASURES[measure](short, ON))
    assert not_met.is_met is False, not_met.figure.value
    assert not_met.missing is not None and not_met.missing > 0


def test_every_measure_is_asked_by_some_standard() -> None:
    assert {measure for _, measure, _ in SHIPPED} == set(MEASURES)


def test_at_most_is_met_on_its_threshold_too() -> None:
    demand = Demand(1, "desks", "at_most", Decimal(30))
    desks = lambda count: World([place(n, kind="desk") for n in range(count)])  # noqa: E731
    assert judge(demand, MEASURES["desks"](desks(30), ON)).is_met is True
    over = judge(demand, MEASURES["desks"](desks(32), ON))
    assert (over.is_met, over.missing) == (False, Decimal(2))


@pytest.mark.parametrize("measure", STATED)
def test_what_nobody_states_is_not_known(measure: str) -> None:
    verdict = judge(Demand(1, measure, "at_least", Decimal(1)), MEASURES[measure](World(), ON))
    assert (verdict.is_met, verdict.missing) == (None, None)


def test_a_statement_holds_on_its_days_and_the_newest_counts() -> None:
    world = World(stated=[
        Stated("seed_fund", Decimal(6_000_000), date(2026, 7, 1), date(2027, 1, 1), "B"),
        Stated("seed_fund", Decimal(2_000_000), OPEN, None, "A"),
    ])  # fmt: skip
    fund = MEASURES["seed_fund"]
    assert [fund(world, day).value for day in (date(2026, 6, 30), date(2026, 7, 1), date(2026, 12, 31), date(2027, 1, 1))] == [
        2_000_000, 6_000_000, 6_000_000, 2_000_000]  # fmt: skip


WHY: dict[str, Callable[[], Party]] = {
    "": lambda: company(1),
    "a team, not registered yet": lambda: company(1, kind="team"),
    "not registered at this address": lambda: Party(1, "S", "x", "", "company", date(2024, 6, 1), "65", date(2025, 1, 1)),
    "set up more than 24 months before it entered": lambda: company(1, date(2022, 12, 31)),
    "longer here than 48 months": lambda: Party(1, "S", "x", "", "company", date(2022, 6, 1), "65", date(2022, 10, 1), HERE),
}  # fmt: skip


@pytest.mark.parametrize("why", WHY)
def test_who_is_no_incubated_company_and_why(why: str) -> None:
    world = World([place(1)], [Let(1, 1, date(2022, 10, 1), None)], {1: WHY[why]()})
    (line,) = MEASURES["incubated_companies"](world, ON).lines
    assert (str(line.note), line.counts) == (why, not why)


def test_too_large_an_area() -> None:
    at = lambda area: World([place(1, area)], [Let(1, 1, date(2025, 1, 1), None)], {1: company(1)})  # noqa: E731
    assert MEASURES["incubated_companies"](at("1000"), ON).value == 1
    assert str(MEASURES["incubated_companies"](at("1000.01"), ON).lines[0].note) == "on more than 1000 m²"


def test_alternatives_count_once_and_one_suffices() -> None:
    demands = [Demand(1, "usable_area", "at_least", Decimal(500), 1), Demand(2, "desks", "at_least", Decimal(30), 1),
               Demand(3, "seed_fund", "at_least", Decimal(1))]  # fmt: skip
    world = World([place(n, "10", kind="desk") for n in range(30)])
    found = stand(demands, world, ON)
    assert [(each.is_met, each.is_spared) for each in found.verdicts] == [(False, True), (True, False), (None, False)]
    assert (found.met, found.asked, found.unknown, found.is_met) == (1, 2, 1, None)
    assert stand(demands[:2], world, ON).is_met is True
    assert stand(demands[:2], World([place(1)]), ON).is_met is False


def test_a_day_to_come_without_the_agreements_that_end() -> None:
    """20 startups, of which 3 leave at the end of the year: 20 on 31 December, 17 on 1 January, 3 are missing."""
    found = house(20)
    lets = [Let(each.unit_id, each.startup_id, each.first, date(2027, 1, 1) if each.startup_id <= 3 else None)
            for each in found.lets]  # fmt: skip
    world = World(found.places, lets, found.parties)
    demand = [Demand(1, "under_agreement", "at_least", Decimal(20))]
    assert stand(demand, world, date(2026, 12, 31)).is_met is True
    (verdict,) = stand(demand, world, date(2027, 1, 1)).verdicts
    assert (verdict.figure.value, verdict.missing) == (17, 3)


def test_what_serves_all_counts_once_though_it_is_let() -> None:
    world = World([place(1, "100", purpose="public_service"), place(2, "300")], [Let(1, 1, OPEN, None)], {1: company(1)})
    assert MEASURES["incubation_share"](world, ON).value == Decimal("25.00")


@given(
    st.lists(st.tuples(st.dates(date(2026, 1, 1), date(2026, 12, 31)), st.integers(1, 200)), max_size=12),
    st.dates(date(2025, 12, 1), date(2027, 3, 1)),
)
def test_under_agreement_equals_a_count_day_by_day(stays: list[tuple[date, int]], on: date) -> None:
    parties = {n: company(n) for n in range(len(stays))}
    lets = [Let(n, n, first, first + timedelta(days)) for n, (first, days) in enumerate(stays)]
    model = sum(any(first + timedelta(k) == on for k in range(days)) for first, days in stays)
    assert MEASURES["under_agreement"](World([], lets, parties), on).value == model


def test_events_of_the_register_count_and_what_is_stated_only_where_it_has_none() -> None:
    """Twelve stated; the register has three of October 2026: 3 on 31 October, 3 on 30 September 2027, and twelve again a
    year after the last of them."""
    held = [Gathering(date(2026, 10, day), f"路演 {day}", "", 40) for day in (10, 20, 30)]
    stated = [Stated("events_year", Decimal(12), date(2026, 1, 1), None, "活动台账")]
    world = World(gatherings=held, stated=stated)
    assert [MEASURES["events_year"](world, day).value for day in (
        date(2026, 10, 9), date(2026, 10, 20), date(2026, 10, 31), date(2027, 9, 30), date(2027, 10, 10), date(2027, 10, 30))
    ] == [12, 2, 3, 3, 2, 12]  # fmt: skip
    assert str(MEASURES["events_year"](world, date(2026, 10, 9)).lines[0].note).startswith("stated")
    assert MEASURES["events_year"](World(gatherings=held), date(2026, 1, 1)).value is None
