"""Pages of `billing`, one room per group."""

from incubator.billing.views import (
    books,
    card_finance,
    card_paying,
    card_settings,
    card_webhook,
    corrections,
    desk,
    invoices,
    months,
    standing,
)
from incubator.billing.views.blueprint import blueprint

__all__ = [
    "blueprint", "books", "card_finance", "card_paying", "card_settings", "card_webhook", "corrections", "desk",
    "invoices", "months", "standing",
]  # fmt: skip
