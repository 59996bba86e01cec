"""Booking rules in the database: made, asked, kept; quotas, buffers, approval and fees."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from incubator.audit.models import AuditEvent
from incubator.billing.drafts import draft_month
from incubator.billing.waiting import list_waiting
from incubator.bookings.consent import Consent, FeeUnseen
from incubator.bookings.models import Booking, BookingRule
from incubator.bookings.operations import (
    add_rule,
    approve,
    book,
    cancel,
    cancellation_fee,
    decline,
    edit_rule,
    expire_holds,
    retire_rule,
)
from incubator.bookings.queries import get_booking_row
from incubator.bookings.rules import State
from incubator.bookings.suggesting import suggest
from incubator.bookings.terms import RuleBroken, Terms
from incubator.bookings.timeline import see_day
from incubator.core.errors import Conflict, Forbidden, NotFound, Refusal
from incubator.core.periods import Month
from incubator.database import as_operator
from incubator.reports.queries import measure_occupancy
from incubator.spaces.models import Allocation
from incubator.spaces.operations import Taken
from incubator.spaces.operations.resources import edit_resource
from tests.bookings.conftest import Place
from tests.bookings.filling import at, book_for
from tests.cast import NOW, Cast


def rule(session: Session, cast: Cast, name: str = "规则", **asked: Any) -> BookingRule:
    return add_rule(session, cast.manager, now=NOW, name=name, **asked)


def held(session: Session, booking: Booking, *, live: bool = True) -> list[tuple[str, datetime, datetime]]:
    rows = session.execute(
        select(Allocation).where(
            Allocation.holder_id == booking.id, Allocation.holder_kind.in_(["booking", "buffer"]),
            Allocation.voided_at.is_(None) if live else Allocation.voided_at.is_not(None),
        ).order_by(Allocation.period)
    ).scalars()  # fmt: skip
    return [(row.holder_kind, row.period.lower, row.period.upper) for row in rows]  # type: ignore[misc]


# making them


def test_a_rule_is_made_changed_and_retired_and_the_trail_tells(session: Session, cast: Cast, place: Place) -> None:
    made = rule(session, cast, "两小时", name_en="Two hours", longest_minutes=120, resource_kind="meeting_room")
    edit_rule(session, cast.manager, now=NOW, rule_id=made.id, name="两小时", longest_minutes=90)
    edit_rule(session, cast.manager, now=NOW, rule_id=made.id, name="两小时", longest_minutes=90)  # nothing new
    retire_rule(session, cast.manager, now=NOW, rule_id=made.id)
    with pytest.raises(NotFound):
        edit_rule(session, cast.manager, now=NOW, rule_id=made.id, name="x", longest_minutes=5)
    events = session.execute(
        select(AuditEvent.action, AuditEvent.before, AuditEvent.after)
        .where(AuditEvent.subject_kind == "booking_rules").order_by(AuditEvent.number)
    ).all()  # fmt: skip
    assert [event.action for event in events] == ["add_booking_rule", "edit_booking_rule", "retire_booking_rule"]
    assert (events[1].before["longest_minutes"], events[1].after["longest_minutes"]) == (120, 90)
    rule(session, cast, "两小时", longest_minutes=60)  # the name is free again
    book_for(session, cast.founder_a, place, at(12, 10), at(12, 11))


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({}, "name"), ({"longest_minutes": 4}, "longest_minutes"), ({"ahead_days": 0}, "ahead_days"),
        ({"shortest_minutes": 60, "longest_minutes": 30}, "shortest_minutes"),
        ({"notice_minutes": 2881, "ahead_days": 2}, "notice_minutes"), ({"fee_percent": 50}, "fee_within_minutes"),
        ({"fee_within_minutes": 60}, "fee_percent"), ({"fee_percent": 101, "fee_within_minutes": 5}, "fee_percent"),
        ({"roles": ["king"]}, "roles"), ({"quota_most": 3}, "quota_most"),
        ({"quota_most": 3, "quota_measure": "minutes", "quota_window": "at_once", "quota_of": "person"}, "quota_measure"),
        ({"granularity_minutes": 15, "resource_kind": "boat"}, "resource_kind"), ({"approval_hours": 721}, "approval_hours"),
        ({"quota_measure": "count", "quota_window": "day", "quota_of": "person"}, "name"),
    ],
)  # fmt: skip
def test_what_a_rule_can_t_ask(session: Session, cast: Cast, asked: dict[str, Any], field: str) -> None:
    with pytest.raises(Refusal) as refused:
        rule(session, cast, **asked)
    assert refused.value.field == field


def test_a_rule_that_would_hold_nowhere_or_has_another_s_name(session: Session, cast: Cast, place: Place) -> None:
    with pytest.raises(Refusal) as refused:
        rule(session, cast, longest_minutes=60, resource_id=place.room.id, resource_kind="desk")
    assert refused.value.field == "resource_id"
    rule(session, cast, "一", longest_minutes=60)
    with pytest.raises(Conflict):
        rule(session, cast, "一", longest_minutes=90)
    with pytest.raises(NotFound):
        rule(session, cast, "二", longest_minutes=60, site_id=2**40)
    for actor in (cast.founder_a, cast.front_desk, cast.auditor, cast.finance):
        with pytest.raises(Forbidden):
            add_rule(session, actor, now=NOW, name="三", longest_minutes=60)


@pytest.mark.parametrize("values", [
    {"longest_minutes": 4}, {"quota_most": 3}, {"fee_percent": 5}, {"roles": []}, {"resource_kind": "boat"},
    {"quota_most": 1, "quota_measure": "minutes", "quota_window": "at_once", "quota_of": "person"},
])  # fmt: skip
def test_the_table_itself_refuses_them(session: Session, cast: Cast, values: dict[str, Any]) -> None:
    session.add(BookingRule(name="x", **values))
    with pytest.raises(IntegrityError):
        session.flush()


# asking them


def test_a_refusal_names_the_rule_and_its_value_and_what_passes_is_offered(
    session: Session, cast: Cast, place: Place
) -> None:
    limit = rule(session, cast, "会议室两小时", longest_minutes=120, resource_kind="meeting_room")
    with pytest.raises(RuleBroken) as refused:
        book_for(session, cast.founder_a, place, at(12, 10), at(12, 13))
    assert (refused.value.rule.id, refused.value.field) == (limit.id, "end")
    found = suggest(session, cast.founder_a, place.room, at(12, 10), at(12, 13), attendees=None,
                    startup_id=cast.startup_a, now=NOW)  # fmt: skip
    assert [(slot.start, slot.end) for slot in found.slots] == [
        (at(12, 10), at(12, 12)), (at(12, 12), at(12, 14)), (at(12, 14), at(12, 16))]  # fmt: skip
    book_for(session, cast.front_desk, place, at(12, 10), at(12, 13), startup_id=cast.startup_a)  # staff answer for it


def test_a_rule_holds_by_tag(session: Session, cast: Cast, place: Place) -> None:
    room, unit = place.room, place.units["R1"]
    edit_resource(session, cast.manager, now=NOW, resource=room, code=room.code, name=room.name, name_en=room.name_en,
                  kind=room.kind, units=[unit], takes="all", capacity=8, granularity_minutes=15, tags=[" 投影 ", "投影"])  # fmt: skip
    assert room.tags == ["投影"]
    rule(session, cast, longest_minutes=60, tag="投影")
    with pytest.raises(RuleBroken):
        book_for(session, cast.founder_a, place, at(12, 10), at(12, 12))
    book_for(session, cast.founder_a, place, at(12, 10), at(12, 12), resource_id=place.half.id)


def test_a_booking_keeps_the_rules_it_was_made_under(session: Session, cast: Cast, place: Place) -> None:
    made = rule(session, cast, longest_minutes=120, fee_percent=50, fee_within_minutes=60)
    booking = book_for(session, cast.founder_a, place, at(12, 10), at(12, 11, 30))
    edit_rule(session, cast.manager, now=NOW, rule_id=made.id, name="别的", fee_percent=100, fee_within_minutes=600)
    assert [each.name for each in Terms.from_data(booking.terms).rules] == ["规则"]
    assert cancellation_fee(booking, at(12, 9, 30))[0] == 3_750


def test_a_quota_counts_what_the_startup_has_booked_and_offers_the_next_day(
    session: Session, cast: Cast, place: Place
) -> None:
    rule(session, cast, "每日两小时", quota_most=120, quota_measure="minutes", quota_window="day", quota_of="startup",
         resource_kind="meeting_room")  # fmt: skip
    book_for(session, cast.founder_a, place, at(12, 9), at(12, 10, 30))
    book_for(session, cast.member_a, place, at(12, 16), at(12, 17), resource_id=place.half.id)  # a hall does not count
    with pytest.raises(RuleBroken) as refused:
        book_for(session, cast.member_a, place, at(12, 14), at(12, 15))
    assert refused.value.field == "on"
    found = suggest(session, cast.member_a, place.room, at(12, 14), at(12, 15), attendees=None,
                    startup_id=cast.startup_a, now=NOW)  # fmt: skip
    assert [slot.start for slot in found.slots] == [at(13, 9), at(13, 10), at(13, 11)]
    book_for(session, cast.member_a, place, at(12, 14), at(12, 14, 30))  # the last half hour fits
    book_for(session, cast.founder_b, place, at(12, 15), at(12, 16))  # another startup has its own
    book_for(session, cast.front_desk, place, at(13, 9), at(13, 12), startup_id=cast.startup_a)  # staff may, and it counts
    with pytest.raises(RuleBroken):
        book_for(session, cast.founder_a, place, at(13, 14), at(13, 14, 30))


def test_a_cancelled_booking_does_not_count(session: Session, cast: Cast, place: Place) -> None:
    rule(session, cast, quota_most=1, quota_measure="count", quota_window="week", quota_of="person")
    first = book_for(session, cast.founder_a, place, at(12, 9), at(12, 10))
    book_for(session, cast.member_a, place, at(12, 11), at(12, 12))  # another person
    with pytest.raises(RuleBroken):
        book_for(session, cast.founder_a, place, at(16, 9), at(16, 10))
    cancel(session, cast.founder_a, now=NOW, booking_id=first.id)
    book_for(session, cast.founder_a, place, at(16, 9), at(16, 10))


# buffers


def test_a_buffer_keeps_others_away_and_is_nobody_s_use(session: Session, cast: Cast, place: Place) -> None:
    rule(session, cast, buffer_before_minutes=15, buffer_after_minutes=30, resource_id=place.room.id)
    booking = book_for(session, cast.founder_a, place, at(12, 10), at(12, 11))
    assert held(session, booking) == [
        ("buffer", at(12, 9, 45), at(12, 10)), ("booking", at(12, 10), at(12, 11)), ("buffer", at(12, 11), at(12, 11, 30))]  # fmt: skip
    for start, end in ((at(12, 11), at(12, 12)), (at(12, 11, 30), at(12, 12)), (at(12, 9), at(12, 9, 30))):
        with pytest.raises(Taken):  # behind it 30 + 15 minutes are needed, before it 30 + 15 as well
            book_for(session, cast.front_desk, place, start, end, startup_id=cast.startup_b)
    book_for(session, cast.founder_b, place, at(12, 11, 45), at(12, 12))
    (row,) = [row for row in see_day(session, cast.founder_b, place.site, at(12, 0).date(), NOW).rows
              if row.resource.id == place.room.id]  # fmt: skip
    assert [(each.start, each.end) for each in row.free] == [(at(12, 9), at(12, 9, 15)), (at(12, 12, 45), at(12, 18))]
    assert [each.kind for each in row.stretches] == ["taken", "own"]
    content = measure_occupancy(session, cast.finance, place.site.id, Month(2026, 10)).content
    rows = [row for row in content["rows"] if row["unit"] == place.units["R1"].id]
    assert sum(row["counted"] for row in rows) == 75  # an hour and a quarter, and nothing of what is kept free
    assert [row["holder_kind"] for row in rows] == ["booking", "booking"]


def test_a_buffer_follows_what_is_ended_early_and_goes_with_what_is_cancelled(
    session: Session, cast: Cast, place: Place
) -> None:
    rule(session, cast, buffer_after_minutes=30)
    booking = book_for(session, cast.founder_a, place, at(12, 10), at(12, 12))
    cancel(session, cast.front_desk, now=at(12, 11), booking_id=booking.id)
    assert held(session, booking) == [("booking", at(12, 10), at(12, 11)), ("buffer", at(12, 11), at(12, 11, 30))]
    with pytest.raises(Taken):
        book_for(session, cast.front_desk, place, at(12, 11, 15), at(12, 12), startup_id=cast.startup_b)
    other = book_for(session, cast.founder_b, place, at(13, 10), at(13, 12))
    cancel(session, cast.founder_b, now=NOW, booking_id=other.id)
    assert held(session, other) == [] and len(held(session, other, live=False)) == 2


def test_a_pool_s_desks_have_buffers_of_their_own(session: Session, cast: Cast, place: Place) -> None:
    rule(session, cast, buffer_after_minutes=30, resource_id=place.pool.id)
    for _ in range(2):
        book_for(session, cast.founder_a, place, at(12, 10), at(12, 11), resource_id=place.pool.id)
    with pytest.raises(Taken):
        book_for(session, cast.founder_b, place, at(12, 11), at(12, 12), resource_id=place.pool.id)
    book_for(session, cast.founder_b, place, at(12, 11, 30), at(12, 12), resource_id=place.pool.id)


# approval


def test_what_needs_approval_holds_its_time_and_is_charged_only_once_approved(
    session: Session, cast: Cast, place: Place
) -> None:
    rule(session, cast, approval_hours=24, resource_kind="hall")
    wish = book_for(session, cast.founder_a, place, at(12, 10), at(12, 11), resource_id=place.half.id)
    assert wish.awaiting_until == NOW + timedelta(hours=24)
    assert get_booking_row(session, cast.founder_a, wish.id).state(NOW) is State.AWAITING
    with pytest.raises(Taken):
        book_for(session, cast.founder_b, place, at(12, 10), at(12, 11), resource_id=place.half.id)
    assert draft_month(session, cast.finance, place.site.id, Month(2026, 10)).gross_minor == 0
    assert list_waiting(session, cast.finance, Month(2026, 10), Month(2026, 10)) == {}
    with pytest.raises(Forbidden):
        approve(session, cast.founder_a, now=NOW, booking_id=wish.id)
    approve(session, cast.front_desk, now=NOW, booking_id=wish.id)
    assert get_booking_row(session, cast.founder_a, wish.id).state(NOW) is State.CONFIRMED
    assert draft_month(session, cast.finance, place.site.id, Month(2026, 10)).gross_minor == 20_000
    with pytest.raises(Conflict):
        approve(session, cast.front_desk, now=NOW, booking_id=wish.id)
    by_staff = book_for(session, cast.front_desk, place, at(13, 10), at(13, 11), resource_id=place.half.id,
                        startup_id=cast.startup_a)  # fmt: skip
    assert not by_staff.is_awaiting


def test_what_is_declined_or_not_approved_in_time_is_free_again(session: Session, cast: Cast, place: Place) -> None:
    rule(session, cast, approval_hours=24, fee_percent=100, fee_within_minutes=44_640)
    first, second, third = (
        book_for(session, cast.founder_a, place, at(day, 10), at(day, 11)) for day in (12, 13, 14)
    )
    with pytest.raises(Refusal) as refused:
        decline(session, cast.manager, now=NOW, booking_id=first.id, reason="  ")
    assert refused.value.field == "reason"
    decline(session, cast.manager, now=NOW, booking_id=first.id, reason="当天有活动")
    cancel(session, cast.founder_a, now=NOW, booking_id=second.id)  # who waits may go, at no cost
    assert expire_holds(session, cast.system, now=NOW + timedelta(hours=23)) == 0
    with pytest.raises(Conflict):
        approve(session, cast.manager, now=NOW + timedelta(hours=24), booking_id=third.id)
    assert expire_holds(session, cast.system, now=NOW + timedelta(hours=24)) == 1
    assert expire_holds(session, cast.system, now=NOW + timedelta(hours=24)) == 0
    for booking in (first, second, third):
        session.refresh(booking)
        assert held(session, booking) == [] and booking.fee_minor == 0
    assert (first.cancel_reason, third.cancel_reason) == ("当天有活动", "not approved in time")
    assert draft_month(session, cast.finance, place.site.id, Month(2026, 10)).invoices == []


def test_a_hold_never_outlasts_the_start(session: Session, cast: Cast, place: Place) -> None:
    rule(session, cast, approval_hours=720)
    assert book_for(session, cast.founder_a, place, at(12, 10), at(12, 11)).awaiting_until == at(12, 10)


# what cancelling costs


def test_a_late_cancellation_is_charged_by_the_rule_and_explained(session: Session, cast: Cast, place: Place) -> None:
    rule(session, cast, "临近取消", name_en="Late cancelling", fee_percent=50, fee_within_minutes=120)
    booking = book_for(session, cast.founder_a, place, at(12, 10), at(12, 11, 30))  # 75.00
    early = book_for(session, cast.founder_a, place, at(12, 14), at(12, 15))
    for seen in (None, Consent(None), Consent(0), Consent(7_500)):
        with pytest.raises(FeeUnseen):
            cancel(session, cast.founder_a, now=at(12, 9), booking_id=booking.id, consent=seen or Consent(None))
    cancel(session, cast.founder_a, now=at(12, 9), booking_id=booking.id, consent=Consent(3_750))
    cancel(session, cast.founder_a, now=at(12, 9), booking_id=early.id, consent=Consent(0))
    assert (booking.fee_minor, early.fee_minor) == (3_750, 0)
    (invoice,) = draft_month(session, cast.finance, place.site.id, Month(2026, 10)).invoices
    (line,) = invoice.lines
    charge = line.charge
    assert (charge.gross_minor, charge.source_id) == (3_750, booking.id)
    waiting = list_waiting(session, cast.finance, Month(2026, 10), Month(2026, 10))
    assert [each.gross_minor for each in waiting.values()] == [3_750]
    assert charge.derivation["fee"] == {"percent": 50, "of_minor": 7_500, "within_minutes": 120, "rule": "临近取消",
                                        "rule_en": "Late cancelling"}  # fmt: skip


def test_staff_waive_the_fee_or_charge_it(session: Session, cast: Cast, place: Place) -> None:
    rule(session, cast, fee_percent=100, fee_within_minutes=120)
    first, second, own = (
        book_for(session, cast.front_desk, place, at(12, hour), at(12, hour + 1), startup_id=startup)
        for hour, startup in ((10, cast.startup_a), (11, cast.startup_a), (12, None))
    )
    cancel(session, cast.front_desk, now=at(12, 9, 30), booking_id=first.id)
    cancel(session, cast.front_desk, now=at(12, 9, 30), booking_id=second.id, charge_fee=True)
    cancel(session, cast.front_desk, now=at(12, 10, 30), booking_id=own.id, charge_fee=True)
    assert [each.fee_minor for each in (first, second, own)] == [0, 5_000, 0]


def test_a_founder_can_t_waive_it(session: Session, cast: Cast, place: Place) -> None:
    rule(session, cast, fee_percent=100, fee_within_minutes=120)
    booking = book_for(session, cast.founder_a, place, at(12, 10), at(12, 11))
    cancel(session, cast.founder_a, now=at(12, 9), booking_id=booking.id, charge_fee=False)
    assert booking.fee_minor == 5_000


def test_another_operator_s_rules_hold_for_nobody_here(session: Session, cast: Cast, place: Place) -> None:
    with as_operator(session, cast.other_operator_id):
        add_rule(session, cast.other_owner, now=NOW, name="别家", longest_minutes=5)
    book(session, cast.founder_a, now=NOW, resource_id=place.room.id, start=at(12, 10), end=at(12, 12),
         startup_id=cast.startup_a)  # fmt: skip
