"""Frozen reports: the figures of a closed period exactly as they were made, in one chain per operator, signed."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, Computed, ForeignKey, Index, Integer, LargeBinary, Text
from sqlalchemy import UniqueConstraint as Unique
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from incubator.database import APPEND_ONLY, Base, Owned, belongs_to

FIRST_LINK = bytes(32)
"""What the first report of a chain points back at."""


class FrozenReport(Owned, Base):
    """One report of a period, as canonical JSON with its SHA-256, and its place in the operator's chain; a correction
    is a next version.

    The statement says in canonical JSON what was frozen and after what; the link is its SHA-256, and what is signed.
    """

    __tablename__ = "frozen_reports"
    kind: Mapped[str] = mapped_column(Text)
    site_id: Mapped[int | None]
    """None: a report of the whole operator."""
    subject: Mapped[str] = mapped_column(Text, default="", server_default="")
    """Which one, where a kind has several for a site and period: the key of a saved report."""
    rhythm: Mapped[str] = mapped_column(Text, default="month", server_default="month")
    """How long the period is: month, quarter, half or year; or the day on which a saved report was made."""
    month: Mapped[date]
    """The first day of the period."""
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
    number: Mapped[int]
    """Its place in the operator's chain, from 1, without gaps."""
    previous: Mapped[bytes] = mapped_column(LargeBinary)
    """The link of the report before it."""
    statement: Mapped[str] = mapped_column(Text)
    link: Mapped[bytes] = mapped_column(LargeBinary)
    public_token: Mapped[str] = mapped_column(Text)
    """What the code on its paper leads to; 128 bits, so that none is found by trying."""
    __table_args__ = (
        belongs_to("sites", "site_id"),
        belongs_to("people", "frozen_by"),
        Unique("operator_id", "kind", "site_id", "subject", "rhythm", "month", "version",
               name="frozen_reports_version_key", postgresql_nulls_not_distinct=True),
        Unique("operator_id", "number"),
        Unique("operator_id", "public_token"),
        CheckConstraint("kind ~ '^[a-z][a-z0-9_]{0,39}$'", name="kind"),
        CheckConstraint("char_length(subject) <= 40", name="subject"),
        CheckConstraint("rhythm IN ('month', 'quarter', 'half', 'year', 'day')", name="rhythm"),
        CheckConstraint("rhythm = 'day' OR extract(day FROM month) = 1", name="period"),
        CheckConstraint("version = 1 OR reason <> ''", name="reason"),
        CheckConstraint("version >= 1", name="version"),
        CheckConstraint("octet_length(sha256) = 32", name="hash_length"),
        CheckConstraint("number >= 1", name="number"),
        CheckConstraint("octet_length(previous) = 32 AND octet_length(link) = 32", name="link_length"),
        CheckConstraint("char_length(public_token) = 26", name="public_token"),
        {"info": APPEND_ONLY},
    )  # fmt: skip


class ReportHead(Base):
    """The last link of each operator's chain of reports; its row lock gives them their numbers one after the other."""

    __tablename__ = "report_heads"
    operator_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("operators.operator_id"), primary_key=True)
    number: Mapped[int]
    link: Mapped[bytes] = mapped_column(LargeBinary)
    __table_args__ = ({"info": {"grant": "SELECT, INSERT, UPDATE"}},)


class ReportSignature(Owned, Base):
    """A key's Ed25519 signature over a report's link: made as the report is frozen, or by the nightly check for one
    that was frozen before there were keys."""

    __tablename__ = "report_signatures"
    report_id: Mapped[int]
    key_id: Mapped[int]
    signature: Mapped[bytes] = mapped_column(LargeBinary)
    signed_at: Mapped[datetime]
    __table_args__ = (
        belongs_to("frozen_reports", "report_id"),
        belongs_to("signing_keys", "key_id"),
        Unique("operator_id", "report_id", "key_id"),
        CheckConstraint("octet_length(signature) = 64", name="signature_length"),
        Index(None, "operator_id", "key_id"),
        {"info": APPEND_ONLY},
    )
