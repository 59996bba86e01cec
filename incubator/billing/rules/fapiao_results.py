"""Which row of the platform's list is about which paper: all faults at once, by row and column. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from msgspec import Struct

from incubator.core.errors import N_, Refusal
from incubator.core.money import Money

SERIAL = re.compile(r"(?<![A-Z0-9])F[PR]\d{10}(?!\d)")
NUMBER = re.compile(r"(?<!\d)\d{20}(?!\d)")
LARGEST_FILE = 10 * 1024 * 1024
_STARTS = {"pdf": (b"%PDF-",), "ofd": (b"PK\x03\x04",), "xml": (b"<", b"\xef\xbb\xbf<")}


class Fault(Struct, frozen=True):
    """What is wrong in a row (0: the file as a whole), at a column's letter and title ("": the row)."""

    row: int
    column: str
    refusal: Refusal


class ResultsRefused(Refusal):
    """Rows are wrong; nothing was imported."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__(N_("Nothing was imported. Mend what is named below and send the file again."), field="file")
        self.faults = list(faults)


class Row(Struct, frozen=True):
    """A fapiao in the platform's list: its row in the file, and the columns by their titles there."""

    row: int
    number: str
    issued_on: date
    serial: str = ""
    buyer: str = ""
    total_minor: int | None = None
    """With VAT, without its sign."""
    is_red: bool = False
    blue_number: str = ""
    confirmation: str = ""
    columns: tuple[tuple[str, str], ...] = ()
    """What the columns are called in the file, with their letters, by `number`, `date`, `serial`, `buyer`, `total`."""

    def column(self, name: str) -> str:
        return dict(self.columns).get(name, "")


class Waiting(Struct, frozen=True):
    """A paper that waits for its number."""

    fapiao_id: int
    request_id: int
    serial: str
    buyer: str
    net_minor: int
    is_red: bool = False
    blue_number: str = ""


class Match(Struct, frozen=True):
    """A row, and the paper that it is about."""

    row: Row
    paper: Waiting


def match_rows(
    rows: Iterable[Row], waiting: Sequence[Waiting], issued: Mapping[str, date], today: date, *, skip_others: bool
) -> tuple[list[Match], list[Fault]]:
    """What each row brings, and every fault. Rows whose number and day are entered already bring nothing.

    By our serial, else by the blue fapiao that a red-letter one names, else by buyer and total, where only one fits.
    """
    matches: list[Match] = []
    faults: list[Fault] = []
    seen: dict[str, int] = {}
    taken: dict[int, int] = {}
    for row in rows:
        try:
            if row.number in issued:
                _same_day(row, issued[row.number])
                continue
            if row.number in seen:
                raise _At("number", Refusal(N_("This number stands in row %(row)s, too."), row=seen[row.number]))
            seen[row.number] = row.row
            if row.issued_on > today:
                raise _At("date", Refusal(N_("This day has not come yet.")))
            paper = _find(row, [each for each in waiting if each.fapiao_id not in taken], skip_others)
            if paper is None:
                continue
            _fits(row, paper)
            taken[paper.fapiao_id] = row.row
            matches.append(Match(row, paper))
        except _At as fault:
            faults.append(Fault(row.row, row.column(fault.name), fault.refusal))
    return matches, faults


class _At(Exception):
    def __init__(self, name: str, refusal: Refusal) -> None:
        super().__init__(name)
        self.name, self.refusal = name, refusal


def _same_day(row: Row, on: date) -> None:
    if row.issued_on != on:
        raise _At("date", Refusal(N_("This number is entered already, issued on %(day)s."), day=on))


def _find(row: Row, waiting: Sequence[Waiting], skip_others: bool) -> Waiting | None:
    if row.serial:
        found = [each for each in waiting if each.serial == row.serial]
        if not found and not skip_others:
            raise _At("serial", Refusal(N_("No paper with the number %(serial)s waits to be issued."),
                                        serial=row.serial))  # fmt: skip
        return found[0] if found else None
    if row.is_red:
        found = [each for each in waiting if each.is_red and row.blue_number and each.blue_number == row.blue_number]
    else:
        found = [each for each in waiting if not each.is_red and row.buyer and row.total_minor == each.net_minor
                 and _key(row.buyer) == _key(each.buyer)]  # fmt: skip
    if len(found) > 1:
        raise _At("buyer", Refusal(N_("%(count)s papers fit buyer and amount; enter these by hand at their requests."),
                                   count=len(found)))  # fmt: skip
    if not found and not skip_others:
        raise _At("buyer", Refusal(N_("No paper that waits fits this row. Is it not one of ours, tick the box below.")))
    return found[0] if found else None


def _fits(row: Row, paper: Waiting) -> None:
    if row.buyer and _key(row.buyer) != _key(paper.buyer):
        raise _At("buyer", Refusal(N_("The buyer is not %(name)s, who asked for it."), name=paper.buyer))
    if row.total_minor is not None and row.total_minor != paper.net_minor:
        raise _At("total", Refusal(N_("The total is not %(amount)s, which was asked for."),
                                   amount=Money(paper.net_minor)))  # fmt: skip
    if row.is_red != paper.is_red:
        raise _At("total", Refusal(N_("One of the two is a red-letter fapiao, the other is not.")))
    if paper.is_red and not row.confirmation:
        raise _At("serial", Refusal(N_("The confirmation form's number is not in the note; enter this one by hand.")))


def _key(name: str) -> str:
    """A buyer's name as it is compared: full-width characters and blanks make no difference."""
    return "".join(unicodedata.normalize("NFKC", name).split()).casefold()


def check_file(form: str, content: bytes) -> None:
    """Refusal of what is not a file of its form: by size, and by how it begins."""
    if form not in _STARTS:
        raise Refusal(N_("A fapiao's file is a PDF, OFD or XML."), field="file")
    if not content:
        raise Refusal(N_("The file is empty."), field="file")
    if len(content) > LARGEST_FILE:
        raise Refusal(N_("The file is larger than %(size)s MB."), field="file", size=LARGEST_FILE // (1024 * 1024))
    if not content.startswith(_STARTS[form]):
        raise Refusal(N_("This is no %(form)s by its content."), field="file", form=form.upper())
