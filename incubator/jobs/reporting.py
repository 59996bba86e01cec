"""The job that makes the saved reports that are due on a day."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.core.errors import N_
from incubator.jobs.groups import REPORTS
from incubator.jobs.job import Job, Progress, Run
from incubator.jobs.timetable import Daily
from incubator.reports.builder.operations import make_due


def make(session: Session, actor: Actor, run: Run, progress: Progress) -> dict[str, Any]:
    """Each report that is due on the run's day, once."""
    progress(0, 1)
    done = make_due(session, actor, now=run.now, today=date.fromisoformat(run.period))
    if not (done.made or done.passed_over):
        return {"outcome": "nothing"}
    return {"outcome": "done", "made": done.made, "told": done.told, "passed_over": done.passed_over}


MAKE_REPORTS = Job(
    name="make_reports",
    title=N_("Make the saved reports"),
    about=N_("Makes each saved report that is due on the day, keeps what it says, and mails it."),
    run=make,
    group=REPORTS,
    schedule=Daily(minute=420),
    once=True,
    results={
        "done": N_("%(made)s reports made, %(told)s people told, %(passed_over)s passed over."),
        "nothing": N_("There was nothing to do."),
    },
)
"""At 07:00, after the night's postings and freezing."""
