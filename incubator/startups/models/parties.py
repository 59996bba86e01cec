"""Startups (teams and companies), and where they are registered."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, Index, Text, UniqueConstraint, func
from sqlalchemy.dialects.postgresql import DATERANGE, Range
from sqlalchemy.orm import Mapped, mapped_column, validates

from incubator.database import Base, Owned, belongs_to
from incubator.startups.rules.duplicates import name_key


class Startup(Owned, Base):
    """A party in incubation: a team that is not registered yet, or a company."""

    __tablename__ = "startups"
    code: Mapped[str] = mapped_column(Text)
    """The operator's own short number, e.g. S-0042; stays the same from team to company."""
    name: Mapped[str] = mapped_column(Text)
    name_key: Mapped[str] = mapped_column(Text, default="", server_default="")
    """The name as the same party is found by it (`rules.duplicates.name_key`)."""
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
    follows_id: Mapped[int | None]
    """The startup that its founders had before, and that left or was dissolved."""
    __table_args__ = (
        belongs_to("startups", "follows_id"),
        UniqueConstraint("operator_id", "code"),
        UniqueConstraint("operator_id", "credit_code"),
        CheckConstraint("follows_id <> id", name="follows"),
        CheckConstraint("kind IN ('team', 'company')", name="kind"),
        CheckConstraint("(kind = 'company') = (credit_code IS NOT NULL)", name="company_has_code"),
        CheckConstraint("kind = 'company' OR registered_on IS NULL", name="team_not_registered"),
        CheckConstraint("industry_code ~ '^([0-9]{2,4})?$'", name="industry_code"),
        CheckConstraint("kind = 'company' OR num_nonnulls(capital_minor, paid_in_minor) = 0", name="team_no_capital"),
        CheckConstraint("capital_minor >= 0 AND paid_in_minor >= 0", name="capital"),
        CheckConstraint("paid_in_minor <= capital_minor", name="paid_in"),
        Index(None, "operator_id", "name"),
        Index(None, "operator_id", "name_key"),
        Index(None, "operator_id", "follows_id"),
        {"info": {"grant": "SELECT, INSERT, UPDATE"}},
    )

    @validates("name")
    def _key(self, _key: str, name: str) -> str:
        self.name_key = name_key(name)
        return name


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
    document_id: Mapped[int | None]
    """The letter as it was made; None: it waits for the worker."""
    created_at: Mapped[datetime]
    created_by: Mapped[int | None]
    __table_args__ = (
        belongs_to("startups", "startup_id"),
        belongs_to("sites", "site_id"),
        belongs_to("documents", "document_id"),
        belongs_to("people", "created_by"),
        UniqueConstraint("operator_id", "consent_number"),
        CheckConstraint("address <> ''", name="address"),
        CheckConstraint("NOT isempty(days) AND lower_inc(days)", name="days"),
        CheckConstraint("(site_id IS NULL) = (consent_number IS NULL)", name="consent_at_site"),
        CheckConstraint("(consent_number IS NULL) = (consent_on IS NULL)", name="consent"),
        CheckConstraint("document_id IS NULL OR consent_number IS NOT NULL", name="document"),
        Index(None, "operator_id", "site_id"),
        {"info": {"grant": "SELECT, INSERT, UPDATE", "no_overlap": ("startup_id", "days", "true")}},
    )
