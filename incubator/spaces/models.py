"""Sites, floors, units, resources, opening hours, and the allocation ledger."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Computed,
    ForeignKey,
    Index,
    Integer,
    Numeric,
    Text,
    UniqueConstraint,
    func,
)
from sqlalchemy.dialects.postgresql import ARRAY, DATERANGE, TSTZRANGE, Range
from sqlalchemy.orm import Mapped, mapped_column

from incubator.database import Base, Owned, belongs_to

UNIT_KINDS = ("desk", "office", "room", "hall", "instrument", "parking")
"""Of places: what stands on a floor and has an area."""
MENTOR = "mentor"
"""A unit that is somebody's time: on no floor, without area, in no count of places."""
PURPOSES = ("incubation", "public_service", "operator")
RESOURCE_KINDS = ("meeting_room", "hall", "desk", "instrument", "parking")
TAKES = ("all", "any")
CALENDARS = ("CN", "weekdays")
DAY_KINDS = ("workday", "restday", "closed")
HOLDER_KINDS = ("residency", "booking", "closure", "buffer", "offer", "hold", "session")
BUFFER = "buffer"
"""Time kept free beside a booking, by the booking's id: it keeps others away, and is nobody's use."""
OFFER = "offer"
"""Time kept for somebody on a waitlist while they decide, by the wait's id: nobody's use, either."""
HOLD = "hold"
"""Time kept for somebody before there is an agreement, by the hold's id: nobody's use, until one is signed."""
KEPT = (BUFFER, OFFER, HOLD)
SHORT = timedelta(days=1)
"""As nearly all bookings are: what may reach into a day began the day before, at the earliest."""
LONG = "upper_inf(period) OR upper(period) - lower(period) > '1 day'::interval"
"""What is not short."""


class Site(Owned, Base):
    """One space at one address, with its own time zone: its days and months are its own."""

    __tablename__ = "sites"
    code: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text)
    name_en: Mapped[str] = mapped_column(Text, default="", server_default="")
    address: Mapped[str] = mapped_column(Text, default="", server_default="")
    zone: Mapped[str] = mapped_column(Text, default="Asia/Shanghai")
    """IANA name."""
    latitude: Mapped[Decimal | None] = mapped_column(Numeric(8, 5))
    longitude: Mapped[Decimal | None] = mapped_column(Numeric(8, 5))
    """Degrees, WGS 84; None: not said."""
    calendar: Mapped[str] = mapped_column(Text, default="CN")
    """CN: China's statutory calendar with its swapped workdays; weekdays: Monday to Friday."""
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    __table_args__ = (
        UniqueConstraint("operator_id", "code"),
        CheckConstraint("calendar IN ('CN', 'weekdays')", name="calendar"),
        CheckConstraint("(latitude IS NULL) = (longitude IS NULL)", name="both_coordinates"),
        CheckConstraint("latitude BETWEEN -90 AND 90 AND longitude BETWEEN -180 AND 180", name="coordinates"),
    )


class CalendarOverride(Owned, Base):
    """A date on which the site does not follow its calendar: the year's notice came late, or it closes."""

    __tablename__ = "calendar_overrides"
    site_id: Mapped[int]
    on: Mapped[date] = mapped_column("on_date")
    day_kind: Mapped[str] = mapped_column(Text)
    note: Mapped[str] = mapped_column(Text, default="", server_default="")
    __table_args__ = (
        belongs_to("sites", "site_id"),
        UniqueConstraint("operator_id", "site_id", "on_date"),
        CheckConstraint("day_kind IN ('workday', 'restday', 'closed')", name="day_kind"),
    )


class OpeningHours(Owned, Base):
    """Open from `opens_minute` to `closes_minute` of local time on each `day_kind` day within `valid`."""

    __tablename__ = "opening_hours"
    site_id: Mapped[int]
    day_kind: Mapped[str] = mapped_column(Text)
    opens_minute: Mapped[int] = mapped_column(Integer)
    closes_minute: Mapped[int] = mapped_column(Integer)
    valid: Mapped[Range[date]] = mapped_column(DATERANGE)
    __table_args__ = (
        belongs_to("sites", "site_id"),
        CheckConstraint("day_kind IN ('workday', 'restday')", name="day_kind"),
        CheckConstraint("0 <= opens_minute AND opens_minute < closes_minute AND closes_minute <= 1440", name="order"),
        CheckConstraint("NOT isempty(valid)", name="valid"),
        Index(None, "operator_id", "site_id"),
    )


class Floor(Owned, Base):
    """One storey, or one wing of it."""

    __tablename__ = "floors"
    site_id: Mapped[int]
    name: Mapped[str] = mapped_column(Text)
    level: Mapped[int] = mapped_column(Integer, default=1)
    __table_args__ = (belongs_to("sites", "site_id"), UniqueConstraint("operator_id", "site_id", "name"))


class Unit(Owned, Base):
    """The smallest thing that one party at a time can occupy."""

    __tablename__ = "units"
    site_id: Mapped[int]
    floor_id: Mapped[int | None]
    """None: a mentor, who is on no floor."""
    code: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(Text)
    purpose: Mapped[str] = mapped_column(Text)
    """incubation: counts as incubation area; public_service: shared with tenants; operator: its own use."""
    area_m2: Mapped[Decimal] = mapped_column(Numeric(10, 2))
    zone: Mapped[str] = mapped_column(Text, default="", server_default="")
    """The part of the floor that it is in (an area, a cluster of desks), in the operator's words; empty: none."""
    in_service: Mapped[Range[date]] = mapped_column(DATERANGE)
    """The local dates on which the unit exists: the denominator of every occupancy figure."""
    __table_args__ = (
        belongs_to("sites", "site_id"),
        belongs_to("floors", "floor_id"),
        UniqueConstraint("operator_id", "site_id", "code"),
        CheckConstraint(f"kind IN {(*UNIT_KINDS, MENTOR)}", name="kind"),
        CheckConstraint(f"(kind = '{MENTOR}') = (floor_id IS NULL)", name="on_a_floor"),
        CheckConstraint("floor_id IS NOT NULL OR area_m2 = 0", name="only_places_have_area"),
        CheckConstraint(f"purpose IN {PURPOSES}", name="purpose"),
        CheckConstraint("area_m2 >= 0", name="area"),
        CheckConstraint("NOT isempty(in_service)", name="in_service"),
        Index(None, "operator_id", "floor_id"),
    )

    @property
    def on_floor(self) -> int:
        """The floor that it stands on: of a place, as all queries of places give them."""
        assert self.floor_id is not None
        return self.floor_id


class Resource(Owned, Base):
    """What one books: a room (its unit), a hall (all of its units), a pool of desks (any one of them)."""

    __tablename__ = "resources"
    site_id: Mapped[int]
    code: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text)
    name_en: Mapped[str] = mapped_column(Text, default="", server_default="")
    kind: Mapped[str] = mapped_column(Text)
    takes: Mapped[str] = mapped_column(Text, default="all")
    """all: a booking takes every unit; any: one free unit of the pool."""
    capacity: Mapped[int] = mapped_column(Integer, default=1)
    granularity_minutes: Mapped[int] = mapped_column(Integer, default=15)
    tags: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list, server_default="{}")
    """What it has (a screen, step-free access) and what rules hold for it by."""
    retired_at: Mapped[datetime | None]
    __table_args__ = (
        belongs_to("sites", "site_id"),
        UniqueConstraint("operator_id", "site_id", "code"),
        CheckConstraint(f"kind IN {RESOURCE_KINDS}", name="kind"),
        CheckConstraint("takes IN ('all', 'any')", name="takes"),
        CheckConstraint("capacity >= 1", name="capacity"),
        CheckConstraint("granularity_minutes BETWEEN 5 AND 1440", name="granularity"),
    )


class ResourceUnit(Base):
    """A unit that a resource consists of."""

    __tablename__ = "resource_units"
    operator_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("operators.operator_id"), primary_key=True)
    resource_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    unit_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    __table_args__ = (
        belongs_to("resources", "resource_id"),
        belongs_to("units", "unit_id"),
        Index(None, "operator_id", "unit_id"),
    )


class ResourceHours(Owned, Base):
    """The resource's own hours, within those of its site: as `OpeningHours`. Without any it follows its site."""

    __tablename__ = "resource_hours"
    resource_id: Mapped[int]
    day_kind: Mapped[str] = mapped_column(Text)
    opens_minute: Mapped[int] = mapped_column(Integer)
    closes_minute: Mapped[int] = mapped_column(Integer)
    valid: Mapped[Range[date]] = mapped_column(DATERANGE)
    __table_args__ = (
        belongs_to("resources", "resource_id"),
        CheckConstraint("day_kind IN ('workday', 'restday')", name="day_kind"),
        CheckConstraint("0 <= opens_minute AND opens_minute < closes_minute AND closes_minute <= 1440", name="order"),
        CheckConstraint("NOT isempty(valid)", name="valid"),
        Index(None, "operator_id", "resource_id"),
    )


class ResourceDay(Owned, Base):
    """A date on which a resource has other hours than usual: these, or (both empty) none at all."""

    __tablename__ = "resource_days"
    resource_id: Mapped[int]
    on: Mapped[date] = mapped_column("on_date")
    opens_minute: Mapped[int | None] = mapped_column(Integer)
    closes_minute: Mapped[int | None] = mapped_column(Integer)
    note: Mapped[str] = mapped_column(Text, default="", server_default="")
    __table_args__ = (
        belongs_to("resources", "resource_id"),
        UniqueConstraint("operator_id", "resource_id", "on_date"),
        CheckConstraint("(opens_minute IS NULL) = (closes_minute IS NULL)", name="both"),
        CheckConstraint("0 <= opens_minute AND opens_minute < closes_minute AND closes_minute <= 1440", name="order"),
    )


class ResourcePhoto(Owned, Base):
    """A picture of a resource, and the small one of it; made by us of what was sent, without its metadata."""

    __tablename__ = "resource_photos"
    resource_id: Mapped[int]
    file_id: Mapped[int]
    small_file_id: Mapped[int]
    place: Mapped[int] = mapped_column(Integer)
    """Its place in the order of the resource's photos, from 1."""
    alt: Mapped[str] = mapped_column(Text)
    """What is to be seen, for those who can't see it."""
    alt_en: Mapped[str] = mapped_column(Text, default="", server_default="")
    width: Mapped[int] = mapped_column(Integer)
    height: Mapped[int] = mapped_column(Integer)
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    removed_at: Mapped[datetime | None]
    __table_args__ = (
        belongs_to("resources", "resource_id"),
        belongs_to("stored_files", "file_id"),
        belongs_to("stored_files", "small_file_id"),
        CheckConstraint("place >= 1", name="place"),
        CheckConstraint("alt <> ''", name="alt"),
        CheckConstraint("width > 0 AND height > 0", name="size"),
        Index(None, "operator_id", "resource_id"),
        {"info": {"grant": "SELECT, INSERT, UPDATE"}},
    )


class FloorPlan(Owned, Base):
    """A picture of a floor, kept as it was sent; units are shapes over it, so that it need not know of them."""

    __tablename__ = "floor_plans"
    site_id: Mapped[int]
    name: Mapped[str] = mapped_column(Text)
    name_en: Mapped[str] = mapped_column(Text, default="", server_default="")
    file_id: Mapped[int]
    width: Mapped[int] = mapped_column(Integer)
    height: Mapped[int] = mapped_column(Integer)
    """Its canvas: the longer side is 1000, so that another picture of the same floor keeps the shapes."""
    revision: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    """How often its shapes were drawn: two who draw at once see that they do."""
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    retired_at: Mapped[datetime | None]
    __table_args__ = (
        belongs_to("sites", "site_id"),
        belongs_to("stored_files", "file_id"),
        CheckConstraint("name <> ''", name="name"),
        CheckConstraint("greatest(width, height) = 1000 AND least(width, height) >= 50", name="size"),
        Index("floor_plans_name_idx", "operator_id", "site_id", "name", unique=True,
              postgresql_where="retired_at IS NULL"),
        {"info": {"grant": "SELECT, INSERT, UPDATE"}},
    )


class UnitShape(Owned, Base):
    """Where a unit is on a plan: a polygon on the plan's canvas."""

    __tablename__ = "unit_shapes"
    plan_id: Mapped[int]
    unit_id: Mapped[int]
    points: Mapped[list[int]] = mapped_column(ARRAY(Integer))
    """x and y of each corner in turn; 3 to 40 corners."""
    __table_args__ = (
        belongs_to("floor_plans", "plan_id"),
        belongs_to("units", "unit_id"),
        UniqueConstraint("operator_id", "plan_id", "unit_id"),
        CheckConstraint("cardinality(points) BETWEEN 6 AND 80 AND mod(cardinality(points), 2) = 0", name="corners"),
        CheckConstraint("0 <= ALL (points) AND 1000 >= ALL (points)", name="inside"),
        Index(None, "operator_id", "unit_id"),
    )


class Closure(Owned, Base):
    """Units out of use for a reason: repair, cleaning, the operator's own event."""

    __tablename__ = "closures"
    site_id: Mapped[int]
    reason: Mapped[str] = mapped_column(Text)
    period: Mapped[Range[datetime]] = mapped_column(TSTZRANGE)
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    created_by: Mapped[int | None]
    lifted_at: Mapped[datetime | None]
    __table_args__ = (belongs_to("sites", "site_id"), belongs_to("people", "created_by"))


class Timed:
    """A row that lasts for a time."""

    period: Mapped[Range[datetime]] = mapped_column(TSTZRANGE)
    starts_at: Mapped[datetime] = mapped_column(Computed("lower(period)", persisted=True))
    is_long: Mapped[bool] = mapped_column(Computed(LONG, persisted=True))
    """Longer than a day, or open-ended. With `starts_at` it finds what overlaps a time by an index that row-level
    security lets be used, which it does not for ranges: see `overlapping`."""


class Allocation(Timed, Owned, Base):
    """The ledger: this unit is taken for this period. Two live rows of one unit never overlap.

    Never deleted: a released one is cut short or voided, with time, actor and reason. The constraint
    `allocations_no_overlap` is added by the migration, in the form that the server can hold.
    """

    __tablename__ = "allocations"
    site_id: Mapped[int]
    unit_id: Mapped[int]
    holder_kind: Mapped[str] = mapped_column(Text)
    holder_id: Mapped[int]
    """The residency, booking, closure, wait or hold that took it; the ledger knows no more of it."""
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    created_by: Mapped[int | None]
    voided_at: Mapped[datetime | None]
    voided_by: Mapped[int | None]
    void_reason: Mapped[str | None] = mapped_column(Text)
    __table_args__ = (
        belongs_to("sites", "site_id"),
        belongs_to("units", "unit_id"),
        belongs_to("people", "created_by"),
        belongs_to("people", "voided_by"),
        CheckConstraint(f"holder_kind IN {HOLDER_KINDS}", name="holder_kind"),
        CheckConstraint("NOT isempty(period) AND NOT lower_inf(period)", name="period"),
        CheckConstraint("lower_inc(period) AND NOT upper_inc(period)", name="half_open"),
        CheckConstraint("(voided_at IS NULL) = (void_reason IS NULL)", name="void_reason"),
        Index(None, "operator_id", "holder_kind", "holder_id"),
        Index(None, "operator_id", "site_id", "is_long", "starts_at"),
        Index("allocations_unit_start_idx", "operator_id", "unit_id", "is_long", "starts_at",
              postgresql_where="voided_at IS NULL"),
        {"info": {"grant": "SELECT, INSERT, UPDATE", "no_overlap": ("unit_id", "period", "voided_at IS NULL")}},
    )
