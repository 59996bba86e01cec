"""Scores of pairs by two plain parts, until ranking is there: shared fields of help, and the industry."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.permissions import Action
from incubator.mentors.models import Mentor, MentorConflict, MentorField, MentoringNeed, NeedField
from incubator.mentors.rules.assignment import Pair
from incubator.mentors.rules.vocabulary import FULL
from incubator.startups.models import Startup


@dataclass(frozen=True, slots=True)
class PlainScore:
    """A pair's score: three fifths expertise, two fifths industry."""

    expertise: int
    industry: int

    @property
    def total(self) -> int:
        return (3 * self.expertise + 2 * self.industry) // 5

    @property
    def parts(self) -> list[int]:
        return [self.expertise, self.industry, 0, 0, 0, 0, 0, 0, 0]


def rank_pairs(
    session: Session, actor: Actor, *, startup_ids: Collection[int], mentor_ids: Collection[int], now: datetime
) -> dict[Pair, PlainScore]:
    """The score of every pair that is not in conflict of interest, in five statements."""
    actor.require(Action.SEE_MENTORING)
    needs, helps = defaultdict(set), defaultdict(set)
    for startup_id, field_id in session.execute(
        select(MentoringNeed.startup_id, NeedField.field_id)
        .join(NeedField, NeedField.need_id == MentoringNeed.id)
        .where(MentoringNeed.startup_id.in_(startup_ids), MentoringNeed.ended_at.is_(None))
    ):
        needs[startup_id].add(field_id)
    for mentor_id, field_id in session.execute(
        select(MentorField.mentor_id, MentorField.field_id).where(MentorField.mentor_id.in_(mentor_ids))
    ):
        helps[mentor_id].add(field_id)
    startups = session.execute(select(Startup.id, Startup.industry_code).where(Startup.id.in_(startup_ids))).all()
    mentors = session.execute(select(Mentor.id, Mentor.industries).where(Mentor.id.in_(mentor_ids))).all()
    apart = session.execute(
        select(MentorConflict.startup_id, MentorConflict.mentor_id)
        .where(MentorConflict.ended_at.is_(None), MentorConflict.startup_id.in_(startup_ids))
    ).all()  # fmt: skip
    conflicts = {(startup_id, mentor_id) for startup_id, mentor_id in apart}
    found = {}
    for startup_id, code in startups:
        for mentor_id, industries in mentors:
            if (startup_id, mentor_id) not in conflicts:
                wanted = needs[startup_id]
                shared = FULL * len(wanted & helps[mentor_id]) // len(wanted) if wanted else FULL // 2
                found[startup_id, mentor_id] = PlainScore(shared, FULL if code[:2] in industries else FULL // 2)
    return found
