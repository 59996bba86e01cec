"""In a real browser: from a figure to its rows, freezing, verifying without leaving the page; on a phone too."""

from __future__ import annotations

import pytest

from tests.browser import PHONE, Live, Surfer
from tests.reports.world import World, book, make_october


@pytest.fixture
def world(live: Live) -> World:
    with live.session() as session:
        return make_october(session, live.cast)


@pytest.mark.browser
def test_freeze_verify_and_see_what_differs(live: Live, surf: Surfer, world: World) -> None:
    page = surf.sign_in(live.cast.finance)
    surf.go(f"/reports/occupancy/{world.site_id}/2026-10")
    page.get_by_role("link", name="3.40%").click()
    page.get_by_role("link", name="返回指标").click()
    page.get_by_role("button", name="冻结为版本 1").click()
    page.get_by_role("link", name="验证", exact=True).click()
    page.get_by_text("没有一个字节被改动").wait_for()
    page.get_by_text("结果与本报告完全一致").wait_for()
    assert "verify" not in page.url  # htmx put the answer into the page
    surf.check_accessible()
    with live.session() as session:
        book(session, world, "A", "2026-10-23 09:00", "2026-10-23 10:00")
    page.get_by_role("link", name="重新验证").click()
    page.get_by_text("指标已不同").wait_for()
    surf.check_accessible()


@pytest.mark.browser
def test_every_page_on_a_phone(live: Live, surf: Surfer, world: World) -> None:
    surf.sign_in(live.cast.auditor)
    surf.page.set_viewport_size(PHONE)
    base = f"/reports/occupancy/{world.site_id}/2026-10"
    for path in ("/reports/occupancy", base, f"{base}/rows/area", f"{base}/rows/time", "/jobs", "/claims/months",
                 f"/claims/months/{world.site_id}/2026-10"):  # fmt: skip
        surf.go(path)
        surf.check_no_sideways_scroll()
        surf.check_accessible()
