"""The cube of occupancy: each measure's sums over cells, cut by the question's dimensions.

Numerators are summed by the database over the ledger's cells. Denominators that count free cells, too, need no ledger:
they are slots × units, added up here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

from sqlalchemy import Subquery, union_all
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.permissions import Action
from incubator.reports.measuring.asked import NO_PROGRAMME
from incubator.reports.measuring.catalogue import DIMENSIONS, MEASURES
from incubator.reports.measuring.cells import Wanted, day_cells, minute_cells, summed
from incubator.reports.measuring.grounds import Grounds
from incubator.reports.measuring.plan import Plan
from incubator.reports.measuring.question import Amount, CubeAnswer, Key, Question
from incubator.reports.measuring.recipes import (
    BEGUN,
    DAYS,
    FAMILIES,
    NEED_BOOKING,
    NEED_COMPANY,
    NEED_PEOPLE,
    RECIPES,
    WITHIN,
)
from incubator.reports.measuring.slots import Slot


def answer_occupancy(
    session: Session, actor: Actor, question: Question, grounds: Grounds | None = None
) -> CubeAnswer:
    """The cube of the subject; at most 14 statements, however long the ledger is. `grounds`: as for `Plan.make`."""
    actor.require(Action.SEE_REPORTS)
    plan = Plan.make(session, question, grounds)
    found = _Sums(question)
    for grain in dict.fromkeys(RECIPES[name].grain for name in question.measures):
        _count_units(plan, found, grain)
    for base, family in FAMILIES.items():
        measures = [name for name in question.measures if RECIPES[name].grain in family and RECIPES[name].numerator]
        if measures and plan.grounds.units:
            with planned(session, hashed=question.days > MANY_DAYS or base == DAYS):
                _count_ledger(session, plan, found, measures)
    return CubeAnswer(found.parts(), found.totals, plan.labels(session, found.keys))


MANY_DAYS = 92


@contextmanager
def planned(session: Session, *, hashed: bool) -> Iterator[None]:
    """Under row-level security the planner thinks that one row in a hundred is ours: it would sort them on disk to add
    them up. `hashed`: nor look each of them up by itself, which is right for a month of bookings among all, and wrong
    for a year of them, and for residencies."""
    connection = session.connection()
    connection.exec_driver_sql(FOR_MANY + (HASHED if hashed else ""))
    yield
    connection.exec_driver_sql(AS_USUAL)  # after an error there is nothing to set back: the transaction ends


FOR_MANY = "SET LOCAL enable_sort = off; SET LOCAL work_mem = '64MB'; SET LOCAL jit = off"
HASHED = "; SET LOCAL enable_nestloop = off"
AS_USUAL = "; ".join(f"SET LOCAL {name} = DEFAULT" for name in ("enable_sort", "work_mem", "jit", "enable_nestloop"))


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


_Place = tuple[Any, tuple[int, int], tuple[Key, ...]]
"""Units of one line of slots, in service at one time, in one part of the answer."""


def _count_units(plan: Plan, found: _Sums, grain: str) -> None:
    """The denominators that count free cells, and what is in a numerator by itself: slots × units in service.

    Units of one line that are in service at the same time have the same slots: those are added up once.
    """
    recipes = {name: RECIPES[name] for name in plan.question.measures if RECIPES[name].grain == grain}
    weights: dict[tuple[str, _Place], Decimal] = defaultdict(Decimal)
    alone: dict[tuple[str, _Place], Decimal] = defaultdict(Decimal)
    counting = [(name, recipe, recipe.of) for name, recipe in recipes.items() if recipe.of is not None]
    for unit in plan.grounds.units if counting else ():
        place = plan.line_of(unit, grain), plan.service(unit, grain), plan.unit_key(unit)
        for name, recipe, of in counting:
            if of(unit):
                weights[name, place] += recipe.weight(unit)
                if recipe.also and recipe.also(unit):
                    alone[name, place] += recipe.weight(unit)
    lines = plan.lines(grain) if weights else {}
    lengths: dict[tuple[Any, tuple[int, int]], dict[tuple[Key, ...], int]] = {}
    for (name, place), weight in weights.items():
        line, service, unit_key = place
        if (line, service) not in lengths:
            lengths[line, service] = _lengths(plan, lines[line], service)
        for slot_key, length in lengths[line, service].items():
            key = plan.key(unit_key, slot_key, None, None)
            found.shared[name][found.free(key)] += weight * length
            if (name, place) in alone:
                found.above[key][name] += alone[name, place] * length


def _lengths(plan: Plan, slots: Iterable[Slot], service: tuple[int, int]) -> dict[tuple[Key, ...], int]:
    found: dict[tuple[Key, ...], int] = defaultdict(int)
    for slot in slots:
        if length := slot.overlap(*service):
            found[plan.slot_key(slot)] += length
    return found


def cells_of(plan: Plan, measures: Sequence[str]) -> list[tuple[Subquery, list[str]]]:
    """The cells of some measures of one family, with as much of who holds them as they and the question ask; each with
    those measures that are sums over it."""
    grains = {RECIPES[name].grain for name in measures}
    base = next(base for base, family in FAMILIES.items() if grains <= set(family))
    asked = plan.ask(base, [grain for grain in WITHIN if grain in grains])
    if base == DAYS:
        return [(day_cells(asked, plan.bounds, holders=any(name in NEED_COMPANY for name in measures)), [*measures])]
    use, begun = minute_cells(asked, Wanted(
        use=bool(grains - {BEGUN}), begun=BEGUN in grains, holders=plan.startups,
        booked=any(name in NEED_BOOKING for name in measures), people=any(name in NEED_PEOPLE for name in measures),
    ))  # fmt: skip
    found = [(use, [name for name in measures if RECIPES[name].grain != BEGUN]),
             (begun, [name for name in measures if RECIPES[name].grain == BEGUN])]  # fmt: skip
    return [(cells, mine) for cells, mine in found if cells is not None]


def _count_ledger(session: Session, plan: Plan, found: _Sums, measures: Sequence[str]) -> None:
    """The sums over the ledger's cells, in one statement."""
    above = {f"above_{name}": (name, add) for name in measures if (add := RECIPES[name].numerator)}
    below = {f"below_{name}": (name, add) for name in measures if (add := RECIPES[name].denominator)}
    by_startup = "startup" in plan.question.dimensions
    parts = []
    for cells, mine in cells_of(plan, measures):
        sums = {each: add(cells.c) if name in mine else None for each, (name, add) in (above | below).items()}
        parts.append(summed(cells, sums, startups=by_startup))
    programmes = plan.programme_keys
    for row in session.execute(union_all(*parts)).mappings():
        programme = None if row["programme"] == NO_PROGRAMME else programmes[row["programme"]]
        if "programme" not in plan.question.dimensions:
            programme = None
        key = plan.key(plan.unit_keys[row["unit_key"]], plan.slot_keys[row["slot_key"]], row["startup_id"], programme)
        for name in measures:
            if f"above_{name}" in above:
                found.above[key][name] += Decimal(row[f"above_{name}"])
            if f"below_{name}" in below:
                found.below[key][name] += Decimal(row[f"below_{name}"])
