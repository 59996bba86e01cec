"""Allowances as a story: what is given, used, given back, and paid; all numbers worked by hand.

Room 1 costs 50.00 an hour, the hall's half 200.00; it is 09:00 on 1 October 2026 in Shanghai.
"""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import IntegrityError, ProgrammingError
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.audit.models import AuditEvent
from incubator.bookings.allowance_lists import get_allowance_row, list_allowances, list_entries
from incubator.bookings.consent import Consent, PriceChanged
from incubator.bookings.models import Booking
from incubator.bookings.operations import (
    BookingRequest,
    Change,
    Scope,
    SeriesTerms,
    add_rule,
    book,
    book_many,
    book_series,
    cancel,
    cancel_series,
    change,
    decline,
    end_allowance,
    expire_holds,
    grant_allowance,
    settle_due,
)
from incubator.bookings.queries import get_booking_row
from incubator.core.errors import Conflict, Forbidden, NotFound, Refusal
from incubator.core.recurrence import Recurrence
from incubator.pricing.models import Allowance, AllowanceEntry
from incubator.spaces.models import Floor
from incubator.spaces.operations import add_unit
from incubator.startups.operations import UnitTerms, end_residency, sign_residency
from incubator.startups.queries import get_startup
from tests.bookings.conftest import Place
from tests.bookings.filling import SHANGHAI, at, book_for
from tests.cast import NOW, Cast


def give(session: Session, cast: Cast, minutes: int = 120, actor: Actor | None = None, **more: Any) -> Allowance:
    values: dict[str, Any] = {
        "now": NOW, "startup_id": cast.startup_a, "name": "每月两小时", "minutes": minutes, "repeats": "month",
        "valid_from": date(2026, 10, 1), "resource_kind": "meeting_room",
    } | more  # fmt: skip
    return grant_allowance(session, actor or cast.finance, **values)


def to_pay(session: Session, cast: Cast, *bookings: Booking) -> list[int]:
    check_ledger(session)
    return [get_booking_row(session, cast.founder_a, each.id).charged_minor for each in bookings]


def left(session: Session, cast: Cast, allowance: Allowance, now: datetime = NOW) -> int:
    return get_allowance_row(session, cast.founder_a, allowance.id, now=now).left_minutes


def lines(session: Session) -> list[tuple[str, int, int | None, int | None]]:
    rows = session.execute(select(AllowanceEntry).order_by(AllowanceEntry.id)).scalars()
    return [(row.kind, row.minutes, row.value_minor, row.booking_id) for row in rows]


def check_ledger(session: Session) -> None:
    """No grant has given more than it had, none is below nothing, no cancelled booking keeps any, none too much."""
    used: Counter[tuple[int, date | None]] = Counter()
    of_booking: Counter[int] = Counter()
    value: Counter[int] = Counter()
    for row in session.execute(select(AllowanceEntry)).scalars():
        if row.booking_id is not None:
            used[row.allowance_id, row.month] -= row.minutes
            of_booking[row.booking_id] -= row.minutes
            value[row.booking_id] -= row.value_minor or 0
    given = dict(session.execute(select(Allowance.id, Allowance.minutes)).all())  # type: ignore[arg-type]
    assert all(0 <= minutes <= given[key[0]] for key, minutes in used.items())
    for booking in session.execute(select(Booking)).scalars():
        length = int((booking.end - booking.start).total_seconds() // 60)
        assert 0 <= of_booking[booking.id] <= (0 if booking.cancelled_at else length)
        assert 0 <= value[booking.id] <= booking.price_minor


def test_two_hours_a_month_given_before_or_after_come_to_the_same(session: Session, cast: Cast, place: Place) -> None:
    first = book_for(session, cast.founder_a, place, at(10, 10), at(10, 11, 30))  # 75.00
    second = book_for(session, cast.founder_a, place, at(12, 10), at(12, 11))  # 50.00
    assert to_pay(session, cast, first, second) == [7_500, 5_000]
    late = give(session, cast, now=at(20, 9))  # after both of them
    # 120 minutes: 90 for the first, 30 for the second
    assert to_pay(session, cast, first, second) == [0, 2_500] and left(session, cast, late) == 0
    assert lines(session) == [("grant", 120, None, None), ("use", -90, -7_500, first.id), ("use", -30, -2_500, second.id)]


def test_a_cancelled_booking_gives_its_minutes_to_the_next_at_once(session: Session, cast: Cast, place: Place) -> None:
    allowance = give(session, cast)
    first = book_for(session, cast.founder_a, place, at(10, 10), at(10, 11, 30))
    second = book_for(session, cast.founder_a, place, at(12, 10), at(12, 11))
    third = book_for(session, cast.founder_a, place, at(13, 10), at(13, 11))
    assert to_pay(session, cast, first, second, third) == [0, 2_500, 5_000]
    cancel(session, cast.founder_a, now=NOW, booking_id=first.id)
    assert to_pay(session, cast, first, second, third) == [0, 0, 0] and left(session, cast, allowance) == 0
    assert lines(session)[3:] == [
        ("return", 90, 7_500, first.id), ("use", -30, -2_500, second.id), ("use", -60, -5_000, third.id),
    ]  # fmt: skip
    cancel(session, cast.founder_a, now=NOW, booking_id=third.id)
    assert left(session, cast, allowance) == 60


def test_what_ends_first_is_used_first_even_when_it_comes_later(session: Session, cast: Cast, place: Place) -> None:
    monthly = give(session, cast)
    booking = book_for(session, cast.founder_a, place, at(10, 10), at(10, 11, 30))
    assert (left(session, cast, monthly), to_pay(session, cast, booking)) == (30, [0])
    bonus = give(session, cast, 60, name="迟到的补偿", repeats="once", valid_until=date(2026, 10, 15))
    assert (left(session, cast, monthly), left(session, cast, bonus), to_pay(session, cast, booking)) == (90, 0, [0])
    assert lines(session)[-2:] == [("return", 60, 5_000, booking.id), ("use", -60, -5_000, booking.id)]
    after = book_for(session, cast.founder_a, place, at(20, 10), at(20, 11))  # the bonus is over by then
    assert (left(session, cast, monthly), to_pay(session, cast, after)) == (30, [0])


def test_each_month_gives_anew_and_nothing_is_carried_over(session: Session, cast: Cast, place: Place) -> None:
    allowance = give(session, cast)
    november = datetime(2026, 11, 2, 10, tzinfo=SHANGHAI)
    long = book_for(session, cast.founder_a, place, november, november + timedelta(hours=3))  # 150.00
    # October's 120 minutes are not November's: 120 of 180 are paid
    assert to_pay(session, cast, long) == [5_000]
    assert (left(session, cast, allowance), left(session, cast, allowance, november)) == (120, 0)
    # the last hour of October and the first of November, told apart by the site's clock
    night = datetime(2026, 10, 31, 15, 0, tzinfo=UTC)  # 23:00 in Shanghai
    last = book(session, cast.front_desk, now=NOW, resource_id=place.room.id, start=night, end=night + timedelta(hours=2),
                startup_id=cast.startup_a)  # fmt: skip
    assert to_pay(session, cast, last) == [0] and left(session, cast, allowance) == 0


def test_a_moved_booking_uses_the_other_month_and_stands_last_in_line(
    session: Session, cast: Cast, place: Place
) -> None:
    allowance = give(session, cast, 60)
    first = book_for(session, cast.founder_a, place, at(12, 10), at(12, 11))
    second = book_for(session, cast.founder_a, place, at(13, 10), at(13, 11))
    assert to_pay(session, cast, first, second) == [0, 5_000]
    later = NOW + timedelta(hours=1)
    to = Change(place.room.id, time(14), time(15), "", None, date(2026, 10, 14))
    change(session, cast.founder_a, now=later, booking_id=first.id, to=to, consent=Consent(5_000))
    assert to_pay(session, cast, first, second) == [5_000, 0], "who moves lets those behind go first"
    # a new title moves nothing
    renamed = Change(place.room.id, time(10), time(11), "新名", None, date(2026, 10, 13))
    change(session, cast.founder_a, now=later + timedelta(hours=1), booking_id=second.id, to=renamed, consent=Consent(0))
    assert to_pay(session, cast, first, second) == [5_000, 0]
    november = Change(place.room.id, time(14), time(15), "", None, date(2026, 11, 3))
    change(session, cast.founder_a, now=later, booking_id=second.id, to=november, consent=Consent(0))
    assert to_pay(session, cast, first, second) == [0, 0], "October's hour is free again"
    assert left(session, cast, allowance, datetime(2026, 11, 3, tzinfo=UTC)) == 0


def test_an_allowance_pays_only_for_its_kind_its_site_and_its_startup(session: Session, cast: Cast, place: Place) -> None:
    give(session, cast, 600)
    hall = book_for(session, cast.founder_a, place, at(12, 10), at(12, 11), resource_id=place.half.id)
    of_b = book_for(session, cast.founder_b, place, at(12, 10), at(12, 11))
    own = book(session, cast.front_desk, now=NOW, resource_id=place.room.id, start=at(13, 10), end=at(13, 11), startup_id=None)
    assert to_pay(session, cast, hall) == [20_000]
    assert get_booking_row(session, cast.front_desk, of_b.id).charged_minor == 5_000
    assert get_booking_row(session, cast.front_desk, own.id).charged_minor == 0
    give(session, cast, 30, name="任意", resource_kind=None, site_id=place.site.id)
    assert to_pay(session, cast, hall) == [10_000]


def test_the_price_agreed_to_is_what_is_left_to_pay_and_a_lost_hour_is_said(
    session: Session, cast: Cast, place: Place
) -> None:
    give(session, cast, 60)
    wish: dict[str, Any] = {"now": NOW, "resource_id": place.room.id, "startup_id": cast.startup_a}
    with pytest.raises(PriceChanged) as refused:  # 75.00 was not what was shown: 25.00 was
        book(session, cast.founder_a, **wish, start=at(12, 10), end=at(12, 11, 30), consent=Consent(7_500))
    assert refused.value.price.minor == 2_500
    half_paid = book(session, cast.founder_a, **wish, start=at(12, 10), end=at(12, 11, 30), consent=Consent(2_500))
    assert to_pay(session, cast, half_paid) == [2_500]
    with pytest.raises(PriceChanged) as refused:  # shown as free of charge, and gone since
        book(session, cast.founder_a, **wish, start=at(13, 10), end=at(13, 11), consent=Consent(0))
    assert refused.value.price.minor == 5_000


def test_a_series_is_paid_day_by_day_and_agreed_to_in_all(session: Session, cast: Cast, place: Place) -> None:
    allowance = give(session, cast, 150)
    weekly = Recurrence("WEEKLY", until=date(2026, 11, 9), weekdays=(0,))
    terms = SeriesTerms(place.room.id, cast.startup_a, weekly, date(2026, 10, 12), time(10), time(11))
    # 12, 19, 26 October: 60 + 60 + 30 minutes paid, 25.00 left; 2 and 9 November: both paid
    with pytest.raises(PriceChanged) as refused:
        book_series(session, cast.founder_a, now=NOW, terms=terms, consent=Consent(25_000))
    assert refused.value.price.minor == 2_500
    series = book_series(session, cast.founder_a, now=NOW, terms=terms, consent=Consent(2_500))
    made = session.execute(select(Booking).where(Booking.series_id == series.id).order_by(Booking.id)).scalars().all()
    assert to_pay(session, cast, *made) == [0, 0, 2_500, 0, 0]
    # an hour later each: the same minutes, the same to pay
    to = Change(place.room.id, time(11), time(12))
    change(session, cast.founder_a, now=NOW, booking_id=made[0].id, scope=Scope.ALL, to=to, consent=Consent(2_500))
    assert to_pay(session, cast, *made) == [0, 0, 2_500, 0, 0]
    cancel_series(session, cast.founder_a, now=NOW, booking_id=made[1].id, scope=Scope.FOLLOWING)
    assert to_pay(session, cast, *made) == [0, 0, 0, 0, 0] and left(session, cast, allowance) == 90


def test_history_is_paid_as_it_is_written(session: Session, cast: Cast, place: Place) -> None:
    allowance = give(session, cast, valid_from=date(2026, 9, 1))
    past = datetime(2026, 9, 8, 10, tzinfo=SHANGHAI)
    ids = book_many(session, cast.manager, now=NOW, requests=[
        BookingRequest(place.room.id, past + timedelta(hours=2 * n), past + timedelta(hours=2 * n + 1), cast.startup_a)
        for n in range(3)
    ])  # fmt: skip
    made = [session.get_one(Booking, (cast.operator_id, id_)) for id_ in ids]
    assert to_pay(session, cast, *made) == [0, 0, 5_000]
    assert left(session, cast, allowance) == 120, "October's are untouched"


def test_one_that_waits_for_approval_holds_its_minutes_until_it_is_let_go(
    session: Session, cast: Cast, place: Place
) -> None:
    add_rule(session, cast.manager, now=NOW, name="审批", resource_id=place.room.id, approval_hours=24)
    allowance = give(session, cast, 60)
    first = book_for(session, cast.founder_a, place, at(12, 10), at(12, 11))
    second = book_for(session, cast.founder_a, place, at(13, 10), at(13, 11))
    assert first.is_awaiting and to_pay(session, cast, first, second) == [0, 5_000]
    decline(session, cast.manager, now=NOW, booking_id=first.id, reason="有活动")
    assert to_pay(session, cast, second) == [0]
    expire_holds(session, cast.system, now=NOW + timedelta(hours=24))
    assert left(session, cast, allowance) == 60
    check_ledger(session)


def test_a_fee_is_paid_in_money_and_the_minutes_come_back(session: Session, cast: Cast, place: Place) -> None:
    add_rule(session, cast.manager, now=NOW, name="临近取消", fee_percent=50, fee_within_minutes=120)
    allowance = give(session, cast, 60)
    booking = book_for(session, cast.founder_a, place, at(12, 10), at(12, 11))
    cancel(session, cast.founder_a, now=at(12, 9), booking_id=booking.id, consent=Consent(2_500))
    assert to_pay(session, cast, booking) == [2_500] and left(session, cast, allowance) == 60


def test_an_allowance_is_ended_and_what_is_booked_for_later_pays_again(
    session: Session, cast: Cast, place: Place
) -> None:
    allowance = give(session, cast)
    past = book_for(session, cast.founder_a, place, at(12, 10), at(12, 11))
    coming = book_for(session, cast.founder_a, place, at(20, 10), at(20, 11))
    november = datetime(2026, 11, 3, 10, tzinfo=SHANGHAI)
    next_month = book_for(session, cast.founder_a, place, november, november + timedelta(hours=1))
    assert to_pay(session, cast, past, coming, next_month) == [0, 0, 0]
    end: dict[str, Any] = {"now": at(14, 9), "allowance_id": allowance.id, "reason": "协议变更"}
    with pytest.raises(Conflict) as refused:
        end_allowance(session, cast.finance, **end, ends_on=date(2026, 10, 11))
    assert refused.value.values["day"] == date(2026, 10, 12)
    end_allowance(session, cast.finance, **end, ends_on=date(2026, 10, 14))
    assert to_pay(session, cast, past, coming, next_month) == [0, 5_000, 5_000]
    assert ("withdraw", -120, None, None) in lines(session), "November's was written, and is given no more"
    with pytest.raises(Conflict, match="anyway"):
        end_allowance(session, cast.finance, **end, ends_on=date(2026, 10, 20))
    row = get_allowance_row(session, cast.founder_a, allowance.id, now=at(20, 9))
    assert (row.state, row.last_day, row.left_minutes) == ("over", date(2026, 10, 14), 0)


def test_a_mistake_is_taken_back_whole(session: Session, cast: Cast, place: Place) -> None:
    allowance = give(session, cast)
    coming = book_for(session, cast.founder_a, place, at(20, 10), at(20, 11))
    end_allowance(session, cast.finance, now=NOW, allowance_id=allowance.id, ends_on=date(2026, 9, 30), reason="给错了")
    assert to_pay(session, cast, coming) == [5_000]
    total = session.execute(select(func.sum(AllowanceEntry.minutes))).scalar_one()
    assert total == 0


def test_what_an_agreement_includes_ends_with_it(session: Session, cast: Cast, place: Place) -> None:
    startup = get_startup(session, cast.manager, cast.startup_a)
    floor_id = place.units["R1"].floor_id
    floor = session.get_one(Floor, (cast.operator_id, floor_id))
    desk = add_unit(session, cast.manager, now=NOW, floor=floor, code="D1", kind="desk", purpose="incubation",
                    area_m2=Decimal(6), in_service_from=date(2026, 1, 1))  # fmt: skip
    residency = sign_residency(session, cast.manager, now=NOW, startup=startup, site=place.site,
                               starts_on=date(2026, 10, 5), units=[UnitTerms(desk, "unit_month", Decimal(600))])  # fmt: skip
    allowance = give(session, cast, residency_id=residency.id)
    assert allowance.valid.lower == date(2026, 10, 1)
    coming = book_for(session, cast.founder_a, place, at(20, 10), at(20, 11))
    assert to_pay(session, cast, coming) == [0]
    end_residency(session, cast.manager, now=NOW, residency=residency, ends_on=date(2026, 10, 19), reason="提前退租")
    assert settle_due(session, cast.system, now=NOW) == 1
    assert to_pay(session, cast, coming) == [5_000]
    assert settle_due(session, cast.system, now=NOW) == 0, "once is enough"
    with pytest.raises(NotFound):
        give(session, cast, startup_id=cast.startup_b, residency_id=residency.id)
    with pytest.raises(Refusal, match="does not run"):
        give(session, cast, residency_id=residency.id, valid_from=date(2026, 10, 20))


def test_the_worker_writes_the_grant_of_a_new_month_once(session: Session, cast: Cast, place: Place) -> None:
    give(session, cast)
    assert settle_due(session, cast.system, now=NOW) == 0
    november = datetime(2026, 10, 31, 16, 0, tzinfo=UTC)  # 00:00 on 1 November in Shanghai
    assert settle_due(session, cast.system, now=november - timedelta(minutes=1)) == 0
    assert settle_due(session, cast.system, now=november) == 1
    assert settle_due(session, cast.system, now=november) == 0
    assert [line[:2] for line in lines(session)] == [("grant", 120), ("grant", 120)]
    event = session.execute(select(AuditEvent).where(AuditEvent.action == "settle_allowances")).scalar_one()
    assert event.after == {"count": 1}


def test_who_may_give_see_and_end(session: Session, cast: Cast, place: Place) -> None:
    for actor in (cast.owner, cast.manager, cast.finance):
        allowance = give(session, cast, actor=actor)
    for actor in (cast.front_desk, cast.auditor, cast.founder_a, cast.member_a):
        with pytest.raises(Forbidden):
            give(session, cast, actor=actor)
        with pytest.raises(Forbidden):
            end_allowance(session, actor, now=NOW, allowance_id=allowance.id, ends_on=date(2026, 10, 2), reason="x")
        assert get_allowance_row(session, actor, allowance.id, now=NOW).left_minutes == 120
    with pytest.raises(NotFound):
        get_allowance_row(session, cast.founder_b, allowance.id, now=NOW)
    with pytest.raises(Forbidden):
        get_allowance_row(session, cast.mentor, allowance.id, now=NOW)
    assert list_allowances(session, cast.founder_b, now=NOW).total == 0
    assert list_allowances(session, cast.auditor, now=NOW).total == 3
    assert list_entries(session, startup_ids=cast.founder_a.startup_ids).total == 3


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"minutes": 0}, "hours"), ({"minutes": 44_641}, "hours"), ({"name": "  "}, "name"),
        ({"repeats": "week"}, "repeats"), ({"resource_kind": "boat"}, "resource_kind"),
        ({"valid_until": date(2026, 9, 30)}, "valid_until"), ({"valid_from": date(1900, 1, 1)}, "valid_from"),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_refused_at_its_field(
    session: Session, cast: Cast, place: Place, wrong: dict[str, Any], field: str
) -> None:
    with pytest.raises(Refusal) as refused:
        give(session, cast, **wrong)
    assert refused.value.field == field
    assert lines(session) == []


@pytest.mark.parametrize(
    "row",
    [
        "'grant', -60, NULL, NULL, NULL", "'use', 60, {booking}, 1, 'CNY'", "'use', -60, NULL, NULL, NULL",
        "'use', -60, {booking}, NULL, NULL", "'use', -60, {booking}, 100, 'CNY'", "'return', 60, {booking}, -100, 'CNY'",
        "'gift', 60, NULL, NULL, NULL", "'use', 0, {booking}, 0, 'CNY'", "'grant', 120, NULL, NULL, NULL",
    ],
)  # fmt: skip
def test_the_ledger_itself_refuses_nonsense(session: Session, cast: Cast, place: Place, row: str) -> None:
    allowance = give(session, cast)
    booking = book_for(session, cast.founder_a, place, at(12, 10), at(12, 11))
    values = row.format(booking=booking.id)
    with pytest.raises(IntegrityError), session.begin_nested():
        session.execute(text(
            "INSERT INTO allowance_entries (operator_id, allowance_id, month, at, kind, minutes, booking_id, value_minor, currency)"
            f" VALUES ({cast.operator_id}, {allowance.id}, '2026-10-01', now(), {values})"
        ))  # fmt: skip


def test_the_ledger_is_never_changed_and_never_emptied(session: Session, cast: Cast, place: Place) -> None:
    give(session, cast)
    for statement in ("UPDATE allowance_entries SET minutes = 1", "DELETE FROM allowance_entries", "DELETE FROM allowances"):
        with pytest.raises(ProgrammingError), session.begin_nested():
            session.execute(text(statement))
