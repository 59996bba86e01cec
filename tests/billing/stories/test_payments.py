"""Stories of money that comes by bank, in cash and by card, with numbers worked by hand."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from incubator.billing.models import ClosedMonth, JournalEntry, Payment
from incubator.billing.models import Posting as Row
from incubator.billing.operations.bank_matching import (
    assign_line,
    confirm_lines,
    ignore_line,
    match_refund,
    undo_line,
)
from incubator.billing.operations.bank_taking import Chosen
from incubator.billing.operations.payments import (
    clear_invoices,
    clear_oldest,
    receive_payment,
    refund,
    undo_clearing,
    undo_refund,
)
from incubator.billing.queries.bank import count_unmatched, sum_unmatched
from incubator.billing.queries.bank_matches import find_suggestions
from incubator.billing.rules.matching import THRESHOLD
from incubator.core.errors import Conflict
from tests.billing.bank.making import LATER, Bank, make_bank
from tests.cast import NOW, Cast

WHY = "核对后更正"


@pytest.fixture
def bank(session: Session, cast: Cast) -> Bank:
    return make_bank(session, cast)


def confirm_all(bank: Bank, least: int = THRESHOLD) -> list[Payment]:
    """As finance does: all suggestions from a confidence on."""
    found = find_suggestions(bank.session, bank.finance)
    chosen = {line_id: each.fingerprint for line_id, each in found.items() if each.confidence >= least}
    return confirm_lines(bank.session, bank.finance, now=LATER, shown=chosen)


def held(bank: Bank, account: str) -> int:
    """What the books say is in an account, by its debits less its credits."""
    def total(side: object) -> int:
        return int(bank.session.execute(select(func.coalesce(func.sum(Row.amount_minor), 0)).where(side == account)).scalar_one())

    return total(Row.debit) - total(Row.credit)


def test_part_payment_then_the_rest(bank: Bank, cast: Cast) -> None:
    """A owes 2,430.00 and pays 1,000.00: 1,430.00 stay open, until they come on the 20th. The bank has 2,430.00."""
    invoice = bank.invoice(cast.startup_a, 243_000)
    bank.statement(("2026-11-10", 100_000, "甲科技有限公司", f"INV-2026-{invoice.number:06}"))
    confirm_all(bank, 80)
    assert bank.open_of(invoice) == 143_000
    bank.statement(("2026-11-20", 143_000, "甲科技有限公司", "余款"))
    confirm_all(bank)
    assert bank.open_of(invoice) == 0
    assert (held(bank, "bank"), held(bank, "receivable"), held(bank, "advances")) == (243_000, 0, 0)


def test_an_overpayment_is_kept_and_pays_next_month(bank: Bank, cast: Cast) -> None:
    """3,000.00 for 2,430.00: 570.00 are an advance. December's 600.00 take them, and 30.00 are open."""
    november = bank.invoice(cast.startup_a, 243_000)
    line = bank.line("2026-11-10", 300_000, "甲科技有限公司", f"INV-2026-{november.number:06}")
    payment = assign_line(bank.session, cast.finance, now=LATER, line_id=line.id, chosen=Chosen(cast.startup_a, {november.id: 243_000}))
    assert (bank.open_of(november), bank.left_of(payment), held(bank, "advances")) == (0, 57_000, -57_000)
    december = bank.invoice(cast.startup_a, 60_000, date(2026, 12, 15))
    clear_oldest(bank.session, cast.finance, now=LATER, payment_id=payment.id)
    assert (bank.open_of(december), bank.left_of(payment)) == (3_000, 0)


def test_one_transfer_for_three_invoices(bank: Bank, cast: Cast) -> None:
    """1,000.00 + 600.00 + 830.00 = 2,430.00, named by one purpose: one payment, three clearings."""
    made = bank.invoices([(cast.startup_a, minor) for minor in (100_000, 60_000, 83_000)])
    first, second, third = (f"{each.number:06}" for each in made)
    bank.statement(("2026-11-10", 243_000, "张三", f"房租 INV-2026-{first}、{second}和{third}"))
    (payment,) = confirm_all(bank)
    assert [bank.open_of(each) for each in made] == [0, 0, 0] and bank.left_of(payment) == 0


def test_three_transfers_for_one_invoice(bank: Bank, cast: Cast) -> None:
    """900.00 in 300.00 each. The first two are parts (60 %), the third is exactly what is left (95 %)."""
    invoice = bank.invoice(cast.startup_a, 90_000)
    bank.statement(*[(f"2026-11-1{n}", 30_000, "甲科技有限责任公司", "") for n in (1, 2, 3)])
    found = find_suggestions(bank.session, cast.finance)
    assert [each.confidence for each in found.values()] == [60, 60, 95]
    assert len(confirm_all(bank, 60)) == 3 and bank.open_of(invoice) == 0


def test_the_wrong_startup_undone_and_confirmed_for_the_right_one(bank: Bank, cast: Cast) -> None:
    """B's 500.00 were taken for A's. Undone, A owes 500.00 again, the bank has nothing; then B has paid."""
    of_a, of_b = bank.invoices([(cast.startup_a, 50_000), (cast.startup_b, 50_000)])
    line = bank.line("2026-11-10", 50_000, "某人")
    wrong = assign_line(bank.session, cast.finance, now=LATER, line_id=line.id, chosen=Chosen(cast.startup_a, {of_a.id: 50_000}))
    undo_line(bank.session, cast.finance, now=LATER, line_id=line.id, reason=WHY)
    assert (bank.open_of(of_a), bank.left_of(wrong), held(bank, "bank"), count_unmatched(bank.session)) == (50_000, 0, 0, 1)
    right = assign_line(bank.session, cast.finance, now=LATER, line_id=line.id, chosen=Chosen(cast.startup_b, {of_b.id: 50_000}))
    assert (bank.open_of(of_a), bank.open_of(of_b), held(bank, "bank")) == (50_000, 0, 50_000)
    assert right.number == wrong.number + 1, "no receipt's number is given again"


def test_undone_and_confirmed_for_the_same_startup_it_is_the_same_receipt(bank: Bank, cast: Cast) -> None:
    """Undone by mistake: the receipt stands once more, and the bank has its 500.00 once. Then once more."""
    invoice = bank.invoice(cast.startup_a, 50_000)
    line = bank.line("2026-11-10", 50_000, "甲科技有限公司")
    (payment,) = confirm_all(bank)
    for _ in "ab":
        undo_line(bank.session, cast.finance, now=LATER, line_id=line.id, reason=WHY)
        (again,) = confirm_all(bank)
        assert again.id == payment.id and bank.open_of(invoice) == 0 and held(bank, "bank") == 50_000
    assert bank.session.execute(select(func.count()).select_from(Payment)).scalar_one() == 1


def test_what_came_in_a_closed_month_is_booked_in_the_next(bank: Bank, cast: Cast) -> None:
    """October is closed when October's statement comes: the receipt says 30 October, the books 1 November."""
    bank.session.add(ClosedMonth(month=date(2026, 10, 1), turnover_minor=0, entries=0, closed_at=LATER))
    bank.session.flush()
    invoice = bank.invoice(cast.startup_a, 50_000)
    bank.statement(("2026-10-30", 50_000, "甲科技有限公司", ""))
    (payment,) = confirm_all(bank)
    assert payment.received_on == date(2026, 10, 30) and bank.open_of(invoice) == 0
    entry = bank.session.execute(select(JournalEntry).where(JournalEntry.source_kind == "payments")).scalar_one()
    assert entry.booked_on == date(2026, 11, 1)
    undo_line(bank.session, cast.finance, now=LATER, line_id=bank.lines()[0].id, reason=WHY)
    assert held(bank, "bank") == 0


def test_an_advance_is_given_back_and_the_bank_shows_it(bank: Bank, cast: Cast) -> None:
    """1,000.00 came too much. Of them 400.00 go back on the 12th; the statement shows −400.00; 600.00 are left."""
    line = bank.line("2026-11-10", 100_000, "甲科技有限公司")
    payment = assign_line(bank.session, cast.finance, now=LATER, line_id=line.id, chosen=Chosen(cast.startup_a, {}))
    row = refund(bank.session, cast.finance, now=LATER, payment_id=payment.id, amount_minor=40_000, way="bank",
                 refunded_on=date(2026, 11, 12), reason="退还多付")  # fmt: skip
    out = bank.line("2026-11-12", -40_000, "甲科技有限公司", "退款")
    match_refund(bank.session, cast.finance, now=LATER, line_id=out.id, refund_id=row.id)
    assert (bank.left_of(payment), held(bank, "bank")) == (60_000, 60_000)
    assert bank.lines()[-1].state == "refunded"


def test_a_refund_that_did_not_arrive_is_there_again(bank: Bank, cast: Cast) -> None:
    """400.00 of 1,000.00 go back and bounce: 1,000.00 are left."""
    payment = receive_payment(bank.session, cast.finance, now=LATER, startup_id=cast.startup_a, way="pos", amount_minor=100_000,
                              received_on=date(2026, 11, 3), reference="终端 0042")  # fmt: skip
    row = refund(bank.session, cast.finance, now=LATER, payment_id=payment.id, amount_minor=40_000, way="bank",
                 refunded_on=date(2026, 11, 5), reason="退还多付")  # fmt: skip
    undo_refund(bank.session, cast.finance, now=LATER, refund_id=row.id, reason="账号有误，退回")
    assert bank.left_of(payment) == 100_000 and held(bank, "pos") == 100_000 and held(bank, "bank") == 0


def test_cash_at_the_desk_for_the_newer_invoice(bank: Bank, cast: Cast) -> None:
    """A pays 600.00 in cash and says that they are for December, not for November: November stays open."""
    november, december = bank.invoice(cast.startup_a, 50_000), bank.invoice(cast.startup_a, 60_000, date(2026, 12, 15))
    payment = receive_payment(bank.session, cast.finance, now=LATER, startup_id=cast.startup_a, way="cash", amount_minor=60_000,
                              received_on=date(2026, 12, 3))  # fmt: skip
    (clearing,) = clear_invoices(bank.session, cast.finance, now=LATER, payment_id=payment.id, parts={december.id: 60_000})
    assert (bank.open_of(november), bank.open_of(december), held(bank, "cash")) == (50_000, 0, 60_000)
    # then they think better of it: the oldest first
    undo_clearing(bank.session, cast.finance, now=LATER, clearing_id=clearing.id, reason="改为先还旧账")
    clear_oldest(bank.session, cast.finance, now=LATER, payment_id=payment.id)
    assert (bank.open_of(november), bank.open_of(december)) == (0, 50_000)


def test_a_parent_company_is_known_after_the_first_time(bank: Bank, cast: Cast) -> None:
    """The first transfer of a parent is assigned by hand; the next finds A's invoice by the payer, at 95 %."""
    bank.invoice(cast.startup_a, 50_000)
    bank.invoice(cast.startup_b, 50_000)
    bank.statement(("2026-11-10", 12_300, "甲集团控股", "往来款"))
    assert not find_suggestions(bank.session, cast.finance), "nobody knows it, and nothing comes to 123.00"
    line = bank.lines()[0]
    assign_line(bank.session, cast.finance, now=LATER, line_id=line.id, chosen=Chosen(cast.startup_a, {}))
    bank.statement(("2026-11-20", 50_000, "甲集团控股", "往来款"))
    ((_, found),) = find_suggestions(bank.session, cast.finance).items()
    assert (found.startup_ids, found.confidence) == ((cast.startup_a,), 95)
    undo_line(bank.session, cast.finance, now=LATER, line_id=line.id, reason=WHY)
    assert not [each for each in find_suggestions(bank.session, cast.finance).values() if each.confidence > 50], "what was undone is forgotten"


def test_interest_and_own_transfers_are_left_aside(bank: Bank, cast: Cast) -> None:
    """Of 12.34 interest, 10,000.00 between own accounts and A's 500.00 only the last is to be matched."""
    bank.statement(("2026-11-20", 1_234, "", "结息"), ("2026-11-21", 1_000_000, "南山创客空间", "内部调拨"), ("2026-11-22", 50_000, "甲科技有限公司", ""))
    assert (count_unmatched(bank.session), sum_unmatched(bank.session)) == (3, 1_051_234)
    for line, reason in zip(bank.lines(), ("银行结息", "内部调拨"), strict=False):
        ignore_line(bank.session, cast.finance, now=LATER, line_id=line.id, reason=reason)
    assert (count_unmatched(bank.session), sum_unmatched(bank.session)) == (1, 50_000)
    assert sum_unmatched(bank.session, date(2026, 11, 21)) == 0
    assert held(bank, "bank") == 0


def test_two_who_pay_one_invoice_the_second_is_an_advance(bank: Bank, cast: Cast) -> None:
    """A pays 500.00 in cash on the 9th and, forgetting it, by bank on the 10th: the transfer is an advance of 500.00."""
    invoice = bank.invoice(cast.startup_a, 50_000)
    cash = receive_payment(bank.session, cast.finance, now=LATER, startup_id=cast.startup_a, way="cash", amount_minor=50_000,
                           received_on=date(2026, 11, 9))  # fmt: skip
    clear_oldest(bank.session, cast.finance, now=LATER, payment_id=cash.id)
    line = bank.line("2026-11-10", 50_000, "甲科技有限公司", f"INV-2026-{invoice.number:06}")
    with pytest.raises(Conflict, match=r"only .* is open"):
        clear_invoices(bank.session, cast.finance, now=LATER, payment_id=cash.id, parts={invoice.id: 1})
    ((_, found),) = find_suggestions(bank.session, cast.finance).items()
    assert (found.parts, found.confidence) == ((), 60)
    (payment,) = confirm_all(bank, 60)
    assert (bank.left_of(payment), payment.source_id, NOW < LATER) == (50_000, line.id, True)
