"""The outbox: what is to leave the house after the commit."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, Index, Text, func
from sqlalchemy.orm import Mapped, mapped_column

from incubator.database import Base, Owned


class OutboxMail(Owned, Base):
    """One mail, written in the transaction of its cause and sent by the worker.

    Once sent its bodies are emptied: they may hold a link, and nobody needs them here any more.
    """

    __tablename__ = "outbox_mails"
    to_address: Mapped[str] = mapped_column(Text)
    subject: Mapped[str] = mapped_column(Text)
    text_body: Mapped[str] = mapped_column(Text)
    html_body: Mapped[str] = mapped_column(Text, default="", server_default="")
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    attempts: Mapped[int] = mapped_column(default=0, server_default="0")
    due_at: Mapped[datetime] = mapped_column(server_default=func.now())
    """Not before; moves on with each failed attempt."""
    sent_at: Mapped[datetime | None]
    failed_at: Mapped[datetime | None]
    """When it was given up: the address was refused for good, or nobody answered for two days."""
    error: Mapped[str | None] = mapped_column(Text)
    __table_args__ = (
        Index(
            "outbox_mails_due_idx",
            "operator_id",
            "due_at",
            postgresql_where="sent_at IS NULL AND failed_at IS NULL",
        ),
        CheckConstraint("attempts >= 0", name="attempts"),
        CheckConstraint("sent_at IS NULL OR failed_at IS NULL", name="one_end"),
        CheckConstraint("failed_at IS NULL OR error IS NOT NULL", name="failed_says_why"),
    )
