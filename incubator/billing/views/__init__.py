"""Pages of `billing`, one room per group."""

from incubator.billing.views import (
    approvals,
    corrections,
    credit_notes,
    dunning,
    dunning_settings,
    invoices,
    months,
    own_overdue,
    runs,
)
from incubator.billing.views.blueprint import blueprint

__all__ = [
    "approvals", "blueprint", "corrections", "credit_notes", "dunning", "dunning_settings", "invoices", "months",
    "own_overdue", "runs",
]  # fmt: skip
