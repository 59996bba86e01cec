"""What of claims is due next, and that the home pages of who sees claims say so."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy.orm import Session

from incubator.claims.models import Claim
from incubator.claims.operations.clawbacks import Demand, claw_back
from incubator.claims.operations.gathering import create_claim
from incubator.claims.operations.payments import pay_claim
from incubator.claims.operations.rulings import rule_claim
from incubator.claims.queries.claims import list_lines
from incubator.claims.queries.lists import list_next_due
from incubator.core.clock import CHINA
from tests.cast import Cast
from tests.claims.story import DAYS, at, hand_in
from tests.conftest import Browser
from tests.scenarios.october import October


def due(session: Session, cast: Cast, today: date) -> list[tuple[str, date, str]]:
    return [(each.what, each.due_on, each.pressing) for each in list_next_due(session, cast.manager, today, 3)]


def test_to_be_handed_in_and_then_to_be_paid_back(
    session: Session, cast: Cast, posted: October, scheme_id: int
) -> None:
    """Due on 20 November: soon from the 6th, late on the 21st. Of 300.00 and 200.00 that are wanted back until 10 and 20
    December, 299.99 paid back leave the first due, 300.00 the second, 500.00 none."""
    claim: Claim = create_claim(session, cast.finance, now=at(2), scheme_id=scheme_id, site_id=None,
                                due_on=date(2026, 11, 20), **DAYS)  # fmt: skip
    assert due(session, cast, date(2026, 11, 5)) == [("draft", date(2026, 11, 20), "")]
    assert due(session, cast, date(2026, 11, 6)) == [("draft", date(2026, 11, 20), "soon")]
    assert due(session, cast, date(2026, 11, 21)) == [("draft", date(2026, 11, 20), "late")]
    hand_in(session, cast, claim)
    assert due(session, cast, date(2026, 11, 21)) == []
    rule_claim(session, cast.finance, now=at(12), claim_id=claim.id, on=date(2026, 11, 12), answers={})
    pay_claim(session, cast.finance, now=at(13), claim_id=claim.id, kind="paid", amount_minor=305_458, on=date(2026, 11, 13))
    line = list_lines(session, cast.finance, claim.id)[0].line.id
    for minor, day in ((20_000, 20), (30_000, 10)):
        claw_back(session, cast.finance, now=at(15), claim_id=claim.id, demands={line: Demand(minor)}, reason="x",
                  demanded_on=date(2026, 11, 15), due_on=date(2026, 12, day))  # fmt: skip
    assert due(session, cast, date(2026, 11, 21)) == [("returned", date(2026, 12, 10), "")]
    for minor, left in ((29_999, date(2026, 12, 10)), (1, date(2026, 12, 20)), (20_000, None)):
        pay_claim(session, cast.finance, now=at(16), claim_id=claim.id, kind="returned", amount_minor=minor,
                  on=date(2026, 11, 16))  # fmt: skip
        assert [each for _, each, _ in due(session, cast, date(2026, 12, 1))] == ([left] if left else [])


def test_the_home_pages_say_it(
    session: Session, cast: Cast, client: Browser, posted: October, scheme_id: int
) -> None:
    today = datetime.now(CHINA).date()
    create_claim(session, cast.finance, now=at(2), scheme_id=scheme_id, site_id=None, due_on=today, **DAYS)
    for who, says in (("finance", True), ("manager", True), ("auditor", True), ("founder_a", False), ("front_desk", False)):
        page = client.sign_in(getattr(cast, who)).get("/").text
        assert ("CLM-2026-000001" in page and "待核对并提交" in page) == says, who
