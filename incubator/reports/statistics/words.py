"""What the forms and their values are called and how they are written."""

from __future__ import annotations

from decimal import Decimal

from flask_babel import gettext

from incubator.core.errors import N_
from incubator.documents import formats
from incubator.i18n import reader_locale
from incubator.reports.statistics.indicators import BY_CODE, INCUBATOR, SPACE
from incubator.reports.statistics.units import UNITS, in_unit

FORM_WORDS = {INCUBATOR: N_("Statistics of an incubator"), SPACE: N_("Statistics of a Zhongchuang space")}
WHOLE_WORDS = {INCUBATOR: N_("Statistics of all incubators"), SPACE: N_("Statistics of all Zhongchuang spaces")}
LEVEL_TONES = {"error": "red", "warning": "yellow"}
LEVEL_WORDS = {"error": N_("does not fit"), "warning": N_("to be explained")}


def written(value: Decimal | None, code: str, locale: str) -> str:
    """A value in the form's unit, with its decimals: 122.50; – for what is not known."""
    if value is None:
        return "–"
    return formats.number(value, locale, UNITS[BY_CODE[code].unit].decimals)


def unit_words(code: str) -> str:
    """The unit of a field."""
    return gettext(UNITS[BY_CODE[code].unit].name) if code in BY_CODE else ""


def stated_text(figure: Decimal, code: str) -> str:
    """A stated value, which is kept in what is counted, as the form writes it."""
    if code not in BY_CODE:  # of a form of another year
        return str(figure)
    return written(in_unit(figure, UNITS[BY_CODE[code].unit]), code, reader_locale())
