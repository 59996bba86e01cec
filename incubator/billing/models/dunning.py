"""Dunning: an operator's steps by date, the story of what a startup owes too long, and all that was done in it."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    Numeric,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from incubator.billing.rules.dunning import ENTRY_KINDS, MEASURES
from incubator.billing.rules.interest import BASES
from incubator.database import APPEND_ONLY, Base, Owned, belongs_to


class DunningSetting(Owned, Base):
    """How an operator reminds from a day on; of one day the last entered holds. Before the first nothing is sent."""

    __tablename__ = "dunning_settings"
    valid_from: Mapped[date]
    active: Mapped[bool]
    promise_days: Mapped[int] = mapped_column(Integer)
    """How far ahead a startup itself can promise to pay."""
    reply_days: Mapped[int] = mapped_column(Integer)
    """How many days a notice letter leaves for an answer."""
    interest_basis: Mapped[str] = mapped_column(Text, default="none", server_default="none")
    interest_rate: Mapped[Decimal | None] = mapped_column(Numeric(9, 6))
    """A share of one a day or a year: 0.0005 a day is 0.05 %."""
    interest_from_day: Mapped[int] = mapped_column(Integer, default=1, server_default="1")
    interest_cap: Mapped[Decimal | None] = mapped_column(Numeric(5, 4))
    """The most that an invoice bears, as a share of it."""
    created_at: Mapped[datetime]
    created_by: Mapped[int | None]
    __table_args__ = (
        belongs_to("people", "created_by"),
        CheckConstraint("promise_days BETWEEN 0 AND 90", name="promise_days"),
        CheckConstraint("reply_days BETWEEN 1 AND 90", name="reply_days"),
        CheckConstraint(f"interest_basis IN {BASES}", name="interest_basis"),
        CheckConstraint("(interest_basis = 'none') = (interest_rate IS NULL)", name="interest"),
        CheckConstraint("interest_rate > 0 AND interest_rate < 1", name="interest_rate"),
        CheckConstraint("interest_from_day BETWEEN 1 AND 365", name="interest_from_day"),
        CheckConstraint("interest_cap > 0 AND interest_cap <= 1", name="interest_cap"),
        Index(None, "operator_id", "valid_from"),
        {"info": APPEND_ONLY},
    )


class DunningStep(Base):
    """What is done so many days after the oldest due day, where so much is overdue; before it, a reminder by mail."""

    __tablename__ = "dunning_steps"
    operator_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("operators.operator_id"), primary_key=True)
    setting_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    line: Mapped[int] = mapped_column(Integer, primary_key=True)
    after_days: Mapped[int] = mapped_column(Integer)
    measure: Mapped[str] = mapped_column(Text)
    least_minor: Mapped[int]
    __table_args__ = (
        ForeignKeyConstraint(["operator_id", "setting_id"], ["dunning_settings.operator_id", "dunning_settings.id"]),
        UniqueConstraint("operator_id", "setting_id", "measure", "after_days"),
        CheckConstraint(f"measure IN {MEASURES}", name="measure"),
        CheckConstraint("after_days BETWEEN -30 AND 365", name="after_days"),
        CheckConstraint("after_days > 0 OR measure = 'mail'", name="reminder"),
        CheckConstraint("least_minor >= 0", name="least"),
        {"info": APPEND_ONLY},
    )


class DunningStory(Owned, Base):
    """From the first day on which a startup owes something too long until nothing of it is open: one at a time."""

    __tablename__ = "dunning_stories"
    startup_id: Mapped[int]
    site_id: Mapped[int]
    """Of the invoice that was due first."""
    began_on: Mapped[date]
    ended_on: Mapped[date | None]
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    __table_args__ = (
        belongs_to("startups", "startup_id"),
        belongs_to("sites", "site_id"),
        CheckConstraint("(ended_on IS NULL) = (ended_at IS NULL)", name="ended"),
        CheckConstraint("ended_on >= began_on", name="days"),
        Index("dunning_stories_one_key", "operator_id", "startup_id", unique=True,
              postgresql_where=text("ended_on IS NULL")),
        Index(None, "operator_id", "startup_id", "began_on"),
        {"info": {"grant": "SELECT, INSERT, UPDATE"}},
    )  # fmt: skip


class DunningAction(Owned, Base):
    """A step that was taken, or passed over for a later one: once in a story, a reminder once for a due day."""

    __tablename__ = "dunning_actions"
    startup_id: Mapped[int]
    site_id: Mapped[int]
    story_id: Mapped[int | None]
    """None: a reminder, before anything is overdue."""
    measure: Mapped[str] = mapped_column(Text)
    after_days: Mapped[int] = mapped_column(Integer)
    outcome: Mapped[str] = mapped_column(Text)
    due_on: Mapped[date]
    """The oldest due day by then."""
    overdue_minor: Mapped[int]
    acted_on: Mapped[date]
    year: Mapped[int | None] = mapped_column(Integer)
    number: Mapped[int | None] = mapped_column(Integer)
    """Of a notice letter, without gaps: DUN-2026-000042."""
    facts: Mapped[Any] = mapped_column(JSONB)
    """What was owed and to whom, as it was on that day: what mails and letters say."""
    created_at: Mapped[datetime]
    __table_args__ = (
        belongs_to("startups", "startup_id"),
        belongs_to("sites", "site_id"),
        belongs_to("dunning_stories", "story_id"),
        CheckConstraint(f"measure IN {MEASURES}", name="measure"),
        CheckConstraint("outcome IN ('done', 'passed_over')", name="outcome"),
        CheckConstraint("overdue_minor > 0", name="overdue"),
        CheckConstraint("(story_id IS NULL) = (after_days <= 0)", name="reminder"),
        CheckConstraint("(year IS NULL) = (number IS NULL)", name="numbered"),
        CheckConstraint("(number IS NOT NULL) = (measure = 'letter' AND outcome = 'done')", name="letter"),
        UniqueConstraint("operator_id", "year", "number"),
        Index("dunning_actions_once_key", "operator_id", "story_id", "measure", "after_days", unique=True,
              postgresql_where=text("story_id IS NOT NULL")),
        Index("dunning_actions_reminder_key", "operator_id", "startup_id", "due_on", "after_days", unique=True,
              postgresql_where=text("story_id IS NULL")),
        Index(None, "operator_id", "startup_id", "acted_on"),
        {"info": APPEND_ONLY},
    )  # fmt: skip


class DunningEntry(Owned, Base):
    """What somebody did in a story, or what became of a promise; nothing of it is changed later."""

    __tablename__ = "dunning_entries"
    startup_id: Mapped[int]
    story_id: Mapped[int]
    kind: Mapped[str] = mapped_column(Text)
    until_on: Mapped[date | None]
    """The last day of a pause; the day on which it will be paid."""
    amount_minor: Mapped[int | None]
    about_id: Mapped[int | None]
    """The promise that was kept or broken."""
    action_id: Mapped[int | None]
    """The call, or the limit of access, that was seen to."""
    reason: Mapped[str] = mapped_column(Text, default="", server_default="")
    by_startup: Mapped[bool] = mapped_column(default=False, server_default="false")
    made_on: Mapped[date]
    created_at: Mapped[datetime]
    created_by: Mapped[int | None]
    __table_args__ = (
        belongs_to("startups", "startup_id"),
        belongs_to("dunning_stories", "story_id"),
        belongs_to("dunning_entries", "about_id"),
        belongs_to("dunning_actions", "action_id"),
        belongs_to("people", "created_by"),
        CheckConstraint(f"kind IN {ENTRY_KINDS}", name="kind"),
        CheckConstraint("(until_on IS NOT NULL) = (kind IN ('pause', 'dispute', 'promise'))", name="until"),
        CheckConstraint("until_on >= made_on", name="days"),
        CheckConstraint("(amount_minor IS NOT NULL) = (kind = 'promise')", name="promise"),
        CheckConstraint("amount_minor > 0", name="amount"),
        CheckConstraint("(about_id IS NOT NULL) = (kind IN ('kept', 'broken'))", name="about"),
        CheckConstraint("(action_id IS NOT NULL) = (kind IN ('reached', 'no_answer', 'restricted', 'restored'))",
                        name="action"),
        CheckConstraint("reason <> '' OR kind NOT IN ('pause', 'dispute', 'lifted')", name="reason"),
        Index("dunning_entries_found_key", "operator_id", "about_id", "kind", unique=True,
              postgresql_where=text("about_id IS NOT NULL")),
        Index("dunning_entries_seen_to_key", "operator_id", "action_id", "kind", unique=True,
              postgresql_where=text("action_id IS NOT NULL AND kind <> 'no_answer'")),
        Index(None, "operator_id", "story_id"),
        {"info": APPEND_ONLY},
    )  # fmt: skip


class LateInterest(Owned, Base):
    """Interest on an invoice up to a day, charged or waived: what is worked out later takes it off."""

    __tablename__ = "late_interest"
    startup_id: Mapped[int]
    site_id: Mapped[int]
    invoice_id: Mapped[int]
    until_on: Mapped[date]
    amount_minor: Mapped[int]
    outcome: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text, default="", server_default="")
    facts: Mapped[Any] = mapped_column(JSONB)
    """How it was worked out: principal, days and rate of each stretch."""
    created_at: Mapped[datetime]
    created_by: Mapped[int | None]
    __table_args__ = (
        belongs_to("startups", "startup_id"),
        belongs_to("sites", "site_id"),
        belongs_to("invoices", "invoice_id"),
        belongs_to("people", "created_by"),
        Index(None, "operator_id", "invoice_id", "until_on"),
        CheckConstraint("amount_minor > 0", name="amount"),
        CheckConstraint("outcome IN ('charged', 'waived')", name="outcome"),
        CheckConstraint("outcome = 'charged' OR reason <> ''", name="reason"),
        Index(None, "operator_id", "startup_id"),
        {"info": APPEND_ONLY},
    )
