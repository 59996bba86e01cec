"""What the builder calls periods and rhythms, and how it shows a figure."""

from __future__ import annotations

from decimal import Decimal

from incubator.core.errors import N_
from incubator.documents import formats
from incubator.reports.measuring.catalogue import MEASURES
from incubator.reports.measuring.question import Amount

PERIOD_WORDS: dict[str, str] = {
    "yesterday": N_("Yesterday"),
    "last_week": N_("Last week"),
    "this_month": N_("This month so far"),
    "last_month": N_("The month before this one"),
    "last_quarter": N_("Last quarter"),
    "last_12_months": N_("The last twelve months"),
    "this_year": N_("This year so far"),
    "last_year": N_("Last year"),
}

RHYTHM_WORDS: dict[str, str] = {
    "": N_("never"),
    "daily": N_("each day"),
    "weekly": N_("each Monday"),
    "monthly": N_("on the first of each month"),
}


def value_of(measure: str, amount: Amount | None) -> Decimal | None:
    """A share, or a plain sum; None: nothing to measure."""
    if amount is None:
        return None
    if not MEASURES[measure].is_share:
        return amount.numerator
    return amount.numerator / amount.denominator if amount.denominator else None


def written(measure: str, amount: Amount | None, locale: str) -> str:
    """A cell for people: a percentage, yuan with two decimals, or a number."""
    value = value_of(measure, amount)
    if value is None:
        return "–"
    if MEASURES[measure].is_share:
        return formats.percent(value, locale)
    return formats.number(value, locale, 2 if MEASURES[measure].is_money else None)
