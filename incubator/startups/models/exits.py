"""How startups left: graduated, gone, removed, dissolved."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from incubator.database import Base, Owned, belongs_to

EXIT_KINDS = ("graduated", "left", "removed", "dissolved")


class Exit(Owned, Base):
    """The end of a startup's incubation on a day; a startup that comes back and leaves again has another one."""

    __tablename__ = "exits"
    startup_id: Mapped[int]
    kind: Mapped[str] = mapped_column(Text)
    happened_on: Mapped[date]
    """The last day on which it was here."""
    reason: Mapped[str] = mapped_column(Text)
    destination: Mapped[str] = mapped_column(Text, default="", server_default="")
    """Where it went: a park, an address, a new start."""
    decided_at: Mapped[datetime]
    decided_by: Mapped[int | None]
    revoked_at: Mapped[datetime | None]
    revoked_reason: Mapped[str] = mapped_column(Text, default="", server_default="")
    __table_args__ = (
        belongs_to("startups", "startup_id"),
        belongs_to("people", "decided_by"),
        CheckConstraint(f"kind IN {EXIT_KINDS}", name="kind"),
        CheckConstraint("reason <> ''", name="reason"),
        CheckConstraint("(revoked_at IS NULL) = (revoked_reason = '')", name="revoked"),
        Index(None, "operator_id", "startup_id"),
        Index(None, "operator_id", "kind", "happened_on"),
        {"info": {"grant": "SELECT, INSERT, UPDATE"}},
    )
