"""Staff are told once of a run that failed for good, of one that is late, and of a sweep that fails again and again."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from incubator.core.clock import utc_now
from incubator.jobs.alerts import alert
from incubator.jobs.job import JobFailed
from incubator.jobs.job_letters import job_writers
from incubator.jobs.models import JobRun, SweepState
from incubator.jobs.operations import claim, enqueue, fail, run_again
from incubator.notices.models import Notice, OutboxMail
from incubator.notices.writing import write_notices
from tests.cast import Cast
from tests.reports.world import World, make_october

TITLES = {"freeze_occupancy": "Freeze the occupancy report", "expire_holds": "End bookings without approval"}
KEEPERS = ("owner", "manager", "finance")


@pytest.fixture
def world(session: Session, cast: Cast) -> World:
    return make_october(session, cast)


def enqueue_run(session: Session, cast: Cast, world: World, *, ago: timedelta, by: object = None) -> JobRun:
    return enqueue(session, by or cast.system, now=utc_now() - ago, job="freeze_occupancy", period="2026-10",  # type: ignore[arg-type]
                   site_id=world.site_id)  # fmt: skip


def fail_it(session: Session, ago: timedelta = timedelta()) -> None:
    run = claim(session, now=utc_now(), worker="w", jobs=["freeze_occupancy"])
    assert run and fail(session, run, now=utc_now() - ago, cause=JobFailed("%(count)s faults", {}, count=2), attempts=4)
    session.expire_all()


def mails(session: Session) -> list[tuple[str, str]]:
    write_notices(session, now=utc_now(), base_url="http://x", writers=job_writers(TITLES))
    rows = session.execute(select(OutboxMail.to_address, OutboxMail.subject, OutboxMail.text_body)).all()
    return [(subject, body) for _to, subject, body in sorted(rows)]


def test_a_run_that_failed_for_good_is_told_once_to_those_who_may_run_it(
    session: Session, cast: Cast, world: World
) -> None:
    enqueue_run(session, cast, world, ago=timedelta(seconds=5))
    fail_it(session)
    assert alert(session, cast.system, now=utc_now()) == 1
    assert alert(session, cast.system, now=utc_now()) == 0
    told = session.execute(select(Notice.person_id)).scalars().all()
    assert sorted(told) == sorted(getattr(cast, who).person_id for who in KEEPERS)
    written = mails(session)
    assert len(written) == 3
    assert all("失败：冻结入驻率与使用率报告（2026-10）" in subject and "2 faults" in body for subject, body in written)


def test_a_failure_is_over_when_it_is_run_again_before_the_letter(session: Session, cast: Cast, world: World) -> None:
    run = enqueue_run(session, cast, world, ago=timedelta(seconds=5))
    fail_it(session)
    alert(session, cast.system, now=utc_now())
    run_again(session, cast.manager, now=utc_now(), run_id=run.id)
    assert mails(session) == []


def test_a_second_failure_of_the_same_run_is_told_again(session: Session, cast: Cast, world: World) -> None:
    run = enqueue_run(session, cast, world, ago=timedelta(seconds=5))
    fail_it(session, ago=timedelta(minutes=5))
    assert alert(session, cast.system, now=utc_now()) == 1
    session.expire_all()
    session.get_one(JobRun, (cast.operator_id, run.id)).requested_by = None
    run.state, run.finished_at, run.retry_at = "waiting", None, None
    session.flush()
    fail_it(session)
    assert alert(session, cast.system, now=utc_now()) == 1


def test_what_somebody_asked_for_is_theirs_to_look_after(session: Session, cast: Cast, world: World) -> None:
    enqueue_run(session, cast, world, ago=timedelta(hours=3), by=cast.finance)
    assert alert(session, cast.system, now=utc_now()) == 0


def test_a_run_that_waits_for_more_than_an_hour(session: Session, cast: Cast, world: World) -> None:
    enqueue_run(session, cast, world, ago=timedelta(minutes=59))
    assert alert(session, cast.system, now=utc_now()) == 0
    assert alert(session, cast.system, now=utc_now() + timedelta(minutes=2)) == 1
    assert all("逾期：冻结入驻率与使用率报告" in subject for subject, _body in mails(session)) and len(mails(session)) == 3


def test_a_failure_of_long_ago_is_no_news(session: Session, cast: Cast, world: World) -> None:
    enqueue_run(session, cast, world, ago=timedelta(seconds=5))
    fail_it(session, ago=timedelta(days=8))
    assert alert(session, cast.system, now=utc_now()) == 0


def test_a_sweep_that_failed_three_times_is_told_once_a_day(session: Session, cast: Cast) -> None:
    now = utc_now()
    session.add(SweepState(sweep="expire_holds", looked_at=now, took_ms=1, failures=2, failed_at=now, reference="abcd1234"))
    session.flush()
    assert alert(session, cast.system, now=now) == 0
    kept = session.execute(select(SweepState)).scalar_one()
    kept.failures = 3
    session.flush()
    assert alert(session, cast.system, now=now) == 1 and alert(session, cast.system, now=now) == 0
    assert all("系统任务失败：结束未获审批的预订" in subject and "abcd1234" in body for subject, body in mails(session))
    kept.failed_at = now + timedelta(days=1)
    session.flush()
    assert alert(session, cast.system, now=now) == 1
