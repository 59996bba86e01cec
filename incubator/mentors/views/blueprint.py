"""The blueprint that the pages of `mentors` hang on, and what its templates ask."""

from __future__ import annotations

from datetime import date, datetime

from flask import Blueprint

from incubator.accounts.access import current_actor
from incubator.core.clock import CHINA, utc_now
from incubator.mentors import presenting, round_pages, wording
from incubator.mentors.models import MentorAppointment
from incubator.mentors.queries.appointments import state_of
from incubator.mentors.queries.conflicts import ConflictRow
from incubator.mentors.rules.hours import WEEKDAYS

blueprint = Blueprint("mentors", __name__)



@blueprint.context_processor
def words() -> dict[str, object]:
    """The names of kinds, stages, languages and the like, for every template of mentors."""
    return {
        "mentor_words": wording, "profile_words": presenting, "weekdays": WEEKDAYS, "local_day": local_day,
        "round_words": round_pages, "appointment_state": appointment_state, "may_end_conflict": may_end_conflict,
    }  # fmt: skip


def local_day(at: datetime) -> date:
    """The day on which something was said: by the clock of the house."""
    return at.astimezone(CHINA).date()


def appointment_state(appointment: MentorAppointment, today: date | None = None) -> str:
    """`coming`, `current`, `past` or `ended`."""
    return state_of(appointment, today or local_day(utc_now()))


def may_end_conflict(row: ConflictRow) -> bool:
    """Whether the reader may end it."""
    return row.may_end(current_actor())
