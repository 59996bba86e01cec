"""The worker, as real processes on a real database: killed, doubled, frozen, cut off. The effect is there once."""

from __future__ import annotations

import random
import signal
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
from incubator.jobs.operations import enqueue, keep_timetable
from incubator.notices.models import OutboxMail
from incubator.notices.operations import send_mail
from incubator.reports.frozen.proving import check_all
from incubator.reports.models import FrozenReport
from tests.cast import Cast, assemble_cast
from tests.database import TestDatabase
from tests.jobs.forking import Worker
from tests.jobs.probes import FREEZING
from tests.reports.world import make_october

pytestmark = pytest.mark.xdist_group("workers")
PATIENT = 15.0
"""Seconds of a lease where none is to be lost: a busy machine is no fault of the code."""


class Workshop:
    """A database with the cast, the workers started on it, and what one asks of them."""

    def __init__(self, database: TestDatabase, mail: Path) -> None:
        self.database, self.mail = database, mail
        self.engine = create_engine(database.settings().database_url)
        self.workers: list[Worker] = []
        with Session(self.engine) as session:
            self.cast: Cast = assemble_cast(session)
            session.commit()

    def start(self, *, lease: float = 1.5, grace: float = 5, registry: str = "tests.jobs.probes:JOBS") -> Worker:
        environment = {
            "DATABASE_URL": self.database.app_url, "OWNER_DATABASE_URL": self.database.owner_url, "SECRET_KEY": "x",
            "SMTP_URL": "", "MAIL_FOLDER": str(self.mail),
        }  # fmt: skip
        worker = Worker(environment, ["--registry", registry, "--poll", "0.1", "--lease", str(lease), "--grace", str(grace)])
        self.workers.append(worker)
        return worker

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
                raise AssertionError("\n".join(worker.log for worker in self.workers))
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
            query = select(FrozenReport.month, FrozenReport.version).where(
                FrozenReport.site_id == site_id, FrozenReport.kind == "occupancy"
            )
            return [(month, version) for month, version in session.execute(query.order_by(FrozenReport.id))]

    def unfinished(self) -> int:
        with self.session() as session:
            query = select(func.count()).select_from(JobRun).where(JobRun.state != "done")
            return session.execute(query).scalar_one()

    def end(self) -> None:
        for worker in self.workers:
            worker.end()
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
    workers = [workshop.start(lease=PATIENT), workshop.start(lease=PATIENT)]
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
    workshop.wait(lambda: "another worker has it" in sleeper.log)
    assert workshop.marks("2026-09") == 1
    assert sleeper.poll() is None


def test_killed_at_random_moments_each_effect_is_there_once(workshop: Workshop) -> None:
    chance = random.Random(20261001)
    periods = [f"p{number}" for number in range(12)]
    runs = [workshop.ask(period, seconds=0.3) for period in periods]
    for _ in range(4):
        victim = workshop.start(lease=0.6)
        time.sleep(0.2 + chance.random())
        victim.kill()
    workshop.start(lease=PATIENT)
    workshop.start(lease=PATIENT)
    workshop.wait(lambda: all(workshop.get(run_id).state in ("done", "failed") for run_id in runs), 60)
    ended = [workshop.get(run_id).state for run_id in runs]
    assert [workshop.marks(period) for period in periods] == [int(state == "done") for state in ended]
    assert ended.count("failed") <= 1, "four who are killed can take all three attempts from one run alone"


def test_told_to_stop_it_finishes_what_it_has_in_hand(workshop: Workshop) -> None:
    run_id = workshop.ask("2026-09", seconds=1.5)
    worker = workshop.start(lease=PATIENT)
    workshop.wait_until_half_done(run_id)
    worker.terminate()
    assert worker.wait(10) == 0
    assert (workshop.get(run_id).state, workshop.marks("2026-09")) == ("done", 1)


def test_told_to_stop_it_gives_back_what_takes_too_long(workshop: Workshop) -> None:
    run_id = workshop.ask("2026-09", seconds=20)
    worker = workshop.start(lease=PATIENT, grace=0.2)
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
    assert run.error_values["reference"] in worker.log
    with workshop.session() as session:  # October waits for September's retries; let them be over
        session.execute(text("UPDATE job_runs SET attempts = 3, retry_at = now() WHERE id = :id"), {"id": fault})
        session.commit()
    workshop.wait(lambda: workshop.get(refusal).state == "failed")
    assert workshop.get(fault).state == "failed"
    assert workshop.get(refusal).error_values == {"period": "2026-10"}


def test_it_survives_the_database_being_away(workshop: Workshop) -> None:
    worker = workshop.start()
    workshop.wait(lambda: "ready" in worker.log)
    name = make_url(workshop.database.owner_url).database
    server = make_url(workshop.database.owner_url).set(database="postgres").render_as_string(hide_password=False)
    with psycopg.connect(server, autocommit=True) as owner:
        switch = sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS {}")
        owner.execute(switch.format(sql.Identifier(str(name)), sql.SQL("false")))
        owner.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", (name,))
        workshop.wait(lambda: "the database is away" in worker.log)
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
    workshop.wait(lambda: len(workshop.frozen(world.site_id)) >= 2 and not workshop.unfinished(), 120)
    time.sleep(1)
    frozen = workshop.frozen(world.site_id)
    months = [month for month, _version in frozen]
    assert months == sorted(months) and len(months) == len(set(months))  # in order, each once
    assert {version for _month, version in frozen} == {1}
    assert all(worker.poll() is None for worker in workers)


def test_each_kind_and_period_is_frozen_once_whatever_is_killed(workshop: Workshop) -> None:
    """Six months of every kind at two sites: two workers, kills at random moments, a clock that jumps 40 days to and fro.

    Each period has one version 1, the numbers of the chain have no gap, and the whole chain holds.
    """
    chance = random.Random(20261127)
    with workshop.session() as session:
        for code in ("NS", "FT"):
            make_october(session, workshop.cast, code=code)
        session.execute(text("UPDATE sites SET created_at = now() - interval '190 days'"))
        session.commit()
    registry, jobs = "tests.jobs.probes:FREEZING", list(FREEZING.values())
    for _ in range(5):
        victims = [workshop.start(lease=0.6, registry=registry) for _ in range(2)]
        time.sleep(0.4 + chance.random())
        victims[chance.randrange(2)].kill()
        with workshop.session() as session:  # a web process whose clock is wrong keeps the timetable, too
            jump = timedelta(days=chance.choice((-40, 40)))
            keep_timetable(session, workshop.cast.system, now=utc_now() + jump, jobs=jobs)
            session.commit()
        victims[0].kill()
        victims[1].kill()
    workshop.start(lease=0.6, registry=registry)
    workshop.start(lease=0.6, registry=registry)
    due = text("SELECT count(*) FROM job_runs WHERE due_at <= clock_timestamp() AND state <> 'done'")

    def undone() -> int:
        with workshop.session() as session:
            return session.execute(due).scalar_one()

    workshop.wait(lambda: undone() == 0, 90)
    with workshop.session() as session:
        rows = session.execute(select(FrozenReport.kind, FrozenReport.site_id, FrozenReport.month, FrozenReport.version))
        found = [tuple(row) for row in rows]
        assert len(found) == len(set(found)) and {row[3] for row in found} == {1}
        kinds = {kind: sum(row[0] == kind for row in found) for kind in ("occupancy", "subsidies", "mentoring", "qualification")}
        assert kinds["occupancy"] == 2 * kinds["qualification"] >= 12 and min(kinds.values()) >= 6
        assert max(row[2] for row in found) < utc_now().date().replace(day=1)
        numbers = session.execute(select(FrozenReport.number).order_by(FrozenReport.number)).scalars().all()
        assert list(numbers) == list(range(1, len(found) + 1))
        assert check_all(session, workshop.cast.auditor) == (len(found), [])
