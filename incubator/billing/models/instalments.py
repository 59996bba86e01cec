"""What of an invoice is lost, and the dated parts in which one may be paid."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, Index, Integer, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from incubator.database import APPEND_ONLY, Base, Owned, belongs_to


class WriteOff(Owned, Base):
    """That what is open of an invoice is not to be had any more; one that `undoes_id` names is taken back by it."""

    __tablename__ = "write_offs"
    startup_id: Mapped[int]
    invoice_id: Mapped[int]
    amount_minor: Mapped[int]
    written_on: Mapped[date]
    reason: Mapped[str] = mapped_column(Text)
    approval_id: Mapped[int | None]
    undoes_id: Mapped[int | None]
    created_at: Mapped[datetime]
    created_by: Mapped[int | None]
    __table_args__ = (
        belongs_to("startups", "startup_id"),
        belongs_to("invoices", "invoice_id"),
        belongs_to("approvals", "approval_id"),
        belongs_to("write_offs", "undoes_id"),
        belongs_to("people", "created_by"),
        UniqueConstraint("operator_id", "undoes_id"),
        UniqueConstraint("operator_id", "approval_id"),
        CheckConstraint("amount_minor > 0", name="amount"),
        CheckConstraint("reason <> ''", name="reason"),
        CheckConstraint("(approval_id IS NULL) = (undoes_id IS NOT NULL)", name="approved"),
        Index(None, "operator_id", "invoice_id"),
        {"info": APPEND_ONLY},
    )


class Instalment(Owned, Base):
    """A dated part of an invoice; of several plans of one invoice the last holds."""

    __tablename__ = "instalments"
    invoice_id: Mapped[int]
    plan: Mapped[int] = mapped_column(Integer)
    part: Mapped[int] = mapped_column(Integer)
    due_on: Mapped[date]
    amount_minor: Mapped[int]
    created_at: Mapped[datetime]
    created_by: Mapped[int | None]
    __table_args__ = (
        belongs_to("invoices", "invoice_id"),
        belongs_to("people", "created_by"),
        UniqueConstraint("operator_id", "invoice_id", "plan", "part"),
        CheckConstraint("plan >= 1 AND part >= 1", name="numbers"),
        CheckConstraint("amount_minor > 0", name="amount"),
        {"info": APPEND_ONLY},
    )
