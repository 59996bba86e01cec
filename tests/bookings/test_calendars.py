"""Calendars as programs read them: parsed back by a real parser, kept right by UID, SEQUENCE and STATUS."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from icalendar import Calendar
from sqlalchemy import select
from sqlalchemy.orm import Session

from incubator.bookings.letters import WRITERS
from incubator.bookings.operations import Change, add_rule, approve, cancel, change, check_in
from incubator.notices.models import OutboxMail
from incubator.notices.writing import write_notices
from incubator.spaces.operations.closures import close_units, lift_closure
from tests.bookings.conftest import Place
from tests.bookings.filling import at, book_for, says
from tests.bookings.test_free_times import make_berlin
from tests.cast import NOW, Cast
from tests.conftest import Browser
from tests.scenarios.test_access import counting

ADDRESS = re.compile(r'class="key-address" href="http://[^/]+(/feeds/[^"]+)"')


@pytest.fixture
def now(clock: Callable[[datetime], None]) -> datetime:
    clock(at(12, 8))
    return at(12, 8)


def events(text: bytes) -> dict[str, Any]:
    """By summary."""
    calendar = Calendar.from_ical(text)
    assert (calendar["VERSION"], calendar["METHOD"]) == ("2.0", "PUBLISH")
    return {str(each["SUMMARY"]): each for each in calendar.walk("VEVENT")}


def make(client: Browser, kind: str, opens_id: int) -> str:
    """The path of a new address, as its page shows it."""
    page = client.post(f"/calendars/{kind}/{opens_id}", data={"do": "make"})
    assert page.status_code == 200
    found = ADDRESS.search(page.text)
    assert found
    return found[1].replace("&amp;", "&")


def test_a_person_s_calendar_follows_what_becomes_of_a_booking(
    client: Browser, session: Session, cast: Cast, place: Place, now: datetime
) -> None:
    title = "评审, 第二轮; \\反斜杠" + "很长的标题" * 12
    booking = book_for(session, cast.founder_a, place, at(13, 10), at(13, 11, 30), title=title)
    book_for(session, cast.founder_b, place, at(13, 14), at(13, 15), title="乙的会")
    path = make(client.sign_in(cast.founder_a), "person", cast.founder_a.person_id or 0)
    client.post("/sign-out")
    first = events(client.get(path).data)
    assert set(first) == {title}, "commas, folding and backslashes survive; others' bookings are not in it"
    event = first[title]
    assert event["DTSTART"].dt == at(13, 10) and event["DTEND"].dt == at(13, 11, 30)
    assert (event["STATUS"], event["SEQUENCE"]) == ("CONFIRMED", 0)
    assert str(event["URL"]).endswith(f"/bookings/{booking.id}") and "会议室一" in str(event["LOCATION"])
    change(session, cast.founder_a, now=now, booking_id=booking.id,
           to=Change(place.room.id, at(1, 16).time(), at(1, 17).time(), title, on=at(13, 0).date()))  # fmt: skip
    moved = events(client.get(path).data)[title]
    assert (moved["UID"], moved["SEQUENCE"], moved["DTSTART"].dt) == (event["UID"], 1, at(13, 16))
    cancel(session, cast.founder_a, now=now, booking_id=booking.id)
    gone = events(client.get(path).data)[title]
    assert (gone["UID"], gone["STATUS"], gone["SEQUENCE"]) == (event["UID"], "CANCELLED", 2)
    assert gone["DTSTAMP"].dt == now


def test_it_is_sent_again_only_where_it_has_changed(
    client: Browser, session: Session, cast: Cast, place: Place, now: datetime
) -> None:
    book_for(session, cast.founder_a, place, at(13, 10), at(13, 11))
    path = make(client.sign_in(cast.founder_a), "startup", cast.startup_a)
    first = client.get(path)
    assert first.headers["Content-Type"] == "text/calendar; charset=utf-8"
    assert "private" in first.headers["Cache-Control"]
    again = client.get(path, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    book_for(session, cast.founder_a, place, at(13, 12), at(13, 13))
    assert client.get(path, headers={"If-None-Match": first.headers["ETag"]}).status_code == 200


def test_a_withdrawn_or_replaced_address_opens_nothing(
    client: Browser, session: Session, cast: Cast, place: Place, now: datetime
) -> None:
    client.sign_in(cast.founder_a)
    old = make(client, "startup", cast.startup_a)
    new = make(client, "startup", cast.startup_a)
    assert (client.get(old).status_code, client.get(new).status_code) == (404, 404 if old == new else 200)
    assert client.get(new.replace("/startup/", "/person/")).status_code == 404, "a key opens its own kind"
    client.post(f"/calendars/startup/{cast.startup_a}", data={"do": "withdraw"})
    assert client.get(new).status_code == 404
    for path in (
        "/feeds/startup/nonsense.ics",
        "/feeds/startup/1-x.ics",
        "/feeds/stars/1-x.ics",
        "/feeds/person/-.ics",
    ):
        assert client.get(path).status_code == 404


def test_who_may_make_which(client: Browser, cast: Cast, place: Place, now: datetime) -> None:
    client.sign_in(cast.founder_a)
    for kind, opens_id in (("startup", cast.startup_b), ("person", cast.founder_b.person_id), ("resource", place.room.id),
                           ("star", 1)):  # fmt: skip
        assert client.post(f"/calendars/{kind}/{opens_id}", data={"do": "make"}).status_code == 404
    assert client.get(f"/resources/{place.room.id}/calendar").status_code == 403
    client.sign_in(cast.front_desk)
    assert client.get(f"/resources/{place.room.id}/calendar").status_code == 200
    assert make(client, "resource", place.room.id)
    assert client.post("/calendars/resource/99999", data={"do": "make"}).status_code == 404


def test_a_room_s_calendar_says_who_has_it_and_when_it_is_closed(
    client: Browser, session: Session, cast: Cast, place: Place, now: datetime
) -> None:
    book_for(session, cast.founder_a, place, at(13, 10), at(13, 11), title="周会")
    early = book_for(session, cast.founder_b, place, at(12, 9), at(12, 12))
    closures = [close_units(session, cast.manager, now=now, site=place.site, units=[place.units["R1"]], start=at(14, hour),
                            end=at(14, hour + 1), reason=f"检修{hour}") for hour in (9, 11)]  # fmt: skip
    lift_closure(session, cast.manager, now=now, closure=closures[1])
    check_in(session, cast.founder_b, now=at(12, 9), booking_id=early.id, source="person")
    cancel(session, cast.founder_b, now=at(12, 10), booking_id=early.id)  # they leave
    found = events(client.get(make(client.sign_in(cast.front_desk), "resource", place.room.id)).data)
    assert set(found) == {"周会 · 甲科技有限公司", "乙科技有限公司", "停用 · 检修9", "停用 · 检修11"}
    assert found["乙科技有限公司"]["DTEND"].dt == at(12, 10), "its rest was given back"
    assert found["停用 · 检修9"]["STATUS"] == "CONFIRMED" and found["停用 · 检修11"]["STATUS"] == "CANCELLED"


def test_what_awaits_approval_is_tentative(
    client: Browser, session: Session, cast: Cast, place: Place, now: datetime
) -> None:
    add_rule(session, cast.manager, now=now, name="批准", approval_hours=24)
    booking = book_for(session, cast.founder_a, place, at(13, 10), at(13, 11), title="待批")
    path = make(client.sign_in(cast.founder_a), "startup", cast.startup_a)
    assert events(client.get(path).data)["待批"]["STATUS"] == "TENTATIVE"
    approve(session, cast.manager, now=NOW, booking_id=booking.id)
    found = events(client.get(path).data)["待批"]
    assert (found["STATUS"], found["SEQUENCE"]) == ("CONFIRMED", 1)


def test_a_feed_of_many_takes_few_statements(
    client: Browser, session: Session, cast: Cast, place: Place, now: datetime
) -> None:
    path = make(client.sign_in(cast.founder_a), "startup", cast.startup_a)
    book_for(session, cast.founder_a, place, at(13, 9), at(13, 9, 15))
    with counting(session) as few:
        client.get(path)
    for quarter in range(1, 30):
        start = at(13, 9) + quarter * timedelta(minutes=15)
        book_for(session, cast.founder_a, place, start, start + timedelta(minutes=15))
    with counting(session) as many:
        assert client.get(path).data.count(b"BEGIN:VEVENT") == 30
    assert len(many) == len(few) <= 10, "\n".join(many)


def test_hours_in_berlin_are_instants(client: Browser, session: Session, cast: Cast, now: datetime) -> None:
    """Over the change of clocks: 01:30 summer time to 03:45 winter time are three hours and a quarter."""
    _, _, resources = make_berlin(session, cast.manager)
    start = at(25, 7, 30)
    book_for(
        session,
        cast.manager,
        _Fake(resources["A"]),
        start,
        start + timedelta(hours=3.25),
        startup_id=None,
        title="夜",
    )  # type: ignore[arg-type]
    path = make(client.sign_in(cast.manager), "person", cast.manager.person_id or 0)
    event = events(client.get(path).data)["夜"]
    assert event["DTEND"].dt - event["DTSTART"].dt == timedelta(hours=3, minutes=15)
    assert str(event["DTSTART"].to_ical(), "ascii") == "20261024T233000Z"


class _Fake:
    """A place of one room."""

    def __init__(self, room: object) -> None:
        self.room = room


def test_one_booking_as_a_file(client: Browser, session: Session, cast: Cast, place: Place, now: datetime) -> None:
    booking = book_for(session, cast.founder_a, place, at(13, 10), at(13, 11), title="单个")
    answer = client.sign_in(cast.founder_a).get(f"/bookings/{booking.id}.ics")
    assert set(events(answer.data)) == {"单个"}
    assert f"/bookings/{booking.id}.ics" in says(client.get(f"/bookings/{booking.id}"))
    assert client.sign_in(cast.founder_b).get(f"/bookings/{booking.id}.ics").status_code == 404


def test_letters_carry_it_and_a_cancellation_takes_it_back(
    session: Session, cast: Cast, place: Place, now: datetime
) -> None:
    booking = book_for(session, cast.founder_a, place, at(13, 10), at(13, 11), title="信")
    assert write_notices(session, now=now, base_url="https://x.cn", writers=WRITERS) == 1
    cancel(session, cast.founder_a, now=now, booking_id=booking.id)
    assert write_notices(session, now=now, base_url="https://x.cn", writers=WRITERS) == 1
    mails = session.execute(select(OutboxMail).order_by(OutboxMail.id)).scalars().all()
    first, last = (events(mail.calendar_body.encode())["信"] for mail in mails[-2:] if mail.calendar_body)
    assert (first["STATUS"], last["STATUS"]) == ("CONFIRMED", "CANCELLED")
    assert first["UID"] == last["UID"] == f"booking-{booking.operator_id}-{booking.id}@x.cn"
    assert last["SEQUENCE"] > first["SEQUENCE"]
