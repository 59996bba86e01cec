"""Charges and invoices: written once when a month is posted, never changed (append-only by grant).

A draft is not stored: it is computed from residencies and bookings whenever it is looked at, and posting
writes exactly what the draft then says.
"""

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
    func,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from incubator.database import APPEND_ONLY, Base, Owned, belongs_to


class Charge(Owned, Base):
    """What a startup owes for one thing in one month, before any subsidy. Its source is charged once; again only after
    a credit note has taken it back to be billed anew."""

    __tablename__ = "charges"
    site_id: Mapped[int]
    startup_id: Mapped[int]
    month: Mapped[date]
    kind: Mapped[str] = mapped_column(Text)
    source_kind: Mapped[str] = mapped_column(Text)
    source_id: Mapped[int]
    """The residency price, the booking, the meter or the one-off charge that it stands for; or the decision that
    adjusts an earlier one."""
    round: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    """How often its source was billed and taken back before: 0, the first time."""
    unit_id: Mapped[int | None]
    resource_id: Mapped[int | None]
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    quantity: Mapped[Decimal] = mapped_column(Numeric(14, 4))
    basis: Mapped[str] = mapped_column(Text)
    unit_price: Mapped[Decimal] = mapped_column(Numeric(14, 4))
    gross_minor: Mapped[int]
    """With VAT."""
    tax_rate: Mapped[Decimal | None] = mapped_column(Numeric(5, 4))
    """None: nobody had said how it is taxed; 0: exempt."""
    tax_minor: Mapped[int | None]
    """What of `gross_minor` is VAT."""
    currency: Mapped[str] = mapped_column(Text, default="CNY")
    derivation: Mapped[Any] = mapped_column(JSONB)
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    __table_args__ = (
        belongs_to("sites", "site_id"),
        belongs_to("startups", "startup_id"),
        belongs_to("units", "unit_id"),
        belongs_to("resources", "resource_id"),
        Index("charges_once_key", "operator_id", "source_kind", "source_id", "month", "round", unique=True,
              postgresql_where="source_kind <> 'meter'"),
        Index("charges_metered_once_key", "operator_id", "source_id", "startup_id", "month", "round", unique=True,
              postgresql_where="source_kind = 'meter'"),
        CheckConstraint("source_kind IN ('residency_price', 'booking', 'meter', 'adjustment', 'one_off')",
                        name="source_kind"),
        CheckConstraint("round >= 0", name="round"),
        CheckConstraint("gross_minor >= 0", name="gross"),
        CheckConstraint("tax_rate >= 0 AND tax_rate < 1", name="tax_rate"),
        CheckConstraint("(tax_rate IS NULL) = (tax_minor IS NULL)", name="taxed"),
        CheckConstraint("tax_minor BETWEEN 0 AND gross_minor", name="tax"),
        CheckConstraint("source_kind <> 'adjustment' OR gross_minor = 0", name="adjustment"),
        Index("charges_adjustments_once", "operator_id", "source_id", "round", unique=True,
              postgresql_where="source_kind = 'adjustment'"),
        CheckConstraint("starts_on <= ends_on", name="days"),
        Index(None, "operator_id", "site_id", "month"),
        Index(None, "operator_id", "startup_id", "month"),
        {"info": APPEND_ONLY},
    )  # fmt: skip


class NumberSeries(Base):
    """The last number given in a series and year; its row lock makes the numbers gapless."""

    __tablename__ = "number_series"
    operator_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("operators.operator_id"), primary_key=True)
    series: Mapped[str] = mapped_column(Text, primary_key=True)
    year: Mapped[int] = mapped_column(Integer, primary_key=True)
    last_number: Mapped[int] = mapped_column(Integer)
    __table_args__ = (
        CheckConstraint("last_number >= 0", name="last_number"),
        {"info": {"grant": "SELECT, INSERT, UPDATE"}},
    )


class Invoice(Owned, Base):
    """A posted invoice: amounts, and the names and addresses as they were on that day.

    What is taken back of earlier months may be more than this month's subsidy; nobody is paid by an invoice.
    """

    __tablename__ = "invoices"
    site_id: Mapped[int]
    startup_id: Mapped[int]
    month: Mapped[date]
    series: Mapped[str] = mapped_column(Text)
    year: Mapped[int] = mapped_column(Integer)
    number: Mapped[int] = mapped_column(Integer)
    """Printed as `INV-2026-000042`."""
    issued_on: Mapped[date]
    due_on: Mapped[date]
    gross_minor: Mapped[int]
    subsidy_minor: Mapped[int]
    net_minor: Mapped[int]
    currency: Mapped[str] = mapped_column(Text, default="CNY")
    parties: Mapped[Any] = mapped_column(JSONB)
    """The operator's, site's and startup's names, codes and addresses, copied at posting."""
    posted_at: Mapped[datetime]
    posted_by: Mapped[int | None]
    __table_args__ = (
        belongs_to("sites", "site_id"),
        belongs_to("startups", "startup_id"),
        belongs_to("people", "posted_by"),
        UniqueConstraint("operator_id", "series", "year", "number"),
        CheckConstraint("gross_minor = net_minor + subsidy_minor", name="adds_up"),
        CheckConstraint("gross_minor >= 0 AND net_minor >= 0", name="not_negative"),
        CheckConstraint("number > 0", name="number"),
        Index(None, "operator_id", "site_id", "month"),
        Index(None, "operator_id", "startup_id", "month"),
        {"info": APPEND_ONLY},
    )


class InvoiceLine(Base):
    """One charge on one invoice; a charge stands on one invoice at most."""

    __tablename__ = "invoice_lines"
    operator_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("operators.operator_id"), primary_key=True)
    invoice_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    line: Mapped[int] = mapped_column(Integer, primary_key=True)
    charge_id: Mapped[int]
    description: Mapped[Any] = mapped_column(JSONB)
    """What the line is for, as data with the names of that day; `billing.wording` says it in either language."""
    gross_minor: Mapped[int]
    subsidy_minor: Mapped[int]
    net_minor: Mapped[int]
    tax_minor: Mapped[int | None]
    """What of `net_minor` is VAT, at the charge's rate; None: nobody had said how it is taxed."""
    __table_args__ = (
        ForeignKeyConstraint(["operator_id", "invoice_id"], ["invoices.operator_id", "invoices.id"]),
        belongs_to("charges", "charge_id"),
        UniqueConstraint("operator_id", "charge_id"),
        CheckConstraint("gross_minor = net_minor + subsidy_minor", name="adds_up"),
        CheckConstraint("gross_minor = 0 OR (net_minor >= 0 AND subsidy_minor >= 0)", name="not_negative"),
        CheckConstraint("abs(tax_minor) <= abs(net_minor)", name="tax"),
        {"info": APPEND_ONLY},
    )
