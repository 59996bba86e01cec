"""How periods and figures are written for a reader."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal

from flask_babel import gettext

from incubator.core.errors import N_
from incubator.documents import formats
from incubator.i18n import reader_locale
from incubator.startups.models import FigureCheck, Indicator
from incubator.startups.rules.figures import as_typed
from incubator.startups.rules.periods import DAY, Period


def period_words(period: Period, say: Callable[..., str]) -> str:
    """A period in words, as whoever says them translates."""
    if period.rhythm == DAY:
        return period.key
    year, number = period.first.year, period.number
    if period.rhythm == "month":
        return say(N_("%(year)s-%(month)s"), year=year, month=f"{period.first.month:02}")
    if period.rhythm == "quarter":
        return say(N_("Q%(number)s %(year)s"), number=number, year=year)
    if period.rhythm == "half":
        half = N_("First half of %(year)s") if number == 1 else N_("Second half of %(year)s")
        return say(half, year=year)
    return say(N_("Year %(year)s"), year=year)


def period_name(period: Period) -> str:
    """2026年第3季度 / Q3 2026, 2026年10月 / October 2026, for the reader of the page."""
    return formats.month(period.first, reader_locale()) if period.rhythm == "month" else period_words(period, gettext)


def unit_of(indicator: Indicator, locale: str) -> str:
    """In what an indicator is typed and shown: 千元, 人, %."""
    if indicator.kind == "money":
        return gettext("thousand yuan") if indicator.in_thousands else gettext("yuan")
    if indicator.kind == "percent":
        return "%"
    return indicator.unit_en if locale == "en" and indicator.unit_en else indicator.unit


def written_value(indicator: Indicator, value: Decimal | None, locale: str) -> str:
    """A kept value as its unit shows it, with grouping; – for none."""
    shown = as_typed(value, indicator.kind, in_thousands=indicator.in_thousands)
    return "–" if shown is None else formats.number(shown, locale)


def change_of(value: Decimal | None, before: Decimal | None) -> str:
    """What changed since last period: +50 %; empty where there is nothing to compare."""
    if value is None or not before or value == before:
        return ""
    percent = round((value - before) * 100 / abs(before))
    return f"{percent:+d} %".replace("-", "−")


def check_sentence(check: FigureCheck, locale: str) -> str:
    """What is said where a check does not hold."""
    return check.sentence_en if locale == "en" and check.sentence_en else check.sentence


def check_formula(check: FigureCheck, indicators: Sequence[Indicator], locale: str) -> str:
    """A check as a formula of names: 应届毕业生 ≤ 从业人员."""
    names = {each.code: formats.named(each, locale) for each in indicators}
    left = " + ".join(names.get(code, code) for code in check.left_codes)
    if check.comparison is None:
        return gettext("%(figure)s: at most ±%(percent)s %% against last period", figure=left,
                       percent=formats.number(check.percent or Decimal(0), locale))  # fmt: skip
    sign = {"at_most": "≤", "at_least": "≥", "equal": "="}[check.comparison]
    right = " + ".join(names.get(code, code) for code in check.right_codes)
    if right and check.factor != 1:
        right = f"{formats.number(check.factor, locale)} × ({right})"
    if check.constant or not right:
        constant = formats.number(check.constant, locale)
        right = f"{right} + {constant}" if right else constant
    return f"{left} {sign} {right}"
