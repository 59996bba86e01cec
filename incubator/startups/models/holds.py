"""Holds (预占): units kept for somebody before there is an agreement."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from sqlalchemy import CheckConstraint, Index, Text
from sqlalchemy.dialects.postgresql import DATERANGE, Range
from sqlalchemy.orm import Mapped, mapped_column

from incubator.database import Base, Owned, belongs_to
from incubator.startups.rules.holds import ENDINGS


class UnitHold(Owned, Base):
    """Units kept for a startup, or for somebody by name, on some days: allocations of the kind `hold`.

    It keeps others away and is nobody's use. It ends when an agreement takes its units, by hand, or by its last day.
    """

    __tablename__ = "unit_holds"
    site_id: Mapped[int]
    startup_id: Mapped[int | None]
    for_whom: Mapped[str] = mapped_column(Text)
    """The name it is kept for; a startup's as it was then."""
    days: Mapped[Range[date]] = mapped_column(DATERANGE)
    reason: Mapped[str] = mapped_column(Text, default="", server_default="")
    created_at: Mapped[datetime]
    created_by: Mapped[int | None]
    released_at: Mapped[datetime | None]
    released_by: Mapped[int | None]
    ending: Mapped[str | None] = mapped_column(Text)
    """`signed`, `released` or `lapsed`."""
    residency_id: Mapped[int | None]
    """The agreement that took its units."""
    __table_args__ = (
        belongs_to("sites", "site_id"),
        belongs_to("startups", "startup_id"),
        belongs_to("people", "created_by"),
        belongs_to("people", "released_by"),
        belongs_to("residencies", "residency_id"),
        CheckConstraint("for_whom <> ''", name="for_whom"),
        CheckConstraint("NOT isempty(days) AND NOT lower_inf(days) AND NOT upper_inf(days)", name="days"),
        CheckConstraint(f"ending IN {ENDINGS}", name="ending"),
        CheckConstraint("(released_at IS NULL) = (ending IS NULL)", name="released"),
        CheckConstraint("(ending = 'signed') = (residency_id IS NOT NULL)", name="signed"),
        Index(None, "operator_id", "site_id"),
        {"info": {"grant": "SELECT, INSERT, UPDATE"}},
    )

    @property
    def first(self) -> date:
        """The first day on which the units are kept."""
        assert self.days.lower is not None  # a named CHECK of the table
        return self.days.lower

    @property
    def last(self) -> date:
        """The last one, inclusive."""
        assert self.days.upper is not None  # a named CHECK of the table
        return self.days.upper - timedelta(days=1)
