"""What the books say in words: accounts, entries and what they are about."""

from __future__ import annotations

from flask_babel import gettext as _

from incubator.billing.models import JournalEntry
from incubator.billing.queries.books import Named
from incubator.billing.rules.accounts import CHART, Account
from incubator.core.errors import N_

KIND_NAMES: dict[str, str] = {
    "invoice": N_("Invoice posted"), "credit_note": N_("Credit note"), "receipt": N_("Money received"),
    "clearing": N_("Invoice paid"), "unclearing": N_("Payment of an invoice undone"), "refund": N_("Refund"),
    "deposit": N_("Deposit"), "voucher": N_("Voucher"), "write_off": N_("Written off"),
    "release": N_("Deferred income earned"), "fee": N_("Fee"), "payout": N_("Payout to the bank"),
    "dispute": N_("Disputed card payment"), "grant": N_("Money from an issuer"),
    "identified": N_("Receipt identified"), "reversal": N_("Reversed"),
    "subsidy_ruled": N_("Decision on a claim"), "subsidy_paid": N_("Subsidy paid by the authority"),
    "subsidy_demanded": N_("Subsidy wanted back"), "subsidy_returned": N_("Subsidy paid back"),
}  # fmt: skip

MOVEMENTS: dict[str, str] = {
    "received": N_("received"), "withheld": N_("withheld"), "returned": N_("returned"),
    "redeem": N_("service delivered"), "return": N_("service taken back"), "recover": N_("taken back after settlement"),
    "pay": N_("settlement paid"), "undo": N_("payment undone"),
}  # fmt: skip

WAY_NAMES: dict[str, str] = {
    "bank": N_("Bank transfer"), "cash": N_("Cash"), "pos": N_("Card terminal"), "stripe": N_("Online payment"),
    "deposit": N_("From the deposit"), "credit_note": N_("Credit note"),
}  # fmt: skip


NUMBERS = ("claim", "invoice", "credit_note", "receipt", "agreement", "order", "settlement")
"""What of an entry's words are numbers of papers."""


def account_name(named: Named) -> str:
    """As the chart in force calls it: the operator's own words, or ours in the reader's language."""
    return named.name if named.is_own else _(named.name)


def plain_account(account: str | Account) -> str:
    """By the standard chart's name."""
    return _(CHART[Account(account)].name)


def kind_name(kind: str) -> str:
    """What happened."""
    return _(KIND_NAMES[kind])


def way_name(way: str) -> str:
    """How money came or went."""
    return _(WAY_NAMES[way])


def about(entry: JournalEntry, locale: str) -> str:
    """What an entry is about: numbers and names as they were."""
    says = entry.says
    parts = [
        says[key]
        for key in ("claim", "invoice", "credit_note", "receipt", "agreement", "order", "settlement", "released")
        if says.get(key)
    ]
    moved = MOVEMENTS.get(says.get("movement", ""))
    if moved:
        parts.append(_(moved))
    name = (locale == "en" and says.get("startup_en")) or says.get("startup")
    if name:
        parts.append(name)
    return " · ".join(parts)


def summary(entry: JournalEntry, locale: str) -> str:
    """What happened and what it is about, as a voucher's summary (摘要)."""
    said = about(entry, locale)
    return f"{kind_name(entry.kind)} {said}".strip()
