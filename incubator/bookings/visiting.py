"""Visits: who may come, how many of them, when one stands where, and how long a visitor's data are kept. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from msgspec import Struct

from incubator.bookings.terms import Place, Rule, RuleBroken
from incubator.core.errors import N_, Conflict, Refusal
from incubator.core.periods import Interval, local_instant

MOST_GUESTS = 20
"""How many are invited at once."""
VISIT_SOURCES = ("pass", "front_desk")
"""What shows that somebody came: their pass was scanned, or the front desk said so."""
WALK_IN = timedelta(hours=2)
"""How long a visit lasts, as far as the list is concerned, of somebody who just came in."""
FEWEST_DAYS, USUAL_DAYS, MOST_DAYS = 1, 30, 365
"""How many days after a visit the visitor's data may be kept."""


class Guest(Struct, frozen=True):
    """Whom somebody expects. Without an address they get no pass: the front desk knows of them."""

    name: str
    email: str = ""
    company: str = ""
    note: str = ""


class VisitState(StrEnum):
    """Where a visit stands."""

    EXPECTED = "expected"
    HERE = "here"
    LEFT = "left"
    MISSED = "missed"
    CANCELLED = "cancelled"


class Visit(Struct, frozen=True):
    """When somebody is expected, and what became of it."""

    expected: Interval
    zone: ZoneInfo
    arrived_at: datetime | None = None
    left_at: datetime | None = None
    cancelled_at: datetime | None = None

    @property
    def days(self) -> Interval:
        """The local days of the visit: a pass is good from the first midnight to the last, so that one may be early,
        or late."""
        first, last = (at.astimezone(self.zone).date() for at in (self.expected.start, self.expected.end - MOMENT))
        return Interval(local_instant(first, 0, self.zone), local_instant(last, 1440, self.zone))

    def state(self, now: datetime) -> VisitState:
        """Where it stands at `now`; who did not come is awaited until midnight."""
        if self.cancelled_at is not None:
            return VisitState.CANCELLED
        if self.left_at is not None:
            return VisitState.LEFT
        if self.arrived_at is not None:
            return VisitState.HERE
        return VisitState.EXPECTED if now < self.days.end else VisitState.MISSED

    def can_arrive(self, now: datetime) -> bool:
        """Whether they may be let in now."""
        return self.state(now) is VisitState.EXPECTED and now >= self.days.start

    def check_arrival(self, now: datetime) -> None:
        """Raise why nobody can be let in on this visit now."""
        state = self.state(now)
        if state is VisitState.CANCELLED:
            raise Conflict(N_("This visit is cancelled."))
        if state in (VisitState.HERE, VisitState.LEFT):
            raise Conflict(N_("They have arrived already."))
        if state is VisitState.MISSED:
            raise Conflict(N_("This visit is over: its day has passed."))
        if now < self.days.start:
            on = self.expected.start.astimezone(self.zone).date()
            raise Conflict(N_("This visit is expected on %(day)s."), day=on)

    def is_valid(self, now: datetime) -> bool:
        """Whether a pass still shows its code."""
        return self.state(now) in (VisitState.EXPECTED, VisitState.HERE)


MOMENT = timedelta(microseconds=1)


def anywhere_at(site_id: int) -> Place:
    """A site, for a visit that is for no room: only rules that ask for no more than the site hold."""
    return Place(site_id, 0, "")


def cap_refusal(
    rules: Iterable[Rule], here: Place, expected: Sequence[Place], more: int, on: date
) -> RuleBroken | None:
    """What a rule says to so many more visitors of a startup on a day, beside those who are `expected`; None: they
    may come. The strictest is named.

    At most 10 a day, 8 expected: two may be invited, three may not.
    """
    asking = [rule for rule in rules if rule.visitors_most is not None and rule.holds_for(here)]
    for rule in sorted(asking, key=lambda rule: rule.visitors_most or 0):
        used = sum(rule.holds_for(place) for place in expected)
        if used + more > (rule.visitors_most or 0):
            return RuleBroken(
                rule, N_("at most %(most)s visitors a day for each startup; expected on %(day)s already: %(used)s."),
                "guests", most=rule.visitors_most, day=on, used=used,
            )  # fmt: skip
    return None


def seats_refusal(capacity: int, attendees: int | None, visitors: int, field: str = "guests") -> Refusal | None:
    """What a room says to its visitors beside those who attend: one for 8 with 6 has room for 2; None: they fit."""
    if (attendees or 0) + visitors <= capacity:
        return None
    if attendees:
        return Refusal(N_("This seats %(capacity)s: %(attendees)s attend, and %(visitors)s would visit."), field=field,
                       capacity=capacity, attendees=attendees, visitors=visitors)  # fmt: skip
    return Refusal(N_("This seats %(capacity)s, and %(visitors)s would visit."), field=field, capacity=capacity,
                   visitors=visitors)  # fmt: skip


def kept_since(now: datetime, days: int) -> datetime:
    """Visits that ended before this are to be forgotten: asked on 31 October with 30 days, those before the 1st."""
    return now - timedelta(days=days)
