"""Subsidy schemes as dated data, and what was decided under them for each charge."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index, Integer, Text, UniqueConstraint, func
from sqlalchemy.dialects.postgresql import DATERANGE, JSONB, Range
from sqlalchemy.orm import Mapped, mapped_column

from incubator.database import APPEND_ONLY, Base, Owned, belongs_to

OUTCOMES = ("granted", "capped", "refused", "not_covered", "nothing", "displaced", "held", "adjusted")
LATER = ("adjusted", "credited", "ruled")
"""Outcomes of a decision that changes an earlier one: by what is known since, because the charge was taken back, or
because the authority doesn't bear it and the startup does."""


class Scheme(Owned, Base):
    """A public policy that bears part of what startups pay."""

    __tablename__ = "schemes"
    code: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text)
    name_en: Mapped[str] = mapped_column(Text, default="", server_default="")
    issuer: Mapped[str] = mapped_column(Text, default="", server_default="")
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    pool_id: Mapped[int | None]
    """The pool whose budgets it draws on; None: without a budget."""
    __table_args__ = (
        belongs_to("budget_pools", "pool_id"),
        UniqueConstraint("operator_id", "code"),
    )


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
    """See `subsidies.rules.rule.Rule`."""
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


class SchemeDraft(Owned, Base):
    """A version that is not in force: it can be changed and tried on past months, and gives nothing."""

    __tablename__ = "scheme_drafts"
    scheme_id: Mapped[int]
    name: Mapped[str] = mapped_column(Text)
    """What it is called among the drafts of its scheme: "with 70 % in the first year"."""
    valid: Mapped[Range[date]] = mapped_column(DATERANGE)
    site_id: Mapped[int | None]
    source: Mapped[str] = mapped_column(Text, default="", server_default="")
    rule: Mapped[Any] = mapped_column(JSONB)
    created_at: Mapped[datetime]
    created_by: Mapped[int | None]
    changed_at: Mapped[datetime]
    version_id: Mapped[int | None]
    """The version that it became; from then on it stays as it is."""
    discarded_at: Mapped[datetime | None]
    __table_args__ = (
        belongs_to("schemes", "scheme_id"),
        belongs_to("sites", "site_id"),
        belongs_to("people", "created_by"),
        belongs_to("scheme_versions", "version_id"),
        CheckConstraint("name <> ''", name="name"),
        CheckConstraint("NOT isempty(valid)", name="valid"),
        CheckConstraint("num_nonnulls(version_id, discarded_at) < 2", name="one_end"),
        Index(None, "operator_id", "scheme_id"),
        {"info": {"grant": "SELECT, INSERT, UPDATE"}},
    )


class Decision(Owned, Base):
    """What one scheme version gave for one charge, or why it gave nothing; written once with the invoice.

    One that `adjusts` another is a later line: how much more or less it should have been, by what is known since; what
    a credit note takes back of it; or what an authority refuses of it or wants back.
    """

    __tablename__ = "subsidy_decisions"
    scheme_version_id: Mapped[int]
    charge_id: Mapped[int]
    startup_id: Mapped[int]
    site_id: Mapped[int]
    month: Mapped[date]
    """First day of the charge's month; caps per quarter and year are counted by it."""
    outcome: Mapped[str] = mapped_column(Text)
    base_minor: Mapped[int]
    amount_minor: Mapped[int]
    held_minor: Mapped[int] = mapped_column(default=0, server_default="0")
    """What waits for its budget to be shared out; a closing takes it back and gives the share."""
    currency: Mapped[str] = mapped_column(Text, default="CNY")
    bearer: Mapped[str] = mapped_column(Text, default="government", server_default="government")
    budget_id: Mapped[int | None]
    adjusts_id: Mapped[int | None]
    derivation: Mapped[Any] = mapped_column(JSONB)
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    __table_args__ = (
        belongs_to("scheme_versions", "scheme_version_id"),
        belongs_to("charges", "charge_id"),
        belongs_to("startups", "startup_id"),
        belongs_to("sites", "site_id"),
        belongs_to("budgets", "budget_id"),
        belongs_to("subsidy_decisions", "adjusts_id"),
        Index("subsidy_decisions_once", "operator_id", "charge_id", "scheme_version_id", unique=True,
              postgresql_where="adjusts_id IS NULL"),
        CheckConstraint(f"outcome IN {(*OUTCOMES, 'credited', 'ruled')}", name="outcome"),
        CheckConstraint("bearer IN ('operator', 'government', 'voucher', 'sponsor')", name="bearer"),
        CheckConstraint(f"(outcome IN {LATER}) = (adjusts_id IS NOT NULL)", name="adjusts"),
        CheckConstraint("adjusts_id IS NOT NULL OR 0 <= amount_minor AND amount_minor <= base_minor", name="amount"),
        CheckConstraint("adjusts_id IS NOT NULL OR held_minor >= 0", name="held"),
        CheckConstraint(f"outcome IN {('granted', 'capped', *LATER)} OR amount_minor = 0", name="refused_is_nothing"),
        Index(None, "operator_id", "startup_id", "month"),
        Index(None, "operator_id", "scheme_version_id", "month"),
        Index(None, "operator_id", "adjusts_id"),
        Index("subsidy_decisions_adjusting_idx", "operator_id", "site_id", "id",
              postgresql_where="adjusts_id IS NOT NULL"),
        {"info": APPEND_ONLY},
    )  # fmt: skip
