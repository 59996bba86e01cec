"""Booking under real concurrency: connections of their own, as the application's role, all at one moment."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import create_engine, func, select, text
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.audit.models import AuditEvent
from incubator.bookings.models import Booking
from incubator.bookings.operations import Change, SeriesTerms, add_rule, book, book_series, cancel, change
from incubator.bookings.terms import RuleBroken
from incubator.connections import engine_options
from incubator.core.errors import Conflict
from incubator.core.recurrence import Recurrence
from incubator.database import set_operator
from incubator.pricing.operations import TariffLine, create_tariff
from incubator.spaces.models import Allocation, Resource, Unit
from incubator.spaces.operations import Taken, add_floor, add_resource, add_unit, create_site
from tests.cast import NOW, assemble_cast
from tests.database import TestDatabase
from tests.racing import Attempt, race

RACERS = 20
DESKS = 5
NINE = datetime(2026, 10, 12, 9, tzinfo=ZoneInfo("Asia/Shanghai"))



class Course:
    """A committed site on a database of its own: a room, and a pool of desks."""

    def __init__(self, database: TestDatabase) -> None:
        options = engine_options(takes_role=False) | {"pool_size": RACERS + 5, "max_overflow": 0}
        self.engine = create_engine(database.settings().database_url, **options)
        with Session(self.engine, expire_on_commit=False) as session:
            self.cast = assemble_cast(session)
            self.room, self.pool = self._make(session, self.cast.manager)
            session.commit()

    def _make(self, session: Session, actor: Actor) -> tuple[Resource, Resource]:
        site = create_site(session, actor, now=NOW, code="NS", name="南山", hours=[("workday", 540, 1080)],
                           open_from=date(2026, 1, 1))  # fmt: skip
        floor = add_floor(session, actor, now=NOW, site=site, name="1F")

        def unit(code: str, kind: str) -> object:
            return add_unit(session, actor, now=NOW, floor=floor, code=code, kind=kind, purpose="public_service",
                            area_m2=Decimal(6), in_service_from=date(2026, 1, 1))  # fmt: skip

        room = add_resource(session, actor, now=NOW, site=site, code="R1", name="会议室一", kind="meeting_room",
                            units=[unit("R1", "room")])  # type: ignore[list-item] # fmt: skip
        pool = add_resource(session, actor, now=NOW, site=site, code="HOT", name="共享工位", kind="desk", takes="any",
                            units=[unit(f"P{n}", "desk") for n in range(DESKS)])  # type: ignore[misc] # fmt: skip
        create_tariff(session, actor, now=NOW, site=site, name="2026", valid_from=date(2026, 1, 1),
                      items=[TariffLine("booking", "hour", Decimal(50), resource_kind="meeting_room"),
                             TariffLine("booking", "hour", Decimal(5), resource_kind="desk")])  # fmt: skip
        return room, pool

    @contextmanager
    def connection(self) -> Iterator[Session]:
        with Session(self.engine) as session:
            set_operator(session, self.cast.operator_id)
            yield session

    def race(self, attempts: Sequence[Attempt]) -> list[object]:
        """All at once, each in a connection and transaction of its own; what each one gave, or its exception."""
        return race(self.connection, attempts)

    def booker(self, number: int, resource: Resource, start: datetime, **more: object) -> Attempt:
        """One who wants an hour: founders of A and of B in turns."""
        actor = (self.cast.founder_a, self.cast.founder_b)[number % 2]
        (startup_id,) = actor.startup_ids

        def attempt(session: Session) -> object:
            booking = book(session, actor, now=NOW, resource_id=resource.id, start=start,
                           end=start + timedelta(hours=1), startup_id=startup_id, **more)  # type: ignore[arg-type] # fmt: skip
            return booking.id

        return attempt

    def check_whole(self) -> list[int]:
        """Every booking that stands holds exactly one unit for its time, and nothing else is held; their ids."""
        with self.connection() as session:
            bookings = {
                row.id: row.period
                for row in session.execute(select(Booking).where(Booking.cancelled_at.is_(None))).scalars()
            }
            held = session.execute(
                select(Allocation.holder_id, Allocation.period).where(Allocation.voided_at.is_(None))
            ).all()
            events = session.execute(
                select(func.count()).select_from(AuditEvent).where(AuditEvent.action == "book")
            ).scalar_one()
            made = session.execute(select(func.count()).select_from(Booking)).scalar_one()
        assert sorted(held, key=lambda row: row[0]) == sorted(bookings.items())
        assert events == made
        return sorted(bookings)

    def check_whole_of_ledger(self) -> None:
        """What stands is what is held, however it came there."""
        with self.connection() as session:
            standing = session.execute(select(Booking.id, Booking.period).where(Booking.cancelled_at.is_(None))).all()
            held = session.execute(
                select(Allocation.holder_id, Allocation.period).where(Allocation.voided_at.is_(None))
            ).all()
        assert sorted(held, key=lambda row: row[0]) == sorted(standing, key=lambda row: row[0])


@pytest.fixture
def course(own_database: TestDatabase) -> Iterator[Course]:
    made = Course(own_database)
    yield made
    made.engine.dispose()


def split(outcomes: Sequence[object]) -> tuple[list[int], list[Taken]]:
    """The winners' ids, and the losers' refusals; anything else is a fault."""
    won = [outcome for outcome in outcomes if isinstance(outcome, int)]
    lost = [outcome for outcome in outcomes if isinstance(outcome, Taken)]
    assert len(won) + len(lost) == len(outcomes), outcomes
    return won, lost


def test_the_racers_are_the_application_s_role(course: Course) -> None:
    with course.connection() as session:
        assert session.execute(text("SELECT current_user")).scalar_one() == "incubator_app"


def test_twenty_at_once_for_one_slot_twelve_rounds(course: Course) -> None:
    won: list[int] = []
    for round_ in range(12):
        start = NINE + timedelta(days=round_ // 6, hours=round_ % 6)
        winners, losers = split(course.race([course.booker(n, course.room, start) for n in range(RACERS)]))
        assert len(winners) == 1, f"round {round_}"
        assert {(loser.start, loser.end) for loser in losers} == {(start, start + timedelta(hours=1))}, f"round {round_}"
        won += winners
    assert course.check_whole() == sorted(won)


def test_overlapping_wishes_never_both_win(course: Course) -> None:
    for round_ in range(6):
        start = NINE + timedelta(days=round_ % 3, hours=3 * (round_ // 3))
        wishes = [course.booker(n, course.room, start + timedelta(minutes=15 * (n % 4))) for n in range(10)]
        winners, _ = split(course.race(wishes))
        assert len(winners) == 1, f"round {round_}: all of them share the minutes before the first one's end"
    course.check_whole()


def test_a_pool_of_five_against_twenty_bookers(course: Course) -> None:
    for round_ in range(4):
        start = NINE + timedelta(hours=2 * round_)
        winners, losers = split(course.race([course.booker(n, course.pool, start) for n in range(RACERS)]))
        assert (len(winners), len(losers)) == (DESKS, RACERS - DESKS), f"round {round_}"
        assert all("units are taken at that time" in str(loser) for loser in losers)
        with course.connection() as session:
            desks = session.execute(
                select(Allocation.unit_id).where(Allocation.holder_id.in_(winners), Allocation.holder_kind == "booking")
            ).scalars()
            assert len(set(desks)) == DESKS, "each has a desk of their own"
    course.check_whole()


def test_one_form_sent_eight_times_at_once_is_one_booking(course: Course) -> None:
    for round_ in range(6):
        start = NINE + timedelta(hours=round_)
        same = course.booker(0, course.room, start, request_key=f"form-{round_}")
        outcomes = course.race([same] * 8)
        assert len(set(outcomes)) == 1 and isinstance(outcomes[0], int), outcomes
    assert len(course.check_whole()) == 6


def test_one_form_sent_eight_times_takes_one_desk_of_a_pool(course: Course) -> None:
    # the ledger alone would give each its own desk
    outcomes = course.race([course.booker(0, course.pool, NINE, request_key="form")] * 8)
    assert len(set(outcomes)) == 1 and isinstance(outcomes[0], int), outcomes
    assert len(course.check_whole()) == 1


def test_the_same_key_of_another_person_is_another_form(course: Course) -> None:
    outcomes = course.race([course.booker(n, course.pool, NINE, request_key="form") for n in range(2)])
    assert len(set(outcomes)) == 2 and len(split(outcomes)[0]) == 2


def test_what_is_cancelled_at_the_same_moment_goes_to_one_at_most(course: Course) -> None:
    for _ in range(8):
        with course.connection() as session:
            held = course.booker(0, course.room, NINE)(session)
            assert isinstance(held, int)
            session.commit()

        def give_back(session: Session, held: int = held) -> object:
            return cancel(session, course.cast.founder_a, now=NOW, booking_id=held).id

        outcomes = course.race([give_back, *(course.booker(n, course.room, NINE) for n in range(9))])
        assert outcomes[0] == held, outcomes
        winners, _ = split(outcomes[1:])
        assert course.check_whole() == winners and len(winners) <= 1
        with course.connection() as session:
            for winner in winners:
                cancel(session, course.cast.manager, now=NOW, booking_id=winner)
            session.commit()


def test_one_booking_is_cancelled_once(course: Course) -> None:
    with course.connection() as session:
        held = course.booker(0, course.room, NINE)(session)
        assert isinstance(held, int)
        session.commit()
    outcomes = course.race(
        [lambda session: cancel(session, course.cast.founder_a, now=NOW, booking_id=held).id for _ in range(6)]
    )
    assert outcomes.count(held) == 1
    others = [outcome for outcome in outcomes if outcome != held]
    assert {str(other) for other in others} == {"This booking is cancelled already."}
    assert all(isinstance(other, Conflict) for other in others)


def test_a_refusal_leaves_nothing_even_where_its_caller_commits(course: Course) -> None:
    with course.connection() as session:
        first = course.booker(0, course.room, NINE)(session)
        session.commit()
    with course.connection() as session:
        with pytest.raises(Taken):
            course.booker(1, course.room, NINE)(session)
        session.commit()
    assert course.check_whole() == [first]


def test_of_twenty_forms_at_once_only_as_many_book_as_the_quota_allows(course: Course) -> None:
    with course.connection() as session:
        add_rule(session, course.cast.manager, now=NOW, name="每日三次", quota_most=3, quota_measure="count",
                 quota_window="day", quota_of="startup")  # fmt: skip
        session.commit()
    founder = course.cast.founder_a

    def attempt(number: int) -> Attempt:
        def run(session: Session) -> object:
            start = NINE + timedelta(hours=number % 9)
            resource = course.room if number < 9 else course.pool
            return book(session, founder, now=NOW, resource_id=resource.id, start=start,
                        end=start + timedelta(minutes=30), startup_id=course.cast.startup_a).id  # fmt: skip

        return run

    outcomes = course.race([attempt(number) for number in range(RACERS)])
    booked = [each for each in outcomes if isinstance(each, int)]
    refused = [each for each in outcomes if isinstance(each, RuleBroken)]
    assert (len(booked), len(refused)) == (3, RACERS - 3), outcomes
    assert sorted(course.check_whole()) == sorted(booked)


def test_bookings_side_by_side_with_buffers_never_touch(course: Course) -> None:
    with course.connection() as session:
        add_rule(session, course.cast.manager, now=NOW, name="整备", buffer_after_minutes=15)
        session.commit()
    attempts = [course.booker(number, course.room, NINE + timedelta(hours=number % 4)) for number in range(RACERS)]
    outcomes = course.race(attempts)
    assert all(isinstance(each, int | Conflict) for each in outcomes), outcomes
    booked = sum(isinstance(each, int) for each in outcomes)
    assert booked == 2  # every second hour, whoever came first: 9 and 11, 10 and 12, or 9 and 12


def test_series_against_single_bookings_never_overlap(course: Course) -> None:
    """Twenty at once: five series of four Mondays for the same hour, and single bookings on those days."""
    founder_a, founder_b = course.cast.founder_a, course.cast.founder_b

    def whole_series(session: Session) -> object:
        terms = SeriesTerms(course.room.id, course.cast.startup_a, Recurrence("WEEKLY", weekdays=(0,), count=4),
                            NINE.date(), time(9), time(10))  # fmt: skip
        return book_series(session, founder_a, now=NOW, terms=terms).id

    def single(number: int) -> Attempt:
        def run(session: Session) -> object:
            start = NINE + timedelta(days=7 * (number % 4), minutes=30)
            return book(session, founder_b, now=NOW, resource_id=course.room.id, start=start,
                        end=start + timedelta(hours=1), startup_id=course.cast.startup_b).id  # fmt: skip

        return run

    for _ in range(3):
        outcomes = course.race([whole_series] * 5 + [single(number) for number in range(15)])
        assert all(isinstance(each, int | Conflict) for each in outcomes), outcomes
        with course.connection() as session:
            held = session.execute(
                select(Allocation.period).where(Allocation.voided_at.is_(None)).order_by(Allocation.period)
            ).scalars().all()  # fmt: skip
            assert all(one.upper <= other.lower for one, other in itertools.pairwise(held))
            of_series = session.execute(select(func.count()).select_from(Booking).where(
                Booking.series_id.is_not(None), Booking.cancelled_at.is_(None))).scalar_one()  # fmt: skip
            assert of_series in (0, 4) and len(held) == (4 if of_series else len(held))
            for booking in session.execute(select(Booking).where(Booking.cancelled_at.is_(None))).scalars().all():
                cancel(session, course.cast.manager, now=NOW, booking_id=booking.id)
            session.commit()


def test_a_move_against_a_new_booking_and_two_that_swap(course: Course) -> None:
    founder_a, founder_b = course.cast.founder_a, course.cast.founder_b
    for round_ in range(5):
        day = NINE + timedelta(days=round_)
        with course.connection() as session:
            mine = course.booker(0, course.room, day)(session)
            theirs = course.booker(1, course.room, day + timedelta(hours=1))(session)
            session.commit()

        def mover(booking_id: object, actor: Actor, hour: int, day: datetime = day) -> Attempt:
            def run(session: Session) -> object:
                to = Change(course.room.id, time(hour), time(hour + 1), on=day.date())
                (moved,) = change(session, actor, now=NOW, booking_id=int(str(booking_id)), to=to)
                return moved.id

            return run

        outcomes = course.race([
            mover(mine, founder_a, 11), mover(mine, founder_a, 10), mover(theirs, founder_b, 9), mover(theirs, founder_b, 11),
            *(course.booker(number, course.room, day + timedelta(hours=2)) for number in range(6)),
        ])  # fmt: skip
        assert all(isinstance(each, int | Conflict) for each in outcomes), outcomes
        course.check_whole_of_ledger()


def test_twenty_at_once_for_one_chosen_desk(course: Course) -> None:
    with course.connection() as session:
        desk = session.execute(select(Unit.id).where(Unit.code == "P3")).scalar_one()
    for round_ in range(6):
        start = NINE + timedelta(hours=round_)
        chosen = [course.booker(n, course.pool, start, unit_id=desk) for n in range(RACERS)]
        winners, losers = split(course.race(chosen))
        assert len(winners) == 1, f"round {round_}"
        assert {loser.unit_id for loser in losers} == {desk} and all("P3 is taken" in str(loser) for loser in losers)
    course.check_whole()


def test_a_chosen_desk_against_any_never_overlap(course: Course) -> None:
    """Ten want P3 and ten want any of five: one of the first at most, and never more than five in all."""
    with course.connection() as session:
        desk = session.execute(select(Unit.id).where(Unit.code == "P3")).scalar_one()
    for round_ in range(4):
        start = NINE + timedelta(hours=2 * round_)
        some = [course.booker(n, course.pool, start, **({"unit_id": desk} if n % 2 else {})) for n in range(RACERS)]
        winners, losers = split(course.race(some))
        assert (len(winners), len(losers)) == (DESKS, RACERS - DESKS), f"round {round_}"
    course.check_whole()
