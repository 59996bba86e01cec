"""The pages of series: looked at first, then booked, made longer, changed and cancelled."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import pytest
from flask_babel import force_locale
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from incubator.bookings.models import Booking, BookingSeries
from incubator.bookings.operations import add_rule
from incubator.bookings.wording import rhythm_words
from incubator.core.recurrence import Recurrence
from tests.bookings.conftest import Place
from tests.bookings.filling import KEY, SEEN, at, book_for, says
from tests.cast import NOW, Cast
from tests.conftest import Browser

pytestmark = pytest.mark.usefixtures("clock")


def typed_in(place: Place, cast: Cast, **more: Any) -> dict[str, Any]:
    return {
        "resource_id": place.room.id, "startup_id": cast.startup_a, "on": "2026-10-12", "start": "10:00", "end": "11:30",
        "title": "例会", "attendees": "4", "request_key": "s-1", "rhythm": "weekly", "interval": "1", "weekdays": ["0"],
        "until": "", "count": "4", "do": "preview",
    } | more  # fmt: skip


def standing(session: Session) -> int:
    return session.execute(select(func.count()).select_from(Booking).where(Booking.cancelled_at.is_(None))).scalar_one()


def book_it(client: Browser, place: Place, cast: Cast, **more: Any) -> str:
    answer = client.post("/bookings/series/new", data=typed_in(place, cast, **{"do": "all", "agreed_minor": "30000"} | more))
    assert answer.status_code == 303, says(answer)
    return str(answer.location)


def test_a_founder_looks_at_every_day_and_books_them(client: Browser, session: Session, cast: Cast, place: Place) -> None:
    client.sign_in(cast.founder_a)
    assert client.get(f"/bookings/series/new?resource_id={place.room.id}&on=2026-10-12").status_code == 200
    answer = client.post("/bookings/series/new", data=typed_in(place, cast))
    page = says(answer)
    assert answer.status_code == 200 and standing(session) == 0
    for words in ("2026年10月12日", "2026年11月2日", "¥75.00", "¥300.00", "预订全部 4 天", "4 天"):
        assert words in page, words
    assert SEEN.search(page)[1] == "30000"  # type: ignore[index]
    address = book_it(client, place, cast)
    assert standing(session) == 4
    page = says(client.get(address))
    for words in ("例会", "每周 周一，共 4 次", "2026年10月26日 10:00–11:30", "取消尚未开始的 4 个预订。"):
        assert words in page, words


def test_without_having_looked_nothing_is_booked(client: Browser, session: Session, cast: Cast, place: Place) -> None:
    client.sign_in(cast.founder_a)
    answer = client.post("/bookings/series/new", data=typed_in(place, cast, do="all"))
    assert answer.status_code == 422 and "费用为 ¥300.00。尚未预订" in says(answer) and standing(session) == 0


def test_a_day_that_is_taken_is_named_and_the_others_can_be_had(
    client: Browser, session: Session, cast: Cast, place: Place
) -> None:
    book_for(session, cast.founder_b, place, at(19, 11), at(19, 12))
    client.sign_in(cast.founder_a)
    page = says(client.post("/bookings/series/new", data=typed_in(place, cast)))
    assert "会议室一 在 2026年10月19日 11:00–12:00 已被占用。" in page and "预订空闲的 3 天" in page
    answer = client.post("/bookings/series/new", data=typed_in(place, cast, do="all", agreed_minor="22500"))
    assert answer.status_code == 409 and "4 天中有 1 天不能预订" in says(answer) and standing(session) == 1
    assert client.post("/bookings/series/new", data=typed_in(place, cast, do="free", agreed_minor="22500")).status_code == 303
    assert standing(session) == 4


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"count": ""}, "请说明系列何时结束"), ({"until": "2026-12-01"}, "请说明系列何时结束"),
        ({"count": "0"}, ""), ({"count": "9999"}, ""), ({"until": "2026-10-01", "count": ""}, "没有落在任何一天"),
        ({"rhythm": "yearly"}, ""), ({"weekdays": ["9"]}, ""), ({"interval": "0"}, ""), ({"start": "25:00"}, ""),
        ({"start": "12:00", "end": "11:00"}, ""), ({"leave_out": ["x"]}, "没有这个日期"),
        ({"leave_out": ["2026-10-12", "2026-10-19", "2026-10-26", "2026-11-02"]}, "没有落在任何一天"), ({"resource_id": "999999"}, ""), ({"on": "9999-12-31"}, ""),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_and_nothing_is_lost(
    client: Browser, session: Session, cast: Cast, place: Place, more: dict[str, Any], words: str
) -> None:
    client.sign_in(cast.founder_a)
    answer = client.post("/bookings/series/new", data=typed_in(place, cast, **more))
    assert answer.status_code in (200, 409, 422) and words in says(answer) and 'value="例会"' in answer.text
    assert standing(session) == 0


@pytest.mark.parametrize(
    ("more", "rrule", "calendar"),
    [
        ({"rhythm": "working"}, "FREQ=WEEKLY;INTERVAL=1;BYDAY=MO,TU,WE,TH,FR;COUNT=4", "working"),
        ({"rhythm": "monthly_date"}, "FREQ=MONTHLY;INTERVAL=1;BYMONTHDAY=12;COUNT=4", "every"),
        ({"rhythm": "monthly_weekday", "skip_holidays": "y"}, "FREQ=MONTHLY;INTERVAL=1;BYDAY=2MO;COUNT=4", "skip"),
        ({"weekdays": [], "interval": "2"}, "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO;COUNT=4", "every"),
        ({"rhythm": "daily", "interval": "2"}, "FREQ=DAILY;INTERVAL=2;COUNT=4", "every"),
        ({"rhythm": "monthly_last", "interval": "3"}, "FREQ=MONTHLY;INTERVAL=3;BYMONTHDAY=-1;COUNT=4", "every"),
        ({"rhythm": "monthly_last_weekday"}, "FREQ=MONTHLY;INTERVAL=1;BYDAY=-1MO;COUNT=4", "every"),
    ],
)  # fmt: skip
def test_each_rhythm(
    client: Browser, session: Session, cast: Cast, place: Place, more: dict[str, Any], rrule: str, calendar: str
) -> None:
    client.sign_in(cast.manager)
    book_it(client, place, cast, **more)
    made = session.execute(select(BookingSeries)).scalar_one()
    assert (made.rrule, made.calendar) == (rrule, calendar)


@pytest.mark.parametrize(
    ("rrule", "zh", "en"),
    [
        ("FREQ=MONTHLY;INTERVAL=1;BYDAY=2MO;COUNT=4", "每月的第二个周一，共 4 次", "monthly on the second Mon, 4 times"),
        ("FREQ=MONTHLY;INTERVAL=3;BYMONTHDAY=12;COUNT=4", "每 3 个月的 12 日，共 4 次", "every 3 months on day 12, 4 times"),
        ("FREQ=MONTHLY;INTERVAL=1;BYMONTHDAY=-1;COUNT=4", "每月的最后一天，共 4 次", "monthly on the last day, 4 times"),
        ("FREQ=MONTHLY;INTERVAL=1;BYDAY=-1FR;COUNT=4", "每月的最后一个周五，共 4 次", "monthly on the last Fri, 4 times"),
    ],
)  # fmt: skip
def test_a_rhythm_in_words(client: Browser, rrule: str, zh: str, en: str) -> None:
    for locale, words in (("zh_Hans", zh), ("en", en)):
        with client.application.test_request_context(), force_locale(locale):
            assert rhythm_words(Recurrence.parse(rrule), locale) == words


def test_days_are_left_out_before_and_after(client: Browser, session: Session, cast: Cast, place: Place) -> None:
    """Four Mondays at 75.00 without 19 October; two more later, without 9 November."""
    client.sign_in(cast.founder_a)
    out = {"leave_out": ["2026-10-19"]}
    page = says(client.post("/bookings/series/new", data=typed_in(place, cast, **out)))
    assert SEEN.findall(page) == ["22500"] and "预订全部 3 天" in page
    (box,) = re.findall(r'<input[^>]*value="2026-10-19"[^>]*>', page)
    assert "checked" in box and 'form="series"' in box
    address = book_it(client, place, cast, **out, agreed_minor="22500")
    made = session.execute(select(BookingSeries)).scalar_one()
    assert (made.except_on, standing(session)) == ([date(2026, 10, 19)], 3)
    assert "每周 周一，共 4 次，2026年10月19日 除外" in says(client.get(address))
    longer = {"until": "2026-11-16", "do": "all", "agreed_minor": "7500", "leave_out": ["2026-11-09"]}
    assert client.post(address, data=longer).status_code == 303
    session.refresh(made)
    assert (made.except_on, standing(session)) == ([date(2026, 10, 19), date(2026, 11, 9)], 4)


def test_the_same_form_sent_twice_is_one_series(client: Browser, session: Session, cast: Cast, place: Place) -> None:
    """Of a pool of two desks the second sending would have got the other one."""
    client.sign_in(cast.founder_a)
    page = client.post("/bookings/series/new", data=typed_in(place, cast, request_key="")).text
    assert KEY.search(page)
    wish = typed_in(place, cast, resource_id=place.pool.id, attendees="", do="all", agreed_minor="3000")
    first, second = (client.post("/bookings/series/new", data=wish) for _ in range(2))
    assert first.status_code == second.status_code == 303 and first.location == second.location and standing(session) == 4
    other = client.post("/bookings/series/new", data=wish | {"start": "09:00", "end": "10:30"})
    assert other.status_code == 409 and standing(session) == 4


def test_it_is_made_longer_after_a_look(client: Browser, session: Session, cast: Cast, place: Place) -> None:
    client.sign_in(cast.founder_a)
    address = book_it(client, place, cast)
    page = says(client.post(address, data={"until": "2026-11-16", "do": "preview"}))
    assert "¥150.00" in page and "预订全部 2 天" in page and standing(session) == 4
    assert "并不比现有系列更长" in says(client.post(address, data={"until": "2026-11-02", "do": "preview"}))
    assert client.post(address, data={"until": "2026-11-16", "do": "all", "agreed_minor": "15000"}).status_code == 303
    assert standing(session) == 6


def test_this_and_the_following_are_changed_after_a_look(client: Browser, session: Session, cast: Cast, place: Place) -> None:
    client.sign_in(cast.founder_a)
    address = book_it(client, place, cast)
    (third,) = re.findall(r'href="(/bookings/\d+)">2026年10月26日', client.get(address).text)
    page = client.get(f"{third}/edit").text
    assert 'value="10:00"' in page and "这一次及以后" in page
    to = {"resource_id": place.room.id, "on": "2026-10-26", "start": "14:00", "end": "15:00", "title": "改期",
          "scope": "following", "do": "preview"}  # fmt: skip
    page = says(client.post(f"{third}/edit", data=to))
    assert "¥100.00" in page and "更改 2 个预订" in page
    answer = client.post(f"{third}/edit", data=to | {"do": "all"})
    assert answer.status_code == 422 and "费用为 ¥100.00" in says(answer)
    assert client.post(f"{third}/edit", data=to | {"do": "all", "agreed_minor": "10000"}).status_code == 303
    assert "2026年10月26日 14:00–15:00" in client.get(third).text
    assert session.execute(select(func.count()).select_from(BookingSeries)).scalar_one() == 2


def test_a_single_booking_is_moved(client: Browser, session: Session, cast: Cast, place: Place) -> None:
    booking = book_for(session, cast.founder_a, place, at(12, 10), at(12, 11))
    client.sign_in(cast.founder_a)
    assert f"/bookings/{booking.id}/edit" in client.get(f"/bookings/{booking.id}").text
    to = {"resource_id": place.room.id, "on": "2026-10-13", "start": "14:00", "end": "15:00", "title": "改期", "scope": "this"}
    client.post(f"/bookings/{booking.id}/edit", data=to | {"do": "all", "agreed_minor": "5000"})
    session.refresh(booking)
    assert booking.start == at(13, 14) and booking.title == "改期"
    client.sign_in(cast.founder_b)
    assert client.get(f"/bookings/{booking.id}/edit").status_code == 404
    assert client.post(f"/bookings/{booking.id}/edit", data=to | {"do": "all"}).status_code == 404


def test_the_rest_is_cancelled_and_its_fees_are_seen_before(
    client: Browser, session: Session, cast: Cast, place: Place, clock: Callable[[datetime], None]
) -> None:
    add_rule(session, cast.manager, now=NOW, name="临近", fee_percent=50, fee_within_minutes=120)
    client.sign_in(cast.founder_a)
    address = book_it(client, place, cast)
    (first,) = re.findall(r'href="(/bookings/\d+)">2026年10月12日', client.get(address).text)
    clock(at(12, 9))
    assert "按规则须支付 ¥37.50" in client.get(address).text and "按规则须支付 ¥37.50" in client.get(first).text
    answer = client.post(f"{first}/cancel-series", data={"scope": "all", "agreed_minor": "0"})
    assert "现在取消须支付 ¥37.50" in says(client.get(answer.location)) and standing(session) == 4
    answer = client.post(f"{first}/cancel-series", data={"scope": "all", "agreed_minor": "3750"})
    assert "已取消 4 个预订" in says(client.get(answer.location)) and standing(session) == 0
    assert "请从列表中选择取消范围" in says(client.get(client.post(f"{first}/cancel-series", data={"scope": "x"}).location))


def test_others_know_nothing_of_it(client: Browser, session: Session, cast: Cast, place: Place) -> None:
    address = book_it(client.sign_in(cast.founder_a), place, cast)
    assert client.sign_in(cast.founder_b).get(address).status_code == 404
    assert client.sign_in(cast.auditor).get(address).status_code == 200
    assert client.post(address, data={"until": "2026-12-01", "do": "preview"}).status_code == 403
    assert client.sign_in(cast.other_owner).get(address).status_code == 404
    assert client.sign_in(cast.mentor).get("/bookings/series/new").status_code == 403
