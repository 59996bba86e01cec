"""What vouchers are used for: orders, the ledger of each voucher, a company's year, settlements with providers."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import CheckConstraint, Index, Integer, LargeBinary, Numeric, Text, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from incubator.database import APPEND_ONLY, Base, Owned, belongs_to
from incubator.subsidies.rules.vouchers import ENTRY_KINDS, PAYMENT_KINDS, PAYMENT_WAYS, SOURCES, USES

_OF_AN_ORDER = ("reserve", "release", "redeem", "return", "recover")
_OF_A_REDEMPTION = ("return", "settle", "recover", "deduct")


class VoucherYear(Owned, Base):
    """What a startup has used of a series' vouchers in a calendar year: its row is what two orders at once wait for."""

    __tablename__ = "voucher_years"
    series_id: Mapped[int]
    startup_id: Mapped[int]
    year: Mapped[int] = mapped_column(Integer)
    limit_minor: Mapped[int | None]
    used_minor: Mapped[int] = mapped_column(default=0, server_default="0")
    __table_args__ = (
        belongs_to("voucher_series", "series_id"),
        belongs_to("startups", "startup_id"),
        UniqueConstraint("operator_id", "series_id", "startup_id", "year"),
        CheckConstraint("used_minor >= 0", name="used"),
        CheckConstraint("used_minor <= limit_minor", name="limit"),
        {"info": {"grant": "SELECT, INSERT, UPDATE"}},
    )


class VoucherOrder(Owned, Base):
    """A startup orders something by its voucher; what became of it is told by the entries."""

    __tablename__ = "voucher_orders"
    year: Mapped[int] = mapped_column(Integer)
    number: Mapped[int] = mapped_column(Integer)
    """Without gaps in the year, which is also the one whose limit it counts in."""
    voucher_id: Mapped[int]
    startup_id: Mapped[int]
    provider_id: Mapped[int | None]
    source_kind: Mapped[str | None] = mapped_column(Text)
    source_id: Mapped[int | None]
    """A booking of the operator's own, which has no provider, or a session with a mentor, who is the provider; by its
    kind and number alone."""
    use: Mapped[str] = mapped_column(Text)
    title: Mapped[str] = mapped_column(Text)
    gross_minor: Mapped[int]
    share_percent: Mapped[Decimal] = mapped_column(Numeric(5, 2))
    covered_minor: Mapped[int]
    """What was reserved for it."""
    ordered_at: Mapped[datetime]
    ordered_by: Mapped[int | None]
    __table_args__ = (
        belongs_to("vouchers", "voucher_id"),
        belongs_to("startups", "startup_id"),
        belongs_to("service_providers", "provider_id"),
        belongs_to("people", "ordered_by"),
        UniqueConstraint("operator_id", "year", "number"),
        CheckConstraint("number >= 1", name="number"),
        CheckConstraint("(provider_id IS NULL) = (source_kind IS NOT DISTINCT FROM 'booking')", name="of_one"),
        CheckConstraint("(source_kind IS NULL) = (source_id IS NULL)", name="source"),
        CheckConstraint(f"source_kind IN {SOURCES}", name="source_kind"),
        CheckConstraint(f"use IN {USES}", name="use"),
        CheckConstraint("title <> ''", name="title"),
        CheckConstraint("covered_minor > 0 AND covered_minor <= gross_minor", name="covered"),
        CheckConstraint("share_percent > 0 AND share_percent <= 100", name="share"),
        Index(None, "operator_id", "voucher_id"),
        Index(None, "operator_id", "startup_id"),
        Index(None, "operator_id", "provider_id"),
        Index("voucher_orders_source_idx", "operator_id", "source_kind", "source_id",
              postgresql_where="source_kind IS NOT NULL"),
        {"info": APPEND_ONLY},
    )  # fmt: skip

    @property
    def label(self) -> str:
        """Its number as it is written: VO-2026-0001."""
        return f"VO-{self.year}-{self.number:04}"


class VoucherEntry(Owned, Base):
    """One line of a voucher's ledger, and where its money is after it; only ever added.

    The number follows the last one without gaps, so two that follow the same line can't both be written, and no part of
    the balance can go below zero.
    """

    __tablename__ = "voucher_entries"
    voucher_id: Mapped[int]
    number: Mapped[int] = mapped_column(Integer)
    kind: Mapped[str] = mapped_column(Text)
    amount_minor: Mapped[int]
    left_minor: Mapped[int]
    reserved_minor: Mapped[int]
    redeemed_minor: Mapped[int]
    settled_minor: Mapped[int]
    expired_minor: Mapped[int]
    order_id: Mapped[int | None]
    of_id: Mapped[int | None]
    """The redemption that is returned, settled or recovered; or the recovery that is deducted."""
    settlement_id: Mapped[int | None]
    document_id: Mapped[int | None]
    """The evidence of a redemption."""
    charge_id: Mapped[int | None]
    """That of a booking's redemption: the posted charge, and `invoice`, the number of the invoice that it stands on."""
    invoice: Mapped[str] = mapped_column(Text, default="", server_default="")
    gross_minor: Mapped[int | None]
    """What was invoiced for what is redeemed, by the provider or the operator itself."""
    reason: Mapped[str] = mapped_column(Text, default="", server_default="")
    happened_on: Mapped[date]
    created_at: Mapped[datetime]
    created_by: Mapped[int | None]
    __table_args__ = (
        belongs_to("vouchers", "voucher_id"),
        belongs_to("voucher_orders", "order_id"),
        belongs_to("voucher_entries", "of_id"),
        belongs_to("voucher_settlements", "settlement_id"),
        belongs_to("documents", "document_id"),
        belongs_to("charges", "charge_id"),
        belongs_to("people", "created_by"),
        UniqueConstraint("operator_id", "voucher_id", "number"),
        CheckConstraint("number >= 1", name="number"),
        CheckConstraint("(kind = 'issue') = (number = 1)", name="issue_is_first"),
        CheckConstraint(f"kind IN {ENTRY_KINDS}", name="kind"),
        CheckConstraint("amount_minor > 0", name="amount"),
        CheckConstraint("left_minor >= 0", name="left"),
        CheckConstraint("reserved_minor >= 0", name="reserved"),
        CheckConstraint("redeemed_minor >= 0", name="redeemed"),
        CheckConstraint("settled_minor >= 0", name="settled"),
        CheckConstraint("expired_minor >= 0", name="expired"),
        CheckConstraint(f"(kind IN {_OF_AN_ORDER}) = (order_id IS NOT NULL)", name="of_an_order"),
        CheckConstraint(f"(kind IN {_OF_A_REDEMPTION}) = (of_id IS NOT NULL)", name="of_a_redemption"),
        CheckConstraint("(kind IN ('settle', 'deduct')) = (settlement_id IS NOT NULL)", name="settlement"),
        CheckConstraint("num_nonnulls(document_id, charge_id) = (kind = 'redeem')::int", name="evidence"),
        CheckConstraint("(charge_id IS NULL) = (invoice = '')", name="invoice"),
        CheckConstraint("(kind = 'redeem') = (gross_minor IS NOT NULL)", name="gross"),
        CheckConstraint("gross_minor >= amount_minor", name="gross_covers"),
        CheckConstraint("kind NOT IN ('return', 'recover') OR reason <> ''", name="return_says_why"),
        Index("voucher_entries_settled_key", "operator_id", "of_id", unique=True, postgresql_where="kind = 'settle'"),
        Index("voucher_entries_deducted_key", "operator_id", "of_id", unique=True, postgresql_where="kind = 'deduct'"),
        Index("voucher_entries_charged_key", "operator_id", "charge_id", unique=True,
              postgresql_where="charge_id IS NOT NULL"),
        Index(None, "operator_id", "order_id"),
        Index(None, "operator_id", "settlement_id"),
        Index("voucher_entries_redeemed_idx", "operator_id", "happened_on", postgresql_where="kind = 'redeem'"),
        {"info": APPEND_ONLY},
    )  # fmt: skip


class VoucherSettlement(Owned, Base):
    """A list of what a provider is paid for: redemptions of some days, each with its evidence, less what earlier lists
    paid for and was taken back since."""

    __tablename__ = "voucher_settlements"
    year: Mapped[int] = mapped_column(Integer)
    number: Mapped[int] = mapped_column(Integer)
    """Without gaps in the year."""
    provider_id: Mapped[int]
    first_on: Mapped[date]
    last_on: Mapped[date]
    total_minor: Mapped[int]
    content: Mapped[Any] = mapped_column(JSONB)
    sha256: Mapped[bytes] = mapped_column(LargeBinary)
    pdf_id: Mapped[int]
    workbook_id: Mapped[int]
    made_at: Mapped[datetime]
    made_by: Mapped[int | None]
    __table_args__ = (
        belongs_to("service_providers", "provider_id"),
        belongs_to("documents", "pdf_id"),
        belongs_to("documents", "workbook_id"),
        belongs_to("people", "made_by"),
        UniqueConstraint("operator_id", "year", "number"),
        CheckConstraint("number >= 1", name="number"),
        CheckConstraint("total_minor >= 0", name="total"),
        CheckConstraint("last_on >= first_on", name="days"),
        CheckConstraint("octet_length(sha256) = 32", name="sha256"),
        Index(None, "operator_id", "provider_id"),
        {"info": APPEND_ONLY},
    )

    @property
    def label(self) -> str:
        """Its number as it is written: VS-2026-0001."""
        return f"VS-{self.year}-{self.number:04}"


class SettlementPayment(Owned, Base):
    """A settlement was paid, or that entry was undone: by turns, so that it is paid once; only ever added."""

    __tablename__ = "settlement_payments"
    settlement_id: Mapped[int]
    number: Mapped[int] = mapped_column(Integer)
    kind: Mapped[str] = mapped_column(Text)
    paid_on: Mapped[date | None]
    way: Mapped[str | None] = mapped_column(Text)
    reference: Mapped[str] = mapped_column(Text, default="", server_default="")
    """The bank's number of the transfer, the cheque's."""
    document_id: Mapped[int | None]
    """Its proof, where there is one."""
    reason: Mapped[str] = mapped_column(Text, default="", server_default="")
    """Why it was undone."""
    created_at: Mapped[datetime]
    created_by: Mapped[int | None]
    __table_args__ = (
        belongs_to("voucher_settlements", "settlement_id"),
        belongs_to("documents", "document_id"),
        belongs_to("people", "created_by"),
        UniqueConstraint("operator_id", "settlement_id", "number"),
        CheckConstraint("number >= 1", name="number"),
        CheckConstraint(f"kind IN {PAYMENT_KINDS}", name="kind"),
        CheckConstraint("(kind = 'pay') = (number % 2 = 1)", name="by_turns"),
        CheckConstraint(f"way IN {PAYMENT_WAYS}", name="way"),
        CheckConstraint("num_nonnulls(paid_on, way) = CASE WHEN kind = 'pay' THEN 2 ELSE 0 END", name="paid"),
        CheckConstraint("kind = 'pay' OR (reference = '' AND document_id IS NULL)", name="undone"),
        CheckConstraint("(kind = 'undo') = (reason <> '')", name="undone_says_why"),
        {"info": APPEND_ONLY},
    )
