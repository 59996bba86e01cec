"""What may be booked, at what price, and how it ends: pure. A page shows as free what `book` accepts."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from incubator.core.errors import N_, Conflict, Refusal
from incubator.core.money import Money
from incubator.core.periods import Interval, intersect, local_instant, merge, subtract
from incubator.pricing.rules import FIRST_DAY, LAST_DAY, check_day

LONGEST = timedelta(hours=24)
AHEAD_DAYS = 90
"""How far ahead a startup books; staff are not bound by it."""
GRACE = timedelta(minutes=5)
"""How late a booking that begins now may be sent."""
MINUTE = timedelta(minutes=1)
USUAL = timedelta(hours=1)
"""How long a booking is that a page proposes."""


def wall_period(on: date, start: time, end: time, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """The instants of two wall times of a local day; an end of 00:00 is the midnight after it.

    Refused for a day that nobody means (1900, 9999), and for a time that the clocks skip: in Berlin there is no
    02:30 on 29 March 2026. A time that exists twice is its first occurrence.
    """
    check_day(on, "on")
    return _instant(on, start, zone, "start"), (
        local_instant(on, 24 * 60, zone) if end == time(0) else _instant(on, end, zone, "end")
    )


def _instant(on: date, at: time, zone: ZoneInfo, field: str) -> datetime:
    instant = local_instant(on, at.hour * 60 + at.minute, zone)
    if at != time(0) and instant.astimezone(zone).time() != at.replace(second=0, microsecond=0):
        raise Refusal(N_("The clocks are changed on that day, and %(time)s does not exist."), field=field,
                      time=f"{at:%H:%M}")  # fmt: skip
    return instant


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
    start, end = wish.start.astimezone(UTC), wish.end.astimezone(UTC)
    if end <= start:
        yield Refusal(N_("The end must come after the start."), field="end")
        return
    if not FIRST_DAY <= start.date() <= LAST_DAY:
        yield Refusal(N_("%(day)s is not a day that can be meant: from 2000 to 2199."), field="on", day=start.date())
        return
    if end - start > LONGEST:
        yield Refusal(N_("A booking lasts 24 hours at most."), field="end")
    for at, field in ((start, "start"), (end, "end")):
        if not is_on_grid(at, wish.granularity_minutes, wish.zone):
            yield Refusal(N_("This is booked in steps of %(minutes)s minutes."), field=field,
                          minutes=wish.granularity_minutes)  # fmt: skip
    if wish.attendees is not None and wish.attendees < 1:
        yield Refusal(N_("Give at least one person, or leave it empty."), field="attendees")
    if wish.attendees is not None and wish.attendees > wish.capacity:
        yield Refusal(N_("This seats %(capacity)s."), field="attendees", capacity=wish.capacity)
    if wish.by_staff:
        return
    window = start_window(now)
    if start < window.start:
        yield Refusal(N_("This time has passed."), field="start")
    if start > window.end:
        yield Refusal(N_("You can book %(days)s days ahead."), field="on", days=AHEAD_DAYS)
    if not any(opening.start <= start < opening.end for opening in openings):
        yield Refusal(N_("The site is closed at %(start)s."), field="start", start=start.astimezone(wish.zone))


def start_window(now: datetime) -> Interval:
    """When a startup's booking may start: from five minutes ago to 90 days ahead."""
    return Interval(now - GRACE, now + timedelta(days=AHEAD_DAYS))


def is_on_grid(at: datetime, minutes: int, zone: ZoneInfo) -> bool:
    """Whether the site's wall clock shows a multiple of `minutes` since midnight: by 45, 09:45 does, 09:30 not."""
    local = at.astimezone(zone)
    return (local.hour * 60 + local.minute) % minutes == 0 and local.second == local.microsecond == 0


def snap(span: Interval, minutes: int, zone: ZoneInfo) -> Interval | None:
    """The part of a free span that can be booked in whole steps; None where that is nothing.

    In steps of 30 minutes, 10:07 to 11:50 can be booked from 10:30 to 11:30.
    """
    start = _ceil(span.start, minutes, zone)
    end = span.end.replace(second=0, microsecond=0)
    while end > start and not is_on_grid(end, minutes, zone):
        end -= MINUTE
    return Interval(start, end) if start < end else None


def _ceil(at: datetime, minutes: int, zone: ZoneInfo) -> datetime:
    # minute by minute: a change of clocks may move the grid under any greater step
    on = at.replace(second=0, microsecond=0)
    on += MINUTE if on < at else timedelta(0)
    while not is_on_grid(on, minutes, zone):
        on += MINUTE
    return on


def propose(span: Interval, minutes: int, zone: ZoneInfo) -> Interval:
    """What a page proposes of a free span that is on the grid: its first hour, in whole steps, or what there is."""
    return Interval(span.start, min(span.end, _ceil(span.start + USUAL, minutes, zone)))


def out_of_service(first: date, last: date | None, window: Interval, zone: ZoneInfo) -> list[Interval]:
    """The part of `window` in which a unit that serves from `first` to `last` (inclusive) can't be booked."""
    served = window
    if first > window.start.astimezone(zone).date():
        served_from = local_instant(first, 0, zone)
        if served_from >= window.end:
            return [window]
        served = Interval(served_from, window.end)
    if last is not None and last < window.end.astimezone(zone).date():
        served_until = local_instant(last, 24 * 60, zone)
        if served_until <= served.start:
            return [window]
        served = Interval(served.start, min(served.end, served_until))
    return subtract([window], [served])


def free_lanes(window: Interval, taken: Sequence[Sequence[Interval]], takes: str) -> list[list[Interval]]:
    """When a resource is free within `window`, as lanes: a booking must fit into one of them.

    `taken` holds each of its units' live allocations. One that takes all of its units has one lane: the time when
    none is taken. A pool (`any`) has one a unit: with P1 free from 9 to 10 and P2 from 10 to 11, nobody can sit
    from 9 to 11.
    """
    if takes == "all":
        return [subtract([window], [interval for unit in taken for interval in unit])]
    return [subtract([window], unit) for unit in taken]


def fits(lanes: Sequence[Sequence[Interval]], wanted: Interval) -> bool:
    """Whether one of the lanes has room for it."""
    return any(span.start <= wanted.start and wanted.end <= span.end for lane in lanes for span in lane)


def next_slots(
    lanes: Sequence[Sequence[Interval]], openings: Sequence[Interval], *, duration: timedelta, not_before: datetime,
    granularity_minutes: int, zone: ZoneInfo, accepts: Callable[[Interval], bool], count: int = 3,
) -> list[Interval]:  # fmt: skip
    """The first `count` times of `duration`, one after the other, that start on the grid, fit a lane within opening
    hours, and that `accepts` says yes to."""
    open_lanes = [intersect(lane, openings) for lane in lanes]
    found: list[Interval] = []
    earliest = not_before.astimezone(UTC)
    for span in merge(span for lane in open_lanes for span in lane):
        start = _ceil(max(span.start, earliest), granularity_minutes, zone)
        while len(found) < count and start + duration <= span.end:
            slot = Interval(start, start + duration)
            if fits(open_lanes, slot) and accepts(slot):
                found.append(slot)
                earliest = slot.end
            start = _ceil(max(start + MINUTE, earliest), granularity_minutes, zone)
    return found


@dataclass(frozen=True, slots=True)
class Consent:
    """The price that somebody had before their eyes when they confirmed; None: none yet."""

    minor: int | None


class PriceUnseen(Refusal):
    """The price was not shown yet; `price` is to be."""

    def __init__(self, price: Money) -> None:
        super().__init__(
            N_("This costs %(price)s. Nothing is booked yet: confirm once more if you agree."), price=price
        )
        self.price = price


class PriceChanged(Conflict):
    """Somebody changed the price after it was shown; `price` is the one that holds now."""

    def __init__(self, price: Money, seen: Money) -> None:
        super().__init__(
            N_("The price is now %(price)s, not %(seen)s. Nothing is booked yet: confirm once more if you agree."),
            price=price, seen=seen,
        )  # fmt: skip
        self.price = price


def check_consent(consent: Consent, price: Money) -> None:
    """Refused unless the price that was seen is the price: 75.00 seen, 90.00 now, and nothing is booked."""
    if consent.minor is None:
        raise PriceUnseen(price)
    if consent.minor != price.minor:
        raise PriceChanged(price, Money(consent.minor, price.currency))


class State(StrEnum):
    """Where a booking stands."""

    CONFIRMED = "confirmed"
    RUNNING = "running"
    OVER = "over"
    ENDED_EARLY = "ended_early"
    CANCELLED = "cancelled"


class Ending(StrEnum):
    """How a booking can be ended before its time."""

    CANCEL = "cancel"
    END_EARLY = "end_early"


@dataclass(frozen=True, slots=True)
class Standing:
    """A booking's period, and how long the ledger holds its unit (None: no longer at all)."""

    start: datetime
    end: datetime
    held_until: datetime | None
    cancelled: bool

    def state(self, now: datetime) -> State:
        """Where it stands at `now`; one that was ended early stays so for ever."""
        if self.cancelled:
            return State.CANCELLED
        if self.held_until is None or self.held_until < self.end:
            return State.ENDED_EARLY
        if self.end <= now:
            return State.OVER
        return State.RUNNING if self.start <= now else State.CONFIRMED

    def ending(self, now: datetime, *, by_staff: bool) -> Ending:
        """Before its start a booking is cancelled, and costs nothing; afterwards staff end it, and the price stays."""
        state = self.state(now)
        if state is State.CANCELLED:
            raise Conflict(N_("This booking is cancelled already."))
        if self.end <= now:
            raise Conflict(N_("This booking is over; it can no longer be cancelled."))
        if state is State.ENDED_EARLY:
            raise Conflict(N_("This booking was ended early already."))
        if state is State.RUNNING and not by_staff:
            raise Conflict(N_("This booking has begun; ask the front desk to end it early."))
        return Ending.END_EARLY if state is State.RUNNING else Ending.CANCEL
