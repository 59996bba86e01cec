"""Late facts become later lines: figures of POLICIES.md, worked by hand, from the correction to the invoice."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from incubator.audit.models import AuditEvent
from incubator.billing.corrections import find_corrections, fingerprint
from incubator.billing.drafts import draft_month
from incubator.billing.models import Invoice
from incubator.billing.operations.credit_notes import credit_invoice
from incubator.billing.operations.posting import post_month, rerate_startup
from incubator.billing.queries.invoices import get_invoice, list_posted
from incubator.claims.annexes import assemble_annex
from incubator.claims.operations.gathering import create_claim
from incubator.claims.queries.claims import list_lines
from incubator.claims.queries.gathering import Scope, preview
from incubator.core.errors import Conflict, Forbidden, NotFound, Refusal
from incubator.core.periods import Month
from incubator.startups.models import Residency, Standing, Startup
from incubator.startups.operations import (
    UnitTerms,
    add_post,
    claim_standing,
    confirm_standing,
    edit_startup,
    end_residency,
    sign_residency,
    withdraw_standing,
)
from incubator.subsidies.models import Budget, BudgetPool, Decision, Scheme
from incubator.subsidies.operations.schemes import add_scheme_version, create_scheme
from tests.cast import NOW, Cast
from tests.scenarios.october import OCTOBER, October

NOVEMBER, DECEMBER, JANUARY = OCTOBER + 1, OCTOBER + 2, OCTOBER + 3
LATER = datetime(2027, 1, 5, 1, tzinfo=UTC)
FEBRUARY = datetime(2027, 2, 2, 1, tzinfo=UTC)
WHY = "税务局来函：登记日期有误"
STEPS = {
    "graduate": {"steps": [[12, "1560"], [24, "1300"], [36, "910"]], "by": "residency.month_number"},
    "other": {"steps": [[12, "1200"], [24, "1000"], [36, "700"]], "by": "residency.month_number"},
}
P1 = {
    "who": {"all": [{"fact": "residency.month_number", "at_most": 36}]}, "covers": ["rent"], "how": {"share": "1"},
    "caps": [{"per": "startup", "window": "month", "amount": {
        "cases": [[{"all": [{"fact": "founders.categories", "has": "graduate"}]}, STEPS["graduate"]]],
        "else": STEPS["other"]}}],
}  # fmt: skip
"""P1 and P1a of POLICIES.md: 1,200 a month in the first year, 1,560 with a graduate; no more than the rent."""


def post(session: Session, cast: Cast, october: October, month: Month, now: datetime = FEBRUARY) -> dict[int, Invoice]:
    made = post_month(session, cast.finance, now=now, site_id=october.site.id, month=month)
    return {each.startup_id: each for each in made}


def rerate(session: Session, cast: Cast, startup_id: int, now: datetime = LATER) -> list[tuple[date, int]]:
    """What is written: the month that it corrects, and by how much."""
    rows = rerate_startup(session, cast.finance, now=now, startup_id=startup_id, reason=WHY)
    return [(row.month, row.amount_minor) for row in rows]


def register(session: Session, cast: Cast, startup: Startup, on: date) -> None:
    edit_startup(session, cast.manager, now=datetime(2027, 1, 4, tzinfo=UTC), startup=startup, name=startup.name, kind="company",
                 credit_code=startup.credit_code, registered_on=on)  # fmt: skip


def given(session: Session, startup_id: int) -> dict[date, int]:
    rows = session.execute(
        select(Decision.month, func.sum(Decision.amount_minor)).where(Decision.startup_id == startup_id).group_by(Decision.month)
    ).all()
    return {month: int(minor) for month, minor in rows}


@pytest.fixture
def quarter(session: Session, cast: Cast, october: October) -> October:
    """POLICIES.md, P6: A's rent and fees come to 6,500.00 every month; 3,900.00, 3,900.00 and 2,200.00 are given."""
    sign_residency(session, cast.manager, now=NOW, startup=october.a, site=october.site, starts_on=date(2026, 10, 1),
                   units=[UnitTerms(october.units["D4"], "unit_month", Decimal("3800.00"))])  # fmt: skip
    found = [post(session, cast, october, month)[october.a.id] for month in (OCTOBER, NOVEMBER, DECEMBER)]
    assert [each.subsidy_minor for each in found] == [390_000, 390_000, 220_000]
    return october


@pytest.fixture
def graduate(session: Session, cast: Cast, october: October) -> tuple[Startup, Standing, int]:
    """Team C with a graduate, at 600.00, 600.00 and 2,000.00 a month under P1a: 1,560.00 in October and November."""
    scheme = create_scheme(session, cast.finance, now=NOW, code="P1", name="深圳市创业场租补贴")
    add_scheme_version(session, cast.finance, now=NOW, scheme=scheme, valid_from=date(2026, 1, 1), source="办法", rule=P1)
    c = october.c
    sign_residency(session, cast.manager, now=NOW, startup=c, site=october.site, starts_on=date(2026, 10, 1),
                   units=[UnitTerms(october.units["D3"], "unit_month", Decimal("2000.00"))])  # fmt: skip
    member = add_post(session, cast.manager, now=NOW, secret=b"x" * 32, startup_id=c.id, name="钱毕业", role="founder",
                      first=date(2026, 9, 1))  # fmt: skip
    standing = claim_standing(session, cast.manager, now=NOW, post_id=member.id, category="graduate", first=date(2024, 6, 30),
                              evidence="深圳大学毕业证 2024-17")  # fmt: skip
    confirm_standing(session, cast.manager, now=NOW, standing_id=standing.id)
    found = [post(session, cast, october, month)[c.id].subsidy_minor for month in (OCTOBER, NOVEMBER)]
    assert found == [156_000, 156_000]
    return c, standing, member.id


def test_a_month_that_was_wrongly_given_frees_the_quarter_s_cap(session: Session, cast: Cast, quarter: October) -> None:
    a = quarter.a
    register(session, cast, a, date(2026, 11, 2))  # so that in October it was a team yet
    written = rerate(session, cast, a.id)
    # October: 1,440.00 + 180.00 + 2,280.00 are taken back. December: 10,000.00 − 3,900.00 leave 6,100.00: all 3,900.00
    assert written == [(OCTOBER.first, -144_000), (OCTOBER.first, -18_000), (OCTOBER.first, -228_000), (DECEMBER.first, 170_000)]
    assert given(session, a.id) == {OCTOBER.first: 0, NOVEMBER.first: 390_000, DECEMBER.first: 390_000}
    assert rerate(session, cast, a.id) == [], "a second time there is nothing"


def test_the_next_invoice_carries_the_corrections(session: Session, cast: Cast, quarter: October) -> None:
    a = quarter.a
    register(session, cast, a, date(2026, 11, 2))
    rerate(session, cast, a.id)
    january = post(session, cast, quarter, JANUARY)[a.id]
    # 6,500.00 with 3,900.00 of the new quarter, −3,900.00 for October and +1,700.00 for December
    assert (january.gross_minor, january.subsidy_minor, january.net_minor) == (650_000, 170_000, 480_000)
    lines = [each for each in get_invoice(session, cast.finance, january.id).lines if each.charge.source_kind == "adjustment"]
    assert [(each.line.gross_minor, each.line.subsidy_minor, each.line.net_minor) for each in lines] == [
        (0, -144_000, 144_000), (0, -18_000, 18_000), (0, -228_000, 228_000), (0, 170_000, -170_000)]  # fmt: skip
    assert [each.charge.kind for each in lines] == ["rent", "property_fee", "rent", "rent"]
    assert [each.charge.derivation["corrects"]["invoice"] for each in lines[::3]] == ["INV-2027-000002", "INV-2027-000008"]
    assert [each.decisions[0].outcome for each in lines] == ["adjusted"] * 4
    with pytest.raises(Conflict, match="nothing to post"):
        post(session, cast, quarter, JANUARY)
    assert not draft_month(session, cast.finance, quarter.site.id, JANUARY + 1).waiting


def test_on_an_invoice_that_is_credited_as_a_whole_they_wait_for_the_next(session: Session, cast: Cast, quarter: October) -> None:
    """January is credited and not billed anew: 6,500.00 are off, of which 3,900.00 go back; the −2,200.00 of October and
    December are A's still. February: 6,500.00 with 3,900.00, less 2,200.00. A claim has each of them once."""
    a = quarter.a
    register(session, cast, a, date(2026, 11, 2))
    rerate(session, cast, a.id)
    january = post(session, cast, quarter, JANUARY)[a.id]
    credit_invoice(session, cast.finance, now=FEBRUARY, invoice_id=january.id, reason="免租一月")
    scheme_id = session.execute(select(Scheme.id)).scalar_one()
    known = Scope(scheme_id, None, date(2026, 12, 31))

    def claimed() -> dict[str, int]:
        return {each.startup.name: each.amount_minor for each in preview(session, cast.finance, known) if each.startup}

    assert claimed()[a.name] == 1_000_000, "what corrects them stands on no invoice yet"
    february = post(session, cast, quarter, JANUARY + 1, FEBRUARY.replace(month=3))[a.id]
    assert (february.gross_minor, february.subsidy_minor, february.net_minor) == (650_000, 170_000, 480_000)
    assert claimed()[a.name] == 780_000
    claim = create_claim(session, cast.finance, now=FEBRUARY.replace(month=3), scheme_id=scheme_id, site_id=None,
                         first_on=OCTOBER.first, last_on=known.last_on)  # fmt: skip
    lines = [each.line.decision_id for each in list_lines(session, cast.finance, claim.id)]
    assert len(lines) == len(set(lines)) and find_corrections(session, [a.id]) == {}


def test_the_first_invoices_stay_as_they_were(session: Session, cast: Cast, quarter: October) -> None:
    before = [list_posted(session, cast.finance, quarter.site.id, month) for month in (OCTOBER, DECEMBER)]
    said = [[[d.amount_minor for d in line.decisions] for line in each.lines] for posted in before for each in posted]
    register(session, cast, quarter.a, date(2026, 11, 2))
    rerate(session, cast, quarter.a.id)
    after = [list_posted(session, cast.finance, quarter.site.id, month) for month in (OCTOBER, DECEMBER)]
    assert said == [[[d.amount_minor for d in line.decisions] for line in each.lines] for posted in after for each in posted]


def test_the_claim_of_the_month_of_posting_has_them_with_their_sign(session: Session, cast: Cast, quarter: October) -> None:
    october_before = assemble_annex(list_posted(session, cast.finance, quarter.site.id, OCTOBER)).amount_minor
    register(session, cast, quarter.a, date(2026, 11, 2))
    rerate(session, cast, quarter.a.id)
    post(session, cast, quarter, JANUARY)
    annex = assemble_annex(list_posted(session, cast.finance, quarter.site.id, JANUARY))
    (scheme,) = annex.schemes
    (of_a,) = [each for each in scheme.given if each.code == "S-A"]
    assert [line.amount_minor for line in of_a.lines if line.outcome == "adjusted"] == [-144_000, -18_000, -228_000, 170_000]
    assert (of_a.base_minor, of_a.amount_minor) == (650_000, 170_000) and annex.adds_up
    assert assemble_annex(list_posted(session, cast.finance, quarter.site.id, OCTOBER)).amount_minor == october_before


def test_an_expired_certificate_takes_back_the_uplift(session: Session, cast: Cast, october: October, graduate: tuple[Startup, Standing, int]) -> None:
    c, standing, member_id = graduate
    withdraw_standing(session, cast.manager, now=LATER, standing_id=standing.id, post_id=member_id, reason="证书已失效")
    # 1,560.00 → 1,200.00 in each month: what was left of the cap for the third desk's 2,000.00 is 0.00 of 360.00
    assert rerate(session, cast, c.id) == [(OCTOBER.first, -36_000), (NOVEMBER.first, -36_000)]
    row = session.execute(select(Decision).where(Decision.adjusts_id.is_not(None)).order_by(Decision.id).limit(1)).scalar_one()
    assert row.derivation["changed"] == [{
        "fact": "founders.categories", "was": {"confirmed": ["graduate"], "claimed": []}, "now": {"confirmed": [], "claimed": []},
        "was_evidence": ["深圳大学毕业证 2024-17"], "now_evidence": [],
    }]  # fmt: skip
    assert (row.derivation["was_minor"], row.derivation["now_minor"], row.derivation["reason"]) == (36_000, 0, WHY)
    event = session.execute(select(AuditEvent).where(AuditEvent.action == "rerate_startup")).scalar_one()
    assert event.after == {"reason": WHY, "corrections": 2, "subsidy_minor": -72_000, "scheme": "P1"}


def test_a_fact_that_comes_back_gives_back(session: Session, cast: Cast, october: October, graduate: tuple[Startup, Standing, int]) -> None:
    c, standing, member_id = graduate
    withdraw_standing(session, cast.manager, now=LATER, standing_id=standing.id, post_id=member_id, reason="证书已失效")
    rerate(session, cast, c.id)
    again = claim_standing(session, cast.manager, now=LATER, post_id=member_id, category="graduate", first=date(2026, 11, 1),
                           evidence="更正后的毕业证")  # fmt: skip
    confirm_standing(session, cast.manager, now=LATER, standing_id=again.id)
    assert rerate(session, cast, c.id) == [(NOVEMBER.first, 36_000)]
    first = select(Decision.adjusts_id).where(Decision.adjusts_id.is_not(None), Decision.month == NOVEMBER.first).distinct()
    assert len(session.execute(first).all()) == 1, "both point at the first"
    december = post(session, cast, october, DECEMBER)[c.id]
    # 1,560.00 of December, −360.00 of October, and −360.00 + 360.00 of November
    assert (december.subsidy_minor, december.gross_minor) == (156_000 - 36_000, 320_000)


def test_what_is_in_its_favour_waits_where_the_invoice_leaves_less(session: Session, cast: Cast, quarter: October) -> None:
    a = quarter.a
    register(session, cast, a, date(2027, 1, 2))
    assert sum(minor for _, minor in rerate(session, cast, a.id)) == -1_000_000
    january = post(session, cast, quarter, JANUARY)[a.id]
    assert (january.gross_minor, january.subsidy_minor, january.net_minor) == (650_000, -610_000, 1_260_000)
    register(session, cast, a, date(2026, 1, 5))  # and it was right at first
    assert sum(minor for _, minor in rerate(session, cast, a.id, FEBRUARY)) == 1_000_000
    february = draft_month(session, cast.finance, quarter.site.id, JANUARY + 1)
    (mine,) = [each for each in february.invoices if each.startup_id == a.id]
    # 2,600.00 are left to pay: 1,440.00 + 180.00 of October fit, its 2,280.00 don't, November's 180.00 do, and so on
    taken = [line.subsidy_minor for line in mine.lines if line.correction]
    assert taken == [144_000, 18_000, 18_000, 18_000, 58_000] and mine.net_minor == 4_000
    assert sum(each.amount_minor for each in february.waiting[a.id]) == 1_000_000 - sum(taken)


def test_who_has_left_gets_an_invoice_of_what_is_taken_back_alone(session: Session, cast: Cast, quarter: October) -> None:
    a = quarter.a
    for residency in session.execute(select(Residency).where(Residency.startup_id == a.id)).scalars():
        end_residency(session, cast.manager, now=datetime(2026, 12, 30, tzinfo=UTC), residency=residency, ends_on=date(2026, 12, 31),
                      reason="搬走")  # fmt: skip
    register(session, cast, a, date(2026, 11, 2))
    rerate(session, cast, a.id)
    old = draft_month(session, cast.finance, quarter.site.id, NOVEMBER)
    assert a.id not in {each.startup_id for each in old.invoices}, "an older month is left alone"
    january = post(session, cast, quarter, JANUARY)[a.id]
    # −3,900.00, and of the +1,700.00 that are then to pay all
    assert (january.gross_minor, january.subsidy_minor, january.net_minor) == (0, -220_000, 220_000)
    assert "no_agreement" not in {each.kind for each in draft_month(session, cast.finance, quarter.site.id, JANUARY).anomalies}


def test_a_budget_gets_back_what_is_taken_back_and_no_more_is_given_than_it_has(session: Session, cast: Cast, october: October) -> None:
    pool = BudgetPool(code="POOL", name="资金池", created_at=NOW)
    session.add(pool)
    session.flush()
    days = session.execute(select(func.daterange(date(2026, 1, 1), date(2027, 1, 1)))).scalar_one()
    budget = Budget(pool_id=pool.id, days=days, mode="first_come", amount_minor=400_000, created_at=NOW)
    session.add(budget)
    session.execute(select(Scheme)).scalar_one().pool_id = pool.id
    session.flush()
    a, b = october.a, october.b
    post(session, cast, october, OCTOBER)  # A 1,620.00 and B 1,434.58
    november = post(session, cast, october, NOVEMBER)
    # 4,000.00 − 3,054.58 = 945.42 are left: A's; nothing for B
    assert (november[a.id].subsidy_minor, november[b.id].subsidy_minor) == (94_542, 0)
    register(session, cast, a, date(2026, 12, 2))
    assert sum(minor for _, minor in rerate(session, cast, a.id)) == -162_000 - 94_542
    session.refresh(budget)
    assert budget.used_minor == 143_458
    # B's November: 60 % of 4,087.50 + 545.00 = 2,779.50, of which 4,000.00 − 1,434.58 = 2,565.42 are there
    assert sum(minor for _, minor in rerate(session, cast, b.id)) == 256_542
    session.refresh(budget)
    assert budget.used_minor == budget.amount_minor == 400_000
    register(session, cast, a, date(2026, 1, 5))
    assert rerate(session, cast, a.id) == [], "it is used up"


def test_a_charge_that_changed_is_not_priced_anew(session: Session, cast: Cast, quarter: October) -> None:
    a = quarter.a
    for residency in session.execute(select(Residency).where(Residency.startup_id == a.id)).scalars():
        end_residency(session, cast.manager, now=datetime(2026, 12, 10, tzinfo=UTC), residency=residency, ends_on=date(2026, 12, 15),
                      reason="搬走")  # fmt: skip
    assert rerate(session, cast, a.id) == []


def test_what_was_shown_is_what_is_written(session: Session, cast: Cast, quarter: October) -> None:
    a = quarter.a
    register(session, cast, a, date(2026, 11, 2))
    shown = fingerprint(find_corrections(session, [a.id])[a.id])
    register(session, cast, a, date(2026, 12, 2))
    with pytest.raises(Conflict, match="have changed since you saw them"):
        rerate_startup(session, cast.finance, now=LATER, startup_id=a.id, reason=WHY, shown=shown)
    assert not session.execute(select(Decision.id).where(Decision.adjusts_id.is_not(None))).all()


@pytest.mark.parametrize("reason", ["", "  "])
def test_a_reason_is_asked_for(session: Session, cast: Cast, quarter: October, reason: str) -> None:
    with pytest.raises(Refusal, match="Say what has become known") as refused:
        rerate_startup(session, cast.finance, now=LATER, startup_id=quarter.a.id, reason=reason)
    assert refused.value.field == "reason"


@pytest.mark.parametrize("who", ["manager", "front_desk", "auditor", "founder_a", "mentor"])
def test_only_who_posts_corrects(session: Session, cast: Cast, quarter: October, who: str) -> None:
    with pytest.raises((Forbidden, NotFound)):
        rerate_startup(session, getattr(cast, who), now=LATER, startup_id=quarter.a.id, reason=WHY)


def test_by_the_versions_that_decided(session: Session, cast: Cast, quarter: October) -> None:
    scheme = session.execute(select(Scheme)).scalar_one()
    rule: dict[str, Any] = {"covers": ["rent"], "rate": "0.10"}
    add_scheme_version(session, cast.finance, now=LATER, scheme=scheme, valid_from=date(2026, 10, 1), source="新办法", rule=rule)
    assert rerate(session, cast, quarter.a.id) == []
