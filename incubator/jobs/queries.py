"""Reads of the run book."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from msgspec import Struct
from sqlalchemy import Select, func, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.models import Person
from incubator.accounts.permissions import Action
from incubator.core.errors import N_, NotFound
from incubator.core.paging import PAGE_SIZE, Page
from incubator.jobs.models import UNFINISHED, JobRun, SweepState
from incubator.jobs.rules import action_to_ask
from incubator.spaces.models import Site

LATE = timedelta(minutes=3)
"""A run that waits longer than this for a worker is late: there is probably none."""


class RunLine(Struct, frozen=True):
    """A run with the names of its site and of whoever asked for it (None: the timetable did)."""

    run: JobRun
    site: Site | None
    asked_by: str | None

    @property
    def seconds(self) -> float | None:
        """How long the last attempt took; None while there is no end."""
        if self.run.started_at is None or self.run.finished_at is None:
            return None
        return (self.run.finished_at - self.run.started_at).total_seconds()

    @property
    def percent(self) -> int:
        return 100 * self.run.progress_done // self.run.progress_total if self.run.progress_total else 0

    def is_late(self, now: datetime) -> bool:
        """Whether it waits though it could have been taken for some minutes."""
        return self.run.state == "waiting" and (self.run.retry_at or self.run.due_at) < now - LATE


def _lines() -> Select[JobRun, Site, str]:
    return (
        select(JobRun, Site, Person.name)
        .outerjoin(Site, Site.id == JobRun.site_id)
        .outerjoin(Person, Person.id == JobRun.requested_by)
    )


def list_runs(
    session: Session, actor: Actor, number: int, *, job: str = "", state: str = ""
) -> Page[RunLine]:  # fmt: skip
    """A page of the run book, of one job or in one state where that is asked for: what is unfinished first, then the
    newest."""
    actor.require(Action.SEE_JOBS)
    wanted = [JobRun.job == job] if job else []
    wanted += [JobRun.state == state] if state else []
    total = session.execute(select(func.count()).select_from(JobRun).where(*wanted)).scalar_one()
    unfinished = JobRun.state.in_(UNFINISHED)
    query = _lines().where(*wanted).order_by(unfinished.desc(), JobRun.created_at.desc(), JobRun.id.desc())
    rows = session.execute(query.limit(PAGE_SIZE).offset((number - 1) * PAGE_SIZE)).all()
    return Page([RunLine(*row) for row in rows], number, total)


def list_last_runs(session: Session, actor: Actor, jobs: Sequence[str]) -> dict[tuple[str, int | None], RunLine]:
    """The newest period of each job and site."""
    actor.require(Action.SEE_JOBS)
    query = (
        _lines()
        .where(JobRun.job.in_(jobs))
        .ext(distinct_on(JobRun.job, JobRun.site_id))
        .order_by(JobRun.job, JobRun.site_id, JobRun.due_at.desc(), JobRun.id.desc())
    )
    lines = [RunLine(*row) for row in session.execute(query)]
    return {(line.run.job, line.run.site_id): line for line in lines}


def list_sweep_states(session: Session, actor: Actor) -> dict[str, SweepState]:
    """How each sweep is, by its name."""
    actor.require(Action.SEE_JOBS)
    return {each.sweep: each for each in session.execute(select(SweepState)).scalars()}


def get_run(session: Session, actor: Actor, run_id: int) -> RunLine:
    """One run, for whoever may see the run book or may ask for such a job; NotFound otherwise."""
    row = session.execute(_lines().where(JobRun.id == run_id)).one_or_none()
    if row is None or not (actor.can(Action.SEE_JOBS) or actor.can(action_to_ask(row[0].job))):
        raise NotFound(N_("There is no such run."))
    return RunLine(*row)


def list_runs_of(session: Session, actor: Actor, job: str, number: int) -> Page[RunLine]:
    """A page of one job's runs, the latest first, for whoever may ask for the job."""
    actor.require(action_to_ask(job))
    total = session.execute(select(func.count()).select_from(JobRun).where(JobRun.job == job)).scalar_one()
    rows = session.execute(
        _lines()
        .where(JobRun.job == job)
        .order_by(JobRun.id.desc())
        .limit(PAGE_SIZE)
        .offset((number - 1) * PAGE_SIZE)
    ).all()
    return Page([RunLine(*row) for row in rows], number, total)
