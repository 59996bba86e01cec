"""Credit notes: what is taken off posted invoices, line by line; append-only."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    Text,
    UniqueConstraint,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from incubator.database import APPEND_ONLY, Base, Owned, belongs_to


class CreditNote(Owned, Base):
    """What is taken off one invoice on one day; amounts are above 0 and count against it."""

    __tablename__ = "credit_notes"
    site_id: Mapped[int]
    startup_id: Mapped[int]
    invoice_id: Mapped[int]
    year: Mapped[int] = mapped_column(Integer)
    number: Mapped[int] = mapped_column(Integer)
    """Printed as `CN-2026-000001`; without gaps in its year."""
    issued_on: Mapped[date]
    gross_minor: Mapped[int]
    subsidy_minor: Mapped[int]
    net_minor: Mapped[int]
    settled_minor: Mapped[int]
    """What of the net went to what was open on the invoice; the rest is a payment of the startup's."""
    currency: Mapped[str] = mapped_column(Text, default="CNY", server_default="CNY")
    reason: Mapped[str] = mapped_column(Text)
    is_anew: Mapped[bool] = mapped_column(Boolean)
    """It takes back the whole invoice, and what stood on it is billed anew."""
    parties: Mapped[Any] = mapped_column(JSONB)
    """As they are on the day of the note."""
    posted_at: Mapped[datetime]
    posted_by: Mapped[int | None]
    __table_args__ = (
        belongs_to("sites", "site_id"),
        belongs_to("startups", "startup_id"),
        belongs_to("invoices", "invoice_id"),
        belongs_to("people", "posted_by"),
        UniqueConstraint("operator_id", "year", "number"),
        CheckConstraint("number > 0", name="number"),
        CheckConstraint("gross_minor = net_minor + subsidy_minor", name="adds_up"),
        CheckConstraint("gross_minor >= 0 AND net_minor >= 0", name="not_negative"),
        CheckConstraint("settled_minor BETWEEN 0 AND net_minor", name="settled"),
        CheckConstraint("reason <> ''", name="reason"),
        Index("credit_notes_anew_key", "operator_id", "invoice_id", unique=True, postgresql_where="is_anew"),
        Index(None, "operator_id", "invoice_id"),
        Index(None, "operator_id", "startup_id", "issued_on"),
        {"info": APPEND_ONLY},
    )


class CreditNoteLine(Base):
    """What is taken off one line of the invoice; signed as the line is."""

    __tablename__ = "credit_note_lines"
    operator_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("operators.operator_id"), primary_key=True)
    credit_note_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    line: Mapped[int] = mapped_column(Integer, primary_key=True)
    invoice_id: Mapped[int]
    invoice_line: Mapped[int] = mapped_column(Integer)
    gross_minor: Mapped[int]
    subsidy_minor: Mapped[int]
    net_minor: Mapped[int]
    tax_minor: Mapped[int | None]
    """What of the net is VAT, at the line's rate."""
    borne_minor: Mapped[int] = mapped_column(default=0, server_default="0")
    """What goes back to the voucher that has borne a part of a booking; it is no part of the gross."""
    __table_args__ = (
        ForeignKeyConstraint(["operator_id", "credit_note_id"], ["credit_notes.operator_id", "credit_notes.id"]),
        ForeignKeyConstraint(
            ["operator_id", "invoice_id", "invoice_line"],
            ["invoice_lines.operator_id", "invoice_lines.invoice_id", "invoice_lines.line"],
        ),
        UniqueConstraint("operator_id", "credit_note_id", "invoice_line"),
        CheckConstraint("gross_minor = net_minor + subsidy_minor", name="adds_up"),
        CheckConstraint("gross_minor >= 0 AND borne_minor >= 0", name="not_negative"),
        CheckConstraint("abs(tax_minor) <= abs(net_minor)", name="tax"),
        Index(None, "operator_id", "invoice_id", "invoice_line"),
        {"info": APPEND_ONLY},
    )
