"""Letters: in the reader's language, only what they want, only what is still so, and none twice."""

from __future__ import annotations

from datetime import date, time
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from incubator.accounts.models import Person
from incubator.accounts.operations import end_access
from incubator.bookings.letters import WRITERS
from incubator.bookings.models import Booking
from incubator.bookings.operations import (
    SeriesTerms,
    add_rule,
    approve,
    book,
    book_series,
    cancel,
    change,
    decline,
    expire_holds,
    join_waitlist,
    release_missed,
    remind,
)
from incubator.bookings.operations.change import Change
from incubator.core.recurrence import Recurrence
from incubator.database import as_operator
from incubator.notices.models import Notice, OutboxMail
from incubator.notices.operations import choose_notices
from incubator.notices.writing import write_notices
from tests.bookings.conftest import Place
from tests.bookings.filling import at
from tests.cast import NOW, Cast
from tests.conftest import Browser

BASE = "https://space.example"


def ask(session: Session, cast: Cast, place: Place, **more: Any) -> Booking:
    values = {"now": NOW, "resource_id": place.room.id, "startup_id": cast.startup_a, "start": at(12, 10),
              "end": at(12, 11, 30)} | more  # fmt: skip
    return book(session, cast.founder_a, **values)


def letters(session: Session, now: Any = NOW) -> list[OutboxMail]:
    """What is written now, beside what was written before."""
    before = set(session.execute(select(OutboxMail.id)).scalars())
    write_notices(session, now=now, base_url=BASE, writers=WRITERS)
    return list(session.execute(select(OutboxMail).where(OutboxMail.id.not_in(before)).order_by(OutboxMail.id)).scalars())


def english(session: Session, person_id: int | None) -> None:
    session.execute(update(Person).where(Person.id == person_id).values(locale="en"))


def test_a_confirmation_says_what_when_where_and_the_price(session: Session, cast: Cast, place: Place) -> None:
    booking = ask(session, cast, place)
    (mail,) = letters(session)
    assert mail.to_address == "anna@example.com"
    assert mail.subject == "已预订：会议室一 · 2026年10月12日 10:00–11:30"
    for words in ("anna", "以下预订已生效", "会议室一 · 2026年10月12日 10:00–11:30", "南山", "价格：¥75.00",
                  f"{BASE}/bookings/{booking.id}", f"{BASE}/profile/mails"):  # fmt: skip
        assert words in mail.text_body and words in mail.html_body, words
    assert letters(session) == []


def test_in_english_for_who_reads_it(session: Session, cast: Cast, place: Place) -> None:
    english(session, cast.founder_a.person_id)
    ask(session, cast, place)
    (mail,) = letters(session)
    assert mail.subject == "Booked: Room 1 · 12 Oct 2026 10:00–11:30"
    assert "Hello anna," in mail.text_body and "Price: CN¥75.00." in mail.text_body


def test_what_the_front_desk_books_the_founders_are_told(session: Session, cast: Cast, place: Place) -> None:
    book(session, cast.front_desk, now=NOW, resource_id=place.room.id, startup_id=cast.startup_a, start=at(12, 10),
         end=at(12, 11))  # fmt: skip
    assert [mail.to_address for mail in letters(session)] == ["anna@example.com"]


def test_a_change_says_what_it_was_and_a_cancellation_what_it_cost(session: Session, cast: Cast, place: Place) -> None:
    booking = ask(session, cast, place)
    letters(session)
    to = Change(place.room.id, time(14), time(15), on=date(2026, 10, 13))
    change(session, cast.founder_a, now=NOW, booking_id=booking.id, to=to)
    (mail,) = letters(session)
    assert mail.subject == "已变更：会议室一 · 2026年10月13日 14:00–15:00"
    assert "原为 会议室一 · 2026年10月12日 10:00–11:30" in mail.text_body
    cancel(session, cast.founder_a, now=NOW, booking_id=booking.id)
    (mail,) = letters(session)
    assert mail.subject.startswith("已取消：") and "不收取任何费用" in mail.text_body


def test_a_confirmation_of_what_is_cancelled_already_is_not_sent(session: Session, cast: Cast, place: Place) -> None:
    booking = ask(session, cast, place)
    cancel(session, cast.founder_a, now=NOW, booking_id=booking.id)
    assert [mail.subject[:3] for mail in letters(session)] == ["已取消"]
    outcomes = session.execute(select(Notice.kind, Notice.outcome).order_by(Notice.id)).all()
    assert [tuple(row) for row in outcomes] == [("confirmation", "stale"), ("cancellation", "written")]


def test_each_chooses_what_they_get_but_a_closure_comes_in_any_case(
    client: Browser, session: Session, cast: Cast, place: Place
) -> None:
    client.sign_in(cast.founder_a)
    answer = client.post("/profile/mails", data={"wanted": ["reminder", "waitlist"]})
    assert answer.status_code == 303
    page = client.get("/profile/mails").text
    assert page.count("checked") == 2 and "closure" not in page
    ask(session, cast, place)
    assert letters(session) == []
    assert session.execute(select(Notice.outcome)).scalar_one() == "unwanted"
    assert client.post("/profile/mails", data={"wanted": ["closure"]}).status_code == 422
    choose_notices(session, cast.founder_a, now=NOW, wanted=["confirmation"])
    ask(session, cast, place, start=at(13, 10), end=at(13, 11))
    assert len(letters(session)) == 1


def test_approval_goes_to_who_decides_and_back_to_who_asked(session: Session, cast: Cast, place: Place) -> None:
    add_rule(session, cast.manager, now=NOW, name="须批准", approval_hours=24)
    first, second, third = (ask(session, cast, place, start=at(day, 10), end=at(day, 11)) for day in (12, 13, 14))
    told = letters(session)
    assert sorted({mail.to_address for mail in told if mail.subject.startswith("请审批")}) == [
        "alice@example.com", "fred@example.com", "mia@example.com",
    ]  # fmt: skip
    assert [mail.subject[:3] for mail in told if mail.to_address == "anna@example.com"] == ["待审批"] * 3
    approve(session, cast.manager, now=NOW, booking_id=first.id)
    decline(session, cast.manager, now=NOW, booking_id=second.id, reason="当天装修")
    assert third.awaiting_until is not None
    expire_holds(session, cast.system, now=third.awaiting_until)
    mails = letters(session, third.awaiting_until)
    assert [mail.subject[:3] for mail in mails] == ["已批准", "已拒绝", "未及时"]
    assert "当天装修" in mails[1].text_body


def test_a_reminder_comes_once_a_day_before_and_anew_where_it_is_moved(
    session: Session, cast: Cast, place: Place
) -> None:
    booking = ask(session, cast, place)
    letters(session)
    assert remind(session, cast.system, now=at(11, 9, 59)) == 0
    assert remind(session, cast.system, now=at(11, 10)) == 1
    assert remind(session, cast.system, now=at(11, 10, 1)) == 0
    (mail,) = letters(session, at(11, 10, 1))
    assert mail.subject.startswith("即将开始")
    to = Change(place.room.id, time(9), time(10), on=date(2026, 10, 14))
    change(session, cast.founder_a, now=at(11, 11), booking_id=booking.id, to=to)
    letters(session, at(11, 11))
    assert remind(session, cast.system, now=at(13, 9)) == 1
    assert len(letters(session, at(13, 9))) == 1
    # what was booked less than a day before its start needs none
    book(session, cast.founder_b, now=at(13, 9), resource_id=place.room.id, startup_id=cast.startup_b, start=at(13, 14),
         end=at(13, 15))  # fmt: skip
    assert remind(session, cast.system, now=at(13, 9)) == 0


def test_a_series_is_one_letter_and_so_are_a_no_show_and_an_offer(session: Session, cast: Cast, place: Place) -> None:
    add_rule(session, cast.manager, now=NOW, name="签到", check_in_minutes=15)
    rhythm = Recurrence("WEEKLY", weekdays=(0,), count=4)
    series = book_series(session, cast.founder_a, now=NOW, terms=SeriesTerms(
        place.room.id, cast.startup_a, rhythm, date(2026, 10, 12), time(10), time(11)))  # fmt: skip
    (mail,) = letters(session)
    assert "共 4 次" in mail.text_body and f"/bookings/series/{series.id}" in mail.text_body
    join_waitlist(session, cast.founder_b, now=NOW, resource_id=place.room.id, start=at(12, 10, 15), end=at(12, 11),
                  minutes=45, startup_id=cast.startup_b)  # fmt: skip
    release_missed(session, cast.system, now=at(12, 10, 15))
    subjects = {mail.to_address: mail.subject[:4] for mail in letters(session, at(12, 10, 15))}
    assert subjects == {"anna@example.com": "已释放："}
    cancelled = ask(session, cast, place, start=at(13, 10), end=at(13, 11))
    join_waitlist(session, cast.founder_b, now=NOW, resource_id=place.room.id, start=at(13, 10), end=at(13, 11),
                  minutes=60, startup_id=cast.startup_b)  # fmt: skip
    letters(session)
    cancel(session, cast.founder_a, now=NOW, booking_id=cancelled.id)
    offered = [mail for mail in letters(session) if mail.to_address == "bob@example.com"]
    assert [mail.subject for mail in offered] == ["候补有位：会议室一 · 2026年10月13日 10:00–11:00"]


def test_who_has_left_is_told_nothing(session: Session, cast: Cast, place: Place) -> None:
    ask(session, cast, place)
    person = session.get_one(Person, (cast.operator_id, cast.founder_a.person_id))
    end_access(session, cast.owner, now=NOW, person_id=person.id)
    assert letters(session) == []


def test_names_are_text_and_not_markup(session: Session, cast: Cast, place: Place) -> None:
    session.execute(update(Person).where(Person.id == cast.founder_a.person_id).values(name="<b>anna</b> %s %(x)s"))
    ask(session, cast, place)
    (mail,) = letters(session)
    assert "<b>anna" not in mail.html_body and "%(x)s" in mail.text_body


def test_nobody_reads_another_operator_s(session: Session, cast: Cast, place: Place) -> None:
    ask(session, cast, place)
    with as_operator(session, cast.other_operator_id):
        assert session.execute(select(Notice)).all() == []
        assert write_notices(session, now=NOW, base_url=BASE, writers=WRITERS) == 0
