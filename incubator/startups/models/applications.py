"""Calls for applications, their forms, and what applicants sent."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, Index, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column, validates

from incubator.database import Base, Owned, belongs_to
from incubator.startups.rules.applications import QUESTION_KINDS
from incubator.startups.rules.duplicates import name_key, person_key

NOTHING_LEFT = (
    "erased_at IS NULL OR (name = number AND name_en = '' "
    "AND num_nonnulls(credit_code, registered_on, admitted_at) = 0 "
    "AND contact_name = '' AND contact_email = '' AND contact_phone = '' AND summary = '' AND draft = '{}')"
)


class Call(Owned, Base):
    """When and how one applies for a programme: a public page with a form, from one instant to another."""

    __tablename__ = "calls"
    programme_id: Mapped[int]
    name: Mapped[str] = mapped_column(Text)
    name_en: Mapped[str] = mapped_column(Text, default="", server_default="")
    slug: Mapped[str] = mapped_column(Text)
    """The last part of its public address: `/apply/a3/spring-2027`, of operator 163."""
    description: Mapped[str] = mapped_column(Text, default="", server_default="")
    description_en: Mapped[str] = mapped_column(Text, default="", server_default="")
    cohort: Mapped[str] = mapped_column(Text, default="", server_default="")
    """What those who are admitted together are called; empty: it has no cohort."""
    cohort_en: Mapped[str] = mapped_column(Text, default="", server_default="")
    starts_on: Mapped[date | None]
    """The cohort's first day; None: from the day of admission."""
    ends_on: Mapped[date | None]
    """Its last, inclusive; None: open-ended."""
    opens_at: Mapped[datetime]
    closes_at: Mapped[datetime | None]
    """None: until it is closed."""
    created_at: Mapped[datetime]
    created_by: Mapped[int | None]
    published_at: Mapped[datetime | None]
    """Since when there is a public page."""
    closed_at: Mapped[datetime | None]
    """When staff closed it by hand."""
    __table_args__ = (
        belongs_to("programmes", "programme_id"),
        belongs_to("people", "created_by"),
        UniqueConstraint("operator_id", "slug"),
        CheckConstraint("name <> ''", name="name"),
        CheckConstraint("slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$' AND char_length(slug) <= 60", name="slug"),
        CheckConstraint("closes_at > opens_at", name="open_time"),
        CheckConstraint("ends_on >= starts_on", name="cohort_days"),
        CheckConstraint("ends_on IS NULL OR starts_on IS NOT NULL", name="cohort_begins"),
        CheckConstraint("closed_at IS NULL OR published_at IS NOT NULL", name="closed_was_open"),
        Index(None, "operator_id", "programme_id"),
        {"info": {"grant": "SELECT, INSERT, UPDATE"}},
    )


class CallQuestion(Owned, Base):
    """One question of a call's form. Once asked it is retired, never deleted: an answer keeps its question."""

    __tablename__ = "call_questions"
    call_id: Mapped[int]
    position: Mapped[int]
    """In ascending order; two may share one, then the older comes first."""
    kind: Mapped[str] = mapped_column(Text)
    label: Mapped[str] = mapped_column(Text)
    label_en: Mapped[str] = mapped_column(Text, default="", server_default="")
    help: Mapped[str] = mapped_column(Text, default="", server_default="")
    help_en: Mapped[str] = mapped_column(Text, default="", server_default="")
    is_required: Mapped[bool]
    created_at: Mapped[datetime]
    retired_at: Mapped[datetime | None]
    __table_args__ = (
        belongs_to("calls", "call_id"),
        CheckConstraint(f"kind IN {QUESTION_KINDS}", name="kind"),
        CheckConstraint("label <> ''", name="label"),
        Index(None, "operator_id", "call_id"),
        {"info": {"grant": "SELECT, INSERT, UPDATE"}},
    )


class QuestionOption(Owned, Base):
    """One of the answers that a question of choice offers; retired like its question."""

    __tablename__ = "question_options"
    question_id: Mapped[int]
    position: Mapped[int]
    label: Mapped[str] = mapped_column(Text)
    label_en: Mapped[str] = mapped_column(Text, default="", server_default="")
    retired_at: Mapped[datetime | None]
    __table_args__ = (
        belongs_to("call_questions", "question_id"),
        CheckConstraint("label <> ''", name="label"),
        Index(None, "operator_id", "question_id"),
        {"info": {"grant": "SELECT, INSERT, UPDATE"}},
    )


class Application(Owned, Base):
    """A party's application to a call: a draft behind a secret address, then what it sent.

    What is being typed stands in `draft`, as typed, and in `draft_files`. Sending checks it and writes the facts,
    founders and answers; what was sent stands until it is sent again. Never sent, it is erased in time; sent and not
    admitted, too, but for its number (then its name), kind, industry, outcome and instants: what statistics count.
    """

    __tablename__ = "applications"
    call_id: Mapped[int]
    number: Mapped[str | None] = mapped_column(Text)
    """AP-2026-0001, without gaps in a year, from the first sending on."""
    locale: Mapped[str] = mapped_column(Text)
    from_startup_id: Mapped[int | None]
    """The startup whose founder made it, signed in; None: from outside."""
    draft: Mapped[Any] = mapped_column(JSONB, default=dict, server_default="{}")
    name: Mapped[str] = mapped_column(Text, default="", server_default="")
    name_key: Mapped[str] = mapped_column(Text, default="", server_default="")
    """The name as duplicates are found by it (`name_key`)."""
    name_en: Mapped[str] = mapped_column(Text, default="", server_default="")
    kind: Mapped[str | None] = mapped_column(Text)
    credit_code: Mapped[str | None] = mapped_column(Text)
    registered_on: Mapped[date | None]
    industry_code: Mapped[str] = mapped_column(Text, default="", server_default="")
    contact_name: Mapped[str] = mapped_column(Text, default="", server_default="")
    contact_email: Mapped[str] = mapped_column(Text)
    """Where the secret address goes; known from the start."""
    contact_phone: Mapped[str] = mapped_column(Text, default="", server_default="")
    summary: Mapped[str] = mapped_column(Text, default="", server_default="")
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    """The last change of the draft."""
    sent_at: Mapped[datetime | None]
    """When it was sent, the last time where it was sent again."""
    taken_up_at: Mapped[datetime | None]
    """When its review began: from then on the applicant changes it no more."""
    withdrawn_at: Mapped[datetime | None]
    startup_id: Mapped[int | None]
    """What it became when it was admitted."""
    admitted_at: Mapped[datetime | None]
    erased_at: Mapped[datetime | None]
    """When it was emptied, its time being over."""
    __table_args__ = (
        belongs_to("calls", "call_id"),
        belongs_to("startups", "startup_id"),
        belongs_to("startups", "from_startup_id"),
        UniqueConstraint("operator_id", "number"),
        CheckConstraint("locale IN ('zh_Hans', 'en')", name="locale"),
        CheckConstraint("kind IN ('team', 'company')", name="kind"),
        CheckConstraint("(number IS NULL) = (sent_at IS NULL)", name="number"),
        CheckConstraint("sent_at IS NULL OR erased_at IS NOT NULL OR "
                        "(kind IS NOT NULL AND name <> '' AND contact_name <> '')", name="sent"),
        CheckConstraint("erased_at IS NOT NULL OR (kind = 'company') = (credit_code IS NOT NULL)",
                        name="company_has_code"),
        CheckConstraint(NOTHING_LEFT, name="erased"),
        CheckConstraint("kind = 'company' OR registered_on IS NULL", name="team_not_registered"),
        CheckConstraint("industry_code ~ '^([0-9]{2,4})?$'", name="industry_code"),
        CheckConstraint("sent_at IS NOT NULL OR num_nonnulls(taken_up_at, withdrawn_at, admitted_at) = 0",
                        name="first_sent"),
        CheckConstraint("(startup_id IS NULL) = (admitted_at IS NULL)", name="admitted"),
        CheckConstraint("admitted_at IS NULL OR withdrawn_at IS NULL", name="one_end"),
        Index("applications_one_code_key", "operator_id", "call_id", "credit_code", unique=True,
              postgresql_where="credit_code IS NOT NULL AND withdrawn_at IS NULL"),
        Index("applications_call_sent_idx", "operator_id", "call_id", "sent_at"),
        Index("applications_kept_idx", "operator_id", "sent_at",
              postgresql_where="erased_at IS NULL AND admitted_at IS NULL"),
        Index("applications_unsent_idx", "operator_id", "changed_at", postgresql_where="sent_at IS NULL"),
        Index(None, "operator_id", "name_key"),
        Index(None, "operator_id", "from_startup_id"),
        Index(None, "operator_id", "startup_id"),
        {"info": {"grant": "SELECT, INSERT, UPDATE, DELETE"}},
    )  # fmt: skip

    @validates("name")
    def _key(self, _key: str, name: str) -> str:
        self.name_key = name_key(name)
        return name


class ApplicationFounder(Owned, Base):
    """A founder named in an application."""

    __tablename__ = "application_founders"
    application_id: Mapped[int]
    position: Mapped[int]
    name: Mapped[str] = mapped_column(Text)
    name_key: Mapped[str] = mapped_column(Text, default="", server_default="")
    title: Mapped[str] = mapped_column(Text, default="", server_default="")
    __table_args__ = (
        belongs_to("applications", "application_id"),
        CheckConstraint("name <> ''", name="name"),
        Index(None, "operator_id", "application_id"),
        Index(None, "operator_id", "name_key"),
        {"info": {"grant": "SELECT, INSERT, UPDATE, DELETE"}},
    )

    @validates("name")
    def _key(self, _key: str, name: str) -> str:
        self.name_key = person_key(name)
        return name


class ApplicationAnswer(Owned, Base):
    """What was sent as the answer to one question: a checked text, chosen options, or a file."""

    __tablename__ = "application_answers"
    application_id: Mapped[int]
    question_id: Mapped[int]
    value: Mapped[str] = mapped_column(Text, default="", server_default="")
    """A text; a plain number; money in fen; a date as 2026-10-31; yes or no; an address; a file's own name."""
    option_ids: Mapped[list[int]] = mapped_column(
        ARRAY(BigInteger), default=list, server_default=text("'{}'::bigint[]")
    )
    """The chosen options of a question of choice."""
    file_id: Mapped[int | None]
    __table_args__ = (
        belongs_to("applications", "application_id"),
        belongs_to("call_questions", "question_id"),
        belongs_to("stored_files", "file_id"),
        UniqueConstraint("operator_id", "application_id", "question_id"),
        CheckConstraint("value <> '' OR cardinality(option_ids) > 0", name="answered"),
        Index(None, "operator_id", "question_id"),
        Index(None, "operator_id", "file_id"),
        {"info": {"grant": "SELECT, INSERT, UPDATE, DELETE"}},
    )


class DraftFile(Owned, Base):
    """A file of a draft: sending makes it the answer to its question."""

    __tablename__ = "draft_files"
    application_id: Mapped[int]
    question_id: Mapped[int]
    name: Mapped[str] = mapped_column(Text)
    """As the applicant has it; the stored file has a neutral name, for the trail is for ever."""
    file_id: Mapped[int]
    __table_args__ = (
        belongs_to("applications", "application_id"),
        belongs_to("call_questions", "question_id"),
        belongs_to("stored_files", "file_id"),
        UniqueConstraint("operator_id", "application_id", "question_id"),
        CheckConstraint("name <> ''", name="name"),
        Index(None, "operator_id", "file_id"),
        {"info": {"grant": "SELECT, INSERT, UPDATE, DELETE"}},
    )
