"""The periods that reports are of: a month, a quarter, half a year or a year of the calendar, or a day. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from msgspec import Struct

from incubator.startups.rules.limits import add_months

RHYTHMS = {"month": 1, "quarter": 3, "half": 6, "year": 12}
"""How often figures are asked for, with the months of a period."""
DAY = "day"
"""The rhythm of a report that is made on a day, whatever days it tells of."""


class Period(Struct, frozen=True, order=True):
    """One period of a rhythm, by its first day: the third quarter of 2026 begins on 1 July and ends on 30 September."""

    rhythm: str
    first: date

    def __post_init__(self) -> None:
        if self.rhythm == DAY:
            return
        if self.first.day != 1 or (self.first.month - 1) % RHYTHMS[self.rhythm]:
            raise ValueError(f"no {self.rhythm} begins on {self.first}")

    @property
    def last(self) -> date:
        """Its last day, inclusive."""
        if self.rhythm == DAY:
            return self.first
        return add_months(self.first, RHYTHMS[self.rhythm]) - timedelta(days=1)

    @property
    def number(self) -> int:
        """Which one of its year: 3 for July to September."""
        return (self.first.month - 1) // RHYTHMS[self.rhythm] + 1

    @property
    def key(self) -> str:
        """How addresses and file names have it: 2026-10, 2026-Q3, 2026-H2, 2026, 2026-10-31."""
        if self.rhythm == DAY:
            return self.first.isoformat()
        year = f"{self.first.year:04}"
        return {"month": f"{year}-{self.first.month:02}", "quarter": f"{year}-Q{self.number}",
                "half": f"{year}-H{self.number}", "year": year}[self.rhythm]  # fmt: skip

    @property
    def previous(self) -> Period:
        return Period(self.rhythm, add_months(self.first, -RHYTHMS[self.rhythm]))

    @property
    def next(self) -> Period:
        return Period(self.rhythm, add_months(self.first, RHYTHMS[self.rhythm]))


def period_of(rhythm: str, day: date) -> Period:
    """The one that a day lies in."""
    months = RHYTHMS[rhythm]
    return Period(rhythm, date(day.year, (day.month - 1) // months * months + 1, 1))


def last_ended(rhythm: str, today: date) -> Period:
    """The latest one that is over: on 30 September 2026 the second quarter, on 1 October the third."""
    return period_of(rhythm, today).previous


def ended_since(rhythm: str, asked_from: date, today: date, most: int) -> Iterator[Period]:
    """Those that are over and end on or after a day, the oldest first; at most the latest so many."""
    found: list[Period] = []
    period = last_ended(rhythm, today)
    while len(found) < most and period.last >= asked_from:
        found.append(period)
        period = period.previous
    yield from reversed(found)


def read_period(rhythm: str, key: str) -> Period | None:
    """A period from how addresses have it; None where it is none of the rhythm."""
    if rhythm not in RHYTHMS or not key[:4].isascii() or not key[:4].isdigit() or not 1900 < int(key[:4]) < 3000:
        return None
    period = Period(rhythm, date(int(key[:4]), 1, 1))
    for _ in range(12 // RHYTHMS[rhythm]):
        if period.key == key:
            return period
        period = period.next
    return None
