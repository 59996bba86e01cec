"""Tariffs: dated lists of prices per site; and allowances: time that a startup has without paying for it."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import CheckConstraint, Index, Integer, Numeric, Text, UniqueConstraint, func
from sqlalchemy.dialects.postgresql import DATERANGE, Range
from sqlalchemy.orm import Mapped, mapped_column

from incubator.database import APPEND_ONLY, Base, Owned, belongs_to
from incubator.spaces.models import RESOURCE_KINDS

CHARGE_KINDS = ("rent", "property_fee", "utilities", "booking")
BASES = ("m2_month", "unit_month", "hour")
REPEATS = ("month", "once")
ENTRY_KINDS = ("grant", "withdraw", "use", "return")


class Tariff(Owned, Base):
    """A named price list of a site, valid for a range of local dates; two of one site never hold on one day.

    The constraint `tariffs_no_overlap` is added by the migration, in the form that the server can hold.
    """

    __tablename__ = "tariffs"
    site_id: Mapped[int]
    name: Mapped[str] = mapped_column(Text)
    valid: Mapped[Range[date]] = mapped_column(DATERANGE)
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    __table_args__ = (
        belongs_to("sites", "site_id"),
        UniqueConstraint("operator_id", "site_id", "name"),
        CheckConstraint("NOT isempty(valid)", name="valid"),
        {"info": {"grant": "SELECT, INSERT, UPDATE", "no_overlap": ("site_id", "valid", "true")}},
    )


class TariffItem(Owned, Base):
    """One price: for a kind of charge, by a basis, for a kind of unit, or for a resource or kind of resource.

    Written once: another price is another tariff, so that what was quoted from this one can be shown for ever.
    """

    __tablename__ = "tariff_items"
    tariff_id: Mapped[int]
    charge_kind: Mapped[str] = mapped_column(Text)
    basis: Mapped[str] = mapped_column(Text)
    unit_kind: Mapped[str | None] = mapped_column(Text)
    resource_kind: Mapped[str | None] = mapped_column(Text)
    resource_id: Mapped[int | None]
    """The most particular item wins: this resource before its kind."""
    unit_price: Mapped[Decimal] = mapped_column(Numeric(14, 4))
    """Yuan, tax included, per basis; a rate, therefore not fen."""
    currency: Mapped[str] = mapped_column(Text, default="CNY")
    __table_args__ = (
        belongs_to("tariffs", "tariff_id"),
        belongs_to("resources", "resource_id"),
        CheckConstraint(f"charge_kind IN {CHARGE_KINDS}", name="charge_kind"),
        CheckConstraint(f"basis IN {BASES}", name="basis"),
        CheckConstraint("unit_price >= 0", name="unit_price"),
        CheckConstraint("num_nonnulls(unit_kind, resource_kind, resource_id) = 1", name="one_subject"),
        CheckConstraint("(charge_kind = 'booking') = (basis = 'hour')", name="bookings_by_hour"),
        CheckConstraint("(charge_kind = 'booking') = (unit_kind IS NULL)", name="bookings_of_resources"),
        UniqueConstraint(
            "operator_id", "tariff_id", "charge_kind", "unit_kind", "resource_kind", "resource_id",
            name="tariff_items_one_price", postgresql_nulls_not_distinct=True,
        ),
        {"info": APPEND_ONLY},
    )  # fmt: skip


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
