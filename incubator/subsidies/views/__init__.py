"""Pages of `subsidies`, one room per group."""

from incubator.subsidies.views import (
    budgets,
    comparing,
    drafts,
    evidence,
    grants,
    schemes,
    voucher_applications,
    voucher_orders,
    voucher_series,
    voucher_settlements,
    vouchers,
)
from incubator.subsidies.views.blueprint import blueprint

__all__ = [
    "blueprint", "budgets", "comparing", "drafts", "evidence", "grants", "schemes", "voucher_applications",
    "voucher_orders", "voucher_series", "voucher_settlements", "vouchers",
]  # fmt: skip
