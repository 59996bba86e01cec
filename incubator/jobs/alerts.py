"""Staff are told of runs that failed for good or wait for too long, and of sweeps that fail again and again."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.permissions import Action
from incubator.accounts.queries import people_with
from incubator.core.clock import CHINA
from incubator.jobs.models import JobRun, SweepState
from incubator.notices.models import Notice
from incubator.notices.operations import Telling, notify_each

OVERDUE = timedelta(hours=1)
"""A run that waits longer than this is told of by mail; pages call it late after some minutes."""
RECENT = timedelta(days=7)
"""What ended longer ago is no news."""
FAILURES = 3
"""A sweep is told of when so many looks have failed in a row."""
AT_ONCE = 100


def alert(session: Session, actor: Actor, *, now: datetime) -> int:
    """Have those who may run jobs told, once of each failed end and each delay; how many things there were to tell.

    Runs that somebody asked for are theirs to look after, and are not told of. Three statements where all is well.
    """
    actor.require(Action.RUN_JOBS)
    first = func.coalesce(JobRun.retry_at, JobRun.due_at)
    failed = session.execute(
        select(JobRun.id, JobRun.finished_at)
        .where(JobRun.state == "failed", JobRun.finished_at > now - RECENT, JobRun.requested_by.is_(None))
        .order_by(JobRun.id.desc())
        .limit(AT_ONCE)
    ).all()
    late = session.execute(
        select(JobRun.id, JobRun.due_at)
        .where(JobRun.state == "waiting", first < now - OVERDUE, JobRun.requested_by.is_(None))
        .order_by(JobRun.id.desc())
        .limit(AT_ONCE)
    ).all()
    failing = session.execute(
        select(SweepState.id, SweepState.failed_at).where(SweepState.failures >= FAILURES)
    ).all()
    found = [
        *((("job_runs", run_id), f"run:{run_id}:{at:%Y%m%d%H%M%S}", "failed") for run_id, at in failed),
        *((("job_runs", run_id), f"late:{run_id}:{at:%Y%m%d%H%M%S}", "late") for run_id, at in late),
        *((("job_sweeps", state_id), f"sweep:{state_id}:{at.astimezone(CHINA):%Y%m%d}", "failing")
          for state_id, at in failing if at is not None),
    ]  # fmt: skip
    if not found:
        return 0
    people = session.execute(people_with(Action.RUN_JOBS)).scalars().all()
    keys = {f"{key}:{person_id}" for _about, key, _what in found for person_id in people}
    told = set(session.execute(select(Notice.key).where(Notice.key.in_(keys))).scalars())
    new = [each for each in found if any(f"{each[1]}:{person_id}" not in told for person_id in people)]
    tellings = [Telling(about, people, key, {"what": what}) for about, key, what in new]
    notify_each(session, now=now, kind="job", tellings=tellings)
    return len(new)
