"""A founder applies from a telephone, and staff read it."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from incubator.core.clock import utc_now
from incubator.notices.models import OutboxMail
from incubator.startups.models import Call
from incubator.startups.operations import add_programme
from incubator.startups.operations.calls import Asked, CallFacts, add_call, add_question, publish_call
from tests.browser import DESKTOP, PHONE, Live, Surfer
from tests.startups.test_applications import GOOD, PDF


def open_call(live: Live) -> tuple[str, int]:
    """The address of a call with a text and a file that have to be answered, and its number."""
    with live.session() as session:
        manager, now = live.cast.manager, utc_now()
        programme = add_programme(session, manager, now=now, kind="programme", name="加速营", name_en="Accelerator")
        facts = CallFacts("2027 春季加速营", "spring-2027", now, now + timedelta(days=20), name_en="Spring 2027",
                          description="为期六个月的硬科技加速营。")  # fmt: skip
        call: Call = add_call(session, manager, now=now, programme_id=programme.id, facts=facts)
        for kind, label in (("long_text", "为什么选择我们？"), ("file", "商业计划书")):
            add_question(session, manager, now=now, call_id=call.id, kind=kind, asked=Asked(label, is_required=True))
        publish_call(session, manager, now=now, call_id=call.id)
        return f"/apply/{live.cast.operator_id:x}/spring-2027", call.id


@pytest.mark.browser
def test_a_founder_applies_from_a_telephone_and_staff_read_it(live: Live, surf: Surfer, tmp_path: Path) -> None:
    address, call_id = open_call(live)
    plan = tmp_path / "计划书.pdf"
    plan.write_bytes(PDF)
    page = surf.page
    page.set_viewport_size(PHONE)
    surf.go(address.rpartition("/")[0])
    surf.check_accessible()
    page.get_by_role("link", name="2027 春季加速营").click()
    surf.check_accessible()
    surf.check_no_sideways_scroll()
    page.get_by_label("邮箱").fill("lin@example.com")
    page.get_by_role("button", name="开始申请").click()
    page.get_by_label("企业或团队名称").fill("芯翼科技有限公司")
    page.get_by_label("创始人1：姓名").fill("林晓")
    page.get_by_label("商业计划书").set_input_files(plan)
    page.get_by_role("link", name="计划书.pdf").wait_for()
    assert page.get_by_label("企业或团队名称").input_value() == "芯翼科技有限公司"
    page.goto("about:blank")  # leaves, and comes back by the mail
    with live.session() as session:
        mail = session.execute(select(OutboxMail).where(OutboxMail.to_address == "lin@example.com")).scalar_one()
        link = re.search(r"/application/\S+", mail.text_body)
    assert link is not None
    surf.go(link[0])
    assert page.get_by_label("创始人1：姓名").input_value() == "林晓"
    page.get_by_role("button", name="提交申请").click()
    faults = page.get_by_role("alert")
    faults.wait_for()
    assert "请说明是已注册企业还是团队" in faults.inner_text() and "商业计划书" not in faults.inner_text()
    surf.check_accessible()
    surf.check_no_sideways_scroll()
    faults.get_by_role("link", name="联系人").click()
    page.get_by_label("已注册企业").check()
    for label, name in (("统一社会信用代码", "credit_code"), ("用几句话介绍", "summary"), ("联系人", "contact_name"),
                        ("电话", "contact_phone")):  # fmt: skip
        page.get_by_label(label).fill(GOOD[name])
    page.get_by_label("为什么选择我们").fill("因为你们懂硬件。")
    page.get_by_role("button", name="提交申请").click()
    page.get_by_role("heading", name="申请已收到").wait_for()
    assert re.search(r"AP-20\d\d-0001", page.content())
    surf.check_accessible()
    surf.check_no_sideways_scroll()
    page.get_by_role("link", name="更改").click()
    page.get_by_role("button", name="再次提交").wait_for()

    page.set_viewport_size(DESKTOP)
    surf.sign_in(live.cast.manager)
    surf.go(f"/calls/{call_id}")
    surf.check_accessible()
    page.get_by_role("link", name=re.compile("^申请（1）")).click()
    surf.check_accessible()
    page.get_by_role("link", name="芯翼科技有限公司").click()
    surf.check_accessible()
    assert "因为你们懂硬件。" in page.content()
    with page.expect_download() as download:
        page.get_by_role("link", name="计划书.pdf").click()
    assert Path(download.value.path()).read_bytes() == PDF
    for path in (f"/calls/{call_id}/preview", f"/calls/{call_id}/edit", f"/calls/{call_id}/questions/new", "/calls",
                 "/calls/new"):  # fmt: skip
        surf.go(path)
        surf.check_accessible()
    page.set_viewport_size(PHONE)
    for path in ("/calls", f"/calls/{call_id}", f"/calls/{call_id}/applications", f"/calls/{call_id}/edit"):
        surf.go(path)
        surf.check_no_sideways_scroll()
