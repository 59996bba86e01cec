"""A founder on a telephone says what they need and reads why the first mentor is suggested; staff try other weights."""

from __future__ import annotations

import os
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from playwright.sync_api import expect
from sqlalchemy import update
from sqlalchemy.orm import Session

from incubator.accounts.models import Person
from incubator.core.clock import utc_now
from incubator.mentors.models import HelpField, Mentor
from incubator.mentors.operations.mentors import pause_mentor
from incubator.mentors.operations.needs import NeedFacts, state_need
from incubator.mentors.rules.hours import Hours
from incubator.startups.models import Startup
from tests.browser import DESKTOP, PHONE, Live, Surfer
from tests.cast import NOW, Cast
from tests.mentors.build import add_mentor_at, make_field, make_site

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group(__name__)]
WEEK = tuple(Hours(day, 14 * 60, 17 * 60) for day in (1, 2, 4))
FIELDS = (("融资", "Financing", "天使轮, 投资人, 估值"), ("股权设计", "Equity", "股权, 期权"), ("知识产权", "Intellectual property", "专利"),
          ("市场推广", "Marketing", "获客"), ("政策申报", "Policy applications", "补贴, 高企认定"), ("产品设计", "Product design", ""))  # fmt: skip


def look(surf: Surfer, name: str) -> None:
    """What every page must hold; and a picture of it, where SHOTS says where to."""
    if folder := os.environ.get("SHOTS"):
        surf.page.screenshot(path=str(Path(folder) / f"{name}.png"), full_page=True)
    surf.check_accessible()
    surf.check_no_sideways_scroll()


def furnish(session: Session, cast: Cast) -> list[HelpField]:
    """Six fields, two sites, four mentors, of whom one takes a pause."""
    fields = [make_field(session, cast, *words) for words in FIELDS]
    here, there = make_site(session, cast), make_site(session, cast, "LH", "龙华二号")
    (here.latitude, here.longitude), (there.latitude, there.longitude) = (
        (Decimal("22.53332"), Decimal("113.93041")), (Decimal("22.65470"), Decimal("114.02370")))  # fmt: skip
    session.get_one(Startup, (cast.operator_id, cast.startup_a)).industry_code = "6513"
    people = (("lin", "林晓岚", here, fields[:2], ("65",), ("seed", "early"), ("zh", "en"), None),
              ("zhou", "周明远", there, fields[1:3], ("64", "39"), ("prototype",), ("zh", "yue"), 80_000),
              ("he", "何静怡", there, fields[3:5], (), (), ("zh",), None),
              ("chen", "陈启航", here, fields[:3], ("65",), ("seed",), ("zh",), None))  # fmt: skip
    for name, full_name, site, of, industries, stages, languages, rate in people:
        mentor, actor = add_mentor_at(session, cast, site, name=name, fields=of, industries=industries, stages=stages,
                                      languages=languages, hours=WEEK, rate_minor=rate)  # fmt: skip
        session.execute(update(Person).where(Person.id == actor.person_id).values(name=full_name))
        session.execute(update(Mentor).where(Mentor.id == mentor.id).values(
            headline="深圳前海某创业投资有限公司合伙人、投资总监", headline_en="Partner of a venture fund in Qianhai"))  # fmt: skip
    pause_mentor(session, cast.manager, now=NOW, mentor_id=mentor.id)
    return fields


def test_a_founder_states_a_need_on_a_phone_and_reads_why(live: Live, surf: Surfer) -> None:
    with live.session() as session:
        furnish(session, live.cast)
    page = surf.sign_in(live.cast.founder_a)
    page.set_viewport_size(PHONE)
    surf.go("/my/needs")
    look(surf, "my-needs-empty-390")
    page.get_by_role("link", name="提出需求").first.click()
    look(surf, "new-need-390")
    page.get_by_label("需要哪方面的帮助？").fill("想融天使轮，不知道股权怎么分")
    for found in ("融资", "股权设计"):
        expect(page.locator(".found-fields").get_by_label(found)).to_be_checked()
    page.get_by_label("详细说明（选填）").fill("见过两位投资人，估值谈不拢。")
    page.get_by_label("一周内").check()
    page.locator("summary", has_text="时间、地点和语言").click()
    page.get_by_label("工作日中午后").or_(page.get_by_label("工作日下午")).first.check()
    page.get_by_label("处于哪个发展阶段？（选填）").select_option("seed")
    look(surf, "new-need-filled-390")
    page.get_by_role("button", name="看看谁能帮忙").click()
    first = page.locator(".suggestion").first
    expect(first.get_by_role("heading")).to_have_text("林晓岚")
    expect(first).to_contain_text("所需领域全部擅长：融资、股权设计。")
    expect(first).to_contain_text("+400")
    expect(first).to_contain_text("熟悉该行业")
    expect(page.locator(".suggestion").nth(1)).to_contain_text("2 个领域中擅长 1 个：股权设计。")
    look(surf, "need-390")
    expect(first.get_by_role("link", name="预约辅导")).to_be_visible()
    page.set_viewport_size(DESKTOP)
    look(surf, "need-1440")
    surf.go("/my/needs")
    expect(page.locator("main")).to_contain_text("想融天使轮，不知道股权怎么分")
    look(surf, "my-needs-1440")


def test_staff_add_a_need_and_try_other_weights(live: Live, surf: Surfer) -> None:
    with live.session() as session:
        fields, cast = furnish(session, live.cast), live.cast
        for number, title in enumerate(("想融天使轮，不知道股权怎么分", "专利被驳回，怎么答复审查意见", "W" * 100)):
            startup, founder = ((cast.startup_a, cast.founder_a), (cast.startup_b, cast.founder_b))[number % 2]
            state_need(session, founder, now=utc_now() - timedelta(days=9 * number), startup_id=startup, facts=NeedFacts(
                title, urgency=("high", "normal", "low")[number], field_ids=tuple(each.id for each in fields[number : number + 2])))  # fmt: skip
    page = surf.sign_in(live.cast.manager)
    surf.go("/needs")
    look(surf, "needs-1440")
    page.get_by_role("link", name="想融天使轮").click()
    page.locator(".missing summary").click()
    expect(page.locator(".missing-list")).to_contain_text("陈启航")
    look(surf, "need-staff-1440")
    surf.go("/mentoring/settings")
    look(surf, "settings-1440")
    preview = page.locator("#preview")
    page.get_by_label("用一条未结束的需求试算").select_option(label="专利被驳回，怎么答复审查意见 · 乙科技有限公司")
    expect(preview.locator("tbody tr").first).to_contain_text("周明远")
    page.locator("#expertise").fill("0")
    expect(preview.locator("tbody tr").first).to_contain_text("林晓岚")
    expect(preview).to_contain_text("上升")
    look(surf, "settings-tried-1440")
    page.set_viewport_size(PHONE)
    look(surf, "settings-390")
    page.get_by_role("button", name="保存修改").click()
    expect(page.locator("main")).to_contain_text("今后的推荐按这些数字排序")
    surf.go("/needs")
    look(surf, "needs-390")
    surf.go("/needs/new")
    look(surf, "new-need-staff-390")
