"""Saved reports, who is told of them, and when they were made."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, Text, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from incubator.database import APPEND_ONLY, Base, Owned, belongs_to
from incubator.reports.builder.rules import RHYTHMS


class SavedReport(Owned, Base):
    """A question under a name, its person's own or shown to all who see reports; made on a timetable, or never."""

    __tablename__ = "saved_reports"
    name: Mapped[str] = mapped_column(Text)
    definition: Mapped[dict[str, Any]] = mapped_column(JSONB)
    is_shared: Mapped[bool]
    rhythm: Mapped[str] = mapped_column(Text, default="", server_default="")
    created_at: Mapped[datetime]
    created_by: Mapped[int]
    removed_at: Mapped[datetime | None]
    __table_args__ = (
        belongs_to("people", "created_by"),
        CheckConstraint("name <> '' AND char_length(name) <= 100", name="name"),
        CheckConstraint(f"rhythm IN {('', *RHYTHMS)}", name="rhythm"),
        Index("saved_reports_name_key", "operator_id", "created_by", "name", unique=True,
              postgresql_where="removed_at IS NULL"),
        {"info": {"grant": "SELECT, INSERT, UPDATE"}},
    )  # fmt: skip


class SavedReportReader(Base):
    """A person of the staff who is told when a saved report was made."""

    __tablename__ = "saved_report_readers"
    operator_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("operators.operator_id"), primary_key=True)
    report_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    person_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    __table_args__ = (
        belongs_to("saved_reports", "report_id"),
        belongs_to("people", "person_id"),
        {"info": {"grant": "SELECT, INSERT, DELETE"}},
    )


class SavedReportRun(Owned, Base):
    """That a saved report was made, once for each day that it was due; what it said is in the operator's chain."""

    __tablename__ = "saved_report_runs"
    report_id: Mapped[int]
    on: Mapped[date] = mapped_column("on_date")
    first_on: Mapped[date]
    last_on: Mapped[date]
    frozen_id: Mapped[int]
    __table_args__ = (
        belongs_to("saved_reports", "report_id"),
        belongs_to("frozen_reports", "frozen_id"),
        UniqueConstraint("operator_id", "report_id", "on_date"),
        CheckConstraint("first_on <= last_on", name="days"),
        {"info": APPEND_ONLY},
    )
