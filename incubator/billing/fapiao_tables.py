"""What the platform gives back: its list as XLSX or CSV, and archives of files. Limits first, trust never."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from pathlib import PurePosixPath
from typing import Any

from incubator.billing.operations.fapiao_results import PaperFile
from incubator.billing.rules.fapiao import FORMS, check_number
from incubator.billing.rules.fapiao_results import (
    LARGEST_FILE,
    NUMBER,
    SERIAL,
    Fault,
    ResultsRefused,
    Row,
    check_file,
)
from incubator.core.errors import N_, Refusal
from incubator.core.money import to_minor
from incubator.documents.filetypes import type_of
from incubator.documents.openpyxl_alone import column_letter, open_workbook

LARGEST_TABLE = 5 * 1024 * 1024
MOST_ROWS = 5000
MOST_COLUMNS = 60
LARGEST_ARCHIVE = 50 * 1024 * 1024
MOST_FILES = 1000
MOST_UNPACKED = 200 * 1024 * 1024
ENCODINGS = ("utf-8-sig", "gb18030")
TITLES: Mapping[str, tuple[str, ...]] = {
    "number": ("数电发票号码", "全电发票号码", "数电票号码", "发票号码"),
    "date": ("开票日期", "开票时间"),
    "serial": ("发票流水号", "流水号", "开票流水号"),
    "buyer": ("购买方名称", "购方名称"),
    "total": ("价税合计",),
    "note": ("备注",),
    "positive": ("是否正数发票",),
}
BEST_SHEET = "发票基础信息"
_CONFIRMATION = re.compile(r"确认单编?号[:：\s]*([0-9A-Za-z]{4,32})")
UNREADABLE = N_("This file can't be read as a table.")


def read_results(content: bytes) -> list[Row]:
    """The fapiaos of a list, one row for each number: lines of one fapiao are added up.

    ResultsRefused with every fault of form at once; Refusal where it is no such list.
    """
    if len(content) > LARGEST_TABLE:
        raise Refusal(N_("The file is larger than %(size)s MB."), field="file", size=LARGEST_TABLE // (1024 * 1024))
    sheets = _of_workbook(content) if content[:2] == b"PK" else [_of_csv(content)]
    for rows in sheets:
        for index, (_number, cells) in enumerate(rows[:10]):
            places = _places(cells)
            if "number" in places and "date" in places:
                return _read(rows[index + 1 :], places, cells)
    raise Refusal(N_("There are no columns 数电发票号码 and 开票日期; export the list from the platform as it is."),
                  field="file")  # fmt: skip


def _read(rows: Sequence[tuple[int, Sequence[Any]]], places: Mapping[str, int], titles: Sequence[Any]) -> list[Row]:
    columns = tuple((name, f"{column_letter(place + 1)} {titles[place]}")
                    for name, place in places.items())  # fmt: skip
    faults: list[Fault] = []
    found: dict[str, Row] = {}
    for number, cells in rows:
        try:
            row = _row(number, cells, places, columns)
        except _At as fault:
            faults.append(Fault(number, dict(columns).get(fault.name, ""), fault.refusal))
            continue
        if row is not None:
            before = found.get(row.number)
            found[row.number] = row if before is None else _joined(before, row)
    if faults:
        raise ResultsRefused(faults)
    if not found:
        raise Refusal(N_("The table has no rows under its titles."), field="file")
    return list(found.values())


class _At(Exception):
    def __init__(self, name: str, refusal: Refusal) -> None:
        super().__init__(name)
        self.name, self.refusal = name, refusal


def _row(number: int, cells: Sequence[Any], places: Mapping[str, int], columns: tuple[tuple[str, str], ...]
         ) -> Row | None:  # fmt: skip
    def cell(name: str) -> Any:
        place = places.get(name)
        return cells[place] if place is not None and place < len(cells) else None

    raw = cell("number")
    if raw is None or not str(raw).strip():
        return None
    if isinstance(raw, (int, float)):
        raise _At("number", Refusal(N_("The number is kept as a figure and has lost digits; keep the column as text.")))
    try:
        digits = check_number(str(raw))
    except Refusal as refusal:
        raise _At("number", refusal) from refusal
    note, total = str(cell("note") or ""), _amount(cell("total"))
    named = SERIAL.search(str(cell("serial") or "")) or SERIAL.search(note)
    is_red = str(cell("positive") or "").strip() == "否" or (total is not None and total < 0)
    blue, confirmed = NUMBER.search(note), _CONFIRMATION.search(note)
    return Row(
        number, digits, _day(cell("date")), named[0] if named else "", str(cell("buyer") or "").strip(),
        None if total is None else abs(total), is_red, blue[0] if is_red and blue else "",
        confirmed[1] if confirmed else "", columns,
    )  # fmt: skip


def _joined(first: Row, more: Row) -> Row:
    """Two lines of one fapiao as one row."""
    totals = [each.total_minor for each in (first, more) if each.total_minor is not None]
    return Row(
        first.row, first.number, first.issued_on, first.serial or more.serial, first.buyer or more.buyer,
        sum(totals) if totals else None, first.is_red, first.blue_number or more.blue_number,
        first.confirmation or more.confirmation, first.columns,
    )  # fmt: skip


def _amount(raw: Any) -> int | None:
    if raw is None or not str(raw).strip():
        return None
    try:
        amount = Decimal(str(raw).replace(",", "").replace("¥", "").strip())
    except InvalidOperation:
        raise _At("total", Refusal(N_("“%(value)s” is not a number."), value=str(raw)[:40])) from None
    if not amount.is_finite() or abs(amount) > 10**12:
        raise _At("total", Refusal(N_("“%(value)s” is not a number."), value=str(raw)[:40]))
    return to_minor(amount)


def _day(raw: Any) -> date:
    if isinstance(raw, datetime):
        return raw.date()
    if isinstance(raw, date):
        return raw
    match = re.match(r"(\d{4})[-/.年]?(\d{1,2})[-/.月]?(\d{1,2})日?(?:[ T].*)?$", str(raw or "").strip())
    try:
        return date(*(int(part) for part in match.groups())) if match else _no_day(raw)
    except ValueError:
        return _no_day(raw)


def _no_day(raw: Any) -> date:
    raise _At("date", Refusal(N_("“%(value)s” is not a date such as 2026-10-01."), value=str(raw or "")[:40]))


def _places(cells: Sequence[Any]) -> dict[str, int]:
    names = [str(each or "").strip() for each in cells]
    places = {}
    for key, titles in TITLES.items():
        place = next((names.index(title) for title in titles if title in names), None)
        if place is not None:
            places[key] = place
    return places


def _of_workbook(content: bytes) -> list[list[tuple[int, Sequence[Any]]]]:
    type_of("list.xlsx", content)
    try:
        book = open_workbook(content)
        names = sorted(book.sheetnames, key=lambda name: name != BEST_SHEET)
        return [_numbered(book[name].iter_rows(values_only=True, max_col=MOST_COLUMNS)) for name in names]
    except Refusal:
        raise
    except Exception as error:  # whatever a damaged file makes the library raise
        raise Refusal(UNREADABLE, field="file") from error


def _of_csv(content: bytes) -> list[tuple[int, Sequence[Any]]]:
    for encoding in ENCODINGS:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\x00" not in text:
            try:
                rows = _numbered(csv.reader(io.StringIO(text)))
            except csv.Error as error:
                raise Refusal(UNREADABLE, field="file") from error
            return [(number, [str(cell).lstrip("'\t=").strip('"') for cell in row]) for number, row in rows]
    raise Refusal(UNREADABLE, field="file")


def _numbered(rows: Iterable[Sequence[Any]]) -> list[tuple[int, Sequence[Any]]]:
    found: list[tuple[int, Sequence[Any]]] = []
    for number, row in enumerate(rows, start=1):
        if any(value is not None and str(value).strip() for value in row):
            if len(found) > MOST_ROWS:
                raise Refusal(N_("A sheet has at most %(most)s rows."), field="file", most=MOST_ROWS)
            found.append((number, row))
    return found


def read_archive(content: bytes, known: Iterable[str] | None = None, *, skip_others: bool = False
                 ) -> dict[str, list[PaperFile]]:  # fmt: skip
    """The files of an archive by the 20 digits in their names; nothing is unpacked beyond its limits.

    `known`: the numbers of our papers. ResultsRefused with every file that is at fault, by its place in the archive.
    """
    if len(content) > LARGEST_ARCHIVE:
        raise Refusal(N_("The file is larger than %(size)s MB."), field="file", size=LARGEST_ARCHIVE // (1024 * 1024))
    type_of("files.zip", content)
    ours = None if known is None else set(known)
    found: dict[str, list[PaperFile]] = {}
    faults: list[Fault] = []
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        members = [each for each in archive.infolist() if not each.is_dir()]
        if len(members) > MOST_FILES:
            raise Refusal(N_("An archive has at most %(most)s files."), field="file", most=MOST_FILES)
        room = MOST_UNPACKED
        for place, member in enumerate(members, start=1):
            name = PurePosixPath(member.filename.replace("\\", "/")).name
            try:
                number, form = _named(name)
                if ours is not None and number not in ours:
                    if skip_others:
                        continue
                    raise Refusal(N_("No fapiao of ours has this number; import the list with the numbers first."))
                unpacked = _unpack(archive, member, min(room, LARGEST_FILE))
                room -= len(unpacked)
                check_file(form, unpacked)
                found.setdefault(number, []).append(PaperFile(form, name, unpacked))
            except Refusal as refusal:
                faults.append(Fault(place, name[-80:], refusal))
    if faults:
        raise ResultsRefused(faults)
    if not found:
        raise Refusal(N_("There is no file of a fapiao in this archive."), field="file")
    return found


def numbers_in(content: bytes) -> set[str]:
    """The numbers that the names of an archive's files hold."""
    type_of("files.zip", content)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {number for each in archive.infolist()[:MOST_FILES] for number in NUMBER.findall(each.filename)}


def _named(name: str) -> tuple[str, str]:
    form, number = PurePosixPath(name.lower()).suffix.removeprefix("."), NUMBER.search(name)
    if form not in FORMS:
        raise Refusal(N_("A fapiao's file is a PDF, OFD or XML."))
    if number is None:
        raise Refusal(N_("The name holds no number of 20 digits."))
    return number[0], form


def _unpack(archive: zipfile.ZipFile, member: zipfile.ZipInfo, most: int) -> bytes:
    """A member's content; whatever its table of contents says, no more than `most` bytes are unpacked."""
    if member.flag_bits & 1:
        raise Refusal(N_("This file is protected by a password. Send it without one."))
    try:
        with archive.open(member) as stream:
            content = stream.read(most + 1)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError, ValueError) as error:
        raise Refusal(N_("This file is damaged: it can't be opened.")) from error
    except Exception as error:  # zlib.error, lzma.LZMAError …: whatever a damaged member makes the decoder raise
        raise Refusal(N_("This file is damaged: it can't be opened.")) from error
    if len(content) > most:
        raise Refusal(N_("The file is larger than %(size)s MB."), size=LARGEST_FILE // (1024 * 1024))
    return content
