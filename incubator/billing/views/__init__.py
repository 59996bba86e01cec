"""Pages of `billing`, one room per group."""

from incubator.billing.views import bank, corrections, invoices, months, payments, statements
from incubator.billing.views.blueprint import blueprint

__all__ = ["bank", "blueprint", "corrections", "invoices", "months", "payments", "statements"]
