"""Pages of `billing`, one room per group."""

from incubator.billing.views import (
    approvals,
    books,
    card_finance,
    card_paying,
    card_settings,
    card_webhook,
    corrections,
    credit_notes,
    desk,
    dunning,
    dunning_settings,
    invoices,
    months,
    own_overdue,
    runs,
    standing,
    write_offs,
)
from incubator.billing.views.blueprint import blueprint

__all__ = [
    "approvals", "blueprint", "books", "card_finance", "card_paying", "card_settings", "card_webhook", "corrections",
    "credit_notes", "desk", "dunning", "dunning_settings", "invoices", "months", "own_overdue", "runs", "standing",
    "write_offs",
]  # fmt: skip
