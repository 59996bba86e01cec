"""What finance decides about a month's run: settings, exclusions, one-off charges, approvals by a second person."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, Boolean, CheckConstraint, ForeignKey, Index, Integer, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from incubator.database import Base, Owned, belongs_to

ONE_OFF_KINDS = ("other", "interest", "rent", "property_fee", "service_fee", "utilities", "booking")
APPROVED = ("month_run", "credit_note", "write_off", "refund")
"""What may need a second person."""


class InvoicingSettings(Base):
    """How an operator wants its runs: one row, made with the first change."""

    __tablename__ = "invoicing_settings"
    operator_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("operators.operator_id"), primary_key=True)
    jump_percent: Mapped[int] = mapped_column(Integer, default=30, server_default="30")
    """A change against last month that is larger is named."""
    approve_runs: Mapped[bool] = mapped_column(Boolean, default=False, server_default="false")
    approve_refunds: Mapped[bool] = mapped_column(Boolean, default=False, server_default="false")
    approve_credit_minor: Mapped[int | None]
    """Credit notes of more than so much net need a second person; None: none does."""
    __table_args__ = (
        CheckConstraint("jump_percent BETWEEN 1 AND 1000", name="jump_percent"),
        CheckConstraint("approve_credit_minor >= 0", name="approve_credit"),
        {"info": {"grant": "SELECT, INSERT, UPDATE"}},
    )


class Exclusion(Owned, Base):
    """That a startup is left out of a site's month until it is lifted; what it owes waits."""

    __tablename__ = "billing_exclusions"
    site_id: Mapped[int]
    startup_id: Mapped[int]
    month: Mapped[date]
    reason: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime]
    created_by: Mapped[int | None]
    lifted_at: Mapped[datetime | None]
    lifted_by: Mapped[int | None]
    __table_args__ = (
        belongs_to("sites", "site_id"),
        belongs_to("startups", "startup_id"),
        belongs_to("people", "created_by"),
        belongs_to("people", "lifted_by"),
        Index("billing_exclusions_once_key", "operator_id", "site_id", "startup_id", "month", unique=True,
              postgresql_where="lifted_at IS NULL"),
        Index(None, "operator_id", "site_id", "month"),
        CheckConstraint("month = date_trunc('month', month)", name="month"),
        CheckConstraint("reason <> ''", name="reason"),
        CheckConstraint("lifted_at IS NOT NULL OR lifted_by IS NULL", name="lifted"),
        {"info": {"grant": "SELECT, INSERT", "changes": ("lifted_at", "lifted_by")}},
    )  # fmt: skip


class OneOffCharge(Owned, Base):
    """What a startup owes once, whatever its agreement says; it stands in the draft of its month until it is posted."""

    __tablename__ = "one_off_charges"
    site_id: Mapped[int]
    startup_id: Mapped[int]
    month: Mapped[date]
    kind: Mapped[str] = mapped_column(Text)
    description: Mapped[str] = mapped_column(Text)
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    amount_minor: Mapped[int]
    is_taxed_in: Mapped[bool] = mapped_column(Boolean)
    """Whether the amount is with VAT; else it is put on top, by the rate of the kind."""
    is_subsidised: Mapped[bool] = mapped_column(Boolean)
    """Whether schemes apply to it."""
    source_kind: Mapped[str | None] = mapped_column(Text)
    source_id: Mapped[int | None]
    """What proposed it, once."""
    created_at: Mapped[datetime]
    created_by: Mapped[int | None]
    withdrawn_at: Mapped[datetime | None]
    withdrawn_by: Mapped[int | None]
    withdrawn_reason: Mapped[str] = mapped_column(Text, default="", server_default="")
    __table_args__ = (
        belongs_to("sites", "site_id"),
        belongs_to("startups", "startup_id"),
        belongs_to("people", "created_by"),
        belongs_to("people", "withdrawn_by"),
        CheckConstraint(f"kind IN {ONE_OFF_KINDS}", name="kind"),
        CheckConstraint("description <> ''", name="description"),
        CheckConstraint("starts_on <= ends_on", name="days"),
        CheckConstraint("amount_minor > 0", name="amount"),
        CheckConstraint("month = date_trunc('month', month)", name="month"),
        CheckConstraint("(source_kind IS NULL) = (source_id IS NULL)", name="source"),
        CheckConstraint("(withdrawn_at IS NULL) = (withdrawn_reason = '')", name="withdrawn"),
        Index("one_off_charges_source_key", "operator_id", "source_kind", "source_id", unique=True,
              postgresql_where="source_id IS NOT NULL AND withdrawn_at IS NULL"),
        Index(None, "operator_id", "site_id", "month"),
        Index(None, "operator_id", "startup_id"),
        {"info": {"grant": "SELECT, INSERT", "changes": ("withdrawn_at", "withdrawn_by", "withdrawn_reason")}},
    )  # fmt: skip


class Approval(Owned, Base):
    """That somebody asks for what moves money, exactly as its fingerprint says; another person decides."""

    __tablename__ = "approvals"
    what: Mapped[str] = mapped_column(Text)
    subject_kind: Mapped[str] = mapped_column(Text)
    subject_id: Mapped[int]
    """The site of a run, the invoice of a credit note or write-off, the payment of a refund."""
    month: Mapped[date | None]
    fingerprint: Mapped[str] = mapped_column(Text)
    says: Mapped[Any] = mapped_column(JSONB)
    """What is asked for: its names and amounts, and what doing it needs."""
    asked_at: Mapped[datetime]
    asked_by: Mapped[int]
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[int | None]
    is_approved: Mapped[bool | None] = mapped_column(Boolean)
    note: Mapped[str] = mapped_column(Text, default="", server_default="")
    __table_args__ = (
        belongs_to("people", "asked_by"),
        belongs_to("people", "decided_by"),
        CheckConstraint(f"what IN {APPROVED}", name="what"),
        CheckConstraint("(what = 'month_run') = (month IS NOT NULL)", name="month"),
        CheckConstraint("decided_by <> asked_by", name="two_people"),
        CheckConstraint("num_nonnulls(decided_at, decided_by, is_approved) IN (0, 3)", name="decided"),
        CheckConstraint("is_approved IS DISTINCT FROM false OR note <> ''", name="refused_says_why"),
        Index("approvals_once_key", "operator_id", "what", "subject_id", "fingerprint", unique=True,
              postgresql_where="is_approved IS DISTINCT FROM false"),
        Index("approvals_open_idx", "operator_id", "id", postgresql_where="decided_at IS NULL"),
        {"info": {"grant": "SELECT, INSERT",
                  "changes": ("decided_at", "decided_by", "is_approved", "note")}},
    )  # fmt: skip
