"""The worker: `python -m incubator.jobs.worker`, as many of them as one likes.

APScheduler only wakes things up; what is to be done stands in the run book. The worker looks there about once
a second for each operator in turn, keeps the timetable, and does the sweeps (`sweeps`). It may be killed at any
point. SIGTERM and SIGINT let the job in hand come to its end for a few seconds, then give it back.
"""

from __future__ import annotations

import argparse
import importlib
import logging
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from types import FrameType

from apscheduler.schedulers.background import BackgroundScheduler
from msgspec import Struct
from sqlalchemy import Engine, create_engine, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

import incubator.models  # noqa: F401  the metadata must be whole before the first mapper is used
from incubator.accounts.actor import system_actor
from incubator.accounts.models import Tenant
from incubator.billing import card_keys
from incubator.core import sealing
from incubator.database import INSTALLATION, as_operator, set_operator
from incubator.documents import stores
from incubator.jobs.job import Job, Run
from incubator.jobs.operations import claim, keep_timetable
from incubator.jobs.performing import database_now, operator_session, perform
from incubator.jobs.registry import JOBS
from incubator.jobs.rules import LEASE
from incubator.jobs.sweep import Surroundings
from incubator.jobs.sweeping import Sweeper
from incubator.jobs.sweeps import WAKES, Wake
from incubator.settings import Settings

log = logging.getLogger("incubator.worker")

AWAY_SECONDS = 10
"""How long to wait at most before the database is tried again."""


class Pace(Struct, frozen=True):
    """How often things are looked at, in seconds."""

    poll: float = 1.0
    lease: float = LEASE.total_seconds()
    timetable: float = 30.0
    grace: float = 8.0
    """How long a job may go on after the worker was told to stop."""


class Worker:
    """One process: jobs one after the other in the main thread; timetable and sweeps in APScheduler's."""

    def __init__(self, settings: Settings, jobs: Mapping[str, Job], pace: Pace) -> None:
        self.settings, self.jobs, self.pace = settings, jobs, pace
        self.engine = make_engine(settings, pace.lease)
        self._stopping, self._wake = threading.Event(), threading.Event()
        stores.use(settings.file_store)
        sealing.use(settings.sealing_keys)
        card_keys.use(settings.stripe_api)
        self._sweeper = Sweeper(Surroundings(self.engine, settings, self._stopping.is_set))
        self.name = f"{socket.gethostname()}:{os.getpid()}"
        self._stop_by = float("inf")
        self._turn = 0
        self._scheduler = BackgroundScheduler(timezone=UTC)

    def run(self) -> int:
        """Work until told to stop; the exit status."""
        wakes = [(self._keep_timetables, self.pace.timetable)]
        wakes += [(partial(self._look, wake), wake.every) for wake in WAKES]
        for wake, seconds in wakes:
            self._scheduler.add_job(
                wake, "interval", seconds=seconds, next_run_time=datetime.now(UTC), coalesce=True, max_instances=1,
                misfire_grace_time=None,
            )  # fmt: skip
        self._scheduler.start()
        log.info("worker %s is ready: %s", self.name, ", ".join(sorted(self.jobs)))
        clock = Clock()
        away = 0.0
        while not self._stopping.is_set():
            if clock.jumped():
                self._wake_everything()
            started = time.monotonic()
            try:
                found = self.work_once()
                away = 0.0
            except DBAPIError as error:
                found, away = False, min(AWAY_SECONDS, max(self.pace.poll, away * 2))
                log.warning("the database is away, trying again in %.0f s: %s", away, _first_line(error))
            if not found:
                # looking costs at most a sixth of the time, however many operators there are
                self._rest(max(self.pace.poll, 5 * (time.monotonic() - started), away))
        self._scheduler.shutdown(wait=True)
        self.engine.dispose()
        log.info("worker %s has stopped", self.name)
        return 0

    def stop(self, _number: int = 0, _frame: FrameType | None = None) -> None:
        """Take nothing new; what is in hand has a few seconds."""
        self._stop_by = time.monotonic() + self.pace.grace
        self._stopping.set()
        self._wake.set()

    def work_once(self) -> bool:
        """Claim one run and do it; False where nothing is due."""
        run = self._claim()
        if run is None:
            return False
        perform(self.engine, self.jobs, run, lease=timedelta(seconds=self.pace.lease), must_stop=self._must_stop)
        return True

    def _claim(self) -> Run | None:
        """The next run of whichever operator's turn it is: one with much to do does not keep the others waiting."""
        with Session(self.engine) as session:
            tenants = list_tenants(session)
            now = database_now(session)
            lease = timedelta(seconds=self.pace.lease)
            for offset in range(len(tenants)):
                position = (self._turn + offset) % len(tenants)
                set_operator(session, tenants[position])
                run = claim(session, now=now, worker=self.name, jobs=list(self.jobs), lease=lease)
                if run is not None:
                    self._turn = position + 1
                    session.commit()
                    return run
        return None

    def _keep_timetables(self) -> None:
        try:
            for tenant in self._tenants():
                with operator_session(self.engine, tenant) as session:
                    now = database_now(session)
                    scheduled = [job for job in self.jobs.values() if job.schedule]
                    if keep_timetable(session, system_actor(tenant), now=now, jobs=scheduled):
                        self._wake.set()
        except DBAPIError as error:
            log.warning("the timetable waits for the database: %s", _first_line(error))

    def _look(self, wake: Wake) -> None:
        """The sweeps of a wake for each operator, in a thread of APScheduler's: beside the jobs and the other wakes."""
        try:
            for operator_id in [INSTALLATION, *self._tenants()]:
                for sweep in wake.sweeps:
                    if not self._stopping.is_set() and (operator_id != INSTALLATION or sweep.of_installation):
                        self._sweeper.sweep(sweep, operator_id)
        except DBAPIError as error:
            names = ", ".join(sweep.name for sweep in wake.sweeps)
            log.warning("waiting for the database: %s: %s", names, _first_line(error))

    def _tenants(self) -> Sequence[int]:
        with Session(self.engine) as session:
            return list_tenants(session)

    def _wake_everything(self) -> None:
        log.warning("the clock was set; looking at everything at once")
        for job in self._scheduler.get_jobs():
            job.modify(next_run_time=datetime.now(UTC))

    def _must_stop(self) -> bool:
        return time.monotonic() > self._stop_by

    def _rest(self, seconds: float) -> None:
        self._wake.wait(seconds)
        self._wake.clear()


class Clock:
    """Notices that the machine's clock was set: APScheduler would sleep through an hour set back."""

    TOLERANCE = 5.0

    def __init__(self) -> None:
        self._offset = time.time() - time.monotonic()

    def jumped(self) -> bool:
        """Whether it was set by more than 5 s since the last call."""
        before, self._offset = self._offset, time.time() - time.monotonic()
        return abs(self._offset - before) > self.TOLERANCE


def list_tenants(session: Session) -> Sequence[int]:
    """The operators of this installation."""
    with as_operator(session, INSTALLATION):
        return session.execute(select(Tenant.tenant_id).order_by(Tenant.tenant_id)).scalars().all()


def make_engine(settings: Settings, lease: float) -> Engine:
    """Connections of the application role, with more patience than a page has.

    A worker that froze in the middle of a transaction loses it after two leases, and with it the locks that
    whoever takes its run will need.
    """
    options = "-c timezone=UTC -c statement_timeout=300000 -c lock_timeout=10000"
    options += f" -c idle_in_transaction_session_timeout={int(2000 * lease)}"
    if settings.database_url == settings.owner_database_url:
        options += " -c role=incubator_app"
    return create_engine(
        settings.database_url, pool_size=4, connect_args={"options": options, "connect_timeout": 5}
    )


def load_jobs(name: str) -> Mapping[str, Job]:
    """The registry at `package.module:NAME`."""
    module, _, attribute = name.partition(":")
    found: Mapping[str, Job] = getattr(importlib.import_module(module), attribute)
    return found


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0]


def main(arguments: Sequence[str] | None = None) -> int:
    """Read the command line and work."""
    usual = Pace()
    parser = argparse.ArgumentParser(prog="incubator.jobs.worker", description="Do what the run book says.")
    parser.add_argument("--poll", type=float, default=usual.poll, help="seconds between two looks at the run book")
    parser.add_argument(
        "--lease", type=float, default=usual.lease, help="seconds that a claim holds without a sign of life"
    )
    parser.add_argument(
        "--grace", type=float, default=usual.grace, help="seconds for the job in hand when told to stop"
    )
    parser.add_argument(
        "--registry", default="", help="the jobs to do, as package.module:NAME; the product's by default"
    )
    given = parser.parse_args(arguments)
    level = os.environ.get("LOG_LEVEL", "info").upper()
    logging.basicConfig(level=level, format="%(asctime)s %(name)s %(levelname)s %(message)s", stream=sys.stderr)
    logging.getLogger("apscheduler").setLevel(logging.ERROR)  # that a round takes longer than its pace is no news
    jobs = load_jobs(given.registry) if given.registry else JOBS
    pace = Pace(poll=given.poll, lease=given.lease, grace=given.grace)
    worker = Worker(Settings.from_environment(), jobs, pace)
    signal.signal(signal.SIGTERM, worker.stop)
    signal.signal(signal.SIGINT, worker.stop)
    return worker.run()


if __name__ == "__main__":
    sys.exit(main())
