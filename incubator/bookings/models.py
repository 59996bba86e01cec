"""Bookings of resources, and the rules they are made under. Their time is held by allocations; the booking says by
whom, why and at what price."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index, Integer, Text, UniqueConstraint, func, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TSTZRANGE, Range
from sqlalchemy.orm import Mapped, mapped_column

from incubator.bookings.terms import HOLDERS, MEASURES, WINDOWS
from incubator.core.recurrence import CALENDARS
from incubator.database import Base, Owned, belongs_to
from incubator.spaces.models import RESOURCE_KINDS


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
        Index("booking_rules_name_key", "operator_id", "name", unique=True, postgresql_where="retired_at IS NULL"),
        {"info": {"grant": "SELECT, INSERT, UPDATE"}},
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
    created_at: Mapped[datetime]
    __table_args__ = (
        belongs_to("sites", "site_id"),
        belongs_to("resources", "resource_id"),
        belongs_to("startups", "startup_id"),
        belongs_to("people", "booked_by"),
        CheckConstraint(f"calendar IN {CALENDARS}", name="calendar"),
        CheckConstraint("0 <= start_minute AND start_minute < end_minute AND end_minute <= 1440", name="order"),
        {"info": {"grant": "SELECT, INSERT, UPDATE"}},
    )


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
    terms: Mapped[Any] = mapped_column(JSONB, default=list, server_default="[]")
    """The rules it was made under: `terms.Terms` as data."""
    series_id: Mapped[int | None]
    occurrence_on: Mapped[date | None]
    """The day of the series that it was made for, wherever it has been moved since."""
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
    __table_args__ = (
        belongs_to("sites", "site_id"),
        belongs_to("resources", "resource_id"),
        belongs_to("startups", "startup_id"),
        belongs_to("people", "booked_by"),
        belongs_to("booking_series", "series_id"),
        belongs_to("people", "cancelled_by"),
        belongs_to("people", "approved_by"),
        UniqueConstraint("operator_id", "booked_by", "request_key"),
        CheckConstraint("(series_id IS NULL) = (occurrence_on IS NULL)", name="occurrence"),
        CheckConstraint("price_minor >= 0", name="price"),
        CheckConstraint("startup_id IS NOT NULL OR price_minor = 0", name="own_use_is_free"),
        CheckConstraint("NOT isempty(period) AND NOT lower_inf(period) AND NOT upper_inf(period)", name="period"),
        CheckConstraint("(cancelled_at IS NULL) = (cancel_reason IS NULL)", name="cancel_reason"),
        CheckConstraint("fee_minor = 0 OR cancelled_at IS NOT NULL", name="fee_of_cancelled"),
        CheckConstraint("fee_minor BETWEEN 0 AND price_minor", name="fee"),
        CheckConstraint("approved_at IS NULL OR awaiting_until IS NOT NULL", name="approved_was_awaited"),
        Index("bookings_site_start_idx", "operator_id", "site_id", text("lower(period)")),
        Index("bookings_startup_start_idx", "operator_id", "startup_id", text("lower(period)")),
        Index(None, "operator_id", "series_id", "occurrence_on"),
        Index("bookings_person_start_idx", "operator_id", "booked_by", text("lower(period)")),
        Index(
            "bookings_awaiting_idx", "operator_id", "awaiting_until",
            postgresql_where="awaiting_until IS NOT NULL AND approved_at IS NULL AND cancelled_at IS NULL",
        ),
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
