"""Pages of `billing`, one room per group."""

from incubator.billing.views import corrections, dunning, dunning_settings, invoices, months, own_overdue
from incubator.billing.views.blueprint import blueprint

__all__ = ["blueprint", "corrections", "dunning", "dunning_settings", "invoices", "months", "own_overdue"]
