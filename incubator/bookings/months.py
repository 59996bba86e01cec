"""A resource's month as a calendar: how much of each day is still to be had. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from enum import StrEnum

from msgspec import Struct

from incubator.core.periods import Interval, Month, days_between, intersect, total

WEEK = 7


class DayState(StrEnum):
    """What a reader can do with a day."""

    FREE = "free"
    FULL = "full"
    CLOSED = "closed"
    OVER = "over"
    BEYOND = "beyond"
    """Open, and not to be booked: too far ahead, at too short notice, or not by this reader."""


class MonthDay(Struct, frozen=True):
    """One local day of a resource."""

    on: date
    state: DayState
    open: timedelta
    free: timedelta
    """How long something of it can be booked, at one time or another."""
    hundredths: int
    """The share of its opening time that is free, 0 to 100; of a pool, on average over its units."""
    first: Interval | None
    """What a page proposes to book."""
    exception: bool
    """Whether the resource has other hours than usual."""


def weeks_of(month: Month) -> list[list[date]]:
    """The weeks that the month touches, from Monday: October 2026 begins with 28 September."""
    first = month.first - timedelta(days=month.first.weekday())
    last = month.last + timedelta(days=WEEK - 1 - month.last.weekday())
    days = list(days_between(first, last))
    return [days[start : start + WEEK] for start in range(0, len(days), WEEK)]


def see_month_day(
    on: date, openings: Sequence[Interval], lanes: Sequence[Sequence[Interval]], free: Sequence[Interval],
    first: Interval | None, *, begins: Interval | None, over: bool, exception: bool = False,
) -> MonthDay:  # fmt: skip
    """The state of a day by its opening times, the lanes in which the ledger is free, and what of it the reader can
    book (`free`). `begins` is when a booking of this reader may start (None: never); `over`: the day has passed.

    Open 09:00-18:00, taken 10:00-12:30: 6.5 of 9 hours are free, 72 hundredths.
    """
    is_open, nothing = total(openings), timedelta(0)
    if over or not openings:
        return MonthDay(on, DayState.OVER if over else DayState.CLOSED, is_open, nothing, 0, None, exception)
    if begins is None or not intersect(openings, [begins]):
        return MonthDay(on, DayState.BEYOND, is_open, nothing, 0, None, exception)
    found = total(free)
    if not found:
        return MonthDay(on, DayState.FULL, is_open, nothing, 0, None, exception)
    spare = sum((total(intersect(lane, free)) for lane in lanes), nothing)
    share = int(100 * spare / (is_open * max(1, len(lanes))))
    return MonthDay(on, DayState.FREE, is_open, found, min(100, max(1, share)), first, exception)
