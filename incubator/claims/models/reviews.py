"""What was handed in, as files; who from outside may look at a claim, what they looked at, and what they remarked."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, Integer, LargeBinary, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from incubator.database import APPEND_ONLY, Base, Owned, belongs_to

LOCALES = ("zh_Hans", "en")
LOOKED_AT = ("claim", "line", "invoice", "agreement", "file", "pack")
"""What a reviewer opens."""


class ClaimPack(Owned, Base):
    """A claim's pack as it was made of one state of it: the file itself, so that what was handed in can be had
    again."""

    __tablename__ = "claim_packs"
    claim_id: Mapped[int]
    number: Mapped[int] = mapped_column(Integer)
    """From 1, without gaps."""
    file_id: Mapped[int]
    manifest_sha256: Mapped[bytes] = mapped_column(LargeBinary)
    """Stands for all that it says; the same state is packed once."""
    signing_key_id: Mapped[int]
    created_at: Mapped[datetime]
    created_by: Mapped[int | None]
    __table_args__ = (
        belongs_to("claims", "claim_id"),
        belongs_to("stored_files", "file_id"),
        belongs_to("signing_keys", "signing_key_id"),
        belongs_to("people", "created_by"),
        UniqueConstraint("operator_id", "claim_id", "number"),
        UniqueConstraint("operator_id", "claim_id", "manifest_sha256"),
        CheckConstraint("number > 0", name="number"),
        CheckConstraint("octet_length(manifest_sha256) = 32", name="hash_length"),
        {"info": APPEND_ONLY},
    )


class ClaimReviewer(Owned, Base):
    """Somebody from outside who may look at one claim, by a secret address, until a moment or until it is taken
    back."""

    __tablename__ = "claim_reviewers"
    claim_id: Mapped[int]
    name: Mapped[str] = mapped_column(Text)
    organisation: Mapped[str] = mapped_column(Text)
    email: Mapped[str] = mapped_column(Text)
    locale: Mapped[str] = mapped_column(Text)
    ends_at: Mapped[datetime]
    created_at: Mapped[datetime]
    created_by: Mapped[int | None]
    revoked_at: Mapped[datetime | None]
    revoked_by: Mapped[int | None]
    __table_args__ = (
        belongs_to("claims", "claim_id"),
        belongs_to("people", "created_by"),
        belongs_to("people", "revoked_by"),
        CheckConstraint("name <> '' AND organisation <> '' AND email <> ''", name="words"),
        CheckConstraint(f"locale IN {LOCALES}", name="locale"),
        CheckConstraint("ends_at > created_at AND ends_at <= created_at + interval '91 days'", name="days"),
        UniqueConstraint("operator_id", "claim_id", "id"),
        {"info": {"grant": "SELECT, INSERT", "changes": ("revoked_at", "revoked_by")}},
    )

    def is_open(self, now: datetime) -> bool:
        """Whether its address opens anything."""
        return self.revoked_at is None and now < self.ends_at


class ReviewVisit(Owned, Base):
    """That a reviewer opened something of their claim."""

    __tablename__ = "review_visits"
    claim_id: Mapped[int]
    reviewer_id: Mapped[int]
    what: Mapped[str] = mapped_column(Text)
    subject_id: Mapped[int]
    """The claim, line, invoice, agreement, file or pack."""
    subject: Mapped[str] = mapped_column(Text)
    """As it was called on the page."""
    visited_at: Mapped[datetime]
    __table_args__ = (
        ForeignKeyConstraint(
            ["operator_id", "claim_id", "reviewer_id"],
            ["claim_reviewers.operator_id", "claim_reviewers.claim_id", "claim_reviewers.id"],
        ),
        CheckConstraint(f"what IN {LOOKED_AT}", name="what"),
        Index(None, "operator_id", "claim_id", "id"),
        Index(None, "operator_id", "reviewer_id"),
        {"info": APPEND_ONLY},
    )


class ReviewRemark(Owned, Base):
    """A remark of a reviewer on a claim or one of its lines, or what staff answer to one. Never changed."""

    __tablename__ = "review_remarks"
    claim_id: Mapped[int]
    line_id: Mapped[int | None]
    reviewer_id: Mapped[int]
    """Whose remark it is, or whose is answered."""
    answers_id: Mapped[int | None]
    words: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime]
    created_by: Mapped[int | None]
    """Who answers; None: the reviewer."""
    __table_args__ = (
        ForeignKeyConstraint(
            ["operator_id", "claim_id", "line_id"],
            ["claim_lines.operator_id", "claim_lines.claim_id", "claim_lines.id"],
        ),
        ForeignKeyConstraint(
            ["operator_id", "claim_id", "reviewer_id"],
            ["claim_reviewers.operator_id", "claim_reviewers.claim_id", "claim_reviewers.id"],
        ),
        belongs_to("review_remarks", "answers_id"),
        belongs_to("people", "created_by"),
        CheckConstraint("words <> ''", name="words"),
        CheckConstraint("(answers_id IS NULL) = (created_by IS NULL)", name="staff_answer"),
        Index(None, "operator_id", "claim_id", "id"),
        {"info": APPEND_ONLY},
    )
