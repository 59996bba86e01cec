"""The tables of `billing`, a file for each subject."""

from incubator.billing.models.dunning import (
    DunningAction,
    DunningEntry,
    DunningSetting,
    DunningStep,
    DunningStory,
    LateInterest,
)
from incubator.billing.models.invoices import Charge, Invoice, InvoiceLine, NumberSeries
from incubator.billing.models.journal import AccountCode, ClosedMonth, JournalEntry, Posting
from incubator.billing.models.payments import Clearing, OpenItem, Payment, Refund

__all__ = [
    "AccountCode", "Charge", "Clearing", "ClosedMonth", "DunningAction", "DunningEntry", "DunningSetting",
    "DunningStep", "DunningStory", "Invoice", "InvoiceLine", "JournalEntry", "LateInterest", "NumberSeries",
    "OpenItem", "Payment", "Posting", "Refund",
]  # fmt: skip
