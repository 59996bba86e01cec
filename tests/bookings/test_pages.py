"""Booking by form, and a booking's page: who may, and what others see of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal

import pytest
from sqlalchemy import event, select
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from incubator.bookings.models import Booking
from incubator.bookings.timeline import see_day
from incubator.core.errors import Refusal
from incubator.spaces.operations import close_units, create_site
from incubator.startups.operations import UnitTerms, sign_residency
from incubator.startups.queries import get_startup
from tests.bookings.conftest import Place
from tests.bookings.filling import at, book_for, count, says, typed
from tests.cast import NOW, Cast
from tests.conftest import Browser

pytestmark = pytest.mark.usefixtures("clock")

TurnClock = Callable[[datetime], None]


@pytest.mark.parametrize("person", ["owner", "manager", "front_desk", "founder_a", "member_a"])
def test_who_books_by_form(client: Browser, session: Session, cast: Cast, place: Place, person: str) -> None:
    client.sign_in(getattr(cast, person))
    page = client.get("/bookings/new")
    assert page.status_code == 200
    assert ("运营方自用" in page.text) == (person in ("owner", "manager", "front_desk"))
    assert ("乙科技有限公司" in page.text) == (person in ("owner", "manager", "front_desk"))
    answer = client.post("/bookings/new", data=typed(place, cast))
    assert answer.status_code == 303
    booking = session.execute(select(Booking)).scalar_one()
    assert (booking.price_minor, booking.attendees, booking.title) == (7_500, 4, "产品评审")
    shown = says(client.get(answer.location))
    assert "2026年10月12日 10:00–11:30" in shown and "¥75.00" in shown
    assert "90 分钟 × 50.00 元/小时 = ¥75.00" in shown


@pytest.mark.parametrize("person", ["finance", "auditor", "mentor"])
def test_who_may_not_book(client: Browser, session: Session, cast: Cast, place: Place, person: str) -> None:
    client.sign_in(getattr(cast, person))
    assert client.get("/bookings/new").status_code == 403
    assert client.post("/bookings/new", data=typed(place, cast)).status_code == 403
    assert client.get("/timeline/quote").status_code == 403
    picture, listed = (client.get(f"/timeline?date=2026-10-12{view}").text for view in ("", "&view=list"))
    assert "/bookings/new" not in picture + listed and "空闲" in listed
    assert count(session) == (0, 0)


def test_the_page_of_a_begun_booking_offers_what_cancel_would_do(
    client: Browser, session: Session, cast: Cast, place: Place, clock: TurnClock
) -> None:
    booking = book_for(session, cast.founder_a, place, at(12, 10), at(12, 12))
    address, buttons = f"/bookings/{booking.id}", {}
    for now in (NOW, at(12, 11), at(12, 13)):
        clock(now)
        for person in ("founder_a", "front_desk", "auditor"):
            page = client.sign_in(getattr(cast, person)).get(address).text
            found = [word for word in ("取消预订", "提前终止") if f">{word}</button>" in page]
            buttons.setdefault(person, []).append(found[0] if found else None)
    assert buttons == {
        "founder_a": ["取消预订", "提前终止", None],
        "front_desk": ["取消预订", "提前终止", None],
        "auditor": [None, None, None],
    }


def test_one_ended_early_says_so_and_is_not_ended_twice(
    client: Browser, session: Session, cast: Cast, place: Place, clock: TurnClock
) -> None:
    booking = book_for(session, cast.founder_a, place, at(12, 10), at(12, 12))
    client.sign_in(cast.front_desk)
    clock(at(12, 11))
    answer = client.post(f"/bookings/{booking.id}/cancel", data={"reason": "先走了"})
    assert answer.status_code == 303
    page = says(client.get(answer.location))
    assert "已提前结束" in page and "2026年10月12日 11:00" in page and "提前终止</button>" not in page
    clock(at(12, 11, 15))
    again = client.post(f"/bookings/{booking.id}/cancel", data={})
    assert again.status_code == 409 and "该预订已提前结束。" in says(again)
    assert "已提前结束" in client.get("/bookings").text


def test_founder_b_sees_that_it_is_taken_and_no_more(
    client: Browser, session: Session, cast: Cast, place: Place
) -> None:
    booking = book_for(session, cast.founder_a, place, at(12, 10), at(12, 11), title="秘密会议")
    client.sign_in(cast.founder_b)
    for address in (f"/bookings/{booking.id}", f"/bookings/{booking.id}/cancel"):
        answer = client.post(address) if address.endswith("cancel") else client.get(address)
        assert answer.status_code == 404
        assert "秘密会议" not in answer.text and "甲科技" not in answer.text
    for address in ("/timeline?date=2026-10-12", "/timeline?date=2026-10-12&view=list", "/bookings"):
        page = says(client.get(address))
        assert "秘密会议" not in page and "甲科技" not in page and f"/bookings/{booking.id}" not in page
        assert ("已占用" in page) == address.startswith("/timeline")
    data = typed(place, cast, startup_id=cast.startup_b, start="10:30", end="11:30", agreed_minor="5000")
    refused = client.post("/bookings/new", data=data)
    assert refused.status_code == 409
    text = says(refused)
    assert "会议室一 在 2026年10月12日 10:00–11:00 已被占用。" in text and "秘密会议" not in text and "甲科技" not in text
    assert "可改订" in text and "2026年10月12日 11:00–12:00" in text
    assert session.get_one(Booking, (cast.operator_id, booking.id)).cancelled_at is None
    own = says(client.sign_in(cast.founder_a).get("/timeline?date=2026-10-12&view=list"))
    assert "秘密会议" in own


def test_a_form_that_is_refused_is_tried_once(client: Browser, session: Session, cast: Cast, place: Place) -> None:
    book_for(session, cast.founder_a, place, at(12, 10), at(12, 11))
    tried: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        tried.extend([statement] if statement.startswith("INSERT INTO bookings") else [])

    client.sign_in(cast.founder_b)
    event.listen(Engine, "before_cursor_execute", note)
    try:
        refused = client.post("/bookings/new", data=typed(place, cast, startup_id=cast.startup_b))
    finally:
        event.remove(Engine, "before_cursor_execute", note)
    assert refused.status_code == 409 and len(tried) == 1


def test_a_startups_people_begin_at_their_own_site(
    client: Browser, session: Session, cast: Cast, place: Place
) -> None:
    """A sits at the second of two sites; the manager begins at the first, and so does B, who sits nowhere."""
    create_site(session, cast.manager, now=NOW, code="AA", name="甲路场地", hours=[], open_from=date(2026, 1, 1))
    sign_residency(session, cast.manager, now=NOW, startup=get_startup(session, cast.manager, cast.startup_a),
                   site=place.site, starts_on=date(2026, 1, 1),
                   units=[UnitTerms(place.units["P1"], "unit_month", Decimal(1))])  # fmt: skip
    for person, begins in ((cast.manager, "甲路场地"), (cast.founder_b, "甲路场地"), (cast.founder_a, "南山")):
        assert f'<div class="page-pretitle">{begins}</div>' in client.sign_in(person).get("/timeline").text


def test_what_is_let_all_day_does_not_stretch_the_hours_that_are_shown(
    session: Session, cast: Cast, place: Place
) -> None:
    start, end = at(11, 0), at(14, 0)
    close_units(session, cast.manager, now=NOW, site=place.site, units=[place.units["R1"]], start=start, end=end, reason="x")
    assert see_day(session, cast.manager, place.site, at(12, 0).date(), NOW).shown_hours == (8, 20)
    book_for(session, cast.front_desk, place, at(12, 6), at(12, 7), resource_id=place.half.id, startup_id=None)
    assert see_day(session, cast.manager, place.site, at(12, 0).date(), NOW).shown_hours == (6, 20)


def test_nobody_books_in_another_age(session: Session, cast: Cast, place: Place) -> None:
    with pytest.raises(Refusal, match="two years ahead"):
        book_for(session, cast.manager, place, at(12, 10).replace(year=2198), at(12, 11).replace(year=2198))
