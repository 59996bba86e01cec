"""In a real browser: the manager takes over a rule, lets a startup graduate, settles the list, opens the certificate."""

from __future__ import annotations

import os
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from incubator.core.clock import CHINA, utc_now
from incubator.spaces.operations import create_site
from incubator.startups.models import Achievement, Programme, Residency
from incubator.startups.operations import add_programme, enrol
from incubator.startups.operations.deposits import move_deposit
from tests.browser import DESKTOP, PHONE, Live, Surfer
from tests.cast import NOW

TODAY = utc_now().astimezone(CHINA).date()
SHOTS = os.environ.get("SHOTS", "")


def shoot(surf: Surfer, name: str) -> None:
    if SHOTS:
        for size, window in (("desktop", DESKTOP), ("phone", PHONE)):
            surf.page.set_viewport_size(window)
            surf.page.screenshot(path=str(Path(SHOTS, f"{name}-{size}.png")), full_page=True)
        surf.page.set_viewport_size(DESKTOP)


@pytest.fixture
def programme_id(live: Live) -> int:
    with live.session() as session:
        cast = live.cast
        site = create_site(session, cast.owner, now=NOW, code="NS", name="南山", name_en="Nanshan", hours=[], open_from=date(2020, 1, 1))
        made = add_programme(session, cast.manager, now=NOW, kind="programme", name="硬科技孵化")
        for number, startup_id in enumerate((cast.startup_a, cast.startup_b), start=1):
            agreement = Residency(startup_id=startup_id, site_id=site.id, number=f"R-{number}", starts_on=date(2025, 5, 1), deposit_minor=1_000_000)
            session.add(agreement)
            session.flush()
            for kind, minor in (("received", 1_000_000), ("withheld", 80_000)):
                move_deposit(session, cast.manager, now=NOW, residency_id=agreement.id, kind=kind, amount_minor=minor, reason="门锁损坏",
                             happened_on=date(2025, 5, 2))  # fmt: skip
            enrol(session, cast.manager, now=NOW, programme_id=made.id, startup_id=startup_id, starts_on=date(2025, 5, 1))
        for kind, sort, amount in (("qualification", "high_tech", None), ("financing", "a", 500_000_000)):
            session.add(Achievement(startup_id=cast.startup_a, kind=kind, sort=sort, title=f"{sort} 证明文件及其相当长的名称", amount_minor=amount,
                                    happened_on=TODAY - timedelta(days=90), claimed_at=NOW, confirmed_at=NOW))  # fmt: skip
        session.add(Achievement(startup_id=cast.startup_b, kind="acquisition", title="并购", happened_on=TODAY - timedelta(days=9), claimed_at=NOW, confirmed_at=NOW))
        session.add(Achievement(startup_id=cast.startup_b, kind="financing", sort="b", title="B 轮", amount_minor=900_000_000, happened_on=TODAY - timedelta(days=9), claimed_at=NOW))
        return made.id


@pytest.mark.browser
def test_a_startup_graduates_and_all_is_settled(live: Live, surf: Surfer, programme_id: int) -> None:
    page = surf.sign_in(live.cast.manager)
    page.set_viewport_size(DESKTOP)
    surf.go(f"/programmes/{programme_id}/graduation")
    page.get_by_role("button", name="采用").click()
    page.get_by_text("高新技术企业，当日有效").first.wait_for()
    surf.check_accessible()
    shoot(surf, "rules")
    surf.go("/graduation")
    page.get_by_text("差一项", exact=True).wait_for()
    surf.check_accessible()
    shoot(surf, "near")
    page.get_by_role("link", name="乙科技有限公司").click()
    page.get_by_text("待确认：").wait_for()
    surf.check_accessible()
    shoot(surf, "graduation-b")
    surf.go(f"/startups/{live.cast.startup_a}/graduation")
    page.get_by_text("可以毕业", exact=True).wait_for()
    surf.check_accessible()
    shoot(surf, "graduation-a")
    page.get_by_role("link", name="办理退出").click()
    for kind in ("清退", "注销", "毕业"):
        page.get_by_role("navigation", name="退出方式").get_by_role("link", name=kind).click()
        page.locator("[aria-current=page]", has_text=kind).last.wait_for()
        surf.check_accessible()
        shoot(surf, f"new-exit-{kind}")
    page.get_by_label("原因").fill("达到毕业条件")
    page.get_by_label("创始人保留校友登录").check()
    surf.check_accessible()
    shoot(surf, "new-exit")
    page.get_by_role("button", name="保存").click()
    page.get_by_text("待办事项见下方").wait_for()
    surf.check_accessible()
    shoot(surf, "exit")
    page.get_by_text("办理：退还押金").click()
    page.get_by_text("此项自动办结").wait_for()
    shoot(surf, "exit-deposit")
    surf.check_accessible()
    page.locator("li", has_text="退还押金").get_by_role("link", name="R-1").click()
    assert (page.get_by_label("变动类型").input_value(), page.get_by_label("金额（元）").input_value()) == ("returned", "9200.00")
    shoot(surf, "deposit")
    surf.check_accessible()
    page.get_by_role("button", name="登记").click()
    page.get_by_text("已记录").first.wait_for()
    page.go_back()
    page.go_back()
    page.reload()
    page.get_by_text("已退还：").wait_for()
    for _ in range(6):
        opened = page.locator("summary", has_text="办理：").first
        if not opened.count():
            break
        opened.click()
        entry = page.locator("li", has=page.locator("details[open]"))
        entry.get_by_label("备注（免办时必填）").fill("无")
        entry.locator("button[value=waived]").click()
        page.wait_for_load_state()
    page.get_by_text("已办结", exact=True).wait_for()
    shoot(surf, "exit-settled")
    surf.check_no_sideways_scroll()
    with page.expect_download() as got:
        page.get_by_role("link", name="毕业证书").click()
    assert Path(got.value.path()).read_bytes().startswith(b"%PDF")
    if SHOTS:
        got.value.save_as(Path(SHOTS, "certificate.pdf"))
    for address, name in (("/exits?state=", "exits"), ("/alumni", "alumni"), (f"/startups/{live.cast.startup_a}", "startup"),
                          (f"/startups/{live.cast.startup_a}/bookings-after-exit", "bookings")):  # fmt: skip
        surf.go(address)
        surf.check_accessible()
        page.set_viewport_size(PHONE)
        surf.check_no_sideways_scroll()
        page.set_viewport_size(DESKTOP)
        shoot(surf, name)
    with live.session() as session:
        assert session.execute(select(Programme)).scalar_one().id == programme_id
