"""The authority's answers as a table: made with every line as granted in full, and read back, row by row."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from flask_babel import gettext as _
from msgspec import Struct

from incubator.billing.bank_files.tables import Row, read_table
from incubator.billing.forms.amounts import read_yuan
from incubator.claims.queries.claims import LineRow
from incubator.claims.queries.entries import Numbered
from incubator.claims.rules.money import Answer, check_answer
from incubator.claims.words import LEFT_NAMES
from incubator.core.errors import N_, Refusal
from incubator.documents import formats
from incubator.documents.formats import sentence
from incubator.documents.workbook import Column, Workbook

TITLES = {
    "line": N_("Line no."), "granted": N_("Granted, in yuan"), "reason": N_("Why not in full"), "left": N_("The rest"),
}  # fmt: skip
"""What a file must have, and how its columns are headed."""
CODES = {
    "line": ("line", "line no.", "no.", "行号", "序号"),
    "granted": ("granted", "granted, in yuan", "获批金额", "获批金额（元）", "批准金额"),
    "reason": ("reason", "why not in full", "原因", "未足额获批的原因"),
    "left": ("rest", "the rest", "差额", "其余部分"),
}
"""How people head them, in small letters; beside what this product calls them."""
HEADER_WITHIN = 10
MOST_PROBLEMS = 50


class Problem(Struct, frozen=True):
    """What is wrong with a row of a file."""

    row: int
    words: str


def answers_workbook(lines: Sequence[LineRow], numbers: Mapping[int, Numbered], locale: str) -> bytes:
    """All lines as granted in full: who has the authority's answer changes those that are not, and reads it in."""
    book = Workbook()
    titles = {key: _(words) for key, words in TITLES.items()}
    columns = [
        Column(titles["line"], "integer", 8), Column(_("Startup's code"), width=12), Column(_("Startup"), width=28),
        Column(_("Month"), width=10), Column(_("Invoice"), width=18), Column(_("Claimed"), "money"),
        Column(titles["granted"], "money", 18), Column(titles["reason"], width=40),
        Column(titles["left"], width=30),
    ]  # fmt: skip
    book.add_sheet(_("Answers"), columns, [
        [numbers[each.line.id].number, each.startup.code if each.startup else "-",
         formats.named(each.startup, locale) if each.startup else "", f"{each.month:%Y-%m}", each.invoice_number or "",
         each.amount_minor, each.amount_minor, "", ""]
        for each in lines if each.line.id in numbers
    ])  # fmt: skip
    return book.content()


def read_answers(
    name: str, content: bytes, numbers: Mapping[int, Numbered], locale: str
) -> tuple[dict[int, dict[str, str]], list[Problem]]:
    """By line what the file says of it, where that is not all of it; and what is wrong, row by row.

    Nothing of a file with a problem is taken. A row without an amount says nothing.
    """
    rows = read_table(name, content)
    start, places = _header(rows)
    by_number = {each.number: each for each in numbers.values()}
    found: dict[int, dict[str, str]] = {}
    seen: set[int] = set()
    problems: list[Problem] = []
    for position, row in enumerate(rows[start + 1 :], start=start + 2):
        said = {key: _text(row, place) for key, place in places.items()}
        if not said["line"] or not said["granted"]:
            continue
        line = by_number.get(int(said["line"])) if said["line"].isascii() and said["line"].isdigit() else None
        if line is None:
            problems.append(Problem(position, _("There is no line %(number)s in this claim.", number=said["line"])))
            continue
        if line.line_id in seen:
            problems.append(Problem(position, _("Line %(number)s stands here twice.", number=said["line"])))
            continue
        seen.add(line.line_id)
        try:
            entry = {"granted": said["granted"], "reason": said.get("reason", ""), "left": _left(said.get("left", ""))}
            if answer_of(line, entry).granted_minor != line.amount_minor:
                found[line.line_id] = entry
        except Refusal as refusal:
            problems.append(Problem(position, sentence(refusal, locale)))
    return found, problems


def answer_of(line: Numbered, typed: Mapping[str, str]) -> Answer:
    """What is typed of a line, as an answer; a Refusal where it can't be one."""
    answer = Answer(read_yuan(typed.get("granted", ""), "granted"), typed.get("reason", ""), typed.get("left") or None)
    check_answer(line.amount_minor, answer, is_taken_off=line.is_taken_off)
    return answer


def _header(rows: Sequence[Row]) -> tuple[int, dict[str, int]]:
    """Where the headings stand, and the columns under them."""
    for position, row in enumerate(rows[:HEADER_WITHIN]):
        titles = [_plain(cell) for cell in row]
        places = {
            key: titles.index(title)
            for key, words in TITLES.items()
            for title in (_plain(_(words)), *CODES[key])
            if title in titles
        }
        if {"line", "granted"} <= set(places):
            return position, places
    raise Refusal(
        N_("No columns “Line no.” and “Granted, in yuan” were found in the first rows. Take the file with all lines, "
           "and fill it in."), field="file",
    )  # fmt: skip


def _plain(cell: Any) -> str:
    return unicodedata.normalize("NFKC", str(cell if cell is not None else "")).strip().lower()


def _text(row: Row, place: int) -> str:
    cell = row[place] if place < len(row) else None
    if isinstance(cell, Decimal):
        return format(cell.normalize(), "f")
    return "" if cell is None else str(cell).strip()


def _left(text: str) -> str:
    """Who bears the rest, by our word for it or its name in either language."""
    if not text:
        return ""
    plain = _plain(text)
    for key, name in LEFT_NAMES.items():
        if plain in (key, _plain(name), _plain(_(name))):
            return key
    raise Refusal(N_("Say who bears what is not granted."), field="left")

