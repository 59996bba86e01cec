"""Doing one claimed run: its work and its `done` in one transaction, its signs of life beside it."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from types import TracebackType
from typing import TypeVar
from uuid import uuid4

from sqlalchemy import Engine, func, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor, system_actor
from incubator.accounts.queries import get_actor
from incubator.billing.card_desk import Step
from incubator.core.errors import N_, Refusal
from incubator.database import set_operator
from incubator.jobs.job import Job, Run
from incubator.jobs.operations import Unexpected, fail, finish, heartbeat, release

log = logging.getLogger("incubator.worker")

T = TypeVar("T")

PROGRESS_SECONDS = 0.5
"""How far apart two written progress reports are, at least."""


class ClaimLost(Exception):
    """Another worker has the run now: this one's work must vanish."""


class Stopping(Exception):
    """The worker is told to stop and cannot wait for this job's end."""


@contextmanager
def operator_session(engine: Engine, operator_id: int) -> Iterator[Session]:
    """A transaction of one operator, committed at the end of the block unless it raises."""
    with Session(engine) as session:
        set_operator(session, operator_id)
        yield session
        session.commit()


def in_steps(engine: Engine, operator_id: int) -> Step:
    """Transactions of one operator, one after the other, for work that asks somebody outside between them."""

    def step(do: Callable[[Session], T]) -> T:
        with operator_session(engine, operator_id) as session:
            return do(session)

    return step


def database_now(session: Session) -> datetime:
    """The database's clock: all workers go by this one, whatever their machines' clocks say."""
    now: datetime = session.execute(select(func.clock_timestamp())).scalar_one()
    return now


class Pulse:
    """The signs of life of one run, from a thread of its own, and the job's progress."""

    def __init__(self, engine: Engine, run: Run, lease: timedelta, must_stop: Callable[[], bool]) -> None:
        self._engine, self._run, self._lease, self._must_stop = engine, run, lease, must_stop
        self._ended, self._lost = threading.Event(), threading.Event()
        self._written_at = float("-inf")
        self._thread = threading.Thread(target=self._beat_on, name=f"pulse-{run.id}", daemon=True)

    def __enter__(self) -> Pulse:
        self._thread.start()
        return self

    def __exit__(self, _kind: type[BaseException] | None, _e: BaseException | None, _t: TracebackType | None) -> None:
        self._ended.set()
        self._thread.join()

    def progress(self, done: int, total: int) -> None:
        """See `jobs.job.Progress`."""
        if self._lost.is_set():
            raise ClaimLost
        if self._must_stop():
            raise Stopping
        now = time.monotonic()
        if now - self._written_at < PROGRESS_SECONDS and done < total:
            return
        self._written_at = now
        if not self._beat((done, total)):
            raise ClaimLost

    def _beat(self, progress: tuple[int, int] | None = None) -> bool:
        with operator_session(self._engine, self._run.operator_id) as session:
            alive = heartbeat(session, self._run, now=database_now(session), progress=progress, lease=self._lease)
        if not alive:
            self._lost.set()
        return alive

    def _beat_on(self) -> None:
        while not self._ended.wait(self._lease.total_seconds() / 4) and not self._lost.is_set():
            try:
                self._beat()
            except DBAPIError:
                log.warning("run %s: no sign of life could be written; trying on", self._run.id)


def perform(
    engine: Engine,
    jobs: Mapping[str, Job],
    run: Run,
    *,
    lease: timedelta,
    must_stop: Callable[[], bool] = lambda: False,
) -> bool:
    """Do `run` to its end. Returns whether it is done; every other end is written in the run book.

    The job's writes, its audit events and `state = 'done'` are one transaction. If the worker is killed
    anywhere in here, nothing of it is in the database, and the run is taken again when its lease is over.
    """
    job = jobs[run.job]
    started = time.monotonic()
    log.info("run %s: %s of operator %s for %s begins (attempt %s)", run.id, run.job, run.operator_id, run.period,
             run.attempts)  # fmt: skip
    try:
        if run.attempts > job.attempts:
            raise Refusal(N_("The worker died %(count)s times while doing this."), count=run.attempts - 1)
        with Pulse(engine, run, lease, must_stop) as pulse, operator_session(engine, run.operator_id) as session:
            result = job.run(session, _actor_of(session, run), run, pulse.progress)
            session.flush()
            if not finish(session, run, now=database_now(session), result=result):
                raise ClaimLost
    except ClaimLost:
        log.warning("run %s: another worker has it; the work done here is undone", run.id)
        return False
    except Stopping:
        log.info("run %s: given back, this worker is stopping", run.id)
        with operator_session(engine, run.operator_id) as session:
            release(session, run, now=database_now(session))
        return False
    except Refusal as refusal:
        log.info("run %s: refused: %s", run.id, refusal)
        return _failed(engine, run, refusal, job.attempts)
    except Exception:
        reference = uuid4().hex[:8]
        log.exception("run %s: fault %s", run.id, reference)
        fault = Unexpected(N_("Something went wrong inside; the log has it under %(reference)s."), reference=reference)
        return _failed(engine, run, fault, job.attempts)
    log.info("run %s: done in %.1f s", run.id, time.monotonic() - started)
    return True


def _actor_of(session: Session, run: Run) -> Actor:
    """Who asked for it, with the rights they have now; the system where the timetable did."""
    if run.requested_by is None:
        return system_actor(run.operator_id)
    actor = get_actor(session, run.requested_by)
    if actor is None:
        raise Refusal(N_("Whoever asked for this is no longer in the team."))
    return actor


def _failed(engine: Engine, run: Run, cause: Refusal, attempts: int) -> bool:
    with operator_session(engine, run.operator_id) as session:
        if not fail(session, run, now=database_now(session), cause=cause, attempts=attempts):
            log.warning("run %s: another worker has it; nothing of this attempt counts", run.id)
    return False
