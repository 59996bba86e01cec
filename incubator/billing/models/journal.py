"""The books: entries with their postings, append-only; and the months that take no more of them."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    Numeric,
    Text,
    UniqueConstraint,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from incubator.billing.rules.accounts import Account
from incubator.billing.rules.journal import KINDS
from incubator.database import APPEND_ONLY, Base, Owned, belongs_to

ACCOUNTS = tuple(each.value for each in Account)


class JournalEntry(Owned, Base):
    """What one cause posted on one day, under a number without gaps in its year; a trigger refuses closed months."""

    __tablename__ = "journal_entries"
    year: Mapped[int] = mapped_column(Integer)
    number: Mapped[int] = mapped_column(Integer)
    booked_on: Mapped[date]
    kind: Mapped[str] = mapped_column(Text)
    source_kind: Mapped[str] = mapped_column(Text)
    source_id: Mapped[int]
    """The row that it stands for, by its table: ("invoices", 42)."""
    site_id: Mapped[int | None]
    reverses_id: Mapped[int | None]
    says: Mapped[Any] = mapped_column(JSONB)
    """Numbers and names of that day, for those who read the books."""
    posted_at: Mapped[datetime]
    posted_by: Mapped[int | None]
    __table_args__ = (
        belongs_to("sites", "site_id"),
        belongs_to("journal_entries", "reverses_id"),
        belongs_to("people", "posted_by"),
        UniqueConstraint("operator_id", "year", "number"),
        UniqueConstraint("operator_id", "source_kind", "source_id", "kind"),
        UniqueConstraint("operator_id", "reverses_id"),
        CheckConstraint(f"kind IN {KINDS}", name="kind"),
        CheckConstraint("number > 0", name="number"),
        CheckConstraint("year = extract(year FROM booked_on)", name="year"),
        CheckConstraint("(kind = 'reversal') = (reverses_id IS NOT NULL)", name="reversal"),
        Index(None, "operator_id", "booked_on"),
        {"info": APPEND_ONLY},
    )


class Posting(Base):
    """One amount from one account to another: it cannot be out of balance."""

    __tablename__ = "postings"
    operator_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("operators.operator_id"), primary_key=True)
    entry_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    line: Mapped[int] = mapped_column(Integer, primary_key=True)
    booked_on: Mapped[date]
    """The entry's, so that an account of some days is read from one table."""
    debit: Mapped[str] = mapped_column(Text)
    credit: Mapped[str] = mapped_column(Text)
    amount_minor: Mapped[int]
    startup_id: Mapped[int | None]
    invoice_id: Mapped[int | None]
    payment_id: Mapped[int | None]
    scheme_id: Mapped[int | None]
    charge_kind: Mapped[str | None] = mapped_column(Text)
    tax_rate: Mapped[Decimal | None] = mapped_column(Numeric(5, 4))
    """0: exempt; None: no VAT is in question, or nobody has said how it is taxed."""
    charge_id: Mapped[int | None]
    """Of deferred income: whose it is."""
    __table_args__ = (
        ForeignKeyConstraint(["operator_id", "entry_id"], ["journal_entries.operator_id", "journal_entries.id"]),
        belongs_to("startups", "startup_id"),
        belongs_to("invoices", "invoice_id"),
        belongs_to("payments", "payment_id"),
        belongs_to("schemes", "scheme_id"),
        belongs_to("charges", "charge_id"),
        CheckConstraint(f"debit IN {ACCOUNTS}", name="debit"),
        CheckConstraint(f"credit IN {ACCOUNTS}", name="credit"),
        CheckConstraint("debit <> credit", name="two_sides"),
        CheckConstraint("amount_minor > 0", name="amount"),
        CheckConstraint("'receivable' NOT IN (debit, credit) OR invoice_id IS NOT NULL", name="of_an_invoice"),
        CheckConstraint("'advances' NOT IN (debit, credit) OR payment_id IS NOT NULL", name="of_a_payment"),
        CheckConstraint("'deferred_income' NOT IN (debit, credit) OR charge_id IS NOT NULL", name="of_a_charge"),
        Index(None, "operator_id", "invoice_id", postgresql_where="invoice_id IS NOT NULL"),
        Index(None, "operator_id", "payment_id", postgresql_where="payment_id IS NOT NULL"),
        Index(None, "operator_id", "charge_id", postgresql_where="charge_id IS NOT NULL"),
        Index(None, "operator_id", "startup_id", "booked_on"),
        Index(None, "operator_id", "booked_on"),
        {"info": APPEND_ONLY},
    )


class IncomeRelease(Owned, Base):
    """A month whose share of deferred income became income: what its entry stands for."""

    __tablename__ = "income_releases"
    month: Mapped[date]
    charges: Mapped[int] = mapped_column(Integer)
    amount_minor: Mapped[int]
    """Signed: a charge that was credited by more than was left takes income back."""
    released_at: Mapped[datetime]
    released_by: Mapped[int | None]
    __table_args__ = (
        belongs_to("people", "released_by"),
        UniqueConstraint("operator_id", "month"),
        CheckConstraint("month = date_trunc('month', month)", name="month"),
        CheckConstraint("charges > 0", name="charges"),
        {"info": APPEND_ONLY},
    )


class ClosedMonth(Owned, Base):
    """A month that takes no entry any more, nor does any before it, with what its trial balance came to."""

    __tablename__ = "closed_months"
    month: Mapped[date]
    turnover_minor: Mapped[int]
    """The sum of all debits of the month, which is that of all credits."""
    entries: Mapped[int] = mapped_column(Integer)
    closed_at: Mapped[datetime]
    closed_by: Mapped[int | None]
    __table_args__ = (
        belongs_to("people", "closed_by"),
        UniqueConstraint("operator_id", "month"),
        CheckConstraint("month = date_trunc('month', month)", name="month"),
        CheckConstraint("turnover_minor >= 0 AND entries >= 0", name="not_negative"),
        {"info": APPEND_ONLY},
    )


class AccountCode(Owned, Base):
    """What an operator's own chart calls an account, from a month on; of one month the last entered holds."""

    __tablename__ = "account_codes"
    account: Mapped[str] = mapped_column(Text)
    valid_from: Mapped[date]
    code: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime]
    created_by: Mapped[int | None]
    __table_args__ = (
        belongs_to("people", "created_by"),
        CheckConstraint(f"account IN {ACCOUNTS}", name="account"),
        CheckConstraint("code ~ '^[0-9A-Za-z.-]{1,20}$'", name="code"),
        CheckConstraint("char_length(name) BETWEEN 1 AND 100", name="name"),
        Index(None, "operator_id", "account", "valid_from"),
        {"info": APPEND_ONLY},
    )
