"""What was used between two readings, and whether a reading can be meant: pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

from msgspec import Struct

from incubator.core.errors import N_, Refusal
from incubator.core.money import decimal_places

A_DAY = timedelta(days=1)
READING_PLACES = 3
UNUSUAL = 3
"""So many times the usual use of a day is asked about again."""
USUAL_DAYS = 366
"""How far back is looked for what is usual."""


class Doubtful(Refusal):
    """A reading that is possible but not likely: whoever typed it is asked again."""


class Reading(Struct, frozen=True):
    """What the display showed at the end of a day, with the device that it belonged to."""

    reading_id: int
    read_on: date
    value: Decimal
    digits: int
    factor: Decimal
    next_start: Decimal | None = None
    """Where the device was exchanged on that day: the first reading of the new one."""

    @property
    def goes_on_from(self) -> Decimal:
        """What the next reading is counted from."""
        return self.value if self.next_start is None else self.next_start

    def as_data(self) -> dict[str, Any]:
        """As JSON data, kept with the charge: all that the use is counted from."""
        found = {"read_on": self.read_on.isoformat(), "reading": plain(self.value), "digits": self.digits,
                 "factor": plain(self.factor)}  # fmt: skip
        return found if self.next_start is None else found | {"next_start": plain(self.next_start)}


class Segment(Struct, frozen=True):
    """What was used from the day after one reading to the day of the next."""

    first: date
    last: date
    quantity: Decimal
    rolled_over: bool = False

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1


def between(before: Reading, after: Reading) -> Segment:
    """From 1,200.0 to 1,450.0 with factor 1: 250. With 5 digits from 99,900 to 50: 150, for it has rolled over.

    A device that was exchanged at 3,000.0 for one that began at 2.0 and shows 12.0 now has counted 10 since.
    """
    used = after.value - before.goes_on_from
    rolled_over = used < 0
    if rolled_over:
        used += Decimal(10) ** after.digits
    return Segment(before.read_on + A_DAY, after.read_on, used * after.factor, rolled_over)


def segments(readings: Sequence[Reading]) -> list[Segment]:
    """What was used between each two, in order of their days; together it is what was used between first and last."""
    return [between(before, after) for before, after in pairwise(readings)]


def usual_a_day(readings: Sequence[Reading], on: date) -> Decimal | None:
    """What was used a day on average in the year before; None: too little is known."""
    known = [each for each in readings if on - timedelta(days=USUAL_DAYS) <= each.read_on < on]
    parts = segments(known)
    days = sum(part.days for part in parts)
    return sum((part.quantity for part in parts), Decimal(0)) / days if days else None


def check_value(value: Decimal, digits: int, field: str | None = None) -> None:
    """Refusal of what no display of so many digits shows."""
    if not value.is_finite() or value < 0:
        raise Refusal(N_("A reading is not below zero."), field=field)
    if decimal_places(value) > READING_PLACES:
        raise Refusal(N_("A reading has at most three decimals."), field=field)
    if value >= Decimal(10) ** digits:
        raise Refusal(N_("This meter shows %(digits)s digits before the decimal point."), field=field, digits=digits)


def check_reading(
    readings: Sequence[Reading], on: date, value: Decimal, digits: int, factor: Decimal, *, sure: bool,
    field: str | None = None,
) -> None:  # fmt: skip
    """Refusal of a reading that is likely a slip, unless whoever typed it is `sure`.

    Below the last one: only a meter that has begun again at zero shows it. Above the next one: the same. More than
    three times what is usual: usual are 10 a day, after 30 days 900 pass and 901 are asked about.
    """
    check_value(value, digits, field)
    before = max((each for each in readings if each.read_on < on), key=lambda each: each.read_on, default=None)
    after = min((each for each in readings if each.read_on > on), key=lambda each: each.read_on, default=None)
    if sure:
        return
    if after is not None and value > after.value:
        raise Doubtful(N_("%(next)s was read on %(day)s, later, and is less. Is it right?"), field=field,
                       next=plain(after.value), day=after.read_on)  # fmt: skip
    if before is None:
        return
    if value < before.goes_on_from:
        raise Doubtful(
            N_("It is below the last reading, %(last)s of %(day)s. Is it right? Then the meter has begun again at 0."),
            field=field, last=plain(before.goes_on_from), day=before.read_on,
        )  # fmt: skip
    segment = between(before, Reading(0, on, value, digits, factor))
    usual = usual_a_day(readings, on)
    if usual is not None and usual > 0 and segment.quantity > UNUSUAL * usual * segment.days:
        raise Doubtful(N_("%(used)s in %(days)s days is more than three times the usual. Is it right?"), field=field,
                       used=plain(segment.quantity), days=segment.days)  # fmt: skip


def plain(value: Decimal) -> str:
    """A number without zeros at its end: 1200.500 is 1200.5."""
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text
