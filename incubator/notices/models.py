"""The outbox: what is to leave the house after the commit."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, LargeBinary, Text, UniqueConstraint, func
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, deferred, mapped_column

from incubator.database import Base, Owned, belongs_to
from incubator.notices.rules import KINDS, OUTCOMES


class OutboxMail(Owned, Base):
    """One mail, written in the transaction of its cause and sent by the worker.

    Once sent its bodies are emptied: they may hold a link, and nobody needs them here any more.
    """

    __tablename__ = "outbox_mails"
    to_address: Mapped[str] = mapped_column(Text)
    subject: Mapped[str] = mapped_column(Text)
    text_body: Mapped[str] = mapped_column(Text)
    html_body: Mapped[str] = mapped_column(Text, default="", server_default="")
    calendar_body: Mapped[str] = mapped_column(Text, default="", server_default="")
    """An iCalendar file that goes with it; empty: none."""
    pdf_name: Mapped[str] = mapped_column(Text, default="", server_default="")
    pdf_body: Mapped[bytes | None] = deferred(mapped_column(LargeBinary))
    """A paper that goes with it, and what its file is called."""
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    attempts: Mapped[int] = mapped_column(default=0, server_default="0")
    """How often a server answered."""
    due_at: Mapped[datetime] = mapped_column(server_default=func.now())
    """Not before; moves on each time that it could not be sent."""
    sent_at: Mapped[datetime | None]
    failed_at: Mapped[datetime | None]
    """When it was given up: the server refused it for good, or for two days."""
    error: Mapped[str | None] = mapped_column(Text)
    about_kind: Mapped[str | None] = mapped_column(Text)
    about_id: Mapped[int | None]
    """What it was written about, so that it can be forgotten with it."""
    __table_args__ = (
        Index("outbox_mails_about_idx", "operator_id", "about_kind", "about_id",
              postgresql_where="about_id IS NOT NULL"),
        CheckConstraint("(about_kind IS NULL) = (about_id IS NULL)", name="about"),
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


class Notice(Owned, Base):
    """What somebody is to be told, said in the transaction in which it happened; the worker makes a letter of it."""

    __tablename__ = "notices"
    kind: Mapped[str] = mapped_column(Text)
    person_id: Mapped[int | None]
    to_address: Mapped[str | None] = mapped_column(Text)
    """Of who is no person of the operator's: a visitor. Emptied once the letter is written."""
    locale: Mapped[str] = mapped_column(Text, default="zh_Hans", server_default="zh_Hans")
    """The language for an address; a person has their own."""
    subject_kind: Mapped[str] = mapped_column(Text)
    subject_id: Mapped[int]
    facts: Mapped[Any] = mapped_column(JSONB, default=dict, server_default="{}")
    """What must be said as it was then: the time before a change."""
    key: Mapped[str | None] = mapped_column(Text)
    """What is told once only: one reminder of a booking at a time."""
    created_at: Mapped[datetime]
    settled_at: Mapped[datetime | None]
    outcome: Mapped[str | None] = mapped_column(Text)
    __table_args__ = (
        belongs_to("people", "person_id"),
        UniqueConstraint("operator_id", "key"),
        CheckConstraint(f"kind IN {tuple(KINDS)}", name="kind"),
        CheckConstraint("person_id IS NULL OR to_address IS NULL", name="one_reader"),
        CheckConstraint("person_id IS NOT NULL OR to_address IS NOT NULL OR settled_at IS NOT NULL", name="a_reader"),
        CheckConstraint("locale IN ('zh_Hans', 'en')", name="locale"),
        CheckConstraint(f"outcome IN {OUTCOMES}", name="outcome"),
        CheckConstraint("(settled_at IS NULL) = (outcome IS NULL)", name="settled"),
        Index("notices_waiting_idx", "operator_id", "id", postgresql_where="settled_at IS NULL"),
        Index(None, "operator_id", "subject_kind", "subject_id"),
        {"info": {"grant": "SELECT, INSERT, UPDATE"}},
    )


class NoticeChoice(Base):
    """A kind of mail that a person has said yes or no to; without a row they get it."""

    __tablename__ = "notice_choices"
    operator_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("operators.operator_id"), primary_key=True)
    person_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    kind: Mapped[str] = mapped_column(Text, primary_key=True)
    wanted: Mapped[bool]
    __table_args__ = (
        belongs_to("people", "person_id"),
        CheckConstraint(f"kind IN {tuple(KINDS)}", name="kind"),
    )
