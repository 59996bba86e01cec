"""Whatever is posted, credited, corrected, claimed, ruled, paid and wanted back, in whatever order: what the books have as
receivable from government is what is still to be claimed, decided or paid, or to be billed to who bears it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from incubator.billing.corrections import find_corrections, list_unbilled
from incubator.billing.models import Invoice, OpenItem
from incubator.billing.operations.credit_notes import credit_invoice
from incubator.billing.operations.posting import post_month, rerate_startup
from incubator.billing.queries.credit_notes import draft_credit
from incubator.claims.models import Claim, ClaimClawback, ClaimLine, ClaimRuling
from incubator.claims.operations.clawbacks import Demand, claw_back
from incubator.claims.operations.gathering import create_claim
from incubator.claims.operations.payments import pay_claim
from incubator.claims.operations.rulings import rule_claim
from incubator.claims.operations.steps import approve_claim, check_claim, submit_claim, withdraw_claim
from incubator.claims.queries.claims import list_lines
from incubator.claims.queries.gathering import Scope, preview
from incubator.claims.queries.money import load_sums
from incubator.claims.rules.money import Answer
from incubator.core.errors import Refusal
from incubator.core.money import round_half_up
from incubator.pricing.operations import set_tax_status
from incubator.startups.operations import edit_startup
from incubator.subsidies.models import Budget, Decision, Scheme
from incubator.subsidies.operations.budgets import add_budget, create_pool, draw_on
from tests.cast import NOW, Cast
from tests.claims.story import held
from tests.scenarios.october import OCTOBER, October

LAST = date(2027, 12, 31)


class World:
    """October's three startups, scheme Y on a budget of a year, and what can be done with them; each step is refused or
    leaves everything in order."""

    def __init__(self, session: Session, cast: Cast, october: October) -> None:
        self.session, self.cast, self.october = session, cast, october
        set_tax_status(session, cast.finance, now=NOW, status="general", valid_from=date(2026, 1, 1), usual=True)
        self.scheme_id = session.execute(select(Scheme.id)).scalar_one()
        pool = create_pool(session, cast.finance, now=NOW, code="P", name="区级专项")
        draw_on(session, cast.finance, now=NOW, scheme_id=self.scheme_id, pool_id=pool.id)
        self.budget: Budget = add_budget(session, cast.finance, now=NOW, pool_id=pool.id, first=date(2026, 1, 1), last=LAST,
                                         mode="first_come", amount_minor=3_000_000)  # fmt: skip
        self.month, self.steps = OCTOBER, 0

    @property
    def now(self) -> datetime:
        self.steps += 1
        return datetime(2027, 6, 1, tzinfo=UTC) + timedelta(minutes=self.steps)

    def post(self, _a: int, _b: int) -> None:
        post_month(self.session, self.cast.finance, now=self.now, site_id=self.october.site.id, month=self.month)
        self.month += 1

    def post_again(self, a: int, _b: int) -> None:
        """A month in which something was taken back to be billed anew."""
        months = [OCTOBER + n for n in range((self.month.first - OCTOBER.first).days // 30 + 1)]
        post_month(self.session, self.cast.finance, now=self.now, site_id=self.october.site.id, month=months[a % len(months)])

    def credit(self, a: int, b: int) -> None:
        ids = self.session.execute(select(Invoice.id).order_by(Invoice.id)).scalars().all()
        if not ids:
            return
        invoice_id, amounts = ids[-1 - a % min(4, len(ids))], None
        if b % 3 == 0:
            lines = [each for each in draft_credit(self.session, self.cast.finance, invoice_id).lines if each.left.gross_minor]
            if lines:
                line = lines[b % len(lines)]
                amounts = {line.number: max(1, round_half_up(Fraction(line.left.gross_minor * (b % 101), 100)))}
        credit_invoice(self.session, self.cast.finance, now=self.now, invoice_id=invoice_id, reason="x", amounts=amounts,
                       is_anew=amounts is None and b % 3 == 1)  # fmt: skip

    def learn(self, a: int, b: int) -> None:
        """A's registration turns out to be of another day, and what was posted is corrected by it."""
        startup = self.october.a
        days = (date(2025, 3, 1), date(2026, 11, 2), date(2026, 12, 24))
        edit_startup(self.session, self.cast.manager, now=self.now, startup=startup, name=startup.name, kind="company",
                     credit_code=startup.credit_code, registered_on=days[a % 3])  # fmt: skip
        self.correct(0, b)

    def correct(self, a: int, _b: int) -> None:
        startup = (self.october.a, self.october.b, self.october.c)[a % 3]
        rerate_startup(self.session, self.cast.finance, now=self.now, startup_id=startup.id, reason="x")
        assert find_corrections(self.session, [startup.id]) == {}, "corrected once, it is right"

    def claim(self, _a: int, b: int) -> None:
        last = (OCTOBER + b % 4).last
        made = create_claim(self.session, self.cast.finance, now=self.now, scheme_id=self.scheme_id, site_id=None,
                            first_on=OCTOBER.first, last_on=last)  # fmt: skip
        check_claim(self.session, self.cast.finance, now=self.now, claim_id=made.id)
        approve_claim(self.session, self.cast.manager, now=self.now, claim_id=made.id)
        submit_claim(self.session, self.cast.finance, now=self.now, claim_id=made.id, on=date(2027, 6, 1))

    def _in(self, *states: str) -> list[int]:
        found = self.session.execute(select(Claim.id).where(Claim.state.in_(states)).order_by(Claim.id))
        return list(found.scalars())

    def rule(self, a: int, b: int) -> None:
        for claim_id in self._in("submitted")[:1]:
            answers = {}
            for number, each in enumerate(list_lines(self.session, self.cast.finance, claim_id)):
                turn = (a + number * 7 + b) % 8
                left = ("startup", "operator", "again")[turn % 3]
                whole = each.amount_minor if turn < 3 else 0 if left == "again" else round_half_up(Fraction(each.amount_minor * turn, 9))
                answers[each.line.id] = Answer(whole, "x", left)
            rule_claim(self.session, self.cast.finance, now=self.now, claim_id=claim_id, on=date(2027, 6, 1), answers=answers)

    def withdraw(self, a: int, _b: int) -> None:
        for claim_id in self._in("submitted")[: a % 2]:
            withdraw_claim(self.session, self.cast.finance, now=self.now, claim_id=claim_id, note="x")

    def pay(self, a: int, b: int) -> None:
        for claim_id in self._in("granted", "partly_paid", "paid")[a % 2 :][:1]:
            sums = load_sums(self.session, [claim_id])[claim_id]
            kind = "returned" if b % 2 and sums.owed_back_minor else "paid"
            left = sums.owed_back_minor if kind == "returned" else sums.to_come_minor
            pay_claim(self.session, self.cast.finance, now=self.now, claim_id=claim_id, kind=kind,
                      amount_minor=left if b % 3 else left // 2, on=date(2027, 6, 1))  # fmt: skip

    def want_back(self, a: int, b: int) -> None:
        for claim_id in self._in("paid")[:1]:
            lines = [each for each in list_lines(self.session, self.cast.finance, claim_id) if each.amount_minor > 0]
            for each in lines[a % max(1, len(lines)) :][:1]:
                demand = Demand(max(1, each.amount_minor * (b % 60) // 100), ("startup", "operator")[b % 2])
                claw_back(self.session, self.cast.finance, now=self.now, claim_id=claim_id, demands={each.line.id: demand},
                          reason="x", demanded_on=date(2027, 6, 1), due_on=date(2027, 7, 1))  # fmt: skip

    def check(self) -> None:
        session = self.session
        open_minor = sum(each.amount_minor for each in preview(session, self.cast.finance, Scope(self.scheme_id, None, LAST)))
        undecided = session.execute(
            select(func.coalesce(func.sum(Decision.amount_minor), 0))
            .join(ClaimLine, ClaimLine.decision_id == Decision.id)
            .join(Claim, Claim.id == ClaimLine.claim_id)
            .where(ClaimLine.released_at.is_(None), Claim.state.in_(("draft", "checked", "approved", "submitted")))
        ).scalar_one()
        sums = load_sums(session, session.execute(select(Claim.id)).scalars().all())
        to_come = sum(each.to_come_minor for each in sums.values())
        waiting = [one for found in list_unbilled(session, self.october.site.id).values() for one in found]
        living = set(session.execute(select(ClaimLine.decision_id).where(ClaimLine.released_at.is_(None))).scalars())
        # what a startup bears, and what corrects a claimed line on an invoice that was taken off since: the next one has it
        to_bill = -sum(each.amount_minor for each in waiting if each.outcome == "ruled" or each.decision_id in living)
        assert held(session, "subsidy_receivable") == open_minor + int(undecided) + to_come + to_bill
        assert held(session, "subsidy_payable") == -sum(each.owed_back_minor for each in sums.values())
        items = session.execute(select(func.coalesce(func.sum(OpenItem.open_minor), 0)).where(OpenItem.invoice_id.is_not(None)))
        assert held(session, "receivable") == items.scalar_one()
        session.refresh(self.budget)
        assert self.budget.used_minor == self._given() - self._returned(ClaimRuling, ClaimRuling.left_to) - self._returned(
            ClaimClawback, ClaimClawback.borne_by)  # fmt: skip

    def _given(self) -> int:
        given = select(func.coalesce(func.sum(Decision.amount_minor), 0)).where(Decision.budget_id == self.budget.id)
        return int(self.session.execute(given).scalar_one())

    def _returned(self, table: Any, who: Any) -> int:
        found = select(func.coalesce(func.sum(table.returned_minor), 0)).where(func.coalesce(who, "operator") == "operator")
        return int(self.session.execute(found).scalar_one())


ACTS: dict[str, Callable[[World, int, int], None]] = {
    name: getattr(World, name)
    for name in ("post", "post_again", "credit", "learn", "correct", "claim", "rule", "withdraw", "pay", "want_back")
}  # fmt: skip
STEP = st.tuples(st.sampled_from((*ACTS, "post", "claim", "rule", "pay")), st.integers(0, 999), st.integers(0, 999))


@pytest.fixture
def world(session: Session, cast: Cast, october: October) -> World:
    return World(session, cast, october)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
          derandomize=True, phases=[Phase.explicit, Phase.generate])  # fmt: skip  to hunt: at random, and a thousand
@given(first=st.tuples(st.integers(0, 7), st.integers(0, 7)), steps=st.lists(STEP, min_size=4, max_size=20))
@example(first=(7, 4), steps=[("learn", 395, 335), ("post", 54, 918), ("claim", 438, 318), ("credit", 217, 5)])
def test_in_whatever_order(
    session: Session, world: World, first: tuple[int, int], steps: list[tuple[str, int, int]]
) -> None:
    everything = session.begin_nested()
    world.month, world.steps = OCTOBER, 0
    try:
        for name, a, b in [("post", 0, 0), ("claim", 0, 0), ("rule", *first), ("post", 0, 0), *steps]:
            point = session.begin_nested()
            try:
                ACTS[name](world, a, b)
                point.commit()
            except Refusal:
                point.rollback()
                session.expire_all()
            world.check()
    finally:
        everything.rollback()
        session.expire_all()
