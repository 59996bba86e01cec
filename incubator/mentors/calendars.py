"""Sessions as entries of a calendar, beside bookings in the same feed."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, func, or_
from sqlalchemy.orm import Session

from incubator.accounts.operations.keys import Opened
from incubator.bookings.calendars import Entry, uid_of
from incubator.bookings.feeds import AHEAD, BACK, MOST
from incubator.documents.formats import named
from incubator.mentors.models import MentorSession
from incubator.mentors.queries.sessions import MeetingRow, list_meeting_rows, mentors_of


def entry_of_meeting(row: MeetingRow, reader_id: int | None, *, locale: str, base_url: str) -> Entry:
    """A session as it stands: for the mentor by the startup's name, for others by the mentor's."""
    meeting = row.meeting
    other = named(row.startup, locale) if reader_id == row.person.id else row.person.name
    between = "，" if locale == "zh_Hans" else ", "
    places = [named(row.room, locale), named(row.site, locale), row.site.address] if row.room else [meeting.place]
    stamps = (meeting.booked_at, meeting.changed_at, meeting.cancelled_at, meeting.missed_at)
    return Entry(
        uid_of("session", meeting.operator_id, meeting.id, base_url), meeting.start, meeting.end,
        f"{meeting.title} · {other}", max(at for at in stamps if at), meeting.revision,
        "CANCELLED" if meeting.cancelled_at or meeting.missed_at else "CONFIRMED",
        meeting.link or between.join(part for part in places if part), f"{base_url}/mentoring/sessions/{meeting.id}",
    )  # fmt: skip


def session_entries(
    session: Session, opened: Opened, kind: str, *, locale: str, base_url: str, now: datetime
) -> list[Entry]:
    """The sessions of a feed: of a person who mentors or has booked them, or of a startup, in one statement.

    Where the feed has the booking of its room, which bears the same name, the session is not in it a second time.
    """
    near = MentorSession.period.op("&&")(func.tstzrange(now - BACK, now + AHEAD))
    if kind == "person":
        whose: ColumnElement[bool] = or_(
            MentorSession.mentor_id.in_(mentors_of(opened.opens_id)), MentorSession.booked_by == opened.opens_id
        )
    elif kind == "startup":
        whose = MentorSession.startup_id == opened.opens_id
    else:
        return []
    reader_id = opened.opens_id if kind == "person" else None
    rows = list_meeting_rows(session, [whose, near], MOST)
    return [
        entry_of_meeting(row, reader_id, locale=locale, base_url=base_url)
        for row in rows
        if row.person.id == reader_id or row.room is None or row.room_is_lost
    ]  # fmt: skip
