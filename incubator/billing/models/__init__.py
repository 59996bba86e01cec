"""The tables of `billing`, a file for each subject."""

from incubator.billing.models.bank import BankAccount, BankAct, BankFile, BankLine, BankMapping, BankStatement
from incubator.billing.models.card_events import CardDispute, CardFinding, CardPayout, StripeEvent
from incubator.billing.models.card_payments import CardMethod, CardPayment, CardPaymentPart, CardRefund, StripeSettings
from incubator.billing.models.invoices import Charge, Invoice, InvoiceLine, NumberSeries
from incubator.billing.models.journal import AccountCode, ClosedMonth, JournalEntry, Posting
from incubator.billing.models.payments import Clearing, OpenItem, Payment, Refund

__all__ = [
    "AccountCode", "BankAccount", "BankAct", "BankFile", "BankLine", "BankMapping", "BankStatement", "CardDispute",
    "CardFinding", "CardMethod", "CardPayment", "CardPaymentPart", "CardPayout", "CardRefund", "Charge", "Clearing",
    "ClosedMonth", "Invoice", "InvoiceLine", "JournalEntry", "NumberSeries", "OpenItem", "Payment", "Posting",
    "Refund", "StripeEvent", "StripeSettings",
]  # fmt: skip
