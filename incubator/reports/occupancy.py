"""The rows behind a month's occupancy: pure, from units, allocations and opening hours to what each row adds.

Definition `occupancy/2` (docs/measures.md has it in words). The figures themselves are the database's
(`reports/measuring`); these rows add up to its first three, or the report does not verify:

- **area**: Σ area × days let / Σ area × days in service, over the incubation units (not parking, not
  instruments). October 2026 of the example: (30×31 + 54.5×16 + 12×31) / (108.5×31) = 2174 / 3363.5.
- **desks**: days let / days in service, over the desks among them: 62 / 124.
- **time**: minutes used within opening hours / minutes open, over the public service units (not parking):
  330 / 9720, that is 5.5 h of 18 days × 9 h. Free use counts as use.

A unit is *let on a local day* if it is in service on that day and residencies hold it from the day's first
instant to its last. Closed units are not let and not used, and stay in the denominator: they exist.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from msgspec import Struct

from incubator.core.periods import Interval, Month, local_instant, merge

DEFINITION = "occupancy/2"
FIRST_DEFINITION = "occupancy/1"
"""Three figures, and every unit open when its site is. What was frozen by it stays as it is."""

AREA, DESKS, TIME = "area", "desks", "time"
MEASURES = (AREA, DESKS, TIME)

OUTSIDE_OPENING = "outside_opening"
OUT_OF_SERVICE = "out_of_service"
PART_OF_DAY = "part_of_day"
NOT_A_RESIDENCY = "not_a_residency"
CLOSED = "closure"
VOIDED = "voided"

MINUTE = timedelta(minutes=1)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class UnitFacts(Struct, frozen=True):
    """A unit as far as it is measured. `until` is the first day on which it is no longer in service."""

    id: int
    code: str
    kind: str
    purpose: str
    area_m2: Decimal
    since: date | None
    until: date | None


class Use(Struct, frozen=True):
    """One allocation of one unit; `end` None: open-ended. `voided`: it never took place."""

    allocation_id: int
    unit_id: int
    holder_kind: str
    start: datetime
    end: datetime | None
    voided: bool = False


class Row(Struct, frozen=True):
    """What one allocation adds: whole days or whole minutes, and what of it was left out, by reason.

    The period is clipped to the month. Begun minutes and begun days do not count.
    """

    use: Use
    start: datetime
    end: datetime
    counted: int
    left_out: tuple[tuple[str, int], ...] = ()


class Tally(Struct, frozen=True):
    """What the rows of one unit come to: how many there are, what they add, and by reason how much was left out of how
    many."""

    rows: int = 0
    counted: int = 0
    left_out: tuple[tuple[str, int, int], ...] = ()


def tally(rows: Sequence[Row]) -> Tally:
    """Rows of one unit, added up."""
    amounts: dict[str, list[int]] = defaultdict(list)
    for row in rows:
        for reason, amount in row.left_out:
            amounts[reason].append(amount)
    left_out = tuple((reason, sum(found), len(found)) for reason, found in amounts.items())
    return Tally(len(rows), sum(row.counted for row in rows), left_out)


class UnitLine(Struct, frozen=True):
    """One unit in the month: how many days (or minutes) it could be used, and how many it was."""

    unit: UnitFacts
    measures: tuple[str, ...]
    available: int
    tally: Tally
    rows: tuple[Row, ...] = ()
    """Empty where only their tally was asked for."""

    @property
    def counted(self) -> int:
        return self.tally.counted


class Figure(Struct, frozen=True):
    """A measure's exact numerator and denominator: m² × days, days, or minutes."""

    measure: str
    numerator: Decimal
    denominator: Decimal
    units: int


class Measured(Struct, frozen=True):
    """All figures of a month, and the lines that they are the sums of."""

    figures: tuple[Figure, ...]
    lines: tuple[UnitLine, ...]
    unmeasured: tuple[tuple[UnitFacts, str], ...]
    """Units that no figure counts, each with the reason."""


def measures_of(kind: str, purpose: str) -> tuple[str, ...]:
    """Which figures a unit belongs to: an incubation desk to area and desks, a public service room to time."""
    if purpose == "incubation" and kind not in ("parking", "instrument"):
        return (AREA, DESKS) if kind == "desk" else (AREA,)
    if purpose == "public_service" and kind != "parking":
        return (TIME,)
    return ()


def in_order(units: Iterable[UnitFacts]) -> list[UnitFacts]:
    """As the report lists them."""
    return sorted(units, key=lambda unit: (unit.code, unit.id))


def measure(
    month: Month,
    zone: ZoneInfo,
    units: Iterable[UnitFacts],
    uses: Iterable[Use],
    openings: Sequence[Interval],
    own: Mapping[int, Sequence[Interval]] | None = None,
    tallies: Mapping[int, Tally] | None = None,
) -> Measured:
    """The month's figures. `openings` are the site's opening intervals of the month, in any order; `own` those of units
    that have hours of their own, disjoint and in order.

    `tallies`: what the rows of units that are used by the hour come to, where they are not among `uses`.
    """
    days = Days(month, zone)
    open_times = merge(openings)
    uses_of: dict[int, list[Use]] = defaultdict(list)
    for use in uses:
        uses_of[use.unit_id].append(use)
    lines: list[UnitLine] = []
    unmeasured: list[tuple[UnitFacts, str]] = []
    available: dict[tuple[int, range], int] = {}
    """Minutes open, of units that are open and in service at the same times."""
    for unit in in_order(units):
        measures = measures_of(unit.kind, unit.purpose)
        service = days.in_service(unit)
        ordered = sorted(uses_of[unit.id], key=lambda use: (use.start, use.allocation_id))
        if not measures:
            unmeasured.append((unit, "operator_use" if unit.purpose == "operator" else unit.kind))
        elif not service:
            unmeasured.append((unit, OUT_OF_SERVICE))
        elif TIME in measures:
            mine = own[unit.id] if own and unit.id in own else open_times
            key = id(mine), service
            if key not in available:
                available[key] = days.open_minutes(service, mine)
            if tallies is None:
                rows = _time_rows(days, service, ordered, mine)
                lines.append(UnitLine(unit, measures, available[key], tally(rows), rows))
            else:
                lines.append(UnitLine(unit, measures, available[key], tallies.get(unit.id, Tally())))
        else:
            lines.append(_day_line(unit, measures, days, service, ordered))
    return Measured(tuple(_figure(name, lines) for name in MEASURES), tuple(lines), tuple(unmeasured))


class Days:
    """The local days of a month as instants: day k runs from `bounds[k]` to `bounds[k + 1]`."""

    def __init__(self, month: Month, zone: ZoneInfo) -> None:
        self.month = month
        dates = [*month.dates(), (month + 1).first]
        self.bounds = [local_instant(on, 0, zone).astimezone(UTC) for on in dates]
        self.interval = Interval(self.bounds[0], self.bounds[-1])

    def in_service(self, unit: UnitFacts) -> range:
        """The days of the month on which the unit is in service."""
        first = 0 if unit.since is None else max(0, (unit.since - self.month.first).days)
        end = self.month.days if unit.until is None else min(self.month.days, (unit.until - self.month.first).days)
        return range(first, max(first, end))

    def span(self, days: range) -> Interval:
        """From the first instant of `days` to their last."""
        return Interval(self.bounds[days.start], self.bounds[days.stop])

    def open_minutes(self, days: range, openings: Sequence[Interval]) -> int:
        """The minutes of some days within the opening times."""
        span = self.span(days)
        return sum(common.minutes for opening in openings if (common := opening.intersection(span)))

    def clip(self, use: Use) -> Interval | None:
        """The part of the allocation in the month."""
        start = max(use.start.astimezone(UTC), self.interval.start)
        end = self.interval.end if use.end is None else min(use.end.astimezone(UTC), self.interval.end)
        return Interval(start, end) if start < end else None

    def touched(self, part: Interval) -> range:
        """The days that share an instant with `part`."""
        return range(bisect_right(self.bounds, part.start) - 1, bisect_left(self.bounds, part.end))

    def covered(self, part: Interval) -> range:
        """The days that lie wholly in `part`."""
        first = bisect_left(self.bounds, part.start)
        return range(first, max(first, bisect_right(self.bounds, part.end) - 1))

    def begun(self, part: Interval) -> range:
        """The days whose first instant lies in `part`."""
        return range(bisect_left(self.bounds, part.start), bisect_left(self.bounds, part.end))


def _day_line(unit: UnitFacts, measures: tuple[str, ...], days: Days, service: range, uses: Sequence[Use]) -> UnitLine:
    """A unit that is let by the day."""
    parts = [(use, part) for use in uses if (part := days.clip(use))]
    held = merge(part for use, part in parts if use.holder_kind == "residency" and not use.voided)
    let = {day for part in held for day in days.covered(part)} & set(service)
    rows = []
    for use, part in parts:
        touched = set(days.touched(part))
        if use.voided:
            rows.append(_row(use, part, 0, {VOIDED: len(touched)}))
        elif use.holder_kind == "closure":
            rows.append(_row(use, part, 0, {CLOSED: len(touched)}))
        elif use.holder_kind != "residency":
            rows.append(_row(use, part, 0, {NOT_A_RESIDENCY: len(touched)}))
        else:
            # a day that two residencies share from edge to edge counts once, for the one that begins it
            counted = len(let & set(days.begun(part)))
            outside = touched - set(service)
            rows.append(_row(use, part, counted, {OUT_OF_SERVICE: len(outside),
                                                  PART_OF_DAY: len(touched - outside - let)}))  # fmt: skip
    return UnitLine(unit, measures, len(service), tally(rows), tuple(rows))


def _time_rows(days: Days, service: range, uses: Sequence[Use], openings: Sequence[Interval]) -> tuple[Row, ...]:
    """The rows of a unit that is used by the hour; `ledger` has the same rule for the database."""
    span = days.span(service)
    starts = [opening.start for opening in openings]
    rows = []
    for use in uses:
        part = days.clip(use)
        if part is None:
            continue
        whole = part.minutes
        if use.voided:
            rows.append(_row(use, part, 0, {VOIDED: whole}))
        elif use.holder_kind == "closure":
            rows.append(_row(use, part, 0, {CLOSED: whole}))
        else:
            served = part.intersection(span)
            in_service = served.minutes if served else 0
            counted = _open_minutes(served, openings, starts) if served else 0
            rows.append(_row(use, part, counted, {OUTSIDE_OPENING: in_service - counted,
                                                  OUT_OF_SERVICE: whole - in_service}))  # fmt: skip
    return tuple(rows)


def _open_minutes(part: Interval, openings: Sequence[Interval], starts: Sequence[datetime]) -> int:
    """The minutes within the opening times (disjoint, in order) that `part` has as a whole."""
    first = part.start + (-(part.start - EPOCH) % MINUTE)
    last = part.end - (part.end - EPOCH) % MINUTE
    if first >= last:
        return 0
    whole, found = Interval(first, last), timedelta()
    position = max(0, bisect_right(starts, whole.start) - 1)
    while position < len(openings) and openings[position].start < whole.end:
        common = openings[position].intersection(whole)
        found += common.duration if common else timedelta()
        position += 1
    return found // MINUTE


def _row(use: Use, part: Interval, counted: int, left_out: dict[str, int]) -> Row:
    return Row(use, part.start, part.end, counted, tuple(item for item in left_out.items() if item[1]))


def _figure(name: str, lines: Sequence[UnitLine]) -> Figure:
    mine = [line for line in lines if name in line.measures]
    weights = [line.unit.area_m2 if name == AREA else Decimal(1) for line in mine]
    return Figure(
        name,
        sum((weight * line.counted for weight, line in zip(weights, mine, strict=True)), Decimal()),
        sum((weight * line.available for weight, line in zip(weights, mine, strict=True)), Decimal()),
        len(mine),
    )
