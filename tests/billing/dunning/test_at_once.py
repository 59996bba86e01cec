"""Two workers on the same day, and a payment that comes while the day's work is done; a thousand debtors."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta

import pytest
from sqlalchemy import Engine, create_engine, func, insert, select
from sqlalchemy.orm import Session

from incubator.billing.models import DunningAction, DunningStory
from incubator.billing.operations.dunning import dun
from incubator.billing.operations.payments import clear_oldest, receive_payment
from incubator.billing.rules.dunning import Step
from incubator.database import set_operator
from incubator.notices.models import Notice
from incubator.startups.models import BookingLimit, Startup
from tests.billing.dunning.debts import Debts, morning
from tests.cast import Cast, Peopled
from tests.database import Databases
from tests.racing import race
from tests.web.test_home import Statements

DUE = date(2026, 11, 5)
STEPS = (Step(3, "mail"), Step(20, "letter"), Step(30, "booking"))


@pytest.fixture
def engine(databases: Databases, peopled: Peopled) -> Iterator[Engine]:
    with databases.copy(peopled.database.name) as database:
        made = create_engine(database.settings().database_url, pool_size=10)
        yield made
        made.dispose()


def connected(engine: Engine, cast: Cast):  # type: ignore[no-untyped-def]  # a context manager for `race`
    @contextmanager
    def connection() -> Iterator[Session]:
        with Session(engine, expire_on_commit=False) as session:
            set_operator(session, cast.operator_id)
            yield session

    return connection


def test_two_workers_do_a_day_once(engine: Engine, peopled: Peopled) -> None:
    """Four at once: one mail's worth of everything."""
    cast = peopled.cast
    with connected(engine, cast)() as session:
        debts = Debts.at_a_site(session, cast)
        debts.remind(*STEPS)
        for startup_id in (cast.startup_a, cast.startup_b):
            debts.owe(startup_id, 200_000, DUE)
        session.commit()
    day = date(2026, 12, 6)
    outcomes = race(connected(engine, cast), [
        lambda session: dun(session, cast.system, now=morning(day), site_id=debts.site.id) for _ in range(4)
    ])  # fmt: skip
    assert not [each for each in outcomes if isinstance(each, BaseException)], outcomes
    with connected(engine, cast)() as session:
        counts = [session.execute(select(func.count()).select_from(table)).scalar_one()
                  for table in (DunningStory, BookingLimit)]  # fmt: skip
        done = session.execute(
            select(func.count()).select_from(DunningAction).where(DunningAction.outcome == "done")
        ).scalar_one()
        told = session.execute(select(func.count()).select_from(Notice).where(Notice.kind == "dunning")).scalar_one()
        assert (counts, done, told) == ([2, 2], 4, 2)


def test_who_pays_meanwhile_is_not_limited(engine: Engine, peopled: Peopled) -> None:
    """Paid at the moment of the run, ten times over: whichever was first, in the end nobody is limited."""
    cast = peopled.cast
    with connected(engine, cast)() as session:
        debts = Debts.at_a_site(session, cast)
        debts.remind(*STEPS)
        session.commit()
    day = date(2026, 12, 6)

    def pay(session: Session) -> None:
        now = morning(day)
        payment = receive_payment(session, cast.finance, now=now, startup_id=cast.startup_a, way="bank",
                                  amount_minor=200_000, received_on=day)  # fmt: skip
        clear_oldest(session, cast.finance, now=now, payment_id=payment.id)

    for _ in range(5):
        with connected(engine, cast)() as session:
            debts.session = session
            debts.owe(cast.startup_a, 200_000, DUE)
            session.commit()
        outcomes = race(connected(engine, cast), [
            pay, lambda session: dun(session, cast.system, now=morning(day), site_id=debts.site.id),
        ])  # fmt: skip
        assert not [each for each in outcomes if isinstance(each, BaseException)], outcomes
        with connected(engine, cast)() as session:
            limited = select(func.count()).select_from(BookingLimit).where(BookingLimit.lifted_at.is_(None))
            running = select(func.count()).select_from(DunningStory).where(DunningStory.ended_on.is_(None))
            assert (session.execute(limited).scalar_one(), session.execute(running).scalar_one()) == (0, 0)


def test_a_thousand_debtors_ask_no_more_than_ten(session: Session, cast: Cast) -> None:
    """The day of a site with a thousand startups that all come to two steps: as many statements as with ten."""
    debts = Debts.at_a_site(session, cast)
    debts.remind(*STEPS)

    def crowd(first: int, count: int) -> list[int]:
        rows = [{"operator_id": cast.operator_id, "code": f"X-{number}", "name": f"企业{number}", "kind": "team"}
                for number in range(first, first + count)]  # fmt: skip
        return list(session.execute(insert(Startup).returning(Startup.id), rows).scalars())

    def count(day: date) -> int:
        with Statements(session) as statements:
            done = debts.run(day)
        assert not done.is_nothing
        return len(statements.sent)

    debts.owe_many(crowd(0, 10), 200_000, DUE)
    few = count(DUE + timedelta(days=31))
    debts.owe_many(crowd(10, 1000), 200_000, DUE)
    many = count(DUE + timedelta(days=31))
    assert few <= 36 and many <= few + 2
