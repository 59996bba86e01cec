"""The demo's other frozen reports: subsidies and mentor service of each site, qualifications of the operator."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.core.clock import CHINA
from incubator.core.periods import local_instant
from incubator.reports.frozen.freezing import freeze
from incubator.reports.frozen.kind import Kind, Question
from incubator.reports.frozen.mentoring import MENTORING
from incubator.reports.frozen.qualification import QUALIFICATION
from incubator.reports.frozen.subsidies import SUBSIDIES
from incubator.spaces.models import Site
from incubator.startups.rules.periods import Period, last_ended

MONTHS = 4
"""How many months of each are frozen; the rest is left to the worker, and the last one to the visitor."""


def freeze_the_rest(session: Session, actor: Actor, sites: list[Site], now: datetime) -> None:
    """Four months of each kind, as the timetable would have made them; not the last month, which is not posted."""
    period = last_ended("month", now.astimezone(CHINA).date())
    periods: list[Period] = []
    for _ in range(MONTHS):
        period = period.previous
        periods.insert(0, period)
    for each in periods:
        for site in sites:
            for kind in (SUBSIDIES, MENTORING):
                _freeze(session, actor, kind, Question(each, site.id), site.zone)
        _freeze(session, actor, QUALIFICATION, Question(each), sites[0].zone)


def _freeze(session: Session, actor: Actor, kind: Kind, question: Question, zone: str) -> None:
    ripe = local_instant(question.period.last, 1440 * (1 + kind.ripe_days) + 10, ZoneInfo(zone))
    freeze(session, actor, now=ripe + timedelta(minutes=1), kind=kind, question=question)
