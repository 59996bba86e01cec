"""Posting under real concurrency: numbers without a gap, nothing charged twice, no cap used twice."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import partial

import pytest
from sqlalchemy import create_engine, func, select
from sqlalchemy.orm import Session

from incubator.billing.models import Charge, Invoice, InvoiceLine, NumberSeries
from incubator.billing.operations import post_month
from incubator.core.errors import Conflict
from incubator.core.periods import Month
from incubator.database import set_operator
from incubator.spaces.models import Site
from incubator.spaces.operations import add_floor, add_unit, create_site
from incubator.startups.operations import UnitTerms, sign_residency
from incubator.startups.queries import get_startup
from incubator.subsidies.models import Decision
from tests.cast import NOW, assemble_cast
from tests.database import TestDatabase
from tests.scenarios.october import AFTER_OCTOBER, OCTOBER, tell_october

SEPTEMBER = Month(2026, 9)


class Books:
    """October's site, committed, and a second one; connections of their own that post."""

    def __init__(self, database: TestDatabase) -> None:
        self.engine = create_engine(database.settings().database_url, pool_size=20, max_overflow=0)
        with Session(self.engine, expire_on_commit=False) as session:
            self.cast = assemble_cast(session)
            self.october = tell_october(session, self.cast)
            self.second = self._second_site(session)
            session.commit()

    def _second_site(self, session: Session) -> Site:
        """Where A holds an office too, at 12,000.00 a month: with the first it uses the quarter's cap up."""
        manager = self.cast.manager
        site = create_site(session, manager, now=NOW, code="BA", name="宝安二号", hours=[], open_from=date(2026, 1, 1))
        floor = add_floor(session, manager, now=NOW, site=site, name="1F")
        unit = add_unit(session, manager, now=NOW, floor=floor, code="X1", kind="office", purpose="incubation",
                        area_m2=Decimal("100"), in_service_from=date(2026, 1, 1))  # fmt: skip
        startup = get_startup(session, manager, self.cast.startup_a)
        sign_residency(session, manager, now=NOW, startup=startup, site=site, starts_on=date(2026, 9, 1),
                       units=[UnitTerms(unit, "unit_month", Decimal("12000.00"))])  # fmt: skip
        return site

    def post(self, site: Site, month: Month, now: datetime = AFTER_OCTOBER) -> Callable[[Session], object]:
        return partial(post_month, actor=self.cast.finance, now=now, site_id=site.id, month=month)

    def race(self, attempts: Sequence[Callable[[Session], object]]) -> list[BaseException | None]:
        """All at once, each in a connection and transaction of its own; what each one ended with."""
        gate = threading.Barrier(len(attempts))
        outcomes: list[BaseException | None] = [None] * len(attempts)

        def run(index: int) -> None:
            with self.session() as session:
                session.connection()
                gate.wait()
                try:
                    attempts[index](session)
                    session.commit()
                except BaseException as error:
                    outcomes[index] = error

        threads = [threading.Thread(target=run, args=(index,)) for index in range(len(attempts))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return outcomes

    def session(self) -> Session:
        session = Session(self.engine)
        set_operator(session, self.cast.operator_id)
        return session

    def numbers(self, year: int = 2026) -> list[int]:
        with self.session() as session:
            return list(session.execute(select(Invoice.number).where(Invoice.year == year).order_by(Invoice.number)).scalars())


@pytest.fixture
def books(own_database: TestDatabase) -> Iterator[Books]:
    made = Books(own_database)
    yield made
    made.engine.dispose()


def test_eight_at_once_number_without_a_gap_and_charge_nothing_twice(books: Books) -> None:
    here, there = books.october.site, books.second
    months = [(here, SEPTEMBER), (here, OCTOBER), (there, SEPTEMBER), (there, OCTOBER)]
    outcomes = books.race([books.post(site, month) for site, month in months * 2])
    # of the two who posted one month, one did it and the other is told that nothing is left
    assert sorted(outcome is None for outcome in outcomes) == [False] * 4 + [True] * 4
    assert all(isinstance(outcome, Conflict) for outcome in outcomes if outcome is not None)
    # September: A here, A there; October: A, B and C here, A there
    assert books.numbers() == [1, 2, 3, 4, 5, 6]
    with books.session() as session:
        sources = session.execute(select(Charge.source_kind, Charge.source_id, Charge.month)).all()
        assert len(sources) == len(set(sources))
        invoices, lines = (
            session.execute(select(func.sum(table.gross_minor), func.sum(table.net_minor))).one() for table in (Invoice, InvoiceLine)
        )
        assert invoices == lines


def test_what_fails_half_way_leaves_nothing_and_no_gap(books: Books) -> None:
    with pytest.raises(RuntimeError, match="the light goes out"), books.session() as session:
        books.post(books.october.site, OCTOBER)(session)
        assert session.execute(select(func.count()).select_from(Invoice)).scalar_one() == 3
        raise RuntimeError("the light goes out")
    assert books.numbers() == []
    with books.session() as session:
        for table in (Charge, InvoiceLine, Decision):
            assert session.execute(select(func.count()).select_from(table)).scalar_one() == 0
        assert session.execute(select(NumberSeries.last_number)).scalars().all() == []
        books.post(books.october.site, OCTOBER)(session)
        session.commit()
    assert books.numbers() == [1, 2, 3]


@pytest.mark.parametrize("nows", [
    (AFTER_OCTOBER, AFTER_OCTOBER),
    # one says New Year's Eve in Shanghai, the other New Year: two series, whose rows do not hold each other up
    (datetime(2026, 12, 31, 15, 59, tzinfo=UTC), datetime(2026, 12, 31, 16, 1, tzinfo=UTC)),
])  # fmt: skip
def test_two_sites_at_once_never_use_one_cap_twice(books: Books, nows: tuple[datetime, datetime]) -> None:
    """A wants 1,620.00 here and 7,200.00 there in October; September there, posted before, took 7,200.00 of another
    quarter. With October there and November there (7,200.00 more) the quarter's 10,000.00 are used to the fen."""
    november = OCTOBER + 1
    in_december = datetime(2026, 12, 1, 1, tzinfo=UTC)
    with books.session() as session:
        books.post(books.second, SEPTEMBER)(session)
        books.post(books.second, november, in_december)(session)
        session.commit()
    first, second = (max(now, in_december) for now in nows)
    outcomes = books.race([books.post(books.october.site, OCTOBER, first), books.post(books.second, OCTOBER, second)])
    assert outcomes == [None, None]
    with books.session() as session:
        granted = session.execute(
            select(func.sum(Decision.amount_minor)).where(
                Decision.startup_id == books.cast.startup_a, Decision.month >= date(2026, 10, 1)
            )
        ).scalar_one()
    assert granted == 1_000_000


def test_one_who_saw_an_older_draft_posts_nothing(books: Books) -> None:
    stale = partial(post_month, actor=books.cast.finance, now=AFTER_OCTOBER, site_id=books.october.site.id, month=OCTOBER,
                    shown="0" * 64)  # fmt: skip
    (outcome,) = books.race([stale])
    assert isinstance(outcome, Conflict)
    assert books.numbers() == []
