"""Closing what is booked: told, free of charge, with other rooms; and what is in the way besides."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from incubator.bookings.operations import add_rule, book, cancel, close_over, join_waitlist, list_affected
from incubator.bookings.queries import list_charged_bookings
from incubator.core.errors import Conflict, Forbidden
from incubator.core.periods import Month
from incubator.notices.models import Notice
from incubator.spaces.models import Allocation, Resource
from incubator.spaces.operations import Taken, add_floor, add_resource, add_unit
from tests.bookings.conftest import Place
from tests.bookings.filling import at
from tests.cast import NOW, Cast
from tests.conftest import Browser


@pytest.fixture
def second(session: Session, cast: Cast, place: Place) -> Resource:
    """Another meeting room of the site."""
    floor = add_floor(session, cast.manager, now=NOW, site=place.site, name="2F")
    unit = add_unit(session, cast.manager, now=NOW, floor=floor, code="R2", kind="room", purpose="public_service",
                    area_m2=Decimal(20), in_service_from=date(2026, 1, 1))  # fmt: skip
    return add_resource(session, cast.manager, now=NOW, site=place.site, code="R2", name="会议室二", name_en="Room 2",
                        kind="meeting_room", capacity=8, units=[unit])  # fmt: skip


def test_who_is_in_the_way_is_cancelled_free_of_charge_and_told_what_is_free_instead(
    session: Session, cast: Cast, place: Place, second: Resource
) -> None:
    add_rule(session, cast.manager, now=NOW, name="临近取消", fee_percent=100, fee_within_minutes=44_640)
    booking = book(session, cast.founder_a, now=NOW, resource_id=place.room.id, startup_id=cast.startup_a,
                   start=at(12, 10), end=at(12, 11))  # fmt: skip
    units = [place.units["R1"]]
    (seen,) = list_affected(session, cast.manager, units=units, start=at(12, 9), end=at(12, 18), now=NOW)
    assert (seen.row.booking.id, [other.code for other in seen.others]) == (booking.id, ["R2"])
    with pytest.raises(Forbidden):
        close_over(session, cast.front_desk, now=NOW, site=place.site, units=units, start=at(12, 9), end=at(12, 18),
                   reason="漏水", agreed=1)  # fmt: skip
    with pytest.raises(Conflict, match="1 bookings are in the way, not 0"):
        close_over(session, cast.manager, now=NOW, site=place.site, units=units, start=at(12, 9), end=at(12, 18),
                   reason="漏水", agreed=0)  # fmt: skip
    assert booking.cancelled_at is None
    close_over(session, cast.manager, now=NOW, site=place.site, units=units, start=at(12, 9), end=at(12, 18),
               reason="漏水", agreed=1)  # fmt: skip
    assert (booking.cancel_reason, booking.fee_minor) == ("漏水", 0)
    assert list_charged_bookings(session, place.site.id, Month(2026, 10)) == []
    (notice,) = session.execute(select(Notice).where(Notice.kind == "closure")).scalars()
    assert (notice.person_id, notice.facts) == (cast.founder_a.person_id, {"reason": "漏水", "others": [second.id]})
    with pytest.raises(Taken):
        book(session, cast.founder_b, now=NOW, resource_id=place.room.id, startup_id=cast.startup_b, start=at(12, 10),
             end=at(12, 11))  # fmt: skip


def test_what_is_running_ends_when_the_closure_begins(session: Session, cast: Cast, place: Place) -> None:
    booking = book(session, cast.founder_a, now=NOW, resource_id=place.room.id, startup_id=cast.startup_a,
                   start=at(12, 10), end=at(12, 12))  # fmt: skip
    close_over(session, cast.manager, now=at(12, 10, 30), site=place.site, units=[place.units["R1"]], start=at(12, 11),
               end=at(12, 18), reason="演习", agreed=1)  # fmt: skip
    assert (booking.cancelled_at, booking.left_at) == (None, at(12, 11))


def test_buffers_and_offers_give_way_and_who_waits_keeps_their_place(
    session: Session, cast: Cast, place: Place
) -> None:
    add_rule(session, cast.manager, now=NOW, name="保洁", buffer_after_minutes=30)
    kept = book(session, cast.founder_b, now=NOW, resource_id=place.room.id, startup_id=cast.startup_b, start=at(12, 9),
                end=at(12, 10))  # fmt: skip
    wait = join_waitlist(session, cast.founder_a, now=NOW, resource_id=place.room.id, start=at(12, 11), end=at(12, 12),
                         minutes=60, startup_id=cast.startup_a)  # fmt: skip
    assert wait.offered is not None
    close_over(session, cast.manager, now=NOW, site=place.site, units=[place.units["R1"]], start=at(12, 10),
               end=at(12, 18), reason="维修", agreed=0)  # fmt: skip
    assert (wait.offered, wait.ended_at, kept.cancelled_at) == (None, None, None)
    live = session.execute(
        select(Allocation.holder_kind).where(Allocation.unit_id == place.units["R1"].id, Allocation.voided_at.is_(None))
        .order_by(Allocation.period)
    ).scalars().all()  # fmt: skip
    assert live == ["booking", "closure"]
    cancel(session, cast.founder_b, now=NOW, booking_id=kept.id)


def test_the_page_shows_them_first(
    client: Browser, session: Session, cast: Cast, place: Place, second: Resource, clock: object
) -> None:
    booking = book(session, cast.founder_a, now=NOW, resource_id=place.room.id, startup_id=cast.startup_a,
                   start=at(12, 10), end=at(12, 11))  # fmt: skip
    form = {"units": [place.units["R1"].id], "start": "2026-10-12T09:00", "end": "2026-10-12T18:00", "reason": "漏水"}
    client.sign_in(cast.manager)
    page = client.post(f"/sites/{place.site.id}/closures/over", data=form)
    assert page.status_code == 200 and "会议室二" in page.text and booking.cancelled_at is None
    late = client.post(f"/sites/{place.site.id}/closures/over", data=form | {"do": "close", "agreed": "0"})
    assert late.status_code == 409 and "现在有 1 个预订受影响" in late.text
    done = client.post(f"/sites/{place.site.id}/closures/over", data=form | {"do": "close", "agreed": "1"})
    assert done.status_code == 303
    session.refresh(booking)
    assert booking.cancelled_at is not None
    client.sign_in(cast.front_desk)
    assert client.post(f"/sites/{place.site.id}/closures/over", data=form).status_code == 403
