"""Pages of `billing`, one room per group."""

from incubator.billing.views import corrections, fapiao, fapiao_desk, invoices, months
from incubator.billing.views.blueprint import blueprint

__all__ = ["blueprint", "corrections", "fapiao", "fapiao_desk", "invoices", "months"]
