"""Which days a series falls on: rules of RFC 5545 over local dates, and what a statutory calendar makes of them.

The rule itself is dateutil's business; here it is made from few, checked parts, and kept as its RFC text.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime, time, timedelta
from itertools import islice

from dateutil.rrule import rrulestr
from msgspec import Struct

from incubator.core.errors import N_, Refusal
from incubator.core.workdays import CLOSED, HOLIDAY, WORKDAY

WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
FREQUENCIES = ("DAILY", "WEEKLY", "MONTHLY")
CALENDARS = ("every", "skip", "working")
"""every: as the rule says; skip: not on a holiday; working: and on weekend days that are worked."""
MOST = 366
"""Occurrences that a series may have: a year of days."""
LONGEST = timedelta(days=3 * 366)
"""From the first to the last of them."""

DayKind = Callable[[date], str]
"""What the site's calendar makes of a date: `workday`, `restday`, `holiday` or `closed`."""


class Recurrence(Struct, frozen=True):
    """Every `interval` days, weeks or months from a first date on, until a last one or `count` times.

    Weekly: on `weekdays` (0 is Monday). Monthly: on the date of the month `monthday` (-1: its last), or on the `nth`
    of `weekdays`' one weekday (-1: the last Friday). A month without a 31st has no occurrence.
    """

    freq: str
    interval: int = 1
    weekdays: tuple[int, ...] = ()
    monthday: int | None = None
    nth: int | None = None
    until: date | None = None
    count: int | None = None
    calendar: str = "every"

    def __post_init__(self) -> None:
        if fault := next(self._faults(), None):
            raise fault

    def _faults(self) -> Iterator[Refusal]:
        if self.freq not in FREQUENCIES or self.calendar not in CALENDARS:
            yield Refusal(N_("There is no such rhythm."), field="freq")
        if not 1 <= self.interval <= 99:
            yield Refusal(N_("Every 1 to 99."), field="interval")
        if (self.until is None) == (self.count is None):
            yield Refusal(N_("Say when the series ends: on a day, or after a number of times."), field="until")
        if self.count is not None and not 1 <= self.count <= MOST:
            yield Refusal(N_("A series has from 1 to 366 occurrences."), field="count")
        if any(day not in range(7) for day in self.weekdays):
            yield Refusal(N_("There is no such weekday."), field="weekdays")
        if self.freq == "WEEKLY" and not self.weekdays:
            yield Refusal(N_("Choose at least one weekday."), field="weekdays")
        if self.freq == "MONTHLY" and (self.monthday is None) == (self.nth is None):
            yield Refusal(N_("Choose a date of the month, or a weekday in it."), field="monthday")
        if self.nth is not None and (self.nth not in (1, 2, 3, 4, 5, -1) or len(self.weekdays) != 1):
            yield Refusal(N_("Choose one weekday, from the first to the fifth, or the last."), field="weekdays")
        if self.monthday is not None and not (1 <= self.monthday <= 31 or self.monthday == -1):
            yield Refusal(N_("A month has from 1 to 31 days."), field="monthday")

    @property
    def every_weekday(self) -> bool:
        """Whether it covers Monday to Friday: then a weekend day that is worked belongs to it."""
        daily = self.freq == "DAILY" and self.interval == 1
        return daily or (self.freq == "WEEKLY" and self.interval == 1 and {0, 1, 2, 3, 4} <= set(self.weekdays))

    @property
    def rrule(self) -> str:
        """Its RFC 5545 text: `FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,WE;COUNT=10`. The calendar has no word there."""
        parts = [f"FREQ={self.freq}", f"INTERVAL={self.interval}"]
        if self.freq == "WEEKLY":
            parts.append("BYDAY=" + ",".join(WEEKDAYS[day] for day in sorted(set(self.weekdays))))
        if self.freq == "MONTHLY" and self.monthday is not None:
            parts.append(f"BYMONTHDAY={self.monthday}")
        elif self.freq == "MONTHLY":
            parts.append(f"BYDAY={self.nth}{WEEKDAYS[self.weekdays[0]]}")
        parts.append(f"COUNT={self.count}" if self.until is None else f"UNTIL={self.until:%Y%m%d}")
        return ";".join(parts)

    @classmethod
    def parse(cls, text: str, calendar: str = "every") -> Recurrence:
        """The recurrence that `rrule` wrote; Refusal for a rule beyond its parts."""
        try:
            given = dict(part.split("=") for part in text.upper().removeprefix("RRULE:").strip().split(";"))
            if not set(given) <= {"FREQ", "INTERVAL", "BYDAY", "BYMONTHDAY", "COUNT", "UNTIL", "WKST"}:
                raise ValueError(text)
            days = [(day[:-2], WEEKDAYS.index(day[-2:])) for day in given.get("BYDAY", "").split(",") if day]
            nths = {int(nth) for nth, _ in days if nth}
            if len(nths) > 1 or (nths and len(days) > 1):
                raise ValueError(text)
            return cls(
                given["FREQ"], int(given.get("INTERVAL", 1)), tuple(day for _, day in days),
                int(given["BYMONTHDAY"]) if "BYMONTHDAY" in given else None, nths.pop() if nths else None,
                date.fromisoformat(given["UNTIL"][:8]) if "UNTIL" in given else None,
                int(given["COUNT"]) if "COUNT" in given else None, calendar,
            )  # fmt: skip
        except (KeyError, ValueError) as error:
            raise Refusal(N_("This rhythm is not understood.")) from error

    def dates(self, first: date, kind_of: DayKind) -> list[date]:
        """The local dates from `first` on, in order; `count` counts those that remain. Refusal where they are too many.

        Skipping holidays, a series on Saturdays leaves out 3 October 2026, which lies in one.

        Every Wednesday from 23 September 2026, skipping holidays: the 23rd and the 30th, then 14 October, because the
        7th is a holiday. Every working day of that fortnight: Saturday 10 October, too.
        """
        wanted = (on for on in self._candidates(first) if self._stands(on, kind_of))
        found = list(islice(wanted, MOST + 1 if self.count is None else self.count))
        if len(found) > MOST:
            raise Refusal(N_("A series has from 1 to 366 occurrences."), field="until")
        return found

    def _candidates(self, first: date) -> Iterable[date]:
        last = min(self.until or date.max, first + LONGEST)
        bare = Recurrence(self.freq, self.interval, self.weekdays, self.monthday, self.nth, until=last)
        rule = rrulestr(bare.rrule, dtstart=datetime.combine(first, time()))
        if not (self.calendar == "working" and self.every_weekday):
            return (each.date() for each in rule)
        # whatever is worked, the rule's own weekend days aside
        return (first + timedelta(days=day) for day in range((last - first).days + 1))

    def _stands(self, on: date, kind_of: DayKind) -> bool:
        if self.calendar == "every":
            return True
        if self.calendar == "working" and self.every_weekday:
            weekend_anyway = on.weekday() >= 5 and (self.freq == "DAILY" or on.weekday() in self.weekdays)
            by_rule = weekend_anyway and self.freq == "WEEKLY" and kind_of(on) not in (HOLIDAY, CLOSED)
            return kind_of(on) == WORKDAY or by_rule
        kind = kind_of(on)
        return kind == WORKDAY or (on.weekday() >= 5 and kind not in (HOLIDAY, CLOSED))
