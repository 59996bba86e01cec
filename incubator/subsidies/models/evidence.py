"""Facts that nothing else keeps, each with its evidence; and what a space itself pays."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import CheckConstraint, Index, Numeric, Text
from sqlalchemy.dialects.postgresql import DATERANGE, JSONB, Range
from sqlalchemy.orm import Mapped, mapped_column

from incubator.database import Base, Owned, belongs_to
from incubator.subsidies.rules.facts import RECORDED
from incubator.subsidies.rules.items import COST_KINDS


class RecordedFact(Owned, Base):
    """What is true of a startup or a site on some days, with the document that proves it. Never changed: withdrawn.

    Where two say otherwise of one day, the one that was recorded later counts.
    """

    __tablename__ = "recorded_facts"
    startup_id: Mapped[int | None]
    site_id: Mapped[int | None]
    name: Mapped[str] = mapped_column(Text)
    value: Mapped[Any] = mapped_column(JSONB)
    days: Mapped[Range[date]] = mapped_column(DATERANGE)
    evidence: Mapped[str] = mapped_column(Text)
    """Which document proves it: its kind, number and issuer."""
    document_id: Mapped[int | None]
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[int | None]
    withdrawn_at: Mapped[datetime | None]
    withdrawn_reason: Mapped[str] = mapped_column(Text, default="", server_default="")
    __table_args__ = (
        belongs_to("startups", "startup_id"),
        belongs_to("sites", "site_id"),
        belongs_to("documents", "document_id"),
        belongs_to("people", "recorded_by"),
        CheckConstraint(f"name IN {RECORDED}", name="name"),
        CheckConstraint("num_nonnulls(startup_id, site_id) = 1", name="one_party"),
        CheckConstraint("(site_id IS NOT NULL) = (name LIKE 'site.%')", name="party"),
        CheckConstraint("evidence <> ''", name="evidence"),
        CheckConstraint("NOT isempty(days) AND lower_inc(days)", name="days"),
        CheckConstraint("(withdrawn_at IS NULL) = (withdrawn_reason = '')", name="withdrawn"),
        Index(None, "operator_id", "startup_id"),
        Index(None, "operator_id", "site_id"),
        {"info": {"grant": "SELECT, INSERT", "changes": ("withdrawn_at", "withdrawn_reason")}},
    )


class SiteCost(Owned, Base):
    """What a space pays itself: rent to its own landlord, fit-out, events, electricity. Never changed: withdrawn."""

    __tablename__ = "site_costs"
    site_id: Mapped[int]
    kind: Mapped[str] = mapped_column(Text)
    title: Mapped[str] = mapped_column(Text)
    first_on: Mapped[date]
    last_on: Mapped[date]
    """Inclusive; what it is paid for: within a month for what is granted every month."""
    amount_minor: Mapped[int]
    area_m2: Mapped[Decimal | None] = mapped_column(Numeric(10, 2))
    currency: Mapped[str] = mapped_column(Text, default="CNY", server_default="CNY")
    evidence: Mapped[str] = mapped_column(Text)
    document_id: Mapped[int | None]
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[int | None]
    withdrawn_at: Mapped[datetime | None]
    withdrawn_reason: Mapped[str] = mapped_column(Text, default="", server_default="")
    __table_args__ = (
        belongs_to("sites", "site_id"),
        belongs_to("documents", "document_id"),
        belongs_to("people", "recorded_by"),
        CheckConstraint(f"kind IN {COST_KINDS}", name="kind"),
        CheckConstraint("title <> '' AND evidence <> ''", name="words"),
        CheckConstraint("last_on >= first_on", name="days"),
        CheckConstraint("amount_minor > 0", name="amount"),
        CheckConstraint("area_m2 > 0", name="area"),
        CheckConstraint("(withdrawn_at IS NULL) = (withdrawn_reason = '')", name="withdrawn"),
        Index(None, "operator_id", "site_id", "first_on"),
        {"info": {"grant": "SELECT, INSERT", "changes": ("withdrawn_at", "withdrawn_reason")}},
    )
