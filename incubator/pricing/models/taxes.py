"""VAT: how the operator is taxed since when, and the rate of each kind of charge since when."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import CheckConstraint, Index, Numeric, Text
from sqlalchemy.orm import Mapped, mapped_column

from incubator.database import APPEND_ONLY, Base, Owned, belongs_to
from incubator.pricing.models.tariffs import TAX_KINDS
from incubator.pricing.rules.taxes import TAX_STATUSES


class TaxStatus(Owned, Base):
    """From a day on, until the next one: a general or a small-scale taxpayer. Of one day the last one entered holds."""

    __tablename__ = "tax_statuses"
    valid_from: Mapped[date]
    status: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime]
    created_by: Mapped[int | None]
    __table_args__ = (
        belongs_to("people", "created_by"),
        CheckConstraint(f"status IN {TAX_STATUSES}", name="status"),
        Index(None, "operator_id", "valid_from"),
        {"info": APPEND_ONLY},
    )


class TaxRate(Owned, Base):
    """From a day on, until the next one: what of a kind of charge is VAT while the operator is taxed so.

    Of one day the last one entered holds; no row is changed, for charges were posted by it.
    """

    __tablename__ = "tax_rates"
    status: Mapped[str] = mapped_column(Text)
    charge_kind: Mapped[str] = mapped_column(Text)
    valid_from: Mapped[date]
    rate: Mapped[Decimal] = mapped_column(Numeric(5, 4))
    """0.06 are 6 %; 0: exempt, and `source` says by what."""
    source: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime]
    created_by: Mapped[int | None]
    __table_args__ = (
        belongs_to("people", "created_by"),
        CheckConstraint(f"status IN {TAX_STATUSES}", name="status"),
        CheckConstraint(f"charge_kind IN {TAX_KINDS}", name="charge_kind"),
        CheckConstraint("rate >= 0 AND rate < 1", name="rate"),
        CheckConstraint("source <> ''", name="source"),
        Index(None, "operator_id", "status", "charge_kind", "valid_from"),
        {"info": APPEND_ONLY},
    )
