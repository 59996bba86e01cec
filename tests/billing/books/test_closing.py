"""A month is closed: in order, for good, with what deposits and vouchers did."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from incubator.billing.models import Invoice, JournalEntry
from incubator.billing.operations.catching_up import catch_up, count_behind
from incubator.billing.operations.closing import close_month, map_account
from incubator.billing.operations.journal import open_day, post_entries
from incubator.billing.operations.offsetting import offset_deposit
from incubator.billing.queries.books import list_months, name_accounts, trial_balance
from incubator.billing.rules.accounts import CHART, Account
from incubator.billing.rules.journal import Entry, Posting
from incubator.core.errors import Conflict, Forbidden, Refusal
from incubator.core.periods import Month
from incubator.startups.models import Residency
from incubator.startups.operations.deposits import move_deposit
from tests.cast import Cast
from tests.scenarios.october import AFTER_OCTOBER, October

NOVEMBER, DECEMBER = Month(2026, 11), Month(2026, 12)
NOW = datetime(2026, 12, 2, 2, 0, tzinfo=UTC)
YEAR = date(2026, 1, 1), date(2026, 12, 31)


def held(session: Session, cast: Cast) -> dict[str, int]:
    return {row.account.value: row.closing_minor for row in trial_balance(session, cast.finance, *YEAR)}


def move(session: Session, cast: Cast, kind: str, amount_minor: int, on: date, **more: object) -> None:
    residency_id = session.execute(
        select(Residency.id).where(Residency.startup_id == cast.startup_a).order_by(Residency.id).limit(1)
    ).scalar_one()
    move_deposit(session, cast.finance, now=NOW, residency_id=residency_id, kind=kind, amount_minor=amount_minor,
                 happened_on=on, **more)  # type: ignore[arg-type]  # how and reason, as the test says  # fmt: skip


def test_a_deposit_comes_into_the_books_once(session: Session, cast: Cast, october: October) -> None:
    """5,000.00 received in cash, 300.00 withheld for a chair, 4,700.00 paid back by the bank: nothing is held."""
    move(session, cast, "received", 500_000, date(2026, 11, 3), how="cash")
    move(session, cast, "withheld", 30_000, date(2026, 11, 28), reason="椅子")
    assert count_behind(session, NOW) == 2
    assert catch_up(session, cast.finance, now=NOW) == 2
    assert held(session, cast) == {"cash": 500_000, "deposits": 470_000, "income.withheld": 30_000}
    move(session, cast, "returned", 470_000, date(2026, 12, 1), how="bank")
    assert (catch_up(session, cast.finance, now=NOW), catch_up(session, cast.finance, now=NOW)) == (1, 0)
    assert held(session, cast) == {"cash": 500_000, "bank": -470_000, "deposits": 0, "income.withheld": 30_000}
    days = session.execute(select(JournalEntry.booked_on).order_by(JournalEntry.number)).scalars().all()
    assert list(days) == [date(2026, 11, 3), date(2026, 11, 28), date(2026, 12, 1)]


def test_closing_books_what_is_behind_first(session: Session, cast: Cast, october: October) -> None:
    """November's deposit is in November's books; what turns out afterwards is December's."""
    move(session, cast, "received", 500_000, date(2026, 11, 3))
    closed = close_month(session, cast.finance, now=NOW, month=NOVEMBER)
    assert (closed.entries, closed.turnover_minor) == (1, 500_000)
    move(session, cast, "received", 100_000, date(2026, 11, 30))
    catch_up(session, cast.finance, now=NOW)
    [december, november] = list_months(session, cast.finance)
    assert (november.month, november.entries, november.closed) == (NOVEMBER, 1, closed)
    assert (december.month, december.entries, december.turnover_minor) == (DECEMBER, 1, 100_000)


def test_months_are_closed_in_order_and_once(session: Session, cast: Cast, posted: dict[str, Invoice]) -> None:
    move(session, cast, "received", 100, date(2026, 10, 3))
    catch_up(session, cast.finance, now=NOW)
    with pytest.raises(Refusal, match="first"):
        close_month(session, cast.finance, now=NOW, month=NOVEMBER)
    close_month(session, cast.finance, now=NOW, month=Month(2026, 10))
    close_month(session, cast.finance, now=NOW, month=NOVEMBER)
    with pytest.raises(Conflict):
        close_month(session, cast.finance, now=NOW, month=NOVEMBER)
    with pytest.raises(Refusal):
        close_month(session, cast.finance, now=NOW, month=Month(2026, 9))
    with pytest.raises(Refusal, match="not ended"):
        close_month(session, cast.finance, now=NOW, month=DECEMBER)
    with pytest.raises(Forbidden):
        close_month(session, cast.auditor, now=NOW, month=DECEMBER)


def test_a_month_can_be_closed_on_the_first_of_the_next_in_china(session: Session, cast: Cast) -> None:
    """31 October 16:00 in Greenwich is 1 November in Shanghai."""
    at = datetime(2026, 10, 31, 15, 59, tzinfo=UTC)
    with pytest.raises(Refusal):
        close_month(session, cast.finance, now=at, month=Month(2026, 10))
    close_month(session, cast.finance, now=at.replace(hour=16, minute=0), month=Month(2026, 10))


def test_the_database_itself_refuses_a_closed_month(session: Session, cast: Cast, posted: dict[str, Invoice]) -> None:
    """Whoever gets around the operation meets the trigger."""
    close_month(session, cast.finance, now=NOW, month=NOVEMBER)
    entry = Entry("fee", date(2026, 11, 9), ("payments", 1), (Posting(Account.FEES, Account.BANK, 1),))
    with pytest.raises(Refusal, match="closed"):
        post_entries(session, cast.finance, [entry], now=NOW)
    with pytest.raises(IntegrityError, match="closed"), session.begin_nested():
        session.add(JournalEntry(year=2026, number=999, booked_on=entry.on, kind="fee", source_kind="x", source_id=1,
                                 says={}, posted_at=NOW))  # fmt: skip
        session.flush()


def test_the_first_open_day(session: Session, cast: Cast) -> None:
    """September and October closed: the end of August is booked on 1 November, too."""
    for month in (9, 10):
        close_month(session, cast.finance, now=NOW, month=Month(2026, month))
    late, in_time = date(2026, 8, 31), date(2026, 11, 9)
    assert [open_day(session, day) for day in (late, in_time)] == [date(2026, 11, 1), in_time]


def test_an_account_is_called_by_the_operators_own_code_from_a_day_on(session: Session, cast: Cast) -> None:
    """The standard's code until July, the operator's own from then on; of one day the last entered holds."""
    wanted = {"account": "income.rent", "valid_from": date(2026, 7, 1)}
    for code in ("6051.01", "6051.02"):
        map_account(session, cast.finance, now=AFTER_OCTOBER, code=code, name="其他业务收入-租金", **wanted)
    names = [name_accounts(session, day)[Account.RENT].code for day in (date(2026, 6, 30), date(2026, 7, 1))]
    assert names == [CHART[Account.RENT].code, "6051.02"]
    with pytest.raises(Refusal):
        map_account(session, cast.finance, now=AFTER_OCTOBER, code="=1+1", name="x", **wanted)
    with pytest.raises(Forbidden):
        map_account(session, cast.auditor, now=AFTER_OCTOBER, code="1", name="x", **wanted)


def test_a_deposit_pays_what_is_open(session: Session, cast: Cast, posted: dict[str, Invoice]) -> None:
    """5,000.00 held, A's invoice offset from it: nothing is open, the rest is held, and the books say so."""
    net = posted["A"].net_minor
    move(session, cast, "received", 500_000, date(2026, 11, 3))
    residency_id = session.execute(
        select(Residency.id).where(Residency.startup_id == cast.startup_a).order_by(Residency.id).limit(1)
    ).scalar_one()
    values = {"residency_id": residency_id, "reason": "抵扣十月账单"}
    with pytest.raises(Conflict, match="is held"):
        offset_deposit(session, cast.finance, now=NOW, amount_minor=500_001, **values)
    offset_deposit(session, cast.finance, now=NOW, amount_minor=net, **values)
    others = sum(each.net_minor for who, each in posted.items() if who != "A")
    found = held(session, cast)
    assert (found["receivable"], found["deposits"], found["advances"]) == (others, 500_000 - net, 0)
    assert "income.withheld" not in found and catch_up(session, cast.finance, now=NOW) == 0
    with pytest.raises(Forbidden):
        offset_deposit(session, cast.manager, now=NOW, amount_minor=1, **values)
