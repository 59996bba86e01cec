"""Readings from a table, CSV or XLSX: each row's meter, day and reading, with every fault of form by row and column."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from incubator.core.errors import N_, Refusal
from incubator.documents.openpyxl_alone import column_letter, open_workbook
from incubator.jobs.workbook.cells import read_cell
from incubator.jobs.workbook.reading import UNREADABLE, Fault, check_archive
from incubator.jobs.workbook.sheets import Column, Sheet
from incubator.pricing.operations import Entry

LARGEST = 2 * 1024 * 1024
MOST_ROWS = 2000
ENCODINGS = ("utf-8-sig", "gb18030")
"""How Excel in China writes CSV."""

SHEET = Sheet("readings", "读数", "Readings", (
    Column("number", "表号", "Meter", N_("As it stands on the device."), ("D-O1",), required=True, longest=40),
    Column("read_on", "日期", "Day", N_("The end of which day it was read at."), (date(2026, 10, 31),), "date",
           required=True),
    Column("reading", "读数", "Reading", N_("What the display shows."), (Decimal("1450.5"),), "decimal", required=True),
))  # fmt: skip


class TableRefused(Refusal):
    """Rows of a table are wrong; nothing of it was kept."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__(N_("Nothing was imported. Mend what is named below and send the table again."), field="file")
        self.faults = list(faults)


def read_readings(content: bytes, meters: Mapping[str, Sequence[int]], *, sure: bool) -> list[tuple[int, Entry]]:
    """(row, entry) of each row that holds anything; `meters` are the ids by number of those that are there.

    TableRefused with every fault of form at once; Refusal where it is no table.
    """
    rows = _rows(content)
    titles = next(iter(rows), None)
    if titles is None:
        raise Refusal(N_("The file is empty."), field="file")
    places = _places(titles[1])
    found: list[tuple[int, Entry]] = []
    faults: list[Fault] = []
    for number, cells in rows[1:]:
        entry = _entry(number, cells, places, meters, faults, sure=sure)
        if entry is not None:
            found.append((number, entry))
    if faults:
        raise TableRefused(faults)
    if not found:
        raise Refusal(N_("The table has no rows under its titles."), field="file")
    return found


def fault_of(row: int, refusal: Refusal, places_letter: str = "") -> Fault:
    """What the operation said of a row, by the column that it names."""
    column = refusal.field if refusal.field in ("read_on", "reading") else None
    return Fault(SHEET.key, row, column, places_letter, refusal)


def _entry(
    number: int, cells: Sequence[Any], places: Mapping[str, int], meters: Mapping[str, Sequence[int]],
    faults: list[Fault], *, sure: bool,
) -> Entry | None:  # fmt: skip
    typed: dict[str, Any] = {}
    before = len(faults)
    for column in SHEET.columns:
        place = places[column.key]
        try:
            typed[column.key] = read_cell(column, cells[place] if place < len(cells) else None)
            if column.key == "number":
                typed["meter"] = _meter(typed["number"], meters)
        except Refusal as refusal:
            faults.append(Fault(SHEET.key, number, column.key, _letter(place), refusal))
    if len(faults) > before:
        return None
    return Entry(typed["meter"], typed["read_on"], typed["reading"], sure)


def _meter(number: str, meters: Mapping[str, Sequence[int]]) -> int:
    ids = meters.get(number.casefold(), ())
    if not ids:
        raise Refusal(N_("This site has no meter %(number)s."), number=number)
    if len(ids) > 1:
        raise Refusal(N_("Several meters of this site have the number %(number)s; type their readings."), number=number)
    return ids[0]


def _places(titles: Sequence[Any]) -> dict[str, int]:
    names = [str(title or "").strip().rstrip("*＊ ").casefold() for title in titles]
    places: dict[str, int] = {}
    for column in SHEET.columns:
        known = {column.key, column.zh, column.en.casefold()}
        place = next((index for index, name in enumerate(names) if name in known), None)
        if place is None:
            raise Refusal(N_("The column “%(title)s” is missing."), field="file", title=column.zh)
        places[column.key] = place
    return places


def _rows(content: bytes) -> list[tuple[int, Sequence[Any]]]:
    """Numbered rows without the empty ones."""
    if len(content) > LARGEST:
        raise Refusal(N_("The file is larger than %(size)s MB."), field="file", size=LARGEST // (1024 * 1024))
    rows = _of_workbook(content) if content[:2] == b"PK" else _of_csv(content)
    found: list[tuple[int, Sequence[Any]]] = []
    for number, row in enumerate(rows, start=1):
        if all(value is None or not str(value).strip() for value in row):
            continue
        if len(found) > MOST_ROWS:
            raise Refusal(N_("A sheet has at most %(most)s rows."), field="file", most=MOST_ROWS)
        found.append((number, row))
    return found


def _of_workbook(content: bytes) -> Iterable[Sequence[Any]]:
    check_archive(content)
    try:
        book = open_workbook(content)
        rows: Iterable[Sequence[Any]] = book[book.sheetnames[0]].iter_rows(values_only=True, max_col=40)
    except Exception as error:  # whatever a damaged file makes the library raise
        raise Refusal(UNREADABLE, field="file") from error
    return rows


def _of_csv(content: bytes) -> Iterable[Sequence[Any]]:
    for encoding in ENCODINGS:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\x00" not in text:
            try:
                return list(csv.reader(io.StringIO(text)))
            except csv.Error as error:
                raise Refusal(N_("This file can't be read as a table."), field="file") from error
    raise Refusal(N_("This file can't be read as a table."), field="file")


def _letter(place: int) -> str:
    return column_letter(place + 1)


__all__ = ["SHEET", "TableRefused", "fault_of", "read_readings"]
