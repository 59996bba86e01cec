"""Mentorships after they are made: ended before their time."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.models import RoleGrant
from incubator.accounts.permissions import Action, Role
from incubator.audit.operations import record
from incubator.core.errors import N_, Conflict, Refusal
from incubator.core.texts import one_line
from incubator.mentors.models import Mentorship
from incubator.mentors.queries.mentorships import get_mentorship
from incubator.notices.operations import notify
from incubator.pricing.rules import check_day

A_DAY = timedelta(days=1)
LONGEST_REASON = 200


def end_mentorship(
    session: Session, actor: Actor, *, now: datetime, mentorship_id: int, last: date, reason: str
) -> Mentorship:
    """Let it end on an earlier day (inclusive) than was said, and tell both sides why; once."""
    actor.require(Action.MANAGE_MENTORS)
    row = get_mentorship(session, actor, mentorship_id)
    mentorship = row.mentorship
    session.refresh(mentorship, with_for_update=True)
    if mentorship.ended_at is not None:
        raise Conflict(N_("It has been ended already."))
    check_day(last, "last")
    if last < mentorship.first:
        raise Refusal(N_("It begins on %(day)s; it can't end before."), field="last", day=mentorship.first)
    if last >= mentorship.last:
        raise Refusal(N_("It ends on %(day)s anyway."), field="last", day=mentorship.last)
    reason = one_line(reason, "reason", LONGEST_REASON)
    if not reason:
        raise Refusal(N_("Say why: both sides are told."), field="reason")
    before = mentorship.last
    mentorship.days, mentorship.ended_at, mentorship.end_reason = Range(mentorship.first, last + A_DAY), now, reason
    session.flush()
    founders = session.execute(
        select(RoleGrant.person_id).where(
            RoleGrant.role == Role.FOUNDER, RoleGrant.startup_id == mentorship.startup_id
        )
    ).scalars()
    notify(session, now=now, kind="mentoring", about=("mentorships", mentorship.id),
           people={*founders, row.mentor.person_id}, key=f"mentorship_ended:{mentorship.id}")  # fmt: skip
    record(session, actor, "end_mentorship", ("mentorships", mentorship.id), now=now, before={"ends_on": before},
           after={"ends_on": last, "reason": reason, "startup_id": mentorship.startup_id,
                  "mentors": [row.mentor.label]})  # fmt: skip
    return mentorship
