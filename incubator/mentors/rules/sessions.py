"""When a session may be, and where it stands. Pure: a page shows as free what the operation accepts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from enum import StrEnum

from msgspec import Struct

from incubator.core.errors import N_, Conflict, Refusal
from incubator.core.periods import Interval

STEP = 15
"""Minutes: sessions begin and end on the quarter of an hour."""
SHORTEST, LONGEST = 15, 480
LENGTHS = (30, 45, 60, 90, 120)
"""What a page offers, in minutes."""
AHEAD = timedelta(days=90)
"""How far ahead a session can be."""
GRACE = timedelta(minutes=5)
"""How late a session that begins now may be sent."""
MISSED_AFTER = timedelta(minutes=15)
"""How long one waits before saying that the other side did not come."""
SHOWN_FROM = 5
"""From how many answers on feedback about a mentor is shown, and counts for them in a suggestion."""


class State(StrEnum):
    """Where a session stands."""

    COMING = "coming"
    RUNNING = "running"
    TO_LOG = "to_log"
    TO_CONFIRM = "to_confirm"
    EVIDENT = "evident"
    MISSED = "missed"
    CANCELLED = "cancelled"


def state_of(
    start: datetime, end: datetime, now: datetime, *, is_cancelled: bool, is_missed: bool, is_logged: bool,
    is_evident: bool,
) -> State:  # fmt: skip
    """Where it stands at `now`: over without a log it waits for one, with a log for both sides' word."""
    if is_cancelled:
        return State.CANCELLED
    if is_missed:
        return State.MISSED
    if is_evident:
        return State.EVIDENT
    if is_logged:
        return State.TO_CONFIRM
    if now < start:
        return State.COMING
    return State.RUNNING if now < end else State.TO_LOG


class Wish(Struct, frozen=True):
    """A session that somebody asks for, and what it must fit."""

    start: datetime
    end: datetime
    name: object
    """The mentor's, for the sentences."""
    in_hours: bool
    """Whether all of it lies in the mentor's hours, exceptions counted."""
    appointed: bool
    """On the mentor's day on which it begins."""
    paused: bool
    booked_minutes: int
    """Of the mentor's month, without this one."""
    capacity_minutes: int
    by_mentor: bool = False
    """Mentors may meet outside of their hours and capacity, and while they pause: it is their time."""


def refusals(wish: Wish, now: datetime) -> Iterator[Refusal]:
    """All that speaks against a session before the ledger is asked; nothing: it may be booked.

    Of a capacity of 8 hours with 7.5 booked, half an hour is left: a session of an hour is refused.
    """
    minutes = int((wish.end - wish.start) / timedelta(minutes=1))
    if wish.end <= wish.start:
        yield Refusal(N_("The end must come after the start."), field="end")
        return
    if not SHORTEST <= minutes <= LONGEST:
        yield Refusal(N_("A session takes from 15 minutes to 8 hours."), field="minutes")
    if any(at.minute % STEP or at.second or at.microsecond for at in (wish.start, wish.end)):
        yield Refusal(N_("Sessions begin and end on the quarter of an hour."), field="start")
    if wish.start < now - GRACE:
        yield Conflict(N_("This time has passed; choose a later one."), field="start")
    if wish.start > now + AHEAD:
        yield Refusal(N_("Sessions can be booked up to 90 days ahead."), field="start")
    if not wish.appointed:
        yield Conflict(N_("%(mentor)s is not appointed on that day."), field="start", mentor=wish.name)
    if wish.by_mentor:
        return
    if wish.paused:
        yield Conflict(N_("%(mentor)s takes no new sessions at present."), mentor=wish.name)
    if not wish.in_hours:
        yield Conflict(N_("%(mentor)s has no hours at that time."), field="start", mentor=wish.name)
    left = wish.capacity_minutes - wish.booked_minutes
    if minutes > left:
        yield Conflict(
            N_("%(mentor)s has %(left)s minutes left in that month; choose a shorter session or a later month."),
            field="minutes", mentor=wish.name, left=max(left, 0),
        )  # fmt: skip


def starts_in(free: Sequence[Interval], minutes: int, not_before: datetime, step: int = 30) -> Iterator[datetime]:
    """When a session of that length can begin within free intervals, on the half hour of each interval's own start.

    Free from 14:00 to 16:00: an hour can begin at 14:00, 14:30 and 15:00.
    """
    for each in free:
        at = each.start
        while at + timedelta(minutes=minutes) <= each.end:
            if at >= not_before:
                yield at
            at += timedelta(minutes=step)


def check_held(held: Interval, booked: Interval, now: datetime) -> None:
    """Refused where a log says that they met for more than 8 hours, after now, or on quite another day."""
    minutes = int(held.duration / timedelta(minutes=1))
    if not 1 <= minutes <= LONGEST:
        raise Refusal(N_("Give a time of at most 8 hours."), field="held_until")
    if held.end > now:
        raise Refusal(N_("They can't have met in the future."), field="held_until")
    if abs(held.start - booked.start) > timedelta(days=2):
        raise Refusal(N_("That is more than two days from when it was booked: move the session instead."),
                      field="held_from")  # fmt: skip


def split_minutes(minutes: int, parts: int) -> list[int]:
    """Minutes shared out evenly, so that they add up: 50 over 3 fields is 17, 17, 16. None for no field."""
    if parts == 0:
        return []
    whole, rest = divmod(minutes, parts)
    return [whole + (place < rest) for place in range(parts)]


