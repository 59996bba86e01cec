"""The accounts of the books, in the product's own words, and what China's standards call them."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

from incubator.core.errors import N_


class Account(StrEnum):
    """Where money can be. The first word tells income by kind of charge: `income.rent`."""

    BANK = "bank"
    CASH = "cash"
    POS = "pos"
    """Taken by the card terminal, not yet in the bank."""
    STRIPE = "stripe"
    """Held by Stripe for the operator."""
    RECEIVABLE = "receivable"
    SUBSIDY_RECEIVABLE = "subsidy_receivable"
    SPONSOR_RECEIVABLE = "sponsor_receivable"
    VOUCHER_RECEIVABLE = "voucher_receivable"
    ADVANCES = "advances"
    DEPOSITS = "deposits"
    VOUCHER_PAYABLE = "voucher_payable"
    OUTPUT_VAT = "output_vat"
    DEFERRED_INCOME = "deferred_income"
    UNIDENTIFIED = "unidentified"
    """Received, nobody knows yet from whom."""
    RENT = "income.rent"
    PROPERTY_FEE = "income.property_fee"
    SERVICE_FEE = "income.service_fee"
    UTILITIES = "income.utilities"
    BOOKING = "income.booking"
    OTHER = "income.other"
    INTEREST = "income.interest"
    """Of late payment."""
    WITHHELD = "income.withheld"
    """Kept of deposits."""
    CONCESSIONS = "concessions"
    """What the operator lets off by schemes that it bears itself; takes off income."""
    BAD_DEBTS = "bad_debts"
    FEES = "fees"
    """What banks and Stripe ask."""
    GRANTS = "income.grants"
    """What policies give the operator itself."""
    SUBSIDY_LOSSES = "subsidy_losses"
    """What of a subsidy the authority didn't grant, or took back."""
    SUBSIDY_PAYABLE = "subsidy_payable"
    """Wanted back by the authority, and not paid back yet."""


class Nature(StrEnum):
    """On which side an account grows: assets and expenses by debit, the others by credit."""

    ASSET = "asset"
    LIABILITY = "liability"
    INCOME = "income"
    EXPENSE = "expense"

    @property
    def grows_by_debit(self) -> bool:
        return self in (Nature.ASSET, Nature.EXPENSE)


class Entry(Struct, frozen=True):
    """An account's line in the chart that an operator begins with."""

    nature: Nature
    code: str
    name: str
    """Translatable."""


_A, _N = Account, Nature
CHART: dict[Account, Entry] = {
    _A.CASH: Entry(_N.ASSET, "1001", N_("Cash on hand")),
    _A.BANK: Entry(_N.ASSET, "1002", N_("Bank deposits")),
    _A.STRIPE: Entry(_N.ASSET, "101201", N_("Other monetary funds: Stripe")),
    _A.POS: Entry(_N.ASSET, "101202", N_("Other monetary funds: card terminal")),
    _A.RECEIVABLE: Entry(_N.ASSET, "1122", N_("Accounts receivable")),
    _A.SUBSIDY_RECEIVABLE: Entry(_N.ASSET, "122101", N_("Other receivables: government subsidies")),
    _A.SPONSOR_RECEIVABLE: Entry(_N.ASSET, "122102", N_("Other receivables: sponsors")),
    _A.VOUCHER_RECEIVABLE: Entry(_N.ASSET, "122103", N_("Other receivables: issuers of vouchers")),
    _A.ADVANCES: Entry(_N.LIABILITY, "2203", N_("Advances from customers")),
    _A.DEFERRED_INCOME: Entry(_N.LIABILITY, "2205", N_("Contract liabilities: deferred income")),
    _A.OUTPUT_VAT: Entry(_N.LIABILITY, "22210107", N_("Taxes payable: output VAT")),
    _A.DEPOSITS: Entry(_N.LIABILITY, "224101", N_("Other payables: deposits")),
    _A.VOUCHER_PAYABLE: Entry(_N.LIABILITY, "224102", N_("Other payables: providers paid by vouchers")),
    _A.SUBSIDY_PAYABLE: Entry(_N.LIABILITY, "224104", N_("Other payables: subsidies to be returned")),
    _A.UNIDENTIFIED: Entry(_N.LIABILITY, "224103", N_("Other payables: unidentified receipts")),
    _A.RENT: Entry(_N.INCOME, "600101", N_("Operating income: rent")),
    _A.PROPERTY_FEE: Entry(_N.INCOME, "600102", N_("Operating income: property fees")),
    _A.SERVICE_FEE: Entry(_N.INCOME, "600103", N_("Operating income: service fees")),
    _A.UTILITIES: Entry(_N.INCOME, "600104", N_("Operating income: utilities")),
    _A.BOOKING: Entry(_N.INCOME, "600105", N_("Operating income: bookings")),
    _A.OTHER: Entry(_N.INCOME, "605101", N_("Other operating income")),
    _A.CONCESSIONS: Entry(_N.EXPENSE, "600190", N_("Operating income: concessions by the operator")),
    _A.INTEREST: Entry(_N.INCOME, "605102", N_("Other operating income: late payment")),
    _A.WITHHELD: Entry(_N.INCOME, "630101", N_("Non-operating income: withheld deposits")),
    _A.GRANTS: Entry(_N.INCOME, "6117", N_("Other income: government grants")),
    _A.SUBSIDY_LOSSES: Entry(_N.EXPENSE, "671101", N_("Non-operating expenses: subsidies not granted")),
    _A.BAD_DEBTS: Entry(_N.EXPENSE, "6702", N_("Credit impairment losses")),
    _A.FEES: Entry(_N.EXPENSE, "660301", N_("Financial expenses: fees")),
}  # fmt: skip
"""The chart that everything is shown by until the operator maps its own: codes of the Accounting Standards for Business
Enterprises (application guide, chart of accounts), with sub-accounts of two digits."""

WAYS: dict[str, Account] = {
    "bank": _A.BANK, "cash": _A.CASH, "pos": _A.POS, "stripe": _A.STRIPE, "deposit": _A.DEPOSITS,
}  # fmt: skip
"""What is debited by a payment of each way; what a credit note gives back debits what the note takes back."""


def income_of(charge_kind: str) -> Account:
    """The income account of a kind of charge; kinds without one of their own are other income."""
    try:
        return Account(f"income.{charge_kind}")
    except ValueError:
        return Account.OTHER
