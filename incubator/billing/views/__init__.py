"""Pages of `billing`, one room per group."""

from incubator.billing.views import (
    card_finance,
    card_paying,
    card_settings,
    card_webhook,
    corrections,
    invoices,
    months,
)
from incubator.billing.views.blueprint import blueprint

__all__ = [
    "blueprint", "card_finance", "card_paying", "card_settings", "card_webhook", "corrections", "invoices", "months",
]  # fmt: skip
