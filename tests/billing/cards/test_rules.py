"""Payments by Stripe as plain values."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incubator.billing.rules.cards import (
    Intent,
    differs,
    may_still_send,
    next_try_on,
    split_over,
    state_after,
    wait_after,
)

AMOUNTS = st.dictionaries(st.integers(1, 6), st.integers(1, 10_000), max_size=6)


def intent(status: str = "succeeded", amount: int = 100, received: int = 0, currency: str = "CNY", fault: str = "") -> Intent:
    return Intent("pi_1", status, amount, received, currency, fault=fault)


def test_what_is_still_open_is_paid_and_the_rest_stays() -> None:
    """1,500.00 for 1,000.00 and 500.00, of which the first is open by 200.00 only: 200.00 and 500.00."""
    assert split_over(1_500_00, {1: 1_000_00, 2: 500_00}, {1: 200_00, 2: 500_00}) == {1: 200_00, 2: 500_00}


@given(st.integers(1, 50_000), AMOUNTS, AMOUNTS)
def test_no_more_is_used_than_came_was_asked_for_or_is_open(
    amount: int, asked: dict[int, int], still_open: dict[int, int]
) -> None:
    parts = split_over(amount, asked, still_open)
    assert sum(parts.values()) <= amount
    assert all(0 < part <= min(asked[each], still_open[each]) for each, part in parts.items())
    needed = sum(min(asked[each], still_open.get(each, 0)) for each in asked)
    assert sum(parts.values()) == min(amount, needed)


@pytest.mark.parametrize(
    ("kind", "seen", "state"),
    [
        ("checkout", intent("succeeded"), "paid"),
        ("saved", intent("succeeded"), "paid"),
        ("checkout", intent("processing"), "processing"),
        ("checkout", intent("requires_payment_method", fault="card_declined"), "open"),
        ("checkout", intent("canceled"), "expired"),
        ("saved", intent("requires_payment_method", fault="card_declined"), "failed"),
        ("saved", intent("requires_action"), "failed"),
        ("saved", intent("canceled"), "failed"),
        ("saved", intent("requires_payment_method"), "asked"),  # seen in the middle of the call
        ("saved", intent("requires_confirmation"), "asked"),
    ],
)
def test_what_becomes_of_it(kind: str, seen: Intent, state: str) -> None:
    assert state_after(kind, seen) == state


@pytest.mark.parametrize(
    ("seen", "other"),
    [
        (intent(received=100), False),
        (intent(received=99), True),
        (intent(received=101), True),
        (intent(received=100, currency="HKD"), True),
        (intent(amount=99), True),
    ],
)
def test_another_sum_or_currency_is_noticed(seen: Intent, other: bool) -> None:
    assert differs(100, "CNY", seen) is other


def test_the_rhythm_of_tries() -> None:
    days = [next_try_on(date(2026, 11, 10), tries) for tries in (1, 2, 3, 4)]
    assert days == [date(2026, 11, 11), date(2026, 11, 13), date(2026, 11, 15), None]
    assert [wait_after(tries).total_seconds() for tries in (1, 2, 3, 99)] == [20, 40, 80, 3600]


def test_a_key_is_used_for_twenty_hours() -> None:
    sent = datetime(2026, 11, 16, tzinfo=UTC)
    assert may_still_send(None, sent)
    assert may_still_send(sent, sent + timedelta(hours=19, minutes=59))
    assert not may_still_send(sent, sent + timedelta(hours=20))
