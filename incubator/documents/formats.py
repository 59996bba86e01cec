"""How amounts, dates and times are written for a reader: pages, PDF and mail all ask here."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Protocol
from zoneinfo import ZoneInfo

from babel import dates, numbers
from flask_babel import gettext

from incubator.core.errors import Refusal
from incubator.core.money import Money

_BABEL_LOCALE = {"zh_Hans": "zh_Hans_CN", "en": "en"}


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


def day(on: date, locale: str) -> str:
    """2026年10月1日 / 1 Oct 2026."""
    return dates.format_date(on, format="y年M月d日" if locale == "zh_Hans" else "d MMM y", locale=_BABEL_LOCALE[locale])


def weekday(on: date, locale: str) -> str:
    """周四 / Thu."""
    return dates.format_date(on, format="EEE", locale=_BABEL_LOCALE[locale])


def month(on: date, locale: str) -> str:
    """2026年10月 / October 2026, of any date in it."""
    return dates.format_date(on, format="y年M月" if locale == "zh_Hans" else "MMMM y", locale=_BABEL_LOCALE[locale])


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


class Named(Protocol):
    """Anything with a Chinese and perhaps an English name."""

    @property
    def name(self) -> str: ...
    @property
    def name_en(self) -> str: ...


def named(thing: Named, locale: str) -> str:
    """Its name in the reader's language, where it has one in it."""
    return thing.name_en if locale == "en" and thing.name_en else thing.name


def sentence(refusal: Refusal, locale: str) -> str:
    """A refusal in the reader's language; its values written as this reader reads them.

    An aware datetime is written in its own zone, so give it in the site's.
    """
    written: dict[str, object] = {}
    for key, value in refusal.values.items():
        if isinstance(value, Money):
            written[key] = money(value.minor, value.currency, locale)
        elif isinstance(value, datetime):
            written[key] = f"{day(value.date(), locale)} {value:%H:%M}"
        elif isinstance(value, date):
            written[key] = day(value, locale)
        elif isinstance(value, Decimal):
            written[key] = number(value, locale)
        else:
            written[key] = value
    text = gettext(refusal.message)
    return text % written if written else text
