"""Half-open stretches of time, and months and days as a site's calendar has them."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from msgspec import Struct
from msgspec.structs import force_setattr


class Interval(Struct, frozen=True, order=True):
    """`start` ≤ t < `end`, both aware instants; kept in UTC.

    Python compares and subtracts two datetimes of one zone by the wall clock: across a change of clocks that
    is an hour wrong, and in UTC it is right. For display take `start.astimezone(zone)`.
    """

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        if self.start.tzinfo is not UTC or self.end.tzinfo is not UTC:
            if self.start.tzinfo is None or self.end.tzinfo is None:
                raise ValueError("an interval is made of aware instants")
            force_setattr(self, "start", self.start.astimezone(UTC))
            force_setattr(self, "end", self.end.astimezone(UTC))
        if self.start >= self.end:
            raise ValueError(f"an interval must end after its start: {self.start} .. {self.end}")

    @property
    def duration(self) -> timedelta:
        return self.end - self.start

    @property
    def minutes(self) -> int:
        """Whole minutes of real time, also across a daylight-saving change."""
        return int(self.duration.total_seconds() // 60)

    def overlaps(self, other: Interval) -> bool:
        """Whether the two share an instant; one that ends where the other starts does not overlap it."""
        return self.start < other.end and other.start < self.end

    def intersection(self, other: Interval) -> Interval | None:
        start, end = max(self.start, other.start), min(self.end, other.end)
        return Interval(start, end) if start < end else None


def merge(intervals: Iterable[Interval]) -> list[Interval]:
    """The union, as disjoint intervals in order; touching ones become one."""
    merged: list[Interval] = []
    for interval in sorted(intervals):
        if merged and interval.start <= merged[-1].end:
            merged[-1] = Interval(merged[-1].start, max(merged[-1].end, interval.end))
        else:
            merged.append(interval)
    return merged


def intersect(left: Iterable[Interval], right: Iterable[Interval]) -> list[Interval]:
    """The instants that are in both unions."""
    ours, theirs = merge(left), merge(right)
    found: list[Interval] = []
    i = j = 0
    while i < len(ours) and j < len(theirs):
        common = ours[i].intersection(theirs[j])
        if common:
            found.append(common)
        if ours[i].end < theirs[j].end:
            i += 1
        else:
            j += 1
    return found


def subtract(left: Iterable[Interval], right: Iterable[Interval]) -> list[Interval]:
    """The instants of `left` that are not in `right`."""
    taken = merge(right)
    free: list[Interval] = []
    j = 0
    for interval in merge(left):
        start = interval.start
        while j < len(taken) and taken[j].end <= start:
            j += 1
        k = j
        while k < len(taken) and taken[k].start < interval.end:
            if taken[k].start > start:
                free.append(Interval(start, taken[k].start))
            start = max(start, taken[k].end)
            k += 1
        if start < interval.end:
            free.append(Interval(start, interval.end))
    return free


def total(intervals: Iterable[Interval]) -> timedelta:
    """The length of the union."""
    return sum((interval.duration for interval in merge(intervals)), timedelta())


@lru_cache(maxsize=4096)  # a page asks for the same few days' hours, room by room
def local_instant(on: date, minute: int, zone: ZoneInfo) -> datetime:
    """`minute` minutes after local midnight by the wall clock, in UTC; 1440 is the next midnight.

    A wall time that a change of clocks skips is the instant at which the clock jumps past it: on 29 March 2026
    in Berlin 02:30 is the same instant as 03:00. One that exists twice is its first occurrence (`fold=0`).
    """
    day = on + timedelta(days=minute // 1440)
    wall = datetime.combine(day, time(minute % 1440 // 60, minute % 60), zone)
    instant = wall.astimezone(UTC)
    if instant.astimezone(zone).replace(tzinfo=None) == wall.replace(tzinfo=None):
        return instant
    return _jump_past(wall, zone)


def _jump_past(wall: datetime, zone: ZoneInfo) -> datetime:
    """The instant at which the clock skips `wall`.

    By PEP 495 a skipped time reads, with fold=1, as an instant before the jump and, with fold=0, as one at or
    after it; the jump is the second between them at which the offset changes.
    """
    before, after = wall.replace(fold=1).astimezone(UTC), wall.replace(fold=0).astimezone(UTC)
    old = before.astimezone(zone).utcoffset()
    while after - before > timedelta(seconds=1):
        middle = before + timedelta(seconds=(after - before) // timedelta(seconds=2))
        if middle.astimezone(zone).utcoffset() == old:
            before = middle
        else:
            after = middle
    return after


def local_day(on: date, zone: ZoneInfo) -> Interval:
    """The local day: 23, 24 or 25 hours of real time. ValueError for a day that the zone left out (Apia had no
    30 December 2011)."""
    return Interval(local_instant(on, 0, zone), local_instant(on, 1440, zone))


FIRST_YEAR, LAST_YEAR = 1900, 2999


class Month(Struct, frozen=True, order=True):
    """A calendar month, without a zone until `interval` gives it one; of the years 1900 to 2999."""

    year: int
    month: int

    def __post_init__(self) -> None:
        if not (1 <= self.month <= 12 and FIRST_YEAR <= self.year <= LAST_YEAR):
            raise ValueError(f"no such month: {self.year}-{self.month}")

    @classmethod
    def parse(cls, text: str) -> Month:
        """From `2026-10`; ValueError for anything else, and outside 1970 to 2199, where a page's link to the
        month before or after would lead nowhere."""
        if not re.fullmatch(r"(19[7-9]|2[01][0-9])[0-9]-[0-9]{2}", text):
            raise ValueError(f"not a month: {text!r}")
        return cls(int(text[:4]), int(text[5:]))

    @classmethod
    def of(cls, on: date) -> Month:
        return cls(on.year, on.month)

    def __str__(self) -> str:
        return f"{self.year:04d}-{self.month:02d}"

    @property
    def first(self) -> date:
        return date(self.year, self.month, 1)

    @property
    def last(self) -> date:
        return date(self.year, self.month, self.days)

    @property
    def days(self) -> int:
        return monthrange(self.year, self.month)[1]

    def __add__(self, months: int) -> Month:
        years, month = divmod(self.month - 1 + months, 12)
        return Month(self.year + years, month + 1)

    def __sub__(self, months: int) -> Month:
        return self + -months

    @property
    def quarter(self) -> int:
        """1 to 4."""
        return (self.month - 1) // 3 + 1

    @property
    def quarter_months(self) -> tuple[Month, Month, Month]:
        first = Month(self.year, 3 * self.quarter - 2)
        return first, first + 1, first + 2

    def dates(self) -> Iterator[date]:
        return days_between(self.first, self.last)

    def interval(self, zone: ZoneInfo) -> Interval:
        """From its first local midnight to the next month's."""
        return Interval(local_instant(self.first, 0, zone), local_instant(self.last, 1440, zone))


def days_between(first: date, last: date) -> Iterator[date]:
    """Each date from `first` to `last`, both included."""
    for offset in range((last - first).days + 1):
        yield first + timedelta(days=offset)


def overlap_days(first: date, last: date, start: date, end: date | None) -> int:
    """How many of the dates `first`..`last` lie in `start`..`end` (all inclusive; None: open-ended)."""
    until = last if end is None else min(last, end)
    return max(0, (until - max(first, start)).days + 1)


def months_between(start: date, month: Month) -> int:
    """Which month of a term `month` is, from 1: a term from 2026-08-01 is in its 3rd month in 2026-10."""
    return (month.year - start.year) * 12 + month.month - start.month + 1
