"""Problems of assignment for tests: by hand, by chance, and the best answer by trying everything."""

from __future__ import annotations

import random
from collections.abc import Iterable
from itertools import product

from hypothesis import strategies as st

from incubator.mentors.rules.assignment import Limits, Pair, Problem, check, contradictions, missing

A, B, C = 1, 2, 3
X, Y, Z = 11, 12, 13
"""Startups and mentors of the cases that are worked by hand."""


def problem(
    scores: dict[Pair, int], *, startups: dict[int, tuple[int, int]] | None = None,
    mentors: dict[int, tuple[int, int]] | None = None, pins: Iterable[Pair] = (), exclusions: Iterable[Pair] = (),
) -> Problem:  # fmt: skip
    """Each side 0 to 1 of the other, where nothing else is said."""
    sides = [{pair[place]: (0, 1) for pair in sorted({*scores, *pins, *exclusions})} for place in (0, 1)]
    limits = [
        {key: Limits(*pair) for key, pair in (side | (said or {})).items()}
        for side, said in zip(sides, (startups, mentors), strict=True)
    ]
    return Problem(limits[0], limits[1], scores, frozenset(pins), frozenset(exclusions))


@st.composite
def small_problems(draw: st.DrawFn) -> Problem:
    """Up to 3 × 3, with whatever wishes, pins that don't contradict the rest."""
    startups = range(1, draw(st.integers(1, 3)) + 1)
    mentors = range(11, draw(st.integers(1, 3)) + 11)
    limits = st.integers(0, 3).flatmap(lambda most: st.builds(Limits, st.integers(0, most), st.just(most)))
    pairs = list(product(startups, mentors))
    score = st.one_of(st.integers(0, 1000), st.integers(0, 3))
    scores = {pair: draw(score) for pair in pairs if draw(st.integers(0, 5))}
    exclusions = draw(st.frozensets(st.sampled_from(pairs), max_size=3))
    wishes = {each: draw(limits) for each in startups}, {each: draw(limits) for each in mentors}
    pins: set[Pair] = set()
    for pair in draw(st.lists(st.sampled_from(pairs), max_size=2)):
        if not contradictions(Problem(*wishes, scores, frozenset(pins | {pair}), exclusions)):
            pins.add(pair)
    return Problem(*wishes, scores, frozenset(pins), exclusions)


def best_by_trying(problem: Problem) -> tuple[int, int]:
    """How many are missing at least, and the best total with so few missing: over every set of pairs there is."""
    pairs = problem.open_pairs()
    best: tuple[int, int] | None = None
    for chosen in product((False, True), repeat=len(pairs)):
        some = [pair for pair, taken in zip(pairs, chosen, strict=True) if taken]
        if not any(each.is_hard for each in check(problem, some)):
            found = (missing(problem, some), -problem.total(some))
            best = found if best is None else min(best, found)
    assert best is not None
    return best[0], -best[1]


def cohort(startups: int = 200, mentors: int = 80, seed: int = 1) -> Problem:
    """A large cohort: each startup wants 1 to 3 mentors, each mentor takes 2 to 6 and wants 1; pins and exclusions."""
    chance = random.Random(seed)
    ones, others = range(1, startups + 1), range(1001, 1001 + mentors)
    scores = {pair: chance.randint(0, 1000) for pair in product(ones, others) if chance.random() < 0.9}
    known = sorted(scores)
    exclusions = frozenset(chance.sample(known, len(known) // 50))
    pins = frozenset({next(pair for pair in known if pair[0] == one and pair not in exclusions) for one in ones[:1]})
    return Problem(
        {one: Limits(1, 3) for one in ones}, {other: Limits(1, chance.randint(2, 6)) for other in others}, scores,
        pins, exclusions,
    )  # fmt: skip
