"""What payments, invoices' standings and bank lines are called, and by which colour they are told apart."""

from __future__ import annotations

from incubator.billing.rules.standing import Standing
from incubator.core.errors import N_

WAYS = {
    "bank": N_("Bank transfer"), "cash": N_("Cash"), "pos": N_("Card terminal (POS)"), "stripe": N_("Online (Stripe)"),
    "deposit": N_("Deposit"), "credit_note": N_("Credit note"),
}  # fmt: skip
BY_HAND = ("bank", "cash", "pos")
"""What somebody at the desk takes or gives back."""

STANDINGS = {
    Standing.OPEN: (N_("Unpaid"), "azure"), Standing.PART: (N_("Partly paid"), "yellow"),
    Standing.PAID: (N_("Paid"), "green"), Standing.OVERDUE: (N_("Overdue"), "red"),
}  # fmt: skip
LINE_STATES = {
    "open": (N_("To be matched"), "yellow"), "paid": (N_("Matched"), "green"), "refunded": (N_("Refund"), "azure"),
    "payout": (N_("Stripe payout"), "azure"), "subsidy": (N_("Subsidy"), "azure"),
    "ignored": (N_("Left aside"), "secondary"),
}  # fmt: skip
ACTS = {"paid": N_("Taken as a payment"), "refunded": N_("Matched with a refund"),
        "payout": N_("Matched with a payout of Stripe"), "subsidy": N_("Matched with a claim of subsidies"),
        "ignored": N_("Left aside"),
        "undone": N_("Opened again")}  # fmt: skip


def tone_of(confidence: int) -> str:
    """The colour of a confidence: from 90 on green, from 70 on yellow."""
    return "green" if confidence >= 90 else "yellow" if confidence >= 70 else "secondary"
