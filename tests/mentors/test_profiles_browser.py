"""A mentor changes their profile and hours on a telephone, a manager compares and approves, a founder sees it."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from incubator.mentors.models import MentorHours
from tests.browser import DESKTOP, PHONE, Live, Surfer
from tests.cast import Cast
from tests.mentors.build import add_mentor_at, make_field, make_site

pytestmark = pytest.mark.browser


@pytest.fixture
def mentor_id(live: Live) -> int:
    with live.session() as session:
        site = make_site(session, live.cast)
        fields = [make_field(session, live.cast, name) for name in ("知识产权", "出海")]
        mentor, _ = add_mentor_at(session, live.cast, site, fields=fields[:1])
        return mentor.id


def sign_in_anew(surf: Surfer, cast: Cast, who: str) -> Page:
    surf.page.context.clear_cookies()
    return surf.sign_in(getattr(cast, who))


def test_from_the_mentor_to_the_founder(live: Live, surf: Surfer, mentor_id: int) -> None:
    page = sign_in_anew(surf, live.cast, "mentor")
    page.set_viewport_size(PHONE)
    surf.go("/my/mentor")
    page.get_by_role("link", name="修改资料").click()
    page.get_by_label("职务与单位（中文）").fill("南山专利律师事务所合伙人")
    page.get_by_label("出海").check()
    page.get_by_label("每小时价格，元（选填）").fill("300")
    surf.check_accessible()
    surf.check_no_sideways_scroll()
    page.get_by_role("button", name="提交审核").click()
    expect(page.get_by_role("heading", name="等待审核")).to_be_visible()
    expect(page.locator(".changes ins", has_text="出海")).to_be_visible()
    surf.check_accessible()

    page = sign_in_anew(surf, live.cast, "founder_a")
    expect(surf.go(f"/mentors/{mentor_id}").get_by_text("max，合伙人")).to_be_visible()
    expect(page.get_by_text("南山专利律师事务所合伙人")).to_have_count(0)

    page = sign_in_anew(surf, live.cast, "manager")
    page.set_viewport_size(DESKTOP)
    surf.go("/mentors")
    page.get_by_role("link", name="1 份资料待审核").click()
    page.get_by_role("link", name="max", exact=True).click()
    expect(page.locator(".changes del", has_text="max，")).to_be_visible()
    expect(page.locator(".changes ins", has_text="300.00")).to_be_visible()
    surf.check_accessible()
    page.get_by_role("button", name="批准").click()
    expect(page.get_by_text("没有待审核的资料")).to_be_visible()

    page = sign_in_anew(surf, live.cast, "founder_a")
    page.set_viewport_size(PHONE)
    surf.go("/mentors?q=出海")
    page.get_by_role("link", name="max").click()
    expect(page.get_by_text("南山专利律师事务所合伙人")).to_be_visible()
    expect(page.get_by_text("每小时 ¥300.00")).to_be_visible()
    surf.check_accessible()
    surf.check_no_sideways_scroll()


def test_the_week_by_keyboard_on_a_telephone(live: Live, surf: Surfer, mentor_id: int) -> None:
    """Monday gets a second time, then the days until Friday the same; Saturday one of its own; Friday is cleared."""
    page = sign_in_anew(surf, live.cast, "mentor")
    page.set_viewport_size(PHONE)
    surf.go(f"/mentors/{mentor_id}/hours")
    monday, friday, saturday = (page.locator(f"[data-weekday='{day}']") for day in (1, 5, 6))
    monday.get_by_role("button", name="添加时间").press("Enter")
    expect(page.locator("[name=opens_1_1]")).to_be_focused()
    page.locator("[name=opens_1_1]").fill("19:00")
    page.locator("[name=closes_1_1]").fill("21:00")
    monday.get_by_role("button", name="复制到星期五").press("Enter")
    saturday.get_by_role("button", name="添加时间").press("Enter")
    page.locator("[name=opens_6_0]").fill("10:00")
    page.locator("[name=closes_6_0]").fill("00:00")
    for _ in range(2):
        friday.get_by_role("button", name="删除这段时间").first.press("Enter")
    expect(friday.get_by_text("这一天不接受辅导")).to_be_visible()
    surf.check_accessible()
    page.get_by_role("button", name="保存每周时间").press("Enter")
    expect(page.get_by_text("每周时间已保存，立即生效。")).to_be_visible()
    with live.session() as session:
        rows = session.execute(select(MentorHours).order_by(MentorHours.weekday, MentorHours.opens_minute)).scalars()
        found = [(row.weekday, row.opens_minute // 60, row.closes_minute // 60) for row in rows]
    assert found == [*((day, *times) for day in (1, 2, 3, 4) for times in ((9, 18), (19, 21))), (6, 10, 24)]
