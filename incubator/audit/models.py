"""The trail: one row per operation, chained by hash, append-only by grant."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, LargeBinary, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from incubator.database import APPEND_ONLY, Base


class AuditEvent(Base):
    """One state change: who did what to which thing, with the state before and after."""

    __tablename__ = "audit_events"
    operator_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("operators.operator_id"), primary_key=True)
    number: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    """Gapless within the operator, from 1."""
    at: Mapped[datetime]
    person_id: Mapped[int | None]
    """None: the system itself, e.g. a job."""
    person_name: Mapped[str] = mapped_column(Text)
    action: Mapped[str] = mapped_column(Text)
    subject_kind: Mapped[str] = mapped_column(Text)
    subject_id: Mapped[int]
    before: Mapped[Any | None] = mapped_column(JSONB(none_as_null=True))
    after: Mapped[Any | None] = mapped_column(JSONB(none_as_null=True))
    previous_hash: Mapped[bytes] = mapped_column(LargeBinary)
    hash: Mapped[bytes] = mapped_column(LargeBinary)
    __table_args__ = (
        CheckConstraint("octet_length(hash) = 32 AND octet_length(previous_hash) = 32", name="hash_length"),
        CheckConstraint("number > 0", name="number_positive"),
        Index(None, "operator_id", "subject_kind", "subject_id"),
        Index(None, "operator_id", "action", "number"),
        Index(None, "operator_id", "person_id", "number"),
        {"info": APPEND_ONLY},
    )


class AuditHead(Base):
    """The last link of each operator's chain; its row lock puts the operator's events in order."""

    __tablename__ = "audit_heads"
    operator_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("operators.operator_id"), primary_key=True)
    number: Mapped[int]
    hash: Mapped[bytes] = mapped_column(LargeBinary)
    __table_args__ = ({"info": {"grant": "SELECT, INSERT, UPDATE"}},)
