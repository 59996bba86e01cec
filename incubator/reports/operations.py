"""Freezing a site's month of occupancy: what pages and jobs ask for by its month."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.core.periods import Month
from incubator.reports.frozen import freezing
from incubator.reports.frozen.kind import Question
from incubator.reports.frozen.occupancy import OCCUPANCY
from incubator.reports.models import FrozenReport
from incubator.startups.rules.periods import Period


def freeze_occupancy(
    session: Session, actor: Actor, *, now: datetime, site_id: int, month: Month, reason: str = ""
) -> FrozenReport:
    """Version 1 of a month that is over; or its next version, which must say why it was made.

    Where nothing has changed since the last version there is nothing to freeze: Conflict. October 2026 in
    Shanghai can be frozen from 1 November 00:00 there.
    """
    return freezing.freeze(session, actor, now=now, kind=OCCUPANCY, question=_of(site_id, month), reason=reason)


def freeze_once(
    session: Session, actor: Actor, *, now: datetime, site_id: int, month: Month
) -> tuple[FrozenReport, bool]:
    """The month's newest frozen version, made now if it had none, and whether it was made."""
    return freezing.freeze_once(session, actor, now=now, kind=OCCUPANCY, question=_of(site_id, month))


def _of(site_id: int, month: Month) -> Question:
    return Question(Period("month", month.first), site_id)
