"""What an authority answers line by line, what it pays, and what it wants back."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from incubator.claims.rules.money import BEARERS, LEFT, PAYMENT_KINDS
from incubator.database import APPEND_ONLY, Base, Owned, belongs_to


def _line_of_claim() -> ForeignKeyConstraint:
    """A line of the same claim."""
    return ForeignKeyConstraint(
        ["operator_id", "claim_id", "line_id"],
        ["claim_lines.operator_id", "claim_lines.claim_id", "claim_lines.id"],
    )


class ClaimRuling(Owned, Base):
    """What the authority grants of a line, and why not all of it; written once, when the answer comes."""

    __tablename__ = "claim_rulings"
    claim_id: Mapped[int]
    line_id: Mapped[int]
    granted_minor: Mapped[int]
    """With the line's sign."""
    refused_minor: Mapped[int]
    """What is left of the line; together with what is granted it is the line's amount."""
    reason: Mapped[str] = mapped_column(Text, default="", server_default="")
    left_to: Mapped[str | None] = mapped_column(Text)
    """Who bears what is not granted; or it is claimed again."""
    budget_id: Mapped[int | None]
    returned_minor: Mapped[int] = mapped_column(default=0, server_default="0")
    """What went back to the budget: where the operator bears it, only while that was open."""
    created_at: Mapped[datetime]
    created_by: Mapped[int | None]
    __table_args__ = (
        _line_of_claim(),
        belongs_to("budgets", "budget_id"),
        belongs_to("people", "created_by"),
        UniqueConstraint("operator_id", "line_id"),
        CheckConstraint(f"left_to IN {LEFT}", name="left_to"),
        CheckConstraint("(refused_minor = 0) = (left_to IS NULL)", name="refused_is_left"),
        CheckConstraint("(refused_minor = 0) = (reason = '')", name="refused_says_why"),
        CheckConstraint("left_to <> 'again' OR granted_minor = 0", name="again_is_whole"),
        CheckConstraint("returned_minor = 0 OR budget_id IS NOT NULL", name="budget"),
        {"info": APPEND_ONLY},
    )


class ClaimPayment(Owned, Base):
    """Money of a claim: what the authority paid, or what was paid back to it. Never changed: undone, with a reason."""

    __tablename__ = "claim_payments"
    claim_id: Mapped[int]
    kind: Mapped[str] = mapped_column(Text)
    amount_minor: Mapped[int]
    on: Mapped[date]
    bank_line_id: Mapped[int | None]
    """The line of the bank that it is; None: entered by hand."""
    reference: Mapped[str] = mapped_column(Text, default="", server_default="")
    created_at: Mapped[datetime]
    created_by: Mapped[int | None]
    undone_at: Mapped[datetime | None]
    undone_by: Mapped[int | None]
    undone_reason: Mapped[str] = mapped_column(Text, default="", server_default="")
    __table_args__ = (
        belongs_to("claims", "claim_id"),
        belongs_to("bank_lines", "bank_line_id"),
        belongs_to("people", "created_by"),
        belongs_to("people", "undone_by"),
        CheckConstraint(f"kind IN {PAYMENT_KINDS}", name="kind"),
        CheckConstraint("amount_minor > 0", name="amount"),
        CheckConstraint("(undone_at IS NULL) = (undone_reason = '')", name="undone"),
        Index(None, "operator_id", "claim_id"),
        Index("claim_payments_bank_line_idx", "operator_id", "bank_line_id",
              postgresql_where=text("bank_line_id IS NOT NULL AND undone_at IS NULL")),
        {"info": {"grant": "SELECT, INSERT", "changes": ("undone_at", "undone_by", "undone_reason")}},
    )  # fmt: skip


class ClaimClawback(Owned, Base):
    """What the authority wants back of a line that it had granted, until when, and who bears it."""

    __tablename__ = "claim_clawbacks"
    claim_id: Mapped[int]
    line_id: Mapped[int]
    amount_minor: Mapped[int]
    reason: Mapped[str] = mapped_column(Text)
    demanded_on: Mapped[date]
    due_on: Mapped[date]
    borne_by: Mapped[str] = mapped_column(Text)
    budget_id: Mapped[int | None]
    returned_minor: Mapped[int] = mapped_column(default=0, server_default="0")
    created_at: Mapped[datetime]
    created_by: Mapped[int | None]
    __table_args__ = (
        _line_of_claim(),
        belongs_to("budgets", "budget_id"),
        belongs_to("people", "created_by"),
        CheckConstraint("amount_minor > 0", name="amount"),
        CheckConstraint("reason <> ''", name="reason"),
        CheckConstraint("demanded_on <= due_on", name="days"),
        CheckConstraint(f"borne_by IN {BEARERS}", name="borne_by"),
        CheckConstraint("returned_minor = 0 OR budget_id IS NOT NULL", name="budget"),
        Index(None, "operator_id", "claim_id"),
        Index(None, "operator_id", "line_id"),
        {"info": APPEND_ONLY},
    )
