"""The tables of `billing`, a file for each subject."""

from incubator.billing.models.bank import BankAccount, BankAct, BankFile, BankLine, BankMapping, BankStatement
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
from incubator.billing.models.instalments import Instalment, WriteOff
from incubator.billing.models.invoices import Charge, Invoice, InvoiceLine, NumberSeries
from incubator.billing.models.journal import AccountCode, ClosedMonth, IncomeRelease, JournalEntry, Posting
from incubator.billing.models.payments import Clearing, OpenItem, Payment, Refund
from incubator.billing.models.runs import Approval, Exclusion, InvoicingSettings, OneOffCharge

__all__ = [
    "AccountCode", "Approval", "BankAccount", "BankAct", "BankFile", "BankLine", "BankMapping", "BankStatement",
    "CardDispute", "CardFinding", "CardMethod", "CardPayment", "CardPaymentPart", "CardPayout", "CardRefund",
    "Charge", "Clearing", "ClosedMonth", "CreditNote", "CreditNoteLine", "DemoFapiao", "DunningAction",
    "DunningEntry", "DunningSetting", "DunningStep", "DunningStory", "Exclusion", "Fapiao", "FapiaoBatch",
    "FapiaoCall", "FapiaoEvent", "FapiaoFile", "FapiaoImport", "FapiaoPlace", "FapiaoRequest", "FapiaoSettings",
    "FapiaoTitle", "IncomeRelease", "Instalment", "Invoice", "InvoiceLine", "InvoicingSettings", "JournalEntry",
    "LateInterest", "NumberSeries", "OneOffCharge", "OpenItem", "Payment", "Posting", "Refund", "StripeEvent",
    "StripeSettings", "WriteOff",
]  # fmt: skip
