"""Finding: what fits a demand over all sites, in which order, and what one would have to do without."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.bookings.find_queries import Found, search
from incubator.bookings.finding import Demand
from incubator.bookings.operations import add_rule, book
from incubator.core.errors import Refusal
from incubator.core.periods import local_instant
from incubator.pricing.operations import TariffLine, create_tariff
from incubator.spaces.models import Resource, Site
from incubator.spaces.operations import add_floor, add_resource, add_unit, create_site
from incubator.spaces.queries import list_sites
from tests.bookings.conftest import Place
from tests.bookings.filling import at, says
from tests.bookings.test_availability import SHANGHAI
from tests.cast import NOW, Cast
from tests.conftest import Browser
from tests.effort import examples
from tests.scenarios.test_access import counting

MONDAY = date(2026, 10, 12)
AFTERNOON = {"from_minute": 720, "until_minute": 1080}
HOUR = Demand(60, MONDAY, MONDAY)


def second_site(session: Session, actor: Actor, tags: tuple[str, ...] = ("screen",)) -> tuple[Site, Resource]:
    """Baoan, with a room for ten at 40.00 an hour that has a screen."""
    site = create_site(session, actor, now=NOW, code="BA", name="宝安", name_en="Baoan", hours=[("workday", 540, 1080)],
                       open_from=date(2026, 1, 1))  # fmt: skip
    floor = add_floor(session, actor, now=NOW, site=site, name="1F")
    unit = add_unit(session, actor, now=NOW, floor=floor, code="B1", kind="room", purpose="public_service",
                    area_m2=Decimal(20), in_service_from=date(2026, 1, 1))  # fmt: skip
    room = add_resource(session, actor, now=NOW, site=site, code="B1", name="宝安会议室", kind="meeting_room",
                        units=[unit], capacity=10, tags=list(tags))  # fmt: skip
    create_tariff(session, actor, now=NOW, site=site, name="2026", valid_from=date(2026, 1, 1),
                  items=[TariffLine("booking", "hour", Decimal(40), resource_kind="meeting_room")])  # fmt: skip
    return site, room


def look(session: Session, cast: Cast, demand: Demand, own: int | None = None, actor: Actor | None = None) -> Found:
    who = actor or cast.founder_a
    startup = None if who is cast.manager else cast.startup_a
    return search(session, who, list_sites(session, who), demand, startup_id=startup, own_site_id=own, now=NOW)


def codes(found: Found) -> list[str]:
    return [each.resource.code for each in found.page.rows]


def times(found: Found, number: int = 0) -> list[str]:
    return [f"{slot.time.start.astimezone(SHANGHAI):%d %H:%M}" for slot in found.page.rows[number].slots]


def test_a_room_for_eight_with_a_screen_this_afternoon(session: Session, cast: Cast, place: Place) -> None:
    """Room 1 (8 seats, 50.00 an hour) has none; the one in Baoan has 10 seats: two stay empty."""
    second_site(session, cast.manager)
    demand = Demand(90, MONDAY, MONDAY, **AFTERNOON, kind="meeting_room", people=8)
    both = look(session, cast, demand)
    assert [(each.resource.code, each.spare, each.slots[0].quote.gross_minor) for each in both.page.rows] == [
        ("R1", 0, 7500), ("B1", 2, 6000)]  # fmt: skip
    assert times(both) == ["12 12:00", "12 13:30", "12 15:00"]
    screen = look(session, cast, replace(demand, tags=("屏幕",)))
    assert codes(screen) == ["B1"], "a tag is meant by any of its names"


def test_ones_own_site_comes_first(session: Session, cast: Cast, place: Place) -> None:
    baoan, _ = second_site(session, cast.manager)
    demand = replace(HOUR, kind="meeting_room", people=8)
    assert codes(look(session, cast, demand, own=baoan.id)) == ["B1", "R1"]
    assert codes(look(session, cast, demand, own=place.site.id)) == ["R1", "B1"]
    assert codes(look(session, cast, replace(demand, site_id=baoan.id), own=place.site.id)) == ["B1"]


def test_of_several_days_the_first_time_of_each(session: Session, cast: Cast, place: Place) -> None:
    """On Monday the room is taken from 12 to 17: nothing of 90 minutes that afternoon."""
    book(session, cast.founder_b, now=NOW, resource_id=place.room.id, start=at(12, 12), end=at(12, 17),
         startup_id=cast.startup_b)  # fmt: skip
    week = Demand(90, MONDAY, MONDAY + timedelta(days=6), **AFTERNOON, kind="meeting_room")
    assert times(look(session, cast, week)) == ["13 12:00", "14 12:00", "15 12:00"]


def test_people_do_not_sit_in_a_parking_bay_and_unpriced_is_not_offered(
    session: Session, cast: Cast, place: Place
) -> None:
    assert set(codes(look(session, cast, HOUR))) == {"R1", "H", "HA", "HOT"}
    assert set(codes(look(session, cast, replace(HOUR, people=1)))) == {"R1", "H", "HA", "HOT"}
    staff = look(session, cast, HOUR, actor=cast.manager)
    assert "X1" in codes(staff), "own use needs no price"
    assert all(slot.quote.free for each in staff.page.rows for slot in each.slots)
    assert "X1" not in codes(look(session, cast, replace(HOUR, people=1), actor=cast.manager))


def test_what_to_ask_less_of(session: Session, cast: Cast, place: Place) -> None:
    """A hall for 200 with a screen on a Sunday: two wishes too many, but for one each there is something."""
    second_site(session, cast.manager, tags=())
    found = look(session, cast, replace(HOUR, kind="meeting_room", people=9, site_id=place.site.id))
    assert not found.page.rows
    assert {each.what: each.found for each in found.instead} == {"site": 1, "kind": 2, "people": 1}
    (people,) = [each.demand.people for each in found.instead if each.what == "people"]
    assert people == 8
    long = look(session, cast, replace(HOUR, minutes=480, **AFTERNOON, kind="meeting_room"))
    assert {each.what: each.found for each in long.instead} == {"part": 2, "shorter": 2}
    assert [each.demand.minutes for each in long.instead if each.what == "shorter"] == [240]
    sunday = look(session, cast, replace(HOUR, first=date(2026, 10, 11), last=date(2026, 10, 11), tags=("screen",)))
    assert not sunday.instead, "two wishes too many"
    sunday = look(session, cast, replace(HOUR, first=date(2026, 10, 11), last=date(2026, 10, 11)))
    assert [(each.what, each.found, each.demand.first) for each in sunday.instead] == [("later", 5, MONDAY)]


def test_quotas_and_rules_are_asked(session: Session, cast: Cast, place: Place) -> None:
    add_rule(session, cast.manager, now=NOW, name="一天一小时", resource_id=place.room.id, quota_most=60,
             quota_measure="minutes", quota_window="day", quota_of="startup")  # fmt: skip
    book(session, cast.founder_a, now=NOW, resource_id=place.room.id, start=at(12, 9), end=at(12, 10),
         startup_id=cast.startup_a)  # fmt: skip
    room = replace(HOUR, kind="meeting_room", last=MONDAY + timedelta(days=1))
    assert times(look(session, cast, room)) == ["13 09:00"]
    assert times(look(session, cast, room, actor=cast.manager))[0] == "12 10:00"


def test_a_week_is_looked_through_only_for_what_shows_too_little(
    session: Session, cast: Cast, place: Place
) -> None:
    """From Friday on the weekend is closed: of Friday and of the Monday and Tuesday after it, one time each."""
    friday = date(2026, 10, 16)
    week = Demand(60, friday, friday + timedelta(days=6), kind="meeting_room")
    assert times(look(session, cast, week)) == ["16 09:00", "19 09:00", "20 09:00"]
    with counting(session) as few:
        assert times(look(session, cast, replace(week, first=MONDAY, last=MONDAY + timedelta(days=2)))) == [
            "12 09:00", "13 09:00", "14 09:00"]  # fmt: skip
    with counting(session) as statements:
        assert times(look(session, cast, replace(week, first=MONDAY, last=MONDAY + timedelta(days=6)))) == [
            "12 09:00", "13 09:00", "14 09:00"]  # fmt: skip
    assert len(statements) == len(few)
    four = replace(week, last=friday + timedelta(days=3))
    assert times(look(session, cast, four)) == ["16 09:00", "19 09:00"], "of the last day alone, too, one"


def test_ten_statements_for_all_sites(session: Session, cast: Cast, place: Place) -> None:
    add_rule(session, cast.manager, now=NOW, name="配额", quota_most=60, quota_measure="count", quota_window="day",
             quota_of="startup", strikes_most=3, strikes_days=30, pause_days=7)  # fmt: skip
    second_site(session, cast.manager)
    with counting(session) as statements:
        look(session, cast, HOUR)
    assert len(statements) <= 10, "\n".join(statements)
    with counting(session) as statements:
        look(session, cast, replace(HOUR, people=999))
    assert len(statements) <= 18, "\n".join(statements)
    add_rule(session, cast.manager, now=NOW, name="提前一个月", notice_minutes=31 * 24 * 60)
    with counting(session) as statements:
        assert not look(session, cast, replace(HOUR, last=MONDAY + timedelta(days=6))).page.rows
    assert len(statements) <= 28, "\n".join(statements)  # of four looks: both parts of the week, all of it, the week after


demands = st.builds(
    Demand, minutes=st.sampled_from([30, 60, 90, 240]), first=st.just(MONDAY),
    last=st.integers(0, 6).map(lambda more: MONDAY + timedelta(days=more)), from_minute=st.sampled_from([0, 600, 720]),
    until_minute=st.sampled_from([900, 1080, 1440]), kind=st.sampled_from([None, "meeting_room", "hall", "desk"]),
    people=st.sampled_from([None, 1, 9, 60]),
)  # fmt: skip
taken = st.lists(st.tuples(st.sampled_from(["room", "hall", "half", "pool"]), st.integers(0, 3), st.integers(540, 1060),
                           st.integers(15, 240)), max_size=8)  # fmt: skip


@given(demands, taken)
@settings(max_examples=examples(8), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_is_found_can_be_booked_and_nothing_earlier_can(
    session: Session, cast: Cast, place: Place, demand: Demand, taken: list[tuple[str, int, int, int]]
) -> None:
    """Against `book` itself: each time that is offered is taken, and on that day, minute by minute, none before it."""
    outer = session.begin_nested()
    for which, day, start, length in taken:
        begins = local_instant(MONDAY + timedelta(days=day), start, SHANGHAI)
        with suppress(Refusal):
            try_to_book(session, cast, getattr(place, which), begins, length)
    for each in look(session, cast, demand).page.rows:
        for slot in each.slots:
            again = session.begin_nested()
            try_to_book(session, cast, each.resource, slot.time.start, demand.minutes, demand.people)
            again.rollback()
        first = each.slots[0].time.start
        start = local_instant(first.astimezone(SHANGHAI).date(), demand.from_minute, SHANGHAI)
        for minute in range(0, int((first - start).total_seconds() // 60), 5):
            again = session.begin_nested()
            with pytest.raises(Refusal):
                try_to_book(session, cast, each.resource, start + timedelta(minutes=minute), demand.minutes)
            again.rollback()
    outer.rollback()


def try_to_book(
    session: Session, cast: Cast, resource: Resource, start: datetime, minutes: int, people: int | None = None
) -> None:
    book(session, cast.founder_a, now=NOW, resource_id=resource.id, start=start,
         end=start + timedelta(minutes=minutes), startup_id=cast.startup_a, attendees=people)  # fmt: skip


def test_the_page_finds_and_leads_to_the_form(
    client: Browser, cast: Cast, place: Place, clock: Callable[[datetime], None]
) -> None:
    clock(at(12, 8))
    page = client.sign_in(cast.founder_a).get("/bookings/find?kind=meeting_room&people=8&minutes=90&part=afternoon")
    assert page.status_code == 200
    assert "会议室一" in says(page) and "¥75.00" in says(page)
    address = re.search(r'href="(/bookings/new\?[^"]+)"', says(page))
    assert address and "start=12:00" in address[1].replace("%3A", ":")
    form = client.get(address[1])
    assert "¥75.00" in says(form)
    assert 'value="8"' in form.text, "the number of people comes along"


@pytest.mark.parametrize(("asked", "said"), [
    ("people=0", "1"), ("people=many", "整数"), ("when=days", "请选择日期。"), ("when=days&on=2026-13-01", "2026-10-31"),
    ("when=days&on=2026-10-12&until=2026-10-11", "最后一天不能早于第一天。"),
    ("when=days&on=2026-10-12&until=2026-11-12", "一次最多查31天。"), ("minutes=7", "请从列表中选择。"),
    ("site_id=999999", "没有这个场地。"), ("when=days&on=1999-01-01", "2000"),
])  # fmt: skip
def test_what_cannot_be_meant_is_said_at_its_field(
    client: Browser, cast: Cast, place: Place, asked: str, said: str
) -> None:
    page = client.sign_in(cast.founder_a).get(f"/bookings/find?{asked}")
    assert page.status_code == 422
    fault = re.search(r"invalid-feedback[^>]*>([^<]*)<", says(page))
    assert fault and said in fault[1]


def test_nothing_fits_and_what_would(
    client: Browser, cast: Cast, place: Place, clock: Callable[[datetime], None]
) -> None:
    clock(at(12, 8))
    page = client.sign_in(cast.founder_a).get("/bookings/find?kind=meeting_room&people=20&when=today")
    assert "没有完全符合的" in says(page)
    address = re.search(r'href="(/bookings/find\?[^"]+)">按8人', says(page))
    assert address
    assert "会议室一" in says(client.get(address[1]))
