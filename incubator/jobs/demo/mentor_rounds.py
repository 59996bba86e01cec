"""The demo's rounds: this cohort's is published, the next one's is proposed and has one place too few."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.core.clock import CHINA
from incubator.core.periods import Month
from incubator.mentors.models import Mentor, MentoringRound
from incubator.mentors.operations.assigning import change_pairs, propose_round, publish_round
from incubator.mentors.operations.rounds import add_to_round, live_conflicts, open_round, wish_pair
from incubator.mentors.queries.candidates import can_mentor
from incubator.mentors.queries.ranking import rank_pairs
from incubator.mentors.queries.rounds import read_desk
from incubator.mentors.rules.assignment import Limits, Pair
from incubator.mentors.rules.changes import list_changes
from incubator.mentors.rules.ranking import PairScore
from incubator.startups.models import Startup

COHORT, MENTORS, PLACES = 16, 8, 3
NEXT_MENTORS = 4
A_DAY = timedelta(days=1)


def match_mentors(session: Session, actor: Actor, startups: Sequence[Startup], now: datetime) -> None:
    """Both rounds, of startups that are here and mentors who are appointed; nothing where there are too few."""
    today = now.astimezone(CHINA).date()
    mentors = session.execute(
        select(Mentor.id).where(*can_mentor(today)).order_by(Mentor.number).limit(MENTORS)
    ).scalars().all()  # fmt: skip
    if len(mentors) < 2 or len(startups) < 2:
        return
    ids = [each.id for each in startups]
    half = Month.of(date(today.year, 7 if today.month > 6 else 1, 1))
    first = _open(session, actor, now - 100 * A_DAY, half.first, (half + 5).last, ids[:COHORT], mentors)
    _wish(session, actor, first, now - 99 * A_DAY, ids, mentors)
    _propose(session, actor, first, now - 98 * A_DAY, now)
    publish_round(session, actor, now=now - 95 * A_DAY, round_id=first.id, despite_shortages=True)
    few = mentors[:NEXT_MENTORS]
    coming = _open(session, actor, now - 2 * A_DAY, (half + 6).first, (half + 11).last, ids[: PLACES * len(few) + 1],
                   few)  # fmt: skip
    _wish(session, actor, coming, now - 2 * A_DAY, ids, few)
    _propose(session, actor, coming, now - A_DAY, now)
    _change_one(session, actor, coming, now - A_DAY)


def _open(
    session: Session, actor: Actor, now: datetime, first: date, last: date, startups: Sequence[int],
    mentors: Sequence[int],
) -> MentoringRound:  # fmt: skip
    half = ("上半年", "first half") if first.month <= 6 else ("下半年", "second half")
    made = open_round(session, actor, now=now, name=f"{first.year} 年{half[0]}导师结对", first=first, last=last,
                      name_en=f"Mentors for the {half[1]} of {first.year}")  # fmt: skip
    for side, ids, limits in (("startups", startups, Limits(1, 2)), ("mentors", mentors, Limits(1, PLACES))):
        add_to_round(session, actor, now=now, round_id=made.id, side=side, ids=ids, limits=limits)
    return made


def _wish(
    session: Session, actor: Actor, a_round: MentoringRound, now: datetime, startups: Sequence[int],
    mentors: Sequence[int],
) -> None:  # fmt: skip
    """The first two that may be are pinned; of the next, two are kept apart."""
    apart = live_conflicts(session, startups[:2])
    both = [(one, other) for one in startups[:2] for other in mentors]
    pin = next((pair for pair in both if pair not in apart), None)
    if pin is not None:
        wish_pair(session, actor, now=now, round_id=a_round.id, startup_id=pin[0], mentor_id=pin[1], wish="pin",
                  reason="上一期合作良好，双方都希望继续")  # fmt: skip
    wish_pair(session, actor, now=now, round_id=a_round.id, startup_id=startups[1], mentor_id=mentors[-1],
              wish="exclude", reason="导师所在机构正在与该企业谈判投资")  # fmt: skip


def _propose(session: Session, actor: Actor, a_round: MentoringRound, then: datetime, today: datetime) -> None:
    def rank_today(
        session: Session, actor: Actor, *, startup_ids: Collection[int], mentor_ids: Collection[int], now: datetime
    ) -> dict[Pair, PairScore]:
        # what startups need and when mentors are free is known of today only
        return rank_pairs(session, actor, startup_ids=startup_ids, mentor_ids=mentor_ids, now=max(now, today))

    propose_round(session, actor, now=then, round_id=a_round.id, rank=rank_today)


def _change_one(session: Session, actor: Actor, a_round: MentoringRound, now: datetime) -> None:
    """What costs least of all that a hand can do with one pair."""
    desk = read_desk(session, actor, a_round.id, every_score=True)
    offered = [
        change
        for startup, mentor in sorted(desk.chosen)
        for change in list_changes(desk.problem, desk.chosen, startup, mentor)
        if change.given and not change.broken
    ]
    if offered:
        least = max(offered, key=lambda change: (change.difference, change.given))
        change_pairs(session, actor, now=now, round_id=a_round.id, taken=least.taken, given=least.given)
