"""A voucher's whole life in a browser: applied for on a telephone, granted, ordered by, its code read at the counter,
redeemed with an invoice, settled; every page by axe and without sideways scrolling."""

from __future__ import annotations

import re

import pytest
import time_machine
from playwright.sync_api import expect
from sqlalchemy import select

from incubator.subsidies.models import Voucher
from incubator.subsidies.voucher_codes import code_of
from tests.browser import DESKTOP, PHONE, Live, Surfer
from tests.subsidies.vouchers.issuing import PDF, at, make_provider, make_series, settle_in


def check(surf: Surfer) -> None:
    surf.check_accessible()
    surf.check_no_sideways_scroll()


@pytest.mark.browser
def test_from_the_application_to_the_settlement(live: Live, surf: Surfer) -> None:
    with time_machine.travel(at(10, 20), tick=True):
        cast, page = live.cast, surf.page
        with live.session() as session:
            settle_in(session, cast)
            make_series(session, cast)
            make_provider(session, cast)
        page.set_viewport_size(PHONE)
        surf.sign_in(cast.founder_a)
        surf.go("/my/vouchers")
        page.get_by_role("link", name=re.compile("^申请.*创新券")).click()
        check(surf)
        page.get_by_label("申请用途").fill("样机检测")
        page.get_by_role("button", name="提交申请").click()
        expect(page.get_by_text("等待审核")).to_be_visible()

        page.set_viewport_size(DESKTOP)
        page.context.clear_cookies()
        surf.sign_in(cast.finance)
        surf.go("/vouchers/applications")
        page.get_by_role("link", name="甲科技有限公司").click()
        check(surf)
        page.get_by_role("button", name="通过并发放").click()
        expect(page.get_by_role("heading", name="V-2026-0001")).to_be_visible()

        page.set_viewport_size(PHONE)
        page.context.clear_cookies()
        surf.sign_in(cast.founder_a)
        surf.go("/my/vouchers")
        expect(page.get_by_role("img", name="券 V-2026-0001 的二维码")).to_be_visible()
        check(surf)
        page.get_by_role("link", name="用券下单").click()
        page.get_by_label("订购内容").fill("电磁兼容检测")
        page.get_by_label("服务", exact=True).check()
        page.get_by_label("价格（元）").fill("8000")
        check(surf)
        page.get_by_role("button", name="下单").click()
        expect(page.get_by_text("¥4,800.00").first).to_be_visible()

        page.context.clear_cookies()
        surf.sign_in(cast.front_desk)
        with live.session() as session:
            code = code_of(live.app.config["SETTINGS"].secret_key, session.execute(select(Voucher)).scalar_one())
        surf.go(f"/vouchers/codes/{code}")
        expect(page.get_by_text("此券可以使用")).to_be_visible()
        check(surf)
        page.get_by_role("link", name=re.compile("^核销.*电磁兼容检测")).click()
        page.set_input_files("input[type=file]", {"name": "invoice.pdf", "mimeType": "application/pdf", "buffer": PDF})
        check(surf)
        page.get_by_role("button", name="核销").click()
        expect(page.get_by_text("核销完成")).to_be_visible()

        page.set_viewport_size(DESKTOP)
        page.context.clear_cookies()
        surf.sign_in(cast.finance)
        surf.go("/vouchers/settlements/new")
        page.get_by_role("button", name="查看清单").click()
        check(surf)
        page.get_by_role("button", name="结算 ¥4,800.00").click()
        expect(page.get_by_role("heading", name="VS-2026-0001")).to_be_visible()
        check(surf)
        with page.expect_download() as download:
            page.get_by_role("link", name="PDF").click()
        assert re.fullmatch(r"VS-2026-0001.*\.pdf", download.value.suggested_filename)
