"""What came in, what it cleared, what went back, and what is open: append-only but for the open amounts."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, Index, Integer, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from incubator.database import APPEND_ONLY, Base, Owned, belongs_to

WAYS = ("bank", "cash", "pos", "stripe", "deposit", "credit_note")
REFUND_WAYS = ("bank", "cash", "pos", "stripe")


class Payment(Owned, Base):
    """Money of one startup that came in, or that is its own again; what it is for is said by clearings."""

    __tablename__ = "payments"
    startup_id: Mapped[int]
    site_id: Mapped[int | None]
    way: Mapped[str] = mapped_column(Text)
    year: Mapped[int] = mapped_column(Integer)
    number: Mapped[int] = mapped_column(Integer)
    """Of the receipt, without gaps: RCT-2026-000042."""
    amount_minor: Mapped[int]
    currency: Mapped[str] = mapped_column(Text, default="CNY")
    received_on: Mapped[date]
    payer: Mapped[str] = mapped_column(Text, default="", server_default="")
    reference: Mapped[str] = mapped_column(Text, default="", server_default="")
    """The bank's, the terminal's, Stripe's or the credit note's."""
    note: Mapped[str] = mapped_column(Text, default="", server_default="")
    source_kind: Mapped[str | None] = mapped_column(Text)
    source_id: Mapped[int | None]
    """What it came from, once for each startup: a bank line, a charge by card, a credit note, a deposit's movement."""
    created_at: Mapped[datetime]
    created_by: Mapped[int | None]
    __table_args__ = (
        belongs_to("startups", "startup_id"),
        belongs_to("sites", "site_id"),
        belongs_to("people", "created_by"),
        UniqueConstraint("operator_id", "year", "number"),
        UniqueConstraint("operator_id", "source_kind", "source_id", "startup_id"),
        CheckConstraint(f"way IN {WAYS}", name="way"),
        CheckConstraint("amount_minor > 0", name="amount"),
        CheckConstraint("number > 0", name="number"),
        CheckConstraint("(source_kind IS NULL) = (source_id IS NULL)", name="source"),
        Index(None, "operator_id", "startup_id", "received_on"),
        Index(None, "operator_id", "received_on"),
        {"info": APPEND_ONLY},
    )


class Clearing(Owned, Base):
    """That a part of a payment paid a part of an invoice; one that `undoes_id` names is taken back by its amount."""

    __tablename__ = "clearings"
    startup_id: Mapped[int]
    payment_id: Mapped[int]
    invoice_id: Mapped[int]
    amount_minor: Mapped[int]
    undoes_id: Mapped[int | None]
    reason: Mapped[str] = mapped_column(Text, default="", server_default="")
    cleared_on: Mapped[date]
    created_at: Mapped[datetime]
    created_by: Mapped[int | None]
    __table_args__ = (
        belongs_to("startups", "startup_id"),
        belongs_to("payments", "payment_id"),
        belongs_to("invoices", "invoice_id"),
        belongs_to("clearings", "undoes_id"),
        belongs_to("people", "created_by"),
        UniqueConstraint("operator_id", "undoes_id"),
        CheckConstraint("amount_minor > 0", name="amount"),
        CheckConstraint("(undoes_id IS NOT NULL) = (reason <> '')", name="undone_says_why"),
        Index(None, "operator_id", "payment_id"),
        Index(None, "operator_id", "invoice_id"),
        Index(None, "operator_id", "startup_id", "cleared_on"),
        {"info": APPEND_ONLY},
    )


class Refund(Owned, Base):
    """Money of a payment that went back to who had paid it; one that did not arrive is taken back by another row."""

    __tablename__ = "refunds"
    startup_id: Mapped[int]
    payment_id: Mapped[int]
    amount_minor: Mapped[int]
    way: Mapped[str] = mapped_column(Text)
    refunded_on: Mapped[date]
    reference: Mapped[str] = mapped_column(Text, default="", server_default="")
    undoes_id: Mapped[int | None]
    reason: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime]
    created_by: Mapped[int | None]
    __table_args__ = (
        belongs_to("startups", "startup_id"),
        belongs_to("payments", "payment_id"),
        belongs_to("refunds", "undoes_id"),
        belongs_to("people", "created_by"),
        UniqueConstraint("operator_id", "undoes_id"),
        CheckConstraint(f"way IN {REFUND_WAYS}", name="way"),
        CheckConstraint("amount_minor > 0", name="amount"),
        CheckConstraint("reason <> ''", name="reason"),
        Index(None, "operator_id", "payment_id"),
        Index(None, "operator_id", "startup_id", "refunded_on"),
        {"info": APPEND_ONLY},
    )


class OpenItem(Owned, Base):
    """What is open of an invoice, or left of a payment: the row that two who want it at once meet at.

    Its amount is changed by `post_entries` alone, with the postings that change it.
    """

    __tablename__ = "open_items"
    startup_id: Mapped[int]
    site_id: Mapped[int | None]
    invoice_id: Mapped[int | None]
    payment_id: Mapped[int | None]
    due_on: Mapped[date | None]
    """An invoice's."""
    original_minor: Mapped[int]
    open_minor: Mapped[int]
    __table_args__ = (
        belongs_to("startups", "startup_id"),
        belongs_to("sites", "site_id"),
        belongs_to("invoices", "invoice_id"),
        belongs_to("payments", "payment_id"),
        UniqueConstraint("operator_id", "invoice_id"),
        UniqueConstraint("operator_id", "payment_id"),
        CheckConstraint("num_nonnulls(invoice_id, payment_id) = 1", name="of_one"),
        CheckConstraint("(invoice_id IS NULL) = (due_on IS NULL)", name="due_on"),
        CheckConstraint("open_minor BETWEEN 0 AND original_minor", name="open"),
        Index("open_items_due_idx", "operator_id", "due_on", postgresql_where=text("open_minor > 0")),
        Index("open_items_of_startup_idx", "operator_id", "startup_id", postgresql_where=text("open_minor > 0")),
        {"info": {"grant": "SELECT, INSERT, UPDATE"}},
    )
