"""The lines of a statement, with every fault by row and column, and what makes each line the same again. Pure."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from typing import TypeVar

from msgspec import Struct, field

from incubator.billing.bank_files.mapping import Header, Places
from incubator.billing.bank_files.tables import Row
from incubator.billing.bank_files.values import (
    LONGEST,
    Cell,
    day_of,
    is_incoming,
    is_yuan,
    minor_of,
    same_account,
    text_of,
)
from incubator.billing.rules.matching import plain_name
from incubator.core.errors import N_, Refusal
from incubator.core.money import Money

Read = TypeVar("Read")

OTHER_CURRENCY = N_("This line is in %(currency)s; the books are kept in yuan.")

SUMMARY = ("合计", "总计", "小计", "总笔数", "总金额", "笔数", "期初", "期末", "承前", "上期", "本页", "打印",
           "说明", "备注:", "备注：", "温馨提示", "total", "借方合计", "贷方合计", "结束", "end")  # fmt: skip


class Line(Struct, frozen=True):
    """One line as the bank tells it; above 0: it came in."""

    row: int
    on: date
    amount_minor: int
    balance_minor: int | None = None
    payer: str = ""
    payer_account: str = ""
    purpose: str = ""
    reference: str = ""

    @property
    def payer_key(self) -> str:
        """The other side's name as it is compared."""
        return plain_name(self.payer)


class Fault(Struct, frozen=True):
    """What is wrong, and where: row and column (as Excel calls it, with its title), a sentence with its values."""

    row: int
    column: str
    refusal: Refusal


class Reading(Struct):
    """What a file says: lines in its order, faults that keep it out, and breaks that somebody has to look at."""

    lines: list[Line] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    breaks: list[Fault] = field(default_factory=list)
    """Where a balance is not the one before with the amount."""


def read_rows(rows: Sequence[Row], header: Header, places: Places, number: str) -> Reading:
    """The lines under the header by a mapping; rows without a day at the end, and sums between, are no lines.

    `number` is the account's: a file of another is a fault.
    """
    reading = Reading()
    reader = _Reader(header, places, number)
    last = max((index for index in range(header.row + 1, len(rows)) if reader.has_day(rows[index])), default=header.row)
    for index in range(header.row + 1, len(rows)):
        row = rows[index]
        if reader.is_blank(row) or reader.is_summary(row, index > last):
            continue
        line, faults = reader.read(index + 1, row)
        reading.faults += faults
        if line is not None and not faults:
            reading.lines.append(line)
    if not reading.lines and not reading.faults:
        raise Refusal(N_("The file has no lines under its titles."), field="file")
    reading.breaks = list(_breaks(reading.lines)) if not reading.faults else []
    return reading


class _Reader:
    """Reads rows by one mapping."""

    def __init__(self, header: Header, places: Places, number: str) -> None:
        self.header, self.places, self.number = header, places, number

    def cell(self, row: Row, name: str) -> Cell:
        found = self.places.get(name)
        return row[found[0]] if found and found[0] < len(row) else None

    def text(self, row: Row, name: str, longest: int = LONGEST) -> str:
        return text_of(self.cell(row, name))[:longest]

    def is_blank(self, row: Row) -> bool:
        """Nothing in it, or the titles once more, as on each page of a long statement."""
        texts = tuple(text_of(cell) for cell in row)
        return not any(texts) or texts == self.header.titles

    def has_day(self, row: Row) -> bool:
        try:
            day_of(self.cell(row, "on"))
        except Refusal:
            return False
        return True

    def is_summary(self, row: Row, is_after: bool) -> bool:
        """A row that sums up: it has no day, and says so or stands after the last line."""
        on = self.text(row, "on")
        texts = [text_of(cell).casefold() for cell in row]
        says = any(text.startswith(SUMMARY) for text in texts)
        if on and not on.casefold().startswith(SUMMARY):
            return is_after and says and not any(char.isdigit() for char in on)
        return says or is_after

    def read(self, number: int, row: Row) -> tuple[Line | None, list[Fault]]:
        faults: list[Fault] = []

        def attempt(name: str, read: Callable[[Cell], Read], otherwise: Read) -> Read:
            try:
                return read(self.cell(row, name))
            except Refusal as refusal:
                faults.append(Fault(number, self.column(name), refusal))
                return otherwise

        on = attempt("on", day_of, date.min)
        balance = attempt("balance", minor_of, None)
        amount = self.amount(row, number, faults)
        own, currency = self.text(row, "own_account"), self.cell(row, "currency")
        if own and not same_account(own, self.number):
            refusal = Refusal(N_("This line is of another account: %(number)s."), number=own)
            faults.append(Fault(number, self.column("own_account"), refusal))
        if not is_yuan(currency):
            refusal = Refusal(OTHER_CURRENCY, currency=text_of(currency))
            faults.append(Fault(number, self.column("currency"), refusal))
        payer, account = self.other_side(row, amount)
        purpose = " ".join(dict.fromkeys(
            text for place in self.places.get("purpose", ()) if place < len(row) and (text := text_of(row[place]))
        ))[:LONGEST]  # fmt: skip
        reference = self.text(row, "reference", 100)
        return Line(number, on, amount, balance, payer, account, purpose, reference.strip("0") and reference), faults

    def other_side(self, row: Row, amount: int) -> tuple[str, str]:
        """Who paid, of what came in; who was paid, of what went out, where that has a column of its own."""
        ours = "payee" if amount < 0 and self.places.get("payee") else "payer"
        account = f"{ours}_account" if self.places.get(f"{ours}_account") else "payer_account"
        return self.text(row, ours), self.text(row, account, 60).replace(" ", "")

    def amount(self, row: Row, number: int, faults: list[Fault]) -> int:
        """Signed, from one column, from one with another that tells in from out, or from two."""
        name = "amount" if self.places.get("amount") else "credit" if self.places.get("credit") else "debit"
        try:
            if name != "amount":
                name = "credit" if self.places.get("credit") else "debit"
                came = minor_of(self.cell(row, "credit")) or 0
                name = "debit" if self.places.get("debit") else name
                amount = came - (minor_of(self.cell(row, "debit")) or 0)
                if came and amount != came:
                    raise Refusal(N_("One line can't have come in and gone out."))
            else:
                amount = minor_of(self.cell(row, "amount")) or 0
                if self.places.get("flag"):
                    name = "flag"
                    came_in = is_incoming(self.cell(row, "flag"))
                    # banks write what went out with a sign or without; a red entry is below zero and says “in”
                    amount = amount if came_in else -abs(amount)
            if not amount:
                raise Refusal(N_("There is no amount."))
        except Refusal as refusal:
            faults.append(Fault(number, self.column(name), refusal))
            return 0
        return amount

    def column(self, name: str) -> str:
        """A column as Excel calls it, with its title: “E 借方发生额”."""
        found = self.places.get(name)
        return f"{letter(found[0])} {self.header.titles[found[0]]}" if found else ""


def letter(place: int) -> str:
    """The letters of a column, from 0: A, B … Z, AA."""
    letters = ""
    place += 1
    while place:
        place, rest = divmod(place - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def _breaks(lines: Sequence[Line]) -> Iterable[Fault]:
    """Where a balance does not follow from the one before; the file's order is the one in which fewer break."""
    forwards, backwards = list(_broken(lines)), list(_broken(lines[::-1]))
    return forwards if len(forwards) <= len(backwards) else backwards


def _broken(lines: Sequence[Line]) -> Iterable[Fault]:
    before: Line | None = None
    for line in lines:
        if line.balance_minor is not None and before is not None and before.balance_minor is not None:
            wanted = before.balance_minor + line.amount_minor
            if line.balance_minor != wanted:
                yield Fault(line.row, "", Refusal(
                    N_("The balance is %(found)s; from that of row %(row)s and this amount it should be %(wanted)s. "
                       "Lines are missing between, or the columns are taken for others."),
                    found=Money(line.balance_minor), wanted=Money(wanted), row=before.row,
                ))  # fmt: skip
        before = line


def fingerprints(lines: Sequence[Line]) -> list[str]:
    """What each line is known by in its account, whichever file it comes in.

    The bank's number of the line with its day and amount; where there is none: day, amount, other side, purpose and
    balance. Of lines that are alike in all that, the first in a file is 1, the second 2.
    """
    seen: Counter[str] = Counter()
    found = []
    for line in lines:
        if line.reference:
            parts = ["r", line.on.isoformat(), str(line.amount_minor), line.reference]
        else:
            balance = "" if line.balance_minor is None else str(line.balance_minor)
            parts = ["l", line.on.isoformat(), str(line.amount_minor), line.payer_key, line.payer_account,
                     "".join(line.purpose.split()), balance]  # fmt: skip
        base = "\x1f".join(parts)
        seen[base] += 1
        found.append(hashlib.sha256(f"{base}\x1f{seen[base]}".encode()).hexdigest())
    return found
