"""Freezing the figures of a period: kept with their hash, and locked where they came from."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.reports.frozen.figures import FIGURES
from incubator.reports.frozen.freezing import freeze
from incubator.reports.frozen.kind import Question
from incubator.reports.models import FrozenReport
from incubator.startups.rules.periods import Period


def freeze_figures(
    session: Session, actor: Actor, *, now: datetime, site_id: int, period: Period, reason: str = ""
) -> FrozenReport:
    """Version 1 of a period that is over; or its next version, which must say why it was made.

    Every version of figures in it is locked by it: after that a correction needs staff, who see which reports have
    used the earlier one. Where nothing has changed, and where nothing is confirmed, there is nothing to freeze.
    """
    kind = FIGURES[period.rhythm]
    return freeze(session, actor, now=now, kind=kind, question=Question(period, site_id), reason=reason)
