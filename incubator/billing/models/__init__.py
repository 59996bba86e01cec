"""The tables of `billing`, a file for each subject."""

from incubator.billing.models.invoices import Charge, Invoice, InvoiceLine, NumberSeries

__all__ = ["Charge", "Invoice", "InvoiceLine", "NumberSeries"]
