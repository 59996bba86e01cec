"""When a site is open, when a unit is in service, and which periods clash: pure, over plain values."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from itertools import groupby
from zoneinfo import ZoneInfo

from msgspec import Struct, field

from incubator.core.errors import N_, Refusal
from incubator.core.periods import Interval, days_between, intersect, local_instant, merge
from incubator.core.workdays import RESTDAY, WORKDAY, day_kind, is_provisional, occasion

_DIGITS = re.compile(r"([0-9]{1,18})")


class Hours(Struct, frozen=True):
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


class SiteCalendar(Struct, frozen=True):
    """All that decides when a site is open."""

    zone: ZoneInfo
    calendar: str
    hours: tuple[Hours, ...]
    overrides: Mapping[date, str]

    def kind_of(self, on: date) -> str:
        """`workday`, `restday` or `closed`."""
        return day_kind(on, self.calendar, self.overrides)

    def occasion(self, on: date) -> str:
        """The same, and `holiday` for a rest day of a statutory holiday, be it a weekend day."""
        return occasion(on, self.calendar, self.overrides)

    def hours_on(self, on: date) -> list[Hours]:
        """The hours in force on `on`, of both kinds of day."""
        return [hours for hours in self.hours if hours.hold_on(on, hours.day_kind)]

    def hours_after(self, on: date) -> dict[date, list[Hours]]:
        """The hours that begin to hold later than `on`, by their first day."""
        later = sorted((hours for hours in self.hours if hours.valid_from > on), key=lambda hours: hours.valid_from)
        return {first: list(group) for first, group in groupby(later, key=lambda hours: hours.valid_from)}


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


class OwnDay(Struct, frozen=True):
    """What one date has instead of a resource's usual hours: a stretch of minutes, or (None) nothing."""

    opens_minute: int | None = None
    closes_minute: int | None = None
    note: str = ""


class OwnHours(Struct, frozen=True):
    """A resource's own hours and its exceptional days; empty of both, it is open when its site is."""

    hours: tuple[Hours, ...] = ()
    days: Mapping[date, OwnDay] = field(default_factory=dict)

    def hours_on(self, on: date) -> list[Hours]:
        """Its own hours in force on `on`, of both kinds of day; none: it follows its site."""
        return [hours for hours in self.hours if hours.hold_on(on, hours.day_kind)]

    def hours_after(self, on: date) -> dict[date, list[Hours]]:
        """Its own hours that begin to hold later than `on`, by their first day."""
        later = sorted((hours for hours in self.hours if hours.valid_from > on), key=lambda hours: hours.valid_from)
        return {first: list(group) for first, group in groupby(later, key=lambda hours: hours.valid_from)}

    def minutes_on(self, on: date, kind: str) -> list[tuple[int, int]]:
        """The minutes of a day of this kind in which it may be open, its site not yet asked."""
        day, own = self.days.get(on), self.hours_on(on)
        if day is not None:
            open_, close = day.opens_minute, day.closes_minute
            return [] if open_ is None or close is None else [(open_, close)]
        if not own:
            return [(0, 1440)]
        return [(each.opens_minute, each.closes_minute) for each in own if each.day_kind == kind]


def resource_openings(calendar: SiteCalendar, own: OwnHours, first: date, last: date) -> list[Interval]:
    """When a resource is open on the local dates `first` to `last`: while its site is, and its own hours are.

    A hall with 10:00-16:00 of its own at a site that is open 09:00-18:00 is open 10:00-16:00; with 17:00-20:00 on
    Thursday by exception, 17:00-18:00 that day.
    """
    openings = opening_intervals(calendar, first, last)
    if not own.hours and not own.days:
        return openings
    spans = [
        (local_instant(on, opens, calendar.zone), local_instant(on, closes, calendar.zone))
        for on in days_between(first, last)
        for opens, closes in own.minutes_on(on, calendar.kind_of(on))
    ]
    return intersect(openings, [Interval(start, end) for start, end in spans if start < end])


class DaySpan(Struct, frozen=True):
    """Days in a row on which the site does not follow the plain week: `first` to `last`, of one kind."""

    first: date
    last: date
    kind: str
    own: bool
    """The site's own override, and not its calendar's."""


def exceptional_days(calendar: SiteCalendar, first: date, last: date) -> list[DaySpan]:
    """Where `first` to `last` departs from Monday to Friday: by the statutory calendar or the site's overrides.

    A holiday is shown with the weekend days in it and beside it: 1 to 7 October 2026 is one span of rest, though
    the 3rd and 4th are a weekend anyway. A swapped workday stands alone: Saturday 10 October.
    """
    spans: list[DaySpan] = []
    departs: list[bool] = []
    for on in days_between(first, last):
        kind, own = calendar.kind_of(on), on in calendar.overrides
        plain = WORKDAY if on.weekday() < 5 else RESTDAY
        if kind == plain == WORKDAY and not own:
            continue
        before = spans[-1] if spans else None
        goes_on = before is not None and (before.kind, before.own) == (kind, own) and kind != WORKDAY
        if before is not None and goes_on and before.last == on - timedelta(days=1):
            spans[-1] = DaySpan(before.first, on, kind, own)
            departs[-1] |= own or kind != plain
        else:
            spans.append(DaySpan(on, on, kind, own))
            departs.append(own or kind != plain)
    return [span for span, shown in zip(spans, departs, strict=True) if shown]


def provisional_years(calendar: SiteCalendar, first: date, last: date) -> list[int]:
    """The years between the two dates whose official notice is not known yet: weekdays are assumed in them."""
    return [
        year for year in range(first.year, last.year + 1) if is_provisional(date(year, 1, 1), calendar.calendar)
    ]


class Service(Struct, frozen=True):
    """A unit and the local dates on which it is in service, both included (None: until further notice)."""

    code: str
    site_id: int
    first: date
    last: date | None
    zone: ZoneInfo


def check_service(service: Service, start: datetime, end: datetime | None) -> None:
    """Refused, unless the unit is in service from `start` to `end` (None: for ever).

    A desk in service until 31 October can be held until midnight after the 31st, and not a minute longer.
    """
    if service.first > date.min and start < local_instant(service.first, 0, service.zone):
        raise Refusal(N_("%(unit)s is in service from %(day)s on, not before."), unit=service.code, day=service.first)
    if service.last is not None and (end is None or end > local_instant(service.last, 1440, service.zone)):
        raise Refusal(N_("%(unit)s is in service until %(day)s, not longer."), unit=service.code, day=service.last)


def unit_state(first: date, last: date | None, today: date, holder_kind: str | None) -> str:
    """What a unit is today: `coming` before its first day in service, `retired` after its last one, else the kind of
    whoever holds it, or `free`."""
    if today < first:
        return "coming"
    if last is not None and last < today:
        return "retired"
    return holder_kind or "free"


def stretch_state(start: datetime, end: datetime | None, voided: bool, now: datetime) -> str:
    """A row of the ledger at `now`: `voided`, `coming`, `current` or `over`; it is over at its end, not after it."""
    if voided:
        return "voided"
    if now < start:
        return "coming"
    return "current" if end is None or now < end else "over"


def in_days(start: datetime, end: datetime, zone: ZoneInfo) -> tuple[date, date]:
    """A stretch as people say it: by its first and last day where it is whole local days, else by its two moments.

    An agreement from 1 July to 30 June ends at 00:00 on 1 July: it is said as until 30 June.
    """
    first, last = start.astimezone(zone), end.astimezone(zone)
    if first.time() == last.time() == time():
        return first.date(), max(first.date(), last.date() - timedelta(days=1))
    return first, last


class Stretch(Struct, frozen=True):
    """A unit held, or wanted, from `start` to `end` (None: for ever)."""

    unit_id: int
    start: datetime
    end: datetime | None

    def overlaps(self, other: Stretch) -> bool:
        """Whether both are of one unit and share an instant; ending where the other starts is no overlap."""
        return (
            self.unit_id == other.unit_id
            and (other.end is None or self.start < other.end)
            and (self.end is None or other.start < self.end)
        )


def find_clash(held: Iterable[Stretch], wanted: Sequence[Stretch]) -> tuple[int, Stretch] | None:
    """The place of a wanted stretch that meets a held one or an earlier wanted one, and what it meets; None where
    all fit. `held` stretches do not overlap each other."""
    line: list[tuple[Stretch, int | None]] = [(stretch, None) for stretch in held]
    line += [(stretch, index) for index, stretch in enumerate(wanted)]
    line.sort(key=lambda entry: (entry[0].unit_id, entry[0].start, -1 if entry[1] is None else entry[1]))
    before: tuple[Stretch, int | None] | None = None
    for entry in line:
        if before is not None and before[0].overlaps(entry[0]):
            if entry[1] is not None:
                return entry[1], before[0]
            if before[1] is not None:
                return before[1], entry[0]
        before = entry
    return None


@lru_cache(maxsize=4096)  # every page of places sorts the same ones
def natural_key(code: str) -> tuple[tuple[int, int, str], ...]:
    """Sorts codes as people count: D2 before D10, 2F before 10F."""
    parts = [part for part in _DIGITS.split(code) if part]
    return tuple((0, int(part), "") if _DIGITS.fullmatch(part) else (1, 0, part) for part in parts)
