"""Frozen reports: the figures of a closed month exactly as they were made."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, Computed, Integer, LargeBinary, Text, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from incubator.database import APPEND_ONLY, Base, Owned, belongs_to

KINDS = ("occupancy", "figures_month", "figures_quarter", "figures_half", "figures_year")


class FrozenReport(Owned, Base):
    """One report of one site and month, or of the period that begins with it, as canonical JSON with its SHA-256; a
    correction is a next version."""

    __tablename__ = "frozen_reports"
    kind: Mapped[str] = mapped_column(Text)
    site_id: Mapped[int]
    month: Mapped[date]
    version: Mapped[int] = mapped_column(Integer)
    definition: Mapped[str] = mapped_column(Text)
    """Which definition of the measures it was computed by, e.g. `occupancy/1`."""
    content: Mapped[str] = mapped_column(Text, deferred=True)
    """RFC 8785 canonical JSON."""
    figures: Mapped[Any] = mapped_column(JSONB, Computed("(content::jsonb) -> 'figures'", persisted=True))
    """The content's figures, for lists: taken out by the database, so that they can't differ from it."""
    sha256: Mapped[bytes] = mapped_column(LargeBinary)
    reason: Mapped[str] = mapped_column(Text, default="", server_default="")
    """Why a later version was made; empty for the first."""
    frozen_at: Mapped[datetime]
    frozen_by: Mapped[int | None]
    """None: the scheduled job."""
    __table_args__ = (
        belongs_to("sites", "site_id"),
        belongs_to("people", "frozen_by"),
        UniqueConstraint("operator_id", "kind", "site_id", "month", "version"),
        CheckConstraint(f"kind IN {KINDS}", name="kind"),
        CheckConstraint("version = 1 OR reason <> ''", name="reason"),
        CheckConstraint("version >= 1", name="version"),
        CheckConstraint("octet_length(sha256) = 32", name="hash_length"),
        {"info": APPEND_ONLY},
    )
