"""Bringing a calendar file in: what is read of it, the look before, and what is booked or closed."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from incubator.bookings.calendars import Entry, calendar_text
from incubator.bookings.ics import MOST_TIMES, read_calendar
from incubator.bookings.models import Booking
from incubator.bookings.operations import add_rule
from incubator.core.errors import Refusal
from incubator.spaces.models import Closure
from tests.bookings.conftest import Place
from tests.bookings.filling import KEY, SEEN, SHANGHAI, at, book_for, says
from tests.cast import Cast
from tests.conftest import Browser

BERLIN = ZoneInfo("Europe/Berlin")
NOW = at(12, 8)
READ = re.compile(r'name="read"[^>]*value="([^"]+)"')


def ics(*events: str) -> bytes:
    body = "".join(f"BEGIN:VEVENT\n{event}\nEND:VEVENT\n" for event in events)
    return f"BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:x\n{body}END:VCALENDAR\n".replace("\n", "\r\n").encode()


def read(content: bytes, zone: ZoneInfo = SHANGHAI) -> list[tuple[str, str, str]]:
    return [(f"{each.time.start.astimezone(zone):%m-%d %H:%M}", f"{each.time.end.astimezone(zone):%m-%d %H:%M}", each.title)
            for each in read_calendar(content, zone, NOW).times]  # fmt: skip


def test_a_recurrence_with_an_exception_and_a_moved_day() -> None:
    """Four Tuesdays from 13 October at 10:00; not the 20th, and on the 27th at 15:00 instead."""
    series = "UID:a\nSUMMARY:周会\nDTSTART;TZID=Asia/Shanghai:20261013T100000\nDTEND;TZID=Asia/Shanghai:20261013T110000\n" \
             "RRULE:FREQ=WEEKLY;COUNT=4\nEXDATE;TZID=Asia/Shanghai:20261020T100000"  # fmt: skip
    moved = "UID:a\nSUMMARY:周会（改期）\nRECURRENCE-ID;TZID=Asia/Shanghai:20261027T100000\n" \
            "DTSTART;TZID=Asia/Shanghai:20261027T150000\nDTEND;TZID=Asia/Shanghai:20261027T160000"  # fmt: skip
    assert read(ics(series, moved)) == [
        ("10-13 10:00", "10-13 11:00", "周会"), ("10-27 15:00", "10-27 16:00", "周会（改期）"),
        ("11-03 10:00", "11-03 11:00", "周会"),
    ]  # fmt: skip


def test_whole_days_and_times_without_a_zone_are_the_site_s() -> None:
    day = "UID:d\nSUMMARY:团建\nDTSTART;VALUE=DATE:20261025\nDTEND;VALUE=DATE:20261026"
    floating = "UID:f\nSUMMARY:浮动\nDTSTART:20261026T090000\nDURATION:PT90M"
    assert read(ics(day, floating), BERLIN) == [
        ("10-25 00:00", "10-26 00:00", "团建"), ("10-26 09:00", "10-26 10:30", "浮动")]  # fmt: skip
    (whole, _) = read_calendar(ics(day, floating), BERLIN, NOW).times
    assert whole.time.minutes == 25 * 60, "a day on which clocks change"


def test_a_zone_of_the_file_s_own() -> None:
    zone = ("BEGIN:VTIMEZONE\r\nTZID:Custom\r\nBEGIN:STANDARD\r\nDTSTART:19700101T000000\r\nTZOFFSETFROM:+0500\r\n"
            "TZOFFSETTO:+0500\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\n")  # fmt: skip
    content = ics("UID:z\nSUMMARY:z\nDTSTART;TZID=Custom:20261013T100000\nDTEND;TZID=Custom:20261013T110000")
    content = content.replace(b"BEGIN:VEVENT", zone.encode() + b"BEGIN:VEVENT", 1)
    assert read(content) == [("10-13 13:00", "10-13 14:00", "z")]


def test_what_is_over_cancelled_or_without_a_length_is_left_out() -> None:
    fine = "UID:1\nSUMMARY: 好 \\n 的\nDTSTART:20261013T020000Z\nDTEND:20261013T030000Z"
    over = "UID:2\nDTSTART:20250101T020000Z\nDTEND:20250101T030000Z"
    cancelled = "UID:3\nSTATUS:CANCELLED\nDTSTART:20261014T020000Z\nDTEND:20261014T030000Z"
    empty = "UID:4\nDTSTART:20261014T020000Z\nDTEND:20261014T020000Z"
    found = read_calendar(ics(fine, over, cancelled, empty), SHANGHAI, NOW)
    assert ([each.title for each in found.times], found.left_out) == (["好 的"], 3)


@pytest.mark.parametrize(("content", "said"), [
    (b"", "not an iCalendar"), (b"hello", "not an iCalendar"), (b"\xff\xfe\x00", "not an iCalendar"),
    (b"PK\x03\x04 a workbook", "not an iCalendar"), (b"BEGIN:VEVENT\r\nEND:VEVENT\r\n", "not an iCalendar"),
    (b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n", "no times"), (b"x" * 1_000_001, "larger than 1 MB"),
    (ics("UID:1\nDTSTART:nonsense\nDTEND:nonsense"), "no times"),
    (ics("UID:1\nDTSTART:20261013T020000Z\nDTEND:20261013T020001Z\nRRULE:FREQ=SECONDLY"), "recur by the hour"),
    (ics("UID:1\nDTSTART:20261013T020000Z\nDTEND:20261013T020001Z\nRRULE:FREQ=DAILY;BYSECOND=1,2,3"), "recur by the hour"),
    (ics(*(f"UID:{n}\nDTSTART:20261013T020000Z\nDTEND:20261013T030000Z\nRRULE:FREQ=DAILY" for n in range(51))), "too many"),
    (ics(*(f"UID:{n}\nDTSTART:20261013T020000Z\nDTEND:20261013T030000Z\nRRULE:FREQ=DAILY" for n in range(2))), f"{MOST_TIMES}"),
    (ics(*(f"UID:{n}\nDTSTART:20261013T020000Z" for n in range(2001))), "2001 events"),
])  # fmt: skip
def test_what_is_no_calendar_or_too_much_of_one(content: bytes, said: str) -> None:
    with pytest.raises(Refusal) as refused:
        read_calendar(content, SHANGHAI, NOW)
    assert said in str(refused.value)


@given(st.lists(st.tuples(st.integers(0, 10_000), st.integers(1, 600), st.text(max_size=40)), min_size=1, max_size=8))
@settings(max_examples=40, deadline=None)
def test_what_we_write_we_read_again(wishes: list[tuple[int, int, str]]) -> None:
    entries = []
    for number, (start, length, title) in enumerate(wishes):
        begins = NOW + timedelta(minutes=start)
        entries.append(Entry(f"{number}@x", begins, begins + timedelta(minutes=length), title, NOW))
    found = read_calendar(calendar_text(entries, "x"), SHANGHAI, NOW).times
    assert [(each.time.start, each.time.end) for each in found] == sorted((each.start, each.end) for each in entries)
    said = {
        " ".join("".join(char if char.isprintable() else " " for char in title).split()) for _, _, title in wishes
    }
    assert {each.title for each in found} <= said | {""}


WEEK = ics(*(f"UID:{day}\nSUMMARY:第{day}天\nDTSTART;TZID=Asia/Shanghai:202610{day}T100000\n"
             f"DTEND;TZID=Asia/Shanghai:202610{day}T110000" for day in (13, 14, 15)))  # fmt: skip


@pytest.fixture
def now(clock: Callable[[datetime], None]) -> datetime:
    clock(NOW)
    return NOW


def send(
    client: Browser, place: Place, cast: Cast, do: str, content: bytes | None = WEEK, **more: object
) -> TestResponse:
    fields: dict[str, object] = {
        "resource_id": place.room.id,
        "startup_id": cast.startup_a,
        "what": "bookings",
        "do": do,
    }
    if content is not None:
        fields["file"] = (io.BytesIO(content), "a.ics")
    return client.post("/bookings/import", data=fields | more, content_type="multipart/form-data")


def kept(page: TestResponse) -> dict[str, object]:
    """What travels with the page that was looked at."""
    found = [pattern.search(page.text) for pattern in (READ, SEEN, KEY)]
    assert all(found)
    return {"read": found[0][1], "agreed_minor": found[1][1], "request_key": found[2][1]}  # type: ignore[index]


def count(session: Session, table: type = Booking) -> int:
    return session.execute(select(func.count()).select_from(table)).scalar_one()


def test_looked_at_first_then_all_but_the_conflict_are_booked_once(
    client: Browser, session: Session, cast: Cast, place: Place, now: datetime
) -> None:
    book_for(session, cast.founder_b, place, at(14, 10, 30), at(14, 11))
    client.sign_in(cast.founder_a)
    page = send(client, place, cast, "preview")
    assert page.status_code == 200 and count(session) == 1
    text = says(page)
    assert "第13天" in text and "¥100.00" in text and "10:30" in text and "导入可用的 2 个" in text
    more = kept(page)
    assert send(client, place, cast, "all", None, **more).status_code == 409, "not all can be had"
    assert count(session) == 1
    assert send(client, place, cast, "free", None, **more).status_code == 303
    made = (
        session.execute(select(Booking).where(Booking.startup_id == cast.startup_a).order_by(Booking.period))
        .scalars()
        .all()
    )
    assert [(each.title, each.start, each.price_minor, each.series_id) for each in made] == [
        ("第13天", at(13, 10), 5000, None), ("第15天", at(15, 10), 5000, None)]  # fmt: skip
    assert send(client, place, cast, "free", None, **more).status_code == 303, "sent twice"
    assert count(session) == 3


def test_another_price_than_the_one_that_was_seen_books_nothing(
    client: Browser, session: Session, cast: Cast, place: Place, now: datetime
) -> None:
    client.sign_in(cast.founder_a)
    more = kept(send(client, place, cast, "preview")) | {"agreed_minor": "100"}
    answer = send(client, place, cast, "all", None, **more)
    assert answer.status_code == 409 and "¥150.00" in says(answer)
    assert count(session) == 0


def test_the_rules_bind_what_is_imported(
    client: Browser, session: Session, cast: Cast, place: Place, now: datetime
) -> None:
    add_rule(session, cast.manager, now=now, name="一天两次", quota_most=2, quota_measure="count", quota_window="week",
             quota_of="startup")  # fmt: skip
    client.sign_in(cast.founder_a)
    page = send(client, place, cast, "preview")
    assert "一天两次" in says(page) and "导入可用的 2 个" in says(page)


def test_as_closures_by_staff_alone(
    client: Browser, session: Session, cast: Cast, place: Place, now: datetime
) -> None:
    book_for(session, cast.founder_b, place, at(14, 10, 30), at(14, 11))
    client.sign_in(cast.founder_a)
    assert send(client, place, cast, "free", what="closures").status_code == 422
    client.sign_in(cast.manager)
    page = send(client, place, cast, "preview", what="closures")
    assert "导入可用的 2 个" in says(page)
    assert send(client, place, cast, "free", None, what="closures", **kept(page)).status_code == 303
    made = session.execute(select(Closure.reason).order_by(Closure.id)).scalars().all()
    assert made == ["第13天", "第15天"]
    again = send(client, place, cast, "free", None, what="closures", **kept(page))
    assert again.status_code == 409 and count(session, Closure) == 2


@pytest.mark.parametrize(("more", "said"), [
    ({"content": None}, "请选择日历文件"), ({"content": b"hello"}, "不是 iCalendar"),
    ({"content": None, "read": "forged"}, "页面已过期或损坏"), ({"resource_id": 999999}, "没有这个资源"),
])  # fmt: skip
def test_what_is_wrong_is_said(
    client: Browser, session: Session, cast: Cast, place: Place, now: datetime, more: dict[str, object], said: str
) -> None:
    client.sign_in(cast.founder_a)
    answer = send(client, place, cast, "all", **more)  # type: ignore[arg-type]
    assert answer.status_code == 422 and said in says(answer), says(answer)[-3000:]
    assert count(session) == 0


def test_what_one_has_looked_at_is_no_other_person_s(
    client: Browser, session: Session, cast: Cast, place: Place, now: datetime
) -> None:
    more = kept(send(client.sign_in(cast.founder_a), place, cast, "preview"))
    client.sign_in(cast.founder_b)
    answer = send(client, place, cast, "all", None, **more | {"startup_id": cast.startup_b})
    assert answer.status_code == 422 and count(session) == 0


def test_times_are_utc_in_the_model() -> None:
    (only,) = read_calendar(ics("UID:1\nDTSTART:20261013T020000Z\nDTEND:20261013T030000Z"), SHANGHAI, NOW).times
    assert only.time.start == datetime(2026, 10, 13, 2, tzinfo=UTC)
