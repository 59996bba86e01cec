"""The operator's accounts at banks, and what their statements say: lines never change, what became of them does."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index, Integer, LargeBinary, Text, UniqueConstraint, false, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, deferred, mapped_column

from incubator.database import APPEND_ONLY, Base, Owned, belongs_to

LINE_STATES = ("open", "paid", "refunded", "payout", "subsidy", "ignored")
ACTS = ("paid", "refunded", "payout", "subsidy", "ignored", "undone")


class BankAccount(Owned, Base):
    """An account of the operator; its whole number is shown to those who keep it, and printed for those who pay."""

    __tablename__ = "bank_accounts"
    site_id: Mapped[int | None]
    name: Mapped[str] = mapped_column(Text)
    """Whom transfers are made out to."""
    bank: Mapped[str] = mapped_column(Text)
    """With its branch: 中国工商银行深圳南山支行."""
    number: Mapped[str] = mapped_column(Text)
    is_printed: Mapped[bool] = mapped_column(default=False)
    """On the invoices of its site, or of all sites that have none of their own."""
    is_for_letters: Mapped[bool] = mapped_column(default=False, server_default=false())
    """In mails and notice letters about what is overdue; where none is, they name the one on invoices."""
    is_closed: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime]
    created_by: Mapped[int | None]
    __table_args__ = (
        belongs_to("sites", "site_id"),
        belongs_to("people", "created_by"),
        UniqueConstraint("operator_id", "number"),
        CheckConstraint("number ~ '^[0-9A-Z]{6,34}$'", name="number"),
        CheckConstraint("name <> ''", name="name"),
        CheckConstraint("bank <> ''", name="bank"),
        {"info": {"grant": "SELECT, INSERT, UPDATE"}},
    )


class BankMapping(Owned, Base):
    """What the columns of one account's files mean, by the titles that they have: asked once, remembered."""

    __tablename__ = "bank_mappings"
    account_id: Mapped[int]
    shape: Mapped[str] = mapped_column(Text)
    """Of the header row."""
    places: Mapped[Any] = mapped_column(JSONB)
    """Which column, from 0, is what: {"on": [3], "credit": [6], "purpose": [8, 9]}."""
    changed_at: Mapped[datetime]
    changed_by: Mapped[int | None]
    __table_args__ = (
        belongs_to("bank_accounts", "account_id"),
        belongs_to("people", "changed_by"),
        UniqueConstraint("operator_id", "account_id", "shape"),
        {"info": {"grant": "SELECT, INSERT, UPDATE"}},
    )


class BankFile(Owned, Base):
    """A statement as the bank made it; one that was never imported can be thrown away."""

    __tablename__ = "bank_files"
    account_id: Mapped[int]
    name: Mapped[str] = mapped_column(Text)
    sha256: Mapped[bytes] = mapped_column(LargeBinary)
    content: Mapped[bytes] = deferred(mapped_column(LargeBinary))
    uploaded_at: Mapped[datetime]
    uploaded_by: Mapped[int | None]
    __table_args__ = (
        belongs_to("bank_accounts", "account_id"),
        belongs_to("people", "uploaded_by"),
        UniqueConstraint("operator_id", "account_id", "sha256"),
        CheckConstraint("octet_length(sha256) = 32", name="sha256"),
        {"info": {"grant": "SELECT, INSERT, DELETE"}},
    )


class BankStatement(Owned, Base):
    """One import of a file: which days it tells of, how many of its lines were new and how many known."""

    __tablename__ = "bank_statements"
    account_id: Mapped[int]
    file_id: Mapped[int]
    first_on: Mapped[date]
    last_on: Mapped[date]
    new_lines: Mapped[int] = mapped_column(Integer)
    known_lines: Mapped[int] = mapped_column(Integer)
    imported_at: Mapped[datetime]
    imported_by: Mapped[int | None]
    __table_args__ = (
        belongs_to("bank_accounts", "account_id"),
        belongs_to("bank_files", "file_id"),
        belongs_to("people", "imported_by"),
        CheckConstraint("first_on <= last_on", name="days"),
        CheckConstraint("new_lines >= 0 AND known_lines >= 0", name="lines"),
        Index(None, "operator_id", "account_id", "imported_at"),
        {"info": APPEND_ONLY},
    )


class BankLine(Owned, Base):
    """One line of an account's statements, once however often it was imported; above 0: it came in."""

    __tablename__ = "bank_lines"
    account_id: Mapped[int]
    statement_id: Mapped[int]
    row: Mapped[int] = mapped_column(Integer)
    """In the file."""
    fingerprint: Mapped[str] = mapped_column(Text)
    """The bank's reference, or all that tells the line apart from others: see `bank_files.lines`."""
    booked_on: Mapped[date]
    amount_minor: Mapped[int]
    balance_minor: Mapped[int | None]
    payer: Mapped[str] = mapped_column(Text)
    """The other side: who paid, or was paid."""
    payer_key: Mapped[str] = mapped_column(Text)
    """Its name as it is compared."""
    payer_account: Mapped[str] = mapped_column(Text)
    purpose: Mapped[str] = mapped_column(Text)
    reference: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text, default="open", server_default="open")
    refund_id: Mapped[int | None]
    payout_id: Mapped[int | None]
    """The payout of Stripe that it is, which is booked already."""
    __table_args__ = (
        belongs_to("bank_accounts", "account_id"),
        belongs_to("bank_statements", "statement_id"),
        belongs_to("refunds", "refund_id"),
        belongs_to("card_payouts", "payout_id"),
        UniqueConstraint("operator_id", "account_id", "fingerprint"),
        CheckConstraint("amount_minor <> 0", name="amount"),
        CheckConstraint(f"state IN {LINE_STATES}", name="state"),
        CheckConstraint("(state = 'refunded') = (refund_id IS NOT NULL)", name="refunded"),
        CheckConstraint("(state = 'payout') = (payout_id IS NOT NULL)", name="payout"),
        CheckConstraint("state NOT IN ('paid', 'payout') OR amount_minor > 0", name="came_in"),
        CheckConstraint("refund_id IS NULL OR amount_minor < 0", name="went_out"),
        Index("bank_lines_open_idx", "operator_id", "booked_on", postgresql_where=text("state = 'open'")),
        Index("bank_lines_refund_key", "operator_id", "refund_id", unique=True,
              postgresql_where=text("refund_id IS NOT NULL")),
        Index("bank_lines_payout_key", "operator_id", "payout_id", unique=True,
              postgresql_where=text("payout_id IS NOT NULL")),
        Index("bank_lines_payer_idx", "operator_id", "payer_key", postgresql_where=text("state = 'paid'")),
        Index("bank_lines_payer_account_idx", "operator_id", "payer_account", postgresql_where=text("state = 'paid'")),
        Index(None, "operator_id", "account_id", "booked_on"),
        {"info": {"grant": "SELECT, INSERT", "changes": ("state", "refund_id", "payout_id")}},
    )  # fmt: skip


class BankShare(Owned, Base):
    """What of a line that is taken is whose payment: one share for each startup, together the line's amount. Opening
    the line again removes them."""

    __tablename__ = "bank_shares"
    line_id: Mapped[int]
    startup_id: Mapped[int]
    payment_id: Mapped[int]
    amount_minor: Mapped[int]
    __table_args__ = (
        belongs_to("bank_lines", "line_id"),
        belongs_to("startups", "startup_id"),
        belongs_to("payments", "payment_id"),
        UniqueConstraint("operator_id", "line_id", "startup_id"),
        UniqueConstraint("operator_id", "payment_id"),
        CheckConstraint("amount_minor > 0", name="amount"),
        {"info": {"grant": "SELECT, INSERT, DELETE"}},
    )


class BankAct(Owned, Base):
    """What somebody did with a line: its history."""

    __tablename__ = "bank_acts"
    line_id: Mapped[int]
    kind: Mapped[str] = mapped_column(Text)
    payment_id: Mapped[int | None]
    refund_id: Mapped[int | None]
    """Of `refunded`, the refund that the line is; of `undone`, the row that takes the payment back."""
    reason: Mapped[str] = mapped_column(Text, default="", server_default="")
    created_at: Mapped[datetime]
    created_by: Mapped[int | None]
    __table_args__ = (
        belongs_to("bank_lines", "line_id"),
        belongs_to("payments", "payment_id"),
        belongs_to("refunds", "refund_id"),
        belongs_to("people", "created_by"),
        CheckConstraint(f"kind IN {ACTS}", name="kind"),
        CheckConstraint("kind NOT IN ('ignored', 'undone') OR reason <> ''", name="reason"),
        Index(None, "operator_id", "line_id"),
        Index("bank_acts_refund_idx", "operator_id", "refund_id", postgresql_where=text("refund_id IS NOT NULL")),
        {"info": APPEND_ONLY},
    )
