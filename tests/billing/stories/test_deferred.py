"""Stories of income that is invoiced before it is earned; every number is worked by hand.

A year's service fee of 12,000.00 with 6 % VAT in it, 1 October 2026 to 30 September 2027 (365 days), billed with October
on 1 November: VAT 679.25 at once, 11,320.75 deferred.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from incubator.billing.models import IncomeRelease, Invoice, JournalEntry
from incubator.billing.operations.catching_up import catch_up, count_behind
from incubator.billing.operations.closing import close_month
from incubator.billing.operations.credit_notes import credit_invoice
from incubator.billing.operations.one_off import OneOffTerms, add_one_off
from incubator.billing.operations.posting import post_month
from incubator.billing.queries.books import find_differences, list_income, total, trial_balance
from incubator.billing.queries.deferred import list_deferred
from incubator.billing.rules.accounts import Account
from incubator.billing.rules.deferral import release_of
from incubator.core.periods import Month
from incubator.pricing.operations import set_tax_status
from incubator.spaces.models import Site
from incubator.spaces.operations import create_site
from incubator.subsidies.operations.schemes import add_scheme_version, create_scheme
from tests.cast import NOW, Cast

OCTOBER = Month(2026, 10)
POSTED = datetime(2026, 11, 1, 2, tzinfo=UTC)
EVER = date(2000, 1, 1), date(2100, 1, 1)


def on(month: int, year: int = 2026) -> datetime:
    """The second of a month, when finance does what the month before left."""
    return datetime(year, month, 2, 2, tzinfo=UTC)


def a_years_fee(session: Session, cast: Cast, *, is_subsidised: bool = False) -> tuple[Site, Invoice]:
    site = create_site(session, cast.manager, now=NOW, code="S", name="场地", hours=[], open_from=date(2026, 1, 1))
    set_tax_status(session, cast.finance, now=NOW, status="general", valid_from=date(2026, 1, 1), usual=True)
    add_one_off(session, cast.finance, now=POSTED, startup_id=cast.startup_a, site_id=site.id, terms=OneOffTerms(
        "service_fee", "年度服务费", date(2026, 10, 1), date(2027, 9, 30), 12_000_00, OCTOBER, is_subsidised=is_subsidised,
    ))  # fmt: skip
    [invoice] = post_month(session, cast.finance, now=POSTED, site_id=site.id, month=OCTOBER)
    return site, invoice


def held(session: Session, cast: Cast) -> dict[Account, int]:
    assert not find_differences(session)
    rows = trial_balance(session, cast.finance, *EVER)
    assert total(rows)[0] == total(rows)[1]
    return {row.account: row.closing_minor for row in rows if row.closing_minor}


def releases(session: Session) -> list[tuple[str, int]]:
    rows = session.execute(select(IncomeRelease).order_by(IncomeRelease.month)).scalars()
    return [(str(Month.of(row.month)), row.amount_minor) for row in rows]


def test_a_years_fee_is_earned_by_its_days(session: Session, cast: Cast) -> None:
    """November releases October, too: 61 of 365 days, 1,891.96. December: 31 of 304 of 9,428.79, 961.49."""
    a_years_fee(session, cast)
    assert held(session, cast) == {
        Account.RECEIVABLE: 12_000_00, Account.OUTPUT_VAT: 679_25, Account.DEFERRED_INCOME: 11_320_75,
    }  # fmt: skip
    assert count_behind(session, POSTED) == 0
    assert count_behind(session, on(12)) == 1
    assert catch_up(session, cast.finance, now=on(12)) == 1
    assert releases(session) == [("2026-11", 1_891_96)]
    assert catch_up(session, cast.finance, now=on(12)) == 0
    catch_up(session, cast.finance, now=on(1, 2027))
    assert releases(session)[1:] == [("2026-12", 961_49)]
    assert held(session, cast) == {
        Account.RECEIVABLE: 12_000_00, Account.OUTPUT_VAT: 679_25, Account.DEFERRED_INCOME: 8_467_30,
        Account.SERVICE_FEE: 2_853_45,
    }  # fmt: skip
    page, left = list_deferred(session, cast.finance)
    [line] = page.rows
    assert (line.deferred_minor, line.left_minor, left, page.total) == (11_320_75, 8_467_30, 8_467_30, 1)
    [row] = list_income(session, cast.finance, date(2026, 12, 1), date(2026, 12, 31))
    assert (row.income_minor, row.tax_minor, row.tax_rate) == (961_49, 0, Decimal("0.06"))


def test_after_its_last_day_nothing_is_left(session: Session, cast: Cast) -> None:
    """Nobody looked for a year: eleven months, November to September, are made up in order, each on its last day."""
    a_years_fee(session, cast)
    assert catch_up(session, cast.finance, now=on(2, 2028)) == 11
    months = releases(session)
    assert [month for month, _ in months] == [str(OCTOBER + 1 + nth) for nth in range(11)]
    assert sum(minor for _, minor in months) == 11_320_75
    days = session.execute(select(JournalEntry.booked_on).where(JournalEntry.kind == "release")
                           .order_by(JournalEntry.booked_on)).scalars().all()  # fmt: skip
    assert days[0] == date(2026, 11, 30) and days[-1] == date(2027, 9, 30)
    assert Account.DEFERRED_INCOME not in held(session, cast)
    assert list_deferred(session, cast.finance)[0].total == 0
    assert catch_up(session, cast.finance, now=on(3, 2028)) == 0


def test_closing_a_month_releases_it_first(session: Session, cast: Cast) -> None:
    """October has no entry; November is closed with its release in it."""
    a_years_fee(session, cast)
    closed = close_month(session, cast.finance, now=on(12), month=Month(2026, 11))
    assert releases(session) == [("2026-11", 1_891_96)]
    assert closed.entries == 2 and closed.turnover_minor == 12_000_00 + 1_891_96


def test_a_month_closed_before_is_released_on_the_first_open_day(session: Session, cast: Cast) -> None:
    """The invoice is of 1 November, so November can't be closed unreleased; what is found for an earlier month of a
    charge is in the first release: October's days are in November's 1,891.96."""
    a_years_fee(session, cast)
    close_month(session, cast.finance, now=on(12), month=Month(2026, 11))
    catch_up(session, cast.finance, now=on(1, 2027))
    close_month(session, cast.finance, now=on(1, 2027), month=Month(2026, 12))
    assert [month for month, _ in releases(session)] == ["2026-11", "2026-12"]


def test_who_leaves_early_gets_the_rest_back_and_what_was_earned_stays(session: Session, cast: Cast) -> None:
    """After November 9,428.79 are not earned: 9,994.52 with VAT are credited. Nothing is released any more."""
    _, invoice = a_years_fee(session, cast)
    catch_up(session, cast.finance, now=on(12))
    credit_invoice(session, cast.finance, now=on(12), invoice_id=invoice.id, amounts={1: 9_994_52}, reason="提前退租")
    assert held(session, cast) == {
        Account.RECEIVABLE: 2_005_48, Account.OUTPUT_VAT: 113_52, Account.SERVICE_FEE: 1_891_96,
    }  # fmt: skip
    assert catch_up(session, cast.finance, now=on(3, 2027)) == 0


def test_what_is_credited_whole_takes_back_what_was_earned(session: Session, cast: Cast) -> None:
    _, invoice = a_years_fee(session, cast)
    catch_up(session, cast.finance, now=on(12))
    credit_invoice(session, cast.finance, now=on(12), invoice_id=invoice.id, reason="开错")
    assert held(session, cast) == {Account.SERVICE_FEE: 1_891_96, Account.DEFERRED_INCOME: -1_891_96}
    catch_up(session, cast.finance, now=on(1, 2027))
    assert releases(session) == [("2026-11", 1_891_96), ("2026-12", -1_891_96)]
    assert held(session, cast) == {}


@pytest.mark.parametrize(("bearer", "deferred", "vat"), [("government", 11_320_75, 679_25), ("operator", 6_792_45, 407_55)])
def test_a_subsidy_is_earned_with_what_it_is_for(
    session: Session, cast: Cast, bearer: str, deferred: int, vat: int
) -> None:
    """40 % borne: government's 4,800.00 are deferred like the startup's 7,200.00; what the operator lets off is no
    income of any month, and 7,200.00 / 1.06 = 6,792.45 are deferred."""
    made = create_scheme(session, cast.finance, now=NOW, code="F", name="服务费补贴", issuer="某区")
    add_scheme_version(session, cast.finance, now=NOW, scheme=made, valid_from=date(2026, 1, 1), source="演示", rule={
        "who": {"all": []}, "covers": ["service_fee"], "rate": "0.40", "bearer": {"kind": bearer},
    })  # fmt: skip
    a_years_fee(session, cast, is_subsidised=True)
    now = held(session, cast)
    assert (now[Account.RECEIVABLE], now[Account.DEFERRED_INCOME], now[Account.OUTPUT_VAT]) == (7_200_00, deferred, vat)
    assert now.get(Account.SUBSIDY_RECEIVABLE, 0) == (4_800_00 if bearer == "government" else 0)
    assert now.get(Account.SERVICE_FEE, 0) == now.get(Account.CONCESSIONS, 0)
    catch_up(session, cast.finance, now=on(12, 2027))
    after = held(session, cast)
    assert after[Account.SERVICE_FEE] - after.get(Account.CONCESSIONS, 0) == deferred
    assert Account.DEFERRED_INCOME not in after


def test_what_ends_with_the_month_of_its_invoice_is_income_at_once(session: Session, cast: Cast) -> None:
    """A charge of 1 October to 30 November, invoiced on 1 November: nothing is deferred."""
    site = create_site(session, cast.manager, now=NOW, code="S", name="场地", hours=[], open_from=date(2026, 1, 1))
    add_one_off(session, cast.finance, now=POSTED, startup_id=cast.startup_a, site_id=site.id, terms=OneOffTerms(
        "service_fee", "两月服务费", date(2026, 10, 1), date(2026, 11, 30), 1_000_00, OCTOBER,
    ))  # fmt: skip
    post_month(session, cast.finance, now=POSTED, site_id=site.id, month=OCTOBER)
    assert held(session, cast) == {Account.RECEIVABLE: 1_000_00, Account.SERVICE_FEE: 1_000_00}


@given(st.integers(1, 10**9), st.dates(date(2026, 1, 1), date(2027, 12, 31)), st.integers(0, 1200), st.integers(0, 40))
def test_all_is_released_and_each_month_by_its_days(whole: int, starts_on: date, days: int, late: int) -> None:
    """Month after month to the end, however late the first: what was released is never more than a fen a month away
    from the share of the days, and all of it at the end."""
    ends_on = date.fromordinal(starts_on.toordinal() + days)
    month, left, count = Month.of(starts_on) + late, whole, 0
    while left:
        given_now = release_of(left, starts_on, ends_on, month, is_first=left == whole)
        left, count = left - given_now, count + 1
        gone = min(month.last, ends_on).toordinal() - starts_on.toordinal() + 1
        assert given_now >= 0 and abs((whole - left) * (days + 1) - whole * gone) <= count * (days + 1)
        month += 1
        assert count <= 45
    assert count <= 1 or month - 1 <= Month.of(ends_on)
