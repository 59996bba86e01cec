"""The price that is seen is the price that is booked; one form makes one booking."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from incubator.bookings.models import Booking
from incubator.bookings.operations import cancel
from incubator.pricing.operations import TariffLine, create_tariff
from tests.bookings.conftest import Place
from tests.bookings.filling import KEY, SEEN, count, says, typed
from tests.cast import NOW, Cast
from tests.conftest import Browser

pytestmark = pytest.mark.usefixtures("clock")


def raise_the_price(session: Session, cast: Cast, place: Place) -> None:
    create_tariff(session, cast.manager, now=NOW, site=place.site, name="涨价", valid_from=date(2026, 10, 12),
                  items=[TariffLine("booking", "hour", Decimal(60), resource_kind="meeting_room")])  # fmt: skip


def test_the_price_that_is_shown_is_the_price_that_is_booked(
    client: Browser, session: Session, cast: Cast, place: Place
) -> None:
    client.sign_in(cast.founder_a)
    wish = typed(place, cast)
    quoted = client.get("/timeline/quote", query_string=wish).json
    assert quoted == {"price": "¥75.00", "price_minor": 7_500, "formula": "90 分钟 × 50.00 元/小时 = ¥75.00",
                      "rules": []}  # fmt: skip
    page = client.get("/bookings/new", query_string=wish).text
    assert "¥75.00" in page and SEEN.search(page)[1] == "7500"  # type: ignore[index]
    client.post("/bookings/new", data=wish | {"agreed_minor": str(quoted["price_minor"])})
    assert session.execute(select(Booking.price_minor)).scalar_one() == 7_500


def test_a_price_changed_in_between_is_said_and_nothing_booked_without_consent(
    client: Browser, session: Session, cast: Cast, place: Place
) -> None:
    client.sign_in(cast.founder_a)
    raise_the_price(session, cast, place)
    answer = client.post("/bookings/new", data=typed(place, cast))
    page = says(answer)
    assert answer.status_code == 409
    assert "价格已由 ¥75.00 变为 ¥90.00。尚未预订：如同意请再次确认。" in page
    assert SEEN.search(page)[1] == "9000" and count(session) == (0, 0)  # type: ignore[index]
    agreed = typed(place, cast, agreed_minor=SEEN.search(page)[1], request_key=KEY.search(page)[1])  # type: ignore[index]
    assert client.post("/bookings/new", data=agreed).status_code == 303
    assert session.execute(select(Booking.price_minor)).scalar_one() == 9_000


def test_without_a_script_the_price_is_shown_before_anything_is_booked(
    client: Browser, session: Session, cast: Cast, place: Place
) -> None:
    client.sign_in(cast.founder_a)
    answer = client.post("/bookings/new", data=typed(place, cast, agreed_minor=""))
    assert answer.status_code == 422 and "费用为 ¥75.00。尚未预订：如同意请再次确认。" in says(answer)
    assert count(session) == (0, 0)


def test_own_use_is_free_and_needs_no_tariff(client: Browser, session: Session, cast: Cast, place: Place) -> None:
    client.sign_in(cast.front_desk)
    wish = typed(place, cast, resource_id=place.unpriced.id, startup_id="0", attendees="")
    assert client.get("/timeline/quote", query_string=wish).json == {"price": "免费", "price_minor": 0, "formula": "", "rules": []}
    assert client.post("/bookings/new", data=wish | {"agreed_minor": "0"}).status_code == 303
    unpriced = client.post("/bookings/new", data=wish | {"startup_id": cast.startup_a, "request_key": "form-2"})
    assert unpriced.status_code == 422 and "示波器 在该日没有设置价格。" in says(unpriced)


def test_one_form_sent_twice_is_one_booking_and_another_wish_by_it_is_asked_about(
    client: Browser, session: Session, cast: Cast, place: Place
) -> None:
    client.sign_in(cast.founder_a)
    first = client.post("/bookings/new", data=typed(place, cast))
    assert client.post("/bookings/new", data=typed(place, cast)).location == first.location
    # "back" in the browser, and the time changed: the same key, but not the same wish
    moved = typed(place, cast, start="14:00", end="15:30")
    answer = client.post("/bookings/new", data=moved)
    assert answer.status_code == 409 and "该表单已提交过一个预订。" in says(answer)
    assert count(session) == (1, 1)
    key = KEY.search(answer.text)[1]  # type: ignore[index]
    assert client.post("/bookings/new", data=moved | {"request_key": key}).status_code == 303
    assert count(session) == (2, 2)


def test_one_form_sent_again_after_its_booking_was_cancelled_does_not_say_booked(
    client: Browser, session: Session, cast: Cast, place: Place
) -> None:
    client.sign_in(cast.founder_a)
    client.post("/bookings/new", data=typed(place, cast))
    cancel(session, cast.founder_a, now=NOW, booking_id=session.execute(select(Booking.id)).scalar_one())
    assert client.post("/bookings/new", data=typed(place, cast)).status_code == 409
