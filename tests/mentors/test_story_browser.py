"""From a need to a figure, in a browser: a founder states a need, reads why the first mentor is suggested, books an
hour; two days later both sides confirm the log, and the manager sees the hours in the report."""

from __future__ import annotations

import re
from datetime import timedelta

import time_machine
from playwright.sync_api import expect

from tests.browser import PHONE, Live, Surfer
from tests.mentors.meeting import at, make_place

MONDAY = at(2, 9)


def test_from_a_need_to_the_report(live: Live, surf: Surfer) -> None:
    page = surf.page
    with time_machine.travel(MONDAY) as clock:
        with live.session() as session:
            make_place(session, live.cast)
        page.set_viewport_size(PHONE)
        surf.sign_in(live.cast.founder_a)

        # the founder states what they need, and reads why max is suggested
        surf.go("/needs/new")
        page.get_by_label("需要什么帮助").or_(page.locator("input[name=title]")).first.fill("准备天使轮融资")
        page.locator("input[name=field_ids] + span:has-text('融资'), label:has-text('融资') input[name=field_ids]").first.check(force=True)
        page.locator("form:has(input[name=title]) button.btn-primary").click()
        page.wait_for_url(re.compile(r"/needs/\d+$"))
        first = page.locator("main").get_by_role("link", name="max").first
        expect(first).to_be_visible()
        expect(page.locator("main")).to_contain_text("融资")
        surf.check_no_sideways_scroll()
        surf.check_accessible()

        # books Tuesday, 14:00, online
        page.get_by_role("link", name=re.compile("预约辅导")).first.click()
        page.get_by_role("link", name=re.compile("14:00.*2026年11月3日")).click()
        expect(page.locator("input[name=title]")).to_have_value("准备天使轮融资")
        page.get_by_role("radio", name="线上").check()
        page.get_by_label("会议链接").fill("https://meeting.tencent.com/dm/demo")
        page.get_by_role("button", name="预订").click()
        page.wait_for_url(re.compile(r"/mentoring/sessions/\d+$"))
        session_page = page.url.removeprefix(surf.base)
        expect(page.locator("main")).to_contain_text("2026年11月3日 14:00–15:00")

        # on Wednesday the mentor writes the log
        clock.move_to(MONDAY + timedelta(days=2))
        page.context.clear_cookies()
        surf.sign_in(live.cast.mentor)
        expect(page.locator("main")).to_contain_text("填写辅导记录：准备天使轮融资")
        page.get_by_role("link", name=re.compile("填写辅导记录")).first.click()
        page.get_by_role("link", name="填写辅导记录").click()
        page.get_by_label("谈了什么？").fill("估值与条款")
        page.get_by_role("checkbox", name="融资", exact=True).check()
        surf.check_accessible()
        page.get_by_role("button", name="保存并代表我方确认").click()
        expect(page.locator("main")).to_contain_text("创业企业尚未确认")

        # the founder reads and confirms it
        page.context.clear_cookies()
        surf.sign_in(live.cast.founder_a)
        page.get_by_role("link", name=re.compile("确认辅导记录：准备天使轮融资")).click()
        page.get_by_role("button", name="确认属实").click()
        expect(page.locator("main")).to_contain_text("计入 1小时")

        # the manager sees the hour, and what it is made of
        page.context.clear_cookies()
        surf.sign_in(live.cast.manager)
        surf.go("/mentoring/figures")
        expect(page.locator("section:has(#by-mentor)")).to_contain_text("1小时")
        page.locator("section:has(#by-mentor)").get_by_role("link", name="1小时").click()
        expect(page.locator("main")).to_contain_text("准备天使轮融资")
        page.get_by_role("link", name="准备天使轮融资").click()
        expect(page).to_have_url(surf.base + session_page)
