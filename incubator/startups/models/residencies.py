"""Residencies (incubation agreements) and the prices agreed in them."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import CheckConstraint, Index, Numeric, Text, UniqueConstraint, func
from sqlalchemy.orm import Mapped, mapped_column

from incubator.database import APPEND_ONLY, Base, Owned, belongs_to


class Residency(Owned, Base):
    """An incubation agreement of one startup at one site: a term, units, and the prices agreed for them."""

    __tablename__ = "residencies"
    startup_id: Mapped[int]
    site_id: Mapped[int]
    number: Mapped[str] = mapped_column(Text)
    """The agreement's number."""
    starts_on: Mapped[date]
    ends_on: Mapped[date | None]
    """The last day, inclusive; None: open-ended."""
    signed_on: Mapped[date | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    created_by: Mapped[int | None]
    ended_at: Mapped[datetime | None]
    """When it was ended before its term; `ends_on` then holds the day it ended on."""
    end_reason: Mapped[str | None] = mapped_column(Text)
    __table_args__ = (
        belongs_to("startups", "startup_id"),
        belongs_to("sites", "site_id"),
        belongs_to("people", "created_by"),
        UniqueConstraint("operator_id", "number"),
        CheckConstraint("ends_on IS NULL OR ends_on >= starts_on", name="term"),
        Index(None, "operator_id", "startup_id"),
        Index(None, "operator_id", "site_id"),
        {"info": {"grant": "SELECT, INSERT, UPDATE"}},
    )


class ResidencyPrice(Owned, Base):
    """A price agreed for one unit of a residency; copied from the tariff at signing and never touched by it."""

    __tablename__ = "residency_prices"
    residency_id: Mapped[int]
    unit_id: Mapped[int]
    charge_kind: Mapped[str] = mapped_column(Text)
    basis: Mapped[str] = mapped_column(Text)
    unit_price: Mapped[Decimal] = mapped_column(Numeric(14, 4))
    """Yuan, tax included, per basis and month."""
    currency: Mapped[str] = mapped_column(Text, default="CNY")
    __table_args__ = (
        belongs_to("residencies", "residency_id"),
        belongs_to("units", "unit_id"),
        UniqueConstraint("operator_id", "residency_id", "unit_id", "charge_kind"),
        CheckConstraint("charge_kind IN ('rent', 'property_fee')", name="charge_kind"),
        CheckConstraint("basis IN ('m2_month', 'unit_month')", name="basis"),
        CheckConstraint("unit_price >= 0", name="unit_price"),
        CheckConstraint("charge_kind = 'rent' OR basis = 'm2_month'", name="fee_by_area"),
        {"info": APPEND_ONLY},
    )
