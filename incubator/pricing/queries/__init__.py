"""Reads of prices and meters, a file for each subject."""

from incubator.pricing.queries.tariffs import (
    TariffRow,
    get_proposals,
    get_tariff,
    last_day,
    latest_tariff,
    list_items,
    list_items_in_force,
    list_monthly_prices,
    list_neighbours,
    list_price_items,
    list_prices_of,
    list_tariffs,
    list_tiers,
    proposals_of,
    quote_booking,
    tariff_in_force,
)

__all__ = [
    "TariffRow", "get_proposals", "get_tariff", "last_day", "latest_tariff", "list_items", "list_items_in_force",
    "list_monthly_prices", "list_neighbours", "list_price_items", "list_prices_of", "list_tariffs", "list_tiers",
    "proposals_of", "quote_booking", "tariff_in_force",
]  # fmt: skip
