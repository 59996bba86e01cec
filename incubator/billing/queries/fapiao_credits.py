"""What credit notes have taken off invoices, as far as fapiaos have to follow: the one place that asks for it."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy.orm import Session

Credited = dict[tuple[int, int], tuple[int, int]]
"""By invoice and line: net with VAT, and what of it is VAT."""


def credited_lines(_session: Session, _invoice_ids: Collection[int] | None) -> Credited:
    """What of each line is credited, of some invoices or (None) of all; no line where nothing is."""
    return {}
