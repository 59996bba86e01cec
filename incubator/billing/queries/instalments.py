"""When what is open of invoices is due, and what of them was written off.

An invoice without a plan of instalments is no case of its own: what no plan speaks of is one part, due as the invoice.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from datetime import date
from typing import Any

from msgspec import Struct
from sqlalchemy import BigInteger, ColumnElement, Select, Subquery, any_, cast, func, select, union_all
from sqlalchemy.orm import Session, aliased

from incubator.accounts.models import Person
from incubator.billing.models import Instalment, OpenItem, WriteOff
from incubator.billing.rules.instalments import DuePart, spread
from incubator.database import id_array


def open_parts(*wanted: ColumnElement[bool]) -> Subquery:
    """Every part of an invoice of which something is open: startup_id, invoice_id, due_on, open_minor. `wanted` is
    asked of OpenItem.

    The same as `rules.instalments.spread`, asked of the database: a part of the last plan has open what is open of the
    invoice beyond all later parts, at most the part itself; what is open beyond the whole plan is due as the invoice.
    So 300.00 in three parts with 150.00 open: 50.00 of the second, 100.00 of the third; without a plan: 150.00.
    """
    part, plans = Instalment, aliased(Instalment)
    last = select(func.max(plans.plan)).where(plans.invoice_id == part.invoice_id).correlate(part).scalar_subquery()
    since = func.sum(part.amount_minor).over(partition_by=part.invoice_id, order_by=part.part.desc())
    planned = (
        select(part.invoice_id, part.due_on, part.amount_minor, cast(since, BigInteger).label("since_minor"))
        .where(part.plan == last).cte("planned_parts")
    )  # fmt: skip
    whole = select(planned.c.invoice_id, func.max(planned.c.since_minor).label("minor")).group_by(planned.c.invoice_id)
    of_plan = whole.subquery()
    rest = OpenItem.open_minor - func.coalesce(of_plan.c.minor, 0)
    beyond = OpenItem.open_minor - planned.c.since_minor + planned.c.amount_minor

    def rows(due_on: Any, minor: ColumnElement[int]) -> Select[*tuple[Any, ...]]:
        columns = (OpenItem.startup_id, OpenItem.invoice_id, due_on.label("due_on"), minor.label("open_minor"))
        return select(*columns).where(OpenItem.invoice_id.is_not(None), OpenItem.open_minor > 0, *wanted)

    return union_all(
        rows(planned.c.due_on, func.least(beyond, planned.c.amount_minor))
        .join(planned, planned.c.invoice_id == OpenItem.invoice_id).where(beyond > 0),
        rows(OpenItem.due_on, rest)
        .outerjoin(of_plan, of_plan.c.invoice_id == OpenItem.invoice_id).where(rest > 0),
    ).subquery("open_parts")  # fmt: skip


def first_parts(*wanted: ColumnElement[bool]) -> Subquery:
    """By invoice that is open, the day on which the first part of it is due: invoice_id, due_on."""
    parts = open_parts(*wanted)
    due_on = func.min(parts.c.due_on).label("due_on")
    return select(parts.c.invoice_id, due_on).group_by(parts.c.invoice_id).subquery("first_parts")


def list_due_parts(session: Session, invoice_ids: Collection[int]) -> dict[int, list[DuePart]]:
    """By invoice its dated parts, paid ones with nothing open: of its last plan of instalments, or as one. Two
    statements. Invoices that the books don't have are left out."""
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


class WriteOffRow(Struct, frozen=True):
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
