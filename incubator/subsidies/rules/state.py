"""What was given before, as far as caps, budgets and persons ask: read, added to, tried on. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from fractions import Fraction
from typing import Any

from msgspec import Struct, field

from incubator.core.periods import Month

Key = tuple[Any, ...]


def window_months(window: str, month: Month) -> list[Month]:
    """The months whose grants count against a cap's window that `month` is in: October's quarter is Oct, Nov, Dec."""
    if window == "month":
        return [month]
    if window == "quarter":
        return list(month.quarter_months)
    return [Month(month.year, number) for number in range(1, 13)]


def window_start(window: str, month: Month) -> date | None:
    """The day by which a window is known; None: of the whole life."""
    return None if window == "life" else window_months(window, month)[0].first


def cap_key(scheme_id: int, per: str, subject: int, window: str, month: Month) -> Key:
    """By what a cap's use is known: the scheme, whose it is, and its window."""
    return "cap", scheme_id, per, subject, window, window_start(window, month)


def budget_key(budget_id: int, startup_id: int | None = None) -> Key:
    """By what a budget's use is known, or a reservation's in it."""
    return "budget", budget_id, startup_id


class Tally(Struct):
    """Fen by key: what was used before, and on top of it what this run adds. `fork` tries without touching."""

    before: Mapping[Key, int] = field(default_factory=dict)
    added: dict[Key, int] = field(default_factory=dict)
    areas: dict[Key, Fraction] = field(default_factory=dict)
    """m² counted on a day, by scheme, party and day."""
    persons: dict[Key, int] = field(default_factory=dict)
    """For which startup a person was counted, by group, person and month."""
    chosen: dict[Key, int] = field(default_factory=dict)
    """The scheme that stands of a group, by group, party and month."""
    parent: Tally | None = None

    def used(self, key: Key) -> int:
        """What was used so far."""
        if self.parent is not None:
            return self.added.get(key, 0) + self.parent.used(key)
        return self.added.get(key, 0) + self.before.get(key, 0)

    def add(self, key: Key, minor: int) -> None:
        """Count what is given now."""
        self.added[key] = self.added.get(key, 0) + minor

    def area(self, key: Key) -> Fraction:
        """What was counted of an area on a day so far."""
        return self.areas.get(key, Fraction(0)) + (self.parent.area(key) if self.parent else 0)

    def add_area(self, key: Key, m2: Fraction) -> None:
        self.areas[key] = self.areas.get(key, Fraction(0)) + m2

    def counted_for(self, key: Key) -> int | None:
        """The startup that a person was counted for, if any."""
        return self.persons.get(key) or (self.parent.counted_for(key) if self.parent else None)

    def fork(self) -> Tally:
        """One to try on: what is added to it stays in it until it is kept."""
        return Tally(parent=self)

    def keep(self, tried: Tally) -> None:
        """Take over what was added to a fork."""
        for key, minor in tried.added.items():
            self.add(key, minor)
        for key, m2 in tried.areas.items():
            self.add_area(key, m2)
        self.persons.update(tried.persons)
