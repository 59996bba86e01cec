"""Booking: the price of the day is kept, rules refuse in sentences, the ledger decides."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.bookings.models import Booking
from incubator.bookings.operations import BookingRequest, ManyRefusals, book, book_many, cancel
from incubator.bookings.queries import get_booking, list_charged_bookings
from incubator.core.errors import Conflict, Forbidden, NotFound, Refusal
from incubator.core.periods import Month
from incubator.spaces.models import Allocation
from incubator.spaces.operations import Taken
from tests.bookings.conftest import Place
from tests.cast import NOW, Cast

SHANGHAI = ZoneInfo("Asia/Shanghai")


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 10, day, hour, minute, tzinfo=SHANGHAI)


def ask(session: Session, actor: Actor, place: Place, start: datetime, end: datetime, **more: object) -> Booking:
    values = {"resource_id": place.room.id, "startup_id": next(iter(actor.startup_ids), None)} | more
    return book(session, actor, now=NOW, start=start, end=end, **values)  # type: ignore[arg-type]


def live(session: Session) -> int:
    return session.execute(
        select(func.count()).select_from(Allocation).where(Allocation.voided_at.is_(None))
    ).scalar_one()


def test_the_three_bookings_of_october(session: Session, cast: Cast, place: Place) -> None:
    a = ask(session, cast.founder_a, place, at(10, 10), at(10, 11, 30))  # Saturday 10 October works
    b = ask(session, cast.founder_b, place, at(20, 17), at(20, 19))  # an hour past closing: charged
    own = ask(session, cast.manager, place, at(21, 9), at(21, 12))
    assert [a.price_minor, b.price_minor, own.price_minor] == [7_500, 10_000, 0]
    assert a.quote == {"gross_minor": 7500, "currency": "CNY", "unit_price": "50.0000", "minutes": 90, "free": False,
                       "tariff_item_id": a.quote["tariff_item_id"]}  # fmt: skip
    charged = list_charged_bookings(session, place.site.id, Month(2026, 10))
    assert [(row.booking_id, row.price_minor) for row in charged] == [(a.id, 7_500), (b.id, 10_000)]


@pytest.mark.parametrize(
    ("start", "end", "more", "sentence"),
    [
        (at(12, 10), at(12, 10), {}, "The end must come after the start."),
        (at(12, 10), at(13, 10, 15), {}, "A booking lasts 24 hours at most."),
        (at(12, 10, 7), at(12, 11), {}, "This is booked in steps of 15 minutes."),
        (at(12, 10), at(12, 11), {"attendees": 9}, "This seats 8."),
        (at(1, 8), at(1, 9, 15), {}, "This time has passed."),
        (at(3, 10), at(3, 11), {}, "The site is closed at 2026-10-03 10:00:00+08:00."),  # a holiday
        (at(12, 18), at(12, 19), {}, "The site is closed at 2026-10-12 18:00:00+08:00; open that day: ('09:00–18:00',)."),
        (at(12, 10) + timedelta(days=100), at(12, 11) + timedelta(days=100), {}, "You can book 90 days ahead."),
    ],
)
def test_a_refusal_names_the_rule(
    session: Session, cast: Cast, place: Place, start: datetime, end: datetime, more: dict[str, object], sentence: str
) -> None:
    with pytest.raises(Refusal) as refused:
        ask(session, cast.founder_a, place, start, end, **more)
    assert str(refused.value) == sentence
    assert live(session) == 0


def test_staff_may_book_closed_times(session: Session, cast: Cast, place: Place) -> None:
    assert ask(session, cast.front_desk, place, at(3, 22), at(3, 23), startup_id=cast.startup_a).price_minor == 5_000


def test_a_resource_without_a_price_is_refused(session: Session, cast: Cast, place: Place) -> None:
    with pytest.raises(Refusal, match="No price is set for 示波器"):
        ask(session, cast.founder_a, place, at(12, 10), at(12, 11), resource_id=place.unpriced.id)


def test_the_hall_and_its_half_exclude_each_other(session: Session, cast: Cast, place: Place) -> None:
    ask(session, cast.founder_a, place, at(12, 10), at(12, 11), resource_id=place.half.id)
    with pytest.raises(Taken) as refused:
        ask(session, cast.founder_b, place, at(12, 10, 30), at(12, 12), resource_id=place.hall.id)
    # it is told of what was asked for, by its name
    assert (refused.value.unit_id, refused.value.values["unit"]) == (place.units["HA"].id, place.hall)


def test_a_pool_gives_any_free_desk_until_none_is(session: Session, cast: Cast, place: Place) -> None:
    for _ in range(2):
        ask(session, cast.founder_a, place, at(12, 10), at(12, 11), resource_id=place.pool.id)
    with pytest.raises(Taken):
        ask(session, cast.founder_b, place, at(12, 10), at(12, 11), resource_id=place.pool.id)


def test_the_same_form_twice_is_one_booking(session: Session, cast: Cast, place: Place) -> None:
    first = ask(session, cast.founder_a, place, at(12, 10), at(12, 11), request_key="form-1")
    assert ask(session, cast.founder_a, place, at(12, 10), at(12, 11), request_key="form-1") is first
    assert live(session) == 1


def test_cancelling_frees_the_time_and_is_not_charged(session: Session, cast: Cast, place: Place) -> None:
    booking = ask(session, cast.founder_a, place, at(12, 10), at(12, 11))
    with pytest.raises(NotFound):
        cancel(session, cast.founder_b, now=NOW, booking_id=booking.id)
    cancel(session, cast.member_a, now=NOW, booking_id=booking.id, reason="postponed")
    assert list_charged_bookings(session, place.site.id, Month(2026, 10)) == []
    ask(session, cast.founder_b, place, at(12, 10), at(12, 11))
    with pytest.raises(Conflict, match="cancelled already"):
        cancel(session, cast.founder_a, now=NOW, booking_id=booking.id)


@pytest.mark.parametrize("who", ["founder_a", "front_desk"])
def test_what_has_begun_is_only_ended_early(session: Session, cast: Cast, place: Place, who: str) -> None:
    booking = ask(session, cast.founder_a, place, at(12, 10), at(12, 12))
    cancel(session, getattr(cast, who), now=at(12, 11), booking_id=booking.id, reason="left")
    assert booking.left_at == at(12, 11)
    assert booking.cancelled_at is None
    assert [row.price_minor for row in list_charged_bookings(session, place.site.id, Month(2026, 10))] == [10_000]
    ask(session, cast.founder_b, place, at(12, 11), at(12, 12))
    with pytest.raises(Conflict, match="is over"):
        cancel(session, cast.front_desk, now=at(12, 12), booking_id=booking.id)


def test_who_may_book_for_whom(session: Session, cast: Cast, place: Place) -> None:
    booking = ask(session, cast.founder_a, place, at(12, 10), at(12, 11))
    assert get_booking(session, cast.auditor, booking.id) is booking
    with pytest.raises(NotFound):
        get_booking(session, cast.founder_b, booking.id)
    with pytest.raises(NotFound):
        ask(session, cast.founder_a, place, at(12, 11), at(12, 12), startup_id=cast.startup_b)
    with pytest.raises(NotFound):
        ask(session, cast.founder_a, place, at(12, 11), at(12, 12), startup_id=None)
    for actor in (cast.auditor, cast.finance, cast.mentor):
        with pytest.raises(Forbidden):
            ask(session, actor, place, at(12, 11), at(12, 12), startup_id=cast.startup_a)


def request(place: Place, cast: Cast, day: int, hour: int, **more: object) -> BookingRequest:
    values = {"resource_id": place.room.id, "startup_id": cast.startup_a} | more
    return BookingRequest(start=at(day, hour), end=at(day, hour + 1), **values)  # type: ignore[arg-type]


def test_many_at_once_are_priced_and_placed_as_one_by_one(session: Session, cast: Cast, place: Place) -> None:
    wishes = [request(place, cast, 12, hour) for hour in (9, 10)]
    wishes += [request(place, cast, 12, 9, resource_id=place.pool.id) for _ in range(2)]
    wishes += [request(place, cast, 12, 11, startup_id=None), request(place, cast, 12, 9, resource_id=place.hall.id)]
    ids = book_many(session, cast.manager, now=NOW, requests=wishes)
    prices = [session.get_one(Booking, (cast.operator_id, each)).price_minor for each in ids]
    assert prices == [5_000, 5_000, 500, 500, 0, 20_000]
    assert live(session) == 7  # the hall takes two units


def test_many_say_every_fault_and_write_nothing(session: Session, cast: Cast, place: Place) -> None:
    ask(session, cast.founder_a, place, at(12, 9), at(12, 10))
    wishes = [
        request(place, cast, 12, 9),  # the ledger has it
        request(place, cast, 12, 10),
        request(place, cast, 12, 10),  # the row before has it
        request(place, cast, 12, 10, resource_id=10**9),
        request(place, cast, 12, 10, resource_id=place.unpriced.id),
    ]
    with pytest.raises(ManyRefusals) as refused:
        book_many(session, cast.manager, now=NOW, requests=wishes)
    assert [index for index, _ in refused.value.found] == [0, 2, 3, 4]
    assert live(session) == 1
    with pytest.raises(Forbidden):
        book_many(session, cast.founder_a, now=NOW, requests=wishes[1:2])
