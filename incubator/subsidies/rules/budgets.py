"""Budgets in numbers: what is left, when it runs out, how it is shared out. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from incubator.core.money import split_by_largest_remainder
from incubator.core.periods import Month

MONTHS_ASKED = 3
"""A forecast goes by as many of the last months."""


def runs_out(left_minor: int, used_by_month: Mapping[Month, int], last: Month, end: Month) -> Month | None:
    """The month in which the money runs out if it goes on as in the last three months up to `last`; None: not before
    the budget's last month is over.

    Of 100,000.00 with 30,000.00 a month of late, and October the last: November, December and January are paid in full,
    in February it runs out.
    """
    pace = sum(used_by_month.get(last - back, 0) for back in range(MONTHS_ASKED))
    month, left = last, left_minor * MONTHS_ASKED
    if left_minor == 0:
        return last
    if pace <= 0:
        return None
    while month < end:
        month, left = month + 1, left - pace
        if left < 0:
            return month
    return None


def forecast(
    mode: str, left_minor: int, used_by_month: Mapping[Month, int], last: Month, first: Month, end: Month
) -> Month | None:
    """When an open budget runs out, in the middle of its time; None where nothing can be said: before its first month
    is over or after its last, or where it is reserved or shared out and does not run out."""
    if mode != "first_come" or not first <= last <= end:
        return None
    return runs_out(left_minor, used_by_month, last, end)


def share_out(amount_minor: int, held_minor: Sequence[int]) -> list[int]:
    """What each gets at the closing: all that waits, or shares of what there is that add up to it.

    1,000.00 among 600.00, 600.00 and 300.00: 400.00, 400.00 and 200.00.
    """
    waiting = sum(held_minor)
    return split_by_largest_remainder(min(amount_minor, waiting), list(held_minor))
