"""What a cell of a bank's table says: days and amounts in the forms that banks write them in. Pure."""

from __future__ import annotations

import re
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from unicodedata import normalize

from incubator.core.errors import N_, Refusal
from incubator.core.money import decimal_places
from incubator.core.texts import visible

Cell = str | int | Decimal | date | None

MOST_MINOR = 10**14
EARLIEST, LATEST = date(2000, 1, 1), date(2099, 12, 31)
LONGEST = 300

_DAY = re.compile(r"(20\d\d)\s*(?:[-/.年])\s*(\d{1,2})\s*(?:[-/.月])\s*(\d{1,2})(?!\d)")
_DIGITS = re.compile(r"(20\d\d)(\d\d)(\d\d)(?:\d{4}|\d{6})?(?!\d)")
_QUOTED = re.compile(r'^="(.*)"$', re.DOTALL)
_NOTHING = frozenset({"", "-", "--", "—", "——", "/"})

INCOMING = frozenset(
    {"贷", "贷方", "收入", "收", "来账", "转入", "入账", "进账", "存入", "c", "cr", "crdt", "credit", "+"}
)
OUTGOING = frozenset(
    {"借", "借方", "支出", "付", "支", "往账", "转出", "出账", "支取", "d", "dr", "dbit", "debit", "-"}
)


def text_of(cell: Cell) -> str:
    """A cell as one line of what can be seen; `="6222…"`, which keeps Excel from reckoning, is what is in it."""
    if cell is None:
        return ""
    if isinstance(cell, Decimal):
        return format(cell.normalize() if cell == cell.to_integral() else cell, "f")
    line = visible(str(cell))
    quoted = _QUOTED.match(line)
    return visible(quoted[1]) if quoted else line.removeprefix("'")


def day_of(cell: Cell) -> date:
    """2026-10-08, 2026/10/8, 20261008, 2026年10月8日, 2026.10.08, each also with a time; Refusal for anything else."""
    if isinstance(cell, datetime):
        found = cell.date()
    elif isinstance(cell, date):
        found = cell
    else:
        text = normalize("NFKC", text_of(cell))
        parts = _DAY.match(text) or _DIGITS.match(text)
        try:
            found = date(*(int(part) for part in parts.groups()[:3])) if parts else date.min
        except ValueError:
            found = date.min
    if not EARLIEST <= found <= LATEST:
        raise Refusal(N_("“%(value)s” is not a day."), value=text_of(cell)[:40])
    return found


def minor_of(cell: Cell) -> int | None:
    """1,234.50, ¥1234.5, (12.00), ＋3 as fen; None where there is nothing, or a dash. Refusal for anything else."""
    text = normalize("NFKC", text_of(cell)).replace(",", "").replace(" ", "")
    for mark in ("人民币", "RMB", "CNY", "¥", "元"):
        text = text.replace(mark, "")
    if text in _NOTHING:
        return None
    if text.startswith("(") and text.endswith(")"):
        text = f"-{text[1:-1]}"
    try:
        number = Decimal(text)
    except InvalidOperation:
        raise Refusal(N_("“%(value)s” is not an amount."), value=text_of(cell)[:40]) from None
    if not number.is_finite() or decimal_places(number) > 2 or abs(number) * 100 > MOST_MINOR:
        raise Refusal(N_("“%(value)s” is not an amount."), value=text_of(cell)[:40])
    return int(number * 100)


def is_incoming(cell: Cell) -> bool:
    """What the column says that tells in from out; the bank's credit (贷) is what came in."""
    text = normalize("NFKC", text_of(cell)).casefold().replace(" ", "")
    if text in INCOMING:
        return True
    if text in OUTGOING:
        return False
    raise Refusal(N_("“%(value)s” says neither in nor out."), value=text_of(cell)[:40])


def is_yuan(cell: Cell) -> bool:
    """Whether a cell names the currency that the books are kept in, or none."""
    text = normalize("NFKC", text_of(cell)).upper().replace(" ", "")
    return text in ("", "01", "001", "156", "CNY", "RMB") or text.startswith("人民币")


def same_account(one: str, other: str) -> bool:
    """Whether two numbers are one account's, however they are spaced; one that hides digits by stars fits, too."""
    first, second = (re.sub(r"[\s-]", "", normalize("NFKC", each)).upper() for each in (one, other))
    if "*" in first:
        return re.fullmatch(re.escape(first).replace(r"\*", "."), second) is not None
    return first == second
