"""What tests of fapiaos begin with: a taxed October that is posted, title data, settings, and the platform's answers."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal

import openpyxl
from msgspec.structs import replace
from sqlalchemy import select
from sqlalchemy.orm import Session

from incubator.billing.models import Fapiao, FapiaoRequest, Invoice
from incubator.billing.operations.fapiao_batches import make_batch
from incubator.billing.operations.fapiao_requests import ask_fapiao
from incubator.billing.operations.fapiao_results import enter_result
from incubator.billing.operations.fapiao_titles import save_place, save_settings, save_title
from incubator.billing.operations.posting import post_month
from incubator.billing.rules.fapiao import CHARGE_KINDS, Title
from incubator.core.identifiers import complete_credit_code
from incubator.pricing.operations import set_tax_rate, set_tax_status
from tests.cast import NOW, Cast
from tests.scenarios.october import AFTER_OCTOBER, OCTOBER, October

LATER = datetime(2026, 11, 5, 2, tzinfo=UTC)
"""10:00 on 5 November in Shanghai."""
TODAY = date(2026, 11, 5)
CODE = complete_credit_code("91440300MA5ABCDE1")
TITLE = Title("company", "ordinary", "甲科技有限公司", CODE, email="finance@jia.example")
SPECIAL = replace(TITLE, kind="special", general_taxpayer=True, address="深圳市南山区科技路1号", phone="0755-26001234",
                  bank="招商银行深圳科技园支行", account="7559 1234 5678 901")  # fmt: skip
CODES = {kind: (f"30405020299020000{n:02}", f"名称{n}") for n, kind in enumerate(CHARGE_KINDS)}
HEADER = ("序号", "发票代码", "发票号码", "数电发票号码", "销方名称", "购方识别号", "购买方名称", "开票日期", "金额", "税额", "价税合计",
          "发票状态", "是否正数发票", "备注")  # fmt: skip
PDF = b"%PDF-1.7\nfapiao"


def number(n: int) -> str:
    """A number as digital fapiaos have it."""
    return f"264420000000{n:08}"


def post_taxed(session: Session, cast: Cast, october: October, *, exempt: str = "") -> dict[str, Invoice]:
    """October by a general taxpayer, posted. A's: rent 960.00, fee 120.00, booking 75.00, in all 1,155.00."""
    set_tax_status(session, cast.finance, now=NOW, status="general", valid_from=date(2026, 1, 1), usual=True)
    if exempt:
        set_tax_rate(session, cast.finance, now=NOW, status="general", charge_kind=exempt, valid_from=date(2026, 2, 1), rate=Decimal(0),
                     source="财税〔2018〕120号")  # fmt: skip
    names = {october.a.id: "A", october.b.id: "B", october.c.id: "C"}
    made = post_month(session, cast.finance, now=AFTER_OCTOBER, site_id=october.site.id, month=OCTOBER)
    return {names[each.startup_id]: each for each in made}


def set_up(session: Session, cast: Cast, site_id: int, *, timing: str = "posting", provider: str = "none") -> None:
    """Settings with a code for every kind, and the site's address."""
    save_settings(session, cast.finance, now=NOW, timing=timing, provider=provider, codes=CODES)
    save_place(session, cast.finance, now=NOW, site_id=site_id, region="广东省深圳市南山区", address="科技路1号", certificate="无",
               is_other_city=False)  # fmt: skip


def ask(session: Session, cast: Cast, invoice: Invoice, kind: str = "ordinary", title: Title = TITLE) -> FapiaoRequest:
    """A founder saves the title and asks."""
    save_title(session, cast.founder_a, now=LATER, startup_id=invoice.startup_id, title=title)
    return ask_fapiao(session, cast.founder_a, now=LATER, invoice_id=invoice.id, kind=kind)


def papers_of(session: Session, request_id: int) -> list[Fapiao]:
    """Its papers in order."""
    return list(session.execute(
        select(Fapiao).where(Fapiao.request_id == request_id).order_by(Fapiao.id)
        .execution_options(populate_existing=True)).scalars())  # fmt: skip


def issue_all(session: Session, cast: Cast, request: FapiaoRequest, first: int = 1) -> list[Fapiao]:
    """Batch a request, and enter each paper's number."""
    make_batch(session, cast.finance, now=LATER, request_ids=[request.id])
    for n, paper in enumerate(papers_of(session, request.id), start=first):
        enter_result(session, cast.finance, now=LATER, fapiao_id=paper.id, number=number(n), issued_on=TODAY)
    return papers_of(session, request.id)


def listed(rows: Sequence[Mapping[str, object]], *, sheet: str = "发票基础信息") -> bytes:
    """The platform's list of issued fapiaos as a workbook."""
    book = openpyxl.Workbook()
    page = book.active
    assert page is not None
    page.title = sheet
    page.append(HEADER)
    for row in rows:
        page.append([row.get(title) for title in HEADER])
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def row_of(paper: Fapiao, n: int, **more: object) -> dict[str, object]:
    """A paper's row in that list."""
    return {"数电发票号码": number(n), "购买方名称": "甲科技有限公司", "开票日期": "2026-11-05 10:00:00",
            "价税合计": paper.net_minor / 100, "是否正数发票": "是", "备注": f"{paper.serial} INV-2026-000001"} | more  # fmt: skip


def zipped(files: Mapping[str, bytes]) -> bytes:
    """An archive."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return stream.getvalue()
