"""Workbooks by XlsxWriter: numbers as numbers, dates as dates, money in yuan, no cell that is a formula."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal
from zoneinfo import ZoneInfo

from msgspec import Struct

Kind = Literal["text", "integer", "decimal", "money", "percent", "date", "datetime"]
Value = str | int | Decimal | date | datetime | None

FORMATS: dict[str, dict[str, Any]] = {
    "text": {"valign": "top", "text_wrap": True},
    "integer": {"num_format": "#,##0", "valign": "top"},
    "decimal": {"num_format": "#,##0.00##", "valign": "top"},
    "money": {"num_format": "#,##0.00", "valign": "top"},
    "percent": {"num_format": "0.00%", "valign": "top"},
    "date": {"num_format": "yyyy-mm-dd", "valign": "top", "align": "left"},
    "datetime": {"num_format": "yyyy-mm-dd hh:mm", "valign": "top", "align": "left"},
}
HEADER = {"bold": True, "bg_color": "#EEF3F1", "bottom": 1, "valign": "top", "text_wrap": True}
TITLE = {"bold": True, "font_size": 14}
FORBIDDEN_IN_NAMES = str.maketrans(dict.fromkeys("[]:*?/\\", " "))
LONGEST_NAME = 31


class Column(Struct, frozen=True):
    """A column's header, what its cells are, and its width in characters.

    `money` takes fen and shows yuan; `datetime` takes aware instants and shows the wall time of `zone`.
    """

    title: str
    kind: Kind = "text"
    width: int = 16
    zone: str = "Asia/Shanghai"


class Workbook:
    """Sheets of typed columns; `content()` gives the file."""

    def __init__(self) -> None:
        import xlsxwriter  # noqa: PLC0415  few requests need it

        self._file = io.BytesIO()
        options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
        self.book = xlsxwriter.Workbook(self._file, options)
        self.formats = {kind: self.book.add_format(values) for kind, values in FORMATS.items()}
        self.header = self.book.add_format(HEADER)
        self.title = self.book.add_format(TITLE)

    def add_sheet(
        self,
        name: str,
        columns: Sequence[Column],
        rows: Iterable[Sequence[Value]],
        *,
        title: str = "",
        notes: Sequence[str] = (),
    ) -> Any:
        """A sheet with an optional title and notes above its table; the header stays in sight when scrolling."""
        sheet = self.book.add_worksheet(name.translate(FORBIDDEN_IN_NAMES)[:LONGEST_NAME])
        top = 0
        for text, style in [(title, self.title), *((note, None) for note in notes)]:
            if text:
                sheet.write_string(top, 0, text, style)
                top += 1
        top += 1 if top else 0
        for number, column in enumerate(columns):
            sheet.set_column(number, number, column.width)
            sheet.write_string(top, number, column.title, self.header)
        sheet.freeze_panes(top + 1, 0)
        last = top
        for last, row in enumerate(rows, start=top + 1):
            for number, (column, value) in enumerate(zip(columns, row, strict=True)):
                self._write(sheet, last, number, column, value)
        if last > top:
            sheet.autofilter(top, 0, last, len(columns) - 1)
        return sheet

    def content(self) -> bytes:
        """The finished file."""
        self.book.close()
        return self._file.getvalue()

    def _write(self, sheet: Any, row: int, number: int, column: Column, value: Value) -> None:
        style = self.formats[column.kind]
        if value is None:
            sheet.write_blank(row, number, None, style)
        elif column.kind == "text":
            sheet.write_string(row, number, str(value), style)
        elif column.kind == "datetime":
            assert isinstance(value, datetime)
            sheet.write_datetime(row, number, value.astimezone(ZoneInfo(column.zone)).replace(tzinfo=None), style)
        elif column.kind == "date":
            sheet.write_datetime(row, number, value, style)
        elif column.kind == "money":
            assert isinstance(value, int)
            sheet.write_number(row, number, Decimal(value).scaleb(-2), style)
        else:
            sheet.write_number(row, number, value, style)
