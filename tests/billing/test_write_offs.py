"""Write-offs with a second person, and instalments."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from incubator.billing.models import Invoice, OpenItem, Posting
from incubator.billing.operations.approvals import decide_approval
from incubator.billing.operations.payments import clear_invoices, receive_payment
from incubator.billing.operations.write_offs import ask_write_off, plan_instalments, undo_write_off, write_off
from incubator.billing.queries.instalments import list_due_parts, list_write_offs
from incubator.billing.rules.instalments import DuePart, equal_parts, spread
from incubator.core.errors import Conflict, Forbidden, Refusal
from tests.cast import Cast

LATER = datetime(2026, 11, 10, 2, 0, tzinfo=UTC)


def open_of(session: Session, invoice: Invoice) -> int:
    return session.execute(select(OpenItem.open_minor).where(OpenItem.invoice_id == invoice.id)).scalar_one()


def pay(session: Session, cast: Cast, invoice: Invoice, minor: int) -> None:
    payment = receive_payment(session, cast.finance, now=LATER, startup_id=invoice.startup_id, way="bank", amount_minor=minor,
                              received_on=date(2026, 11, 9))  # fmt: skip
    clear_invoices(session, cast.finance, now=LATER, payment_id=payment.id, parts={invoice.id: minor})


def test_what_is_lost_is_written_off_by_two_and_taken_back_when_it_is_paid(
    session: Session, cast: Cast, posted: dict[str, Invoice]
) -> None:
    # of A's 1,155.00, 155.00 were paid: 1,000.00 are lost, and paid after all
    invoice = posted["A"]
    pay(session, cast, invoice, 15_500)
    with pytest.raises(Conflict, match="second person"):
        write_off(session, cast.finance, now=LATER, invoice_id=invoice.id, reason="公司注销")
    asked = ask_write_off(session, cast.finance, now=LATER, invoice_id=invoice.id, reason="公司注销")
    with pytest.raises(Forbidden):
        decide_approval(session, cast.finance, now=LATER, approval_id=asked.id, approve=True)
    decide_approval(session, cast.manager, now=LATER, approval_id=asked.id, approve=True)
    made = write_off(session, cast.finance, now=LATER, invoice_id=invoice.id, reason="公司注销")
    assert (made.amount_minor, open_of(session, invoice)) == (100_000, 0)
    bad = session.execute(select(Posting.amount_minor).where(Posting.debit == "bad_debts")).scalars().all()
    assert bad == [100_000] and [row.write_off.id for row in list_write_offs(session, invoice.id)] == [made.id]
    undo_write_off(session, cast.finance, now=LATER, write_off_id=made.id, reason="客户已付款")
    assert open_of(session, invoice) == 100_000 and list_write_offs(session, invoice.id) == []
    with pytest.raises(Conflict, match="undone already"):
        undo_write_off(session, cast.finance, now=LATER, write_off_id=made.id, reason="x")
    with pytest.raises(Conflict, match="taken back since"):
        write_off(session, cast.finance, now=LATER, invoice_id=invoice.id, reason="公司注销")
    pay(session, cast, invoice, 100_000)
    with pytest.raises(Conflict, match="Nothing"):
        ask_write_off(session, cast.finance, now=LATER, invoice_id=invoice.id, reason="x")


def test_what_was_approved_holds_for_just_that(session: Session, cast: Cast, posted: dict[str, Invoice]) -> None:
    invoice = posted["A"]
    asked = ask_write_off(session, cast.finance, now=LATER, invoice_id=invoice.id, reason="公司注销")
    decide_approval(session, cast.owner, now=LATER, approval_id=asked.id, approve=True)
    pay(session, cast, invoice, 1)
    with pytest.raises(Conflict, match="second person"):
        write_off(session, cast.finance, now=LATER, invoice_id=invoice.id, reason="公司注销")


def test_a_refusal_says_why_and_it_can_be_asked_again(session: Session, cast: Cast, posted: dict[str, Invoice]) -> None:
    invoice = posted["A"]
    asked = ask_write_off(session, cast.finance, now=LATER, invoice_id=invoice.id, reason="公司注销")
    with pytest.raises(Conflict, match="asked for already"):
        ask_write_off(session, cast.finance, now=LATER, invoice_id=invoice.id, reason="公司注销")
    with pytest.raises(Refusal, match="why it is refused"):
        decide_approval(session, cast.manager, now=LATER, approval_id=asked.id, approve=False)
    decide_approval(session, cast.manager, now=LATER, approval_id=asked.id, approve=False, note="再催一次")
    with pytest.raises(Conflict, match="decided already"):
        decide_approval(session, cast.manager, now=LATER, approval_id=asked.id, approve=True)
    ask_write_off(session, cast.finance, now=LATER, invoice_id=invoice.id, reason="公司注销")


def test_an_invoice_in_parts_is_due_by_its_parts(session: Session, cast: Cast, posted: dict[str, Invoice]) -> None:
    # 1,155.00 in three: 385.00 each; 500.00 paid: the first, and 115.00 of the second
    invoice = posted["A"]
    assert list_due_parts(session, [invoice.id]) == {invoice.id: [DuePart(invoice.due_on, 115_500, 115_500)]}
    parts = equal_parts(115_500, 3, date(2026, 11, 30))
    assert plan_instalments(session, cast.finance, now=LATER, invoice_id=invoice.id, parts=parts) == 1
    pay(session, cast, invoice, 50_000)
    assert list_due_parts(session, [invoice.id, 10**9]) == {invoice.id: [
        DuePart(date(2026, 11, 30), 38_500, 0), DuePart(date(2026, 12, 30), 38_500, 27_000),
        DuePart(date(2027, 1, 30), 38_500, 38_500),
    ]}  # fmt: skip
    assert plan_instalments(session, cast.finance, now=LATER, invoice_id=invoice.id, parts=[(date(2027, 3, 1), 65_500)]) == 2
    assert list_due_parts(session, [invoice.id]) == {invoice.id: [DuePart(date(2027, 3, 1), 65_500, 65_500)]}


@pytest.mark.parametrize("parts", [
    [], [(date(2026, 12, 1), 115_499)], [(date(2026, 12, 1), 115_500), (date(2026, 12, 1), 0)],
    [(date(2026, 12, 2), 100_000), (date(2026, 12, 1), 15_500)], [(date(2026, 11, 1), 115_500)], [(date(2046, 11, 1), 115_500)],
])  # fmt: skip
def test_a_plan_that_is_none_is_refused(session: Session, cast: Cast, posted: dict[str, Invoice], parts: list[tuple[date, int]]) -> None:
    with pytest.raises(Refusal):
        plan_instalments(session, cast.finance, now=LATER, invoice_id=posted["A"].id, parts=parts)


@given(amounts=st.lists(st.integers(1, 1000), min_size=1, max_size=6), open_minor=st.integers(0, 8000))
def test_what_is_open_by_part_comes_to_what_is_open(amounts: list[int], open_minor: int) -> None:
    parts = [(date(2026, 1 + n, 1), amount) for n, amount in enumerate(amounts)]
    found = spread(parts, open_minor, date(2025, 1, 1))
    assert sum(each.open_minor for each in found) == open_minor
    assert all(0 <= each.open_minor <= each.amount_minor for each in found)
