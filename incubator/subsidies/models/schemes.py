"""Subsidy schemes as dated data, and what was decided under them for each charge."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index, Integer, Text, UniqueConstraint, func
from sqlalchemy.dialects.postgresql import DATERANGE, JSONB, Range
from sqlalchemy.orm import Mapped, mapped_column

from incubator.database import APPEND_ONLY, Base, Owned, belongs_to


class Scheme(Owned, Base):
    """A public policy that bears part of what startups pay."""

    __tablename__ = "schemes"
    code: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text)
    name_en: Mapped[str] = mapped_column(Text, default="", server_default="")
    issuer: Mapped[str] = mapped_column(Text, default="", server_default="")
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    __table_args__ = (UniqueConstraint("operator_id", "code"),)


class SchemeVersion(Owned, Base):
    """The rule of a scheme for a range of dates; immutable by grant: a change is a new version."""

    __tablename__ = "scheme_versions"
    scheme_id: Mapped[int]
    version: Mapped[int] = mapped_column(Integer)
    valid: Mapped[Range[date]] = mapped_column(DATERANGE)
    site_id: Mapped[int | None]
    """Only for charges of this site; None: of all sites."""
    source: Mapped[str] = mapped_column(Text)
    """The policy's title, number and article."""
    rule: Mapped[Any] = mapped_column(JSONB)
    """See `subsidies.rule.Rule`."""
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    created_by: Mapped[int | None]
    __table_args__ = (
        belongs_to("schemes", "scheme_id"),
        belongs_to("sites", "site_id"),
        belongs_to("people", "created_by"),
        UniqueConstraint("operator_id", "scheme_id", "version"),
        CheckConstraint("NOT isempty(valid)", name="valid"),
        {"info": APPEND_ONLY},
    )


class Decision(Owned, Base):
    """What one scheme version gave for one charge, or why it gave nothing; written once with the invoice."""

    __tablename__ = "subsidy_decisions"
    scheme_version_id: Mapped[int]
    charge_id: Mapped[int]
    startup_id: Mapped[int]
    month: Mapped[date]
    """First day of the charge's month; caps per quarter and year are counted by it."""
    outcome: Mapped[str] = mapped_column(Text)
    base_minor: Mapped[int]
    amount_minor: Mapped[int]
    currency: Mapped[str] = mapped_column(Text, default="CNY")
    derivation: Mapped[Any] = mapped_column(JSONB)
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    __table_args__ = (
        belongs_to("scheme_versions", "scheme_version_id"),
        belongs_to("charges", "charge_id"),
        belongs_to("startups", "startup_id"),
        UniqueConstraint("operator_id", "charge_id", "scheme_version_id"),
        CheckConstraint("outcome IN ('granted', 'capped', 'refused', 'not_covered')", name="outcome"),
        CheckConstraint("0 <= amount_minor AND amount_minor <= base_minor", name="amount"),
        CheckConstraint("outcome IN ('granted', 'capped') OR amount_minor = 0", name="refused_is_nothing"),
        Index(None, "operator_id", "startup_id", "month"),
        {"info": APPEND_ONLY},
    )
