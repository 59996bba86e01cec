"""Tariffs: dated lists of prices per site."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import CheckConstraint, Integer, Numeric, Text, UniqueConstraint, func
from sqlalchemy.dialects.postgresql import DATERANGE, Range
from sqlalchemy.orm import Mapped, mapped_column

from incubator.database import APPEND_ONLY, Base, Owned, belongs_to
from incubator.pricing.models.meters import MEDIA
from incubator.pricing.rules.compositions import BOOKING_BASES
from incubator.pricing.rules.proration import CALENDAR_DAYS, PRORATIONS

CHARGE_KINDS = ("rent", "property_fee", "service_fee", "utilities", "booking")
TAX_KINDS = (*CHARGE_KINDS, "other", "interest")
"""The same, and what is charged without a tariff: all that can have a VAT rate."""
BASES = ("m2_month", "unit_month", "hour", "metered", "half_day", "day", "night", "weekend", "use")


class Tariff(Owned, Base):
    """A named price list of a site, valid for a range of local dates; two of one site never hold on one day.

    The constraint `tariffs_no_overlap` is added by the migration, in the form that the server can hold.
    """

    __tablename__ = "tariffs"
    site_id: Mapped[int]
    name: Mapped[str] = mapped_column(Text)
    valid: Mapped[Range[date]] = mapped_column(DATERANGE)
    half_day_minutes: Mapped[int] = mapped_column(Integer, default=240, server_default="240")
    """How long half a day is at the most."""
    night_from_minute: Mapped[int] = mapped_column(Integer, default=1320, server_default="1320")
    """Of the site's wall clock: when a night begins, and when it ends on the next day."""
    night_until_minute: Mapped[int] = mapped_column(Integer, default=480, server_default="480")
    tax_included: Mapped[bool] = mapped_column(default=True, server_default="true")
    """Whether its prices are with VAT; else it is put on top of what they come to."""
    proration: Mapped[str] = mapped_column(Text, default=CALENDAR_DAYS, server_default=CALENDAR_DAYS)
    """Proposed to agreements: how parts of a month are charged."""
    step_percent: Mapped[Decimal | None] = mapped_column(Numeric(6, 2))
    """Proposed to agreements: their rent changes by so much …"""
    step_months: Mapped[int | None] = mapped_column(Integer)
    """… every so many months."""
    deposit_months: Mapped[Decimal | None] = mapped_column(Numeric(4, 1))
    """Proposed to agreements: a deposit of so many months of the first full rent; None: nothing is said of one."""
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    __table_args__ = (
        belongs_to("sites", "site_id"),
        UniqueConstraint("operator_id", "site_id", "name"),
        CheckConstraint("NOT isempty(valid)", name="valid"),
        CheckConstraint("half_day_minutes BETWEEN 60 AND 720", name="half_day"),
        CheckConstraint(
            "night_from_minute BETWEEN 720 AND 1439 AND night_until_minute BETWEEN 1 AND 720", name="night"
        ),
        CheckConstraint(f"proration IN {PRORATIONS}", name="proration"),
        CheckConstraint("(step_percent IS NULL) = (step_months IS NULL)", name="steps"),
        CheckConstraint("step_percent > -100 AND step_percent <= 100 AND step_percent <> 0", name="step_percent"),
        CheckConstraint("step_months BETWEEN 1 AND 120", name="step_months"),
        CheckConstraint("deposit_months >= 0", name="deposit_months"),
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
    medium: Mapped[str | None] = mapped_column(Text)
    """What meters count: the price of its first tier; those above have rows of their own."""
    unit_price: Mapped[Decimal] = mapped_column(Numeric(14, 4))
    """Yuan per basis, with VAT or without as the tariff says; a rate, therefore not fen."""
    currency: Mapped[str] = mapped_column(Text, default="CNY")
    outside: Mapped[bool] = mapped_column(default=False, server_default="false")
    """Of a booking: for whoever has no agreement that runs; where there is none, the price of members holds."""
    minimum: Mapped[Decimal | None] = mapped_column(Numeric(14, 4))
    """Of a booking: it costs this at the least."""
    round_minutes: Mapped[int | None] = mapped_column(Integer)
    """Of a booking: its time counts up to the next so many minutes."""
    __table_args__ = (
        belongs_to("tariffs", "tariff_id"),
        belongs_to("resources", "resource_id"),
        CheckConstraint(f"charge_kind IN {CHARGE_KINDS}", name="charge_kind"),
        CheckConstraint(f"basis IN {BASES}", name="basis"),
        CheckConstraint("unit_price >= 0", name="unit_price"),
        CheckConstraint("num_nonnulls(unit_kind, resource_kind, resource_id, medium) = 1", name="one_subject"),
        CheckConstraint(f"(charge_kind = 'booking') = (basis IN {BOOKING_BASES})", name="bookings_by_time"),
        CheckConstraint("charge_kind = 'booking' OR (NOT outside AND minimum IS NULL AND round_minutes IS NULL)",
                        name="of_bookings"),
        CheckConstraint("minimum >= 0", name="minimum"),
        CheckConstraint("round_minutes BETWEEN 1 AND 1440", name="round_minutes"),
        CheckConstraint(
            "(charge_kind = 'booking') = (num_nonnulls(resource_kind, resource_id) = 1)", name="bookings_of_resources"
        ),
        CheckConstraint(f"medium IN {MEDIA}", name="medium"),
        CheckConstraint("(charge_kind = 'utilities') = (medium IS NOT NULL)", name="utilities_by_medium"),
        CheckConstraint("(basis = 'metered') = (medium IS NOT NULL)", name="metered"),
        UniqueConstraint(
            "operator_id", "tariff_id", "charge_kind", "unit_kind", "resource_kind", "resource_id", "medium",
            "basis", "outside", name="tariff_items_one_price", postgresql_nulls_not_distinct=True,
        ),
        {"info": APPEND_ONLY},
    )  # fmt: skip


class TariffTier(Owned, Base):
    """From so much a month on, a metered unit costs this: 200 kWh at 0.68, and at 0.95 above 200."""

    __tablename__ = "tariff_tiers"
    tariff_item_id: Mapped[int]
    above: Mapped[Decimal] = mapped_column(Numeric(14, 3))
    """Of a month's quantity."""
    unit_price: Mapped[Decimal] = mapped_column(Numeric(14, 4))
    __table_args__ = (
        belongs_to("tariff_items", "tariff_item_id"),
        UniqueConstraint("operator_id", "tariff_item_id", "above"),
        CheckConstraint("above > 0", name="above"),
        CheckConstraint("unit_price >= 0", name="unit_price"),
        {"info": APPEND_ONLY},
    )
