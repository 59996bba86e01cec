"""What was said of mentors and startups, as far as others may see it."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.permissions import Action
from incubator.mentors.models import MentorSession, SessionFeedback
from incubator.mentors.rules.feedback import Answers
from incubator.mentors.rules.sessions import SHOWN_FROM
from incubator.mentors.rules.vocabulary import SIDES


@dataclass(frozen=True, slots=True)
class Overall:
    """All that one side has said in the house: how many answers, and their mean with one decimal."""

    count: int
    mean: Decimal | None


def get_overall(session: Session, actor: Actor) -> dict[str, Overall]:
    """By the side that says it; a mean only from five answers on."""
    actor.require(Action.SEE_MENTORING)
    rows = session.execute(
        select(SessionFeedback.side, func.count(), func.sum(SessionFeedback.rating)).group_by(SessionFeedback.side)
    ).all()
    found = {side: (count, total) for side, count, total in rows}
    return {side: _overall(*found.get(side, (0, 0))) for side in SIDES}


def _overall(count: int, total: int) -> Overall:
    if count < SHOWN_FROM:
        return Overall(count, None)
    return Overall(count, (Decimal(total) / count).quantize(Decimal("0.1"), ROUND_HALF_UP))


def answers_about_mentor(session: Session, actor: Actor, mentor_id: int) -> Answers | None:
    """What startups have said of a mentor, without names: from five answers on, below it nothing."""
    actor.require(Action.SEE_MENTORS)
    rows = session.execute(
        select(SessionFeedback.rating, SessionFeedback.remark)
        .join(MentorSession, MentorSession.id == SessionFeedback.session_id)
        .where(MentorSession.mentor_id == mentor_id, SessionFeedback.side == "startup")
        .order_by(SessionFeedback.id)
    ).all()
    shown = Answers([rating for rating, _ in rows], [remark for _, remark in rows]).shown()
    if shown is not None and not actor.is_staff:
        return Answers(shown.ratings, ())
    return shown
