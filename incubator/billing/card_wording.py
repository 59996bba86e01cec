"""Payments by Stripe in words."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _

from incubator.core.errors import N_
from incubator.documents.formats import money

STATES: dict[str, tuple[str, str]] = {
    "asked": (N_("being asked"), "secondary"),
    "open": (N_("not paid yet"), "azure"),
    "processing": (N_("on its way"), "azure"),
    "paid": (N_("paid"), "green"),
    "failed": (N_("payment failed"), "red"),
    "expired": (N_("not used"), "secondary"),
    "stopped": (N_("stopped"), "secondary"),
    "pending": (N_("on its way"), "azure"),
    "succeeded": (N_("arrived"), "green"),
    "won": (N_("won"), "green"),
    "lost": (N_("lost"), "red"),
}
WAYS = {"card": N_("Card"), "alipay": N_("Alipay"), "wechat_pay": N_("WeChat Pay")}
FAULTS = {
    "insufficient_funds": N_("not enough money on the account"),
    "expired_card": N_("the card has expired"),
    "authentication_required": N_("its owner has to confirm it; pay by hand"),
    "lost_card": N_("the bank declined the card"),
    "stolen_card": N_("the bank declined the card"),
    "generic_decline": N_("the bank declined the card"),
    "card_declined": N_("the bank declined the card"),
    "do_not_honor": N_("the bank declined the card"),
    "never_arrived": N_("the call did not reach Stripe; nothing was taken"),
    "amount_too_small": N_("the amount is below what Stripe takes"),
}
FINDINGS = {
    "mismatch": N_("Stripe took another sum than was asked for"),
    "unknown_charge": N_("A payment in the account at Stripe that is not ours"),
    "unknown_refund": N_("A refund that is not ours"),
    "refund_without_money": N_("Given back in Stripe's own pages, while nothing is left of the payment"),
    "dispute_without_money": N_("A dispute was lost about more than is left of the payment"),
    "never_arrived": N_("A call never reached Stripe; it was ended"),
    "other_currency": N_("Stripe settles in another currency than the books"),
    "key_refused": N_("Stripe does not take the key"),
}
ADVICE = {
    "mismatch": N_("Look the payment up at Stripe. If the money is yours, take it in by hand as a payment."),
    "unknown_charge": N_(
        "Somebody else uses the same account, or it was taken in Stripe's own pages. Payouts contain it."
    ),
    "refund_without_money": N_(
        "Undo what the payment has paid, or credit the invoice; then have the event handled again."
    ),
    "dispute_without_money": N_("Something was given back before. Decide with the startup, and settle it by hand."),
    "never_arrived": N_("Nothing was taken. The invoice can be paid otherwise."),
    "other_currency": N_("Fees and payouts in it are not booked; book them from Stripe's statement."),
    "key_refused": N_("Enter a valid key in the settings; what waits goes on by itself."),
}
REASONS = {
    "fraudulent": N_("the cardholder does not know it"), "duplicate": N_("charged twice"),
    "product_not_received": N_("not received"), "product_unacceptable": N_("not as agreed"),
    "credit_not_processed": N_("a credit is missing"), "general": N_("no reason given"),
    "unrecognized": N_("the cardholder does not know it"),
}  # fmt: skip


def state_words(state: str) -> tuple[str, str]:
    """What a state is called, and its tone."""
    words, tone = STATES[state]
    return _(words), tone


def way_words(kind: str, last4: str = "") -> str:
    """"Card **** 4242"; a way that has no words yet by Stripe's own."""
    said = _(WAYS[kind]) if kind in WAYS else kind.replace("_", " ").title()
    return f"{said} **** {last4}" if last4 else said


def fault_words(code: str) -> str:
    """Why it was declined; a reason that has no words yet by Stripe's code."""
    return _(FAULTS[code]) if code in FAULTS else _("declined (%(code)s)", code=code)


def reason_words(reason: str) -> str:
    """Why a cardholder disputes a charge."""
    return _(REASONS[reason]) if reason in REASONS else reason


def finding_words(kind: str) -> str:
    return _(FINDINGS[kind])


def advice_words(kind: str) -> str:
    """What one does about a finding."""
    return _(ADVICE[kind]) if kind in ADVICE else ""


def facts_words(facts: dict[str, Any], currency: str, locale: str) -> list[str]:
    """What was asked and what was found."""
    asked, found = facts.get("asked", currency), facts.get("found", currency)
    said = []
    if "asked_minor" in facts:
        said.append(_("Asked for: %(amount)s", amount=money(facts["asked_minor"], asked, locale)))
    if "found_minor" in facts:
        said.append(_("At Stripe: %(amount)s", amount=money(facts["found_minor"], found, locale)))
    if "left_minor" in facts:
        said.append(_("Left: %(amount)s", amount=money(facts["left_minor"], currency, locale)))
    if "code" in facts:
        said.append(str(facts["code"]))
    return said


def consent_words(operator: str) -> str:
    """What a founder agrees to: kept word for word with their name and the time."""
    return _(
        "%(operator)s may charge this card for each of our invoices on its due date, by the amount that is then open. "
        "A charge that is declined is tried again 1, 3 and 5 days later. The card itself is kept by Stripe; the "
        "operator sees only its last four digits. We can end this at any time on this page, with effect at once.",
        operator=operator,
    )
