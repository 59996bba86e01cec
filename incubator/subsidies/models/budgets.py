"""Budgets: pools of money by period, what is used and reserved of each; never overdrawn (named CHECKs)."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, Index, Text, UniqueConstraint
from sqlalchemy.dialects.postgresql import DATERANGE, Range
from sqlalchemy.orm import Mapped, mapped_column

from incubator.database import Base, Owned, belongs_to

MODES = ("first_come", "reserved", "pro_rata")


class BudgetPool(Owned, Base):
    """What schemes draw on together, by name; each period has its budget."""

    __tablename__ = "budget_pools"
    code: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text)
    name_en: Mapped[str] = mapped_column(Text, default="", server_default="")
    created_at: Mapped[datetime]
    __table_args__ = (
        UniqueConstraint("operator_id", "code"),
        CheckConstraint("code <> '' AND name <> ''", name="named"),
        {"info": {"grant": "SELECT, INSERT"}},
    )


class Budget(Owned, Base):
    """A pool's money for a range of months; of one pool one at a time (`budgets_no_overlap`).

    `used_minor` is the sum of what was given from it and `held_minor` of what waits for its closing; the row's lock
    and its CHECK let no two postings overdraw it.
    """

    __tablename__ = "budgets"
    pool_id: Mapped[int]
    days: Mapped[Range[date]] = mapped_column(DATERANGE)
    mode: Mapped[str] = mapped_column(Text)
    """Who comes first; reserved for each startup at its agreement; shared pro rata at the closing."""
    amount_minor: Mapped[int]
    used_minor: Mapped[int] = mapped_column(default=0, server_default="0")
    reserved_minor: Mapped[int] = mapped_column(default=0, server_default="0")
    currency: Mapped[str] = mapped_column(Text, default="CNY", server_default="CNY")
    source: Mapped[str] = mapped_column(Text, default="", server_default="")
    created_at: Mapped[datetime]
    created_by: Mapped[int | None]
    closed_at: Mapped[datetime | None]
    __table_args__ = (
        belongs_to("budget_pools", "pool_id"),
        belongs_to("people", "created_by"),
        CheckConstraint(f"mode IN {MODES}", name="mode"),
        CheckConstraint("NOT isempty(days) AND lower_inc(days) AND NOT upper_inf(days)", name="days"),
        CheckConstraint("amount_minor >= 0", name="amount"),
        CheckConstraint("0 <= used_minor AND used_minor <= amount_minor", name="not_overdrawn"),
        CheckConstraint("0 <= reserved_minor AND reserved_minor <= amount_minor", name="not_over_reserved"),
        CheckConstraint("mode = 'reserved' OR reserved_minor = 0", name="reserved"),
        {"info": {
            "grant": "SELECT, INSERT",
            "changes": ("amount_minor", "used_minor", "reserved_minor", "closed_at"),
            "no_overlap": ("pool_id", "days", "true"),
        }},
    )  # fmt: skip


class BudgetReservation(Owned, Base):
    """What of a budget is kept for a startup; released, it is free for others."""

    __tablename__ = "budget_reservations"
    budget_id: Mapped[int]
    startup_id: Mapped[int]
    residency_id: Mapped[int | None]
    """The agreement at which it was made."""
    amount_minor: Mapped[int]
    created_at: Mapped[datetime]
    created_by: Mapped[int | None]
    released_at: Mapped[datetime | None]
    __table_args__ = (
        belongs_to("budgets", "budget_id"),
        belongs_to("startups", "startup_id"),
        belongs_to("residencies", "residency_id"),
        belongs_to("people", "created_by"),
        CheckConstraint("amount_minor > 0", name="amount"),
        Index("budget_reservations_one", "operator_id", "budget_id", "startup_id", unique=True,
              postgresql_where="released_at IS NULL"),
        {"info": {"grant": "SELECT, INSERT", "changes": ("released_at",)}},
    )  # fmt: skip
