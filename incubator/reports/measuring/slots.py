"""Slots: the pieces of a site's time by which a question cuts, each with its keys. Pure; zones are solved here.

Time is counted in whole minutes since 1970 (UTC), days from the question's first: so nothing that the database is
asked has a zone, a clock that changes or a fraction in it. A day of 25 hours is one slot of 1,500 minutes; its hour
that comes twice is one slot of 120.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from itertools import groupby
from zoneinfo import ZoneInfo

from msgspec import Struct

from incubator.core.periods import Interval, Month, days_between, local_instant
from incubator.reports.measuring.question import Key

Keys = Mapping[str, Key]
"""By dimension of time."""
WHOLE: Keys = {}


class Slot(Struct, frozen=True):
    """From `start` to before `end`, in minutes or in days, and where it stands in each dimension of time."""

    start: int
    end: int
    keys: Keys

    def overlap(self, start: int, end: int) -> int:
        """How much of it lies between two moments."""
        return max(0, min(self.end, end) - max(self.start, start))


def minute_of(at: datetime) -> int:
    """The minute that an instant lies in."""
    return int(at.timestamp() // 60)


def day_bounds(first: date, last: date, zone: ZoneInfo) -> list[int]:
    """The minutes at which the local days begin, and the one at which the last of them ends."""
    return [minute_of(local_instant(on, 0, zone)) for on in days_between(first, last)] + [
        minute_of(local_instant(last, 1440, zone))
    ]


def keys_of(on: date) -> dict[str, Key]:
    """Where a day stands."""
    return {"month": str(Month.of(on)), "day": on.isoformat(), "weekday": on.isoweekday()}


def day_slots(first: date, last: date, by: Collection[str]) -> list[Slot]:
    """Slots in days since `first`: each day where somebody asks by day or weekday, months or all of it where not."""
    days = list(days_between(first, last))
    if {"day", "weekday"} & set(by):
        return [Slot(nth, nth + 1, keys_of(on)) for nth, on in enumerate(days)]
    if "month" not in by:
        return [Slot(0, len(days), WHOLE)]
    months = groupby(enumerate(days), key=lambda each: str(Month.of(each[1])))
    return [Slot((nths := [nth for nth, _ in group])[0], nths[-1] + 1, {"month": month}) for month, group in months]


def edge_slots(first: date, last: date, *, at_start: bool) -> list[Slot]:
    """The first (last) day of each month that lies between the two days, in days since `first`."""
    edges = [on for on in days_between(first, last) if on == (Month.of(on).first if at_start else Month.of(on).last)]
    return [Slot((on - first).days, (on - first).days + 1, {"month": str(Month.of(on))}) for on in edges]


def clock_slots(first: date, last: date, zone: ZoneInfo, by: Collection[str]) -> list[Slot]:
    """The same in minutes, and hour by hour where somebody asks by the hour."""
    bounds = day_bounds(first, last, zone)
    if "hour" not in by:
        return [Slot(bounds[each.start], bounds[each.end], each.keys) for each in day_slots(first, last, by)]
    return [slot for on in days_between(first, last) for slot in _hours(on, zone)]


def _hours(on: date, zone: ZoneInfo) -> Iterator[Slot]:
    keys = keys_of(on)
    bounds = [minute_of(local_instant(on, 60 * hour, zone)) for hour in range(25)]
    for hour in range(24):
        if bounds[hour] < bounds[hour + 1]:
            yield Slot(bounds[hour], bounds[hour + 1], {**keys, "hour": hour})


def open_slots(openings: Iterable[Interval], slots: Sequence[Slot]) -> list[Slot]:
    """What of the slots is open; both in order and disjoint."""
    found: list[Slot] = []
    nth = 0
    for opening in openings:
        start, end = minute_of(opening.start), minute_of(opening.end)
        while nth < len(slots) and slots[nth].end <= start:
            nth += 1
        at = nth
        while at < len(slots) and slots[at].start < end:
            found.append(Slot(max(start, slots[at].start), min(end, slots[at].end), slots[at].keys))
            at += 1
    return found


def keep(slots: Iterable[Slot], filters: Mapping[str, Collection[Key]]) -> list[Slot]:
    """The slots whose keys are among the given ones."""
    return [slot for slot in slots if all(slot.keys.get(name) in keys for name, keys in filters.items())]
