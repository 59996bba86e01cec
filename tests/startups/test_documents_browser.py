"""The pages of documents in a real browser: with the longest names, in all states, on a telephone and a desk."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

import pytest

from incubator.core.clock import utc_now
from incubator.documents.operations import add_document, add_version, withdraw_document
from tests.browser import DESKTOP, PHONE, Live, Surfer

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group(__name__)]

PDF = b"%PDF-1.7\n%%EOF"
SHOTS = os.environ.get("SHOTS", "")
"""A folder that pictures of the pages are put into, to be looked at."""


@pytest.fixture
def document_id(live: Live) -> int:
    """A document of the longest words with three versions, and one in each other state."""
    now = utc_now()
    today, a, founder = now.date(), live.cast.startup_a, live.cast.founder_a
    with live.session() as session:
        for days, title in ((900, "营业执照（副本）"), (20, "科技型中小企业入库证明"), (-3, "ISO 9001"), (None, "章程")):
            add_document(session, founder, now=now, kind="licence", title=title, startup_id=a, audience="startup", name="a.pdf",
                         content=PDF, expires_on=None if days is None else today + timedelta(days=days))  # fmt: skip
        coming = add_document(session, founder, now=now, kind="qualification", title="高新技术企业证书", startup_id=a,
                              audience="founders", name="a.pdf", content=PDF, valid_from=today + timedelta(days=9))  # fmt: skip
        gone = add_document(session, founder, now=now, kind="other", title="旧的场地平面图", startup_id=a, audience="startup",
                            name="a.pdf", content=PDF)  # fmt: skip
        withdraw_document(session, founder, now=now, document_id=gone.id, reason="已搬迁，不再适用" * 10)
        long = add_document(session, founder, now=now, kind="right", title="很长的标题" * 20, startup_id=a, audience="founders",
                            name="名" * 196 + ".pdf", content=PDF, note="备注" * 100)  # fmt: skip
        for number in (2, 3):
            add_version(session, founder, now=now, document_id=long.id, name="W" * 196 + ".pdf", content=PDF + bytes([48 + number]),
                        valid_from=today, expires_on=today + timedelta(days=29))  # fmt: skip
        assert coming.id < long.id
        return long.id


def test_no_page_is_too_wide_and_all_are_accessible(surf: Surfer, live: Live, document_id: int) -> None:
    surf.sign_in(live.cast.founder_a)
    for path in ("/my/documents", f"/documents/{document_id}", f"/startups/{live.cast.startup_a}/documents/new"):
        for window in (PHONE, DESKTOP):
            surf.page.set_viewport_size(window)
            surf.go(path)
            surf.check_no_sideways_scroll()
            if window is PHONE:
                surf.check_accessible()
            if SHOTS:
                surf.page.screenshot(path=f"{SHOTS}/{path.strip('/').replace('/', '-')}-{window['width']}.png", full_page=True)


def test_the_houses_own_pages_empty_and_full(surf: Surfer, live: Live) -> None:
    def look(name: str) -> None:
        for window in (PHONE, DESKTOP):
            surf.page.set_viewport_size(window)
            surf.check_no_sideways_scroll()
            surf.check_accessible()
            if SHOTS:
                surf.page.screenshot(path=f"{SHOTS}/house-{name}-{window['width']}.png", full_page=True)

    page = surf.sign_in(live.cast.manager)
    surf.go("/documents")
    page.get_by_role("link", name="添加第一个").wait_for()
    look("empty")
    page.get_by_role("link", name="添加第一个").click()
    assert page.get_by_label("文件类别").input_value() == "rules"
    look("new")
    with live.session() as session:
        now, manager = utc_now(), live.cast.manager
        for kind, title, audience, days in (("rules", "入驻企业管理制度" * 8, "everybody", None), ("qualification", "消防验收", "staff", 20),
                                            ("letter", "旧政策", "everybody", -4)):  # fmt: skip
            made = add_document(session, manager, now=now, kind=kind, title=title, startup_id=None, audience=audience, name="a.pdf",
                                content=PDF, expires_on=None if days is None else now.date() + timedelta(days=days))  # fmt: skip
        withdraw_document(session, manager, now=now, document_id=made.id, reason="已废止")
    surf.go("/documents")
    look("staff")
    page.context.clear_cookies()
    page = surf.sign_in(live.cast.founder_a)
    surf.go("/documents")
    look("founder")
    page.get_by_role("link", name="入驻企业管理制度").click()
    page.get_by_role("link", name="全部文件").wait_for()
    look("one")


def test_sent_by_keyboard_and_read_again(surf: Surfer, live: Live, tmp_path: Path) -> None:
    surf.sign_in(live.cast.founder_a)
    page = surf.go("/my/documents")
    if SHOTS:
        page.screenshot(path=f"{SHOTS}/empty.png", full_page=True)
    page.get_by_role("link", name="添加第一个").click()
    wrong, right = tmp_path / "a.docx", tmp_path / "b.pdf"
    wrong.write_bytes(PDF)
    right.write_bytes(PDF)
    page.get_by_label("文件", exact=True).set_input_files(wrong)
    page.get_by_label("文件类别").select_option("licence")
    page.get_by_label("有效期至").fill("2099-12-31")
    page.get_by_label("备注").press("Enter")
    page.get_by_text("的内容其实是 .pdf 文件").wait_for()
    assert page.get_by_label("有效期至").input_value() == "2099-12-31", "what was typed is kept"
    if SHOTS:
        page.screenshot(path=f"{SHOTS}/refused.png", full_page=True)
    page.get_by_label("文件", exact=True).set_input_files(right)
    page.get_by_label("备注").press("Enter")
    page.get_by_role("heading", name="营业执照").wait_for()
    with page.expect_download() as download:
        page.get_by_role("link", name="下载", exact=True).click()
    assert Path(download.value.path()).read_bytes() == PDF and download.value.suggested_filename == "b.pdf"
    page.get_by_text("作废文件").first.click()
    page.get_by_placeholder("原因").fill("上传错了")
    page.get_by_placeholder("原因").press("Enter")
    page.get_by_text("已作废；文件和作废原因会保留。").wait_for()
