"""Who came: what was planned, what was used and how one knows; and what not coming leads to. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from msgspec import Struct

from incubator.bookings.terms import Place, Rule, RuleBroken, Terms
from incubator.core.errors import N_, Conflict
from incubator.core.periods import Interval

ARRIVAL_SOURCES = ("door", "front_desk", "person")
"""The code at the door was scanned; the front desk saw them; they said so themselves."""
EARLY = timedelta(minutes=15)
"""How long before its start somebody can arrive."""


class Attendance(Struct, frozen=True):
    """A booking, as far as coming and leaving goes."""

    planned: Interval
    check_in_until: datetime | None
    arrived_at: datetime | None = None
    arrival_source: str | None = None
    left_at: datetime | None = None
    no_show_at: datetime | None = None
    stands: bool = True
    """Neither cancelled nor waiting for approval."""

    @property
    def planned_minutes(self) -> int:
        return self.planned.minutes

    def actual_minutes(self, now: datetime) -> int | None:
        """From arriving (not before its start) to leaving or its end; None: nobody knows, or not over yet.

        Booked 10:00 to 11:30, arrived 10:04, left 11:00: planned 90, actual 56. Nobody came: 0.
        """
        if self.no_show_at is not None:
            return 0
        end = self.left_at or self.planned.end
        if self.arrived_at is None or now < end:
            return None
        start = max(self.arrived_at, self.planned.start)
        return Interval(start, end).minutes if start < end else 0

    def check_arrival(self, now: datetime) -> None:
        """Refused where nobody can arrive: too early, too late, already there, cancelled or given back."""
        if not self.stands:
            raise Conflict(N_("This booking does not stand: it is cancelled, or not approved yet."))
        if self.no_show_at is not None:
            raise Conflict(N_("Nobody came in time, and the rest was given back. Book it anew if it is still free."))
        if self.arrived_at is not None:
            raise Conflict(N_("You are checked in already."))
        if now >= self.planned.end or self.left_at is not None:
            raise Conflict(N_("This booking is over."))
        if now < self.planned.start - EARLY:
            raise Conflict(N_("It is too early: one can check in from %(minutes)s minutes before the start."),
                           minutes=int(EARLY.total_seconds() // 60))  # fmt: skip

    def can_arrive(self, now: datetime) -> bool:
        """Whether somebody can check in at `now`."""
        try:
            self.check_arrival(now)
        except Conflict:
            return False
        return True

    def is_missed(self, now: datetime) -> bool:
        """Whether its rest is to be given back: it had to be checked in by now, and nobody came."""
        asked = self.check_in_until is not None and self.check_in_until <= now
        return asked and self.stands and self.arrived_at is None and self.no_show_at is None and self.left_at is None


def check_in_deadline(terms: Terms, start: datetime, end: datetime, made_at: datetime) -> datetime | None:
    """By when somebody must have come by the rules it is booked under; None: nobody asks.

    Within 15 minutes of 10:00: 10:15. One that is booked while it runs (10:10, from 10:00) has its 15 minutes from
    then; and no deadline lies after the end.
    """
    minutes = terms.check_in_minutes
    return None if minutes is None else min(max(start, made_at) + timedelta(minutes=minutes), end)


class Strike(Struct, frozen=True):
    """A no-show that counts."""

    at: datetime
    place: Place


def strike_refusal(rule: Rule, strikes: Sequence[Strike], now: datetime, zone: ZoneInfo) -> RuleBroken | None:
    """What the rule says to somebody with these no-shows; None: they may book.

    Three within 30 days, and a pause of 7 days: with no-shows on the 1st, 10th and 20th one books again from the
    27th on.
    """
    assert rule.strikes_most is not None and rule.strikes_days is not None and rule.pause_days is not None
    mine = sorted(strike.at for strike in strikes if rule.holds_for(strike.place))
    window, pause = timedelta(days=rule.strikes_days), timedelta(days=rule.pause_days)
    until: datetime | None = None
    for first, last in zip(mine, mine[rule.strikes_most - 1 :], strict=False):
        if last - first < window and now < last + pause:
            until = last + pause
    if until is None:
        return None
    return RuleBroken(
        rule, N_("%(most)s times in %(days)s days nobody came; it can be booked again from %(until)s on."),
        "resource_id", most=rule.strikes_most, days=rule.strikes_days, until=until.astimezone(zone),
    )  # fmt: skip
