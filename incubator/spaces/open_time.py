"""Time that counts only while a site is open: pure, over its openings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta

from incubator.core.periods import Interval
from incubator.spaces.rules import SiteCalendar, opening_intervals

AHEAD_DAYS = 366
"""How far it is looked for the end of a target; a site that is not open that long has none."""
STEP = timedelta(days=14)


def add_open_time(start: datetime, minutes: int, openings: Iterable[Interval]) -> datetime | None:
    """The instant at which `minutes` of open time have passed since `start`; None: `openings` end before that.

    `openings` are disjoint and in order. Open 09:00-18:00 on working days, 120 minutes from Friday 17:00 end on Monday
    at 10:00; from Saturday, on Monday at 11:00. What ends with an opening ends there and not at the next one's start.
    """
    start, left = start.astimezone(UTC), timedelta(minutes=minutes)  # two of one local zone are subtracted by the wall
    for opening in openings:
        begins = max(start, opening.start)
        if begins >= opening.end:
            continue
        if left <= opening.end - begins:
            return begins + left
        left -= opening.end - begins
    return None


def open_minutes(start: datetime, end: datetime, openings: Iterable[Interval]) -> int:
    """The whole minutes between two instants in which the site was open: Friday 17:00 to Monday 10:00 are 120."""
    start, end, spent = start.astimezone(UTC), end.astimezone(UTC), timedelta()
    for opening in openings:
        if opening.start >= end:
            break
        spent += max(timedelta(), min(end, opening.end) - max(start, opening.start))
    return spent // timedelta(minutes=1)


def openings_from(calendar: SiteCalendar, start: datetime, days: int = AHEAD_DAYS) -> Iterator[Interval]:
    """The site's openings from the local day of `start` on, in order; read as far as somebody asks.

    A site that is open round the clock has openings that touch each other.
    """
    first: date = start.astimezone(calendar.zone).date()
    last = first + timedelta(days=days)
    while first <= last:
        yield from opening_intervals(calendar, first, min(last, first + STEP - timedelta(days=1)))
        first += STEP


def due_at(calendar: SiteCalendar, start: datetime, minutes: int) -> datetime | None:
    """Until when something is due that has so many minutes of the site's opening hours."""
    return add_open_time(start, minutes, openings_from(calendar, start))


def minutes_between(calendar: SiteCalendar, start: datetime, end: datetime) -> int:
    """How many minutes the site was open between two instants."""
    days = (end.astimezone(calendar.zone).date() - start.astimezone(calendar.zone).date()).days
    return open_minutes(start, end, openings_from(calendar, start, days)) if end > start else 0
