"""Pages of visitors: inviting, the front desk's list, the pass, how long data are kept."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from incubator.bookings.letters import WRITERS
from incubator.bookings.operations import add_rule, book, invite_visitors
from incubator.bookings.visiting import Guest
from incubator.bookings.visitor_models import Visitor
from incubator.notices.models import OutboxMail
from incubator.notices.writing import write_notices
from tests.bookings.conftest import Place
from tests.bookings.filling import at
from tests.cast import NOW, Cast
from tests.conftest import Browser

Turn = Callable[[datetime], None]
EN = {"Accept-Language": "en"}


@pytest.fixture(autouse=True)
def _at_nine(clock: Turn) -> None:
    """Every page here goes by the tests' clock."""


def host(cast: Cast) -> str:
    return f"{cast.startup_a}-{cast.founder_a.person_id}"


def expect(session: Session, cast: Cast, place: Place, *guests: Guest, locale: str = "zh_Hans") -> list[Visitor]:
    """To the site on the 1st, from 14 to 15, received by anna of startup A."""
    return invite_visitors(
        session, cast.founder_a, now=NOW, guests=guests or [Guest("王小明", "wang@corp.example", "深海科技", "粤B12345")],
        host_id=cast.founder_a.person_id or 0, startup_id=cast.startup_a, site_id=place.site.id, start=at(1, 14),
        end=at(1, 15), locale=locale,
    )  # fmt: skip


def mailed_pass(session: Session) -> str:
    write_notices(session, now=NOW, base_url="https://space.example", writers=WRITERS)
    mail = session.execute(select(OutboxMail).order_by(OutboxMail.id.desc()).limit(1)).scalar_one()
    found = re.search(r"(/pass/[\w-]+)", mail.text_body)
    assert found
    return found[1]


def test_inviting_two_by_form_one_more_is_asked_for(client: Browser, session: Session, cast: Cast, place: Place) -> None:
    client.sign_in(cast.founder_a)
    page = client.get("/visitors/new").text
    assert "来访结束 30 天后删除" in page
    assert page.count('name="guests-0-name"') == 1 and 'name="guests-1-name"' not in page
    data = {"guests-0-name": "王小明", "guests-0-email": "wang@corp.example", "host": host(cast), "locale": "zh_Hans",
            "site_id": str(place.site.id), "on": "2026-10-12", "start": "14:00", "end": "15:00"}  # fmt: skip
    more = client.post("/visitors/new", data=data | {"do": "more"})
    assert more.status_code == 200 and 'name="guests-1-name"' in more.text and "王小明" in more.text
    assert session.execute(select(Visitor)).first() is None
    bad = client.post("/visitors/new", data=data | {"guests-1-name": "", "guests-2-name": "李", "guests-2-email": "nobody"})
    assert bad.status_code == 422
    assert re.search(r'id="guests-2-email-error"', bad.text)  # at its own part, though the second is empty
    done = client.post("/visitors/new", data=data | {"guests-1-name": "李华"})
    assert (done.status_code, done.location) == (303, "/visitors")
    page = client.get("/visitors").text
    assert "已向前台登记 2 位访客" in page and "王小明" in page and "李华" in page
    assert "王小明" not in client.sign_in(cast.founder_b).get("/visitors").text


def test_inviting_to_a_booking_from_its_page(client: Browser, session: Session, cast: Cast, place: Place) -> None:
    booking = book(session, cast.founder_a, now=NOW, resource_id=place.room.id, startup_id=cast.startup_a,
                   start=at(12, 10), end=at(12, 11), attendees=7)  # fmt: skip
    client.sign_in(cast.member_a)
    assert f"/visitors/new?booking={booking.id}" in client.get(f"/bookings/{booking.id}").text
    page = client.get(f"/visitors/new?booking={booking.id}").text
    assert 'name="on"' not in page and f'selected value="{host(cast)}"' in page  # whoever booked receives them
    data = {"guests-0-name": "王小明", "guests-1-name": "李华", "host": host(cast), "locale": "en"}
    full = client.post(f"/visitors/new?booking={booking.id}", data=data)
    assert full.status_code == 422 and "此处可容纳 8 人：参加者 7 人，访客将有 2 人。" in full.text
    done = client.post(f"/visitors/new?booking={booking.id}", data=data | {"guests-1-name": ""})
    assert done.location == f"/bookings/{booking.id}"
    assert "王小明" in client.get(done.location).text
    assert "王小明" not in client.sign_in(cast.finance).get(f"/bookings/{booking.id}").text  # it is not their business


def test_the_rule_is_named_on_the_page(client: Browser, session: Session, cast: Cast, place: Place) -> None:
    add_rule(session, cast.manager, now=NOW, name="访客上限", name_en="Few visitors", visitors_most=1)
    expect(session, cast, place)
    data = {"guests-0-name": "李华", "host": host(cast), "locale": "zh_Hans", "site_id": str(place.site.id),
            "on": "2026-10-01", "start": "14:00", "end": "15:00"}  # fmt: skip
    answer = client.sign_in(cast.founder_a).post("/visitors/new", data=data)
    assert answer.status_code == 422
    assert "每家创业企业每天最多 1 位访客" in answer.text and "访客上限" in answer.text
    rules = client.sign_in(cast.manager).get("/bookings/rules").text
    assert "每家创业企业每天最多 1 位访客" in rules


def test_the_desk_finds_lets_in_and_sees_out(
    client: Browser, session: Session, cast: Cast, place: Place, clock: Turn
) -> None:
    guest, _other = expect(session, cast, place, Guest("王小明", "", "深海科技", "粤B12345"), Guest("Li_Hua"))
    client.sign_in(cast.front_desk)
    page = client.get("/desk/visitors").text
    assert "王小明" in page and "Li_Hua" in page and "粤B12345" in page and "anna" in page
    for search, found in (("小明", True), ("b123", True), ("ANNA", True), ("甲科技", True), ("%", False), ("_", False)):
        assert ("王小明" in client.get("/desk/visitors", query_string={"q": search}).text) is found, search
    assert "Li_Hua" in client.get("/desk/visitors", query_string={"q": "i_h"}).text
    assert "王小明" not in client.get("/desk/visitors?date=2026-10-02").text
    assert client.get("/desk/visitors", query_string={"q": "a\x00b"}).status_code == 200
    back = client.post(f"/visitors/{guest.id}/arrived", data={"back": "desk"})
    assert back.location == f"/desk/visitors?site={place.site.id}&date=2026-10-01"
    assert "09:00 到访" in client.get(back.location).text
    again = client.post(f"/visitors/{guest.id}/arrived", data={"back": "desk"})
    assert "该访客已经到访" in client.get(again.location).text
    clock(at(1, 15, 30))
    client.post(f"/visitors/{guest.id}/left", data={"back": "desk"})
    assert (guest.arrived_at, guest.left_at) == (NOW, at(1, 15, 30))
    client.sign_in(cast.founder_a)
    assert client.post(f"/visitors/{guest.id}/left").status_code == 403


def test_somebody_came_in(client: Browser, session: Session, cast: Cast, place: Place) -> None:
    client.sign_in(cast.front_desk)
    data = {"name": "赵先生", "company": "快递", "note": "", "host": host(cast), "site": str(place.site.id)}
    assert client.post("/desk/visitors/new", data=data | {"name": ""}).status_code == 422
    bad = client.post("/desk/visitors/new", data=data | {"name": "a\x07b"})
    assert bad.status_code == 422 and "name-error" in bad.text
    assert client.post("/desk/visitors/new", data=data | {"host": "1-1;drop"}).status_code == 422
    done = client.post("/desk/visitors/new", data=data)
    assert done.status_code == 303
    assert "赵先生" in client.get(done.location).text and "到访" in client.get(done.location).text


def test_a_pass_is_open_to_its_bearer_and_to_nobody_who_guesses(
    client: Browser, session: Session, cast: Cast, place: Place, clock: Turn
) -> None:
    expect(session, cast, place)
    address = mailed_pass(session)
    page = client.get(address, headers=EN)
    assert page.status_code == 200 and "<svg" in page.text and "noindex" in page.text
    for words in ("王小明", "1 Oct 2026 14:00–15:00", "Nanshan", "anna", "erased 30 days after"):
        assert words in page.text, words
    for secret in ("wang@corp.example", "粤B12345"):  # what the front desk knows is not on it
        assert secret not in page.text
    assert "Has arrived" not in page.text
    for wrong in (address[:-1] + ("a" if address[-1] != "a" else "b"), "/pass/1-x", "/pass/zz", "/pass/" + "1" * 200):
        assert client.get(wrong).status_code == 404, wrong
    clock(at(2, 0))
    over = client.get(address, headers=EN).text
    assert "This visit is over" in over and "<svg viewBox" not in over and "王小明" not in over


def test_a_pass_speaks_the_language_of_the_invitation_where_the_browser_asks_for_none(
    client: Browser, session: Session, cast: Cast, place: Place
) -> None:
    expect(session, cast, place, Guest("Jane", "jane@corp.example"), locale="en")
    address = mailed_pass(session)
    assert 'lang="en"' in client.get(address, headers={"Accept-Language": "fr"}).text


def test_the_front_desk_scans_a_pass_and_lets_them_in(
    client: Browser, session: Session, cast: Cast, place: Place
) -> None:
    (guest,) = expect(session, cast, place)
    address = mailed_pass(session)
    for nobody in (cast.founder_a, cast.finance, cast.other_owner):
        assert f"/visitors/{guest.id}/arrived" not in client.sign_in(nobody).get(address).text, nobody.name
    page = client.sign_in(cast.front_desk).get(address).text
    assert f"/visitors/{guest.id}/arrived" in page and "粤B12345" in page
    done = client.post(f"/visitors/{guest.id}/arrived",
                       data={"back": "pass", "source": "pass", "token": address.removeprefix("/pass/")})  # fmt: skip
    assert done.location == address
    assert (guest.arrived_at, guest.arrival_source) == (NOW, "pass")
    assert f"/visitors/{guest.id}/left" in client.get(address).text
    elsewhere = client.post(f"/visitors/{guest.id}/left", data={"back": "pass", "token": "//evil.example/"})
    assert elsewhere.location.startswith("/pass/")


def test_cancelling_and_sending_again_on_the_visits_page(
    client: Browser, session: Session, cast: Cast, place: Place
) -> None:
    (guest,) = expect(session, cast, place)
    address = mailed_pass(session)
    client.sign_in(cast.member_a)
    page = client.get(f"/visitors/{guest.id}").text
    assert "/cancel" in page and "/resend" in page and "/arrived" not in page
    assert client.post(f"/visitors/{guest.id}/resend").location == f"/visitors/{guest.id}"
    again = mailed_pass(session)
    assert client.get(address).status_code == 404 and client.get(again).status_code == 200
    client.post(f"/visitors/{guest.id}/cancel")
    assert "来访已取消" in client.get(again).text
    assert "已取消" in client.get("/visitors?view=past").text
    client.sign_in(cast.founder_b)
    assert client.post(f"/visitors/{guest.id}/cancel").status_code == 404


def test_how_long_data_are_kept(client: Browser, session: Session, cast: Cast, place: Place) -> None:
    client.sign_in(cast.manager)
    assert 'value="30"' in client.get("/desk/visitors/retention").text
    for days in ("0", "366", "x", ""):
        assert client.post("/desk/visitors/retention", data={"days": days}).status_code == 422, days
    assert client.post("/desk/visitors/retention", data={"days": "7"}).status_code == 303
    expect(session, cast, place)
    assert "来访结束 7 天后删除" in client.get("/visitors/new").text
    assert "来访结束 7 天后删除" in client.get(mailed_pass(session), headers={"Accept-Language": "zh"}).text
