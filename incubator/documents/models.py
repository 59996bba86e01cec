"""Files as they were given to us or made by us, and the documents that they are versions of."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, Index, LargeBinary, Text, UniqueConstraint, func
from sqlalchemy.orm import Mapped, deferred, mapped_column

from incubator.database import APPEND_ONLY, Base, Owned, belongs_to
from incubator.documents.rules import AUDIENCES, KINDS, OF_A_STARTUP


class StoredFile(Owned, Base):
    """One file: content, name and hash never change.

    The content lies in this row, where web and worker on any machine see it, or in the store that FILE_STORE names,
    under its hash.
    """

    __tablename__ = "stored_files"
    name: Mapped[str] = mapped_column(Text)
    media_type: Mapped[str] = mapped_column(Text)
    size: Mapped[int]
    sha256: Mapped[bytes] = mapped_column(LargeBinary)
    content: Mapped[bytes | None] = deferred(mapped_column(LargeBinary))
    """None: it lies in the store."""
    stored_by: Mapped[int | None]
    stored_at: Mapped[datetime] = mapped_column(server_default=func.now())
    __table_args__ = (
        belongs_to("people", "stored_by"),
        CheckConstraint("size = octet_length(content)", name="size"),
        CheckConstraint("size > 0", name="not_empty"),
        CheckConstraint("octet_length(sha256) = 32", name="hash_length"),
        # never changed; deleted only where nothing points at it any more, which the foreign keys see to
        {"info": {"grant": "SELECT, INSERT, DELETE"}},
    )


class Document(Owned, Base):
    """What has a kind, an owner, readers and days of validity; its content is its versions.

    It is never deleted, only withdrawn, with a reason.
    """

    __tablename__ = "documents"
    kind: Mapped[str] = mapped_column(Text)
    title: Mapped[str] = mapped_column(Text)
    startup_id: Mapped[int | None]
    """Whose it is; None: the operator's own."""
    audience: Mapped[str] = mapped_column(Text)
    """Who may see it: one of `AUDIENCES`."""
    valid_from: Mapped[date | None]
    expires_on: Mapped[date | None]
    """The last day on which it is valid; None: until further notice."""
    created_at: Mapped[datetime]
    created_by: Mapped[int | None]
    withdrawn_at: Mapped[datetime | None]
    withdrawn_by: Mapped[int | None]
    withdrawn_reason: Mapped[str] = mapped_column(Text, default="", server_default="")
    __table_args__ = (
        belongs_to("startups", "startup_id"),
        belongs_to("people", "created_by"),
        belongs_to("people", "withdrawn_by"),
        CheckConstraint(f"kind IN {tuple(KINDS)}", name="kind"),
        CheckConstraint("title <> ''", name="title"),
        CheckConstraint(f"audience IN {tuple(AUDIENCES)}", name="audience"),
        CheckConstraint(f"startup_id IS NOT NULL OR audience NOT IN {OF_A_STARTUP}", name="audience_of_startup"),
        CheckConstraint("startup_id IS NULL OR audience <> 'everybody'", name="of_one_startup"),
        CheckConstraint("expires_on >= valid_from", name="validity"),
        CheckConstraint("(withdrawn_at IS NULL) = (withdrawn_reason = '')", name="withdrawn_says_why"),
        Index(None, "operator_id", "startup_id"),
        Index("documents_expiring_idx", "operator_id", "expires_on",
              postgresql_where="expires_on IS NOT NULL AND withdrawn_at IS NULL"),
        {"info": {"grant": "SELECT, INSERT, UPDATE"}},
    )  # fmt: skip


class DocumentVersion(Owned, Base):
    """A document's content from a moment on: a stored file, and what is new in it."""

    __tablename__ = "document_versions"
    document_id: Mapped[int]
    number: Mapped[int]
    """From 1, without gaps."""
    file_id: Mapped[int]
    note: Mapped[str] = mapped_column(Text, default="", server_default="")
    created_at: Mapped[datetime]
    created_by: Mapped[int | None]
    __table_args__ = (
        belongs_to("documents", "document_id"),
        belongs_to("stored_files", "file_id"),
        belongs_to("people", "created_by"),
        UniqueConstraint("operator_id", "document_id", "number"),
        CheckConstraint("number >= 1", name="number"),
        Index(None, "operator_id", "file_id"),
        {"info": APPEND_ONLY},
    )


class SigningKey(Owned, Base):
    """A pair of Ed25519 keys that an operator signs by: the public half for everybody, the secret half sealed.

    One is in use at a time. It is retired, never changed or removed: what it signed stays verifiable.
    """

    __tablename__ = "signing_keys"
    public_key: Mapped[bytes] = mapped_column(LargeBinary)
    sealed_secret: Mapped[str] = mapped_column(Text, deferred=True)
    """Opened only to sign; never in a log or on a page."""
    made_at: Mapped[datetime]
    made_by: Mapped[int | None]
    retired_at: Mapped[datetime | None]
    retired_by: Mapped[int | None]
    retired_reason: Mapped[str] = mapped_column(Text, default="", server_default="")
    __table_args__ = (
        belongs_to("people", "made_by"),
        belongs_to("people", "retired_by"),
        UniqueConstraint("operator_id", "public_key"),
        CheckConstraint("octet_length(public_key) = 32", name="public_key"),
        CheckConstraint("(retired_at IS NULL) = (retired_reason = '')", name="retired_says_why"),
        Index("signing_keys_in_use_key", "operator_id", unique=True, postgresql_where="retired_at IS NULL"),
        {"info": {"grant": "SELECT, INSERT", "changes": ("retired_at", "retired_by", "retired_reason")}},
    )
