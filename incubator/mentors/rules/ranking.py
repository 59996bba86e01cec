"""How well a mentor fits what is wanted: a sum of parts, each 0…1000 by a rule of its own. Pure, integers only.

Each rule is said in its function's docstring with one number worked by hand; the number is a test.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from math import asin, cos, radians, sin, sqrt
from operator import mul
from typing import NamedTuple

from incubator.mentors.rules.sessions import SHOWN_FROM
from incubator.mentors.rules.vocabulary import FULL, SCORE_PARTS, STAGES
from incubator.startups.rules.industries import division_of

HALF = FULL // 2
ONE_HOUR = 60
WORST, BEST, MIDDLE = 1, 5, 3
FAR_KM = 50
"""From here on a place is as good as none."""
EXPLORED = 5
"""After so many sessions a mentor is known here."""
EARTH_KM = 6371
EXCLUSIONS = ("ended", "unapproved", "paused", "conflict", "unappointed", "no_capacity", "used_up")
"""Why a mentor is not suggested, whatever the sum; the first that holds is said."""


Distances = frozenset[tuple[int, int]]
"""Sites, and the kilometres to them."""


class Wanted(NamedTuple):
    """What is looked for; what is empty is not asked for, and everybody has all of it."""

    startup_id: int
    fields: frozenset[int] = frozenset()
    industry: str = ""
    """Two to four digits of GB/T 4754."""
    stage: str | None = None
    languages: frozenset[str] = frozenset()
    times: frozenset[str] = frozenset()
    """Parts of the week."""
    site_id: int | None = None
    distances: Distances = frozenset()
    """From that site to all whose coordinates are known."""


class Candidate(NamedTuple):
    """What counts of one mentor."""

    mentor_id: int
    number: int
    fields: frozenset[int] = frozenset()
    industries: tuple[str, ...] = ()
    stages: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    site_ids: tuple[int, ...] = ()
    """Where they are based, and where they come to."""
    online: bool = False
    free: int = 0
    """Minutes in the coming fortnight, in the parts of the week that are wanted."""
    capacity: int = 0
    """Minutes a month."""
    booked: int = 0
    """Minutes of sessions in this month."""
    left: int = 0
    """Minutes of their capacity not booked yet, in the months that the fortnight lies in."""
    startups: int = 0
    """How many they mentor now."""
    answers: int = 0
    points: int = 0
    """The sum of the answers, each 1 to 5."""
    sessions: int = 0
    """Held or booked, ever."""
    standing: str = ""
    """Of a mentor who takes nobody: `ended`, `unapproved` or `paused`."""
    appointed: bool = True
    """On at least one of the coming fourteen days."""
    conflicts: Mapping[int, str] = {}
    """Kinds of conflicts that are live, by startup."""


class Weights(NamedTuple):
    """What each part weighs, and what feedback is mixed with."""

    expertise: int = 40
    industry: int = 12
    stage: int = 8
    language: int = 8
    hours: int = 10
    feedback: int = 8
    load: int = 5
    distance: int = 4
    exploration: int = 5
    prior_count: int = 5
    """So many answers of the house's mean."""
    house_answers: int = 0
    house_points: int = 0
    """All answers of the house, and their sum."""

    @property
    def parts(self) -> tuple[int, ...]:
        """In the order of `SCORE_PARTS`."""
        return self[: len(SCORE_PARTS)]


class PairScore(NamedTuple):
    """How well two fit, 0…1000, and the parts before their weights, in the order of `SCORE_PARTS`."""

    total: int
    parts: dict[str, int]


class Ranked(NamedTuple):
    """A mentor with their score and its parts: plain, for there are thousands."""

    total: int
    parts: tuple[int, ...]
    candidate: Candidate

    @property
    def score(self) -> PairScore:
        return PairScore(self.total, dict(zip(SCORE_PARTS, self.parts, strict=True)))


class Excluded(NamedTuple):
    """A mentor who is not suggested, and why: one of `EXCLUSIONS`."""

    reason: str
    candidate: Candidate


def share(part: int, whole: int) -> int:
    """A part of a whole as 0…1000, rounded half up and held within: 2 of 3 is 667."""
    return min(FULL, max(0, (2 * FULL * part + whole) // (2 * whole)))


@lru_cache(maxsize=4096)
def expertise(wanted: frozenset[int], known: frozenset[int]) -> int:
    """The share of the need's fields that the mentor helps with: of three, two are known: 667. No field named: full."""
    return share(len(wanted & known), len(wanted)) if wanted else FULL


@lru_cache(maxsize=4096)
def industry(code: str, industries: tuple[str, ...]) -> int:
    """The same industry: full; another of the same division: 750; of the same section: half; otherwise nothing.

    A startup of class 6513 and a mentor of division 65: 1000; one of division 64, in section I as well: 500; of
    division 27: 0. A startup that names none: full. A mentor who names none is tied to none: half.
    """
    if not code:
        return FULL
    if not industries:
        return HALF
    return max(_one_industry(code, each) for each in industries)


def _one_industry(code: str, known: str) -> int:
    if code.startswith(known):
        return FULL
    if code[:2] == known[:2]:
        return FULL * 3 // 4
    ours, theirs = division_of(code), division_of(known)
    return HALF if ours and theirs and ours.section == theirs.section else 0


@lru_cache(maxsize=1024)
def stage(wanted: str | None, stages: tuple[str, ...]) -> int:
    """The stage is one of the mentor's: full; next to one of them: half; else nothing.

    A startup with first customers (seed) and a mentor for prototypes: 500. None asked: full. A mentor who names
    none: half.
    """
    if wanted is None or wanted in stages:
        return FULL
    if not stages:
        return HALF
    at = STAGES.index(wanted)
    return HALF if any(abs(STAGES.index(each) - at) == 1 for each in stages) else 0


@lru_cache(maxsize=1024)
def language(wanted: frozenset[str], languages: tuple[str, ...]) -> int:
    """Any language in common: full; none: nothing. None asked: full.

    Mandarin or English asked, Mandarin and Korean spoken: 1000.
    """
    return FULL if not wanted or any(each in wanted for each in languages) else 0


@lru_cache(maxsize=4096)
def hours(free: int, left: int) -> int:
    """Free minutes in the coming fortnight that suit, at most what is left of the month's capacity, against an hour.

    45 minutes free: 750; three hours free, but 30 minutes left of the capacity: 500.
    """
    return share(min(free, left), ONE_HOUR)


@lru_cache(maxsize=4096)
def feedback(answers: int, points: int, prior: int, house_answers: int, house_points: int) -> int:
    """(sum + prior × the house's mean) / (answers + prior), on 1…5 as 0…1000.

    Six answers with a sum of 29, the house's mean 4.0, prior 5: (29 + 20) / 11 = 4.4545…, which is 864. With fewer
    than five answers a mentor counts as the house's mean, 750: none of them can be guessed from a place in the list.
    While the house itself has fewer than five, its mean counts as 3.
    """
    if house_answers < SHOWN_FROM:
        house_answers, house_points = 1, MIDDLE
    if answers < SHOWN_FROM:
        answers, points, prior = 0, 0, 1
    over = points * house_answers + prior * house_points
    under = (answers + prior) * house_answers
    return share(over - WORST * under, (BEST - WORST) * under)


@lru_cache(maxsize=4096)
def load(capacity: int, booked: int, startups: int) -> int:
    """What is left of a month, where each startup that is mentored takes an hour, whether it is booked or not.

    Eight hours a month, three of them booked, four startups mentored: four hours are taken: 500.
    """
    return share(capacity - max(booked, startups * ONE_HOUR), capacity) if capacity > 0 else 0


@lru_cache(maxsize=4096)
def distance(site_id: int | None, distances: Distances, site_ids: tuple[int, ...], online: bool) -> int:
    """At the same site: full; else less by 20 for each kilometre, nothing from 50 km on; online: at least half.

    12 km away: 760; 40 km away, but the mentor meets online: 500. No site asked: full. Where coordinates are not
    known: the same site or nothing.
    """
    if site_id is None or site_id in site_ids:
        return FULL
    near = [away for each, away in distances if each in site_ids]
    found = share(FAR_KM - min(near), FAR_KM) if near else 0
    return max(found, HALF) if online else found


@lru_cache(maxsize=4096)
def exploration(sessions: int) -> int:
    """Full for a mentor without a session yet, a fifth less with each, nothing from five on: two sessions: 600."""
    return share(EXPLORED - sessions, EXPLORED)


def parts_of(wanted: Wanted, candidate: Candidate, weights: Weights) -> tuple[int, ...]:
    """Each part before its weight, in the order of `SCORE_PARTS`."""
    return (
        expertise(wanted.fields, candidate.fields),
        industry(wanted.industry, candidate.industries),
        stage(wanted.stage, candidate.stages),
        language(wanted.languages, candidate.languages),
        hours(candidate.free, candidate.left),
        feedback(candidate.answers, candidate.points, weights.prior_count, weights.house_answers,
                 weights.house_points),
        load(candidate.capacity, candidate.booked, candidate.startups),
        distance(wanted.site_id, wanted.distances, candidate.site_ids, candidate.online),
        exploration(candidate.sessions),
    )  # fmt: skip


def weigh(parts: tuple[int, ...], weights: tuple[int, ...]) -> int:
    """The weighted mean, rounded half up once. All weights 0: nobody is better than anybody, 0.

    Expertise 1000 by 40 and language 0 by 10, all other weights 0: 40,000 / 50 = 800.
    """
    whole = sum(weights)
    return (2 * sum(map(mul, parts, weights)) + whole) // (2 * whole) if whole else 0


def score(wanted: Wanted, candidate: Candidate, weights: Weights) -> PairScore:
    """How well a mentor fits: the weighted mean of the parts, and the parts."""
    parts = parts_of(wanted, candidate, weights)
    return PairScore(weigh(parts, weights.parts), dict(zip(SCORE_PARTS, parts, strict=True)))


def contributions(found: PairScore, weights: Weights) -> dict[str, int]:
    """What each part brings to the total; split by largest remainder, so that they add up to it.

    Weights 1, 1 and 1 with parts 1000, 500 and 500: the total is 667, of 333.3, 166.7 and 166.7: 333 + 167 + 167.
    """
    whole = sum(weights.parts)
    if not whole:
        return dict.fromkeys(SCORE_PARTS, 0)
    brought = [found.parts[name] * weight for name, weight in zip(SCORE_PARTS, weights.parts, strict=True)]
    points = [each // whole for each in brought]
    by_remainder = sorted(range(len(points)), key=lambda place: (-(brought[place] % whole), place))
    for place in by_remainder[: found.total - sum(points)]:
        points[place] += 1
    return dict(zip(SCORE_PARTS, points, strict=True))


def why_excluded(wanted: Wanted, candidate: Candidate, *, for_now: bool = True) -> str | None:
    """Why a mentor can't be suggested; None: they can. `for_now`: also whoever has no time left in these weeks."""
    if candidate.standing:
        return candidate.standing
    if wanted.startup_id in candidate.conflicts:
        return "conflict"
    if not candidate.appointed:
        return "unappointed"
    if not candidate.capacity:
        return "no_capacity"
    return "used_up" if for_now and candidate.left <= 0 else None


def rank(
    wanted: Wanted, candidates: Iterable[Candidate], weights: Weights
) -> tuple[list[Ranked], list[Excluded]]:
    """The best first, of the same score the lower number; and who is not in it, by number, with the reason."""
    by_part, ranked, excluded = weights.parts, [], []
    for candidate in candidates:
        reason = why_excluded(wanted, candidate)
        if reason is None:
            parts = parts_of(wanted, candidate, weights)
            ranked.append((-weigh(parts, by_part), candidate.number, parts, candidate))
        else:
            excluded.append(Excluded(reason, candidate))
    ranked.sort()  # no two have the same number: the rest is never compared
    excluded.sort(key=lambda each: each.candidate.number)
    return [Ranked(-minus, parts, candidate) for minus, _number, parts, candidate in ranked], excluded


def unite(needs: Sequence[Wanted]) -> Wanted:
    """What a startup wants by all of its needs together: every field of them; the stage that was said last.

    A language or a time suits where it suits one of them: where one asks for none, any does. The site, where all
    would meet at the same.
    """
    if len(needs) == 1:
        return needs[0]
    last = needs[-1]
    stages = [each.stage for each in needs if each.stage is not None]
    same_site = len({each.site_id for each in needs}) == 1
    return last._replace(
        fields=frozenset[int]().union(*(each.fields for each in needs)), stage=stages[-1] if stages else None,
        languages=_any_of([each.languages for each in needs]), times=_any_of([each.times for each in needs]),
        site_id=last.site_id if same_site else None, distances=last.distances if same_site else frozenset(),
    )  # fmt: skip


def _any_of(choices: Sequence[frozenset[str]]) -> frozenset[str]:
    return frozenset[str]().union(*choices) if all(choices) else frozenset()


def kilometres(here: tuple[float, float], there: tuple[float, float]) -> int:
    """The great circle between two places (latitude, longitude in degrees), in whole kilometres, rounded half up.

    Nanshan (22.53332, 113.93041) to Wuhan (30.50654, 114.39853): 888.
    """
    (a, b), (c, d) = here, there
    half = sin(radians(c - a) / 2) ** 2 + cos(radians(a)) * cos(radians(c)) * sin(radians(d - b) / 2) ** 2
    return int(2 * EARTH_KM * asin(sqrt(min(1.0, half))) + 0.5)
