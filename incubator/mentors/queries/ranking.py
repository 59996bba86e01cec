"""Who fits a need, best first; and how well startups and mentors fit as pairs."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.models import Person
from incubator.accounts.permissions import Action
from incubator.core.paging import Page
from incubator.mentors.models import Mentor, MentoringNeed
from incubator.mentors.queries.facts import read_candidates, read_house, read_wanted
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


@dataclass(frozen=True, slots=True)
class Face:
    """What a card shows of a mentor."""

    id: int
    number: int
    name: str
    headline: str
    headline_en: str
    kind: str
    is_paid: bool

    @property
    def label(self) -> str:
        return f"M-{self.number:03}"


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A mentor for a need: the place in the list, the score, and what each part brings to it."""

    place: int
    face: Face
    score: PairScore
    points: Mapping[str, int]
    candidate: Candidate


@dataclass(frozen=True, slots=True)
class Missing:
    """A mentor who is not in the list, and why."""

    face: Face
    reason: str
    conflict: str
    """Its kind, where that is the reason."""


@dataclass(frozen=True, slots=True)
class Facts:
    """All that one need's ranking rests on; to be ranked by these weights, or by others."""

    wanted: Wanted
    candidates: tuple[Candidate, ...]
    weights: Weights


@dataclass(frozen=True, slots=True)
class Suggestions:
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
    zone = house.zone_of(wanted.site_id)
    read = read_candidates(session, now=now, startup_ids=[need.startup_id], fields=wanted.fields, zones=[zone])
    return Facts(wanted, tuple(read[zone]), house.weights)


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
    fields = frozenset[int]().union(*(each.fields for each in wanted.values()))
    zones = {startup_id: house.zone_of(each.site_id) for startup_id, each in wanted.items()}
    read = read_candidates(session, now=now, startup_ids=startup_ids, fields=fields, zones=set(zones.values()),
                           mentor_ids=mentor_ids)  # fmt: skip
    return {
        (startup_id, candidate.mentor_id): score(each, candidate, house.weights)
        for startup_id, each in wanted.items()
        for candidate in read[zones[startup_id]]
        if why_excluded(each, candidate, for_now=False) is None
    }


def list_faces(session: Session, mentor_ids: Collection[int]) -> dict[int, Face]:
    """What cards show of these mentors."""
    rows = session.execute(
        select(Mentor.id, Mentor.number, Person.name, Mentor.headline, Mentor.headline_en, Mentor.kind,
               Mentor.rate_minor.is_not(None))
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
