"""When scheduled jobs are due: pure, from a site's zone and a `now` that is passed in."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import ClassVar
from zoneinfo import ZoneInfo

from msgspec import Struct

from incubator.core.errors import N_
from incubator.core.periods import Month, local_instant

CATCH_UP_MONTHS = 12
"""How far back missed months are made up: after an outage of two years, the last twelve."""
CATCH_UP_DAYS = 31
"""How far back missed days are made up, where each has work of its own."""


class Due(Struct, frozen=True):
    """One period of a job, and the instant from which it may run."""

    period: Month | date
    """Written `2026-10` or `2026-10-12`: the run's name in the run book."""
    due_at: datetime


class Monthly(Struct, frozen=True):
    """Once for each month that has ended, `minute` minutes after the next month's first local midnight.

    With minute 10: October 2026 of a site in Asia/Shanghai is due at 2026-11-01 00:10 there, which is
    2026-10-31 16:10 UTC; that of a site in America/New_York 12 hours (after the change of clocks) later.
    """

    says: ClassVar[str] = N_("On the first of each month at %(time)s, in each site's own time.")
    minute: int = 10

    @property
    def time(self) -> str:
        """Of the day, as a clock shows it."""
        return _clock(self.minute)

    def due_at(self, month: Month, zone: ZoneInfo) -> datetime:
        """When `month` may be made."""
        return local_instant((month + 1).first, self.minute, zone)

    def due(self, zone: ZoneInfo, since: datetime, now: datetime) -> list[Due]:
        """All months due at `now`, oldest first: from the month of `since`, at most twelve back.

        A site that exists since 14 July 2026, asked on 1 October at 00:10: July, August and September.
        """
        current = Month.of(now.astimezone(zone).date())
        first = max(Month.of(since.astimezone(zone).date()), current - CATCH_UP_MONTHS)
        found = []
        month = first
        while month < current and (due_at := self.due_at(month, zone)) <= now:
            found.append(Due(month, due_at))
            month = month + 1
        return found

    def next(self, zone: ZoneInfo, now: datetime) -> Due:
        """The first month that is not due yet."""
        month = Month.of(now.astimezone(zone).date()) - 1
        while self.due_at(month, zone) <= now:
            month = month + 1
        return Due(month, self.due_at(month, zone))


class Daily(Struct, frozen=True):
    """Once on each day, `minute` minutes after its local midnight.

    With minute 450: 26 November 2026 of a site in Asia/Shanghai is due there at 07:30, which is 2026-11-25 23:30 UTC.
    """

    says: ClassVar[str] = N_("Each day at %(time)s, in each site's own time.")
    minute: int = 450
    each: bool = False
    """Whether the work is of one day, so that each missed day is made up; else it looks at all there is to do by then,
    and the last day's run does what was missed."""

    @property
    def time(self) -> str:
        """Of the day, as a clock shows it."""
        return _clock(self.minute)

    def due_at(self, day: date, zone: ZoneInfo) -> datetime:
        """When the work of `day` may be done."""
        return local_instant(day, self.minute, zone)

    def due(self, zone: ZoneInfo, since: datetime, now: datetime) -> list[Due]:
        """The last day that is due at `now`, or with `each` all of the last 31 days, oldest first.

        After an outage of three days, asked on 26 November at 09:00: the 26th alone, which does what was missed; with
        `each` the 24th, the 25th and the 26th (what stands in the run book already is left out there). Asked at 07:00,
        the 26th is not yet among them.
        """
        last = self._next(zone, now) - timedelta(days=1)
        back = CATCH_UP_DAYS - 1 if self.each else 0
        first = max(last - timedelta(days=back), since.astimezone(zone).date())
        days = (first + timedelta(days=after) for after in range((last - first).days + 1))
        return [Due(day, self.due_at(day, zone)) for day in days]

    def next(self, zone: ZoneInfo, now: datetime) -> Due:
        """The first day that is not due yet."""
        day = self._next(zone, now)
        return Due(day, self.due_at(day, zone))

    def _next(self, zone: ZoneInfo, now: datetime) -> date:
        today = now.astimezone(zone).date()
        return today if now < self.due_at(today, zone) else today + timedelta(days=1)


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"
