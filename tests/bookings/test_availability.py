"""What a page calls free and suggests, against a brute-force grid of minutes.

The days are chosen to hurt: a statutory holiday, the Saturday that is worked instead, and the two nights on which
Berlin changes its clocks.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from incubator.bookings.rules import (
    Wish,
    fits,
    free_lanes,
    is_on_grid,
    is_typed,
    next_slots,
    out_of_service,
    propose,
    refusals,
    snap,
    wall_period,
)
from incubator.bookings.terms import Terms
from incubator.core.errors import Refusal
from incubator.core.periods import Interval, local_day, local_instant
from incubator.spaces.rules import Hours, SiteCalendar, opening_intervals
from tests.effort import examples

SHANGHAI, BERLIN = ZoneInfo("Asia/Shanghai"), ZoneInfo("Europe/Berlin")
ZONES = [SHANGHAI, BERLIN]
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
        return Wish(slot.start, slot.end, Terms(own_granularity=self.granularity), 8, None, self.zone, by_staff=False)


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
@settings(max_examples=examples(20), deadline=None)
def test_free_time_is_what_no_minute_speaks_against(world: World) -> None:
    lanes = world.lanes
    for at in world.minutes():
        slot = Interval(at, at + MINUTE)
        assert fits(lanes, slot) == world.is_free(slot), at
        opening = any(opening.start <= at < opening.end for opening in world.openings)
        assert opening == world.is_open(at), at


@given(worlds, st.integers(1, 6), st.integers(0, 1439))
@example(IN_TURNS, 2, 0)
@settings(max_examples=examples(20), deadline=None)
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
@settings(max_examples=examples(20), deadline=None)
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
        proposed = propose(cut, Terms(own_granularity=world.granularity), world.zone)
        assert proposed is not None and proposed.start == cut.start and fits(world.lanes, proposed)
        assert is_on_grid(proposed.end, world.granularity, world.zone)


@given(
    st.sampled_from([SPRING, AUTUMN, MONDAY]), st.integers(-120, 1_560), st.integers(0, 59), st.sampled_from(ZONES),
    st.sampled_from([5, 15, 30, 45, 50, 60, 100, 240, 480]),
)  # fmt: skip
@example(MONDAY, 1_410, 0, SHANGHAI, 50)  # half past eleven at night: the next step is midnight, with which all begins anew
@example(SPRING, 90, 0, BERLIN, 60)  # 01:30, half an hour before it is three
def test_the_next_step_is_the_first_minute_on_the_grid(
    on: date, minute: int, second: int, zone: ZoneInfo, step: int
) -> None:
    at = local_instant(on, 0, zone) + timedelta(minutes=minute, seconds=second)
    cut = snap(Interval(at, at + timedelta(days=2)), step, zone)
    whole = at.replace(second=0) + (MINUTE if second else timedelta(0))
    first = next(each for n in range(3_000) if is_on_grid(each := whole + n * MINUTE, step, zone))
    assert cut is not None and cut.start == first


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


def test_an_end_in_the_hour_that_comes_twice() -> None:
    """25 October 2026 in Berlin: after 02:59 comes 02:00 again."""
    start, end = wall_period(AUTUMN, time(2, 45), time(2, 15), BERLIN)
    assert (start, end) == (datetime(2026, 10, 25, 0, 45, tzinfo=UTC), datetime(2026, 10, 25, 1, 15, tzinfo=UTC))
    start, end = wall_period(AUTUMN, time(2, 15), time(2, 45), BERLIN)
    assert end - start == timedelta(minutes=30) and start == datetime(2026, 10, 25, 0, 15, tzinfo=UTC)
    start, end = wall_period(AUTUMN, time(4), time(3), BERLIN)
    assert end < start  # nothing comes twice: it is refused as any other
    second = Interval(datetime(2026, 10, 25, 1, 15, tzinfo=UTC), datetime(2026, 10, 25, 1, 45, tzinfo=UTC))
    assert not is_typed(second, BERLIN)  # 02:15 to 02:45, and the first of them would be booked
    assert is_typed(Interval(second.start - timedelta(hours=1), second.end - timedelta(hours=1)), BERLIN)
    assert is_typed(Interval(second.start - timedelta(minutes=30), second.start), BERLIN)


def test_a_time_that_the_clocks_skip_is_no_time() -> None:
    with pytest.raises(Refusal, match=r"02:30 does not exist") as refused:
        wall_period(SPRING, time(2, 30), time(4), BERLIN)
    assert refused.value.field == "start"


@pytest.mark.parametrize("on", [date(1900, 1, 1), date(1, 1, 1), date(9999, 12, 31)])
def test_a_day_that_nobody_means_is_refused(on: date) -> None:
    with pytest.raises(Refusal, match="not a day that can be meant") as refused:
        wall_period(on, time(9), time(0), SHANGHAI)
    assert refused.value.field == "on"
