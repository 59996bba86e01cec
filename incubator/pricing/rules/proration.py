"""What a part of a month costs of the month's price, by the rule that was agreed: pure, exact."""

from __future__ import annotations

from fractions import Fraction

CALENDAR_DAYS, THIRTY_DAYS, HALF_MONTHS = PRORATIONS = ("calendar_days", "thirty_days", "half_months")
"""Each day its part of the month that it is in; each day a thirtieth; by halves of a month."""
DAYS_OF_A_MONTH, DAYS_OF_A_HALF = 30, 15
WHOLE = Fraction(1)


def month_share(rule: str, days: int, of: int) -> Fraction:
    """How much of a month's price is owed for `days` of its `of` days; for all of them the whole, never more.

    20 of October's 31 days are 20/31 by calendar days, 20/30 by thirtieths, and a whole month by halves, of which 15
    days are one and 16 are two; 30 of them are 30/31, and otherwise a whole month.
    """
    if days >= of:
        return WHOLE
    if rule == HALF_MONTHS:
        return Fraction(0) if days == 0 else Fraction(1, 2) if days <= DAYS_OF_A_HALF else WHOLE
    if rule == THIRTY_DAYS:
        return min(WHOLE, Fraction(days, DAYS_OF_A_MONTH))
    return Fraction(days, of)


def part_share(rule: str, days: int, *, charged: int, of: int) -> Fraction:
    """What falls on `days` of the `charged` days of a month: the share of all of these, by days.

    A rent that steps on 11 October, of an agreement from the 6th on: 26 of 31 days are by halves a whole month, of
    which 5/26 are at the first price and 21/26 at the second.
    """
    return month_share(rule, charged, of) * Fraction(days, charged)
