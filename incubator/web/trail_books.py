"""What the trail says of payments and the books."""

from __future__ import annotations

from incubator.core.errors import N_

BOOK_ACTIONS: dict[str, str] = {
    "clear_invoices": N_("paid invoices from a payment"),
    "release_income": N_("released a month of deferred income"),
    "close_month": N_("closed a month of the books"),
    "map_account": N_("called an account by a code of the operator's own chart"),
    "receive_payment": N_("received a payment"),
    "refund": N_("gave a payment back"),
    "undo_clearing": N_("undid the payment of an invoice"),
    "undo_refund": N_("undid a refund"),
}

BOOK_SUBJECTS: dict[str, str] = {
    "account_codes": N_("Ledger account"),
    "closed_months": N_("Month of the books"),
    "income_releases": N_("Month of deferred income"),
    "payments": N_("Payment received"),
}

BOOK_FIELDS: dict[str, str] = {
    "entries": N_("Number of entries"),
    "invoice": N_("Invoice"),
    "received_on": N_("Received on"),
    "refunded_on": N_("Given back on"),
    "turnover_minor": N_("Turnover"),
}

BOOK_VALUES: dict[tuple[str, str], str] = {
    ("way", "bank"): N_("bank transfer"),
    ("way", "credit_note"): N_("credit note"),
    ("way", "deposit"): N_("from the deposit"),
    ("way", "pos"): N_("card terminal"),
    ("way", "stripe"): N_("online payment"),
}
