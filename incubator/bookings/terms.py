"""Booking rules as data: which hold for a resource, the strictest of them, and what counts in a quota. Pure.

See docs/decisions/0004-booking-rules.md: every rule that holds is asked by itself, so that a refusal can name it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from msgspec import Struct

from incubator.core.errors import N_, Phrase, Refusal
from incubator.core.periods import Interval, Month, local_instant

LONGEST = timedelta(hours=24)
"""How long a booking lasts at most where no rule says."""
AHEAD_DAYS = 90
"""How far ahead a startup books where no rule says."""

SCOPES = ("site_id", "resource_id", "resource_kind", "tag")
"""The fields that say where a rule holds."""
MEASURES = ("count", "minutes")
WINDOWS = ("at_once", "day", "week", "month")
HOLDERS = ("startup", "person")


class Place(Struct, frozen=True):
    """A resource, as far as a rule's scope asks."""

    site_id: int
    resource_id: int
    kind: str
    tags: frozenset[str] = frozenset()


class Circle(Struct, frozen=True):
    """A programme or plan whose startups a rule admits, and when those that are asked about are in it."""

    id: int
    name: str
    name_en: str = ""
    stays: tuple[tuple[int, date, date | None], ...] = ()
    """Startup, first and last day (inclusive; None: open-ended)."""

    def has(self, startup_ids: Collection[int], on: date) -> bool:
        """Whether one of the startups is in it on the day."""
        return any(startup_id in startup_ids and first <= on and (last is None or on <= last)
                   for startup_id, first, last in self.stays)  # fmt: skip

    def as_data(self) -> dict[str, Any]:
        """Which it is, not who is in it."""
        return {"id": self.id, "name": self.name, "name_en": self.name_en}


class Rule(Struct, frozen=True):
    """One booking rule: where it holds (None: everywhere), and what it asks (None: nothing)."""

    id: int
    name: str
    name_en: str = ""
    site_id: int | None = None
    resource_id: int | None = None
    resource_kind: str | None = None
    tag: str | None = None
    granularity_minutes: int | None = None
    shortest_minutes: int | None = None
    longest_minutes: int | None = None
    notice_minutes: int | None = None
    """How long before its start a booking must be made at the latest."""
    ahead_days: int | None = None
    buffer_before_minutes: int | None = None
    buffer_after_minutes: int | None = None
    quota_most: int | None = None
    quota_measure: str | None = None
    quota_window: str | None = None
    quota_of: str | None = None
    roles: tuple[str, ...] | None = None
    programmes: tuple[Circle, ...] | None = None
    """Only startups that are in one of them on the day of the booking."""
    approval_hours: int | None = None
    """How long a booking may wait for approval."""
    fee_percent: int | None = None
    fee_within_minutes: int | None = None
    """Cancelling later than this before the start costs `fee_percent` of the price."""
    check_in_minutes: int | None = None
    """How long after its start somebody must have come, or the rest of its time is given back."""
    strikes_most: int | None = None
    strikes_days: int | None = None
    """Who did not come to `strikes_most` bookings within so many days …"""
    pause_days: int | None = None
    """… books nothing here for so many days after the last one."""
    visitors_most: int | None = None
    """How many visitors a startup may expect here on one day; 0: none."""

    def holds_for(self, place: Place) -> bool:
        """Whether the place is in its scope."""
        return (
            self.site_id in (None, place.site_id)
            and self.resource_id in (None, place.resource_id)
            and self.resource_kind in (None, place.kind)
            and (self.tag is None or self.tag in place.tags)
        )

    def admits_role(self, roles: Collection[str]) -> bool:
        """Whether somebody with these roles may book."""
        return self.roles is None or any(role in roles for role in self.roles)

    def admits_startup(self, startup_ids: Collection[int], on: date) -> bool:
        """Whether it can be booked for one of the startups on the day."""
        return self.programmes is None or any(each.has(startup_ids, on) for each in self.programmes)

    def as_data(self) -> dict[str, Any]:
        """What it asks, as JSON data: empty demands are left out."""
        found = {name: getattr(self, name) for name in self.__struct_fields__}
        asked = {key: value for key, value in found.items() if value is not None}
        if self.programmes:
            asked["programmes"] = [each.as_data() for each in self.programmes]
        return asked | ({"roles": list(self.roles)} if self.roles else {})

    @classmethod
    def from_data(cls, data: dict[str, Any]) -> Rule:
        """The rule that `as_data` wrote."""
        values = {key: value for key, value in data.items() if key in cls.__struct_fields__}
        if "programmes" in values:
            values["programmes"] = tuple(Circle(**each) for each in values["programmes"])
        return cls(**(values | ({"roles": tuple(values["roles"])} if "roles" in values else {})))


class Terms(Struct, frozen=True, dict=True):
    """All rules that hold for a resource. What they come to is worked out once: a page asks it hour by hour."""

    rules: tuple[Rule, ...] = ()
    own_granularity: int = 1
    """The resource's own steps, in minutes."""

    @classmethod
    def of(cls, rules: Iterable[Rule], place: Place, own_granularity: int = 1) -> Terms:
        """The rules among `rules` that hold for the place, in the order of their ids."""
        holding = (rule for rule in rules if rule.holds_for(place))
        return cls(tuple(sorted(holding, key=lambda rule: rule.id)), own_granularity)

    def strictest(self, demand: str, choose: Callable[..., Any] = min) -> Rule | None:
        """The rule that asks the least (or with `choose=max` the most) of a demand; None: none speaks of it."""
        asking = [rule for rule in self.rules if getattr(rule, demand) is not None]
        found: Rule | None = choose(asking, key=lambda rule: getattr(rule, demand)) if asking else None
        return found

    def most(self, demand: str, default: int) -> int:
        """The least that the rules allow of something, or the house's default."""
        rule = self.strictest(demand)
        return default if rule is None else getattr(rule, demand)

    def least(self, demand: str) -> int:
        """The most that the rules ask of something, or 0."""
        rule = self.strictest(demand, max)
        return 0 if rule is None else getattr(rule, demand)

    @cached_property
    def granularity_minutes(self) -> int:
        """The steps that all rules and the resource can live with: 15 and 20 make 60."""
        asked = (rule.granularity_minutes for rule in self.rules if rule.granularity_minutes)
        return math.lcm(self.own_granularity, *asked)

    @cached_property
    def buffers(self) -> tuple[timedelta, timedelta]:
        """How long the units are kept free before and after."""
        return (timedelta(minutes=self.least("buffer_before_minutes")),
                timedelta(minutes=self.least("buffer_after_minutes")))  # fmt: skip

    @cached_property
    def quotas(self) -> tuple[Rule, ...]:
        return tuple(rule for rule in self.rules if rule.quota_most is not None)

    @property
    def approval_hours(self) -> int | None:
        """How long a booking may wait for approval: the shortest; None: it needs none."""
        rule = self.strictest("approval_hours")
        return None if rule is None else rule.approval_hours

    @property
    def check_in_minutes(self) -> int | None:
        """How long after its start somebody must have come: the shortest; None: nobody asks."""
        rule = self.strictest("check_in_minutes")
        return None if rule is None else rule.check_in_minutes

    @cached_property
    def strikes(self) -> tuple[Rule, ...]:
        return tuple(rule for rule in self.rules if rule.strikes_most is not None)

    def fitting(self, duration: timedelta) -> timedelta:
        """The duration nearest to the one that was wished for which the rules allow."""
        return max(min(duration, self.longest), self.shortest)

    @cached_property
    def longest(self) -> timedelta:
        """How long a booking may last, 24 hours where no rule says."""
        return timedelta(minutes=self.most("longest_minutes", int(LONGEST.total_seconds() // 60)))

    @cached_property
    def shortest(self) -> timedelta:
        """How long a booking must last."""
        return timedelta(minutes=self.least("shortest_minutes"))

    def open_to(self, roles: Iterable[str], startup_ids: Collection[int], on: date) -> bool:
        """Whether somebody with these roles may book for one of the startups on the day under all rules."""
        mine = set(roles)
        return all(rule.admits_role(mine) and rule.admits_startup(startup_ids, on) for rule in self.rules)

    def for_staff(self) -> Terms:
        """What binds staff of them: steps and buffers."""
        return Terms(tuple(
            Rule(rule.id, rule.name, rule.name_en, granularity_minutes=rule.granularity_minutes,
                 buffer_before_minutes=rule.buffer_before_minutes, buffer_after_minutes=rule.buffer_after_minutes)
            for rule in self.rules
        ), self.own_granularity)  # fmt: skip

    def fee(self, notice: timedelta) -> Rule | None:
        """The rule that makes a cancellation cost something, `notice` before the start: the dearest; None: none."""
        asking = [
            rule for rule in self.rules
            if rule.fee_percent and rule.fee_within_minutes is not None
            and notice < timedelta(minutes=rule.fee_within_minutes)
        ]  # fmt: skip
        return max(asking, key=lambda rule: rule.fee_percent or 0, default=None)

    def as_data(self) -> list[dict[str, Any]]:
        """As JSON data, kept with the booking."""
        return [rule.as_data() for rule in self.rules]

    @classmethod
    def from_data(cls, data: Iterable[dict[str, Any]]) -> Terms:
        return cls(tuple(Rule.from_data(each) for each in data))


class RuleBroken(Refusal):
    """A booking rule refuses; its sentence begins with the rule's name and gives its value."""

    def __init__(self, rule: Rule, message: str, field: str, **values: object) -> None:
        super().__init__(N_("%(rule)s: %(demand)s"), field=field, rule=rule, demand=Phrase(message, values))
        self.rule = rule


class Use(Struct, frozen=True):
    """A booking that counts in quotas, as it was planned."""

    interval: Interval
    place: Place
    startup_id: int | None
    person_id: int | None


class Asking(Struct, frozen=True):
    """Who asks for which time, as far as a quota wants to know."""

    interval: Interval
    startup_id: int | None
    person_id: int | None
    zone: ZoneInfo


def quota_window(window: str, start: datetime, zone: ZoneInfo) -> Interval:
    """The site's day, week (from Monday) or month in which `start` lies; for `at_once` the day."""
    on = start.astimezone(zone).date()
    if window == "month":
        return Month.of(on).interval(zone)
    first, days = (on - timedelta(days=on.weekday()), 7) if window == "week" else (on, 1)
    return Interval(local_instant(first, 0, zone), local_instant(first + timedelta(days=days), 0, zone))


def quota_refusal(rule: Rule, uses: Sequence[Use], asking: Asking) -> RuleBroken | None:
    """What the rule's quota says to one more booking beside `uses`; None: it fits.

    Eight hours a week, seven and a half booked: half an hour fits, an hour does not.
    """
    assert rule.quota_most is not None and rule.quota_window is not None
    mine = [use for use in uses if rule.holds_for(use.place) and _same_holder(rule, use, asking)]
    if rule.quota_window == "at_once":
        used, needed = _peak(mine, asking.interval), 1
    else:
        window = quota_window(rule.quota_window, asking.interval.start, asking.zone)
        inside = [use for use in mine if window.start <= use.interval.start < window.end]
        if rule.quota_measure == "minutes":
            used, needed = sum(use.interval.minutes for use in inside), asking.interval.minutes
        else:
            used, needed = len(inside), 1
    if used + needed <= rule.quota_most:
        return None
    return RuleBroken(rule, N_("%(limit)s; booked already: %(used)s."), "on", limit=quota_phrase(rule),
                      used=_amount(rule, used))  # fmt: skip


def _same_holder(rule: Rule, use: Use, asking: Asking) -> bool:
    if rule.quota_of == "person":
        return use.person_id is not None and use.person_id == asking.person_id
    return use.startup_id is not None and use.startup_id == asking.startup_id


def _peak(uses: Sequence[Use], interval: Interval) -> int:
    """How many of the uses are there at once at the busiest moment of `interval`."""
    inside = [common for use in uses if (common := use.interval.intersection(interval))]
    return max((sum(other.start <= each.start < other.end for other in inside) for each in inside), default=0)


def _amount(rule: Rule, amount: int) -> object:
    return timedelta(minutes=amount) if rule.quota_measure == "minutes" else amount


QUOTA_PHRASES = {
    ("startup", "at_once"): N_("at most %(most)s at once for each startup"),
    ("startup", "day"): N_("at most %(most)s a day for each startup"),
    ("startup", "week"): N_("at most %(most)s a week for each startup"),
    ("startup", "month"): N_("at most %(most)s a month for each startup"),
    ("person", "at_once"): N_("at most %(most)s at once for each person"),
    ("person", "day"): N_("at most %(most)s a day for each person"),
    ("person", "week"): N_("at most %(most)s a week for each person"),
    ("person", "month"): N_("at most %(most)s a month for each person"),
}


def quota_phrase(rule: Rule) -> Phrase:
    """`at most 8 h a week for each startup`."""
    assert rule.quota_most is not None and rule.quota_of is not None and rule.quota_window is not None
    amount = _amount(rule, rule.quota_most)
    most = amount if isinstance(amount, timedelta) else Phrase(N_("%(count)s bookings"), {"count": amount})
    return Phrase(QUOTA_PHRASES[rule.quota_of, rule.quota_window], {"most": most})
