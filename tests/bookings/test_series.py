"""Series: planned, booked, changed and cancelled; against single bookings, holidays and changes of clocks."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, time
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.audit.models import AuditEvent
from incubator.bookings.consent import Consent, PriceChanged
from incubator.bookings.models import Booking, BookingSeries
from incubator.bookings.operations import (
    Change,
    Scope,
    SeriesRefused,
    SeriesTerms,
    add_rule,
    book_series,
    cancel,
    cancel_series,
    change,
    extend_series,
)
from incubator.bookings.operations.series import wish_of
from incubator.bookings.planning import plan_series
from incubator.bookings.queries import list_charged_bookings
from incubator.bookings.terms import RuleBroken
from incubator.core.errors import Conflict, Forbidden, NotFound, Refusal
from incubator.core.periods import Month
from incubator.core.recurrence import Recurrence
from incubator.pricing.operations import TariffLine, create_tariff
from incubator.spaces.models import Allocation
from incubator.spaces.operations import Taken, add_floor, add_resource, add_unit, create_site
from tests.bookings.conftest import Place
from tests.bookings.filling import at, book_for
from tests.cast import NOW, Cast
from tests.scenarios.test_access import counting

MONDAYS = Recurrence("WEEKLY", weekdays=(0,), count=4)
"""12, 19 and 26 October, 2 November 2026."""


def series(place: Place, cast: Cast, recurrence: Recurrence = MONDAYS, **more: Any) -> SeriesTerms:
    values = {"resource_id": place.room.id, "startup_id": cast.startup_a, "recurrence": recurrence,
              "first_on": date(2026, 10, 12), "start": time(10), "end": time(11, 30), "title": "例会"} | more  # fmt: skip
    return SeriesTerms(**values)


def make(session: Session, cast: Cast, place: Place, actor: Actor | None = None, **more: Any) -> BookingSeries:
    options = {key: more.pop(key) for key in ("skip_refused", "consent") if key in more}
    return book_series(session, actor or cast.founder_a, now=NOW, terms=series(place, cast, **more), **options)


def bookings(session: Session, made: BookingSeries | None = None, *, live: bool = True) -> list[Booking]:
    query = select(Booking).order_by(func.lower(Booking.period), Booking.id).execution_options(populate_existing=True)
    if made is not None:
        query = query.where(Booking.series_id == made.id)
    if live:
        query = query.where(Booking.cancelled_at.is_(None))
    return list(session.execute(query).scalars())


def starts(found: Sequence[Booking], zone: str = "Asia/Shanghai") -> list[str]:
    return [f"{each.start.astimezone(ZoneInfo(zone)):%m-%d %H:%M}" for each in found]


def check_ledger(session: Session) -> None:
    """The ledger holds for each booking that stands just its own time, and nothing else."""
    held = session.execute(
        select(Allocation.holder_id, Allocation.period).where(Allocation.voided_at.is_(None), Allocation.holder_kind == "booking")
    ).all()
    standing = sorted((each.id, each.start, each.end) for each in bookings(session))
    assert sorted((id_, period.lower, period.upper) for id_, period in held) == standing


def test_four_mondays_in_one_transaction(session: Session, cast: Cast, place: Place) -> None:
    made = make(session, cast, place, consent=Consent(4 * 7_500))
    found = bookings(session, made)
    assert starts(found) == ["10-12 10:00", "10-19 10:00", "10-26 10:00", "11-02 10:00"]
    assert {(each.price_minor, each.title, each.startup_id, each.booked_by) for each in found} == {
        (7_500, "例会", cast.startup_a, cast.founder_a.person_id)}  # fmt: skip
    assert [each.occurrence_on for each in found] == [date(2026, 10, 12), date(2026, 10, 19), date(2026, 10, 26), date(2026, 11, 2)]
    assert (made.rrule, made.start_minute, made.end_minute) == ("FREQ=WEEKLY;INTERVAL=1;BYDAY=MO;COUNT=4", 600, 690)
    check_ledger(session)
    charged = list_charged_bookings(session, place.site.id, Month(2026, 10))
    assert [each.price_minor for each in charged] == [7_500] * 3
    event = session.execute(select(AuditEvent).order_by(AuditEvent.number.desc()).limit(1)).scalar_one()
    assert (event.action, event.after["count"], event.after["price_minor"]) == ("book_series", 4, 30_000)


def test_a_series_over_the_holidays(session: Session, cast: Cast, place: Place) -> None:
    working = Recurrence("WEEKLY", weekdays=(0, 1, 2, 3, 4), until=date(2026, 10, 14), calendar="working")
    made = make(session, cast, place, recurrence=working, first_on=date(2026, 10, 5))
    assert starts(bookings(session, made)) == [f"10-{day} 10:00" for day in ("08", "09", "10", "12", "13", "14")]


def test_a_preview_says_of_each_day_what_it_costs_or_why_not(session: Session, cast: Cast, place: Place) -> None:
    book_for(session, cast.founder_b, place, at(19, 11), at(19, 12))
    add_rule(session, cast.manager, now=NOW, name="十六天", ahead_days=31)
    plan = plan_series(session, cast.founder_a, wish_of(session, cast.founder_a, series(place, cast)), now=NOW)
    kinds = [type(each.refusal).__name__ for each in plan.occurrences]
    assert kinds == ["NoneType", "Taken", "NoneType", "RuleBroken"]
    assert [each.quote.gross_minor if each.quote else None for each in plan.occurrences] == [7_500, None, 7_500, None]
    assert (plan.total_minor, len(plan.free)) == (15_000, 2)
    with pytest.raises(SeriesRefused) as refused:
        make(session, cast, place)
    assert len(refused.value.plan.refused) == 2 and len(bookings(session)) == 1
    assert session.execute(select(func.count()).select_from(BookingSeries)).scalar_one() == 0
    made = make(session, cast, place, skip_refused=True, consent=Consent(15_000))
    assert starts(bookings(session, made)) == ["10-12 10:00", "10-26 10:00"]
    check_ledger(session)


def test_the_total_must_be_the_one_that_was_seen(session: Session, cast: Cast, place: Place) -> None:
    with pytest.raises(PriceChanged):
        make(session, cast, place, consent=Consent(7_500))
    assert bookings(session) == []


def test_a_series_counts_itself_in_its_quota(session: Session, cast: Cast, place: Place) -> None:
    add_rule(session, cast.manager, now=NOW, name="每周三小时", quota_most=180, quota_measure="minutes", quota_window="week",
             quota_of="startup")  # fmt: skip
    daily = Recurrence("DAILY", until=date(2026, 10, 20))
    plan = plan_series(session, cast.founder_a, wish_of(session, cast.founder_a, series(place, cast, daily)), now=NOW)
    free = [each.on.day for each in plan.free]
    assert free == [12, 13, 19, 20]  # two of 90 minutes a week
    assert {type(each.refusal) for each in plan.refused if each.on.weekday() < 5} == {RuleBroken}


def test_a_pool_gives_each_day_whatever_desk_is_free(session: Session, cast: Cast, place: Place) -> None:
    for _ in range(2):
        book_for(session, cast.founder_b, place, at(19, 9), at(19, 18), resource_id=place.pool.id)
    book_for(session, cast.founder_b, place, at(12, 9), at(12, 18), resource_id=place.pool.id)
    made = make(session, cast, place, resource_id=place.pool.id, skip_refused=True)
    assert starts(bookings(session, made)) == ["10-12 10:00", "10-26 10:00", "11-02 10:00"]
    check_ledger(session)


def make_berlin_room(session: Session, cast: Cast) -> int:
    site = create_site(session, cast.manager, now=NOW, code="BE", name="柏林", zone="Europe/Berlin", calendar="weekdays",
                       hours=[("workday", 0, 1440), ("restday", 0, 1440)], open_from=date(2026, 1, 1))  # fmt: skip
    floor = add_floor(session, cast.manager, now=NOW, site=site, name="1F")
    unit = add_unit(session, cast.manager, now=NOW, floor=floor, code="R1", kind="room", purpose="public_service",
                    area_m2=Decimal(20), in_service_from=date(2026, 1, 1))  # fmt: skip
    room = add_resource(session, cast.manager, now=NOW, site=site, code="R1", name="R1", kind="meeting_room", units=[unit])
    create_tariff(session, cast.manager, now=NOW, site=site, name="2026", valid_from=date(2026, 1, 1),
                  items=[TariffLine("booking", "hour", Decimal(60), resource_kind="meeting_room")])  # fmt: skip
    return room.id


def test_the_meeting_stays_at_ten_when_the_clocks_go_back(session: Session, cast: Cast) -> None:
    room = make_berlin_room(session, cast)
    daily = Recurrence("DAILY", count=3)
    made = book_series(session, cast.founder_a, now=NOW, terms=SeriesTerms(
        room, cast.startup_a, daily, date(2026, 10, 24), time(10), time(11)))  # fmt: skip
    found = bookings(session, made)
    assert starts(found, "Europe/Berlin") == ["10-24 10:00", "10-25 10:00", "10-26 10:00"]
    assert [each.start.astimezone(ZoneInfo("UTC")).hour for each in found] == [8, 9, 9]
    # the night in which the clocks go back: 01:00 to 04:00 is four hours, and is charged as such
    night = book_series(session, cast.founder_a, now=NOW, terms=SeriesTerms(
        room, cast.startup_a, daily, date(2026, 10, 24), time(1), time(4)))  # fmt: skip
    assert [each.price_minor for each in bookings(session, night)] == [18_000, 24_000, 18_000]
    spring = SeriesTerms(room, None, daily, date(2027, 3, 27), time(2, 30), time(4))
    plan = plan_series(session, cast.manager, wish_of(session, cast.manager, spring), now=NOW)
    assert [each.refusal is None for each in plan.occurrences] == [True, False, True]  # 02:30 does not exist on the 28th


def test_it_is_extended_by_the_days_that_a_longer_rhythm_adds(session: Session, cast: Cast, place: Place) -> None:
    made = make(session, cast, place)
    cancel(session, cast.founder_a, now=NOW, booking_id=bookings(session, made)[-1].id)
    longer = Recurrence("WEEKLY", weekdays=(0,), count=6)
    extend_series(session, cast.founder_a, now=NOW, series_id=made.id, recurrence=longer, consent=Consent(15_000))
    # what was cancelled on its own does not come back
    assert starts(bookings(session, made)) == ["10-12 10:00", "10-19 10:00", "10-26 10:00", "11-09 10:00", "11-16 10:00"]
    assert made.rrule.endswith("COUNT=6")
    with pytest.raises(Refusal):
        extend_series(session, cast.founder_a, now=NOW, series_id=made.id, recurrence=MONDAYS)
    with pytest.raises(NotFound):
        extend_series(session, cast.founder_b, now=NOW, series_id=made.id, recurrence=longer)


def to(place: Place, hour: int, **more: Any) -> Change:
    return Change(**({"resource_id": place.room.id, "start": time(hour), "end": time(hour + 1), "title": "新名"} | more))


def test_one_of_them_is_moved_and_the_others_stay(session: Session, cast: Cast, place: Place) -> None:
    made = make(session, cast, place)
    second = bookings(session, made)[1]
    (moved,) = change(session, cast.founder_a, now=NOW, booking_id=second.id, to=to(place, 14, on=date(2026, 10, 20)),
                      consent=Consent(5_000))  # fmt: skip
    assert moved.id == second.id and moved.occurrence_on == date(2026, 10, 19) and moved.price_minor == 5_000
    assert starts(bookings(session, made)) == ["10-12 10:00", "10-20 14:00", "10-26 10:00", "11-02 10:00"]
    check_ledger(session)
    book_for(session, cast.founder_b, place, at(19, 10), at(19, 11))  # its old time is free again
    # this one and the following: the one that was moved on its own stays where it is
    first, *_ = bookings(session, made)
    change(session, cast.founder_a, now=NOW, booking_id=first.id, scope=Scope.ALL, to=to(place, 16))
    assert starts(bookings(session, made)) == ["10-12 16:00", "10-20 14:00", "10-26 16:00", "11-02 16:00"]
    check_ledger(session)


def test_this_and_the_following_become_a_series_of_their_own(session: Session, cast: Cast, place: Place) -> None:
    made = make(session, cast, place)
    third = bookings(session, made)[2]
    changed = change(session, cast.founder_a, now=NOW, booking_id=third.id, scope=Scope.FOLLOWING, to=to(place, 15),
                     consent=Consent(10_000))  # fmt: skip
    assert starts(changed) == ["10-26 15:00", "11-02 15:00"] and {each.title for each in changed} == {"新名"}
    assert starts(bookings(session, made)) == ["10-12 10:00", "10-19 10:00"]
    other = session.execute(select(BookingSeries).where(BookingSeries.id != made.id)).scalar_one()
    assert {each.series_id for each in changed} == {other.id}
    assert (made.rrule, other.rrule) == (
        "FREQ=WEEKLY;INTERVAL=1;BYDAY=MO;UNTIL=20261025", "FREQ=WEEKLY;INTERVAL=1;BYDAY=MO;UNTIL=20261102")  # fmt: skip
    assert (other.first_on, other.start_minute, other.end_minute) == (date(2026, 10, 26), 900, 960)
    check_ledger(session)
    # and may be shifted by an hour into its own old time
    change(session, cast.founder_a, now=NOW, booking_id=third.id, scope=Scope.FOLLOWING, to=to(place, 14, end=time(15, 30)))
    assert starts(bookings(session, other)) == ["10-26 14:00", "11-02 14:00"]


def test_a_change_that_meets_another_is_refused_or_leaves_that_day_as_it_is(
    session: Session, cast: Cast, place: Place
) -> None:
    made = make(session, cast, place)
    book_for(session, cast.founder_b, place, at(26, 15), at(26, 16))
    first = bookings(session, made)[0]
    with pytest.raises(SeriesRefused) as refused:
        change(session, cast.founder_a, now=NOW, booking_id=first.id, scope=Scope.ALL, to=to(place, 15))
    assert [type(each.refusal) for each in refused.value.plan.refused] == [Taken]
    assert starts(bookings(session, made)) == ["10-12 10:00", "10-19 10:00", "10-26 10:00", "11-02 10:00"]
    change(session, cast.founder_a, now=NOW, booking_id=first.id, scope=Scope.ALL, to=to(place, 15), skip_refused=True)
    assert starts(bookings(session, made)) == ["10-12 15:00", "10-19 15:00", "10-26 10:00", "11-02 15:00"]
    check_ledger(session)


def test_a_booking_of_no_series_is_moved_to_another_room(session: Session, cast: Cast, place: Place) -> None:
    booking = book_for(session, cast.founder_a, place, at(12, 10), at(12, 11))
    change(session, cast.founder_a, now=NOW, booking_id=booking.id,
           to=Change(place.half.id, time(10, 30), time(11, 30), "换厅", 12, date(2026, 10, 12)), consent=Consent(20_000))  # fmt: skip
    assert (booking.resource_id, booking.price_minor, booking.attendees) == (place.half.id, 20_000, 12)
    check_ledger(session)
    with pytest.raises(Refusal, match="seats"):
        change(session, cast.founder_a, now=NOW, booking_id=booking.id,
               to=Change(place.half.id, time(10, 30), time(11, 30), "", 41, date(2026, 10, 12)))  # fmt: skip


def test_who_may_change_what(session: Session, cast: Cast, place: Place) -> None:
    booking = book_for(session, cast.founder_a, place, at(12, 10), at(12, 11))
    with pytest.raises(NotFound):
        change(session, cast.founder_b, now=NOW, booking_id=booking.id, to=to(place, 14, on=date(2026, 10, 12)))
    with pytest.raises(Forbidden):
        change(session, cast.auditor, now=NOW, booking_id=booking.id, to=to(place, 14, on=date(2026, 10, 12)))
    with pytest.raises(Conflict):  # it has begun
        change(session, cast.founder_a, now=at(12, 10), booking_id=booking.id, to=to(place, 14, on=date(2026, 10, 12)))
    cancel(session, cast.founder_a, now=NOW, booking_id=booking.id)
    with pytest.raises(Conflict):
        change(session, cast.founder_a, now=NOW, booking_id=booking.id, to=to(place, 14, on=date(2026, 10, 12)))


def test_nobody_moves_a_booking_to_escape_the_fee(session: Session, cast: Cast, place: Place) -> None:
    add_rule(session, cast.manager, now=NOW, name="临近", fee_percent=50, fee_within_minutes=120)
    booking = book_for(session, cast.founder_a, place, at(12, 10), at(12, 11))
    with pytest.raises(Refusal, match="counts as cancelling"):
        change(session, cast.founder_a, now=at(12, 9), booking_id=booking.id, to=to(place, 14, on=date(2026, 12, 1)))
    change(session, cast.front_desk, now=at(12, 9), booking_id=booking.id, to=to(place, 14, on=date(2026, 10, 13)))
    check_ledger(session)


def test_a_change_keeps_its_buffers_and_its_own_quota(session: Session, cast: Cast, place: Place) -> None:
    add_rule(session, cast.manager, now=NOW, name="整备", buffer_after_minutes=30)
    add_rule(session, cast.manager, now=NOW, name="一次", quota_most=1, quota_measure="count", quota_window="day", quota_of="startup")
    booking = book_for(session, cast.founder_a, place, at(12, 10), at(12, 11))
    change(session, cast.founder_a, now=NOW, booking_id=booking.id, to=to(place, 11, on=date(2026, 10, 12)))
    live = select(Allocation.holder_kind).where(Allocation.voided_at.is_(None)).order_by(Allocation.period)
    assert session.execute(live).scalars().all() == ["booking", "buffer"]


def test_the_rest_of_a_series_is_cancelled_and_what_has_begun_stays(session: Session, cast: Cast, place: Place) -> None:
    made = make(session, cast, place)
    first, second, third, _fourth = bookings(session, made)
    with pytest.raises(NotFound):
        cancel_series(session, cast.founder_b, now=NOW, booking_id=third.id, scope=Scope.FOLLOWING)
    assert cancel_series(session, cast.founder_a, now=NOW, booking_id=third.id, scope=Scope.FOLLOWING, reason="搬走") == 2
    assert starts(bookings(session, made)) == ["10-12 10:00", "10-19 10:00"]
    assert cancel_series(session, cast.founder_a, now=at(12, 10, 30), booking_id=first.id, scope=Scope.ALL) == 1
    assert bookings(session, made) == [first]
    check_ledger(session)
    with pytest.raises(Conflict):
        cancel_series(session, cast.founder_a, now=at(12, 10, 30), booking_id=second.id, scope=Scope.ALL)


def test_what_was_cancelled_from_a_day_on_is_made_longer_from_there(session: Session, cast: Cast, place: Place) -> None:
    made = make(session, cast, place)
    third = bookings(session, made)[2]
    cancel_series(session, cast.founder_a, now=NOW, booking_id=third.id, scope=Scope.FOLLOWING)
    assert made.rrule == "FREQ=WEEKLY;INTERVAL=1;BYDAY=MO;UNTIL=20261025"
    extend_series(session, cast.founder_a, now=NOW, series_id=made.id,
                  recurrence=Recurrence("WEEKLY", weekdays=(0,), until=date(2026, 11, 2)))  # fmt: skip
    assert starts(bookings(session, made)) == ["10-12 10:00", "10-19 10:00", "10-26 10:00", "11-02 10:00"]
    check_ledger(session)


def test_what_is_left_out_stays_with_its_part_of_the_series(session: Session, cast: Cast, place: Place) -> None:
    """Of six Mondays two are left out; those from 2 November on become a series of their own."""
    six = Recurrence("WEEKLY", weekdays=(0,), count=6)
    made = make(session, cast, place, recurrence=six, except_on=(date(2026, 10, 19), date(2026, 11, 9)))
    assert starts(bookings(session, made)) == ["10-12 10:00", "10-26 10:00", "11-02 10:00", "11-16 10:00"]
    change(session, cast.founder_a, now=NOW, booking_id=bookings(session, made)[2].id, scope=Scope.FOLLOWING, to=to(place, 15))
    other = session.execute(select(BookingSeries).where(BookingSeries.id != made.id)).scalar_one()
    assert (made.except_on, other.except_on) == ([date(2026, 10, 19)], [date(2026, 11, 9)])
    extend_series(session, cast.founder_a, now=NOW, series_id=other.id,
                  recurrence=Recurrence("WEEKLY", weekdays=(0,), until=date(2026, 11, 23)))  # fmt: skip
    assert starts(bookings(session, other)) == ["11-02 15:00", "11-16 15:00", "11-23 15:00"]


def test_a_plan_takes_the_same_number_of_statements_for_a_year_as_for_a_day(
    session: Session, cast: Cast, place: Place
) -> None:
    counts = []
    for days in (1, 300):
        session.expire_all()
        with counting(session) as statements:
            wish = wish_of(session, cast.manager, series(place, cast, Recurrence("DAILY", count=days), startup_id=None))
            plan_series(session, cast.manager, wish, now=NOW)
        counts.append(len(statements))
    assert counts[0] == counts[1] <= 16
