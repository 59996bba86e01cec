"""Pages of `billing`, one room per group."""

from incubator.billing.views import bank, bank_files, corrections, invoices, months, payments
from incubator.billing.views.blueprint import blueprint

__all__ = ["bank", "bank_files", "blueprint", "corrections", "invoices", "months", "payments"]
