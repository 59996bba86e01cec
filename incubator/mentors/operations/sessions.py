"""Booking a session, moving it, calling it off, and saying that somebody did not come."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from msgspec import Struct
from sqlalchemy import exists, select
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.models import Person, RoleGrant
from incubator.accounts.permissions import Action
from incubator.audit.operations import record
from incubator.bookings.consent import Consent
from incubator.bookings.models import Booking
from incubator.bookings.operations.book import book
from incubator.bookings.operations.cancel import cancel, take_back
from incubator.core.errors import N_, Conflict, NotFound, Refusal
from incubator.core.periods import Interval, Month
from incubator.mentors.models import Mentor, MentoringNeed, MentorSession, Mentorship
from incubator.mentors.operations.keeping import lock_mentor
from incubator.mentors.operations.sides import MENTOR, STARTUP, require_part, side_of, tell_session
from incubator.mentors.operations.vouchers import CANCELLED, MISSED, follow_session, give_session_back
from incubator.mentors.queries.appointments import appointed_on
from incubator.mentors.queries.conflicts import conflicting_mentors
from incubator.mentors.queries.profiles import get_mentor
from incubator.mentors.queries.sessions import MeetingRow, booked_minutes, get_meeting_row
from incubator.mentors.queries.weeks import get_weeks
from incubator.mentors.rules.hours import can_be_met
from incubator.mentors.rules.sessions import GRACE, MISSED_AFTER, Wish, refusals
from incubator.mentors.rules.vocabulary import SIDES, WAYS
from incubator.spaces.models import Unit
from incubator.spaces.operations.ledger import allocate, release
from incubator.spaces.operations.taken import Taken
from incubator.spaces.operations.words import LONGEST_NAME, LONGEST_TEXT, one_line
from incubator.spaces.queries import get_resource
from incubator.startups.models import Startup
from incubator.startups.queries import get_startup

SAME_FORM = "mentor_sessions_operator_id_booked_by_request_key_key"
HOLDER = "session"


class Where(Struct, frozen=True):
    """Where a session is to be: in a room (booked with it, at a price that was seen), at a place, or by a link."""

    way: str
    place: str = ""
    link: str = ""
    resource_id: int | None = None
    consent: Consent | None = None


def book_session(
    session: Session, actor: Actor, *, now: datetime, mentor_id: int, startup_id: int, start: datetime, end: datetime,
    title: str, where: Where, need_id: int | None = None, by_voucher: bool = False, request_key: str | None = None,
) -> MentorSession:  # fmt: skip
    """Book a mentor's time for a startup, and with it a room where one is wanted: both or neither.

    For a startup's people, for staff who manage mentors, and for the mentor, who can meet startups that they mentor or
    have met before. `Taken` where the ledger says that the mentor (or the room) is somebody else's then.
    """
    mentor, startup = get_mentor(session, actor, mentor_id), get_startup_to_meet(session, actor, startup_id, mentor_id)
    side = require_part(actor, mentor, startup_id)
    if earlier := _made_before(session, actor, request_key):
        return earlier
    _check_way(where)
    person = _lock(session, mentor)
    _check_pair(session, mentor, person, startup_id)
    check_time(session, mentor, person, start, end, by_mentor=side == MENTOR, now=now)
    if need_id is not None:
        _check_need(session, startup_id, need_id)
    pays = mentor.rate_minor is not None
    payer = "voucher" if pays and by_voucher and mentor.takes_vouchers else "startup" if pays else "nobody"
    meeting = MentorSession(
        mentor_id=mentor.id, startup_id=startup.id, site_id=mentor.site_id, need_id=need_id, title=_title(title),
        period=Range(start, end), way=where.way, rate_minor=mentor.rate_minor, currency=mentor.currency, payer=payer,
        booked_at=now, booked_by=actor.person_id, request_key=request_key or None,
    )  # fmt: skip
    try:
        with session.begin_nested():
            session.add(meeting)
            session.flush()
            _take(session, actor, mentor, person, meeting, where, now)
    except IntegrityError as error:
        if getattr(getattr(error.orig, "diag", None), "constraint_name", None) != SAME_FORM:
            raise
        again = _made_before(session, actor, request_key)
        if again is None:  # it has gone again in between
            raise Conflict(N_("This session is being booked already.")) from error
        return again
    record(session, actor, "book_session", ("mentor_sessions", meeting.id), now=now, after=_said(meeting))
    tell_session(session, actor, meeting, mentor, "booked", now=now)
    return meeting


def move_session(
    session: Session, actor: Actor, *, now: datetime, session_id: int, start: datetime, end: datetime, where: Where,
    fee: Consent | None = None,
) -> MentorSession:  # fmt: skip
    """Another time or place for a session that has not begun; its room is given back, and another one booked with it.

    What giving the room back costs by its own rules must be what was seen (`fee`). The mentor can't book rooms.
    """
    row = _get_coming(session, actor, session_id, now)
    meeting, mentor = row.meeting, row.mentor
    side = require_part(actor, mentor, meeting.startup_id)
    _check_way(where)
    _lock(session, mentor)
    check_time(session, mentor, row.person, start, end, by_mentor=side == MENTOR, now=now, without=meeting.id)
    before = _said(meeting)
    with session.begin_nested():
        release(session, actor, now=now, holder=(HOLDER, meeting.id), reason="moved")
        _free_room(session, actor, row, now=now, reason=N_("The session has moved."), fee=fee)
        meeting.period, meeting.way, meeting.booking_id = Range(start, end), where.way, None
        meeting.place = meeting.link = ""
        meeting.site_id = mentor.site_id
        meeting.revision += 1
        meeting.changed_at = now
        session.flush()
        _take(session, actor, mentor, row.person, meeting, where, now)
    follow_session(session, actor, meeting, now=now)
    record(session, actor, "move_session", ("mentor_sessions", meeting.id), now=now, before=before,
           after=_said(meeting))  # fmt: skip
    tell_session(session, actor, meeting, mentor, "moved", now=now,
                 facts={"start": before["start"], "end": before["end"]})  # fmt: skip
    return meeting


def cancel_session(
    session: Session, actor: Actor, *, now: datetime, session_id: int, reason: str, fee: Consent | None = None
) -> MentorSession:
    """Call a session off that has not begun, with a reason that the other side reads; its room is free again."""
    row = _get_coming(session, actor, session_id, now)
    meeting = row.meeting
    require_part(actor, row.mentor, meeting.startup_id)
    reason = one_line(reason, "reason", LONGEST_TEXT)
    if not reason:
        raise Refusal(N_("Say why, so that others understand."), field="reason")
    release(session, actor, now=now, holder=(HOLDER, meeting.id), reason=reason)
    _free_room(session, actor, row, now=now, reason=reason, fee=fee)
    meeting.cancelled_at, meeting.cancelled_by, meeting.cancel_reason = now, actor.person_id, reason
    meeting.revision += 1
    session.flush()
    give_session_back(session, actor, meeting, now=now, reason=CANCELLED)
    record(session, actor, "cancel_session", ("mentor_sessions", meeting.id), now=now, after={"reason": reason})
    tell_session(session, actor, meeting, row.mentor, "cancelled", now=now)
    return meeting


def miss_session(
    session: Session, actor: Actor, *, now: datetime, session_id: int, missed_by: str
) -> MentorSession:
    """Somebody did not come: said by either side or by staff, a quarter of an hour after the start at the earliest.

    What is left of the mentor's time is free again. A session with a log took place.
    """
    row = get_meeting_row(session, actor, session_id, for_update=True)
    meeting = row.meeting
    require_part(actor, row.mentor, meeting.startup_id)
    if missed_by not in SIDES:
        raise Refusal(N_("Say who did not come."), field="missed_by")
    if meeting.cancelled_at is not None or meeting.missed_at is not None:
        raise Conflict(N_("It is cancelled, or nobody came: there is nothing to change."))
    if row.is_logged:
        raise Conflict(N_("There is a log of it: it took place."))
    if now < meeting.start + MISSED_AFTER:
        raise Conflict(N_("Wait until a quarter of an hour after its start."))
    release(session, actor, now=now, holder=(HOLDER, meeting.id), reason="no-show", at=now)
    meeting.missed_by, meeting.missed_at, meeting.missed_said_by = missed_by, now, actor.person_id
    meeting.revision += 1
    session.flush()
    give_session_back(session, actor, meeting, now=now, reason=MISSED)
    record(session, actor, "miss_session", ("mentor_sessions", meeting.id), now=now, after={"missed_by": missed_by})
    tell_session(session, actor, meeting, row.mentor, "missed", now=now)
    return meeting


def restore_session(session: Session, actor: Actor, *, now: datetime, session_id: int) -> MentorSession:
    """They did come after all: staff take a no-show back, so that a log can be written."""
    actor.require(Action.MANAGE_MENTORS)
    row = get_meeting_row(session, actor, session_id, for_update=True)
    meeting = row.meeting
    if meeting.missed_at is None:
        raise Conflict(N_("Nobody said that somebody did not come."))
    before = {"missed_by": meeting.missed_by}
    meeting.missed_by, meeting.missed_at, meeting.missed_said_by = None, None, None
    session.flush()
    record(session, actor, "restore_session", ("mentor_sessions", meeting.id), now=now, before=before)
    tell_session(session, actor, meeting, row.mentor, "restored", now=now)
    return meeting


def get_startup_to_meet(session: Session, actor: Actor, startup_id: int, mentor_id: int) -> Startup:
    """A startup for which the actor may book that mentor; NotFound for any other.

    Staff any, a startup's people their own, a mentor one that they mentor or have met.
    """
    if actor.can(Action.MANAGE_MENTORS) or startup_id in actor.startups_for(Action.SEEK_MENTORS):
        return get_startup(session, actor, startup_id)
    found = session.execute(
        select(Startup).where(
            Startup.id == startup_id,
            exists().where(Mentor.id == mentor_id, Mentor.person_id == actor.person_id),
            knows(mentor_id),
        )
    ).scalar_one_or_none()  # fmt: skip
    if found is None:
        raise NotFound(N_("There is no such startup."))
    return found


def knows(mentor_id: int) -> Any:
    """Of a startup: whether the mentor mentors it, did so, or has had a session with it."""
    return (
        exists().where(Mentorship.startup_id == Startup.id, Mentorship.mentor_id == mentor_id)
        | exists().where(MentorSession.startup_id == Startup.id, MentorSession.mentor_id == mentor_id,
                         MentorSession.cancelled_at.is_(None))
    )  # fmt: skip


def check_time(
    session: Session, mentor: Mentor, person: Person, start: datetime, end: datetime, *, by_mentor: bool,
    now: datetime, without: int | None = None,
) -> None:  # fmt: skip
    """Raise the first thing that speaks against the time, the ledger not yet asked."""
    zone = ZoneInfo(mentor.zone)
    on = start.astimezone(zone).date()
    week = get_weeks(session, on, on, [mentor.id])[mentor.id]
    wish = Wish(
        start, end, person.name, start < end and can_be_met(week, Interval(start, end)),
        mentor.id in appointed_on(session, on, [mentor.id]), mentor.paused_at is not None,
        booked_minutes(session, mentor.id, Month.of(on).interval(zone), without=without),
        mentor.capacity_hours * 60, by_mentor,
    )  # fmt: skip
    for refusal in refusals(wish, now):
        raise refusal


def _check_way(where: Where) -> None:
    if where.way not in WAYS:
        raise Refusal(N_("Say where you meet."), field="way")


def _check_pair(session: Session, mentor: Mentor, person: Person, startup_id: int) -> None:
    if mentor.approved_at is None or mentor.ended_at is not None:
        raise Conflict(N_("%(mentor)s takes no new sessions at present."), mentor=person.name)
    own = session.execute(
        select(RoleGrant.id).where(RoleGrant.person_id == person.id, RoleGrant.startup_id == startup_id).limit(1)
    ).first()
    if own or mentor.id in conflicting_mentors(session, [startup_id])[startup_id]:
        raise Conflict(N_("%(mentor)s and this startup have a conflict of interest."), mentor=person.name)


def _take(
    session: Session, actor: Actor, mentor: Mentor, person: Person, meeting: MentorSession, where: Where, now: datetime
) -> None:
    """The mentor's time, and the room: one after the other, so that all who book wait in one order."""
    unit = session.execute(select(Unit).where(Unit.id == mentor.unit_id)).scalar_one()
    try:
        allocate(session, actor, now=now, holder=(HOLDER, meeting.id), units=[unit], start=meeting.start,
                 end=meeting.end)  # fmt: skip
    except Taken as taken:
        raise taken.of(person.name) from None
    if where.way == "room":
        _book_room(session, actor, meeting, where, person.name[:40], now)
    elif where.way == "place":
        meeting.place = one_line(where.place, "place", LONGEST_TEXT) or mentor.meeting_place
        if not meeting.place:
            raise Refusal(N_("Say where you meet."), field="place")
    else:
        meeting.link = _link(where.link) or mentor.meeting_link
    session.flush()


def _book_room(
    session: Session, actor: Actor, meeting: MentorSession, where: Where, name: str, now: datetime
) -> None:
    if where.resource_id is None:
        raise Refusal(N_("Choose a room."), field="room")
    if not actor.can(Action.BOOK):
        raise Refusal(N_("Rooms are booked by the startup or by staff; choose another way to meet."), field="way")
    resource = get_resource(session, actor, where.resource_id)
    booking = book(
        session, actor, now=now, resource_id=resource.id, start=meeting.start, end=meeting.end,
        startup_id=meeting.startup_id, title=f"{meeting.title[:LONGEST_NAME - 3 - len(name)]} · {name}",
        consent=where.consent, grace=GRACE,
    )  # fmt: skip
    meeting.booking_id, meeting.site_id = booking.id, resource.site_id


def _free_room(
    session: Session, actor: Actor, row: MeetingRow, *, now: datetime, reason: str, fee: Consent | None
) -> None:
    """Give the room back: by who may book for the startup as any booking is cancelled; by the mentor free of charge,
    for the startup did not ask for it."""
    booking = row.booking
    if booking is None or booking.cancelled_at is not None or booking.end <= now:
        return
    if actor.can(Action.BOOK) and side_of(actor, row.mentor, row.meeting.startup_id) in (STARTUP, None):
        cancel(session, actor, now=now, booking_id=booking.id, reason=reason, consent=fee)
        return
    locked = session.execute(
        select(Booking).where(Booking.id == booking.id).with_for_update().execution_options(populate_existing=True)
    ).scalar_one()
    take_back(session, actor, locked, now=now, reason=reason)
    record(session, actor, "cancel", ("bookings", booking.id), now=now, after={"reason": reason})


def _get_coming(session: Session, actor: Actor, session_id: int, now: datetime) -> MeetingRow:
    row = get_meeting_row(session, actor, session_id, for_update=True)
    stands = row.meeting.cancelled_at is None and row.meeting.missed_at is None
    if not stands or row.meeting.start <= now:
        raise Conflict(N_("This session has begun, is over or is cancelled: it can't be changed any more."))
    return row


def _lock(session: Session, mentor: Mentor) -> Person:
    """Let nobody else book the mentor before this transaction ends: hours and capacity are counted once at a time."""
    lock_mentor(session, mentor)
    return session.execute(select(Person).where(Person.id == mentor.person_id)).scalar_one()


def _check_need(session: Session, startup_id: int, need_id: int) -> None:
    of_it = exists().where(MentoringNeed.id == need_id, MentoringNeed.startup_id == startup_id)
    if not session.execute(select(of_it)).scalar():
        raise NotFound(N_("There is no such need."))


def _made_before(session: Session, actor: Actor, request_key: str | None) -> MentorSession | None:
    if not request_key:
        return None
    return session.execute(
        select(MentorSession).where(
            MentorSession.booked_by == actor.person_id, MentorSession.request_key == request_key
        )
    ).scalar_one_or_none()


def _title(title: str) -> str:
    title = one_line(title, "title", LONGEST_NAME)
    if not title:
        raise Refusal(N_("Say what it is about."), field="title")
    return title


def _link(link: str) -> str:
    link = one_line(link, "link", LONGEST_TEXT * 2)
    if link and not link.lower().startswith(("https://", "http://")):
        raise Refusal(N_("Give an address that begins with https://."), field="link")
    return link


def _said(meeting: MentorSession) -> dict[str, Any]:
    return {
        "mentor_id": meeting.mentor_id, "startup_id": meeting.startup_id, "start": meeting.start, "end": meeting.end,
        "way": meeting.way, "booking_id": meeting.booking_id,
    }  # fmt: skip
