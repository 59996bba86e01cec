"""What was handed over and given back, thing by thing, with photos."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import CheckConstraint, Index, Integer, Numeric, Text
from sqlalchemy.orm import Mapped, mapped_column

from incubator.database import Base, Owned, belongs_to
from incubator.startups.rules.handovers import CONDITIONS, KINDS


class Handover(Owned, Base):
    """A list of what is handed over to a startup, or returned by it, on a day.

    Staff fill it in while they walk through the room and sign it; then a founder confirms it. Signed, it stands.
    """

    __tablename__ = "handovers"
    residency_id: Mapped[int]
    kind: Mapped[str] = mapped_column(Text)
    happened_on: Mapped[date]
    electricity: Mapped[Decimal | None] = mapped_column(Numeric(12, 2))
    """What the meter shows, in kWh."""
    water: Mapped[Decimal | None] = mapped_column(Numeric(12, 2))
    """What the meter shows, in m³."""
    note: Mapped[str] = mapped_column(Text, default="", server_default="")
    made_at: Mapped[datetime]
    made_by: Mapped[int | None]
    signed_at: Mapped[datetime | None]
    """When staff signed it; from then on nothing of it changes."""
    signed_by: Mapped[int | None]
    confirmed_at: Mapped[datetime | None]
    """When a founder confirmed it."""
    confirmed_by: Mapped[int | None]
    confirmed_note: Mapped[str] = mapped_column(Text, default="", server_default="")
    __table_args__ = (
        belongs_to("residencies", "residency_id"),
        belongs_to("people", "made_by"),
        belongs_to("people", "signed_by"),
        belongs_to("people", "confirmed_by"),
        CheckConstraint(f"kind IN {KINDS}", name="kind"),
        CheckConstraint("electricity >= 0 AND water >= 0", name="meters"),
        CheckConstraint("confirmed_at IS NULL OR signed_at IS NOT NULL", name="order"),
        CheckConstraint("(confirmed_at IS NULL) = (confirmed_by IS NULL)", name="confirmed"),
        Index(None, "operator_id", "residency_id"),
        {"info": {"grant": "SELECT, INSERT, UPDATE"}},
    )


class HandoverItem(Owned, Base):
    """A thing of a list, in a unit or in none, and how it is."""

    __tablename__ = "handover_items"
    handover_id: Mapped[int]
    unit_id: Mapped[int | None]
    place: Mapped[int] = mapped_column(Integer)
    thing: Mapped[str] = mapped_column(Text, default="", server_default="")
    """What it is of `THINGS`; empty: something of its own, see `name`."""
    name: Mapped[str] = mapped_column(Text)
    value_minor: Mapped[int | None]
    """What it costs to replace, in fen."""
    condition: Mapped[str | None] = mapped_column(Text)
    """None: not looked at yet."""
    remark: Mapped[str] = mapped_column(Text, default="", server_default="")
    __table_args__ = (
        belongs_to("handovers", "handover_id"),
        belongs_to("units", "unit_id"),
        CheckConstraint(f"condition IN {CONDITIONS}", name="condition"),
        CheckConstraint("name <> ''", name="name"),
        CheckConstraint("value_minor >= 0", name="value"),
        Index(None, "operator_id", "handover_id"),
        {"info": {"grant": "SELECT, INSERT, UPDATE"}},
    )


class HandoverPhoto(Owned, Base):
    """A photo of a thing, and the small one of it; made by us of what was sent, without its metadata."""

    __tablename__ = "handover_photos"
    item_id: Mapped[int]
    file_id: Mapped[int]
    small_file_id: Mapped[int]
    width: Mapped[int] = mapped_column(Integer)
    height: Mapped[int] = mapped_column(Integer)
    taken_at: Mapped[datetime]
    taken_by: Mapped[int | None]
    removed_at: Mapped[datetime | None]
    __table_args__ = (
        belongs_to("handover_items", "item_id"),
        belongs_to("stored_files", "file_id"),
        belongs_to("stored_files", "small_file_id"),
        belongs_to("people", "taken_by"),
        CheckConstraint("width > 0 AND height > 0", name="size"),
        Index(None, "operator_id", "item_id"),
        {"info": {"grant": "SELECT, INSERT, UPDATE"}},
    )
