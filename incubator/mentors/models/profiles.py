"""Mentors: who they are, what they help with, when they can, and with whom they may not."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, Integer, SmallInteger, Text, UniqueConstraint
from sqlalchemy.dialects.postgresql import ARRAY, DATERANGE, JSONB, Range
from sqlalchemy.orm import Mapped, mapped_column

from incubator.database import Base, Owned, belongs_to
from incubator.mentors.rules.vocabulary import (
    CONFLICT_KINDS,
    ENGAGEMENTS,
    LANGUAGES,
    MENTOR_KINDS,
    PROPOSAL_OUTCOMES,
    STAGES,
)

_CHANGED = {"grant": "SELECT, INSERT, UPDATE"}


def _all_of(column: str, words: tuple[str, ...]) -> str:
    return f"{column} <@ ARRAY{list(words)}::text[]"


class HelpField(Owned, Base):
    """One field of help of the operator's vocabulary, in both languages, with the other words for it."""

    __tablename__ = "help_fields"
    name: Mapped[str] = mapped_column(Text)
    name_en: Mapped[str] = mapped_column(Text, default="", server_default="")
    synonyms: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list, server_default="{}")
    """Other words, of any language, by which it is found in what somebody types."""
    created_at: Mapped[datetime]
    retired_at: Mapped[datetime | None]
    """Since when nobody can choose it; what has it keeps it."""
    __table_args__ = (
        UniqueConstraint("operator_id", "name"),
        CheckConstraint("name <> ''", name="name"),
        CheckConstraint("cardinality(synonyms) <= 40", name="synonyms"),
        {"info": _CHANGED},
    )


class Mentor(Owned, Base):
    """What others see of a mentor, as staff have approved it; and what the mentor sets at once."""

    __tablename__ = "mentors"
    person_id: Mapped[int]
    number: Mapped[int] = mapped_column(Integer)
    """Gapless, of the operator: M-007."""
    unit_id: Mapped[int]
    """The unit that stands for the mentor's time in the ledger."""
    site_id: Mapped[int]
    """Where the mentor is based."""
    kind: Mapped[str] = mapped_column(Text)
    engagement: Mapped[str] = mapped_column(Text, default="part_time", server_default="part_time")
    headline: Mapped[str] = mapped_column(Text, default="", server_default="")
    """Post and company, in a line."""
    headline_en: Mapped[str] = mapped_column(Text, default="", server_default="")
    biography: Mapped[str] = mapped_column(Text, default="", server_default="")
    biography_en: Mapped[str] = mapped_column(Text, default="", server_default="")
    industries: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list, server_default="{}")
    """Divisions of GB/T 4754, two digits each."""
    stages: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list, server_default="{}")
    languages: Mapped[list[str]] = mapped_column(ARRAY(Text), default=lambda: ["zh"], server_default="{zh}")
    rate_minor: Mapped[int | None]
    """Per hour; None: pro bono."""
    currency: Mapped[str] = mapped_column(Text, default="CNY", server_default="CNY")
    takes_vouchers: Mapped[bool] = mapped_column(default=False, server_default="false")
    zone: Mapped[str] = mapped_column(Text, default="Asia/Shanghai", server_default="Asia/Shanghai")
    """IANA; of the weekly hours."""
    capacity_hours: Mapped[int] = mapped_column(Integer, default=8, server_default="8")
    """A month, of all sessions together."""
    meeting_place: Mapped[str] = mapped_column(Text, default="", server_default="")
    meeting_link: Mapped[str] = mapped_column(Text, default="", server_default="")
    created_at: Mapped[datetime]
    approved_at: Mapped[datetime | None]
    """When the first proposal was approved: before, nobody but staff and the mentor sees the profile."""
    paused_at: Mapped[datetime | None]
    """Since when the mentor takes no new sessions."""
    ended_at: Mapped[datetime | None]
    """When they stopped being a mentor here."""
    __table_args__ = (
        belongs_to("people", "person_id"),
        belongs_to("units", "unit_id"),
        belongs_to("sites", "site_id"),
        UniqueConstraint("operator_id", "person_id"),
        UniqueConstraint("operator_id", "number"),
        UniqueConstraint("operator_id", "unit_id"),
        CheckConstraint("number > 0", name="number"),
        CheckConstraint(f"kind IN {MENTOR_KINDS}", name="kind"),
        CheckConstraint(f"engagement IN {ENGAGEMENTS}", name="engagement"),
        CheckConstraint(_all_of("stages", STAGES), name="stages"),
        CheckConstraint(_all_of("languages", LANGUAGES) + " AND cardinality(languages) > 0", name="languages"),
        CheckConstraint("cardinality(industries) <= 20", name="industries"),
        CheckConstraint("rate_minor > 0", name="rate"),
        CheckConstraint("rate_minor IS NOT NULL OR NOT takes_vouchers", name="vouchers_pay_a_rate"),
        CheckConstraint("capacity_hours BETWEEN 0 AND 200", name="capacity"),
        Index(None, "operator_id", "site_id"),
        {"info": _CHANGED},
    )

    @property
    def label(self) -> str:
        """As people say it: M-007."""
        return f"M-{self.number:03}"


class MentorField(Base):
    """A field that a mentor helps with."""

    __tablename__ = "mentor_fields"
    operator_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("operators.operator_id"), primary_key=True)
    mentor_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    field_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    __table_args__ = (
        belongs_to("mentors", "mentor_id"),
        belongs_to("help_fields", "field_id"),
        Index(None, "operator_id", "field_id"),
    )


class MentorSite(Base):
    """A site that a mentor comes to, beside the one where they are based."""

    __tablename__ = "mentor_sites"
    operator_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("operators.operator_id"), primary_key=True)
    mentor_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    site_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    __table_args__ = (
        belongs_to("mentors", "mentor_id"),
        belongs_to("sites", "site_id"),
        Index(None, "operator_id", "site_id"),
    )


class MentorProposal(Owned, Base):
    """What a profile is to say: sent by its mentor (or staff), and decided by staff."""

    __tablename__ = "mentor_proposals"
    mentor_id: Mapped[int]
    content: Mapped[Any] = mapped_column(JSONB)
    """`rules.profiles.Profile` as data."""
    sent_at: Mapped[datetime]
    sent_by: Mapped[int | None]
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[int | None]
    outcome: Mapped[str | None] = mapped_column(Text)
    remark: Mapped[str] = mapped_column(Text, default="", server_default="")
    """What is to be mended, where it was returned."""
    __table_args__ = (
        belongs_to("mentors", "mentor_id"),
        belongs_to("people", "sent_by"),
        belongs_to("people", "decided_by"),
        CheckConstraint(f"outcome IN {PROPOSAL_OUTCOMES}", name="outcome"),
        CheckConstraint("(decided_at IS NULL) = (outcome IS NULL)", name="decided"),
        CheckConstraint("outcome <> 'returned' OR remark <> ''", name="returned_says_why"),
        Index("mentor_proposals_open_key", "operator_id", "mentor_id", unique=True,
              postgresql_where="decided_at IS NULL"),
        Index(None, "operator_id", "mentor_id"),
        {"info": _CHANGED},
    )  # fmt: skip


class MentorHours(Owned, Base):
    """A weekly time at which a mentor can be met, in the mentor's zone; of one weekday they do not overlap."""

    __tablename__ = "mentor_hours"
    mentor_id: Mapped[int]
    weekday: Mapped[int] = mapped_column(SmallInteger)
    """ISO 8601: 1 is Monday, 7 is Sunday."""
    opens_minute: Mapped[int] = mapped_column(Integer)
    closes_minute: Mapped[int] = mapped_column(Integer)
    __table_args__ = (
        belongs_to("mentors", "mentor_id"),
        CheckConstraint("weekday BETWEEN 1 AND 7", name="weekday"),
        CheckConstraint("0 <= opens_minute AND opens_minute < closes_minute AND closes_minute <= 1440", name="order"),
        UniqueConstraint("operator_id", "mentor_id", "weekday", "opens_minute"),
    )


class MentorDay(Owned, Base):
    """A date on which a mentor has other hours than usual: these, or (both empty) none at all."""

    __tablename__ = "mentor_days"
    mentor_id: Mapped[int]
    on: Mapped[date] = mapped_column("on_date")
    opens_minute: Mapped[int | None] = mapped_column(Integer)
    closes_minute: Mapped[int | None] = mapped_column(Integer)
    note: Mapped[str] = mapped_column(Text, default="", server_default="")
    __table_args__ = (
        belongs_to("mentors", "mentor_id"),
        UniqueConstraint("operator_id", "mentor_id", "on_date"),
        CheckConstraint("(opens_minute IS NULL) = (closes_minute IS NULL)", name="both"),
        CheckConstraint("0 <= opens_minute AND opens_minute < closes_minute AND closes_minute <= 1440", name="order"),
    )


class MentorConflict(Owned, Base):
    """Why a mentor is not suggested to a startup, and can't have sessions with it; ended, never deleted."""

    __tablename__ = "mentor_conflicts"
    mentor_id: Mapped[int]
    startup_id: Mapped[int]
    kind: Mapped[str] = mapped_column(Text)
    note: Mapped[str] = mapped_column(Text, default="", server_default="")
    declared_at: Mapped[datetime]
    declared_by: Mapped[int | None]
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[int | None]
    end_reason: Mapped[str] = mapped_column(Text, default="", server_default="")
    __table_args__ = (
        belongs_to("mentors", "mentor_id"),
        belongs_to("startups", "startup_id"),
        belongs_to("people", "declared_by"),
        belongs_to("people", "ended_by"),
        CheckConstraint(f"kind IN {CONFLICT_KINDS}", name="kind"),
        CheckConstraint("kind <> 'other' OR note <> ''", name="other_says_what"),
        CheckConstraint("(ended_at IS NULL) = (end_reason = '')", name="end_reason"),
        Index("mentor_conflicts_live_key", "operator_id", "mentor_id", "startup_id", "kind", unique=True,
              postgresql_where="ended_at IS NULL"),
        Index(None, "operator_id", "startup_id"),
        {"info": _CHANGED},
    )  # fmt: skip


class MentorAppointment(Owned, Base):
    """A mentor is appointed on some days, by a numbered letter; one at a time (`mentor_appointments_no_overlap`)."""

    __tablename__ = "mentor_appointments"
    mentor_id: Mapped[int]
    year: Mapped[int] = mapped_column(Integer)
    number: Mapped[int] = mapped_column(Integer)
    """Gapless in the year of the letter."""
    title: Mapped[str] = mapped_column(Text)
    """What they are appointed as: 创业导师."""
    term: Mapped[Range[date]] = mapped_column(DATERANGE)
    """As the letter has it."""
    days: Mapped[Range[date]] = mapped_column(DATERANGE)
    """On which it holds: its term, or what of it was before it was ended; empty where it was ended before it began."""
    made_at: Mapped[datetime]
    made_by: Mapped[int | None]
    document_id: Mapped[int | None]
    """The letter as it was made; None: it waits for the worker."""
    ended_at: Mapped[datetime | None]
    """When it was cut short."""
    end_reason: Mapped[str] = mapped_column(Text, default="", server_default="")
    __table_args__ = (
        belongs_to("mentors", "mentor_id"),
        belongs_to("people", "made_by"),
        belongs_to("documents", "document_id"),
        UniqueConstraint("operator_id", "year", "number"),
        CheckConstraint("number > 0", name="number"),
        CheckConstraint("title <> ''", name="title"),
        CheckConstraint("NOT isempty(term) AND NOT lower_inf(term) AND NOT upper_inf(term)", name="term"),
        CheckConstraint("days <@ term AND (days = term OR ended_at IS NOT NULL)", name="days"),
        CheckConstraint("(ended_at IS NULL) = (end_reason = '')", name="end_reason"),
        {"info": _CHANGED | {"no_overlap": ("mentor_id", "days", "true")}},
    )

    @property
    def label(self) -> str:
        """As the letter has it: MA-2026-0007."""
        return f"MA-{self.year}-{self.number:04}"

    @property
    def first(self) -> date:
        """Its first day, as the letter has it."""
        assert self.term.lower is not None  # a named CHECK of the table
        return self.term.lower

    @property
    def last(self) -> date:
        """Its last day, inclusive: of the term, or that on which it was ended; the day before its first where it was
        ended before it began."""
        return (self.first if self.days.upper is None else self.days.upper) - timedelta(days=1)

    @property
    def last_of_term(self) -> date:
        """Its last day as the letter has it."""
        assert self.term.upper is not None  # a named CHECK of the table
        return self.term.upper - timedelta(days=1)


