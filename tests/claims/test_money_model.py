"""A claim's money against a second opinion: whatever is granted, paid and wanted back, books and sums agree."""

from __future__ import annotations

from collections import defaultdict

from hypothesis import given
from hypothesis import strategies as st

from incubator.billing.rules.accounts import Account
from incubator.billing.rules.journal import Posting
from incubator.claims.rules.money import (
    Answer,
    Ruled,
    Sums,
    book_clawback,
    book_payment,
    book_rulings,
    check_answer,
    check_clawback,
    check_payment,
)
from incubator.core.errors import Refusal

AMOUNTS = st.integers(-500_000, 2_000_000).filter(bool)
ACTS = st.lists(st.tuples(st.sampled_from(("paid", "returned", "back")), st.integers(0, 5), st.integers(-5, 3_000_000)))


def book(held: dict[Account, int], postings: tuple[Posting, ...]) -> None:
    for each in postings:
        held[each.debit] += each.amount_minor
        held[each.credit] -= each.amount_minor


@given(st.lists(st.tuples(AMOUNTS, st.integers(0, 100), st.sampled_from(("operator", "startup", "again"))), min_size=1,
                max_size=6), ACTS)  # fmt: skip
def test_the_books_hold_what_was_decided_less_what_was_paid_and_lost(
    lines: list[tuple[int, int, str]], acts: list[tuple[str, int, int]]
) -> None:
    """By the plainest reckoning: receivable = decided − the operator's − paid + what startups bear of what is wanted back;
    payable = wanted back − returned; losses = the operator's; bank = paid − returned. Startups' invoices then take from
    receivable what they bear. What can't be is refused and changes nothing."""
    held: dict[Account, int] = defaultdict(int)
    decided = granted = lost = again = borne = 0
    of_line: list[int] = []
    ruled = []
    for amount, percent, left in lines:
        answer = Answer(amount * percent // 100 if amount > 0 else -(-amount * percent // 100), "why", left)
        try:
            refused = check_answer(amount, answer, is_taken_off=True)
        except Refusal:  # "again" of a part, or a startup that would bear what is taken back
            answer = Answer(answer.granted_minor, "why", "operator")
            refused = check_answer(amount, answer, is_taken_off=True)
        assert answer.granted_minor + refused == amount
        is_again = bool(refused) and answer.left_to == "again"
        decided, granted = decided + amount, granted + answer.granted_minor
        lost, again = lost + (0 if is_again else refused), again + (refused if is_again else 0)
        of_line.append(answer.granted_minor)
        borne += refused if answer.left_to == "startup" else 0
        ruled.append(Ruled(answer.granted_minor, refused if answer.left_to == "operator" else 0, 1, 7, is_own=False))
        held[Account.SUBSIDY_RECEIVABLE] += amount
        held[Account.RENT] -= amount
    book(held, book_rulings(ruled))
    paid = returned = back = 0
    losses = lost - borne
    wanted: dict[int, int] = defaultdict(int)
    for kind, number, amount in acts:
        sums = Sums(decided, granted, lost, again, paid, back, returned)
        try:
            if kind == "back":
                line = number % len(of_line)
                check_clawback(of_line[line], wanted[line], amount)
                by = "startup" if number % 2 else "operator"
                book(held, book_clawback(amount, 1, 7, by))
                borne, losses = borne + amount * (by == "startup"), losses + amount * (by == "operator")
                wanted[line], back = wanted[line] + amount, back + amount
            else:
                check_payment(sums, kind, amount)
                book(held, book_payment(kind, amount, 1))
                paid, returned = paid + amount * (kind == "paid"), returned + amount * (kind == "returned")
        except Refusal:
            continue
        assert paid <= max(granted, 0) and returned <= back
        assert all(taken <= max(of_line[line], 0) for line, taken in wanted.items())
    held[Account.SUBSIDY_RECEIVABLE] -= borne
    held[Account.RECEIVABLE] += borne
    assert held[Account.SUBSIDY_RECEIVABLE] == decided - lost - paid
    assert held[Account.SUBSIDY_RECEIVABLE] == Sums(decided, granted, lost, again, paid, back, returned).to_come_minor + again
    assert -held[Account.SUBSIDY_PAYABLE] == back - returned
    assert held[Account.SUBSIDY_LOSSES] == losses and losses + borne == lost + back
    assert held[Account.BANK] == paid - returned
    assert sum(held.values()) == 0
