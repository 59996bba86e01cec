"""Visitors: who may invite whom, who comes and goes at the front desk, and who is told."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from incubator.accounts.operations.keys import open_key
from incubator.bookings.operations import (
    add_rule,
    cancel,
    cancel_visit,
    let_in,
    let_out,
    receive_walk_in,
    send_pass_again,
)
from incubator.bookings.visiting import Guest
from incubator.bookings.visitor_models import Visitor
from incubator.core.errors import Conflict, Forbidden, NotFound, Refusal
from incubator.database import set_operator
from incubator.notices.operations import choose_notices
from tests.bookings.conftest import Place
from tests.bookings.filling import at
from tests.bookings.visiting import BASE, LI, NOBODYS, WANG, ask, invite, letters, token_in
from tests.cast import NOW, Cast


def test_several_are_invited_and_who_has_an_address_gets_a_pass(session: Session, cast: Cast, place: Place) -> None:
    booking = ask(session, cast.founder_a, place)
    letters(session)
    made = invite(session, cast.founder_a, place, WANG, LI, NOBODYS, booking_id=booking.id, locale="en")
    assert [(each.name, each.start, each.end, each.site_id) for each in made] == [
        (guest.name, at(12, 10), at(12, 11), place.site.id) for guest in (WANG, LI, NOBODYS)
    ]  # fmt: skip
    wang, li = letters(session)
    assert (wang.to_address, li.to_address) == ("wang@corp.example", "li@corp.example")
    assert wang.subject == "Your visit: 12 Oct 2026 10:00–11:00"
    for words in ("Hello 王小明,", "anna (甲科技有限公司) is expecting you:", "Nanshan, Room 1", "erased 30 days after"):
        assert words in wang.text_body, words
    assert f"{BASE}/pass/{token_in(wang)}" in wang.html_body
    assert open_key(session, token_in(wang), kind="pass").opens_id == made[0].id
    assert token_in(wang) != token_in(li)
    assert letters(session) == []


def test_the_letter_is_in_the_language_that_was_chosen(session: Session, cast: Cast, place: Place) -> None:
    invite(session, cast.founder_a, place, WANG)
    (mail,) = letters(session)
    assert mail.subject == "您的来访：2026年10月12日 14:00–15:00"
    assert "anna（甲科技有限公司）恭候您的到来" in mail.text_body
    assert "来访结束 30 天后删除" in mail.text_body


def test_who_may_invite_for_whom(session: Session, cast: Cast, place: Place) -> None:
    assert invite(session, cast.member_a, place)
    assert invite(session, cast.front_desk, place, host_id=cast.founder_a.person_id, startup_id=cast.startup_a)
    assert invite(session, cast.manager, place, startup_id=None)
    with pytest.raises(NotFound):
        invite(session, cast.founder_b, place, host_id=cast.founder_a.person_id, startup_id=cast.startup_a)
    with pytest.raises(NotFound):
        invite(session, cast.founder_b, place, startup_id=None)
    for actor in (cast.mentor, cast.finance, cast.auditor):
        with pytest.raises(Forbidden):
            invite(session, actor, place, startup_id=None)
    with pytest.raises(Refusal, match="Choose who receives"):  # no person of that startup
        invite(session, cast.founder_a, place, host_id=cast.founder_b.person_id)
    with pytest.raises(Refusal, match="Choose who receives"):
        invite(session, cast.manager, place, host_id=cast.founder_a.person_id, startup_id=None)


def test_a_booking_of_another_is_not_known(session: Session, cast: Cast, place: Place) -> None:
    booking = ask(session, cast.founder_a, place)
    with pytest.raises(NotFound):
        invite(session, cast.founder_b, place, booking_id=booking.id)
    with pytest.raises(Refusal, match="belongs to its startup"):
        invite(session, cast.manager, place, booking_id=booking.id, startup_id=None)


@pytest.mark.parametrize(
    ("guests", "more", "field", "sentence"),
    [
        ([Guest("")], {}, "guests-0-name", "Enter a name"),
        ([WANG, Guest("李", "nobody")], {}, "guests-1-email", "not an e-mail address"),
        ([Guest("李", "a@b.example\nBcc: x@y.example")], {}, "guests-0-email", "not an e-mail address"),
        ([Guest("李", "a@b.example,c@d.example")], {}, "guests-0-email", "not an e-mail address"),
        ([Guest("x" * 101)], {}, "guests-0-name", "at most 100"),
        ([Guest("a\x00b")], {}, "guests-0-name", "can't be printed"),
        ([NOBODYS] * 21, {}, "guests", "from one to 20"),
        ([], {}, "guests", "from one to 20"),
        ([WANG], {"start": at(12, 15), "end": at(12, 14)}, "end", "must come after"),
        ([WANG], {"start": at(1, 7), "end": at(1, 8)}, "start", "has passed"),
        ([WANG], {"end": at(14, 14)}, "end", "24 hours"),
        ([WANG], {"start": at(12, 14).replace(year=2029), "end": at(12, 15).replace(year=2029)}, "on", "two years"),
        ([WANG], {"start": None}, "on", "Choose a day"),
        ([WANG], {"site_id": None}, "site_id", "Choose a site"),
        ([WANG], {"locale": "fr"}, "locale", "no such language"),
    ],
)
def test_what_nobody_can_be_invited_to(
    session: Session, cast: Cast, place: Place, guests: list[Guest], more: dict[str, Any], field: str, sentence: str
) -> None:
    with pytest.raises(Refusal, match=sentence) as caught:
        invite(session, cast.founder_a, place, **({"guests": guests} | more))
    assert caught.value.field == field
    assert session.execute(select(func.count()).select_from(Visitor)).scalar_one() == 0


def test_nobody_is_invited_to_what_is_over_or_waits(session: Session, cast: Cast, place: Place) -> None:
    booking = ask(session, cast.founder_a, place)
    with pytest.raises(Conflict, match="over or cancelled"):
        invite(session, cast.founder_a, place, booking_id=booking.id, now=at(12, 11))
    cancel(session, cast.founder_a, now=NOW, booking_id=booking.id)
    with pytest.raises(Conflict, match="over or cancelled"):
        invite(session, cast.founder_a, place, booking_id=booking.id)
    add_rule(session, cast.manager, now=NOW, name="审批", approval_hours=24)
    waiting = ask(session, cast.founder_a, place)
    with pytest.raises(Conflict, match="waits for approval"):
        invite(session, cast.founder_a, place, booking_id=waiting.id)




def test_the_host_is_told_on_arrival_in_their_language_if_they_want(session: Session, cast: Cast, place: Place) -> None:
    guest, second = invite(session, cast.founder_a, place, WANG, LI)
    letters(session)
    let_in(session, cast.front_desk, now=at(12, 13, 50), visitor_id=guest.id, source="pass")
    assert (guest.arrived_at, guest.arrived_by, guest.arrival_source) == (
        at(12, 13, 50), cast.front_desk.person_id, "pass",
    )  # fmt: skip
    (mail,) = letters(session, at(12, 13, 51))
    assert (mail.to_address, mail.subject) == ("anna@example.com", "访客已到：王小明（深海科技）")
    assert f"{BASE}/visitors/{guest.id}" in mail.text_body and "南山" in mail.text_body
    choose_notices(session, cast.founder_a, now=NOW, wanted=["reminder"])
    let_in(session, cast.front_desk, now=at(12, 14), visitor_id=second.id, source="front_desk")
    assert letters(session, at(12, 14)) == []


def test_who_comes_and_goes_and_when(session: Session, cast: Cast, place: Place) -> None:
    (guest,) = invite(session, cast.founder_a, place)
    for actor in (cast.founder_a, cast.finance):
        with pytest.raises(Forbidden):
            let_in(session, actor, now=at(12, 14), visitor_id=guest.id, source="front_desk")
    with pytest.raises(Conflict, match="expected on 2026-10-12"):
        let_in(session, cast.front_desk, now=at(11, 23, 59), visitor_id=guest.id, source="front_desk")
    with pytest.raises(Conflict, match="over"):
        let_in(session, cast.front_desk, now=at(13, 0), visitor_id=guest.id, source="front_desk")
    with pytest.raises(Conflict, match="not here"):
        let_out(session, cast.front_desk, now=at(12, 14), visitor_id=guest.id)
    let_in(session, cast.front_desk, now=at(12, 23), visitor_id=guest.id, source="front_desk")  # late, the same day
    with pytest.raises(Conflict, match="already"):
        let_in(session, cast.front_desk, now=at(12, 23), visitor_id=guest.id, source="front_desk")
    with pytest.raises(Conflict, match="they are here"):
        cancel_visit(session, cast.founder_a, now=at(12, 23), visitor_id=guest.id)
    let_out(session, cast.front_desk, now=at(12, 23, 30), visitor_id=guest.id)
    assert guest.left_at == at(12, 23, 30)
    (gone,) = invite(session, cast.founder_a, place, LI)
    cancel_visit(session, cast.founder_a, now=NOW, visitor_id=gone.id)
    with pytest.raises(Conflict, match="cancelled"):
        let_in(session, cast.front_desk, now=at(12, 14), visitor_id=gone.id, source="front_desk")
    with pytest.raises(NotFound):
        cancel_visit(session, cast.founder_b, now=NOW, visitor_id=gone.id)


def test_somebody_whom_nobody_announced(session: Session, cast: Cast, place: Place) -> None:
    values = {"host_id": cast.founder_a.person_id, "startup_id": cast.startup_a, "site_id": place.site.id}
    guest = receive_walk_in(session, cast.front_desk, now=at(12, 16), guest=WANG, **values)  # type: ignore[arg-type]
    assert (guest.arrived_at, guest.email, guest.company) == (at(12, 16), "", "深海科技")
    assert [mail.to_address for mail in letters(session, at(12, 16))] == ["anna@example.com"]
    with pytest.raises(Forbidden):
        receive_walk_in(session, cast.founder_a, now=at(12, 16), guest=WANG, **values)  # type: ignore[arg-type]


def test_a_pass_sent_again_replaces_the_one_before(session: Session, cast: Cast, place: Place) -> None:
    (guest,) = invite(session, cast.founder_a, place)
    first = token_in(letters(session)[0])
    send_pass_again(session, cast.founder_a, now=NOW, visitor_id=guest.id)
    send_pass_again(session, cast.founder_a, now=NOW, visitor_id=guest.id)  # pressed twice
    (mail,) = letters(session)
    assert open_key(session, token_in(mail), kind="pass").opens_id == guest.id
    with pytest.raises(NotFound):
        open_key(session, first, kind="pass")
    set_operator(session, cast.operator_id)
    (nobodys,) = invite(session, cast.founder_a, place, NOBODYS)
    with pytest.raises(Conflict, match="nobody to send"):
        send_pass_again(session, cast.founder_a, now=NOW, visitor_id=nobodys.id)
