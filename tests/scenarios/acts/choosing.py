"""First act: a call, an application from a telephone, reviews, an offer that is accepted."""

from __future__ import annotations

import re
from datetime import timedelta

from playwright.sync_api import expect
from sqlalchemy import select

from incubator.startups.models import Call, Startup
from tests.cast import PASSWORD
from tests.scenarios.acts.stage import FIRM, FOUNDER, MAIL, MOVED_IN, TODAY, House, day, look, says
from tests.startups.choosing import apply
from tests.startups.test_applications import GOOD, PDF


def a_call_is_published(house: House) -> int:
    page = house.manager.page
    house.manager.go("/calls/new")
    page.get_by_label("名称", exact=True).fill("春季招募")
    page.locator("[name=slug]").fill("spring")
    day(house.manager, "opens_on", TODAY)
    day(house.manager, "closes_on", TODAY + timedelta(days=20))
    day(house.manager, "starts_on", MOVED_IN)
    look(house.manager, "01-new-call")
    page.get_by_role("button", name="添加", exact=True).click()
    page.get_by_role("link", name="添加第一个问题").click()
    page.locator("[name=kind]").select_option("file")
    page.locator("[name=label]").fill("商业计划书")
    page.locator("[name=is_required]").check()
    page.get_by_role("button", name="添加", exact=True).click()
    page.get_by_role("button", name="发布").click()
    says(page, "商业计划书")
    look(house.manager, "02-call")
    return int(re.findall(r"/calls/(\d+)", page.url)[0])


def linxiao_applies(house: House) -> None:
    page = house.linxiao.page
    house.linxiao.go(f"/apply/{house.live.cast.operator_id:x}")
    look(house.linxiao, "03-public-calls")
    page.get_by_role("link", name="春季招募").click()
    page.get_by_label("邮箱").fill(MAIL)
    page.get_by_role("button", name="开始申请").click()
    page.get_by_label("企业或团队名称").fill(FIRM)
    page.get_by_label("创始人1：姓名").fill(FOUNDER)
    page.get_by_label("商业计划书").set_input_files({"name": "计划书.pdf", "mimeType": "application/pdf", "buffer": PDF})
    page.get_by_role("link", name="计划书.pdf").wait_for()
    page.goto("about:blank")  # she leaves, and comes back by the mail
    house.linxiao.go(house.letter("application"))
    expect(page.get_by_label("创始人1：姓名")).to_have_value(FOUNDER)
    page.get_by_label("已注册企业").check()
    for label, answer in (("统一社会信用代码", GOOD["credit_code"]), ("用几句话介绍", "端侧语音芯片。"), ("联系人", FOUNDER),
                          ("电话", "13800138000")):  # fmt: skip
        page.get_by_label(label).fill(str(answer))
    look(house.linxiao, "04-application")
    page.get_by_role("button", name="提交申请").click()
    page.get_by_role("heading", name="申请已收到").wait_for()
    look(house.linxiao, "05-sent")


def it_is_scored(house: House, call_id: int) -> int:
    """Weights 60 and 40, scores 1 to 5. The mentor gives 5 and 4: 60 × 4/4 + 40 × 3/4 = 90; the front desk 4 and 5:
    60 × 3/4 + 40 × 4/4 = 85. The other application gets 3 and 3 = 50, and 2 and 3: 15 + 20 = 35."""
    with house.live.session() as session:
        apply(session, session.execute(select(Call).where(Call.id == call_id)).scalar_one(), count=1, first=9)
    page = house.manager.page
    house.manager.go(f"/calls/{call_id}/selection")
    page.get_by_role("link", name="添加阶段").click()
    page.locator("[name=name]").fill("书面评审")
    day(house.manager, "due_on", TODAY + timedelta(days=9))
    page.get_by_role("button", name="保存").click()
    for label, weight in (("团队", "60"), ("技术", "40")):
        page.get_by_role("link", name="添加评分项").click()
        for name, value in (("label", label), ("weight", weight), ("lowest_means", "薄弱"), ("middle_means", "尚可"),
                            ("highest_means", "突出")):  # fmt: skip
            page.locator(f"[name={name}]").fill(value)
        page.get_by_role("button", name="保存").click()
    page.get_by_role("link", name="评审人与进度").click()
    for name in ("max", "fred"):
        page.get_by_label(name, exact=True).check()
    page.locator("form[action$='/assign'] >> nth=0").get_by_role("button", name="分配").click()
    says(page, "已分配 4 份评审")
    stage_id = int(re.findall(r"/stages/(\d+)", page.url)[0])
    mentor = house.window("mentor", house.live.cast.mentor, phone=True)
    desk = house.window("front desk", house.live.cast.front_desk)
    for surf, scores in ((mentor, {FIRM: (5, 4), "海月软件": (3, 3)}), (desk, {FIRM: (4, 5), "海月软件": (2, 3)})):
        for firm, (team, technology) in scores.items():
            surf.go("/reviews")
            surf.page.locator(".review-tasks a", has_text=firm).click()
            for place, score in enumerate((team, technology)):
                surf.page.locator(f".criterion >> nth={place} >> input[value='{score}']").check()
            if firm == FIRM and surf is mentor:
                look(surf, "06-review")
            surf.page.get_by_role("button", name="提交").click()
            says(surf.page, "评审已提交")
    return stage_id


def a_place_is_offered(house: House, stage_id: int) -> None:
    """Raw (90 + 85) / 2 = 87.5 against (50 + 35) / 2 = 42.5."""
    page = house.manager.page
    house.manager.go(f"/selection/stages/{stage_id}/ranking")
    first, second = page.locator("tbody tr").all()
    expect(first).to_contain_text(FIRM)
    expect(first).to_contain_text("87.50")
    expect(second).to_contain_text("42.50")
    look(house.manager, "07-ranking")
    first.locator(".row-name").click()
    page.get_by_label("发出入孵邀约").check()
    page.locator("[name=reason]").fill("排名第一，团队互补。")
    page.locator("[name=terms]").fill("一间 30 平方米办公室，首月免租。")
    day(house.manager, "expires_on", TODAY + timedelta(days=9))
    page.get_by_role("button", name="决定并通知申请方").click()
    says(page, "已作出决定")
    look(house.manager, "08-offered")


def linxiao_takes_the_place(house: House) -> int:
    page = house.linxiao.page
    house.linxiao.go(house.letter("decision"))
    says(page, "首月免租")
    look(house.linxiao, "09-offer")
    page.locator("[name=name]").fill(FOUNDER)
    page.locator("[name=agreed]").check()
    page.get_by_role("button", name="接受邀约").click()
    says(page, "欢迎加入")
    look(house.linxiao, "10-welcome")
    house.linxiao.go(house.letter("invitation"))
    look(house.linxiao, "11-invitation")
    page.locator("[name=password]").fill(PASSWORD)
    page.get_by_role("button", name="接受邀请").click()
    page.wait_for_url(lambda url: "/invitation" not in url)
    look(house.linxiao, "12-founder-home-new")
    with house.live.session() as session:
        return session.execute(select(Startup.id).where(Startup.name == FIRM)).scalar_one()
