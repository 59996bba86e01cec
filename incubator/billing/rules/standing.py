"""How an invoice stands: pure."""

from __future__ import annotations

from datetime import date
from enum import StrEnum


class Standing(StrEnum):
    """What of an invoice is paid, and whether that is late."""

    OPEN = "open"
    PART = "part"
    PAID = "paid"
    OVERDUE = "overdue"


def standing_of(original_minor: int, open_minor: int, due_on: date | None, today: date) -> Standing:
    """Paid where nothing is open; overdue from the day after the first due day of what is open on, however much is
    paid; else part or open.

    Of 600.00 due on the 15th, 200.00 paid: partly paid on the 15th, overdue on the 16th.
    """
    if open_minor == 0 or due_on is None:
        return Standing.PAID
    if due_on < today:
        return Standing.OVERDUE
    return Standing.PART if open_minor < original_minor else Standing.OPEN
