"""Indicators that an operator asks for, and the figures of startups: sheets, versions, values, what used them."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import CheckConstraint, Index, Numeric, Text, UniqueConstraint
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from incubator.database import APPEND_ONLY, Base, Owned, belongs_to
from incubator.startups.rules.periods import RHYTHMS

KINDS = ("count", "money", "decimal", "percent")
LEVELS = ("hard", "soft")
COMPARISONS = ("at_most", "at_least", "equal")
_MONTHS = "CASE rhythm " + " ".join(f"WHEN '{name}' THEN {months}" for name, months in RHYTHMS.items()) + " END"


class FigureRhythm(Owned, Base):
    """That an operator asks for figures every month, quarter, half-year or year: from when on, and by when."""

    __tablename__ = "figure_rhythms"
    rhythm: Mapped[str] = mapped_column(Text)
    due_days: Mapped[int]
    """How many days after the period's end they are due."""
    asked_from: Mapped[date]
    """Periods that end before this day are not asked for."""
    alumni_years: Mapped[int] = mapped_column(default=0, server_default="0")
    """For how many years after they left startups are asked, too; 0: not at all."""
    __table_args__ = (
        UniqueConstraint("operator_id", "rhythm"),
        CheckConstraint(f"rhythm IN {tuple(RHYTHMS)}", name="rhythm"),
        CheckConstraint("due_days BETWEEN 1 AND 180", name="due_days"),
        CheckConstraint("alumni_years BETWEEN 0 AND 10", name="alumni_years"),
        {"info": {"grant": "SELECT, INSERT, UPDATE"}},
    )


class Indicator(Owned, Base):
    """One thing that is asked for: its words, its kind, its rhythm, and on which days it is asked."""

    __tablename__ = "indicators"
    code: Mapped[str] = mapped_column(Text)
    """What checks, reports and criteria know it by; never changed."""
    name: Mapped[str] = mapped_column(Text)
    name_en: Mapped[str] = mapped_column(Text, default="", server_default="")
    kind: Mapped[str] = mapped_column(Text)
    unit: Mapped[str] = mapped_column(Text, default="", server_default="")
    unit_en: Mapped[str] = mapped_column(Text, default="", server_default="")
    """What is counted (people, m²); money and percent have theirs."""
    in_thousands: Mapped[bool] = mapped_column(default=False, server_default="false")
    """Money that is typed and shown in thousand yuan; it is kept in fen."""
    adds_up: Mapped[bool] = mapped_column(default=False, server_default="false")
    """Of the period, so that a year is the sum of its quarters (revenue); else of its last day (people)."""
    rhythm: Mapped[str] = mapped_column(Text)
    help: Mapped[str] = mapped_column(Text, default="", server_default="")
    help_en: Mapped[str] = mapped_column(Text, default="", server_default="")
    is_required: Mapped[bool] = mapped_column(default=True, server_default="true")
    needs_evidence: Mapped[bool] = mapped_column(default=False, server_default="false")
    first_on: Mapped[date | None]
    last_on: Mapped[date | None]
    """Asked for in periods that end from the one to the other day, inclusive; None: without a limit."""
    position: Mapped[int]
    created_at: Mapped[datetime]
    __table_args__ = (
        UniqueConstraint("operator_id", "code"),
        CheckConstraint("code ~ '^[a-z][a-z0-9_]{0,39}$'", name="code"),
        CheckConstraint("name <> ''", name="name"),
        CheckConstraint(f"kind IN {KINDS}", name="kind"),
        CheckConstraint(f"rhythm IN {tuple(RHYTHMS)}", name="rhythm"),
        CheckConstraint("kind = 'money' OR NOT in_thousands", name="in_thousands"),
        CheckConstraint("kind IN ('count', 'decimal') OR (unit = '' AND unit_en = '')", name="unit"),
        CheckConstraint("kind <> 'percent' OR NOT adds_up", name="adds_up"),
        CheckConstraint("last_on >= first_on", name="days"),
        {"info": {"grant": "SELECT, INSERT, UPDATE"}},
    )


class FigureCheck(Owned, Base):
    """A rule of plausibility: the left sum against the right one, or a figure against its last period's.

    fresh_graduates at_most 1 × employees; tax at_most 1 × revenue; revenue changes by at most 50 %.
    """

    __tablename__ = "figure_checks"
    rhythm: Mapped[str] = mapped_column(Text)
    level: Mapped[str] = mapped_column(Text)
    """hard: refused; soft: needs a remark."""
    left_codes: Mapped[list[str]] = mapped_column(ARRAY(Text))
    comparison: Mapped[str | None] = mapped_column(Text)
    """None: against its last period's."""
    right_codes: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list, server_default="{}")
    """None of them: against `constant` alone."""
    factor: Mapped[Decimal] = mapped_column(Numeric(12, 4), default=Decimal(1), server_default="1")
    """What the right sum is taken times."""
    constant: Mapped[Decimal] = mapped_column(Numeric(20, 4), default=Decimal(0), server_default="0")
    """What is added on the right, as values are kept: money in fen."""
    percent: Mapped[Decimal | None] = mapped_column(Numeric(7, 2))
    """By how much of last period's it may change."""
    sentence: Mapped[str] = mapped_column(Text)
    sentence_en: Mapped[str] = mapped_column(Text, default="", server_default="")
    """What to say where it does not hold."""
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    """Since when it is not asked any more."""
    __table_args__ = (
        CheckConstraint(f"rhythm IN {tuple(RHYTHMS)}", name="rhythm"),
        CheckConstraint(f"level IN {LEVELS}", name="level"),
        CheckConstraint(f"comparison IN {COMPARISONS}", name="comparison"),
        CheckConstraint("cardinality(left_codes) >= 1", name="left"),
        CheckConstraint("(comparison IS NULL) = (percent IS NOT NULL)", name="one_form"),
        CheckConstraint(
            "comparison IS NOT NULL OR (cardinality(left_codes) = 1 AND cardinality(right_codes) = 0)", name="change"
        ),
        CheckConstraint("percent > 0", name="percent"),
        CheckConstraint("sentence <> ''", name="sentence"),
        {"info": {"grant": "SELECT, INSERT, UPDATE"}},
    )


class FigureSheet(Owned, Base):
    """That a startup is asked for the figures of one period, until when. Its state is that of its last version."""

    __tablename__ = "figure_sheets"
    startup_id: Mapped[int]
    rhythm: Mapped[str] = mapped_column(Text)
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    """The period's last day, inclusive."""
    due_on: Mapped[date]
    """The last day to submit them, as it was told when they were asked for."""
    asked_at: Mapped[datetime]
    told: Mapped[int] = mapped_column(default=0, server_default="0")
    """How far its startup has been told of it: see `due_step`."""
    __table_args__ = (
        belongs_to("startups", "startup_id"),
        UniqueConstraint("operator_id", "startup_id", "rhythm", "starts_on"),
        CheckConstraint(f"rhythm IN {tuple(RHYTHMS)}", name="rhythm"),
        CheckConstraint("EXTRACT(day FROM starts_on) = 1", name="starts_on"),
        CheckConstraint(f"MOD(EXTRACT(month FROM starts_on)::int - 1, {_MONTHS}) = 0", name="calendar"),
        CheckConstraint(f"ends_on = (starts_on + make_interval(months => {_MONTHS}))::date - 1", name="ends_on"),
        CheckConstraint("due_on > ends_on", name="due_on"),
        CheckConstraint("told BETWEEN 0 AND 5", name="told"),
        Index(None, "operator_id", "rhythm", "starts_on"),
        {"info": {"grant": "SELECT, INSERT, UPDATE"}},
    )


class FigureVersion(Owned, Base):
    """One state of a sheet, on its way from a draft to confirmed or returned; after either, the next one is another
    row. At most one of a sheet is on its way."""

    __tablename__ = "figure_versions"
    sheet_id: Mapped[int]
    number: Mapped[int]
    reason: Mapped[str] = mapped_column(Text, default="", server_default="")
    """Why figures that were confirmed are corrected; empty for any other."""
    created_at: Mapped[datetime]
    created_by: Mapped[int | None]
    submitted_at: Mapped[datetime | None]
    submitted_by: Mapped[int | None]
    returned_at: Mapped[datetime | None]
    returned_by: Mapped[int | None]
    remark: Mapped[str] = mapped_column(Text, default="", server_default="")
    """Why it was returned."""
    confirmed_at: Mapped[datetime | None]
    confirmed_by: Mapped[int | None]
    __table_args__ = (
        belongs_to("figure_sheets", "sheet_id"),
        belongs_to("people", "created_by"),
        belongs_to("people", "submitted_by"),
        belongs_to("people", "returned_by"),
        belongs_to("people", "confirmed_by"),
        UniqueConstraint("operator_id", "sheet_id", "number"),
        CheckConstraint("number >= 1", name="number"),
        CheckConstraint("number > 1 OR reason = ''", name="reason"),
        CheckConstraint("num_nonnulls(returned_at, confirmed_at) <= 1", name="one_end"),
        CheckConstraint(
            "submitted_at IS NOT NULL OR num_nonnulls(returned_at, confirmed_at) = 0", name="submitted_first"
        ),
        CheckConstraint("(returned_at IS NULL) = (remark = '')", name="remark"),
        Index("figure_versions_open_idx", "operator_id", "sheet_id", unique=True,
              postgresql_where="returned_at IS NULL AND confirmed_at IS NULL"),
        {"info": {"grant": "SELECT, INSERT, UPDATE"}},
    )  # fmt: skip

    @property
    def state(self) -> str:
        """`draft`, `submitted`, `returned` or `confirmed`."""
        if self.confirmed_at is not None:
            return "confirmed"
        if self.returned_at is not None:
            return "returned"
        return "draft" if self.submitted_at is None else "submitted"


class Figure(Owned, Base):
    """A value of a version; changed only while that is a draft."""

    __tablename__ = "figures"
    version_id: Mapped[int]
    indicator_id: Mapped[int]
    value: Mapped[Decimal | None] = mapped_column(Numeric(20, 4))
    """Money in fen, percent as it is said (12.5); None: left open."""
    remark: Mapped[str] = mapped_column(Text, default="", server_default="")
    document_id: Mapped[int | None]
    """Its evidence."""
    __table_args__ = (
        belongs_to("figure_versions", "version_id"),
        belongs_to("indicators", "indicator_id"),
        belongs_to("documents", "document_id"),
        UniqueConstraint("operator_id", "version_id", "indicator_id"),
        Index(None, "operator_id", "indicator_id"),
        {"info": {"grant": "SELECT, INSERT, UPDATE"}},
    )


class FigureLock(Owned, Base):
    """That a report has used a version: from then on its sheet is corrected only with staff's permission."""

    __tablename__ = "figure_locks"
    version_id: Mapped[int]
    used_kind: Mapped[str] = mapped_column(Text)
    used_id: Mapped[int]
    """The report's row: `frozen_reports`, 12."""
    label: Mapped[str] = mapped_column(Text)
    """How people know it."""
    locked_at: Mapped[datetime]
    locked_by: Mapped[int | None]
    __table_args__ = (
        belongs_to("figure_versions", "version_id"),
        belongs_to("people", "locked_by"),
        UniqueConstraint("operator_id", "version_id", "used_kind", "used_id"),
        CheckConstraint("label <> ''", name="label"),
        {"info": APPEND_ONLY},
    )
