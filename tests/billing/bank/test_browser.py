"""In a browser: finance imports a bank statement and clears 50 invoices."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from sqlalchemy import func, select

from incubator.billing.models import BankLine, OpenItem, Payment
from tests.billing.bank.making import make_bank
from tests.billing.bank.samples import ACCOUNT, CMB_HEADER, as_xlsx, cmb_row
from tests.browser import PHONE, Live, Surfer


def test_finance_imports_a_statement_and_clears_fifty_invoices(live: Live, surf: Surfer, tmp_path: Path) -> None:
    """50 transfers as CMB exports them, each by its number, however written, and one of interest that nothing fits."""
    cast = live.cast
    with live.session() as session:
        bank = make_bank(session, cast)
        wanted = [((cast.startup_a, cast.startup_b)[n % 2], 100_000 + n) for n in range(50)]
        invoices = bank.invoices(wanted)
        written = ("INV-2026-{:06}", "inv 2026 {:06}", "房租2026{:06}", "ＩＮＶ2026{:06}", "10月租金 2026-{:06}")
        balance, rows = 1_000_000, []
        for n, invoice in enumerate(invoices):
            balance += invoice.net_minor
            rows.append(cmb_row(date(2026, 11, 2 + n // 10), "", invoice.net_minor / 100, balance / 100,
                             written[n % 5].format(invoice.number), f"C{n:05}", f"付款人{n}", ""))  # fmt: skip
        rows.append(cmb_row(date(2026, 11, 20), "", 12.34, (balance + 1_234) / 100, "结息", "C99999", "", ""))
    file = tmp_path / "招商银行.xlsx"
    file.write_bytes(as_xlsx(CMB_HEADER, rows, above=[["招商银行交易查询"], [ACCOUNT]]))
    page = surf.sign_in(cast.finance)
    surf.go("/billing/bank")
    page.get_by_role("link", name="导入银行流水").click()
    page.set_input_files("input[type=file]", file)
    page.get_by_role("button", name="上传并核对").click()
    surf.check_accessible()
    page.get_by_role("button", name="导入 51 条").click()
    page.get_by_text("已导入 51 条新流水").wait_for()
    surf.check_accessible()
    page.set_viewport_size(PHONE)
    surf.check_no_sideways_scroll()
    page.get_by_role("button", name="全部确认（50 条）").click()
    page.get_by_text("已匹配并入账 50 条").wait_for()
    surf.check_no_sideways_scroll()
    assert page.locator(".bank-lines > li").count() == 1, "the interest waits"
    with live.session() as session:
        assert session.execute(select(func.count()).select_from(OpenItem).where(OpenItem.open_minor > 0)).scalar_one() == 0
        assert session.execute(select(func.count()).select_from(Payment)).scalar_one() == 50
        assert session.execute(select(func.count()).select_from(BankLine).where(BankLine.state == "open")).scalar_one() == 1


def test_finance_shares_a_parents_transfer(live: Live, surf: Surfer) -> None:
    """1,500.00 of a parent company on a telephone: 1,000.00 of A, typed for its invoice of 900.00; 500.00
    of B, which pay what of it is due first."""
    cast = live.cast
    with live.session() as session:
        bank = make_bank(session, cast)
        of_a, _of_b = bank.invoices([(cast.startup_a, 90_000), (cast.startup_b, 80_000)])
        line_id, invoice_id = bank.line("2026-11-10", 150_000, "深圳鹏远产业投资集团有限公司", "往来款").id, of_a.id
        session.commit()
    page = surf.sign_in(cast.finance)
    page.set_viewport_size(PHONE)
    surf.go(f"/billing/bank/lines/{line_id}")
    for startup_id in (cast.startup_a, cast.startup_b):
        page.locator("#startup").select_option(str(startup_id))
        page.locator(".bank-choose button").click()
        page.locator(f"legend.bank-share-head >> nth={0 if startup_id == cast.startup_a else 1}").wait_for()
    surf.check_accessible()
    surf.check_no_sideways_scroll()
    page.locator(f"#share-{cast.startup_a}").fill("1000")
    page.locator(f"#share-{cast.startup_b}").fill("500")
    page.locator(f"[name=pays-{invoice_id}]").fill("900")
    page.get_by_role("button", name="确认为这 2 家企业的付款").click()
    page.get_by_role("heading", name="多家企业的付款").wait_for()
    surf.check_accessible()
    with live.session() as session:
        open_ = select(OpenItem.open_minor).where(OpenItem.invoice_id.is_not(None)).order_by(OpenItem.invoice_id)
        assert session.execute(open_).scalars().all() == [0, 30_000]
