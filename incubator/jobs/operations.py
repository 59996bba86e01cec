"""The run book's verbs. A run goes waiting → running → done or failed; its effect happens exactly once.

The one rule that makes it so: the job's own writes and `finish` commit together, and `finish` changes the run
only while it is still claimed under the name that this worker took it by. A worker that was too slow, or was
thought dead, finds no row to change and rolls its work back.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

from sqlalchemy import and_, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session, aliased

from incubator.accounts.actor import Actor
from incubator.accounts.permissions import Action
from incubator.audit.operations import record
from incubator.core.canonical import plain
from incubator.core.errors import N_, Conflict, NotFound, Refusal
from incubator.core.periods import Month
from incubator.database import current_operator
from incubator.jobs.job import Job, JobFailed, Run
from incubator.jobs.models import UNFINISHED, JobRun
from incubator.jobs.rules import LEASE, ONCE_ONLY, action_to_ask, retry_delay
from incubator.jobs.timetable import CATCH_UP_MONTHS, Monthly
from incubator.jobs.written import written_values
from incubator.spaces.models import Site
from incubator.spaces.queries import get_site


def enqueue(
    session: Session,
    actor: Actor,
    *,
    now: datetime,
    job: str,
    period: str,
    site_id: int | None = None,
    arguments: dict[str, Any] | None = None,
    due_at: datetime | None = None,
) -> JobRun:
    """Put a run into the run book, or return the one that stands there for the same job, site and period.

    However often, and by however many at once, `freeze_occupancy` of site 3 for 2026-10 is asked for, there is
    one row. The worker sees it after the caller's commit.
    """
    actor.require(action_to_ask(job))
    made = session.execute(
        insert(JobRun)
        .values(
            operator_id=current_operator(session), job=job, period=period, site_id=site_id, state="waiting",
            arguments=plain(arguments or {}), due_at=due_at or now, requested_by=actor.person_id, created_at=now,
            error_values={},
        )
        .on_conflict_do_nothing()
        .returning(JobRun.id)
    ).scalar()  # fmt: skip
    if made is None:
        same_site = JobRun.site_id.is_not_distinct_from(site_id)
        return session.execute(
            select(JobRun)
            .where(JobRun.job == job, JobRun.period == period, same_site)
            .execution_options(populate_existing=True)
        ).scalar_one()
    after = {"job": job, "period": period, "site_id": site_id}
    record(session, actor, "enqueue_job", ("job_runs", made), now=now, after=after)
    return session.get_one(JobRun, (current_operator(session), made))


def keep_timetable(session: Session, actor: Actor, *, now: datetime, jobs: Sequence[Job]) -> list[JobRun]:
    """Put into the run book what the timetable of `jobs` says is due for each site and does not stand there yet.

    Two statements where nothing is new. After an outage over three months' ends it enqueues three months, the
    oldest first.
    """
    sites = session.execute(select(Site.id, Site.zone, Site.created_at).order_by(Site.id)).all()
    names = [job.name for job in jobs]
    oldest = str(Month.of(now.date()) - (CATCH_UP_MONTHS + 1))
    stands = select(JobRun.job, JobRun.site_id, JobRun.period)
    known = {tuple(row) for row in session.execute(stands.where(JobRun.job.in_(names), JobRun.period >= oldest))}
    made = []
    for job in jobs:
        for site_id, zone, since in sites[:1] if job.once else sites:
            for due in job.schedule.due(ZoneInfo(zone), since, now) if job.schedule else ():
                if (job.name, site_id, str(due.period)) not in known:
                    made.append(
                        enqueue(session, actor, now=now, job=job.name, period=str(due.period), site_id=site_id,
                                due_at=due.due_at)
                    )  # fmt: skip
    return made


def run_for_month(
    session: Session, actor: Actor, *, now: datetime, job: Job, site_id: int, month: Month
) -> tuple[JobRun, bool]:
    """Ask by hand for a month that the timetable did not make, and whether the run is new.

    Refused before the timetable itself would run it: October 2026 in Shanghai from 1 November 00:10 there.
    """
    actor.require(action_to_ask(job.name))
    site = get_site(session, actor, site_id)
    if not isinstance(job.schedule, Monthly):
        raise NotFound
    due_at = job.schedule.due_at(month, ZoneInfo(site.zone))
    if now < due_at:
        raise Refusal(N_("This month is not over at the site: the job can run from %(at)s."), field="month", at=due_at)
    run = enqueue(session, actor, now=now, job=job.name, period=str(month), site_id=site_id, due_at=due_at)
    return run, run.created_at == now


def claim(session: Session, *, now: datetime, worker: str, jobs: Sequence[str], lease: timedelta = LEASE) -> Run | None:
    """Take the next run that is due for `worker`; None where there is nothing to do.

    Of one job and site the oldest unfinished run goes first and the later ones wait for it, so that missed
    months are made up in order. A run whose worker gave no sign of life for the length of its lease is taken
    again; so is one whose lease ends later than any lease could, because the clock was set back.
    """
    earlier = aliased(JobRun)
    is_first = ~(
        select(earlier.id)
        .where(
            earlier.job == JobRun.job,
            earlier.site_id.is_not_distinct_from(JobRun.site_id),
            earlier.state.in_(UNFINISHED),
            or_(earlier.due_at < JobRun.due_at, and_(earlier.due_at == JobRun.due_at, earlier.id < JobRun.id)),
        )
        .exists()
    )
    abandoned = or_(JobRun.lease_until < now, JobRun.lease_until > now + 2 * lease + LEASE)
    free = (
        select(JobRun.id)
        .where(
            JobRun.job.in_(jobs),
            or_(
                and_(JobRun.state == "waiting", func.coalesce(JobRun.retry_at, JobRun.due_at) <= now),
                and_(JobRun.state == "running", abandoned),
            ),
            is_first,
        )
        .order_by(JobRun.due_at, JobRun.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    row = session.execute(
        update(JobRun)
        .where(JobRun.id == free.scalar_subquery())
        .values(
            state="running", claimed_by=f"{worker}/{uuid4().hex[:8]}", lease_until=now + lease, started_at=now,
            attempts=JobRun.attempts + 1, progress_done=0, progress_total=0,
        )
        .returning(
            JobRun.id, JobRun.operator_id, JobRun.job, JobRun.site_id, JobRun.period, JobRun.arguments,
            JobRun.attempts, JobRun.requested_by, JobRun.claimed_by,
        )
        .execution_options(synchronize_session=False)
    ).one_or_none()  # fmt: skip
    return None if row is None else Run(**row._mapping, now=now)


def heartbeat(
    session: Session,
    run: Run,
    *,
    now: datetime,
    progress: tuple[int, int] | None = None,
    lease: timedelta = LEASE,
) -> bool:
    """Renew the claim, and say how far the work is. False: the run is no longer ours. Commit it at once."""
    values: dict[str, Any] = {"lease_until": now + lease}
    if progress is not None:
        values["progress_done"], values["progress_total"] = progress
    return _change_mine(session, run, values)


def finish(session: Session, run: Run, *, now: datetime, result: dict[str, Any]) -> bool:
    """Mark the run done, in the transaction of its work. False: it is no longer ours; roll everything back."""
    return _change_mine(
        session, run,
        {"state": "done", "lease_until": None, "finished_at": now, "result": plain(result), "error": None,
         "error_values": {}, "retry_at": None},
    )  # fmt: skip


def fail(session: Session, run: Run, *, now: datetime, cause: Refusal, attempts: int) -> bool:
    """Write down why an attempt failed; its work was rolled back before.

    A refusal is an answer, and final. Any other fault (the caller gives it as a sentence, `Unexpected`) is
    tried again after 1, 5, 30 minutes, and fails for good with the last of `attempts`.
    """
    final = not isinstance(cause, Unexpected) or run.attempts >= attempts
    values: dict[str, Any] = {
        "state": "failed" if final else "waiting",
        "lease_until": None,
        "finished_at": now if final else None,
        "retry_at": None if final else now + retry_delay(run.attempts),
        "error": cause.message,
        "error_values": plain(written_values(cause.values)),
        "result": plain(cause.result) if isinstance(cause, JobFailed) else None,
    }
    return _change_mine(session, run, values)


def release(session: Session, run: Run, *, now: datetime) -> bool:
    """Give a run back undone, for the next worker to take at once: this one is stopping. Costs no attempt."""
    values = {"state": "waiting", "lease_until": None, "retry_at": now, "attempts": JobRun.attempts - 1}
    return _change_mine(session, run, values)


def run_again(session: Session, actor: Actor, *, now: datetime, run_id: int) -> JobRun:
    """Do a finished run once more, by hand. Jobs are idempotent: what stands is not made twice."""
    actor.require(Action.RUN_JOBS)
    run = session.execute(
        select(JobRun).where(JobRun.id == run_id).with_for_update().execution_options(populate_existing=True)
    ).scalar_one_or_none()
    if run is None:
        raise NotFound
    actor.require(action_to_ask(run.job))
    if run.is_unfinished:
        raise Conflict(N_("This run is waiting or running already."))
    if run.state == "done" and run.job in ONCE_ONLY:
        raise Conflict(N_("This is done and cannot be done twice."))
    before = {"state": run.state, "result": run.result, "error": run.error}
    run.state, run.retry_at, run.finished_at, run.lease_until = "waiting", now, None, None
    run.attempts, run.progress_done, run.progress_total = 0, 0, 0
    run.requested_by, run.error, run.error_values, run.result = actor.person_id, None, {}, None
    session.flush()
    record(session, actor, "run_job_again", ("job_runs", run.id), now=now, before=before)
    return run


class Unexpected(Refusal):
    """A fault that is not the user's: worth another attempt."""


def _change_mine(session: Session, run: Run, values: dict[str, Any]) -> bool:
    """Change the run if it is still claimed as we claimed it: one conditional statement, one row or none."""
    changed = session.execute(
        update(JobRun)
        .where(JobRun.id == run.id, JobRun.state == "running", JobRun.claimed_by == run.claimed_by)
        .values(**values)
        .returning(JobRun.id)
        .execution_options(synchronize_session=False)
    ).all()
    return len(changed) == 1
