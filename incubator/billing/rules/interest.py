"""Interest on what is paid late: by days, on what was open on each, rounded once. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

from msgspec import Struct

from incubator.core.money import round_half_up

BASES = ("none", "day", "year")
YEAR_DAYS = 365
"""Of a yearly rate, in leap years too: the daily rate is always a 365th."""
A_DAY = timedelta(days=1)


class Terms(Struct, frozen=True):
    """The rate from a day on. `rate` None: no interest."""

    valid_from: date
    basis: str = "none"
    rate: Decimal | None = None
    from_day: int = 1
    """The first day after the due day that counts."""
    cap: Decimal | None = None
    """The most that an invoice bears, as a share of it."""

    @property
    def daily(self) -> Fraction:
        """0.05 % a day is 1/2000; 3.65 % a year is 1/10000 a day."""
        if self.rate is None or self.basis == "none":
            return Fraction(0)
        return Fraction(self.rate) / (YEAR_DAYS if self.basis == "year" else 1)


class Move(Struct, frozen=True):
    """What was added to or taken from what is open, on a day."""

    on: date
    minor: int


class Agreed(Struct, frozen=True):
    """A plan of instalments, from the day on which it was agreed."""

    on: date
    parts: tuple[tuple[date, int], ...]


class Debt(Struct, frozen=True):
    """An invoice as interest asks of it."""

    due_on: date
    original_minor: int
    moves: tuple[Move, ...]
    interest_minor: int = 0
    """What of the invoice is interest itself: on that there is none, and payments go to it first."""
    plans: tuple[Agreed, ...] = ()
    """The earliest first."""

    @property
    def due_days(self) -> set[date]:
        """Every day on which something of it is or was due."""
        return {self.due_on, *(on for plan in self.plans for on, _minor in plan.parts)}

    @property
    def principal_minor(self) -> int:
        """What it was over before anything was paid, without interest."""
        return max(0, self.original_minor - self.interest_minor)

    def late_on(self, on: date, from_day: int) -> int:
        """The principal that was open when a day began and due `from_day` days before: what is paid on a day is late on
        that day still. By the plan of that day the parts that are not due wait; what no plan speaks of is due as the
        invoice was.

        Of 300.00, 200.00 of it agreed for 5 December: 100.00 are late until then, all of it after.
        """
        still = sum(move.minor for move in self.moves if move.on < on)
        parts = next((plan.parts for plan in reversed(self.plans) if plan.on <= on), ())
        rest = max(0, still - sum(minor for _due, minor in parts))
        waits = sum(minor for due, minor in (*parts, (self.due_on, rest)) if on < due + timedelta(days=from_day))
        return max(0, still - waits - max(0, still - self.principal_minor))


class Stretch(Struct, frozen=True):
    """Days of one principal and one rate."""

    first: date
    last: date
    principal_minor: int
    daily: Fraction

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1

    @property
    def exact_minor(self) -> Fraction:
        return self.principal_minor * self.daily * self.days


class Interest(Struct, frozen=True):
    """Interest up to a day, with how it comes about."""

    until: date
    stretches: tuple[Stretch, ...]
    amount_minor: int
    capped: bool = False

    def left_after(self, taken_minor: int) -> int:
        """What is still to be charged once so much was charged or waived; never less than nothing."""
        return max(0, self.amount_minor - taken_minor)


def terms_on(terms: Sequence[Terms], on: date) -> Terms | None:
    """Those that hold on a day; of one day the last entered. None before the first."""
    found = None
    for each in sorted(terms, key=lambda one: one.valid_from):
        if each.valid_from <= on:
            found = each
    return found


def interest_until(debt: Debt, terms: Sequence[Terms], until: date) -> Interest:
    """Interest from the first day that counts up to and including `until`, all of it, rounded once.

    10,000.00 due on 5 November at 0.05 % a day, 4,000.00 paid on the 15th, the rest on the 25th: 10 days on 10,000.00
    are 50.00, 10 on 6,000.00 are 30.00. Who charges a part of the time first takes it off afterwards, so that split
    periods add up to the fen.
    """
    stretches = tuple(_stretches(debt, terms, until))
    exact = sum((each.exact_minor for each in stretches), Fraction(0))
    holds = terms_on(terms, until)
    most = Fraction(debt.principal_minor) * Fraction(holds.cap) if holds and holds.cap is not None else None
    capped = most is not None and exact > most
    return Interest(until, stretches, round_half_up(most if capped and most is not None else exact), capped)


def _stretches(debt: Debt, terms: Sequence[Terms], until: date) -> Iterable[Stretch]:
    first, end = min(debt.due_days) + A_DAY, until + A_DAY
    cuts = {first, end, *(move.on + A_DAY for move in debt.moves), *(each.valid_from for each in terms),
            *(plan.on for plan in debt.plans),
            *(due + timedelta(days=each.from_day) for due in debt.due_days for each in terms)}  # fmt: skip
    days = sorted(day for day in cuts if first <= day <= end)
    for start, after in pairwise(days):
        holds = terms_on(terms, start)
        principal = debt.late_on(start, holds.from_day) if holds is not None else 0
        if holds is not None and principal and holds.daily:
            yield Stretch(start, after - A_DAY, principal, holds.daily)
