"""What a hand can do with one pair of an assignment, each with its cost: move it, exchange it, take it out. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator

from incubator.mentors.rules.assignment import Change, Pair, Problem, weigh


def list_changes(problem: Problem, pairs: Collection[Pair], startup: int, mentor: int | None = None) -> list[Change]:
    """All that may be done, the best total first: another mentor for the startup instead of this one (None: beside
    those it has).

    A mentor who is full gives a startup in exchange, the one with which it costs least. Where A has X (720) and B has Y
    (800), A's 685 with Y is to be had for B's 700 with X: 685 + 700 − 720 − 800 = −135. What would break a maximum, a
    pin or an exclusion is not among them; that somebody gets too few is said, and may be.
    """
    found = [each for each in _changes(problem, frozenset(pairs), startup, mentor) if each.is_allowed]
    return sorted(found, key=lambda each: (-each.difference, len(each.given), each.given))


def _changes(problem: Problem, pairs: frozenset[Pair], startup: int, mentor: int | None) -> Iterator[Change]:
    taken = [] if mentor is None else [(startup, mentor)]
    if not pairs.issuperset(taken):
        return
    guests = defaultdict(set)
    for one, other in pairs:
        guests[other].add(one)
    open_pairs = set(problem.open_pairs())
    for other, limits in problem.mentors.items():
        wanted = (startup, other)
        if wanted in pairs or wanted not in open_pairs:
            continue
        if len(guests[other]) < limits.most:
            yield weigh(problem, pairs, taken, [wanted])
        elif mentor is not None:
            swaps = [
                (problem.scores[guest, mentor] - problem.scores[guest, other], guest)
                for guest in guests[other]
                if (guest, mentor) in open_pairs and (guest, mentor) not in pairs and (guest, other) not in problem.pins
            ]
            if swaps:
                guest = max(swaps, key=lambda each: (each[0], -each[1]))[1]
                yield weigh(problem, pairs, [*taken, (guest, other)], [wanted, (guest, mentor)])
    if taken:
        yield weigh(problem, pairs, taken, [])
