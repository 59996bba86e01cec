"""The tables of `pricing`, a file for each subject."""

from incubator.pricing.models.allowances import ENTRY_KINDS, REPEATS, Allowance, AllowanceEntry, PlanAllowance
from incubator.pricing.models.meters import MEDIA, READING_KINDS, SHARED_BY, Meter, MeterReading
from incubator.pricing.models.tariffs import BASES, CHARGE_KINDS, TAX_KINDS, Tariff, TariffItem, TariffTier
from incubator.pricing.models.taxes import TaxRate, TaxStatus

__all__ = [
    "BASES", "CHARGE_KINDS", "ENTRY_KINDS", "MEDIA", "READING_KINDS", "REPEATS", "SHARED_BY", "TAX_KINDS",
    "Allowance", "AllowanceEntry", "Meter", "MeterReading", "PlanAllowance", "Tariff", "TariffItem", "TariffTier",
    "TaxRate", "TaxStatus",
]  # fmt: skip
