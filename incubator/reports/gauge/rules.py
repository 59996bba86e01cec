"""What a standard asks against what there is, on any day: pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from msgspec import Struct

from incubator.reports.gauge.measures import MEASURES
from incubator.reports.gauge.world import Figure, World

COMPARISONS = ("at_least", "at_most")


class Demand(Struct, frozen=True):
    """A criterion that holds on the day that is asked about."""

    id: int
    measure: str
    comparison: str
    threshold: Decimal
    alternative: int | None = None


class Verdict(Struct, frozen=True):
    """A demand against its figure: met, not met, or (None) not known; and what is missing to meet it."""

    demand: Demand
    figure: Figure
    is_met: bool | None
    missing: Decimal | None
    is_spared: bool = False
    """Not met itself, and an alternative to it is."""


class Standing(Struct, frozen=True):
    """A goal on a day. Alternatives count as one demand, met where one of them is."""

    on: date
    verdicts: tuple[Verdict, ...]
    met: int
    asked: int
    unknown: int

    @property
    def is_met(self) -> bool | None:
        """All is met; something is not; or, with nothing not met, something is not known."""
        if self.met + self.unknown < self.asked:
            return False
        return None if self.unknown else True


def judge(demand: Demand, figure: Figure) -> Verdict:
    """A figure of exactly the threshold meets it, at least as at most; 19 of 20 lacks 1."""
    if figure.value is None:
        return Verdict(demand, figure, None, None)
    short = demand.threshold - figure.value if demand.comparison == "at_least" else figure.value - demand.threshold
    return Verdict(demand, figure, short <= 0, short if short > 0 else None)


def stand(demands: Sequence[Demand], world: World, on: date) -> Standing:
    """Every demand against its figure on the day, alternatives together."""
    figures = {name: MEASURES[name](world, on) for name in {demand.measure for demand in demands}}
    verdicts = [judge(demand, figures[demand.measure]) for demand in demands]
    groups: dict[object, list[Verdict]] = {}
    for verdict in verdicts:
        groups.setdefault(verdict.demand.alternative or ("alone", verdict.demand.id), []).append(verdict)
    states = [_any(group) for group in groups.values()]
    met_groups = {verdict.demand.alternative for group in groups.values() if _any(group) for verdict in group}
    shown = tuple(
        Verdict(each.demand, each.figure, each.is_met, each.missing,
                not each.is_met and each.demand.alternative is not None and each.demand.alternative in met_groups)
        for each in verdicts
    )  # fmt: skip
    return Standing(on, shown, states.count(True), len(states), states.count(None))


def _any(group: Sequence[Verdict]) -> bool | None:
    answers = [verdict.is_met for verdict in group]
    return True if True in answers else None if None in answers else False
