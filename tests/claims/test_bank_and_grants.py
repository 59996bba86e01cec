"""The bank's lines as payments of claims; and claims of what policies give the operator itself."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from incubator.billing.models import BankLine
from incubator.billing.operations.bank_matching import ignore_line, undo_line
from incubator.claims.models import Claim, ClaimPayment
from incubator.claims.operations.gathering import create_claim
from incubator.claims.operations.payments import match_bank_line, undo_payment
from incubator.claims.operations.rulings import rule_claim
from incubator.claims.queries.claims import list_lines
from incubator.claims.rules.money import Answer
from incubator.core.errors import Conflict, Refusal
from incubator.jobs.demo.policies import P3, P9
from incubator.subsidies.models import GrantInstalment, Scheme
from incubator.subsidies.operations.evidence import Proof, record_cost, record_fact
from incubator.subsidies.operations.grants import record_grants, release_instalment
from incubator.subsidies.operations.schemes import add_scheme_version, create_scheme
from tests.billing.bank.making import make_bank
from tests.cast import NOW, Cast
from tests.claims.story import DAYS, at, hand_in, held, make
from tests.conftest import Browser
from tests.scenarios.october import AFTER_OCTOBER, OCTOBER, October

ON = date(2026, 11, 12)


@pytest.fixture
def granted(session: Session, cast: Cast, posted: October, scheme_id: int) -> Claim:
    """3,054.58, granted in full."""
    claim = make(session, cast, scheme_id)
    hand_in(session, cast, claim)
    rule_claim(session, cast.finance, now=at(12), claim_id=claim.id, on=ON, answers={})
    return claim


@pytest.fixture
def line(session: Session, cast: Cast, posted: October) -> BankLine:
    """The treasury's transfer of 3,054.58."""
    return bank_line(session, cast, 305_458)


def bank_line(session: Session, cast: Cast, minor: int) -> BankLine:
    from_bank = make_bank(session, cast, "BANK")
    found: BankLine = from_bank.line("2026-11-12", minor, "区财政国库支付中心", "入园企业扶持资金")
    return found


def test_a_line_of_the_bank_pays_a_claim_and_is_undone_with_it(
    session: Session, cast: Cast, granted: Claim, line: BankLine
) -> None:
    bank = held(session, "bank")
    with pytest.raises(Refusal, match="Together"), session.begin_nested():
        match_bank_line(session, cast.finance, now=at(13), line_id=line.id, parts={granted.id: 305_457})
    (paid,) = match_bank_line(session, cast.finance, now=at(13), line_id=line.id, parts={granted.id: 305_458})
    session.refresh(line)
    assert (line.state, granted.state, paid.on, paid.bank_line_id) == ("subsidy", "paid", line.booked_on, line.id)
    assert held(session, "bank") - bank == 305_458 and held(session, "subsidy_receivable") == 0
    with pytest.raises(Conflict, match="claim"):
        undo_line(session, cast.finance, now=at(14), line_id=line.id, reason="x")
    with pytest.raises(Conflict):
        match_bank_line(session, cast.finance, now=at(14), line_id=line.id, parts={granted.id: 1})
    undo_payment(session, cast.finance, now=at(14), claim_id=granted.id, payment_id=paid.id, reason="看错")
    session.refresh(line)
    assert (line.state, granted.state, held(session, "bank") - bank) == ("open", "granted", 0)
    ignore_line(session, cast.finance, now=at(14), line_id=line.id, reason="x")


def test_the_page_offers_what_is_to_come(
    session: Session, cast: Cast, client: Browser, granted: Claim, line: BankLine
) -> None:
    browser = client.sign_in(cast.finance)
    assert "claims/bank" in browser.get(f"/billing/bank/lines/{line.id}").text
    assert f"claims/bank/{line.id}" in browser.get(f"/claims/{granted.id}/payments/paid").text
    page = browser.get(f"/claims/bank/{line.id}").text
    assert 'value="3054.58"' in page
    wrong = browser.post(f"/claims/bank/{line.id}", data={f"part_{granted.id}": "3054.59"})
    assert wrong.status_code == 422 and session.execute(select(ClaimPayment)).first() is None
    assert browser.post(f"/claims/bank/{line.id}", data={f"part_{granted.id}": "3054.58"}).status_code == 303


def enter(session: Session, cast: Cast, october: October) -> dict[str, int]:
    """Rent of a space (P3, at once) and fit-out (P9, 50 / 30 / 20 by instalments)."""
    for policy in (P3, P9):
        scheme = create_scheme(session, cast.finance, now=NOW, code=policy.code, name=policy.name)
        add_scheme_version(session, cast.finance, now=NOW, scheme=scheme, valid_from=date(2026, 1, 1),
                           source=policy.source, rule=policy.rule)  # fmt: skip
    proof = Proof("武昌区认定文件〔2026〕12 号")
    record_fact(session, cast.finance, now=NOW, name="site.approved_on", value="2026-06-10", first=date(2026, 1, 1),
                proof=proof, site_id=october.site.id)  # fmt: skip
    for kind, minor, area in (("own_rent", 11_400_000, 1200), ("fit_out", 10_000_000, 600)):
        record_cost(session, cast.finance, now=NOW, site_id=october.site.id, kind=kind, title=kind, first=OCTOBER.first,
                    last=OCTOBER.last, amount_minor=minor, area_m2=Decimal(area), proof=proof)  # fmt: skip
    return {each.code: each.id for each in session.execute(select(Scheme)).scalars()}


def test_a_grant_to_the_operator_comes_into_the_books_when_it_is_granted(
    session: Session, cast: Cast, october: October
) -> None:
    """P3: 1,000 m² × 80.00 = 80,000.00 of October; the authority grants 75,000.00."""
    schemes = enter(session, cast, october)
    record_grants(session, cast.finance, now=AFTER_OCTOBER, site_id=october.site.id, every="month", month=OCTOBER)
    claim = create_claim(session, cast.finance, now=at(2), scheme_id=schemes[P3.code], site_id=None, **DAYS)
    (found,) = list_lines(session, cast.finance, claim.id)
    assert (found.amount_minor, found.base_minor, found.startup, found.invoice) == (8_000_000, 11_400_000, None, None)
    with pytest.raises(Conflict):
        create_claim(session, cast.finance, now=at(2), scheme_id=schemes[P3.code], site_id=None, **DAYS)
    hand_in(session, cast, claim)
    assert held(session, "subsidy_receivable") == 0
    with pytest.raises(Refusal, match="No startup"):
        rule_claim(session, cast.finance, now=at(12), claim_id=claim.id, on=ON,
                   answers={found.line.id: Answer(7_500_000, "核减", "startup")})  # fmt: skip
    rule_claim(session, cast.finance, now=at(12), claim_id=claim.id, on=ON,
               answers={found.line.id: Answer(7_500_000, "核减", "operator")})  # fmt: skip
    assert (held(session, "subsidy_receivable"), held(session, "income.grants"), held(session, "subsidy_losses")) == (
        7_500_000, -7_500_000, 0,
    )  # fmt: skip


def test_an_instalment_is_claimed_once_it_is_released(session: Session, cast: Cast, october: October) -> None:
    schemes = enter(session, cast, october)
    for every in ("month", "quarter", "year"):
        try:
            record_grants(session, cast.finance, now=at(4, 1).replace(year=2027), site_id=october.site.id, every=every,
                          month=OCTOBER)  # fmt: skip
        except Conflict:
            continue
    instalments = session.execute(select(GrantInstalment).order_by(GrantInstalment.number)).scalars().all()
    wanted = {"scheme_id": schemes[P9.code], "site_id": None, "first_on": date(2026, 1, 1), "last_on": date(2026, 12, 31)}
    later = at(5, 1).replace(year=2027)
    if instalments[0].released_at is None:
        with pytest.raises(Conflict):
            create_claim(session, cast.finance, now=later, **wanted)  # type: ignore[arg-type]  # by name
        release_instalment(session, cast.finance, now=later, instalment_id=instalments[0].id, evidence="验收意见")
    claim = create_claim(session, cast.finance, now=later, **wanted)  # type: ignore[arg-type]  # by name
    assert [each.amount_minor for each in list_lines(session, cast.finance, claim.id)] == [instalments[0].amount_minor]
