"""What a payment pays: pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from msgspec import Struct


class Open(Struct, frozen=True):
    """A part of an invoice, or the whole, and what is open of it."""

    invoice_id: int
    due_on: date
    open_minor: int


def pay_oldest(amount_minor: int, items: Iterable[Open]) -> dict[int, int]:
    """Parts of open invoices that an amount pays, the one due first first, in full as long as it lasts.

    500.00 for 200.00 due in May and 400.00 due in June: 200.00 and 300.00. What is over is left. An invoice in
    instalments comes once for each.
    """
    parts: dict[int, int] = {}
    for item in sorted(items, key=lambda each: (each.due_on, each.invoice_id)):
        part = min(amount_minor, item.open_minor)
        if part > 0:
            parts[item.invoice_id] = parts.get(item.invoice_id, 0) + part
            amount_minor -= part
    return parts
