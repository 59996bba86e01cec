"""The run book in a browser: a run's progress moves by itself."""

from __future__ import annotations

from datetime import timedelta

import pytest

from incubator.core.clock import utc_now
from incubator.jobs.job import Run
from incubator.jobs.operations import claim, enqueue, finish, heartbeat
from tests.browser import Live, Surfer
from tests.reports.world import make_october


def act(live: Live, run: Run | None, done: int) -> Run | None:
    with live.session() as session:
        now = utc_now()
        if run is None:
            return claim(session, now=now, worker="w", jobs=["freeze_occupancy"])
        if done < 10:
            heartbeat(session, run, now=now, progress=(done, 10))
        else:
            finish(session, run, now=now, result={"outcome": "frozen", "version": 1})
    return run


@pytest.mark.browser
def test_progress_moves_without_a_reload(live: Live, surf: Surfer) -> None:
    with live.session() as session:
        world = make_october(session, live.cast)
        enqueue(session, live.cast.system, now=utc_now() - timedelta(seconds=5), job="freeze_occupancy",
                period="2026-10", site_id=world.site_id)  # fmt: skip
    page = surf.sign_in(live.cast.finance)
    surf.go("/jobs")
    page.locator("#runs .state").get_by_text("等待中").wait_for()
    run = act(live, None, 0)
    act(live, run, 3)
    page.locator("#runs").get_by_text("3 / 10").wait_for()
    surf.check_accessible()
    act(live, run, 10)
    page.locator("#runs").get_by_text("已冻结为版本 1").wait_for()
    page.locator("#runs").get_by_role("link", name="冻结入驻率与使用率报告").click()
    page.get_by_role("link", name="查看报告").wait_for()
    surf.check_accessible()
