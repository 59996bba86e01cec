"""When a mentor can be met: weekly hours, exceptions, and what is free of them. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from msgspec import Struct, field

from incubator.core.errors import N_, Phrase, Refusal
from incubator.core.periods import Interval, days_between, intersect, local_instant, merge, subtract

WEEKDAYS = {
    1: N_("Monday"), 2: N_("Tuesday"), 3: N_("Wednesday"), 4: N_("Thursday"), 5: N_("Friday"), 6: N_("Saturday"),
    7: N_("Sunday"),
}  # fmt: skip
WHOLE_DAY = 1440
MOST_A_DAY = 6
"""How many stretches a weekday can have."""


class Hours(Struct, frozen=True, order=True):
    """From `opens` to `closes`, minutes after local midnight; `weekday` by ISO 8601: 1 is Monday."""

    weekday: int
    opens: int
    closes: int


class OtherDay(Struct, frozen=True):
    """What one date has instead of its weekday's hours: a stretch of minutes, or (None) nothing."""

    opens: int | None = None
    closes: int | None = None
    note: str = ""


class Week(Struct, frozen=True):
    """All that decides when a mentor can be met."""

    zone: ZoneInfo
    hours: tuple[Hours, ...] = ()
    days: Mapping[date, OtherDay] = field(default_factory=dict)

    def minutes_on(self, on: date) -> list[tuple[int, int]]:
        """The stretches of a date, in minutes of its wall clock; an exception replaces all of the weekday's."""
        other = self.days.get(on)
        if other is None:
            return [(each.opens, each.closes) for each in self.hours if each.weekday == on.isoweekday()]
        return [] if other.opens is None or other.closes is None else [(other.opens, other.closes)]


def open_on(week: Week, first: date, last: date) -> list[Interval]:
    """When the mentor can be met on the dates `first` to `last` of their zone, in order and disjoint.

    A stretch goes from the first instant at which its clock shows the opening minute, or is past it, to the same of the
    closing minute: 01:00-04:00 in Berlin is two hours on 29 March 2026 and four on 25 October.
    """
    found: list[Interval] = []
    for on in days_between(first, last):
        for opens, closes in week.minutes_on(on):
            start, end = local_instant(on, opens, week.zone), local_instant(on, closes, week.zone)
            if start < end:
                found.append(Interval(start, end))
    return merge(found)


def open_during(week: Week, stretch: Interval) -> list[Interval]:
    """The same, of a stretch of time and cut to it: a window of one zone over the hours of another."""
    first = stretch.start.astimezone(week.zone).date() - timedelta(days=1)
    last = stretch.end.astimezone(week.zone).date()
    return intersect(open_on(week, first, last), [stretch])


def free_during(week: Week, stretch: Interval, taken: Iterable[Interval]) -> list[Interval]:
    """What is left of it without what is taken already."""
    return subtract(open_during(week, stretch), taken)


def can_be_met(week: Week, stretch: Interval) -> bool:
    """Whether the whole of it lies in the mentor's hours."""
    return open_during(week, stretch) == [stretch]


def check_hours(hours: Sequence[Hours], field: str = "hours") -> tuple[Hours, ...]:
    """The same in order; Refusal where two of one weekday overlap, or one ends before it begins.

    Two that touch become one: 9:00-10:00 and 10:00-12:00 are 9:00-12:00.
    """
    tidy: list[Hours] = []
    for each in sorted(hours):
        check_stretch(each.opens, each.closes, field)
        if not 1 <= each.weekday <= 7:
            raise Refusal(N_("There is no such weekday."), field=field)
        before = tidy[-1] if tidy and tidy[-1].weekday == each.weekday else None
        if before is not None and each.opens < before.closes:
            raise Refusal(N_("%(weekday)s: two times overlap."), field=field, weekday=Phrase(WEEKDAYS[each.weekday]))
        if before is not None and each.opens == before.closes:
            tidy[-1] = Hours(each.weekday, before.opens, each.closes)
        else:
            tidy.append(each)
    for weekday in {each.weekday for each in tidy}:
        if sum(each.weekday == weekday for each in tidy) > MOST_A_DAY:
            raise Refusal(N_("At most %(most)s times on a weekday."), field=field, most=MOST_A_DAY)
    return tuple(tidy)


def check_stretch(opens: int, closes: int, field: str) -> None:
    """Refusal unless it is a stretch of a day's minutes that ends after it begins."""
    if not 0 <= opens < closes <= WHOLE_DAY:
        raise Refusal(N_("A time ends after it begins, on the same day: 09:00 to 12:00."), field=field)
