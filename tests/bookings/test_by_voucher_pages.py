"""Pages of bookings that a voucher bears a part of: for who uses it, who books without it, and staff."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from incubator.bookings.models import Booking
from incubator.startups.models import Residency
from incubator.subsidies.models import Voucher
from incubator.subsidies.queries.voucher_ledger import list_orders
from incubator.subsidies.rules.vouchers import Balance
from tests.bookings.conftest import Place
from tests.bookings.filling import SEEN, at, typed
from tests.bookings.test_by_voucher import book_by
from tests.cast import Cast
from tests.conftest import Browser
from tests.subsidies.vouchers.issuing import balance, make_series, make_voucher


@pytest.fixture(autouse=True)
def at_nine(clock: Callable[[datetime], None]) -> None:
    """09:00 on 1 October."""


@pytest.fixture
def voucher(session: Session, cast: Cast, place: Place) -> Voucher:
    session.add(Residency(number="V", site_id=place.site.id, startup_id=cast.startup_a, starts_on=date(2026, 10, 1)))
    session.flush()
    return make_voucher(session, cast, make_series(session, cast, share_percent=Decimal(50)))


def test_the_price_says_what_it_would_bear_and_is_what_is_booked(
    client: Browser, session: Session, cast: Cast, place: Place, voucher: Voucher
) -> None:
    client.sign_in(cast.founder_a)
    page = client.get("/bookings/new").text
    assert f'<option value="{voucher.id}">V-2026-0001 · 创新券 · 承担 50%，余 ¥10,000.00</option>' in page
    asked = {name: value for name, value in typed(place, cast).items() if name != "agreed_minor"} | {"voucher_id": voucher.id}
    answer = client.get("/timeline/quote", query_string=asked).get_json()
    assert (answer["price"], answer["price_minor"]) == ("¥37.50", 3_750)
    assert answer["formula"].endswith("= ¥75.00，其中创新券 V-2026-0001 承担 ¥37.50，应付 ¥37.50")
    # the price without it was seen: nothing is booked
    refused = client.post("/bookings/new", data=typed(place, cast, voucher_id=voucher.id))
    assert refused.status_code == 409 and (SEEN.search(refused.text) or [""])[1] == "3750"
    done = client.post("/bookings/new", data=typed(place, cast, voucher_id=voucher.id, agreed_minor="3750", request_key="again"))
    assert done.status_code == 303 and balance(session, voucher) == Balance(left=996_250, reserved=3_750)
    page = client.get(done.location).text
    assert f"/vouchers/{voucher.id}" in page and "创新券 V-2026-0001" in page and "¥37.50" in page
    assert "¥37.50" in client.get("/bookings").text


def test_a_refusal_stands_at_the_voucher(client: Browser, session: Session, cast: Cast, place: Place, voucher: Voucher) -> None:
    only = make_voucher(session, cast, make_series(session, cast, code="I", uses=("instruments",)))
    client.sign_in(cast.founder_a)
    answer = client.get("/timeline/quote", query_string=typed(place, cast, voucher_id=only.id))
    assert answer.status_code == 422 and "此券不能用于该项。" in answer.get_json()["error"]
    page = client.post("/bookings/new", data=typed(place, cast, voucher_id=only.id))
    assert page.status_code == 422 and 'id="voucher_id-error"' in page.text
    assert session.execute(select(Booking)).first() is None
    foreign = client.post("/bookings/new", data=typed(place, cast, voucher_id=2**40))
    assert foreign.status_code == 422 and "您不能使用这张券" in foreign.text


def test_others_see_no_voucher(client: Browser, session: Session, cast: Cast, place: Place, voucher: Voucher) -> None:
    booking = book_by(session, cast, place, voucher)
    for actor in (cast.member_a, cast.founder_b, cast.front_desk):
        assert "V-2026-0001" not in client.sign_in(actor).get("/bookings/new").text
    seen = client.sign_in(cast.member_a).get(f"/bookings/{booking.id}").text
    assert "创新券 V-2026-0001" in seen and f"/vouchers/{voucher.id}" not in seen
    assert f"/vouchers/{voucher.id}" in client.sign_in(cast.front_desk).get(f"/bookings/{booking.id}").text
    assert client.sign_in(cast.founder_b).get(f"/bookings/{booking.id}").status_code == 404


def test_a_change_shows_what_it_bears_then(client: Browser, session: Session, cast: Cast, place: Place, voucher: Voucher) -> None:
    booking = book_by(session, cast, place, voucher)
    client.sign_in(cast.founder_a)
    changed = {"resource_id": place.room.id, "on": "2026-10-12", "start": "09:00", "end": "17:00", "title": "", "scope": "this"}
    page = client.post(f"/bookings/{booking.id}/edit", data=changed | {"do": "look"})
    assert page.status_code == 200 and "¥200.00" in page.text
    done = client.post(f"/bookings/{booking.id}/edit", data=changed | {"do": "all", "agreed_minor": "20000"})
    assert done.status_code == 303 and balance(session, voucher).reserved == 20_000


def test_its_order_leads_to_the_booking(client: Browser, session: Session, cast: Cast, place: Place, voucher: Voucher) -> None:
    booking = book_by(session, cast, place, voucher, start=at(12, 9), end=at(12, 11))
    for actor in (cast.finance, cast.founder_a):
        client.sign_in(actor)
        page = client.get(f"/vouchers/{voucher.id}").text
        assert "会议室一" in page and "本场地预订" in page
        (order,) = list_orders(session, [voucher.id])
        assert f"/bookings/{booking.id}" in client.get(f"/vouchers/orders/{order.order.id}").text
