"""The run book's pages: who sees them, what they show, what one can do."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import event, select, update
from sqlalchemy.orm import Session

from incubator.core.clock import utc_now
from incubator.database import as_operator
from incubator.jobs.job import JobFailed
from incubator.jobs.models import JobRun
from incubator.jobs.operations import claim, enqueue, fail, finish, heartbeat, keep_timetable
from incubator.jobs.registry import JOBS
from tests.cast import Cast
from tests.conftest import Browser
from tests.reports.world import OCTOBER, World, make_october

SEERS = ("owner", "manager", "finance", "auditor")
OTHERS = ("front_desk", "founder_a", "member_a", "founder_b", "mentor")


@pytest.fixture
def world(session: Session, cast: Cast) -> World:
    return make_october(session, cast)


def make_run(session: Session, cast: Cast, world: World, period: str = "2026-10") -> int:
    due = utc_now() - timedelta(seconds=20)
    run = enqueue(session, cast.system, now=due, job="freeze_occupancy", period=period, site_id=world.site_id)
    return run.id


@pytest.mark.parametrize("who", SEERS)
def test_seen_by(session: Session, cast: Cast, client: Browser, world: World, who: str) -> None:
    run_id = make_run(session, cast, world)
    client.sign_in(getattr(cast, who))
    for path in ("/jobs", f"/jobs/{run_id}", f"/jobs/{run_id}/state"):
        assert client.get(path).status_code == 200


@pytest.mark.parametrize("who", OTHERS)
def test_not_seen_by(session: Session, cast: Cast, client: Browser, world: World, who: str) -> None:
    run_id = make_run(session, cast, world)
    client.sign_in(getattr(cast, who))
    for path in ("/jobs", f"/jobs/{run_id}", f"/jobs/{run_id}/state"):
        assert client.get(path).status_code == 403


def test_another_operators_run_is_not_there(session: Session, cast: Cast, client: Browser, world: World) -> None:
    run_id = make_run(session, cast, world)
    with as_operator(session, cast.other_operator_id):
        client.sign_in(cast.other_owner)
    for path in (f"/jobs/{run_id}", f"/jobs/{run_id}/state", "/jobs/999999999999999999999"):
        assert client.get(path).status_code == 404
    assert client.post(f"/jobs/{run_id}/again").status_code == 404


def test_the_book_shows_schedule_states_and_outcomes(
    session: Session, cast: Cast, client: Browser, world: World
) -> None:
    now = utc_now()
    done, failed, running = (make_run(session, cast, world, f"2026-0{n}") for n in (7, 8, 9))
    for run_id in (done, failed, running):
        run = claim(session, now=now, worker="w", jobs=["freeze_occupancy"])
        assert run and run.id == run_id
        if run_id == done:
            finish(session, run, now=now + timedelta(seconds=65), result={"outcome": "frozen", "version": 3})
        elif run_id == failed:
            fail(session, run, now=now, cause=JobFailed("%(count)s <faults>", {}, count=2), attempts=4)
        else:
            heartbeat(session, run, now=now, progress=(250, 1000))
    page = client.sign_in(cast.auditor).get("/jobs", headers={"Accept-Language": "en"}).text
    for text in ("版本 3", "已完成", "失败", "2 &lt;faults&gt;", "运行中", "250 / 1,000", "1 分 5 秒"):
        assert text in page, text
    assert 'hx-trigger="every 2s"' in page
    assert "补跑" not in page and f"/jobs/{done}/again" not in client.get(f"/jobs/{done}").text  # an auditor only reads
    state = client.get(f"/jobs/{running}/state").get_json()
    assert (state["state"], state["done"], state["total"], state["percent"]) == ("running", 250, 1000, 25)
    assert client.get(f"/jobs/{failed}/state").get_json()["outcome"] == "2 <faults>"


def test_a_waiting_run_that_nobody_takes_is_called_late(
    session: Session, cast: Cast, client: Browser, world: World
) -> None:
    client.sign_in(cast.manager)
    assert "项任务逾期。任务进程是否在运行？" in client.get("/jobs").text  # nobody keeps the timetable
    due = keep_timetable(session, cast.system, now=utc_now(), jobs=[job for job in JOBS.values() if job.schedule])
    session.execute(update(JobRun).values(state="done", finished_at=utc_now()))
    assert len(due) > 4 and "任务进程" not in client.get("/jobs").text
    enqueue(session, cast.system, now=utc_now() - timedelta(hours=1), job="freeze_occupancy", period="2019-08",
            site_id=world.site_id)  # fmt: skip
    page = client.get("/jobs").text
    assert "任务进程" in page and "逾期" in page


def test_run_for_a_past_month(session: Session, cast: Cast, client: Browser, world: World) -> None:
    client.sign_in(cast.finance)
    given = {"job": "freeze_occupancy", "site_id": world.site_id, "month": str(OCTOBER)}
    first = client.post("/jobs/run", data=given)
    assert first.status_code == 303
    run = session.execute(select(JobRun)).scalar_one()
    assert (run.job, run.site_id, run.period, run.requested_by) == (
        "freeze_occupancy", world.site_id, "2026-10", cast.finance.person_id,
    )  # fmt: skip
    again = client.post("/jobs/run", data=given, follow_redirects=True)
    assert "任务簿里已有" in again.text
    assert len(session.execute(select(JobRun)).all()) == 1


@pytest.mark.parametrize(
    "wrong", [{"job": "drop_everything"}, {"site_id": "0"}, {"site_id": "x"}, {"month": "1999-01"}, {"month": "2026-1"}]
)
def test_run_for_nonsense_changes_nothing(
    session: Session, cast: Cast, client: Browser, world: World, wrong: dict[str, str]
) -> None:
    given = {"job": "freeze_occupancy", "site_id": world.site_id, "month": str(OCTOBER)} | wrong
    assert client.sign_in(cast.finance).post("/jobs/run", data=given).status_code == 422
    assert session.execute(select(JobRun)).first() is None


def test_run_for_a_month_that_is_not_over(session: Session, cast: Cast, client: Browser, world: World) -> None:
    given = {"job": "freeze_occupancy", "site_id": world.site_id, "month": f"{utc_now():%Y-%m}"}
    answer = client.sign_in(cast.finance).post("/jobs/run", data=given)
    assert answer.status_code == 422 and "尚未结束" in answer.text


def test_run_again(session: Session, cast: Cast, client: Browser, world: World) -> None:
    run_id = make_run(session, cast, world)
    client.sign_in(cast.manager)
    refused = client.post(f"/jobs/{run_id}/again", follow_redirects=True)
    assert "已在等待或正在运行" in refused.text
    run = claim(session, now=utc_now(), worker="w", jobs=["freeze_occupancy"])
    assert run and finish(session, run, now=utc_now(), result={"outcome": "stands", "version": 1})
    assert client.post(f"/jobs/{run_id}/again").status_code == 303
    session.expire_all()
    assert session.execute(select(JobRun.state)).scalar_one() == "waiting"
    assert client.sign_in(cast.auditor).post(f"/jobs/{run_id}/again").status_code == 403


def test_an_empty_book_says_what_will_come(cast: Cast, client: Browser) -> None:
    page = client.sign_in(cast.owner).get("/jobs").text
    assert "还没有任何运行记录" in page and "还没有场地" in page


def test_as_many_statements_for_many_runs_as_for_few(
    session: Session, cast: Cast, client: Browser, world: World
) -> None:
    client.sign_in(cast.owner)
    counts = []
    for months in (range(1, 3), range(3, 10)):
        for month in months:
            make_run(session, cast, world, f"2026-0{month}")
        seen: list[str] = []
        connection = session.connection()

        def note(_c: object, _k: object, statement: str, *_r: object, seen: list[str] = seen) -> None:
            seen.append(statement)

        event.listen(connection, "before_cursor_execute", note)
        assert client.get("/jobs").status_code == 200
        event.remove(connection, "before_cursor_execute", note)
        counts.append(len([s for s in seen if s.startswith("SELECT")]))
    assert counts[0] == counts[1] <= 14
