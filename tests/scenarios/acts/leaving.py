"""Third act: graduation, what the auditor finds of it all, and what an alumnus may still do."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

from playwright.sync_api import expect

from incubator.core.clock import utc_now
from incubator.startups.operations.exit_access import end_exited_access
from tests.scenarios.acts.stage import FIRM, TODAY, House, day, look, says


def it_graduates(house: House, startup_id: int, programme_id: int) -> None:
    """High-tech on the tenth day, 5 million on the twentieth: two of two wanted criteria, since the twentieth."""
    page = house.manager.page
    house.manager.go(f"/programmes/{programme_id}/graduation")
    page.get_by_role("button", name="采用").click()
    says(page, "高新技术企业，当日有效")
    look(house.manager, "26-rule")
    house.manager.go(f"/startups/{startup_id}/graduation")
    says(page, "可以毕业", "高新技术企业证书", "A 轮融资", "¥5,000,000.00")
    look(house.manager, "27-may-graduate")
    page.get_by_role("link", name="办理退出").click()
    page.get_by_label("原因").fill("达到毕业条件")
    day(house.manager, "on", TODAY)
    page.get_by_label("创始人保留校友登录").check()
    look(house.manager, "28-leaving")
    page.get_by_role("button", name="保存").click()
    says(page, "待办事项见下方")
    look(house.manager, "29-to-settle")
    with house.live.session() as session:  # the worker, on the day after
        assert end_exited_access(session, house.live.cast.system, now=utc_now() + timedelta(days=1)) == 1
    page.reload()
    for _ in range(8):
        opened = page.locator("summary", has_text="办理：").first
        if not opened.count():
            break
        opened.click()
        entry = page.locator("li", has=page.locator("details[open]"))
        entry.get_by_label("备注（免办时必填）").fill("已当面核对")
        entry.locator("button[value=waived]").click()
        page.wait_for_load_state()
    says(page, "已办结")
    look(house.manager, "30-settled")
    with page.expect_download() as got:
        page.get_by_role("link", name="毕业证书").click()
    assert Path(got.value.path()).read_bytes().startswith(b"%PDF")


def the_auditor_finds_it_all(house: House, site_id: int) -> None:
    auditor = house.window("auditor", house.live.cast.auditor)
    page = auditor.page
    for action, words in (
        ("publish_call", "发布了招募"), ("send_application", "提交了申请"), ("submit_review", "提交了评审"),
        ("decide_application", "对申请作出了决定"), ("accept_offer", "接受了入孵邀约"), ("accept_invitation", "接受邀请"),
        ("sign_residency", "签订入驻协议"), ("accept_agreement_text", "确认"), ("confirm_figures", "确认了企业数据"),
        ("confirm_achievement", "凭佐证确认了企业成果"), ("resolve_request", "诉求"), ("set_graduation_rule", "设定了毕业条件"),
        ("leave_incubation", "办理了企业退出"), ("close_exit", "办结了退出"),
    ):  # fmt: skip
        auditor.go(f"/audit?action={action}")
        expect(page.locator("tbody tr").first).to_contain_text(words)
    auditor.go("/audit/verify")
    look(auditor, "31-trail")
    says(page, "链条完整")
    auditor.go("/gauge")
    page.get_by_role("link", name="国家级孵化器").first.click()
    row = page.get_by_role("row", name="毕业企业数")
    expect(row.first.locator("td").nth(1)).to_have_text(re.compile(r"^\s*1\b"))
    look(auditor, "32-gauge")
    row.first.get_by_role("link").first.click()
    says(page, FIRM)
    look(auditor, "33-graduates")


def linxiao_is_an_alumnus(house: House) -> None:
    page = house.linxiao.page
    house.linxiao.go("/")
    look(house.linxiao, "34-alumnus-home")
    for link in page.locator("main a, .navbar a[href^='/']").all():
        there = page.request.get(house.live.url + (link.get_attribute("href") or ""))
        assert there.ok, f"{there.url}: {there.status}"
    for path in ("/my/startup", "/my/figures"):
        assert house.linxiao.go(path).locator("main").is_visible()
        look(house.linxiao, f"35-alumnus{path.replace('/', '-')}")
    for path in ("/bookings/new", "/timeline", "/requests/new", "/startups"):
        response = page.goto(house.live.url + path)
        assert response is not None and response.status in (403, 404), path
