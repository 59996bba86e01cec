"""Bookings as iCalendar (RFC 5545): what a calendar program shows, and keeps right when they change. Pure.

An entry keeps its UID for ever; each change raises its SEQUENCE, and a cancelled one stays with STATUS:CANCELLED, so
that programs take it away.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from msgspec import Struct

from incubator.bookings.queries import BookingRow
from incubator.core.errors import N_
from incubator.documents.formats import named

if TYPE_CHECKING:
    from icalendar import Event

PRODUCT = "-//Incubator//Bookings//EN"
REFRESH = timedelta(hours=1)
MEDIA_TYPE = "text/calendar; charset=utf-8"

Say = Callable[[str], str]


class Entry(Struct, frozen=True):
    """One event of a calendar."""

    uid: str
    start: datetime
    end: datetime
    summary: str
    stamped_at: datetime
    """When it last became as it is."""
    sequence: int = 0
    status: str = "CONFIRMED"
    location: str = ""
    link: str = ""


def calendar_text(entries: Iterable[Entry], name: str) -> bytes:
    """A calendar of these entries, as programs subscribe to it or open it: the same entries give the same bytes."""
    from icalendar import Calendar  # noqa: PLC0415  few requests need it

    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", name)
    calendar.add("refresh-interval", REFRESH, parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", "PT1H")
    for entry in entries:
        calendar.add_component(_event(entry))
    return bytes(calendar.to_ical())


def _event(entry: Entry) -> Event:
    from icalendar import Event  # noqa: PLC0415  few requests need it

    event = Event()
    event.add("uid", entry.uid)
    event.add("dtstamp", entry.stamped_at.astimezone(UTC))
    event.add("last-modified", entry.stamped_at.astimezone(UTC))
    event.add("dtstart", entry.start.astimezone(UTC))
    event.add("dtend", entry.end.astimezone(UTC))
    event.add("sequence", entry.sequence)
    event.add("status", entry.status)
    event.add("summary", entry.summary)
    if entry.location:
        event.add("location", entry.location)
    if entry.link:
        event.add("url", entry.link)
    return event


def entry_of(row: BookingRow, *, locale: str, say: Say, base_url: str, for_all: bool = False) -> Entry:
    """A booking as it stands. `for_all`: in a calendar of the resource, where its name is who has booked."""
    booking, resource = row.booking, named(row.resource, locale)
    whose = named(row.startup, locale) if row.startup else say(N_("Own use"))
    title = " · ".join(part for part in (booking.title, whose) if part) if for_all else booking.title or resource
    moments = (booking.created_at, booking.moved_at, booking.approved_at, booking.cancelled_at, booking.left_at,
               booking.no_show_at, booking.arrived_at)  # fmt: skip
    between = "，" if locale == "zh_Hans" else ", "
    return Entry(
        uid_of("booking", booking.operator_id, booking.id, base_url), booking.start, _end(row), title,
        max(at for at in moments if at), booking.revision, _status(row),
        between.join(part for part in (resource, named(row.site, locale), row.site.address) if part),
        f"{base_url}/bookings/{booking.id}",
    )  # fmt: skip


def uid_of(kind: str, operator_id: int, row_id: int, base_url: str) -> str:
    """The name by which calendar programs know it again."""
    return f"{kind}-{operator_id}-{row_id}@{urlsplit(base_url).hostname or 'localhost'}"


def _status(row: BookingRow) -> str:
    if row.booking.cancelled_at is not None:
        return "CANCELLED"
    return "TENTATIVE" if row.booking.is_awaiting else "CONFIRMED"


def _end(row: BookingRow) -> datetime:
    """Where its rest was given back: until then."""
    held = row.held_until
    return held if held is not None and row.booking.start < held < row.booking.end else row.booking.end
