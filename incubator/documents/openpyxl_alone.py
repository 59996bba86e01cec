"""openpyxl, without NumPy: it loads that wherever it is installed, to take its numbers for cells, and ours hold none.

The solver of mentors' rounds brings NumPy; the web processes are to do without (17 MB, and its threads), and without
openpyxl itself until the first workbook.
"""

from __future__ import annotations

import io
from typing import Any

from incubator.core.alone import without


def open_workbook(content: bytes, *, formulas: bool = False) -> Any:
    """A workbook as it is read row by row: the values of its cells, or the formulas behind them."""
    with without("numpy"):
        import openpyxl  # noqa: PLC0415  few requests need it

    return openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=not formulas, keep_links=False)


def column_letter(number: int) -> str:
    """1 → A, 26 → Z, 27 → AA."""
    letters = ""
    while number > 0:
        number, rest = divmod(number - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters
