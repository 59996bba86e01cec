"""When mentors can be met: their weekly hours and exceptions, of many at once."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Integer, cast, func, select
from sqlalchemy.dialects.postgresql import array
from sqlalchemy.orm import Session

from incubator.mentors.models import Mentor, MentorDay, MentorHours
from incubator.mentors.rules.hours import Hours, OtherDay, Week

_A_DAY = timedelta(days=1)


def get_weeks(
    session: Session, first: date, last: date, mentor_ids: Collection[int] | None = None
) -> dict[int, Week]:  # fmt: skip
    """The hours of mentors with their exceptions of `first` to `last` (and a day around them, for other zones), by
    mentor; None: of all that have not ended. One statement for however many.

    The caller has loaded the mentors through the actor.
    """
    hours = (
        select(func.array_agg(array([cast(MentorHours.weekday, Integer), MentorHours.opens_minute,
                                     MentorHours.closes_minute])))
        .where(MentorHours.mentor_id == Mentor.id).correlate(Mentor).scalar_subquery()
    )  # fmt: skip
    days = (
        select(func.jsonb_agg(func.jsonb_build_array(MentorDay.on, MentorDay.opens_minute, MentorDay.closes_minute,
                                                     MentorDay.note)))
        .where(MentorDay.mentor_id == Mentor.id, MentorDay.on >= first - _A_DAY, MentorDay.on <= last + _A_DAY)
        .correlate(Mentor).scalar_subquery()
    )  # fmt: skip
    query = select(Mentor.id, Mentor.zone, hours, days)
    query = query.where(Mentor.ended_at.is_(None) if mentor_ids is None else Mentor.id.in_(mentor_ids))
    return {
        mentor_id: Week(
            ZoneInfo(zone), tuple(sorted(Hours(*each) for each in weekly or [])),
            {date.fromisoformat(on): OtherDay(opens, closes, note) for on, opens, closes, note in other or []},
        )
        for mentor_id, zone, weekly, other in session.execute(query)
    }  # fmt: skip


def list_days(session: Session, mentor_id: int, first: date) -> Sequence[MentorDay]:
    """A mentor's exceptions from a day on, of which at most 200 can be."""
    query = select(MentorDay).where(MentorDay.mentor_id == mentor_id, MentorDay.on >= first)
    return session.execute(query.order_by(MentorDay.on)).scalars().all()
