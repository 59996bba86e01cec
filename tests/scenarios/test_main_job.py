"""The main job in a real browser: a founder books, finance posts, the auditor traces, the manager imports."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta

import openpyxl
import pytest
from playwright.sync_api import Page, expect
from pypdf import PdfReader

from incubator.core.clock import utc_now
from incubator.core.workdays import WORKDAY, day_kind
from incubator.settings import ROOT
from tests.browser import PHONE, Live, Surfer
from tests.jobs.test_import import WHOLE, workbook
from tests.scenarios.october import OCTOBER, tell_october

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group(__name__)]


def next_workday() -> date:
    """A working day within what founders may book."""
    on = utc_now().date() + timedelta(days=2)
    while day_kind(on, "CN", {}) != WORKDAY:
        on += timedelta(days=1)
    return on


def drag(page: Page, resource: str, start: str, end: str) -> None:
    """Over the timeline's row of `resource`, from one full hour to another."""
    row = page.locator("#timeline .ec-row-head", has_text=resource).bounding_box()
    first = page.locator(f'#timeline .ec-slots time[datetime$="T{start}:00"]').locator("..").bounding_box()
    last = page.locator(f'#timeline .ec-slots time[datetime$="T{end}:00"]').locator("..").bounding_box()
    assert row and first and last
    y = row["y"] + row["height"] / 2
    page.mouse.move(first["x"] + 4, y)
    page.mouse.down()
    page.mouse.move(first["x"] + 40, y, steps=4)
    page.mouse.move(last["x"] - 4, y, steps=8)
    page.mouse.up()


def test_a_founder_books_by_dragging_sees_the_price_and_cancels(live: Live, surf: Surfer) -> None:
    with live.session() as session:
        tell_october(session, live.cast)
    page = surf.sign_in(live.cast.founder_a)
    surf.go(f"/timeline?date={next_workday()}")
    surf.check_accessible()
    drag(page, "会议室一", "10:00", "12:00")
    dialog = page.locator("#booking-dialog")
    expect(dialog).to_be_visible()
    expect(dialog.get_by_role("status")).to_have_text("¥100.00")
    dialog.locator("input[name=end]").fill("11:30")
    dialog.locator("input[name=title]").focus()
    expect(dialog.get_by_role("status")).to_have_text("¥75.00")
    dialog.locator("input[name=title]").fill("浏览器里的会")
    dialog.locator("[data-confirm]").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("浏览器里的会")
    expect(page.locator("main")).to_contain_text("¥75.00")
    surf.check_accessible()
    surf.go(f"/timeline?date={next_workday()}")
    expect(page.locator("#timeline .kind-own")).to_contain_text("浏览器里的会")
    page.locator("#timeline .kind-own").click()
    page.locator("form[action$=cancel] button").click()
    expect(page.locator("main")).to_contain_text("已取消")
    surf.go(f"/timeline?date={next_workday()}")
    expect(page.locator("#timeline .kind-own")).to_have_count(0)


def test_finance_posts_the_month_and_every_figure_is_explained(live: Live, surf: Surfer, tmp_path: object) -> None:
    with live.session() as session:
        site = tell_october(session, live.cast).site.id
    page = surf.sign_in(live.cast.finance)
    surf.go(f"/billing/{site}/{OCTOBER}")
    surf.check_accessible()
    expect(page.locator("main")).to_contain_text("¥3,411.39")
    page.get_by_role("button", name="出具 3 份账单").click()
    expect(page.locator("main")).to_contain_text("INV-2026-000003")
    for extension in ("xlsx", "pdf", "csv"):
        with page.expect_download() as download:
            page.get_by_role("link", name=extension.upper()).click()
        path = download.value.path()
        if extension == "xlsx":
            assert openpyxl.load_workbook(io.BytesIO(path.read_bytes())).sheetnames == ["账单", "明细", "补贴认定"]
        elif extension == "pdf":
            assert "叁仟肆佰壹拾壹元叁角玖分" in PdfReader(path).pages[0].extract_text()
        else:
            assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    page.get_by_role("row", name="甲科技有限公司").get_by_role("link").click()
    expect(page.locator("main")).to_contain_text("壹仟壹佰伍拾伍元整")
    expect(page.locator("main")).to_contain_text("本季度上限 ¥10,000.00：此前已用 ¥0.00，本项 ¥1,440.00，之后尚余 ¥8,560.00。")
    surf.check_accessible()


def test_a_founder_reads_the_invoice_on_a_phone(live: Live, surf: Surfer) -> None:
    with live.session() as session:
        tell_october(session, live.cast)
    surf.page.set_viewport_size(PHONE)
    page = surf.sign_in(live.cast.founder_a)
    for address in ("/", "/my/startup", "/bookings", "/bookings/new", "/invoices", f"/timeline?date={next_workday()}"):
        surf.go(address)
        surf.check_no_sideways_scroll()
        surf.check_accessible()
    expect(page.locator(".timeline-list")).to_be_visible()


@contextmanager
def a_worker(live: Live) -> Iterator[None]:
    """The real worker, beside the site."""
    environment = dict(os.environ, DATABASE_URL=live.database.app_url, OWNER_DATABASE_URL=live.database.owner_url)
    worker = subprocess.Popen([sys.executable, "-m", "incubator.jobs.worker"], cwd=ROOT, env=environment,
                              stderr=subprocess.DEVNULL)  # fmt: skip
    try:
        yield
    finally:
        worker.terminate()
        worker.wait(20)


def test_the_manager_imports_a_workbook_and_mends_its_fault(live: Live, surf: Surfer) -> None:
    page = surf.sign_in(live.cast.manager)
    with a_worker(live):
        surf.go("/imports")
        surf.check_accessible()
        faulty = workbook(**WHOLE | {"companies": [WHOLE["companies"][0] | {"kind": "club"}]})
        page.set_input_files("#file", {"name": "坏.xlsx", "mimeType": "application/zip", "buffer": faulty})
        page.get_by_role("button", name="上传并导入").click()
        expect(page.locator("main")).to_contain_text("有 1 处问题，未导入任何内容。", timeout=60_000)
        expect(page.get_by_role("row", name="创业企业")).to_contain_text("不在可选项中")
        surf.check_accessible()
        surf.go("/imports")
        whole = workbook(**WHOLE)
        page.set_input_files("#file", {"name": "好.xlsx", "mimeType": "application/zip", "buffer": whole})
        page.get_by_role("button", name="上传并导入").click()
        expect(page.locator("main")).to_contain_text("已全部导入", timeout=60_000)
    surf.go("/sites")
    expect(page.locator("main")).to_contain_text("南山")
