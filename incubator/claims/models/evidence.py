"""What a claim's lines are proved by: what a scheme asks for, what was attached by hand, who was reminded; letters."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ARRAY, CheckConstraint, ForeignKeyConstraint, Index, Text, UniqueConstraint, text, true
from sqlalchemy.dialects.postgresql import DATERANGE, Range
from sqlalchemy.orm import Mapped, mapped_column

from incubator.claims.rules.completeness import EVIDENCE, PER, VALID_ON
from incubator.database import APPEND_ONLY, Base, Owned, belongs_to


class ClaimRequirement(Owned, Base):
    """What evidence a scheme asks for on some days: data, as the scheme's rule is. Of one kind one at a time."""

    __tablename__ = "claim_requirements"
    scheme_id: Mapped[int]
    kind: Mapped[str] = mapped_column(Text)
    per: Mapped[str] = mapped_column(Text)
    is_required: Mapped[bool] = mapped_column(default=True, server_default=true())
    """False: it is wanted, and its lack doesn't stand in the way."""
    valid_on: Mapped[str] = mapped_column(Text)
    days: Mapped[Range[date]] = mapped_column(DATERANGE)
    """Of the claim's last month."""
    note: Mapped[str] = mapped_column(Text, default="", server_default="")
    """As the policy says it, for those who bring it."""
    created_at: Mapped[datetime]
    created_by: Mapped[int | None]
    __table_args__ = (
        belongs_to("schemes", "scheme_id"),
        belongs_to("people", "created_by"),
        CheckConstraint(f"kind IN {EVIDENCE}", name="kind"),
        CheckConstraint(f"per IN {PER}", name="per"),
        CheckConstraint(f"valid_on IN {VALID_ON}", name="valid_on"),
        CheckConstraint("NOT isempty(days) AND lower_inc(days)", name="days"),
        Index(None, "operator_id", "scheme_id"),
        {"info": {"grant": "SELECT, INSERT", "changes": ("days",)}},
    )


class ClaimEvidence(Owned, Base):
    """A document that somebody attached to a claim, to a startup in it or to one of its lines; taken off, it stays as a
    row. What the product has by itself (agreements, fapiaos, payments, logs) is found and stands in no row."""

    __tablename__ = "claim_evidence"
    claim_id: Mapped[int]
    kind: Mapped[str] = mapped_column(Text)
    startup_id: Mapped[int | None]
    line_id: Mapped[int | None]
    document_id: Mapped[int]
    created_at: Mapped[datetime]
    created_by: Mapped[int | None]
    removed_at: Mapped[datetime | None]
    removed_by: Mapped[int | None]
    __table_args__ = (
        belongs_to("claims", "claim_id"),
        belongs_to("startups", "startup_id"),
        ForeignKeyConstraint(
            ["operator_id", "claim_id", "line_id"],
            ["claim_lines.operator_id", "claim_lines.claim_id", "claim_lines.id"],
        ),
        belongs_to("documents", "document_id"),
        belongs_to("people", "created_by"),
        belongs_to("people", "removed_by"),
        CheckConstraint(f"kind IN {EVIDENCE}", name="kind"),
        CheckConstraint("num_nonnulls(startup_id, line_id) <= 1", name="one_subject"),
        Index("claim_evidence_once", "operator_id", "claim_id", "kind", "document_id",
              text("coalesce(startup_id, 0)"), text("coalesce(line_id, 0)"), unique=True,
              postgresql_where=text("removed_at IS NULL")),
        {"info": {"grant": "SELECT, INSERT", "changes": ("removed_at", "removed_by")}},
    )  # fmt: skip


class ClaimReminder(Owned, Base):
    """That a startup was reminded of what is missing of a claim, and until when it is wanted."""

    __tablename__ = "claim_reminders"
    claim_id: Mapped[int]
    startup_id: Mapped[int]
    kinds: Mapped[list[str]] = mapped_column(ARRAY(Text))
    due_on: Mapped[date]
    created_at: Mapped[datetime]
    created_by: Mapped[int | None]
    __table_args__ = (
        belongs_to("claims", "claim_id"),
        belongs_to("startups", "startup_id"),
        belongs_to("people", "created_by"),
        CheckConstraint("cardinality(kinds) > 0", name="kinds"),
        Index(None, "operator_id", "claim_id", "startup_id"),
        Index(None, "operator_id", "startup_id"),
        {"info": APPEND_ONLY},
    )


class ClaimLetter(Owned, Base):
    """A letter to the authority or from it, with its file as a document of the operator."""

    __tablename__ = "claim_letters"
    claim_id: Mapped[int]
    is_incoming: Mapped[bool]
    on: Mapped[date]
    subject: Mapped[str] = mapped_column(Text)
    number: Mapped[str] = mapped_column(Text, default="", server_default="")
    """What stands on it."""
    document_id: Mapped[int | None]
    created_at: Mapped[datetime]
    created_by: Mapped[int | None]
    __table_args__ = (
        belongs_to("claims", "claim_id"),
        belongs_to("documents", "document_id"),
        belongs_to("people", "created_by"),
        CheckConstraint("subject <> ''", name="subject"),
        UniqueConstraint("operator_id", "claim_id", "id"),
        {"info": APPEND_ONLY},
    )
