"""What policies give the operator: facts and costs with evidence, grants of a period, instalments behind gates."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from decimal import Decimal
from html import unescape
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from incubator.audit.models import AuditEvent
from incubator.core.errors import Conflict, Forbidden, NotFound, Refusal
from incubator.core.periods import Month
from incubator.jobs.demo.policies import P3, P4, P7, P8, P9, P11, Policy
from incubator.startups.operations import add_post
from incubator.subsidies.models import Budget, GrantInstalment, OperatorGrant
from incubator.subsidies.operations.budgets import add_budget, create_pool, draw_on
from incubator.subsidies.operations.evidence import Proof, record_cost, record_fact, withdraw_cost, withdraw_fact
from incubator.subsidies.operations.grants import record_grants, release_instalment
from incubator.subsidies.operations.schemes import add_scheme_version, create_scheme
from incubator.subsidies.queries.grants import draft_grants, list_recorded
from tests.billing.stage import Stage
from tests.cast import NOW, Cast
from tests.conftest import Browser
from tests.database import Databases
from tests.racing import race
from tests.reports.test_measure_occupancy import count_statements
from tests.scenarios.october import AFTER_OCTOBER, OCTOBER, October, tell_october

NEW_YEAR = datetime(2027, 1, 4, 1, 0, tzinfo=UTC)
DECISION = Proof("武昌区认定文件〔2026〕12 号")


@pytest.fixture
def october(session: Session, cast: Cast) -> October:
    return tell_october(session, cast)


def enter(session: Session, cast: Cast, *policies: Policy) -> None:
    for policy in policies:
        scheme = create_scheme(session, cast.finance, now=NOW, code=policy.code, name=policy.name)
        add_scheme_version(session, cast.finance, now=NOW, scheme=scheme, valid_from=date(2026, 1, 1),
                           source=policy.source, rule=policy.rule)  # fmt: skip


def approve(session: Session, cast: Cast, october: October, on: str = "2026-06-10") -> None:
    record_fact(session, cast.finance, now=NOW, name="site.approved_on", value=on, first=date(2026, 1, 1),
                proof=DECISION, site_id=october.site.id)  # fmt: skip


def pay(session: Session, cast: Cast, october: October, kind: str, amount: str, **more: Any) -> Any:
    values = {"title": "十月房租", "first": OCTOBER.first, "last": OCTOBER.last} | more
    return record_cost(session, cast.finance, now=NOW, site_id=october.site.id, kind=kind,
                       amount_minor=int(Decimal(amount) * 100), proof=Proof("发票 0012345"), **values)  # fmt: skip


def amounts(session: Session, cast: Cast, october: October, every: str, period: date) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for each in list_recorded(session, cast.finance, october.site.id, every, period):
        found.setdefault(each.scheme.code, []).append(each.grant.amount_minor)
    return found


def test_the_rent_of_a_space_in_its_fifth_month(session: Session, cast: Cast, october: October) -> None:
    enter(session, cast, P3)
    approve(session, cast, october)
    pay(session, cast, october, "own_rent", "114000.00", area_m2=Decimal(1200))
    (grant,) = record_grants(session, cast.finance, now=AFTER_OCTOBER, site_id=october.site.id, every="month", month=OCTOBER)
    # POLICIES.md, P3: 1,200 m² at 95.00 in month 5: 1,000 m² × 80.00 = 80,000.00
    assert (grant.outcome, grant.base_minor, grant.amount_minor) == ("granted", 11_400_000, 8_000_000)
    assert grant.derivation["facts"] == {"site.approved_months": 5}
    event = session.execute(select(AuditEvent).order_by(AuditEvent.number.desc()).limit(1)).scalar_one()
    assert (event.action, event.after["amount_minor"]) == ("record_grants", 8_000_000)
    with pytest.raises(Conflict):
        record_grants(session, cast.finance, now=AFTER_OCTOBER, site_id=october.site.id, every="month", month=OCTOBER)
    pay(session, cast, october, "own_rent", "1000.00", area_m2=Decimal(100), title="补缴")
    (late,) = record_grants(session, cast.finance, now=AFTER_OCTOBER, site_id=october.site.id, every="month", month=OCTOBER)
    assert (late.outcome, late.amount_minor) == ("nothing", 0), "1,000 m² are counted already"


def test_area_let_to_tenants_and_service_by_tenant(session: Session, cast: Cast, october: October) -> None:
    enter(session, cast, P4, P8)
    approve(session, cast, october)
    for startup in (october.a, october.b):
        add_post(session, cast.manager, now=NOW, secret=b"s", startup_id=startup.id, name=f"{startup.code} 创始人",
                 role="founder", first=date(2026, 1, 1))  # fmt: skip
    record_fact(session, cast.finance, now=NOW, name="startup.strategic", value=False, first=date(2026, 1, 1),
                proof=DECISION, startup_id=october.a.id)  # fmt: skip
    record_grants(session, cast.finance, now=AFTER_OCTOBER, site_id=october.site.id, every="month", month=OCTOBER)
    found = {(each.scheme.code, each.startup.code if each.startup else ""): (each.grant.outcome, each.grant.amount_minor)
             for each in list_recorded(session, cast.finance, october.site.id, "month", OCTOBER.first)}  # fmt: skip
    # A: 30 m² × 18.00; B has no decision on strategic industries, and no capital that would make it matter: unknown;
    # C: two desks of 6 m², and a team's paid-in capital is not known either
    assert found["P4", "S-A"] == ("granted", 54_000)
    assert found["P4", "S-B"][0] == found["P4", october.c.code][0] == "refused"
    assert [found["P8", code] for code in ("S-A", "S-B")] == [("granted", 30_000)] * 2
    assert found["P8", october.c.code][0] == "refused", "nobody is on record as its founder"
    # the decision on B comes late: from 16 October 54.50 m² × 18.00 × 16/31 = 506.3225…
    record_fact(session, cast.finance, now=NOW, name="startup.strategic", value=False, first=date(2026, 1, 1),
                proof=DECISION, startup_id=october.b.id)  # fmt: skip
    draft = draft_grants(session, cast.finance, october.site.id, "month", OCTOBER)
    assert draft.grants == [], "what is recorded stays until it is rated again"


def test_a_year_of_contributions_and_events(session: Session, cast: Cast, october: October) -> None:
    enter(session, cast, P7, P11)
    year = (date(2026, 1, 1), date(2026, 12, 31))
    record_fact(session, cast.finance, now=NOW, name="site.recognised", value="incubator", first=year[0],
                proof=DECISION, site_id=october.site.id)  # fmt: skip
    for startup, yuan in ((october.a, 99_999), (october.b, 250_000)):
        record_fact(session, cast.finance, now=NOW, name="startup.contribution_yuan", value=yuan, first=year[0],
                    last=year[1], proof=Proof("完税证明"), startup_id=startup.id)  # fmt: skip
    for title, amount, on in (("春季路演", "600000", date(2026, 4, 1)), ("创业大赛", "100000", date(2026, 11, 20))):
        pay(session, cast, october, "events", amount, title=title, first=on, last=on)
    with pytest.raises(Refusal):
        record_grants(session, cast.finance, now=AFTER_OCTOBER, site_id=october.site.id, every="year", month=OCTOBER)
    record_grants(session, cast.finance, now=NEW_YEAR, site_id=october.site.id, every="year", month=OCTOBER)
    # 3 % of 250,000.00, and 99,999 is below the threshold; 30 %: 180,000.00, then 20,000.00 of 30,000.00
    assert amounts(session, cast, october, "year", date(2026, 1, 1)) == {
        "P7": [0, 750_000], "P11": [18_000_000, 2_000_000]}  # fmt: skip


def test_fit_out_in_three_parts_of_which_the_later_wait_for_the_assessment(
    session: Session, cast: Cast, october: October
) -> None:
    enter(session, cast, P9)
    pay(session, cast, october, "fit_out", "1600000.00", title="装修", area_m2=Decimal(800), first=date(2026, 3, 1))
    (grant,) = record_grants(session, cast.finance, now=NEW_YEAR, site_id=october.site.id, every="year", month=OCTOBER)
    assert grant.amount_minor == 80_000_000
    parts = session.execute(select(GrantInstalment).order_by(GrantInstalment.number)).scalars().all()
    assert [(each.amount_minor, each.due_on, each.gate) for each in parts] == [
        (40_000_000, date(2026, 12, 31), "none"), (24_000_000, date(2027, 12, 31), "assessment"),
        (16_000_000, date(2028, 12, 31), "assessment")]  # fmt: skip
    release_instalment(session, cast.finance, now=NEW_YEAR, instalment_id=parts[0].id, evidence="首期，认定文件")
    with pytest.raises(Refusal):
        release_instalment(session, cast.finance, now=NEW_YEAR, instalment_id=parts[1].id, evidence="2027 年度考核合格")
    later = datetime(2028, 1, 5, tzinfo=UTC)
    with pytest.raises(Refusal):
        release_instalment(session, cast.finance, now=later, instalment_id=parts[1].id, evidence=" ")
    release_instalment(session, cast.finance, now=later, instalment_id=parts[1].id, evidence="2027 年度考核合格")
    with pytest.raises(Conflict):
        release_instalment(session, cast.finance, now=later, instalment_id=parts[1].id, evidence="再来一次")


def test_who_may_and_what_can_t_be(session: Session, cast: Cast, october: October) -> None:
    asked = {"now": NOW, "name": "startup.credit", "value": "good", "first": date(2026, 1, 1),
             "proof": Proof("信用报告"), "startup_id": october.a.id}  # fmt: skip
    for actor in (cast.founder_a, cast.front_desk, cast.auditor, cast.manager):
        with pytest.raises(Forbidden):
            record_fact(session, actor, **asked)
    for changes, field in (
        ({"name": "startup.kind"}, "name"), ({"name": "site.assessment"}, "name"), ({"value": "great"}, "value"),
        ({"value": True}, "value"), ({"proof": Proof(" ")}, "evidence"), ({"last": date(2025, 1, 1)}, "last"),
        ({"startup_id": 2**40}, "startup"), ({"first": date(1900, 1, 1)}, "first"),
    ):  # fmt: skip
        with pytest.raises(Refusal) as refused:
            record_fact(session, cast.finance, **(asked | changes))
        assert refused.value.field == field, changes
    row = record_fact(session, cast.finance, **asked)
    with pytest.raises(Refusal):
        withdraw_fact(session, cast.finance, now=NOW, fact_id=row.id, reason="")
    withdraw_fact(session, cast.finance, now=NOW, fact_id=row.id, reason="录错企业")
    with pytest.raises(Conflict):
        withdraw_fact(session, cast.finance, now=NOW, fact_id=row.id, reason="录错企业")
    with pytest.raises(NotFound):
        withdraw_cost(session, cast.finance, now=NOW, cost_id=2**40, reason="录错")
    with pytest.raises(Refusal) as refused:
        pay(session, cast, october, "own_rent", "100", last=date(2026, 11, 30))
    assert refused.value.field == "last"


def test_a_month_takes_as_many_statements_for_many_tenants_as_for_few(
    session: Session, cast: Cast, october: October
) -> None:
    enter(session, cast, P4, P8)
    approve(session, cast, october)
    with count_statements(session) as counted:
        draft_grants(session, cast.finance, october.site.id, "month", OCTOBER)
    assert len(counted) <= 24, counted


def test_another_month_has_its_own(session: Session, cast: Cast, october: October) -> None:
    enter(session, cast, P3)
    assert draft_grants(session, cast.finance, october.site.id, "month", Month(2026, 9)).grants == []
    assert session.execute(select(OperatorGrant)).first() is None


def test_two_who_record_the_same_month_record_it_once(databases: Databases) -> None:
    """At once, in connections of their own: one writes the grant, the other finds nothing left. 150.00 of a rent of
    300.00 once, on the budget too."""
    with databases.copy() as database:
        stage = Stage(database)
        finance, site_id = stage.cast.finance, stage.sites[0]
        with stage.connection() as session:
            scheme = create_scheme(session, finance, now=NOW, code="R", name="房租补贴")
            add_scheme_version(session, finance, now=NOW, scheme=scheme, valid_from=date(2026, 1, 1), source="办法", rule={
                "covers": ["own_rent"], "how": {"share": "0.50"}, "goes_to": "operator"})  # fmt: skip
            pool = create_pool(session, finance, now=NOW, code="RS", name="专项资金")
            draw_on(session, finance, now=NOW, scheme_id=scheme.id, pool_id=pool.id)
            add_budget(session, finance, now=NOW, pool_id=pool.id, first=date(2026, 1, 1), last=date(2026, 12, 31),
                       mode="first_come", amount_minor=100_000)  # fmt: skip
            record_cost(session, finance, now=NOW, site_id=site_id, kind="own_rent", title="房租", first=OCTOBER.first,
                        last=OCTOBER.last, amount_minor=30_000, proof=DECISION)  # fmt: skip
            session.commit()
        tries = race(stage.connection, [
            lambda s: record_grants(s, finance, now=AFTER_OCTOBER, site_id=site_id, every="month", month=OCTOBER)
        ] * 3)  # fmt: skip
        assert sorted(isinstance(each, Conflict) for each in tries) == [False, True, True]
        with stage.connection() as session:
            assert session.execute(select(OperatorGrant.amount_minor)).scalars().all() == [15_000]
            assert session.execute(select(Budget.used_minor)).scalar_one() == 15_000


def test_lines_of_a_scheme_page(client: Browser, session: Session, cast: Cast, october: October) -> None:
    """51 events of 100.00 in October 2026: 50 lines and the way to the last, both before and after they are recorded."""
    enter(session, cast, P11)
    for number in range(51):
        pay(session, cast, october, "events", "100.00", title=f"路演 {number:02}")
    asked = f"/grants?site={october.site.id}&every=year&month=2026-10"
    browser = client.sign_in(cast.finance)
    for part in ("drafted", "written"):
        page = browser.get(asked).text
        assert page.count('class="grant-line"') == 50 and "¥1,530.00" in page and "路演 50" not in page
        (rest,) = re.findall(rf'href="([^"]*part={part}[^"]*page=2)"', page)
        page = browser.get(unescape(rest)).text
        assert page.count('class="grant-line"') == 1 and "路演 50" in page and "¥1,530.00" in page
        assert "查看全部方案" in page and 'aria-current="page"' in page
        if part == "drafted":
            record_grants(session, cast.finance, now=NEW_YEAR, site_id=october.site.id, every="year", month=OCTOBER)
