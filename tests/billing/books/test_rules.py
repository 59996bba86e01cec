"""What causes post, as plain values; numbers by hand."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incubator.billing.rules.accounts import CHART, Account, income_of
from incubator.billing.rules.clearing import Open, pay_oldest
from incubator.billing.rules.journal import Line, Posting, Share, balance, book_lines, moves_of, take_back

NINE = Decimal("0.09")
INVOICE = {"invoice_id": 7, "startup_id": 3}
A = Account


def sides(postings: list[Posting]) -> dict[tuple[str, str], int]:
    return {(each.debit.value, each.credit.value): each.amount_minor for each in postings}


def test_rent_of_which_government_bears_a_part() -> None:
    """1,000.00 at 9 %, 400.00 borne: 600.00 is 550.46 and 49.54 of VAT, 400.00 is 366.97 and 33.03."""
    line = Line("rent", NINE, 60_000, 4_954, (Share("government", 40_000, 5),))
    assert sides(book_lines([line], **INVOICE)) == {
        ("receivable", "income.rent"): 55_046, ("receivable", "output_vat"): 4_954,
        ("subsidy_receivable", "income.rent"): 36_697, ("subsidy_receivable", "output_vat"): 3_303,
    }  # fmt: skip


def test_what_the_operator_lets_off_is_not_taxed() -> None:
    """The same 400.00 let off by the operator itself: a discount, of 366.97 without VAT."""
    line = Line("rent", NINE, 60_000, 4_954, (Share("operator", 40_000, 5),))
    assert sides(book_lines([line], **INVOICE)) == {
        ("receivable", "income.rent"): 55_046, ("receivable", "output_vat"): 4_954,
        ("concessions", "income.rent"): 36_697,
    }  # fmt: skip


def test_exempt_lines_say_so() -> None:
    """An exempt line has no VAT, and its rate 0 on every posting; one nobody knows the rate of has none."""
    exempt, unknown = (Line("rent", rate, 60_000, tax) for rate, tax in ((Decimal(0), 0), (None, None)))
    assert [each.tax_rate for each in book_lines([exempt], **INVOICE)] == [Decimal(0)]
    assert [each.tax_rate for each in book_lines([unknown], **INVOICE)] == [None]


def test_a_correction_takes_back() -> None:
    """A line that takes 360.00 of subsidy back: the startup owes what government no longer does."""
    line = Line("rent", None, 36_000, None, (Share("government", -36_000, 5),))
    assert sides(book_lines([line], **INVOICE)) == {
        ("receivable", "income.rent"): 36_000, ("income.rent", "subsidy_receivable"): 36_000,
    }  # fmt: skip


def test_kinds_without_an_account_of_their_own_are_other_income() -> None:
    assert income_of("rent") is A.RENT and income_of("parking") is A.OTHER


amounts = st.integers(-1_000_000, 1_000_000)
lines = st.builds(
    lambda kind, rate, net, shares: Line(
        kind, rate, net, None if rate is None else round(net * rate / (1 + rate)), tuple(shares)
    ),
    st.sampled_from(["rent", "booking", "utilities"]), st.sampled_from([None, Decimal(0), Decimal("0.06"), NINE]),
    amounts, st.lists(st.builds(Share, st.sampled_from(["government", "operator", "sponsor", "voucher"]), amounts),
                      max_size=3),
)  # fmt: skip


@given(st.lists(lines, max_size=6))
def test_what_is_booked_is_what_is_owed(found: list[Line]) -> None:
    """Receivable grows by the net, each bearer's account by what it bears; all else is income and VAT."""
    postings = book_lines(found, **INVOICE)
    held = {account: balance(account, sum(p.amount_minor for p in postings if p.debit is account),
                             sum(p.amount_minor for p in postings if p.credit is account)) for account in A}  # fmt: skip
    assert held[A.RECEIVABLE] == sum(each.net_minor for each in found)
    borne = {bearer: sum(s.amount_minor for each in found for s in each.shares if s.bearer == bearer)
             for bearer in ("government", "sponsor", "voucher")}  # fmt: skip
    assert [held[A.SUBSIDY_RECEIVABLE], held[A.SPONSOR_RECEIVABLE], held[A.VOUCHER_RECEIVABLE]] == [*borne.values()]
    debits = sum(amount for account, amount in held.items() if CHART[account].nature.grows_by_debit)
    assert debits == sum(amount for account, amount in held.items() if not CHART[account].nature.grows_by_debit)


@given(st.lists(lines, max_size=4))
def test_taking_back_leaves_nothing(found: list[Line]) -> None:
    postings = book_lines(found, **INVOICE)
    both = [*postings, *take_back(postings)]
    assert all(amount == 0 for amount in moves_of(both).invoices.values())
    for account in A:
        assert sum(p.amount_minor for p in both if p.debit is account) == sum(
            p.amount_minor for p in both if p.credit is account
        )


@pytest.mark.parametrize(
    ("debit", "credit", "amount"), [(A.BANK, A.BANK, 1), (A.BANK, A.CASH, 0), (A.BANK, A.CASH, -1)]
)
def test_no_posting_without_two_sides_and_an_amount(debit: Account, credit: Account, amount: int) -> None:
    with pytest.raises(ValueError, match="no posting"):
        Posting(debit, credit, amount)


def test_receivable_says_of_which_invoice() -> None:
    with pytest.raises(ValueError, match="of which"):
        moves_of([Posting(A.RECEIVABLE, A.RENT, 1)])


def test_the_oldest_is_paid_first() -> None:
    """500.00 for 200.00 due in May and 400.00 due in June: 200.00 and 300.00."""
    june, may = Open(1, date(2026, 6, 1), 40_000), Open(2, date(2026, 5, 1), 20_000)
    assert pay_oldest(50_000, [june, may]) == {2: 20_000, 1: 30_000}
    assert pay_oldest(20_000, [june, may]) == {2: 20_000}
    assert pay_oldest(70_000, [june, may]) == {2: 20_000, 1: 40_000}


@given(st.integers(0, 10_000), st.lists(st.tuples(st.integers(1, 28), st.integers(0, 5_000)), max_size=8))
def test_no_more_is_paid_than_is_there_or_open(amount: int, found: list[tuple[int, int]]) -> None:
    items = [Open(key, date(2026, 5, day), minor) for key, (day, minor) in enumerate(found)]
    parts = pay_oldest(amount, items)
    assert sum(parts.values()) == min(amount, sum(each.open_minor for each in items))
    assert all(0 < part <= items[key].open_minor for key, part in parts.items())
    open_after = {each.invoice_id for each in items if each.open_minor > parts.get(each.invoice_id, 0)}
    last_touched = max(((items[key].due_on, key) for key in parts), default=None)
    assert all(last_touched is None or (items[key].due_on, key) >= last_touched for key in open_after) or not parts
