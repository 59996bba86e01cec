"""Prices in words: what is priced, by what, and how an amount came about."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from incubator.core.money import decimal_places
from incubator.documents.formats import number
from incubator.pricing.rules.proposals import Proposals
from incubator.pricing.rules.proration import CALENDAR_DAYS, DAYS_OF_A_MONTH, HALF_MONTHS, THIRTY_DAYS, month_share
from incubator.pricing.rules.tariffs import Derivation


def charge_kind_name(kind: str) -> str:
    """Rent, property fee, service fee, utilities, booking … in the reader's language."""
    names = {
        "rent": _("Rent"), "property_fee": _("Property fee"), "service_fee": _("Service fee"),
        "utilities": _("Utilities"), "booking": _("Booking"), "other": _("Other charge"),
        "interest": _("Late-payment interest"),
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
    """"54.50 m² × 75.00 元/m²·月 × 16/31 天 = 2,109.68"; the days are left out of a month that misses none, and by a
    rule other than calendar days the rule says why."""
    factors = _factors(derivation.quantity, basis, derivation.unit_price, locale)
    amount = _amount(derivation.gross_minor, locale)
    if derivation.proration != CALENDAR_DAYS:
        return by_rule(factors, derivation.proration, derivation.days, derivation.charged_days,
                       derivation.days_in_month, amount)  # fmt: skip
    if not derivation.is_whole:
        factors = _("%(factors)s × %(days)s/%(of)s days", factors=factors, days=derivation.days,
                    of=derivation.days_in_month)  # fmt: skip
    return f"{factors} = {amount}"


def by_rule(factors: str, proration: str, days: int, charged: int, of: int, amount: str) -> str:
    """"600.00 元/月 × 1/2 = 300.00（31天中的10天按协议约定计为半个月）": a part of a month by a rule of its own."""
    share = month_share(proration, charged, of)
    said = [factors]
    if share < 1:
        said.append("1/2" if proration == HALF_MONTHS else f"{days}/{DAYS_OF_A_MONTH}")
    if days < charged and not (share < 1 and proration == THIRTY_DAYS):
        said.append(_("%(days)s/%(of)s days", days=days, of=charged))
    why = _share_words(proration, charged, of)
    return f"{' × '.join(said)} = {amount}" + (_(" (%(why)s)", why=why) if why else "")


def _share_words(proration: str, charged: int, of: int) -> str:
    """Why so many days of a month are what they are; nothing where they are all."""
    if charged >= of:
        return ""
    if month_share(proration, charged, of) == 1:
        return _("%(days)s of %(of)s days count as a whole month by the agreement's rule", days=charged, of=of)
    if proration == HALF_MONTHS:
        return _("%(days)s of %(of)s days count as half a month by the agreement's rule", days=charged, of=of)
    return _("each of %(days)s days counts as a thirtieth of a month by the agreement's rule", days=charged)


def proration_name(proration: str) -> str:
    """How parts of a month are charged."""
    return str(PRORATION_NAMES[proration])


PRORATION_NAMES = {
    "calendar_days": _l("by the days of the month"),
    "thirty_days": _l("each day a thirtieth of a month"),
    "half_months": _l("up to 15 days half a month, more a whole one"),
}


def proposed_words(proposals: Proposals, locale: str) -> list[tuple[str, str]]:
    """What a tariff proposes to agreements beside prices: of what, and what."""
    found = [(_("Parts of a month"), proration_name(proposals.proration))]
    if proposals.step_percent is not None and proposals.step_months is not None:
        percent = number(proposals.step_percent, locale, decimal_places(proposals.step_percent))
        found.append((_("The rent steps"), _("by %(percent)s%% every %(months)s months", percent=percent,
                                             months=proposals.step_months)))  # fmt: skip
    if proposals.deposit_months is not None:
        found.append((_("Deposit"), deposit_words(proposals.deposit_months, locale)))
    return found


def deposit_words(months: Decimal, locale: str) -> str:
    """"2 months of the first full rent"."""
    if months == 0:
        return _("none")
    return _("%(months)s × the first full month's rent", months=number(months, locale, decimal_places(months)))


def _factors(quantity: Decimal, basis: str, unit_price: Decimal, locale: str) -> str:
    price = f"{price_text(unit_price, locale)} {basis_name(basis)}"
    return f"{number(quantity, locale, 2)} m² × {price}" if basis == "m2_month" else price


def _amount(minor: int, locale: str) -> str:
    return number(Decimal(minor).scaleb(-2), locale, 2)
