"""What leaves the house as a file."""

from __future__ import annotations

import io
from datetime import UTC, date, datetime
from decimal import Decimal

import openpyxl
import pytest
from pypdf import PdfReader
from sqlalchemy.orm import Session

from incubator.core.errors import NotFound, Refusal
from incubator.documents import formats, pdf
from incubator.documents.csvs import write_csv
from incubator.documents.operations import content_of, get_file, store_file
from incubator.documents.rmb import rmb_capitals
from incubator.documents.workbook import Column, Workbook
from tests.cast import NOW, Cast


@pytest.mark.parametrize(
    ("minor", "words"),
    [
        (108_000, "壹仟零捌拾元整"),
        (115_500, "壹仟壹佰伍拾伍元整"),
        (105_639, "壹仟零伍拾陆元叁角玖分"),
        (120_010, "壹仟贰佰元壹角整"),
        (120_001, "壹仟贰佰元零壹分"),
        (50, "伍角整"),
        (5, "伍分"),
        (0, "零元整"),
        (-108_000, "负壹仟零捌拾元整"),
        (1_000_000_000, "壹仟万元整"),
    ],
)
def test_rmb_capitals(minor: int, words: str) -> None:
    assert rmb_capitals(minor) == words


def test_csv_opens_right_and_holds_no_formula() -> None:
    content = write_csv(["名称", "amount"], [["=1+1", Decimal("1234.50")], ["@x", 3], [None, date(2026, 10, 1)]])
    assert content.startswith(b"\xef\xbb\xbf")
    assert content.decode("utf-8-sig").splitlines() == ["名称,amount", "'=1+1,1234.50", "'@x,3", ",2026-10-01"]


def test_a_workbook_keeps_numbers_dates_and_text_apart() -> None:
    book = Workbook()
    book.add_sheet(
        "月/报",
        [Column("name"), Column("net", "money"), Column("at", "datetime"), Column("on", "date"), Column("share", "percent")],
        [["=1+1", 115_500, datetime(2026, 10, 1, 1, tzinfo=UTC), date(2026, 10, 1), Decimal("0.5")], [None] * 5],
        title="十月",
    )
    sheet = openpyxl.load_workbook(io.BytesIO(book.content()))["月 报"]
    assert sheet["A1"].value == "十月"
    assert [cell.value for cell in sheet[4]] == ["=1+1", 1155, datetime(2026, 10, 1, 9), datetime(2026, 10, 1), 0.5]
    assert sheet["A4"].data_type == "s"


def test_a_pdf_is_set_in_a_chinese_font_and_is_the_same_each_time(tmp_path, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    (tmp_path / "t.typ").write_text(
        '#set text(font: "Noto Sans SC")\n#let data = json(bytes(sys.inputs.data))\n#data.name'
    )
    monkeypatch.setattr(pdf, "TEMPLATES", tmp_path)
    content = pdf.render("t.typ", {"name": "南山创客空间"})
    page = PdfReader(io.BytesIO(content)).pages[0]
    assert page.extract_text() == "南山创客空间"
    fonts = [font.get_object()["/BaseFont"] for font in page["/Resources"]["/Font"].values()]
    assert fonts and all("NotoSansSC" in font for font in fonts)
    assert pdf.render("t.typ", {"name": "南山创客空间"}) == content


def test_without_the_font_there_is_an_error_and_not_a_page_of_boxes(tmp_path, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setattr(pdf, "FONTS", tmp_path)
    with pytest.raises(FileNotFoundError, match="make setup"):
        pdf.render("t.typ", {})


def test_a_file_is_kept_as_it_is(session: Session, cast: Cast) -> None:
    file = store_file(session, cast.manager, now=NOW, name="..\\..\\报表.xlsx", media_type="x", content=b"abc")
    assert file.name == "报表.xlsx"
    assert file.sha256.hex().startswith("ba7816bf")
    assert content_of(session, get_file(session, file.id)) == b"abc"
    with pytest.raises(NotFound):
        get_file(session, file.id + 1)
    with pytest.raises(Refusal, match="empty"):
        store_file(session, cast.manager, now=NOW, name="x", media_type="x", content=b"")
    with pytest.raises(Refusal, match="larger than 20 MB"):
        store_file(session, cast.manager, now=NOW, name="x", media_type="x", content=bytes(20 * 1024 * 1024 + 1))


def test_a_stretch_of_whole_days_is_told_by_its_days() -> None:
    """From 4 December 00:00 to 1 December of the next year 00:00 in Shanghai: its last day is 30 November."""
    begins, ends = datetime(2025, 12, 3, 16, tzinfo=UTC), datetime(2026, 11, 30, 16, tzinfo=UTC)
    assert formats.starting(begins, "Asia/Shanghai", "zh_Hans") == "2025年12月4日"
    assert formats.ending(ends, "Asia/Shanghai", "en") == "30 Nov 2026"
    assert formats.ending(ends, "Europe/Berlin", "en") == "30 Nov 2026 17:00"
    assert formats.starting(begins, "Europe/Berlin", "zh_Hans") == "2025年12月3日 17:00"
