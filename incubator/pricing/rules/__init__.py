"""How prices are made: pure, a file for each subject."""

from incubator.pricing.rules.tariffs import (
    FIRST_DAY,
    HIGHEST_PRICE,
    LAST_DAY,
    PRICE_PLACES,
    Derivation,
    MonthlyPrice,
    PriceItem,
    ProposedTerms,
    Quote,
    Unpriced,
    check_day,
    check_price,
    free_quote,
    has_price,
    pick_item,
    price_full_month,
    price_hours,
    price_month,
    propose_terms,
    quote,
    tariff_state,
    usual_basis,
)

__all__ = [
    "FIRST_DAY", "HIGHEST_PRICE", "LAST_DAY", "PRICE_PLACES", "Derivation", "MonthlyPrice", "PriceItem",
    "ProposedTerms", "Quote", "Unpriced", "check_day", "check_price", "free_quote", "has_price", "pick_item",
    "price_full_month",
    "price_hours", "price_month", "propose_terms", "quote", "tariff_state", "usual_basis",
]  # fmt: skip
