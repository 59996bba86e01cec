"""Series against the calendar by hand, and against a count of every day."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incubator.core.errors import Refusal
from incubator.core.recurrence import MOST, Recurrence
from incubator.core.workdays import occasion


def cn(on: date) -> str:
    return occasion(on, "CN", {})


def october(*days: int) -> list[date]:
    return [date(2026, 10, day) for day in days]


def test_every_wednesday_and_the_holiday_of_the_seventh() -> None:
    first, weekly = date(2026, 9, 23), {"freq": "WEEKLY", "weekdays": (2,)}
    as_it_is = Recurrence(**weekly, count=4)  # type: ignore[arg-type]
    assert as_it_is.dates(first, cn) == [date(2026, 9, 23), date(2026, 9, 30), *october(7, 14)]
    skipping = Recurrence(**weekly, count=4, calendar="skip")  # type: ignore[arg-type]
    assert skipping.dates(first, cn) == [date(2026, 9, 23), date(2026, 9, 30), *october(14, 21)]


def test_saturdays_and_the_holiday_that_one_lies_in() -> None:
    saturdays = Recurrence("WEEKLY", weekdays=(5,), count=4, calendar="skip")
    assert saturdays.dates(date(2026, 9, 19), cn) == [date(2026, 9, 19), *october(10, 17, 24)]
    daily = Recurrence("DAILY", until=date(2026, 10, 12), calendar="skip")
    assert daily.dates(date(2026, 9, 30), cn) == [date(2026, 9, 30), *october(8, 9, 10, 11, 12)]


def test_every_working_day_follows_the_swapped_saturday() -> None:
    working = Recurrence("WEEKLY", weekdays=(0, 1, 2, 3, 4), until=date(2026, 10, 31), calendar="working")
    found = working.dates(date(2026, 10, 1), cn)
    assert found == october(8, 9, 10, 12, 13, 14, 15, 16, 19, 20, 21, 22, 23, 26, 27, 28, 29, 30)
    assert len(found) == 18
    daily = Recurrence("DAILY", until=date(2026, 10, 31), calendar="working")
    assert daily.dates(date(2026, 10, 1), cn) == found
    # one on Wednesdays does not come to a worked Saturday
    wednesdays = Recurrence("WEEKLY", weekdays=(2,), until=date(2026, 10, 31), calendar="working")
    assert wednesdays.dates(date(2026, 10, 1), cn) == october(14, 21, 28)


def test_monthly_by_date_by_weekday_and_by_the_last() -> None:
    first = date(2026, 1, 31)
    assert Recurrence("MONTHLY", monthday=31, count=4).dates(first, cn) == [
        date(2026, 1, 31), date(2026, 3, 31), date(2026, 5, 31), date(2026, 7, 31)]  # fmt: skip
    assert Recurrence("MONTHLY", monthday=-1, count=3).dates(first, cn) == [
        date(2026, 1, 31), date(2026, 2, 28), date(2026, 3, 31)]  # fmt: skip
    assert Recurrence("MONTHLY", weekdays=(4,), nth=-1, count=3).dates(first, cn) == [
        date(2026, 2, 27), date(2026, 3, 27), date(2026, 4, 24)]  # fmt: skip
    assert Recurrence("MONTHLY", weekdays=(0,), nth=5, count=2).dates(first, cn) == [date(2026, 3, 30), date(2026, 6, 29)]


def test_every_other_week_counts_weeks_from_monday() -> None:
    # from Thursday 1 October: Thursday in its week, then Monday and Thursday two weeks on
    found = Recurrence("WEEKLY", interval=2, weekdays=(0, 3), count=4).dates(date(2026, 10, 1), cn)
    assert found == october(1, 12, 15, 26)


@pytest.mark.parametrize(
    ("parts", "field"),
    [
        ({"freq": "YEARLY", "count": 1}, "freq"), ({"freq": "DAILY"}, "until"),
        ({"freq": "DAILY", "count": 1, "until": date(2026, 1, 1)}, "until"), ({"freq": "DAILY", "count": 0}, "count"),
        ({"freq": "DAILY", "count": 367}, "count"), ({"freq": "DAILY", "interval": 0, "count": 1}, "interval"),
        ({"freq": "WEEKLY", "count": 1}, "weekdays"), ({"freq": "WEEKLY", "weekdays": (7,), "count": 1}, "weekdays"),
        ({"freq": "MONTHLY", "count": 1}, "monthday"), ({"freq": "MONTHLY", "monthday": 32, "count": 1}, "monthday"),
        ({"freq": "MONTHLY", "nth": 6, "weekdays": (0,), "count": 1}, "weekdays"),
        ({"freq": "MONTHLY", "nth": 1, "weekdays": (0, 1), "count": 1}, "weekdays"),
    ],
)  # fmt: skip
def test_what_is_no_rhythm(parts: dict[str, object], field: str) -> None:
    with pytest.raises(Refusal) as refused:
        Recurrence(**parts)  # type: ignore[arg-type]
    assert refused.value.field == field


def test_too_many_is_refused_and_for_ever_ends_after_three_years() -> None:
    with pytest.raises(Refusal):
        Recurrence("DAILY", until=date(2028, 1, 1)).dates(date(2026, 1, 1), cn)
    monthly = Recurrence("MONTHLY", monthday=1, until=date(2199, 1, 1)).dates(date(2026, 1, 1), cn)
    assert (len(monthly), monthly[-1]) == (37, date(2029, 1, 1))


@pytest.mark.parametrize("text", ["", "FREQ=SECONDLY;COUNT=1", "FREQ=DAILY;BYHOUR=3;COUNT=1", "FREQ=WEEKLY;BYDAY=XX;COUNT=1",
                                  "FREQ=DAILY;COUNT=x", "FREQ=MONTHLY;BYDAY=1MO,2TU;COUNT=1", "nonsense"])  # fmt: skip
def test_what_is_not_understood_is_refused(text: str) -> None:
    with pytest.raises(Refusal):
        Recurrence.parse(text)


days = st.dates(date(2026, 1, 1), date(2026, 12, 31))
ends = st.one_of(
    st.builds(lambda count: {"count": count}, st.integers(1, 40)),
    st.builds(lambda until: {"until": until}, st.dates(date(2026, 1, 1), date(2026, 12, 31))),
)
rhythms = st.one_of(
    st.builds(lambda every: {"freq": "DAILY", "interval": every}, st.integers(2, 40)),
    st.builds(lambda on, every: {"freq": "WEEKLY", "weekdays": tuple(on), "interval": every},
              st.sets(st.integers(0, 6), min_size=1), st.integers(1, 5)),
    st.builds(lambda on, every: {"freq": "MONTHLY", "monthday": on, "interval": every},
              st.one_of(st.integers(1, 31), st.just(-1)), st.integers(1, 5)),
    st.builds(lambda on, nth, every: {"freq": "MONTHLY", "weekdays": (on,), "nth": nth, "interval": every},
              st.integers(0, 6), st.sampled_from([1, 2, 3, 4, 5, -1]), st.integers(1, 5)),
)  # fmt: skip


def falls_on(parts: dict[str, object], first: date, on: date) -> bool:
    """By counting, without any library."""
    interval, weekdays = parts["interval"], parts.get("weekdays", ())
    assert isinstance(interval, int) and isinstance(weekdays, tuple)
    if parts["freq"] == "DAILY":
        return (on - first).days % interval == 0
    if parts["freq"] == "WEEKLY":
        weeks = ((on - timedelta(days=on.weekday())) - (first - timedelta(days=first.weekday()))).days // 7
        return on.weekday() in weekdays and weeks % interval == 0
    if ((on.year - first.year) * 12 + on.month - first.month) % interval:
        return False
    length = monthrange(on.year, on.month)[1]
    if "monthday" in parts:
        return on.day == (length if parts["monthday"] == -1 else parts["monthday"])
    from_end = parts["nth"] == -1 and on.day + 7 > length
    return on.weekday() in weekdays and (from_end or (on.day - 1) // 7 + 1 == parts["nth"])


HOLIDAY_WEEKENDS = {
    date(2026, 1, 3), date(2026, 2, 15), date(2026, 2, 21), date(2026, 2, 22), date(2026, 4, 4), date(2026, 4, 5),
    date(2026, 5, 2), date(2026, 5, 3), date(2026, 6, 20), date(2026, 6, 21), date(2026, 9, 26), date(2026, 9, 27),
    date(2026, 10, 3), date(2026, 10, 4),
}  # fmt: skip
"""Weekend days that lie in a holiday by the notice of 2026: New Year, Spring Festival, Qingming, Labour Day, Dragon
Boat, Mid-Autumn, National Day."""


def is_free_weekend(on: date) -> bool:
    return on.weekday() >= 5 and on not in HOLIDAY_WEEKENDS


@given(days, rhythms, ends, st.sampled_from(["every", "skip", "working"]))
def test_every_day_counted_by_hand(first: date, parts: dict[str, object], end: dict[str, object], calendar: str) -> None:
    series = Recurrence(**parts, **end, calendar=calendar)  # type: ignore[arg-type]
    last = end.get("until", first + timedelta(days=3 * 366))
    assert isinstance(last, date)
    expected = []
    for on in (first + timedelta(days=n) for n in range((last - first).days + 1)):
        falls = falls_on(parts, first, on)
        worked = cn(on) == "workday"
        if calendar == "working" and series.every_weekday:
            falls = worked or (falls and is_free_weekend(on))
        elif calendar != "every":
            falls = falls and (worked or is_free_weekend(on))
        if falls:
            expected.append(on)
    assert series.dates(first, cn) == expected[: end.get("count", MOST)]  # type: ignore[misc]


@given(rhythms, ends)
def test_its_text_says_all_of_it(parts: dict[str, object], end: dict[str, object]) -> None:
    series = Recurrence(**parts, **end)  # type: ignore[arg-type]
    again = Recurrence.parse(series.rrule)
    assert again.rrule == series.rrule
    assert again.dates(date(2026, 1, 1), cn) == series.dates(date(2026, 1, 1), cn)
