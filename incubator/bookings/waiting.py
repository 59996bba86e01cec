"""Waiting for time that is taken: how long an offer is kept, and which time of a window it is. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta

from incubator.core.errors import N_, Refusal
from incubator.core.periods import Interval

WAIT_ENDS = ("taken", "withdrawn", "passed", "lapsed")
"""They took the offer; they left the line; the time went by; they did not answer in time."""
LONGEST_OFFER = timedelta(hours=2)
LONGEST_WINDOW = timedelta(days=62)
MOST_WAITS = 20
"""How many waits one person can have at once."""


def offer_until(now: datetime, start: datetime) -> datetime:
    """How long an offer is kept: two hours, but at most half of what is left until it begins, so that the next in
    line has a chance, too. Offered at 09:00 for 10:00: until 09:30."""
    return min(now + LONGEST_OFFER, now + max(start - now, timedelta(0)) / 2)


def check_window(window: Interval, duration: timedelta, now: datetime) -> None:
    """Refused for a window that is over, that is too short for what is wished, or that nobody can wait for."""
    if duration > window.duration:
        raise Refusal(N_("The window is shorter than the booking that you wait for."), field="until")
    if window.end - duration <= now:
        raise Refusal(N_("This time has passed."), field="start")
    if window.duration > LONGEST_WINDOW:
        raise Refusal(N_("A window of %(days)s days is the most."), field="until", days=LONGEST_WINDOW.days)
