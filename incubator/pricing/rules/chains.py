"""Between which readings a month's charge lies, and what posted months were charged too much or too little: pure."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from itertools import accumulate
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from incubator.core.periods import Month
from incubator.pricing.rules.readings import A_DAY, Reading, plain, segments

NOTHING = Decimal(0)


class Charged(Struct, frozen=True):
    """That a month of the meter is on invoices already: the days that it stands for, and what was charged."""

    month: Month
    since: date
    until: date
    quantity: Decimal
    """By the readings of that time, with what it made up for."""
    dropped: Decimal = NOTHING
    """What it left out of earlier months' difference, because others had used it."""
    startup_ids: frozenset[int] = frozenset()


class Difference(Struct, frozen=True):
    """A posted month whose readings say otherwise by now."""

    since: date
    until: date
    counted: Decimal
    """By its readings as they stand now."""
    charged: Decimal
    dropped: Decimal
    readings: tuple[Reading, ...]
    """Those."""

    @property
    def quantity(self) -> Decimal:
        """What it was charged too little; below zero: too much."""
        return self.counted - self.charged - self.dropped

    def as_data(self) -> dict[str, Any]:
        """As JSON data, kept with the charge that makes up for it."""
        return {
            "since": self.since.isoformat(), "until": self.until.isoformat(), "counted": plain(self.counted),
            "charged": plain(self.charged), "dropped": plain(self.dropped),
            "readings": [each.as_data() for each in self.readings],
        }  # fmt: skip


class Chain(Struct, frozen=True):
    """What a month's charge is made of."""

    readings: tuple[Reading, ...] = ()
    """Fewer than two: nothing can be charged."""
    carried: Decimal = NOTHING
    """What posted months were charged too little, by their readings as they stand now; below zero: too much."""
    differences: tuple[Difference, ...] = ()
    """Of which months; they add up to it."""
    startup_ids: frozenset[int] = frozenset()
    """Who was charged for the last of them."""


def chain_of(readings: Sequence[Reading], month: Month, charged: Iterable[Charged] = ()) -> Chain:
    """From the last reading before the month to the last one in it, and what is to be made up for.

    A month without a reading is charged with the next that has one. What was read in a month after that was charged
    belongs to the next month; what later months are charged for is left out.

    October was charged from 1,200 to 1,450, 250, and then 1,450 was corrected to 1,400: 50 too much. November up to
    1,550 has used 150 and is charged 100, so that both come to 350. Where a month has not used as much as was too much,
    it is not charged, and goes with the next.
    """
    done = {each.month: each for each in charged}
    meter = _Counted(readings)
    inside = _inside(readings, month, done)
    if not inside:
        return Chain()
    start, carried, startup_ids = readings[0].read_on, NOTHING, frozenset[int]()
    found: list[Difference] = []
    for of in sorted({Month.of(each.read_on) for each in readings} | done.keys()):
        if of >= month:
            break
        if of in done:
            posted = done[of]
            each = meter.difference(posted)
            found += [each] if each.quantity else []
            carried += each.quantity
            start, startup_ids = posted.until, posted.startup_ids
        elif own := _inside(readings, of, done):
            until = own[-1].read_on
            if not carried or meter.used(start, until) + carried > 0:
                start, carried, found = until, NOTHING, []
    if start >= inside[-1].read_on:
        return Chain(tuple(inside[-1:]))
    after = [each for each in readings if start < each.read_on <= inside[-1].read_on]
    return Chain((meter.at(start), *after), carried, tuple(found), startup_ids)


def _inside(readings: Sequence[Reading], month: Month, done: dict[Month, Charged]) -> list[Reading]:
    """What was read in a month, without what later months are charged for."""
    later = min((each.since for of, each in done.items() if of > month), default=None)
    last = month.last if later is None else min(month.last, later - A_DAY)
    return [each for each in readings if month.first <= each.read_on <= last]


class _Counted:
    """What a meter has counted from its first reading on, by its readings as they stand now."""

    def __init__(self, readings: Sequence[Reading]) -> None:
        self._readings = readings
        self._days = [each.read_on for each in readings]
        self._counted = [*accumulate((each.quantity for each in segments(readings)), initial=NOTHING)]

    def used(self, start: date, until: date) -> Decimal:
        """After one day up to the other. Of a day without a reading the one before it speaks."""
        return self._counted[self._place(until)] - self._counted[self._place(start)]

    def difference(self, posted: Charged) -> Difference:
        """What a posted month has used by now, and what it was charged."""
        before = posted.since - A_DAY
        readings = self._readings[self._place(before) : self._place(posted.until) + 1]
        return Difference(posted.since, posted.until, self.used(before, posted.until), posted.quantity, posted.dropped,
                          tuple(readings))  # fmt: skip

    def at(self, on: date) -> Reading:
        """The reading of a day; where it was withdrawn, the one before it as if it were of that day."""
        found = self._readings[self._place(on)]
        return found if found.read_on == on else replace(found, read_on=on)

    def _place(self, on: date) -> int:
        return max(0, bisect_right(self._days, on) - 1)
