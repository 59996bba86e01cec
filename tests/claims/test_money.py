"""A claim's money: what is granted, paid and wanted back leaves the books and the budget as if by hand."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from incubator.billing.operations.posting import post_month
from incubator.claims.models import Claim, ClaimRuling
from incubator.claims.operations.clawbacks import Demand, claw_back
from incubator.claims.operations.payments import pay_claim, undo_payment
from incubator.claims.operations.rulings import rule_claim
from incubator.claims.operations.steps import audit_claim
from incubator.claims.queries.claims import list_lines
from incubator.claims.queries.gathering import Scope, preview
from incubator.claims.queries.money import load_sums
from incubator.claims.rules.money import Answer, Sums
from incubator.core.errors import Conflict, NotFound, Refusal
from incubator.subsidies.models import Budget, Decision, Scheme
from incubator.subsidies.operations.budgets import add_budget, create_pool, draw_on
from tests.cast import Cast
from tests.claims.story import DAYS, at, hand_in, held, make
from tests.scenarios.october import AFTER_OCTOBER, OCTOBER, October

RECEIVABLE, LOSSES, PAYABLE, BANK = "subsidy_receivable", "subsidy_losses", "subsidy_payable", "bank"


@pytest.fixture
def budget(session: Session, cast: Cast, october: October) -> Budget:
    """10,000.00 for 2026, that scheme Y draws on from October's posting on: 3,054.58 are used."""
    scheme = session.execute(select(Scheme)).scalar_one()
    pool = create_pool(session, cast.finance, now=AFTER_OCTOBER, code="P", name="区级专项")
    draw_on(session, cast.finance, now=AFTER_OCTOBER, scheme_id=scheme.id, pool_id=pool.id)
    made = add_budget(session, cast.finance, now=AFTER_OCTOBER, pool_id=pool.id, first=date(2026, 1, 1),
                      last=date(2026, 12, 31), mode="first_come", amount_minor=1_000_000)  # fmt: skip
    post_month(session, cast.finance, now=AFTER_OCTOBER, site_id=october.site.id, month=OCTOBER)
    session.refresh(made)
    assert made.used_minor == 305_458
    return made


@pytest.fixture
def claim(session: Session, cast: Cast, budget: Budget) -> Claim:
    """3,054.58 of October, handed in on 5 November."""
    made = make(session, cast, session.execute(select(Scheme.id)).scalar_one())
    hand_in(session, cast, made)
    return made


def ids(session: Session, cast: Cast, claim: Claim) -> dict[int, int]:
    """Lines by amount: A's 1,440.00 and 180.00, B's 1,265.81 and 168.77."""
    return {each.amount_minor: each.line.id for each in list_lines(session, cast.finance, claim.id, released=True)}


def sums(session: Session, claim: Claim) -> Sums:
    return load_sums(session, [claim.id])[claim.id]


def test_the_worked_example(session: Session, cast: Cast, october: October, budget: Budget, claim: Claim) -> None:
    """By hand, in yuan. Receivable 3,054.58, the budget has used as much.

    The authority grants 2,434.58: of A's rent 1,000.00 of 1,440.00 (the operator bears 440.00), of A's fee nothing of
    180.00 (A bears it). Receivable 3,054.58 − 440.00 = 2,614.58; losses 440.00; used 2,434.58.
    It pays 2,000.00 and 434.58: bank 2,434.58, receivable the 180.00 of A's next invoice. It wants back 265.81 of B's
    rent: losses 705.81, payable 265.81, used 2,168.77. Paid back: payable nothing, bank 2,168.77.
    """
    assert held(session, RECEIVABLE) == 305_458
    lines = ids(session, cast, claim)
    rule_claim(session, cast.finance, now=at(12), claim_id=claim.id, on=date(2026, 11, 12), answers={
        lines[144_000]: Answer(100_000, "超出面积标准", "operator"), lines[18_000]: Answer(0, "物业费不在范围内", "startup"),
    })  # fmt: skip
    session.refresh(budget)
    assert (held(session, RECEIVABLE), held(session, LOSSES), budget.used_minor) == (261_458, 44_000, 243_458)
    (ruled,) = session.execute(select(Decision).where(Decision.outcome == "ruled")).scalars()
    assert (ruled.startup_id, ruled.amount_minor, ruled.month) == (october.a.id, -18_000, date(2026, 10, 1))
    assert sums(session, claim) == Sums(305_458, 243_458, 62_000)

    pay_claim(session, cast.finance, now=at(20), claim_id=claim.id, kind="paid", amount_minor=200_000,
              on=date(2026, 11, 19))  # fmt: skip
    assert (claim.state, held(session, RECEIVABLE), held(session, BANK)) == ("granted", 61_458, 200_000)
    pay_claim(session, cast.finance, now=at(21), claim_id=claim.id, kind="paid", amount_minor=43_458,
              on=date(2026, 11, 21))  # fmt: skip
    assert (claim.state, held(session, RECEIVABLE), held(session, BANK)) == ("paid", 18_000, 243_458)

    audit_claim(session, cast.finance, now=at(22), claim_id=claim.id, on=date(2026, 11, 22), note="市审计局，有整改项")
    claw_back(session, cast.finance, now=at(23), claim_id=claim.id, demands={lines[126_581]: Demand(26_581)},
              reason="入驻面积核减", demanded_on=date(2026, 11, 23), due_on=date(2026, 12, 23))  # fmt: skip
    session.refresh(budget)
    assert (held(session, LOSSES), held(session, PAYABLE), budget.used_minor) == (70_581, -26_581, 216_877)
    pay_claim(session, cast.finance, now=at(24), claim_id=claim.id, kind="returned", amount_minor=26_581,
              on=date(2026, 11, 24))  # fmt: skip
    assert (held(session, PAYABLE), held(session, BANK), held(session, RECEIVABLE)) == (0, 216_877, 18_000)
    assert claim.state == "clawed_back"
    assert sums(session, claim) == Sums(305_458, 243_458, 62_000, 0, 243_458, 26_581, 26_581)


def test_what_is_refused_as_a_whole_can_be_claimed_again(
    session: Session, cast: Cast, budget: Budget, claim: Claim
) -> None:
    lines = ids(session, cast, claim)
    rule_claim(session, cast.finance, now=at(12), claim_id=claim.id, on=date(2026, 11, 12),
               answers={lines[144_000]: Answer(0, "材料不全", "again")})  # fmt: skip
    session.refresh(budget)
    assert (held(session, RECEIVABLE), held(session, LOSSES), budget.used_minor) == (305_458, 0, 305_458)
    assert sums(session, claim) == Sums(305_458, 161_458, 0, 144_000)
    second = make(session, cast, claim.scheme_id)
    assert [each.amount_minor for each in list_lines(session, cast.finance, second.id)] == [144_000]
    hand_in(session, cast, second)
    rule_claim(session, cast.finance, now=at(13), claim_id=second.id, on=date(2026, 11, 13), answers={})
    assert sums(session, second) == Sums(144_000, 144_000)


def test_what_is_lost_is_not_claimed_again(session: Session, cast: Cast, budget: Budget, claim: Claim) -> None:
    rule_claim(session, cast.finance, now=at(12), claim_id=claim.id, on=date(2026, 11, 12),
               answers={ids(session, cast, claim)[144_000]: Answer(0, "不予支持", "operator")})  # fmt: skip
    assert preview(session, cast.finance, Scope(claim.scheme_id, None, DAYS["last_on"])) == []


def test_a_closed_budget_has_nothing_back(session: Session, cast: Cast, budget: Budget, claim: Claim) -> None:
    budget.closed_at = at(6)
    rule_claim(session, cast.finance, now=at(12), claim_id=claim.id, on=date(2026, 11, 12),
               answers={ids(session, cast, claim)[144_000]: Answer(0, "不予支持", "operator")})  # fmt: skip
    session.refresh(budget)
    assert budget.used_minor == 305_458
    assert set(session.execute(select(ClaimRuling.returned_minor)).scalars()) == {0}


@pytest.mark.parametrize(("answer", "said"), [
    (Answer(144_001, "x", "operator"), "Grant between"), (Answer(-1, "x", "operator"), "Grant between"),
    (Answer(100, "", "operator"), "in full"), (Answer(100, "x", None), "who bears"),
    (Answer(100, "x", "again"), "as a whole"), (Answer(100, "x", "the moon"), "who bears"),
])  # fmt: skip
def test_answers_that_can_not_be(
    session: Session, cast: Cast, claim: Claim, answer: Answer, said: str
) -> None:
    line = ids(session, cast, claim)[144_000]
    with pytest.raises(Refusal, match=said):
        rule_claim(session, cast.finance, now=at(12), claim_id=claim.id, on=date(2026, 11, 12), answers={line: answer})
    with pytest.raises(NotFound):
        rule_claim(session, cast.finance, now=at(12), claim_id=claim.id, on=date(2026, 11, 12),
                   answers={line + 99: Answer(0, "x", "operator")})  # fmt: skip


def test_nothing_granted_is_a_rejection(session: Session, cast: Cast, claim: Claim) -> None:
    answers = {each: Answer(0, "x", "operator") for each in ids(session, cast, claim).values()}
    with pytest.raises(Refusal, match="rejected"):
        rule_claim(session, cast.finance, now=at(12), claim_id=claim.id, on=date(2026, 11, 12), answers=answers)


def test_never_more_than_granted_comes_or_goes_back(session: Session, cast: Cast, claim: Claim) -> None:
    about = {"now": at(12), "claim_id": claim.id, "on": date(2026, 11, 12)}
    with pytest.raises(Conflict):
        pay_claim(session, cast.finance, kind="paid", amount_minor=1, **about)  # type: ignore[arg-type]  # by name
    rule_claim(session, cast.finance, answers={}, **about)  # type: ignore[arg-type]  # by name
    with pytest.raises(Refusal):
        pay_claim(session, cast.finance, kind="paid", amount_minor=305_459, **about)  # type: ignore[arg-type]  # by name
    with pytest.raises(Refusal):
        pay_claim(session, cast.finance, kind="returned", amount_minor=1, **about)  # type: ignore[arg-type]  # by name
    pay_claim(session, cast.finance, kind="paid", amount_minor=305_458, **about)  # type: ignore[arg-type]  # by name
    line = ids(session, cast, claim)[18_000]
    demand = {"reason": "x", "demanded_on": date(2026, 11, 12), "due_on": date(2026, 12, 1), "claim_id": claim.id}
    for amount in (18_001, 0):
        with pytest.raises(Refusal):
            claw_back(session, cast.finance, now=at(12), demands={line: Demand(amount)}, **demand)  # type: ignore[arg-type]  # by name
    claw_back(session, cast.finance, now=at(12), demands={line: Demand(10_000)}, **demand)  # type: ignore[arg-type]  # by name
    with pytest.raises(Refusal, match="At most"):
        claw_back(session, cast.finance, now=at(12), demands={line: Demand(8_001)}, **demand)  # type: ignore[arg-type]  # by name
    claw_back(session, cast.finance, now=at(12), demands={line: Demand(8_000, "startup")}, **demand)  # type: ignore[arg-type]  # by name
    assert held(session, PAYABLE) == -18_000


def test_a_payment_that_was_noted_wrongly_is_undone(session: Session, cast: Cast, claim: Claim) -> None:
    rule_claim(session, cast.finance, now=at(12), claim_id=claim.id, on=date(2026, 11, 12), answers={})
    paid = pay_claim(session, cast.finance, now=at(13), claim_id=claim.id, kind="paid", amount_minor=305_458,
                     on=date(2026, 11, 13))  # fmt: skip
    assert claim.state == "paid"
    undo_payment(session, cast.finance, now=at(14), claim_id=claim.id, payment_id=paid.id, reason="看错")
    assert (claim.state, held(session, BANK), held(session, RECEIVABLE)) == ("granted", 0, 305_458)
    with pytest.raises(Conflict):
        undo_payment(session, cast.finance, now=at(14), claim_id=claim.id, payment_id=paid.id, reason="看错")
