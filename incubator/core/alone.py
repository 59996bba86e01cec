"""Libraries without what they would take along wherever it is installed, and we have no use for."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from threading import RLock

_turn = RLock()


@contextmanager
def without(name: str) -> Iterator[None]:
    """What is imported meanwhile finds no library of this name."""
    with _turn:
        had = sys.modules.get(name)
        sys.modules[name] = None  # type: ignore[assignment] # how Python says that there is none
        try:
            yield
        finally:
            del sys.modules[name]
            if had is not None:
                sys.modules[name] = had
