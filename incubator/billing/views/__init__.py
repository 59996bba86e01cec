"""Pages of `billing`, one room per group."""

from incubator.billing.views import (
    bank,
    bank_files,
    books,
    card_finance,
    card_paying,
    card_settings,
    card_webhook,
    corrections,
    desk,
    invoices,
    months,
    payments,
    standing,
)
from incubator.billing.views.blueprint import blueprint

__all__ = [
    "bank", "bank_files", "blueprint", "books", "card_finance", "card_paying", "card_settings", "card_webhook",
    "corrections", "desk", "invoices", "months", "payments", "standing",
]  # fmt: skip
