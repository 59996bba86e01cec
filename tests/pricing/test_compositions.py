"""The cheapest composition of a booking's bases: by hand, over changes of clocks, and against every way there is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from functools import cache
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from incubator.pricing.rules.compositions import Composition, Windows, round_up

D = Decimal
SHANGHAI, BERLIN = ZoneInfo("Asia/Shanghai"), ZoneInfo("Europe/Berlin")
ROOM = {"hour": D(50), "half_day": D(160), "day": D(280)}


def told(prices: dict[str, Decimal], start: datetime, hours: float, windows: Windows | None = None) -> list[tuple[str, int]] | None:
    end = (start.astimezone(UTC) + timedelta(hours=hours)).astimezone(start.tzinfo)
    zone = start.tzinfo
    assert isinstance(zone, ZoneInfo)
    found = Composition(prices, start, end, zone, windows or Windows()).cheapest()
    return found and [(part.basis, part.minutes) for part in found]


def at(day: int, hour: int, minute: int = 0, month: int = 10, zone: ZoneInfo = SHANGHAI) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=zone)


@pytest.mark.parametrize("hours, parts", [
    (3, [("hour", 180)]),  # 150.00
    (3.2, [("hour", 192)]),  # 160.00 either way: by the hour is named
    (3.25, [("half_day", 195)]),  # 162.50 by the hour
    (4, [("half_day", 240)]),
    (5, [("hour", 60), ("half_day", 240)]),  # 50.00 + 160.00
    (6.4, [("day", 384)]),  # 160.00 + 120.00 are 280.00, in two parts; a day is one
    (6.3, [("hour", 138), ("half_day", 240)]),
    (9, [("day", 540)]),
])  # fmt: skip
def test_a_room_by_hour_half_day_and_day(hours: float, parts: list[tuple[str, int]]) -> None:
    assert told(ROOM, at(12, 9), hours) == parts


def test_a_day_ends_at_midnight() -> None:
    assert told({"day": D(280)}, at(12, 20), 8) == [("day", 240), ("day", 240)]


def test_a_night_lies_in_its_window() -> None:
    """20:00 to 10:00: two hours, the night of ten, two hours."""
    prices = {"hour": D(50), "night": D(100)}
    assert told(prices, at(12, 20), 14) == [("hour", 120), ("night", 600), ("hour", 120)]
    assert told(prices, at(12, 23), 1) == [("hour", 60)], "50.00 are less than the night's 100.00"


def test_a_weekend_is_saturday_and_sunday() -> None:
    """From Friday 16 October 2026, 22:00, to Monday 02:00."""
    prices = {"hour": D(50), "weekend": D(500)}
    assert told(prices, at(16, 22), 52) == [("hour", 120), ("weekend", 2880), ("hour", 120)]


def test_over_a_change_of_clocks_the_wall_says_when_night_is() -> None:
    """In Berlin the night of 24 October 2026 has an hour more, that of 28 March an hour less."""
    prices = {"hour": D(50), "night": D(100)}
    assert told(prices, at(24, 22, zone=BERLIN), 11) == [("night", 660)]
    assert told(prices, at(28, 22, month=3, zone=BERLIN), 9) == [("night", 540)]
    assert told({"day": D(1)}, at(25, 0, zone=BERLIN), 25) == [("day", 1500)]


def test_a_use_is_one_price_for_all() -> None:
    assert told({"use": D(30)}, at(12, 9), 9) == [("use", 540)]
    assert told(ROOM | {"use": D(200)}, at(12, 9), 9) == [("use", 540)]
    assert told(ROOM | {"use": D(200)}, at(12, 9), 1) == [("hour", 60)]


def test_what_the_bases_do_not_cover_has_no_price() -> None:
    assert told({"night": D(100)}, at(12, 9), 2) is None


@pytest.mark.parametrize("minutes, step, rounded", [(1, 30, 30), (30, 30, 30), (31, 30, 60), (61, 30, 90), (61, None, 61)])
def test_time_is_rounded_up(minutes: int, step: int | None, rounded: int) -> None:
    assert round_up(minutes, step) == rounded


def slowly(prices: dict[str, Decimal], start: datetime, end: datetime, zone: ZoneInfo, windows: Windows) -> Fraction | None:
    """Every way to cut the time at half hours and to price each piece: slow, plain, and sharing no code."""
    step = timedelta(minutes=30)
    count = int((end - start) / step)
    walls = [(start + number * step).astimezone(zone) for number in range(count + 1)]

    def is_night(wall: datetime) -> bool:
        minute = wall.hour * 60 + wall.minute
        return minute >= windows.night_from or minute < windows.night_until

    def fits(basis: str, first: int, after: int) -> bool:
        inside = walls[first:after]
        one_day = len({wall.date() for wall in inside}) == 1
        if basis == "half_day":
            return one_day and (after - first) * 30 <= windows.half_day_minutes
        if basis == "day":
            return one_day
        if basis == "night":
            return all(map(is_night, inside))
        if basis == "weekend":
            weekend = {(wall.date() - timedelta(days=wall.weekday() - 5)) for wall in inside if wall.weekday() >= 5}
            return all(wall.weekday() >= 5 for wall in inside) and len(weekend) == 1
        return basis == "hour"

    @cache
    def least(first: int) -> Fraction | None:
        if first == count:
            return Fraction(0)
        ways = []
        for after in range(first + 1, count + 1):
            rest = least(after)
            for basis, price in prices.items():
                if rest is not None and basis != "use" and fits(basis, first, after):
                    ways.append(rest + Fraction(price) * (Fraction(after - first, 2) if basis == "hour" else 1))
        return min(ways, default=None)

    ways = [each for each in (least(0), Fraction(prices["use"]) if "use" in prices else None) if each is not None]
    return min(ways, default=None)


sets_of_prices = st.dictionaries(st.sampled_from(["hour", "half_day", "day", "night", "weekend", "use"]), st.integers(1, 400).map(D), min_size=1)


@settings(max_examples=150, deadline=None)
@given(sets_of_prices, st.integers(0, 7 * 48), st.integers(1, 80), st.sampled_from([120, 180, 240, 300]),
       st.sampled_from([(22, 8), (18, 6), (20, 9)]), st.sampled_from([SHANGHAI, BERLIN]))  # fmt: skip
def test_no_way_is_cheaper(prices: dict[str, Decimal], begins: int, length: int, half: int, night: tuple[int, int], zone: ZoneInfo) -> None:
    """A week around the change of clocks of October 2026, up to 40 hours."""
    start = datetime(2026, 10, 21, tzinfo=UTC) + timedelta(minutes=30 * begins)
    end = start + timedelta(minutes=30 * length)
    windows = Windows(half, night[0] * 60, night[1] * 60)
    found = Composition(prices, start, end, zone, windows).cheapest()
    wanted = slowly(prices, start, end, zone, windows)
    assert (None if found is None else sum((part.amount for part in found), Fraction(0))) == wanted
    if found is not None:
        assert [part.start for part in found] == [start, *(part.end for part in found[:-1])] and found[-1].end == end
