"""Posted invoices in the books: read as they were posted, with who bears what of each line."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import any_, select, union_all
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.billing.models import Charge, Invoice, InvoiceLine, OpenItem
from incubator.billing.operations.journal import lock_books, open_day, post_entries
from incubator.billing.rules.deferral import is_deferred
from incubator.billing.rules.invoicing import ADJUSTMENT, invoice_number
from incubator.billing.rules.journal import Entry, Line, Share, book_lines
from incubator.database import id_array, insert_rows
from incubator.subsidies.models import Decision, SchemeVersion, VoucherEntry


def book_invoices(session: Session, actor: Actor, invoices: Sequence[Invoice], *, now: datetime) -> list[int]:
    """The open item and the entry of each invoice, in the transaction that posts them or later; the entries' ids.

    Three statements beside those of `post_entries` and one for each month, however many invoices there are.
    """
    lock_books(session)
    insert_rows(session, OpenItem, [
        {"operator_id": each.operator_id, "startup_id": each.startup_id, "site_id": each.site_id,
         "invoice_id": each.id, "due_on": each.due_on, "original_minor": each.net_minor, "open_minor": 0}
        for each in invoices
    ])  # fmt: skip
    lines = list_book_lines(session, [each.id for each in invoices])
    days = {day: open_day(session, day) for day in {each.issued_on for each in invoices}}
    entries = [
        Entry(
            "invoice", days[each.issued_on], ("invoices", each.id),
            tuple(book_lines(lines[each.id].values(), invoice_id=each.id, startup_id=each.startup_id)),
            says_of(each) | _claims(lines[each.id].values()), each.site_id,
        )
        for each in invoices
    ]  # fmt: skip
    return post_entries(session, actor, entries, now=now)


def says_of(invoice: Invoice) -> dict[str, Any]:
    """What an entry about an invoice says of it."""
    startup = invoice.parties["startup"]
    return {"invoice": invoice_number(invoice.series, invoice.year, invoice.number), "startup": startup["name"],
            "startup_en": startup["name_en"], "month": invoice.month.isoformat()[:7]}  # fmt: skip


def _claims(lines: Iterable[Line]) -> dict[str, str]:
    """By which claims' rulings an invoice takes subsidies back."""
    numbers = sorted({each.claim for each in lines if each.claim})
    return {"claim": ", ".join(numbers)} if numbers else {}


def list_book_lines(session: Session, invoice_ids: Iterable[int]) -> dict[int, dict[int, Line]]:
    """By invoice and line what the books ask of it, in three statements: what was decided when it was posted, and what
    vouchers bore beside it."""
    of = InvoiceLine.invoice_id == any_(id_array(invoice_ids))
    rows = session.execute(
        select(InvoiceLine.invoice_id, InvoiceLine.line, InvoiceLine.charge_id, InvoiceLine.net_minor,
               InvoiceLine.tax_minor, Charge.kind, Charge.tax_rate, Charge.ends_on, Invoice.issued_on,
               Charge.derivation["ruling"]["claim"].astext.label("claim"))
        .join(Charge, Charge.id == InvoiceLine.charge_id)
        .join(Invoice, Invoice.id == InvoiceLine.invoice_id)
        .where(of)
        .order_by(InvoiceLine.invoice_id, InvoiceLine.line)
    ).all()  # fmt: skip
    shares: dict[int, list[Share]] = defaultdict(list)
    charges = select(InvoiceLine.charge_id, Decision.bearer, Decision.amount_minor, SchemeVersion.scheme_id,
                     Decision.id).join(Charge, Charge.id == InvoiceLine.charge_id)
    given = charges.join(Decision, Decision.charge_id == Charge.id).where(
        Charge.source_kind != ADJUSTMENT, Decision.adjusts_id.is_(None)
    )
    adjusted = charges.join(Decision, Decision.id == Charge.source_id).where(Charge.source_kind == ADJUSTMENT)
    counted = Decision.amount_minor != 0
    both = (  # in one join with OR, each invoice's lines would meet all decisions
        each.join(SchemeVersion, SchemeVersion.id == Decision.scheme_version_id).where(of, counted)
        for each in (given, adjusted)
    )
    decided = session.execute(union_all(*both).order_by("id")).all()
    for charge_id, bearer, amount, scheme_id, _ in decided:
        shares[charge_id].append(Share(bearer, amount, scheme_id))
    borne = session.execute(
        select(VoucherEntry.charge_id, VoucherEntry.amount_minor)
        .join(InvoiceLine, InvoiceLine.charge_id == VoucherEntry.charge_id)
        .where(of, VoucherEntry.kind == "redeem")
    ).all()
    for entry in borne:
        shares[entry.charge_id or 0].append(Share("voucher", entry.amount_minor))
    found: dict[int, dict[int, Line]] = defaultdict(dict)
    for row in rows:
        defers = row.charge_id if is_deferred(row.ends_on, row.issued_on) else None
        found[row.invoice_id][row.line] = Line(row.kind, row.tax_rate, row.net_minor, row.tax_minor,
                                               tuple(shares[row.charge_id]), defers, row.claim or "")  # fmt: skip
    return found
