"""What a cell says: pure. Lenient where it harms nothing (blanks, full-width digits), strict where it matters."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from datetime import date, datetime, time
from decimal import Decimal, InvalidOperation

from incubator.core.errors import N_, Refusal
from incubator.core.money import decimal_places
from incubator.core.texts import visible
from incubator.jobs.workbook.sheets import Column

Typed = str | int | Decimal | date | list[str] | None
"""A cell's value: times are minutes after midnight."""

HIGHEST = 1_000_000
EARLIEST, LATEST = date(1980, 1, 1), date(2099, 12, 31)


def read_cell(column: Column, raw: object) -> Typed:
    """The typed value of a cell; Refusal with a sentence where it has none. Empty is None."""
    if isinstance(raw, str):
        raw = visible(unicodedata.normalize("NFKC", raw) if column.kind != "text" else raw)
    if raw is None or raw == "":
        if column.required:
            raise Refusal(N_("This must be filled in."))
        return None
    if isinstance(raw, str) and raw.startswith("="):
        raise Refusal(N_("A formula is not read; put its value here."))
    read: dict[str, Callable[[Column, object], Typed]] = {
        "text": _text, "choice": _choice, "decimal": _decimal, "integer": _integer, "date": _date, "time": _time,
        "codes": _codes,
    }  # fmt: skip
    return read[column.kind](column, raw)


def _text(column: Column, raw: object) -> str:
    if isinstance(raw, (datetime, date, time)):
        raise Refusal(N_("This is a date or time; text is wanted."))
    text = str(int(raw)) if isinstance(raw, float) and raw.is_integer() else str(raw)
    if len(text) > column.longest:
        raise Refusal(N_("This is longer than %(longest)s characters."), longest=column.longest)
    return text


def _choice(column: Column, raw: object) -> str:
    choices = column.choices or {}
    for key, word in choices.items():
        if str(raw).casefold() in (key.casefold(), unicodedata.normalize("NFKC", word).casefold()):
            return key
    raise Refusal(N_("“%(value)s” is not one of: %(choices)s."), value=str(raw), choices="、".join(choices.values()))


def _decimal(_column: Column, raw: object) -> Decimal:
    try:
        number = Decimal(str(raw).replace(",", ""))
    except InvalidOperation:
        raise Refusal(N_("“%(value)s” is not a number."), value=str(raw)) from None
    if isinstance(raw, bool) or not number.is_finite():
        raise Refusal(N_("“%(value)s” is not a number."), value=str(raw))
    if number < 0:
        raise Refusal(N_("“%(value)s” is below zero."), value=_as_typed(number))
    if decimal_places(number) > 4:
        raise Refusal(N_("A number has four decimals at most."))
    return number


def _as_typed(number: Decimal) -> str:
    """A number in full: Excel's 1E+19 is what somebody typed as 10000000000000000000."""
    return format(number, "f")


def _integer(column: Column, raw: object) -> int:
    number = _decimal(column, raw)
    if number != int(number):
        raise Refusal(N_("“%(value)s” is not a whole number."), value=str(raw))
    if number > HIGHEST:
        raise Refusal(N_("“%(value)s” is more than 1,000,000."), value=_as_typed(number))
    return int(number)


def _date(_column: Column, raw: object) -> date:
    found: date | None = None
    if isinstance(raw, datetime):
        found = raw.date()
    elif isinstance(raw, date):
        found = raw
    elif match := re.fullmatch(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?", str(raw)):
        try:
            found = date(*(int(part) for part in match.groups()))
        except ValueError:
            found = None
    if found is not None and not EARLIEST <= found <= LATEST:
        raise Refusal(N_("“%(value)s” is not a day from 1980 to 2099."), value=found.isoformat())
    if found is None:
        raise Refusal(N_("“%(value)s” is not a date such as 2026-10-01."), value=str(raw))
    return found


def _time(_column: Column, raw: object) -> int:
    if isinstance(raw, datetime):
        raw = raw.time()
    if isinstance(raw, time):
        return raw.hour * 60 + raw.minute
    if isinstance(raw, float) and 0 <= raw <= 1:
        return round(raw * 1440)
    match = re.fullmatch(r"(\d{1,2}):(\d{2})(?::00)?", str(raw))
    if match and int(match[2]) < 60 and int(match[1]) * 60 + int(match[2]) <= 1440:
        return int(match[1]) * 60 + int(match[2])
    raise Refusal(N_("“%(value)s” is not a time such as 09:30."), value=str(raw))


def _codes(_column: Column, raw: object) -> list[str]:
    return [code for code in re.split(r"[,，、;；\s]+", str(raw)) if code]
