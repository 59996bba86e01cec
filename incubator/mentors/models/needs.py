"""What startups want help with, and the numbers by which mentors are suggested."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, Integer, Text, UniqueConstraint
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from incubator.database import Base, Owned, belongs_to
from incubator.mentors.rules.vocabulary import LANGUAGES, NEED_ENDS, NEED_SOURCES, PARTS_OF_WEEK, STAGES, URGENCIES

_CHANGED = {"grant": "SELECT, INSERT, UPDATE"}


class MentoringNeed(Owned, Base):
    """What a startup wants help with: said by itself, or by staff after a review."""

    __tablename__ = "mentoring_needs"
    startup_id: Mapped[int]
    title: Mapped[str] = mapped_column(Text)
    description: Mapped[str] = mapped_column(Text, default="", server_default="")
    tried: Mapped[str] = mapped_column(Text, default="", server_default="")
    """What they have tried already."""
    urgency: Mapped[str] = mapped_column(Text, default="normal", server_default="normal")
    stage: Mapped[str | None] = mapped_column(Text)
    languages: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list, server_default="{}")
    """In which they can talk; empty: any."""
    times: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list, server_default="{}")
    """Parts of the week in which they can; empty: any."""
    site_id: Mapped[int | None]
    """Where they would meet; None: where the startup sits."""
    source: Mapped[str] = mapped_column(Text, default="startup", server_default="startup")
    created_at: Mapped[datetime]
    created_by: Mapped[int | None]
    form_key: Mapped[str | None] = mapped_column(Text)
    """Of the form that was sent: sent twice, it is one need."""
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[int | None]
    ending: Mapped[str | None] = mapped_column(Text)
    __table_args__ = (
        belongs_to("startups", "startup_id"),
        belongs_to("sites", "site_id"),
        belongs_to("people", "created_by"),
        belongs_to("people", "ended_by"),
        UniqueConstraint("operator_id", "created_by", "form_key"),
        CheckConstraint("title <> ''", name="title"),
        CheckConstraint(f"urgency IN {URGENCIES}", name="urgency"),
        CheckConstraint(f"stage IN {STAGES}", name="stage"),
        CheckConstraint(f"languages <@ ARRAY{list(LANGUAGES)}::text[]", name="languages"),
        CheckConstraint(f"times <@ ARRAY{list(PARTS_OF_WEEK)}::text[]", name="times"),
        CheckConstraint(f"source IN {NEED_SOURCES}", name="source"),
        CheckConstraint(f"ending IN {NEED_ENDS}", name="ending"),
        CheckConstraint("(ended_at IS NULL) = (ending IS NULL)", name="ended"),
        Index(None, "operator_id", "startup_id"),
        Index("mentoring_needs_open_idx", "operator_id", "created_at", postgresql_where="ended_at IS NULL"),
        {"info": _CHANGED},
    )


class NeedField(Base):
    """A field that a need is about."""

    __tablename__ = "need_fields"
    operator_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("operators.operator_id"), primary_key=True)
    need_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    field_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    __table_args__ = (
        belongs_to("mentoring_needs", "need_id"),
        belongs_to("help_fields", "field_id"),
        Index(None, "operator_id", "field_id"),
    )


class MentoringSettings(Owned, Base):
    """The operator's weights of a suggestion's parts, and what it asks of its mentors; one row, or the defaults."""

    __tablename__ = "mentoring_settings"
    expertise: Mapped[int] = mapped_column(Integer, default=40, server_default="40")
    industry: Mapped[int] = mapped_column(Integer, default=12, server_default="12")
    stage: Mapped[int] = mapped_column(Integer, default=8, server_default="8")
    language: Mapped[int] = mapped_column(Integer, default=8, server_default="8")
    hours: Mapped[int] = mapped_column(Integer, default=10, server_default="10")
    feedback: Mapped[int] = mapped_column(Integer, default=8, server_default="8")
    load: Mapped[int] = mapped_column(Integer, default=5, server_default="5")
    distance: Mapped[int] = mapped_column(Integer, default=4, server_default="4")
    exploration: Mapped[int] = mapped_column(Integer, default=5, server_default="5")
    prior_count: Mapped[int] = mapped_column(Integer, default=5, server_default="5")
    """How many answers of the house's average a mentor's feedback is mixed with."""
    sessions_a_year: Mapped[int] = mapped_column(Integer, default=2, server_default="2")
    """What each mentor is to hold at least."""
    companies_per_mentor: Mapped[int] = mapped_column(Integer, default=10, server_default="10")
    """The criterion: one mentor for each so many incubated companies."""
    changed_at: Mapped[datetime]
    __table_args__ = (
        UniqueConstraint("operator_id"),
        CheckConstraint(
            "least(expertise, industry, stage, language, hours, feedback, load, distance, exploration) >= 0 AND "
            "greatest(expertise, industry, stage, language, hours, feedback, load, distance, exploration) <= 100",
            name="weights",
        ),
        CheckConstraint(
            "expertise + industry + stage + language + hours + feedback + load + distance + exploration > 0",
            name="some_weight",
        ),
        CheckConstraint("prior_count BETWEEN 0 AND 100", name="prior_count"),
        CheckConstraint("sessions_a_year BETWEEN 0 AND 366", name="sessions_a_year"),
        CheckConstraint("companies_per_mentor BETWEEN 1 AND 1000", name="companies_per_mentor"),
        {"info": _CHANGED},
    )
