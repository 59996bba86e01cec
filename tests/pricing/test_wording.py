"""A price in words: the same numbers in both languages."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from flask import Flask
from flask_babel import force_locale

from incubator.core.periods import Month
from incubator.pricing.rules import price_month
from incubator.pricing.wording import full_month_formula, month_formula, price_text


def in_words(app: Flask, locale: str, price: str, quantity: str, basis: str, starts_on: date) -> str:
    derivation = price_month(unit_price=Decimal(price), quantity=Decimal(quantity), month=Month(2026, 10),
                             starts_on=starts_on, ends_on=None)  # fmt: skip
    assert derivation is not None
    with app.app_context(), force_locale(locale):
        return month_formula(derivation, basis, locale)


@pytest.mark.parametrize(
    ("locale", "words"),
    [
        ("zh_Hans", "54.50 m² × 75.00 元/m²·月 × 16/31 天 = 2,109.68"),
        ("en", "54.50 m² × 75.00 yuan/m²·month × 16/31 days = 2,109.68"),
    ],
)
def test_a_part_of_a_month(app: Flask, locale: str, words: str) -> None:
    assert in_words(app, locale, "75.00", "54.50", "m2_month", date(2026, 10, 16)) == words


def test_a_month_that_misses_no_day_names_no_days(app: Flask) -> None:
    assert in_words(app, "zh_Hans", "80.00", "30.00", "m2_month", date(2026, 8, 1)) == "30.00 m² × 80.00 元/m²·月 = 2,400.00"


def test_by_the_unit_there_is_no_area(app: Flask) -> None:
    assert in_words(app, "en", "600.00", "1", "unit_month", date(2026, 10, 16)) == "600.00 yuan/month × 16/31 days = 309.68"
    with app.app_context(), force_locale("zh_Hans"):
        assert full_month_formula(Decimal(1), "unit_month", Decimal("600.0000"), 60_000, "zh_Hans") == "600.00 元/月"


@pytest.mark.parametrize(
    ("price", "text"), [("80.0000", "80.00"), ("2.1250", "2.125"), ("1200.5000", "1,200.50"), ("0", "0.00")]
)
def test_a_price_shows_every_decimal_it_has(price: str, text: str) -> None:
    assert price_text(Decimal(price), "zh_Hans") == text
