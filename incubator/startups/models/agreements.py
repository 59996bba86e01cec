"""The text of agreements: clauses, the PDF made of them, who accepted it; and the movements of the deposit."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index, Integer, LargeBinary, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from incubator.database import APPEND_ONLY, Base, Owned, belongs_to
from incubator.startups.rules.agreements import SIDES, TEMPLATE_KINDS, TEXT_KINDS
from incubator.startups.rules.deposits import KINDS as DEPOSIT_KINDS


class AgreementTemplate(Owned, Base):
    """One version of the operator's clauses, for agreements or for their amendments; a change is the next version."""

    __tablename__ = "agreement_templates"
    kind: Mapped[str] = mapped_column(Text)
    number: Mapped[int] = mapped_column(Integer)
    """From 1, of its kind; the highest is used."""
    title: Mapped[str] = mapped_column(Text)
    clauses: Mapped[Any] = mapped_column(JSONB)
    """In their order: a heading and the text of each, with placeholders."""
    created_at: Mapped[datetime]
    created_by: Mapped[int | None]
    __table_args__ = (
        belongs_to("people", "created_by"),
        UniqueConstraint("operator_id", "kind", "number"),
        CheckConstraint(f"kind IN {TEMPLATE_KINDS}", name="kind"),
        CheckConstraint("number >= 1", name="number"),
        CheckConstraint("title <> ''", name="title"),
        {"info": APPEND_ONLY},
    )


class AgreementText(Owned, Base):
    """The text of an agreement or of an amendment of it: the PDF made of a template, or the scan of what was signed.

    Of each there is one that stands. Only that it no longer does can be written to it.
    """

    __tablename__ = "agreement_texts"
    residency_id: Mapped[int]
    amendment_id: Mapped[int | None]
    """None: the agreement itself."""
    kind: Mapped[str] = mapped_column(Text)
    template_id: Mapped[int | None]
    document_id: Mapped[int]
    file_id: Mapped[int]
    sha256: Mapped[bytes] = mapped_column(LargeBinary)
    """Of the file's bytes."""
    content: Mapped[Any] = mapped_column(JSONB, default=dict, server_default="{}")
    """What the PDF was made of."""
    signed_on: Mapped[date | None]
    """Of a scan: the day on which it was signed."""
    made_at: Mapped[datetime]
    made_by: Mapped[int | None]
    void_at: Mapped[datetime | None]
    void_by: Mapped[int | None]
    void_reason: Mapped[str] = mapped_column(Text, default="", server_default="")
    __table_args__ = (
        belongs_to("residencies", "residency_id"),
        belongs_to("residency_amendments", "amendment_id"),
        belongs_to("agreement_templates", "template_id"),
        belongs_to("documents", "document_id"),
        belongs_to("stored_files", "file_id"),
        belongs_to("people", "made_by"),
        belongs_to("people", "void_by"),
        CheckConstraint(f"kind IN {TEXT_KINDS}", name="kind"),
        CheckConstraint("(kind = 'made') = (template_id IS NOT NULL)", name="made_of"),
        CheckConstraint("(kind = 'scan') = (signed_on IS NOT NULL)", name="signed"),
        CheckConstraint("octet_length(sha256) = 32", name="hash_length"),
        CheckConstraint("(void_at IS NULL) = (void_reason = '')", name="void_says_why"),
        Index("agreement_texts_standing_idx", "operator_id", "residency_id", text("COALESCE(amendment_id, 0)"), "kind",
              unique=True, postgresql_where="void_at IS NULL"),
        {"info": {"grant": "SELECT, INSERT", "changes": ("void_at", "void_by", "void_reason")}},
    )  # fmt: skip


class Acceptance(Owned, Base):
    """That somebody accepted exactly these bytes, for the startup or for the operator: each side once."""

    __tablename__ = "acceptances"
    text_id: Mapped[int]
    side: Mapped[str] = mapped_column(Text)
    person_id: Mapped[int]
    name: Mapped[str] = mapped_column(Text)
    """As they typed it."""
    accepted_at: Mapped[datetime]
    address: Mapped[str] = mapped_column(Text)
    """The network address that it came from."""
    agent: Mapped[str] = mapped_column(Text, default="", server_default="")
    """The browser, in its own words, cut short."""
    sha256: Mapped[bytes] = mapped_column(LargeBinary)
    """Of what was on their screen."""
    __table_args__ = (
        belongs_to("agreement_texts", "text_id"),
        belongs_to("people", "person_id"),
        UniqueConstraint("operator_id", "text_id", "side"),
        UniqueConstraint("operator_id", "text_id", "person_id"),
        CheckConstraint(f"side IN {SIDES}", name="side"),
        CheckConstraint("name <> ''", name="name"),
        CheckConstraint("octet_length(sha256) = 32", name="hash_length"),
        {"info": APPEND_ONLY},
    )


class DepositEntry(Owned, Base):
    """One movement of an agreement's deposit, and what is held after it.

    This is the agreement's own record of the deposit. The books (invoices, payments, accounts) are another matter and
    know nothing of it yet.
    """

    __tablename__ = "deposit_entries"
    residency_id: Mapped[int]
    number: Mapped[int] = mapped_column(Integer)
    """From 1, without gaps: two movements at once cannot both follow the same one."""
    kind: Mapped[str] = mapped_column(Text)
    amount_minor: Mapped[int]
    balance_minor: Mapped[int]
    """What is held after this movement."""
    happened_on: Mapped[date]
    how: Mapped[str] = mapped_column(Text, default="", server_default="")
    reason: Mapped[str] = mapped_column(Text, default="", server_default="")
    other_residency_id: Mapped[int | None]
    """The agreement that it went to, or came from."""
    document_id: Mapped[int | None]
    created_at: Mapped[datetime]
    created_by: Mapped[int | None]
    __table_args__ = (
        belongs_to("residencies", "residency_id"),
        belongs_to("residencies", "other_residency_id"),
        belongs_to("documents", "document_id"),
        belongs_to("people", "created_by"),
        UniqueConstraint("operator_id", "residency_id", "number"),
        CheckConstraint("number >= 1", name="number"),
        CheckConstraint(f"kind IN {DEPOSIT_KINDS}", name="kind"),
        CheckConstraint("amount_minor > 0", name="amount"),
        CheckConstraint("balance_minor >= 0", name="balance"),
        CheckConstraint("(kind IN ('transferred', 'taken_over')) = (other_residency_id IS NOT NULL)", name="other"),
        CheckConstraint("kind <> 'withheld' OR reason <> ''", name="withheld_says_why"),
        {"info": APPEND_ONLY},
    )
