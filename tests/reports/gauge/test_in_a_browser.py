"""The gauge in a browser: a manager aims at a qualification, looks behind a figure, states one, looks ahead."""

from __future__ import annotations

import re

import pytest

from tests.browser import PHONE, Live, Surfer
from tests.reports.world import make_october


@pytest.mark.browser
def test_a_manager_aims_at_a_qualification(live: Live, surf: Surfer) -> None:
    with live.session() as session:
        make_october(session, live.cast)
    page = surf.sign_in(live.cast.manager)
    surf.go("/gauge")
    surf.check_accessible()
    page.click("text=添加第一")
    page.select_option("#standard", "CN-SPACE")
    surf.check_accessible()
    page.click("button:has-text('开始测算')")
    page.wait_for_selector(".criteria")
    surf.check_accessible()
    page.click(".criteria th a:has-text('工位') >> nth=0")
    page.wait_for_selector("text=返回指标")
    surf.check_accessible()
    page.click("text=返回指标")
    page.click("text=填报数据")
    page.select_option("#measure", "events_year")
    page.fill("#figure", "12")
    page.fill("#evidence", "活动台账")
    page.click("button:has-text('填报')")
    page.wait_for_selector("text=数据及其依据已保存")
    surf.check_accessible()
    page.set_viewport_size(PHONE)
    surf.check_no_sideways_scroll()
    page.click("text=返回指标")
    surf.check_no_sideways_scroll()
    assert re.search(r"/gauge/\d+", page.url)
    page.click("text=标准与生效日期")
    page.click("text=自某日起调整 >> nth=0")
    surf.check_accessible()
    surf.check_no_sideways_scroll()
