"""Residencies (incubation agreements), the prices agreed in them day by day, and what was amended."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import CheckConstraint, Index, Integer, Numeric, Text, UniqueConstraint, func
from sqlalchemy.dialects.postgresql import DATERANGE, JSONB, Range
from sqlalchemy.orm import Mapped, mapped_column

from incubator.database import APPEND_ONLY, Base, Owned, belongs_to
from incubator.pricing.rules.proration import CALENDAR_DAYS, PRORATIONS
from incubator.startups.rules.amendments import KINDS
from incubator.startups.rules.schedule import REASONS


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
    deposit_minor: Mapped[int | None]
    """The deposit that was agreed, in fen; None: nothing was said of one."""
    notice_days: Mapped[int | None] = mapped_column(Integer)
    """How many days before it leaves either side must say so; None: nothing was said of it."""
    tax_included: Mapped[bool] = mapped_column(default=True, server_default="true")
    """Whether the agreed prices are with VAT; else it is put on top of what they come to."""
    proration: Mapped[str] = mapped_column(Text, default=CALENDAR_DAYS, server_default=CALENDAR_DAYS)
    """How parts of a month are charged: copied at signing from the site's tariff, or agreed otherwise."""
    __table_args__ = (
        belongs_to("startups", "startup_id"),
        belongs_to("sites", "site_id"),
        belongs_to("people", "created_by"),
        UniqueConstraint("operator_id", "number"),
        CheckConstraint("ends_on IS NULL OR ends_on >= starts_on", name="term"),
        CheckConstraint("deposit_minor >= 0", name="deposit"),
        CheckConstraint("notice_days BETWEEN 0 AND 730", name="notice"),
        CheckConstraint(f"proration IN {PRORATIONS}", name="proration"),
        Index(None, "operator_id", "startup_id"),
        Index(None, "operator_id", "site_id"),
        {"info": {"grant": "SELECT, INSERT, UPDATE"}},
    )


class ResidencyPrice(Owned, Base):
    """A price agreed for one unit of a residency on some days; never touched by the tariff that it was copied from.

    A rent-free month, a step, a desk given back or taken is a row of its own: of one unit and kind of charge there is
    one row on a day (`residency_prices_no_overlap`). Only the days ever change: what ends is cut short, and what was to
    begin later and does not is cut to nothing (`empty`).
    """

    __tablename__ = "residency_prices"
    residency_id: Mapped[int]
    unit_id: Mapped[int]
    charge_kind: Mapped[str] = mapped_column(Text)
    basis: Mapped[str] = mapped_column(Text)
    unit_price: Mapped[Decimal] = mapped_column(Numeric(14, 4))
    """Yuan per basis and month, with VAT or without as the agreement says."""
    currency: Mapped[str] = mapped_column(Text, default="CNY")
    days: Mapped[Range[date]] = mapped_column(DATERANGE)
    """Of the agreement's term; without an end: until the agreement's own."""
    reason: Mapped[str] = mapped_column(Text, default="", server_default="")
    """Why it is not the price of the first day: `free` of rent, or a `step`."""
    __table_args__ = (
        belongs_to("residencies", "residency_id"),
        belongs_to("units", "unit_id"),
        CheckConstraint("charge_kind IN ('rent', 'property_fee', 'service_fee')", name="charge_kind"),
        CheckConstraint("basis IN ('m2_month', 'unit_month')", name="basis"),
        CheckConstraint("unit_price >= 0", name="unit_price"),
        CheckConstraint("charge_kind <> 'property_fee' OR basis = 'm2_month'", name="fee_by_area"),
        CheckConstraint("isempty(days) OR lower_inc(days)", name="days"),
        CheckConstraint(f"reason IN {REASONS}", name="reason"),
        CheckConstraint("reason <> 'free' OR unit_price = 0", name="free"),
        Index(None, "operator_id", "residency_id"),
        {"info": {
            "grant": "SELECT, INSERT",
            "changes": ("days",),
            "no_overlap": ("residency_id, unit_id, charge_kind", "days", "true"),
        }},
    )  # fmt: skip


class ResidencyAmendment(Owned, Base):
    """What was agreed after the signing: from a day on the agreement is as `after` says, until then as `before` did.

    Both are whole: term, units and every price with its days, as canonical JSON has them.
    """

    __tablename__ = "residency_amendments"
    residency_id: Mapped[int]
    number: Mapped[int] = mapped_column(Integer)
    """From 1, in the order in which they were agreed."""
    kind: Mapped[str] = mapped_column(Text)
    effective_on: Mapped[date]
    signed_on: Mapped[date | None]
    note: Mapped[str] = mapped_column(Text, default="", server_default="")
    before: Mapped[Any] = mapped_column(JSONB)
    after: Mapped[Any] = mapped_column(JSONB)
    created_at: Mapped[datetime]
    created_by: Mapped[int | None]
    __table_args__ = (
        belongs_to("residencies", "residency_id"),
        belongs_to("people", "created_by"),
        UniqueConstraint("operator_id", "residency_id", "number"),
        CheckConstraint("number >= 1", name="number"),
        CheckConstraint(f"kind IN {KINDS}", name="kind"),
        {"info": APPEND_ONLY},
    )
