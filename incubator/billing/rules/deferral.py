"""Income that is billed before it is earned: pure."""

from __future__ import annotations

from datetime import date, timedelta
from fractions import Fraction

from incubator.core.money import round_half_up
from incubator.core.periods import Month


def is_deferred(ends_on: date, issued_on: date) -> bool:
    """Whether a line's days go on after the month in which it is invoiced: of 1 October 2026 to 30 September 2027,
    invoiced on 1 November 2026, yes; of October alone no."""
    return ends_on > Month.of(issued_on).last


def release_of(left_minor: int, starts_on: date, ends_on: date, month: Month, *, is_first: bool) -> int:
    """What of a charge's deferred income a month earns: what is left, by the days of the month of all that are left;
    the first time by those since the charge's first day.

    11,320.75 of 365 days from 1 October, first released at the end of November: 61 days, 1,891.96; in December 31 of
    the 304 left of 9,428.79: 961.49. The month with the last day earns all that is left. What was credited beyond that
    (a negative rest) is taken back at once.
    """
    begin = starts_on if is_first else max(starts_on, month.first)
    until = min(month.last, ends_on)
    if left_minor < 0 or until == ends_on or begin > ends_on:
        return left_minor
    if until < begin:
        return 0
    return round_half_up(Fraction(left_minor * _days(begin, until), _days(begin, ends_on)))


def _days(first: date, last: date) -> int:
    return (last - first + timedelta(days=1)).days
