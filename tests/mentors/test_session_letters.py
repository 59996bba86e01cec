"""What people are told of sessions, in their language and only while it is so; and their calendars."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from incubator.accounts.operations.keys import issue_key, open_key
from incubator.bookings.consent import Consent
from incubator.bookings.feeds import read_feed
from incubator.core.periods import Interval
from incubator.mentors.calendars import session_entries
from incubator.mentors.letters import WRITERS
from incubator.mentors.operations.logs import confirm_log, write_log
from incubator.mentors.operations.remind import remind_of_sessions
from incubator.mentors.operations.sessions import Where, cancel_session, miss_session, move_session
from incubator.notices.models import Notice, OutboxMail
from incubator.notices.writing import write_notices
from tests.cast import Cast
from tests.mentors.meeting import ONLINE, Place, at, make_place, meet


@pytest.fixture
def place(session: Session, cast: Cast) -> Place:
    return make_place(session, cast)


def mails(session: Session, now: datetime) -> list[tuple[str, str]]:
    """Whoever got a letter, and its subject; only those written now."""
    before = set(session.execute(select(OutboxMail.id)).scalars())
    # rooms tell of themselves
    for notice in session.execute(select(Notice).where(Notice.settled_at.is_(None), Notice.kind != "session")).scalars():
        notice.settled_at, notice.outcome = now, "stale"
    write_notices(session, now=now, base_url="https://space.example.com", writers=WRITERS)
    rows = session.execute(select(OutboxMail).where(OutboxMail.id.not_in(before)).order_by(OutboxMail.id)).scalars()
    return [(mail.to_address.split("@")[0], mail.subject) for mail in rows]


def test_booked_and_moved_both_sides_know_and_have_it_in_their_calendars(
    session: Session, cast: Cast, place: Place
) -> None:
    meeting = meet(session, cast.founder_a, place, cast.startup_a, at(3, 14))
    assert mails(session, at(2, 14)) == [("max", "导师辅导：融资计划 · 2026年11月3日 14:00–15:00")]
    mail = session.execute(select(OutboxMail)).scalar_one()
    assert "甲科技有限公司" in mail.text_body and "https://meet.example.com/max" in mail.text_body
    assert "BEGIN:VEVENT" in mail.calendar_body and "融资计划 · 甲科技有限公司" in mail.calendar_body
    assert f"/mentoring/sessions/{meeting.id}" in mail.text_body
    move_session(session, cast.mentor, now=at(2, 15), session_id=meeting.id, start=at(4, 14), end=at(4, 15), where=ONLINE)
    assert mails(session, at(2, 15)) == [("anna", "已改期：融资计划 · 2026年11月4日 14:00–15:00")]


def test_cancelled_before_the_letter_was_written_only_that_is_told(session: Session, cast: Cast, place: Place) -> None:
    meeting = meet(session, cast.founder_a, place, cast.startup_a, at(3, 14))
    cancel_session(session, cast.founder_a, now=at(2, 15), session_id=meeting.id, reason="生病")
    assert mails(session, at(2, 15)) == [("max", "已取消：融资计划 · 2026年11月3日 14:00–15:00")]
    assert "STATUS:CANCELLED" in session.execute(select(OutboxMail.calendar_body)).scalar_one()


def test_a_day_before_both_are_reminded_once_and_again_when_it_has_moved(
    session: Session, cast: Cast, place: Place
) -> None:
    meeting = meet(session, cast.founder_a, place, cast.startup_a, at(5, 14), now=at(2, 9))
    mails(session, at(2, 9))
    assert remind_of_sessions(session, cast.system, now=at(4, 13)) == 0
    assert remind_of_sessions(session, cast.system, now=at(4, 14)) == 1
    assert remind_of_sessions(session, cast.system, now=at(4, 15)) == 0
    assert [who for who, _ in mails(session, at(4, 15))] == ["max", "anna"]
    move_session(session, cast.founder_a, now=at(4, 16), session_id=meeting.id, start=at(6, 14), end=at(6, 15), where=ONLINE)
    mails(session, at(4, 16))
    assert remind_of_sessions(session, cast.system, now=at(5, 15)) == 1
    assert [who for who, _ in mails(session, at(5, 15))] == ["max", "anna"]


def test_who_books_today_for_tomorrow_is_not_reminded_at_once(session: Session, cast: Cast, place: Place) -> None:
    meet(session, cast.founder_a, place, cast.startup_a, at(3, 14), now=at(2, 18))
    assert remind_of_sessions(session, cast.system, now=at(2, 19)) == 0


def test_a_log_that_is_missing_or_unconfirmed_is_asked_for_once(session: Session, cast: Cast, place: Place) -> None:
    meeting = meet(session, cast.founder_a, place, cast.startup_a, at(3, 14))
    mails(session, at(2, 14))
    assert remind_of_sessions(session, cast.system, now=at(3, 20)) == 0
    assert remind_of_sessions(session, cast.system, now=at(4, 12)) == 1
    assert remind_of_sessions(session, cast.system, now=at(5, 12)) == 0
    assert [who for who, _ in mails(session, at(5, 12))] == ["max", "anna"]
    write_log(session, cast.mentor, now=at(5, 13), session_id=meeting.id, held=Interval(at(3, 14), at(3, 15)),
              field_ids=[place.fields[0].id], topics="估值")  # fmt: skip
    assert mails(session, at(5, 13)) == [("anna", "请确认辅导记录：融资计划 · 2026年11月3日 14:00–15:00")]
    assert remind_of_sessions(session, cast.system, now=at(6, 13)) == 0
    assert remind_of_sessions(session, cast.system, now=at(7, 14)) == 1
    assert [who for who, _ in mails(session, at(7, 14))] == ["anna"]
    confirm_log(session, cast.founder_a, now=at(7, 15), session_id=meeting.id, version=1)
    assert mails(session, at(7, 15)) == [("max", "辅导记录已确认：融资计划 · 2026年11月3日 14:00–15:00")]


def test_nobody_is_asked_for_the_log_of_what_did_not_take_place(session: Session, cast: Cast, place: Place) -> None:
    meeting = meet(session, cast.founder_a, place, cast.startup_a, at(3, 14))
    miss_session(session, cast.mentor, now=at(3, 15), session_id=meeting.id, missed_by="startup")
    assert remind_of_sessions(session, cast.system, now=at(4, 15)) == 0


def test_one_s_calendar_has_bookings_and_sessions_each_once(session: Session, cast: Cast, place: Place) -> None:
    meet(session, cast.founder_a, place, cast.startup_a, at(3, 14))
    room = Where("room", resource_id=place.room.id, consent=Consent(6000))
    meet(session, cast.founder_a, place, cast.startup_a, at(3, 16), where=room, title="股权")

    def feed(actor: object, kind: str, opens_id: int | None) -> list[str]:
        assert opens_id is not None
        token = issue_key(session, actor, now=at(2, 15), kind=f"{kind}_feed", opens_id=opens_id)  # type: ignore[arg-type]
        text = read_feed(session, open_key(session, token, kind=f"{kind}_feed"), kind, locale="zh_Hans",
                         base_url="https://space.example.com", now=at(2, 16), more=(session_entries,)).decode()  # fmt: skip
        return [line.removeprefix("SUMMARY:") for line in text.splitlines() if line.startswith("SUMMARY:")]

    assert feed(cast.founder_a, "person", cast.founder_a.person_id) == ["股权 · max", "融资计划 · max"]
    assert feed(cast.founder_a, "startup", cast.startup_a) == ["股权 · max", "融资计划 · max"]
    assert feed(cast.mentor, "person", cast.mentor.person_id) == ["融资计划 · 甲科技有限公司", "股权 · 甲科技有限公司"]
    assert feed(cast.founder_b, "person", cast.founder_b.person_id) == []


def test_what_is_long_over_is_let_be(session: Session, cast: Cast, place: Place) -> None:
    meet(session, cast.founder_a, place, cast.startup_a, at(3, 14))
    assert remind_of_sessions(session, cast.system, now=at(3, 15) + timedelta(days=31)) == 0
