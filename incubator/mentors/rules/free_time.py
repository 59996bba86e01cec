"""How long mentors are free in the coming fortnight, by the part of the week as a startup counts it. Pure.

Instants are whole minutes since 1970 in UTC: thousands of mentors are counted for one need, and integers are quick.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import lru_cache
from itertools import compress
from zoneinfo import ZoneInfo

from incubator.core.periods import local_instant
from incubator.mentors.rules.vocabulary import PARTS_OF_WEEK

DAYS = 14
NOON, EVENING = 12 * 60, 18 * 60
_DAY = 24 * 60

ByPart = tuple[int, int, int, int]
"""Minutes by the parts of the week, in the order of `PARTS_OF_WEEK`."""
NOTHING: ByPart = (0, 0, 0, 0)
Hours = tuple[str, int, int, int, Sequence[int]]
"""A weekly time and whose it is: zone, weekday (1 is Monday), opens_minute, closes_minute, ids of mentors."""
OtherDay = tuple[int, str, date, int | None, int | None]
"""A mentor's other hours on a date: mentor_id, zone, date, opens_minute, closes_minute; both None: not that day."""
Span = tuple[int, int]


def minute_of(at: datetime) -> int:
    """The whole minutes since 1970 that are over."""
    return int(at.timestamp()) // 60


class Fortnight:
    """The fourteen days from `now` on, cut at midnight, 12:00 and 18:00 of `zone` into parts of the week."""

    def __init__(self, now: datetime, zone: str) -> None:
        self.start = -(-int(now.timestamp()) // 60)
        self.end = self.start + DAYS * _DAY
        self.first = now.astimezone(ZoneInfo(zone)).date()
        self.last = (now + timedelta(days=DAYS)).astimezone(ZoneInfo(zone)).date()
        self._now = now
        self._cuts: list[int] = []
        self._parts: list[int] = []
        for number in range((self.last - self.first).days + 1):
            on = self.first + timedelta(days=number)
            for minute, part in ((0, 3),) if on.isoweekday() > 5 else ((0, 0), (NOON, 1), (EVENING, 2)):
                self._cuts.append(_instant(on, minute, zone))
                self._parts.append(part)
        self._cuts.append(self.end)
        self._known: dict[tuple[str, date, int, int], tuple[Span, ByPart]] = {}
        self._dates: dict[tuple[str, int], tuple[date, ...]] = {}

    def dates(self, zone: str, weekday: int) -> tuple[date, ...]:
        """The dates of that weekday, as `zone` has them, that have a part in the fortnight: two, or three."""
        found = self._dates.get((zone, weekday))
        if found is None:
            first = self._now.astimezone(ZoneInfo(zone)).date()
            last = (self._now + timedelta(days=DAYS)).astimezone(ZoneInfo(zone)).date()
            all_days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
            found = self._dates[zone, weekday] = tuple(on for on in all_days if on.isoweekday() == weekday)
        return found

    def split(self, start: int, end: int) -> ByPart:
        """The minutes of a stretch that lie in the fortnight, by part of the week."""
        at, end, found = max(start, self.start), min(end, self.end), [0, 0, 0, 0]
        place = bisect_right(self._cuts, at) - 1
        while at < end:
            until = min(end, self._cuts[place + 1])
            found[self._parts[place]] += until - at
            at, place = until, place + 1
        return found[0], found[1], found[2], found[3]

    def open(self, zone: str, on: date, opens: int, closes: int) -> tuple[Span, ByPart]:
        """A mentor's hours of one date as a stretch, and its minutes by part; asked often, reckoned once."""
        key = (zone, on, opens, closes)
        found = self._known.get(key)
        if found is None:
            span = _instant(on, opens, zone), _instant(on, closes, zone)
            found = self._known[key] = span, self.split(*span)
        return found


def count_free(
    fortnight: Fortnight, hours: Iterable[Hours], other_days: Iterable[OtherDay],
    taken: Mapping[int, Sequence[Span]], limits: Mapping[int, Sequence[tuple[date, date]]],
) -> dict[int, ByPart]:  # fmt: skip
    """Free minutes of each mentor: their hours, less other days, less what is taken, on days of an appointment.

    `taken`: stretches that do not overlap, by mentor. `limits`: the days of appointment (the last included) of mentors
    who are not appointed on all days of the fortnight. Tuesdays 14:00-16:00 in Shanghai, seen from Shanghai on a
    Thursday: 240 minutes of afternoons; with a session on one Tuesday at 15:00-16:00, 180.
    """
    free: dict[int, ByPart] = {}
    instead: dict[int, dict[date, list[tuple[str, int, int]]]] = {}
    for mentor_id, zone, on, opens, closes in other_days:
        there = instead.setdefault(mentor_id, {}).setdefault(on, [])
        if opens is not None and closes is not None:
            there.append((zone, opens, closes))

    spans_of: dict[int, list[Span]] = {mentor_id: [] for mentor_id in taken}

    def add(mentor_id: int, minutes: ByPart) -> None:
        a, b, c, d = free.get(mentor_id, NOTHING)
        e, f, g, h = minutes
        free[mentor_id] = (a + e, b + f, c + g, d + h)

    def add_days(mentor_id: int, days: Iterable[tuple[date, Span, ByPart]]) -> None:
        for on, span, minutes in days:
            if mentor_id not in limits or any(first <= on <= last for first, last in limits[mentor_id]):
                add(mentor_id, minutes)
                if mentor_id in spans_of:
                    spans_of[mentor_id].append(span)

    apart = {*instead, *limits}
    for zone, weekday, opens, closes, mentor_ids in hours:
        days = [(on, *fortnight.open(zone, on, opens, closes)) for on in fortnight.dates(zone, weekday)]
        spans = [span for _on, span, _minutes in days]
        e, f, g, h = (sum(minutes) for minutes in zip(*(each[2] for each in days), strict=True))
        for mentor_id in mentor_ids:
            if mentor_id in apart:
                others = instead.get(mentor_id, ())
                add_days(mentor_id, [day for day in days if day[0] not in others])
                continue
            a, b, c, d = free.get(mentor_id, NOTHING)  # as most are: all dates at once, and without a call
            free[mentor_id] = (a + e, b + f, c + g, d + h)
            if mentor_id in spans_of:
                spans_of[mentor_id] += spans
    for mentor_id, dates in instead.items():
        for on, spans_there in dates.items():
            add_days(mentor_id, [(on, *fortnight.open(zone, on, opens, closes)) for zone, opens, closes in spans_there])
    for mentor_id, stretches in taken.items():
        for start, end in stretches:
            for opening, closing in spans_of[mentor_id]:
                if start < closing and opening < end:
                    a, b, c, d = fortnight.split(max(start, opening), min(end, closing))
                    add(mentor_id, (-a, -b, -c, -d))
    return free


def minutes_in(free: ByPart, times: frozenset[str]) -> int:
    """Of these minutes those in the parts of the week that are named; named none: all of them."""
    return sum(compress(free, _named(times)))


@lru_cache
def _named(times: frozenset[str]) -> tuple[bool, ...]:
    return tuple(not times or part in times for part in PARTS_OF_WEEK)


@lru_cache(maxsize=4096)
def _instant(on: date, minute: int, zone: str) -> int:
    return minute_of(local_instant(on, minute, ZoneInfo(zone)))
