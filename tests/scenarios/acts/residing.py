"""Second act: an agreement, a quarter's figures, achievements, a request, a rent-free month."""

from __future__ import annotations

import re
from datetime import timedelta

from playwright.sync_api import expect

from incubator.core.clock import utc_now
from incubator.startups.operations.figure_sheets import open_due_sheets
from tests.scenarios.acts.stage import FIRM, FOUNDER, FREE, MOVED_IN, House, day, look, says
from tests.startups.test_applications import PDF


def an_agreement_is_signed(house: House, startup_id: int, office_id: int) -> str:
    """30 m² at ¥80 are ¥2,400 of rent, at ¥12 ¥360 of property fee: ¥2,760 a month. The first month is rent-free."""
    page = house.manager.page
    house.manager.go(f"/startups/{startup_id}")
    look(house.manager, "13-startup-new")
    page.get_by_role("link", name="签订").first.click()
    day(house.manager, "starts_on", MOVED_IN)
    page.locator(f"input[data-unit='{office_id}']").check(force=True)
    page.locator(f"[name='unit_{office_id}-basis']").select_option("m2_month")
    page.locator(f"[name='unit_{office_id}-rent']").fill("80")
    page.locator(f"[name='unit_{office_id}-fee']").fill("12")
    day(house.manager, "free-0-first", FREE.first)
    day(house.manager, "free-0-last", FREE.last)
    page.locator("[name=deposit]").fill("4800")
    expect(page.locator(".summary")).to_contain_text("¥2,760.00")
    look(house.manager, "14-agreement-new")
    page.get_by_role("button", name="签订协议").click()
    page.wait_for_url(re.compile(r"/residencies/\d+$"))
    look(house.manager, "15-agreement")
    there = page.url.removeprefix(house.live.url)
    house.manager.go("/rent-control")
    says(page, FIRM)
    look(house.manager, "16-rent-control")
    house.manager.go("/agreement-template")
    page.get_by_role("button", name="采用这些条款").click()
    page.get_by_role("button", name="保存为新版本").wait_for()
    house.manager.go(there)
    page.get_by_role("button", name="生成文本").click()
    page.wait_for_url(re.compile(r"/agreement-texts/\d+$"))
    return page.url.removeprefix(house.live.url)


def both_accept_it(house: House, address: str) -> None:
    for surf, name, press, after in ((house.linxiao, FOUNDER, "确认协议", "待我方会签"),
                                     (house.manager, "米娅", "会签", "双方已确认")):  # fmt: skip
        surf.go(address)
        surf.page.get_by_label("您的姓名").fill(name)
        surf.page.get_by_label("我已阅读并同意本文本。").check()
        if surf is house.linxiao:
            look(surf, "17-text")
        surf.page.get_by_role("button", name=press).click()
        surf.page.get_by_text(after).first.wait_for()


def the_quarter_is_reported(house: House, startup_id: int) -> None:
    with house.live.session() as session:
        assert open_due_sheets(session, house.live.cast.system, now=utc_now()) == 1
    page = house.linxiao.page
    house.linxiao.go("/")
    look(house.linxiao, "18-founder-home")
    house.linxiao.go("/my/figures")
    page.get_by_role("link", name=re.compile("^填报")).first.click()
    for label, value in (("从业人员期末数", "16"), ("其中：应届高校毕业生", "3"), ("其中：研发人员", "8"), ("营业收入", "1200.5"),
                         ("总成本费用", "900"), ("其中：研发投入", "300"), ("净利润", "200"), ("实际上缴税费", "60")):  # fmt: skip
        page.get_by_label(label, exact=True).fill(value)
    page.get_by_role("button", name="提交").click()
    page.get_by_text("已提交。如需修改会通知您").wait_for()
    page = house.manager.page
    house.manager.go(f"/startups/{startup_id}/figures")
    look(house.manager, "19-figures")
    page.locator("main a[href*='/figures/']").first.click()
    page.get_by_role("button", name="确认").click()
    page.get_by_text("数据从现在起计入统计").wait_for()


def two_achievements_are_confirmed(house: House, startup_id: int) -> None:
    page = house.linxiao.page
    for what, title, days, amount in (("qualification:high_tech", "高新技术企业证书", 9, ""),
                                      ("financing:a", "A 轮融资", 19, "5000000")):  # fmt: skip
        house.linxiao.go(f"/startups/{startup_id}/achievements")
        page.locator("[name=what]").select_option(what)
        page.locator("[name=title]").fill(title)
        day(house.linxiao, "happened_on", MOVED_IN + timedelta(days=days))
        page.locator("[name=amount]").fill(amount)
        page.locator("[name=file]").set_input_files({"name": f"{title}.pdf", "mimeType": "application/pdf", "buffer": PDF})
        page.get_by_role("button", name="添加", exact=True).click()
        page.get_by_role("link", name=f"{title}.pdf").wait_for()
    look(house.linxiao, "20-achievements")
    page = house.manager.page
    house.manager.go("/achievements")
    look(house.manager, "21-achievements")
    for left in (1, 0):
        page.get_by_role("button", name="已核验，确认").first.click()
        expect(page.get_by_role("button", name="已核验，确认")).to_have_count(left)


def the_front_desk_helps(house: House) -> None:
    page = house.linxiao.page
    house.linxiao.go("/")
    page.get_by_role("link", name="向运营方提交诉求").click()
    page.get_by_label("事由").fill("门禁卡失灵")
    page.get_by_label("具体情况").fill("三楼的门刷不开。")
    page.get_by_label("类别").select_option(label="设施报修")
    page.get_by_role("button", name="发送").click()
    page.wait_for_url("**/requests/*")
    there = page.url.removeprefix(house.live.url)
    desk = house.window("front desk")
    desk.go("/requests")
    desk.page.get_by_role("link", name="门禁卡失灵").click()
    desk.page.get_by_label("您的留言").fill("已重新授权，请再试。")
    desk.page.get_by_label("解决，已处理完毕").check()
    look(desk, "22-request")
    desk.page.get_by_role("button", name="发送").click()
    says(desk.page, "已重新授权，请再试。")
    house.linxiao.go(there)
    says(page, "已重新授权，请再试。")
    look(house.linxiao, "23-request-founder")


def finance_reads_the_rent_free_month(house: House, site_id: int) -> None:
    """No rent; 30 m² × ¥12 = ¥360.00 of property fee. In the month after it ¥360.00 + 30 m² × ¥80 = ¥2,760.00."""
    finance = house.window("finance", house.live.cast.finance)
    page = finance.page
    finance.go(f"/billing/{site_id}/{FREE}")
    page.locator(".draft-invoice > summary").click()
    says(page, "¥360.00", "免租")
    look(finance, "24-rent-free-month")
    finance.go(f"/billing/{site_id}/{FREE + 1}")
    page.locator(".draft-invoice > summary").click()
    says(page, "¥2,400.00", "¥2,760.00")
    look(finance, "25-next-month")
