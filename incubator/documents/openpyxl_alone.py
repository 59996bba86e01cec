"""openpyxl, without NumPy: it loads that wherever it is installed, to take its numbers for cells, and ours hold none.

The solver of mentors' rounds brings NumPy; the web processes are to do without (17 MB, and its threads).
"""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType


def _import() -> ModuleType:
    had = sys.modules.get("numpy")
    sys.modules["numpy"] = None  # type: ignore[assignment] # how Python says that there is none
    try:
        return import_module("openpyxl")
    finally:
        del sys.modules["numpy"]
        if had is not None:
            sys.modules["numpy"] = had


openpyxl = _import()
