"""Events of a site: what is planned, who came, and what proves it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, Index, Integer, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import TSTZRANGE, Range
from sqlalchemy.orm import Mapped, mapped_column

from incubator.bookings.event_rules import AUDIENCES, EVENT_KINDS, MOST_PARTICIPANTS, STATES
from incubator.database import APPEND_ONLY, Base, Owned, belongs_to


class Event(Owned, Base):
    """A competition, a roadshow, a training …: when, where, for whom. Its place is held by its booking, as any use is;
    one that takes place elsewhere says where."""

    __tablename__ = "events"
    site_id: Mapped[int]
    """The site that organises it, and whose statistics it counts in."""
    kind: Mapped[str] = mapped_column(Text)
    title: Mapped[str] = mapped_column(Text)
    title_en: Mapped[str] = mapped_column(Text, default="", server_default="")
    period: Mapped[Range[datetime]] = mapped_column(TSTZRANGE)
    booking_id: Mapped[int | None]
    place: Mapped[str] = mapped_column(Text, default="", server_default="")
    """Where it is, where no booking says so."""
    audience: Mapped[str] = mapped_column(Text)
    organiser: Mapped[str] = mapped_column(Text, default="", server_default="")
    """Who stands behind it beside the operator; empty: the operator alone."""
    description: Mapped[str] = mapped_column(Text, default="", server_default="")
    state: Mapped[str] = mapped_column(Text, default="planned", server_default="planned")
    """Repeats what `cancelled_at` and the results say, for lists."""
    created_at: Mapped[datetime]
    created_by: Mapped[int | None]
    cancelled_at: Mapped[datetime | None]
    cancelled_by: Mapped[int | None]
    cancelled_reason: Mapped[str] = mapped_column(Text, default="", server_default="")
    __table_args__ = (
        belongs_to("sites", "site_id"),
        belongs_to("bookings", "booking_id"),
        belongs_to("people", "created_by"),
        belongs_to("people", "cancelled_by"),
        CheckConstraint(f"kind IN {EVENT_KINDS}", name="kind"),
        CheckConstraint("title <> ''", name="title"),
        CheckConstraint("NOT isempty(period) AND NOT lower_inf(period) AND NOT upper_inf(period)", name="period"),
        CheckConstraint("(booking_id IS NULL) = (place <> '')", name="place"),
        CheckConstraint(f"audience IN {AUDIENCES}", name="audience"),
        CheckConstraint(f"state IN {STATES}", name="state"),
        CheckConstraint("(state = 'cancelled') = (cancelled_at IS NOT NULL)", name="cancelled"),
        CheckConstraint("(cancelled_at IS NULL) = (cancelled_reason = '')", name="cancelled_says_why"),
        Index("events_booking_key", "operator_id", "booking_id", unique=True,
              postgresql_where="booking_id IS NOT NULL AND cancelled_at IS NULL"),
        Index("events_site_start_idx", "operator_id", "site_id", text("lower(period)")),
        Index("events_start_idx", "operator_id", text("lower(period)")),
        {"info": {"grant": "SELECT, INSERT, UPDATE"}},
    )  # fmt: skip

    @property
    def name(self) -> str:
        """As other things have names."""
        return self.title

    @property
    def name_en(self) -> str:
        return self.title_en

    @property
    def start(self) -> datetime:
        """Its first instant; the table holds no event without one."""
        assert self.period.lower is not None
        return self.period.lower

    @property
    def end(self) -> datetime:
        """The instant at which it is over."""
        assert self.period.upper is not None
        return self.period.upper


class EventResult(Owned, Base):
    """How many came, from which record it was counted. The newest number holds; a later one says why."""

    __tablename__ = "event_results"
    event_id: Mapped[int]
    number: Mapped[int] = mapped_column(Integer)
    """From 1, without gaps."""
    participants: Mapped[int] = mapped_column(Integer)
    counted_from: Mapped[str] = mapped_column(Text)
    """The sign-in sheet, the tickets, a count in the room."""
    reason: Mapped[str] = mapped_column(Text, default="", server_default="")
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[int | None]
    __table_args__ = (
        belongs_to("events", "event_id"),
        belongs_to("people", "recorded_by"),
        UniqueConstraint("operator_id", "event_id", "number"),
        CheckConstraint("number >= 1", name="number"),
        CheckConstraint(f"participants BETWEEN 1 AND {MOST_PARTICIPANTS}", name="participants"),
        CheckConstraint("counted_from <> ''", name="counted_from"),
        CheckConstraint("(number = 1) = (reason = '')", name="reason"),
        {"info": APPEND_ONLY},
    )


class EventParty(Owned, Base):
    """A startup or a mentor who took part, as a result says."""

    __tablename__ = "event_parties"
    result_id: Mapped[int]
    startup_id: Mapped[int | None]
    person_id: Mapped[int | None]
    """A mentor."""
    __table_args__ = (
        belongs_to("event_results", "result_id"),
        belongs_to("startups", "startup_id"),
        belongs_to("people", "person_id"),
        CheckConstraint("num_nonnulls(startup_id, person_id) = 1", name="one"),
        UniqueConstraint("operator_id", "result_id", "startup_id"),
        UniqueConstraint("operator_id", "result_id", "person_id"),
        Index(None, "operator_id", "startup_id"),
        Index(None, "operator_id", "person_id"),
        {"info": APPEND_ONLY},
    )


class EventDocument(Owned, Base):
    """A photo, a sign-in sheet, a programme: what shows that an event was held. Withdrawn as documents are."""

    __tablename__ = "event_documents"
    event_id: Mapped[int]
    document_id: Mapped[int]
    __table_args__ = (
        belongs_to("events", "event_id"),
        belongs_to("documents", "document_id"),
        UniqueConstraint("operator_id", "document_id"),
        Index(None, "operator_id", "event_id"),
        {"info": APPEND_ONLY},
    )


class EventCost(Owned, Base):
    """What was spent on an event: a cost of its site of the kind `events`, each of one event at the most."""

    __tablename__ = "event_costs"
    event_id: Mapped[int]
    cost_id: Mapped[int]
    __table_args__ = (
        belongs_to("events", "event_id"),
        belongs_to("site_costs", "cost_id"),
        UniqueConstraint("operator_id", "cost_id"),
        Index(None, "operator_id", "event_id"),
        {"info": {"grant": "SELECT, INSERT, DELETE"}},
    )
