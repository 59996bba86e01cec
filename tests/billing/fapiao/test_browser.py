"""The way of a fapiao in a browser: a founder asks on a telephone, finance exports and imports, the founder downloads."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest
from playwright.sync_api import expect
from sqlalchemy import select
from sqlalchemy.orm import Session

from incubator.billing.models import Fapiao, FapiaoRequest
from tests.billing.fapiao.desk import CODE, PDF, listed, number, post_taxed, row_of, set_up, zipped
from tests.browser import DESKTOP, PHONE, Live, Surfer
from tests.cast import Cast
from tests.scenarios.october import tell_october


def prepare(session: Session, cast: Cast) -> int:
    """October, posted; A's invoice."""
    october = tell_october(session, cast)
    made = post_taxed(session, cast, october)["A"]
    set_up(session, cast, october.site.id)
    return made.id


@pytest.mark.browser
def test_from_asking_to_the_file(live: Live, surf: Surfer, tmp_path: Path) -> None:
    with live.session() as session:
        invoice_id = prepare(session, live.cast)
    page = surf.page
    page.set_viewport_size(PHONE)
    surf.sign_in(live.cast.founder_a)
    surf.go(f"/invoices/{invoice_id}")
    surf.check_accessible()
    page.get_by_role("link", name="申请开票").click()
    page.get_by_role("link", name="填写抬头").click()
    assert page.input_value("#tax_number") == CODE, "what is known of the startup is there already"
    page.fill("#email", "不是邮箱")
    page.get_by_role("button", name="保存").click()
    expect(page.locator("#email-error")).to_be_visible()
    page.fill("#email", "finance@jia.example")
    surf.check_accessible()
    surf.check_no_sideways_scroll()
    page.get_by_role("button", name="保存").click()
    surf.check_accessible()
    surf.check_no_sideways_scroll()
    page.get_by_role("button", name="提交申请").click()
    page.get_by_text("开票申请已提交。").wait_for()
    surf.check_accessible()
    surf.check_no_sideways_scroll()
    address = page.url

    page.context.clear_cookies()
    page.set_viewport_size(DESKTOP)
    surf.sign_in(live.cast.finance)
    surf.go("/billing/fapiaos")
    surf.check_accessible()
    page.get_by_role("button", name="生成批量开票文件").click()
    page.get_by_text("批次已生成。").wait_for()
    surf.check_accessible()
    with page.expect_download() as download:
        page.get_by_role("link", name="批量开票文件").click()
    download.value.save_as(tmp_path / "batch.xlsx")
    assert openpyxl.load_workbook(tmp_path / "batch.xlsx")["1-发票基本信息"]["F4"].value == "甲科技有限公司"
    with live.session() as session:
        papers = list(session.execute(select(Fapiao).order_by(Fapiao.id)).scalars())
        (tmp_path / "list.xlsx").write_bytes(listed([row_of(each, n) for n, each in enumerate(papers, start=1)]))
        (tmp_path / "wrong.xlsx").write_bytes(listed([row_of(papers[0], 1, 购买方名称="乙公司")]))
    (tmp_path / "files.zip").write_bytes(zipped({f"{number(n)}.pdf": PDF for n in (1, 2)}))
    for name, said in (("wrong.xlsx", "购买方与申请的抬头"), ("list.xlsx", "已导入 2 项。"), ("files.zip", "已导入 2 项。")):
        surf.go("/billing/fapiaos/results")
        page.set_input_files("#file", tmp_path / name)
        page.get_by_role("button", name="导入").click()
        page.get_by_text(said).wait_for()
        surf.check_accessible()

    page.context.clear_cookies()
    page.set_viewport_size(PHONE)
    surf.sign_in(live.cast.founder_a)
    page.goto(address)
    surf.check_accessible()
    surf.check_no_sideways_scroll()
    with page.expect_download() as download:
        page.get_by_role("link", name="PDF").first.click()
    download.value.save_as(tmp_path / "fapiao.pdf")
    assert (tmp_path / "fapiao.pdf").read_bytes() == PDF
    with live.session() as session:
        assert session.execute(select(FapiaoRequest.state)).scalar_one() == "issued"
