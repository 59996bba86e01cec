"""Rules that admit only startups of a programme or plan, on the day of the booking."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

import pytest
from sqlalchemy.orm import Session

from incubator.bookings.models import Booking
from incubator.bookings.operations import (
    Change,
    add_rule,
    cancel,
    change,
    edit_rule,
    join_waitlist,
)
from incubator.bookings.rulebook import list_rule_rows, list_rules
from incubator.bookings.suggesting import suggest
from incubator.bookings.terms import RuleBroken, Terms
from incubator.bookings.timeline import see_day
from incubator.core.errors import Refusal
from incubator.spaces.queries import get_resource
from incubator.startups.models import Programme
from incubator.startups.operations import add_programme, enrol
from tests.bookings.conftest import Place
from tests.bookings.filling import at, book_for, typed
from tests.bookings.test_lists import make_many
from tests.bookings.test_rule_pages import EMPTY
from tests.cast import NOW, Cast
from tests.conftest import Browser
from tests.scenarios.test_access import counting


@pytest.fixture
def camp(session: Session, cast: Cast, place: Place) -> Programme:
    """Room 1 is for the camp's startups only; A is in it from 12 to 13 October, B never."""
    made = add_programme(session, cast.manager, now=NOW, kind="programme", name="加速营", name_en="Camp")
    enrol(session, cast.manager, now=NOW, programme_id=made.id, startup_id=cast.startup_a, starts_on=date(2026, 10, 12),
          ends_on=date(2026, 10, 13))  # fmt: skip
    add_rule(session, cast.manager, now=NOW, name="加速营专用", name_en="For the camp", resource_id=place.room.id,
             programmes=[made.id])  # fmt: skip
    return made


def refusal_of(session: Session, *args: Any, **more: Any) -> RuleBroken:
    with pytest.raises(RuleBroken) as refused:
        book_for(session, *args, **more)
    return refused.value


def test_only_who_is_in_it_on_that_day_books(session: Session, cast: Cast, place: Place, camp: Programme) -> None:
    book_for(session, cast.founder_a, place, at(12, 10), at(12, 11))
    book_for(session, cast.founder_a, place, at(13, 17), at(13, 18))
    broken = refusal_of(session, cast.founder_a, place, at(14, 10), at(14, 11))
    assert (broken.field, broken.rule.name) == ("startup_id", "加速营专用")
    refusal_of(session, cast.founder_b, place, at(12, 14), at(12, 15))
    book_for(session, cast.founder_b, place, at(12, 14), at(12, 15), resource_id=place.half.id)
    book_for(session, cast.front_desk, place, at(14, 10), at(14, 11), startup_id=cast.startup_b)  # staff answer for it


def test_a_booking_keeps_the_rule_and_not_who_else_is_in_it(
    session: Session, cast: Cast, place: Place, camp: Programme
) -> None:
    booking: Booking = book_for(session, cast.founder_a, place, at(12, 10), at(12, 11))
    (kept,) = booking.terms
    assert kept["programmes"] == [{"id": camp.id, "name": "加速营", "name_en": "Camp"}]
    assert Terms.from_data(booking.terms).as_data() == booking.terms


def test_what_is_shown_and_offered_is_what_would_be_booked(
    session: Session, cast: Cast, place: Place, camp: Programme
) -> None:
    def free(who: Any, day: int) -> bool:
        rows = see_day(session, who, place.site, at(day, 0).date(), NOW).rows
        return bool(next(row for row in rows if row.resource.id == place.room.id).free)

    assert [free(cast.founder_a, day) for day in (12, 13, 14)] == [True, True, False]
    assert not free(cast.founder_b, 12)
    assert free(cast.front_desk, 14)
    room = get_resource(session, cast.founder_a, place.room.id)
    book_for(session, cast.founder_a, place, at(13, 10), at(13, 11))
    found = [
        [slot.start for slot in suggest(session, who, room, at(13, 10), at(13, 11), attendees=None, startup_id=of, now=NOW).slots]
        for who, of in ((cast.founder_a, cast.startup_a), (cast.founder_b, cast.startup_b))
    ]
    assert found == [[at(13, 11), at(13, 12), at(13, 13)], []]
    book_for(session, cast.founder_a, place, at(13, 11), at(13, 18))
    assert suggest(session, cast.founder_a, room, at(13, 10), at(13, 11), attendees=None, startup_id=cast.startup_a,
                   now=NOW).slots == []  # the camp is over for A on the 14th


def test_a_booking_can_t_be_moved_to_a_day_on_which_it_would_be_refused(
    session: Session, cast: Cast, place: Place, camp: Programme
) -> None:
    booking = book_for(session, cast.founder_a, place, at(12, 10), at(12, 11))
    to = Change(place.room.id, at(14, 10).time(), at(14, 11).time(), on=date(2026, 10, 14))
    with pytest.raises(Refusal, match="加速营"):
        change(session, cast.founder_a, now=NOW, booking_id=booking.id, to=to)


def test_the_waitlist_passes_over_who_may_not_have_it(
    session: Session, cast: Cast, place: Place, camp: Programme
) -> None:
    booking = book_for(session, cast.founder_a, place, at(12, 10), at(12, 11))
    waits = [
        join_waitlist(session, who, now=NOW, resource_id=place.room.id, start=at(12, 10), end=at(12, 11), minutes=60,
                      startup_id=startup_id)
        for who, startup_id in ((cast.founder_b, cast.startup_b), (cast.member_a, cast.startup_a))
    ]  # fmt: skip
    cancel(session, cast.founder_a, now=NOW, booking_id=booking.id)
    assert [wait.offered is not None for wait in waits] == [False, True]


def test_it_is_changed_in_the_page_and_said_in_words(
    client: Browser, session: Session, cast: Cast, place: Place, camp: Programme
) -> None:
    plan = add_programme(session, cast.manager, now=NOW, kind="plan", name="流动套餐")
    (row,) = list_rule_rows(session, cast.manager)
    client.sign_in(cast.manager)
    assert "仅限参加加速营的企业" in client.get("/bookings/rules").text
    here = f"/bookings/rules/{row.row.id}"
    assert re.findall(r'<input checked[^>]*name="programmes"[^>]*value="(\d+)"', client.get(here).text) == [str(camp.id)]
    wish = EMPTY | {"name": "专用", "resource_id": place.room.id, "programmes": [camp.id, plan.id], "quota_measure": "count",
            "quota_window": "day", "quota_of": "startup"}  # fmt: skip
    assert client.post(here, data=wish).status_code == 303
    assert "仅限参加加速营、流动套餐的企业" in client.get("/bookings/rules").text
    assert client.post(here, data=wish | {"programmes": ["77"]}).status_code == 422
    with pytest.raises(Refusal, match="no such programme"):
        edit_rule(session, cast.manager, now=NOW, rule_id=row.row.id, name="专用", programmes=[2**40])
    client.sign_in(cast.founder_b)
    refused = client.post("/bookings/new", data=typed(place, cast, startup_id=cast.startup_b))
    assert refused.status_code == 422 and "仅限参加下列计划或套餐的企业预订：加速营、流动套餐。" in refused.text


def test_a_day_of_200_resources_takes_nine_statements(
    session: Session, cast: Cast, place: Place, camp: Programme
) -> None:
    """With rules of every sort, for a founder, of whom most is asked; whatever the number of bookings."""
    add_rule(session, cast.manager, now=NOW, name="每天", quota_most=3, quota_measure="count", quota_window="day",
             quota_of="startup", buffer_after_minutes=15)  # fmt: skip
    made = 0
    for code, resources, bookings in (("M", 50, 0), ("N", 150, 600)):
        make_many(session, cast, place, code, resources=resources, bookings=bookings)
        made += resources
        for who in (cast.founder_a, cast.front_desk):
            with counting(session) as statements:
                day = see_day(session, who, place.site, date(2026, 10, 12), NOW)
            assert len(day.rows) >= made and len(statements) <= 9, "\n".join(statements)
    assert sum(len(row.stretches) for row in day.rows) >= 600
    assert len(list_rules(session)) == 2
