"""Eight who write the books at once, and one that dies midway."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from incubator.billing.models import Invoice, JournalEntry, OpenItem, Payment
from incubator.billing.operations.closing import close_month
from incubator.billing.operations.payments import clear_invoices, clear_oldest, receive_payment
from incubator.billing.queries.books import find_differences, total, trial_balance
from incubator.core.errors import Conflict, Refusal
from incubator.core.periods import Month
from tests.billing.stage import Posting, Stage
from tests.database import TestDatabase
from tests.racing import race
from tests.scenarios.october import AFTER_OCTOBER, OCTOBER

TODAY = date(2026, 11, 1)


@pytest.fixture
def stage(own_database: TestDatabase) -> Iterator[Stage]:
    made = Stage(own_database)
    yield made
    made.engine.dispose()


def receive(stage: Stage, session: Session, amount_minor: int, source: tuple[str, int] | None = None) -> Payment:
    return receive_payment(session, stage.cast.finance, now=AFTER_OCTOBER, startup_id=stage.cast.startup_a, way="bank",
                           amount_minor=amount_minor, received_on=TODAY, source=source)  # fmt: skip


def agree(stage: Stage) -> None:
    """The books agree with themselves, and no number is missing."""
    with stage.connection() as session:
        assert find_differences(session) == []
        rows = trial_balance(session, stage.cast.finance, date(2000, 1, 1), date(2100, 1, 1))
        debits, credits = total(rows)
        assert debits == credits
        held = {row.account.value: row.closing_minor for row in rows}
        open_minor = session.execute(
            select(func.sum(OpenItem.open_minor)).where(OpenItem.invoice_id.is_not(None))
        ).scalar_one()
        assert held.get("receivable", 0) == (open_minor or 0)
        for table in (JournalEntry, Payment, Invoice):
            for year in {each for (each,) in session.execute(select(table.year).distinct()).all()}:
                numbers = session.execute(
                    select(table.number).where(table.year == year).order_by(table.number)
                ).scalars()
                found = list(numbers)
                assert found == list(range(1, len(found) + 1))


def test_eight_post_receive_and_clear_at_once(stage: Stage) -> None:
    """Three sites' months posted and five payments at once: all come through, in whatever order."""
    attempts: list[Any] = [
        lambda session, site=site: stage.post(session, Posting(site, OCTOBER)) for site in stage.sites
    ] + [
        lambda session, amount=amount: receive(stage, session, amount) for amount in (1_000, 2_000, 3_000, 4_000, 5_000)
    ]
    outcomes = race(stage.connection, attempts)
    assert not [each for each in outcomes if isinstance(each, BaseException)], outcomes
    agree(stage)


def test_two_payments_race_for_one_invoice(stage: Stage) -> None:
    """Both have all of it: one pays it, the other says that nothing is open and stays an advance."""
    with stage.connection() as session:
        stage.post(session, Posting(stage.sites[0], OCTOBER))
        item = session.execute(
            select(OpenItem).where(OpenItem.startup_id == stage.cast.startup_a, OpenItem.invoice_id.is_not(None))
            .order_by(OpenItem.open_minor.desc()).limit(1)
        ).scalar_one()  # fmt: skip
        invoice_id, amount = item.invoice_id, item.open_minor
        payments = [receive(stage, session, amount).id for _ in range(2)]
        session.commit()
    assert invoice_id is not None
    attempts: list[Any] = [
        lambda session, key=key: clear_invoices(session, stage.cast.finance, now=AFTER_OCTOBER, payment_id=key,
                                                parts={invoice_id: amount})
        for key in payments
    ]  # fmt: skip
    outcomes = race(stage.connection, attempts)
    assert sorted(isinstance(each, Conflict) for each in outcomes) == [False, True], outcomes
    with stage.connection() as session:
        left = session.execute(select(OpenItem.open_minor).where(OpenItem.payment_id.in_(payments))).scalars().all()
        assert sorted(left) == [0, amount]
    agree(stage)


def test_one_payment_is_used_once_by_two_at_once(stage: Stage) -> None:
    with stage.connection() as session:
        stage.post(session, Posting(stage.sites[0], OCTOBER))
        payment_id = receive(stage, session, 7_000).id
        session.commit()

    def use(session: Session) -> int:
        return sum(each.amount_minor for each in clear_oldest(session, stage.cast.finance, now=AFTER_OCTOBER,
                                                              payment_id=payment_id))  # fmt: skip

    outcomes = race(stage.connection, [use] * 4)
    assert sorted(outcomes, key=str) == [0, 0, 0, 7_000]
    agree(stage)


def test_one_source_is_received_once_by_eight_at_once(stage: Stage) -> None:
    attempts: list[Any] = [lambda session: receive(stage, session, 900, ("bank_lines", 77))] * 8
    outcomes = race(stage.connection, attempts)
    assert sum(isinstance(each, Conflict) for each in outcomes) == 7, outcomes
    agree(stage)


def test_closing_and_booking_at_once(stage: Stage) -> None:
    """October is closed while October's money is booked: it is in October's total or in November's books, never both."""
    attempts: list[Any] = [
        lambda session: close_month(session, stage.cast.finance, now=AFTER_OCTOBER, month=Month(2026, 10)).entries,
        *[lambda session: receive_payment(session, stage.cast.finance, now=AFTER_OCTOBER, way="cash", amount_minor=100,
                                          startup_id=stage.cast.startup_a, received_on=date(2026, 10, 30))] * 5,
    ]  # fmt: skip
    closed, *received = race(stage.connection, attempts)
    assert not any(isinstance(each, BaseException) and not isinstance(each, Refusal) for each in received), received
    with stage.connection() as session:
        booked = session.execute(
            select(func.count()).where(JournalEntry.booked_on.between(date(2026, 10, 1), date(2026, 10, 31)))
        ).scalar_one()
    assert closed == booked
    agree(stage)


def test_a_killed_writer_leaves_nothing_and_no_gap(stage: Stage) -> None:
    with stage.connection() as session:
        receive(stage, session, 4_200)
        stage.kill(session)
        with pytest.raises(OperationalError):
            session.execute(select(1))
    with stage.connection() as session:
        receive(stage, session, 4_300)
        session.commit()
    agree(stage)
