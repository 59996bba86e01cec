"""The rows of the ledger behind the time in use of a site's month, counted by the database: what each adds, and what of
it was left out and why. The rule is that of `occupancy._time_rows`, which lists them when the month is frozen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from msgspec import Struct
from sqlalchemy import BigInteger, ColumnElement, Integer, Subquery, and_, case, cast, func, or_, select
from sqlalchemy.orm import Session

from incubator.core.periods import Interval
from incubator.reports.measuring.asked import gone, stepwise, table, times_line, times_table
from incubator.reports.measuring.occupancy_cube import planned
from incubator.reports.measuring.slots import minute_of
from incubator.reports.occupancy import CLOSED, OUT_OF_SERVICE, OUTSIDE_OPENING, VOIDED, Row, Tally, Use
from incubator.spaces.ledger_queries import overlapping
from incubator.spaces.models import KEPT, Allocation

NAMED = ("allocation_id", "nth", "holder_kind", "starts_at", "ends_at")
REASONS = (VOIDED, CLOSED, OUTSIDE_OPENING, OUT_OF_SERVICE)


class TimedUnit(Struct, frozen=True):
    """A unit that is used by the hour: its days in service, and when it is open (disjoint, in order)."""

    id: int
    service: Interval
    openings: Sequence[Interval]


class Ledger(Struct, frozen=True):
    """The rows of a site's units that share an instant with a time; the units in the report's order."""

    site_id: int
    within: Interval
    units: Sequence[TimedUnit]
    left_out: bool = False
    """Only rows with a left-out part."""

    def tallies(self, session: Session) -> dict[int, Tally]:
        """What the rows of each unit come to, in one statement; a unit without rows has no tally."""
        c = self._rows(named=False).c
        sums = [each for name in REASONS for each in (func.sum(c[name]), func.count().filter(c[name] > 0))]
        query = select(c.unit_id, func.count(), func.sum(c.counted), *sums).group_by(c.unit_id)
        with planned(session, hashed=True):
            found = session.execute(query).all()
        return {
            unit: Tally(rows, int(counted), tuple(
                (reason, int(amounts[2 * nth]), amounts[2 * nth + 1])
                for nth, reason in enumerate(REASONS) if amounts[2 * nth + 1]
            ))
            for unit, rows, counted, *amounts in found
        }  # fmt: skip

    def rows(self, session: Session, *, offset: int, most: int) -> list[Row]:
        """Some of the rows: by unit, then as they begin."""
        c = self._rows(named=True).c
        query = select(*c).order_by(c.nth, c.starts_at, c.allocation_id).offset(offset).limit(most)
        with planned(session, hashed=True):
            found = session.execute(query).all()
        return [self._row(row) for row in found]

    def _row(self, row: Any) -> Row:
        use = Use(row.allocation_id, row.unit_id, row.holder_kind, row.starts_at, row.ends_at, row.is_voided)
        end = self.within.end if row.ends_at is None else min(row.ends_at, self.within.end)
        left_out = tuple((name, amount) for name in REASONS if (amount := getattr(row, name)))
        return Row(use, max(row.starts_at, self.within.start), end, row.counted, left_out)

    def _rows(self, *, named: bool) -> Subquery:
        """Each row with what it adds, and what each reason takes out of it; `named`: and which one it is."""
        held, times = self._held(named=named)
        carried = ("unit_id", "is_voided", "is_closed", "whole", "in_service", *(NAMED if named else ()))
        open_minutes = gone(times, held.ended, held.end) - gone(times, held.begun, held.start)
        counted = case((or_(held.is_voided, held.is_closed), 0), (held.start < held.end, open_minutes), else_=0)
        counting = select(*(held[name] for name in carried), counted.label("counted"))
        c = stepwise(counting.join(times, times.c.line == held.line), "counted").c
        is_used = ~or_(c.is_voided, c.is_closed)
        amounts = {
            VOIDED: case((c.is_voided, c.whole), else_=0),
            CLOSED: case((and_(~c.is_voided, c.is_closed), c.whole), else_=0),
            OUTSIDE_OPENING: case((is_used, c.in_service - c.counted), else_=0),
            OUT_OF_SERVICE: case((is_used, c.whole - c.in_service), else_=0),
        }
        found = select(
            c.unit_id, c.is_voided, c.counted, *(c[name] for name in NAMED if named),
            *(amount.label(name) for name, amount in amounts.items()),
        )  # fmt: skip
        if self.left_out:
            found = found.where(or_(*(amount > 0 for amount in amounts.values())))
        return found.subquery("rows")

    def _held(self, *, named: bool) -> tuple[Any, Any]:
        """The rows in whole minutes (as long as they last, in service, and from which to which), and opening times."""
        units, times = self._given()
        row, within = Allocation, self.within
        facts = {"allocation_id": row.id, "nth": units.c.nth, "holder_kind": row.holder_kind,
                 "starts_at": row.starts_at, "ends_at": func.upper(row.period)}  # fmt: skip
        found = (
            select(
                row.unit_id, units.c.line, row.voided_at.is_not(None).label("is_voided"),
                (row.holder_kind == "closure").label("is_closed"),
                *(facts[name].label(name) for name in NAMED if named),
                func.date_part("epoch", func.greatest(row.starts_at, within.start)).label("start"),
                func.date_part("epoch", func.least(func.upper(row.period), within.end)).label("end"),
                (60 * units.c.start).label("since"), (60 * units.c.end).label("until"),
            )
            .join(units, units.c.id == row.unit_id)
            .where(row.site_id == self.site_id, row.holder_kind.not_in(KEPT), overlapping(within.start, within.end))
        )  # fmt: skip
        c = stepwise(found, "held").c
        start, end = func.greatest(c.start, c.since), func.least(c.end, c.until)
        first, last = cast(func.ceil(start / 60), BigInteger), cast(func.floor(end / 60), BigInteger)
        minutes = select(
            c.unit_id, c.line, c.is_voided, c.is_closed, *(c[name] for name in NAMED if named),
            _minutes(c.end - c.start).label("whole"), func.greatest(0, _minutes(end - start)).label("in_service"),
            first.label("start"), last.label("end"), func.width_bucket(first, times.c.starts).label("begun"),
            func.width_bucket(last, times.c.starts).label("ended"),
        ).join(times, times.c.line == c.line)  # fmt: skip
        return stepwise(minutes, "minutes").c, times

    def _given(self) -> tuple[Any, Any]:
        """The units and their opening times as tables; units that are open at the same times share a line."""
        lines: dict[int, tuple[int, Sequence[Interval]]] = {}
        units = [
            _UnitLine(unit.id, nth, lines.setdefault(id(unit.openings), (len(lines), unit.openings))[0],
                      minute_of(unit.service.start), minute_of(unit.service.end))
            for nth, unit in enumerate(self.units)
        ]  # fmt: skip
        times = [
            times_line(line, [(minute_of(each.start), minute_of(each.end)) for each in openings])
            for line, openings in lines.values()
        ]
        return table("units_asked", units, id=BigInteger, nth=Integer, line=Integer, start=BigInteger,
                     end=BigInteger), times_table("open", times)  # fmt: skip


class _UnitLine(Struct, frozen=True):
    """A unit as SQL needs it."""

    id: int
    nth: int
    line: int
    start: int
    end: int


def _minutes(seconds: Any) -> ColumnElement[int]:
    return cast(func.floor(seconds / 60), BigInteger)
