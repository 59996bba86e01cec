"""What policies give to the operator itself, and its instalments."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index, Integer, Text, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from incubator.database import APPEND_ONLY, Base, Owned, belongs_to
from incubator.subsidies.models.schemes import OUTCOMES
from incubator.subsidies.rules.items import COST_KINDS, OTHER_KINDS
from incubator.subsidies.rules.rule import EVERY, GATES


class OperatorGrant(Owned, Base):
    """What one scheme version gives the operator for one item of a site and period, or why nothing; written once."""

    __tablename__ = "operator_grants"
    scheme_version_id: Mapped[int]
    site_id: Mapped[int]
    every: Mapped[str] = mapped_column(Text)
    period: Mapped[date]
    """The first day of the month, quarter or year that it is for."""
    month: Mapped[date]
    """The period's last month, by which caps are counted."""
    item_kind: Mapped[str] = mapped_column(Text)
    item_id: Mapped[int]
    """The cost, startup or site that it is for."""
    startup_id: Mapped[int | None]
    """The tenant whose area, contribution or service it is for."""
    outcome: Mapped[str] = mapped_column(Text)
    base_minor: Mapped[int]
    amount_minor: Mapped[int]
    held_minor: Mapped[int] = mapped_column(default=0, server_default="0")
    currency: Mapped[str] = mapped_column(Text, default="CNY", server_default="CNY")
    budget_id: Mapped[int | None]
    adjusts_id: Mapped[int | None]
    derivation: Mapped[Any] = mapped_column(JSONB)
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[int | None]
    __table_args__ = (
        belongs_to("scheme_versions", "scheme_version_id"),
        belongs_to("sites", "site_id"),
        belongs_to("startups", "startup_id"),
        belongs_to("budgets", "budget_id"),
        belongs_to("operator_grants", "adjusts_id"),
        belongs_to("people", "recorded_by"),
        Index("operator_grants_once", "operator_id", "scheme_version_id", "site_id", "item_kind", "item_id", "period",
              unique=True, postgresql_where="adjusts_id IS NULL"),
        CheckConstraint(f"every IN {EVERY}", name="every"),
        CheckConstraint(f"item_kind IN {COST_KINDS + OTHER_KINDS}", name="item_kind"),
        CheckConstraint(f"outcome IN {OUTCOMES}", name="outcome"),
        CheckConstraint("(outcome = 'adjusted') = (adjusts_id IS NOT NULL)", name="adjusts"),
        CheckConstraint("adjusts_id IS NOT NULL OR (amount_minor >= 0 AND held_minor >= 0)", name="amount"),
        CheckConstraint("outcome IN ('granted', 'capped', 'adjusted') OR amount_minor = 0", name="refused_is_nothing"),
        Index(None, "operator_id", "site_id", "month"),
        {"info": APPEND_ONLY},
    )  # fmt: skip


class GrantInstalment(Owned, Base):
    """A part of a grant, from a day on, behind a gate; once released it can be claimed."""

    __tablename__ = "grant_instalments"
    grant_id: Mapped[int]
    number: Mapped[int] = mapped_column(Integer)
    amount_minor: Mapped[int]
    due_on: Mapped[date]
    gate: Mapped[str] = mapped_column(Text)
    released_at: Mapped[datetime | None]
    released_by: Mapped[int | None]
    evidence: Mapped[str] = mapped_column(Text, default="", server_default="")
    """What opened the gate: the assessment, its result and day."""
    __table_args__ = (
        belongs_to("operator_grants", "grant_id"),
        belongs_to("people", "released_by"),
        UniqueConstraint("operator_id", "grant_id", "number"),
        CheckConstraint("number >= 1", name="number"),
        CheckConstraint("amount_minor >= 0", name="amount"),
        CheckConstraint(f"gate IN {GATES}", name="gate"),
        CheckConstraint("(released_at IS NULL) = (evidence = '')", name="released"),
        {"info": {"grant": "SELECT, INSERT", "changes": ("released_at", "released_by", "evidence")}},
    )
