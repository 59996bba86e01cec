"""How many random cases a property is asked with."""

from __future__ import annotations

import os

EFFORT = int(os.environ.get("EFFORT", "1"))


def examples(few: int) -> int:
    """A few each time, for each run draws new ones; `EFFORT=10 make test` draws ten times as many."""
    return few * EFFORT
