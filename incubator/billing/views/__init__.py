"""Pages of `billing`, one room per group."""

from incubator.billing.views import approvals, corrections, credit_notes, invoices, months, runs, write_offs
from incubator.billing.views.blueprint import blueprint

__all__ = ["approvals", "blueprint", "corrections", "credit_notes", "invoices", "months", "runs", "write_offs"]
