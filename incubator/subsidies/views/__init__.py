"""Pages of `subsidies`, one room per group."""

from incubator.subsidies.views import (
    schemes,
    voucher_applications,
    voucher_orders,
    voucher_series,
    voucher_settlements,
    vouchers,
)
from incubator.subsidies.views.blueprint import blueprint

__all__ = [
    "blueprint", "schemes", "voucher_applications", "voucher_orders", "voucher_series", "voucher_settlements",
    "vouchers",
]  # fmt: skip
