"""Vouchers (创新券): their series, who is paid by them, who asks for one, who has one."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import CheckConstraint, Index, Integer, LargeBinary, Numeric, Text, UniqueConstraint
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from incubator.database import Base, Owned, belongs_to
from incubator.subsidies.rules.vouchers import LONGEST_VALIDITY, OUTCOMES, USES, WAYS, WHO

_USES = f"uses <@ ARRAY[{', '.join(repr(use) for use in USES)}]::text[] AND cardinality(uses) > 0"


class VoucherSeries(Owned, Base):
    """Vouchers of one kind: who issues them, out of which budget, for how much, for what.

    Its terms stand from the first day on: what changes is its budget, and that no more are issued. Another year of the
    policy is another series.
    """

    __tablename__ = "voucher_series"
    code: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text)
    name_en: Mapped[str] = mapped_column(Text, default="", server_default="")
    issuer: Mapped[str] = mapped_column(Text)
    source: Mapped[str] = mapped_column(Text)
    """The policy's title, number and article."""
    budget_minor: Mapped[int]
    committed_minor: Mapped[int] = mapped_column(default=0, server_default="0")
    """Face values issued, less what has expired: never above the budget."""
    face_minor: Mapped[int]
    share_percent: Mapped[Decimal] = mapped_column(Numeric(5, 2))
    """What of a price it bears."""
    yearly_limit_minor: Mapped[int | None]
    """For a startup in a calendar year, by the day of the order."""
    valid_days: Mapped[int] = mapped_column(Integer)
    uses: Mapped[list[str]] = mapped_column(ARRAY(Text))
    issued_by: Mapped[str] = mapped_column(Text)
    who: Mapped[str] = mapped_column(Text)
    registered_months: Mapped[int | None] = mapped_column(Integer)
    """Only for companies registered at most so many months ago."""
    most_each: Mapped[int] = mapped_column(Integer)
    """How many a startup can have of it."""
    first_on: Mapped[date]
    last_on: Mapped[date]
    """The days on which it is issued."""
    closed_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    created_by: Mapped[int | None]
    __table_args__ = (
        belongs_to("people", "created_by"),
        UniqueConstraint("operator_id", "code"),
        CheckConstraint("code <> '' AND name <> '' AND issuer <> '' AND source <> ''", name="said"),
        CheckConstraint("committed_minor BETWEEN 0 AND budget_minor", name="budget"),
        CheckConstraint("face_minor > 0", name="face"),
        CheckConstraint("share_percent > 0 AND share_percent <= 100", name="share"),
        CheckConstraint("yearly_limit_minor > 0", name="yearly_limit"),
        CheckConstraint(f"valid_days BETWEEN 1 AND {LONGEST_VALIDITY}", name="valid_days"),
        CheckConstraint(_USES, name="uses"),
        CheckConstraint(f"issued_by IN {WAYS}", name="issued_by"),
        CheckConstraint(f"who IN {WHO}", name="who"),
        CheckConstraint("registered_months > 0", name="registered_months"),
        CheckConstraint("most_each BETWEEN 1 AND 100", name="most_each"),
        CheckConstraint("last_on >= first_on", name="days"),
        {"info": {"grant": "SELECT, INSERT, UPDATE"}},
    )


class ServiceProvider(Owned, Base):
    """Who serves startups for vouchers, and is paid by settlement."""

    __tablename__ = "service_providers"
    name: Mapped[str] = mapped_column(Text)
    credit_code: Mapped[str | None] = mapped_column(Text)
    offers: Mapped[str] = mapped_column(Text, default="", server_default="")
    """What it does, in its own words."""
    uses: Mapped[list[str]] = mapped_column(ARRAY(Text))
    bank: Mapped[str] = mapped_column(Text, default="", server_default="")
    account: Mapped[str] = mapped_column(Text, default="", server_default="")
    contact: Mapped[str] = mapped_column(Text, default="", server_default="")
    mentor_id: Mapped[int | None]
    """Where it is a mentor of the operator's, whose sessions are ordered."""
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    """Since when nothing more is ordered from it; what was, is redeemed and settled."""
    __table_args__ = (
        belongs_to("mentors", "mentor_id"),
        UniqueConstraint("operator_id", "name"),
        UniqueConstraint("operator_id", "credit_code"),
        UniqueConstraint("operator_id", "mentor_id"),
        CheckConstraint("name <> ''", name="name"),
        CheckConstraint(_USES, name="uses"),
        {"info": {"grant": "SELECT, INSERT, UPDATE"}},
    )


class VoucherApplication(Owned, Base):
    """A startup asks for a voucher of a series; one at a time."""

    __tablename__ = "voucher_applications"
    series_id: Mapped[int]
    startup_id: Mapped[int]
    purpose: Mapped[str] = mapped_column(Text)
    """What it is to be used for."""
    sent_at: Mapped[datetime]
    sent_by: Mapped[int | None]
    outcome: Mapped[str | None] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text, default="", server_default="")
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[int | None]
    __table_args__ = (
        belongs_to("voucher_series", "series_id"),
        belongs_to("startups", "startup_id"),
        belongs_to("people", "sent_by"),
        belongs_to("people", "decided_by"),
        CheckConstraint("purpose <> ''", name="purpose"),
        CheckConstraint(f"outcome IN {OUTCOMES}", name="outcome"),
        CheckConstraint("(outcome IS NULL) = (decided_at IS NULL)", name="decided"),
        CheckConstraint("outcome IS DISTINCT FROM 'refused' OR reason <> ''", name="refused_says_why"),
        Index("voucher_applications_open_key", "operator_id", "series_id", "startup_id", unique=True,
              postgresql_where="decided_at IS NULL"),
        Index(None, "operator_id", "startup_id"),
        {"info": {"grant": "SELECT, INSERT, UPDATE"}},
    )  # fmt: skip


class Voucher(Owned, Base):
    """One voucher of one startup; what is left of it stands in the last of its entries."""

    __tablename__ = "vouchers"
    year: Mapped[int] = mapped_column(Integer)
    number: Mapped[int] = mapped_column(Integer)
    """Without gaps in the year."""
    series_id: Mapped[int]
    startup_id: Mapped[int]
    application_id: Mapped[int | None]
    """None: it was issued by the series' rule."""
    face_minor: Mapped[int]
    valid_from: Mapped[date]
    valid_until: Mapped[date]
    """The last day on which one can order by it."""
    code_salt: Mapped[bytes] = mapped_column(LargeBinary)
    """What its code is made from, together with the secret of the installation; the code itself is nowhere kept."""
    issued_at: Mapped[datetime]
    issued_by: Mapped[int | None]
    __table_args__ = (
        belongs_to("voucher_series", "series_id"),
        belongs_to("startups", "startup_id"),
        belongs_to("voucher_applications", "application_id"),
        belongs_to("people", "issued_by"),
        UniqueConstraint("operator_id", "year", "number"),
        UniqueConstraint("operator_id", "application_id"),
        CheckConstraint("number >= 1", name="number"),
        CheckConstraint("face_minor > 0", name="face"),
        CheckConstraint("valid_until >= valid_from", name="validity"),
        CheckConstraint("octet_length(code_salt) = 16", name="code_salt"),
        Index(None, "operator_id", "startup_id"),
        Index(None, "operator_id", "series_id"),
        Index(None, "operator_id", "valid_until"),
        {"info": {"grant": "SELECT, INSERT, UPDATE"}},
    )

    @property
    def label(self) -> str:
        """Its number as it is written: V-2026-0001."""
        return f"V-{self.year}-{self.number:04}"
