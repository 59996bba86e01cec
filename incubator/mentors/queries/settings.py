"""Reads of the operator's numbers."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from incubator.mentors.models import MentoringSettings
from incubator.mentors.rules.ranking import Weights
from incubator.mentors.rules.vocabulary import SCORE_PARTS

NUMBERS = (*SCORE_PARTS, "prior_count", "sessions_a_year", "companies_per_mentor")


def get_settings(session: Session) -> MentoringSettings:
    """The operator's settings; without any the defaults, as a row that is not kept."""
    found = session.execute(select(MentoringSettings)).scalar_one_or_none()
    return found or MentoringSettings(**defaults())


def defaults() -> dict[str, int]:
    """What holds until the operator says otherwise."""
    columns = MentoringSettings.__table__.columns
    return {name: columns[name].default.arg for name in NUMBERS}


def numbers_of(settings: MentoringSettings) -> dict[str, int]:
    """All of them by name."""
    return {name: getattr(settings, name) for name in NUMBERS}


def weights_of(settings: MentoringSettings | None) -> Weights:
    """What the parts weigh: the operator's, or the defaults; without what the house has answered."""
    numbers = defaults() if settings is None else numbers_of(settings)
    return Weights(**{name: numbers[name] for name in (*SCORE_PARTS, "prior_count")})
