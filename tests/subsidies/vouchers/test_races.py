"""Real connections at one moment: nothing is used twice, no limit is passed, no number is given twice."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy import create_engine, func, select
from sqlalchemy.orm import Session

from incubator.bookings.models import Booking
from incubator.bookings.operations import book, cancel
from incubator.connections import engine_options
from incubator.core.errors import Conflict
from incubator.database import set_operator
from incubator.pricing.operations import TariffLine, create_tariff
from incubator.spaces.models import Allocation
from incubator.spaces.operations import add_floor, add_resource, add_unit, create_site
from incubator.startups.models import Residency, Startup
from incubator.subsidies.models import Voucher, VoucherEntry, VoucherOrder, VoucherSeries, VoucherYear
from incubator.subsidies.operations.voucher_issuing import issue_by_rule
from incubator.subsidies.operations.voucher_ledger import expire_vouchers
from incubator.subsidies.operations.voucher_payments import pay_settlement
from incubator.subsidies.operations.voucher_settlements import make_settlement
from incubator.subsidies.rules.vouchers import Balance
from tests.cast import NOW, Cast, assemble_cast
from tests.database import TestDatabase
from tests.racing import race
from tests.subsidies.vouchers.issuing import (
    at,
    balance,
    make_provider,
    make_series,
    make_voucher,
    order,
    settle_in,
    take,
)

RACERS = 20


class Course:
    """Both startups in residence and a provider, committed, and as many connections as racers."""

    def __init__(self, database: TestDatabase) -> None:
        options = engine_options(takes_role=False) | {"pool_size": RACERS + 2, "max_overflow": 0}
        self.engine = create_engine(database.settings().database_url, **options)
        with Session(self.engine, expire_on_commit=False) as session:
            self.cast = assemble_cast(session)
            settle_in(session, self.cast)
            self.provider = make_provider(session, self.cast)
            session.commit()

    @contextmanager
    def connection(self) -> Iterator[Session]:
        with Session(self.engine, expire_on_commit=False) as session:
            set_operator(session, self.cast.operator_id)
            yield session

    def orderer(self, voucher: Voucher, gross_minor: int) -> Callable[[Session], object]:
        return lambda session: order(session, self.cast, voucher, self.provider, gross_minor).covered_minor

    def race(self, attempts: list[Callable[[Session], object]]) -> tuple[list[object], list[object]]:
        """What those got who came through, and the exceptions of the others."""
        outcomes = race(self.connection, attempts)
        wrong = [each for each in outcomes if isinstance(each, BaseException) and not isinstance(each, Conflict)]
        assert not wrong, wrong
        return [each for each in outcomes if not isinstance(each, Conflict)], outcomes


@pytest.fixture
def course(own_database: TestDatabase) -> Iterator[Course]:
    found = Course(own_database)
    yield found
    found.engine.dispose()


def test_twenty_at_once_for_the_last_1000(course: Course) -> None:
    """Each asks for 1,000.00 of the 1,000.00 that are left: one gets it."""
    with course.connection() as session:
        series = make_series(session, course.cast, face_minor=100_000, share_percent=Decimal(100))
        voucher = make_voucher(session, course.cast, series)
        session.commit()
    won, _ = course.race([course.orderer(voucher, 100_000) for _ in range(RACERS)])
    assert won == [100_000]
    with course.connection() as session:
        assert balance(session, voucher) == Balance(reserved=100_000)
        assert session.execute(select(func.count()).select_from(VoucherOrder)).scalar_one() == 1


def test_twenty_at_once_share_what_is_left_to_the_fen(course: Course) -> None:
    """Each wants 90.00 of 1,000.00: eleven get 90.00, one the last 10.00, and eight nothing."""
    with course.connection() as session:
        voucher = make_voucher(session, course.cast, make_series(session, course.cast, face_minor=100_000, share_percent=Decimal(100)))
        session.commit()
    won, _ = course.race([course.orderer(voucher, 9_000) for _ in range(RACERS)])
    assert sorted(won) == [1_000] + [9_000] * 11  # type: ignore[type-var]
    with course.connection() as session:
        numbers = session.execute(select(VoucherEntry.number).order_by(VoucherEntry.number)).scalars().all()
        orders = session.execute(select(VoucherOrder.number).order_by(VoucherOrder.number)).scalars().all()
    assert (numbers, orders) == (list(range(1, 14)), list(range(1, 13)))


def test_two_vouchers_race_over_the_year_of_their_startup(course: Course) -> None:
    """6,000.00 a year; ten orders of 1,000.00 by each of two vouchers of 10,000.00: six come through."""
    with course.connection() as session:
        series = make_series(session, course.cast, yearly_limit_minor=600_000, most_each=2, share_percent=Decimal(100))
        pair = [make_voucher(session, course.cast, series), make_voucher(session, course.cast, series)]
        session.commit()
    won, _ = course.race([course.orderer(pair[number % 2], 100_000) for number in range(RACERS)])
    assert won == [100_000] * 6
    with course.connection() as session:
        year = session.execute(select(VoucherYear)).scalar_one()
        assert (year.used_minor, year.limit_minor) == (600_000, 600_000)
        assert sum(balance(session, voucher).reserved for voucher in pair) == 600_000


def test_issuing_races_over_the_budget(course: Course) -> None:
    """50,000.00 in vouchers of 10,000.00 for twelve startups at once: five get one, and the numbers have no gap."""
    with course.connection() as session:
        series = make_series(session, course.cast, issued_by="rule", who="all")
        site_id = session.execute(select(Residency.site_id).limit(1)).scalar_one()
        startups = [Startup(code=f"R{number}", name=f"团队{number}", kind="team") for number in range(12)]
        session.add_all(startups)
        session.flush()
        session.add_all(Residency(number=f"R{each.id}", site_id=site_id, startup_id=each.id, starts_on=date(2026, 10, 1))
                        for each in startups)  # fmt: skip
        ids = [each.id for each in startups]
        session.commit()
    won, _ = course.race([
        lambda session, startup_id=startup_id: issue_by_rule(session, course.cast.finance, now=NOW, series_id=series.id,
                                                             startup_ids=[startup_id])[0].number
        for startup_id in ids
    ])  # fmt: skip
    assert sorted(won) == [1, 2, 3, 4, 5]  # type: ignore[type-var]
    with course.connection() as session:
        assert session.execute(select(VoucherSeries.committed_minor)).scalar_one() == 5_000_000


def test_one_voucher_for_one_startup_however_many_press(course: Course) -> None:
    with course.connection() as session:
        series = make_series(session, course.cast, issued_by="rule")
        session.commit()
    won, _ = course.race([
        lambda session: issue_by_rule(session, course.cast.finance, now=NOW, series_id=series.id,
                                      startup_ids=[course.cast.startup_a])[0].number
        for _ in range(8)
    ])  # fmt: skip
    assert won == [1]


def test_a_redemption_is_taken_and_settled_once(course: Course) -> None:
    with course.connection() as session:
        voucher = make_voucher(session, course.cast, make_series(session, course.cast))
        made = order(session, course.cast, voucher, course.provider, 800_000).id
        session.commit()
    won, _ = course.race([lambda session: take(session, course.cast, made, 800_000).amount_minor for _ in range(8)])
    assert won == [480_000]
    won, _ = course.race([
        lambda session: make_settlement(session, course.cast.finance, now=at(11, 2), provider_id=course.provider.id,
                                        first=date(2026, 10, 1), last=date(2026, 10, 31), expected_minor=480_000).number
        for _ in range(6)
    ])  # fmt: skip
    assert won == [1]
    with course.connection() as session:
        assert balance(session, voucher) == Balance(left=520_000, settled=480_000)


def test_a_settlement_is_paid_once(course: Course) -> None:
    with course.connection() as session:
        voucher = make_voucher(session, course.cast, make_series(session, course.cast))
        take(session, course.cast, order(session, course.cast, voucher, course.provider, 800_000).id, 800_000)
        made = make_settlement(session, course.cast.finance, now=at(11, 2), provider_id=course.provider.id, first=date(2026, 10, 1),
                               last=date(2026, 10, 31), expected_minor=480_000).id  # fmt: skip
        session.commit()
    won, _ = course.race([
        lambda session: pay_settlement(session, course.cast.finance, now=at(11, 5), settlement_id=made, paid_on=date(2026, 11, 5),
                                       way="transfer").number
        for _ in range(6)
    ])  # fmt: skip
    assert won == [1]


def test_the_clock_and_an_order_at_once(course: Course) -> None:
    """Whoever is first: what is ordered is not expired, what is expired is not ordered, and two workers do it once."""
    with course.connection() as session:
        voucher = make_voucher(session, course.cast, make_series(session, course.cast, valid_days=2, share_percent=Decimal(100)))
        session.commit()
    won, _ = course.race([
        *[course.orderer(voucher, 100_000) for _ in range(4)],
        *[lambda session: -expire_vouchers(session, course.cast.system, now=at(10, 3, 0)) for _ in range(3)],
    ])  # fmt: skip
    with course.connection() as session:
        found = balance(session, voucher)
    assert found.face == 1_000_000 and found.left == 0
    assert found.reserved == sum(each for each in won if isinstance(each, int) and each > 0)
    assert sum(each for each in won if each == -1) == -1  # type: ignore[misc]


def test_twenty_book_with_the_last_of_a_voucher(course: Course) -> None:
    """Each books 300.00 of another desk's time, of which half would be 150.00; 150.00 are left: one booking has it, the
    others are refused, and nothing of theirs is left behind. Cancelled by all at once, it comes back once."""
    with course.connection() as session:
        series = make_series(session, course.cast, face_minor=15_000, share_percent=Decimal(50))
        voucher = make_voucher(session, course.cast, series)
        pool = make_pool(session, course.cast, RACERS)
        session.commit()
    won, _ = course.race([
        lambda session: book(session, course.cast.founder_a, now=NOW, resource_id=pool, start=at(10, 12, 9), end=at(10, 12, 15),
                             startup_id=course.cast.startup_a, voucher_id=voucher.id).id
        for _ in range(RACERS)
    ])  # fmt: skip
    assert len(won) == 1
    with course.connection() as session:
        assert balance(session, voucher) == Balance(reserved=15_000)
        assert session.execute(select(func.count()).select_from(Booking)).scalar_one() == 1
        live = select(func.count()).select_from(Allocation).where(Allocation.holder_kind == "booking")
        assert session.execute(live).scalar_one() == 1
    course.race([
        lambda session: cancel(session, course.cast.founder_a, now=NOW, booking_id=won[0]).id for _ in range(5)
    ])  # fmt: skip
    with course.connection() as session:
        assert balance(session, voucher) == Balance(left=15_000)


def make_pool(session: Session, cast: Cast, desks: int) -> int:
    """A pool of desks at 50.00 an hour, on a site that is open all day."""
    site = create_site(session, cast.manager, now=NOW, code="P", name="共享", hours=[("workday", 0, 1440)], open_from=date(2026, 1, 1))
    floor = add_floor(session, cast.manager, now=NOW, site=site, name="1F")
    units = [
        add_unit(session, cast.manager, now=NOW, floor=floor, code=f"P{number}", kind="desk", purpose="public_service",
                 area_m2=Decimal(5), in_service_from=date(2026, 1, 1))
        for number in range(desks)
    ]  # fmt: skip
    pool = add_resource(session, cast.manager, now=NOW, site=site, code="HOT", name="工位", kind="desk", units=units, takes="any")
    create_tariff(session, cast.manager, now=NOW, site=site, name="2026", valid_from=date(2026, 1, 1),
                  items=[TariffLine("booking", "hour", Decimal(50), resource_kind="desk")])  # fmt: skip
    return pool.id
