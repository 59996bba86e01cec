"""Pages of `billing`, one room per group."""

from incubator.billing.views import (
    approvals,
    books,
    corrections,
    credit_notes,
    desk,
    invoices,
    months,
    runs,
    standing,
    write_offs,
)
from incubator.billing.views.blueprint import blueprint

__all__ = ["approvals", "blueprint", "books", "corrections", "credit_notes", "desk", "invoices", "months", "runs",
           "standing", "write_offs"]  # fmt: skip
