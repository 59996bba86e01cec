"""Sessions: when a mentor and a startup meet, what they say of it, and the evidence that comes of that."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Computed,
    ForeignKey,
    Index,
    Integer,
    SmallInteger,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import DATERANGE, JSONB, TSTZRANGE, Range
from sqlalchemy.orm import Mapped, mapped_column

from incubator.database import APPEND_ONLY, Base, Owned, belongs_to
from incubator.mentors.rules.vocabulary import PAYERS, SIDES, WAYS

_CHANGED = {"grant": "SELECT, INSERT, UPDATE"}


class MentorSession(Owned, Base):
    """A mentor and a startup meet; the mentor's unit is taken for it (`session` in the ledger)."""

    __tablename__ = "mentor_sessions"
    mentor_id: Mapped[int]
    startup_id: Mapped[int]
    site_id: Mapped[int]
    """Whose day it is: the mentor's, or that of the room."""
    need_id: Mapped[int | None]
    title: Mapped[str] = mapped_column(Text)
    period: Mapped[Range[datetime]] = mapped_column(TSTZRANGE)
    starts_at: Mapped[datetime] = mapped_column(Computed("lower(period)", persisted=True))
    """Of the period, kept by the database: under row-level security an index serves this, and not `lower(period)`."""
    way: Mapped[str] = mapped_column(Text)
    place: Mapped[str] = mapped_column(Text, default="", server_default="")
    link: Mapped[str] = mapped_column(Text, default="", server_default="")
    booking_id: Mapped[int | None]
    """Of the room, where there is one."""
    payer: Mapped[str] = mapped_column(Text, default="nobody", server_default="nobody")
    rate_minor: Mapped[int | None]
    """Per hour, as it was agreed; None: pro bono."""
    currency: Mapped[str] = mapped_column(Text, default="CNY", server_default="CNY")
    booked_at: Mapped[datetime]
    booked_by: Mapped[int | None]
    request_key: Mapped[str | None] = mapped_column(Text)
    """Sent by the form; the same form sent twice makes one session."""
    revision: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    """The SEQUENCE of its calendar entry."""
    changed_at: Mapped[datetime | None]
    cancelled_at: Mapped[datetime | None]
    cancelled_by: Mapped[int | None]
    cancel_reason: Mapped[str | None] = mapped_column(Text)
    missed_by: Mapped[str | None] = mapped_column(Text)
    """Which side did not come."""
    missed_at: Mapped[datetime | None]
    """When that was said."""
    missed_said_by: Mapped[int | None]
    __table_args__ = (
        belongs_to("mentors", "mentor_id"),
        belongs_to("startups", "startup_id"),
        belongs_to("sites", "site_id"),
        belongs_to("mentoring_needs", "need_id"),
        belongs_to("bookings", "booking_id"),
        belongs_to("people", "booked_by"),
        belongs_to("people", "cancelled_by"),
        belongs_to("people", "missed_said_by"),
        UniqueConstraint("operator_id", "booked_by", "request_key"),
        CheckConstraint("title <> ''", name="title"),
        CheckConstraint("NOT isempty(period) AND NOT lower_inf(period) AND NOT upper_inf(period)", name="period"),
        CheckConstraint(f"way IN {WAYS}", name="way"),
        CheckConstraint("booking_id IS NULL OR way = 'room'", name="room"),
        CheckConstraint(f"payer IN {PAYERS}", name="payer"),
        CheckConstraint("(payer = 'nobody') = (rate_minor IS NULL)", name="rate_is_paid"),
        CheckConstraint("rate_minor > 0", name="rate"),
        CheckConstraint("(cancelled_at IS NULL) = (cancel_reason IS NULL)", name="cancel_reason"),
        CheckConstraint(f"missed_by IN {SIDES}", name="missed_by"),
        CheckConstraint("(missed_by IS NULL) = (missed_at IS NULL)", name="missed"),
        CheckConstraint("num_nonnulls(cancelled_at, missed_at) <= 1", name="one_outcome"),
        Index("mentor_sessions_mentor_idx", "operator_id", "mentor_id", text("lower(period)")),
        Index("mentor_sessions_startup_idx", "operator_id", "startup_id", text("lower(period)")),
        Index("mentor_sessions_start_idx", "operator_id", "starts_at"),
        Index("mentor_sessions_counted_idx", "operator_id", "mentor_id", "id",
              postgresql_where="cancelled_at IS NULL AND missed_at IS NULL"),
        Index(None, "operator_id", "need_id"),
        Index(None, "operator_id", "booking_id"),
        {"info": _CHANGED},
    )

    @property
    def start(self) -> datetime:
        """Its first instant."""
        assert self.period.lower is not None  # a named CHECK of the table
        return self.period.lower

    @property
    def end(self) -> datetime:
        """The instant from which on the mentor is free again."""
        assert self.period.upper is not None  # a named CHECK of the table
        return self.period.upper


class SessionLog(Owned, Base):
    """What was talked about, as one side wrote it down: a version, written once."""

    __tablename__ = "session_logs"
    session_id: Mapped[int]
    version: Mapped[int] = mapped_column(Integer)
    held: Mapped[Range[datetime]] = mapped_column(TSTZRANGE)
    """When they really met."""
    topics: Mapped[str] = mapped_column(Text)
    advice: Mapped[str] = mapped_column(Text, default="", server_default="")
    next_steps: Mapped[str] = mapped_column(Text, default="", server_default="")
    reason: Mapped[str] = mapped_column(Text, default="", server_default="")
    """Why there is another version."""
    written_at: Mapped[datetime]
    written_by: Mapped[int | None]
    sha256: Mapped[bytes]
    """Of its content as canonical JSON (`rules.logs.log_content`)."""
    __table_args__ = (
        belongs_to("mentor_sessions", "session_id"),
        belongs_to("people", "written_by"),
        UniqueConstraint("operator_id", "session_id", "version"),
        CheckConstraint("version >= 1", name="version"),
        CheckConstraint("version = 1 OR reason <> ''", name="reason"),
        CheckConstraint("topics <> ''", name="topics"),
        CheckConstraint("NOT isempty(held) AND NOT lower_inf(held) AND NOT upper_inf(held)", name="held"),
        CheckConstraint("octet_length(sha256) = 32", name="sha256"),
        {"info": APPEND_ONLY},
    )


class SessionLogField(Base):
    """A field that a version of a log is about."""

    __tablename__ = "session_log_fields"
    operator_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("operators.operator_id"), primary_key=True)
    log_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    field_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    __table_args__ = (
        belongs_to("session_logs", "log_id"),
        belongs_to("help_fields", "field_id"),
        Index(None, "operator_id", "field_id"),
        {"info": APPEND_ONLY},
    )


class LogConfirmation(Owned, Base):
    """One side says that a version of the log is right."""

    __tablename__ = "log_confirmations"
    log_id: Mapped[int]
    side: Mapped[str] = mapped_column(Text)
    confirmed_at: Mapped[datetime]
    confirmed_by: Mapped[int]
    __table_args__ = (
        belongs_to("session_logs", "log_id"),
        belongs_to("people", "confirmed_by"),
        UniqueConstraint("operator_id", "log_id", "side"),
        UniqueConstraint("operator_id", "log_id", "confirmed_by"),
        CheckConstraint(f"side IN {SIDES}", name="side"),
        {"info": APPEND_ONLY},
    )


class SessionEvidence(Owned, Base):
    """Both sides have confirmed a version of the log: from here on the session counts, as that version says.

    Of one session the latest row counts.
    """

    __tablename__ = "session_evidence"
    session_id: Mapped[int]
    log_id: Mapped[int]
    mentor_id: Mapped[int]
    startup_id: Mapped[int]
    site_id: Mapped[int]
    on: Mapped[date] = mapped_column("on_date")
    """The site's day on which it began."""
    minutes: Mapped[int] = mapped_column(Integer)
    evident_at: Mapped[datetime]
    sha256: Mapped[bytes]
    """The log's."""
    __table_args__ = (
        belongs_to("mentor_sessions", "session_id"),
        belongs_to("session_logs", "log_id"),
        belongs_to("mentors", "mentor_id"),
        belongs_to("startups", "startup_id"),
        belongs_to("sites", "site_id"),
        UniqueConstraint("operator_id", "log_id"),
        CheckConstraint("minutes BETWEEN 1 AND 1440", name="minutes"),
        CheckConstraint("octet_length(sha256) = 32", name="sha256"),
        Index(None, "operator_id", "session_id", "id"),
        Index(None, "operator_id", "on_date"),
        Index(None, "operator_id", "mentor_id", "on_date"),
        Index(None, "operator_id", "startup_id", "on_date"),
        {"info": APPEND_ONLY},
    )


class SessionNote(Owned, Base):
    """What somebody keeps for themselves about a session; nobody else sees it."""

    __tablename__ = "session_notes"
    session_id: Mapped[int]
    person_id: Mapped[int]
    text: Mapped[str] = mapped_column("note", Text)
    changed_at: Mapped[datetime]
    __table_args__ = (
        belongs_to("mentor_sessions", "session_id"),
        belongs_to("people", "person_id"),
        UniqueConstraint("operator_id", "session_id", "person_id"),
        {"info": _CHANGED},
    )


class SessionTask(Owned, Base):
    """What the startup is to do after a session."""

    __tablename__ = "session_tasks"
    session_id: Mapped[int]
    startup_id: Mapped[int]
    text: Mapped[str] = mapped_column("task", Text)
    due_on: Mapped[date | None]
    created_at: Mapped[datetime]
    created_by: Mapped[int | None]
    done_at: Mapped[datetime | None]
    done_by: Mapped[int | None]
    dropped_at: Mapped[datetime | None]
    __table_args__ = (
        belongs_to("mentor_sessions", "session_id"),
        belongs_to("startups", "startup_id"),
        belongs_to("people", "created_by"),
        belongs_to("people", "done_by"),
        CheckConstraint("task <> ''", name="task"),
        CheckConstraint("num_nonnulls(done_at, dropped_at) <= 1", name="one_end"),
        Index(None, "operator_id", "session_id"),
        Index("session_tasks_open_idx", "operator_id", "startup_id",
              postgresql_where="done_at IS NULL AND dropped_at IS NULL"),
        {"info": _CHANGED},
    )  # fmt: skip


class SessionFeedback(Owned, Base):
    """How one side found the other, once: 1 to 5, with a remark."""

    __tablename__ = "session_feedback"
    session_id: Mapped[int]
    side: Mapped[str] = mapped_column(Text)
    """Who says it."""
    person_id: Mapped[int]
    rating: Mapped[int] = mapped_column(SmallInteger)
    remark: Mapped[str] = mapped_column(Text, default="", server_default="")
    given_at: Mapped[datetime]
    __table_args__ = (
        belongs_to("mentor_sessions", "session_id"),
        belongs_to("people", "person_id"),
        UniqueConstraint("operator_id", "session_id", "side"),
        CheckConstraint(f"side IN {SIDES}", name="side"),
        CheckConstraint("rating BETWEEN 1 AND 5", name="rating"),
        {"info": APPEND_ONLY},
    )


class HoursCertificate(Owned, Base):
    """A mentor's hours of some days, certified: numbered, with the evidence that it is the sum of."""

    __tablename__ = "hours_certificates"
    mentor_id: Mapped[int]
    year: Mapped[int] = mapped_column(Integer)
    number: Mapped[int] = mapped_column(Integer)
    """Gapless in the year in which it was made."""
    days: Mapped[Range[date]] = mapped_column(DATERANGE)
    minutes: Mapped[int] = mapped_column(Integer)
    content: Mapped[Any] = mapped_column(JSONB)
    """What it says, line by line; its SHA-256 is of this as canonical JSON."""
    sha256: Mapped[bytes]
    made_at: Mapped[datetime]
    made_by: Mapped[int | None]
    __table_args__ = (
        belongs_to("mentors", "mentor_id"),
        belongs_to("people", "made_by"),
        UniqueConstraint("operator_id", "year", "number"),
        CheckConstraint("number > 0", name="number"),
        CheckConstraint("minutes >= 0", name="minutes"),
        CheckConstraint("octet_length(sha256) = 32", name="sha256"),
        CheckConstraint("NOT isempty(days) AND NOT lower_inf(days) AND NOT upper_inf(days)", name="days"),
        Index(None, "operator_id", "mentor_id"),
        {"info": APPEND_ONLY},
    )

    @property
    def label(self) -> str:
        """As the certificate has it: MH-2026-0007."""
        return f"MH-{self.year}-{self.number:04}"
