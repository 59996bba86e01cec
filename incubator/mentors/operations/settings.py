"""The operator's numbers: what suggestions weigh, and what is asked of mentors."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.permissions import Action
from incubator.audit.operations import record
from incubator.core.errors import N_, Refusal
from incubator.database import current_operator
from incubator.mentors.models import MentoringSettings
from incubator.mentors.queries.settings import get_settings, numbers_of
from incubator.mentors.rules.vocabulary import SCORE_PARTS

HEAVIEST, MOST_PRIOR, MOST_SESSIONS, MOST_COMPANIES = 100, 100, 366, 1000
LIMITS: Mapping[str, tuple[int, int]] = {
    **dict.fromkeys(SCORE_PARTS, (0, HEAVIEST)), "prior_count": (0, MOST_PRIOR),
    "sessions_a_year": (0, MOST_SESSIONS), "companies_per_mentor": (1, MOST_COMPANIES),
}  # fmt: skip
"""The least and the most of each number."""


def set_settings(
    session: Session, actor: Actor, *, now: datetime, numbers: Mapping[str, int]
) -> MentoringSettings:
    """These numbers from now on; those that are not named stay. Suggestions are ranked by them at once."""
    actor.require(Action.MANAGE_MENTORS)
    check_numbers(numbers)
    session.execute(
        insert(MentoringSettings).values(operator_id=current_operator(session), changed_at=now)
        .on_conflict_do_nothing(index_elements=["operator_id"])
    )  # fmt: skip
    settings = session.execute(
        select(MentoringSettings).with_for_update().execution_options(populate_existing=True)
    ).scalar_one()
    before = numbers_of(settings)
    after = before | dict(numbers)
    if not any(after[name] for name in SCORE_PARTS):
        raise Refusal(N_("At least one part has to weigh something."), field=SCORE_PARTS[0])
    changed = {name: value for name, value in after.items() if before[name] != value}
    if not changed:
        return settings
    for name, value in changed.items():
        setattr(settings, name, value)
    settings.changed_at = now
    session.flush()
    record(session, actor, "set_mentoring", ("mentoring_settings", settings.id), now=now,
           before={name: before[name] for name in changed}, after=changed)  # fmt: skip
    return get_settings(session)


def check_numbers(numbers: Mapping[str, int]) -> None:
    """Refused where one is no number of these settings, or out of its limits."""
    for name, value in numbers.items():
        least, most = LIMITS[name]
        if not least <= value <= most:
            raise Refusal(N_("Give a number from %(least)s to %(most)s."), field=name, least=least, most=most)
