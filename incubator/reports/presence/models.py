"""What doors, networks, desks, sensors and social-insurance lists said; who a badge is of; what was explained."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import CheckConstraint, Index, Integer, Numeric, Text, UniqueConstraint
from sqlalchemy.dialects.postgresql import DATERANGE, JSONB, Range
from sqlalchemy.orm import Mapped, mapped_column

from incubator.database import APPEND_ONLY, Base, Owned, belongs_to
from incubator.reports.presence.rules import (
    FEWEST_DAYS,
    FINDINGS,
    KEEP_DAYS,
    KINDS,
    M2_PER_PERSON,
    MOST_DAYS,
)


class PresenceSource(Owned, Base):
    """What posts evidence of one site: a door system, a network, desk check-ins, a sensor, a social-insurance list."""

    __tablename__ = "presence_sources"
    site_id: Mapped[int]
    name: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(Text)
    capacity: Mapped[int | None] = mapped_column(Integer)
    """How many people the area of a sensor holds; None: it has no such limit."""
    token: Mapped[str] = mapped_column(Text)
    """Its part of the address that it posts to; it names the operator, and is no secret."""
    secret: Mapped[str] = mapped_column(Text)
    """What it signs by, sealed; shown once."""
    secret_ends: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime]
    created_by: Mapped[int | None]
    retired_at: Mapped[datetime | None]
    __table_args__ = (
        belongs_to("sites", "site_id"),
        belongs_to("people", "created_by"),
        UniqueConstraint("operator_id", "token"),
        UniqueConstraint("operator_id", "site_id", "name"),
        CheckConstraint("name <> ''", name="name"),
        CheckConstraint(f"kind IN {KINDS}", name="kind"),
        CheckConstraint("capacity BETWEEN 1 AND 100000", name="capacity"),
        {"info": {"grant": "SELECT, INSERT, UPDATE"}},
    )


class PresenceBatch(Owned, Base):
    """One post or one file, with the SHA-256 of its bytes: where each event came from."""

    __tablename__ = "presence_batches"
    source_id: Mapped[int]
    sha256: Mapped[bytes]
    way: Mapped[str] = mapped_column(Text)
    accepted: Mapped[int] = mapped_column(Integer)
    known: Mapped[int] = mapped_column(Integer)
    refused: Mapped[int] = mapped_column(Integer)
    received_at: Mapped[datetime]
    received_by: Mapped[int | None]
    """Who sent the file; None: the source itself."""
    __table_args__ = (
        belongs_to("presence_sources", "source_id"),
        belongs_to("people", "received_by"),
        CheckConstraint("way IN ('api', 'file')", name="way"),
        CheckConstraint("octet_length(sha256) = 32", name="sha256"),
        CheckConstraint("least(accepted, known, refused) >= 0", name="counts"),
        Index(None, "operator_id", "source_id", "id"),
        {"info": {"grant": "SELECT, INSERT", "changes": ("accepted", "known", "refused")}},
    )


class PresenceEvent(Owned, Base):
    """What a source said: somebody was there from `starts_at` to `ends_at` (a moment without it), or how many were.

    Written once, never changed, and erased when its time is over; the month's sums stay. Of a person there is a keyed
    hash alone.
    """

    __tablename__ = "presence_events"
    source_id: Mapped[int]
    batch_id: Mapped[int]
    site_id: Mapped[int]
    external_id: Mapped[str] = mapped_column(Text)
    """The source's own; a repeated post changes nothing."""
    kind: Mapped[str] = mapped_column(Text)
    startup_id: Mapped[int | None]
    """The startup that the source itself named; else the badge says whose it is."""
    unit_id: Mapped[int | None]
    person_hash: Mapped[bytes | None]
    count: Mapped[int | None] = mapped_column(Integer)
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime | None]
    on: Mapped[date] = mapped_column("on_date")
    """The local day of its start; of a social-insurance list the month's first."""
    __table_args__ = (
        belongs_to("presence_sources", "source_id"),
        belongs_to("presence_batches", "batch_id"),
        belongs_to("sites", "site_id"),
        belongs_to("startups", "startup_id"),
        belongs_to("units", "unit_id"),
        UniqueConstraint("operator_id", "source_id", "external_id"),
        CheckConstraint("external_id <> '' AND char_length(external_id) <= 100", name="external_id"),
        CheckConstraint(f"kind IN {KINDS}", name="kind"),
        CheckConstraint("octet_length(person_hash) = 32", name="person_hash"),
        CheckConstraint("count BETWEEN 0 AND 100000", name="count"),
        CheckConstraint("num_nonnulls(person_hash, startup_id, count) > 0", name="says_something"),
        CheckConstraint("ends_at > starts_at AND ends_at <= starts_at + interval '24 hours'", name="session"),
        Index(None, "operator_id", "site_id", "on_date"),
        Index("presence_events_insured_idx", "operator_id", "on_date", postgresql_where="kind = 'social_insurance'"),
        {"info": {"grant": "SELECT, INSERT, DELETE"}},
    )


class PresenceBadge(Owned, Base):
    """Whose a card, telephone or account is, on some days; of several entries that cover a day the latest counts. Its
    number is not kept."""

    __tablename__ = "presence_badges"
    person_hash: Mapped[bytes]
    startup_id: Mapped[int]
    days: Mapped[Range[date]] = mapped_column(DATERANGE)
    created_at: Mapped[datetime]
    created_by: Mapped[int | None]
    __table_args__ = (
        belongs_to("startups", "startup_id"),
        belongs_to("people", "created_by"),
        CheckConstraint("octet_length(person_hash) = 32", name="person_hash"),
        CheckConstraint("NOT isempty(days) AND lower_inc(days)", name="days"),
        Index(None, "operator_id", "person_hash"),
        {"info": APPEND_ONLY},
    )


class PresenceNote(Owned, Base):
    """Why a finding is as it is, said by somebody. The latest counts, as long as the finding says the same."""

    __tablename__ = "presence_notes"
    site_id: Mapped[int]
    month: Mapped[date]
    kind: Mapped[str] = mapped_column(Text)
    key: Mapped[str] = mapped_column(Text)
    """Whom or what of its kind the finding is about."""
    sha256: Mapped[bytes]
    """Of what the finding said then."""
    note: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime]
    created_by: Mapped[int | None]
    __table_args__ = (
        belongs_to("sites", "site_id"),
        belongs_to("people", "created_by"),
        CheckConstraint("extract(day FROM month) = 1", name="month"),
        CheckConstraint(f"kind IN {FINDINGS}", name="kind"),
        CheckConstraint("note <> '' AND char_length(note) <= 500", name="note"),
        CheckConstraint("octet_length(sha256) = 32", name="sha256"),
        Index(None, "operator_id", "site_id", "month"),
        {"info": APPEND_ONLY},
    )


class PresenceSettings(Owned, Base):
    """How long events are kept, and how much room somebody needs: one row of an operator that set something."""

    __tablename__ = "presence_settings"
    keep_days: Mapped[int] = mapped_column(Integer, default=KEEP_DAYS)
    m2_per_person: Mapped[Decimal] = mapped_column(Numeric(5, 2), default=M2_PER_PERSON)
    changed_at: Mapped[datetime]
    changed_by: Mapped[int | None]
    __table_args__ = (
        belongs_to("people", "changed_by"),
        UniqueConstraint("operator_id"),
        CheckConstraint(f"keep_days BETWEEN {FEWEST_DAYS} AND {MOST_DAYS}", name="keep_days"),
        CheckConstraint("m2_per_person BETWEEN 1 AND 100", name="m2_per_person"),
        {"info": {"grant": "SELECT, INSERT, UPDATE"}},
    )


class PresenceMonth(Owned, Base):
    """The sums of a site's month, day by day, as they were when its events were erased."""

    __tablename__ = "presence_months"
    site_id: Mapped[int]
    month: Mapped[date]
    content: Mapped[dict[str, Any]] = mapped_column(JSONB)
    erased: Mapped[int] = mapped_column(Integer)
    """How many events it is the sum of."""
    created_at: Mapped[datetime]
    __table_args__ = (
        belongs_to("sites", "site_id"),
        UniqueConstraint("operator_id", "site_id", "month"),
        CheckConstraint("extract(day FROM month) = 1", name="month"),
        CheckConstraint("erased >= 0", name="erased"),
        {"info": APPEND_ONLY},
    )
