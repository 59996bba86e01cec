"""Reading somebody else's calendar: an .ics file becomes times with titles. Pure.

Recurrences are expanded (with their exceptions and moved days), days without hours are whole days of the site, and
times without a zone are the site's wall times.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from msgspec import Struct

from incubator.core.errors import N_, Refusal
from incubator.core.periods import Interval

if TYPE_CHECKING:
    from icalendar import Component

LARGEST = 1_000_000
"""Bytes."""
MOST_EVENTS, MOST_RECURRING, MOST_TIMES = 2_000, 50, 500
AHEAD = timedelta(days=396)
LONGEST_TITLE = 100
FINE = ("SECONDLY", "MINUTELY", "HOURLY", "BYSECOND", "BYMINUTE", "BYHOUR")
"""What no meeting recurs by; expanding it could take for ever."""


class Incoming(Struct, frozen=True):
    """One time of the file."""

    time: Interval
    title: str


class Read(Struct, frozen=True):
    """What a file holds: its coming times in order, and how many events have none."""

    times: list[Incoming]
    left_out: int
    """Events that are over, cancelled, without a length, or too far ahead."""


def read_calendar(content: bytes, zone: ZoneInfo, now: datetime) -> Read:
    """The times of the next thirteen months; Refusal where it is no calendar, or too much of one."""
    events = _events(content)
    if len(events) > MOST_EVENTS:
        raise Refusal(N_("The file has %(count)s events; at most %(most)s can be read."), field="file",
                      count=len(events), most=MOST_EVENTS)  # fmt: skip
    recurring = [event for event in events if "RRULE" in event or "RDATE" in event]
    if len(recurring) > MOST_RECURRING or any(_is_fine(event) for event in recurring):
        raise Refusal(N_("The file has too many recurring events, or such as recur by the hour."), field="file")
    found, kept = [], set()
    for event in _expand(events, now, now + AHEAD):
        if (incoming := _incoming(event, zone)) is not None and incoming.time.end > now:
            found.append(incoming)
            kept.add(str(event.get("UID", "")))
        if len(found) > MOST_TIMES:
            raise Refusal(N_("The file has more than %(most)s times in the next thirteen months; import it in parts."),
                          field="file", most=MOST_TIMES)  # fmt: skip
    if not found:
        raise Refusal(N_("The file has no times in the next thirteen months."), field="file")
    left_out = len({str(event.get("UID", "")) for event in events} - kept)
    return Read(sorted(found, key=lambda each: (each.time, each.title)), left_out)


def _events(content: bytes) -> list[Component]:
    from icalendar import Calendar  # noqa: PLC0415  few requests need it

    if len(content) > LARGEST:
        raise Refusal(N_("The file is larger than 1 MB."), field="file")
    try:
        calendars = Calendar.from_ical(content.decode("utf-8-sig"), multiple=True)
        events = [event for calendar in calendars for event in calendar.walk("VEVENT") if "DTSTART" in event]
    except (ValueError, KeyError, IndexError, AttributeError, TypeError):
        raise Refusal(N_("This is not an iCalendar file (.ics)."), field="file") from None
    if not calendars or any(calendar.name != "VCALENDAR" for calendar in calendars):
        raise Refusal(N_("This is not an iCalendar file (.ics)."), field="file")
    return events


def _is_fine(event: Component) -> bool:
    rules = event.get("RRULE", [])
    said = " ".join(each.to_ical().decode() for each in (rules if isinstance(rules, list) else [rules]))
    return any(word in said for word in FINE)


def _expand(events: Iterable[Component], first: datetime, last: datetime) -> list[Any]:
    import recurring_ical_events  # noqa: PLC0415  few requests need it
    from icalendar import Calendar  # noqa: PLC0415  few requests need it

    whole = Calendar()
    for event in events:
        whole.add_component(event)
    try:
        return list(recurring_ical_events.of(whole, skip_bad_series=True).between(first, last))
    except (ValueError, KeyError, TypeError, OverflowError, AttributeError):
        raise Refusal(N_("A date or a recurrence in the file can't be understood."), field="file") from None


def _incoming(event: Any, zone: ZoneInfo) -> Incoming | None:
    if str(event.get("STATUS", "")).upper() == "CANCELLED":
        return None
    try:
        start, end = _instant(event.start, zone), _instant(event.end, zone)
    except (ValueError, TypeError, AttributeError, OverflowError):  # a date that is none
        return None
    if start >= end:
        return None
    title = " ".join("".join(char if char.isprintable() else " " for char in str(event.get("SUMMARY", ""))).split())
    return Incoming(Interval(start, end), title[:LONGEST_TITLE])


def _instant(at: date | datetime, zone: ZoneInfo) -> datetime:
    if not isinstance(at, datetime):
        return datetime.combine(at, time(), zone).astimezone(UTC)
    return (at if at.tzinfo else at.replace(tzinfo=zone)).astimezone(UTC)
