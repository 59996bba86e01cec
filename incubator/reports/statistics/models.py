"""What staff state of a year's statistics where no row tells it and what they explain; what is filed for which site."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from sqlalchemy import CheckConstraint, Index, Integer, Numeric, Text
from sqlalchemy.orm import Mapped, mapped_column

from incubator.database import APPEND_ONLY, Base, Owned, belongs_to

FIRST_YEAR, LAST_YEAR = 2000, 2100
FORM_NAMES = ("", "incubator", "space")
MOST_DAYS = 180


class StatisticValue(Owned, Base):
    """A value of a year, as staff state it with its evidence, in what the indicator counts (money: fen).

    Never changed, only withdrawn; of several the newest counts.
    """

    __tablename__ = "statistic_values"
    site_id: Mapped[int | None]
    """None: of the operator as a whole."""
    year: Mapped[int] = mapped_column(Integer)
    code: Mapped[str] = mapped_column(Text)
    """Of the indicator."""
    figure: Mapped[Decimal] = mapped_column(Numeric(20, 2))
    evidence: Mapped[str] = mapped_column(Text)
    """Which document proves it: its kind, number and issuer."""
    document_id: Mapped[int | None]
    """The document itself, where it is kept here."""
    created_at: Mapped[datetime]
    created_by: Mapped[int | None]
    withdrawn_at: Mapped[datetime | None]
    withdrawn_reason: Mapped[str] = mapped_column(Text, default="", server_default="")
    __table_args__ = (
        belongs_to("sites", "site_id"),
        belongs_to("documents", "document_id"),
        belongs_to("people", "created_by"),
        CheckConstraint(f"year BETWEEN {FIRST_YEAR} AND {LAST_YEAR}", name="year"),
        CheckConstraint("code <> '' AND evidence <> ''", name="words"),
        CheckConstraint("figure >= 0", name="figure"),
        CheckConstraint("(withdrawn_at IS NULL) = (withdrawn_reason = '')", name="withdrawn"),
        Index(None, "operator_id", "site_id", "year"),
        {"info": {"grant": "SELECT, INSERT", "changes": ("withdrawn_at", "withdrawn_reason")}},
    )


class StatisticNote(Owned, Base):
    """Why a value is as it is: a change against last year, what seems not to fit. Of several the newest counts."""

    __tablename__ = "statistic_notes"
    site_id: Mapped[int | None]
    """None: of the operator as a whole."""
    year: Mapped[int] = mapped_column(Integer)
    code: Mapped[str] = mapped_column(Text)
    note: Mapped[str] = mapped_column(Text)
    """Empty: an earlier note holds no longer."""
    created_at: Mapped[datetime]
    created_by: Mapped[int | None]
    __table_args__ = (
        belongs_to("sites", "site_id"),
        belongs_to("people", "created_by"),
        CheckConstraint(f"year BETWEEN {FIRST_YEAR} AND {LAST_YEAR}", name="year"),
        CheckConstraint("code <> ''", name="code"),
        Index(None, "operator_id", "site_id", "year"),
        {"info": APPEND_ONLY},
    )


class StatisticFiling(Owned, Base):
    """Which form is filed for a site each year, and when the timetable freezes it. The newest holds."""

    __tablename__ = "statistic_filings"
    site_id: Mapped[int | None]
    """None: the operator as a whole."""
    form: Mapped[str] = mapped_column(Text)
    """Empty: none any more."""
    ripe_days: Mapped[int] = mapped_column(Integer)
    """How many days after 31 December: 60 is 1 March, in a leap year 29 February."""
    created_at: Mapped[datetime]
    created_by: Mapped[int | None]
    __table_args__ = (
        belongs_to("sites", "site_id"),
        belongs_to("people", "created_by"),
        CheckConstraint(f"form IN {FORM_NAMES}", name="form"),
        CheckConstraint(f"ripe_days BETWEEN 1 AND {MOST_DAYS}", name="ripe_days"),
        Index(None, "operator_id", "site_id"),
        {"info": APPEND_ONLY},
    )
