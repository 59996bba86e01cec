"""Entries of the books as plain values: what each cause posts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from msgspec import Struct, field

from incubator.billing.rules.accounts import CHART, Account, income_of
from incubator.pricing.rules.taxes import tax_within

BEARERS: dict[str, Account] = {
    "government": Account.SUBSIDY_RECEIVABLE,
    "sponsor": Account.SPONSOR_RECEIVABLE,
    "voucher": Account.VOUCHER_RECEIVABLE,
    "operator": Account.CONCESSIONS,
}


class Posting(Struct, frozen=True):
    """One amount from one account to another: balanced by its form."""

    debit: Account
    credit: Account
    amount_minor: int
    startup_id: int | None = None
    invoice_id: int | None = None
    payment_id: int | None = None
    scheme_id: int | None = None
    charge_kind: str | None = None
    tax_rate: Decimal | None = None
    charge_id: int | None = None
    """Of deferred income: whose it is."""

    def __post_init__(self) -> None:
        if self.amount_minor <= 0 or self.debit is self.credit:
            raise ValueError(f"no posting: {self}")


class Entry(Struct, frozen=True):
    """What one cause posts on one day. Its source and kind are booked once."""

    kind: str
    """One of KINDS."""
    on: date
    source: tuple[str, int]
    postings: tuple[Posting, ...]
    says: Mapping[str, Any] = field(default_factory=dict)
    """What it is about, by number and name as they were: {"invoice": "INV-2026-000042"}."""
    site_id: int | None = None
    reverses_id: int | None = None


KINDS = ("invoice", "credit_note", "receipt", "clearing", "unclearing", "refund", "deposit", "voucher", "write_off",
         "release", "fee", "payout", "dispute", "grant", "identified", "reversal",
         "subsidy_ruled", "subsidy_paid", "subsidy_demanded", "subsidy_returned")  # fmt: skip
"""Of entries: what happened."""


def both_ways(debit: Account, credit: Account, amount_minor: int, **about: Any) -> list[Posting]:
    """The posting of a signed amount: a negative one the other way round, 0: none."""
    if amount_minor == 0:
        return []
    if amount_minor < 0:
        debit, credit, amount_minor = credit, debit, -amount_minor
    return [Posting(debit, credit, amount_minor, **about)]


class Share(Struct, frozen=True):
    """What somebody other than the startup bears of a line; signed."""

    bearer: str
    amount_minor: int
    scheme_id: int | None = None


class Line(Struct, frozen=True):
    """What the books ask of a line of an invoice or credit note; amounts signed."""

    charge_kind: str
    tax_rate: Decimal | None
    net_minor: int
    tax_minor: int | None
    """What of the net is VAT."""
    shares: tuple[Share, ...] = ()
    defers: int | None = None
    """The charge, where its income belongs to later months, too."""
    claim: str = ""
    """The number of the claim of which the startup bears what the authority doesn't."""


def book_lines(lines: Iterable[Line], *, owed: Account = Account.RECEIVABLE, **about: Any) -> list[Posting]:
    """The postings of an invoice's lines: who owes each amount against income and VAT, those of one kind together.

    Of 1,000.00 of rent at 9 %, of which government bears 400.00: receivable 600.00 against income 550.46 and VAT 49.54,
    subsidy_receivable 400.00 against income 366.97 and VAT 33.03; were the 400.00 the operator's own, concessions
    366.97 against income alone. Income of later months is deferred_income, each charge's by itself. `owed` is where the
    startup's part goes.
    """
    sums: dict[tuple[Account, Account, str, Decimal | None, int | None, int | None], int] = defaultdict(int)
    for line in lines:
        income = income_of(line.charge_kind)
        earned = Account.DEFERRED_INCOME if line.defers else income
        tax_minor = line.tax_minor or 0
        key = line.charge_kind, line.tax_rate
        sums[(owed, earned, *key, None, line.defers)] += line.net_minor - tax_minor
        sums[(owed, Account.OUTPUT_VAT, *key, None, None)] += tax_minor
        for share in line.shares:
            tax_minor = tax_within(share.amount_minor, line.tax_rate) if line.tax_rate else 0
            bearer = BEARERS[share.bearer]
            if bearer is Account.CONCESSIONS:  # a discount on the same invoice is not taxed, and nobody's income later
                sums[(bearer, income, *key, share.scheme_id, None)] += share.amount_minor - tax_minor
            else:
                sums[(bearer, earned, *key, share.scheme_id, line.defers)] += share.amount_minor - tax_minor
                sums[(bearer, Account.OUTPUT_VAT, *key, share.scheme_id, None)] += tax_minor
    found: list[Posting] = []
    for (debit, credit, kind, rate, scheme_id, charge_id), amount in sums.items():
        found += both_ways(debit, credit, amount, charge_kind=kind, tax_rate=rate, scheme_id=scheme_id,
                           charge_id=charge_id, **about)  # fmt: skip
    return found


def take_back(postings: Iterable[Posting]) -> tuple[Posting, ...]:
    """The same with debit and credit exchanged: what an entry that reverses another posts."""
    return tuple(
        Posting(each.credit, each.debit, each.amount_minor, each.startup_id, each.invoice_id, each.payment_id,
                each.scheme_id, each.charge_kind, each.tax_rate, each.charge_id)
        for each in postings
    )  # fmt: skip


class Moves(Struct, frozen=True):
    """What some postings change of what is open, signed, by id."""

    invoices: Mapping[int, int]
    payments: Mapping[int, int]


def moves_of(postings: Iterable[Posting]) -> Moves:
    """Receivable by invoice (debit opens, credit settles) and advances by payment (credit adds, debit uses).

    ValueError for a posting of either account that doesn't say which.
    """
    invoices: dict[int, int] = defaultdict(int)
    payments: dict[int, int] = defaultdict(int)
    for each in postings:
        for account, sign in ((each.debit, 1), (each.credit, -1)):
            if account is Account.RECEIVABLE:
                invoices[_said(each.invoice_id, each)] += sign * each.amount_minor
            elif account is Account.ADVANCES:
                payments[_said(each.payment_id, each)] -= sign * each.amount_minor
    return Moves(dict(invoices), dict(payments))


def _said(found: int | None, posting: Posting) -> int:
    if found is None:
        raise ValueError(f"of which invoice or payment? {posting}")
    return found


def balance(account: Account, debit_minor: int, credit_minor: int) -> int:
    """What an account holds, on the side on which it grows."""
    held = debit_minor - credit_minor
    return held if CHART[account].nature.grows_by_debit else -held
