"""Periods, plausibility, deadlines and typed values: worked numbers, and what holds for all of them."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incubator.core.errors import Refusal
from incubator.startups.rules.achievements import SORTS
from incubator.startups.rules.default_figures import CHECKS, INDICATORS
from incubator.startups.rules.figures import Check, as_typed, days_late, due_step, find_doubts, plain_text, read_value
from incubator.startups.rules.periods import RHYTHMS, Period, ended_since, last_ended, period_of, read_period

DAYS = st.dates(date(2000, 1, 1), date(2199, 12, 31))
RHYTHM = st.sampled_from(list(RHYTHMS))


@given(RHYTHM, DAYS)
def test_every_day_lies_in_one_period_and_periods_follow_each_other(rhythm: str, day: date) -> None:
    period = period_of(rhythm, day)
    assert period.first <= day <= period.last
    assert period.previous.next == period and period.next.first == period.last + timedelta(days=1)
    assert read_period(rhythm, period.key) == period
    assert last_ended(rhythm, day).last < day and last_ended(rhythm, day).next.last >= day


def test_periods_have_their_names_and_what_is_none_is_none() -> None:
    third = Period("quarter", date(2026, 7, 1))
    assert (third.last, third.number, third.key) == (date(2026, 9, 30), 3, "2026-Q3")
    assert last_ended("quarter", date(2026, 9, 30)).key == "2026-Q2"
    assert last_ended("quarter", date(2026, 10, 1)) == third
    assert [each.key for each in ended_since("month", date(2026, 8, 15), date(2026, 11, 2), 12)] == [
        "2026-08", "2026-09", "2026-10"]  # fmt: skip
    for key in ("2026-Q5", "2026", "", "x", "2026-q3", "9999-Q1", "²026-Q1"):
        assert read_period("quarter", key) is None
    with pytest.raises(ValueError, match="no quarter"):
        Period("quarter", date(2026, 8, 1))


PEOPLE = Check(1, "hard", ("fresh",), "at_most", ("people",))
HALF = Check(2, "soft", ("revenue",), None, percent=Decimal(50))


@pytest.mark.parametrize(("fresh", "people", "holds"), [(3, 3, True), (4, 3, False), (0, 0, True), (None, 3, True), (4, None, True)])
def test_no_more_fresh_graduates_than_people(fresh: int | None, people: int | None, holds: bool) -> None:
    values = {"fresh": None if fresh is None else Decimal(fresh), "people": None if people is None else Decimal(people)}
    assert (find_doubts([PEOPLE], values, {}, ()) == []) is holds


@pytest.mark.parametrize(("now", "then", "holds"), [("300", "200", True), ("300.01", "200", False), ("100", "200", True),
                                                   ("99.99", "200", False), ("5", "0", True), ("-50", "-100", True)])  # fmt: skip
def test_a_change_of_half_is_let_pass_and_more_asks(now: str, then: str, holds: bool) -> None:
    found = find_doubts([HALF], {"revenue": Decimal(now)}, {"revenue": Decimal(then)}, ())
    assert (found == []) is holds
    answered = find_doubts([HALF], {"revenue": Decimal(now)}, {"revenue": Decimal(then)}, {"revenue"})
    assert not any(doubt.hinders for doubt in answered)


def test_sums_factors_and_constants() -> None:
    check = Check(1, "hard", ("a", "b"), "equal", ("c",), Decimal("0.5"), Decimal(10))
    assert find_doubts([check], {"a": Decimal(4), "b": Decimal(16), "c": Decimal(20)}, {}, ()) == []
    (doubt,) = find_doubts([check], {"a": Decimal(5), "b": Decimal(16), "c": Decimal(20)}, {}, {"a"})
    assert (doubt.left, doubt.right, doubt.hinders) == (21, 20, True)  # a remark answers no hard one


VALUE = st.none() | st.decimals(-(10**9), 10**9, places=2)
CODES = ("a", "b", "c")


@given(st.fixed_dictionaries(dict.fromkeys(CODES, VALUE)), st.sets(st.sampled_from(CODES)),
       st.sampled_from(["at_most", "at_least", "equal"]), st.decimals(-5, 5, places=2))  # fmt: skip
def test_of_at_most_and_at_least_one_holds_and_both_where_it_is_equal(
    values: dict[str, Decimal | None], remarked: set[str], comparison: str, factor: Decimal
) -> None:
    def holds(kind: str) -> bool:
        return not find_doubts([Check(1, "soft", ("a", "b"), kind, ("c",), factor)], values, {}, remarked)

    whole = all(value is not None for value in values.values())
    assert holds("at_most") or holds("at_least")
    assert (holds("at_most") and holds("at_least")) is holds("equal")
    assert whole or holds(comparison)
    for doubt in find_doubts([Check(1, "soft", ("a",), comparison, ("c",), factor)], values, {}, remarked):
        assert doubt.hinders is ("a" not in remarked)


@pytest.mark.parametrize(("text", "kind", "thousands", "kept"), [
    ("1,234.5", "money", True, 123_450_000), ("1234.5", "money", False, 123_450), ("-20", "money", True, -2_000_000),
    (" １２ ", "count", False, 12), ("12.5%", "percent", False, Decimal("12.5")), ("0.00001", "money", True, 1),
    ("", "count", False, None), ("3.25", "decimal", False, Decimal("3.25")),
])  # fmt: skip
def test_what_is_typed_is_kept(text: str, kind: str, thousands: bool, kept: object) -> None:
    assert read_value(text, kind, in_thousands=thousands) == kept


@pytest.mark.parametrize(("text", "kind"), [("0.5", "count"), ("-1", "count"), ("x", "money"), ("NaN", "money"), ("1e99", "money"),
                                           ("0.001", "money"), ("1.234", "percent"), ("9" * 30, "decimal"), ("Infinity", "count")])  # fmt: skip
def test_what_is_no_number_is_refused(text: str, kind: str) -> None:
    with pytest.raises(Refusal):
        read_value(text, kind)


@given(st.decimals(-(10**9), 10**9, places=5), st.booleans())
def test_money_is_shown_as_it_was_typed(typed: Decimal, thousands: bool) -> None:
    plain = plain_text(typed if thousands else round(typed, 2))
    kept = read_value(plain, "money", in_thousands=thousands)
    assert kept is not None and kept == int(kept)
    assert as_typed(kept, "money", in_thousands=thousands) == Decimal(plain)


@given(DAYS, st.integers(-200, 200))
def test_steps_never_go_back_and_no_more_than_three_are_overdue(due_on: date, days: int) -> None:
    today = due_on + timedelta(days=days)
    step = due_step(due_on, today)
    assert due_step(due_on, today - timedelta(days=1)) <= step <= 5
    assert (step >= 3) is (days > 0) and (step == 1) is (days < -7)
    assert days_late(due_on, today) == max(0, days)


def test_the_default_set_is_whole() -> None:
    codes = {each.code: each for each in INDICATORS}
    assert len(codes) == len(INDICATORS)
    for check in CHECKS:
        for code in (*check.left, *check.right):
            assert codes[code].rhythm == check.rhythm
        assert (check.comparison is None) == (check.percent is not None)
    assert not {"patents", "financing"} & set(codes) and set(SORTS) >= {"financing", "right_granted", "qualification"}
