"""When a mail that could not be sent is tried again, and what there is to be told of."""

from __future__ import annotations

from datetime import timedelta

DELAYS = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 180, 360, 720, 1440))
"""After the first, second … refusal: in all a little under two days."""
SHORTEST_WAIT, LONGEST_WAIT = timedelta(minutes=1), timedelta(hours=1)


def retry_delay(attempts: int) -> timedelta | None:
    """How long to wait after the server's that many-th "not now"; None: the mail is given up.

    1 → a minute, 2 → five minutes, 8 → a day, 9 → given up.
    """
    return DELAYS[attempts - 1] if attempts <= len(DELAYS) else None


def wait_for_server(waited: timedelta) -> timedelta:
    """When a mail that has waited so long asks anew for a server that can't be reached: never given up.

    After ten minutes in five, after a day in an hour: a server that is away for a week loses nothing, and an hour after
    it is back all has left.
    """
    return min(max(waited / 2, SHORTEST_WAIT), LONGEST_WAIT)


KINDS: dict[str, bool] = {
    "confirmation": True,
    "change": True,
    "cancellation": True,
    "reminder": True,
    "approval": True,
    "waitlist": True,
    "arrival": True,
    "figures": True,
    "expiry": True,
    "limit": True,
    "request": True,
    "announcement": True,
    "agreement": True,
    "exit": True,
    "closure": False,
    "visit": False,
    "application": False,
    "review": True,
    "session": True,
    "mentoring": True,
    "voucher": True,
    "fapiao": True,
    "payment": True,
    "invoice": True,
    "selection": False,
    "dunning": False,
    "job": True,
}
"""What people are told of, and whether they can choose not to be: that a room is closed over their booking reaches
them in any case, and a visitor has nothing to choose."""

OUTCOMES = ("written", "unwanted", "stale")
"""A letter was written; its reader does not want that kind; or it was no longer true when it was to be written."""
