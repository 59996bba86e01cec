"""Budgets: first come, reserved, shared out; never overdrawn, also by two at once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from incubator.billing.operations.posting import post_month
from incubator.core.errors import Conflict, Forbidden, Refusal
from incubator.core.periods import Month
from incubator.startups.operations import register_startup
from incubator.subsidies.models import Budget, Decision, Scheme
from incubator.subsidies.operations.budgets import (
    add_budget,
    change_budget,
    close_budget,
    create_pool,
    draw_on,
    release,
    reserve,
)
from incubator.subsidies.rules.budgets import forecast, runs_out, share_out
from tests.billing.stage import Posting, Stage
from tests.cast import NOW, Cast
from tests.conftest import Browser
from tests.database import Databases
from tests.racing import race
from tests.scenarios.october import AFTER_OCTOBER, OCTOBER, October, tell_october

YEAR = date(2026, 1, 1), date(2026, 12, 31)
NEW_YEAR = datetime(2027, 1, 4, 1, 0, tzinfo=UTC)


@pytest.fixture
def october(session: Session, cast: Cast) -> October:
    return tell_october(session, cast)


def fund(session: Session, cast: Cast, mode: str, amount_minor: int) -> Budget:
    """A pool on which scheme Y draws."""
    pool = create_pool(session, cast.finance, now=NOW, code="YX", name="永修县专项资金")
    scheme = session.execute(select(Scheme).where(Scheme.code == "Y")).scalar_one()
    draw_on(session, cast.finance, now=NOW, scheme_id=scheme.id, pool_id=pool.id)
    return add_budget(session, cast.finance, now=NOW, pool_id=pool.id, first=YEAR[0], last=YEAR[1], mode=mode,
                      amount_minor=amount_minor, source="永财〔2026〕3 号")  # fmt: skip


def post(session: Session, cast: Cast, october: October) -> dict[str, list[tuple[str, int]]]:
    post_month(session, cast.finance, now=AFTER_OCTOBER, site_id=october.site.id, month=OCTOBER)
    codes = {october.a.id: "A", october.b.id: "B", october.c.id: "C"}
    found: dict[str, list[tuple[str, int]]] = {}
    for row in session.execute(select(Decision).where(Decision.outcome != "not_covered").order_by(Decision.id)).scalars():
        found.setdefault(codes[row.startup_id], []).append((row.outcome, row.amount_minor))
    return found


def used(session: Session, budget: Budget) -> tuple[int, int]:
    """What the budget says, and what the decisions say."""
    session.refresh(budget)
    total = session.execute(select(func.coalesce(func.sum(Decision.amount_minor), 0)).where(
        Decision.budget_id == budget.id)).scalar_one()  # fmt: skip
    return budget.used_minor, int(total)


def test_who_comes_first_has_it(session: Session, cast: Cast, october: October) -> None:
    # A: 60 % of 2,400.00 and of 300.00; B: of 2,109.68 and of 281.29; C is no company. 2,000.00 are there.
    budget = fund(session, cast, "first_come", 200_000)
    assert post(session, cast, october) == {
        "A": [("granted", 144_000), ("granted", 18_000)], "B": [("capped", 38_000), ("capped", 0)],
        "C": [("refused", 0), ("refused", 0)],
    }  # fmt: skip
    assert used(session, budget) == (200_000, 200_000)
    with pytest.raises(Refusal):
        change_budget(session, cast.finance, now=NOW, budget_id=budget.id, amount_minor=199_999)
    with pytest.raises(IntegrityError, match="not_overdrawn"), session.begin_nested():
        session.execute(update(Budget).values(used_minor=Budget.used_minor + 1))


def test_what_is_reserved_is_there_for_whom_it_was_reserved(session: Session, cast: Cast, october: October) -> None:
    budget = fund(session, cast, "reserved", 200_000)
    reservation = reserve(session, cast.finance, now=NOW, budget_id=budget.id, startup_id=october.b.id, amount_minor=150_000)
    with pytest.raises(Conflict):
        reserve(session, cast.finance, now=NOW, budget_id=budget.id, startup_id=october.a.id, amount_minor=50_001)
    with pytest.raises(Conflict):
        reserve(session, cast.finance, now=NOW, budget_id=budget.id, startup_id=october.b.id, amount_minor=1)
    found = post(session, cast, october)
    assert found["A"] == [("capped", 0), ("capped", 0)]
    assert found["B"] == [("granted", 126_581), ("granted", 16_877)]
    assert used(session, budget) == (143_458, 143_458)
    release(session, cast.finance, now=NOW, reservation_id=reservation.id)
    session.refresh(budget)
    assert budget.reserved_minor == 143_458, "what is used stays taken, the rest is free"
    reserve(session, cast.finance, now=NOW, budget_id=budget.id, startup_id=october.a.id, amount_minor=56_542)


def test_shared_out_at_the_closing(session: Session, cast: Cast, october: October) -> None:
    budget = fund(session, cast, "pro_rata", 200_000)
    assert post(session, cast, october)["A"] == [("held", 0), ("held", 0)]
    assert used(session, budget) == (0, 0)
    with pytest.raises(Refusal):
        close_budget(session, cast.finance, now=AFTER_OCTOBER, budget_id=budget.id)
    close_budget(session, cast.finance, now=NEW_YEAR, budget_id=budget.id)
    rows = session.execute(select(Decision).where(Decision.adjusts_id.is_not(None)).order_by(Decision.id)).scalars().all()
    # 144,000 + 18,000 + 126,581 + 16,877 = 305,458 fen wait for 200,000: 94,284.64…, 11,785.58…, 82,879.47…, 11,050.29…
    assert [row.amount_minor for row in rows] == [94_285, 11_786, 82_879, 11_050]
    assert [row.held_minor for row in rows] == [-144_000, -18_000, -126_581, -16_877]
    assert used(session, budget) == (200_000, 200_000)
    with pytest.raises(Conflict):
        close_budget(session, cast.finance, now=NEW_YEAR, budget_id=budget.id)


def test_after_the_closing_nothing_waits_for_it(session: Session, cast: Cast, october: October) -> None:
    budget = fund(session, cast, "pro_rata", 200_000)
    close_budget(session, cast.finance, now=NEW_YEAR, budget_id=budget.id)
    # October is posted late: there was nothing to share out, so who comes first has it
    assert post(session, cast, october)["A"] == [("granted", 144_000), ("granted", 18_000)]
    assert used(session, budget) == (200_000, 200_000)


def test_what_can_t_be(session: Session, cast: Cast, october: October) -> None:
    budget = fund(session, cast, "first_come", 1)
    with pytest.raises(Conflict):
        add_budget(session, cast.finance, now=NOW, pool_id=budget.pool_id, first=date(2026, 12, 1), last=date(2027, 1, 31),
                   mode="first_come", amount_minor=1)  # fmt: skip
    with pytest.raises(Refusal):
        add_budget(session, cast.finance, now=NOW, pool_id=budget.pool_id, first=date(2027, 1, 2), last=date(2027, 1, 31),
                   mode="first_come", amount_minor=1)  # fmt: skip
    with pytest.raises(Refusal):
        reserve(session, cast.finance, now=NOW, budget_id=budget.id, startup_id=october.a.id, amount_minor=1)
    with pytest.raises(Refusal):
        close_budget(session, cast.finance, now=NEW_YEAR, budget_id=budget.id)
    with pytest.raises(Conflict):
        create_pool(session, cast.finance, now=NOW, code="YX", name="又一个")
    with pytest.raises(Forbidden):
        create_pool(session, cast.auditor, now=NOW, code="ZZ", name="不许")


def test_reservations_page_and_a_release_comes_back_to_them(
    client: Browser, session: Session, cast: Cast, october: October
) -> None:
    """51 of 1.00 each: 50, then one; that which is released stands last."""
    budget = fund(session, cast, "reserved", 5_100)
    startups = [register_startup(session, cast.manager, now=NOW, name=f"第 {number:02} 家", kind="team") for number in range(51)]
    first, *_ = [reserve(session, cast.finance, now=NOW, budget_id=budget.id, startup_id=each.id, amount_minor=100)
                 for each in startups]  # fmt: skip
    browser, address = client.sign_in(cast.finance), f"/schemes/budgets/{budget.id}"
    assert browser.get(address).text.count('class="record-head"') == 50
    assert "第 50 家" in browser.get(f"{address}?page=2").text
    answer = browser.post(f"/schemes/reservations/{first.id}/release")
    assert (answer.status_code, answer.location) == (303, address)
    page = browser.get(f"{address}?page=2").text
    assert page.count('class="record-head"') == 1 and "第 00 家" in page and "已释放" in page
    assert client.sign_in(cast.finance).post(f"/schemes/reservations/{2**40}/release").status_code == 404


@pytest.fixture(scope="module")
def stage(databases: Databases) -> Iterator[Stage]:
    with databases.copy() as database:
        yield Stage(database)


def test_three_sites_posted_at_once_and_three_reservations_never_overdraw(stage: Stage) -> None:
    with stage.connection() as session:
        budget_id = fund(session, stage.cast, "first_come", 300_000).id
        pool = create_pool(session, stage.cast.finance, now=NOW, code="RS", name="预留")
        reserved = add_budget(session, stage.cast.finance, now=NOW, pool_id=pool.id, first=YEAR[0], last=YEAR[1],
                              mode="reserved", amount_minor=100_000).id  # fmt: skip
        session.commit()
    outcomes = race(stage.connection, [lambda s, site=site: stage.post(s, Posting(site, OCTOBER)) for site in stage.sites])
    assert not [each for each in outcomes if isinstance(each, BaseException)]
    tries = race(stage.connection, [
        lambda s, startup=startup: reserve(s, stage.cast.finance, now=NOW, budget_id=reserved, startup_id=startup,
                                           amount_minor=60_000)
        for startup in (stage.cast.startup_a, stage.cast.startup_b)])  # fmt: skip
    assert sorted(isinstance(each, Conflict) for each in tries) == [False, True]
    with stage.connection() as session:
        budget = session.execute(select(Budget).where(Budget.id == budget_id)).scalar_one()
        assert used(session, budget) == (300_000, 300_000), "all of it, and not a fen more"
        assert session.execute(select(Budget.reserved_minor).where(Budget.id == reserved)).scalar_one() == 60_000


# in numbers


@pytest.mark.parametrize(
    ("left", "months", "end", "found"),
    [
        (10_000_000, [3_000_000] * 3, Month(2027, 6), Month(2027, 2)),
        (9_000_000, [3_000_000] * 3, Month(2027, 1), None),  # to the fen in its last month
        (8_999_999, [3_000_000] * 3, Month(2027, 1), Month(2027, 1)),
        (0, [3_000_000] * 3, Month(2027, 6), OCTOBER),
        (100, [0, 0, 0], Month(2027, 6), None),
        (100, [0, 0, 90], Month(2027, 6), Month(2027, 2)),
    ],
)
def test_when_it_runs_out(left: int, months: list[int], end: Month, found: Month | None) -> None:
    by_month = {OCTOBER - back: used for back, used in enumerate(months)}
    assert runs_out(left, by_month, OCTOBER, end) == found


def test_when_a_forecast_is_made() -> None:
    used_by_month = {OCTOBER: 60}
    asked = [(mode, last) for mode in ("first_come", "reserved", "pro_rata") for last in (OCTOBER - 10, OCTOBER, OCTOBER + 3)]
    said = [forecast(mode, 10, used_by_month, last, Month(2026, 1), Month(2026, 12)) for mode, last in asked]
    assert said == [None, OCTOBER + 1, None, *[None] * 6]


def test_shares_by_hand() -> None:
    assert share_out(100_000, [60_000, 60_000, 30_000]) == [40_000, 40_000, 20_000]
    assert share_out(200_000, [60_000, 60_000]) == [60_000, 60_000]
    assert share_out(5, []) == []


@given(st.integers(0, 10**9), st.lists(st.integers(0, 10**8), max_size=20))
def test_shares_add_up_and_nobody_gets_more_than_waits(amount: int, held: list[int]) -> None:
    shares = share_out(amount, held)
    assert sum(shares) == min(amount, sum(held))
    assert all(0 <= share <= each for share, each in zip(shares, held, strict=True))
