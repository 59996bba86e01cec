"""From a report's content to what a page, a workbook or a PDF shows. Nothing is measured here, only written."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from msgspec import Struct

from incubator.core.periods import Month
from incubator.reports.content import Content, instant
from incubator.reports.occupancy import AREA, Tally
from incubator.reports.words import MEASURE_WORDS, MeasureWords

HASH_GROUP = 8


class Name(Struct, frozen=True):
    """A name in two scripts, for the `named` filter."""

    name: str
    name_en: str


class LeftOut(Struct, frozen=True):
    """What one reason took out of a measure: days or minutes, over so many rows."""

    reason: str
    amount: int
    rows: int


class FigureShown(Struct, frozen=True):
    """A figure with everything that a reader needs to trust it."""

    measure: str
    words: MeasureWords
    numerator: Decimal
    denominator: Decimal
    share: Decimal | None
    """Rounded half up to four decimals (two of a percentage); None where nothing could be used."""
    bar: Decimal
    """0 to 100, for the bar."""
    units: int
    rows: int
    left_out: tuple[LeftOut, ...]


class UnitShown(Struct, frozen=True):
    """One unit's line."""

    id: int
    code: str
    kind: str
    floor: str
    area: Decimal
    since: date | None
    until: date | None
    available: int
    counted: int
    weighted: Decimal
    """Area × days let."""
    weighted_available: Decimal
    share: Decimal | None
    bar: Decimal


class RowShown(Struct, frozen=True):
    """One allocation's line."""

    allocation: int
    unit: str
    unit_kind: str
    holder_kind: str
    holder: int
    label: Name
    startup: Name | None
    startup_code: str
    start: datetime
    end: datetime
    counted: int
    contribution: Decimal
    """What it adds to the numerator: area × days for the area, else what is counted."""
    left_out: tuple[tuple[str, int], ...]
    note: str


class Shown:
    """A report, live or frozen: whole, or (with `tallies`, by unit) without its rows, as its page reads it."""

    def __init__(self, content: Content, tallies: Mapping[int, Tally] | None = None) -> None:
        self.content = content
        self.definition: str = content["definition"]
        self.month = Month.parse(content["month"])
        self.operator = Name(content["operator"]["name"], content["operator"]["name_en"])
        self.site = Name(content["site"]["name"], content["site"]["name_en"])
        self.site_id: int = content["site"]["id"]
        self.zone: str = content["site"]["zone"]
        self.calendar: str = content["site"]["calendar"]
        self.open_days: int = content["opening"]["days"]
        self.open_minutes: int = content["opening"]["minutes"]
        self.provisional: bool = content["opening"]["provisional"]
        self._units = {unit["id"]: unit for unit in content["units"]}
        self._rows: dict[int, list[dict[str, Any]]] = defaultdict(list)
        for row in content["rows"] if tallies is None else ():
            self._rows[row["unit"]].append(row)
        self.tallies = {unit: _tally(rows) for unit, rows in self._rows.items()} if tallies is None else tallies
        self.figures = [self._figure(figure) for figure in content["figures"]]
        self.measures = [_measured(each) for each in content.get("measures", ())]
        """Every measure of the catalogue; of a report by the first definition none."""
        self.unmeasured: list[dict[str, Any]] = content["unmeasured"]

    @property
    def opening(self) -> list[tuple[datetime, datetime]]:
        return [(instant(start), instant(end)) for start, end in self.content["opening"]["intervals"]]

    @property
    def is_empty(self) -> bool:
        """Whether the site had no unit that could be measured."""
        return not self._units

    def figure(self, measure: str) -> FigureShown:
        return next(figure for figure in self.figures if figure.measure == measure)

    def units(self, measure: str) -> list[UnitShown]:
        """The units of a measure, by code."""
        return [_unit(unit) for unit in self._of(measure)]

    def rows(self, measure: str, unit_id: int | None = None, *, left_out_only: bool = False) -> list[RowShown]:
        """The rows that a figure is the sum of, by unit and time; of one unit, or only those with a left-out part."""
        return [
            self.row(row, measure)
            for unit in self._of(measure)
            if unit_id in (None, unit["id"])
            for row in self._rows[unit["id"]]
            if row["left_out"] or not left_out_only
        ]

    def row(self, row: Mapping[str, Any], measure: str) -> RowShown:
        """A row of its content, as one behind a figure."""
        return _row(row, self._units[row["unit"]], measure)

    def _of(self, measure: str) -> list[dict[str, Any]]:
        return [unit for unit in self._units.values() if measure in unit["measures"]]

    def weight(self, measure: str, unit_id: int) -> Decimal:
        """What a unit's days or minutes are multiplied by."""
        return _weight(self._units[unit_id], measure)

    def _figure(self, figure: Mapping[str, Any]) -> FigureShown:
        measure = figure["measure"]
        tallies = [self.tallies[unit["id"]] for unit in self._of(measure) if unit["id"] in self.tallies]
        left_out: dict[str, tuple[int, int]] = {}
        for each in tallies:
            for reason, amount, rows in each.left_out:
                before = left_out.get(reason, (0, 0))
                left_out[reason] = before[0] + amount, before[1] + rows
        numerator, denominator = Decimal(figure["numerator"]), Decimal(figure["denominator"])
        return FigureShown(
            measure, MEASURE_WORDS[measure], numerator, denominator, rounded_share(numerator, denominator),
            _bar(numerator, denominator), figure["units"], sum(each.rows for each in tallies),
            tuple(LeftOut(reason, *found) for reason, found in sorted(left_out.items())),
        )  # fmt: skip


def _tally(rows: Sequence[Mapping[str, Any]]) -> Tally:
    """The rows of one unit, added up."""
    left_out: dict[str, list[int]] = defaultdict(list)
    for row in rows:
        for reason, amount in row["left_out"]:
            left_out[reason].append(amount)
    return Tally(len(rows), sum(row["counted"] for row in rows),
                 tuple((reason, sum(found), len(found)) for reason, found in left_out.items()))  # fmt: skip


class MeasureShown(Struct, frozen=True):
    """A measure's two sums as they were counted by the cells."""

    measure: str
    numerator: Decimal
    denominator: Decimal | None


def _measured(item: Mapping[str, Any]) -> MeasureShown:
    below = item["denominator"]
    return MeasureShown(item["measure"], Decimal(item["numerator"]), None if below is None else Decimal(below))


def rounded_share(numerator: Decimal, denominator: Decimal) -> Decimal | None:
    """The share rounded half up to four decimals: 2174 / 3363.5 → 0.6463; None over nothing."""
    return (numerator / denominator).quantize(Decimal("0.0001"), ROUND_HALF_UP) if denominator else None


def hours_and_minutes(minutes: int) -> tuple[int, int]:
    """9750 minutes are 162 h 30 min."""
    return divmod(minutes, 60)


def grouped_hash(digest: bytes) -> list[str]:
    """A SHA-256 in eight groups of eight, so that two can be compared by eye."""
    text = digest.hex()
    return [text[start : start + HASH_GROUP] for start in range(0, len(text), HASH_GROUP)]


def figure_shares(figures: Sequence[Mapping[str, Any]]) -> dict[str, tuple[Decimal | None, Decimal]]:
    """Share and bar of each measure, from a frozen report's figures alone."""
    found = {}
    for figure in figures:
        numerator, denominator = Decimal(figure["numerator"]), Decimal(figure["denominator"])
        found[figure["measure"]] = rounded_share(numerator, denominator), _bar(numerator, denominator)
    return found


def _bar(numerator: Decimal, denominator: Decimal) -> Decimal:
    return (100 * numerator / denominator).quantize(Decimal("0.01")) if denominator else Decimal(0)


def _unit(unit: Mapping[str, Any]) -> UnitShown:
    area = Decimal(unit["area_m2"])
    counted, available = Decimal(unit["counted"]), Decimal(unit["available"])
    return UnitShown(
        unit["id"], unit["code"], unit["kind"], unit["floor"], area, _date(unit["since"]), _date(unit["until"]),
        unit["available"], unit["counted"], area * counted, area * available, rounded_share(counted, available),
        _bar(counted, available),
    )  # fmt: skip


def _weight(unit: Mapping[str, Any], measure: str) -> Decimal:
    return Decimal(unit["area_m2"]) if measure == AREA else Decimal(1)


def _row(row: Mapping[str, Any], unit: Mapping[str, Any], measure: str) -> RowShown:
    startup = row["startup"]
    weight = _weight(unit, measure)
    return RowShown(
        row["allocation"], unit["code"], unit["kind"], row["holder_kind"], row["holder"],
        Name(row["label"], row["label_en"]), Name(startup["name"], startup["name_en"]) if startup else None,
        startup["code"] if startup else "", instant(row["from"]), instant(row["to"]), row["counted"],
        weight * row["counted"], tuple((reason, amount) for reason, amount in row["left_out"]), row["note"],
    )  # fmt: skip


def _date(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
