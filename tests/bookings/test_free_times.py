"""What is shown as free and what is suggested, against `book` itself."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.bookings.availability import survey
from incubator.bookings.operations import add_rule, book
from incubator.bookings.suggesting import suggest
from incubator.bookings.timeline import see_day
from incubator.core.errors import Refusal
from incubator.core.periods import Interval, local_instant
from incubator.pricing.operations import TariffLine, create_tariff
from incubator.spaces.models import Resource, Site, Unit
from incubator.spaces.operations import (
    add_floor,
    add_resource,
    add_unit,
    create_site,
    set_resource_day,
    set_resource_hours,
)
from incubator.spaces.operations.closures import close_units
from tests.bookings.conftest import Place
from tests.bookings.test_availability import AUTUMN, BERLIN, MINUTE, MONDAY, SHANGHAI, WORKED_SATURDAY, minutes
from tests.cast import NOW, Cast
from tests.effort import examples


def make_berlin(session: Session, actor: Actor) -> tuple[Site, dict[str, Unit], dict[str, Resource]]:
    """Open all night on rest days, by steps of 45 minutes: where the site's midnight and UTC's differ, it shows."""
    site = create_site(session, actor, now=NOW, code="BE", name="柏林", zone="Europe/Berlin", calendar="weekdays",
                       hours=[("workday", 540, 1080), ("restday", 0, 1440)], open_from=date(2026, 1, 1))  # fmt: skip
    floor = add_floor(session, actor, now=NOW, site=site, name="1F")
    units = {
        code: add_unit(session, actor, now=NOW, floor=floor, code=code, kind="room", purpose="public_service",
                       area_m2=Decimal(20), in_service_from=date(2026, 1, 1))
        for code in ("A", "B", "C")
    }  # fmt: skip
    resources = {
        code: add_resource(session, actor, now=NOW, site=site, code=code, name=code, kind="meeting_room",
                           units=[units[each] for each in of], takes=takes, granularity_minutes=45)
        for code, of, takes in (("A", "A", "all"), ("AB", "AB", "all"), ("ANY", "BC", "any"))
    }  # fmt: skip
    create_tariff(session, actor, now=NOW, site=site, name="2026", valid_from=date(2026, 1, 1),
                  items=[TariffLine("booking", "hour", Decimal(50), resource_kind="meeting_room")])  # fmt: skip
    return site, units, resources


closures = st.lists(st.tuples(st.sampled_from("ABC"), minutes), max_size=5)
few = st.one_of(st.none(), st.sampled_from([5, 15, 45, 90, 120]))
rules = st.lists(
    st.fixed_dictionaries({
        "resource": st.sampled_from([None, "A", "AB", "ANY"]), "buffer_before_minutes": few, "buffer_after_minutes": few,
        "granularity_minutes": few, "shortest_minutes": few, "notice_minutes": st.one_of(st.none(), st.integers(0, 900)),
        "longest_minutes": st.one_of(st.none(), st.sampled_from([120, 180, 1440])), "ahead_days": st.sampled_from([None, 1, 2]),
        "quota_most": st.one_of(st.none(), st.integers(30, 300)),
    }),
    max_size=3,
)  # fmt: skip


own_hours = st.lists(st.tuples(st.sampled_from(["A", "AB", "ANY"]), st.one_of(st.none(), minutes), st.booleans()), max_size=3)
"""Of a resource: every day, or on the day itself; None: it is not open then."""


@given(
    closures=closures, start=st.integers(0, 31), steps=st.integers(1, 4), resource=st.sampled_from(["A", "AB", "ANY"]),
    rules=rules, own=own_hours,
)  # fmt: skip
@settings(max_examples=examples(10), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_all_that_is_shown_and_suggested_can_be_booked(
    session: Session, cast: Cast, closures: Sequence[tuple[str, tuple[int, int]]], start: int, steps: int, resource: str,
    rules: Sequence[dict[str, object]], own: Sequence[tuple[str, tuple[int, int] | None, bool]],
) -> None:  # fmt: skip
    now = datetime(2026, 10, 24, 20, tzinfo=UTC)
    with rolled_back(session):
        site, units, resources = make_berlin(session, cast.manager)
        midnight = local_instant(AUTUMN, 0, BERLIN)
        for code, (opens, closes) in closures:
            with suppress(Refusal):  # those that overlap
                close_units(session, cast.manager, now=NOW, site=site, units=[units[code]], reason="维修",
                            start=midnight + MINUTE * opens, end=midnight + MINUTE * closes)  # fmt: skip
        for code, span, exceptional in own:
            opens, closes = span or (None, None)
            if exceptional:
                set_resource_day(session, cast.manager, now=NOW, resource=resources[code], on=AUTUMN, opens=opens, closes=closes)
            elif span:
                hours = [("restday", *span), ("workday", *span)]
                set_resource_hours(session, cast.manager, now=NOW, resource=resources[code], hours=hours, from_on=date(2026, 1, 1))
        wanted, limited = resources[resource], False
        for number, rule in enumerate(rules):
            of = rule["resource"]
            where = {"resource_id": resources[str(of)].id if of else None}
            whole = {"quota_measure": "minutes", "quota_window": "day", "quota_of": "startup"}
            with suppress(Refusal):  # it asks for nothing
                add_rule(session, cast.manager, now=NOW, name=f"r{number}", **rule | where | whole)  # type: ignore[arg-type]
                limited |= rule["quota_most"] is not None
        for row in see_day(session, cast.founder_a, site, AUTUMN, now).rows:
            for free in row.free if not limited else ():  # the timeline does not count quotas; suggestions do
                try_to_book(session, cast, row.resource, free.proposed, now)
        begin = midnight + 45 * MINUTE * start
        found = suggest(session, cast.founder_a, wanted, begin, begin + 45 * MINUTE * steps, attendees=None,
                        startup_id=cast.startup_a, now=now)  # fmt: skip
        for slot in found.slots:
            assert slot.start >= begin
            try_to_book(session, cast, wanted, slot, now)
        for other in found.others:
            try_to_book(session, cast, other, found.wanted, now)


class rolled_back:
    """A savepoint that is always undone, so that one example leaves nothing to the next."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def __enter__(self) -> None:
        self.savepoint = self.session.begin_nested()

    def __exit__(self, *_: object) -> None:
        self.savepoint.rollback()


def try_to_book(session: Session, cast: Cast, resource: Resource, slot: Interval, now: datetime) -> None:
    with rolled_back(session):
        book(session, cast.founder_a, now=now, resource_id=resource.id, start=slot.start, end=slot.end,
             startup_id=cast.startup_a)  # fmt: skip


def local_hours(place: Place, free: Sequence[object]) -> list[str]:
    zone = ZoneInfo(place.site.zone)
    return [f"{each.start.astimezone(zone):%H:%M}-{each.end.astimezone(zone):%H:%M}" for each in free]  # type: ignore[attr-defined]


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 10, day, hour, minute, tzinfo=SHANGHAI)


def free_of(session: Session, actor: Actor, place: Place, on: date, now: datetime = NOW) -> dict[str, list[str]]:
    day = see_day(session, actor, place.site, on, now)
    return {row.resource.code: local_hours(place, row.free) for row in day.rows}


def test_a_holiday_is_closed_and_the_saturday_worked_instead_is_open(
    session: Session, cast: Cast, place: Place
) -> None:
    assert free_of(session, cast.founder_a, place, date(2026, 10, 2))["R1"] == []
    assert free_of(session, cast.founder_a, place, WORKED_SATURDAY)["R1"] == ["09:00-18:00"]


def test_what_has_passed_or_lies_far_ahead_is_free_to_staff_only(session: Session, cast: Cast, place: Place) -> None:
    later = at(12, 14, 7)
    assert free_of(session, cast.founder_a, place, MONDAY, later)["R1"] == ["14:15-18:00"]
    assert free_of(session, cast.front_desk, place, MONDAY, later)["R1"] == ["09:00-18:00"]
    far = date(2027, 3, 2)
    assert free_of(session, cast.founder_a, place, far)["R1"] == []
    assert free_of(session, cast.front_desk, place, far)["R1"] == ["09:00-18:00"]


def test_a_pool_is_free_while_any_desk_is_and_proposes_what_one_desk_has(
    session: Session, cast: Cast, place: Place
) -> None:
    for code, start, end in (("P1", at(12, 9, 30), at(12, 18)), ("P2", at(12, 9), at(12, 9, 30))):
        close_units(session, cast.manager, now=NOW, site=place.site, units=[place.units[code]], start=start, end=end,
                    reason="维修")  # fmt: skip
    day = see_day(session, cast.founder_a, place.site, MONDAY, NOW)
    (free,) = next(row for row in day.rows if row.resource.id == place.pool.id).free
    assert local_hours(place, [free, free.proposed]) == ["09:00-18:00", "09:00-09:30"]


def test_a_unit_that_is_not_in_service_is_not_free(session: Session, cast: Cast, place: Place) -> None:
    unit = place.units["R1"]
    unit.in_service = type(unit.in_service)(date(2026, 1, 1), MONDAY)  # until the 11th
    session.flush()
    assert free_of(session, cast.founder_a, place, WORKED_SATURDAY)["R1"] == ["09:00-18:00"]
    assert free_of(session, cast.founder_a, place, MONDAY)["R1"] == []
    book(session, cast.founder_a, now=NOW, resource_id=place.room.id, startup_id=cast.startup_a, start=at(10, 9),
         end=at(10, 10))  # fmt: skip
    seen = survey(session, cast.founder_a, place.site, WORKED_SATURDAY, MONDAY)
    (line,) = [line for line in seen.lines if line.resource.id == place.room.id]
    assert line.lanes == [[Interval(at(10, 0), at(10, 9)), Interval(at(10, 10), at(12, 0))]]


def suggestion(
    session: Session, cast: Cast, place: Place, resource: Resource, start: datetime, end: datetime, **more: object
) -> tuple[list[str], list[str]]:
    values = {"attendees": None, "startup_id": cast.startup_a, "now": NOW} | more
    found = suggest(session, cast.founder_a, resource, start, end, **values)  # type: ignore[arg-type]
    return local_hours(place, found.slots), [other.code for other in found.others]


def test_the_next_times_go_on_after_the_night(session: Session, cast: Cast, place: Place) -> None:
    book(session, cast.founder_b, now=NOW, resource_id=place.room.id, startup_id=cast.startup_b, start=at(12, 16),
         end=at(12, 17))  # fmt: skip
    slots, _ = suggestion(session, cast, place, place.room, at(12, 16), at(12, 17))
    assert slots == ["17:00-18:00", "09:00-10:00", "10:00-11:00"]


def test_others_are_suggested_only_where_they_seat_enough_and_have_a_price(
    session: Session, cast: Cast, place: Place
) -> None:
    book(session, cast.founder_b, now=NOW, resource_id=place.half.id, startup_id=cast.startup_b, start=at(12, 10),
         end=at(12, 11))  # fmt: skip
    west = add_resource(session, cast.manager, now=NOW, site=place.site, code="HB", name="路演厅西", kind="hall",
                        units=[place.units["HB"]], capacity=40)  # fmt: skip
    scope = add_resource(session, cast.manager, now=NOW, site=place.site, code="X2", name="示波器二", kind="instrument",
                         units=[place.units["HB"]])  # fmt: skip
    assert suggestion(session, cast, place, place.half, at(12, 10), at(12, 11))[1] == [west.code]
    assert suggestion(session, cast, place, place.half, at(12, 10), at(12, 11), attendees=41)[1] == []
    assert suggestion(session, cast, place, place.unpriced, at(12, 10), at(12, 11)) == ([], [])
    assert suggestion(session, cast, place, place.unpriced, at(12, 10), at(12, 11), startup_id=None)[1] == [scope.code]


def test_one_past_closing_finds_another_past_closing(session: Session, cast: Cast, place: Place) -> None:
    # 17:00-19:00 may be booked at a site that closes at 18:00: so it may be booked elsewhere, too
    add_resource(session, cast.manager, now=NOW, site=place.site, code="R2", name="会议室二", kind="meeting_room",
                 units=[place.units["HB"]])  # fmt: skip
    assert suggestion(session, cast, place, place.room, at(12, 17), at(12, 19))[1] == ["R2"]


def test_a_survey_of_three_days_is_one_line_a_resource(session: Session, cast: Cast, place: Place) -> None:
    seen = survey(session, cast.founder_a, place.site, MONDAY, MONDAY + timedelta(days=2))
    assert [line.resource.code for line in seen.lines] == ["H", "HA", "HOT", "R1", "X1"]
    assert {len(line.lanes) for line in seen.lines} == {1, 2}
    assert sum((span.duration for span in seen.lines[0].lanes[0]), timedelta()) == timedelta(days=3)
