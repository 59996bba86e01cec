"""What is true of holds: pure."""

from __future__ import annotations

from datetime import date

from incubator.core.errors import N_, Refusal

ENDINGS = ("signed", "released", "lapsed")
LONGEST_DAYS = 180
"""A unit that is kept for longer is as good as let."""


def check_hold(first: date, last: date, today: date) -> None:
    """A hold ends no earlier than it begins or today, and is no longer than half a year: one from 1 March may last
    until 27 August, its 180th day."""
    if last < first:
        raise Refusal(N_("The last day must not come before the first."), field="last")
    if last < today:
        raise Refusal(N_("This day is past already."), field="last")
    if (last - first).days >= LONGEST_DAYS:
        raise Refusal(N_("A hold lasts %(most)s days at most."), field="last", most=LONGEST_DAYS)
