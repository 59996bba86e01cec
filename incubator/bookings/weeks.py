"""A site's week: each resource's seven days as strips, with how long each can still be booked."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from msgspec import Struct
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.bookings.availability import Line, Survey, survey
from incubator.bookings.months import WEEK, MonthDay, see_month_day
from incubator.bookings.timeline import (
    KINDS,
    Day,
    Row,
    Stretch,
    begins_within,
    free_times,
    list_bookings_of,
    stretches_of,
)  # fmt: skip
from incubator.core.periods import Interval, days_between, intersect, local_day, merge, subtract
from incubator.spaces.models import Resource, Site
from incubator.spaces.operations.sites import today_at

DAY = 24 * 60


class Strip(Struct, frozen=True):
    """A stretch of one day as it is drawn: from which minute of the wall clock, how many, and as what."""

    start: int
    length: int
    kind: str
    """`open`, or one of `timeline.KINDS`."""


class WeekCell(Struct, frozen=True):
    """One resource on one day."""

    day: MonthDay
    strips: tuple[Strip, ...]
    """Opening times first, then what is taken of them, in the order in which they are drawn."""


class WeekRow(Struct, frozen=True):
    """One resource's week."""

    resource: Resource
    cells: list[WeekCell]


class Week(Struct, frozen=True):
    """A site's week from Monday, in eight statements, however many resources and bookings there are."""

    site: Site
    days: list[date]
    rows: list[WeekRow]
    hours: tuple[int, int]
    """The first and last full hour that is drawn of each day."""
    kinds: list[str]
    """The kinds of stretches of this week, for its legend."""

    @property
    def drawn(self) -> str:
        """The minutes of a day that strips show, as the drawing's viewBox."""
        first, last = self.hours
        return f"{first * 60} 0 {(last - first) * 60} 100"


def monday_of(on: date) -> date:
    """The Monday of its week."""
    return on - timedelta(days=on.weekday())


def see_week(session: Session, actor: Actor, site: Site, on: date, now: datetime) -> Week:
    """The week of `on` as this actor may see it: of what others book a startup's people see only that it is taken."""
    days = list(days_between(monday_of(on), monday_of(on) + timedelta(days=WEEK - 1)))
    seen = survey(session, actor, site, days[0], days[-1])
    bookings = list_bookings_of(session, [each for line in seen.lines for unit in line.held for each in unit])
    taken = {line.resource.id: stretches_of(actor, line.resource.id, line.held, bookings, seen.window)
             for line in seen.lines}  # fmt: skip
    openings = {line.resource.id: {each: seen.openings_of(line, each, each) for each in days} for line in seen.lines}
    rows = [
        WeekRow(line.resource, [
            _cell(actor, seen, line, each, openings[line.resource.id][each], taken[line.resource.id], now)
            for each in days
        ])
        for line in seen.lines
    ]  # fmt: skip
    as_days = [
        Day(site, each, [Row(line.resource, _of_day(taken[line.resource.id], each, seen.calendar.zone), [], [])
                         for line in seen.lines], seen.openings(each, each))
        for each in days
    ]  # fmt: skip
    hours = min(each.shown_hours[0] for each in as_days), max(each.shown_hours[1] for each in as_days)
    kinds = [kind for kind in KINDS if any(s.kind == kind for row in rows for c in row.cells for s in c.strips)]
    return Week(site, days, rows, hours, kinds)


def _of_day(stretches: Sequence[Stretch], on: date, zone: ZoneInfo) -> list[Stretch]:
    midnight = local_day(on, zone)
    return [each for each in stretches if each.start < midnight.end and midnight.start < each.end]


def _cell(
    actor: Actor, seen: Survey, line: Line, on: date, openings: Sequence[Interval], taken: Sequence[Stretch],
    now: datetime,
) -> WeekCell:  # fmt: skip
    zone, begins = seen.calendar.zone, begins_within(actor, line.terms, on, now)
    free = free_times(actor, line, intersect(openings, [begins]) if begins else [], now, zone)
    today = today_at(seen.site, now)
    over = on < today or bool(on == today and openings and openings[-1].end <= now)
    day = see_month_day(
        on, openings, line.lanes, [Interval(each.start, each.end) for each in free], free[0].proposed if free else None,
        begins=begins, over=over, exception=on in line.own.days,
    )  # fmt: skip
    of_day = _of_day(taken, on, zone)
    if line.resource.takes == "any":  # one of forty desks that is taken takes nothing of the pool
        full = subtract(openings, merge(span for lane in line.lanes for span in lane))
        drawn = [(span, "taken") for span in full] + [
            (Interval(s.start, s.end), s.kind) for s in of_day if s.kind == "own"
        ]
    else:
        drawn = [(Interval(each.start, each.end), each.kind) for each in of_day]
    spans = [(span, "open") for span in openings] + drawn
    return WeekCell(day, tuple(_strip(span, kind, on, zone) for span, kind in spans))


def _strip(span: Interval, kind: str, on: date, zone: ZoneInfo) -> Strip:
    start, end = _minute(span.start, on, zone), _minute(span.end, on, zone)
    return Strip(start, end - start, kind)


def _minute(at: datetime, on: date, zone: ZoneInfo) -> int:
    """The minute of the wall clock on a day, 0 to 1440: what lies beyond its midnights is drawn to them."""
    local = at.astimezone(zone)
    if local.date() != on:
        return 0 if local.date() < on else DAY
    return local.hour * 60 + local.minute
