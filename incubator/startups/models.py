"""Startups (teams and companies) and their residencies (incubation agreements)."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal

from sqlalchemy import CheckConstraint, Index, Numeric, Text, UniqueConstraint, func
from sqlalchemy.dialects.postgresql import DATERANGE, Range
from sqlalchemy.orm import Mapped, mapped_column

from incubator.database import APPEND_ONLY, Base, Owned, belongs_to
from incubator.startups.people_rules import CATEGORIES


class Startup(Owned, Base):
    """A party in incubation: a team that is not registered yet, or a company."""

    __tablename__ = "startups"
    code: Mapped[str] = mapped_column(Text)
    """The operator's own short number, e.g. S-0042; stays the same from team to company."""
    name: Mapped[str] = mapped_column(Text)
    name_en: Mapped[str] = mapped_column(Text, default="", server_default="")
    kind: Mapped[str] = mapped_column(Text)
    credit_code: Mapped[str | None] = mapped_column(Text)
    registered_on: Mapped[date | None]
    industry: Mapped[str] = mapped_column(Text, default="", server_default="")
    """What it does, in its own words."""
    industry_code: Mapped[str] = mapped_column(Text, default="", server_default="")
    """Two to four digits of GB/T 4754-2017; empty: not said."""
    capital_minor: Mapped[int | None]
    """Registered capital, in fen of `capital_currency`."""
    paid_in_minor: Mapped[int | None]
    """What of it is paid in."""
    capital_currency: Mapped[str] = mapped_column(Text, default="CNY", server_default="CNY")
    contact_name: Mapped[str] = mapped_column(Text, default="", server_default="")
    contact_email: Mapped[str] = mapped_column(Text, default="", server_default="")
    contact_phone: Mapped[str] = mapped_column(Text, default="", server_default="")
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    __table_args__ = (
        UniqueConstraint("operator_id", "code"),
        UniqueConstraint("operator_id", "credit_code"),
        CheckConstraint("kind IN ('team', 'company')", name="kind"),
        CheckConstraint("(kind = 'company') = (credit_code IS NOT NULL)", name="company_has_code"),
        CheckConstraint("kind = 'company' OR registered_on IS NULL", name="team_not_registered"),
        CheckConstraint("industry_code ~ '^([0-9]{2,4})?$'", name="industry_code"),
        CheckConstraint("kind = 'company' OR num_nonnulls(capital_minor, paid_in_minor) = 0", name="team_no_capital"),
        CheckConstraint("capital_minor >= 0 AND paid_in_minor >= 0", name="capital"),
        CheckConstraint("paid_in_minor <= capital_minor", name="paid_in"),
        Index(None, "operator_id", "name"),
        {"info": {"grant": "SELECT, INSERT, UPDATE"}},
    )


class Residency(Owned, Base):
    """An incubation agreement of one startup at one site: a term, units, and the prices agreed for them."""

    __tablename__ = "residencies"
    startup_id: Mapped[int]
    site_id: Mapped[int]
    number: Mapped[str] = mapped_column(Text)
    """The agreement's number."""
    starts_on: Mapped[date]
    ends_on: Mapped[date | None]
    """The last day, inclusive; None: open-ended."""
    signed_on: Mapped[date | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    created_by: Mapped[int | None]
    ended_at: Mapped[datetime | None]
    """When it was ended before its term; `ends_on` then holds the day it ended on."""
    end_reason: Mapped[str | None] = mapped_column(Text)
    __table_args__ = (
        belongs_to("startups", "startup_id"),
        belongs_to("sites", "site_id"),
        belongs_to("people", "created_by"),
        UniqueConstraint("operator_id", "number"),
        CheckConstraint("ends_on IS NULL OR ends_on >= starts_on", name="term"),
        Index(None, "operator_id", "startup_id"),
        Index(None, "operator_id", "site_id"),
        {"info": {"grant": "SELECT, INSERT, UPDATE"}},
    )


class ResidencyPrice(Owned, Base):
    """A price agreed for one unit of a residency; copied from the tariff at signing and never touched by it."""

    __tablename__ = "residency_prices"
    residency_id: Mapped[int]
    unit_id: Mapped[int]
    charge_kind: Mapped[str] = mapped_column(Text)
    basis: Mapped[str] = mapped_column(Text)
    unit_price: Mapped[Decimal] = mapped_column(Numeric(14, 4))
    """Yuan, tax included, per basis and month."""
    currency: Mapped[str] = mapped_column(Text, default="CNY")
    __table_args__ = (
        belongs_to("residencies", "residency_id"),
        belongs_to("units", "unit_id"),
        UniqueConstraint("operator_id", "residency_id", "unit_id", "charge_kind"),
        CheckConstraint("charge_kind IN ('rent', 'property_fee')", name="charge_kind"),
        CheckConstraint("basis IN ('m2_month', 'unit_month')", name="basis"),
        CheckConstraint("unit_price >= 0", name="unit_price"),
        CheckConstraint("charge_kind = 'rent' OR basis = 'm2_month'", name="fee_by_area"),
        {"info": APPEND_ONLY},
    )


class Programme(Owned, Base):
    """What startups take part in for a time: a programme of the operator's, or a membership plan."""

    __tablename__ = "programmes"
    kind: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text)
    name_en: Mapped[str] = mapped_column(Text, default="", server_default="")
    created_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    """Since when nobody can join; who is in it stays in it."""
    __table_args__ = (
        CheckConstraint("kind IN ('programme', 'plan')", name="kind"),
        CheckConstraint("name <> ''", name="name"),
        UniqueConstraint("operator_id", "name"),
        {"info": {"grant": "SELECT, INSERT, UPDATE"}},
    )


class Enrolment(Owned, Base):
    """A startup in a programme or plan, on some days; never twice in one on the same day (`enrolments_no_overlap`)."""

    __tablename__ = "enrolments"
    programme_id: Mapped[int]
    startup_id: Mapped[int]
    days: Mapped[Range[date]] = mapped_column(DATERANGE)
    """From the first to the last day, as a half-open range; without an end: open-ended."""
    created_at: Mapped[datetime]
    __table_args__ = (
        belongs_to("programmes", "programme_id"),
        belongs_to("startups", "startup_id"),
        CheckConstraint("NOT isempty(days) AND lower_inc(days)", name="days"),
        Index(None, "operator_id", "startup_id"),
        {"info": {"grant": "SELECT, INSERT, UPDATE", "no_overlap": ("programme_id, startup_id", "days", "true")}},
    )


class RegisteredAddress(Owned, Base):
    """Where a company is registered, on some days; one at a time (`registered_addresses_no_overlap`).

    Many may be registered at one site (cluster registration); each then has the operator's consent, with a number.
    """

    __tablename__ = "registered_addresses"
    startup_id: Mapped[int]
    site_id: Mapped[int | None]
    """The site that it is registered at; None: elsewhere."""
    address: Mapped[str] = mapped_column(Text)
    days: Mapped[Range[date]] = mapped_column(DATERANGE)
    consent_number: Mapped[int | None]
    """Of the operator's letter of consent, gapless; given for an address at a site."""
    consent_on: Mapped[date | None]
    created_at: Mapped[datetime]
    created_by: Mapped[int | None]
    __table_args__ = (
        belongs_to("startups", "startup_id"),
        belongs_to("sites", "site_id"),
        belongs_to("people", "created_by"),
        UniqueConstraint("operator_id", "consent_number"),
        CheckConstraint("address <> ''", name="address"),
        CheckConstraint("NOT isempty(days) AND lower_inc(days)", name="days"),
        CheckConstraint("(site_id IS NULL) = (consent_number IS NULL)", name="consent_at_site"),
        CheckConstraint("(consent_number IS NULL) = (consent_on IS NULL)", name="consent"),
        Index(None, "operator_id", "site_id"),
        {"info": {"grant": "SELECT, INSERT, UPDATE", "no_overlap": ("startup_id", "days", "true")}},
    )


class Individual(Owned, Base):
    """A human who founds or works in startups: one row, in however many they stand."""

    __tablename__ = "individuals"
    name: Mapped[str] = mapped_column(Text)
    name_en: Mapped[str] = mapped_column(Text, default="", server_default="")
    id_kind: Mapped[str | None] = mapped_column(Text)
    id_hash: Mapped[bytes | None]
    """Keyed hash of their document's number, which is not kept: it tells who is the same."""
    id_tail: Mapped[str] = mapped_column(Text, default="", server_default="")
    """The number's last four characters, to be recognised by."""
    created_at: Mapped[datetime]
    __table_args__ = (
        CheckConstraint("name <> ''", name="name"),
        CheckConstraint("id_kind IN ('resident', 'passport', 'permit')", name="id_kind"),
        CheckConstraint("(id_kind IS NULL) = (id_hash IS NULL)", name="identity"),
        UniqueConstraint("operator_id", "id_hash"),
        Index(None, "operator_id", "name"),
        {"info": {"grant": "SELECT, INSERT, UPDATE"}},
    )


class Post(Owned, Base):
    """Somebody's part in a startup, on some days; of one startup one at a time (`posts_no_overlap`)."""

    __tablename__ = "posts"
    startup_id: Mapped[int]
    individual_id: Mapped[int]
    role: Mapped[str] = mapped_column(Text)
    title: Mapped[str] = mapped_column(Text, default="", server_default="")
    share_bp: Mapped[int | None]
    """A founder's share of the company, in hundredths of a percent."""
    days: Mapped[Range[date]] = mapped_column(DATERANGE)
    created_at: Mapped[datetime]
    created_by: Mapped[int | None]
    __table_args__ = (
        belongs_to("startups", "startup_id"),
        belongs_to("individuals", "individual_id"),
        belongs_to("people", "created_by"),
        CheckConstraint("role IN ('founder', 'employee')", name="role"),
        CheckConstraint("share_bp BETWEEN 0 AND 10000", name="share_bp"),
        CheckConstraint("NOT isempty(days) AND lower_inc(days)", name="days"),
        Index(None, "operator_id", "individual_id"),
        {"info": {"grant": "SELECT, INSERT, UPDATE", "no_overlap": ("startup_id, individual_id", "days", "true")}},
    )


class Standing(Owned, Base):
    """That somebody is of a category that policies ask for, on some days, with its evidence.

    Said by the startup or by staff; it counts once staff have confirmed it. It is never changed, only withdrawn.
    """

    __tablename__ = "standings"
    individual_id: Mapped[int]
    category: Mapped[str] = mapped_column(Text)
    evidence: Mapped[str] = mapped_column(Text)
    """Which document proves it: its kind, number and issuer."""
    days: Mapped[Range[date]] = mapped_column(DATERANGE)
    created_at: Mapped[datetime]
    created_by: Mapped[int | None]
    confirmed_at: Mapped[datetime | None]
    confirmed_by: Mapped[int | None]
    withdrawn_at: Mapped[datetime | None]
    withdrawn_reason: Mapped[str] = mapped_column(Text, default="", server_default="")
    __table_args__ = (
        belongs_to("individuals", "individual_id"),
        belongs_to("people", "created_by"),
        belongs_to("people", "confirmed_by"),
        CheckConstraint(f"category IN {tuple(CATEGORIES)}", name="category"),
        CheckConstraint("evidence <> ''", name="evidence"),
        CheckConstraint("NOT isempty(days) AND lower_inc(days)", name="days"),
        Index(None, "operator_id", "individual_id"),
        {"info": {"grant": "SELECT, INSERT, UPDATE"}},
    )

    @property
    def first(self) -> date:
        """The first day on which it holds."""
        assert self.days.lower is not None  # a named CHECK of the table
        return self.days.lower

    @property
    def last(self) -> date | None:
        """The last one, inclusive; None: until further notice."""
        return None if self.days.upper is None else self.days.upper - timedelta(days=1)
