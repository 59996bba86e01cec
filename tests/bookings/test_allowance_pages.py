"""Pages of allowances: given, seen, ended; and the price that the booking form shows."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from incubator.bookings import allowance_views
from incubator.bookings.models import Booking
from incubator.bookings.operations import book, grant_allowance
from incubator.pricing.models import Allowance
from tests.bookings.conftest import Place, make_place
from tests.bookings.filling import SEEN, at, book_for, faults, says, typed
from tests.browser import DESKTOP, PHONE, Live, Surfer
from tests.cast import NOW, Cast
from tests.conftest import Browser

FORM: dict[str, object] = {
    "name": "会议室每月 1 小时", "hours": "1", "repeats": "month", "resource_kind": "meeting_room", "site_id": "",
    "valid_from": "2026-10-01", "valid_until": "", "residency_id": "",
}  # fmt: skip


@pytest.fixture(autouse=True)
def at_nine(clock: Callable[[datetime], None], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(allowance_views, "utc_now", lambda: NOW)


def give(session: Session, cast: Cast, **more: object) -> Allowance:
    values = {"startup_id": cast.startup_a, "name": "每月 1 小时", "minutes": 60, "repeats": "month",
              "valid_from": date(2026, 10, 1), "resource_kind": "meeting_room"} | more  # fmt: skip
    return grant_allowance(session, cast.finance, now=NOW, **values)  # type: ignore[arg-type]


def test_finance_gives_one_and_its_page_says_what_it_paid_for(
    client: Browser, session: Session, cast: Cast, place: Place
) -> None:
    booking = book_for(session, cast.founder_a, place, at(12, 10), at(12, 11, 30))
    client.sign_in(cast.finance)
    assert "甲科技有限公司" in client.get("/allowances/new").text
    answer = client.post(f"/allowances/new?startup={cast.startup_a}", data=FORM)
    assert answer.status_code == 303
    page = client.get(answer.location).text
    assert "额度已发放，并立即抵扣已有的预订。" in page and "−1小时" in page and "¥50.00" in page
    assert f"/bookings/{booking.id}" in page
    listed = client.get("/allowances").text
    assert "会议室每月 1 小时" in listed and "0分钟" in listed
    assert "会议室每月 1 小时" not in client.get("/allowances?q=不存在").text
    assert "会议室每月 1 小时" not in client.get(f"/allowances?startup={cast.startup_b}").text


@pytest.mark.parametrize(
    ("typed_", "said"),
    [
        ({"hours": ""}, "请填写小时数。"), ({"hours": "zehn"}, "请填写小时数，如 10 或 2.5。"),
        ({"hours": "0.001"}, "小时数须折合为整分钟，如 2.5。"), ({"hours": "0"}, "须为 1 分钟至 744 小时。"),
        ({"hours": "1e999999"}, "小时数"), ({"hours": "NaN"}, "小时数"), ({"hours": "-5"}, "须为 1 分钟至 744 小时。"),
        ({"name": ""}, "请填写名称：账单上会写明。"), ({"valid_until": "2026-09-01"}, "结束"),
        ({"valid_from": "gestern"}, "没有这个日期"), ({"repeats": "week"}, ""), ({"site_id": "1099511627776"}, ""), ({"residency_id": "x"}, ""),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_at_its_field_and_nothing_is_given(
    client: Browser, session: Session, cast: Cast, place: Place, typed_: dict[str, object], said: str
) -> None:
    client.sign_in(cast.finance)
    answer = client.post(f"/allowances/new?startup={cast.startup_a}", data=FORM | typed_)
    assert answer.status_code == 422
    found = faults(says(answer))
    assert found and any(said in each for each in found), found
    assert session.execute(select(Allowance)).first() is None


def test_the_form_shows_and_agrees_to_what_is_left_to_pay(
    client: Browser, session: Session, cast: Cast, place: Place
) -> None:
    give(session, cast)
    client.sign_in(cast.founder_a)
    wish = typed(place, cast)
    quoted = client.get("/timeline/quote", query_string=wish).json
    assert quoted == {
        "price": "¥25.00", "price_minor": 2_500, "rules": [],
        "formula": "90 分钟 × 50.00 元/小时 = ¥75.00；由“每月 1 小时”抵扣 60 分钟 −¥50.00 = ¥25.00",
    }  # fmt: skip
    book(session, cast.member_a, now=NOW, resource_id=place.room.id, start=at(13, 10), end=at(13, 10, 30),
         startup_id=cast.startup_a)  # fmt: skip
    # half an hour of it is gone since: 30 minutes are paid, 50.00 are left to pay
    answer = client.post("/bookings/new", data=wish | {"agreed_minor": "2500"})
    page = says(answer)
    assert answer.status_code == 409 and "价格已由 ¥25.00 变为 ¥50.00。尚未预订：如同意请再次确认。" in page
    assert SEEN.search(page)[1] == "5000"  # type: ignore[index]
    assert client.post("/bookings/new", data=wish | {"agreed_minor": "5000", "request_key": "again"}).status_code == 303
    made = session.execute(select(Booking).order_by(Booking.id.desc()).limit(1)).scalar_one()
    shown = client.get(f"/bookings/{made.id}").text
    assert "¥75.00" in shown and "应付" in shown and "30分钟 · −¥25.00" in shown
    assert re.search(r"¥50\.00<span class=\"booking-full\">.*?¥75\.00", client.get("/bookings").text, re.DOTALL)


def test_founders_see_their_own_and_nobody_elses(client: Browser, session: Session, cast: Cast, place: Place) -> None:
    allowance = give(session, cast)
    book_for(session, cast.founder_a, place, at(12, 10), at(12, 10, 30))
    page = client.sign_in(cast.member_a).get("/my/allowances").text
    assert "30分钟" in page and "/ 1小时" in page and "至 2026年10月31日" in page
    assert "终止额度" not in client.get(f"/allowances/{allowance.id}").text
    others = client.sign_in(cast.founder_b).get("/my/allowances").text
    assert "暂无免费额度" in others and "每月 1 小时" not in others


def test_it_is_ended_with_a_reason(client: Browser, session: Session, cast: Cast, place: Place) -> None:
    allowance = give(session, cast)
    client.sign_in(cast.manager)
    answer = client.post(f"/allowances/{allowance.id}/end", data={"ends_on": "2026-10-02", "reason": ""})
    assert answer.status_code == 422 and "请说明原因" in says(answer)
    assert client.post(f"/allowances/{allowance.id}/end", data={"ends_on": "", "reason": "x"}).status_code == 422
    answer = client.post(f"/allowances/{allowance.id}/end", data={"ends_on": "2026-10-02", "reason": "协议变更"})
    assert answer.status_code == 303 and "协议变更" in client.get(answer.location).text
    assert client.sign_in(cast.auditor).post(f"/allowances/{allowance.id}/end").status_code == 403
    trail = client.sign_in(cast.owner).get("/audit").text
    assert "发放了免费额度" in trail and "终止了免费额度" in trail


@pytest.mark.browser
@pytest.mark.xdist_group(__name__)
def test_its_pages_fit_any_window_and_axe_finds_nothing(live: Live, surf: Surfer) -> None:
    with live.session() as made:
        place = make_place(made, live.cast.manager)
        allowance_id = give(made, live.cast).id
        booking_id = book_for(made, live.cast.founder_a, place, at(12, 10), at(12, 11, 30), title="一个相当长的会议主题").id
    new = f"/allowances/new?startup={live.cast.startup_a}"
    pages = [(live.cast.finance, ["/allowances", f"/allowances/{allowance_id}", "/allowances/new", new]),
             (live.cast.founder_a, ["/my/allowances", f"/bookings/{booking_id}", "/bookings"])]  # fmt: skip
    for actor, addresses in pages:
        surf.page.context.clear_cookies()
        surf.sign_in(actor)
        for address in addresses:
            surf.go(address)
            surf.check_accessible()
            for window in (PHONE, DESKTOP):
                surf.page.set_viewport_size(window)  # type: ignore[arg-type]
                surf.check_no_sideways_scroll()
