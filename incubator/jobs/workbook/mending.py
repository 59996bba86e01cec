"""A faulty row with something harmless in the place of what is wrong, so that its rest can be asked about, too."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from msgspec.structs import replace

from incubator.jobs.workbook.cells import Typed
from incubator.jobs.workbook.reading import Line
from incubator.jobs.workbook.sheets import BY_KEY

REFERENCES: dict[str, tuple[str, ...]] = {
    "units": ("site",), "resources": ("site", "units"), "tariffs": ("site",),
    "residencies": ("site", "company", "unit"), "bookings": ("site", "company", "resource"),
}  # fmt: skip
"""The columns by which a row refers to others."""

STAND_INS: dict[str, Typed] = {"decimal": Decimal(1), "integer": 15, "date": date(2026, 1, 1), "time": 9 * 60}


def put_aside(line: Line, field: str | None) -> Line | None:
    """The row with one more of its cells put aside; None where the refusal is of no cell of it."""
    if field is None or field not in line.cells:
        return None
    return replace(line, mended=line.mended | {field})


def with_stand_ins(line: Line, name: str, unit: str | None) -> Line | None:
    """The row with something harmless in each cell that is put aside: nothing where it may be empty; None where there
    is nothing harmless."""
    columns = {column.key: column for column in BY_KEY[line.sheet].columns}
    cells = dict(line.cells)
    for key in line.mended:
        column = columns[key]
        if not column.required:
            cells[key] = None
        elif key in REFERENCES.get(line.sheet, ()) and (key != "units" or unit is None):
            return None
        elif column.kind == "codes":
            cells[key] = [unit] if unit else None
        elif column.kind == "choice":
            cells[key] = list(column.choices or {})[-1]  # of a startup a team, of which the least is asked
        else:
            cells[key] = 18 * 60 if key in ("closes", "end") else STAND_INS.get(column.kind, name)
    return replace(line, cells=cells)
