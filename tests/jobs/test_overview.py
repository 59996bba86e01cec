"""How jobs stand, in a line each: the worst of the sites, what is missing in the run book, and what is done once."""

from __future__ import annotations

from datetime import UTC, datetime

from incubator.jobs.groups import REPORTS, RETENTION
from incubator.jobs.job import Job
from incubator.jobs.models import JobRun
from incubator.jobs.overview import count_trouble, group_lines, job_line, sweep_line
from incubator.jobs.queries import RunLine
from incubator.jobs.sweep import Sweep
from incubator.jobs.timetable import Daily, Monthly
from incubator.spaces.models import Site

NOW = datetime(2026, 11, 26, 2, 0, tzinfo=UTC)
"""10:00 in Shanghai."""
OLD = datetime(2025, 1, 1, tzinfo=UTC)


def site(site_id: int, created_at: datetime = OLD) -> Site:
    return Site(id=site_id, code=f"S{site_id}", name=f"S{site_id}", zone="Asia/Shanghai", created_at=created_at)


def run(where: Site, state: str = "done", due_at: datetime = datetime(2026, 10, 31, 16, 10, tzinfo=UTC)) -> RunLine:
    made = JobRun(job="tidy", site_id=where.id, period="2026-10", state=state, due_at=due_at, retry_at=None, error=None,
                  started_at=due_at, finished_at=due_at, created_at=due_at)  # fmt: skip
    return RunLine(made, where, None)


def job(schedule: Monthly | Daily | None = Monthly(minute=10), *, once: bool = False) -> Job:  # noqa: B008  a value
    return Job("tidy", "Tidy", lambda *_: {}, group=REPORTS, schedule=schedule, once=once)


def test_all_done() -> None:
    one, two = site(1), site(2)
    line = job_line(job(), [one, two], {("tidy", 1): run(one), ("tidy", 2): run(two)}, NOW)
    assert (line.state, [each.state for each in line.sites]) == ("done", ["done", "done"])
    assert line.next and line.next.next.due_at == datetime(2026, 11, 30, 16, 10, tzinfo=UTC)


def test_the_worst_site_is_what_one_must_know() -> None:
    one, two = site(1), site(2)
    for worst in ("failed", "running"):
        line = job_line(job(), [one, two], {("tidy", 1): run(one), ("tidy", 2): run(two, worst)}, NOW)
        assert line.state == worst


def test_a_period_that_does_not_stand_in_the_book_is_late() -> None:
    one, september = site(1), datetime(2026, 9, 30, 16, 10, tzinfo=UTC)
    assert job_line(job(), [one], {("tidy", 1): run(one, due_at=september)}, NOW).state == "late"
    assert job_line(job(), [one], {}, NOW).state == "late"
    assert job_line(job(), [one], {("tidy", 1): run(one, "failed", september)}, NOW).state == "failed"


def test_a_site_of_a_minute_ago_is_not_late() -> None:
    daily = job(Daily(minute=60))
    assert job_line(daily, [site(1, NOW)], {}, NOW).state == "none"
    assert job_line(daily, [site(1)], {}, NOW).state == "late"


def test_what_is_done_once_is_the_oldest_sites() -> None:
    line = job_line(job(once=True), [site(2), site(1)], {("tidy", 1): run(site(1))}, NOW)
    assert [each.site.id for each in line.sites] == [1] and line.state == "done"


def test_one_without_a_timetable_shows_its_newest_run() -> None:
    one = site(1)
    line = job_line(job(None), [one], {("tidy", 1): run(one, "failed")}, NOW)
    assert (line.state, line.sites, line.next) == ("failed", (), None)
    assert job_line(job(None), [one], {}, NOW).state == "none"


def test_groups_in_their_order_and_how_much_is_wrong() -> None:
    sweep = Sweep("erase", "Erase", "", RETENTION, 3600, lambda *_: 0)
    groups = group_lines([job_line(job(), [site(1)], {}, NOW)], [sweep_line(sweep, None, NOW)])
    assert [group.name for group in groups] == [REPORTS, RETENTION]
    assert count_trouble(groups) == (0, 1)
