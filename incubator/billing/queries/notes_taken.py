"""What credit notes took off months."""

from __future__ import annotations

from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from incubator.billing.models import CreditNote, Invoice


def sum_notes(session: Session, site_id: int, month: date) -> dict[int, int]:
    """What notes took off the gross of a site's month, by startup."""
    rows = session.execute(
        select(CreditNote.startup_id, func.sum(CreditNote.gross_minor))
        .join(Invoice, Invoice.id == CreditNote.invoice_id)
        .where(Invoice.site_id == site_id, Invoice.month == month)
        .group_by(CreditNote.startup_id)
    ).all()
    return {startup_id: int(minor) for startup_id, minor in rows}
