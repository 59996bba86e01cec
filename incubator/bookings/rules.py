"""What may be booked and when, and how it ends: pure. A page shows as free what `book` accepts."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from msgspec import Struct
from msgspec import field as member

from incubator.accounts.permissions import Role
from incubator.accounts.words import ROLE_NAMES
from incubator.bookings.terms import AHEAD_DAYS, LONGEST, RuleBroken, Terms
from incubator.core.errors import N_, Conflict, Phrase, Refusal
from incubator.core.periods import Interval, intersect, local_instant, merge, subtract
from incubator.pricing.rules import FIRST_DAY, LAST_DAY, check_day
from incubator.spaces.rules import OwnHours, SiteCalendar, opening_intervals, resource_openings
from incubator.startups.rules.booking_limits import Limit, limit_of

GRACE = timedelta(minutes=5)
"""How late a booking that begins now may be sent."""
FARTHEST = timedelta(days=731)
"""How far ahead anybody books: 2198 is a slip of the keyboard."""
MINUTE = timedelta(minutes=1)
USUAL = timedelta(hours=1)
"""How long a booking is that a page proposes."""


def wall_period(on: date, start: time, end: time, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """The instants of two wall times of a local day; an end of 00:00 is the midnight after it.

    Refused for a day that nobody means (1900, 9999), and for a time that the clocks skip: in Berlin there is no
    02:30 on 29 March 2026. A time that exists twice is its first occurrence, but an end is the second one where only
    that comes after the start: from 02:45 to 02:15 on 25 October 2026 is half an hour.
    """
    check_day(on, "on")
    begins = _instant(on, start, zone, "start")
    ends = local_instant(on, 24 * 60, zone) if end == time(0) else _instant(on, end, zone, "end")
    again = datetime.combine(on, end, zone).replace(fold=1).astimezone(UTC)
    return begins, again if ends <= begins < again else ends


def is_typed(span: Interval, zone: ZoneInfo) -> bool:
    """Whether its wall times, typed into a form, mean just this: of the hour that comes twice only the first does."""
    start, end = span.start.astimezone(zone), span.end.astimezone(zone)
    return wall_period(start.date(), start.time(), end.time(), zone) == (span.start, span.end)


def _instant(on: date, at: time, zone: ZoneInfo, field: str) -> datetime:
    instant = local_instant(on, at.hour * 60 + at.minute, zone)
    if at != time(0) and instant.astimezone(zone).time() != at.replace(second=0, microsecond=0):
        raise Refusal(N_("The clocks are changed on that day, and %(time)s does not exist."), field=field,
                      time=f"{at:%H:%M}")  # fmt: skip
    return instant


class Doors(Struct, frozen=True):
    """When a resource is open on a local day, and when its site is: where they differ, a refusal names the resource."""

    name: str
    name_en: str
    on: date
    openings: tuple[Interval, ...]
    of_site: tuple[Interval, ...]
    note: str = ""
    """Why the day is an exception."""

    def __str__(self) -> str:
        return self.name

    def refusal(self, start: datetime, zone: ZoneInfo) -> Refusal | None:
        """Why nothing begins at `start`, where the site is open and the resource is not."""
        if not any(opening.start <= start < opening.end for opening in self.of_site):
            return None
        hours = tuple(_hours(opening, zone) for opening in self.openings)
        values = {"resource": self, "day": self.on} | ({"hours": hours} if hours else {})
        if self.note:
            message = (N_("%(resource)s is open %(hours)s on %(day)s: %(note)s") if hours
                       else N_("%(resource)s is not open on %(day)s: %(note)s"))  # fmt: skip
            return Refusal(message, field="start", note=self.note, **values)
        message = (N_("%(resource)s is open %(hours)s on %(day)s.") if hours
                   else N_("%(resource)s is not open on %(day)s."))  # fmt: skip
        return Refusal(message, field="start", **values)


def doors_of(name: str, name_en: str, calendar: SiteCalendar, own: OwnHours, on: date) -> Doors:
    """When the resource is open on `on`: when its site is and its own hours are."""
    exception = own.days.get(on)
    return Doors(
        name, name_en, on, tuple(resource_openings(calendar, own, on, on)),
        tuple(opening_intervals(calendar, on, on)), exception.note if exception else "",
    )  # fmt: skip


def _hours(span: Interval, zone: ZoneInfo) -> str:
    end = f"{span.end.astimezone(zone):%H:%M}"
    return f"{span.start.astimezone(zone):%H:%M}–{'24:00' if end == '00:00' else end}"


class Wish(Struct, frozen=True):
    """A booking that somebody asks for, and what it must fit."""

    start: datetime
    end: datetime
    terms: Terms
    capacity: int
    attendees: int | None
    zone: ZoneInfo
    by_staff: bool
    """Staff book past, far and closed times too: they answer for them."""
    roles: frozenset[Role] = frozenset()
    """Of whoever books."""
    startup_ids: Collection[int] = ()
    """For which it is booked; before that is chosen, those that it could be."""
    doors: Doors | None = None
    """What a refusal says of the resource's own hours."""
    grace: timedelta = GRACE
    """How late it may be sent; who stands at the door takes the step that runs."""
    limits: Mapping[int, Limit] = member(default_factory=dict)
    """By startup: who can't book for the time being."""


def refusals(wish: Wish, openings: Sequence[Interval], now: datetime) -> Iterator[Refusal]:
    """Everything that speaks against a wish, before the ledger is asked; nothing: it may be booked.

    `openings` are the resource's opening times of the local day on which it starts. A startup's booking must start
    while it is open; it may run past closing (17:00-19:00 at a site that closes at 18:00 is booked, charged
    for two hours, and one of them counts as use of opening hours).
    """
    start, end = wish.start.astimezone(UTC), wish.end.astimezone(UTC)
    if end <= start:
        yield Refusal(N_("The end must come after the start."), field="end")
        return
    if not FIRST_DAY <= start.date() <= LAST_DAY:
        yield Refusal(N_("%(day)s is not a day that can be meant: from 2000 to 2199."), field="on", day=start.date())
        return
    yield from _too_long(end - start, wish)
    for at, field in ((start, "start"), (end, "end")):
        yield from _off_grid(at, field, wish)
    if wish.attendees is not None and wish.attendees < 1:
        yield Refusal(N_("Give at least one person, or leave it empty."), field="attendees")
    if wish.attendees is not None and wish.attendees > wish.capacity:
        yield Refusal(N_("This seats %(capacity)s."), field="attendees", capacity=wish.capacity)
    if start > now + FARTHEST:
        yield Refusal(N_("A booking lies two years ahead at the most."), field="on")
    if wish.by_staff:
        return
    yield from _unfair(start, end, wish, now)
    if not any(opening.start <= start < opening.end for opening in openings):
        yield (wish.doors.refusal(start, wish.zone) if wish.doors else None) or _shut(start, openings, wish)


def _shut(start: datetime, openings: Sequence[Interval], wish: Wish) -> Refusal:
    """The site is closed then; where it is open at all on that day, when."""
    hours = tuple(_hours(each, wish.zone) for each in (wish.doors.of_site if wish.doors else openings))
    at = start.astimezone(wish.zone)
    if not hours:
        return Refusal(N_("The site is closed at %(start)s."), field="start", start=at)
    return Refusal(N_("The site is closed at %(start)s; open that day: %(hours)s."), field="start", start=at,
                   hours=hours)  # fmt: skip


def _too_long(length: timedelta, wish: Wish) -> Iterator[Refusal]:
    rule = wish.terms.strictest("longest_minutes")
    longest = timedelta(minutes=rule.longest_minutes) if rule and rule.longest_minutes else LONGEST
    if wish.by_staff:
        rule, longest = None, max(longest, LONGEST)
    if length > longest and rule:
        yield RuleBroken(rule, N_("a booking lasts %(longest)s at most."), "end", longest=longest)
    elif length > longest:
        yield Refusal(N_("A booking lasts 24 hours at most."), field="end")


def _off_grid(at: datetime, field: str, wish: Wish) -> Iterator[Refusal]:
    if not is_on_grid(at, wish.terms.own_granularity, wish.zone):
        yield Refusal(N_("This is booked in steps of %(minutes)s minutes."), field=field,
                      minutes=wish.terms.own_granularity)  # fmt: skip
    for rule in wish.terms.rules:
        if rule.granularity_minutes and not is_on_grid(at, rule.granularity_minutes, wish.zone):
            step = timedelta(minutes=rule.granularity_minutes)
            yield RuleBroken(rule, N_("it is booked in steps of %(step)s."), field, step=step)


def _unfair(start: datetime, end: datetime, wish: Wish, now: datetime) -> Iterator[Refusal]:
    """What is there for fairness among startups: staff are not bound by it."""
    terms = wish.terms
    if limit := limit_of(wish.limits, wish.startup_ids):
        yield limit.refusal
    for each in terms.rules:
        if not each.admits_role(wish.roles):
            names = tuple(Phrase(ROLE_NAMES[Role(role)]) for role in each.roles or ())
            yield RuleBroken(each, N_("only these book it: %(roles)s."), "resource_id", roles=names)
        if not each.admits_startup(wish.startup_ids, start.astimezone(wish.zone).date()):
            yield RuleBroken(each, N_("it is booked for startups in one of these: %(programmes)s."), "startup_id",
                             programmes=each.programmes)  # fmt: skip
    rule = terms.strictest("shortest_minutes", max)
    if rule and end - start < (shortest := timedelta(minutes=rule.shortest_minutes or 0)):
        yield RuleBroken(rule, N_("a booking lasts %(shortest)s at least."), "end", shortest=shortest)
    window = start_window(now, terms)
    if start < now - wish.grace:
        yield Refusal(N_("This time has passed."), field="start")
    elif start < window.start and (rule := terms.strictest("notice_minutes", max)):
        notice = timedelta(minutes=rule.notice_minutes or 0)
        yield RuleBroken(rule, N_("it must be booked %(notice)s ahead at the latest."), "start", notice=notice)
    if start > window.end:
        rule = terms.strictest("ahead_days")
        if rule:
            yield RuleBroken(rule, N_("it can be booked %(days)s days ahead at the most."), "on", days=rule.ahead_days)
        else:
            yield Refusal(N_("You can book %(days)s days ahead."), field="on", days=AHEAD_DAYS)


def start_window(now: datetime, terms: Terms) -> Interval:
    """When a startup's booking may start: from five minutes ago, or as much later as a rule asks for notice, to as
    far ahead as the rules allow (90 days where none speaks)."""
    notice = timedelta(minutes=terms.least("notice_minutes")) or -GRACE
    first, last = now + notice, now + timedelta(days=terms.most("ahead_days", AHEAD_DAYS))
    return Interval(first, max(last, first + MINUTE))


def is_on_grid(at: datetime, minutes: int, zone: ZoneInfo) -> bool:
    """Whether the site's wall clock shows a multiple of `minutes` since midnight: by 45, 09:45 does, 09:30 not."""
    local = at.astimezone(zone)
    return _past_grid(local, minutes) == local.second == local.microsecond == 0


def _past_grid(local: datetime, minutes: int) -> int:
    return (local.hour * 60 + local.minute) % minutes


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
    on = at.replace(second=0, microsecond=0)
    on += MINUTE if on < at else timedelta(0)
    local = on.astimezone(zone)
    if (past := _past_grid(local, minutes)) == 0:
        return on
    then = on + (minutes - past) * MINUTE
    there = then.astimezone(zone)
    if (there.date(), there.utcoffset()) == (local.date(), local.utcoffset()):
        return then
    while not is_on_grid(on, minutes, zone):  # the grid begins anew at midnight, and moves where the clocks do
        on += MINUTE
    return on


def propose(span: Interval, terms: Terms, zone: ZoneInfo) -> Interval | None:
    """What a page proposes of a free span that is on the grid: its first hour, in whole steps, or what there is; as
    near to that as the rules allow. None where nothing in it is long enough."""
    step = terms.granularity_minutes
    end = min(span.end, _ceil(span.start + terms.fitting(USUAL), step, zone))
    while end > span.start and (end - span.start > terms.longest or not is_on_grid(end, step, zone)):
        end -= MINUTE
    return Interval(span.start, end) if end - span.start >= max(MINUTE, terms.shortest) else None


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
        if len(found) == count:
            break
        start = _ceil(max(span.start, earliest), granularity_minutes, zone)
        while len(found) < count and start + duration <= span.end:
            slot = Interval(start, start + duration)
            if fits(open_lanes, slot) and accepts(slot):
                found.append(slot)
                earliest = slot.end
            start = _ceil(max(start + MINUTE, earliest), granularity_minutes, zone)
    return found


class State(StrEnum):
    """Where a booking stands."""

    AWAITING = "awaiting"
    CONFIRMED = "confirmed"
    RUNNING = "running"
    OVER = "over"
    ENDED_EARLY = "ended_early"
    CANCELLED = "cancelled"


class Ending(StrEnum):
    """How a booking can be ended before its time."""

    CANCEL = "cancel"
    END_EARLY = "end_early"


class Standing(Struct, frozen=True):
    """A booking's period, and how long the ledger holds its unit (None: no longer at all)."""

    start: datetime
    end: datetime
    held_until: datetime | None
    cancelled: bool
    awaiting: bool = False
    """Whether it waits for approval, and does not stand before."""

    def state(self, now: datetime) -> State:
        """Where it stands at `now`; one that was ended early stays so for ever."""
        if self.cancelled:
            return State.CANCELLED
        if self.held_until is None or self.held_until < self.end:
            return State.ENDED_EARLY
        if self.awaiting:
            return State.AWAITING
        if self.end <= now:
            return State.OVER
        return State.RUNNING if self.start <= now else State.CONFIRMED

    def ending(self, now: datetime) -> Ending:
        """Before its start a booking is cancelled, and costs nothing; afterwards it is ended, and the price stays."""
        state = self.state(now)
        if state is State.CANCELLED:
            raise Conflict(N_("This booking is cancelled already."))
        if self.end <= now:
            raise Conflict(N_("This booking is over; it can no longer be cancelled."))
        if state is State.ENDED_EARLY:
            raise Conflict(N_("This booking was ended early already."))
        if state is State.AWAITING:
            return Ending.CANCEL
        return Ending.END_EARLY if state is State.RUNNING else Ending.CANCEL
