"""Programmes and membership plans, and who is in them."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, Index, Text, UniqueConstraint
from sqlalchemy.dialects.postgresql import DATERANGE, Range
from sqlalchemy.orm import Mapped, mapped_column

from incubator.database import Base, Owned, belongs_to


class Programme(Owned, Base):
    """What startups take part in for a time: a programme of the operator's, or a membership plan."""

    __tablename__ = "programmes"
    kind: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text)
    name_en: Mapped[str] = mapped_column(Text, default="", server_default="")
    created_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    """Since when nobody can join; who is in it stays in it."""
    __table_args__ = (
        CheckConstraint("kind IN ('programme', 'plan')", name="kind"),
        CheckConstraint("name <> ''", name="name"),
        UniqueConstraint("operator_id", "name"),
        {"info": {"grant": "SELECT, INSERT, UPDATE"}},
    )


class Enrolment(Owned, Base):
    """A startup in a programme or plan, on some days; never twice in one on the same day (`enrolments_no_overlap`)."""

    __tablename__ = "enrolments"
    programme_id: Mapped[int]
    startup_id: Mapped[int]
    days: Mapped[Range[date]] = mapped_column(DATERANGE)
    """From the first to the last day, as a half-open range; without an end: open-ended."""
    created_at: Mapped[datetime]
    __table_args__ = (
        belongs_to("programmes", "programme_id"),
        belongs_to("startups", "startup_id"),
        CheckConstraint("NOT isempty(days) AND lower_inc(days)", name="days"),
        Index(None, "operator_id", "startup_id"),
        {"info": {"grant": "SELECT, INSERT, UPDATE", "no_overlap": ("programme_id, startup_id", "days", "true")}},
    )
