"""The tables of `billing`, a file for each subject."""

from incubator.billing.models.card_events import CardDispute, CardFinding, CardPayout, StripeEvent
from incubator.billing.models.card_payments import CardMethod, CardPayment, CardPaymentPart, CardRefund, StripeSettings
from incubator.billing.models.credit_notes import CreditNote, CreditNoteLine
from incubator.billing.models.dunning import (
    DunningAction,
    DunningEntry,
    DunningSetting,
    DunningStep,
    DunningStory,
    LateInterest,
)
from incubator.billing.models.instalments import Instalment, WriteOff
from incubator.billing.models.invoices import Charge, Invoice, InvoiceLine, NumberSeries
from incubator.billing.models.journal import AccountCode, ClosedMonth, JournalEntry, Posting
from incubator.billing.models.payments import Clearing, OpenItem, Payment, Refund
from incubator.billing.models.runs import Approval, Exclusion, InvoicingSettings, OneOffCharge

__all__ = [
    "AccountCode", "Approval", "CardDispute", "CardFinding", "CardMethod", "CardPayment", "CardPaymentPart",
    "CardPayout", "CardRefund", "Charge", "Clearing", "ClosedMonth", "CreditNote", "CreditNoteLine", "DunningAction",
    "DunningEntry", "DunningSetting", "DunningStep", "DunningStory", "Exclusion", "Instalment", "Invoice",
    "InvoiceLine", "InvoicingSettings", "JournalEntry", "LateInterest", "NumberSeries", "OneOffCharge", "OpenItem",
    "Payment", "Posting", "Refund", "StripeEvent", "StripeSettings", "WriteOff",
]  # fmt: skip
