"""The content of an occupancy report as plain data: what is frozen, hashed, shown and exported, all from one.

Live and frozen reports have the same shape, so one page and one set of exports shows both. Numbers stay exact:
integers for days and minutes, decimal text for m² and m² × days. Language-free: words are chosen where it is
shown.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from msgspec import Struct

from incubator.core.canonical import canonical_json, plain
from incubator.core.periods import Interval, Month
from incubator.core.workdays import is_provisional
from incubator.reports.measuring.question import Amount
from incubator.reports.occupancy import AREA, DEFINITION, FIRST_DEFINITION, MEASURES, Measured, Row, UnitFacts

Content = dict[str, Any]


class Report(Struct, frozen=True, dict=True):
    """A report's content with the bytes and the hash that it freezes to."""

    content: Content

    @cached_property
    def canonical(self) -> bytes:
        """RFC 8785."""
        return canonical_json(self.content)

    @cached_property
    def sha256(self) -> bytes:
        return hashlib.sha256(self.canonical).digest()

    def as_defined(self, definition: str) -> Report:
        """The report as an earlier definition had it, to be laid beside one that was frozen by it: as it is, where a
        kind has had one definition."""
        return self


class OccupancyReport(Report, frozen=True):
    """A site's month."""

    def as_defined(self, definition: str) -> OccupancyReport:
        """The report as a definition had it: to be laid beside one that was frozen by it."""
        if definition != FIRST_DEFINITION:
            return self
        content = {name: value for name, value in self.content.items() if name != "measures"}
        return OccupancyReport(content | {"definition": FIRST_DEFINITION})


def make_content(
    *,
    operator: Mapping[str, Any],
    site: Mapping[str, Any],
    month: Month,
    openings: list[Interval],
    measured: Measured,
    totals: Mapping[str, Amount],
    floors: Mapping[int, str],
    rows: Sequence[Content] | None,
) -> Content:
    """The report as data. `totals` by measure, `floors` by unit; without `rows` for a page, which reads some."""
    zone = ZoneInfo(str(site["zone"]))
    local = [(opening.start.astimezone(zone), opening.end.astimezone(zone)) for opening in openings]
    content = {
        "definition": DEFINITION,
        "operator": dict(operator),
        "site": dict(site),
        "month": str(month),
        "opening": {
            "days": len({start.date() for start, _ in local}),
            "minutes": sum(opening.minutes for opening in openings),
            "provisional": is_provisional(month.first, str(site["calendar"])),
            "intervals": [[start, end] for start, end in local],
        },
        "figures": [
            {**_sums(figure.measure, totals[figure.measure]), "units": figure.units} for figure in measured.figures
        ],
        "measures": [_sums(name, amount) for name, amount in totals.items()],
        "units": [
            {**_unit(line.unit, floors), "measures": list(line.measures), "available": line.available,
             "counted": line.counted}
            for line in measured.lines
        ],
        "unmeasured": [{**_unit(unit, floors), "reason": reason} for unit, reason in measured.unmeasured],
    }  # fmt: skip
    plain_content: Content = plain(content)
    return plain_content if rows is None else {**plain_content, "rows": rows}


def _sums(measure: str, amount: Amount) -> dict[str, Any]:
    below = None if amount.denominator is None else exact(amount.denominator)
    return {"measure": measure, "numerator": exact(amount.numerator), "denominator": below}


def _unit(unit: UnitFacts, floors: Mapping[int, str]) -> dict[str, Any]:
    return {
        "id": unit.id, "code": unit.code, "kind": unit.kind, "purpose": unit.purpose, "floor": floors[unit.id],
        "area_m2": exact(unit.area_m2), "since": unit.since, "until": unit.until,
    }  # fmt: skip


def list_rows(rows: Iterable[Row], holders: Mapping[int, Any], zone: ZoneInfo) -> list[Content]:
    """Rows as data, each with who stands behind its allocation (of `queries.uses_of`): an agreement's number, a
    resource's name, a closure's reason."""
    startups: dict[int | None, Content | None] = {None: None}
    found = []
    for row in rows:
        use = row.use
        holder = holders[use.allocation_id]
        startup_id = holder.startup_id
        if startup_id not in startups:
            startups[startup_id] = {"id": startup_id, "code": holder.code, "name": holder.name,
                                    "name_en": holder.name_en, "kind": holder.startup_kind}  # fmt: skip
        found.append(
            {
                "allocation": use.allocation_id,
                "unit": use.unit_id,
                "holder_kind": use.holder_kind,
                "holder": holder.holder_id,
                "label": holder.label or "",
                "label_en": holder.label_en or "",
                "startup": startups[startup_id],
                "from": row.start.astimezone(zone).isoformat(),
                "to": row.end.astimezone(zone).isoformat(),
                "counted": row.counted,
                "left_out": [[reason, amount] for reason, amount in row.left_out],
                "note": holder.void_reason or "",
            }
        )
    return found


def exact(value: Decimal) -> str:
    """A decimal as its shortest exact text: 2174.00 → 2174, 3363.50 → 3363.5."""
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def figures_from_rows(content: Content) -> list[dict[str, Any]]:
    """The figures added up anew from the report's own units and rows, as an outsider would."""
    counted: dict[int, int] = {}
    for row in content["rows"]:
        counted[row["unit"]] = counted.get(row["unit"], 0) + row["counted"]
    figures = []
    for measure in MEASURES:
        mine = [unit for unit in content["units"] if measure in unit["measures"]]
        weights = [Decimal(unit["area_m2"]) if measure == AREA else Decimal(1) for unit in mine]
        pairs = list(zip(weights, mine, strict=True))
        figures.append(
            {
                "measure": measure,
                "numerator": exact(_sum(weight * counted.get(unit["id"], 0) for weight, unit in pairs)),
                "denominator": exact(_sum(weight * unit["available"] for weight, unit in pairs)),
                "units": len(mine),
            }
        )
    return figures


def _sum(values: Iterable[Decimal]) -> Decimal:
    return sum(values, Decimal())


def instant(text: str) -> datetime:
    """An instant of the content, in the site's offset of that moment."""
    return datetime.fromisoformat(text)
