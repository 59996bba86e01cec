"""Random days of a house, against a model of it in memory: who holds what, who came, who was refused.

The model knows nothing of SQL, of locks or of surveys: units, spans, and a few sentences about time.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.bookings.models import Booking
from incubator.bookings.operations import (
    Change,
    Scope,
    SeriesTerms,
    add_rule,
    book,
    book_series,
    cancel,
    cancel_series,
    change,
    check_in,
    release_missed,
)
from incubator.core.errors import Refusal
from incubator.core.recurrence import Recurrence
from incubator.spaces.models import Allocation, Unit
from incubator.spaces.operations import set_opening_hours
from incubator.spaces.operations.closures import close_units
from tests.bookings.conftest import Place
from tests.cast import NOW, Cast
from tests.effort import examples

SHANGHAI = ZoneInfo("Asia/Shanghai")
MONDAY = date(2026, 10, 12)
QUARTER = timedelta(minutes=15)
CHECK_IN = timedelta(minutes=30)
UNITS = {"room": ("R1",), "hall": ("HA", "HB"), "half": ("HA",), "pool": ("P1", "P2")}
AFTER = {"half": QUARTER}
"""What stays free after a booking."""

Span = tuple[datetime, datetime]
Held = tuple[str, datetime, datetime, str, int]
"""A unit, from when to when, as what, and whose."""


@dataclass
class Known:
    """A booking, as the model remembers it."""

    id: int
    which: str
    start: datetime
    end: datetime
    founder: str
    made: datetime
    on: date | None = None
    """Its day in a series."""
    series: int | None = None
    cancelled: bool = False
    arrived: datetime | None = None
    left: datetime | None = None
    no_show: datetime | None = None

    @property
    def is_cut(self) -> bool:
        return (self.left or self.no_show or self.end) < self.end

    @property
    def deadline(self) -> datetime | None:
        return min(max(self.start, self.made) + CHECK_IN, self.end) if self.which == "room" else None


@dataclass
class House:
    """All that is held, and all bookings there ever were."""

    held: set[Held] = field(default_factory=set)
    bookings: dict[int, Known] = field(default_factory=dict)

    def is_free(self, unit: str, span: Span, but: int | None = None) -> bool:
        return not any(u == unit and s < span[1] and span[0] < e and (kind == "closure" or whose != but)
                       for u, s, e, kind, whose in self.held)  # fmt: skip

    def choices(self, which: str, span: Span, but: int | None = None) -> list[tuple[str, ...]]:
        """The sets of units that such a booking could have."""
        wanted = span[0], span[1] + AFTER.get(which, timedelta(0))
        free = [unit for unit in UNITS[which] if self.is_free(unit, wanted, but)]
        if which == "pool":
            return [(unit,) for unit in free]
        return [UNITS[which]] if len(free) == len(UNITS[which]) else []

    def hold(self, id_: int, which: str, span: Span, units: tuple[str, ...]) -> None:
        for unit in units:
            self.held.add((unit, *span, "booking", id_))
            if which in AFTER:
                self.held.add((unit, span[1], span[1] + AFTER[which], "buffer", id_))

    def let_go(self, id_: int, at: datetime | None = None) -> None:
        """All that it holds, or what of it lies after an instant; what is kept free after a use follows its end."""
        for each in [each for each in self.held if each[3] != "closure" and each[4] == id_]:
            unit, start, end, kind, _ = each
            if at is None or end > at:
                self.held.discard(each)
            if at is not None and start < at < end:
                self.held.add((unit, start, at, kind, id_))
                if kind == "booking" and self.bookings[id_].which in AFTER:
                    self.held.add((unit, at, at + AFTER[self.bookings[id_].which], "buffer", id_))


whiches = st.sampled_from(list(UNITS))
founders = st.sampled_from(["founder_a", "founder_b"])
days = st.integers(0, 1)
starts = st.one_of(st.integers(0, 12), st.integers(88, 95))
"""The small hours and the last ones: few enough that wishes meet."""
lengths = st.integers(1, 12)


def at(day: int, quarter: int) -> datetime:
    return datetime.combine(MONDAY, time(), SHANGHAI) + timedelta(days=day) + quarter * QUARTER


def machine(session: Session, cast: Cast, place: Place) -> type[RuleBasedStateMachine]:
    """The random days of this very place."""
    codes = {unit.id: code for code, unit in place.units.items()}
    resources = {"room": place.room, "hall": place.hall, "half": place.half, "pool": place.pool}

    class Days(RuleBasedStateMachine):
        @initialize()
        def begin(self) -> None:
            self.outer = session.begin_nested()
            self.house, self.now = House(), at(0, 0) - timedelta(minutes=8)

        def teardown(self) -> None:
            self.outer.rollback()
            session.expire_all()

        def actor(self, founder: str) -> Actor:
            found: Actor = getattr(cast, founder)
            return found

        def startup(self, founder: str) -> int:
            (only,) = self.actor(founder).startup_ids
            return only

        def attempt(self, what: object, should: bool) -> object:
            """What an operation gives; None where it is refused: just where the model says so, and nothing is left."""
            inner = session.begin_nested()
            try:
                given = what()  # type: ignore[operator]
                session.flush()
            except Refusal as refusal:
                inner.rollback()
                assert not should, f"refused though it could be had: {refusal}"
                return None
            inner.commit()
            assert should, "had though it should be refused"
            return given

        def units_of(self, id_: int) -> tuple[str, ...]:
            rows = session.execute(select(Allocation.unit_id).where(
                Allocation.holder_kind == "booking", Allocation.holder_id == id_, Allocation.voided_at.is_(None)))  # fmt: skip
            return tuple(sorted(codes[row] for row in rows.scalars()))

        def take(self, booking: Booking, which: str, founder: str, choices: list[tuple[str, ...]]) -> Known:
            units = self.units_of(booking.id)
            assert units in choices, f"{units} was not free"
            known = Known(booking.id, which, booking.start, booking.end, founder, self.now, booking.occurrence_on,
                          booking.series_id)  # fmt: skip
            self.house.hold(booking.id, which, (known.start, known.end), units)
            self.house.bookings[booking.id] = known
            return known

        @rule(which=whiches, day=days, start=starts, length=lengths, founder=founders)
        def books(self, which: str, day: int, start: int, length: int, founder: str) -> None:
            span = at(day, start), at(day, start + length)
            choices = self.house.choices(which, span) if span[0] >= self.now - timedelta(minutes=5) else []
            made = self.attempt(lambda: book(
                session, self.actor(founder), now=self.now, resource_id=resources[which].id, start=span[0],
                end=span[1], startup_id=self.startup(founder)), bool(choices))  # fmt: skip
            if isinstance(made, Booking):
                self.take(made, which, founder, choices)

        @rule(
            which=whiches, start=starts, length=lengths, founder=founders, count=st.integers(2, 3), skip=st.booleans()
        )
        def books_a_series(self, which: str, start: int, length: int, founder: str, count: int, skip: bool) -> None:
            length = min(length, 96 - start)
            wishes = {day: (at(day, start), at(day, start + length)) for day in range(count)}
            free = {day: self.house.choices(which, span) for day, span in wishes.items()
                    if span[0] >= self.now - timedelta(minutes=5) and self.house.choices(which, span)}  # fmt: skip
            end = (start + length) % 96
            terms = SeriesTerms(resources[which].id, self.startup(founder), Recurrence("DAILY", count=count), MONDAY,
                                time(start // 4, start % 4 * 15), time(end // 4, end % 4 * 15))  # fmt: skip
            made = self.attempt(
                lambda: book_series(session, self.actor(founder), now=self.now, terms=terms, skip_refused=skip).id,
                bool(free) and (skip or len(free) == count),
            )  # fmt: skip
            if made is not None:
                rows = session.execute(select(Booking).where(Booking.series_id == made)).scalars().all()
                assert sorted(row.occurrence_on for row in rows if row.occurrence_on) == [
                    MONDAY + timedelta(days=day) for day in sorted(free)]  # fmt: skip
                for row in rows:
                    assert row.occurrence_on
                    self.take(row, which, founder, free[(row.occurrence_on - MONDAY).days])

        def pick(self, number: int) -> Known:
            return list(self.house.bookings.values())[number % len(self.house.bookings)]

        @precondition(lambda self: self.house.bookings)
        @rule(number=st.integers(0, 99), which=whiches, day=days, start=starts, length=lengths)
        def moves(self, number: int, which: str, day: int, start: int, length: int) -> None:
            known, length = self.pick(number), min(length, 96 - start)
            span = at(day, start), at(day, start + length)
            may = not known.cancelled and known.start > self.now and span[0] >= self.now - timedelta(minutes=5)
            choices = self.house.choices(which, span, known.id) if may else []
            end = (start + length) % 96
            to = Change(resources[which].id, time(start // 4, start % 4 * 15), time(end // 4, end % 4 * 15),
                        on=MONDAY + timedelta(days=day))  # fmt: skip
            moved = self.attempt(lambda: change(session, self.actor(known.founder), now=self.now, booking_id=known.id,
                                                to=to), bool(choices))  # fmt: skip
            if moved:
                self.house.let_go(known.id)
                row = session.execute(select(Booking).where(Booking.id == known.id)).scalar_one()
                again = self.take(row, which, known.founder, choices)
                again.on, again.series = known.on, known.series

        @precondition(lambda self: self.house.bookings)
        @rule(number=st.integers(0, 99))
        def cancels(self, number: int) -> None:
            known = self.pick(number)
            may = not known.cancelled and known.end > self.now and not known.is_cut
            if self.attempt(
                lambda: cancel(session, self.actor(known.founder), now=self.now, booking_id=known.id), may
            ):
                if known.start <= self.now:
                    known.left = self.now
                    self.house.let_go(known.id, self.now)
                else:
                    known.cancelled, known.arrived = True, None
                    self.house.let_go(known.id)

        @precondition(lambda self: any(known.series for known in self.house.bookings.values()))
        @rule(number=st.integers(0, 99), scope=st.sampled_from([Scope.FOLLOWING, Scope.ALL]))
        def cancels_a_series(self, number: int, scope: Scope) -> None:
            of_series = [known for known in self.house.bookings.values() if known.series]
            known = of_series[number % len(of_series)]
            meant = [each for each in of_series if each.series == known.series and not each.cancelled
                     and each.start > self.now and each.on and known.on
                     and (scope is Scope.ALL or each.on >= known.on)]  # fmt: skip
            done = self.attempt(lambda: cancel_series(session, self.actor(known.founder), now=self.now,
                                                      booking_id=known.id, scope=scope), bool(meant))  # fmt: skip
            assert done is None or done == len(meant)
            for each in meant:
                each.cancelled, each.arrived = True, None
                self.house.let_go(each.id)

        @precondition(lambda self: self.house.bookings)
        @rule(number=st.integers(0, 99))
        def comes(self, number: int) -> None:
            known = self.pick(number)
            may = (not known.cancelled and known.arrived is None and known.left is None and known.no_show is None
                   and known.start - QUARTER <= self.now < known.end)  # fmt: skip
            if self.attempt(lambda: check_in(session, self.actor(known.founder), now=self.now, booking_id=known.id,
                                             source="person"), may):  # fmt: skip
                known.arrived = self.now

        @rule(unit=st.sampled_from(["R1", "HA", "HB", "P1", "P2"]), day=days, start=starts, length=lengths)
        def is_closed(self, unit: str, day: int, start: int, length: int) -> None:
            span = at(day, start), at(day, start + length)
            made = self.attempt(
                lambda: close_units(session, cast.manager, now=self.now, site=place.site, units=[place.units[unit]],
                                    start=span[0], end=span[1], reason="检修").id,
                self.house.is_free(unit, span),
            )  # fmt: skip
            if isinstance(made, int):
                self.house.held.add((unit, *span, "closure", made))

        @rule(quarters=st.sampled_from([1, 2, 3, 10, 30]))
        def time_goes_by(self, quarters: int) -> None:
            self.goes_to(self.now + quarters * QUARTER)

        @precondition(lambda self: any(known.start > self.now for known in self.house.bookings.values()))
        @rule(number=st.integers(0, 99), late=st.sampled_from([-1, 0, 1, 2, 4]))
        def a_booking_begins(self, number: int, late: int) -> None:
            coming = [known for known in self.house.bookings.values() if known.start > self.now]
            self.goes_to(max(self.now, coming[number % len(coming)].start + timedelta(minutes=7) + late * QUARTER))

        def goes_to(self, now: datetime) -> None:
            self.now = now
            missed = [known for known in self.house.bookings.values() if known.deadline and known.deadline <= self.now
                      and not (known.cancelled or known.arrived or known.left or known.no_show)]  # fmt: skip
            assert release_missed(session, cast.system, now=self.now) == len(missed)
            for known in missed:
                known.no_show = self.now
                if self.now < known.end:
                    self.house.let_go(known.id, self.now)

        @invariant()
        def the_ledger_is_the_model_s(self) -> None:
            if not hasattr(self, "house"):
                return
            session.expire_all()
            rows = session.execute(
                select(Unit.code, func.lower(Allocation.period), func.upper(Allocation.period), Allocation.holder_kind,
                       Allocation.holder_id)
                .join(Unit, Unit.id == Allocation.unit_id)
                .where(Allocation.voided_at.is_(None))
            ).all()  # fmt: skip
            assert {tuple(row) for row in rows} == self.house.held
            assert len(rows) == len(self.house.held)
            for booking in session.execute(select(Booking)).scalars():
                known = self.house.bookings[booking.id]
                assert (booking.start, booking.end, booking.cancelled_at is not None, booking.arrived_at, booking.left_at,
                        booking.no_show_at) == (known.start, known.end, known.cancelled, known.arrived, known.left,
                                                known.no_show)  # fmt: skip

        @invariant()
        def nothing_is_booked_twice(self) -> None:
            for unit in ("R1", "HA", "HB", "P1", "P2") if hasattr(self, "house") else ():
                spans = sorted((start, end) for u, start, end, _, _ in self.house.held if u == unit)
                assert all(first[1] <= second[0] for first, second in pairwise(spans))

    return Days


def test_random_days_are_the_model_s(session: Session, cast: Cast, place: Place) -> None:
    set_opening_hours(session, cast.manager, now=NOW, site=place.site, from_on=date(2026, 1, 2),
                      hours=[("workday", 0, 1440), ("restday", 0, 1440)])  # fmt: skip
    add_rule(session, cast.manager, now=NOW, name="签到", resource_id=place.room.id, check_in_minutes=30)
    add_rule(session, cast.manager, now=NOW, name="整理", resource_id=place.half.id, buffer_after_minutes=15)
    session.flush()
    run_state_machine_as_test(
        machine(session, cast, place),
        settings=settings(
            max_examples=examples(8), stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
