"""How many visitors there may be: by rule and day, by the chairs of a room, and under a race."""

from __future__ import annotations

import threading
from datetime import date, time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import create_engine, func, select
from sqlalchemy.orm import Session

from incubator.bookings.operations import (
    add_rule,
    cancel_visit,
    change,
)
from incubator.bookings.operations.change import Change
from incubator.bookings.terms import Place as Spot
from incubator.bookings.terms import Rule
from incubator.bookings.visiting import anywhere_at, cap_refusal
from incubator.bookings.visitor_models import Visitor
from incubator.connections import engine_options
from incubator.core.errors import Refusal
from incubator.database import set_operator
from incubator.documents.formats import sentence
from tests.bookings.conftest import Place, make_place
from tests.bookings.filling import at
from tests.bookings.visiting import LI, NOBODYS, WANG, ask, invite
from tests.cast import NOW, Cast, assemble_cast
from tests.database import TestDatabase


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
