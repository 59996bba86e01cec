"""Long lists and full days: pages, filters, and a number of statements that does not grow."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy.orm import Session

from incubator.bookings.operations import BookingRequest, book_many
from incubator.spaces.models import Resource
from incubator.spaces.operations import add_floor, add_resource, add_unit, create_site
from tests.bookings.conftest import Place
from tests.bookings.filling import at, book_for, says, typed
from tests.cast import NOW, Cast
from tests.conftest import Browser
from tests.scenarios.test_access import counting

pytestmark = pytest.mark.usefixtures("clock")

TurnClock = Callable[[datetime], None]


def fill(session: Session, cast: Cast, place: Place, number: int) -> None:
    """`number` bookings of A from 12 October on, twelve a day."""
    book_many(session, cast.manager, now=NOW, requests=[
        BookingRequest(place.room.id, at(12 + n // 12, 8 + n % 12), at(12 + n // 12, 9 + n % 12), cast.startup_a, f"会议{n:03}")
        for n in range(number)
    ])  # fmt: skip


def test_120_bookings_are_three_pages(client: Browser, session: Session, cast: Cast, place: Place) -> None:
    fill(session, cast, place, 120)
    for person in (cast.front_desk, cast.founder_a):
        client.sign_in(person)
        found: list[str] = []
        for page in (1, 2, 3):
            text = client.get(f"/bookings?page={page}").text
            found += re.findall(r"会议\d{3}", text)
            assert f"{50 * page - 49}–{min(120, 50 * page)}" in text
        assert found == [f"会议{n:03}" for n in reversed(range(120))]
        assert "会议019" in client.get("/bookings?page=4").text, "past the last page: the last"
    assert "会议" not in client.sign_in(cast.founder_b).get("/bookings").text


def test_a_page_of_a_filtered_list_keeps_its_filter(
    client: Browser, session: Session, cast: Cast, place: Place
) -> None:
    fill(session, cast, place, 60)
    client.sign_in(cast.front_desk)
    page = says(client.get(f"/bookings?site={place.site.id}&startup={cast.startup_a}&state=confirmed"))
    (following,) = set(re.findall(r'href="(/bookings\?[^"]*page=2[^"]*)"', page))
    assert {f"site={place.site.id}", f"startup={cast.startup_a}", "state=confirmed"} <= set(
        following.partition("?")[2].split("&")
    )
    of_a_day = client.get("/bookings?date=2026-10-12").text
    assert set(re.findall(r"会议\d{3}", of_a_day)) == {f"会议{n:03}" for n in range(12)}
    nobody = client.get(f"/bookings?startup={cast.startup_b}").text
    assert "没有符合条件的预订" in nobody and "还没有预订" not in nobody


def test_a_booking_over_midnight_shows_both_days(client: Browser, session: Session, cast: Cast, place: Place) -> None:
    over = book_for(session, cast.manager, place, at(12, 22), at(13, 2))
    until = book_for(session, cast.manager, place, at(14, 22), at(15, 0))
    client.sign_in(cast.manager)
    assert "2026年10月12日 22:00 – 2026年10月13日 02:00" in client.get(f"/bookings/{over.id}").text
    assert "2026年10月14日 22:00–24:00" in client.get(f"/bookings/{until.id}").text


def test_the_day_as_a_list_leads_to_a_form_that_is_filled_in(
    client: Browser, session: Session, cast: Cast, place: Place
) -> None:
    book_for(session, cast.founder_a, place, at(12, 9), at(12, 10, 30))
    client.sign_in(cast.founder_a)
    page = client.get("/timeline?date=2026-10-12&view=list")
    assert 'id="timeline"' not in page.text
    links = re.findall(r'href="(/bookings/new\?[^"]*resource_id[^"]*)"', page.text)
    (link,) = [html.unescape(link) for link in links if f"resource_id={place.room.id}&" in html.unescape(link)]
    form = client.get(link).text
    assert 'value="10:30"' in form and 'value="11:30"' in form and "¥50.00" in form


@pytest.mark.parametrize(("on", "words"), [("2026-10-11", "全天不开放"), ("2026-09-21", "没有您可预订的时段"), ("2026-10-12", "空闲")])
def test_the_list_says_of_each_resource_why_there_is_nothing(
    client: Browser, cast: Cast, place: Place, on: str, words: str
) -> None:
    """A Sunday, a Monday that is over, and one that is not."""
    page = client.sign_in(cast.founder_a).get(f"/timeline?date={on}&view=list").text
    sections = page.split("<section")[1:]
    assert len(sections) == 5 and all(words in each for each in sections)
    assert ("bookings/new?" in "".join(sections)) == (words == "空闲")


def make_many(session: Session, cast: Cast, place: Place, code: str, resources: int, bookings: int) -> None:
    """More rooms, `code`1, `code`2 …, and bookings of them on 12 October, by A, by B and by the operator."""
    floor = add_floor(session, cast.manager, now=NOW, site=place.site, name=code)
    made: list[Resource] = []
    for n in range(resources):
        unit = add_unit(session, cast.manager, now=NOW, floor=floor, code=f"{code}{n}", kind="room", purpose="public_service",
                        area_m2=Decimal(9), in_service_from=date(2026, 1, 1))  # fmt: skip
        made.append(add_resource(session, cast.manager, now=NOW, site=place.site, code=f"{code}{n}", name=f"{code}室{n}",
                                 kind="meeting_room", units=[unit]))  # fmt: skip
    holders = (cast.startup_a, cast.startup_b, None)
    book_many(session, cast.manager, now=NOW, requests=[
        BookingRequest(made[n % resources].id, at(12, 9 + n // resources), at(12, 10 + n // resources), holders[n % 3])
        for n in range(bookings)
    ])  # fmt: skip


@pytest.mark.parametrize("address", [
    "/timeline?date=2026-10-12", "/timeline?date=2026-10-12&view=list", "/timeline?date=2026-10-12&view=week", "/bookings",
])  # fmt: skip
@pytest.mark.parametrize("person", ["front_desk", "founder_a"])
def test_the_number_of_statements_does_not_grow_with_the_day(
    client: Browser, session: Session, cast: Cast, place: Place, address: str, person: str
) -> None:
    client.sign_in(getattr(cast, person))
    make_many(session, cast, place, "M", resources=1, bookings=3)
    with counting(session) as few:
        client.get(address)
    make_many(session, cast, place, "N", resources=20, bookings=57)
    with counting(session) as many:
        text = client.get(address).text
    assert len(many) == len(few), "\n".join(many)
    assert address == "/bookings" or text.count("N室") >= 20, "all of the resources are on the page"


def test_a_suggestion_takes_as_many_statements_for_a_full_house(
    client: Browser, session: Session, cast: Cast, place: Place
) -> None:
    client.sign_in(cast.founder_a)
    make_many(session, cast, place, "M", resources=1, bookings=3)
    book_for(session, cast.founder_b, place, at(12, 10), at(12, 12))
    wish = typed(place, cast)
    with counting(session) as few:
        assert client.post("/bookings/new", data=wish).status_code == 409
    make_many(session, cast, place, "N", resources=20, bookings=57)
    with counting(session) as many:
        assert client.post("/bookings/new", data=wish).status_code == 409
    assert len(many) == len(few), "\n".join(many)


def test_a_founder_s_day_that_has_passed_offers_nothing(
    client: Browser, cast: Cast, place: Place, clock: TurnClock
) -> None:
    client.sign_in(cast.founder_a)
    clock(at(12, 9) + timedelta(days=1))
    assert "resource_id=" not in client.get("/timeline?date=2026-10-12&view=list").text


def test_a_day_is_each_site_s_own_day(client: Browser, session: Session, cast: Cast, place: Place) -> None:
    """08:00 on the 13th in Shanghai is the evening of the 12th in Los Angeles."""
    west = create_site(session, cast.manager, now=NOW, code="LA", name="洛杉矶", zone="America/Los_Angeles",
                       calendar="weekdays", hours=[("workday", 0, 1440)], open_from=date(2026, 1, 1))  # fmt: skip
    floor = add_floor(session, cast.manager, now=NOW, site=west, name="1F")
    unit = add_unit(session, cast.manager, now=NOW, floor=floor, code="R1", kind="room", purpose="public_service",
                    area_m2=Decimal(20), in_service_from=date(2026, 1, 1))  # fmt: skip
    room = add_resource(session, cast.manager, now=NOW, site=west, code="R1", name="西房", kind="meeting_room", units=[unit])
    there = book_for(session, cast.manager, place, at(13, 8), at(13, 9), resource_id=room.id)
    here = book_for(session, cast.manager, place, at(13, 8), at(13, 9))
    client.sign_in(cast.manager)
    shown = {day: client.get(f"/bookings?date=2026-10-{day}").text for day in (12, 13)}
    assert [f"/bookings/{there.id}" in shown[day] for day in (12, 13)] == [True, False]
    assert [f"/bookings/{here.id}" in shown[day] for day in (12, 13)] == [False, True]
