"""Random lives of the books against a model in memory that knows nothing of SQL: money in, clearings and their undoing,
refunds, deposits, closings. After every step the books agree with the model and with themselves."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from incubator.billing.models import Invoice, JournalEntry, OpenItem, Payment
from incubator.billing.operations.closing import close_month
from incubator.billing.operations.payments import (
    clear_invoices,
    clear_oldest,
    receive_payment,
    refund,
    undo_clearing,
    undo_refund,
)
from incubator.billing.queries.books import find_differences, total, trial_balance
from incubator.core.clock import CHINA
from incubator.core.errors import Refusal
from incubator.core.periods import Month
from tests.cast import Cast
from tests.effort import examples

AMOUNTS = st.integers(1, 400_000)
WAYS = st.sampled_from(["bank", "cash", "pos", "stripe"])
FOR_EVER = date(2000, 1, 1), date(2100, 1, 1)


@dataclass
class Paid:
    """A payment: how much is left, and what stands of it."""

    id: int
    who: str
    way: str
    left: int
    clearings: list[tuple[int, str, int]] = field(default_factory=list)
    refunds: list[tuple[int, int, str]] = field(default_factory=list)


def machine(session: Session, cast: Cast, posted: dict[str, Invoice]) -> type[RuleBasedStateMachine]:
    """The machine over this test's transaction; each life in a savepoint that is rolled back."""

    class Life(RuleBasedStateMachine):
        def __init__(self) -> None:
            super().__init__()
            self.life = session.begin_nested()
            self.now = datetime(2026, 11, 2, 2, 0, tzinfo=UTC)
            self.open = {who: each.net_minor for who, each in posted.items()}
            self.payments = list[Paid]()
            self.accounts = dict.fromkeys(["bank", "cash", "pos", "stripe"], 0)
            self.closed = dict[Month, int]()

        def teardown(self) -> None:
            self.life.rollback()
            session.expire_all()

        @property
        def today(self) -> date:
            return self.now.astimezone(CHINA).date()

        def refused(self, act: object) -> None:
            savepoint = session.begin_nested()
            try:
                act()  # type: ignore[operator]  # a lambda of the rule's
            except Refusal:
                savepoint.rollback()
                session.expire_all()
            else:
                raise AssertionError("it was not refused")

        @rule(who=st.sampled_from(["A", "B", "C"]), amount=AMOUNTS, way=WAYS, ago=st.integers(0, 60))
        def receive(self, who: str, amount: int, way: str, ago: int) -> None:
            made = receive_payment(
                session, cast.finance, now=self.now, startup_id=posted[who].startup_id, way=way, amount_minor=amount,
                received_on=self.today - timedelta(days=ago),
            )  # fmt: skip
            self.payments.append(Paid(made.id, who, way, amount))
            self.accounts[way] += amount

        @precondition(lambda self: self.payments)
        @rule(data=st.data(), amount=AMOUNTS)
        def clear(self, data: st.DataObject, amount: int) -> None:
            one = data.draw(st.sampled_from(self.payments))
            invoice = posted[one.who].id
            if amount > min(one.left, self.open[one.who]):
                self.refused(lambda: clear_invoices(session, cast.finance, now=self.now, payment_id=one.id,
                                                    parts={invoice: amount}))  # fmt: skip
                return
            [made] = clear_invoices(session, cast.finance, now=self.now, payment_id=one.id, parts={invoice: amount})
            self.use(one, made.id, amount)

        def use(self, one: Paid, clearing_id: int, amount: int) -> None:
            one.left -= amount
            self.open[one.who] -= amount
            one.clearings.append((clearing_id, one.who, amount))

        @precondition(lambda self: self.payments)
        @rule(data=st.data())
        def clear_what_is_left(self, data: st.DataObject) -> None:
            one = data.draw(st.sampled_from(self.payments))
            amount = min(one.left, self.open[one.who])
            made = clear_oldest(session, cast.finance, now=self.now, payment_id=one.id)
            assert [each.amount_minor for each in made] == ([amount] if amount else [])
            if made:
                self.use(one, made[0].id, amount)

        @precondition(lambda self: any(each.clearings for each in self.payments))
        @rule(data=st.data())
        def undo(self, data: st.DataObject) -> None:
            one = data.draw(st.sampled_from([each for each in self.payments if each.clearings]))
            clearing_id, who, amount = one.clearings.pop(data.draw(st.integers(0, len(one.clearings) - 1)))
            undo_clearing(session, cast.finance, now=self.now, clearing_id=clearing_id, reason="x")
            one.left += amount
            self.open[who] += amount
            self.refused(
                lambda: undo_clearing(session, cast.finance, now=self.now, clearing_id=clearing_id, reason="x")
            )

        @precondition(lambda self: self.payments)
        @rule(data=st.data(), amount=AMOUNTS, way=WAYS)
        def give_back(self, data: st.DataObject, amount: int, way: str) -> None:
            one = data.draw(st.sampled_from(self.payments))
            values = {
                "payment_id": one.id,
                "amount_minor": amount,
                "way": way,
                "refunded_on": self.today,
                "reason": "x",
            }
            if amount > one.left:
                self.refused(lambda: refund(session, cast.finance, now=self.now, **values))
                return
            made = refund(session, cast.finance, now=self.now, **values)
            one.left -= amount
            self.accounts[way] -= amount
            one.refunds.append((made.id, amount, way))

        @precondition(lambda self: any(each.refunds for each in self.payments))
        @rule(data=st.data())
        def a_refund_comes_back(self, data: st.DataObject) -> None:
            one = data.draw(st.sampled_from([each for each in self.payments if each.refunds]))
            refund_id, amount, way = one.refunds.pop()
            undo_refund(session, cast.finance, now=self.now, refund_id=refund_id, reason="x")
            one.left += amount
            self.accounts[way] += amount

        @rule(days=st.integers(1, 40))
        def time_passes(self, days: int) -> None:
            self.now += timedelta(days=days)

        @rule()
        def close(self) -> None:
            """The first month that has entries and is not closed; refused while it runs."""
            since = (max(self.closed) + 1).first if self.closed else date(2000, 1, 1)
            first = session.execute(
                select(func.min(JournalEntry.booked_on)).where(JournalEntry.booked_on >= since)
            ).scalar_one()
            month = Month.of(first or since)
            if month.last >= self.today:
                self.refused(lambda: close_month(session, cast.finance, now=self.now, month=month))
                return
            made = close_month(session, cast.finance, now=self.now, month=month)
            self.closed[month] = made.entries + sum(list(self.closed.values())[-1:])

        @invariant()
        def what_is_open_is_as_told(self) -> None:
            found = dict(session.execute(
                select(OpenItem.invoice_id, OpenItem.open_minor).where(OpenItem.invoice_id.is_not(None))
            ).all())  # fmt: skip
            assert found == {posted[who].id: minor for who, minor in self.open.items()}
            left = dict(session.execute(select(OpenItem.payment_id, OpenItem.open_minor)
                                        .where(OpenItem.payment_id.is_not(None))).all())  # fmt: skip
            assert left == {each.id: each.left for each in self.payments}

        @invariant()
        def the_books_agree(self) -> None:
            """Receivables equal open invoices, advances what is left, and debits are credits."""
            rows = trial_balance(session, cast.finance, *FOR_EVER)
            held = {row.account.value: row.closing_minor for row in rows}
            assert held["receivable"] == sum(self.open.values())
            assert held.get("advances", 0) == sum(each.left for each in self.payments)
            assert {way: held.get(way, 0) for way in self.accounts} == self.accounts
            debits, credits = total(rows)
            assert debits == credits
            assert find_differences(session) == []

        @invariant()
        def numbers_have_no_gap(self) -> None:
            for table in (JournalEntry, Payment):
                years: dict[int, list[int]] = {}
                for year, number in session.execute(select(table.year, table.number).order_by(table.number)).all():
                    years.setdefault(year, []).append(number)
                assert all(each == list(range(1, len(each) + 1)) for each in years.values())

        @invariant()
        def nothing_was_booked_into_a_closed_month(self) -> None:
            for month, entries in self.closed.items():
                assert entries == session.execute(
                    select(func.count()).where(JournalEntry.booked_on.between(date(2000, 1, 1), month.last))
                ).scalar_one()  # fmt: skip

    return Life


def test_random_lives(session: Session, cast: Cast, posted: dict[str, Invoice]) -> None:
    run_state_machine_as_test(
        machine(session, cast, posted),
        settings=settings(max_examples=examples(12), stateful_step_count=20, deadline=None,
                          suppress_health_check=list(HealthCheck)),
    )  # fmt: skip
