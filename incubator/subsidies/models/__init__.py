"""The tables of `subsidies`, a file for each subject."""

from incubator.subsidies.models.schemes import Decision, Scheme, SchemeVersion
from incubator.subsidies.models.voucher_ledger import VoucherEntry, VoucherOrder, VoucherSettlement, VoucherYear
from incubator.subsidies.models.vouchers import ServiceProvider, Voucher, VoucherApplication, VoucherSeries

__all__ = [
    "Decision", "Scheme", "SchemeVersion", "ServiceProvider", "Voucher", "VoucherApplication", "VoucherEntry",
    "VoucherOrder", "VoucherSeries", "VoucherSettlement", "VoucherYear",
]  # fmt: skip
