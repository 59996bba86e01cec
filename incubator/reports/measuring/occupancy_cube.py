"""The cube of occupancy: each measure's sums over cells, cut by the question's dimensions.

Numerators are summed by the database over the ledger's cells. Denominators that count free cells, too, need no ledger:
they are slots × units, added up here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

from sqlalchemy import Subquery
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.reports.measuring.asked import NO_PROGRAMME
from incubator.reports.measuring.catalogue import DIMENSIONS, MEASURES
from incubator.reports.measuring.cells import booking_cells, day_cells, minute_cells, summed
from incubator.reports.measuring.plan import Plan
from incubator.reports.measuring.question import Amount, CubeAnswer, Key, Question
from incubator.reports.measuring.recipes import BEGUN, IN_DAYS, NEED_BOOKING, NEED_COMPANY, NEED_PEOPLE, RECIPES
from incubator.reports.measuring.slots import Slot


def answer_occupancy(session: Session, actor: Actor, question: Question) -> CubeAnswer:
    """The cube of the subject; at most 14 statements, however long the ledger is."""
    plan = Plan.make(session, question)
    found = _Sums(question)
    with planned_for_many(session, many=question.days > MANY_DAYS):
        for grain in dict.fromkeys(RECIPES[name].grain for name in question.measures):
            measures = [name for name in question.measures if RECIPES[name].grain == grain]
            lines = plan.lines(grain)
            _count_units(plan, found, measures, lines)
            _count_ledger(session, plan, found, measures, grain, lines)
    return CubeAnswer(found.parts(), found.totals, plan.labels(session, found.keys))


MANY_DAYS = 92


@contextmanager
def planned_for_many(session: Session, *, many: bool) -> Iterator[None]:
    """Under row-level security the planner thinks that few rows are ours: it would look each of a million up by itself,
    sort them to add them up, and do so on disk."""
    if many:
        session.connection().exec_driver_sql(FOR_MANY)
    yield
    if many:  # after an error there is nothing to set back: the transaction ends
        session.connection().exec_driver_sql(AS_USUAL)


FOR_MANY = "SET LOCAL enable_nestloop = off; SET LOCAL enable_sort = off; SET LOCAL work_mem = '64MB'"
AS_USUAL = "SET LOCAL enable_nestloop = DEFAULT; SET LOCAL enable_sort = DEFAULT; SET LOCAL work_mem = DEFAULT"


class _Sums:
    """The sums as they come in, by key and measure."""

    def __init__(self, question: Question) -> None:
        self.above: dict[tuple[Key, ...], dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
        self.below: dict[tuple[Key, ...], dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
        self.whole: dict[str, Decimal] = defaultdict(Decimal)
        """Denominators of the total: where a denominator is the same in several parts, it counts once."""
        self.question = question
        self.shared: dict[str, dict[tuple[Key, ...], Decimal]] = defaultdict(lambda: defaultdict(Decimal))
        """Denominators of measures that count free cells, by the key without who holds them."""
        self._free = [place for place, name in enumerate(question.dimensions) if not DIMENSIONS[name].of_holder]

    def free(self, key: tuple[Key, ...]) -> tuple[Key, ...]:
        return tuple(key[place] for place in self._free)

    @property
    def keys(self) -> list[tuple[Key, ...]]:
        return list(self.parts())

    def parts(self) -> dict[tuple[Key, ...], dict[str, Amount]]:
        """Every part that something is in, or could be."""
        keys = {**self.above, **self.below}
        if len(self._free) == len(self.question.dimensions):
            keys |= {key: {} for mine in self.shared.values() for key in mine}
        found = {key: {name: self._amount(key, name) for name in self.question.measures} for key in keys}
        return {key: amounts for key, amounts in found.items()
                if any(each.numerator or each.denominator for each in amounts.values())}  # fmt: skip

    def _amount(self, key: tuple[Key, ...], name: str) -> Amount:
        above = self.above[key][name] if key in self.above else Decimal(0)
        if not MEASURES[name].is_share:
            return Amount(above)
        if RECIPES[name].of is not None:
            return Amount(above, self.shared[name].get(self.free(key), Decimal(0)))
        return Amount(above, self.below[key][name] if key in self.below else Decimal(0))

    @property
    def totals(self) -> dict[str, Amount]:
        return {name: self._total(name) for name in self.question.measures}

    def _total(self, name: str) -> Amount:
        above = sum((mine.get(name, Decimal(0)) for mine in self.above.values()), Decimal(0))
        if not MEASURES[name].is_share:
            return Amount(above)
        if RECIPES[name].of is not None:
            return Amount(above, sum(self.shared[name].values(), Decimal(0)))
        return Amount(above, sum((mine.get(name, Decimal(0)) for mine in self.below.values()), Decimal(0)))


def _count_units(plan: Plan, found: _Sums, measures: Sequence[str], lines: Mapping[Any, Sequence[Slot]]) -> None:
    """The denominators that count free cells, and what is in a numerator by itself: slots × units in service.

    Units of one line that are in service at the same time have the same slots: those are added up once.
    """
    grain = RECIPES[measures[0]].grain
    lengths: dict[Any, dict[tuple[Key, ...], int]] = {}
    for name in measures:
        recipe = RECIPES[name]
        if recipe.of is None:
            continue
        weights: dict[tuple[Any, tuple[int, int], tuple[Key, ...]], Decimal] = defaultdict(Decimal)
        alone: dict[tuple[Any, tuple[int, int], tuple[Key, ...]], Decimal] = defaultdict(Decimal)
        for unit in plan.grounds.units:
            if recipe.of(unit):
                place = plan.line_of(unit, grain), plan.service(unit, grain), plan.unit_key(unit)
                weights[place] += recipe.weight(unit)
                if recipe.also and recipe.also(unit):
                    alone[place] += recipe.weight(unit)
        for place, weight in weights.items():
            line, service, unit_key = place
            if (line, service) not in lengths:
                lengths[line, service] = _lengths(plan, lines[line], service)
            for slot_key, length in lengths[line, service].items():
                free = found.free(plan.key(unit_key, slot_key, None, None))
                found.shared[name][free] += weight * length
                if place in alone:
                    found.above[plan.key(unit_key, slot_key, None, None)][name] += alone[place] * length


def _lengths(plan: Plan, slots: Iterable[Slot], service: tuple[int, int]) -> dict[tuple[Key, ...], int]:
    found: dict[tuple[Key, ...], int] = defaultdict(int)
    for slot in slots:
        if length := slot.overlap(*service):
            found[plan.slot_key(slot)] += length
    return found


def cells_of(plan: Plan, measures: Sequence[str], grain: str, lines: Mapping[Any, Sequence[Slot]]) -> Subquery:
    """The grain's cells, with as much of who holds them as the measures and the question ask."""
    asked = plan.ask(grain, lines)
    if grain in IN_DAYS:
        return day_cells(asked, plan.bounds, holders=any(name in NEED_COMPANY for name in measures))
    if grain == BEGUN:
        return booking_cells(asked)
    holders = plan.startups or any(name in NEED_BOOKING for name in measures)
    return minute_cells(asked, holders=holders, people=any(name in NEED_PEOPLE for name in measures))


def _count_ledger(
    session: Session, plan: Plan, found: _Sums, measures: Sequence[str], grain: str, lines: Mapping[Any, Sequence[Slot]]
) -> None:
    """The sums over the ledger's cells, in one statement."""
    above = {f"above_{name}": add for name in measures if (add := RECIPES[name].numerator)}
    below = {f"below_{name}": add for name in measures if (add := RECIPES[name].denominator)}
    if not above or not plan.grounds.units or not any(lines.values()):
        return
    cells = cells_of(plan, measures, grain, lines)
    sums = {name: add(cells.c) for name, add in {**above, **below}.items()}
    programmes = plan.programme_keys
    by_startup = "startup" in plan.question.dimensions
    for row in session.execute(summed(cells, sums, startups=by_startup)).mappings():
        programme = None if row["programme"] == NO_PROGRAMME else programmes[row["programme"]]
        if "programme" not in plan.question.dimensions:
            programme = None
        key = plan.key(plan.unit_keys[row["unit_key"]], plan.slot_keys[row["slot_key"]], row["startup_id"], programme)
        for name in measures:
            if f"above_{name}" in above:
                found.above[key][name] += Decimal(row[f"above_{name}"])
            if f"below_{name}" in below:
                found.below[key][name] += Decimal(row[f"below_{name}"])
