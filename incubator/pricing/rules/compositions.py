"""A booking's price where more than the hour has one: the cheapest lawful composition of its bases. Pure, exact."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from msgspec import Struct

from incubator.core.periods import local_instant

BOOKING_BASES = ("hour", "half_day", "day", "night", "weekend", "use")
A_MINUTE, A_DAY = timedelta(minutes=1), timedelta(days=1)
SATURDAY = 5


class Windows(Struct, frozen=True):
    """How long half a day is, and when night is, by the wall clock of the site: from 22:00 to 08:00. A weekend is
    Saturday and Sunday."""

    half_day_minutes: int = 240
    night_from: int = 22 * 60
    night_until: int = 8 * 60


USUAL_WINDOWS = Windows()


class Part(Struct, frozen=True):
    """A stretch of a booking at one basis."""

    basis: str
    unit_price: Decimal
    start: datetime
    end: datetime

    @property
    def minutes(self) -> int:
        return int((self.end - self.start) / A_MINUTE)

    @property
    def amount(self) -> Fraction:
        """In yuan: by the minute where it is by the hour, else once."""
        price = Fraction(self.unit_price)
        return price * Fraction(self.minutes, 60) if self.basis == "hour" else price

    def as_data(self) -> dict[str, Any]:
        """As JSON data, kept with the booking."""
        return {"basis": self.basis, "unit_price": format(self.unit_price, "f"), "minutes": self.minutes}


class Composition:
    """All ways to compose a time, and the cheapest.

    A half day is a stretch of at most so many minutes of one local day, a day is what lies in one local day, a night
    and a weekend what lies in one; by the hour any stretch. A use is the whole booking. With 50.00 an hour, 160.00 for
    half a day of four hours and 280.00 for a day, five hours cost 160.00 + 50.00 = 210.00, seven 280.00.
    """

    def __init__(
        self, prices: dict[str, Decimal], start: datetime, end: datetime, zone: ZoneInfo, windows: Windows
    ) -> None:  # fmt: skip
        self.prices, self.windows, self.zone = prices, windows, zone
        self.start, self.end = start.astimezone(UTC), end.astimezone(UTC)

    def cheapest(self) -> list[Part] | None:
        """The parts in order, of equal ones the fewest; None where the bases can't cover the time."""
        whole = [Part("use", self.prices["use"], self.start, self.end)] if "use" in self.prices else None
        found = self._cover()
        if whole is None or (found is not None and _cost(found) < _cost(whole)):
            return found
        return whole

    def as_data(self) -> dict[str, Any]:
        """What it chooses from, as JSON data kept with the booking: the prices, how long half a day is, and the local
        days, nights and weekends that it touches, in minutes from its start. Whoever reads it needs no time zone."""
        return {
            "prices": {basis: format(price, "f") for basis, price in sorted(self.prices.items())},
            "minutes": self._offset(self.end), "half_day": self.windows.half_day_minutes,
            "days": self._spans(self._midnight_after), "nights": self._spans(self._night_end),
            "weekends": self._spans(self._weekend_end),
        }  # fmt: skip

    def _spans(self, end_of: Callable[[datetime], datetime | None]) -> list[list[int]]:
        found: list[list[int]] = []
        for at in self._places[:-1]:
            end = end_of(at)
            if end is not None and (not found or found[-1][1] <= self._offset(at)):
                found.append([self._offset(at), self._offset(min(end, self.end))])
        return found

    def _offset(self, at: datetime) -> int:
        return int((at - self.start) / A_MINUTE)

    def _cover(self) -> list[Part] | None:
        """From the end backwards: the best from each place at which a part may begin. Of a part that may be longer or
        shorter the longest is taken: what is left to pay never grows when less is left."""
        best: dict[datetime, tuple[Fraction, int, Part | None]] = {self.end: (Fraction(0), 0, None)}
        places = self._places
        for number in range(len(places) - 2, -1, -1):
            at = places[number]
            for part in self._parts_from(at, places[number + 1]):
                after = best.get(part.end)
                if after is None:
                    continue
                way = part.amount + after[0], after[1] + 1
                if at not in best or way < best[at][:2]:
                    best[at] = *way, part
        if self.start not in best:
            return None
        parts: list[Part] = []
        at = self.start
        while at != self.end:
            chosen = best[at][2]
            assert chosen is not None, "only the end has none"
            parts.append(chosen)
            at = chosen.end
        return _joined(parts)

    def _parts_from(self, at: datetime, following: datetime) -> list[Part]:
        ends: dict[str, datetime | None] = {
            "hour": following, "half_day": self._half_day(at), "day": self._midnight_after(at),
            "night": self._night_end(at), "weekend": self._weekend_end(at),
        }  # fmt: skip
        return [
            Part(basis, self.prices[basis], at, min(end, self.end))
            for basis, end in ends.items() if end is not None and basis in self.prices
        ]  # fmt: skip

    @cached_property
    def _places(self) -> list[datetime]:
        """Where parts can begin and end: at the edges of days, nights and weekends, and whole half days before and
        after them."""
        edges = {self.start, self.end}
        for on in self._days:
            for minute in (0, self.windows.night_from, self.windows.night_until):
                edges.add(self._at(on, minute))
        found = {edge for edge in edges if self.start <= edge <= self.end}
        if "half_day" in self.prices:
            step = timedelta(minutes=self.windows.half_day_minutes)
            for edge in list(found):
                for direction in (step, -step):
                    place = edge + direction
                    while self.start < place < self.end and abs(place - edge) <= A_DAY + step:
                        found.add(place)
                        place += direction
        return sorted(found)

    @cached_property
    def _days(self) -> list[date]:
        first, last = self.start.astimezone(self.zone).date(), self.end.astimezone(self.zone).date()
        return [first + timedelta(days=number) for number in range(-1, (last - first).days + 2)]

    def _at(self, on: date, minute: int) -> datetime:
        return local_instant(on, minute, self.zone).astimezone(UTC)

    def _midnight_after(self, at: datetime) -> datetime:
        return self._at(at.astimezone(self.zone).date() + A_DAY, 0)

    def _half_day(self, at: datetime) -> datetime:
        return min(at + timedelta(minutes=self.windows.half_day_minutes), self._midnight_after(at))

    def _night_end(self, at: datetime) -> datetime | None:
        on = at.astimezone(self.zone).date()
        for begins in (on - A_DAY, on):
            goes_on = self.windows.night_until <= self.windows.night_from
            first = self._at(begins, self.windows.night_from)
            after = self._at(begins + A_DAY if goes_on else begins, self.windows.night_until)
            if first <= at < after:
                return after
        return None

    def _weekend_end(self, at: datetime) -> datetime | None:
        on = at.astimezone(self.zone).date()
        return self._at(on + timedelta(days=7 - on.weekday()), 0) if on.weekday() >= SATURDAY else None


def _cost(parts: Sequence[Part]) -> Fraction:
    return sum((part.amount for part in parts), Fraction(0))


def _joined(parts: Sequence[Part]) -> list[Part]:
    """Stretches by the hour that follow each other are one."""
    found: list[Part] = []
    for part in parts:
        if found and found[-1].basis == part.basis == "hour":
            found[-1] = Part("hour", part.unit_price, found[-1].start, part.end)
        else:
            found.append(part)
    return found


def round_up(minutes: int, step: int | None) -> int:
    """Up to the next whole step: 61 minutes by half hours are 90."""
    return minutes if not step else -(-minutes // step) * step
