"""A job for the tests of the worker, given to it by `--registry tests.jobs.probes:JOBS`.

Its effect is one mail in the outbox; the pauses before and after it are where the tests strike.
"""

from __future__ import annotations

import time
from typing import Any

from msgspec.structs import replace
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.audit.operations import record
from incubator.core.errors import Refusal
from incubator.jobs.freezing import FREEZING_JOBS
from incubator.jobs.job import Job, Progress, Run
from incubator.jobs.packing import MAKE_PACK
from incubator.jobs.posting import POST_MONTH
from incubator.notices.models import OutboxMail

STEPS = 20


def leave_a_mark(session: Session, actor: Actor, run: Run, progress: Progress) -> dict[str, Any]:
    """Pause, write the effect, pause again; `seconds` in all."""
    if run.arguments.get("fault"):
        raise RuntimeError("a fault with a secret in it")
    if run.arguments.get("refusal"):
        raise Refusal("Not this month: %(period)s.", period=run.period)
    for step in range(STEPS):
        if step == STEPS // 2:
            session.add(OutboxMail(to_address="x@example.com", subject=run.period, text_body=""))
            record(session, actor, "leave_a_mark", ("job_runs", run.id), now=run.now)
        progress(step, STEPS)
        time.sleep(run.arguments.get("seconds", 0) / STEPS)
    return {"period": run.period}


JOBS = {"probe": Job("probe", "Probe", leave_a_mark)}

PACKING = {MAKE_PACK.name: MAKE_PACK}
"""The one job that packs a claim."""

POSTING = {POST_MONTH.name: POST_MONTH}
"""The one job of the product that posts a month, without a timetable beside it."""


def _slowed(job: Job) -> Job:
    """The job with a pause before and after its work, inside its transaction: where the tests strike; as often as they like."""

    def slowly(session: Session, actor: Actor, run: Run, progress: Progress) -> dict[str, Any]:
        time.sleep(0.05)
        result = job.run(session, actor, run, progress)
        session.flush()
        time.sleep(0.1)
        return result

    return replace(job, run=slowly, attempts=20)


FREEZING = {job.name: _slowed(job) for job in FREEZING_JOBS}
"""The jobs that freeze each kind of report, with their timetable."""
