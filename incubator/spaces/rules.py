"""When a site is open: pure, over its calendar."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from incubator.core.periods import Interval, days_between, local_instant, merge
from incubator.core.workdays import day_kind


@dataclass(frozen=True, slots=True)
class Hours:
    """Open from `opens_minute` to `closes_minute` after local midnight on `day_kind` days.

    `valid_from` and `valid_until` are local dates, both included; None: until further notice.
    """

    day_kind: str
    opens_minute: int
    closes_minute: int
    valid_from: date
    valid_until: date | None = None

    def hold_on(self, on: date, kind: str) -> bool:
        """Whether these hours are the ones of `on`, a day of this kind."""
        return self.day_kind == kind and self.valid_from <= on <= (self.valid_until or date.max)


@dataclass(frozen=True, slots=True)
class SiteCalendar:
    """All that decides when a site is open."""

    zone: ZoneInfo
    calendar: str
    hours: tuple[Hours, ...]
    overrides: Mapping[date, str]

    def kind_of(self, on: date) -> str:
        """`workday`, `restday` or `closed`."""
        return day_kind(on, self.calendar, self.overrides)


def opening_intervals(calendar: SiteCalendar, first: date, last: date) -> list[Interval]:
    """The site's opening times on the local dates `first` to `last`, in order and disjoint.

    Open 09:00-18:00 on working days, October 2026 has 18 of them: 1-7 October rest, Saturday 10 works.
    """
    found: list[Interval] = []
    for on in days_between(first, last):
        kind = calendar.kind_of(on)
        for hours in calendar.hours:
            if hours.hold_on(on, kind):
                start = local_instant(on, hours.opens_minute, calendar.zone)
                end = local_instant(on, hours.closes_minute, calendar.zone)
                if start < end:
                    found.append(Interval(start, end))
    return merge(found)


def is_open(calendar: SiteCalendar, interval: Interval) -> bool:
    """Whether the site is open during the whole of `interval`."""
    first = interval.start.astimezone(calendar.zone).date()
    last = (interval.end - timedelta(microseconds=1)).astimezone(calendar.zone).date()
    return any(
        opening.start <= interval.start and interval.end <= opening.end
        for opening in opening_intervals(calendar, first, last)
    )
