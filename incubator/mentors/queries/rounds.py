"""Reads of rounds: which there are, who is in one, and how its assignment stands."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import date, timedelta
from functools import cached_property
from hashlib import sha256

from msgspec import Struct
from sqlalchemy import ScalarSelect, func, or_, select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.models import Person
from incubator.accounts.permissions import Action
from incubator.core.canonical import canonical_json
from incubator.core.errors import N_, NotFound
from incubator.core.paging import PAGE_SIZE, Page
from incubator.mentors.models import (
    Mentor,
    MentoringRound,
    RoundMentor,
    RoundPair,
    RoundStartup,
    RoundWish,
)
from incubator.mentors.rules.assignment import Breach, Limits, Pair, Problem, Shortage, check
from incubator.startups.models import Startup

SIDES = ("startups", "mentors")


def round_state(a_round: MentoringRound) -> str:
    """`published`, `discarded`, `proposed` or `draft`."""
    if a_round.published_at is not None:
        return "published"
    if a_round.discarded_at is not None:
        return "discarded"
    return "draft" if a_round.proposed_at is None else "proposed"


def first_and_last(a_round: MentoringRound) -> tuple[date, date]:
    """The first and the last day (inclusive) of its mentorships."""
    first, after_last = a_round.days.lower, a_round.days.upper
    assert first is not None and after_last is not None  # a named CHECK of the table
    return first, after_last - timedelta(days=1)


def get_round(session: Session, actor: Actor, round_id: int) -> MentoringRound:
    """A round; NotFound."""
    actor.require(Action.SEE_MENTORING)
    found = session.execute(select(MentoringRound).where(MentoringRound.id == round_id)).scalar_one_or_none()
    if found is None:
        raise NotFound(N_("There is no such round."))
    return found


class RoundRow(Struct, frozen=True):
    """A round as the list shows it."""

    round: MentoringRound
    startups: int
    mentors: int
    pairs: int
    total: int

    @property
    def state(self) -> str:
        return round_state(self.round)

    @property
    def first(self) -> date:
        return first_and_last(self.round)[0]

    @property
    def last(self) -> date:
        return first_and_last(self.round)[1]


def list_rounds(session: Session, actor: Actor, page: int = 1) -> Page[RoundRow]:
    """A page of rounds with how large they are, the latest first; in two statements."""
    actor.require(Action.SEE_MENTORING)
    number = session.execute(select(func.count()).select_from(MentoringRound)).scalar_one()

    def count(table: type[RoundStartup] | type[RoundMentor]) -> ScalarSelect[int]:
        of_round = select(func.count()).where(table.round_id == MentoringRound.id)
        return of_round.correlate(MentoringRound).scalar_subquery()

    chosen = select(RoundPair).where(RoundPair.round_id == MentoringRound.id, RoundPair.chosen)
    of_pairs = [
        chosen.with_only_columns(what).correlate(MentoringRound).scalar_subquery()
        for what in (func.count(), func.coalesce(func.sum(RoundPair.score), 0))
    ]
    rows = session.execute(
        select(MentoringRound, count(RoundStartup), count(RoundMentor), *of_pairs)
        .order_by(MentoringRound.discarded_at.is_not(None), MentoringRound.id.desc())
        .limit(PAGE_SIZE)
        .offset((page - 1) * PAGE_SIZE)
    )
    return Page([RoundRow(*row) for row in rows], page, number)


class Party(Struct, frozen=True):
    """A startup or mentor of a round, by name, with how many of the other side they are to have."""

    id: int
    label: str
    name: str
    name_en: str
    limits: Limits


class Desk(Struct, frozen=True, dict=True):
    """A round as it lies on the desk: who is in it, what is wished, the scores, and three assignments."""

    round: MentoringRound
    startups: Mapping[int, Party]
    mentors: Mapping[int, Party]
    wishes: Mapping[Pair, RoundWish]
    scores: Mapping[Pair, int]
    chosen: frozenset[Pair]
    proposal: frozenset[Pair]
    greedy: frozenset[Pair]

    @property
    def state(self) -> str:
        return round_state(self.round)

    @property
    def first(self) -> date:
        """The first day of its mentorships."""
        return first_and_last(self.round)[0]

    @property
    def last(self) -> date:
        """The last, inclusive."""
        return first_and_last(self.round)[1]

    @property
    def is_open(self) -> bool:
        """Whether it can still be changed."""
        return self.state in ("draft", "proposed")

    def pairs_wished(self, wish: str) -> frozenset[Pair]:
        """The pins, or the exclusions."""
        return frozenset(pair for pair, each in self.wishes.items() if each.wish == wish)

    @cached_property
    def problem(self) -> Problem:
        """The round as arithmetic, with the scores that were read."""
        return Problem(
            {key: each.limits for key, each in self.startups.items()},
            {key: each.limits for key, each in self.mentors.items()},
            self.scores, self.pairs_wished("pin"), self.pairs_wished("exclude"),
        )  # fmt: skip

    @property
    def fingerprint(self) -> str:
        """Of who is in it and what is wished: a proposal is of the wishes that it was made for."""
        data = self.problem.as_data()
        return sha256(canonical_json([data[key] for key in ("startups", "mentors", "pins", "exclusions")])).hexdigest()

    @property
    def is_stale(self) -> bool:
        """Whether wishes have changed since the proposal was made."""
        return self.state == "proposed" and self.round.figures.get("wishes") != self.fingerprint

    @property
    def has_room(self) -> bool:
        """Whether any mentor may have one more."""
        having = Counter(mentor for _startup, mentor in self.chosen)
        return any(having[key] < each.limits.most for key, each in self.mentors.items())

    @cached_property
    def breaches(self) -> list[Breach]:
        """What the present assignment does not keep."""
        return check(self.problem, self.chosen) if self.round.proposed_at else []

    @property
    def shortages(self) -> list[Shortage]:
        """The wishes that could not all be when the proposal was made, those whose parties are still in the round."""
        found = [
            Shortage(each["side"], tuple(each["ones"]), tuple(each["others"]), each["wanted"], each["possible"])
            for each in self.round.figures.get("shortages", [])
        ]
        sides = {"startups": (self.startups, self.mentors), "mentors": (self.mentors, self.startups)}
        return [
            each for each in found
            if all(key in sides[each.side][0] for key in each.ones)
            and all(key in sides[each.side][1] for key in each.others)
        ]  # fmt: skip


def read_desk(session: Session, actor: Actor, round_id: int, *, every_score: bool = False) -> Desk:
    """A round with all that is in it, in five statements; scores of the pairs that are in one of the assignments, or
    (`every_score`) of all that may be."""
    a_round = get_round(session, actor, round_id)
    startups = {party.id: party for party in _startups(session, round_id)}
    mentors = {party.id: party for party in _mentors(session, round_id)}
    wishes = session.execute(select(RoundWish).where(RoundWish.round_id == round_id)).scalars()
    wanted = select(
        RoundPair.startup_id, RoundPair.mentor_id, RoundPair.score, RoundPair.chosen, RoundPair.in_proposal,
        RoundPair.in_greedy,
    ).where(RoundPair.round_id == round_id)  # fmt: skip
    if not every_score:
        wanted = wanted.where(or_(RoundPair.chosen, RoundPair.in_proposal, RoundPair.in_greedy))
    rows = session.execute(wanted).all()
    sets = [frozenset((row[0], row[1]) for row in rows if row[place]) for place in (3, 4, 5)]
    return Desk(
        a_round, startups, mentors, {(each.startup_id, each.mentor_id): each for each in wishes},
        {(row[0], row[1]): row[2] for row in rows}, *sets,
    )  # fmt: skip


def _startups(session: Session, round_id: int) -> list[Party]:
    rows = session.execute(
        select(Startup.id, Startup.code, Startup.name, Startup.name_en, RoundStartup.least, RoundStartup.most)
        .join(RoundStartup, RoundStartup.startup_id == Startup.id)
        .where(RoundStartup.round_id == round_id)
        .order_by(Startup.code)
    )
    return [Party(*row[:4], Limits(*row[4:])) for row in rows]


def _mentors(session: Session, round_id: int) -> list[Party]:
    rows = session.execute(
        select(Mentor, Person.name, RoundMentor.least, RoundMentor.most)
        .join(RoundMentor, RoundMentor.mentor_id == Mentor.id)
        .join(Person, Person.id == Mentor.person_id)
        .where(RoundMentor.round_id == round_id)
        .order_by(Mentor.number)
    )
    return [Party(mentor.id, mentor.label, name, "", Limits(least, most)) for mentor, name, least, most in rows]


class Tally(Struct, frozen=True):
    """One of the assignments that are compared: its total, how many pairs, how many are missing of the least."""

    key: str
    pairs: int
    total: int
    missing: int
    shared: int
    """How many of its pairs the present assignment has as well."""
    gone: int = 0
    """Pairs of last time that can't be any more."""

    def behind(self, bound: int) -> int:
        """By how much it lies below the best."""
        return bound - self.total


def compare(session: Session, desk: Desk) -> tuple[list[Tally], MentoringRound | None]:
    """The present assignment, the proposal, greed's and last round's, all by the scores of this round; and that round.

    Last round: the latest that was published before and has one of these startups. In two statements.
    """
    found = [_tally(key, desk, pairs) for key, pairs in
             (("present", desk.chosen), ("proposal", desk.proposal), ("greedy", desk.greedy))]  # fmt: skip
    last = last_round(session, desk.round, desk.startups)
    if last is not None:
        mine, theirs = RoundPair.__table__.alias("mine"), RoundPair.__table__.alias("theirs")
        rows = session.execute(
            select(theirs.c.startup_id, theirs.c.mentor_id, mine.c.score)
            .outerjoin(mine, (mine.c.operator_id == theirs.c.operator_id) & (mine.c.round_id == desk.round.id)
                       & (mine.c.startup_id == theirs.c.startup_id) & (mine.c.mentor_id == theirs.c.mentor_id))
            .where(theirs.c.round_id == last.id, theirs.c.chosen)
        ).all()  # fmt: skip
        scores = {(row[0], row[1]): row[2] for row in rows if row[2] is not None}
        found.append(_tally("last", desk, scores, scores, gone=len(rows) - len(scores)))
    return found, last


def last_round(session: Session, a_round: MentoringRound, startup_ids: Collection[int]) -> MentoringRound | None:
    """The latest round published before this one (before now, while it is not) that has one of the startups."""
    earlier = [MentoringRound.published_at < a_round.published_at] if a_round.published_at else []
    return session.execute(
        select(MentoringRound)
        .join(RoundStartup, RoundStartup.round_id == MentoringRound.id)
        .where(MentoringRound.published_at.is_not(None), MentoringRound.id != a_round.id, *earlier,
               RoundStartup.startup_id.in_(startup_ids))
        .order_by(MentoringRound.published_at.desc())
        .limit(1)
    ).scalar_one_or_none()  # fmt: skip


def _tally(
    key: str, desk: Desk, pairs: Collection[Pair], scores: Mapping[Pair, int] | None = None, gone: int = 0
) -> Tally:
    scores = desk.scores if scores is None else scores
    problem = Problem(desk.problem.startups, desk.problem.mentors, scores)
    under = [each for each in check(problem, pairs) if not each.is_hard]
    return Tally(key, len(pairs), sum(scores[pair] for pair in pairs), sum(each.wanted - each.found for each in under),
                 len(desk.chosen.intersection(pairs)), gone)  # fmt: skip


def names_of(parties: Mapping[int, Party], ids: Sequence[int]) -> tuple[Party, ...]:
    """The parties of these ids, those that are still in the round."""
    return tuple(parties[each] for each in ids if each in parties)
