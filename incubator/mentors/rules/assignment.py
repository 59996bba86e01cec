"""Who mentors whom, as arithmetic over plain values: what is wished, what breaks it, and what a change costs. Pure.

The best assignment is found by a solver (`incubator.mentors.solver`), which is not needed here: everything that it
answers is checked by what stands in this file.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from msgspec import Struct

FULL_SCORE = 1000

Pair = tuple[int, int]
"""(startup, mentor)"""


class Limits(Struct, frozen=True):
    """How many of the other side one is to have at least, and may have at most."""

    least: int
    most: int

    def __post_init__(self) -> None:
        if not 0 <= self.least <= self.most:
            raise ValueError(f"at least {self.least}, at most {self.most}")


class Problem(Struct, frozen=True):
    """What is wished: limits of both sides, the score of each pair that may be, pairs that must be and must not be.

    A pair without a score can't be: a conflict of interest. A pin is a wish and no permission: pinned pairs that are
    excluded, have no score or are more than one's most contradict the rest, and `check` of the pins says so.
    """

    startups: Mapping[int, Limits]
    mentors: Mapping[int, Limits]
    scores: Mapping[Pair, int]
    pins: frozenset[Pair] = frozenset()
    exclusions: frozenset[Pair] = frozenset()

    def __post_init__(self) -> None:
        for startup, mentor in (*self.scores, *self.pins, *self.exclusions):
            if startup not in self.startups or mentor not in self.mentors:
                raise ValueError(f"a pair of nobody: {startup}, {mentor}")
        if any(type(score) is not int or not 0 <= score <= FULL_SCORE for score in self.scores.values()):
            raise ValueError("a score that is no integer from 0 to 1000")

    def open_pairs(self) -> list[Pair]:
        """The pairs that may be, in one order whatever the order of the rows was."""
        return sorted(pair for pair in self.scores if pair not in self.exclusions)

    def total(self, pairs: Iterable[Pair]) -> int:
        """The sum of their scores."""
        return sum(self.scores[pair] for pair in pairs)

    def turned(self) -> Problem:
        """The same seen from the mentors: each of them with startups to choose among."""
        return Problem(
            self.mentors, self.startups, {(mentor, startup): score for (startup, mentor), score in self.scores.items()},
            frozenset(turn(self.pins)), frozenset(turn(self.exclusions)),
        )  # fmt: skip

    def as_data(self) -> dict[str, Any]:
        """As JSON, sorted: the same problem is the same text."""
        return {
            "startups": [[key, each.least, each.most] for key, each in sorted(self.startups.items())],
            "mentors": [[key, each.least, each.most] for key, each in sorted(self.mentors.items())],
            "scores": [[*pair, score] for pair, score in sorted(self.scores.items())],
            "pins": [list(pair) for pair in sorted(self.pins)],
            "exclusions": [list(pair) for pair in sorted(self.exclusions)],
        }

    @staticmethod
    def from_data(data: Mapping[str, Any]) -> Problem:
        """What `as_data` wrote."""
        return Problem(
            {key: Limits(least, most) for key, least, most in data["startups"]},
            {key: Limits(least, most) for key, least, most in data["mentors"]},
            {(startup, mentor): score for startup, mentor, score in data["scores"]},
            frozenset((startup, mentor) for startup, mentor in data["pins"]),
            frozenset((startup, mentor) for startup, mentor in data["exclusions"]),
        )


def turn(pairs: Iterable[Pair]) -> list[Pair]:
    """Each pair the other way round."""
    return [(second, first) for first, second in pairs]


# what breaks a wish


class Breach(Struct, frozen=True, order=True):
    """One wish that an assignment does not keep.

    `kind`: `conflict`, `excluded` and `pin` name both sides; `startup_over`, `mentor_over`, `startup_under` and
    `mentor_under` name one, with how many it is to have and how many it has.
    """

    kind: str
    startup: int | None = None
    mentor: int | None = None
    wanted: int = 0
    found: int = 0

    @property
    def is_hard(self) -> bool:
        """Whether nobody may do it, not even by hand; too few is only worse than was wished."""
        return not self.kind.endswith("_under")


def check(problem: Problem, pairs: Collection[Pair]) -> list[Breach]:
    """Every wish that these pairs break, in a fixed order; none: all is kept.

    A startup that is to have at least 2 mentors and has 1 is `startup_under`, wanted 2, found 1.
    """
    given = set(pairs)
    broken = [Breach("conflict", *pair) for pair in given if pair not in problem.scores]
    broken += [Breach("excluded", *pair) for pair in given & problem.exclusions]
    broken += [Breach("pin", *pair) for pair in problem.pins - given]
    has = Counter(startup for startup, _mentor in given)
    for startup, limits in problem.startups.items():
        if has[startup] < limits.least:
            broken.append(Breach("startup_under", startup, None, limits.least, has[startup]))
        if has[startup] > limits.most:
            broken.append(Breach("startup_over", startup, None, limits.most, has[startup]))
    has = Counter(mentor for _startup, mentor in given)
    for mentor, limits in problem.mentors.items():
        if has[mentor] < limits.least:
            broken.append(Breach("mentor_under", None, mentor, limits.least, has[mentor]))
        if has[mentor] > limits.most:
            broken.append(Breach("mentor_over", None, mentor, limits.most, has[mentor]))
    return sorted(broken, key=lambda each: (each.kind, each.startup or 0, each.mentor or 0))


def contradictions(problem: Problem) -> list[Breach]:
    """What the pins break by themselves, so that no assignment can keep all wishes: it is mended before one solves."""
    return [each for each in check(problem, problem.pins) if each.is_hard]


def missing(problem: Problem, pairs: Collection[Pair]) -> int:
    """How many mentors startups are short of, and startups mentors are, in all."""
    return sum(each.wanted - each.found for each in check(problem, pairs) if not each.is_hard)


# the assignment that a person with a list would make


def assign_greedily(problem: Problem) -> list[Pair]:
    """Pins first, then the best pair that is left where a side is still short of its least, then the best that is left.

    Ties go to the lower ids. Keeps maxima, exclusions and conflicts always; least numbers as far as it gets. Of the
    scores 900 (A with X), 890 (A with Y) and 880 (B with X), each one at most, it takes 900 and is done; the best
    total is 890 + 880.
    """
    given = set(problem.pins)
    startups, mentors = Counter(pair[0] for pair in given), Counter(pair[1] for pair in given)
    best_first = sorted(problem.open_pairs(), key=lambda pair: (-problem.scores[pair], pair))
    for only_short in (True, False):
        for pair in best_first:
            startup, mentor = pair
            theirs, others = problem.startups[startup], problem.mentors[mentor]
            if pair in given or startups[startup] >= theirs.most or mentors[mentor] >= others.most:
                continue
            if only_short and startups[startup] >= theirs.least and mentors[mentor] >= others.least:
                continue
            given.add(pair)
            startups[startup] += 1
            mentors[mentor] += 1
    return drop_idle(problem, given)


def drop_idle(problem: Problem, pairs: Collection[Pair]) -> list[Pair]:
    """Without the pairs that add nothing: score 0, not pinned, and both sides have enough without them. Sorted."""
    given = set(pairs)
    startups, mentors = Counter(pair[0] for pair in given), Counter(pair[1] for pair in given)
    for pair in sorted(given, reverse=True):
        startup, mentor = pair
        wanted = startups[startup] <= problem.startups[startup].least or (
            mentors[mentor] <= problem.mentors[mentor].least
        )
        if pair not in problem.pins and problem.scores[pair] == 0 and not wanted:
            given.remove(pair)
            startups[startup] -= 1
            mentors[mentor] -= 1
    return sorted(given)


# what a solver says, and why not more


class Solution(Struct, frozen=True):
    """An assignment, its total, and the total that none can pass; who is short, and why that can't be helped."""

    pairs: tuple[Pair, ...]
    total: int
    bound: int
    shortages: tuple[Shortage, ...] = ()


class Shortage(Struct, frozen=True):
    """Some of one side want more than the others can give, whatever one does.

    Two startups that want a mentor each, and may both only have one who takes one: wanted 2, possible 1.
    """

    side: str
    """`startups` or `mentors`: who is short."""
    ones: tuple[int, ...]
    others: tuple[int, ...]
    """All of the other side whom they may have."""
    wanted: int
    possible: int


class NotOptimal(ValueError):
    """An answer that could be better, or is not what it says."""


def find_shortages(problem: Problem, pairs: Collection[Pair]) -> tuple[Shortage, ...]:
    """Why some have too few in an assignment in which as few as can be are missing. NotOptimal where one could help.

    From one who is short, over those it may have and has not (each of them is full), to those who have these (each has
    no more than its least), and so on: all who are met together want more than those around them can give.
    """
    mirrored = problem.turned()
    return (
        *_shortages_of("startups", problem, frozenset(pairs)),
        *_shortages_of("mentors", mirrored, frozenset(turn(pairs))),
    )


def _shortages_of(side: str, problem: Problem, given: frozenset[Pair]) -> Iterable[Shortage]:
    may, has, had_by = defaultdict(set), defaultdict(set), defaultdict(set)
    for one, other in problem.open_pairs():
        may[one].add(other)
    for one, other in given:
        has[one].add(other)
        had_by[other].add(one)
    told: set[int] = set()
    for short in sorted(one for one, limits in problem.startups.items() if len(has[one]) < limits.least):
        if short in told:
            continue
        met, waiting, full = {short}, [short], set[int]()
        while waiting:
            one = waiting.pop()
            if len(has[one]) > problem.startups[one].least:
                raise NotOptimal(f"{side}: {one} could spare one for {short}")
            for other in may[one] - has[one] - full:
                if len(had_by[other]) < problem.mentors[other].most:
                    raise NotOptimal(f"{side}: {other} has room for {short}")
                full.add(other)
                guests = {guest for guest in had_by[other] if (guest, other) not in problem.pins} - met
                met |= guests
                waiting += guests
        told |= met
        others = set().union(*(may[one] for one in met))
        wanted = sum(problem.startups[one].least for one in met)
        possible = sum(len(has[one]) for one in met)
        yield Shortage(side, tuple(sorted(met)), tuple(sorted(others)), wanted, possible)


# what a change by hand costs


class Change(Struct, frozen=True):
    """Pairs taken out and pairs put in instead, what that does to the total, and to the wishes."""

    taken: tuple[Pair, ...]
    given: tuple[Pair, ...]
    difference: int
    broken: tuple[Breach, ...]
    """What was kept and is not any more, or is kept still less."""
    mended: tuple[Breach, ...]

    @property
    def is_allowed(self) -> bool:
        """Whether a hand may do it: a side may get too few, and nothing else."""
        return not any(each.is_hard for each in self.broken)


def weigh(problem: Problem, pairs: Collection[Pair], taken: Collection[Pair], given: Collection[Pair]) -> Change:
    """What it costs to take these pairs out and put those in; KeyError where one was not there.

    From a startup's mentor with 720 to one with 685: difference −35.
    """
    before = set(pairs)
    if not before.issuperset(taken):
        raise KeyError(min(set(taken) - before))
    after = (before - set(taken)) | set(given)
    was, then = check(problem, before), check(problem, after)
    scores = problem.scores
    difference = sum(scores.get(pair, 0) for pair in after) - sum(scores.get(pair, 0) for pair in before)
    return Change(
        tuple(sorted(taken)), tuple(sorted(given)), difference, tuple(each for each in then if each not in was),
        tuple(each for each in was if each not in then),
    )  # fmt: skip
