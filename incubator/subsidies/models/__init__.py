"""The tables of `subsidies`, a file for each subject."""

from incubator.subsidies.models.budgets import Budget, BudgetPool, BudgetReservation
from incubator.subsidies.models.evidence import RecordedFact, SiteCost
from incubator.subsidies.models.grants import GrantInstalment, OperatorGrant
from incubator.subsidies.models.schemes import Decision, Scheme, SchemeDraft, SchemeVersion
from incubator.subsidies.models.voucher_ledger import (
    SettlementPayment,
    VoucherEntry,
    VoucherOrder,
    VoucherSettlement,
    VoucherYear,
)
from incubator.subsidies.models.vouchers import ServiceProvider, Voucher, VoucherApplication, VoucherSeries

__all__ = [
    "Budget", "BudgetPool", "BudgetReservation", "Decision", "GrantInstalment", "OperatorGrant", "RecordedFact",
    "Scheme", "SchemeDraft", "SchemeVersion", "ServiceProvider", "SettlementPayment", "SiteCost", "Voucher",
    "VoucherApplication", "VoucherEntry", "VoucherOrder", "VoucherSeries", "VoucherSettlement", "VoucherYear",
]  # fmt: skip
