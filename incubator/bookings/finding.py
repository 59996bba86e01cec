"""What fits a demand ("a room for 8 with a screen, 90 minutes, this week in the afternoon"), the best first. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from functools import partial

from msgspec import Struct
from msgspec.structs import replace

from incubator.bookings.availability import Line
from incubator.bookings.rules import next_slots
from incubator.bookings.suggesting import MOST_SLOTS, Offers
from incubator.core.periods import Interval, days_between, local_instant
from incubator.pricing.rules import Quote, free_quote, quote
from incubator.spaces.amenities import same_tag
from incubator.spaces.models import Resource, Site

DAY = 24 * 60
SEATED = ("meeting_room", "hall", "desk")
"""What people sit in: one bay for a car is no room for one."""
LATER = timedelta(days=7)
LENGTHS = (30, 45, 60, 90, 120, 180, 240, 480)
"""What a page offers, in minutes."""


class Demand(Struct, frozen=True):
    """What somebody looks for; None: whatever."""

    minutes: int
    first: date
    last: date
    from_minute: int = 0
    until_minute: int = DAY
    """The part of each of the days, in minutes of the site's clock."""
    kind: str | None = None
    people: int | None = None
    tags: tuple[str, ...] = ()
    site_id: int | None = None
    is_part: bool = False
    """Whether it is about some days of a longer demand: then one time of each is shown, as of all of them."""

    def first_days(self, count: int) -> tuple[Demand, Demand | None]:
        """The part of it that is about its first days, and the one about those that follow, if there are any."""
        if self.last - self.first < timedelta(days=count):
            return self, None
        soon = replace(self, last=self.first + timedelta(days=count - 1), is_part=True)
        return soon, replace(self, first=soon.last + timedelta(days=1), is_part=True)

    def week_after(self) -> Demand:
        """The same on the seven days that follow."""
        return replace(self, first=self.last + timedelta(days=1), last=self.last + LATER)

    def suits(self, resource: Resource) -> bool:
        """Whether it is what was asked for, at whatever time."""
        has = {same_tag(tag) for tag in resource.tags}
        return (
            self.site_id in (None, resource.site_id)
            and self.kind in (None, resource.kind)
            and (self.people is None or (resource.capacity >= self.people and resource.kind in SEATED))
            and all(same_tag(tag) in has for tag in self.tags)
        )


class Slot(Struct, frozen=True):
    """A time that can be had, and its price before allowances."""

    time: Interval
    quote: Quote


class Find(Struct, frozen=True):
    """A resource that suits, and up to three times: of one day the next three, of several the first of each day."""

    site: Site
    resource: Resource
    slots: tuple[Slot, ...]
    own_site: bool
    spare: int
    """Seats that would stay empty; 0 where nobody asked for seats."""

    @property
    def is_full(self) -> bool:
        """Whether it shows as many times as a page does."""
        return len(self.slots) == MOST_SLOTS

    @property
    def rank(self) -> tuple[bool, int, int, Interval, int]:
        """One's own site first, then the fewest empty seats, the lowest price, and the earliest time."""
        first = self.slots[0]
        return not self.own_site, self.spare, first.quote.gross_minor, first.time, self.resource.id


class Loosening(Struct, frozen=True):
    """A demand that asks for one thing less, and how much it finds."""

    what: str
    """`tag`, `kind`, `site`, `part`, `people`, `shorter` or `later`."""
    demand: Demand
    found: int
    tag: str = ""


def find(offers: Iterable[Offers], demand: Demand, own_site_id: int | None) -> list[Find]:
    """All that can be booked within the demand, the best first; nothing that `book` would refuse."""
    found = []
    for each in offers:
        for line in each.seen.lines:
            if demand.suits(line.resource) and (slots := _slots(each, line, demand)):
                site = each.seen.site
                spare = line.resource.capacity - demand.people if demand.people else 0
                found.append(Find(site, line.resource, tuple(slots), site.id == own_site_id, spare))
    return sorted(found, key=lambda each: each.rank)


def extend(found: Iterable[Find], later: Iterable[Find]) -> list[Find]:
    """What was found of a demand's first days, with the times of those that follow: three of each, the best first."""
    after = {each.resource.id: each for each in later}
    longer = [
        replace(each, slots=(each.slots + after.pop(each.resource.id).slots)[:MOST_SLOTS])
        if each.resource.id in after else each
        for each in found
    ]  # fmt: skip
    return sorted([*longer, *after.values()], key=lambda each: each.rank)


def loosen(offers: Sequence[Offers], later: Sequence[Offers], demand: Demand) -> list[Loosening]:
    """What would be found with one thing less, each by itself; only what finds something. `later` are the offers of
    the week after."""
    wider: list[tuple[str, Demand, str]] = [
        ("tag", replace(demand, tags=tuple(tag for tag in demand.tags if tag != each)), each) for each in demand.tags
    ]
    if demand.kind:
        wider.append(("kind", replace(demand, kind=None), ""))
    if demand.site_id:
        wider.append(("site", replace(demand, site_id=None), ""))
    if (demand.from_minute, demand.until_minute) != (0, DAY):
        wider.append(("part", replace(demand, from_minute=0, until_minute=DAY), ""))
    seats = max((line.resource.capacity for each in offers for line in each.seen.lines
                 if replace(demand, people=1).suits(line.resource)), default=0)  # fmt: skip
    if demand.people and 0 < seats < demand.people:
        wider.append(("people", replace(demand, people=seats), ""))
    if shorter := [each for each in LENGTHS if each < demand.minutes]:
        wider.append(("shorter", replace(demand, minutes=shorter[-1]), ""))
    found = [(what, each, len(find(offers, each, None)), tag) for what, each, tag in wider]
    after = demand.week_after()
    found.append(("later", after, len(find(later, after, None)), ""))
    return [Loosening(what, each, count, tag) for what, each, count, tag in found if count]


def _slots(offers: Offers, line: Line, demand: Demand) -> list[Slot]:
    days = list(days_between(demand.first, demand.last))
    found: list[Slot] = []
    for on in days:
        wanted = MOST_SLOTS if len(days) == 1 and not demand.is_part else 1
        found += [Slot(time, _price(offers, line, time, on)) for time in _times(offers, line, demand, on, wanted)]
        if len(found) >= MOST_SLOTS:
            break
    return found


def _times(offers: Offers, line: Line, demand: Demand, on: date, count: int) -> list[Interval]:
    zone = offers.seen.calendar.zone
    start, end = local_instant(on, demand.from_minute, zone), local_instant(on, demand.until_minute, zone)
    if start >= end or end <= offers.now:
        return []
    return next_slots(
        line.lanes, offers.seen.openings_within(line, on, Interval(start, end)),
        duration=timedelta(minutes=demand.minutes), not_before=max(start, offers.now),
        granularity_minutes=line.terms.granularity_minutes, zone=zone, accepts=partial(offers.accepts, line),
        count=count,
    )  # fmt: skip


def _price(offers: Offers, line: Line, time: Interval, on: date) -> Quote:
    if offers.startup_id is None:
        return free_quote(time.start, time.end)
    item = offers.price_of(line, on)
    assert item is not None  # else it would not be offered
    return quote(item, time.start, time.end)
