"""When a request is late, whose turn it is, and how long it took: pure, over plain values."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

from msgspec import Struct

PRIORITIES = ("low", "normal", "high", "urgent")
MESSAGE_KINDS = ("message", "note", "resolution", "reopening", "change")
"""Words of either side; a note that staff alone see; what it was resolved by; why not; and what staff changed."""
MOST_PHOTOS = 5
REOPEN_DAYS = CLOSE_DAYS = 7
"""How long after it was resolved a startup may say that it is not; then it is closed by itself."""
LONGEST_TARGET = 60_000
"""Minutes of opening time: about a hundred working days."""


class Level(Struct, frozen=True):
    """Opening minutes to the first answer, and to the resolution."""

    answer_minutes: int
    resolve_minutes: int


USUAL_LEVELS = {
    "low": Level(960, 4800), "normal": Level(480, 1440), "high": Level(120, 480), "urgent": Level(30, 240),
}  # fmt: skip
"""What holds at a site that has set none: with eight hours a day, two days and ten for what has time, half an hour and
half a day for what has not."""


class RequestState(StrEnum):
    """Where a request stands."""

    OPEN = "open"
    WAITING = "waiting"
    RESOLVED = "resolved"
    CLOSED = "closed"


def state_of(waiting_since: datetime | None, resolved_at: datetime | None, closed_at: datetime | None) -> RequestState:
    """Closed before resolved before waiting for the startup; else it is the operator's turn."""
    if closed_at is not None:
        return RequestState.CLOSED
    if resolved_at is not None:
        return RequestState.RESOLVED
    return RequestState.OPEN if waiting_since is None else RequestState.WAITING


def is_late(due_at: datetime | None, done_at: datetime | None, stopped_at: datetime | None, now: datetime) -> bool:
    """Whether a target was missed, or is by now: what is not done is looked at as of when the clock stopped."""
    return due_at is not None and due_at < (done_at or stopped_at or now)


def may_reopen(resolved_at: datetime | None, now: datetime) -> bool:
    """Within seven days of the resolution: resolved on the 3rd at 15:00, until the 10th at 15:00."""
    return resolved_at is not None and now < resolved_at + timedelta(days=REOPEN_DAYS)

