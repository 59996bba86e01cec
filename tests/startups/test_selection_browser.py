"""Selection in a real browser: set up, reviewed blind on a telephone, ranked, offered, accepted; every page for everyone."""

from __future__ import annotations

import os
import re
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select, update

from incubator.accounts.actor import Actor
from incubator.accounts.models import Person
from incubator.core.clock import utc_now
from incubator.notices.models import OutboxMail
from incubator.notices.writing import write_notices
from incubator.startups.letters import WRITERS
from incubator.startups.models import Application, Startup
from incubator.startups.operations.reviews import assign_reviewer, submit_review
from incubator.startups.operations.stages import add_stage
from incubator.startups.queries.stages import list_criteria, list_stages
from tests.browser import DESKTOP, PHONE, Live, Surfer
from tests.startups.choosing import apply, make_call, make_stage, review

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group(__name__)]

SEEN_BY_AXE = {("en", "phone"), ("zh_Hans", "desktop")}
"""Both languages fit both widths; that a page can be used by everybody does not depend on which of them are together."""


def look(surf: Surfer, name: str) -> None:
    """What every page must hold; and a picture of it, where SHOTS says where to."""
    surf.check_accessible()
    surf.check_no_sideways_scroll()
    if folder := os.environ.get("SHOTS"):
        surf.page.screenshot(path=str(Path(folder) / f"{name}.png"), full_page=True)


def become(surf: Surfer, actor: Actor) -> Page:
    surf.page.context.clear_cookies()
    return surf.sign_in(actor)


def letter_address(live: Live, to: str) -> str:
    with live.session() as session:
        write_notices(session, now=utc_now(), base_url="", writers=WRITERS)
        bodies = session.execute(
            select(OutboxMail.text_body).where(OutboxMail.to_address == to).order_by(OutboxMail.id.desc())
        ).scalars()
        found = next(match for body in bodies if (match := re.search(r"/decision/[\w-]+", body)))
    return found[0]


def score(page: Page, scores: tuple[int, ...]) -> None:
    for place, given in enumerate(scores):
        page.locator(f".criterion >> nth={place} >> input[value='{given}']").check()


def test_from_a_stage_to_a_startup(live: Live, surf: Surfer) -> None:
    with live.session() as session:
        call = make_call(session, live.cast)
        a, b, c = (each.id for each in apply(session, call))
        call_id = call.id
    page = become(surf, live.cast.manager)
    surf.go(f"/calls/{call_id}/selection")
    look(surf, "selection-empty")
    page.get_by_role("link", name="添加阶段").click()
    page.locator("input[name=name]").fill("书面评审")
    page.locator("input[name=due_on]").fill((utc_now() + timedelta(days=9)).date().isoformat())
    page.locator("input[name=is_blind]").check()
    look(surf, "stage-new")
    page.get_by_role("button", name="保存").click()
    look(surf, "rubric-empty")
    for label, weight in (("团队", "60"), ("技术", "40")):
        page.get_by_role("link", name="添加评分项").click()
        page.locator("input[name=label]").fill(label)
        page.locator("input[name=weight]").fill(weight)
        page.locator("input[name=lowest_means]").fill("尚无全职成员")
        page.locator("input[name=middle_means]").fill("有全职成员，分工尚不清楚")
        page.locator("input[name=highest_means]").fill("成员互补，做过同类产品")
        if label == "团队":
            look(surf, "criterion-new")
        page.get_by_role("button", name="保存").click()
    look(surf, "rubric")
    page.get_by_role("link", name="评审人与进度").click()
    for name in ("max", "fred"):
        page.get_by_label(name, exact=True).check()
    look(surf, "stage-unassigned")
    page.locator("form[action$='/assign'] >> nth=0").get_by_role("button", name="分配").click()
    expect(page.locator("main")).to_contain_text("已分配 6 份评审")
    look(surf, "stage")

    page = become(surf, live.cast.mentor)
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    surf.go("/reviews")
    look(surf, "my-reviews-phone")
    for given in ((5, 4), (3, 3), (1, 2)):
        page.locator(".review-tasks a >> nth=0").click()
        expect(page.locator("main")).not_to_contain_text("芯翼")
        score(page, given[:1])
        page.get_by_role("button", name="提交").click()
        expect(page.locator("main")).to_contain_text("请选择分数")
        score(page, given)
        page.locator("textarea[name=to_applicant]").fill("请先做十次客户访谈。")
        if given == (5, 4):
            look(surf, "review-phone")
        page.get_by_role("button", name="提交").click()
        expect(page.locator("main")).to_contain_text("评审已提交")
        surf.go("/reviews")
    look(surf, "my-reviews-none-phone")
    page.set_viewport_size(DESKTOP)  # type: ignore[arg-type]

    page = become(surf, live.cast.front_desk)
    surf.go("/reviews")
    page.locator(".review-tasks a >> nth=0").click()
    score(page, (5, 5))
    look(surf, "review")
    page.get_by_role("button", name="提交").click()
    surf.go("/reviews")
    page.locator(".review-tasks a >> nth=0").click()
    page.get_by_text("我难以公正评审这份申请").click()
    page.locator("input[name=reason]").fill("曾任其顾问")
    look(surf, "conflict")
    page.get_by_role("button", name="声明利益冲突").click()
    expect(page.locator("main")).to_contain_text("利益冲突已记录")
    surf.go("/reviews?show=done")
    look(surf, "my-reviews-done")
    page.locator(".review-tasks a", has_text="利益冲突").click()
    expect(page.locator("main")).to_contain_text("不再向您显示")

    page = become(surf, live.cast.manager)
    with live.session() as session:
        stage_id = list_stages(session, live.cast.manager, call_id)[0].id
    surf.go(f"/selection/stages/{stage_id}/ranking")
    look(surf, "ranking")
    page.locator("tbody tr >> nth=0 >> .row-name").click()
    look(surf, "record")
    page.get_by_label("发出入孵邀约").check()
    page.locator("textarea[name=reason]").fill("排名第一，团队互补。")
    page.locator("textarea[name=terms]").fill("两个工位，首年免租。\n参加每月路演。")
    page.locator("input[name=expires_on]").fill((utc_now() + timedelta(days=9)).date().isoformat())
    page.get_by_role("button", name="决定并通知申请方").click()
    expect(page.locator("main")).to_contain_text("已作出决定")
    look(surf, "record-offered")
    with live.session() as session:
        first = session.execute(select(Application).where(Application.id.in_([a, b, c]), Application.taken_up_at.is_not(None)))
        numbers = {each.id: (each.number, each.contact_email, each.name) for each in first.scalars()}
    number = page.locator(".page-pretitle").first.inner_text().split("·")[-1].strip()
    email, name = next((email, name) for known, email, name in numbers.values() if known == number)
    address = letter_address(live, email)

    page.context.clear_cookies()
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    surf.go(address)
    look(surf, "offer-phone")
    page.locator("input[name=name]").fill("张三丰")
    page.get_by_role("button", name="接受邀约").click()
    expect(page.locator("main")).to_contain_text("请勾选后再接受")
    page.locator("input[name=agreed]").check()
    page.get_by_role("button", name="接受邀约").click()
    expect(page.locator("main")).to_contain_text("欢迎加入")
    look(surf, "admission-phone")
    with live.session() as session:
        made = session.execute(select(Startup).where(Startup.name == name)).scalar_one()
        assert made.contact_email == email
    page.set_viewport_size(DESKTOP)  # type: ignore[arg-type]
    become(surf, live.cast.manager)
    surf.go(f"/selection/stages/{stage_id}/ranking")
    look(surf, "ranking-decided")


@pytest.mark.parametrize("locale", ["en", "zh_Hans"])
def test_every_page_with_long_and_much_and_late(live: Live, surf: Surfer, locale: str) -> None:
    cast = live.cast
    with live.session() as session:
        call = make_call(session, cast)
        call.name_en = "Acceleration programme for hardware, robotics and new materials, autumn"
        applications = apply(session, call, 8)
        applications[0].name = "深圳市前海自贸区芯翼微电子科技股份有限公司"
        applications[0].name_en = "Shenzhen Qianhai Free Trade Zone Xinyi Microelectronics Technology Co., Ltd."
        stage, lines = make_stage(session, cast, call)
        for number, each in enumerate(applications[:6]):
            for reviewer, more in ((cast.mentor, 0), (cast.finance, 1)):
                scores = tuple(1 + (number * step + more) % 5 for step in (1, 2, 3))
                review(session, cast, stage, lines, each, reviewer, scores, to_panel="Strong team.\nWeak market.",
                       to_applicant="Talk to customers first.")  # fmt: skip
        waiting = assign_reviewer(session, cast.manager, now=utc_now(), stage_id=stage.id, application_id=applications[6].id,
                                  person_id=cast.front_desk.person_id or 0)  # fmt: skip
        done = assign_reviewer(session, cast.manager, now=utc_now(), stage_id=stage.id, application_id=applications[0].id,
                               person_id=cast.front_desk.person_id or 0)  # fmt: skip
        submit_review(session, cast.front_desk, now=utc_now(), review_id=done.id,
                      scores={line.id: 3 for line in list_criteria(session, stage.id)})  # fmt: skip
        add_stage(session, cast.manager, now=utc_now(), call_id=call.id, name="路演答辩", name_en="Pitch before the panel")
        stage_id, call_id, first_id, line_id = stage.id, call.id, applications[0].id, lines[0].id
        waiting_id, done_id = waiting.id, done.id
        session.execute(update(Person).values(locale=locale))
    become(surf, cast.manager)
    staff = {
        "selection": f"/calls/{call_id}/selection", "stage": f"/selection/stages/{stage_id}",
        "ranking": f"/selection/stages/{stage_id}/ranking", "rubric": f"/selection/stages/{stage_id}/rubric",
        "record": f"/selection/applications/{first_id}", "criterion": f"/selection/criteria/{line_id}/edit",
    }  # fmt: skip
    own = {"my-reviews": "/reviews", "review": f"/reviews/{waiting_id}", "review-done": f"/reviews/{done_id}"}
    for actor, pages in ((cast.manager, staff), (cast.front_desk, own)):
        if actor is not cast.manager:
            become(surf, actor)
        for name, path in pages.items():
            surf.go(path)
            for size, width in ((PHONE, "phone"), (DESKTOP, "desktop")):
                surf.page.set_viewport_size(size)  # type: ignore[arg-type]
                surf.check_no_sideways_scroll()
                if (locale, width) in SEEN_BY_AXE:
                    look(surf, f"{locale}-{name}-{width}")
