"""Proration and hourly prices, by the numbers of October 2026."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incubator.core.periods import Month
from incubator.pricing.rules import PriceItem, pick_item, price_hours, price_month

OCTOBER = Month(2026, 10)
NOON = datetime(2026, 10, 10, 4, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("unit_price", "quantity", "starts_on", "ends_on", "days", "gross"),
    [
        ("80.00", "30.00", date(2026, 8, 1), None, 31, 240_000),  # A's rent: 2,400.00
        ("10.00", "30.00", date(2026, 8, 1), None, 31, 30_000),  # A's property fee: 300.00
        ("75.00", "54.50", date(2026, 10, 16), None, 16, 210_968),  # B: 4,087.50 × 16/31 = 2,109.677…
        ("10.00", "54.50", date(2026, 10, 16), None, 16, 28_129),  # B: 545.00 × 16/31 = 281.290…
        ("600.00", "1", date(2026, 10, 1), date(2026, 10, 31), 31, 60_000),  # C's desk: 600.00
        ("310.00", "1", date(2026, 10, 31), date(2027, 1, 1), 1, 1_000),  # its last day alone
        ("310.00", "1", date(2026, 1, 1), date(2026, 10, 1), 1, 1_000),  # its first day alone
    ],
)
def test_a_month_is_prorated_by_calendar_day_and_rounded_once(
    unit_price: str, quantity: str, starts_on: date, ends_on: date | None, days: int, gross: int
) -> None:
    derivation = price_month(
        unit_price=Decimal(unit_price), quantity=Decimal(quantity), month=OCTOBER, starts_on=starts_on, ends_on=ends_on
    )
    assert derivation is not None
    assert (derivation.days, derivation.days_in_month, derivation.gross_minor) == (days, 31, gross)


@pytest.mark.parametrize("term", [(date(2026, 11, 1), None), (date(2026, 1, 1), date(2026, 9, 30))])
def test_a_term_outside_the_month_costs_nothing(term: tuple[date, date | None]) -> None:
    starts_on, ends_on = term
    assert price_month(unit_price=Decimal(80), quantity=Decimal(30), month=OCTOBER, starts_on=starts_on,
                       ends_on=ends_on) is None  # fmt: skip


@given(
    price=st.decimals(0, 10_000, places=4),
    area=st.decimals(0, 1_000, places=2),
    cut=st.integers(1, 30),
)
def test_a_month_in_two_parts_is_within_a_fen_of_the_whole(price: Decimal, area: Decimal, cut: int) -> None:
    def part(first: int, last: int) -> int:
        found = price_month(unit_price=price, quantity=area, month=OCTOBER, starts_on=date(2026, 10, first),
                            ends_on=date(2026, 10, last))  # fmt: skip
        assert found is not None
        return found.gross_minor

    assert abs(part(1, cut) + part(cut + 1, 31) - part(1, 31)) <= 1
    assert abs(part(1, 31) - Fraction(price) * Fraction(area) * 100) <= Fraction(1, 2)


@pytest.mark.parametrize(
    ("price", "minutes", "gross"),
    [("50.00", 90, 7_500), ("50.00", 120, 10_000), ("0.50", 1, 1), ("33.33", 20, 1_111), ("50.00", 0.5, None)],
)
def test_hours_are_charged_by_the_minute(price: str, minutes: float, gross: int | None) -> None:
    end = NOON + timedelta(minutes=minutes)
    assert price_hours(unit_price=Decimal(price), start=NOON, end=end) == (int(minutes), gross or 0)


def test_an_hour_that_the_clock_repeats_is_charged() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    start = datetime(2026, 10, 25, 1, 0, tzinfo=berlin)
    end = datetime(2026, 10, 25, 4, 0, tzinfo=berlin)  # 01:00 to 04:00 by the wall are four hours that night
    assert price_hours(unit_price=Decimal(50), start=start, end=end) == (240, 20_000)


def item(number: int, resource_id: int | None = None, kind: str | None = None, day: int = 1) -> PriceItem:
    return PriceItem(number, Decimal(number), "CNY", resource_id, kind, date(2026, 10, day), None)


def test_a_resources_own_price_comes_before_its_kinds_and_the_later_tariff_first() -> None:
    items = [item(1, kind="meeting_room"), item(2, resource_id=7), item(3, kind="meeting_room", day=5),
             item(4, resource_id=8), item(5, kind="hall")]  # fmt: skip

    def picked(resource_id: int, on: date) -> int | None:
        found = pick_item(items, resource_id=resource_id, resource_kind="meeting_room", on=on)
        return found and found.item_id

    assert picked(7, date(2026, 10, 6)) == 2
    assert picked(9, date(2026, 10, 6)) == 3
    assert picked(9, date(2026, 10, 4)) == 1
    assert picked(9, date(2026, 9, 30)) is None
