"""What a mentor sets, and holds at once: weekly hours, exceptions, hours a month, where one meets."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from urllib.parse import urlsplit

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.audit.operations import record
from incubator.core.errors import N_, Conflict, NotFound, Refusal
from incubator.core.texts import one_line
from incubator.mentors.models import Mentor, MentorDay, MentorHours
from incubator.mentors.operations.keeping import load_kept
from incubator.mentors.queries.profiles import today_of
from incubator.mentors.rules.hours import Hours, check_hours, check_stretch
from incubator.pricing.rules import check_day
from incubator.spaces.operations.sites import check_zone

MOST_DAYS = 200
MOST_HOURS = 200
LONGEST_NOTE, LONGEST_PLACE, LONGEST_LINK = 60, 200, 500


def set_hours(
    session: Session, actor: Actor, *, now: datetime, mentor_id: int, hours: Sequence[Hours], zone: str
) -> Mentor:
    """The hours of every week from now on, in a zone; sessions that are booked already stand."""
    mentor = load_kept(session, actor, mentor_id)
    check_zone(zone)
    tidy = check_hours(hours)
    before = {"zone": mentor.zone, "weekly_hours": _say(_hours_of(session, mentor))}
    session.execute(delete(MentorHours).where(MentorHours.mentor_id == mentor.id))
    session.add_all(
        MentorHours(mentor_id=mentor.id, weekday=each.weekday, opens_minute=each.opens, closes_minute=each.closes)
        for each in tidy
    )
    mentor.zone = zone
    after = {"zone": zone, "weekly_hours": _say(tidy)}
    if before != after:
        record(session, actor, "set_mentor_hours", ("mentors", mentor.id), now=now, before=before, after=after)
    session.flush()
    return mentor


def set_day(
    session: Session, actor: Actor, *, now: datetime, mentor_id: int, on: date, opens: int | None = None,
    closes: int | None = None, note: str = "",
) -> MentorDay:  # fmt: skip
    """One date has these hours instead of its weekday's; without any, none at all."""
    mentor = load_kept(session, actor, mentor_id)
    check_day(on, "on")
    if on < today_of(session, mentor, now):
        raise Refusal(N_("This day is over."), field="on")
    if opens is not None or closes is not None:
        if opens is None or closes is None:
            raise Refusal(N_("Give both times, or none: then they are away all day."), field="opens")
        check_stretch(opens, closes, "closes")
    note = one_line(note, "note", LONGEST_NOTE)
    row = session.execute(
        select(MentorDay).where(MentorDay.mentor_id == mentor.id, MentorDay.on == on)
    ).scalar_one_or_none()
    before = None if row is None else _say_day(row)
    if row is None:
        _check_room(session, mentor, now)
        row = MentorDay(mentor_id=mentor.id, on=on)
        session.add(row)
    row.opens_minute, row.closes_minute, row.note = opens, closes, note
    record(session, actor, "set_mentor_day", ("mentors", mentor.id), now=now, before=before, after=_say_day(row))
    return row


def clear_day(session: Session, actor: Actor, *, now: datetime, mentor_id: int, on: date) -> None:
    """The date has its weekday's hours again."""
    mentor = load_kept(session, actor, mentor_id)
    row = session.execute(
        select(MentorDay).where(MentorDay.mentor_id == mentor.id, MentorDay.on == on)
    ).scalar_one_or_none()
    if row is None:
        raise NotFound(N_("That day has the usual hours already."))
    before = _say_day(row)
    session.delete(row)
    record(session, actor, "clear_mentor_day", ("mentors", mentor.id), now=now, before=before)


def set_terms(
    session: Session, actor: Actor, *, now: datetime, mentor_id: int, capacity_hours: int, meeting_place: str = "",
    meeting_link: str = "",
) -> Mentor:  # fmt: skip
    """How many hours a month of all sessions together, and where one meets outside of the house or online."""
    mentor = load_kept(session, actor, mentor_id)
    if not 0 <= capacity_hours <= MOST_HOURS:
        raise Refusal(N_("From 0 to %(most)s hours a month."), field="capacity_hours", most=MOST_HOURS)
    before = _terms(mentor)
    mentor.capacity_hours = capacity_hours
    mentor.meeting_place = one_line(meeting_place, "meeting_place", LONGEST_PLACE)
    mentor.meeting_link = _link(meeting_link)
    session.flush()
    if before != _terms(mentor):
        record(session, actor, "set_mentor_terms", ("mentors", mentor.id), now=now, before=before,
               after=_terms(mentor))  # fmt: skip
    return mentor


def _link(typed: str) -> str:
    """An address of the web; https:// may be left out."""
    typed = one_line(typed, "meeting_link", LONGEST_LINK)
    if not typed:
        return ""
    address = typed if "://" in typed else f"https://{typed}"
    try:
        parts = urlsplit(address)
        good = parts.scheme in ("http", "https") and "." in (parts.hostname or "") and "@" not in parts.netloc
    except ValueError:
        good = False
    if not good or " " in address:
        raise Refusal(N_("This is no address of a meeting. One looks like https://meeting.tencent.com/…"),
                      field="meeting_link")  # fmt: skip
    return address


def _check_room(session: Session, mentor: Mentor, now: datetime) -> None:
    today = today_of(session, mentor, now)
    coming = session.execute(
        select(func.count()).select_from(MentorDay).where(MentorDay.mentor_id == mentor.id, MentorDay.on >= today)
    ).scalar_one()
    if coming >= MOST_DAYS:
        raise Conflict(N_("At most %(most)s days."), field="on", most=MOST_DAYS)


def _hours_of(session: Session, mentor: Mentor) -> list[Hours]:
    rows = session.execute(select(MentorHours).where(MentorHours.mentor_id == mentor.id)).scalars()
    return sorted(Hours(row.weekday, row.opens_minute, row.closes_minute) for row in rows)


def _say(hours: Sequence[Hours]) -> list[str]:
    return [f"{each.weekday} {_clock(each.opens)}-{_clock(each.closes)}" for each in hours]


def _say_day(row: MentorDay) -> dict[str, object]:
    shut = row.opens_minute is None or row.closes_minute is None
    hours = "" if shut else f"{_clock(row.opens_minute or 0)}-{_clock(row.closes_minute or 0)}"
    return {"on": row.on, "weekly_hours": hours, "note": row.note}


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


def _terms(mentor: Mentor) -> dict[str, object]:
    return {"capacity_hours": mentor.capacity_hours, "meeting_place": mentor.meeting_place,
            "meeting_link": mentor.meeting_link}  # fmt: skip
