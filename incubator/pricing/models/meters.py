"""Meters of a site, and what they showed on which day."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import CheckConstraint, Index, Integer, Numeric, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from incubator.database import APPEND_ONLY, Base, Owned, belongs_to

MEDIA = ("electricity", "water", "gas", "network")
SHARED_BY = ("area", "headcount")
READING_KINDS = ("start", "reading", "exchange", "withdrawn")
READING_SOURCES = ("typed", "imported")


class Meter(Owned, Base):
    """A place at which something is measured: of one unit, or of the site, whose startups share what it counts.

    The device may be exchanged; the meter stays, and its readings say when (`exchange`).
    """

    __tablename__ = "meters"
    site_id: Mapped[int]
    unit_id: Mapped[int | None]
    """None: shared."""
    shared_by: Mapped[str | None] = mapped_column(Text)
    medium: Mapped[str] = mapped_column(Text)
    number: Mapped[str] = mapped_column(Text)
    """As it stands on the device that is there now."""
    place: Mapped[str] = mapped_column(Text, default="", server_default="")
    """Where one finds it."""
    digits: Mapped[int] = mapped_column(Integer)
    """Before the decimal point: one of 5 shows 00000 after 99999."""
    factor: Mapped[Decimal] = mapped_column(Numeric(10, 4))
    """What a unit of the display stands for: 40 behind a current transformer of 200/5."""
    installed_on: Mapped[date]
    removed_on: Mapped[date | None]
    """Its last day; nothing is expected of it any more."""
    created_at: Mapped[datetime]
    created_by: Mapped[int | None]
    __table_args__ = (
        belongs_to("sites", "site_id"),
        belongs_to("units", "unit_id"),
        belongs_to("people", "created_by"),
        CheckConstraint(f"medium IN {MEDIA}", name="medium"),
        CheckConstraint(f"shared_by IN {SHARED_BY}", name="shared_by"),
        CheckConstraint("(unit_id IS NULL) = (shared_by IS NOT NULL)", name="shared"),
        CheckConstraint("number <> ''", name="number"),
        CheckConstraint("digits BETWEEN 3 AND 10", name="digits"),
        CheckConstraint("factor > 0", name="factor"),
        CheckConstraint("removed_on >= installed_on", name="removed"),
        Index("meters_number_key", "operator_id", "site_id", "medium", "number", unique=True,
              postgresql_where="removed_on IS NULL"),
        Index(None, "operator_id", "unit_id"),
        {"info": {"grant": "SELECT, INSERT", "changes": ("number", "place", "digits", "factor", "removed_on")}},
    )  # fmt: skip


class MeterReading(Owned, Base):
    """What a meter showed at the end of a day. Written once: a correction is a newer row that names the old one.

    Of a meter and a day there is one chain of rows; the last of it holds, unless it is withdrawn.
    """

    __tablename__ = "meter_readings"
    meter_id: Mapped[int]
    read_on: Mapped[date]
    kind: Mapped[str] = mapped_column(Text, default="reading")
    """`start`: the first; `exchange`: the last of the old device, `next_start` the first of the new one."""
    reading: Mapped[Decimal] = mapped_column(Numeric(14, 3))
    next_start: Mapped[Decimal | None] = mapped_column(Numeric(14, 3))
    number: Mapped[str] = mapped_column(Text)
    """Of the device that was read, and so are its digits and factor."""
    digits: Mapped[int] = mapped_column(Integer)
    factor: Mapped[Decimal] = mapped_column(Numeric(10, 4))
    source: Mapped[str] = mapped_column(Text)
    photo_file_id: Mapped[int | None]
    small_file_id: Mapped[int | None]
    note: Mapped[str] = mapped_column(Text, default="", server_default="")
    supersedes_id: Mapped[int | None]
    created_at: Mapped[datetime]
    created_by: Mapped[int | None]
    __table_args__ = (
        belongs_to("meters", "meter_id"),
        belongs_to("meter_readings", "supersedes_id"),
        belongs_to("stored_files", "photo_file_id"),
        belongs_to("stored_files", "small_file_id"),
        belongs_to("people", "created_by"),
        UniqueConstraint("operator_id", "supersedes_id"),
        CheckConstraint(f"kind IN {READING_KINDS}", name="kind"),
        CheckConstraint("reading >= 0 AND reading < power(10::numeric, digits)", name="reading"),
        CheckConstraint("(kind = 'exchange') = (next_start IS NOT NULL)", name="exchange"),
        CheckConstraint("next_start >= 0", name="next_start"),
        CheckConstraint("digits BETWEEN 3 AND 10", name="digits"),
        CheckConstraint("factor > 0", name="factor"),
        CheckConstraint(f"source IN {READING_SOURCES}", name="source"),
        CheckConstraint("(photo_file_id IS NULL) = (small_file_id IS NULL)", name="photo"),
        CheckConstraint("kind <> 'withdrawn' OR (supersedes_id IS NOT NULL AND note <> '')", name="withdrawn"),
        Index("meter_readings_day_key", "operator_id", "meter_id", "read_on", unique=True,
              postgresql_where="supersedes_id IS NULL"),
        {"info": APPEND_ONLY},
    )  # fmt: skip
