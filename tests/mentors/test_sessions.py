"""Sessions: booked with or without a room, moved, called off, missed; and what each side may do."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from msgspec.structs import replace
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from incubator.accounts.models import RoleGrant
from incubator.accounts.permissions import Role
from incubator.audit.models import AuditEvent
from incubator.bookings.consent import Consent, PriceChanged, PriceUnseen
from incubator.bookings.models import Booking
from incubator.bookings.operations import book, cancel
from incubator.core.errors import Conflict, Forbidden, NotFound, Refusal
from incubator.mentors.models import MentorConflict, MentorSession, Mentorship
from incubator.mentors.operations.appointments import end_appointment
from incubator.mentors.operations.sessions import (
    Where,
    cancel_session,
    miss_session,
    move_session,
    restore_session,
)
from incubator.mentors.queries.appointments import list_appointments_of
from incubator.mentors.queries.sessions import count_views, get_meeting_row, list_sessions
from incubator.mentors.queries.times import list_free_days, list_free_rooms
from incubator.mentors.rules.sessions import State
from incubator.notices.models import Notice
from incubator.spaces.operations.taken import Taken
from tests.cast import Cast, join
from tests.mentors.meeting import ONLINE, Place, at, live_units, make_place, meet


@pytest.fixture
def place(session: Session, cast: Cast) -> Place:
    return make_place(session, cast)


def in_room(place: Place, minor: int | None = 6000) -> Where:
    return Where("room", resource_id=place.room.id, consent=Consent(minor))


def told(session: Session, meeting: MentorSession) -> list[tuple[int | None, str]]:
    rows = session.execute(
        select(Notice).where(Notice.subject_kind == "mentor_sessions", Notice.subject_id == meeting.id).order_by(Notice.id)
    ).scalars()  # fmt: skip
    return [(each.person_id, each.facts["what"]) for each in rows]


def test_a_founder_books_an_hour_online_and_the_mentor_is_told(session: Session, cast: Cast, place: Place) -> None:
    meeting = meet(session, cast.founder_a, place, cast.startup_a, at(3, 14))
    assert (meeting.way, meeting.link, meeting.booking_id) == ("online", "https://meet.example.com/max", None)
    assert (meeting.payer, meeting.rate_minor) == ("nobody", None)
    assert live_units(session, place.mentor.unit_id) == [(at(3, 14), at(3, 15))]
    assert told(session, meeting) == [(cast.mentor.person_id, "booked")]
    event = session.execute(select(AuditEvent).order_by(AuditEvent.number.desc()).limit(1)).scalar_one()
    assert (event.action, event.subject_kind, event.subject_id) == ("book_session", "mentor_sessions", meeting.id)


def test_the_same_form_sent_twice_is_one_session(session: Session, cast: Cast, place: Place) -> None:
    first = meet(session, cast.founder_a, place, cast.startup_a, at(3, 14), request_key="k1")
    again = meet(session, cast.founder_a, place, cast.startup_a, at(3, 14), request_key="k1")
    assert first.id == again.id


def test_room_and_mentor_are_taken_together_or_not_at_all(session: Session, cast: Cast, place: Place) -> None:
    book(session, cast.founder_b, now=at(2, 9), resource_id=place.room.id, start=at(3, 14), end=at(3, 15),
         startup_id=cast.startup_b)  # fmt: skip
    with pytest.raises(Taken) as caught:
        meet(session, cast.founder_a, place, cast.startup_a, at(3, 14), where=in_room(place))
    assert "会议室一" in str(caught.value.values["unit"].name)
    assert live_units(session, place.mentor.unit_id) == []
    assert session.execute(select(MentorSession)).first() is None
    meeting = meet(session, cast.founder_a, place, cast.startup_a, at(3, 15), where=in_room(place))
    booking = session.execute(select(Booking).where(Booking.id == meeting.booking_id)).scalar_one()
    assert (booking.price_minor, booking.startup_id, booking.title) == (6000, cast.startup_a, "融资计划 · max")
    assert meeting.site_id == place.site.id


@pytest.mark.parametrize(("seen", "error"), [(None, PriceUnseen), (5000, PriceChanged)])
def test_no_room_at_a_price_that_was_not_seen(
    session: Session, cast: Cast, place: Place, seen: int | None, error: type[Refusal]
) -> None:
    with pytest.raises(error):
        meet(session, cast.founder_a, place, cast.startup_a, at(3, 14), where=in_room(place, seen))
    assert live_units(session, place.mentor.unit_id) == []


def test_a_mentor_is_in_one_session_at_a_time(session: Session, cast: Cast, place: Place) -> None:
    meet(session, cast.founder_a, place, cast.startup_a, at(3, 14))
    with pytest.raises(Taken) as caught:
        meet(session, cast.founder_b, place, cast.startup_b, at(3, 14, 30))
    assert str(caught.value) == "max is taken on 2026-11-03 from 14:00 to 15:00."
    meet(session, cast.founder_b, place, cast.startup_b, at(3, 15))


def test_what_the_capacity_of_the_month_leaves(session: Session, cast: Cast, place: Place) -> None:
    place.mentor.capacity_hours = 2
    meet(session, cast.founder_a, place, cast.startup_a, at(3, 14), 90)
    with pytest.raises(Conflict, match="max has 30 minutes left in that month"):
        meet(session, cast.founder_b, place, cast.startup_b, at(4, 14))
    meet(session, cast.founder_b, place, cast.startup_b, at(4, 14), 30)
    december = at(30, 14) + timedelta(days=1)
    meet(session, cast.founder_b, place, cast.startup_b, december, now=at(4, 9))


def test_a_conflict_of_interest_a_pause_and_an_end_refuse(session: Session, cast: Cast, place: Place) -> None:
    conflict = MentorConflict(mentor_id=place.mentor.id, startup_id=cast.startup_a, kind="invested", declared_at=at(2, 9))
    session.add(conflict)
    with pytest.raises(Conflict, match="max and this startup have a conflict of interest"):
        meet(session, cast.founder_a, place, cast.startup_a, at(3, 14))
    meet(session, cast.founder_b, place, cast.startup_b, at(3, 14))
    conflict.ended_at, conflict.end_reason = at(2, 10), "sold"
    meet(session, cast.founder_a, place, cast.startup_a, at(3, 15))
    place.mentor.paused_at = at(2, 10)
    with pytest.raises(Conflict, match="takes no new sessions"):
        meet(session, cast.founder_a, place, cast.startup_a, at(3, 16))
    place.mentor.paused_at, place.mentor.ended_at = None, at(2, 10)
    with pytest.raises(NotFound):
        meet(session, cast.founder_a, place, cast.startup_a, at(3, 16))
    with pytest.raises(Conflict, match="takes no new sessions"):
        meet(session, cast.manager, place, cast.startup_a, at(3, 16))


def test_nobody_mentors_their_own_startup(session: Session, cast: Cast, place: Place) -> None:


    session.add(RoleGrant(person_id=cast.mentor.person_id, role=Role.MEMBER.value, startup_id=cast.startup_a))
    with pytest.raises(Conflict, match="conflict of interest"):
        meet(session, cast.founder_a, place, cast.startup_a, at(3, 14))


def test_who_may_book(session: Session, cast: Cast, place: Place) -> None:
    meet(session, cast.member_a, place, cast.startup_a, at(3, 14), 30)
    meet(session, cast.manager, place, cast.startup_b, at(3, 14, 30), 30)
    with pytest.raises(NotFound):
        meet(session, cast.founder_b, place, cast.startup_a, at(3, 15))
    for actor in (cast.finance, cast.auditor, cast.front_desk):
        with pytest.raises((Forbidden, NotFound)):
            meet(session, actor, place, cast.startup_a, at(3, 15))


def test_a_mentor_books_whom_they_know_outside_of_hours_and_without_a_room(
    session: Session, cast: Cast, place: Place
) -> None:
    with pytest.raises(NotFound):
        meet(session, cast.mentor, place, cast.startup_a, at(3, 20))
    session.add(Mentorship(startup_id=cast.startup_a, mentor_id=place.mentor.id, made_at=at(1, 9),
                           days=Range(date(2026, 11, 1), date(2027, 1, 1))))  # fmt: skip
    meeting = meet(session, cast.mentor, place, cast.startup_a, at(3, 20))
    assert told(session, meeting) == [(cast.founder_a.person_id, "booked")]
    with pytest.raises(Refusal, match="Rooms are booked by the startup or by staff"):
        meet(session, cast.mentor, place, cast.startup_a, at(4, 20), where=in_room(place))


def test_moved_it_has_another_time_and_room_and_the_old_ones_are_free(
    session: Session, cast: Cast, place: Place
) -> None:
    meeting = meet(session, cast.founder_a, place, cast.startup_a, at(3, 14), where=in_room(place))
    first = meeting.booking_id
    move_session(session, cast.founder_a, now=at(2, 15), session_id=meeting.id, start=at(4, 16), end=at(4, 17, 30),
                 where=in_room(place, 9000))  # fmt: skip
    assert live_units(session, place.mentor.unit_id) == [(at(4, 16), at(4, 17, 30))]
    old = session.execute(select(Booking).where(Booking.id == first)).scalar_one()
    new = session.execute(select(Booking).where(Booking.id == meeting.booking_id)).scalar_one()
    assert old.cancelled_at == at(2, 15) and (new.start, new.end) == (at(4, 16), at(4, 17, 30))
    assert meeting.revision == 1
    assert told(session, meeting)[-1] == (cast.mentor.person_id, "moved")


def test_refused_the_move_leaves_everything_as_it_was(session: Session, cast: Cast, place: Place) -> None:
    meeting = meet(session, cast.founder_a, place, cast.startup_a, at(3, 14), where=in_room(place))
    other = meet(session, cast.founder_b, place, cast.startup_b, at(3, 16))
    booking_id = meeting.booking_id
    with pytest.raises(Taken):
        move_session(session, cast.founder_a, now=at(2, 15), session_id=meeting.id, start=at(3, 16), end=at(3, 17),
                     where=ONLINE)  # fmt: skip
    session.expire_all()
    assert live_units(session, place.mentor.unit_id) == [(at(3, 14), at(3, 15)), (other.start, other.end)]
    assert (meeting.start, meeting.booking_id) == (at(3, 14), booking_id)
    assert get_meeting_row(session, cast.founder_a, meeting.id).booking is not None


def test_moved_by_half_an_hour_it_does_not_stand_in_its_own_way(session: Session, cast: Cast, place: Place) -> None:
    place.mentor.capacity_hours = 1
    meeting = meet(session, cast.founder_a, place, cast.startup_a, at(3, 14))
    move_session(session, cast.founder_a, now=at(2, 15), session_id=meeting.id, start=at(3, 14, 30), end=at(3, 15, 30),
                 where=ONLINE)  # fmt: skip
    assert live_units(session, place.mentor.unit_id) == [(at(3, 14, 30), at(3, 15, 30))]


def test_cancelled_by_the_mentor_the_room_costs_nothing(session: Session, cast: Cast, place: Place) -> None:
    meeting = meet(session, cast.founder_a, place, cast.startup_a, at(3, 14), where=in_room(place))
    with pytest.raises(Refusal, match="Say why"):
        cancel_session(session, cast.mentor, now=at(3, 9), session_id=meeting.id, reason=" ")
    cancel_session(session, cast.mentor, now=at(3, 9), session_id=meeting.id, reason="临时出差")
    booking = session.execute(select(Booking).where(Booking.id == meeting.booking_id)).scalar_one()
    assert (booking.cancelled_at, booking.fee_minor) == (at(3, 9), 0)
    assert live_units(session, place.mentor.unit_id) == []
    assert told(session, meeting)[-1] == (cast.founder_a.person_id, "cancelled")
    with pytest.raises(Conflict, match="can't be changed any more"):
        cancel_session(session, cast.mentor, now=at(3, 9), session_id=meeting.id, reason="noch einmal")


def test_a_room_that_was_cancelled_by_itself_is_seen(session: Session, cast: Cast, place: Place) -> None:
    meeting = meet(session, cast.founder_a, place, cast.startup_a, at(3, 14), where=in_room(place))
    assert not get_meeting_row(session, cast.mentor, meeting.id).room_is_lost
    assert meeting.booking_id is not None
    cancel(session, cast.founder_a, now=at(2, 16), booking_id=meeting.booking_id)
    assert get_meeting_row(session, cast.mentor, meeting.id).room_is_lost


def test_who_did_not_come_is_said_after_a_quarter_of_an_hour(session: Session, cast: Cast, place: Place) -> None:
    meeting = meet(session, cast.founder_a, place, cast.startup_a, at(3, 14))
    with pytest.raises(Conflict, match="quarter of an hour"):
        miss_session(session, cast.mentor, now=at(3, 14, 10), session_id=meeting.id, missed_by="startup")
    miss_session(session, cast.mentor, now=at(3, 14, 20), session_id=meeting.id, missed_by="startup")
    assert live_units(session, place.mentor.unit_id) == [(at(3, 14), at(3, 14, 20))]
    assert get_meeting_row(session, cast.founder_a, meeting.id).state(at(3, 15)) is State.MISSED
    with pytest.raises(Forbidden):
        restore_session(session, cast.founder_a, now=at(3, 15), session_id=meeting.id)
    restore_session(session, cast.manager, now=at(3, 15), session_id=meeting.id)
    assert get_meeting_row(session, cast.founder_a, meeting.id).state(at(3, 15)) is State.TO_LOG


def test_each_sees_their_own(session: Session, cast: Cast, place: Place) -> None:
    mine = meet(session, cast.founder_a, place, cast.startup_a, at(3, 14))
    theirs = meet(session, cast.founder_b, place, cast.startup_b, at(3, 15))
    seen = {
        name: [row.meeting.id for row in list_sessions(session, getattr(cast, name), now=at(2, 16)).rows]
        for name in ("founder_a", "founder_b", "mentor", "manager", "auditor")
    }
    assert seen == {"founder_a": [mine.id], "founder_b": [theirs.id], "mentor": [mine.id, theirs.id],
                    "manager": [mine.id, theirs.id], "auditor": [mine.id, theirs.id]}  # fmt: skip
    with pytest.raises(NotFound):
        get_meeting_row(session, cast.founder_b, mine.id)
    other = join(session, cast.operator_id, "mo", Role.MENTOR)
    with pytest.raises(NotFound):
        get_meeting_row(session, other, mine.id)
    assert count_views(session, cast.mentor, at(3, 15, 30)) == {"coming": 1, "to_log": 1, "to_confirm": 0}


def test_the_free_times_are_those_that_can_be_booked(session: Session, cast: Cast, place: Place) -> None:
    meet(session, cast.founder_a, place, cast.startup_a, at(3, 15))
    days = list_free_days(session, place.mentor, first=date(2026, 11, 3), minutes=60, now=at(3, 13), days=3)
    assert [day.on.day for day in days] == [3, 4, 5]
    assert days[0].starts == [at(3, 14), at(3, 16), at(3, 16, 30), at(3, 17)]
    for start in days[1].starts:
        savepoint = session.begin_nested()
        meet(session, cast.founder_b, place, cast.startup_b, start, now=at(3, 13))
        savepoint.rollback()
    after = list_free_days(session, place.mentor, first=date(2027, 8, 31), minutes=60, now=at(3, 13), days=2)
    assert [len(day.starts) for day in after] == [7, 0]  # the appointment ends with August


def test_rooms_that_are_free_at_the_time_with_their_price(session: Session, cast: Cast, place: Place) -> None:
    def rooms(hour: int, actor: object = cast.founder_a) -> list[tuple[str, int]]:
        found = list_free_rooms(session, actor, start=at(3, hour), end=at(3, hour + 1), startup_id=cast.startup_a,  # type: ignore[arg-type]
                                site_id=place.site.id, now=at(2, 9))  # fmt: skip
        return [(each.resource.code, each.slots[0].quote.gross_minor) for each in found]

    assert rooms(14) == [("R1", 6000)]
    meet(session, cast.founder_a, place, cast.startup_a, at(3, 14), where=in_room(place))
    assert rooms(14) == []
    assert rooms(15) == [("R1", 6000)]
    assert rooms(15, cast.mentor) == []


def test_what_is_wrong_is_said_at_its_field(session: Session, cast: Cast, place: Place) -> None:
    for where, field in (
        (Where("place"), "place"), (Where("room"), "room"), (Where("moon"), "way"),
        (replace(ONLINE, link="javascript:alert(1)"), "link"),
    ):  # fmt: skip
        with pytest.raises(Refusal) as caught:
            meet(session, cast.founder_a, place, cast.startup_a, at(3, 14), where=where)
        assert caught.value.field == field
    with pytest.raises(Refusal) as caught:
        meet(session, cast.founder_a, place, cast.startup_a, at(3, 14), title="  ")
    assert caught.value.field == "title"
    with pytest.raises(NotFound):
        meet(session, cast.founder_a, place, cast.startup_a, at(3, 14), need_id=2**40)


def test_an_appointment_is_not_cut_short_over_sessions(session: Session, cast: Cast, place: Place) -> None:
    meeting = meet(session, cast.founder_a, place, cast.startup_a, at(12, 14), now=at(2, 9))
    (appointment,) = list_appointments_of(session, place.mentor.id)
    cut = {"appointment_id": appointment.id, "reason": "调任"}
    with pytest.raises(Conflict, match=r"sessions to come \(1\)"):
        end_appointment(session, cast.manager, now=at(2, 10), last=date(2026, 11, 11), **cut)
    cancel_session(session, cast.mentor, now=at(2, 11), session_id=meeting.id, reason="调任")
    end_appointment(session, cast.manager, now=at(2, 12), last=date(2026, 11, 11), **cut)
    with pytest.raises(Conflict, match="not appointed on that day"):
        meet(session, cast.founder_a, place, cast.startup_a, at(12, 14), now=at(2, 13))
