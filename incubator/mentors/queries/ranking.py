"""Who fits a need, best first; and how well startups and mentors fit as pairs."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime

from msgspec import Struct
from sqlalchemy import select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.models import Person
from incubator.accounts.permissions import Action
from incubator.core.paging import Page
from incubator.mentors.models import Mentor, MentoringNeed
from incubator.mentors.queries.facts import Read, read_candidates, read_house, read_wanted
from incubator.mentors.queries.needs import get_need
from incubator.mentors.rules.ranking import (
    Candidate,
    Excluded,
    PairScore,
    Ranked,
    Wanted,
    Weights,
    contributions,
    rank,
    score,
    why_excluded,
)

SUGGESTED = 10
"""To a page."""
EXCLUDED_SHOWN = 50
COMPARED = 10


class Face(Struct, frozen=True):
    """What a card shows of a mentor."""

    id: int
    number: int
    name: str
    headline: str
    headline_en: str
    kind: str
    rate_minor: int | None
    currency: str
    takes_vouchers: bool

    @property
    def label(self) -> str:
        return f"M-{self.number:03}"


class Suggestion(Struct, frozen=True):
    """A mentor for a need: the place in the list, the score, and what each part brings to it."""

    place: int
    face: Face
    score: PairScore
    points: Mapping[str, int]
    candidate: Candidate


class Missing(Struct, frozen=True):
    """A mentor who is not in the list, and why."""

    face: Face
    reason: str
    conflict: str
    """Its kind, where that is the reason."""


class Move(Struct, frozen=True):
    """Where a mentor stands in the ranking of a need now, and where by other weights; with both totals."""

    face: Face
    place: int
    total: int
    place_then: int
    total_then: int

    @property
    def places_up(self) -> int:
        """How many places they would gain; below zero: lose."""
        return self.place - self.place_then


class Comparison(Struct, frozen=True):
    """The best of one need by the weights that hold and by others, in the order of the others."""

    need: MentoringNeed
    moves: tuple[Move, ...]


class Facts(Struct, frozen=True):
    """All that one need's ranking rests on; to be ranked by these weights, or by others."""

    wanted: Wanted
    candidates: tuple[Candidate, ...]
    weights: Weights


class Suggestions(Struct, frozen=True):
    """A page of the ranking of one need, and, for staff, who is missing."""

    wanted: Wanted
    weights: Weights
    page: Page[Suggestion]
    missing: tuple[Missing, ...] = ()
    missing_total: int = 0


def read_facts(session: Session, actor: Actor, need: MentoringNeed, *, now: datetime) -> Facts:
    """What the ranking for a need rests on, in four statements."""
    if not actor.can(Action.SEE_MENTORING):
        actor.require_for(Action.SEEK_MENTORS, need.startup_id)
    house = read_house(session)
    wanted = read_wanted(session, house, [need.startup_id], now=now, need_id=need.id)[need.startup_id]
    week = house.week_of(wanted)
    read = read_candidates(session, now=now, startup_ids=[need.startup_id], fields=wanted.fields, weeks=[week])
    return Facts(wanted, tuple(read.by_week[week]), _with_house(house.weights, read))


def rank_for_need(
    session: Session, actor: Actor, need: MentoringNeed, *, now: datetime, page: int = 1, limit: int = SUGGESTED
) -> Suggestions:
    """The mentors for a need, best first, a page of them with what each part brings: five statements, however many.

    Staff also see who is not suggested, and why.
    """
    facts = read_facts(session, actor, need, now=now)
    ranked, excluded = rank(facts.wanted, facts.candidates, facts.weights)
    first = (page - 1) * limit
    shown = ranked[first : first + limit]
    missing = excluded[:EXCLUDED_SHOWN] if actor.can(Action.SEE_MENTORING) else []
    here = [*(each.candidate for each in shown), *(each.candidate for each in missing)]
    faces = list_faces(session, [each.mentor_id for each in here])
    return Suggestions(
        facts.wanted, facts.weights, Page(_suggestions(shown, first, faces, facts.weights), page, len(ranked), limit),
        tuple(_missing(each, faces, facts.wanted) for each in missing),
        len(excluded) if actor.can(Action.SEE_MENTORING) else 0,
    )  # fmt: skip


def compare_weights(
    session: Session, actor: Actor, need_id: int, weights: Weights, *, now: datetime, shown: int = COMPARED
) -> Comparison:
    """Who stands first for a need by the weights that hold, and by others: whoever is among the first by either."""
    actor.require(Action.MANAGE_MENTORS)
    need = get_need(session, actor, need_id)
    facts = read_facts(session, actor, need, now=now)
    then = weights._replace(house_answers=facts.weights.house_answers, house_points=facts.weights.house_points)
    both = [rank(facts.wanted, facts.candidates, each)[0] for each in (facts.weights, then)]
    places = [
        {each.candidate.mentor_id: (place, each.total) for place, each in enumerate(ranked, 1)} for ranked in both
    ]
    first = {each.candidate.mentor_id for ranked in both for each in ranked[:shown]}
    faces = list_faces(session, first)
    moves = [Move(faces[each], *places[0][each], *places[1][each]) for each in first]
    return Comparison(need, tuple(sorted(moves, key=lambda move: move.place_then)))


def rank_pairs(
    session: Session, actor: Actor, *, startup_ids: Collection[int], mentor_ids: Collection[int], now: datetime
) -> dict[tuple[int, int], PairScore]:
    """The score of each startup with each mentor that may be, in four statements, however many.

    A startup wants what its open needs want together; without one, somebody of its industry, near its site. Pairs with
    a conflict, and mentors who take nobody, are left out.
    """
    actor.require(Action.SEE_MENTORING)
    house = read_house(session)
    wanted = read_wanted(session, house, startup_ids, now=now)
    if not wanted:
        return {}
    chosen, fields = frozenset(mentor_ids), frozenset[int]().union(*(each.fields for each in wanted.values()))
    weeks = {startup_id: house.week_of(each) for startup_id, each in wanted.items()}
    read = read_candidates(session, now=now, startup_ids=startup_ids, fields=fields, weeks=set(weeks.values()))
    weights = _with_house(house.weights, read)
    return {
        (startup_id, candidate.mentor_id): score(each, candidate, weights)
        for startup_id, each in wanted.items()
        for candidate in read.by_week[weeks[startup_id]]
        if candidate.mentor_id in chosen and why_excluded(each, candidate, for_now=False) is None
    }


def _with_house(weights: Weights, read: Read) -> Weights:
    return weights._replace(house_answers=read.answers, house_points=read.points)


def list_faces(session: Session, mentor_ids: Collection[int]) -> dict[int, Face]:
    """What cards show of these mentors."""
    rows = session.execute(
        select(Mentor.id, Mentor.number, Person.name, Mentor.headline, Mentor.headline_en, Mentor.kind,
               Mentor.rate_minor, Mentor.currency, Mentor.takes_vouchers)
        .join(Person, Person.id == Mentor.person_id)
        .where(Mentor.id.in_(mentor_ids))
    )  # fmt: skip
    return {row[0]: Face(*row) for row in rows}


def _suggestions(
    shown: list[Ranked], first: int, faces: Mapping[int, Face], weights: Weights
) -> list[Suggestion]:
    return [
        Suggestion(first + place, faces[each.candidate.mentor_id], each.score, contributions(each.score, weights),
                   each.candidate)
        for place, each in enumerate(shown, 1)
    ]  # fmt: skip


def _missing(excluded: Excluded, faces: Mapping[int, Face], wanted: Wanted) -> Missing:
    candidate = excluded.candidate
    kind = candidate.conflicts.get(wanted.startup_id, "") if excluded.reason == "conflict" else ""
    return Missing(faces[candidate.mentor_id], excluded.reason, kind)
