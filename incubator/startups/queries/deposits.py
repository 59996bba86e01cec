"""Reads of deposits."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from msgspec import Struct
from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from incubator.accounts.models import Person
from incubator.startups.models import DepositEntry, Exit, Residency
from incubator.startups.rules.deposits import ADDS, TAKES


class DepositRow(Struct, frozen=True):
    """A movement with who entered it, and the number of the other agreement."""

    entry: DepositEntry
    by: str | None
    other: str | None


class KeptDeposit(Struct, frozen=True):
    """The deposit of an agreement that ended with an exit, or before it."""

    residency: Residency
    held_minor: int
    returned_minor: int
    withheld_minor: int
    has_moved: bool
    """Whether any of it was ever received or taken over."""
    last_on: date | None
    """When something of it last went: returned, withheld, carried over."""
    reasons: tuple[str, ...]
    """What parts were withheld for."""


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


def list_deposits_at(session: Session, exit_: Exit) -> list[KeptDeposit]:
    """The deposits that an exit is to settle: of the agreements since the exit before it, and until its day.

    Who came back under a new agreement has another deposit, which the next exit settles. Two statements; the caller
    has loaded the exit through the actor.
    """
    before = select(func.max(Exit.happened_on)).where(
        Exit.startup_id == exit_.startup_id, Exit.revoked_at.is_(None), Exit.happened_on < exit_.happened_on
    )
    residencies = session.execute(
        select(Residency)
        .where(Residency.startup_id == exit_.startup_id, Residency.starts_on <= exit_.happened_on,
               Residency.starts_on > func.coalesce(before.scalar_subquery(), date.min))
        .order_by(Residency.number)
    ).scalars().all()  # fmt: skip
    entries = session.execute(
        select(DepositEntry)
        .where(DepositEntry.residency_id.in_([each.id for each in residencies]))
        .order_by(DepositEntry.number)
    ).scalars().all()  # fmt: skip
    return [_kept(each, [entry for entry in entries if entry.residency_id == each.id]) for each in residencies]


def _kept(residency: Residency, entries: Sequence[DepositEntry]) -> KeptDeposit:
    went = [each for each in entries if each.kind in TAKES]
    withheld = [each for each in went if each.kind == "withheld"]
    return KeptDeposit(
        residency, entries[-1].balance_minor if entries else 0,
        sum(each.amount_minor for each in went if each.kind == "returned"), sum(each.amount_minor for each in withheld),
        any(each.kind in ADDS for each in entries), max((each.happened_on for each in went), default=None),
        tuple(each.reason for each in withheld),
    )  # fmt: skip
