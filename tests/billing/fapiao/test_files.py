"""The batch's workbook as the platform reads it, and what comes back: every fault at once, nothing or everything."""

from __future__ import annotations

import hashlib
import io
import zipfile
from decimal import Decimal

import openpyxl
import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError, ProgrammingError
from sqlalchemy.orm import Session

from incubator.billing import fapiao_tables
from incubator.billing.fapiao_tables import read_archive, read_results
from incubator.billing.fapiao_uploads import import_upload
from incubator.billing.fapiao_workbook import BASIC, unit_price, write_batch
from incubator.billing.models import Fapiao, FapiaoBatch, FapiaoFile, FapiaoRequest, Invoice
from incubator.billing.operations.fapiao_batches import make_batch
from incubator.billing.operations.fapiao_requests import ask_fapiao
from incubator.billing.operations.fapiao_titles import save_settings, save_title
from incubator.billing.rules.fapiao_results import ResultsRefused
from incubator.core.errors import Refusal
from tests.billing.fapiao.desk import (
    CODE,
    CODES,
    LATER,
    PDF,
    SPECIAL,
    TITLE,
    ask,
    issue_all,
    listed,
    number,
    papers_of,
    row_of,
    zipped,
)
from tests.cast import NOW, Cast
from tests.conftest import Browser


def test_the_workbook_has_the_platforms_columns(client: Browser, session: Session, cast: Cast, invoices: dict[str, Invoice]) -> None:
    """Figures are figures, long digits are text, rent has its sheet; the file downloads as the same bytes again."""
    request = ask(session, cast, invoices["A"], "special", SPECIAL)
    batch = make_batch(session, cast.finance, now=LATER, request_ids=[request.id])
    browser = client.sign_in(cast.finance)
    content = browser.get(f"/billing/fapiaos/batches/{batch.id}/file.xlsx").data
    assert hashlib.sha256(content).digest() == batch.sha256
    assert browser.get(f"/billing/fapiaos/batches/{batch.id}/file.xlsx").data == content
    book = openpyxl.load_workbook(io.BytesIO(content))
    assert book.sheetnames == ["1-发票基本信息", "2-发票明细信息", "3-特定业务信息", "4-附加要素信息"]
    basic = book["1-发票基本信息"]
    assert [cell.value for cell in basic[3]] == list(BASIC)
    rows = [dict(zip(BASIC, [cell.value for cell in basic[row]], strict=True)) for row in (4, 5)]
    lease, rest = papers_of(session, request.id)
    assert [(row["发票流水号"], row["发票类型"], row["特定业务类型"]) for row in rows] == [
        (lease.serial, "增值税专用发票", "不动产经营租赁服务"), (rest.serial, "增值税专用发票", None)]  # fmt: skip
    assert (rows[0]["购买方纳税人识别号"], rows[0]["购买方银行账号"], rows[0]["是否含税"], rows[0]["受票方自然人标识"]) == (
        CODE, "755912345678901", "是", "否")  # fmt: skip
    assert rows[0]["备注"] == f"{lease.serial} INV-2026-000002"
    lines = [[cell.value for cell in book["2-发票明细信息"][row]] for row in (4, 5, 6)]
    assert lines[0][:9] == [lease.serial, "名称0", CODES["rent"][0], None, None, 30, 32, 960, 0.09]
    assert [(row[1], row[5], row[7], row[8], row[10]) for row in lines[1:]] == [("名称1", None, 120, 0.06, "否"), ("名称4", None, 75, 0.09, "否")]
    assert book["2-发票明细信息"]["C4"].data_type == "s"
    place = [cell.value for cell in book["3-特定业务信息"][4]]
    assert place == [lease.serial, "无", "广东省深圳市南山区", "科技路1号", "2026-10-01", "2026-10-31", "否", "平方米"]


def test_a_unit_price_has_thirteen_places() -> None:
    assert unit_price(545_000, Decimal(30)) == Decimal("181.6666666666667")


def test_exempt_lines_are_marked_and_nothing_is_a_formula(session: Session, cast: Cast, invoices: dict[str, Invoice]) -> None:
    request = ask(session, cast, invoices["A"], title=SPECIAL)
    for paper in papers_of(session, request.id):
        paper.content = {"rows": [{**row, "rate": "0.0000", "tax_minor": 0} for row in paper.content["rows"]]}
        paper.tax_minor = 0
    session.flush()
    save_settings(session, cast.finance, now=NOW, timing="posting", provider="none",
                  codes={kind: (code, "=HYPERLINK(1)") for kind, (code, _name) in CODES.items()})  # fmt: skip
    make_batch(session, cast.finance, now=LATER, request_ids=[request.id])
    book = openpyxl.load_workbook(io.BytesIO(write_batch([(request, each, "INV") for each in papers_of(session, request.id)])))
    row = [cell.value for cell in book["2-发票明细信息"][4]]
    assert (row[1], row[8], row[10], row[11]) == ("=HYPERLINK(1)", 0, "是", "免税")
    assert book["2-发票明细信息"]["B4"].data_type == "s"


def test_a_batch_is_refused_while_codes_or_address_are_missing(session: Session, cast: Cast, invoices: dict[str, Invoice]) -> None:
    request = ask(session, cast, invoices["A"])
    save_settings(session, cast.finance, now=NOW, timing="posting", provider="none", codes=CODES | {"booking": ("", "")})
    with pytest.raises(Refusal, match="No tax code is entered for: Bookings") as refused:
        make_batch(session, cast.finance, now=LATER, request_ids=[request.id])
    assert refused.value.field == "requests"
    for wrong, said in (([], "at least one"), ([request.id + 99], "no such request")):
        with pytest.raises(Refusal, match=said):
            make_batch(session, cast.finance, now=LATER, request_ids=wrong)
    with pytest.raises(Refusal, match="No provider"):
        make_batch(session, cast.finance, now=LATER, request_ids=[request.id], way="provider")
    assert session.execute(select(func.count()).select_from(FapiaoBatch)).scalar_one() == 0


def test_every_fault_of_a_list_at_once_and_nothing_is_taken_in(session: Session, cast: Cast, invoices: dict[str, Invoice]) -> None:
    request = ask(session, cast, invoices["A"])
    make_batch(session, cast.finance, now=LATER, request_ids=[request.id])
    first, second = papers_of(session, request.id)
    form = listed([row_of(first, 1), {"数电发票号码": 2.644e19, "开票日期": "2026-11-05"}, {"数电发票号码": "12", "开票日期": "2026-11-05"},
                   {"数电发票号码": number(4), "开票日期": "昨天"}, {"数电发票号码": number(5), "开票日期": "2026-11-05", "价税合计": "很多"}])  # fmt: skip
    with pytest.raises(ResultsRefused) as refused:
        import_upload(session, cast.finance, now=LATER, name="a.xlsx", content=form)
    assert [(each.row, each.column) for each in refused.value.faults] == [
        (3, "D 数电发票号码"), (4, "D 数电发票号码"), (5, "H 开票日期"), (6, "K 价税合计")]  # fmt: skip
    facts = listed([row_of(first, 1), row_of(second, 2, 价税合计=1), row_of(second, 3, 备注="", 购买方名称="别人")])
    with pytest.raises(ResultsRefused) as refused:
        import_upload(session, cast.finance, now=LATER, name="a.xlsx", content=facts)
    assert [(each.row, each.column) for each in refused.value.faults] == [(3, "K 价税合计"), (4, "G 购买方名称")]
    assert [each.number for each in papers_of(session, request.id)] == [None, None]
    assert import_upload(session, cast.finance, now=LATER, name="a.xlsx", skip_others=True,
                         content=listed([row_of(first, 1), row_of(second, 3, 备注="", 购买方名称="别人")])) == 1  # fmt: skip


def test_lines_of_one_fapiao_are_added_up_also_in_csv(session: Session, cast: Cast, invoices: dict[str, Invoice]) -> None:
    """The platform's other sheet has a row for each line; CSV comes in GB 18030, with an apostrophe before digits."""
    request = ask(session, cast, invoices["A"])
    make_batch(session, cast.finance, now=LATER, request_ids=[request.id])
    lease, rest = papers_of(session, request.id)
    text = "数电发票号码,购买方名称,开票日期,价税合计,备注\n" + "".join(
        f"'{number(n)},甲科技有限公司,2026/11/5,{amount},{serial}\n"
        for n, amount, serial in ((1, "960.00", lease.serial), (2, "120.00", ""), (2, "75.00", rest.serial)))  # fmt: skip
    assert import_upload(session, cast.finance, now=LATER, name="a.csv", content=text.encode("gb18030")) == 2
    assert [each.number for each in papers_of(session, request.id)] == [number(1), number(2)]


@pytest.mark.parametrize(("name", "content", "said"), [
    ("a.xlsx", listed([]), "no rows"),
    ("a.csv", "编号,日期\n1,2\n".encode(), "no columns"),
    ("a.xlsx", b"PK\x03\x04broken", "damaged"),
    ("a.pdf", PDF, "can't be read|no columns"),
    ("a.csv", b"", "empty"),
])  # fmt: skip
def test_what_is_no_list_is_said(session: Session, cast: Cast, name: str, content: bytes, said: str) -> None:
    with pytest.raises(Refusal, match=said):
        import_upload(session, cast.finance, now=LATER, name=name, content=content)


def test_limits_of_a_list(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fapiao_tables, "MOST_ROWS", 2)
    with pytest.raises(Refusal, match="at most"):
        read_results(listed([{"数电发票号码": number(n), "开票日期": "2026-11-05"} for n in range(4)]))
    monkeypatch.setattr(fapiao_tables, "LARGEST_TABLE", 10)
    with pytest.raises(Refusal, match="larger"):
        read_results(listed([]))


def test_every_file_at_fault_and_nothing_is_kept(session: Session, cast: Cast, invoices: dict[str, Invoice]) -> None:
    request = ask(session, cast, invoices["A"])
    issue_all(session, cast, request)
    files = {f"{number(1)}.pdf": PDF, f"{number(2)}.pdf": b"MZ", "发票.pdf": PDF, f"{number(2)}.exe": b"MZ", f"../../{number(8)}.pdf": PDF}
    with pytest.raises(ResultsRefused) as refused:
        import_upload(session, cast.finance, now=LATER, name="a.zip", content=zipped(files))
    assert [each.row for each in refused.value.faults] == [2, 3, 4, 5]
    assert session.execute(select(func.count()).select_from(FapiaoFile)).scalar_one() == 0
    ours = zipped({f"{number(1)}.pdf": PDF, f"{number(8)}.pdf": PDF})
    assert import_upload(session, cast.finance, now=LATER, name="a.zip", content=ours, skip_others=True) == 1


def test_an_archive_that_unpacks_to_more_than_it_says_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    bomb = zipped({f"{number(1)}.pdf": b"%PDF-" + bytes(50_000_000)})
    with pytest.raises(Refusal, match="unpacks to far more"):
        read_archive(bomb, {number(1)})
    monkeypatch.setattr(fapiao_tables, "LARGEST_FILE", 1000)
    with pytest.raises(ResultsRefused) as refused:
        read_archive(zipped({f"{number(1)}.pdf": b"%PDF-" + bytes(range(256)) * 8}), {number(1)})
    assert "larger" in refused.value.faults[0].refusal.message
    stream = io.BytesIO(zipped({f"{number(1)}.pdf": PDF}))
    damaged = stream.getvalue().replace(PDF[:4], b"XXXX", 1)
    with zipfile.ZipFile(io.BytesIO(damaged)) as archive:
        assert archive.namelist()
    monkeypatch.setattr(fapiao_tables, "MOST_FILES", 1)
    with pytest.raises(Refusal, match="at most"):
        read_archive(zipped({f"{number(n)}.pdf": PDF for n in (1, 2)}), None)


def test_the_database_keeps_what_operations_promise(session: Session, cast: Cast, invoices: dict[str, Invoice]) -> None:
    request = ask(session, cast, invoices["A"])
    papers = issue_all(session, cast, request)
    with pytest.raises(IntegrityError, match="fapiaos_operator_id_number_key"), session.begin_nested():
        papers[1].number = papers[0].number
        session.flush()
    session.expire_all()
    with pytest.raises(IntegrityError, match="fapiao_requests_batch_check"), session.begin_nested():
        session.get_one(FapiaoRequest, (cast.operator_id, request.id)).state = "asked"
        session.flush()
    session.expire_all()
    for table in ("fapiao_events", "fapiao_titles", "fapiao_batches"):
        with pytest.raises(ProgrammingError, match="permission denied"), session.begin_nested():
            session.connection().exec_driver_sql(f"DELETE FROM {table}")
    assert session.execute(select(func.count()).select_from(Fapiao)).scalar_one() == 2


def test_a_title_is_written_once_and_kept(session: Session, cast: Cast, invoices: dict[str, Invoice]) -> None:
    first = save_title(session, cast.founder_a, now=LATER, startup_id=invoices["A"].startup_id, title=TITLE)
    same = save_title(session, cast.finance, now=LATER, startup_id=invoices["A"].startup_id, title=TITLE)
    assert (same.id, same.version) == (first.id, 1)
    assert save_title(session, cast.finance, now=LATER, startup_id=invoices["A"].startup_id, title=SPECIAL).version == 2
    with pytest.raises(Refusal, match="general VAT taxpayers"):
        save_title(session, cast.founder_a, now=LATER, startup_id=invoices["A"].startup_id, title=TITLE)
        ask_fapiao(session, cast.founder_a, now=LATER, invoice_id=invoices["A"].id, kind="special")
