"""Files of evidence: CSV by its content, limits first, every fault by its row and column."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from datetime import date

from msgspec import Struct

from incubator.core.errors import N_, Refusal
from incubator.documents.csvs import write_csv
from incubator.reports.presence.rules import KINDS

LARGEST_FILE = 10 * 1024 * 1024
MOST_ROWS = 50_000
MOST_COLUMNS = 30
LONGEST_CELL = 200
ENCODINGS = ("utf-8-sig", "gb18030")
BADGES = "badges"
FILES = (*KINDS, BADGES)

TITLES: Mapping[str, tuple[str, ...]] = {
    "id": ("id", "编号", "记录编号"),
    "at": ("at", "时间"),
    "starts": ("starts", "开始时间"),
    "ends": ("ends", "结束时间"),
    "person": ("person", "卡号", "证件号码"),
    "startup": ("startup", "企业编号"),
    "unit": ("unit", "单元编号", "工位编号"),
    "count": ("count", "人数"),
    "month": ("month", "月份"),
    "from": ("from", "起始日期"),
    "until": ("until", "截止日期"),
}
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "door": ("id", "starts", "ends", "person"),
    "wifi": ("id", "starts", "ends", "person"),
    "desk": ("id", "at", "unit", "person", "startup"),
    "sensor": ("id", "at", "count"),
    "social_insurance": ("id", "month", "startup", "count", "person"),
    BADGES: ("person", "startup", "from", "until"),
}
EXAMPLES: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "door": (("D-1001", "2026-10-08 09:02", "2026-10-08 18:10", "0004512233"),),
    "wifi": (("W-2001", "2026-10-08 09:05", "2026-10-08 12:00", "AA:BB:CC:00:11:22"),),
    "desk": (("K-3001", "2026-10-08 09:10", "A01", "", "S-0001"),),
    "sensor": (("C-4001", "2026-10-08 10:00", "12"),),
    "social_insurance": (("2026-10-S-0001", "2026-10", "S-0001", "8", ""),),
    BADGES: (("0004512233", "S-0001", "2026-01-01", ""),),
}


class Fault(Struct, frozen=True):
    """What is wrong in a row, at a column's title ("": the row)."""

    row: int
    column: str
    refusal: Refusal


class FileRefused(Refusal):
    """Rows are wrong; nothing was taken in."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__(N_("Nothing was imported. Mend what is named below and send the file again."), field="file")
        self.faults = list(faults)


class Row(Struct, frozen=True):
    """A row by the names of its columns, its number in the file, and what the columns are called there."""

    number: int
    cells: Mapping[str, str]
    titles: Mapping[str, str]

    def text(self, name: str) -> str:
        return self.cells.get(name, "")

    def day(self, name: str) -> date | None:
        """A day, or None for an empty cell."""
        value = self.text(name)
        if not value:
            return None
        try:
            day = date.fromisoformat(value.replace("/", "-"))
        except ValueError:
            day = date.min
        if not 1970 <= day.year <= 2199:
            raise Refusal(N_("“%(value)s” is not a date such as 2026-10-01."), field=name, value=value[:40])
        return day


def read_table(kind: str, content: bytes) -> list[Row]:
    """The rows of a file for a kind of source, or for badges; Refusal where it is no such table."""
    if len(content) > LARGEST_FILE:
        raise Refusal(N_("The file is larger than %(size)s MB."), field="file", size=LARGEST_FILE // (1024 * 1024))
    lines = _lines(content)
    if not lines:
        raise Refusal(N_("The table has no rows under its titles."), field="file")
    _number, heads = lines[0]
    places = _places(heads)
    missing = [TITLES[name][1] for name in _needed(kind) if name not in places]
    if missing:
        raise Refusal(N_("These columns are missing: %(columns)s."), field="file", columns="、".join(missing))
    titles = {name: heads[place] for name, place in places.items()}
    rows = [
        Row(number, {name: cells[place].strip() for name, place in places.items() if place < len(cells)}, titles)
        for number, cells in lines[1:]
    ]
    if not rows:
        raise Refusal(N_("The table has no rows under its titles."), field="file")
    return rows


def template(kind: str) -> bytes:
    """A file to fill in, with a row as an example."""
    return write_csv([TITLES[name][1] for name in COLUMNS[kind]], EXAMPLES[kind])


def _needed(kind: str) -> tuple[str, ...]:
    if kind == BADGES:
        return ("person", "startup", "from")
    return {"sensor": ("id", "count"), "social_insurance": ("id", "month", "startup")}.get(kind, ("id",))


def _places(heads: Sequence[str]) -> dict[str, int]:
    names = [head.strip().lower() for head in heads]
    found = {}
    for key, titles in TITLES.items():
        place = next((names.index(title) for title in titles if title in names), None)
        if place is not None:
            found[key] = place
    return found


def _lines(content: bytes) -> list[tuple[int, list[str]]]:
    unreadable = Refusal(N_("This file can't be read as a table."), field="file")
    for encoding in ENCODINGS:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\x00" in text:
            raise unreadable
        found: list[tuple[int, list[str]]] = []
        try:
            for number, row in enumerate(csv.reader(io.StringIO(text)), start=1):
                if not any(cell.strip() for cell in row):
                    continue
                if len(found) > MOST_ROWS:
                    raise Refusal(N_("A sheet has at most %(most)s rows."), field="file", most=MOST_ROWS)
                if len(row) > MOST_COLUMNS or any(len(cell) > LONGEST_CELL for cell in row):
                    raise Refusal(N_("Row %(row)s is too long."), field="file", row=number)
                # what Excel writes to keep a long number from becoming a figure
                found.append((number, [cell.strip().lstrip("'\t").removeprefix("=").strip('"') for cell in row]))
        except csv.Error as error:
            raise unreadable from error
        return found
    raise unreadable
