"""A founder pays on a telephone, through the stand-in's page, and sees it paid; finance sees it, too."""

from __future__ import annotations

import dataclasses
import os
from datetime import timedelta

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from incubator.billing import card_keys
from incubator.billing.card_desk import CardDesk
from incubator.billing.card_rounds import do_card_work
from incubator.billing.models import CardPayment, Invoice
from incubator.billing.operations.posting import post_month
from incubator.core.clock import utc_now
from incubator.jobs.performing import in_steps
from tests.billing.cards.counter import set_up
from tests.browser import DESKTOP, PHONE, Live, Surfer
from tests.scenarios.october import OCTOBER, tell_october
from tests.stripe_fake import StripeFake

SHOTS = os.environ.get("CARD_SHOTS", "")
"""A folder for pictures of every page, in both languages and sizes."""

pytestmark = pytest.mark.browser


def shoot(surf: Surfer, name: str) -> None:
    for size, view in (("390", PHONE), ("1440", DESKTOP)) if SHOTS else ():
        surf.page.set_viewport_size(view)
        surf.page.screenshot(path=f"{SHOTS}/{name}-{size}.png", full_page=True)
    surf.page.set_viewport_size(PHONE)


def test_a_founder_pays_on_a_telephone_and_sees_it_paid(live: Live, surf: Surfer, fake: StripeFake) -> None:
    live.app.config["SETTINGS"] = dataclasses.replace(live.app.config["SETTINGS"], base_url=live.url)
    with live.session() as session:
        october = tell_october(session, live.cast)
        now = utc_now()
        post_month(session, live.cast.finance, now=now, site_id=october.site.id, month=OCTOBER)
        set_up(session, live.cast, fake, now - timedelta(minutes=1))
        invoice_id = session.execute(select(Invoice.id).where(Invoice.startup_id == live.cast.startup_a)).scalar_one()
    page = surf.page
    page.set_viewport_size(PHONE)
    surf.sign_in(live.cast.founder_a)
    surf.go("/pay")
    surf.check_accessible()
    surf.check_no_sideways_scroll()
    expect(page.get_by_text("¥1,155.00").first).to_be_visible()
    shoot(surf, "pay")
    page.get_by_role("button", name="支付所选账单").click()
    expect(page.get_by_role("heading", name="在 Stripe 模拟服务上付款")).to_be_visible()
    page.get_by_role("combobox").select_option("0002")
    page.get_by_role("button", name="银行卡付款").click()
    expect(page.get_by_text("银行卡被拒绝")).to_be_visible()
    page.get_by_role("button", name="银行卡付款").click()
    expect(page.get_by_role("heading", name="付款成功，谢谢")).to_be_visible()
    shoot(surf, "paid")
    surf.check_accessible()
    surf.check_no_sideways_scroll()
    surf.go(f"/invoices/{invoice_id}")
    expect(page.get_by_role("button", name="在线支付")).to_have_count(0)
    with live.session() as session:
        [row] = session.execute(select(CardPayment)).scalars()
        assert (row.state, row.amount_minor) == ("paid", 1_155_00)
        row_id = row.id

    surf.go(f"/pay/card/{live.cast.startup_a}")
    surf.check_accessible()
    surf.check_no_sideways_scroll()
    shoot(surf, "consent")
    page.get_by_role("checkbox").check()
    page.get_by_role("button", name="前往 Stripe").click()
    page.get_by_role("button", name="保存此卡").click()
    expect(page.get_by_text("Visa **** 4242")).to_be_visible()
    shoot(surf, "saved")
    do_card_work(CardDesk(in_steps(live.engine, live.cast.operator_id), live.cast.operator_id, utc_now))
    surf.check_accessible()

    page.context.clear_cookies()
    surf.sign_in(live.cast.finance)
    for path in ("/card-payments", f"/card-payments/{row_id}", "/card-payments/findings", "/billing/stripe"):
        surf.go(path)
        surf.check_accessible()
        surf.check_no_sideways_scroll()
        shoot(surf, path.strip("/").replace("/", "_"))
    assert "standin_no_money" not in page.content(), "no key is shown again"
    card_keys.use("")
