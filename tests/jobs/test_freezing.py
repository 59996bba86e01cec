"""The jobs of frozen reports: when each kind is due, that it is made once, and the night's check of the chain."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy.orm import Session

from incubator.jobs.freezing import CHECK_REPORTS, FREEZING_JOBS, PeriodEnd
from incubator.jobs.job import Job, JobFailed, Run
from incubator.jobs.operations import enqueue
from incubator.jobs.registry import JOBS
from incubator.reports.frozen import proving
from incubator.reports.frozen.chain import Fault
from incubator.reports.frozen.registry import ALL
from tests.cast import Cast
from tests.reports.world import NOVEMBER_FIRST, World, make_october

SHANGHAI = ZoneInfo("Asia/Shanghai")
NOW = NOVEMBER_FIRST


def utc(text_: str) -> datetime:
    return datetime.fromisoformat(text_).replace(tzinfo=UTC)


def run(session: Session, cast: Cast, job: Job, site_id: int, period: str = "2026-10") -> dict[str, object]:
    row = enqueue(session, cast.system, now=NOW, job=job.name, period=period, site_id=site_id)
    taken = Run(row.id, cast.operator_id, row.job, row.site_id, row.period, {}, 1, None, "w", NOW)
    return job.run(session, cast.system, taken, lambda _d, _t: None)


@pytest.fixture
def place(session: Session, cast: Cast) -> World:
    return make_october(session, cast)


def test_every_scheduled_kind_has_a_job_of_its_own_name() -> None:
    assert {f"freeze_{kind.name}" for kind in ALL if kind.is_scheduled} <= set(JOBS)
    assert "freeze_occupancy" in JOBS and JOBS["freeze_qualification"].once


@pytest.mark.parametrize(
    ("months", "days", "now", "due", "upcoming"),
    [
        (1, 9, "2026-11-09 16:09", [], "2026-10"),  # 10 November, 00:09
        (1, 9, "2026-11-09 16:10", ["2026-10"], "2026-11"),
        (3, 30, "2026-10-30 16:09", [], "2026-09"),
        (3, 30, "2026-10-30 16:10", ["2026-09"], "2026-12"),
        (3, 30, "2027-01-30 16:10", ["2026-09", "2026-12"], "2027-03"),
        (12, 60, "2027-03-01 16:10", ["2026-12"], "2027-12"),
        (6, 45, "2027-02-14 16:10", ["2026-12"], "2027-06"),
    ],
)
def test_when_a_period_is_ripe(months: int, days: int, now: str, due: list[str], upcoming: str) -> None:
    schedule = PeriodEnd(days * 1440 + 10, months)
    since = utc("2026-09-15 00:00") if months > 1 else utc("2026-10-15 00:00")
    assert [str(each.period) for each in schedule.due(SHANGHAI, since, utc(now))] == due
    assert str(schedule.next(SHANGHAI, utc(now)).period) == upcoming
    assert schedule.time == "00:10"


@pytest.mark.parametrize("job", FREEZING_JOBS, ids=lambda job: job.name)
def test_each_is_made_once(session: Session, cast: Cast, place: World, job: Job) -> None:
    period = "2025-12" if "year" in job.name or "half" in job.name else "2026-09"
    outcomes = [run(session, cast, job, place.site_id, period)["outcome"] for _ in range(3)]
    assert outcomes in (["frozen", "stands", "stands"], ["nothing"] * 3)
    assert (outcomes[0] == "nothing") is ("figures" in job.name or job.name == "freeze_events")  # nobody held one
    assert all(outcome in job.results for outcome in outcomes)


def test_the_night_signs_what_waits_and_looks_at_all(session: Session, cast: Cast, place: World) -> None:
    run(session, cast, JOBS["freeze_occupancy"], place.site_id)
    assert run(session, cast, CHECK_REPORTS, place.site_id, "2026-11-01") == {"outcome": "holds", "count": 1, "signed": 0}


def test_the_night_names_what_does_not_hold(
    session: Session, cast: Cast, place: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(session, cast, JOBS["freeze_occupancy"], place.site_id)
    found = [Fault("content", 1), Fault("head", 1, "2")]
    monkeypatch.setattr(proving, "check_chain", lambda rows, head: found)
    with pytest.raises(JobFailed) as failed:
        run(session, cast, CHECK_REPORTS, place.site_id, "2026-11-01")
    assert failed.value.values == {"count": 2, "number": 1}
    assert failed.value.result["faults"][0] == {"what": "content", "number": 1, "part": ""}
