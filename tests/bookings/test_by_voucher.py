"""Bookings that a voucher bears a part of; all numbers worked by hand.

Room 1 costs 50.00 an hour, the oscilloscope 100.00; the voucher has 1,000.00, bears 50 %, ends on 30 October 2026. It is
09:00 on 1 October 2026 in Shanghai.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from incubator.bookings.consent import Consent, PriceChanged, PriceUnseen
from incubator.bookings.models import Booking
from incubator.bookings.operations import (
    Change,
    add_rule,
    book,
    cancel,
    change,
    close_over,
    decline,
    end_allowance,
    expire_holds,
    grant_allowance,
    release_missed,
)
from incubator.bookings.queries import get_booking_row
from incubator.core.errors import Conflict, Forbidden, NotFound, Refusal
from incubator.pricing.operations import TariffLine, create_tariff
from incubator.startups.models import Residency
from incubator.subsidies.models import Voucher, VoucherEntry, VoucherOrder
from incubator.subsidies.operations.voucher_ledger import expire_vouchers
from incubator.subsidies.operations.voucher_orders import release_order, return_redemption
from incubator.subsidies.queries.voucher_ledger import get_used, list_orders
from incubator.subsidies.queries.voucher_sources import list_source_orders
from incubator.subsidies.rules.vouchers import Balance
from tests.bookings.conftest import Place
from tests.bookings.filling import at
from tests.cast import NOW, Cast
from tests.subsidies.vouchers.issuing import balance, make_series, make_voucher, take

YUAN = 100


@pytest.fixture
def voucher(session: Session, cast: Cast, place: Place) -> Voucher:
    """Both startups are here; A has a voucher of 1,000.00 that bears 50 % for 30 days, at most 800.00 a year."""
    for number, startup_id in enumerate((cast.startup_a, cast.startup_b)):
        session.add(Residency(number=f"V{number}", site_id=place.site.id, startup_id=startup_id, starts_on=date(2026, 10, 1)))
    session.flush()
    series = make_series(session, cast, face_minor=1_000 * YUAN, share_percent=Decimal(50), valid_days=30,
                         yearly_limit_minor=800 * YUAN, most_each=2)  # fmt: skip
    return make_voucher(session, cast, series)


def book_by(session: Session, cast: Cast, place: Place, voucher: Voucher | None, hours: int = 6, day: int = 12, **more: Any) -> Booking:
    """Founder A books Room 1 on 12 October from 9 to 15: 300.00."""
    values = {"now": NOW, "resource_id": place.room.id, "start": at(day, 9), "end": at(day, 9 + hours), "startup_id": cast.startup_a,
              "voucher_id": voucher.id if voucher else None} | more  # fmt: skip
    return book(session, values.pop("actor", cast.founder_a), **values)


def standing(session: Session, cast: Cast, voucher: Voucher, booking: Booking) -> tuple[int, int, int, int]:
    """Left of the voucher, reserved, used of the year; what the booking leaves to pay. In yuan."""
    found, used = balance(session, voucher), get_used(session, voucher.series_id, voucher.startup_id, 2026)
    row = get_booking_row(session, cast.founder_a, booking.id)
    assert row.covered_minor + row.borne_minor + row.charged_minor == booking.price_minor or booking.cancelled_at
    numbers = (found.left, found.reserved, used.used_minor if used else 0, row.charged_minor)
    assert not any(each % YUAN for each in numbers)
    return tuple(each // YUAN for each in numbers)  # type: ignore[return-value]


def test_a_voucher_bears_its_share(session: Session, cast: Cast, place: Place, voucher: Voucher) -> None:
    # 6 hours at 50.00 are 300.00; at 50 % 150.00 are reserved, 150.00 are to pay
    booking = book_by(session, cast, place, voucher, consent=Consent(150 * YUAN))
    assert standing(session, cast, voucher, booking) == (850, 150, 150, 150)
    (order,) = list_orders(session, [voucher.id])
    assert (order.order.title, order.order.use, order.order.source_id, order.provider) == ("会议室一", "services", booking.id, None)
    assert (order.order.gross_minor, order.order.covered_minor, order.state) == (30_000, 15_000, "open")


def test_the_price_that_was_seen_is_the_one_after_the_voucher(session: Session, cast: Cast, place: Place, voucher: Voucher) -> None:
    with pytest.raises(PriceChanged):
        book_by(session, cast, place, voucher, consent=Consent(300 * YUAN))
    with pytest.raises(PriceUnseen):
        book_by(session, cast, place, voucher, consent=Consent(None))
    assert balance(session, voucher) == Balance(left=1_000 * YUAN)


def test_it_bears_what_is_left(session: Session, cast: Cast, place: Place, voucher: Voucher) -> None:
    # the year's limit is 800.00: of a third booking of 900.00 (18 h of the hall's half would be more) 50 % are not left
    first = book_by(session, cast, place, voucher, hours=9, day=12, resource_id=place.half.id)
    assert standing(session, cast, voucher, first) == (200, 800, 800, 1_000)  # 1,800.00: 900.00, of which 800.00 are left of the year
    with pytest.raises(Conflict, match="year"):
        book_by(session, cast, place, voucher, day=13)
    assert session.execute(select(func.count()).select_from(Booking)).scalar_one() == 1
    cancel(session, cast.founder_a, now=NOW, booking_id=first.id)
    assert standing(session, cast, voucher, first) == (1_000, 0, 0, 0)
    assert list_source_orders(session, "booking", [first.id]) == []


def test_what_it_is_good_for(session: Session, cast: Cast, place: Place, voucher: Voucher) -> None:
    only = make_voucher(session, cast, make_series(session, cast, code="I", uses=("instruments",), share_percent=Decimal(50)))
    with pytest.raises(Refusal, match="can't be used for that"):
        book_by(session, cast, place, only)
    create_tariff(session, cast.manager, now=NOW, site=place.site, name="X", valid_from=date(2026, 10, 2),
                  items=[TariffLine("booking", "hour", Decimal(100), resource_kind="instrument"),
                         TariffLine("booking", "hour", Decimal(50), resource_kind="meeting_room")])  # fmt: skip
    booking = book_by(session, cast, place, only, hours=2, resource_id=place.unpriced.id)
    assert get_booking_row(session, cast.founder_a, booking.id).charged_minor == 100 * YUAN


def test_whose_it_is(session: Session, cast: Cast, place: Place, voucher: Voucher) -> None:
    of_b = make_voucher(session, cast, make_series(session, cast, code="B"), startup_id=cast.startup_b)
    with pytest.raises(NotFound):
        book_by(session, cast, place, of_b)
    with pytest.raises(Forbidden):  # a member books, and does not use vouchers
        book_by(session, cast, place, voucher, actor=cast.member_a)
    with pytest.raises(Forbidden):
        book_by(session, cast, place, voucher, actor=cast.front_desk)
    with pytest.raises(Refusal):
        book_by(session, cast, place, voucher, actor=cast.owner, startup_id=None)
    assert session.execute(select(func.count()).select_from(VoucherOrder)).scalar_one() == 0


def test_cancelling_gives_it_back_and_a_fee_is_not_borne(session: Session, cast: Cast, place: Place, voucher: Voucher) -> None:
    add_rule(session, cast.manager, now=NOW, name="取消费", fee_percent=50, fee_within_minutes=24 * 60)
    booking = book_by(session, cast, place, voucher)
    assert standing(session, cast, voucher, booking) == (850, 150, 150, 150)
    cancel(session, cast.founder_a, now=at(12, 8), booking_id=booking.id)
    assert booking.fee_minor == 150 * YUAN
    assert standing(session, cast, voucher, booking) == (1_000, 0, 0, 150)
    kinds = session.execute(select(VoucherEntry.kind).order_by(VoucherEntry.number)).scalars().all()
    assert kinds == ["issue", "reserve", "release"]


def test_what_needs_approval_holds_it_until_it_is_declined(session: Session, cast: Cast, place: Place, voucher: Voucher) -> None:
    add_rule(session, cast.manager, now=NOW, name="审批", approval_hours=24)
    one, two = book_by(session, cast, place, voucher), book_by(session, cast, place, voucher, day=13)
    assert balance(session, voucher).reserved == 300 * YUAN
    decline(session, cast.manager, now=NOW, booking_id=one.id, reason="已有安排")
    assert balance(session, voucher).reserved == 150 * YUAN
    assert expire_holds(session, cast.system, now=NOW + timedelta(hours=25)) == 1
    assert two.cancelled_at is not None and balance(session, voucher) == Balance(left=1_000 * YUAN)


def test_a_closure_gives_it_back(session: Session, cast: Cast, place: Place, voucher: Voucher) -> None:
    book_by(session, cast, place, voucher)
    close_over(session, cast.manager, now=NOW, site=place.site, units=[place.units["R1"]], start=at(12, 0), end=at(13, 0),
               reason="漏水", agreed=1)  # fmt: skip
    assert balance(session, voucher) == Balance(left=1_000 * YUAN)


def test_nobody_came_and_no_voucher_bears_that(session: Session, cast: Cast, place: Place, voucher: Voucher) -> None:
    add_rule(session, cast.manager, now=NOW, name="签到", check_in_minutes=15)
    booking = book_by(session, cast, place, voucher)
    assert release_missed(session, cast.system, now=at(12, 9, 20)) == 1
    assert standing(session, cast, voucher, booking) == (1_000, 0, 0, 300)


def moved(session: Session, cast: Cast, booking: Booking, place: Place, until: int, day: int = 12, **more: Any) -> None:
    values = {"now": NOW, "to": Change(place.room.id, time(9), time(until), on=date(2026, 10, day))} | more
    change(session, values.pop("actor", cast.founder_a), booking_id=booking.id, **values)


def test_another_time_bears_another_amount(session: Session, cast: Cast, place: Place, voucher: Voucher) -> None:
    booking = book_by(session, cast, place, voucher)
    moved(session, cast, booking, place, 15, day=14)  # as long: its order stands
    assert standing(session, cast, voucher, booking) == (850, 150, 150, 150)
    moved(session, cast, booking, place, 13, day=14)  # 200.00: 100.00 of it
    assert standing(session, cast, voucher, booking) == (900, 100, 100, 100)
    moved(session, cast, booking, place, 17, day=14, consent=Consent(200 * YUAN))  # 400.00: ordered anew
    assert standing(session, cast, voucher, booking) == (800, 200, 200, 200)
    assert session.execute(select(func.count()).select_from(VoucherOrder)).scalar_one() == 2
    with pytest.raises(PriceChanged):
        moved(session, cast, booking, place, 16, day=14, consent=Consent(350 * YUAN))


def test_after_its_last_day_a_booking_gets_no_longer(session: Session, cast: Cast, place: Place, voucher: Voucher) -> None:
    """Ordered in time, used in November: shorter is possible, longer is refused, and cancelled, it expires."""
    booking = book_by(session, cast, place, voucher, start=datetime(2026, 11, 9, 9, tzinfo=at(1, 1).tzinfo),
                      end=datetime(2026, 11, 9, 15, tzinfo=at(1, 1).tzinfo))  # fmt: skip
    late = datetime(2026, 11, 2, 9, tzinfo=at(1, 1).tzinfo)
    expire_vouchers(session, cast.system, now=late)
    to = Change(place.room.id, time(9), time(13), on=date(2026, 11, 9))
    change(session, cast.founder_a, now=late, booking_id=booking.id, to=to)
    assert standing(session, cast, voucher, booking) == (50, 100, 100, 100)
    longer = Change(place.room.id, time(9), time(17), on=date(2026, 11, 9))
    with pytest.raises(Conflict, match="was valid until"):
        change(session, cast.founder_a, now=late, booking_id=booking.id, to=longer)
    cancel(session, cast.founder_a, now=late, booking_id=booking.id)
    expire_vouchers(session, cast.system, now=late)
    assert balance(session, voucher) == Balance(expired=1_000 * YUAN)


def test_who_changes_what_it_bears(session: Session, cast: Cast, place: Place, voucher: Voucher) -> None:
    booking = book_by(session, cast, place, voucher)
    moved(session, cast, booking, place, 13, actor=cast.member_a)
    with pytest.raises(Forbidden, match="uses the startup's vouchers"):
        moved(session, cast, booking, place, 17, actor=cast.member_a)
    moved(session, cast, booking, place, 17, actor=cast.front_desk)
    assert standing(session, cast, voucher, booking) == (800, 200, 200, 200)


def test_allowances_pay_first(session: Session, cast: Cast, place: Place, voucher: Voucher) -> None:
    # 300.00, of which 120 minutes are 100.00: the voucher bears 100.00 of 200.00
    facts = {"now": NOW, "startup_id": cast.startup_a, "repeats": "month", "valid_from": date(2026, 10, 1), "resource_kind": "meeting_room"}
    grant_allowance(session, cast.finance, name="两小时", minutes=120, **facts)
    booking = book_by(session, cast, place, voucher, consent=Consent(100 * YUAN))
    assert standing(session, cast, voucher, booking) == (900, 100, 100, 100)
    # two more hours leave 100.00: no more than 50.00 of it, and what was kept is free again
    more = grant_allowance(session, cast.finance, name="又两小时", minutes=120, **facts)
    assert standing(session, cast, voucher, booking) == (950, 50, 50, 50)
    # they end again: what the voucher keeps does not grow by itself
    end_allowance(session, cast.finance, now=NOW, allowance_id=more.id, ends_on=date(2026, 10, 2), reason="撤销")
    assert standing(session, cast, voucher, booking) == (950, 50, 50, 150)
    # all six hours: nothing is left for it to bear
    grant_allowance(session, cast.finance, name="十小时", minutes=600, **facts)
    assert standing(session, cast, voucher, booking) == (1_000, 0, 0, 0)
    with pytest.raises(Refusal, match="needs no voucher"):
        book_by(session, cast, place, voucher, hours=1, day=13)


def test_its_order_is_the_booking_s(session: Session, cast: Cast, place: Place, voucher: Voucher) -> None:
    book_by(session, cast, place, voucher)
    (order,) = list_orders(session, [voucher.id])
    for attempt in (
        lambda: release_order(session, cast.finance, now=NOW, order_id=order.order.id, reason="x"),
        lambda: take(session, cast, order.order.id, 30_000, now=at(13, 9)),
        lambda: return_redemption(session, cast.finance, now=NOW, order_id=order.order.id, entry_id=1, amount_minor=1, reason="x"),
    ):
        with pytest.raises(Conflict):
            attempt()
