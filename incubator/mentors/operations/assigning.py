"""A round's proposal: scores frozen, the best assignment found, changed by hand, and published as mentorships."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from datetime import date, datetime, timedelta
from typing import Any, Protocol

from msgspec.structs import asdict
from sqlalchemy import case, delete, false, func, select, true, tuple_, update
from sqlalchemy.dialects.postgresql import Range, insert
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.models import RoleGrant
from incubator.accounts.permissions import Action, Role
from incubator.audit.operations import record
from incubator.core.errors import N_, Conflict, NotFound, Refusal
from incubator.database import current_operator
from incubator.mentors.models import Mentor, MentoringRound, Mentorship, RoundPair
from incubator.mentors.operations.rounds import live_conflicts, lock_round
from incubator.mentors.queries.rounds import Desk, read_desk
from incubator.mentors.rules.assignment import Breach, Pair, Problem, Solution, assign_greedily, contradictions, weigh
from incubator.mentors.rules.vocabulary import SCORE_PARTS
from incubator.mentors.solving import solve as solve_beside
from incubator.notices.operations import notify

A_DAY = timedelta(days=1)


class PairScore(Protocol):
    """What ranking says of one pair."""

    @property
    def total(self) -> int: ...
    @property
    def parts(self) -> Mapping[str, int]: ...


class Rank(Protocol):
    """Scores of all pairs that may be; a pair in conflict of interest is not among them."""

    def __call__(
        self, session: Session, actor: Actor, *, startup_ids: Collection[int], mentor_ids: Collection[int],
        now: datetime,
    ) -> Mapping[Pair, PairScore]: ...  # fmt: skip


Solve = Callable[[Problem], Solution]


def propose_round(
    session: Session, actor: Actor, *, now: datetime, round_id: int, rank: Rank, solve: Solve = solve_beside
) -> Solution:
    """Freeze the score of every pair that may be, and propose the assignment of the best total; greed's stands beside.

    What was proposed before, and changed by hand, is gone. Refused where pins contradict the rest; Conflict where the
    wishes were changed while it was solved, for which nothing is locked.
    """
    actor.require(Action.MANAGE_MENTORS)
    desk = read_desk(session, actor, round_id)
    if not desk.startups or not desk.mentors:
        raise Refusal(N_("Choose the startups and the mentors of the round first."))
    scores = rank(session, actor, startup_ids=list(desk.startups), mentor_ids=list(desk.mentors), now=now)
    problem = Problem(desk.problem.startups, desk.problem.mentors, {pair: scores[pair].total for pair in scores},
                      desk.problem.pins, desk.problem.exclusions)  # fmt: skip
    if found := contradictions(problem):
        raise _contradiction(desk, found[0])
    solution, greedy = solve(problem), set(assign_greedily(problem))
    a_round = lock_round(session, actor, round_id)
    if read_desk(session, actor, round_id).fingerprint != desk.fingerprint:
        raise Conflict(N_("The round was changed while its assignment was looked for. Propose it again."))
    session.execute(delete(RoundPair).where(RoundPair.round_id == round_id))
    proposed, operator_id = set(solution.pairs), current_operator(session)
    rows = [
        {"operator_id": operator_id, "round_id": round_id, "startup_id": pair[0], "mentor_id": pair[1],
         "score": scores[pair].total, "parts": [scores[pair].parts[name] for name in SCORE_PARTS],
         "in_proposal": pair in proposed, "chosen": pair in proposed, "in_greedy": pair in greedy}
        for pair in sorted(scores)
    ]  # fmt: skip
    if rows:
        session.execute(insert(RoundPair), rows)
    a_round.proposed_at = now
    a_round.figures = {
        "total": solution.total, "bound": solution.bound, "greedy": problem.total(greedy),
        "shortages": [asdict(each) for each in solution.shortages], "wishes": desk.fingerprint,
    }  # fmt: skip
    record(session, actor, "propose_round", ("mentoring_rounds", round_id), now=now,
           after={"pairs": len(proposed), "total": solution.total, "bound": solution.bound,
                  "greedy": a_round.figures["greedy"], "short": len(solution.shortages)})  # fmt: skip
    return solution


def change_pairs(
    session: Session, actor: Actor, *, now: datetime, round_id: int, taken: Collection[Pair], given: Collection[Pair]
) -> int:
    """Take pairs out and put others in, by hand; by how much the total changes.

    Refused where it would break a maximum, a pin or an exclusion, or join who is in conflict; that somebody has too few
    then is not. Conflict where a pair that is taken out is not there any more, or one put in is there already; NotFound
    for who is not in the round.
    """
    lock_round(session, actor, round_id)
    desk = read_desk(session, actor, round_id, every_score=True)
    if desk.state != "proposed" or not (taken or given):
        raise Refusal(N_("There is no proposal yet."))
    if any(startup not in desk.startups or mentor not in desk.mentors for startup, mentor in given):
        raise NotFound
    if not desk.chosen.issuperset(taken) or desk.chosen.intersection(given):
        raise Conflict(N_("Somebody has changed these pairs meanwhile. Look at the round again."))
    change = weigh(desk.problem, desk.chosen, taken, given)
    if not change.is_allowed:
        raise _not_allowed(desk, next(each for each in change.broken if each.is_hard))
    if live_conflicts(session, {pair[0] for pair in given}).intersection(given):
        raise Refusal(N_("They have a conflict of interest, and can't be a pair."))
    which = tuple_(RoundPair.startup_id, RoundPair.mentor_id)
    session.execute(
        update(RoundPair)
        .where(RoundPair.round_id == round_id, which.in_([*taken, *given]))
        .values(chosen=case((which.in_(list(given)), true()), else_=false())),
        execution_options={"synchronize_session": False},
    )
    record(session, actor, "change_round_pairs", ("mentoring_rounds", round_id), now=now,
           before={"pairs": [_label(desk, pair) for pair in sorted(taken)]},
           after={"pairs": [_label(desk, pair) for pair in sorted(given)],
                  "difference": change.difference})  # fmt: skip
    return change.difference


def publish_round(
    session: Session, actor: Actor, *, now: datetime, round_id: int, despite_shortages: bool = False
) -> list[Mentorship]:
    """Make the present pairs mentorships of the round's days, and tell both sides; those that are new.

    A pair that has one already goes on with it: the new one begins when that ends, and there is none where it lasts as
    long. Refused where a pair breaks a maximum, a pin or an exclusion, is in conflict of interest by now, or its mentor
    has ended; and where somebody has too few, unless that is said to be meant.
    """
    a_round = lock_round(session, actor, round_id)
    desk = read_desk(session, actor, round_id)
    if desk.state != "proposed":
        raise Refusal(N_("There is no proposal yet."))
    if not desk.chosen:
        raise Refusal(N_("There is no pair to be published."))
    if hard := [each for each in desk.breaches if each.is_hard]:
        raise _not_allowed(desk, hard[0])
    _check_still_possible(session, desk)
    if desk.breaches and not despite_shortages:
        raise Refusal(N_("Some have fewer than they are to have at least. Say that this is meant."),
                      field="despite_shortages")  # fmt: skip
    made = _make_mentorships(session, actor, now, a_round, desk.chosen)
    a_round.published_at, a_round.published_by = now, actor.person_id
    _tell(session, a_round, desk.chosen, now)
    record(session, actor, "publish_round", ("mentoring_rounds", round_id), now=now,
           after={"name": a_round.name, "pairs": len(desk.chosen), "made": len(made),
                  "total": desk.problem.total(desk.chosen)})  # fmt: skip
    return made


def _check_still_possible(session: Session, desk: Desk) -> None:
    if gone := sorted(live_conflicts(session, {pair[0] for pair in desk.chosen}) & desk.chosen):
        raise Refusal(N_("%(startup)s and %(mentor)s have a conflict of interest by now: change the pair first."),
                      **_names(desk, *gone[0]))  # fmt: skip
    ended = session.execute(
        select(Mentor.id)
        .where(Mentor.id.in_({pair[1] for pair in desk.chosen}), Mentor.ended_at.is_not(None))
        .order_by(Mentor.id)
        .limit(1)
    ).scalar()
    if ended is not None:
        raise Refusal(N_("%(mentor)s is no mentor here any more: change the pairs first."), mentor=desk.mentors[ended])


def _make_mentorships(
    session: Session, actor: Actor, now: datetime, a_round: MentoringRound, pairs: Collection[Pair]
) -> list[Mentorship]:
    """One for each pair, on the days of the round from when an earlier one has ended."""
    first, after_last = a_round.days.lower, a_round.days.upper
    assert first is not None and after_last is not None  # a named CHECK of the table
    until = session.execute(
        select(Mentorship.startup_id, Mentorship.mentor_id, func.max(func.upper(Mentorship.days)))
        .where(tuple_(Mentorship.startup_id, Mentorship.mentor_id).in_(list(pairs)),
               Mentorship.days.overlaps(a_round.days))
        .group_by(Mentorship.startup_id, Mentorship.mentor_id)
    )  # fmt: skip
    begins: dict[Pair, date] = {(startup_id, mentor_id): day for startup_id, mentor_id, day in until}
    made = [
        Mentorship(startup_id=pair[0], mentor_id=pair[1], round_id=a_round.id, made_at=now, made_by=actor.person_id,
                   days=Range(begins.get(pair, first), after_last), end_reason="")
        for pair in sorted(pairs)
        if begins.get(pair, first) < after_last
    ]  # fmt: skip
    session.add_all(made)
    session.flush()
    return made


def _tell(session: Session, a_round: MentoringRound, pairs: Collection[Pair], now: datetime) -> None:
    """One letter to each founder and each mentor, however many pairs are theirs."""
    founders = select(RoleGrant.person_id).where(
        RoleGrant.role == Role.FOUNDER, RoleGrant.startup_id.in_({pair[0] for pair in pairs})
    )
    mentors = select(Mentor.person_id).where(Mentor.id.in_({pair[1] for pair in pairs}))
    people = session.execute(founders.union(mentors)).scalars().all()
    notify(session, now=now, kind="mentoring", about=("mentoring_rounds", a_round.id), people=people,
           key=f"mentoring_round:{a_round.id}")  # fmt: skip


def _names(desk: Desk, startup: int | None, mentor: int | None) -> dict[str, Any]:
    return {"startup": desk.startups[startup or 0], "mentor": desk.mentors[mentor or 0]}


def _label(desk: Desk, pair: Pair) -> str:
    return f"{desk.startups[pair[0]].label} · {desk.mentors[pair[1]].label}"


def _contradiction(desk: Desk, breach: Breach) -> Refusal:
    if breach.kind == "conflict":
        return Refusal(N_("%(startup)s and %(mentor)s are pinned, and can't be a pair: a conflict of interest, or the "
                          "mentor is not appointed now. Take the pin back."),
                       **_names(desk, breach.startup, breach.mentor))  # fmt: skip
    return _over(desk, breach)


def _not_allowed(desk: Desk, breach: Breach) -> Refusal:
    if breach.kind.endswith("_over"):
        return _over(desk, breach)
    both = _names(desk, breach.startup, breach.mentor)
    if breach.kind == "pin":
        return Refusal(N_("%(startup)s and %(mentor)s are pinned to each other: take the pin back first."),
                       **both)  # fmt: skip
    if breach.kind == "excluded":
        return Refusal(N_("%(startup)s and %(mentor)s are not to be a pair: take the exclusion back first."),
                       **both)  # fmt: skip
    return Refusal(N_("%(startup)s and %(mentor)s have no score: a conflict of interest, no appointment, or one of "
                      "them came later."), **both)  # fmt: skip


def _over(desk: Desk, breach: Breach) -> Refusal:
    who = desk.startups[breach.startup] if breach.startup is not None else desk.mentors[breach.mentor or 0]
    return Refusal(N_("%(who)s would have %(count)s, and may have %(most)s at most."), who=who, count=breach.found,
                   most=breach.wanted)  # fmt: skip
