"""Which allowance pays which booking: pure, exact, and the same whenever it is asked.

The answer is worked out from what was granted and what is booked, never from what was answered before: an allowance
that is granted after the booking counts as one granted before it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from fractions import Fraction
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from incubator.core.money import round_half_up
from incubator.core.periods import Month

GrantKey = tuple[int, date | None]
"""An allowance, and the first day of the month that it was given for; None: given once."""

COMING = 2**62
"""The id, and those after it, by which bookings stand in line that are not made yet: last."""


class Terms(Struct, frozen=True):
    """An allowance as the rules read it: what it gives, for what, and on which local days."""

    allowance_id: int
    minutes: int
    monthly: bool
    first: date
    until: date | None
    """The day after the last; None: open-ended."""
    resource_kind: str | None = None
    site_id: int | None = None

    def grant_in(self, month: Month) -> Grant | None:
        """What it gives for a month, in full however few of its days are left; given once, it is the same for every
        month that it touches."""
        if not self.monthly:
            touches = self.first <= month.last and (self.until is None or self.until > month.first)
            return self._grant(None, self.first, self.until) if touches else None
        first, next_first = max(self.first, month.first), month.last + timedelta(days=1)
        until = next_first if self.until is None else min(self.until, next_first)
        return self._grant(month.first, first, until)

    def _grant(self, month: date | None, first: date, until: date | None) -> Grant | None:
        if until is not None and first >= until:
            return None
        return Grant(self.allowance_id, month, self.minutes, first, until, self.resource_kind, self.site_id)


class Grant(Struct, frozen=True):
    """Minutes that may be used from `first` to the day before `until`."""

    allowance_id: int
    month: date | None
    minutes: int
    first: date
    until: date | None
    resource_kind: str | None = None
    site_id: int | None = None

    @property
    def key(self) -> GrantKey:
        return self.allowance_id, self.month

    @property
    def turn(self) -> tuple[date, bool, bool, date, int]:
        """Earliest-expiring first; of those, what fits less else; the older."""
        return (self.until or date.max, self.resource_kind is None, self.site_id is None, self.first,
                self.allowance_id)  # fmt: skip

    def fits(self, use: Payable) -> bool:
        """Whether it may pay for a booking: by its day, its kind, its site."""
        return (
            self.first <= use.on
            and (self.until is None or use.on < self.until)
            and self.resource_kind in (None, use.resource_kind)
            and self.site_id in (None, use.site_id)
        )


class Payable(Struct, frozen=True):
    """A booking that stands and has a price."""

    booking_id: int
    since: datetime
    """Since when it stands as it does: made, or moved last. Who was first is served first."""
    on: date
    """The local day on which it starts."""
    minutes: int
    price_minor: int
    resource_kind: str
    site_id: int
    currency: str = "CNY"

    @property
    def turn(self) -> tuple[datetime, int]:
        return self.since, self.booking_id


class Share(Struct, frozen=True):
    """So many minutes of a booking are paid by a grant, and what they are worth at the booking's price."""

    grant: GrantKey
    booking_id: int
    minutes: int
    value_minor: int
    currency: str = "CNY"


def cover(grants: Collection[Grant], uses: Collection[Payable]) -> list[Share]:
    """Who is covered by what: in the order of the bookings, each by the grants that fit it, earliest-expiring first.

    90 minutes at 50.00 an hour cost 75.00; of a grant of 60 minutes, 60 are covered: 50.00, and 25.00 are left to
    pay. The value is rounded half up once for the whole booking and split so that its parts add up to it.

    More grants never make anybody pay more, nor does a booking that comes later or goes away.
    """
    left = {grant.key: grant.minutes for grant in grants}
    in_turn = sorted(grants, key=lambda grant: grant.turn)
    shares: list[Share] = []
    for use in sorted(uses, key=lambda use: use.turn):
        covered = 0
        for grant in in_turn:
            minutes = min(left[grant.key], use.minutes - covered)
            if minutes <= 0 or not grant.fits(use):
                continue
            left[grant.key] -= minutes
            value = worth(use, covered + minutes) - worth(use, covered)
            covered += minutes
            shares.append(Share(grant.key, use.booking_id, minutes, value, use.currency))
    return shares


def worth(use: Payable, minutes: int) -> int:
    """What the first minutes of a booking cost, rounded half up: 60 of 90 minutes at 75.00 are 50.00."""
    return round_half_up(Fraction(use.price_minor * minutes, use.minutes))


def list_grants(terms: Iterable[Terms], months: Iterable[Month]) -> list[Grant]:
    """What is given for these months, each once."""
    asked = sorted(set(months))
    found = {grant.key: grant for each in terms for month in asked if (grant := each.grant_in(month))}
    return sorted(found.values(), key=lambda grant: grant.turn)


class Window(Struct, frozen=True):
    """Local days, from `first` to the day before `until`; None: without an end."""

    first: date
    until: date | None

    def holds(self, on: date) -> bool:
        return self.first <= on and (self.until is None or on < self.until)


def reach(terms: Sequence[Terms], days: Collection[date]) -> Window:
    """All days on which a booking can be covered otherwise because of a change on these `days`.

    A month's grant ends with it; one that is given once ties the months together that it touches.
    """
    first = Month.of(min(days)).first
    until: date | None = _after(max(days))
    while True:
        window = Window(first, until)
        for each in terms:
            touches = each.until is None or each.until > first
            if each.monthly or not touches or (until is not None and each.first >= until):
                continue
            first = min(first, Month.of(each.first).first)
            if until is not None:
                until = None if each.until is None else max(until, _after(each.until - timedelta(days=1)))
        if window == Window(first, until):
            return window


def _after(on: date) -> date:
    return (Month.of(on) + 1).first


class Paid(Struct, frozen=True):
    """What an allowance pays of a booking, by its name: "10 h a month", 60 minutes, 50.00."""

    allowance_id: int
    name: str
    minutes: int
    value_minor: int

    def as_data(self) -> dict[str, Any]:
        """As JSON data, kept with the charge."""
        return {"name": self.name, "minutes": self.minutes, "value_minor": self.value_minor}


def paid_of(shares: Iterable[Share], names: Mapping[int, str]) -> tuple[Paid, ...]:
    """The shares of one booking by allowance, two months' grants of one allowance together."""
    found: dict[int, Paid] = {}
    for share in shares:
        allowance_id = share.grant[0]
        so_far = found.get(allowance_id, Paid(allowance_id, names[allowance_id], 0, 0))
        found[allowance_id] = replace(
            so_far, minutes=so_far.minutes + share.minutes, value_minor=so_far.value_minor + share.value_minor
        )
    return tuple(found.values())
