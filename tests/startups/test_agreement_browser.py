"""An agreement's text through a browser: made by a manager, accepted on a phone, countersigned; a list with a photo."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal

from incubator.spaces.operations import add_floor, add_unit, create_site
from incubator.startups.operations import UnitTerms, sign_residency
from incubator.startups.queries import get_startup
from tests.browser import DESKTOP, PHONE, Live, Surfer
from tests.cast import NOW
from tests.documents.test_filetypes import picture


def furnish(live: Live) -> int:
    with live.session() as session:
        manager = live.cast.manager
        site = create_site(session, manager, now=NOW, code="NS", name="南山", hours=[("workday", 540, 1080)],
                           open_from=date(2026, 1, 1))  # fmt: skip
        floor = add_floor(session, manager, now=NOW, site=site, name="1F")
        unit = add_unit(session, manager, now=NOW, floor=floor, code="D1", kind="desk", purpose="incubation",
                        area_m2=Decimal("4.50"), in_service_from=date(2026, 1, 1))  # fmt: skip
        startup = get_startup(session, manager, live.cast.startup_a)
        return sign_residency(session, manager, now=NOW, startup=startup, site=site, starts_on=date(2026, 10, 1),
                              units=[UnitTerms(unit, "unit_month", Decimal(600))], deposit_minor=120_000).id  # fmt: skip


def looked_at(surf: Surfer) -> None:
    surf.check_accessible()
    surf.check_no_sideways_scroll()


def sign_out(surf: Surfer) -> None:
    surf.page.context.clear_cookies()


def test_made_accepted_countersigned_and_handed_over(live: Live, surf: Surfer) -> None:
    residency_id = furnish(live)
    page = surf.sign_in(live.cast.manager)
    surf.go("/agreement-template")
    looked_at(surf)
    page.get_by_role("button", name="采用这些条款").click()
    page.get_by_role("button", name="保存为新版本").wait_for()
    surf.go(f"/residencies/{residency_id}")
    page.get_by_role("button", name="生成文本").click()
    page.wait_for_url(re.compile(r"/agreement-texts/\d+$"))
    address = page.url.removeprefix(live.url)
    looked_at(surf)
    sign_out(surf)
    page.set_viewport_size(PHONE)
    surf.sign_in(live.cast.founder_a)
    surf.go("/my/startup")
    looked_at(surf)
    page.get_by_role("link", name=re.compile("阅读并确认协议")).click()
    page.get_by_label("您的姓名").fill("安娜")
    page.get_by_role("button", name="确认协议").click()
    page.get_by_text("请勾选").wait_for()
    page.get_by_label("我已阅读并同意本文本。").check()
    looked_at(surf)
    page.get_by_role("button", name="确认协议").click()
    page.get_by_text("待我方会签").first.wait_for()
    sign_out(surf)
    page.set_viewport_size(DESKTOP)
    surf.sign_in(live.cast.manager)
    surf.go(address)
    page.get_by_label("您的姓名").fill("米娅")
    page.get_by_label("我已阅读并同意本文本。").check()
    page.get_by_role("button", name="会签").click()
    page.get_by_text("双方已确认", exact=True).first.wait_for()
    looked_at(surf)
    page.set_viewport_size(PHONE)
    surf.go(f"/residencies/{residency_id}/deposit")
    looked_at(surf)
    surf.go(f"/residencies/{residency_id}/handovers")
    looked_at(surf)
    page.get_by_role("button", name="新建清单").click()
    page.get_by_role("link", name="开始查验").click()
    looked_at(surf)
    page.locator("input[type=file]").set_input_files({"name": "IMG.jpg", "mimeType": "image/jpeg", "buffer": picture("JPEG")})
    page.get_by_role("button", name="损坏").click()
    page.wait_for_url(re.compile(r"/things/\d+$"))
    for _ in range(4):
        page.get_by_role("button", name="完好").click()
        page.wait_for_load_state()
    page.get_by_role("button", name="签署清单").wait_for()
    assert page.locator(".thing-photos img").evaluate("image => image.decode().then(() => image.naturalWidth)") > 0
    page.get_by_role("button", name="签署清单").click()
    page.get_by_text("待企业确认").first.wait_for()
    looked_at(surf)
    lists = page.url.removeprefix(live.url)
    sign_out(surf)
    surf.sign_in(live.cast.founder_a)
    surf.go(lists)
    page.get_by_role("button", name="确认清单").click()
    page.get_by_text("企业已确认").first.wait_for()
    looked_at(surf)
