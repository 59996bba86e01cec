"""Operators, people, roles, and the installation's own rows: identities, sessions, links, throttles.

A human being signs in as an `Identity` (a row of the installation, operator 0) and acts in each operator as a
`Person` of that operator. The `Affiliation` says to which operators an identity may switch.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    Text,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy import (
    Identity as IdentityColumn,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from incubator.database import Base, Owned, belongs_to

ROLES = ("owner", "manager", "front_desk", "finance", "auditor", "mentor", "founder", "member", "alumnus")
LOCALES = ("zh_Hans", "en")
_LOCALE_CHECK = "locale IN ('zh_Hans', 'en')"
KEY_KINDS = (
    "person_feed", "startup_feed", "resource_feed", "door", "pass", "application", "decision", "review",
)  # fmt: skip
_INSTALLATION_CHECK = "operator_id = 0"


class Operator(Base):
    """A company that runs spaces: the tenant. Row 0 is the installation."""

    __tablename__ = "operators"
    operator_id: Mapped[int] = mapped_column(BigInteger, IdentityColumn(), primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    name_en: Mapped[str] = mapped_column(Text, default="", server_default="")
    credit_code: Mapped[str | None] = mapped_column(Text)
    """Unified social credit code, GB 32100-2015; printed on its invoices."""
    address: Mapped[str] = mapped_column(Text, default="", server_default="")
    locale: Mapped[str] = mapped_column(Text, default="zh_Hans")
    currency: Mapped[str] = mapped_column(Text, default="CNY")
    visitor_days: Mapped[int] = mapped_column(Integer, default=30, server_default="30")
    """How many days after a visit the visitor's personal data are kept."""
    application_months: Mapped[int] = mapped_column(Integer, default=24, server_default="24")
    """How many months after its end an application that led nowhere is kept."""
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    __table_args__ = (
        CheckConstraint(_LOCALE_CHECK, name="locale"),
        CheckConstraint("visitor_days BETWEEN 1 AND 365", name="visitor_days"),
        CheckConstraint("application_months BETWEEN 1 AND 120", name="application_months"),
        CheckConstraint("char_length(name) BETWEEN 1 AND 200", name="name_length"),
        {"info": {"grant": "SELECT, INSERT, UPDATE"}},
    )


class Person(Owned, Base):
    """Someone known to one operator: staff, mentor, or one of a startup's people."""

    __tablename__ = "people"
    identity_id: Mapped[int | None]
    """The installation's identity with which this person signs in; None: does not sign in (yet)."""
    name: Mapped[str] = mapped_column(Text)
    email: Mapped[str] = mapped_column(Text)
    phone: Mapped[str] = mapped_column(Text, default="", server_default="")
    locale: Mapped[str] = mapped_column(Text, default="zh_Hans")
    theme: Mapped[str] = mapped_column(Text, default="auto", server_default="auto")
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    left_at: Mapped[datetime | None]
    """When the person's access ended; a person is never deleted, what they did stays theirs."""
    __table_args__ = (
        Index("people_email_key", "operator_id", text("lower(email)"), unique=True),
        UniqueConstraint("operator_id", "identity_id"),
        CheckConstraint(_LOCALE_CHECK, name="locale"),
        CheckConstraint("theme IN ('auto', 'light', 'dark')", name="theme"),
    )


class RoleGrant(Owned, Base):
    """One role of one person; `founder`, `member` and `alumnus` hold for one startup."""

    __tablename__ = "role_grants"
    person_id: Mapped[int]
    role: Mapped[str] = mapped_column(Text)
    startup_id: Mapped[int | None]
    granted_at: Mapped[datetime] = mapped_column(server_default=func.now())
    may_book: Mapped[bool] = mapped_column(default=True, server_default="true")
    sees_invoices: Mapped[bool] = mapped_column(default=False, server_default="false")
    """What a founder gives to a member; of every other role the table of permissions decides."""
    __table_args__ = (
        belongs_to("people", "person_id"),
        belongs_to("startups", "startup_id"),
        UniqueConstraint("operator_id", "person_id", "role", "startup_id", postgresql_nulls_not_distinct=True),
        CheckConstraint(f"role IN {ROLES}", name="role"),
        CheckConstraint("(role IN ('founder', 'member', 'alumnus')) = (startup_id IS NOT NULL)", name="startup_given"),
        CheckConstraint("role = 'member' OR (may_book AND NOT sees_invoices)", name="rights_of_members"),
        Index(None, "operator_id", "startup_id"),
    )


class Identity(Owned, Base):
    """A credential of the installation: one e-mail address and its password, whoever's person it is."""

    __tablename__ = "identities"
    email: Mapped[str] = mapped_column(Text)
    password_hash: Mapped[str | None] = mapped_column(Text)
    """argon2id; None: can't sign in by password."""
    locale: Mapped[str] = mapped_column(Text, default="zh_Hans")
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    password_changed_at: Mapped[datetime | None]
    email_confirmed_at: Mapped[datetime | None]
    """When a link mailed to the address was opened; None: nobody has shown yet that it is theirs."""
    __table_args__ = (
        Index("identities_email_key", "operator_id", text("lower(email)"), unique=True),
        CheckConstraint(_INSTALLATION_CHECK, name="of_installation"),
        CheckConstraint(_LOCALE_CHECK, name="locale"),
    )


class Affiliation(Base):
    """The installation's register: this identity is a person of that operator (`tenant_id`)."""

    __tablename__ = "affiliations"
    operator_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("operators.operator_id"), primary_key=True)
    identity_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    tenant_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    person_id: Mapped[int]
    """The person's id within the tenant."""
    __table_args__ = (
        belongs_to("identities", "identity_id"),
        ForeignKeyConstraint(["operator_id", "tenant_id"], ["tenants.operator_id", "tenants.tenant_id"]),
        CheckConstraint(_INSTALLATION_CHECK, name="of_installation"),
    )


class Tenant(Base):
    """The installation's register of operators: jobs walk it, the switcher names from it."""

    __tablename__ = "tenants"
    operator_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("operators.operator_id"), primary_key=True)
    tenant_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    name: Mapped[str] = mapped_column(Text)
    name_en: Mapped[str] = mapped_column(Text, default="", server_default="")
    __table_args__ = (CheckConstraint(_INSTALLATION_CHECK, name="of_installation"),)


class SignInSession(Owned, Base):
    """A signed-in browser. The cookie holds the token, the row its SHA-256; ending the row signs it out."""

    __tablename__ = "sign_in_sessions"
    token_hash: Mapped[bytes] = mapped_column(LargeBinary)
    identity_id: Mapped[int]
    tenant_id: Mapped[int | None]
    """The operator that this browser is looking at."""
    started_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    confirmed_at: Mapped[datetime]
    """When the password was last given: money and rights ask for a recent one."""
    ended_at: Mapped[datetime | None]
    browser: Mapped[str] = mapped_column(Text, default="", server_default="")
    """For telling one's browsers apart: Firefox on Windows."""
    __table_args__ = (
        belongs_to("identities", "identity_id"),
        UniqueConstraint("operator_id", "token_hash"),
        Index(None, "operator_id", "identity_id"),
        CheckConstraint(_INSTALLATION_CHECK, name="of_installation"),
    )


class SingleUseLink(Owned, Base):
    """A link to be mailed (invitation, password reset, confirmation of an address): works once, expires.

    Whoever asks for one writes this row without a token. `notices` makes the token when it writes the letter;
    only the token's SHA-256 stays here. So asking takes the same time whether the address is known or not, and
    accounts need not know that there is such a thing as mail.
    """

    __tablename__ = "single_use_links"
    purpose: Mapped[str] = mapped_column(Text)
    email: Mapped[str] = mapped_column(Text)
    locale: Mapped[str] = mapped_column(Text, default="zh_Hans")
    token_hash: Mapped[bytes | None] = mapped_column(LargeBinary)
    identity_id: Mapped[int | None]
    """Whose password or address it is about. A reset without one was asked for an unknown address: no letter."""
    tenant_id: Mapped[int | None]
    person_id: Mapped[int | None]
    """The person within the tenant whom an invitation is for."""
    payload: Mapped[Any] = mapped_column(JSONB, default=dict)
    """Names for the letter."""
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    mailed_at: Mapped[datetime | None]
    used_at: Mapped[datetime | None]
    withdrawn_at: Mapped[datetime | None]
    __table_args__ = (
        belongs_to("identities", "identity_id"),
        ForeignKeyConstraint(["operator_id", "tenant_id"], ["tenants.operator_id", "tenants.tenant_id"]),
        UniqueConstraint("operator_id", "token_hash"),
        CheckConstraint("purpose IN ('invitation', 'reset', 'confirmation')", name="purpose"),
        CheckConstraint("(mailed_at IS NULL) = (token_hash IS NULL)", name="mailed_has_token"),
        CheckConstraint("purpose <> 'confirmation' OR identity_id IS NOT NULL", name="identity_given"),
        CheckConstraint(
            "(purpose = 'invitation') = (tenant_id IS NOT NULL) AND (tenant_id IS NULL) = (person_id IS NULL)",
            name="person_given",
        ),
        CheckConstraint(_LOCALE_CHECK, name="locale"),
        CheckConstraint(_INSTALLATION_CHECK, name="of_installation"),
        Index("single_use_links_unmailed_idx", "operator_id", "id", postgresql_where="mailed_at IS NULL"),
        Index(None, "operator_id", "tenant_id", "person_id"),
        Index(None, "operator_id", "identity_id"),
    )


class AccessKey(Owned, Base):
    """A secret address that opens one thing without a sign-in: a calendar feed, a door's page, a visitor's pass."""

    __tablename__ = "access_keys"
    kind: Mapped[str] = mapped_column(Text)
    opens_id: Mapped[int]
    """The person, startup, resource, visitor, application, decision or reviewer; of which table, the kind says."""
    token_hash: Mapped[bytes] = mapped_column(LargeBinary)
    created_by: Mapped[int | None]
    created_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    __table_args__ = (
        belongs_to("people", "created_by"),
        UniqueConstraint("operator_id", "token_hash"),
        CheckConstraint(f"kind IN {KEY_KINDS}", name="kind"),
        CheckConstraint("octet_length(token_hash) = 32", name="token_hash"),
        Index("access_keys_live_key", "operator_id", "kind", "opens_id", unique=True,
              postgresql_where="revoked_at IS NULL"),
        {"info": {"grant": "SELECT, INSERT, UPDATE"}},
    )


class RateWindow(Base):
    """A counter of Flask-Limiter, kept here so that all web processes share it."""

    __tablename__ = "rate_windows"
    operator_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("operators.operator_id"), primary_key=True)
    key: Mapped[str] = mapped_column(Text, primary_key=True)
    hits: Mapped[int]
    expires_at: Mapped[datetime]
    __table_args__ = (
        CheckConstraint(_INSTALLATION_CHECK, name="of_installation"),
        Index(None, "operator_id", "expires_at"),
    )
