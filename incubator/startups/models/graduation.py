"""When a startup of a programme has graduated: dated rules, each with its criteria."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from sqlalchemy import BigInteger, CheckConstraint, Text, UniqueConstraint
from sqlalchemy.dialects.postgresql import DATERANGE, Range
from sqlalchemy.orm import Mapped, mapped_column

from incubator.database import APPEND_ONLY, Base, Owned, belongs_to
from incubator.startups.rules.achievements import QUALIFICATIONS
from incubator.startups.rules.graduation import MEASURES, STATUSES


class GraduationRule(Owned, Base):
    """How many of its criteria a startup of a programme must meet, on some days (`graduation_rules_no_overlap`).

    Never changed but for its last day: another text is another rule, from its day on.
    """

    __tablename__ = "graduation_rules"
    programme_id: Mapped[int]
    wanted: Mapped[int]
    days: Mapped[Range[date]] = mapped_column(DATERANGE)
    source: Mapped[str] = mapped_column(Text)
    status: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime]
    created_by: Mapped[int | None]
    __table_args__ = (
        belongs_to("programmes", "programme_id"),
        belongs_to("people", "created_by"),
        CheckConstraint("wanted >= 1", name="wanted"),
        CheckConstraint("NOT isempty(days) AND lower_inc(days)", name="days"),
        CheckConstraint(f"status IN {STATUSES}", name="status"),
        {"info": {"grant": "SELECT, INSERT, UPDATE", "no_overlap": ("programme_id", "days", "true")}},
    )

    @property
    def first(self) -> date:
        """The first day on which it holds."""
        assert self.days.lower is not None  # a named CHECK of the table
        return self.days.lower

    @property
    def last(self) -> date | None:
        """The last one, inclusive; None: until further notice."""
        return None if self.days.upper is None else self.days.upper - timedelta(days=1)


class GraduationCriterion(Owned, Base):
    """One criterion of a rule: a measure by name, and what it must come to."""

    __tablename__ = "graduation_criteria"
    rule_id: Mapped[int]
    position: Mapped[int]
    measure: Mapped[str] = mapped_column(Text)
    threshold: Mapped[int] = mapped_column(BigInteger)
    """In fen where money is measured; else a number of months, rights, people; 1 where it is had or not."""
    sort: Mapped[str] = mapped_column(Text, default="", server_default="")
    """Of a qualification: which."""
    years: Mapped[int | None]
    """Of revenue: over how many calendar years in succession."""
    __table_args__ = (
        belongs_to("graduation_rules", "rule_id"),
        UniqueConstraint("operator_id", "rule_id", "position"),
        CheckConstraint(f"measure IN {MEASURES}", name="measure"),
        CheckConstraint("threshold >= 1", name="threshold"),
        CheckConstraint(
            f"CASE WHEN measure = 'qualification' THEN sort IN {QUALIFICATIONS} ELSE sort = '' END", name="sort"
        ),
        CheckConstraint("(measure = 'revenue') = (years IS NOT NULL)", name="revenue_years"),
        CheckConstraint("years BETWEEN 1 AND 5", name="years"),
        {"info": APPEND_ONLY},
    )
