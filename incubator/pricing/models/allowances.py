"""Allowances: time that a startup has without paying for it."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, Index, Integer, Text, UniqueConstraint
from sqlalchemy.dialects.postgresql import DATERANGE, Range
from sqlalchemy.orm import Mapped, mapped_column

from incubator.database import APPEND_ONLY, Base, Owned, belongs_to
from incubator.spaces.models import RESOURCE_KINDS

REPEATS = ("month", "once")
ENTRY_KINDS = ("grant", "withdraw", "use", "return")


class Allowance(Owned, Base):
    """Time that a startup may book without paying for it: so many minutes every month, or once."""

    __tablename__ = "allowances"
    startup_id: Mapped[int]
    residency_id: Mapped[int | None]
    """The agreement that includes it, and with which it ends."""
    enrolment_id: Mapped[int | None]
    """The stay in a programme or plan that includes it, and with which it ends."""
    plan_allowance_id: Mapped[int | None]
    name: Mapped[str] = mapped_column(Text)
    resource_kind: Mapped[str | None] = mapped_column(Text)
    """None: any kind."""
    site_id: Mapped[int | None]
    """None: at any site."""
    minutes: Mapped[int] = mapped_column(Integer)
    repeats: Mapped[str] = mapped_column(Text)
    valid: Mapped[Range[date]] = mapped_column(DATERANGE)
    """Local days of the site at which something is booked."""
    created_at: Mapped[datetime]
    created_by: Mapped[int | None]
    ended_at: Mapped[datetime | None]
    """When somebody ended it before its time; `ended_on` is then its last day, `valid` stays as it was granted."""
    ended_on: Mapped[date | None]
    ended_by: Mapped[int | None]
    end_reason: Mapped[str | None] = mapped_column(Text)
    __table_args__ = (
        belongs_to("startups", "startup_id"),
        belongs_to("residencies", "residency_id"),
        belongs_to("enrolments", "enrolment_id"),
        belongs_to("plan_allowances", "plan_allowance_id"),
        belongs_to("sites", "site_id"),
        belongs_to("people", "created_by"),
        belongs_to("people", "ended_by"),
        UniqueConstraint("operator_id", "enrolment_id", "plan_allowance_id"),
        CheckConstraint("(enrolment_id IS NULL) = (plan_allowance_id IS NULL)", name="included"),
        CheckConstraint("num_nonnulls(residency_id, enrolment_id) < 2", name="one_source"),
        CheckConstraint("name <> ''", name="name"),
        CheckConstraint(f"resource_kind IN {RESOURCE_KINDS}", name="resource_kind"),
        CheckConstraint("minutes BETWEEN 1 AND 44640", name="minutes"),
        CheckConstraint(f"repeats IN {REPEATS}", name="repeats"),
        CheckConstraint("NOT isempty(valid) AND NOT lower_inf(valid)", name="valid"),
        CheckConstraint("num_nonnulls(ended_at, ended_on, end_reason) IN (0, 3)", name="ended"),
        Index(None, "operator_id", "startup_id"),
        {"info": {"grant": "SELECT, INSERT, UPDATE"}},
    )


class PlanAllowance(Owned, Base):
    """What a programme or plan includes: an allowance for every startup that is in it, as long as it is."""

    __tablename__ = "plan_allowances"
    programme_id: Mapped[int]
    name: Mapped[str] = mapped_column(Text)
    resource_kind: Mapped[str | None] = mapped_column(Text)
    site_id: Mapped[int | None]
    minutes: Mapped[int] = mapped_column(Integer)
    repeats: Mapped[str] = mapped_column(Text)
    valid_from: Mapped[date]
    """The first day on which it is included; a stay that ended before has nothing of it."""
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    """Since when newcomers get it no more; who has it keeps it until their stay ends."""
    __table_args__ = (
        belongs_to("programmes", "programme_id"),
        belongs_to("sites", "site_id"),
        CheckConstraint("name <> ''", name="name"),
        CheckConstraint(f"resource_kind IN {RESOURCE_KINDS}", name="resource_kind"),
        CheckConstraint("minutes BETWEEN 1 AND 44640", name="minutes"),
        CheckConstraint(f"repeats IN {REPEATS}", name="repeats"),
        Index(None, "operator_id", "programme_id"),
        {"info": {"grant": "SELECT, INSERT, UPDATE"}},
    )


class AllowanceEntry(Owned, Base):
    """A line of the ledger of allowances: minutes in (grant, return) or out (use, withdraw). Written once.

    The balance of a grant is the sum of its lines, and so is what covers a booking: nothing is counted elsewhere.
    """

    __tablename__ = "allowance_entries"
    allowance_id: Mapped[int]
    month: Mapped[date | None]
    """The first day of the month whose grant it is; None: of one that is given once."""
    kind: Mapped[str] = mapped_column(Text)
    minutes: Mapped[int] = mapped_column(Integer)
    booking_id: Mapped[int | None]
    value_minor: Mapped[int | None]
    """What the minutes are worth at the booking's price; signed as the minutes are."""
    currency: Mapped[str | None] = mapped_column(Text)
    at: Mapped[datetime]
    by: Mapped[int | None]
    __table_args__ = (
        belongs_to("allowances", "allowance_id"),
        belongs_to("bookings", "booking_id"),
        belongs_to("people", "by"),
        CheckConstraint(f"kind IN {ENTRY_KINDS}", name="kind"),
        CheckConstraint("month IS NULL OR extract(day FROM month) = 1", name="month"),
        CheckConstraint("minutes <> 0 AND (kind IN ('grant', 'return')) = (minutes > 0)", name="minutes"),
        CheckConstraint("(kind IN ('use', 'return')) = (booking_id IS NOT NULL)", name="booking"),
        CheckConstraint("num_nonnulls(booking_id, value_minor, currency) IN (0, 3)", name="value"),
        CheckConstraint("value_minor = 0 OR (value_minor > 0) = (minutes > 0)", name="value_sign"),
        Index(
            "allowance_entries_once", "operator_id", "allowance_id", "month", "kind", unique=True,
            postgresql_nulls_not_distinct=True, postgresql_where="booking_id IS NULL",
        ),
        Index(None, "operator_id", "booking_id"),
        Index(None, "operator_id", "allowance_id", "id"),
        {"info": APPEND_ONLY},
    )  # fmt: skip
