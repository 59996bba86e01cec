"""What a scheme for the operator would have given a space in periods that are over: with and without, nothing written."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from incubator.billing.grant_trials import GrantTrial, try_grants
from incubator.core.errors import Forbidden, Refusal
from incubator.core.periods import Month
from incubator.jobs.demo.policies import P3
from incubator.subsidies.models import OperatorGrant, Scheme
from incubator.subsidies.operations.budgets import add_budget, create_pool, draw_on
from incubator.subsidies.operations.drafts import Terms, create_draft
from incubator.subsidies.operations.grants import record_grants
from incubator.subsidies.operations.schemes import add_scheme_version, create_scheme
from tests.cast import NOW, Cast
from tests.conftest import Browser
from tests.reports.test_measure_occupancy import count_statements
from tests.scenarios.october import AFTER_OCTOBER, OCTOBER, October
from tests.subsidies.test_operator_grants import approve, enter, pay

SEPTEMBER = OCTOBER - 1
DECEMBER = datetime(2026, 12, 3, 1, tzinfo=UTC)


def cheaper(session: Session, cast: Cast, price: str = "60", **more: object) -> str:
    """A draft of P3 at `price` yuan a m² instead of 80."""
    scheme = session.execute(select(Scheme).where(Scheme.code == P3.code)).scalar_one()
    rule = P3.rule | {"counts": P3.rule["counts"] | {"unit_price": price}} | more
    terms = Terms(f"每平方米{price}元", rule, date(2026, 1, 1), source="草案")
    draft = create_draft(session, cast.finance, now=NOW, scheme=scheme, terms=terms)
    return f"draft-{draft.id}"


@pytest.fixture
def rented(session: Session, cast: Cast, october: October) -> October:
    """POLICIES.md, P3: 1,200 m² at 95.00 a month, in the fifth month since the approval: 1,000 m² × 80.00."""
    enter(session, cast, P3)
    approve(session, cast, october)
    pay(session, cast, october, "own_rent", "114000.00", area_m2=Decimal(1200))
    return october


def tried(session: Session, cast: Cast, october: October, word: str, first: Month = OCTOBER, last: Month = OCTOBER) -> GrantTrial:
    return try_grants(session, cast.auditor, now=DECEMBER, word=word, site_id=october.site.id, first=first, last=last)


def test_a_lower_price_a_square_metre(session: Session, cast: Cast, rented: October) -> None:
    trial = tried(session, cast, rented, cheaper(session, cast))
    assert (trial.before_minor, trial.after_minor) == (8_000_000, 6_000_000)
    (period,) = trial.periods
    (item,) = period.items
    assert (item.subject.title, item.change_minor, len(item.before), len(item.after)) == ("十月房租", -2_000_000, 1, 1)


def test_what_another_scheme_gives_all_the_same_is_counted_and_not_shown(session: Session, cast: Cast, rented: October) -> None:
    twin = create_scheme(session, cast.finance, now=NOW, code="T", name="另一办法")
    add_scheme_version(session, cast.finance, now=NOW, scheme=twin, valid_from=date(2026, 1, 1), source="办法",
                       rule=P3.rule | {"how": {"share": "0.10"}, "together": {"order": 20}})  # fmt: skip
    trial = tried(session, cast, rented, cheaper(session, cast))
    # the twin's 10 % of 80,000.00 stay; P3's are 80,000.00 and 60,000.00
    assert (trial.before_minor, trial.after_minor) == (8_800_000, 6_800_000)
    (row,) = trial.periods[0].rows
    assert [given.by.code for given in (*row.before, *row.after)] == [P3.code, P3.code]


def test_what_is_recorded_already_does_not_count_against_it(session: Session, cast: Cast, rented: October) -> None:
    scheme = session.execute(select(Scheme).where(Scheme.code == P3.code)).scalar_one()
    pool = create_pool(session, cast.finance, now=NOW, code="POOL", name="资金池")
    draw_on(session, cast.finance, now=NOW, scheme_id=scheme.id, pool_id=pool.id)
    add_budget(session, cast.finance, now=NOW, pool_id=pool.id, first=date(2026, 1, 1), last=date(2026, 12, 31), mode="first_come",
               amount_minor=9_000_000)  # fmt: skip
    word = cheaper(session, cast, "90")
    fresh = tried(session, cast, rented, word)
    assert (fresh.before_minor, fresh.after_minor) == (8_000_000, 9_000_000)
    record_grants(session, cast.finance, now=AFTER_OCTOBER, site_id=rented.site.id, every="month", month=OCTOBER)
    rows = select(func.count()).select_from(OperatorGrant)
    before = session.execute(rows).scalar_one()
    again = tried(session, cast, rented, word)
    assert (again.before_minor, again.after_minor) == (8_000_000, 9_000_000)
    assert session.execute(rows).scalar_one() == before == 1


def test_two_months_share_what_the_budget_has(session: Session, cast: Cast, rented: October) -> None:
    pay(session, cast, rented, "own_rent", "114000.00", area_m2=Decimal(1200), title="九月房租", first=SEPTEMBER.first, last=SEPTEMBER.last)
    scheme = session.execute(select(Scheme).where(Scheme.code == P3.code)).scalar_one()
    pool = create_pool(session, cast.finance, now=NOW, code="POOL", name="资金池")
    draw_on(session, cast.finance, now=NOW, scheme_id=scheme.id, pool_id=pool.id)
    add_budget(session, cast.finance, now=NOW, pool_id=pool.id, first=date(2026, 1, 1), last=date(2026, 12, 31), mode="first_come",
               amount_minor=10_000_000)  # fmt: skip
    trial = tried(session, cast, rented, cheaper(session, cast), SEPTEMBER)
    assert [(each.before_minor, each.after_minor) for each in trial.periods] == [(8_000_000, 6_000_000), (2_000_000, 4_000_000)]


def test_a_period_that_runs_is_refused_and_so_are_strangers(session: Session, cast: Cast, rented: October) -> None:
    word = cheaper(session, cast)
    with pytest.raises(Refusal):
        try_grants(session, cast.auditor, now=DECEMBER, word=word, site_id=rented.site.id, first=OCTOBER, last=OCTOBER + 2)
    with pytest.raises(Refusal):
        tried(session, cast, rented, word, OCTOBER, SEPTEMBER)
    yearly = cheaper(session, cast, every="year")
    with pytest.raises(Refusal):  # the year that October is in has not ended
        tried(session, cast, rented, yearly)
    for actor in (cast.founder_a, cast.mentor, cast.front_desk):
        with pytest.raises(Forbidden):
            try_grants(session, actor, now=DECEMBER, word=word, site_id=rented.site.id, first=OCTOBER, last=OCTOBER)


def test_the_page_says_what_it_would_come_to_and_why(client: Browser, session: Session, cast: Cast, rented: October) -> None:
    word = cheaper(session, cast)
    session.commit()
    browser = client.sign_in(cast.finance)
    address = f"/schemes/try/{word}?site={rented.site.id}&first=2026-10&last=2026-10"
    page = browser.get(address).text
    for words in ("¥80,000.00", "¥60,000.00", "-¥20,000.00", "十月房租"):
        assert words in page, words
    assert browser.get(f"/schemes/try/{word}").status_code == 200
    assert browser.get(f"/schemes/try/{word}?site={rented.site.id}&first=2099-01&last=2099-01").status_code in (409, 422)


def test_as_many_statements_for_many_costs_as_for_one(session: Session, cast: Cast, rented: October) -> None:
    word = cheaper(session, cast)
    with count_statements(session) as one:
        tried(session, cast, rented, word)
    for number in range(5):
        pay(session, cast, rented, "own_rent", "100.00", area_m2=Decimal(1), title=f"补缴{number}")
    with count_statements(session) as six:
        tried(session, cast, rented, word)
    assert len(six) == len(one) <= 20
