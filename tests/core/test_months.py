"""Months: parsing, counting, and the site's own first and last midnight."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incubator.core.periods import Month, days_between, local_day, months_between, overlap_days

OCTOBER = Month(2026, 10)
months = st.builds(Month, st.integers(1970, 2199), st.integers(1, 12))


@pytest.mark.parametrize(
    "text",
    ["2026-13", "2026-00", "26-10", "2026-1", "2026-10-01", "2026/10", "", " 2026-10", "2026-10\n", "２０２６-１０",
     "0001-01", "1969-12", "2200-01", "9999-12", "-2026-10"],
)  # fmt: skip
def test_what_is_no_month(text: str) -> None:
    with pytest.raises(ValueError, match="month"):
        Month.parse(text)


@given(months)
def test_a_month_reads_back_as_it_is_written(month: Month) -> None:
    assert Month.parse(str(month)) == month


@given(months, st.integers(-600, 600))
def test_counting_on_and_back(month: Month, count: int) -> None:
    assert (month + count) - count == month
    assert months_between(month.first, month + count) == count + 1
    assert (month + 1).first == month.last + timedelta(days=1)


def test_the_edges_of_what_can_be_read_have_neighbours() -> None:
    assert str(Month.parse("1970-01") - 1) == "1969-12"
    assert str(Month.parse("2199-12") + 1) == "2200-01"


@given(months)
def test_a_month_is_its_dates(month: Month) -> None:
    dates = list(month.dates())
    assert len(dates) == month.days == len(set(dates))
    assert all(Month.of(on) == month for on in dates)
    assert (dates[0], dates[-1]) == (month.first, month.last)


@given(months)
def test_a_quarter_is_three_months_of_which_the_month_is_one(month: Month) -> None:
    first, second, third = month.quarter_months
    assert month in (first, second, third)
    assert first.month in (1, 4, 7, 10)
    assert (second, third) == (first + 1, first + 2)
    assert {each.quarter for each in (first, second, third)} == {month.quarter}


def test_october_in_shanghai_begins_at_sixteen_hours_utc() -> None:
    interval = OCTOBER.interval(ZoneInfo("Asia/Shanghai"))
    assert interval.start == datetime(2026, 9, 30, 16, tzinfo=UTC)
    assert interval.end == datetime(2026, 10, 31, 16, tzinfo=UTC)


@given(months.filter(lambda month: 1990 <= month.year <= 2040),
       st.sampled_from(["Asia/Shanghai", "Europe/Berlin", "America/Sao_Paulo", "Australia/Lord_Howe"]))  # fmt: skip
def test_a_month_is_the_sum_of_its_days(month: Month, name: str) -> None:
    zone = ZoneInfo(name)
    assert sum((local_day(on, zone).duration for on in month.dates()), timedelta()) == month.interval(zone).duration


def test_october_in_berlin_has_an_hour_more() -> None:
    assert OCTOBER.interval(ZoneInfo("Europe/Berlin")).duration == timedelta(days=31, hours=1)


@given(
    st.dates(date(2026, 1, 1), date(2026, 3, 31)),
    st.integers(0, 40),
    st.dates(date(2026, 1, 1), date(2026, 3, 31)),
    st.none() | st.integers(-3, 60),
)
def test_overlapping_days_are_those_that_one_counts(first: date, long: int, start: date, end_after: int | None) -> None:
    last = first + timedelta(days=long)
    end = None if end_after is None else start + timedelta(days=end_after)
    counted = sum(1 for on in days_between(first, last) if start <= on and (end is None or on <= end))
    assert overlap_days(first, last, start, end) == counted


def test_sixteen_days_of_october() -> None:
    assert overlap_days(OCTOBER.first, OCTOBER.last, date(2026, 10, 16), None) == 16


def test_the_third_month_of_a_term() -> None:
    assert months_between(date(2026, 8, 1), OCTOBER) == 3
    assert months_between(date(2026, 10, 31), OCTOBER) == 1
    assert months_between(date(2026, 11, 1), OCTOBER) == 0


@pytest.mark.parametrize(("year", "month"), [(2026, 0), (2026, 13), (1899, 12), (3000, 1)])
def test_no_such_month(year: int, month: int) -> None:
    with pytest.raises(ValueError, match="no such month"):
        Month(year, month)
