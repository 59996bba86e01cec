"""What credit notes have taken off invoices, as far as fapiaos have to follow: the one place that asks for it."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from incubator.billing.models import CreditNoteLine

Credited = dict[tuple[int, int], tuple[int, int]]
"""By invoice and line: net with VAT, and what of it is VAT."""


def credited_lines(session: Session, invoice_ids: Collection[int] | None) -> Credited:
    """What of each line is credited, of some invoices or (None) of all; no line where nothing is."""
    query = select(
        CreditNoteLine.invoice_id, CreditNoteLine.invoice_line,
        func.coalesce(func.sum(CreditNoteLine.net_minor), 0),
        func.coalesce(func.sum(CreditNoteLine.tax_minor), 0),
    ).group_by(CreditNoteLine.invoice_id, CreditNoteLine.invoice_line)  # fmt: skip
    if invoice_ids is not None:
        query = query.where(CreditNoteLine.invoice_id.in_(invoice_ids))
    return {(invoice, line): (int(net or 0), int(tax or 0)) for invoice, line, net, tax in session.execute(query).all()}
