"""Fapiaos: a startup's title data, what is asked for, the papers that are issued for it, batches, what became of each.

An invoice of the operator is no fapiao. It is asked for as a whole, and becomes one paper or several: the tax
authority's platform takes leases of real estate, and what is exempt, on papers of their own.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from incubator.billing.rules.fapiao import (
    BUSINESSES,
    BUYERS,
    CALL_STATES,
    EVENTS,
    FORMS,
    KINDS,
    LIVING,
    PROVIDERS,
    RED_REASONS,
    STATES,
    TIMINGS,
    WAYS,
)
from incubator.database import APPEND_ONLY, Base, Owned, belongs_to

UPDATED = {"grant": "SELECT, INSERT, UPDATE"}


class FapiaoTitle(Owned, Base):
    """What a startup has on its fapiaos, from a moment on; the newest version holds."""

    __tablename__ = "fapiao_titles"
    startup_id: Mapped[int]
    version: Mapped[int] = mapped_column(Integer)
    buyer: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(Text)
    """What it wants by itself; each request can say otherwise."""
    name: Mapped[str] = mapped_column(Text)
    tax_number: Mapped[str] = mapped_column(Text, default="", server_default="")
    general_taxpayer: Mapped[bool] = mapped_column(default=False, server_default="false")
    address: Mapped[str] = mapped_column(Text, default="", server_default="")
    phone: Mapped[str] = mapped_column(Text, default="", server_default="")
    bank: Mapped[str] = mapped_column(Text, default="", server_default="")
    account: Mapped[str] = mapped_column(Text, default="", server_default="")
    email: Mapped[str] = mapped_column(Text, default="", server_default="")
    created_at: Mapped[datetime]
    created_by: Mapped[int | None]
    __table_args__ = (
        belongs_to("startups", "startup_id"),
        belongs_to("people", "created_by"),
        UniqueConstraint("operator_id", "startup_id", "version"),
        CheckConstraint(f"buyer IN {BUYERS}", name="buyer"),
        CheckConstraint(f"kind IN {KINDS}", name="kind"),
        CheckConstraint("char_length(name) BETWEEN 1 AND 100", name="name"),
        CheckConstraint("buyer = 'individual' OR tax_number <> ''", name="tax_number"),
        CheckConstraint("kind = 'ordinary' OR (buyer = 'company' AND general_taxpayer AND address <> '' "
                        "AND phone <> '' AND bank <> '' AND account <> '')", name="special_is_complete"),
        {"info": APPEND_ONLY},
    )  # fmt: skip


class FapiaoSettings(Owned, Base):
    """When fapiaos are asked for, who issues them, and the tax code of each kind of charge; the newest row holds."""

    __tablename__ = "fapiao_settings"
    timing: Mapped[str] = mapped_column(Text)
    provider: Mapped[str] = mapped_column(Text)
    codes: Mapped[Any] = mapped_column(JSONB)
    """By kind of charge: the code of 19 digits, and the name on the paper."""
    created_at: Mapped[datetime]
    created_by: Mapped[int | None]
    __table_args__ = (
        belongs_to("people", "created_by"),
        CheckConstraint(f"timing IN {TIMINGS}", name="timing"),
        CheckConstraint(f"provider IN {PROVIDERS}", name="provider"),
        {"info": APPEND_ONLY},
    )


class FapiaoPlace(Owned, Base):
    """What a paper for a lease says of a site's real estate; the newest row of a site holds."""

    __tablename__ = "fapiao_places"
    site_id: Mapped[int]
    region: Mapped[str] = mapped_column(Text)
    """Province, city and district, as the platform lists them."""
    address: Mapped[str] = mapped_column(Text)
    certificate: Mapped[str] = mapped_column(Text)
    """The number of the certificate of title; 无 where there is none."""
    is_other_city: Mapped[bool]
    created_at: Mapped[datetime]
    created_by: Mapped[int | None]
    __table_args__ = (
        belongs_to("sites", "site_id"),
        belongs_to("people", "created_by"),
        CheckConstraint("region <> '' AND address <> '' AND certificate <> ''", name="complete"),
        Index(None, "operator_id", "site_id"),
        {"info": APPEND_ONLY},
    )


class FapiaoBatch(Owned, Base):
    """Requests that went to the platform together, with the file as it was written."""

    __tablename__ = "fapiao_batches"
    year: Mapped[int] = mapped_column(Integer)
    number: Mapped[int] = mapped_column(Integer)
    """Without gaps in its year: FPB-2026-0007."""
    way: Mapped[str] = mapped_column(Text)
    requests: Mapped[int] = mapped_column(Integer)
    papers: Mapped[int] = mapped_column(Integer)
    net_minor: Mapped[int]
    file_id: Mapped[int | None]
    sha256: Mapped[bytes | None] = mapped_column(LargeBinary)
    """Of the file; None where a provider was called instead."""
    made_at: Mapped[datetime]
    made_by: Mapped[int | None]
    __table_args__ = (
        belongs_to("stored_files", "file_id"),
        belongs_to("people", "made_by"),
        UniqueConstraint("operator_id", "year", "number"),
        CheckConstraint(f"way IN {WAYS}", name="way"),
        CheckConstraint("number > 0 AND requests > 0 AND papers >= requests AND net_minor > 0", name="not_empty"),
        CheckConstraint("(way = 'file') = (file_id IS NOT NULL)", name="file"),
        CheckConstraint("(file_id IS NULL) = (sha256 IS NULL)", name="hash"),
        {"info": APPEND_ONLY},
    )

    @property
    def label(self) -> str:
        """As printed: FPB-2026-0007."""
        return f"FPB-{self.year}-{self.number:04}"


class FapiaoRequest(Owned, Base):
    """That fapiaos are wanted for an invoice, with the title of that moment; one living one for each invoice.

    It is in one batch at most, because it has one place for it.
    """

    __tablename__ = "fapiao_requests"
    startup_id: Mapped[int]
    invoice_id: Mapped[int]
    title_id: Mapped[int]
    title: Mapped[Any] = mapped_column(JSONB)
    """Copied from the version that held."""
    kind: Mapped[str] = mapped_column(Text)
    net_minor: Mapped[int]
    tax_minor: Mapped[int]
    note: Mapped[str] = mapped_column(Text, default="", server_default="")
    """Printed under the paper's lines."""
    state: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text, default="", server_default="")
    batch_id: Mapped[int | None]
    asked_at: Mapped[datetime]
    asked_by: Mapped[int | None]
    __table_args__ = (
        belongs_to("startups", "startup_id"),
        belongs_to("invoices", "invoice_id"),
        belongs_to("fapiao_titles", "title_id"),
        belongs_to("fapiao_batches", "batch_id"),
        belongs_to("people", "asked_by"),
        CheckConstraint(f"kind IN {KINDS}", name="kind"),
        CheckConstraint(f"state IN {STATES}", name="state"),
        CheckConstraint("net_minor > 0 AND tax_minor BETWEEN 0 AND net_minor", name="amounts"),
        CheckConstraint("state <> 'returned' OR reason <> ''", name="returned_says_why"),
        CheckConstraint("(state = 'asked' AND batch_id IS NULL) OR (state = 'batched' AND batch_id IS NOT NULL) "
                        "OR state NOT IN ('asked', 'batched')", name="batch"),
        Index("fapiao_requests_living_key", "operator_id", "invoice_id", unique=True,
              postgresql_where=text(f"state IN {LIVING}")),
        Index(None, "operator_id", "state", "asked_at"),
        Index(None, "operator_id", "startup_id"),
        Index(None, "operator_id", "batch_id"),
        {"info": UPDATED},
    )  # fmt: skip


class Fapiao(Owned, Base):
    """One paper: a blue one of a request, or the red-letter one that takes a part or all of one back."""

    __tablename__ = "fapiaos"
    request_id: Mapped[int]
    startup_id: Mapped[int]
    invoice_id: Mapped[int]
    serial: Mapped[str] = mapped_column(Text)
    """Our own number, by which the platform's answer finds it, and the idempotency key of a provider."""
    kind: Mapped[str] = mapped_column(Text)
    business: Mapped[str] = mapped_column(Text)
    net_minor: Mapped[int]
    tax_minor: Mapped[int]
    """Both without a sign on red-letter ones, too."""
    content: Mapped[Any] = mapped_column(JSONB)
    """Its lines, with the codes and the place of that day."""
    reverses_id: Mapped[int | None]
    reason: Mapped[str | None] = mapped_column(Text)
    note: Mapped[str] = mapped_column(Text, default="", server_default="")
    given_up_at: Mapped[datetime | None]
    """A red-letter one that was asked for and is not issued after all."""
    number: Mapped[str | None] = mapped_column(Text)
    issued_on: Mapped[date | None]
    confirmation: Mapped[str] = mapped_column(Text, default="", server_default="")
    """The number of the confirmation form of a red-letter one."""
    created_at: Mapped[datetime]
    created_by: Mapped[int | None]
    __table_args__ = (
        belongs_to("fapiao_requests", "request_id"),
        belongs_to("startups", "startup_id"),
        belongs_to("invoices", "invoice_id"),
        belongs_to("fapiaos", "reverses_id"),
        belongs_to("people", "created_by"),
        UniqueConstraint("operator_id", "serial"),
        UniqueConstraint("operator_id", "number"),
        CheckConstraint("serial ~ '^[A-Z0-9]{1,20}$'", name="serial"),
        CheckConstraint("number ~ '^[0-9]{20}$'", name="number"),
        CheckConstraint("(number IS NULL) = (issued_on IS NULL)", name="issued"),
        CheckConstraint(f"kind IN {KINDS}", name="kind"),
        CheckConstraint(f"business IN {BUSINESSES}", name="business"),
        CheckConstraint("net_minor > 0 AND tax_minor BETWEEN 0 AND net_minor", name="amounts"),
        CheckConstraint(f"reason IN {RED_REASONS}", name="reason"),
        CheckConstraint("(reverses_id IS NULL) = (reason IS NULL)", name="red_says_why"),
        CheckConstraint("reverses_id IS NOT NULL OR (given_up_at IS NULL AND confirmation = '')", name="red_only"),
        CheckConstraint("reverses_id IS NULL OR number IS NULL OR confirmation ~ '^[0-9A-Za-z]{1,32}$'",
                        name="confirmed"),
        CheckConstraint("given_up_at IS NULL OR number IS NULL", name="one_end"),
        Index("fapiaos_red_waiting_key", "operator_id", "reverses_id", unique=True,
              postgresql_where=text("reverses_id IS NOT NULL AND number IS NULL AND given_up_at IS NULL")),
        Index(None, "operator_id", "request_id"),
        Index(None, "operator_id", "invoice_id"),
        {"info": UPDATED},
    )  # fmt: skip

    @property
    def is_red(self) -> bool:
        return self.reverses_id is not None


class FapiaoFile(Base):
    """A paper's file in one form, as the platform gave it."""

    __tablename__ = "fapiao_files"
    operator_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("operators.operator_id"), primary_key=True)
    fapiao_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    form: Mapped[str] = mapped_column(Text, primary_key=True)
    file_id: Mapped[int]
    __table_args__ = (
        belongs_to("fapiaos", "fapiao_id"),
        belongs_to("stored_files", "file_id"),
        CheckConstraint(f"form IN {FORMS}", name="form"),
        {"info": APPEND_ONLY},
    )


class FapiaoImport(Owned, Base):
    """A file of results that brought something new; the same one again brings nothing, and leaves no row."""

    __tablename__ = "fapiao_imports"
    file_id: Mapped[int]
    sha256: Mapped[bytes] = mapped_column(LargeBinary)
    papers: Mapped[int] = mapped_column(Integer)
    imported_at: Mapped[datetime]
    imported_by: Mapped[int | None]
    __table_args__ = (
        belongs_to("stored_files", "file_id"),
        belongs_to("people", "imported_by"),
        CheckConstraint("octet_length(sha256) = 32", name="hash"),
        CheckConstraint("papers > 0", name="papers"),
        {"info": APPEND_ONLY},
    )


class FapiaoEvent(Owned, Base):
    """What became of a request, in order."""

    __tablename__ = "fapiao_events"
    request_id: Mapped[int]
    fapiao_id: Mapped[int | None]
    what: Mapped[str] = mapped_column(Text)
    facts: Mapped[Any] = mapped_column(JSONB)
    happened_at: Mapped[datetime]
    done_by: Mapped[int | None]
    __table_args__ = (
        belongs_to("fapiao_requests", "request_id"),
        belongs_to("fapiaos", "fapiao_id"),
        belongs_to("people", "done_by"),
        CheckConstraint(f"what IN {EVENTS}", name="what"),
        Index(None, "operator_id", "request_id"),
        {"info": APPEND_ONLY},
    )


class FapiaoCall(Owned, Base):
    """A call of the provider that is to be made, or was: one for each paper, under the paper's serial as its key."""

    __tablename__ = "fapiao_calls"
    fapiao_id: Mapped[int]
    state: Mapped[str] = mapped_column(Text)
    attempts: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    due_at: Mapped[datetime]
    """Not before; while a worker is at it: until when it has it."""
    error: Mapped[str] = mapped_column(Text, default="", server_default="")
    created_at: Mapped[datetime]
    settled_at: Mapped[datetime | None]
    __table_args__ = (
        belongs_to("fapiaos", "fapiao_id"),
        UniqueConstraint("operator_id", "fapiao_id"),
        CheckConstraint(f"state IN {CALL_STATES}", name="state"),
        CheckConstraint("(state = 'waiting') = (settled_at IS NULL)", name="settled"),
        CheckConstraint("attempts >= 0", name="attempts"),
        Index("fapiao_calls_due_idx", "operator_id", "due_at", postgresql_where=text("state = 'waiting'")),
        {"info": UPDATED},
    )


class DemoFapiao(Owned, Base):
    """The memory of the local stand-in for a provider: what it was asked, by key. Nothing of ours reads it."""

    __tablename__ = "demo_fapiaos"
    key: Mapped[str] = mapped_column(Text)
    number: Mapped[str] = mapped_column(Text)
    confirmation: Mapped[str] = mapped_column(Text, default="", server_default="")
    issued_on: Mapped[date]
    content: Mapped[Any] = mapped_column(JSONB)
    asked: Mapped[int] = mapped_column(Integer, default=1, server_default="1")
    """How often it was asked for the same."""
    __table_args__ = (
        UniqueConstraint("operator_id", "key"),
        UniqueConstraint("operator_id", "number"),
        {"info": UPDATED},
    )
