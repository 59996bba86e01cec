"""When scheduled jobs are due: pure, from a site's zone and a `now` that is passed in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from incubator.core.periods import Month, local_instant

CATCH_UP_MONTHS = 12
"""How far back missed months are made up: after an outage of two years, the last twelve."""


@dataclass(frozen=True, slots=True)
class Due:
    """One period of a job, and the instant from which it may run."""

    month: Month
    due_at: datetime


@dataclass(frozen=True, slots=True)
class Monthly:
    """Once for each month that has ended, `minute` minutes after the next month's first local midnight.

    With minute 10: October 2026 of a site in Asia/Shanghai is due at 2026-11-01 00:10 there, which is
    2026-10-31 16:10 UTC; that of a site in America/New_York 12 hours (after the change of clocks) later.
    """

    minute: int = 10

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
