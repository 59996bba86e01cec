"""Working days: the statutory calendar with its swaps, a site's own overrides, years not announced yet."""

from __future__ import annotations

from datetime import date, timedelta

import chinese_calendar
import pytest
from hypothesis import given
from hypothesis import strategies as st

from incubator.core.periods import Month, days_between
from incubator.core.workdays import day_kind, is_provisional

OCTOBER = Month(2026, 10)


def test_october_2026_has_the_working_days_of_the_notice() -> None:
    works = [on.day for on in OCTOBER.dates() if day_kind(on, "CN", {}) == "workday"]
    assert works == [8, 9, 10, 12, 13, 14, 15, 16, 19, 20, 21, 22, 23, 26, 27, 28, 29, 30]
    assert len(works) == 18


@given(st.dates(date(2004, 1, 1), date(2026, 12, 31)))
def test_every_known_day_is_the_library_s(on: date) -> None:
    assert (day_kind(on, "CN", {}) == "workday") == chinese_calendar.is_workday(on)
    assert not is_provisional(on, "CN")


@given(st.dates(date(2027, 1, 1), date(2100, 12, 31)) | st.dates(date(1950, 1, 1), date(2003, 12, 31)))
def test_a_year_without_its_notice_goes_by_weekdays_and_says_so(on: date) -> None:
    assert is_provisional(on, "CN")
    assert day_kind(on, "CN", {}) == day_kind(on, "weekdays", {})


@given(st.dates())
def test_plain_weekdays(on: date) -> None:
    assert day_kind(on, "weekdays", {}) == ("restday" if on.isoweekday() >= 6 else "workday")
    assert not is_provisional(on, "weekdays")


@pytest.mark.parametrize("kind", ["workday", "restday", "closed"])
def test_a_site_s_own_day_goes_first(kind: str) -> None:
    on = date(2026, 10, 10)
    assert day_kind(on, "CN", {on: kind}) == kind
    assert day_kind(on + timedelta(days=2), "CN", {on: kind}) == "workday"


def test_the_last_days_of_the_year_are_known_and_the_first_of_the_next_are_not() -> None:
    assert [is_provisional(on, "CN") for on in days_between(date(2026, 12, 31), date(2027, 1, 1))] == [False, True]
