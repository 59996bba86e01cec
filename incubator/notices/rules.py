"""When a mail that could not be sent is tried again."""

from __future__ import annotations

from datetime import timedelta

DELAYS = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 180, 360, 720, 1440))
"""After the first, second … attempt: in all a little under two days."""


def retry_delay(attempts: int) -> timedelta | None:
    """How long to wait after that many failed attempts; None: it is given up.

    1 → a minute, 2 → five minutes, 8 → a day, 9 → given up.
    """
    return DELAYS[attempts - 1] if attempts <= len(DELAYS) else None
