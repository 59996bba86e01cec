"""The jobs of reports that come by the calendar of their own: saved reports, and the yearly statistics."""

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
from incubator.reports.statistics.filings import freeze_due


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


def freeze_statistics(session: Session, actor: Actor, run: Run, progress: Progress) -> dict[str, Any]:
    """Each form that is due and complete; what is open in the others is said, and told to those who can settle it."""
    progress(0, 1)
    done = freeze_due(session, actor, now=run.now)
    if not (done.frozen or done.waiting):
        return {"outcome": "nothing"}
    names = ", ".join(f"{each.site.code if each.site else '*'} {each.year} ({each.open})" for each in done.waiting)
    return {"outcome": "waiting" if done.waiting else "frozen", "frozen": done.frozen, "names": names}


FREEZE_STATISTICS = Job(
    name="freeze_statistics",
    title=N_("Freeze the yearly statistics"),
    about=N_("Freezes what is filed for each site and is due, if nothing in it is open; else tells who can settle it."),
    run=freeze_statistics,
    group=REPORTS,
    schedule=Daily(minute=60),
    once=True,
    results={
        "frozen": N_("%(frozen)s forms were frozen."),
        "waiting": N_("%(frozen)s forms were frozen; others are due and have open fields (how many): %(names)s"),
        "nothing": N_("No form is due."),
    },
)
"""At 01:00, and again each day until nothing that is due waits."""
