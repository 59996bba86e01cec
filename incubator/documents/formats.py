"""How amounts, dates and times are written for a reader: pages, PDF and mail all ask here."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Literal, Protocol, runtime_checkable
from zoneinfo import ZoneInfo

from babel import dates, numbers, units
from flask_babel import gettext

from incubator.core.errors import Phrase, Refusal
from incubator.core.money import Money

DAY_MINUTES = 24 * 60
_BABEL_LOCALE = {"zh_Hans": "zh_Hans_CN", "en": "en"}


# a page writes the same few days, times and prices a hundred times
@lru_cache(maxsize=4096)
def money(minor: int, currency: str, locale: str) -> str:
    """Fen as an amount: 108000, CNY → ¥1,080.00 (CN¥1,080.00 in English)."""
    return numbers.format_currency(Money(minor).major, currency, locale=_BABEL_LOCALE[locale])


def number(value: Decimal | int, locale: str, places: int | None = None) -> str:
    """A plain number with grouping; `places` decimals, or as many as it has (four at most)."""
    pattern = "#,##0.####" if places is None else "#,##0" + ("." + "0" * places if places else "")
    return numbers.format_decimal(value, format=pattern, locale=_BABEL_LOCALE[locale])


def percent(share: Decimal, locale: str) -> str:
    """A share of one as a percentage with two decimals: 0.5 → 50.00%."""
    return numbers.format_percent(share, format="#,##0.00%", locale=_BABEL_LOCALE[locale])


def file_size(size: int, locale: str) -> str:
    """How large a file is: 812 B, 64 KB, 1.5 MB."""
    if size < 1000:
        return f"{size} B"
    if size < 1000 * 1000:
        return f"{number(round(size / 1000), locale)} KB"
    return f"{number(round(Decimal(size) / 1_000_000, 1), locale)} MB"


@lru_cache(maxsize=2048)
def day(on: date, locale: str) -> str:
    """2026年10月1日 / 1 Oct 2026."""
    return dates.format_date(on, format="y年M月d日" if locale == "zh_Hans" else "d MMM y", locale=_BABEL_LOCALE[locale])


@lru_cache(maxsize=2048)
def weekday(on: date, locale: str) -> str:
    """周四 / Thu."""
    return dates.format_date(on, format="EEE", locale=_BABEL_LOCALE[locale])


@lru_cache(maxsize=2048)
def month(on: date, locale: str) -> str:
    """2026年10月 / October 2026, of any date in it."""
    return dates.format_date(on, format="y年M月" if locale == "zh_Hans" else "MMMM y", locale=_BABEL_LOCALE[locale])


@lru_cache(maxsize=4096)
def clock(at: datetime, zone: str) -> str:
    """The wall time in a site's zone: 09:00."""
    return at.astimezone(ZoneInfo(zone)).strftime("%H:%M")


def moment(at: datetime, zone: str, locale: str) -> str:
    """Day and wall time in a site's zone."""
    return f"{day(at.astimezone(ZoneInfo(zone)).date(), locale)} {clock(at, zone)}"


def starting(at: datetime, zone: str, locale: str) -> str:
    """The first moment of a stretch: only the day where it begins with it."""
    local = at.astimezone(ZoneInfo(zone))
    return day(local.date(), locale) if local.time() == time.min else moment(at, zone, locale)


def ending(at: datetime, zone: str, locale: str) -> str:
    """The end of a stretch: its last day, inclusive, where it ends at midnight."""
    local = at.astimezone(ZoneInfo(zone))
    return day(local.date() - timedelta(days=1), locale) if local.time() == time.min else moment(at, zone, locale)


@runtime_checkable
class Named(Protocol):
    """Anything with a Chinese and perhaps an English name."""

    @property
    def name(self) -> str: ...
    @property
    def name_en(self) -> str: ...


def named(thing: Named, locale: str) -> str:
    """Its name in the reader's language, where it has one in it."""
    return thing.name_en if locale == "en" and thing.name_en else thing.name


def duration(span: timedelta, locale: str, *, in_days: bool = True) -> str:
    """A length of time in whole minutes: 150 minutes → 2小时30分钟 / 2 hours 30 minutes; from two on in days."""
    minutes = round(span.total_seconds() / 60)
    parts = []
    if in_days and minutes >= 2 * DAY_MINUTES and minutes % 60 == 0:
        days, minutes = divmod(minutes, DAY_MINUTES)
        parts.append((days, "duration-day"))
    hours, minutes = divmod(minutes, 60)
    parts += [(hours, "duration-hour")] * bool(hours) + [(minutes, "duration-minute")] * bool(minutes)
    if not parts:
        parts = [(0, "duration-minute")]
    # Babel knows no long form in Chinese
    length: Literal["short", "long"] = "short" if locale == "zh_Hans" else "long"
    found = [units.format_unit(amount, unit, length=length, locale=_BABEL_LOCALE[locale]) for amount, unit in parts]
    return ("" if locale == "zh_Hans" else " ").join(found)


def sentence(refusal: Refusal | Phrase, locale: str) -> str:
    """A refusal, or part of one, in the reader's language; its values written as this reader reads them.

    An aware datetime is written in its own zone, so give it in the site's.
    """
    text = gettext(refusal.message)
    written = {key: _written(value, locale) for key, value in refusal.values.items()}
    return text % written if written else text


def _written(value: object, locale: str) -> object:
    if isinstance(value, Phrase):
        return sentence(value, locale)
    if isinstance(value, Money):
        return money(value.minor, value.currency, locale)
    if isinstance(value, datetime):
        return f"{day(value.date(), locale)} {value:%H:%M}"
    if isinstance(value, date):
        return day(value, locale)
    if isinstance(value, timedelta):
        return duration(value, locale)
    if isinstance(value, Decimal):
        return number(value, locale)
    if isinstance(value, tuple):
        return ("、" if locale == "zh_Hans" else ", ").join(str(_written(each, locale)) for each in value)
    return named(value, locale) if isinstance(value, Named) else value
