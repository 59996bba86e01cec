"""Prices in words: what is priced, by what, and how an amount came about."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from flask_babel import gettext as _

from incubator.core.money import decimal_places
from incubator.documents.formats import number
from incubator.pricing.rules.tariffs import Derivation


def charge_kind_name(kind: str) -> str:
    """Rent, property fee, utilities or booking, in the reader's language."""
    names = {
        "rent": _("Rent"), "property_fee": _("Property fee"), "utilities": _("Utilities"), "booking": _("Booking"),
    }  # fmt: skip
    return names[kind]


def tax_status_name(status: str) -> str:
    """How an operator is taxed."""
    return {"general": _("General taxpayer"), "small": _("Small-scale taxpayer")}[status]


def rate_text(rate: Decimal, locale: str) -> str:
    """9 %, 13 %, or as many decimals as it has: 0.5 %, 1.25 %."""
    percent = rate * 100
    return f"{number(percent, locale, decimal_places(percent))}%"


def basis_name(basis: str) -> str:
    """What a price is for: 元/m²·月."""
    return {"m2_month": _("yuan/m²·month"), "unit_month": _("yuan/month"), "hour": _("yuan/hour"),
            "metered": _("yuan by meter"), "half_day": _("yuan/half day"), "day": _("yuan/day"),
            "night": _("yuan/night"), "weekend": _("yuan/weekend"), "use": _("yuan/use")}[basis]  # fmt: skip


def time_basis_name(basis: str) -> str:
    """What a part of a booking is priced by."""
    return {"hour": _("by the hour"), "half_day": _("half day"), "day": _("day"), "night": _("night"),
            "weekend": _("weekend"), "use": _("use")}[basis]  # fmt: skip


def composed_formula(data: dict[str, Any], gross: str, locale: str) -> str:
    """"half day 160.00 + 60 minutes at 50.00 an hour = ¥210.00", and that the minimum holds where it does."""
    said = []
    for part in data["parts"]:
        price = price_text(Decimal(part["unit_price"]), locale)
        if part["basis"] == "hour":
            said.append(_("%(minutes)s minutes at %(price)s an hour", minutes=part["minutes"], price=price))
        else:
            said.append(f"{time_basis_name(part['basis'])} {price}")
    words = " + ".join(said)
    if data.get("minimum_minor"):
        return _("%(parts)s; at least %(gross)s", parts=words, gross=gross)
    return f"{words} = {gross}"


def medium_name(medium: str) -> str:
    """What a meter counts."""
    return {"electricity": _("Electric power"), "water": _("Water"), "gas": _("Gas"),
            "network": _("Data traffic")}[medium]  # fmt: skip


def medium_unit(medium: str) -> str:
    """In what it is counted."""
    return {"electricity": "kWh", "water": "m³", "gas": "m³", "network": "GB"}[medium]


def shared_words(shared_by: str) -> str:
    """How a meter is shared out."""
    return {"area": _("shared by area"), "headcount": _("shared by heads")}[shared_by]


def reading_text(value: Decimal, locale: str) -> str:
    """A reading or a quantity with as many decimals as it has: 1,200, 1,200.5."""
    return number(value, locale, decimal_places(value))


def price_text(price: Decimal, locale: str) -> str:
    """A unit price with two decimals, or as many more as it has: 80.00, 2.125."""
    trimmed = format(price.normalize(), "f")
    places = max(2, len(trimmed.partition(".")[2]))
    return number(price, locale, places)


def full_month_formula(quantity: Decimal, basis: str, unit_price: Decimal, gross_minor: int, locale: str) -> str:
    """"54.50 m² × 75.00 元/m²·月 = 4,087.50"; by the unit the price says it all: "600.00 元/月"."""
    if basis == "unit_month":
        return f"{price_text(unit_price, locale)} {basis_name(basis)}"
    return f"{_factors(quantity, basis, unit_price, locale)} = {_amount(gross_minor, locale)}"


def month_formula(derivation: Derivation, basis: str, locale: str) -> str:
    """"54.50 m² × 75.00 元/m²·月 × 16/31 天 = 2,109.68"; the days are left out of a month that misses none."""
    factors = _factors(derivation.quantity, basis, derivation.unit_price, locale)
    if not derivation.is_whole:
        factors = _("%(factors)s × %(days)s/%(of)s days", factors=factors, days=derivation.days,
                    of=derivation.days_in_month)  # fmt: skip
    return f"{factors} = {_amount(derivation.gross_minor, locale)}"


def _factors(quantity: Decimal, basis: str, unit_price: Decimal, locale: str) -> str:
    price = f"{price_text(unit_price, locale)} {basis_name(basis)}"
    return f"{number(quantity, locale, 2)} m² × {price}" if basis == "m2_month" else price


def _amount(minor: int, locale: str) -> str:
    return number(Decimal(minor).scaleb(-2), locale, 2)
