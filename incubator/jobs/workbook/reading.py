"""From the bytes of a workbook to typed rows, with every fault of form; limits first, trust never."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator, Sequence
from typing import Any

from msgspec import Struct, field

from incubator.core.errors import N_, Refusal
from incubator.documents.openpyxl_alone import column_letter, open_workbook
from incubator.jobs.workbook.cells import Typed, read_cell
from incubator.jobs.workbook.sheets import SHEETS, Column, Sheet

MOST_ROWS = 100_000
LARGEST_UNPACKED = 300 * 1024 * 1024
HIGHEST_RATIO = 200
HEADER_ROW = 1
UNREADABLE = N_("This file can't be read as a workbook. Save it as .xlsx and try again.")


class Fault(Struct, frozen=True):
    """What is wrong, and where: sheet, row, column (None: the row as a whole), a sentence with its values."""

    sheet: str
    row: int
    column: str | None
    letter: str
    refusal: Refusal


class Line(Struct, frozen=True):
    """A row that was read: its number in the file, and its cells by column key."""

    sheet: str
    row: int
    cells: dict[str, Typed]
    letters: dict[str, str]
    mended: frozenset[str] = frozenset()
    """The columns whose cells are wrong and were told already."""

    def fault(self, refusal: Refusal, column: str | None = None) -> Fault:
        """A fault of this row."""
        return Fault(self.sheet, self.row, column, self.letters.get(column or "", ""), refusal)


class Contents(Struct):
    """All rows by sheet; those with a fault of form are in `broken` and not in `lines`."""

    lines: dict[str, list[Line]] = field(default_factory=dict)
    broken: list[Line] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    unread: set[str] = field(default_factory=set)
    """Sheets without their header: what others refer to may stand in them."""

    @property
    def count(self) -> int:
        return sum(len(lines) for lines in self.lines.values())


def read_workbook(content: bytes) -> Contents:
    """Every row of every known sheet; Refusal where the file as a whole can't be read."""
    check_archive(content)
    try:
        book = open_workbook(content, formulas=True)
    except Exception as error:  # whatever a damaged file makes the library raise
        raise Refusal(UNREADABLE, field="file") from error
    contents = Contents()
    known = {name.casefold(): sheet for sheet in SHEETS for name in (sheet.key, sheet.zh, sheet.en)}
    for title in book.sheetnames:
        sheet = known.get(title.strip().casefold())
        if sheet is not None:
            _read_sheet(book[title], sheet, contents)
    if not contents.lines and not contents.faults:
        raise Refusal(N_("The workbook has none of the template's sheets. Download the template and fill it in."),
                      field="file")  # fmt: skip
    if contents.count == 0 and not contents.faults:
        raise Refusal(N_("The workbook's sheets are empty."), field="file")
    return contents


def check_archive(content: bytes) -> None:
    """Refusal of what is no archive, or unpacks to more than one of its size should hold."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            unpacked = sum(entry.file_size for entry in archive.infolist())
    except zipfile.BadZipFile as error:
        raise Refusal(UNREADABLE, field="file") from error
    if unpacked > LARGEST_UNPACKED or unpacked > HIGHEST_RATIO * max(len(content), 1):
        raise Refusal(N_("The file unpacks to more than a workbook of this size should hold."), field="file")


def _read_sheet(worksheet: Any, sheet: Sheet, contents: Contents) -> None:
    rows = worksheet.iter_rows(values_only=True)
    header: Sequence[Any] = next(rows, ())
    if not _has_titles(sheet, header):
        refusal = Refusal(N_("The first row must hold the column titles; take them from the template."))
        contents.faults.append(Fault(sheet.key, HEADER_ROW, None, "", refusal))
        contents.unread.add(sheet.key)
        return
    places = _find_columns(sheet, header, contents)
    if any(column.key not in places for column in sheet.columns if column.required):
        contents.unread.add(sheet.key)
    complete = all(column.key in places for column in sheet.columns if column.required)
    lines = contents.lines.setdefault(sheet.key, [])
    for number, row in _numbered(rows):
        if all(value is None or (isinstance(value, str) and not value.strip()) for value in row):
            continue
        if number > MOST_ROWS:
            contents.faults.append(
                Fault(sheet.key, number, None, "", Refusal(N_("A sheet has at most %(most)s rows."), most=MOST_ROWS))
            )
            return
        line, faults = _read_row(sheet, places, number, row)
        contents.faults.extend(faults)
        (contents.broken if faults or not complete else lines).append(line)


def _numbered(rows: Iterator[Sequence[Any]]) -> Iterator[tuple[int, Sequence[Any]]]:
    return enumerate(rows, start=HEADER_ROW + 1)


def _has_titles(sheet: Sheet, header: Sequence[Any]) -> bool:
    """Whether the first row is one of titles: some are known, or there is nothing at all."""
    known = {name.casefold() for column in sheet.columns for name in (column.key, column.zh, column.en)}
    titles = [str(title or "").strip().rstrip("*＊ ").casefold() for title in header]
    given = [title for title in titles if title]
    return 2 * sum(title in known for title in given) >= min(len(given), 2)


def _find_columns(sheet: Sheet, header: Sequence[Any], contents: Contents) -> dict[str, int]:
    by_name = {name.casefold(): column for column in sheet.columns for name in (column.key, column.zh, column.en)}
    places: dict[str, int] = {}
    for index, title in enumerate(header):
        text = str(title or "").strip().rstrip("*＊ ").casefold()
        column = by_name.get(text)
        letter = column_letter(index + 1)
        if column is not None and column.key not in places:
            places[column.key] = index
        elif text:
            refusal = Refusal(N_("The column “%(title)s” is not known."), title=str(title))
            contents.faults.append(Fault(sheet.key, HEADER_ROW, None, letter, refusal))
    for column in sheet.columns:
        if column.required and column.key not in places:
            refusal = Refusal(N_("The column “%(title)s” is missing."), title=column.zh)
            contents.faults.append(Fault(sheet.key, HEADER_ROW, column.key, "", refusal))
    return places


def _read_row(
    sheet: Sheet, places: dict[str, int], number: int, row: Sequence[Any]
) -> tuple[Line, list[Fault]]:
    cells: dict[str, Typed] = {}
    letters = {key: column_letter(index + 1) for key, index in places.items()}
    faults = []
    for column in sheet.columns:
        index = places.get(column.key)
        if index is None:
            cells[column.key] = None
            continue
        cells[column.key] = None
        try:
            cells[column.key] = read_cell(column, row[index] if index < len(row) else None)
        except Refusal as refusal:
            faults.append(Fault(sheet.key, number, column.key, letters[column.key], refusal))
    missing = {column.key for column in sheet.columns if column.required and column.key not in places}
    wrong = frozenset({fault.column for fault in faults if fault.column} | missing)
    return Line(sheet.key, number, cells, letters, wrong), faults


__all__ = ["Column", "Contents", "Fault", "Line", "read_workbook"]
