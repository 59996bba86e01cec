"""The tables of `billing`, a file for each subject."""

from incubator.billing.models.fapiao import (
    DemoFapiao,
    Fapiao,
    FapiaoBatch,
    FapiaoCall,
    FapiaoEvent,
    FapiaoFile,
    FapiaoImport,
    FapiaoPlace,
    FapiaoRequest,
    FapiaoSettings,
    FapiaoTitle,
)
from incubator.billing.models.invoices import Charge, Invoice, InvoiceLine, NumberSeries
from incubator.billing.models.journal import AccountCode, ClosedMonth, JournalEntry, Posting
from incubator.billing.models.payments import Clearing, OpenItem, Payment, Refund

__all__ = [
    "AccountCode", "Charge", "Clearing", "ClosedMonth", "DemoFapiao", "Fapiao", "FapiaoBatch", "FapiaoCall",
    "FapiaoEvent", "FapiaoFile", "FapiaoImport", "FapiaoPlace", "FapiaoRequest", "FapiaoSettings", "FapiaoTitle",
    "Invoice", "InvoiceLine", "JournalEntry", "NumberSeries", "OpenItem", "Payment", "Posting", "Refund",
]  # fmt: skip
