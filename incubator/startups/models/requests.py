"""Requests to the operator: their categories, target times, conversation and photos."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index, Integer, SmallInteger, Text, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from incubator.database import APPEND_ONLY, Base, Owned, belongs_to
from incubator.startups.rules.requests import LONGEST_TARGET, MESSAGE_KINDS, PRIORITIES, RequestState, state_of

_PRIORITY = f"priority IN {PRIORITIES}"


class RequestCategory(Owned, Base):
    """What requests are about, by whom they are looked after, and how urgent they usually are."""

    __tablename__ = "request_categories"
    name: Mapped[str] = mapped_column(Text)
    name_en: Mapped[str] = mapped_column(Text, default="", server_default="")
    priority: Mapped[str] = mapped_column(Text)
    """What a new request of it has, unless whoever opens it says otherwise."""
    responsible_id: Mapped[int | None]
    """Who has its requests at once; None: whoever takes them."""
    created_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    """Since when nobody can choose it."""
    __table_args__ = (
        belongs_to("people", "responsible_id"),
        UniqueConstraint("operator_id", "name"),
        CheckConstraint("name <> ''", name="name"),
        CheckConstraint(_PRIORITY, name="priority"),
        {"info": {"grant": "SELECT, INSERT, UPDATE"}},
    )


class ServiceLevel(Owned, Base):
    """The target times of a site for requests of one priority, in minutes of its opening hours."""

    __tablename__ = "service_levels"
    site_id: Mapped[int]
    priority: Mapped[str] = mapped_column(Text)
    answer_minutes: Mapped[int] = mapped_column(Integer)
    resolve_minutes: Mapped[int] = mapped_column(Integer)
    __table_args__ = (
        belongs_to("sites", "site_id"),
        UniqueConstraint("operator_id", "site_id", "priority"),
        CheckConstraint(_PRIORITY, name="priority"),
        CheckConstraint(
            f"0 < answer_minutes AND answer_minutes <= resolve_minutes AND resolve_minutes <= {LONGEST_TARGET}",
            name="minutes",
        ),
        {"info": {"grant": "SELECT, INSERT, UPDATE"}},
    )


class Request(Owned, Base):
    """What a startup asks of the operator: a report of damage, a question, a wish."""

    __tablename__ = "requests"
    year: Mapped[int] = mapped_column(Integer)
    number: Mapped[int] = mapped_column(Integer)
    """Gapless in the year."""
    startup_id: Mapped[int]
    site_id: Mapped[int]
    unit_id: Mapped[int | None]
    category_id: Mapped[int | None]
    priority: Mapped[str] = mapped_column(Text)
    title: Mapped[str] = mapped_column(Text)
    opened_at: Mapped[datetime]
    opened_by: Mapped[int | None]
    form_key: Mapped[str | None] = mapped_column(Text)
    """Of the form that was sent: sent twice, it is opened once."""
    assigned_to: Mapped[int | None]
    answer_due_at: Mapped[datetime | None]
    """Until when the first answer is meant to be there; None: the site is never open."""
    first_answered_at: Mapped[datetime | None]
    answer_minutes: Mapped[int | None] = mapped_column(Integer)
    """Opening minutes that the first answer took."""
    resolve_target: Mapped[int] = mapped_column(Integer)
    """Opening minutes that the resolution may take, as its priority has it."""
    waited_minutes: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    """Opening minutes in which it was the startup's turn: they do not count."""
    resolve_due_at: Mapped[datetime | None]
    waiting_since: Mapped[datetime | None]
    """Since when it is the startup's turn; the clock of the target stands."""
    resolved_at: Mapped[datetime | None]
    resolve_minutes: Mapped[int | None] = mapped_column(Integer)
    closed_at: Mapped[datetime | None]
    reopened: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    rating: Mapped[int | None] = mapped_column(SmallInteger)
    rating_remark: Mapped[str] = mapped_column(Text, default="", server_default="")
    last_message_at: Mapped[datetime]
    __table_args__ = (
        belongs_to("startups", "startup_id"),
        belongs_to("sites", "site_id"),
        belongs_to("units", "unit_id"),
        belongs_to("request_categories", "category_id"),
        belongs_to("people", "opened_by"),
        belongs_to("people", "assigned_to"),
        UniqueConstraint("operator_id", "year", "number"),
        UniqueConstraint("operator_id", "opened_by", "form_key"),
        CheckConstraint("title <> ''", name="title"),
        CheckConstraint("number > 0", name="number"),
        CheckConstraint(_PRIORITY, name="priority"),
        CheckConstraint("rating BETWEEN 1 AND 5", name="rating"),
        CheckConstraint("rating IS NOT NULL OR rating_remark = ''", name="rating_remark"),
        CheckConstraint("closed_at IS NULL OR resolved_at IS NOT NULL", name="closed_is_resolved"),
        CheckConstraint("resolved_at IS NULL OR waiting_since IS NULL", name="one_turn"),
        CheckConstraint("(resolved_at IS NULL) = (resolve_minutes IS NULL)", name="resolved_in"),
        CheckConstraint("waited_minutes >= 0 AND reopened >= 0 AND resolve_target > 0", name="counts"),
        Index(None, "operator_id", "startup_id", "last_message_at"),
        Index("requests_unresolved_idx", "operator_id", "resolve_due_at", postgresql_where="resolved_at IS NULL"),
        Index("requests_to_close_idx", "operator_id", "resolved_at",
              postgresql_where="resolved_at IS NOT NULL AND closed_at IS NULL"),
        Index(None, "operator_id", "opened_at"),
        {"info": {"grant": "SELECT, INSERT, UPDATE"}},
    )  # fmt: skip

    @property
    def label(self) -> str:
        """As people say it: SR-2026-0042."""
        return f"SR-{self.year}-{self.number:04}"

    @property
    def state(self) -> RequestState:
        return state_of(self.waiting_since, self.resolved_at, self.closed_at)


class RequestMessage(Owned, Base):
    """One turn of the conversation; written once."""

    __tablename__ = "request_messages"
    request_id: Mapped[int]
    person_id: Mapped[int | None]
    by_staff: Mapped[bool]
    """Whether it was said for the operator, or for the startup."""
    at: Mapped[datetime]
    kind: Mapped[str] = mapped_column(Text)
    text: Mapped[str] = mapped_column(Text)
    facts: Mapped[Any] = mapped_column(JSONB, default=dict, server_default="{}")
    """Of a change: what was before and what is now."""
    __table_args__ = (
        belongs_to("requests", "request_id"),
        belongs_to("people", "person_id"),
        CheckConstraint(f"kind IN {MESSAGE_KINDS}", name="kind"),
        Index(None, "operator_id", "request_id"),
        {"info": APPEND_ONLY},
    )


class RequestPhoto(Owned, Base):
    """A photo that came with a message: made anew, in two sizes."""

    __tablename__ = "request_photos"
    request_id: Mapped[int]
    message_id: Mapped[int]
    file_id: Mapped[int]
    small_file_id: Mapped[int]
    width: Mapped[int] = mapped_column(Integer)
    height: Mapped[int] = mapped_column(Integer)
    """Of the large one, so that a page keeps its place free."""
    __table_args__ = (
        belongs_to("requests", "request_id"),
        belongs_to("request_messages", "message_id"),
        belongs_to("stored_files", "file_id"),
        belongs_to("stored_files", "small_file_id"),
        CheckConstraint("width > 0 AND height > 0", name="size"),
        Index(None, "operator_id", "request_id"),
        {"info": APPEND_ONLY},
    )
