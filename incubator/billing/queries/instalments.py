"""When what is open of invoices is due, and what of them was written off."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from sqlalchemy import any_, select
from sqlalchemy.orm import Session, aliased

from incubator.accounts.models import Person
from incubator.billing.models import Instalment, OpenItem, WriteOff
from incubator.billing.rules.instalments import DuePart, spread
from incubator.database import id_array


def due_parts(session: Session, invoice_ids: Collection[int]) -> dict[int, list[tuple[date, int, int]]]:
    """By invoice its dated parts as (due on, amount, open): by its last plan of instalments, or as one. Two statements.

    Dunning and ageing go by them. Invoices that the books don't have are left out.
    """
    return {
        invoice_id: [(part.due_on, part.amount_minor, part.open_minor) for part in parts]
        for invoice_id, parts in list_due_parts(session, invoice_ids).items()
    }


def list_due_parts(session: Session, invoice_ids: Collection[int]) -> dict[int, list[DuePart]]:
    """The same as values with names."""
    items = session.execute(
        select(OpenItem.invoice_id, OpenItem.due_on, OpenItem.original_minor, OpenItem.open_minor)
        .where(OpenItem.invoice_id == any_(id_array(invoice_ids)))
    ).all()  # fmt: skip
    plans = list_plans(session, invoice_ids)
    found = {}
    for invoice_id, due_on, original, open_minor in items:
        if invoice_id is not None and due_on is not None:
            parts = plans.get(invoice_id) or [(due_on, original)]
            found[invoice_id] = spread(parts, open_minor, due_on)
    return found


def list_plans(session: Session, invoice_ids: Collection[int]) -> dict[int, list[tuple[date, int]]]:
    """By invoice the parts of its last plan, the first first."""
    rows = session.execute(
        select(Instalment.invoice_id, Instalment.plan, Instalment.due_on, Instalment.amount_minor)
        .where(Instalment.invoice_id == any_(id_array(invoice_ids)))
        .order_by(Instalment.invoice_id, Instalment.plan.desc(), Instalment.part)
    ).all()  # fmt: skip
    last: dict[int, int] = {}
    found: dict[int, list[tuple[date, int]]] = defaultdict(list)
    for invoice_id, plan, due_on, amount in rows:
        if last.setdefault(invoice_id, plan) == plan:
            found[invoice_id].append((due_on, amount))
    return dict(found)


@dataclass(frozen=True, slots=True)
class WriteOffRow:
    """A write-off that stands."""

    write_off: WriteOff
    by: str | None


def list_write_offs(session: Session, invoice_id: int) -> list[WriteOffRow]:
    """What stands of what was written off of an invoice that the caller has loaded."""
    undo = aliased(WriteOff)
    rows = session.execute(
        select(WriteOff, Person.name)
        .outerjoin(undo, undo.undoes_id == WriteOff.id)
        .outerjoin(Person, Person.id == WriteOff.created_by)
        .where(WriteOff.invoice_id == invoice_id, WriteOff.undoes_id.is_(None), undo.id.is_(None))
        .order_by(WriteOff.id)
    ).all()
    return [WriteOffRow(*row) for row in rows]
