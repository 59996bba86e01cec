"""In a real browser: every page of figures, reports, presence and statistics in both languages, light and dark, wide and
narrow, with something in it and empty; and the forms by keyboard alone."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Literal

import pytest
from playwright.sync_api import Page
from sqlalchemy import select

from incubator.reports.frozen.chain import public_code
from incubator.reports.frozen.freezing import freeze
from incubator.reports.frozen.kind import Question
from incubator.reports.frozen.registry import KINDS
from incubator.reports.models import FrozenReport
from incubator.startups.rules.periods import read_period
from tests.browser import DESKTOP, PHONE, Live, Surfer
from tests.reports.world import World, make_october
from tests.scenarios.present import be_seen

NOW = datetime(2026, 11, 2, tzinfo=UTC)
LOOKS: tuple[tuple[str, Literal["light", "dark"], bool], ...] = (("zh_Hans", "light", False), ("en", "dark", True))
"""Language, scheme, and whether the window is a phone's; at either width nothing may be too wide."""
EMPTY = ("/reports", "/reports/occupancy", "/reports/use", "/reports/use/maps", "/reports/statistics", "/reports/presence",
         "/reports/presence/findings", "/reports/presence/sources", "/reports/builder", "/reports/builder/saved", "/verify")  # fmt: skip


def speak(page: Page, locale: str) -> None:
    """The language, as the menu sets it."""
    page.evaluate("""async (locale) => {
        const csrf_token = document.querySelector("input[name=csrf_token]").value;
        await fetch("/locale", {method: "POST", body: new URLSearchParams({locale, csrf_token}), redirect: "manual"});
    }""", locale)  # fmt: skip


def walk(surf: Surfer, paths: tuple[str, ...]) -> None:
    for locale, scheme, is_phone in LOOKS:
        surf.page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        speak(surf.page, locale)
        for path in paths:
            surf.page.set_viewport_size(PHONE if is_phone else DESKTOP)
            surf.go(path)
            assert surf.page.locator("h1").count() == 1, path
            surf.check_no_sideways_scroll()
            surf.check_accessible()
            surf.page.set_viewport_size(DESKTOP if is_phone else PHONE)
            surf.check_no_sideways_scroll()


@pytest.fixture
def world(live: Live) -> World:
    with live.session() as session:
        return make_october(session, live.cast)


@pytest.mark.browser
def test_every_page_of_figures_and_reports(live: Live, surf: Surfer, world: World) -> None:
    with live.session() as session:
        seen = be_seen(session, live.cast, world.site_id)
        period = read_period("month", "2026-10")
        assert period is not None
        freeze(session, live.cast.finance, now=NOW, kind=KINDS["subsidies"], question=Question(period, world.site_id))
        code = session.execute(select(FrozenReport).where(FrozenReport.kind == "subsidies")).scalar_one()
        public = f"/verify/{public_code(code.operator_id, code.public_token)}"
    site, october = world.site_id, "from=2026-10&to=2026-10"
    surf.sign_in(live.cast.manager)
    walk(surf, (
        f"/reports?site={site}", f"/reports/use?{october}&by=unit&beside=month&beside_from=2026-09",
        f"/reports/use/maps?m=time&{october}", f"/reports/use/rows?m=area&{october}",
        f"/reports/presence?site={site}&month=2026-10", f"/reports/presence/findings?site={site}&month=2026-10",
        "/reports/builder?m=area&rows=unit&columns=site&period=last_12_months", "/reports/builder/saved",
        f"/reports/builder/saved/{seen['saved_report']}", "/reports/statistics",
        f"/reports/statistics/incubator/{site}/2026", "/reports/statistics/incubator/all/2026",
        f"/reports/statistics/incubator/{site}/2026/rows/area_used", f"/reports/statistics/incubator/{site}/2026/values",
        f"/reports/statistics/filings/{site}", f"/reports/frozen/subsidies/{site}/2026-10?verify=1",
        f"/reports/frozen/statistics_space/{site}/2026", "/verify", public,
    ))  # fmt: skip


@pytest.mark.browser
def test_an_operator_that_has_nothing_yet(live: Live, surf: Surfer) -> None:
    surf.sign_in(live.cast.owner)
    walk(surf, EMPTY)


@pytest.mark.browser
def test_by_keyboard_alone(live: Live, surf: Surfer, world: World) -> None:
    """Two times side by side, a table of the builder, and what a site files: nothing but Tab, arrows, Space and Enter."""
    page = surf.sign_in(live.cast.manager)
    surf.go("/reports/use?m=area&from=2026-10&to=2026-10")
    assert page.locator("#beside_from").is_hidden()
    page.locator("#beside").focus()
    page.keyboard.press("End")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "beside_from"
    page.locator("#beside_from").fill("2026-08")
    page.keyboard.press("Enter")
    page.wait_for_url("**beside_from=2026-08**")
    assert page.locator("#beside_from").input_value() == "2026-08" and page.locator("thead", has_text="2026年8月").count() == 1
    surf.go("/reports/builder")
    page.locator("input[type=checkbox][value=area]").focus()
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    page.wait_for_url("**m=area**")
    assert page.locator("table").count() == 1
    surf.go(f"/reports/statistics/filings/{world.site_id}")
    page.locator("#form").focus()
    page.keyboard.press("End")
    page.keyboard.press("Enter") if page.locator("#form").input_value() == "space" else page.locator("#form").select_option("space")
    page.locator("#ripe_days").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/reports/statistics")
    assert page.locator("section", has_text="报送设置").get_by_text("众创空间年度统计").count() == 1
