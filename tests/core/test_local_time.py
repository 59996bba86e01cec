"""Local days and wall times where the clock jumps, stops twice, or leaves a whole day out."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incubator.core.periods import Interval, local_day, local_instant

BERLIN, NEW_YORK, SHANGHAI = ZoneInfo("Europe/Berlin"), ZoneInfo("America/New_York"), ZoneInfo("Asia/Shanghai")
SAO_PAULO, APIA, LORD_HOWE = ZoneInfo("America/Sao_Paulo"), ZoneInfo("Pacific/Apia"), ZoneInfo("Australia/Lord_Howe")


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "on", "clock", "instant"),
    [
        (SHANGHAI, date(2026, 10, 1), (9, 0), utc(2026, 10, 1, 1)),
        (SHANGHAI, date(2026, 9, 30), (24, 0), utc(2026, 9, 30, 16)),  # the next midnight
        (BERLIN, date(2026, 3, 29), (1, 59), utc(2026, 3, 29, 0, 59)),  # the last minute before the jump
        (BERLIN, date(2026, 3, 29), (2, 0), utc(2026, 3, 29, 1)),  # skipped: the jump
        (BERLIN, date(2026, 3, 29), (2, 30), utc(2026, 3, 29, 1)),  # skipped: the jump
        (BERLIN, date(2026, 3, 29), (2, 59), utc(2026, 3, 29, 1)),  # skipped: the jump
        (BERLIN, date(2026, 3, 29), (3, 0), utc(2026, 3, 29, 1)),
        (BERLIN, date(2026, 3, 29), (3, 1), utc(2026, 3, 29, 1, 1)),
        (BERLIN, date(2026, 10, 25), (2, 30), utc(2026, 10, 25, 0, 30)),  # twice: the first
        (BERLIN, date(2026, 10, 25), (3, 0), utc(2026, 10, 25, 2)),
        (NEW_YORK, date(2026, 3, 8), (2, 15), utc(2026, 3, 8, 7)),
        (SHANGHAI, date(1988, 4, 17), (2, 30), utc(1988, 4, 16, 18)),  # China had summer time then
        (SAO_PAULO, date(2018, 11, 4), (0, 0), utc(2018, 11, 4, 3)),  # midnight itself is skipped
        (SAO_PAULO, date(2018, 11, 4), (0, 45), utc(2018, 11, 4, 3)),
        (SAO_PAULO, date(2018, 11, 3), (24, 0), utc(2018, 11, 4, 3)),
        (LORD_HOWE, date(2026, 10, 4), (2, 10), utc(2026, 10, 3, 15, 30)),  # a jump of half an hour
        (APIA, date(2011, 12, 30), (12, 0), utc(2011, 12, 30, 10)),  # a day that never was
    ],
)
def test_a_wall_time_as_an_instant(zone: ZoneInfo, on: date, clock: tuple[int, int], instant: datetime) -> None:
    assert local_instant(on, clock[0] * 60 + clock[1], zone) == instant


@pytest.mark.parametrize(
    ("zone", "on", "hours"),
    [
        (SHANGHAI, date(2026, 10, 1), 24),
        (BERLIN, date(2026, 3, 29), 23),
        (BERLIN, date(2026, 10, 25), 25),
        (SAO_PAULO, date(2018, 11, 4), 23),
        (LORD_HOWE, date(2026, 4, 5), 24.5),
    ],
)
def test_the_length_of_a_local_day(zone: ZoneInfo, on: date, hours: float) -> None:
    assert local_day(on, zone).duration == timedelta(hours=hours)


def test_a_day_left_out_is_none() -> None:
    with pytest.raises(ValueError, match="must end after its start"):
        local_day(date(2011, 12, 30), APIA)
    assert local_day(date(2011, 12, 29), APIA).end == local_day(date(2011, 12, 31), APIA).start


def first_instant_at_or_past(on: date, minute: int, zone: ZoneInfo) -> datetime:
    """The rule by brute force: the first minute of real time whose wall clock shows `minute` of `on` or later."""
    wanted = datetime.combine(on, datetime.min.time()) + timedelta(minutes=minute)
    instant = wanted.replace(tzinfo=UTC) - timedelta(hours=26)
    while instant.astimezone(zone).replace(tzinfo=None) < wanted:
        instant += timedelta(minutes=1)
    return instant


@given(
    st.sampled_from([BERLIN, NEW_YORK, SHANGHAI, SAO_PAULO, LORD_HOWE, ZoneInfo("Asia/Kathmandu")]),
    st.sampled_from([date(2018, 11, 4), date(2018, 2, 17), date(2026, 3, 8), date(2026, 3, 29), date(2026, 4, 5),
                     date(2026, 10, 4), date(2026, 10, 25), date(2026, 11, 1)]),
    st.integers(0, 1440),
)  # fmt: skip
def test_a_wall_time_is_the_first_instant_at_which_the_clock_reaches_it(zone: ZoneInfo, on: date, minute: int) -> None:
    assert local_instant(on, minute, zone) == first_instant_at_or_past(on, minute, zone)


@given(
    st.sampled_from(sorted(name for name in available_timezones() if "/" in name)),
    st.dates(date(1995, 1, 1), date(2040, 12, 31)),
)
def test_days_follow_each_other_without_gap_or_overlap(name: str, on: date) -> None:
    zone = ZoneInfo(name)
    today, tomorrow = local_instant(on, 1440, zone), local_instant(on + timedelta(days=1), 0, zone)
    assert today == tomorrow
    assert local_instant(on, 540, zone) >= local_instant(on, 0, zone)


def test_instants_are_utc_so_that_comparing_and_subtracting_them_is_right() -> None:
    # Python says that a time which exists twice equals no instant of another zone, and takes one zone's
    # times from each other by the wall clock
    start, end = local_instant(date(2026, 10, 25), 60, BERLIN), local_instant(date(2026, 10, 25), 240, BERLIN)
    assert start.tzinfo is end.tzinfo is UTC
    assert end - start == timedelta(hours=4)


def test_an_hour_is_an_hour_across_the_change() -> None:
    night = Interval(local_instant(date(2026, 3, 28), 1320, BERLIN), local_instant(date(2026, 3, 29), 360, BERLIN))
    assert night.minutes == 7 * 60  # from 22:00 to 06:00 by the wall are 8
