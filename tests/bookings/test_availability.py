"""What a page calls free, against a brute-force grid of minutes; and what it suggests, against `book` itself.

The days are chosen to hurt: a statutory holiday, the Saturday that is worked instead, and the two nights on which
Berlin changes its clocks.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.bookings.availability import survey
from incubator.bookings.operations import book
from incubator.bookings.rules import (
    Wish,
    fits,
    free_lanes,
    is_on_grid,
    next_slots,
    out_of_service,
    propose,
    refusals,
    snap,
    wall_period,
)
from incubator.bookings.suggesting import suggest
from incubator.bookings.timeline import see_day
from incubator.core.errors import Refusal
from incubator.core.periods import Interval, local_day, local_instant
from incubator.pricing.operations import TariffLine, create_tariff
from incubator.spaces.models import Resource, Site, Unit
from incubator.spaces.operations import add_floor, add_resource, add_unit, create_site
from incubator.spaces.operations.closures import close_units
from incubator.spaces.rules import Hours, SiteCalendar, opening_intervals
from tests.bookings.conftest import Place
from tests.cast import NOW, Cast

SHANGHAI, BERLIN = ZoneInfo("Asia/Shanghai"), ZoneInfo("Europe/Berlin")
MINUTE = timedelta(minutes=1)
HOLIDAY, WORKED_SATURDAY, MONDAY = date(2026, 10, 1), date(2026, 10, 10), date(2026, 10, 12)
SPRING, AUTUMN = date(2026, 3, 29), date(2026, 10, 25)

Spans = list[tuple[int, int]]

minutes = st.tuples(st.integers(0, 1439), st.integers(1, 600)).map(lambda pair: (pair[0], min(1440, sum(pair))))
places = st.sampled_from([
    (SHANGHAI, "CN", HOLIDAY), (SHANGHAI, "CN", WORKED_SATURDAY), (SHANGHAI, "CN", MONDAY),
    (BERLIN, "weekdays", SPRING), (BERLIN, "weekdays", AUTUMN), (BERLIN, "weekdays", MONDAY),
])  # fmt: skip


@dataclass(frozen=True)
class World:
    """A site's day: opening hours, what is taken of each unit, and how it is booked."""

    zone: ZoneInfo
    calendar: str
    on: date
    hours: dict[str, Spans]
    taken: list[Spans]
    takes: str
    granularity: int

    @property
    def window(self) -> Interval:
        return local_day(self.on, self.zone)

    def instants(self, spans: Spans) -> list[Interval]:
        """Minutes of the real day, counted from its midnight."""
        day = self.window
        cut = [(day.start + MINUTE * start, min(day.end, day.start + MINUTE * end)) for start, end in spans]
        return [Interval(start, end) for start, end in cut if start < end]

    @property
    def openings(self) -> list[Interval]:
        hours = tuple(
            Hours(kind, opens, closes, date(2026, 1, 1))
            for kind, spans in self.hours.items()
            for opens, closes in spans
        )
        return opening_intervals(SiteCalendar(self.zone, self.calendar, hours, {}), self.on, self.on)

    @property
    def lanes(self) -> list[list[Interval]]:
        return free_lanes(self.window, [self.instants(unit) for unit in self.taken], self.takes)

    def minutes(self) -> list[datetime]:
        return [self.window.start + MINUTE * n for n in range(self.window.minutes)]

    def is_open(self, at: datetime) -> bool:
        """By the wall clock of the day, minute by minute."""
        local = at.astimezone(self.zone)
        works = local.weekday() < 5 if self.calendar == "weekdays" else local.date() in (WORKED_SATURDAY, MONDAY)
        wall = local.hour * 60 + local.minute
        spans = self.hours["workday" if works else "restday"]
        # an hour that comes twice is opened at its first, closed at its first occurrence
        return (
            any(
                local_instant(self.on, opens, self.zone) <= at < local_instant(self.on, closes, self.zone)
                for opens, closes in spans
            )
            if self.on == AUTUMN
            else any(opens <= wall < closes for opens, closes in spans)
        )

    def is_free(self, slot: Interval) -> bool:
        """Every minute of it, in all units, or in any one of them."""
        each = [not any(start < slot.end and slot.start < end for start, end in self.busy(unit)) for unit in self.taken]
        return all(each) if self.takes == "all" else any(each)

    def busy(self, unit: Spans) -> list[tuple[datetime, datetime]]:
        return [(self.window.start + MINUTE * start, self.window.start + MINUTE * end) for start, end in unit]

    def wish(self, slot: Interval) -> Wish:
        return Wish(slot.start, slot.end, self.granularity, 8, None, self.zone, by_staff=False)


spans_of_a_unit = st.lists(minutes, max_size=4)
worlds = st.builds(
    lambda place, workday, restday, taken, takes, granularity: World(
        *place, {"workday": workday, "restday": restday}, taken, takes, granularity
    ),
    places, st.lists(minutes, max_size=2), st.lists(minutes, max_size=1), st.lists(spans_of_a_unit, min_size=1, max_size=3),
    st.sampled_from(["all", "any"]), st.sampled_from([5, 15, 30, 45, 60, 90]),
)  # fmt: skip
IN_TURNS = World(
    SHANGHAI, "CN", MONDAY, {"workday": [(540, 720)], "restday": []}, [[(600, 720)], [(540, 600)]], "any", 60
)
"""P1 is free from 9 to 10, P2 from 10 to 12: never for three hours, and from 9:00 for one only."""


@given(worlds)
@example(IN_TURNS)
@settings(max_examples=60, deadline=None)
def test_free_time_is_what_no_minute_speaks_against(world: World) -> None:
    lanes = world.lanes
    for at in world.minutes():
        slot = Interval(at, at + MINUTE)
        assert fits(lanes, slot) == world.is_free(slot), at
        opening = any(opening.start <= at < opening.end for opening in world.openings)
        assert opening == world.is_open(at), at


@given(worlds, st.integers(1, 6), st.integers(0, 1439))
@example(IN_TURNS, 2, 0)
@settings(max_examples=60, deadline=None)
def test_the_next_slots_are_the_first_that_every_rule_accepts(world: World, steps: int, after: int) -> None:
    duration, openings = MINUTE * world.granularity * steps, world.openings
    now = world.window.start + MINUTE * after

    def accepts(slot: Interval) -> bool:
        return not any(refusals(world.wish(slot), openings, now))

    found = next_slots(
        world.lanes, openings, duration=duration, not_before=now, granularity_minutes=world.granularity,
        zone=world.zone, accepts=accepts,
    )  # fmt: skip
    assert found == brute_force(world, duration, now)


def brute_force(world: World, duration: timedelta, now: datetime) -> list[Interval]:
    """Every minute of the day is tried as a start; then the next one after its end."""
    found: list[Interval] = []
    free = {at for at in world.minutes() if world.is_open(at)}
    earliest = now
    for at in world.minutes():
        inside = [at + MINUTE * n for n in range(duration // MINUTE)]
        if at < earliest or not all(each in free for each in inside):
            continue
        slot = Interval(at, at + duration)
        wall = [each.astimezone(world.zone) for each in (slot.start, slot.end)]
        on_grid = all((each.hour * 60 + each.minute) % world.granularity == 0 for each in wall)
        if on_grid and world.is_free(slot):
            found.append(slot)
            earliest = slot.end
        if len(found) == 3:
            break
    return found


@given(worlds)
@example(IN_TURNS)
@settings(max_examples=60, deadline=None)
def test_a_free_span_is_cut_to_the_steps_and_what_is_proposed_of_it_fits(world: World) -> None:
    for span in (span for lane in world.lanes for span in lane):
        cut = snap(span, world.granularity, world.zone)
        on_grid = [
            at
            for at in (span.start + MINUTE * n for n in range(span.minutes + 1))
            if is_on_grid(at, world.granularity, world.zone)
        ]
        if cut is None:
            assert len(on_grid) < 2
            continue
        assert (cut.start, cut.end) == (on_grid[0], on_grid[-1])
        proposed = propose(cut, world.granularity, world.zone)
        assert proposed.start == cut.start and fits(world.lanes, proposed)
        assert is_on_grid(proposed.end, world.granularity, world.zone)


@given(st.integers(-3, 3), st.one_of(st.none(), st.integers(-3, 3)), st.sampled_from([SPRING, AUTUMN, MONDAY]))
def test_a_unit_is_out_of_service_on_all_days_but_its_own(first: int, last: int | None, on: date) -> None:
    if last is not None and last < first:
        first, last = last, first
    window = Interval(local_instant(on - timedelta(days=1), 0, BERLIN), local_instant(on, 1440, BERLIN))
    served_from, served_until = on + timedelta(days=first), None if last is None else on + timedelta(days=last)
    out = out_of_service(served_from, served_until, window, BERLIN)
    for n in range(window.minutes):
        at = window.start + MINUTE * n
        serves = served_from <= at.astimezone(BERLIN).date() <= (served_until or date.max)
        assert serves != any(span.start <= at < span.end for span in out), at


def test_a_day_has_as_many_hours_as_the_clock_gives_it() -> None:
    start, end = wall_period(SPRING, time(1), time(4), BERLIN)
    assert end - start == timedelta(hours=2)
    start, end = wall_period(AUTUMN, time(1), time(4), BERLIN)
    assert end - start == timedelta(hours=4)
    start, end = wall_period(AUTUMN, time(0), time(0), BERLIN)
    assert end - start == timedelta(hours=25)


def test_a_time_that_the_clocks_skip_is_no_time() -> None:
    with pytest.raises(Refusal, match=r"02:30 does not exist") as refused:
        wall_period(SPRING, time(2, 30), time(4), BERLIN)
    assert refused.value.field == "start"


@pytest.mark.parametrize("on", [date(1900, 1, 1), date(1, 1, 1), date(9999, 12, 31)])
def test_a_day_that_nobody_means_is_refused(on: date) -> None:
    with pytest.raises(Refusal, match="not a day that can be meant") as refused:
        wall_period(on, time(9), time(0), SHANGHAI)
    assert refused.value.field == "on"


# the same against the database: what is shown, and what `book` takes


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


@given(
    closures=closures, start=st.integers(0, 31), steps=st.integers(1, 4), resource=st.sampled_from(["A", "AB", "ANY"])
)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_all_that_is_shown_and_suggested_can_be_booked(
    session: Session, cast: Cast, closures: Sequence[tuple[str, tuple[int, int]]], start: int, steps: int, resource: str
) -> None:
    now = datetime(2026, 10, 24, 20, tzinfo=UTC)
    with rolled_back(session):
        site, units, resources = make_berlin(session, cast.manager)
        midnight = local_instant(AUTUMN, 0, BERLIN)
        for code, (opens, closes) in closures:
            with suppress(Refusal):  # those that overlap
                close_units(session, cast.manager, now=NOW, site=site, units=[units[code]], reason="维修",
                            start=midnight + MINUTE * opens, end=midnight + MINUTE * closes)  # fmt: skip
        wanted = resources[resource]
        for row in see_day(session, cast.founder_a, site, AUTUMN, now).rows:
            for free in row.free:
                try_to_book(session, cast, row.resource, free.proposed, now)
        begin = midnight + 45 * MINUTE * start
        found = suggest(session, cast.founder_a, wanted, begin, begin + 45 * MINUTE * steps, attendees=None,
                        free=False, now=now)  # fmt: skip
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


def suggestion(
    session: Session, cast: Cast, place: Place, resource: Resource, start: datetime, end: datetime, **more: object
) -> tuple[list[str], list[str]]:
    values = {"attendees": None, "free": False, "now": NOW} | more
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
    assert suggestion(session, cast, place, place.unpriced, at(12, 10), at(12, 11), free=True)[1] == [scope.code]


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
