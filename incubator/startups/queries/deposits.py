"""Reads of deposits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from incubator.accounts.models import Person
from incubator.startups.models import DepositEntry, Residency


@dataclass(frozen=True, slots=True)
class DepositRow:
    """A movement with who entered it, and the number of the other agreement."""

    entry: DepositEntry
    by: str | None
    other: str | None


def last_entry(session: Session, residency_id: int) -> DepositEntry | None:
    """The latest movement of an agreement's deposit; its balance is what is held."""
    return session.execute(
        select(DepositEntry)
        .where(DepositEntry.residency_id == residency_id)
        .order_by(DepositEntry.number.desc())
        .limit(1)
    ).scalar_one_or_none()


def list_entries(session: Session, residency_id: int) -> Sequence[DepositRow]:
    """Every movement, the latest first. The caller has loaded the agreement through the actor."""
    other = aliased(Residency)
    rows = session.execute(
        select(DepositEntry, Person.name, other.number)
        .outerjoin(Person, Person.id == DepositEntry.created_by)
        .outerjoin(other, other.id == DepositEntry.other_residency_id)
        .where(DepositEntry.residency_id == residency_id)
        .order_by(DepositEntry.number.desc())
    ).all()
    return [DepositRow(*row) for row in rows]
