"""Interest by days: worked by hand, and that split periods add up."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from incubator.billing.models import OneOffCharge
from incubator.billing.operations.late_interest import charge_interest
from incubator.billing.operations.one_off import withdraw_one_off
from incubator.billing.queries.dunning.interest import list_proposals
from incubator.billing.rules.instalments import spread
from incubator.billing.rules.interest import Agreed, Debt, Move, Terms, interest_until
from tests.billing.dunning.debts import Debts, morning
from tests.cast import Cast

DUE = date(2026, 11, 5)
DAILY = Terms(date(2026, 1, 1), "day", Decimal("0.0005"))


def debt(*paid: tuple[date, int], minor: int = 1_000_000, due_on: date = DUE, interest: int = 0) -> Debt:
    moves = (Move(due_on - timedelta(days=15), minor), *(Move(on, -amount) for on, amount in paid))
    return Debt(due_on, minor, moves, interest)


def test_part_payment() -> None:
    """10,000.00 due on the 5th at 0.05 % a day; 4,000.00 on the 15th, the rest on the 25th: 10 days on 10,000.00 are
    50.00, 10 days on 6,000.00 are 30.00."""
    paid = debt((date(2026, 11, 15), 400_000), (date(2026, 11, 25), 600_000))
    found = interest_until(paid, [DAILY], date(2026, 12, 31))
    assert [(each.days, each.principal_minor) for each in found.stretches] == [(10, 1_000_000), (10, 600_000)]
    assert found.amount_minor == 8_000


@pytest.mark.parametrize(("until", "minor"), [
    (date(2026, 11, 5), 0), (date(2026, 11, 6), 500), (date(2026, 11, 7), 1000),
])  # fmt: skip
def test_the_day_of_payment_is_late_and_the_due_day_is_not(until: date, minor: int) -> None:
    """Paid on the 6th, it is a day late: 10,000.00 × 0.05 % = 5.00."""
    assert interest_until(debt(), [DAILY], until).amount_minor == minor
    assert interest_until(debt((date(2026, 11, 6), 1_000_000)), [DAILY], date(2026, 12, 1)).amount_minor == 500


def test_a_yearly_rate_is_a_365th_a_day_in_leap_years_too() -> None:
    """3.65 % a year on 10,000.00 is 1.00 a day; due 20 February 2028, until 10 March: 9 days of February (21 to 29)
    and 10 of March."""
    terms = Terms(date(2026, 1, 1), "year", Decimal("0.0365"))
    found = interest_until(debt(due_on=date(2028, 2, 20)), [terms], date(2028, 3, 10))
    assert found.amount_minor == 1_900


def test_it_counts_from_a_day_on() -> None:
    """From the 4th day after the 5th: the 9th to the 12th are 4 days."""
    terms = Terms(date(2026, 1, 1), "day", Decimal("0.0005"), from_day=4)
    assert interest_until(debt(), [terms], date(2026, 11, 8)).amount_minor == 0
    assert interest_until(debt(), [terms], date(2026, 11, 12)).amount_minor == 2_000


def test_a_rate_of_another_day_holds_from_that_day() -> None:
    """5 days at 0.05 % are 25.00; from the 11th at 0.03 %, 5 days are 15.00."""
    later = Terms(date(2026, 11, 11), "day", Decimal("0.0003"))
    assert interest_until(debt(), [DAILY, later], date(2026, 11, 15)).amount_minor == 4_000
    assert interest_until(debt(), [Terms(date(2026, 11, 11), "day", Decimal("0.0005"))], date(2026, 11, 15)).amount_minor == 2_500


def test_no_more_than_the_cap() -> None:
    """2 % of 10,000.00 are 200.00, reached after 40 days."""
    terms = Terms(date(2026, 1, 1), "day", Decimal("0.0005"), cap=Decimal("0.02"))
    assert not interest_until(debt(), [terms], date(2026, 12, 15)).capped  # 40 days
    found = interest_until(debt(), [terms], date(2027, 11, 5))
    assert found.capped and found.amount_minor == 20_000


def test_no_interest_on_interest() -> None:
    """Of 10,000.00, 200.00 are interest of before: 10 days on 9,800.00 are 49.00. What is paid goes to it first: after
    200.00 the principal is 9,800.00 as before."""
    assert interest_until(debt(interest=20_000), [DAILY], date(2026, 11, 15)).amount_minor == 4_900
    paid = debt((date(2026, 11, 6), 20_000), interest=20_000)
    assert interest_until(paid, [DAILY], date(2026, 11, 15)).amount_minor == 4_900


def test_half_a_fen_is_rounded_once() -> None:
    """10.00 a day at 0.05 % is half a fen: 1 fen for the first day, 1 for two, 2 for three."""
    small = debt(minor=1_000)
    assert [interest_until(small, [DAILY], DUE + timedelta(days=days)).amount_minor for days in (1, 2, 3)] == [1, 1, 2]


amounts = st.integers(1, 5_000_000)
payments = st.lists(st.tuples(st.integers(0, 60), st.integers(1, 900_000)), max_size=5)
rates = st.decimals("0.000001", "0.009999", places=6)


@given(amounts, payments, rates, st.lists(st.integers(1, 90), min_size=1, max_size=6), st.none() | st.decimals("0.01", "0.5", places=2))
def test_split_periods_add_up(
    minor: int, paid: list[tuple[int, int]], rate: Decimal, cuts: list[int], cap: Decimal | None
) -> None:
    """However often a part is charged, in all it is what one charge at the end is."""
    terms = [Terms(date(2026, 1, 1), "day", rate, cap=cap)]
    moves, left = [Move(DUE - timedelta(days=15), minor)], minor
    for day, amount in sorted(paid):
        part = min(amount, left)
        left -= part
        moves.append(Move(DUE + timedelta(days=day), -part))
    owed = Debt(DUE, minor, tuple(moves))
    charged = 0
    for cut in sorted(cuts):
        charged += interest_until(owed, terms, DUE + timedelta(days=cut)).left_after(charged)
    assert charged == interest_until(owed, terms, DUE + timedelta(days=max(cuts))).amount_minor
    if cap is not None:
        assert charged <= Fraction(minor) * Fraction(cap) + Fraction(1, 2)


plans = st.lists(st.tuples(
    st.integers(-15, 60), st.lists(st.tuples(st.integers(0, 80), st.integers(1, 900_000)), min_size=1, max_size=4),
), max_size=2)  # fmt: skip


@given(amounts, payments, rates, st.integers(1, 90), st.integers(1, 10), plans)
def test_by_days_it_is_the_sum_of_each_day(
    minor: int, paid: list[tuple[int, int]], rate: Decimal, days: int, from_day: int,
    agreed: list[tuple[int, list[tuple[int, int]]]],
) -> None:  # fmt: skip
    """The stretches are the days one by one, each on what was late when it began, by `spread` of that day’s plan."""
    moves = (Move(DUE - timedelta(days=15), minor), *(Move(DUE + timedelta(days=day), -amount) for day, amount in paid))
    dated = [
        Agreed(DUE + timedelta(days=on), tuple(sorted((DUE + timedelta(days=due), part) for due, part in parts)))
        for on, parts in sorted(agreed)
    ]  # fmt: skip
    exact = Fraction(0)
    for on in (DUE + timedelta(days=day) for day in range(-15, days + 1)):
        still = max(0, sum(move.minor for move in moves if move.on < on))
        holds = [plan.parts for plan in dated if plan.on <= on][-1:] or [()]
        late = [part for part in spread(holds[0], still, DUE) if part.due_on + timedelta(days=from_day) <= on]
        exact += sum(part.open_minor for part in late) * Fraction(rate)
    owed = Debt(DUE, minor, moves, plans=tuple(dated))
    terms = Terms(date(2026, 1, 1), "day", rate, from_day=from_day)
    found = interest_until(owed, [terms], DUE + timedelta(days=days))
    assert sum((each.exact_minor for each in found.stretches), Fraction(0)) == exact


def test_interest_whose_charge_was_withdrawn_is_proposed_again(session: Session, cast: Cast) -> None:
    """10 days on 10,000.00 are 50.00, charged, then withdrawn: a day later all 11 days, 55.00, are proposed; charged
    anew, and then only what runs up later."""
    debts = Debts.at_a_site(session, cast)
    debts.remind(rate="0.0005")
    invoice_id = debts.owe(cast.startup_a, 1_000_000, DUE)

    def left(on: date) -> list[int]:
        return [each.left_minor for each in list_proposals(session, cast.finance, on)]

    first = date(2026, 11, 16)
    assert left(first) == [5_000]
    charge_interest(session, cast.finance, now=morning(first), shown={invoice_id: 5_000})
    assert left(first) == []
    charges = select(OneOffCharge).where(OneOffCharge.kind == "interest").order_by(OneOffCharge.id.desc()).limit(1)
    charge = session.execute(charges).scalar_one()
    withdraw_one_off(session, cast.finance, now=morning(first), one_off_id=charge.id, reason="先不收")
    assert left(first) == [5_000], "on the same day already"
    next_day = date(2026, 11, 17)
    assert left(next_day) == [5_500]
    charge_interest(session, cast.finance, now=morning(next_day), shown={invoice_id: 5_500})
    again = session.execute(charges).scalar_one()
    assert (again.amount_minor, again.withdrawn_at, left(next_day)) == (5_500, None, [])
    assert left(date(2026, 11, 18)) == [500]
    debts.pay(cast.startup_a, 1_000_000, date(2026, 11, 20))
    withdraw_one_off(session, cast.finance, now=morning(date(2026, 11, 21)), one_off_id=again.id, reason="算错了")
    assert left(date(2026, 12, 1)) == [7_500], "paid late, and the interest of 15 days is open to be charged"
