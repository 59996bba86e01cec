"""How reviews become a ranked list, and who reviews what. Pure, and exact: no figure depends on the order of rows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal, localcontext
from fractions import Fraction
from hashlib import sha256

from msgspec import Struct

OUTCOMES = ("advance", "offer", "waitlist", "decline", "return")
"""On to the next stage; a place; perhaps later; no; back to the applicant, who mends it and sends it again."""
ENOUGH = 3
"""From so many reviews on a reviewer's own spread is known well enough to be rescaled."""
FULL = 100
CENT = Decimal("0.01")


class Scale(Struct, frozen=True):
    """What a criterion weighs, and from where to where its scores go."""

    weight: int
    lowest: int
    highest: int


def rubric_total(scales: Mapping[int, Scale], scores: Mapping[int, int]) -> Fraction:
    """A review's total, 0 to 100: each score as its place between the lowest and the highest, by the weights.

    Weights 50, 30 and 20, scale 1 to 5, scores 4, 3 and 5: (50 × 3/4 + 30 × 2/4 + 20 × 4/4) of 100 = 72.5. KeyError
    where a score is missing.
    """
    parts = (
        scale.weight * Fraction(scores[key] - scale.lowest, scale.highest - scale.lowest)
        for key, scale in scales.items()
    )
    return FULL * sum(parts, Fraction()) / sum(scale.weight for scale in scales.values())


class Mark(Struct, frozen=True):
    """What one reviewer gave one application in all."""

    reviewer: int
    application: int
    total: Fraction


class Norm(Struct, frozen=True):
    """How one reviewer scores, against which their marks are seen."""

    reviews: int
    mean: Fraction
    spread: Decimal
    factor: Fraction | None
    """What their distances from their own mean are multiplied by; None: they are only centred."""


def norms(marks: Iterable[Mark]) -> dict[int, Norm]:
    """Each reviewer's mean and spread (the standard deviation, divided by the number).

    Who gave 60, 70, 80 spreads by 8.16, who gave 50, 70, 90 by 16.33; pooled, √(1000 / 6) = 12.91. So the factors are
    1.58 and 0.79. A reviewer with fewer than three reviews, or who gave the same to all, is only centred: what so few
    show of their spread is chance. With one review they are wholly at the mean: whether the reviewer was mild or the
    application good can't be told apart, and the page says so.
    """
    by_reviewer = _grouped((mark.reviewer, mark.total) for mark in marks)
    squares = {reviewer: _squares(totals) for reviewer, totals in by_reviewer.items()}
    scaled = [reviewer for reviewer, totals in by_reviewer.items() if len(totals) >= ENOUGH and squares[reviewer]]
    pooled = Fraction()
    if scaled:
        pooled = sum((squares[each] for each in scaled), Fraction()) / sum(len(by_reviewer[each]) for each in scaled)
    found = {}
    for reviewer, totals in by_reviewer.items():
        variance = squares[reviewer] / len(totals)
        factor = Fraction(_root(pooled / variance)) if reviewer in scaled else None
        found[reviewer] = Norm(len(totals), mean(totals), _root(variance), factor)
    return found


def deviation(mark: Mark, norm: Norm) -> Fraction:
    """How far a mark lies from its reviewer's mean, on the scale that all share.

    80 of a reviewer with mean 70 and factor 1.58 is + 15.81; the 90 of one with mean 70 and factor 0.79 as well.
    """
    distance = mark.total - norm.mean
    return distance if norm.factor is None else distance * norm.factor


class Marked(Struct, frozen=True):
    """One review within an application's row."""

    reviewer: int
    raw: Decimal
    normalised: Decimal
    only_centred: bool


class Standing(Struct, frozen=True):
    """Where an application stands: ranks (None: nobody has reviewed it), means, spread, and the reviews behind them."""

    application: int
    rank: int | None
    raw_rank: int | None
    reviews: tuple[Marked, ...]
    raw: Decimal | None
    normalised: Decimal | None
    spread: Decimal | None
    """The standard deviation of its normalised reviews; None with fewer than two."""
    lowest: Decimal | None
    highest: Decimal | None

    @property
    def blind_spot(self) -> bool:
        """Whether all that is known of it comes from reviewers who were only centred."""
        return bool(self.reviews) and all(each.only_centred for each in self.reviews)


def rank(applications: Iterable[int], marks: Iterable[Mark]) -> list[Standing]:
    """The ranked list: by the mean of the normalised reviews, to the hundredth; who is equal shares the rank, and the
    next one is left out (1, 2, 2, 4). Not reviewed ones come last.

    What is shown is the mean of all marks plus the application's mean deviation, both rounded half up to the
    hundredth, so that two that look the same are the same. It may leave 0 to 100. A reviewer who had given everybody
    ten points more would have moved the mean of all, and nobody's rank.
    """
    marks = list(marks)
    by_reviewer = norms(marks)
    middle = cents(mean([mark.total for mark in marks])) if marks else Decimal(0)
    by_application: dict[int, list[tuple[Mark, Fraction]]] = defaultdict(list)
    for mark in marks:
        by_application[mark.application].append((mark, deviation(mark, by_reviewer[mark.reviewer])))
    rows = {each: _row(each, by_application.get(each, []), by_reviewer, middle) for each in set(applications)}
    ranks = _ranks({key: row.normalised for key, row in rows.items() if row.normalised is not None})
    raw_ranks = _ranks({key: row.raw for key, row in rows.items() if row.raw is not None})
    ranked = [_ranked(row, ranks.get(key), raw_ranks.get(key)) for key, row in rows.items()]
    return sorted(ranked, key=lambda row: (row.rank is None, row.rank or 0, row.application))


def _row(
    application: int, marked: Sequence[tuple[Mark, Fraction]], by_reviewer: Mapping[int, Norm], middle: Decimal
) -> Standing:
    reviews = tuple(
        Marked(mark.reviewer, cents(mark.total), middle + cents(away), by_reviewer[mark.reviewer].factor is None)
        for mark, away in sorted(marked, key=lambda each: each[0].reviewer)
    )
    if not reviews:
        return Standing(application, None, None, (), None, None, None, None, None)
    aways = [away for _mark, away in marked]
    spread = cents(Fraction(_root(_squares(aways) / len(aways)))) if len(aways) > 1 else None
    figures = [each.normalised for each in reviews]
    raw = cents(mean([mark.total for mark, _away in marked]))
    return Standing(application, None, None, reviews, raw, middle + cents(mean(aways)), spread, min(figures),
                    max(figures))  # fmt: skip


def _ranked(row: Standing, place: int | None, raw_place: int | None) -> Standing:
    return Standing(row.application, place, raw_place, row.reviews, row.raw, row.normalised, row.spread, row.lowest,
                    row.highest)  # fmt: skip


def _ranks(figures: Mapping[int, Decimal]) -> dict[int, int]:
    best_first = sorted(figures.values(), reverse=True)
    return {key: best_first.index(figure) + 1 for key, figure in figures.items()}


def mean(values: Sequence[Fraction]) -> Fraction:
    """The mean of at least one value, exactly."""
    return sum(values, Fraction()) / len(values)


def _squares(values: Sequence[Fraction]) -> Fraction:
    middle = mean(values)
    return sum(((value - middle) ** 2 for value in values), Fraction())


def _root(value: Fraction) -> Decimal:
    with localcontext() as context:
        context.prec = 40
        return (Decimal(value.numerator) / Decimal(value.denominator)).sqrt()


def cents(value: Fraction) -> Decimal:
    """To the hundredth, half up."""
    with localcontext() as context:
        context.prec = 60
        return (Decimal(value.numerator) / Decimal(value.denominator)).quantize(CENT, ROUND_HALF_UP)


def _grouped(pairs: Iterable[tuple[int, Fraction]]) -> dict[int, list[Fraction]]:
    groups: dict[int, list[Fraction]] = defaultdict(list)
    for key, value in pairs:
        groups[key].append(value)
    return groups


# who reviews what


class Wanted(Struct, frozen=True):
    """Applications that want reviews, who may give them, and what stands already."""

    applications: Collection[int]
    reviewers: Collection[int]
    each: int
    """How many reviews an application is to have, those it has among them."""
    limit: int
    """How many a reviewer may have at most, those they have among them."""
    given: Collection[tuple[int, int]] = ()
    """(application, reviewer) that are assigned already."""
    barred: Collection[tuple[int, int]] = ()
    """(application, reviewer) that can't be: a conflict of interest, or it was taken from them."""


def assign_evenly(wanted: Wanted, seed: str) -> list[tuple[int, int]]:
    """New (application, reviewer) pairs: as many as can be, with the busiest reviewer as little busy as can be.

    Chance decides between equals, and the same seed decides alike: 4 applications that want 2 reviews each of 4
    reviewers give each of them 2. Where conflicts and limits leave too few reviewers, some are missing, and the page
    counts them.
    """
    best: list[tuple[int, int]] = []
    lowest = -(-len(wanted.applications) * wanted.each // max(1, len(wanted.reviewers)))
    for ceiling in range(min(lowest, wanted.limit), wanted.limit + 1):
        pairs = _Table(wanted, seed, ceiling).fill()
        if len(pairs) > len(best):
            best = pairs
        if len(best) == _missing(wanted):
            break
    return sorted(best)


def _by_chance(keys: Iterable[int], seed: str) -> list[int]:
    return sorted(keys, key=lambda key: sha256(f"{seed}:{key}".encode()).digest())


def _missing(wanted: Wanted) -> int:
    had: dict[int, int] = defaultdict(int)
    for application, _reviewer in set(wanted.given):
        had[application] += 1
    return sum(max(0, wanted.each - had[application]) for application in set(wanted.applications))


class _Table:
    """Seats of reviewers, filled one by one; a seat that is taken is asked whether its guest can sit elsewhere."""

    def __init__(self, wanted: Wanted, seed: str, ceiling: int) -> None:
        self.wanted, self.ceiling = wanted, ceiling
        given, closed = set(wanted.given), set(wanted.given) | set(wanted.barred)
        self.had: dict[int, int] = defaultdict(int)
        self.wants = dict.fromkeys(wanted.applications, wanted.each)
        for application, reviewer in given:
            self.had[reviewer] += 1
            if application in self.wants:
                self.wants[application] -= 1
        self.order = _by_chance(self.wants, seed)
        self.open = {
            application: _by_chance(
                {each for each in wanted.reviewers if (application, each) not in closed}, f"{seed}:{application}"
            )
            for application in self.wants
        }
        self.seats: dict[int, set[int]] = defaultdict(set)

    def fill(self) -> list[tuple[int, int]]:
        for turn in range(self.wanted.each):
            for application in self.order:
                if self.wants[application] > turn:
                    self._seat(application, set())
        return [(application, reviewer) for reviewer, taken in self.seats.items() for application in taken]

    def _busy(self, reviewer: int) -> int:
        return self.had[reviewer] + len(self.seats[reviewer])

    def _seat(self, application: int, asked: set[int]) -> bool:
        free = [each for each in self.open[application] if application not in self.seats[each] and each not in asked]
        for reviewer in sorted(free, key=self._busy):
            asked.add(reviewer)
            if self._busy(reviewer) < self.ceiling:
                self.seats[reviewer].add(application)
                return True
            for guest in sorted(self.seats[reviewer], key=self.order.index):
                if self._seat(guest, asked):
                    self.seats[reviewer].discard(guest)
                    self.seats[reviewer].add(application)
                    return True
        return False
