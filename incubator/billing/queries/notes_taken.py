"""What credit notes took off months."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from incubator.billing.models import CreditNote, Invoice


def sum_notes(session: Session, site_id: int, months: Collection[date]) -> dict[tuple[date, int], int]:
    """What notes took off the gross of a site's months, by month and startup."""
    rows = session.execute(
        select(Invoice.month, CreditNote.startup_id, func.sum(CreditNote.gross_minor))
        .join(Invoice, Invoice.id == CreditNote.invoice_id)
        .where(Invoice.site_id == site_id, Invoice.month.in_(months))
        .group_by(Invoice.month, CreditNote.startup_id)
    ).all()
    return {(month, startup_id): int(minor) for month, startup_id, minor in rows}
