"""From the bytes of a CSV file or workbook to rows of cells; limits first, trust never."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from incubator.billing.bank_files.values import Cell
from incubator.core.errors import N_, Refusal
from incubator.documents.filetypes import CSV, TEXT, XLSX, type_of
from incubator.documents.openpyxl_alone import open_workbook

LARGEST_FILE = 5 * 1024 * 1024
MOST_ROWS = 20_000
MOST_COLUMNS = 80
Row = Sequence[Cell]
OTHER_KIND = N_("Choose the statement as CSV, XLSX or CAMT.053 (XML). Open an old .xls and save it as .xlsx.")
UNREADABLE = N_("This file can't be read as a workbook. Save it as .xlsx and try again.")
TOO_LONG = N_("A statement has at most %(most)s rows. Export a shorter time.")


def read_table(name: str, content: bytes) -> list[Row]:
    """Every row with its cells, as the file has them; Refusal of what is no CSV file or workbook, or too large."""
    kind = type_of(name, content)
    if kind is XLSX:
        rows = list(_limited(_sheet_rows(content)))
    elif kind in (CSV, TEXT):
        rows = list(_limited(_text_rows(_decoded(content))))
    else:
        raise Refusal(OTHER_KIND, field="file")
    if not any(any(cell not in (None, "") for cell in row) for row in rows):
        raise Refusal(N_("The file is empty."), field="file")
    return rows


def _limited(rows: Iterator[Row]) -> Iterator[Row]:
    for number, row in enumerate(rows, start=1):
        if number > MOST_ROWS:
            raise Refusal(TOO_LONG, field="file", most=MOST_ROWS)
        if len(row) > MOST_COLUMNS:
            raise Refusal(N_("A statement has at most %(most)s columns."), field="file", most=MOST_COLUMNS)
        yield row


def _sheet_rows(content: bytes) -> Iterator[Row]:
    """Of the first sheet that holds anything."""
    try:
        book = open_workbook(content)
        for sheet in book.worksheets:
            if sheet.max_column is not None and sheet.max_column > 10 * MOST_COLUMNS:
                raise Refusal(N_("A statement has at most %(most)s columns."), field="file", most=MOST_COLUMNS)
            found = False
            for row in sheet.iter_rows(values_only=True):
                found = True
                yield _trimmed([_cell(value) for value in row])
            if found:
                return
    except Refusal:
        raise
    except Exception as error:  # whatever a damaged file makes the library raise
        raise Refusal(UNREADABLE, field="file") from error


def _cell(value: Any) -> Cell:
    """A workbook's value; its binary numbers as the decimals that Excel shows."""
    if isinstance(value, float):
        return Decimal(repr(value))
    if isinstance(value, bool):
        return str(value)
    if value is None or isinstance(value, (str, int, datetime, date)):
        return value
    return value.isoformat() if isinstance(value, time) else str(value)


def _trimmed(row: list[Cell]) -> list[Cell]:
    while row and row[-1] in (None, ""):
        row.pop()
    return row


def _decoded(content: bytes) -> str:
    """UTF-8, UTF-16 that says so, or GB 18030, which Chinese banks' programs write."""
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return content.decode("utf-16")
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise Refusal(N_("The file's characters can't be read. Save it as CSV in UTF-8."), field="file")


def _text_rows(text: str) -> Iterator[Row]:
    delimiter = _delimiter(text)
    try:
        for row in csv.reader(io.StringIO(text.replace("\x00", "")), delimiter=delimiter):
            yield _trimmed([cell.strip() for cell in row])
    except csv.Error as error:
        raise Refusal(N_("The file can't be read as a table."), field="file") from error


def _delimiter(text: str) -> str:
    """What stands between the cells: whatever the fullest of the first lines has most of."""
    lines = text.splitlines()[:40]
    return max((",", "\t", "|", ";"), key=lambda each: max((line.count(each) for line in lines), default=0))
