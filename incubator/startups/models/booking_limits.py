"""That a startup's people can't book any more for the time being."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, Index, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from incubator.database import Base, Owned, belongs_to
from incubator.startups.rules.booking_limits import REASONS


class BookingLimit(Owned, Base):
    """Who sets it says since when and why, and takes it back; booking asks only whether one stands."""

    __tablename__ = "booking_limits"
    startup_id: Mapped[int]
    reason: Mapped[str] = mapped_column(Text)
    since_on: Mapped[date]
    created_at: Mapped[datetime]
    created_by: Mapped[int | None]
    lifted_at: Mapped[datetime | None]
    lifted_by: Mapped[int | None]
    __table_args__ = (
        belongs_to("startups", "startup_id"),
        belongs_to("people", "created_by"),
        belongs_to("people", "lifted_by"),
        CheckConstraint(f"reason IN {REASONS}", name="reason"),
        CheckConstraint("lifted_by IS NULL OR lifted_at IS NOT NULL", name="lifted"),
        Index("booking_limits_one_key", "operator_id", "startup_id", "reason", unique=True,
              postgresql_where=text("lifted_at IS NULL")),
        {"info": {"grant": "SELECT, INSERT, UPDATE"}},
    )  # fmt: skip
