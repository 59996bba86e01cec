"""The job that does each day's dunning at each site."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.billing.operations.dunning import dun
from incubator.core.errors import N_
from incubator.jobs.groups import REMINDERS
from incubator.jobs.job import Job, Progress, Run
from incubator.jobs.timetable import Daily


def remind(session: Session, actor: Actor, run: Run, progress: Progress) -> dict[str, Any]:
    """What the day brings for whoever owes something at the run's site."""
    assert run.site_id is not None
    progress(0, 1)
    done = dun(session, actor, now=run.now, site_id=run.site_id)
    if done.is_nothing:
        return {"outcome": "nothing"}
    return {"outcome": "done", "steps": sum(done.taken.values()), "begun": done.begun, "ended": done.ended}


DUN = Job(
    name="dun",
    title=N_("Remind of what is overdue"),
    about=N_("Takes the day's steps of dunning at each site, once they are turned on, and ends what is paid."),
    run=remind,
    group=REMINDERS,
    schedule=Daily(minute=480),
    results={
        "done": N_("%(steps)s steps taken, %(begun)s startups newly overdue, %(ended)s paid."),
        "nothing": N_("There was nothing to do."),
    },
)
