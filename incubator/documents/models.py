"""Files as they were given to us or made by us: content, name and hash never change."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, LargeBinary, Text, func
from sqlalchemy.orm import Mapped, deferred, mapped_column

from incubator.database import Base, Owned, belongs_to


class StoredFile(Owned, Base):
    """One file. Kept in the database, so that web and worker on any machine see the same."""

    __tablename__ = "stored_files"
    name: Mapped[str] = mapped_column(Text)
    media_type: Mapped[str] = mapped_column(Text)
    size: Mapped[int]
    sha256: Mapped[bytes] = mapped_column(LargeBinary)
    content: Mapped[bytes] = deferred(mapped_column(LargeBinary))
    stored_by: Mapped[int | None]
    stored_at: Mapped[datetime] = mapped_column(server_default=func.now())
    __table_args__ = (
        belongs_to("people", "stored_by"),
        CheckConstraint("size = octet_length(content)", name="size"),
        CheckConstraint("octet_length(sha256) = 32", name="hash_length"),
        # never changed; deleted only where nothing points at it any more, which the foreign keys see to
        {"info": {"grant": "SELECT, INSERT, DELETE"}},
    )
