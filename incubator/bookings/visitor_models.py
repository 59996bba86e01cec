"""Visitors: people who come to a startup or to the operator, and do not sign in."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import CheckConstraint, Index, Text, text
from sqlalchemy.dialects.postgresql import TSTZRANGE, Range
from sqlalchemy.orm import Mapped, mapped_column

from incubator.bookings.visiting import VISIT_SOURCES, Visit
from incubator.core.periods import Interval
from incubator.database import Base, Owned, belongs_to


class Visitor(Owned, Base):
    """One visit of one person. Name, address, company and note are erased some days after it; that it was, stays."""

    __tablename__ = "visitors"
    site_id: Mapped[int]
    startup_id: Mapped[int | None]
    """Whose visitor; None: the operator's own."""
    host_id: Mapped[int]
    """Who receives them."""
    booking_id: Mapped[int | None]
    """What they come for; then its time and room are theirs."""
    expected: Mapped[Range[datetime]] = mapped_column(TSTZRANGE)
    name: Mapped[str] = mapped_column(Text)
    email: Mapped[str] = mapped_column(Text, default="", server_default="")
    """Empty: announced at the front desk only."""
    company: Mapped[str] = mapped_column(Text, default="", server_default="")
    note: Mapped[str] = mapped_column(Text, default="", server_default="")
    """For the front desk: a car's number."""
    locale: Mapped[str] = mapped_column(Text, default="zh_Hans", server_default="zh_Hans")
    invited_at: Mapped[datetime]
    invited_by: Mapped[int | None]
    arrived_at: Mapped[datetime | None]
    arrived_by: Mapped[int | None]
    """Who let them in."""
    arrival_source: Mapped[str | None] = mapped_column(Text)
    left_at: Mapped[datetime | None]
    cancelled_at: Mapped[datetime | None]
    cancelled_by: Mapped[int | None]
    erased_at: Mapped[datetime | None]
    __table_args__ = (
        belongs_to("sites", "site_id"),
        belongs_to("startups", "startup_id"),
        belongs_to("people", "host_id"),
        belongs_to("bookings", "booking_id"),
        belongs_to("people", "invited_by"),
        belongs_to("people", "arrived_by"),
        belongs_to("people", "cancelled_by"),
        CheckConstraint("NOT isempty(expected) AND NOT lower_inf(expected) AND NOT upper_inf(expected)",
                        name="expected"),
        CheckConstraint("name <> '' OR erased_at IS NOT NULL", name="name"),
        CheckConstraint("erased_at IS NULL OR (name = '' AND email = '' AND company = '' AND note = '')",
                        name="erased"),
        CheckConstraint("locale IN ('zh_Hans', 'en')", name="locale"),
        CheckConstraint(f"arrival_source IN {VISIT_SOURCES}", name="arrival_source"),
        CheckConstraint("(arrived_at IS NULL) = (arrival_source IS NULL)", name="arrival"),
        CheckConstraint("arrived_at IS NULL OR cancelled_at IS NULL", name="one_outcome"),
        CheckConstraint("left_at IS NULL OR (arrived_at IS NOT NULL AND left_at >= arrived_at)",
                        name="left_after_coming"),
        Index("visitors_site_start_idx", "operator_id", "site_id", text("lower(expected)")),
        Index("visitors_startup_start_idx", "operator_id", "startup_id", text("lower(expected)")),
        Index("visitors_host_start_idx", "operator_id", "host_id", text("lower(expected)")),
        Index(None, "operator_id", "booking_id"),
        Index("visitors_kept_idx", "operator_id", "id", postgresql_where="erased_at IS NULL"),
        {"info": {"grant": "SELECT, INSERT, UPDATE"}},
    )  # fmt: skip

    @property
    def start(self) -> datetime:
        """From when on they are expected."""
        assert self.expected.lower is not None  # a named CHECK of the table
        return self.expected.lower

    @property
    def end(self) -> datetime:
        """Until when."""
        assert self.expected.upper is not None  # a named CHECK of the table
        return self.expected.upper

    def visit(self, zone: str) -> Visit:
        """As the pure rules read it."""
        return Visit(Interval(self.start, self.end), ZoneInfo(zone), self.arrived_at, self.left_at, self.cancelled_at)
