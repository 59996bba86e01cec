"""CSV that Excel in China opens right: UTF-8 with its mark, and no cell that is a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal

from incubator.documents.cells import harmless

Cell = str | int | Decimal | date | datetime | None

MARK = "﻿"


def write_csv(headers: Sequence[str], rows: Iterable[Sequence[Cell]]) -> bytes:
    """The table as bytes. Numbers with a point and no grouping, dates in ISO 8601, text made harmless."""
    file = io.StringIO()
    file.write(MARK)
    writer = csv.writer(file, lineterminator="\r\n")
    writer.writerow([harmless(header) for header in headers])
    for row in rows:
        writer.writerow([_plain(cell) for cell in row])
    return file.getvalue().encode()


def _plain(cell: Cell) -> str:
    if cell is None:
        return ""
    if isinstance(cell, str):
        return harmless(cell)
    if isinstance(cell, Decimal):
        return format(cell, "f")
    if isinstance(cell, (datetime, date)):
        return cell.isoformat()
    return str(cell)
