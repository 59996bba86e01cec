"""Standards with their criteria, the qualifications that an operator holds or aims at, and what it states itself."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, Integer, Numeric, Text, UniqueConstraint
from sqlalchemy.dialects.postgresql import DATERANGE, Range
from sqlalchemy.orm import Mapped, mapped_column

from incubator.database import APPEND_ONLY, Base, Owned, belongs_to
from incubator.reports.gauge.measures import MEASURES, STATED
from incubator.reports.gauge.rules import COMPARISONS

WAS_STATED = (*STATED, "mentor_sessions")
"""What is or was stated: sessions were, before there was evidence of each."""
LEVELS = ("national", "local")
STATUSES = ("seen", "recalled", "own")
"""Read in a published text; general knowledge, to be confirmed; entered by the operator."""


class Standard(Owned, Base):
    """A text that says what a space or an incubator must be; its criteria are dated, so that a newer text replaces
    thresholds from a day on."""

    __tablename__ = "standards"
    code: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text)
    name_en: Mapped[str] = mapped_column(Text, default="", server_default="")
    level: Mapped[str] = mapped_column(Text)
    source: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime]
    __table_args__ = (
        UniqueConstraint("operator_id", "code"),
        CheckConstraint("code <> '' AND name <> ''", name="name"),
        CheckConstraint(f"level IN {LEVELS}", name="level"),
        {"info": {"grant": "SELECT, INSERT, UPDATE"}},
    )


class Criterion(Owned, Base):
    """One demand of a standard on some days: a measure, a comparison, a threshold. Only its last day changes."""

    __tablename__ = "standard_criteria"
    standard_id: Mapped[int]
    position: Mapped[int] = mapped_column(Integer)
    measure: Mapped[str] = mapped_column(Text)
    comparison: Mapped[str] = mapped_column(Text, default="at_least", server_default="at_least")
    threshold: Mapped[Decimal] = mapped_column(Numeric(16, 2))
    alternative: Mapped[int | None] = mapped_column(Integer)
    """Criteria of a standard with the same number are alternatives: one of them suffices."""
    days: Mapped[Range[date]] = mapped_column(DATERANGE)
    source: Mapped[str] = mapped_column(Text, default="", server_default="")
    """Where in the text it stands, or what was read into it."""
    status: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime]
    __table_args__ = (
        belongs_to("standards", "standard_id"),
        CheckConstraint(f"measure IN {tuple(MEASURES)}", name="measure"),
        CheckConstraint(f"comparison IN {COMPARISONS}", name="comparison"),
        CheckConstraint("threshold >= 0", name="threshold"),
        CheckConstraint("NOT isempty(days) AND lower_inc(days)", name="days"),
        CheckConstraint(f"status IN {STATUSES}", name="status"),
        Index(None, "operator_id", "standard_id"),
        {"info": {"grant": "SELECT, INSERT, UPDATE"}},
    )


class Goal(Owned, Base):
    """A qualification that the operator holds or aims at, with the sites that it is measured on."""

    __tablename__ = "goals"
    standard_id: Mapped[int]
    name: Mapped[str] = mapped_column(Text)
    name_en: Mapped[str] = mapped_column(Text, default="", server_default="")
    created_at: Mapped[datetime]
    created_by: Mapped[int | None]
    dropped_at: Mapped[datetime | None]
    __table_args__ = (
        belongs_to("standards", "standard_id"),
        belongs_to("people", "created_by"),
        CheckConstraint("name <> ''", name="name"),
        Index(None, "operator_id", "standard_id"),
        {"info": {"grant": "SELECT, INSERT, UPDATE"}},
    )


class GoalSite(Base):
    """A site that a goal is measured on."""

    __tablename__ = "goal_sites"
    operator_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("operators.operator_id"), primary_key=True)
    goal_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    site_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    __table_args__ = (
        belongs_to("goals", "goal_id"),
        belongs_to("sites", "site_id"),
        Index(None, "operator_id", "site_id"),
        {"info": APPEND_ONLY},
    )


class Statement(Owned, Base):
    """What the operator states of a goal where the product has no rows to count: a seed fund, statistics filed.

    With its evidence and its days; never changed, only withdrawn. Of several that hold on a day the newest counts.
    """

    __tablename__ = "goal_statements"
    goal_id: Mapped[int]
    measure: Mapped[str] = mapped_column(Text)
    figure: Mapped[Decimal] = mapped_column(Numeric(16, 2))
    days: Mapped[Range[date]] = mapped_column(DATERANGE)
    evidence: Mapped[str] = mapped_column(Text)
    """Which document proves it: its kind, number and issuer."""
    created_at: Mapped[datetime]
    created_by: Mapped[int | None]
    withdrawn_at: Mapped[datetime | None]
    withdrawn_reason: Mapped[str] = mapped_column(Text, default="", server_default="")
    __table_args__ = (
        belongs_to("goals", "goal_id"),
        belongs_to("people", "created_by"),
        CheckConstraint(f"measure IN {WAS_STATED}", name="measure"),
        CheckConstraint("figure >= 0", name="figure"),
        CheckConstraint("evidence <> ''", name="evidence"),
        CheckConstraint("NOT isempty(days) AND lower_inc(days)", name="days"),
        CheckConstraint("(withdrawn_at IS NULL) = (withdrawn_reason = '')", name="withdrawn"),
        Index(None, "operator_id", "goal_id"),
        {"info": {"grant": "SELECT, INSERT, UPDATE"}},
    )
