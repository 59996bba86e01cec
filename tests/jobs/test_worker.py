"""The worker, as real processes on a real database: killed, doubled, frozen, cut off. The effect is there once."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import create_engine, func, select, text
from sqlalchemy.engine import make_url
from sqlalchemy.orm import Session

from incubator.core.clock import utc_now
from incubator.database import set_operator
from incubator.jobs.models import JobRun
from incubator.jobs.operations import enqueue
from incubator.notices.models import OutboxMail
from incubator.notices.operations import send_mail
from incubator.reports.models import FrozenReport
from incubator.settings import ROOT
from tests.cast import Cast, assemble_cast
from tests.database import TestDatabase
from tests.reports.world import make_october

pytestmark = pytest.mark.xdist_group("workers")


class Workshop:
    """A database with the cast, the workers started on it, and what one asks of them."""

    def __init__(self, database: TestDatabase, mail: Path) -> None:
        self.database, self.mail = database, mail
        self.engine = create_engine(database.settings().database_url)
        self.workers: list[subprocess.Popen[bytes]] = []
        self.logs: dict[int, str] = {}
        with Session(self.engine) as session:
            self.cast: Cast = assemble_cast(session)
            session.commit()

    def start(
        self, *, lease: float = 1.5, grace: float = 5, registry: str = "tests.jobs.probes:JOBS"
    ) -> subprocess.Popen[bytes]:
        environment = dict(
            os.environ, DATABASE_URL=self.database.app_url, OWNER_DATABASE_URL=self.database.owner_url, SECRET_KEY="x",
            SMTP_URL="", MAIL_FOLDER=str(self.mail),
        )  # fmt: skip
        command = [sys.executable, "-m", "incubator.jobs.worker", "--registry", registry,
                   "--poll", "0.1", "--lease", str(lease), "--grace", str(grace)]  # fmt: skip
        worker = subprocess.Popen(command, env=environment, cwd=ROOT, stderr=subprocess.PIPE)
        os.set_blocking(worker.stderr.fileno(), False)  # type: ignore[union-attr]  # it is a pipe
        self.workers.append(worker)
        return worker

    def log(self, worker: subprocess.Popen[bytes]) -> str:
        new = (worker.stderr.read() or b"").decode()  # type: ignore[union-attr]  # it is a pipe
        self.logs[worker.pid] = self.logs.get(worker.pid, "") + new
        return self.logs[worker.pid]

    def session(self) -> Session:
        session = Session(self.engine, expire_on_commit=False)
        set_operator(session, self.cast.operator_id)
        return session

    def ask(self, period: str, **arguments: object) -> int:
        with self.session() as session:
            run = enqueue(session, self.cast.manager, now=utc_now() - timedelta(seconds=5), job="probe",
                          period=period, arguments=arguments)  # fmt: skip
            session.commit()
            return run.id

    def get(self, run_id: int) -> JobRun:
        with self.session() as session:
            return session.execute(select(JobRun).where(JobRun.id == run_id)).scalar_one()

    def marks(self, period: str) -> int:
        with self.session() as session:
            return session.execute(
                select(func.count()).select_from(OutboxMail).where(OutboxMail.subject == period)
            ).scalar_one()

    def wait(self, what: Callable[[], object], seconds: float = 90) -> None:
        limit = time.monotonic() + seconds
        while not what():
            if time.monotonic() > limit:
                raise AssertionError("\n".join(self.log(worker) for worker in self.workers))
            time.sleep(0.05)

    def wait_until_half_done(self, run_id: int) -> None:
        """The effect is written by then, and not committed."""
        self.wait(lambda: self.get(run_id).progress_done > 10)

    def sent(self, subject: str) -> bool:
        with self.session() as session:
            query = select(OutboxMail.sent_at).where(OutboxMail.subject == subject)
            return session.execute(query).scalar_one() is not None

    def frozen(self, site_id: int) -> list[tuple[object, int]]:
        """Months and versions, in the order in which they were frozen."""
        with self.session() as session:
            query = select(FrozenReport.month, FrozenReport.version).where(FrozenReport.site_id == site_id)
            return [(month, version) for month, version in session.execute(query.order_by(FrozenReport.id))]

    def unfinished(self) -> int:
        with self.session() as session:
            query = select(func.count()).select_from(JobRun).where(JobRun.state != "done")
            return session.execute(query).scalar_one()

    def end(self) -> None:
        for worker in self.workers:
            if worker.poll() is None:
                worker.send_signal(signal.SIGCONT)
                worker.kill()
            worker.wait()
            worker.stderr.close()  # type: ignore[union-attr]  # it is a pipe
        self.engine.dispose()


@pytest.fixture
def workshop(own_database: TestDatabase, tmp_path: Path) -> Iterator[Workshop]:
    made = Workshop(own_database, tmp_path)
    yield made
    made.end()


def test_killed_in_the_middle_and_taken_up_by_two_others(workshop: Workshop) -> None:
    run_id = workshop.ask("2026-09", seconds=3)
    first = workshop.start()
    workshop.wait_until_half_done(run_id)
    first.kill()
    first.wait()
    assert workshop.marks("2026-09") == 0
    workshop.start()
    workshop.start()
    workshop.wait(lambda: workshop.get(run_id).state == "done")
    run = workshop.get(run_id)
    assert (workshop.marks("2026-09"), run.attempts, run.result) == (1, 2, {"period": "2026-09"})
    time.sleep(0.5)
    assert workshop.marks("2026-09") == 1


def test_two_workers_from_the_start_do_each_run_once(workshop: Workshop) -> None:
    periods = [f"p{number}" for number in range(20)]
    workers = [workshop.start(), workshop.start()]
    runs = [workshop.ask(period, seconds=0.05) for period in periods]
    workshop.wait(lambda: all(workshop.get(run_id).state == "done" for run_id in runs))
    assert [workshop.marks(period) for period in periods] == [1] * 20
    assert {workshop.get(run_id).attempts for run_id in runs} == {1}
    assert all(worker.poll() is None for worker in workers)


def test_one_that_slept_through_its_lease_undoes_its_work(workshop: Workshop) -> None:
    run_id = workshop.ask("2026-09", seconds=2)
    sleeper = workshop.start(lease=1)
    workshop.wait_until_half_done(run_id)
    sleeper.send_signal(signal.SIGSTOP)
    workshop.start(lease=1)
    workshop.wait(lambda: workshop.get(run_id).state == "done")
    sleeper.send_signal(signal.SIGCONT)
    workshop.wait(lambda: "another worker has it" in workshop.log(sleeper))
    assert workshop.marks("2026-09") == 1
    assert sleeper.poll() is None


def test_killed_at_random_moments_each_effect_is_there_once(workshop: Workshop) -> None:
    chance = random.Random(20261001)
    periods = [f"p{number}" for number in range(12)]
    runs = [workshop.ask(period, seconds=0.3) for period in periods]
    for _ in range(4):
        victim = workshop.start(lease=0.6)
        time.sleep(0.9 + chance.random())
        victim.kill()
    workshop.start(lease=0.6)
    workshop.start(lease=0.6)
    workshop.wait(lambda: all(workshop.get(run_id).state in ("done", "failed") for run_id in runs), 60)
    assert [workshop.marks(period) for period in periods] == [1] * 12


def test_told_to_stop_it_finishes_what_it_has_in_hand(workshop: Workshop) -> None:
    run_id = workshop.ask("2026-09", seconds=1.5)
    worker = workshop.start()
    workshop.wait_until_half_done(run_id)
    worker.terminate()
    assert worker.wait(10) == 0
    assert (workshop.get(run_id).state, workshop.marks("2026-09")) == ("done", 1)


def test_told_to_stop_it_gives_back_what_takes_too_long(workshop: Workshop) -> None:
    run_id = workshop.ask("2026-09", seconds=20)
    worker = workshop.start(grace=0.2)
    workshop.wait(lambda: workshop.get(run_id).progress_done > 0)
    worker.send_signal(signal.SIGINT)
    assert worker.wait(10) == 0
    run = workshop.get(run_id)
    assert (run.state, run.attempts, workshop.marks("2026-09")) == ("waiting", 0, 0)


def test_a_fault_is_written_down_without_its_inside_and_tried_again(workshop: Workshop) -> None:
    fault, refusal = workshop.ask("2026-09", fault=True), workshop.ask("2026-10", refusal=True)
    worker = workshop.start()
    workshop.wait(lambda: workshop.get(fault).error)
    run = workshop.get(fault)
    assert run.state == "waiting" and run.retry_at and run.retry_at > utc_now() + timedelta(seconds=50)
    assert "secret" not in f"{run.error} {run.error_values}"
    assert run.error_values["reference"] in workshop.log(worker)
    with workshop.session() as session:  # October waits for September's retries; let them be over
        session.execute(text("UPDATE job_runs SET attempts = 3, retry_at = now() WHERE id = :id"), {"id": fault})
        session.commit()
    workshop.wait(lambda: workshop.get(refusal).state == "failed")
    assert workshop.get(fault).state == "failed"
    assert workshop.get(refusal).error_values == {"period": "2026-10"}


def test_it_survives_the_database_being_away(workshop: Workshop) -> None:
    worker = workshop.start()
    workshop.wait(lambda: "ready" in workshop.log(worker))
    name = make_url(workshop.database.owner_url).database
    server = make_url(workshop.database.owner_url).set(database="postgres").render_as_string(hide_password=False)
    with psycopg.connect(server, autocommit=True) as owner:
        switch = sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS {}")
        owner.execute(switch.format(sql.Identifier(str(name)), sql.SQL("false")))
        owner.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", (name,))
        workshop.wait(lambda: "the database is away" in workshop.log(worker))
        owner.execute(switch.format(sql.Identifier(str(name)), sql.SQL("true")))
    workshop.engine.dispose()
    run_id = workshop.ask("2026-09")
    workshop.wait(lambda: workshop.get(run_id).state == "done")
    assert worker.poll() is None


def test_mail_leaves_while_a_long_job_runs(workshop: Workshop) -> None:
    with workshop.session() as session:
        send_mail(session, now=utc_now() - timedelta(seconds=1), to="x@example.com", subject="hello", text="hello")
        session.commit()
    run_id = workshop.ask("2026-09", seconds=8)
    workshop.start()
    workshop.wait(lambda: workshop.sent("hello"))
    assert workshop.get(run_id).state == "running"


def test_the_products_own_jobs_freeze_each_missed_month_once(workshop: Workshop) -> None:
    with workshop.session() as session:
        world = make_october(session, workshop.cast)
        session.execute(text("UPDATE sites SET created_at = now() - interval '65 days'"))
        session.commit()
    workers = [workshop.start(registry=""), workshop.start(registry="")]
    workshop.wait(lambda: len(workshop.frozen(world.site_id)) >= 2 and not workshop.unfinished())
    time.sleep(1)
    frozen = workshop.frozen(world.site_id)
    months = [month for month, _version in frozen]
    assert months == sorted(months) and len(months) == len(set(months))  # in order, each once
    assert {version for _month, version in frozen} == {1}
    assert all(worker.poll() is None for worker in workers)
