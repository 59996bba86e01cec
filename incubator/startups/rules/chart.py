"""The rent-control chart (租控图): units by time, and what of them is free when. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from decimal import Decimal

from msgspec import Struct
from msgspec.structs import replace

from incubator.core.periods import Month

ENDING_DAYS = 90
"""A unit whose agreement's last day is no further away wants a decision."""
LET, ENDING, COMING, HELD, REPAIR, FREE, OFF = "let", "ending", "coming", "held", "repair", "free", "off"
STATES = (LET, ENDING, COMING, HELD, REPAIR, FREE, OFF)
KINDS = {"residency": LET, "hold": HELD, "closure": REPAIR}
A_DAY = timedelta(days=1)
AHEAD_MONTHS = (0, 3, 6)
"""How far ahead the figures of what is free look."""


class ChartUnit(Struct, frozen=True):
    """A unit as the chart needs it; its days in service are inclusive."""

    id: int
    code: str
    kind: str
    floor_id: int
    area_m2: Decimal
    first: date
    last: date | None


class Stretch(Struct, frozen=True):
    """Who has a unit from a day to a day, inclusive (None: open-ended)."""

    unit_id: int
    holder_kind: str
    holder_id: int
    first: date
    last: date | None
    name: str = ""
    name_en: str = ""

    def covers(self, on: date) -> bool:
        return self.first <= on and (self.last is None or on <= self.last)


class Bar(Struct, frozen=True):
    """A stretch of the chart: what a unit is from a day to a day of it, both shown."""

    state: str
    first: date
    last: date
    stretch: Stretch | None
    """None: nobody has it."""


class Row(Struct, frozen=True):
    """A unit and its bars, in order."""

    unit: ChartUnit
    bars: tuple[Bar, ...]


class Vacancy(Struct, frozen=True):
    """What is free on a day."""

    on: date
    units: int
    area_m2: Decimal
    of_units: int
    of_area_m2: Decimal


def join(stretches: Iterable[Stretch]) -> list[Stretch]:
    """What one holder has of a unit without a gap is one stretch, in however many rows the ledger has it."""
    found: list[Stretch] = []
    for each in sorted(stretches, key=lambda each: (each.unit_id, each.first)):
        before = found[-1] if found else None
        follows = (
            before is not None and (before.unit_id, before.holder_kind, before.holder_id)
            == (each.unit_id, each.holder_kind, each.holder_id)
            and before.last is not None and before.last + A_DAY >= each.first
        )  # fmt: skip
        if before is not None and follows:
            found[-1] = replace(before, last=each.last)
        else:
            found.append(each)
    return found


def state_of(stretch: Stretch, today: date) -> str:
    """An agreement is `coming` before its first day, and `ending` on its last day and the 90 days before it: until
    31 March it is ending from 31 December on."""
    state = KINDS[stretch.holder_kind]
    if state != LET:
        return state
    if stretch.first > today:
        return COMING
    left = None if stretch.last is None else (stretch.last - today).days
    return ENDING if left is not None and 0 <= left <= ENDING_DAYS else LET


def lay_out(
    units: Iterable[ChartUnit], stretches: Iterable[Stretch], first: date, last: date, today: date
) -> list[Row]:
    """Each unit's bars within `first`..`last`. What nobody has is `free` from today on; what was free before is past,
    and has no bar; outside its days in service a unit is `off`."""
    by_unit: dict[int, list[Stretch]] = {}
    for stretch in join(stretches):
        by_unit.setdefault(stretch.unit_id, []).append(stretch)
    return [Row(unit, tuple(_bars(unit, by_unit.get(unit.id, []), first, last, today))) for unit in units]


def _bars(unit: ChartUnit, held: Sequence[Stretch], first: date, last: date, today: date) -> Iterable[Bar]:
    day = first
    if unit.first > first:
        day = min(unit.first, last + A_DAY)
        yield Bar(OFF, first, day - A_DAY, None)
    end = last if unit.last is None else min(last, unit.last)
    for stretch in held:
        begins, ends = max(stretch.first, day), end if stretch.last is None else min(stretch.last, end)
        if ends < begins:
            continue
        yield from _free(day, begins - A_DAY, today)
        yield Bar(state_of(stretch, today), begins, ends, stretch)
        day = ends + A_DAY
    yield from _free(day, end, today)
    if end < last and max(day, end + A_DAY) <= last:
        yield Bar(OFF, max(first, end + A_DAY), last, None)


def _free(first: date, last: date, today: date) -> Iterable[Bar]:
    first = max(first, today)
    if first <= last:
        yield Bar(FREE, first, last, None)


def vacancy_on(units: Iterable[ChartUnit], stretches: Iterable[Stretch], on: date) -> Vacancy:
    """The units in service on a day that nobody has, and their area: of 30.00 m² let and 54.50 free, 1 and 54.50."""
    there = [unit for unit in units if unit.first <= on and (unit.last is None or on <= unit.last)]
    taken = {each.unit_id for each in stretches if each.covers(on)}
    free = [unit for unit in there if unit.id not in taken]
    return Vacancy(on, len(free), _area(free), len(there), _area(there))


def _area(units: Iterable[ChartUnit]) -> Decimal:
    return sum((unit.area_m2 for unit in units), Decimal(0))


class Scale(Struct, frozen=True):
    """Months side by side, each of them `width` wide."""

    first: Month
    months: int
    width: int

    @property
    def last(self) -> Month:
        return self.first + (self.months - 1)

    @property
    def total(self) -> int:
        return self.months * self.width

    def at(self, on: date) -> int:
        """Where a day begins: the 16th of a month of 30 days of 40 is at 20."""
        of = Month.of(on)
        whole = (of.year - self.first.year) * 12 + of.month - self.first.month
        return whole * self.width + (on.day - 1) * self.width // of.days

    def box(self, bar: Bar) -> tuple[int, int]:
        """Where a bar begins, and how wide it is; a day can still be seen."""
        left = self.at(bar.first)
        return left, max(3, self.at(bar.last + A_DAY) - left)
