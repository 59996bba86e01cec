"""What a voucher bears, and what each entry does to what is left: by hand, and for whatever comes."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incubator.core.errors import Conflict, Refusal
from incubator.subsidies.rules.vouchers import (
    ENTRY_KINDS,
    Balance,
    Cover,
    Holder,
    cover,
    last_day,
    move,
    order_state,
    redeemable,
    reminder_due,
    share_of,
    voucher_state,
    why_not,
)

AMOUNTS = st.integers(1, 10**9)
SHARES = st.decimals("0.01", "100", places=2)


@pytest.mark.parametrize(
    ("left", "year", "expected"),
    [
        # 8,000.00 × 60 % = 4,800.00
        (600_000, None, Cover(480_000, "share")),
        (480_000, 480_000, Cover(480_000, "share")),  # exactly enough of both
        (479_999, None, Cover(479_999, "left")),
        (100_000, None, Cover(100_000, "left")),
        (600_000, 350_000, Cover(350_000, "year")),
        (600_000, 0, Cover(0, "year")),
        (600_000, -1, Cover(0, "year")),  # a limit that was lower than what was used
        (0, 500_000, Cover(0, "left")),
    ],
)
def test_what_an_order_of_8000_is_covered_by(left: int, year: int | None, expected: Cover) -> None:
    assert cover(800_000, Decimal(60), left, year) == expected


@pytest.mark.parametrize(
    ("amount", "share", "expected"),
    [(800_000, "60", 480_000), (5, "33.33", 2), (1, "50", 1), (1, "49.99", 0), (3, "50", 2), (333, "100", 333)],
)
def test_a_share_is_rounded_half_up_once(amount: int, share: str, expected: int) -> None:
    assert share_of(amount, Decimal(share)) == expected


def test_parts_of_an_order_add_up() -> None:
    # 8,000.00 covered with 4,800.00; invoices of 5,000.00 and 3,000.00: 3,000.00 and 1,800.00
    facts = {"covered_minor": 480_000, "share": Decimal(60)}
    first = redeemable(gross_minor=500_000, gross_before=0, redeemed_before=0, **facts)  # type: ignore[arg-type]
    second = redeemable(gross_minor=300_000, gross_before=500_000, redeemed_before=first, **facts)  # type: ignore[arg-type]
    assert (first, second) == (300_000, 180_000)
    # a voucher that bears less than its share bears it first: 1,000.00 of 8,000.00, all with the first 2,000.00
    facts["covered_minor"] = 100_000
    assert redeemable(gross_minor=200_000, gross_before=0, redeemed_before=0, **facts) == 100_000  # type: ignore[arg-type]
    assert redeemable(gross_minor=600_000, gross_before=200_000, redeemed_before=100_000, **facts) == 0  # type: ignore[arg-type]


@given(st.lists(AMOUNTS, min_size=1, max_size=8), SHARES, st.fractions(0, 1))
def test_in_however_many_parts_the_whole_is_redeemed(parts: list[int], share: Decimal, kept: Fraction) -> None:
    gross = sum(parts)
    covered = int(share_of(gross, share) * kept)
    before = redeemed = 0
    for part in parts:
        now = redeemable(gross_minor=part, covered_minor=covered, share=share, gross_before=before, redeemed_before=redeemed)
        assert 0 <= now <= part
        before, redeemed = before + part, redeemed + now
    assert redeemed == covered


def test_the_worked_ledger() -> None:
    balance = move(Balance(), "issue", 500_000)
    balance = move(balance, "reserve", 480_000)
    assert balance == Balance(left=20_000, reserved=480_000)
    balance = move(balance, "redeem", 300_000)
    assert balance == Balance(left=20_000, reserved=180_000, redeemed=300_000)
    balance = move(balance, "return", 300_000)
    assert balance == Balance(left=320_000, reserved=180_000)
    with pytest.raises(Conflict):
        move(balance, "reserve", 320_001)
    balance = move(move(balance, "redeem", 180_000), "settle", 180_000)
    balance = move(balance, "expire", 320_000)
    assert balance == Balance(settled=180_000, expired=320_000)
    assert balance.face == 500_000


@given(st.lists(st.tuples(st.sampled_from(ENTRY_KINDS[1:]), st.integers(-5, 600)), max_size=40))
def test_nothing_is_lost_and_nothing_goes_below_zero(steps: list[tuple[str, int]]) -> None:
    balance = move(Balance(), "issue", 1000)
    for kind, amount in steps:
        try:
            balance = move(balance, kind, amount)
        except Refusal:
            continue
        assert balance.face == 1000
        assert min(balance.left, balance.reserved, balance.redeemed, balance.settled, balance.expired) >= 0


def test_the_last_day_is_counted() -> None:
    assert last_day(date(2026, 1, 1), 365) == date(2026, 12, 31)
    assert last_day(date(2026, 1, 1), 1) == date(2026, 1, 1)


END = date(2026, 12, 31)


@pytest.mark.parametrize(
    ("balance", "today", "expected"),
    [
        (Balance(left=100), END, "unused"),
        (Balance(left=100), date(2027, 1, 1), "expired"),
        (Balance(left=60, reserved=40), END, "in_use"),
        (Balance(reserved=40, expired=60), date(2027, 1, 1), "in_use"),  # what is reserved can still be redeemed
        (Balance(redeemed=40, expired=60), date(2027, 1, 1), "expired"),
        (Balance(redeemed=100), END, "used_up"),
        (Balance(left=60, settled=40), END, "in_use"),
    ],
)
def test_how_a_voucher_stands(balance: Balance, today: date, expected: str) -> None:
    assert voucher_state(balance, END, today) == expected


def test_how_an_order_stands() -> None:
    assert order_state(100, reserved=100, redeemed=0, returned=0) == "open"
    assert order_state(100, reserved=40, redeemed=60, returned=0) == "part"
    assert order_state(100, reserved=0, redeemed=60, returned=20) == "done"
    assert order_state(100, reserved=0, redeemed=60, returned=60) == "returned"
    assert order_state(100, reserved=0, redeemed=0, returned=0) == "cancelled"


RULE = {"who": "companies", "registered_months": 24, "most_each": 1}


@pytest.mark.parametrize(
    ("holder", "on", "expected"),
    [
        (Holder(True, date(2024, 1, 31), True, 0), date(2026, 1, 31), []),
        (Holder(True, date(2024, 1, 31), True, 0), date(2026, 2, 1), ["registered_long_ago"]),
        (Holder(True, None, True, 0), date(2026, 2, 1), ["unknown_registration"]),
        (Holder(False, None, True, 0), date(2026, 2, 1), ["team"]),
        (Holder(True, date(2025, 1, 1), False, 1), date(2026, 2, 1), ["not_here", "has_enough"]),
    ],
)
def test_who_can_have_one(holder: Holder, on: date, expected: list[str]) -> None:
    assert why_not(holder, on=on, **RULE) == expected  # type: ignore[arg-type]


def test_teams_can_have_what_is_for_all() -> None:
    assert why_not(Holder(False, None, True, 0), who="all", registered_months=None, most_each=1, on=END) == []


@pytest.mark.parametrize(
    ("today", "expected"),
    [
        (date(2026, 11, 30), None),  # 31 days before
        (date(2026, 12, 1), 30),
        (date(2026, 12, 23), 30),
        (date(2026, 12, 24), 7),
        (END, 7),
        (date(2027, 1, 1), None),
    ],
)
def test_when_somebody_is_reminded(today: date, expected: int | None) -> None:
    assert reminder_due(date(2026, 1, 1), END, today) == expected


def test_what_is_valid_for_a_month_is_not_spoken_of_at_once() -> None:
    assert reminder_due(date(2026, 12, 2), END, date(2026, 12, 2)) is None  # 30 days, of which all are left
    assert reminder_due(date(2026, 12, 2), END, date(2026, 12, 25)) == 7
