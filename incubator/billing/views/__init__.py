"""Pages of `billing`, one room per group."""

from incubator.billing.views import corrections, invoices, months
from incubator.billing.views.blueprint import blueprint

__all__ = ["blueprint", "corrections", "invoices", "months"]
