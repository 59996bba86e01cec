"""Money comes in, pays, is undone and goes back; October's invoices are 2,400.00-odd of rent and less after subsidies."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from incubator.accounts.permissions import Action
from incubator.billing.models import Clearing, Invoice, JournalEntry, OpenItem, Posting
from incubator.billing.operations.closing import close_month
from incubator.billing.operations.payments import (
    clear_invoices,
    clear_oldest,
    receipt_number,
    refund,
    undo_clearing,
    undo_refund,
)
from incubator.billing.queries.books import find_differences, list_income, trial_balance
from incubator.billing.queries.open_items import get_open, list_left_payments, list_open_invoices
from incubator.billing.rules.accounts import Account
from incubator.core.errors import Conflict, Forbidden, NotFound, Refusal
from incubator.core.periods import Month
from tests.billing.books.conftest import Receive
from tests.cast import Cast
from tests.scenarios.october import AFTER_OCTOBER

DECEMBER = datetime(2026, 12, 2, 2, 0, tzinfo=UTC)
YEAR = date(2026, 1, 1), date(2026, 12, 31)


def held(session: Session, cast: Cast) -> dict[str, int]:
    return {row.account.value: row.closing_minor for row in trial_balance(session, cast.finance, *YEAR)}


def left(session: Session, payment_id: int) -> int:
    return session.execute(select(OpenItem.open_minor).where(OpenItem.payment_id == payment_id)).scalar_one()


def test_posted_invoices_are_open_and_booked(session: Session, cast: Cast, posted: dict[str, Invoice]) -> None:
    """What the three owe is receivable; what the scheme gives, government owes; both are income."""
    net = sum(each.net_minor for each in posted.values())
    gross = sum(each.gross_minor for each in posted.values())
    found = held(session, cast)
    assert (found["receivable"], found["subsidy_receivable"]) == (net, gross - net)
    assert sum(amount for account, amount in found.items() if account.startswith("income.")) == gross
    assert [each.open_minor for each in (get_open(session, one.id) for one in posted.values())] == [
        one.net_minor for one in posted.values()
    ]
    assert find_differences(session) == []


def test_part_payment_then_the_rest(session: Session, cast: Cast, posted: dict[str, Invoice], receive: Receive) -> None:
    """1,000.00 of A's invoice, then all the rest and 50.00 too much, which is left as an advance."""
    invoice = posted["A"]
    one = receive("A", 100_000)
    clear_oldest(session, cast.finance, now=AFTER_OCTOBER, payment_id=one.id)
    assert get_open(session, invoice.id).open_minor == invoice.net_minor - 100_000
    two = receive("A", invoice.net_minor - 100_000 + 5_000)
    [cleared] = clear_oldest(session, cast.finance, now=AFTER_OCTOBER, payment_id=two.id)
    assert (cleared.amount_minor, left(session, two.id)) == (invoice.net_minor - 100_000, 5_000)
    assert get_open(session, invoice.id).open_minor == 0
    assert [receipt_number(one), receipt_number(two)] == ["RCT-2026-000001", "RCT-2026-000002"]
    found = held(session, cast)
    assert (found["bank"], found["advances"]) == (invoice.net_minor + 5_000, 5_000)
    assert [each.payment.id for each in list_left_payments(session, cast.finance).rows] == [two.id]
    assert invoice.id not in [each.invoice.id for each in list_open_invoices(session, cast.finance).rows]


def test_no_more_than_is_open_nor_than_is_left(
    session: Session, cast: Cast, posted: dict[str, Invoice], receive: Receive
) -> None:  # fmt: skip
    one = receive("A", posted["A"].net_minor + 100)
    with pytest.raises(Conflict, match="is open"):
        clear_invoices(session, cast.finance, now=AFTER_OCTOBER, payment_id=one.id,
                       parts={posted["A"].id: posted["A"].net_minor + 1})  # fmt: skip
    small = receive("A", 100)
    with pytest.raises(Conflict, match="is left"):
        clear_invoices(session, cast.finance, now=AFTER_OCTOBER, payment_id=small.id, parts={posted["A"].id: 101})


def test_another_startups_invoice_is_not_found(
    session: Session, cast: Cast, posted: dict[str, Invoice], receive: Receive
) -> None:  # fmt: skip
    one = receive("A", 100)
    with pytest.raises(NotFound):
        clear_invoices(session, cast.finance, now=AFTER_OCTOBER, payment_id=one.id, parts={posted["B"].id: 100})


def test_a_wrong_clearing_is_undone_once(
    session: Session, cast: Cast, posted: dict[str, Invoice], receive: Receive
) -> None:  # fmt: skip
    """Undone, the invoice is open and the payment whole again, from the same day; not twice."""
    one = receive("A", 30_000, received_on=date(2026, 11, 1))
    [cleared] = clear_oldest(session, cast.finance, now=AFTER_OCTOBER, payment_id=one.id)
    undone = undo_clearing(session, cast.finance, now=DECEMBER, clearing_id=cleared.id, reason="付错单")
    assert (undone.cleared_on, left(session, one.id)) == (cleared.cleared_on, 30_000)
    assert get_open(session, posted["A"].id).open_minor == posted["A"].net_minor
    with pytest.raises(Conflict, match="undone already"):
        undo_clearing(session, cast.finance, now=DECEMBER, clearing_id=cleared.id, reason="again")
    with pytest.raises(NotFound):
        undo_clearing(session, cast.finance, now=DECEMBER, clearing_id=undone.id, reason="an undoing is not undone")
    assert find_differences(session) == []


def test_a_refund_takes_what_is_left_only(session: Session, cast: Cast, receive: Receive) -> None:
    """Of 500.00, 200.00 go back; 300.01 more are refused; the bank sends the 200.00 back, and they are left again."""
    one = receive("A", 50_000)
    wanted = {"payment_id": one.id, "way": "bank", "reason": "退租"}
    back = refund(session, cast.finance, now=DECEMBER, amount_minor=20_000, refunded_on=date(2026, 12, 1), **wanted)
    assert held(session, cast)["bank"] == 30_000
    with pytest.raises(Conflict, match="is left"):
        refund(session, cast.finance, now=DECEMBER, amount_minor=30_001, refunded_on=date(2026, 12, 1), **wanted)
    session.expire_all()
    undo_refund(session, cast.finance, now=DECEMBER, refund_id=back.id, reason="账号有误，银行退回")
    assert (left(session, one.id), held(session, cast)["bank"]) == (50_000, 50_000)
    with pytest.raises(Conflict):
        undo_refund(session, cast.finance, now=DECEMBER, refund_id=back.id, reason="again")


def test_one_source_is_received_once(session: Session, receive: Receive) -> None:
    receive("A", 100, source=("bank_lines", 7))
    receive("B", 100, source=("bank_lines", 7))
    with pytest.raises(Conflict, match="received already"):
        receive("A", 100, source=("bank_lines", 7))


def test_paid_is_on_the_day_the_money_came(
    session: Session, cast: Cast, posted: dict[str, Invoice], receive: Receive
) -> None:  # fmt: skip
    """Received on 20 November, matched in December: paid on the 20th; before its invoice was issued: on that day."""
    late = receive("A", 100, received_on=date(2026, 11, 20), now=DECEMBER)
    early = receive("A", 100, received_on=date(2026, 10, 20), now=DECEMBER)
    days = [clear_invoices(session, cast.finance, now=DECEMBER, payment_id=each.id, parts={posted["A"].id: 100})[0]
            .cleared_on for each in (late, early)]  # fmt: skip
    assert days == [date(2026, 11, 20), date(2026, 11, 1)]


def test_a_closed_month_takes_nothing_more(
    session: Session, cast: Cast, posted: dict[str, Invoice], receive: Receive
) -> None:  # fmt: skip
    """November closed in December: money of 20 November is received on the 20th and booked on 1 December."""
    close_month(session, cast.finance, now=DECEMBER, month=Month(2026, 11))
    late = receive("A", 100, received_on=date(2026, 11, 20), now=DECEMBER)
    clear_oldest(session, cast.finance, now=DECEMBER, payment_id=late.id)
    days = session.execute(
        select(JournalEntry.booked_on, JournalEntry.kind).where(JournalEntry.kind != "invoice").order_by(JournalEntry.id)
    ).all()  # fmt: skip
    assert [tuple(each) for each in days] == [(date(2026, 12, 1), "receipt"), (date(2026, 12, 1), "clearing")]
    assert session.execute(select(Clearing.cleared_on)).scalar_one() == date(2026, 11, 20)


@pytest.mark.parametrize(("change", "field"), [
    ({"amount_minor": 0}, "amount"), ({"amount_minor": 10**12}, "amount"), ({"way": "shells"}, "way"),
    ({"received_on": date(2027, 1, 1)}, "received_on"), ({"received_on": date(1999, 1, 1)}, "received_on"),
])  # fmt: skip
def test_what_cant_be_is_refused(receive: Receive, change: dict[str, object], field: str) -> None:
    with pytest.raises(Refusal) as refused:
        receive("A", **{"amount_minor": 100} | change)
    assert refused.value.field == field


def test_only_who_may_take_payments_takes_them(session: Session, cast: Cast, receive: Receive) -> None:
    one = receive("A", 100)
    for actor in (cast.manager, cast.auditor, cast.founder_a):
        assert not actor.can(Action.TAKE_PAYMENTS)
        with pytest.raises(Forbidden):
            clear_oldest(session, actor, now=AFTER_OCTOBER, payment_id=one.id)


def test_founders_see_what_is_open_of_their_own(
    session: Session, cast: Cast, posted: dict[str, Invoice], receive: Receive
) -> None:  # fmt: skip
    receive("A", 100)
    receive("B", 100)
    assert [each.invoice.id for each in list_open_invoices(session, cast.founder_b).rows] == [posted["B"].id]
    assert [each.startup.id for each in list_left_payments(session, cast.founder_b).rows] == [cast.startup_b]


def test_each_posting_of_subsidies_says_whose_scheme(session: Session, posted: dict[str, Invoice]) -> None:
    rows = session.execute(select(Posting).where(Posting.debit == Account.SUBSIDY_RECEIVABLE)).scalars().all()
    assert rows and all(each.scheme_id is not None and each.charge_kind is not None for each in rows)


def test_income_by_rate_is_the_gross_less_concessions(session: Session, cast: Cast, posted: dict[str, Invoice]) -> None:
    """Nobody has entered how October is taxed: all of it is income without a rate, as much as was billed in gross."""
    rows = list_income(session, cast.finance, *YEAR)
    assert {row.tax_rate for row in rows} == {None} and sum(row.tax_minor for row in rows) == 0
    assert sum(row.income_minor for row in rows) == sum(each.gross_minor for each in posted.values())
