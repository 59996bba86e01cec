"""What a startup bears of a subsidy that was refused or is wanted back: a line of its next invoice, to the fen."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from incubator.billing.correction_lists import list_touched, list_written
from incubator.billing.corrections import find_corrections
from incubator.billing.models import Charge, Invoice, InvoiceLine, OneOffCharge
from incubator.billing.operations.credit_notes import credit_invoice
from incubator.billing.operations.posting import post_month, rerate_startup
from incubator.billing.queries.invoices import get_invoice, list_posted
from incubator.billing.queries.standing import get_statement
from incubator.billing.statements import export_statement
from incubator.billing.wording import line_formula
from incubator.claims.annexes import assemble_annex
from incubator.claims.models import Claim, ClaimClawback, ClaimRuling
from incubator.claims.operations.clawbacks import Demand, claw_back
from incubator.claims.operations.payments import pay_claim
from incubator.claims.operations.rulings import rule_claim
from incubator.claims.queries.claims import list_lines
from incubator.claims.queries.gathering import Scope, preview
from incubator.claims.queries.money import load_sums
from incubator.claims.rules.money import Answer
from incubator.core.errors import Refusal
from incubator.core.money import round_half_up
from incubator.pricing.operations import set_tax_status
from incubator.startups.models import Residency
from incubator.subsidies.explain import explain
from incubator.subsidies.models import Budget, Decision, Scheme
from incubator.subsidies.operations.budgets import add_budget, create_pool, draw_on
from tests.cast import NOW, Cast
from tests.claims.story import at, hand_in, held, make
from tests.scenarios.october import AFTER_OCTOBER, OCTOBER, October

NOVEMBER = OCTOBER + 1
RECEIVABLE, LOSSES, PAYABLE, BANK, VAT = (
    "subsidy_receivable", "subsidy_losses", "subsidy_payable", "bank", "output_vat",
)  # fmt: skip


@pytest.fixture
def budget(session: Session, cast: Cast, october: October) -> Budget:
    """VAT of 9 % in rent and 6 % in the fee; scheme Y draws on 10,000.00 for 2026; October is posted."""
    set_tax_status(session, cast.finance, now=NOW, status="general", valid_from=date(2026, 1, 1), usual=True)
    scheme = session.execute(select(Scheme)).scalar_one()
    pool = create_pool(session, cast.finance, now=AFTER_OCTOBER, code="P", name="区级专项")
    draw_on(session, cast.finance, now=AFTER_OCTOBER, scheme_id=scheme.id, pool_id=pool.id)
    made = add_budget(session, cast.finance, now=AFTER_OCTOBER, pool_id=pool.id, first=date(2026, 1, 1),
                      last=date(2026, 12, 31), mode="first_come", amount_minor=1_000_000)  # fmt: skip
    post_month(session, cast.finance, now=AFTER_OCTOBER, site_id=october.site.id, month=OCTOBER)
    return made


@pytest.fixture
def claim(session: Session, cast: Cast, budget: Budget) -> Claim:
    """October's 3,054.58, handed in on 5 November."""
    made = make(session, cast, session.execute(select(Scheme.id)).scalar_one())
    hand_in(session, cast, made)
    return made


def ids(session: Session, cast: Cast, claim: Claim) -> dict[int, int]:
    """Lines by amount: A's 1,440.00 and 180.00, B's 1,265.81 and 168.77."""
    return {each.amount_minor: each.line.id for each in list_lines(session, cast.finance, claim.id, released=True)}


def rule(session: Session, cast: Cast, claim: Claim, answers: dict[int, Answer]) -> None:
    rule_claim(session, cast.finance, now=at(12), claim_id=claim.id, on=date(2026, 11, 12), answers=answers)


def pay(session: Session, cast: Cast, claim: Claim, kind: str, minor: int) -> None:
    pay_claim(session, cast.finance, now=at(20), claim_id=claim.id, kind=kind, amount_minor=minor,
              on=date(2026, 11, 20))  # fmt: skip


def want_back(session: Session, cast: Cast, claim: Claim, demands: dict[int, Demand]) -> None:
    claw_back(session, cast.finance, now=at(23), claim_id=claim.id, demands=demands, reason="入驻面积核减",
              demanded_on=date(2026, 11, 23), due_on=date(2026, 12, 23))  # fmt: skip


def post_november(session: Session, cast: Cast, october: October) -> dict[int, Invoice]:
    made = post_month(session, cast.finance, now=at(1, 12), site_id=october.site.id, month=NOVEMBER)
    return {each.startup_id: each for each in made}


@pytest.fixture
def told(session: Session, cast: Cast, october: October, budget: Budget, claim: Claim) -> dict[int, Invoice]:
    """A's rent granted with 1,000.00 of 1,440.00, its fee with nothing of 180.00, and of the rent 250.00 wanted back: all
    borne by A. Of B's rent 265.81 wanted back, borne by the operator. November's invoices."""
    lines = ids(session, cast, claim)
    rule(session, cast, claim, {lines[144_000]: Answer(100_000, "超出面积标准", "startup"),
                                lines[18_000]: Answer(0, "物业费不在范围内", "startup")})  # fmt: skip
    pay(session, cast, claim, "paid", 243_458)
    want_back(session, cast, claim, {lines[144_000]: Demand(25_000, "startup"), lines[126_581]: Demand(26_581)})
    pay(session, cast, claim, "returned", 51_581)
    return post_november(session, cast, october)


def test_the_worked_example(session: Session, cast: Cast, october: October, budget: Budget, claim: Claim) -> None:
    """By hand, in yuan. VAT of October, each amount by itself: A's rent 79.27 in 960.00 and 118.90 in 1,440.00, its fee
    6.79 and 10.19; B's 69.68, 104.52, 6.37 and 9.55; C's desks twice 49.54; bookings 6.19 and 8.26: 518.80.

    Refused 440.00 and 180.00, borne by A: receivable stays 3,054.58 until A's invoice, losses nothing, used 2,434.58.
    Paid 2,434.58: receivable 620.00. Wanted back 250.00 from A and 265.81 from the operator: payable 515.81, receivable
    870.00, losses 265.81, used 1,918.77. VAT never changes.
    """
    assert (held(session, RECEIVABLE), held(session, VAT)) == (305_458, -51_880)
    lines = ids(session, cast, claim)
    rule(session, cast, claim, {lines[144_000]: Answer(100_000, "超出面积标准", "startup"),
                                lines[18_000]: Answer(0, "物业费不在范围内", "startup")})  # fmt: skip
    session.refresh(budget)
    assert (held(session, RECEIVABLE), held(session, LOSSES), budget.used_minor) == (305_458, 0, 243_458)
    assert set(session.execute(select(ClaimRuling.returned_minor)).scalars()) == {0, 44_000, 18_000}
    pay(session, cast, claim, "paid", 243_458)
    assert (claim.state, held(session, RECEIVABLE)) == ("paid", 62_000)
    want_back(session, cast, claim, {lines[144_000]: Demand(25_000, "startup"), lines[126_581]: Demand(26_581)})
    session.refresh(budget)
    assert (held(session, RECEIVABLE), held(session, LOSSES), held(session, PAYABLE)) == (87_000, 26_581, -51_581)
    assert budget.used_minor == 191_877 and held(session, VAT) == -51_880
    assert sorted(session.execute(select(ClaimClawback.returned_minor)).scalars()) == [25_000, 26_581]
    pay(session, cast, claim, "returned", 51_581)

    """November of A: rent 2,400.00 and fee 300.00, of which 1,620.00 are subsidised: 1,080.00 to pay; and 440.00, 180.00
    and 250.00 of October: 1,950.00. Gross 2,700.00 as without. VAT in the three lines: 440.00 × 9/109 = 36.33,
    180.00 × 6/106 = 10.19, 250.00 × 9/109 = 20.64."""
    invoice = post_november(session, cast, october)[october.a.id]
    assert (invoice.gross_minor, invoice.subsidy_minor, invoice.net_minor) == (270_000, 75_000, 195_000)
    borne = session.execute(
        select(Charge.kind, InvoiceLine.gross_minor, InvoiceLine.subsidy_minor, InvoiceLine.net_minor,
               InvoiceLine.tax_minor)
        .join(Charge, Charge.id == InvoiceLine.charge_id)
        .where(InvoiceLine.invoice_id == invoice.id, Charge.source_kind == "adjustment")
        .order_by(InvoiceLine.line)
    ).all()  # fmt: skip
    assert borne == [
        ("rent", 0, -44_000, 44_000, 3_633), ("property_fee", 0, -18_000, 18_000, 1_019),
        ("rent", 0, -25_000, 25_000, 2_064),
    ]  # fmt: skip
    """The books: of October nothing is receivable from government any more; of November A's 1,620.00 and B's 2,779.50.
    VAT of November: A 215.15, B 368.35 (135.00, 202.50, 12.34, 18.51), C 99.08: 682.58."""
    assert held(session, RECEIVABLE) == 162_000 + 277_950
    assert held(session, VAT) == -51_880 - 68_258
    assert (held(session, LOSSES), held(session, PAYABLE), held(session, BANK)) == (26_581, 0, 243_458 - 51_581)
    session.refresh(budget)
    assert budget.used_minor == 191_877 + 162_000 + 277_950
    """Of A's October, 2,775.00 with its booking: 1,155.00 by October's invoice, 870.00 by November's, and 750.00 that
    government has granted and not wanted back."""
    assert 115_500 + (195_000 - 108_000) + (100_000 - 25_000) == 277_500


def test_no_one_off_charge_and_no_line_of_another_claim(
    session: Session, cast: Cast, october: October, claim: Claim, told: dict[int, Invoice]
) -> None:
    assert session.execute(select(OneOffCharge)).first() is None
    found = preview(session, cast.finance, Scope(claim.scheme_id, None, date(2026, 12, 31)))
    assert [(each.lines, each.amount_minor) for each in found] == [(2, 162_000), (2, 277_950)], "November's alone"
    assert find_corrections(session, [october.a.id, october.b.id]) == {}, "a re-rating leaves the ruling"


def test_invoice_statement_and_lists_say_which_claim(
    session: Session, cast: Cast, october: October, claim: Claim, told: dict[int, Invoice]
) -> None:
    posted = get_invoice(session, cast.founder_a, told[october.a.id].id)
    (first, fee, back) = [each for each in posted.lines if each.charge.source_kind == "adjustment"]
    decision = first.decisions[0]
    said = explain(decision.outcome, decision.base_minor, decision.amount_minor, "CNY", decision.derivation, "en")
    assert said == ["The authority has not granted CN¥440.00 of it (claim CLM-2026-000001): CN¥1,440.00 before, CN¥1,000.00 now."]
    decision = back.decisions[0]
    said = explain(decision.outcome, decision.base_minor, decision.amount_minor, "CNY", decision.derivation, "zh_Hans")
    assert "CLM-2026-000001" in said[0] and "750.00" in said[0]
    charge = fee.charge
    words = line_formula(charge.kind, charge.basis, charge.unit_price, 0, "CNY", charge.derivation, "zh_Hans")
    assert "INV-2026-000002" in words and "物业费不在范围内" in words
    statement = get_statement(session, cast.founder_a, october.a.id, date(2026, 10, 1), date(2026, 12, 31))
    assert [each.entry.says.get("claim") for each in statement.lines][-1] == "CLM-2026-000001"
    assert export_statement(session, statement, "xlsx", "zh_Hans", date(2026, 12, 31)).content
    assert list_written(session, cast.finance, startup_id=october.a.id).total == 3
    annex = assemble_annex(list_posted(session, cast.finance, october.site.id, NOVEMBER))
    assert annex.adds_up and annex.amount_minor == 162_000 - 87_000 + 277_950


def test_a_startup_that_has_left_is_sent_an_invoice_of_it_alone(
    session: Session, cast: Cast, october: October, claim: Claim
) -> None:
    """A's agreement ended with October: of November it owes the 440.00 alone."""
    residency = session.execute(select(Residency).where(Residency.startup_id == october.a.id)).scalar_one()
    residency.ends_on = date(2026, 10, 31)
    session.flush()
    rule(session, cast, claim, {ids(session, cast, claim)[144_000]: Answer(100_000, "超出面积标准", "startup")})
    invoice = post_november(session, cast, october)[october.a.id]
    assert (invoice.gross_minor, invoice.subsidy_minor, invoice.net_minor) == (0, -44_000, 44_000)


def test_a_credit_note_before_and_after(
    session: Session, cast: Cast, october: October, claim: Claim, told: dict[int, Invoice]
) -> None:
    """Half of A's October rent is credited after all that: 1,200.00 gross, 720.00 subsidy, 480.00 net. Of 750.00 that
    were left half stay: 375.00; what stands is 750.00 − 720.00 = 30.00. So 345.00 are given: by a correction that the
    next claim has, so that government has back 720.00 − 345.00 = 375.00, half of its 750.00."""
    first = session.execute(
        select(Invoice).where(Invoice.startup_id == october.a.id, Invoice.month == OCTOBER.first)
    ).scalar_one()
    line = next(each.line.line for each in get_invoice(session, cast.finance, first.id).lines
                if each.charge.kind == "rent")  # fmt: skip
    assert list_touched(session, cast.finance).total == 0
    credit_invoice(session, cast.finance, now=at(3, 12), invoice_id=first.id, reason="停水半月", amounts={line: 120_000})
    (touched,) = list_touched(session, cast.finance).rows
    assert (touched.startup.id, touched.amount_minor) == (october.a.id, 34_500)
    rerate_startup(session, cast.finance, now=at(4, 12), startup_id=october.a.id, reason="贷项通知")
    assert find_corrections(session, [october.a.id]) == {} and list_touched(session, cast.finance).total == 0
    post_month(session, cast.finance, now=at(2, 1).replace(year=2027), site_id=october.site.id, month=OCTOBER + 2)
    (mine,) = preview(session, cast.finance, Scope(claim.scheme_id, None, date(2026, 10, 31)))
    assert (mine.lines, mine.amount_minor) == (2, -72_000 + 34_500)


def test_on_an_invoice_that_is_taken_off_it_waits_for_the_next(
    session: Session, cast: Cast, october: October, told: dict[int, Invoice]
) -> None:
    """A's November is credited as a whole, and not billed anew: 2,700.00 gross, 750.00 subsidy, 1,950.00 net. Of its own
    month nothing is left; the 440.00, 180.00 and 250.00 of October are A's still, and December's invoice has them: 1,080.00
    and 870.00. Government owes B's November until then, and the 870.00 that it never will; after it both startups'
    December, 1,620.00 and 2,779.50, without the 870.00."""
    invoice = told[october.a.id]
    note = credit_invoice(session, cast.finance, now=at(2, 12), invoice_id=invoice.id, reason="十一月免租")
    assert (note.gross_minor, note.subsidy_minor, note.net_minor) == (270_000, 75_000, 195_000)
    assert held(session, RECEIVABLE) == 277_950 + 87_000
    assert list_written(session, cast.finance, startup_id=october.a.id, waiting=True).total == 3
    assert find_corrections(session, [october.a.id]) == {}
    made = post_month(session, cast.finance, now=at(2, 1).replace(year=2027), site_id=october.site.id, month=OCTOBER + 2)
    december = next(each for each in made if each.startup_id == october.a.id)
    assert (december.gross_minor, december.subsidy_minor, december.net_minor) == (270_000, 75_000, 195_000)
    assert held(session, RECEIVABLE) == 277_950 + 162_000 + 277_950
    assert list_written(session, cast.finance, startup_id=october.a.id, waiting=True).total == 0
    credit_invoice(session, cast.finance, now=at(3, 1).replace(year=2027), invoice_id=december.id, reason="再免一月", is_anew=True)
    again = post_month(session, cast.finance, now=at(4, 1).replace(year=2027), site_id=october.site.id, month=OCTOBER + 2)
    assert [each.net_minor for each in again] == [195_000], "billed anew, with what corrects October"
    assert held(session, RECEIVABLE) == 277_950 + 162_000 + 277_950


def test_no_more_than_is_still_taken_off(session: Session, cast: Cast, october: October, claim: Claim) -> None:
    """A's October rent was credited by half after the claim was handed in: 720.00 of 1,440.00 are left of its subsidy."""
    first = session.execute(
        select(Invoice).where(Invoice.startup_id == october.a.id, Invoice.month == OCTOBER.first)
    ).scalar_one()
    line = next(each.line.line for each in get_invoice(session, cast.finance, first.id).lines
                if each.charge.kind == "rent")  # fmt: skip
    credit_invoice(session, cast.finance, now=at(6), invoice_id=first.id, reason="停水", amounts={line: 120_000})
    rent = ids(session, cast, claim)[144_000]
    with pytest.raises(Refusal, match="taken off") as refused, session.begin_nested():
        rule(session, cast, claim, {rent: Answer(71_999, "x", "startup")})
    assert refused.value.field == "left_to"
    rule(session, cast, claim, {rent: Answer(72_000, "x", "startup")})
    assert find_corrections(session, [october.a.id]) == {}, "nothing is left, and nothing is given again"


def by_startup(session: Session, startup_id: int) -> tuple[int, int]:
    """Gross and net of all invoices of a startup."""
    gross, net = session.execute(
        select(func.sum(Invoice.gross_minor), func.sum(Invoice.net_minor)).where(Invoice.startup_id == startup_id)
    ).one()
    return int(gross), int(net)


ANSWERS = st.lists(st.tuples(st.integers(0, 100), st.sampled_from(("startup", "startup", "operator", "again"))),
                   min_size=4, max_size=4)  # fmt: skip
BACK = st.lists(st.tuples(st.integers(0, 100), st.sampled_from(("startup", "operator"))), min_size=4, max_size=4)


@pytest.fixture
def plain(session: Session, cast: Cast, october: October, claim: Claim) -> dict[str, Any]:
    """How November comes out where all was granted in full: gross and VAT."""
    point = session.begin_nested()
    rule(session, cast, claim, {})
    post_november(session, cast, october)
    found = {"vat": held(session, VAT), "gross": {each: by_startup(session, each)[0] for each in (october.a.id, october.b.id)}}
    point.rollback()
    session.expire_all()
    return found


def once(session: Session, act: Callable[[], None]) -> None:
    """Do it, and take it back."""
    point = session.begin_nested()
    try:
        act()
    finally:
        point.rollback()
        session.expire_all()


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(answers=ANSWERS, first=BACK, second=BACK)
def test_whatever_is_refused_and_wanted_back(
    session: Session, cast: Cast, october: October, claim: Claim, budget: Budget, plain: dict[str, Any],
    answers: list[tuple[int, str]], first: list[tuple[int, str]], second: list[tuple[int, str]],
) -> None:  # fmt: skip
    """Gross and VAT are as if all were granted; what startups pay, what government has given for good, what the operator
    bears and what is claimed again are together the gross; the budget has used what is given for good."""

    def act() -> None:
        lines = list_lines(session, cast.finance, claim.id)
        wanted = {}
        for each, (percent, left) in zip(lines, answers, strict=True):
            whole = left == "again" and percent < 100
            granted = 0 if whole else round_half_up(Fraction(each.amount_minor * percent, 100))
            wanted[each.line.id] = Answer(granted, "x", left)
        if not any(each.granted_minor for each in wanted.values()):
            return
        rule(session, cast, claim, wanted)
        granted = load_sums(session, [claim.id])[claim.id].granted_minor
        pay(session, cast, claim, "paid", granted)
        rest = {each.line.id: wanted[each.line.id].granted_minor for each in lines}
        for demanded in (first, second):
            demands = {}
            for each, (percent, by) in zip(lines, demanded, strict=True):
                minor = round_half_up(Fraction(rest[each.line.id] * percent, 100))
                if minor:
                    demands[each.line.id] = Demand(minor, by)
                    rest[each.line.id] -= minor
            if demands:
                want_back(session, cast, claim, demands)
        post_november(session, cast, october)
        sums = load_sums(session, [claim.id])[claim.id]
        later = session.execute(
            select(func.sum(Decision.amount_minor)).where(Decision.month == NOVEMBER.first)
        ).scalar_one()  # fmt: skip
        ruled = session.execute(
            select(func.coalesce(func.sum(Decision.amount_minor), 0)).where(Decision.outcome == "ruled")
        ).scalar_one()  # fmt: skip
        assert held(session, VAT) == plain["vat"]
        gross = {each: by_startup(session, each)[0] for each in plain["gross"]}
        assert gross == plain["gross"]
        net = sum(by_startup(session, each)[1] for each in plain["gross"])
        assert net + sums.kept_minor + sums.again_minor + held(session, LOSSES) + later == sum(gross.values())
        assert held(session, RECEIVABLE) == sums.again_minor + later
        assert held(session, PAYABLE) == -sums.clawed_back_minor
        session.refresh(budget)
        assert budget.used_minor == sums.kept_minor + sums.again_minor + later
        assert find_corrections(session, [october.a.id, october.b.id]) == {}
        open_minor = sum(each.amount_minor for each in preview(session, cast.finance, Scope(claim.scheme_id, None, date(2026, 12, 31))))
        assert open_minor == later + sums.again_minor and ruled <= 0

    once(session, act)
