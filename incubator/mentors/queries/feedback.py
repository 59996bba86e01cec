"""What was said of mentors and startups, as far as others may see it."""

from __future__ import annotations

from decimal import Decimal

from msgspec import Struct
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.permissions import Action
from incubator.mentors.models import MentorSession, SessionFeedback
from incubator.mentors.rules.feedback import Answers, shown_mean
from incubator.mentors.rules.vocabulary import SIDES


class Overall(Struct, frozen=True):
    """All that one side has said in the house: how many answers, and their mean with one decimal."""

    count: int
    mean: Decimal | None


def get_overall(session: Session, actor: Actor) -> dict[str, Overall]:
    """By the side that says it; a mean only from five answers on."""
    actor.require(Action.SEE_MENTORING)
    rows = session.execute(
        select(SessionFeedback.side, func.count(), func.sum(SessionFeedback.rating)).group_by(SessionFeedback.side)
    ).all()
    found = {side: Overall(count, shown_mean(count, total)) for side, count, total in rows}
    return {side: found.get(side, Overall(0, None)) for side in SIDES}


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
