"""Which dates are working days: China's statutory calendar with its swapped workdays, or plain weekdays."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import lru_cache

import chinese_calendar

WORKDAY, RESTDAY, CLOSED = "workday", "restday", "closed"
HOLIDAY = "holiday"


def day_kind(on: date, calendar: str, overrides: Mapping[date, str]) -> str:
    """`workday`, `restday` or `closed`, the site's own override first.

    `calendar` is `CN` (Saturday 10 October 2026 is a workday, 1-7 October are restdays) or `weekdays`. A year
    whose official notice the library does not know yet is taken as plain weekdays (`is_provisional`).
    """
    if on in overrides:
        return overrides[on]
    if calendar == "CN" and not is_provisional(on, calendar):
        return _statutory(on)
    return WORKDAY if on.weekday() < 5 else RESTDAY


def occasion(on: date, calendar: str, overrides: Mapping[date, str]) -> str:
    """`day_kind`, and `holiday` for a rest day that belongs to a statutory holiday.

    Saturday 3 October 2026 lies in the National Day holiday; Sunday 11 October is a rest day like any other.
    """
    kind = day_kind(on, calendar, overrides)
    if kind != RESTDAY or on in overrides or calendar != "CN" or is_provisional(on, calendar):
        return kind
    return HOLIDAY if chinese_calendar.get_holiday_detail(on)[1] else RESTDAY


def is_provisional(on: date, calendar: str) -> bool:
    """Whether the answer for `on` rests on weekdays only because the year's notice is not known yet."""
    return calendar == "CN" and not _known_year(on.year)


@lru_cache(maxsize=64)
def _known_year(year: int) -> bool:
    try:
        chinese_calendar.is_workday(date(year, 1, 1))
    except NotImplementedError:
        return False
    return True


@lru_cache(maxsize=4096)
def _statutory(on: date) -> str:
    return WORKDAY if chinese_calendar.is_workday(on) else RESTDAY
