"""The job that freezes each site's occupancy when its month is over."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.core.errors import N_
from incubator.core.periods import Month
from incubator.jobs.groups import REPORTS
from incubator.jobs.job import Job, Progress, Run
from incubator.jobs.timetable import Monthly
from incubator.reports.operations import freeze_once


def freeze(session: Session, actor: Actor, run: Run, progress: Progress) -> dict[str, Any]:
    """Version 1 of the run's site and month; where there is a version already, that one stands."""
    assert run.site_id is not None
    progress(0, 1)
    frozen, made = freeze_once(session, actor, now=run.now, site_id=run.site_id, month=Month.parse(run.period))
    return {"outcome": "frozen" if made else "stands", "version": frozen.version, "sha256": frozen.sha256.hex()}


FREEZE_OCCUPANCY = Job(
    name="freeze_occupancy",
    title=N_("Freeze the occupancy report"),
    about=N_("Makes the month's occupancy report of each site and keeps it unchangeable."),
    run=freeze,
    group=REPORTS,
    schedule=Monthly(minute=10),
    results={
        "frozen": N_("Version %(version)s was frozen."),
        "stands": N_("Version %(version)s stood already; nothing was changed."),
    },
)
