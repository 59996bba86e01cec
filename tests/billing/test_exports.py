"""The files of billing say what its pages say; the clock stands at 09:00 on 1 November 2026 in Shanghai."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal

import openpyxl
import pytest
from pypdf import PdfReader
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from incubator.billing.models import Invoice
from incubator.billing.operations.posting import post_month
from incubator.billing.views import months as views
from incubator.core.periods import Month
from incubator.spaces.operations import create_site
from incubator.startups.operations import edit_startup
from tests.billing.sample import number
from tests.cast import NOW, Cast
from tests.conftest import Browser
from tests.scenarios.october import AFTER_OCTOBER, OCTOBER, October


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(views, "utc_now", lambda: AFTER_OCTOBER)
    yield


def sums(rows: list[list[Decimal]]) -> list[Decimal]:
    return [sum(column, Decimal(0)) for column in zip(*rows, strict=True)]


TOTALS = [Decimal("6465.97"), Decimal("3054.58"), Decimal("3411.39")]


def test_the_workbook_adds_up_to_the_invoices(
    client: Browser, cast: Cast, posted: dict[str, Invoice], october: October
) -> None:
    answer = client.sign_in(cast.finance).get(f"/billing/{october.site.id}/2026-10/export.xlsx")
    assert "invoices-NS-2026-10.xlsx" in answer.headers["Content-Disposition"]
    book = openpyxl.load_workbook(io.BytesIO(answer.data))
    assert book.sheetnames == ["账单", "明细", "补贴认定"]
    invoices, lines, decisions = ([[cell.value for cell in row] for row in book[name].iter_rows()] for name in book.sheetnames)
    invoices, lines, decisions = ([row for row in rows if str(row[0]).startswith("INV-")] for rows in (invoices, lines, decisions))
    assert [row[0] for row in invoices] == [f"INV-2026-00000{n}" for n in (1, 2, 3)]
    assert sums([[Decimal(str(cell)) for cell in row[5:8]] for row in invoices]) == TOTALS
    assert sums([[Decimal(str(cell)) for cell in row[5:8]] for row in lines]) == TOTALS
    assert sum(Decimal(str(row[5])) for row in decisions) == TOTALS[1]
    of_a = next(row for row in invoices if row[0] == number(posted["A"]))
    assert (of_a[1], of_a[3], of_a[4]) == ("甲科技有限公司", datetime(2026, 11, 1), datetime(2026, 11, 16))
    assert len(lines) == len(decisions) == 8 and any(str(row[6]).endswith("租金补贴》不涵盖此类收费。") for row in decisions)


def test_the_csv_adds_up_to_the_invoices(client: Browser, cast: Cast, posted: dict[str, Invoice], october: October) -> None:
    answer = client.sign_in(cast.auditor).get(f"/billing/{october.site.id}/2026-10/export.csv")
    assert answer.data.startswith(b"\xef\xbb\xbf")
    header, *rows = csv.reader(io.StringIO(answer.data.decode("utf-8-sig")))
    assert header == ["编号", "创业企业", "项目", "期间", "计算过程", "应收原价", "补贴", "应付", "增值税率", "其中增值税"]
    assert sums([[Decimal(cell) for cell in row[5:8]] for row in rows]) == TOTALS
    of_b = [row for row in rows if row[0] == number(posted["B"])]
    assert of_b[0][1:] == ["乙科技有限公司", "租金 · O2", "2026年10月16日–2026年10月31日",
                           "54.50 m² × 75.00 元/m²·月 × 16/31 天 = ¥2,109.68", "2109.68", "1265.81", "843.87", "", ""]  # fmt: skip


def pdf_text(answer: TestResponse) -> str:
    assert answer.mimetype == "application/pdf"
    return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(answer.data)).pages)


def test_the_pdf_of_the_month_names_the_sums(client: Browser, cast: Cast, posted: dict[str, Invoice], october: October) -> None:
    text = pdf_text(client.sign_in(cast.finance).get(f"/billing/{october.site.id}/2026-10/export.pdf"))
    for words in ("¥6,465.97", "¥3,054.58", "¥3,411.39", "叁仟肆佰壹拾壹元叁角玖分", "INV-2026-000003", "¥1,056.39"):
        assert words in text, words


def test_the_pdf_of_an_invoice_says_what_the_page_says(
    client: Browser, cast: Cast, posted: dict[str, Invoice]
) -> None:
    answer = client.sign_in(cast.founder_b).get(f"/invoices/{posted['B'].id}/pdf")
    assert f"{number(posted['B'])}.pdf" in answer.headers["Content-Disposition"]
    text = "".join(pdf_text(answer).split())
    for words in (number(posted["B"]), "¥2,490.97", "¥1,434.58", "¥1,056.39", "壹仟零伍拾陆元叁角玖分", "乙科技有限公司",
                  "2026年11月16日", "120分钟×50.00元/小时=¥100.00", "按租金¥2,109.68的60%补贴¥1,265.81。"):  # fmt: skip
        assert words in text, words


def test_a_month_without_invoices_exports_empty_files(client: Browser, cast: Cast, october: October) -> None:
    browser = client.sign_in(cast.finance)
    address = f"/billing/{october.site.id}/2026-07/export"
    assert openpyxl.load_workbook(io.BytesIO(browser.get(f"{address}.xlsx").data)).sheetnames == ["账单", "明细", "补贴认定"]
    assert len(list(csv.reader(io.StringIO(browser.get(f"{address}.csv").data.decode("utf-8-sig"))))) == 1
    assert "¥0.00" in pdf_text(browser.get(f"{address}.pdf"))


def test_names_are_text_in_every_file(client: Browser, cast: Cast, october: October, session: Session) -> None:
    name = '=HYPERLINK("http://x") #strong[*] 甲'
    edit_startup(session, cast.manager, now=NOW, startup=october.c, name=name, kind="team")
    made = post_month(session, cast.finance, now=AFTER_OCTOBER, site_id=october.site.id, month=OCTOBER)
    (of_c,) = [invoice for invoice in made if invoice.startup_id == october.c.id]
    browser = client.sign_in(cast.finance)
    address = f"/billing/{october.site.id}/2026-10/export"
    sheet = openpyxl.load_workbook(io.BytesIO(browser.get(f"{address}.xlsx").data))["账单"]
    assert [(cell.value, cell.data_type) for row in sheet.iter_rows() for cell in row if "HYPER" in str(cell.value)] == [(name, "s")]
    rows = list(csv.reader(io.StringIO(browser.get(f"{address}.csv").data.decode("utf-8-sig"))))
    assert {row[1][0] for row in rows if "HYPER" in row[1]} == {"'"}
    assert "#strong[*]" in pdf_text(browser.get(f"/invoices/{of_c.id}/pdf")).replace("\n", "")


def test_a_site_s_code_in_a_file_s_name(client: Browser, cast: Cast, session: Session) -> None:
    site = create_site(session, cast.manager, now=NOW, code='南"山/..', name="x", hours=[], open_from=date(2026, 1, 1))
    answer = client.sign_in(cast.finance).get(f"/billing/{site.id}/{Month(2026, 10)}/export.csv")
    assert answer.status_code == 200 and "\n" not in answer.headers["Content-Disposition"]
