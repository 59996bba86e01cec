"""Random lives of a debtor: days, payments, pauses, promises, lifted limits, outages. Whatever happens, no step is taken
twice in a story nor while it waits, and nobody is limited who owes nothing overdue."""

from __future__ import annotations

from contextlib import suppress
from datetime import date, timedelta

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from incubator.billing.models import DunningAction, DunningStory
from incubator.billing.operations.dunning_entries import lift_limit, pause_dunning, promise_payment, resume_dunning
from incubator.billing.queries.dunning.states import load_states
from incubator.billing.rules.dunning import Step
from incubator.core.errors import Refusal
from incubator.startups.queries.booking_limits import list_booking_limits
from tests.billing.dunning.debts import Debts, morning
from tests.cast import Cast
from tests.effort import examples

STEPS = (Step(-2, "mail"), Step(1, "mail"), Step(3, "call"), Step(5, "letter", 50_000), Step(6, "booking"),
         Step(8, "access", 100_000), Step(9, "mail"))  # fmt: skip


def machine(session: Session, cast: Cast, debts: Debts) -> type[RuleBasedStateMachine]:
    """The machine over this test's transaction; each life in a savepoint that is rolled back."""

    class Life(RuleBasedStateMachine):
        def __init__(self) -> None:
            super().__init__()
            self.life = session.begin_nested()
            self.today = date(2026, 11, 1)
            self.taken = dict[tuple[int | None, date | None, str, int], date]()

        def teardown(self) -> None:
            self.life.rollback()
            session.expire_all()

        @rule(days=st.integers(1, 6))
        def pass_days(self, days: int) -> None:
            self.today += timedelta(days=days)

        @rule(amount=st.integers(1, 150_000), due=st.integers(-4, 6))
        def owe(self, amount: int, due: int) -> None:
            debts.owe(cast.startup_a, amount, self.today + timedelta(days=due))

        @rule(amount=st.integers(1, 200_000))
        def pay(self, amount: int) -> None:
            debts.pay(cast.startup_a, amount, self.today)

        @rule(times=st.integers(1, 2))
        def run(self, times: int) -> None:
            state = load_states(session, self.today, [cast.startup_a])[cast.startup_a]
            waits = state.standing.hold is not None and state.overdue is not None
            before = self.count()
            for _ in range(times):
                debts.run(self.today)
            new = session.execute(select(DunningAction).order_by(DunningAction.id).offset(before)).scalars().all()
            assert not (waits and new), "a step while it waits"
            for each in new:
                key = (each.story_id, each.due_on if each.story_id is None else None, each.measure, each.after_days)
                assert key not in self.taken, "a step twice"
                self.taken[key] = self.today
            told = [each for each in new if each.outcome == "done" and each.measure in ("mail", "call", "letter")]
            assert len({each.after_days for each in told}) <= 1, "a week's mails in one morning"

        @rule(days=st.integers(0, 10), dispute=st.booleans())
        def pause(self, days: int, dispute: bool) -> None:
            with suppress(Refusal):
                pause_dunning(session, cast.finance, now=morning(self.today), startup_id=cast.startup_a, reason="x",
                              until=self.today + timedelta(days=days), kind="dispute" if dispute else "pause")  # fmt: skip

        @rule()
        def resume(self) -> None:
            with suppress(Refusal):
                resume_dunning(session, cast.finance, now=morning(self.today), startup_id=cast.startup_a)

        @rule(days=st.integers(0, 14), by_startup=st.booleans())
        def promise(self, days: int, by_startup: bool) -> None:
            with suppress(Refusal):
                promise_payment(session, cast.founder_a if by_startup else cast.finance, now=morning(self.today),
                                startup_id=cast.startup_a, until=self.today + timedelta(days=days))  # fmt: skip

        @rule()
        def lift(self) -> None:
            with suppress(Refusal):
                lift_limit(session, cast.finance, now=morning(self.today), startup_id=cast.startup_a, reason="x")

        def count(self) -> int:
            return session.execute(select(func.count()).select_from(DunningAction)).scalar_one()

        @invariant()
        def who_owes_nothing_overdue_is_not_limited(self) -> None:
            state = load_states(session, self.today, [cast.startup_a])[cast.startup_a]
            if state.overdue is None:
                assert list_booking_limits(session, [cast.startup_a]) == {}
            running = session.execute(
                select(func.count()).select_from(DunningStory).where(DunningStory.ended_on.is_(None))
            ).scalar_one()
            assert running <= 1

    return Life


def test_random_lives(session: Session, cast: Cast, debts: Debts) -> None:
    debts.remind(*STEPS)
    effort = settings(max_examples=examples(12), stateful_step_count=25, deadline=None,
                      suppress_health_check=list(HealthCheck))  # fmt: skip
    run_state_machine_as_test(machine(session, cast, debts), settings=effort)
