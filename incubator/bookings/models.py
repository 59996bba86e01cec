"""Bookings of resources. Their time is held by allocations; the booking says by whom, why and at what price."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index, Integer, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB, TSTZRANGE, Range
from sqlalchemy.orm import Mapped, mapped_column

from incubator.database import Base, Owned, belongs_to


class Booking(Owned, Base):
    """One use of one resource for one period."""

    __tablename__ = "bookings"
    site_id: Mapped[int]
    resource_id: Mapped[int]
    startup_id: Mapped[int | None]
    """Who is charged; None: the operator's own, free use."""
    booked_by: Mapped[int | None]
    title: Mapped[str] = mapped_column(Text, default="", server_default="")
    attendees: Mapped[int | None] = mapped_column(Integer)
    period: Mapped[Range[datetime]] = mapped_column(TSTZRANGE)
    price_minor: Mapped[int]
    currency: Mapped[str] = mapped_column(Text, default="CNY")
    quote: Mapped[Any] = mapped_column(JSONB, default=dict)
    """The price's derivation as it was shown and agreed: `pricing.rules.Quote` as data."""
    request_key: Mapped[str | None] = mapped_column(Text)
    """Sent by the form; the same form sent twice makes one booking."""
    created_at: Mapped[datetime]
    cancelled_at: Mapped[datetime | None]
    cancelled_by: Mapped[int | None]
    cancel_reason: Mapped[str | None] = mapped_column(Text)
    __table_args__ = (
        belongs_to("sites", "site_id"),
        belongs_to("resources", "resource_id"),
        belongs_to("startups", "startup_id"),
        belongs_to("people", "booked_by"),
        belongs_to("people", "cancelled_by"),
        UniqueConstraint("operator_id", "booked_by", "request_key"),
        CheckConstraint("price_minor >= 0", name="price"),
        CheckConstraint("startup_id IS NOT NULL OR price_minor = 0", name="own_use_is_free"),
        CheckConstraint("NOT isempty(period) AND NOT lower_inf(period) AND NOT upper_inf(period)", name="period"),
        CheckConstraint("(cancelled_at IS NULL) = (cancel_reason IS NULL)", name="cancel_reason"),
        Index("bookings_site_start_idx", "operator_id", "site_id", text("lower(period)")),
        Index("bookings_startup_start_idx", "operator_id", "startup_id", text("lower(period)")),
    )

    @property
    def start(self) -> datetime:
        """Its first instant; the table holds no booking without one."""
        assert self.period.lower is not None
        return self.period.lower

    @property
    def end(self) -> datetime:
        """The instant from which on the units are free again."""
        assert self.period.upper is not None
        return self.period.upper
