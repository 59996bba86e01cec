"""Bookings of resources, and the rules they are made under. Their time is held by allocations; the booking says by
whom, why and at what price."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, Date, Index, Integer, Text, UniqueConstraint, func
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TSTZRANGE, Range
from sqlalchemy.orm import Mapped, mapped_column

from incubator.bookings.attendance import ARRIVAL_SOURCES
from incubator.bookings.terms import HOLDERS, MEASURES, WINDOWS
from incubator.bookings.waiting import WAIT_ENDS
from incubator.core.recurrence import CALENDARS
from incubator.database import Base, Owned, belongs_to
from incubator.spaces.models import RESOURCE_KINDS, Timed


class BookingRule(Owned, Base):
    """Where it holds (empty: everywhere), and what it asks (empty: nothing). `terms.Rule` says what each means."""

    __tablename__ = "booking_rules"
    name: Mapped[str] = mapped_column(Text)
    name_en: Mapped[str] = mapped_column(Text, default="", server_default="")
    site_id: Mapped[int | None]
    resource_id: Mapped[int | None]
    resource_kind: Mapped[str | None] = mapped_column(Text)
    tag: Mapped[str | None] = mapped_column(Text)
    granularity_minutes: Mapped[int | None] = mapped_column(Integer)
    shortest_minutes: Mapped[int | None] = mapped_column(Integer)
    longest_minutes: Mapped[int | None] = mapped_column(Integer)
    notice_minutes: Mapped[int | None] = mapped_column(Integer)
    ahead_days: Mapped[int | None] = mapped_column(Integer)
    buffer_before_minutes: Mapped[int | None] = mapped_column(Integer)
    buffer_after_minutes: Mapped[int | None] = mapped_column(Integer)
    quota_most: Mapped[int | None] = mapped_column(Integer)
    quota_measure: Mapped[str | None] = mapped_column(Text)
    quota_window: Mapped[str | None] = mapped_column(Text)
    quota_of: Mapped[str | None] = mapped_column(Text)
    roles: Mapped[list[str] | None] = mapped_column(ARRAY(Text))
    approval_hours: Mapped[int | None] = mapped_column(Integer)
    fee_percent: Mapped[int | None] = mapped_column(Integer)
    fee_within_minutes: Mapped[int | None] = mapped_column(Integer)
    check_in_minutes: Mapped[int | None] = mapped_column(Integer)
    strikes_most: Mapped[int | None] = mapped_column(Integer)
    strikes_days: Mapped[int | None] = mapped_column(Integer)
    pause_days: Mapped[int | None] = mapped_column(Integer)
    visitors_most: Mapped[int | None] = mapped_column(Integer)
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    retired_at: Mapped[datetime | None]
    __table_args__ = (
        belongs_to("sites", "site_id"),
        belongs_to("resources", "resource_id"),
        CheckConstraint("name <> ''", name="name"),
        CheckConstraint(f"resource_kind IN {RESOURCE_KINDS}", name="resource_kind"),
        CheckConstraint("granularity_minutes BETWEEN 5 AND 1440", name="granularity"),
        CheckConstraint("shortest_minutes BETWEEN 5 AND 44640", name="shortest"),
        CheckConstraint("longest_minutes BETWEEN 5 AND 44640", name="longest"),
        CheckConstraint("shortest_minutes <= longest_minutes", name="shortest_is_not_longer"),
        CheckConstraint("notice_minutes BETWEEN 0 AND 44640", name="notice"),
        CheckConstraint("ahead_days BETWEEN 1 AND 731", name="ahead"),
        CheckConstraint("notice_minutes <= ahead_days * 1440", name="notice_within_ahead"),
        CheckConstraint("buffer_before_minutes BETWEEN 0 AND 1440", name="buffer_before"),
        CheckConstraint("buffer_after_minutes BETWEEN 0 AND 1440", name="buffer_after"),
        CheckConstraint("quota_most BETWEEN 1 AND 100000", name="quota"),
        CheckConstraint(
            "num_nonnulls(quota_most, quota_measure, quota_window, quota_of) IN (0, 4)", name="whole_quota"
        ),
        CheckConstraint(f"quota_measure IN {MEASURES}", name="quota_measure"),
        CheckConstraint(f"quota_window IN {WINDOWS}", name="quota_window"),
        CheckConstraint(f"quota_of IN {HOLDERS}", name="quota_of"),
        CheckConstraint("quota_window <> 'at_once' OR quota_measure = 'count'", name="at_once_is_counted"),
        CheckConstraint("cardinality(roles) > 0", name="roles"),
        CheckConstraint("approval_hours BETWEEN 1 AND 720", name="approval"),
        CheckConstraint("fee_percent BETWEEN 1 AND 100", name="fee"),
        CheckConstraint("fee_within_minutes BETWEEN 1 AND 44640", name="fee_within"),
        CheckConstraint("num_nonnulls(fee_percent, fee_within_minutes) IN (0, 2)", name="whole_fee"),
        CheckConstraint("check_in_minutes BETWEEN 5 AND 240", name="check_in"),
        CheckConstraint("strikes_most BETWEEN 1 AND 100", name="strikes"),
        CheckConstraint("strikes_days BETWEEN 1 AND 366", name="strikes_days"),
        CheckConstraint("pause_days BETWEEN 1 AND 366", name="pause"),
        CheckConstraint("num_nonnulls(strikes_most, strikes_days, pause_days) IN (0, 3)", name="whole_strikes"),
        CheckConstraint("visitors_most BETWEEN 0 AND 1000", name="visitors"),
        Index("booking_rules_name_key", "operator_id", "name", unique=True, postgresql_where="retired_at IS NULL"),
        {"info": {"grant": "SELECT, INSERT, UPDATE"}},
    )


class BookingRuleProgramme(Owned, Base):
    """A programme or plan whose startups a rule admits; a rule without any admits all."""

    __tablename__ = "booking_rule_programmes"
    rule_id: Mapped[int]
    programme_id: Mapped[int]
    __table_args__ = (
        belongs_to("booking_rules", "rule_id"),
        belongs_to("programmes", "programme_id"),
        UniqueConstraint("operator_id", "rule_id", "programme_id"),
        Index(None, "operator_id", "programme_id"),
    )


class BookingSeries(Owned, Base):
    """Bookings that were made together by a rule of RFC 5545; each of them stands for itself."""

    __tablename__ = "booking_series"
    site_id: Mapped[int]
    resource_id: Mapped[int]
    startup_id: Mapped[int | None]
    booked_by: Mapped[int | None]
    title: Mapped[str] = mapped_column(Text, default="", server_default="")
    attendees: Mapped[int | None] = mapped_column(Integer)
    rrule: Mapped[str] = mapped_column(Text)
    calendar: Mapped[str] = mapped_column(Text)
    """What the site's calendar makes of it: `core.recurrence.CALENDARS`."""
    first_on: Mapped[date]
    start_minute: Mapped[int] = mapped_column(Integer)
    """Wall time of the site, so that a change of clocks moves no meeting."""
    end_minute: Mapped[int] = mapped_column(Integer)
    unit_id: Mapped[int | None]
    """The one that was chosen of a pool; None: any."""
    except_on: Mapped[list[date]] = mapped_column(ARRAY(Date), default=list, server_default="{}")
    """Days that the rhythm falls on and that were left out: the EXDATE of RFC 5545."""
    created_at: Mapped[datetime]
    __table_args__ = (
        belongs_to("sites", "site_id"),
        belongs_to("resources", "resource_id"),
        belongs_to("startups", "startup_id"),
        belongs_to("people", "booked_by"),
        belongs_to("units", "unit_id"),
        CheckConstraint(f"calendar IN {CALENDARS}", name="calendar"),
        CheckConstraint("0 <= start_minute AND start_minute < end_minute AND end_minute <= 1440", name="order"),
        {"info": {"grant": "SELECT, INSERT, UPDATE"}},
    )


class Booking(Timed, Owned, Base):
    """One use of one resource for one period."""

    __tablename__ = "bookings"
    site_id: Mapped[int]
    resource_id: Mapped[int]
    startup_id: Mapped[int | None]
    """Who is charged; None: the operator's own, free use."""
    booked_by: Mapped[int | None]
    title: Mapped[str] = mapped_column(Text, default="", server_default="")
    attendees: Mapped[int | None] = mapped_column(Integer)
    price_minor: Mapped[int]
    currency: Mapped[str] = mapped_column(Text, default="CNY")
    quote: Mapped[Any] = mapped_column(JSONB, default=dict)
    """The price's derivation as it was shown and agreed: `pricing.rules.Quote` as data."""
    terms: Mapped[Any] = mapped_column(JSONB, default=list, server_default="[]")
    """The rules it was made under: `terms.Terms` as data."""
    series_id: Mapped[int | None]
    occurrence_on: Mapped[date | None]
    """The day of the series that it was made for, wherever it has been moved since."""
    unit_id: Mapped[int | None]
    """The one that was chosen of a pool; None: any, and the ledger says which it was given."""
    request_key: Mapped[str | None] = mapped_column(Text)
    """Sent by the form; the same form sent twice makes one booking."""
    created_at: Mapped[datetime]
    moved_at: Mapped[datetime | None]
    """When it last got another time or room: since then it stands in line for allowances."""
    awaiting_until: Mapped[datetime | None]
    """Where it needs approval: how long its time is held for it; it does not stand before `approved_at`."""
    approved_at: Mapped[datetime | None]
    approved_by: Mapped[int | None]
    cancelled_at: Mapped[datetime | None]
    cancelled_by: Mapped[int | None]
    cancel_reason: Mapped[str | None] = mapped_column(Text)
    fee_minor: Mapped[int] = mapped_column(default=0, server_default="0")
    """What cancelling it cost."""
    revision: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    """How often it was changed since it was made: the SEQUENCE of its calendar entry."""
    check_in_until: Mapped[datetime | None]
    """Where its rules ask for it: until when somebody must have come, or the rest of its time is given back."""
    arrived_at: Mapped[datetime | None]
    arrived_by: Mapped[int | None]
    arrival_source: Mapped[str | None] = mapped_column(Text)
    """The evidence: the code at the door, the front desk, or the person's own word."""
    left_at: Mapped[datetime | None]
    """When the rest was given back, because they left."""
    no_show_at: Mapped[datetime | None]
    excused_at: Mapped[datetime | None]
    """When staff said that the no-show is not to count."""
    excused_by: Mapped[int | None]
    excuse: Mapped[str | None] = mapped_column(Text)
    __table_args__ = (
        belongs_to("sites", "site_id"),
        belongs_to("resources", "resource_id"),
        belongs_to("startups", "startup_id"),
        belongs_to("people", "booked_by"),
        belongs_to("booking_series", "series_id"),
        belongs_to("people", "cancelled_by"),
        belongs_to("people", "approved_by"),
        belongs_to("people", "arrived_by"),
        belongs_to("people", "excused_by"),
        belongs_to("units", "unit_id"),
        UniqueConstraint("operator_id", "booked_by", "request_key"),
        CheckConstraint("(series_id IS NULL) = (occurrence_on IS NULL)", name="occurrence"),
        CheckConstraint("price_minor >= 0", name="price"),
        CheckConstraint("startup_id IS NOT NULL OR price_minor = 0", name="own_use_is_free"),
        CheckConstraint("NOT isempty(period) AND NOT lower_inf(period) AND NOT upper_inf(period)", name="period"),
        CheckConstraint("(cancelled_at IS NULL) = (cancel_reason IS NULL)", name="cancel_reason"),
        CheckConstraint("fee_minor = 0 OR cancelled_at IS NOT NULL", name="fee_of_cancelled"),
        CheckConstraint("fee_minor BETWEEN 0 AND price_minor", name="fee"),
        CheckConstraint("approved_at IS NULL OR awaiting_until IS NOT NULL", name="approved_was_awaited"),
        CheckConstraint(f"arrival_source IN {ARRIVAL_SOURCES}", name="arrival_source"),
        CheckConstraint("(arrived_at IS NULL) = (arrival_source IS NULL)", name="arrival"),
        CheckConstraint("num_nonnulls(arrived_at, no_show_at, cancelled_at) <= 1", name="one_outcome"),
        CheckConstraint("no_show_at IS NULL OR check_in_until IS NOT NULL", name="no_show_was_asked"),
        CheckConstraint("left_at IS NULL OR (no_show_at IS NULL AND cancelled_at IS NULL)", name="left_after_coming"),
        CheckConstraint("num_nonnulls(excused_at, excuse) IN (0, 2)", name="whole_excuse"),
        CheckConstraint("excused_at IS NULL OR no_show_at IS NOT NULL", name="excused_no_show"),
        Index("bookings_site_start_idx", "operator_id", "site_id", "starts_at"),
        Index("bookings_startup_start_idx", "operator_id", "startup_id", "starts_at"),
        Index("bookings_person_start_idx", "operator_id", "booked_by", "starts_at"),
        Index("bookings_long_idx", "operator_id", "starts_at", postgresql_where="is_long"),
        Index(None, "operator_id", "series_id", "occurrence_on"),
        Index(
            "bookings_awaiting_idx", "operator_id", "awaiting_until",
            postgresql_where="awaiting_until IS NOT NULL AND approved_at IS NULL AND cancelled_at IS NULL",
        ),
        Index(
            "bookings_check_in_idx", "operator_id", "check_in_until",
            postgresql_where="check_in_until IS NOT NULL AND arrived_at IS NULL AND no_show_at IS NULL "
            "AND cancelled_at IS NULL",
        ),
        Index("bookings_no_show_idx", "operator_id", "booked_by", "no_show_at",
              postgresql_where="no_show_at IS NOT NULL AND excused_at IS NULL"),
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

    @property
    def is_awaiting(self) -> bool:
        """Whether it waits for approval, as far as anybody has decided."""
        return self.awaiting_until is not None and self.approved_at is None and self.cancelled_at is None


class Wait(Owned, Base):
    """Somebody waits for a resource: for a length of time within a window; a slot is a window as long as that."""

    __tablename__ = "waits"
    site_id: Mapped[int]
    resource_id: Mapped[int]
    startup_id: Mapped[int]
    person_id: Mapped[int]
    window: Mapped[Range[datetime]] = mapped_column("wanted", TSTZRANGE)
    minutes: Mapped[int] = mapped_column(Integer)
    title: Mapped[str] = mapped_column(Text, default="", server_default="")
    attendees: Mapped[int | None] = mapped_column(Integer)
    created_at: Mapped[datetime]
    offered: Mapped[Range[datetime] | None] = mapped_column(TSTZRANGE)
    """What is kept for them, by allocations of the kind `offer`."""
    offered_at: Mapped[datetime | None]
    offer_until: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    end_reason: Mapped[str | None] = mapped_column(Text)
    booking_id: Mapped[int | None]
    """What came of it."""
    __table_args__ = (
        belongs_to("sites", "site_id"),
        belongs_to("resources", "resource_id"),
        belongs_to("startups", "startup_id"),
        belongs_to("people", "person_id"),
        belongs_to("bookings", "booking_id"),
        CheckConstraint("NOT isempty(wanted) AND NOT lower_inf(wanted) AND NOT upper_inf(wanted)", name="wanted"),
        CheckConstraint("minutes BETWEEN 5 AND 44640", name="minutes"),
        CheckConstraint("num_nonnulls(offered, offered_at, offer_until) IN (0, 3)", name="whole_offer"),
        CheckConstraint("offered <@ wanted", name="offered_as_wanted"),
        CheckConstraint(f"end_reason IN {WAIT_ENDS}", name="end_reason"),
        CheckConstraint("(ended_at IS NULL) = (end_reason IS NULL)", name="end"),
        CheckConstraint("(booking_id IS NOT NULL) = (end_reason = 'taken' AND end_reason IS NOT NULL)", name="taken"),
        Index("waits_line_idx", "operator_id", "resource_id", "id", postgresql_where="ended_at IS NULL"),
        Index("waits_offer_idx", "operator_id", "offer_until",
              postgresql_where="ended_at IS NULL AND offer_until IS NOT NULL"),
        Index(None, "operator_id", "person_id", "id"),
        {"info": {"grant": "SELECT, INSERT, UPDATE"}},
    )
