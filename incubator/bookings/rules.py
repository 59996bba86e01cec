"""What may be booked: pure. A page shows as free what these rules let `book` accept."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from incubator.core.errors import N_, Refusal
from incubator.core.periods import Interval, merge, subtract

LONGEST = timedelta(hours=24)
AHEAD_DAYS = 90
"""How far ahead a startup books; staff are not bound by it."""
GRACE = timedelta(minutes=5)
"""How late a booking that begins now may be sent."""


@dataclass(frozen=True, slots=True)
class Wish:
    """A booking that somebody asks for, and what it must fit."""

    start: datetime
    end: datetime
    granularity_minutes: int
    capacity: int
    attendees: int | None
    zone: ZoneInfo
    by_staff: bool
    """Staff book past, far and closed times too: they answer for them."""


def refusals(wish: Wish, openings: Sequence[Interval], now: datetime) -> Iterator[Refusal]:
    """Everything that speaks against a wish, before the ledger is asked; nothing: it may be booked.

    `openings` are the site's opening times of the local day on which it starts. A startup's booking must start
    while the site is open; it may run past closing (17:00-19:00 at a site that closes at 18:00 is booked, charged
    for two hours, and one of them counts as use of opening hours).
    """
    if wish.end <= wish.start:
        yield Refusal(N_("The end must come after the start."), field="end")
        return
    if wish.end - wish.start > LONGEST:
        yield Refusal(N_("A booking lasts 24 hours at most."), field="end")
    if not (_on_grid(wish.start, wish) and _on_grid(wish.end, wish)):
        yield Refusal(N_("This is booked in steps of %(minutes)s minutes."), field="start",
                      minutes=wish.granularity_minutes)  # fmt: skip
    if wish.attendees is not None and wish.attendees > wish.capacity:
        yield Refusal(N_("This seats %(capacity)s."), field="attendees", capacity=wish.capacity)
    if wish.by_staff:
        return
    if wish.start < now - GRACE:
        yield Refusal(N_("This time has passed."), field="start")
    if wish.start > now + timedelta(days=AHEAD_DAYS):
        yield Refusal(N_("You can book %(days)s days ahead."), field="date", days=AHEAD_DAYS)
    if not any(opening.start <= wish.start < opening.end for opening in openings):
        yield Refusal(N_("The site is closed at %(start)s."), field="start", start=wish.start.astimezone(wish.zone))


def _on_grid(at: datetime, wish: Wish) -> bool:
    local = at.astimezone(wish.zone)
    minute = local.hour * 60 + local.minute
    return minute % wish.granularity_minutes == 0 and local.second == local.microsecond == 0


def free_spans(window: Interval, taken: Sequence[Sequence[Interval]], takes: str) -> list[Interval]:
    """When a resource is free within `window`; `taken` holds each of its units' live allocations.

    One that takes all of its units is free when none is taken, a pool (`any`) when at least one is not.
    """
    if takes == "all":
        return subtract([window], [interval for unit in taken for interval in unit])
    return merge(interval for unit in taken for interval in subtract([window], unit))


def next_slots(
    spans: Sequence[Interval], openings: Sequence[Interval], *, duration: timedelta, not_before: datetime,
    granularity_minutes: int, count: int = 3,
) -> list[Interval]:  # fmt: skip
    """The first `count` times of `duration` that are free and within opening hours, each starting on the grid."""
    found: list[Interval] = []
    step = timedelta(minutes=granularity_minutes)
    for span in spans:
        for opening in openings:
            common = span.intersection(opening)
            if common is None:
                continue
            start = _ceil(max(common.start, not_before), step)
            while start + duration <= common.end:
                found.append(Interval(start, start + duration))
                if len(found) == count:
                    return found
                start = _ceil(start + duration, step)
    return found


def _ceil(at: datetime, step: timedelta) -> datetime:
    midnight = at.replace(hour=0, minute=0, second=0, microsecond=0)
    steps = -((midnight - at) // step)
    return midnight + steps * step
