"""The page of a resource: what it tells to whom, its next times and its month, in few statements."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from html import unescape

import pytest
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.bookings.months import DayState, MonthDay
from incubator.bookings.operations import BookingRequest, add_rule, book, book_many
from incubator.bookings.resource_page import ResourcePage, see_resource
from incubator.core.errors import NotFound
from incubator.core.periods import Month
from incubator.pricing.operations import TariffLine, create_tariff
from incubator.spaces.models import Resource
from incubator.spaces.operations import retire_resource, set_resource_day, set_resource_hours
from tests.bookings.conftest import Place
from tests.bookings.test_free_times import at, local_hours
from tests.cast import NOW, Cast
from tests.conftest import Browser
from tests.scenarios.test_access import counting

OCTOBER, MONDAY = Month(2026, 10), date(2026, 10, 12)


def look(session: Session, actor: Actor, resource: Resource, now: datetime = NOW, month: Month | None = None) -> ResourcePage:
    return see_resource(session, actor, resource.id, month=month, now=now)


def day_of(page: ResourcePage, on: date) -> MonthDay:
    (found,) = [day for week in page.weeks for day in week if day is not None and day.on == on]
    return found


def take(session: Session, cast: Cast, resource: Resource, start: datetime, end: datetime) -> None:
    book(session, cast.founder_b, now=NOW, resource_id=resource.id, start=start, end=end, startup_id=cast.startup_b, title="秘密")


def test_the_month_of_a_room(session: Session, cast: Cast, place: Place) -> None:
    """1 to 7 October rest, Saturday 10 works; B has 10:00-12:30 on Monday and all of Tuesday."""
    take(session, cast, place.room, at(12, 10), at(12, 12, 30))
    take(session, cast, place.room, at(13, 9), at(13, 18))
    set_resource_day(session, cast.manager, now=NOW, resource=place.room, on=date(2026, 10, 14), opens=None, closes=None)
    page = look(session, cast.founder_a, place.room)
    assert (page.month, len(page.weeks), page.weeks[0][:3], page.weeks[-1][-1]) == (OCTOBER, 5, [None] * 3, None)
    states = "".join({"free": "f", "full": "F", "closed": "-", "over": "o", "beyond": "b"}[day_of(page, on).state]
                     for on in OCTOBER.dates())  # fmt: skip
    assert states == "-------" + "fff-" + "fF-ff--" + "fffff--" + "fffff-"
    monday = day_of(page, MONDAY)
    assert (monday.free, monday.hundredths) == (timedelta(hours=6.5), 72)
    assert local_hours(place, [monday.first]) == ["09:00-10:00"]
    assert day_of(page, date(2026, 10, 14)).exception


def test_what_has_passed_and_what_lies_too_far_ahead(session: Session, cast: Cast, place: Place) -> None:
    page = look(session, cast.founder_a, place.room, at(12, 15, 7))
    assert day_of(page, date(2026, 10, 9)).state is DayState.OVER
    today = day_of(page, MONDAY)
    assert (today.state, today.free) == (DayState.FREE, timedelta(hours=2, minutes=45))
    assert local_hours(place, [today.first]) == ["15:15-16:15"]
    assert day_of(look(session, cast.founder_a, place.room, at(12, 18)), MONDAY).state is DayState.OVER
    january = look(session, cast.founder_a, place.room, at(12, 9), Month(2027, 1))
    assert day_of(january, date(2027, 1, 8)).state is DayState.FREE
    assert day_of(january, date(2027, 1, 11)).state is DayState.BEYOND, "90 days ahead is 10 January"
    staff = look(session, cast.front_desk, place.room, at(12, 15, 7), Month(2027, 1))
    assert day_of(staff, date(2027, 1, 11)).state is DayState.FREE


def test_a_pool_shows_how_much_of_it_is_free(session: Session, cast: Cast, place: Place) -> None:
    take(session, cast, place.pool, at(12, 9), at(12, 18))
    day = day_of(look(session, cast.founder_a, place.pool), MONDAY)
    assert (day.free, day.hundredths) == (timedelta(hours=9), 50)


def test_who_may_not_book_by_a_rule_is_not_told_that_it_is_free(session: Session, cast: Cast, place: Place) -> None:
    add_rule(session, cast.manager, now=NOW, name="创始人", roles=["founder"], resource_id=place.room.id)
    for actor, state in ((cast.founder_a, DayState.FREE), (cast.member_a, DayState.BEYOND), (cast.front_desk, DayState.FREE)):
        page = look(session, actor, place.room)
        assert day_of(page, MONDAY).state is state
        assert bool(page.next_times) == (state is DayState.FREE)


def test_the_next_times_are_those_that_can_be_booked(session: Session, cast: Cast, place: Place) -> None:
    take(session, cast, place.room, at(8, 9), at(8, 11, 30))
    add_rule(session, cast.manager, now=NOW, name="一天一次", quota_most=1, quota_measure="count", quota_window="day",
             quota_of="startup", resource_id=place.room.id)  # fmt: skip
    book(session, cast.member_a, now=NOW, resource_id=place.room.id, start=at(9, 9), end=at(9, 10), startup_id=cast.startup_a)
    page = look(session, cast.founder_a, place.room)
    assert [f"{slot.start.astimezone(at(1, 1).tzinfo):%d %H:%M}" for slot in page.next_times] == ["08 11:30", "08 12:30", "08 13:30"]
    eighth_is_over = look(session, cast.founder_a, place.room, at(8, 18))
    assert f"{eighth_is_over.next_times[0].start.astimezone(at(1, 1).tzinfo):%d %H:%M}" == "10 09:00", "one a day: not the 9th"
    for slot in page.next_times:
        savepoint = session.begin_nested()
        book(session, cast.founder_a, now=NOW, resource_id=place.room.id, start=slot.start, end=slot.end, startup_id=cast.startup_a)
        savepoint.rollback()
    assert look(session, cast.founder_a, place.unpriced).next_times == [], "it has no price"
    assert len(look(session, cast.front_desk, place.unpriced).next_times) == 3, "for the operator's own use it needs none"
    assert look(session, cast.mentor, place.room).next_times == []


def test_this_week_and_its_exceptions(session: Session, cast: Cast, place: Place) -> None:
    set_resource_hours(session, cast.manager, now=NOW, resource=place.room, hours=[("workday", 600, 960)],
                       from_on=date(2026, 10, 14))  # fmt: skip
    set_resource_day(session, cast.manager, now=NOW, resource=place.room, on=date(2026, 10, 15), opens=780, closes=900, note="盘点")
    page = look(session, cast.founder_a, place.room, at(13, 9), Month(2027, 1))
    assert [(day.on.day, local_hours(place, day.openings)) for day in page.week] == [
        (12, ["09:00-18:00"]), (13, ["09:00-18:00"]), (14, ["10:00-16:00"]), (15, ["13:00-15:00"]), (16, ["10:00-16:00"]),
        (17, []), (18, []),
    ]  # fmt: skip
    assert [day.exception.note for day in page.week if day.exception] == ["盘点"]


def test_a_month_with_many_bookings_takes_ten_statements(session: Session, cast: Cast, place: Place) -> None:
    add_rule(session, cast.manager, now=NOW, name="配额", quota_most=900, quota_measure="count", quota_window="month",
             quota_of="startup")  # fmt: skip
    create_tariff(session, cast.manager, now=NOW, site=place.site, name="2028", valid_from=date(2028, 1, 1),
                  items=[TariffLine("booking", "hour", Decimal(60), resource_kind="meeting_room")])  # fmt: skip
    room_id = place.room.id
    for month in (OCTOBER, Month(2026, 12)):
        session.expire_all()
        with counting(session) as few:
            see_resource(session, cast.founder_a, room_id, month=month, now=NOW)
        requests = [
            BookingRequest(room_id, datetime.combine(on, datetime.min.time(), at(1, 1).tzinfo) + timedelta(hours=9 + n),
                           datetime.combine(on, datetime.min.time(), at(1, 1).tzinfo) + timedelta(hours=10 + n),
                           (cast.startup_a, cast.startup_b)[n % 2])
            for on in month.dates() for n in range(0, 9, 2)
        ]  # fmt: skip
        book_many(session, cast.manager, now=NOW, requests=requests)
        session.expire_all()
        with counting(session) as many:
            page = see_resource(session, cast.founder_a, room_id, month=month, now=NOW)
        assert len(many) == len(few) <= 10, "\n".join(many)
        assert day_of(page, month.first + timedelta(days=7)).free == timedelta(hours=4), "five of nine are taken"


def test_the_page_tells_of_others_only_that_it_is_taken(
    client: Browser, session: Session, cast: Cast, place: Place, clock: Callable[[datetime], None]
) -> None:
    take(session, cast, place.room, at(12, 9), at(12, 18))
    place.room.tags = ["screen", "hearing-loop", "VIP"]
    add_rule(session, cast.manager, now=NOW, name="四小时", longest_minutes=240)
    page = unescape(client.sign_in(cast.founder_a).get(f"/resources/{place.room.id}").text)
    for word in ("会议室一", "南山", "1F", "会议室", "20 m²", "50.00 元/小时", "显示屏", "助听环路", "VIP", "四小时", "09:00–18:00", "2026年10月"):
        assert word in page, word
    assert "秘密" not in page and "乙科技" not in page
    for address in ("/sites/", "/photos", "/hours"):
        assert f'href="{address}' not in page and f'{address}"' not in page, "of staff"
    assert re.search(r"<td class=\"month-day month-full\"\s*>(?:(?!</td>).)*date=2026-10-12", page, re.DOTALL)
    link = f"/bookings/new?resource_id={place.room.id}&on=2026-10-13&start=09:00&end=10:00"
    assert link in page.replace("%3A", ":")
    assert 'value="09:00"' in client.get(link).text
    assert "/bookings/new" not in client.sign_in(cast.mentor).get(f"/resources/{place.room.id}").text


def test_staff_are_led_to_what_they_can_change(client: Browser, cast: Cast, place: Place, clock: object) -> None:
    keep = f"/sites/{place.site.id}/resources/{place.room.id}"
    page = client.sign_in(cast.manager).get(f"/resources/{place.room.id}").text
    for here in ("edit", "hours", "days/new", "photos"):
        assert f'href="{keep}/{here}"' in page
        assert client.get(f"{keep}/{here}").status_code == 200
    assert keep not in client.sign_in(cast.front_desk).get(f"/resources/{place.room.id}").text


def test_whoever_shuts_it_for_a_day_is_told_what_is_booked(client: Browser, session: Session, cast: Cast, place: Place) -> None:
    take(session, cast, place.room, at(12, 10), at(12, 11))
    take(session, cast, place.half, at(12, 10), at(12, 11))
    client.sign_in(cast.manager)
    form = f"/sites/{place.site.id}/resources/{place.room.id}/days/new"
    for data, told in (({"on": "2026-10-12"}, True), ({"on": "2026-10-13"}, False),
                       ({"on": "2026-10-12", "opens": "09:00", "closes": "12:00"}, False)):  # fmt: skip
        page = client.get(client.post(form, data=data).location).text
        assert ("该日还有 1 个预订" in page) == told, data


def test_months_are_turned_and_today_is_marked(client: Browser, cast: Cast, place: Place, clock: Callable[[datetime], None]) -> None:
    clock(at(12, 9))
    client.sign_in(cast.founder_a)
    here = f"/resources/{place.room.id}"
    page = client.get(here).text
    assert re.search(r'month-free" aria-current="date">\s*<a[^>]*date=2026-10-12"', page)
    assert f'{here}?month=2026-09#month' in page and f"{here}?month=2026-11#month" in page
    november = client.get(f"{here}?month=2026-11").text
    assert "2026年11月" in november and "aria-current=\"date\"" not in november
    for month in ("2026-13", "soon", "1999-12", "2200-01", "2026-1"):
        assert client.get(f"{here}?month={month}").status_code == 404, month
    assert "month=1999" not in client.get(f"{here}?month=2000-01").text
    assert "month=2200" not in client.get(f"{here}?month=2199-12").text


def test_a_retired_one_and_another_operators_have_no_page(client: Browser, session: Session, cast: Cast, place: Place) -> None:
    take(session, cast, place.room, at(12, 9), at(12, 10))
    retire_resource(session, cast.manager, now=NOW, resource=place.room)
    client.sign_in(cast.manager)
    assert client.get(f"/resources/{place.room.id}").status_code == 404
    with pytest.raises(NotFound):
        look(session, cast.manager, place.room)
    bookings = client.get("/bookings").text
    number = re.search(r'href="/bookings/(\d+)"', bookings)
    assert number and f'href="/resources/{place.room.id}"' not in client.get(f"/bookings/{number[1]}").text
    assert client.sign_in(cast.other_owner).get(f"/resources/{place.hall.id}").status_code == 404
