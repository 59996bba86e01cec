"""Pages of `billing`, one room per group."""

from incubator.billing.views import books, corrections, desk, fapiao, fapiao_desk, invoices, months, standing
from incubator.billing.views.blueprint import blueprint

__all__ = ["blueprint", "books", "corrections", "desk", "fapiao", "fapiao_desk", "invoices", "months", "standing"]
