"""Visitors: who may invite whom, caps by rule under a race, what follows a booking, letters, and what is forgotten."""

from __future__ import annotations

import re
import threading
from datetime import date, time, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import create_engine, func, select, text
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.models import Operator
from incubator.accounts.operations.keys import open_key
from incubator.audit.models import AuditEvent
from incubator.bookings.letters import WRITERS
from incubator.bookings.models import Booking
from incubator.bookings.operations import (
    SeriesTerms,
    add_rule,
    book,
    book_series,
    cancel,
    cancel_series,
    cancel_visit,
    change,
    close_over,
    erase_visitors,
    invite_visitors,
    let_in,
    let_out,
    receive_walk_in,
    send_pass_again,
    set_visitor_days,
)
from incubator.bookings.operations.change import Change
from incubator.bookings.operations.series import Scope
from incubator.bookings.terms import Place as Spot
from incubator.bookings.terms import Rule
from incubator.bookings.visiting import Guest, anywhere_at, cap_refusal
from incubator.bookings.visitor_models import Visitor
from incubator.core.errors import Conflict, Forbidden, NotFound, Refusal
from incubator.core.recurrence import Recurrence
from incubator.database import engine_options, set_operator
from incubator.documents.formats import sentence
from incubator.notices.models import Notice, OutboxMail
from incubator.notices.operations import choose_notices
from incubator.notices.writing import write_notices
from tests.bookings.conftest import Place, make_place
from tests.bookings.filling import at
from tests.cast import NOW, Cast, assemble_cast
from tests.database import TestDatabase

BASE = "https://space.example"
WANG = Guest("王小明", "wang@corp.example", "深海科技", "粤B12345")
LI = Guest("Li Hua", "li@corp.example")
NOBODYS = Guest("赵先生")


def ask(session: Session, actor: Actor, place: Place, **more: Any) -> Booking:
    values = {"now": NOW, "resource_id": place.room.id, "startup_id": next(iter(actor.startup_ids), None),
              "start": at(12, 10), "end": at(12, 11)} | more  # fmt: skip
    return book(session, actor, **values)


def invite(session: Session, actor: Actor, place: Place, *guests: Guest, **more: Any) -> list[Visitor]:
    """To the site, from 14 to 15 on the 12th, received by oneself."""
    values = {"now": NOW, "guests": list(guests or [WANG]), "host_id": actor.person_id,
              "startup_id": next(iter(actor.startup_ids), None)} | more  # fmt: skip
    if "booking_id" not in values:
        values = {"site_id": place.site.id, "start": at(12, 14), "end": at(12, 15)} | values
    return invite_visitors(session, actor, **values)


def letters(session: Session, now: Any = NOW) -> list[OutboxMail]:
    before = set(session.execute(select(OutboxMail.id)).scalars())
    write_notices(session, now=now, base_url=BASE, writers=WRITERS)
    found = select(OutboxMail).where(OutboxMail.id.not_in(before)).order_by(OutboxMail.id)
    return list(session.execute(found).scalars())


def mails_to(session: Session, address: str, now: Any = NOW) -> list[OutboxMail]:
    return [mail for mail in letters(session, now) if mail.to_address == address]


def token_in(mail: OutboxMail) -> str:
    found = re.search(r"/pass/([\w-]+)", mail.text_body)
    assert found
    return found[1]


# inviting


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


# caps


def test_a_cap_is_by_startup_and_day_and_names_its_rule(session: Session, cast: Cast, place: Place) -> None:
    add_rule(session, cast.manager, now=NOW, name="访客上限", visitors_most=3)
    invite(session, cast.founder_a, place, WANG, LI)
    with pytest.raises(Refusal) as caught:
        invite(session, cast.member_a, place, WANG, LI)
    assert sentence(caught.value, "en") == (
        "访客上限: at most 3 visitors a day for each startup; expected on 12 Oct 2026 already: 2."
    )
    invite(session, cast.founder_b, place, WANG, LI, NOBODYS)  # another startup
    invite(session, cast.founder_a, place, WANG, LI, NOBODYS, start=at(13, 0), end=at(13, 1))  # another day of the site
    one = invite(session, cast.founder_a, place, NOBODYS)[0]
    with pytest.raises(Refusal):
        invite(session, cast.founder_a, place, NOBODYS)
    cancel_visit(session, cast.founder_a, now=NOW, visitor_id=one.id)  # who is cancelled does not count
    invite(session, cast.founder_a, place, NOBODYS)
    invite(session, cast.front_desk, place, WANG, LI, host_id=cast.founder_a.person_id, startup_id=cast.startup_a)


def test_the_strictest_rule_is_named_and_a_rooms_counts_its_own_visitors_only(
    session: Session, cast: Cast, place: Place
) -> None:
    add_rule(session, cast.manager, now=NOW, name="全部", visitors_most=5)
    add_rule(session, cast.manager, now=NOW, name="会议室", visitors_most=1, resource_kind="meeting_room")
    booking = ask(session, cast.founder_a, place)
    invite(session, cast.founder_a, place, WANG, LI)  # to the site: no meeting room
    invite(session, cast.founder_a, place, NOBODYS, booking_id=booking.id)
    with pytest.raises(Refusal, match=r"会议室.*at most 1 visitors"):
        invite(session, cast.founder_a, place, NOBODYS, booking_id=booking.id)
    with pytest.raises(Refusal, match=r"全部.*at most 5 .* already: 3"):
        invite(session, cast.founder_a, place, NOBODYS, NOBODYS, NOBODYS)


def test_a_rule_of_nobody(session: Session, cast: Cast, place: Place) -> None:
    add_rule(session, cast.manager, now=NOW, name="禁止访客", visitors_most=0, site_id=place.site.id)
    with pytest.raises(Refusal, match="at most 0 visitors"):
        invite(session, cast.founder_a, place)
    with pytest.raises(Refusal, match="From 0 to 1000"):
        add_rule(session, cast.manager, now=NOW, name="太多", visitors_most=1001)


SPOTS = st.sampled_from([anywhere_at(1), anywhere_at(2), Spot(1, 5, "meeting_room"), Spot(1, 6, "hall"),
                         Spot(2, 7, "hall", frozenset({"quiet"}))])  # fmt: skip
RULES = st.builds(
    Rule, id=st.integers(1, 9), name=st.just("r"), site_id=st.sampled_from([None, 1, 2]),
    resource_kind=st.sampled_from([None, "hall"]), tag=st.sampled_from([None, "quiet"]),
    visitors_most=st.one_of(st.none(), st.integers(0, 6)),
)  # fmt: skip


@given(st.lists(RULES, max_size=4), SPOTS, st.lists(SPOTS, max_size=8), st.integers(1, 4))
def test_a_cap_refuses_just_what_would_exceed_one(rules: list[Rule], here: Spot, expected: list[Spot], more: int) -> None:
    refusal = cap_refusal(rules, here, expected, more, date(2026, 10, 12))
    broken = []
    for rule in rules:  # by counting everybody who would be there
        there = [spot for spot in [*expected, *[here] * more] if rule.holds_for(spot)]
        if rule.visitors_most is not None and rule.holds_for(here) and len(there) > rule.visitors_most:
            broken.append(rule)
    assert (refusal is not None) == bool(broken)
    if refusal is not None:
        assert refusal.rule.visitors_most == min(rule.visitors_most for rule in broken)  # type: ignore[type-var]


def test_no_room_gets_more_people_than_it_seats(session: Session, cast: Cast, place: Place) -> None:
    booking = ask(session, cast.founder_a, place, attendees=6)  # the room seats 8
    with pytest.raises(Refusal, match="This seats 8: 6 attend, and 3 would visit"):
        invite(session, cast.founder_a, place, WANG, LI, NOBODYS, booking_id=booking.id)
    invite(session, cast.founder_a, place, WANG, LI, booking_id=booking.id)
    with pytest.raises(Refusal, match="This seats 8"):  # staff neither: there is no chair
        invite(session, cast.manager, place, NOBODYS, booking_id=booking.id, host_id=cast.founder_a.person_id,
               startup_id=cast.startup_a)  # fmt: skip
    to = Change(place.room.id, time(10), time(11), attendees=7, on=date(2026, 10, 12))
    with pytest.raises(Refusal, match="7 attend, and 2 would visit") as caught:
        change(session, cast.founder_a, now=NOW, booking_id=booking.id, to=to)
    assert caught.value.field == "attendees"


def test_twenty_who_invite_at_once_keep_the_cap_and_the_room(own_database: TestDatabase) -> None:
    """Cap 10 a day, five invited already to the site; twenty people invite one each: five win."""
    options = engine_options(takes_role=False) | {"pool_size": 25, "max_overflow": 0}
    engine = create_engine(own_database.settings().database_url, **options)
    with Session(engine, expire_on_commit=False) as session:
        cast = assemble_cast(session)
        place = make_place(session, cast.manager)
        add_rule(session, cast.manager, now=NOW, name="访客上限", visitors_most=10)
        invite(session, cast.founder_a, place, *[NOBODYS] * 5)
        booking_id = ask(session, cast.founder_b, place).id
        session.commit()
    outcomes: list[str] = []
    start = threading.Barrier(32)

    def attempt(number: int) -> None:
        with Session(engine) as session:
            set_operator(session, cast.operator_id)
            to_site = number < 20
            start.wait()
            try:
                if to_site:
                    invite(session, cast.founder_a if number % 2 else cast.member_a, place, NOBODYS)
                else:  # the front desk is bound by chairs alone: 8 of 12
                    invite(session, cast.front_desk, place, NOBODYS, booking_id=booking_id,
                           host_id=cast.founder_b.person_id, startup_id=cast.startup_b)  # fmt: skip
                session.commit()
                outcomes.append("site" if to_site else "room")
            except Refusal as refusal:
                session.rollback()
                outcomes.append("capped" if to_site else "full")
                assert "at most 10" in str(refusal) or "seats 8" in str(refusal)

    threads = [threading.Thread(target=attempt, args=(number,)) for number in range(32)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with Session(engine) as session:
        set_operator(session, cast.operator_id)
        by_startup = session.execute(
            select(Visitor.startup_id, func.count()).group_by(Visitor.startup_id).order_by(Visitor.startup_id)
        ).all()
    engine.dispose()
    assert sorted(outcomes) == ["capped"] * 15 + ["full"] * 4 + ["room"] * 8 + ["site"] * 5
    assert [count for _startup, count in by_startup] == [10, 8]


# what follows the booking


def test_a_moved_booking_moves_its_visitors_and_tells_them(session: Session, cast: Cast, place: Place) -> None:
    booking = ask(session, cast.founder_a, place)
    guest = invite(session, cast.founder_a, place, WANG, booking_id=booking.id)[0]
    token = token_in(mails_to(session, "wang@corp.example")[0])
    to = Change(place.half.id, time(14), time(15), on=date(2026, 10, 13))
    change(session, cast.founder_a, now=NOW, booking_id=booking.id, to=to)
    assert (guest.start, guest.end) == (at(13, 14), at(13, 15))
    (mail,) = mails_to(session, "wang@corp.example")
    assert mail.subject == "您的来访有变：2026年10月13日 14:00–15:00"
    assert "原为 2026年10月12日 10:00–11:00" in mail.text_body and "路演厅东" in mail.text_body
    assert "/pass/" not in mail.text_body
    assert open_key(session, token, kind="pass").opens_id == guest.id  # the pass that they have is still good
    renamed = Change(place.half.id, time(14), time(15), title="评审", on=date(2026, 10, 13))
    change(session, cast.founder_a, now=NOW, booking_id=booking.id, to=renamed)
    assert mails_to(session, "wang@corp.example") == []  # a name is nothing to them


def test_who_has_no_letter_yet_gets_one_of_how_it_is_by_then(session: Session, cast: Cast, place: Place) -> None:
    booking = ask(session, cast.founder_a, place)
    invite(session, cast.founder_a, place, WANG, booking_id=booking.id)
    to = Change(place.room.id, time(14), time(15), on=date(2026, 10, 13))
    change(session, cast.founder_a, now=NOW, booking_id=booking.id, to=to)
    (mail,) = mails_to(session, "wang@corp.example")
    assert mail.subject == "您的来访：2026年10月13日 14:00–15:00"


def test_moving_is_refused_where_the_new_day_is_full(session: Session, cast: Cast, place: Place) -> None:
    add_rule(session, cast.manager, now=NOW, name="访客上限", visitors_most=2)
    booking = ask(session, cast.founder_a, place)
    invite(session, cast.founder_a, place, WANG, booking_id=booking.id)
    invite(session, cast.founder_a, place, LI, NOBODYS, start=at(13, 9), end=at(13, 10))
    with pytest.raises(Refusal, match="expected on 2026-10-13 already: 2"):
        change(session, cast.founder_a, now=NOW, booking_id=booking.id,
               to=Change(place.room.id, time(14), time(15), on=date(2026, 10, 13)))  # fmt: skip
    change(session, cast.founder_a, now=NOW, booking_id=booking.id,
           to=Change(place.room.id, time(14), time(15), on=date(2026, 10, 12)))  # its own do not count twice  # fmt: skip


def test_a_cancelled_booking_cancels_its_visits(session: Session, cast: Cast, place: Place) -> None:
    booking, other = ask(session, cast.founder_a, place), ask(session, cast.founder_a, place, start=at(12, 11), end=at(12, 12))
    told, untold = invite(session, cast.founder_a, place, WANG, NOBODYS, booking_id=booking.id)
    kept = invite(session, cast.founder_a, place, LI, booking_id=other.id)[0]
    letters(session)
    late = invite(session, cast.founder_a, place, Guest("Late", "late@corp.example"), booking_id=booking.id)[0]
    cancel(session, cast.founder_a, now=NOW, booking_id=booking.id)
    assert [each.cancelled_at for each in (told, untold, late, kept)] == [NOW, NOW, NOW, None]
    mails = {mail.to_address: mail.subject for mail in letters(session)}
    assert mails["wang@corp.example"] == "您的来访已取消：2026年10月12日 10:00–11:00"
    assert set(mails) == {"anna@example.com", "wang@corp.example"}  # who never heard of it hears nothing


def test_a_series_and_a_closure_call_their_visitors_off(session: Session, cast: Cast, place: Place) -> None:
    terms = SeriesTerms(place.room.id, cast.startup_a, Recurrence.parse("FREQ=DAILY;COUNT=3", "every"), date(2026, 10, 12),
                        time(10), time(11))  # fmt: skip
    book_series(session, cast.founder_a, now=NOW, terms=terms)
    first, *rest = session.execute(select(Booking).order_by(Booking.id)).scalars()
    guests = [invite(session, cast.founder_a, place, WANG, booking_id=each.id)[0] for each in (first, *rest)]
    letters(session)
    cancel_series(session, cast.founder_a, now=NOW, booking_id=rest[0].id, scope=Scope.FOLLOWING)
    assert [each.cancelled_at for each in guests] == [None, NOW, NOW]
    assert len(mails_to(session, "wang@corp.example")) == 2
    close_over(session, cast.manager, now=NOW, site=place.site, units=[place.units["R1"]], start=at(12, 9), end=at(12, 18),
               reason="维修", agreed=1)  # fmt: skip
    assert guests[0].cancelled_at == NOW
    assert len(mails_to(session, "wang@corp.example")) == 1


# at the front desk


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


# what is forgotten

SECRETS = ("王小明", "wang@corp.example", "深海科技", "粤B12345", "corp.example")


def everything(session: Session) -> str:
    """Every column of every row of every table that the operator may read."""
    tables = session.execute(text(
        "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace "
        "AND has_table_privilege(current_user, oid, 'SELECT')"
    )).scalars().all()  # fmt: skip
    assert {"visitors", "outbox_mails", "notices", "audit_events", "access_keys"} <= set(tables)
    return "\n".join(
        str(row) for table in tables for row in session.execute(text(f'SELECT t::text FROM "{table}" t')).scalars()
    )


def test_after_its_days_nothing_tells_who_it_was(session: Session, cast: Cast, place: Place) -> None:
    booking = ask(session, cast.founder_a, place)
    came, stayed_away = invite(session, cast.founder_a, place, WANG, WANG, booking_id=booking.id)
    first, failed, *_rest = mails_to(session, "wang@corp.example")
    first.sent_at, first.text_body, first.html_body = NOW, "", ""  # as the worker leaves it
    failed.failed_at, failed.error = NOW, "550 no mailbox wang@corp.example"
    token = token_in(failed)
    let_in(session, cast.front_desk, now=at(12, 10), visitor_id=came.id, source="front_desk")
    let_out(session, cast.front_desk, now=at(12, 12), visitor_id=came.id)
    letters(session, at(12, 12))  # to the host, with the visitor's name
    send = invite(session, cast.founder_a, place, WANG)[0]  # never written: its notice holds the address
    cancel_visit(session, cast.founder_a, now=NOW, visitor_id=send.id)
    session.flush()
    before = everything(session)
    assert all(secret in before for secret in SECRETS)
    assert erase_visitors(session, cast.system, now=at(12, 11) + timedelta(days=30)) == 1 + 0  # cancelled on the 1st
    assert erase_visitors(session, cast.system, now=at(12, 11, 1) + timedelta(days=30)) == 1  # planned until 11:00
    assert erase_visitors(session, cast.system, now=at(12, 12, 1) + timedelta(days=30)) == 1  # left at 12:00
    assert erase_visitors(session, cast.system, now=at(12, 12, 2) + timedelta(days=30)) == 0
    session.flush()
    session.expire_all()
    after = everything(session)
    assert not [secret for secret in SECRETS if secret in after]
    with pytest.raises(NotFound):
        open_key(session, token, kind="pass")
    set_operator(session, cast.operator_id)
    assert (came.arrived_at, came.left_at, came.host_id) == (at(12, 10), at(12, 12), cast.founder_a.person_id)
    assert session.execute(select(func.count()).select_from(Visitor)).scalar_one() == 3  # the numbers remain
    assert stayed_away.erased_at is not None
    assert letters(session, at(12, 12) + timedelta(days=30)) == []
    assert first.sent_at == NOW and session.execute(select(Notice.outcome).where(Notice.outcome.is_(None))).all() == []


def test_the_trail_never_has_it(session: Session, cast: Cast, place: Place) -> None:
    (guest,) = invite(session, cast.founder_a, place)
    letters(session)
    let_in(session, cast.front_desk, now=at(12, 14), visitor_id=guest.id, source="pass")
    let_out(session, cast.front_desk, now=at(12, 15), visitor_id=guest.id)
    (other,) = invite(session, cast.founder_a, place)
    cancel_visit(session, cast.founder_a, now=NOW, visitor_id=other.id)
    erase_visitors(session, cast.system, now=at(30, 15) + timedelta(days=30))
    trail = [str((event.action, event.before, event.after)) for event in session.execute(select(AuditEvent)).scalars()]
    assert {"invite_visitors", "let_visitor_in", "let_visitor_out", "cancel_visit", "erase_visitors"} <= {
        event.action for event in session.execute(select(AuditEvent)).scalars()
    }  # fmt: skip
    assert not [line for line in trail for secret in SECRETS if secret in line]


def test_the_operator_says_how_long(session: Session, cast: Cast, place: Place) -> None:
    (guest,) = invite(session, cast.founder_a, place)
    for actor in (cast.front_desk, cast.founder_a, cast.auditor):
        with pytest.raises(Forbidden):
            set_visitor_days(session, actor, now=NOW, days=7)
    for days in (0, 366):
        with pytest.raises(Refusal, match="From 1 to 365"):
            set_visitor_days(session, cast.manager, now=NOW, days=days)
    set_visitor_days(session, cast.owner, now=NOW, days=7)
    assert session.get_one(Operator, cast.operator_id).visitor_days == 7
    assert erase_visitors(session, cast.system, now=at(12, 15) + timedelta(days=7)) == 0
    assert erase_visitors(session, cast.system, now=at(12, 15, 1) + timedelta(days=7)) == 1
    assert guest.name == ""
    set_operator(session, cast.other_operator_id)
    assert session.get_one(Operator, cast.other_operator_id).visitor_days == 30
