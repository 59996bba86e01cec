"""What caps, budgets and persons were given before, against decision by decision; of many months at once as of each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from incubator.billing.operations.posting import post_month
from incubator.core.periods import Month
from incubator.startups.models import Post
from incubator.startups.operations import add_post, register_address
from incubator.subsidies.models import Budget as BudgetRow
from incubator.subsidies.models import Decision, Scheme
from incubator.subsidies.operations.budgets import add_budget, create_pool, draw_on
from incubator.subsidies.queries.facts import Place, load_parties, load_parties_of
from incubator.subsidies.queries.used import load_shared, load_tally
from incubator.subsidies.rules.engine import Budget, Party, SchemeRule
from incubator.subsidies.rules.facts import FACTS
from incubator.subsidies.rules.rule import Rule
from incubator.subsidies.rules.state import Key, Tally, budget_key, cap_key, window_months
from tests.billing.stage import settle
from tests.cast import NOW, Cast
from tests.jobs.budgets import counted
from tests.scenarios.october import OCTOBER, tell_october
from tests.subsidies.sample import cap, scheme

MONTHS = (OCTOBER, OCTOBER + 1, OCTOBER + 3)
PLAIN: dict[str, Any] = {"who": {"all": []}, "covers": ["rent"], "how": {"share": "1"}}
CAPS = [(per, window) for per in ("operator", "site", "person", "startup") for window in ("month", "quarter", "year", "life")]
NAMES = [*FACTS, "persons"]


class World:
    """Two sites, three startups, two founders who have two of them, and three months of decisions from a budget."""

    def __init__(self, session: Session, cast: Cast) -> None:
        october = tell_october(session, cast)
        other = settle(session, cast, "FT", october.a, "9000.00", date(2026, 8, 1))
        self.sites = [october.site.id, other.id]
        self.startups = [october.a.id, october.b.id, october.c.id]
        for number, owners in (("E10000001", (october.a, october.b)), ("E10000002", (october.c, october.a))):
            for startup in owners:
                add_post(session, cast.manager, now=NOW, secret=b"x" * 32, startup_id=startup.id, name=number, role="founder",
                         first=date(2026, 9, 1), id_kind="passport", id_number=number)  # fmt: skip
        pool = create_pool(session, cast.finance, now=NOW, code="P", name="区级专项")
        self.scheme = session.execute(select(Scheme)).scalar_one()
        draw_on(session, cast.finance, now=NOW, scheme_id=self.scheme.id, pool_id=pool.id)
        self.budget: BudgetRow = add_budget(
            session, cast.finance, now=NOW, pool_id=pool.id, first=date(2026, 1, 1), last=date(2027, 12, 31),
            mode="first_come", amount_minor=10_000_000,
        )  # fmt: skip
        later = datetime(2027, 3, 1, tzinfo=UTC)
        for site_id in self.sites:
            for month in MONTHS:
                post_month(session, cast.finance, now=later, site_id=site_id, month=month)
        self.decisions = session.execute(select(Decision).order_by(Decision.id)).scalars().all()
        self.founded: dict[int, set[int]] = defaultdict(set)
        for startup_id, person in session.execute(select(Post.startup_id, Post.individual_id)):
            self.founded[startup_id].add(person)

    def scheme_with(self, caps: Sequence[tuple[str, str]], once: bool, mode: str | None) -> SchemeRule:
        rule = Rule.parse(PLAIN | ({"together": {"once": "person"}} if once else {}))
        budget = None if mode is None else Budget(self.budget.id, "P", mode, 10_000_000, self.budget.used_minor)
        with_caps = Rule(**{name: getattr(rule, name) for name in rule.__struct_fields__}
                         | {"caps": tuple(cap(window, 100, per) for per, window in caps)})  # fmt: skip
        return scheme(with_caps, scheme_id=self.scheme.id, budget=budget)


@pytest.fixture
def world(session: Session, cast: Cast) -> World:
    return World(session, cast)


ONE = st.tuples(st.lists(st.sampled_from(CAPS), max_size=4, unique=True), st.booleans(),
                st.sampled_from((None, "first_come", "reserved", "pro_rata")))  # fmt: skip
PLACES = st.dictionaries(st.tuples(st.sampled_from((0, 1)), st.sampled_from(MONTHS)),
                         st.tuples(st.lists(ONE, min_size=1, max_size=2), st.sets(st.sampled_from((0, 1, 2)), min_size=1)),
                         min_size=1)  # fmt: skip


def brute_force(world: World, place: Place, scheme: SchemeRule, parties: Collection[Party], without: Collection[int]) -> Tally:
    """Decision by decision; all are of the one scheme."""
    (site_id, month), tally, used = place, Tally(), dict[Key, int]()
    given = [each for each in world.decisions if each.charge_id not in without]
    persons = {person for party in parties for person in party.persons}
    ids = {party.startup_id for party in parties}
    for each in scheme.rule.caps:
        of = {"startup": ids, "person": persons, "site": {site_id}, "operator": {0}}[each.per]
        for subject in of:
            counted = sum(
                row.amount_minor + row.held_minor for row in given
                if each.window == "life" or Month.of(row.month) in window_months(each.window, month)
                if subject in {"startup": {row.startup_id}, "person": world.founded[row.startup_id],
                               "site": {row.site_id}, "operator": {0}}[each.per]
            )  # fmt: skip
            used[cap_key(scheme.scheme_id, each.per, subject or 0, each.window, month)] = counted
    if scheme.budget is not None and scheme.budget.mode == "first_come":
        used[budget_key(scheme.budget.budget_id)] = scheme.budget.used_minor
    elif scheme.budget is not None:
        for startup_id in world.startups:
            used[budget_key(scheme.budget.budget_id, startup_id)] = sum(
                row.amount_minor for row in world.decisions
                if (row.startup_id, row.budget_id) == (startup_id, scheme.budget.budget_id)
            )  # fmt: skip
    if scheme.rule.together.once:
        for row in given:
            mine = sum(one.amount_minor for one in given if (one.startup_id, one.month) == (row.startup_id, month.first))
            for person in world.founded[row.startup_id] & persons if mine > 0 else ():
                key = scheme.scheme_id, person, month.first
                tally.persons[key] = max(tally.persons.get(key, 0), row.startup_id)
    tally.before = used
    return tally


def told(tally: Tally) -> tuple[dict[Key, int], dict[Key, int]]:
    return {key: minor for key, minor in tally.before.items() if minor}, tally.persons


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(places=PLACES, without=st.sets(st.integers(0, 11)))
def test_what_is_used_as_decision_by_decision(
    session: Session, world: World, places: dict[tuple[int, Month], Any], without: set[int]
) -> None:
    asked: dict[Place, Any] = {}
    all_of_them = Tally(before={})
    left = {world.decisions[each].charge_id for each in without}
    for (site, month), (drawn, numbers) in places.items():
        place = world.sites[site], month
        schemes = [world.scheme_with(*each) for each in drawn]
        parties = load_parties(session, *place, [world.startups[each] for each in numbers], NAMES).values()
        asked[place] = schemes, parties
        wanted = [brute_force(world, place, each, parties, left) for each in schemes]
        here = Tally({key: minor for each in wanted for key, minor in each.before.items()},
                     persons={key: startup for each in wanted for key, startup in each.persons.items()})  # fmt: skip
        assert told(load_tally(session, schemes, parties, *place, without=left)) == told(here)
        for each in (brute_force(world, place, one, parties, ()) for one in schemes):
            all_of_them.before |= {key: minor for key, minor in each.before.items() if key[:1] + key[2:3] != ("cap", "startup")}
            all_of_them.persons |= each.persons
    assert told(load_shared(session, asked)) == told(all_of_them)


def test_something_is_shared(session: Session, world: World) -> None:
    """By hand, of scheme Y, which gives A 60 % and at most 10,000.00 in a quarter: October and November, A's 1,620.00
    and 5,400.00, then 1,620.00 and the 1,360.00 that are left; B 1,434.58, then 2,779.50 in each month of the whole."""
    place = world.sites[0], OCTOBER
    parties = load_parties(session, *place, world.startups, NAMES).values()
    once = world.scheme_with([("operator", "month"), ("site", "month"), ("site", "quarter")], True, "reserved")
    tally = load_shared(session, {place: ([once], parties)})
    sums = {key[2:5]: minor for key, minor in tally.before.items() if key[0] == "cap"}
    assert sums == {("operator", 0, "month"): 845_458, ("site", world.sites[0], "month"): 305_458,
                    ("site", world.sites[0], "quarter"): 305_458 + 162_000 + 277_950}  # fmt: skip
    of_budget = [tally.before[budget_key(world.budget.id, each)] for each in world.startups]
    assert of_budget == [1_000_000 + 162_000 + 540_000, 143_458 + 2 * 277_950, 0], "with January, a quarter anew"
    assert len(tally.persons) == 2, "both founders have a startup that was given something"


def test_statements_do_not_grow_with_months(session: Session, world: World) -> None:
    scheme_of_all = world.scheme_with(CAPS, True, "reserved")
    counts = []
    for places in ([(world.sites[0], OCTOBER)], [(site, month) for site in world.sites for month in MONTHS]):
        with counted() as seen:
            parties = load_parties_of(session, dict.fromkeys(places, world.startups), NAMES)
            load_shared(session, {place: ([scheme_of_all], found.values()) for place, found in parties.items()})
        counts.append(len(seen))
    assert counts == [13, 13]


def test_parties_of_many_months_as_of_each(session: Session, cast: Cast, world: World) -> None:
    a, b, _ = world.startups
    register_address(session, cast.manager, now=NOW, startup_id=a, site_id=world.sites[0], address="一号楼", first=date(2026, 11, 1))
    wanted = {(site, month): [a, b] if site == world.sites[0] else [a] for site in world.sites for month in (OCTOBER - 12, *MONTHS)}
    found = load_parties_of(session, wanted, NAMES)
    assert found == {place: load_parties(session, *place, ids, NAMES) for place, ids in wanted.items()}
    here = {place[1]: parties[a].facts["startup.registered_here"] for place, parties in found.items() if place[0] == world.sites[0]}
    assert list(here.values()) == [None, None, True, True]
    assert [len(found[world.sites[0], month][a].persons) for month in (OCTOBER - 12, OCTOBER)] == [0, 2]
