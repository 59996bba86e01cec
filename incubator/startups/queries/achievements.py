"""Reads of what startups have achieved: pages by actor, and confirmed ones for whatever counts from them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from incubator.startups.models import Achievement


def list_achievements(
    session: Session, startup_ids: Collection[int], *, kinds: Collection[str] = (), sorts: Collection[str] = (),
    first: date | None = None, last: date | None = None, valid_on: date | None = None,
) -> list[Achievement]:  # fmt: skip
    """The confirmed ones of some startups, the oldest first; one statement. Loading the startups is the caller's.

    `first`, `last`: that happened on one of these days; `valid_on`: that happened by then and still hold then. A
    certificate of 1 December 2023 that is valid until 30 November 2026 holds on that day and not on the next.
    """
    wanted = [Achievement.startup_id.in_(startup_ids), Achievement.confirmed_at.is_not(None),
              Achievement.withdrawn_at.is_(None)]  # fmt: skip
    if kinds:
        wanted.append(Achievement.kind.in_(kinds))
    if sorts:
        wanted.append(Achievement.sort.in_(sorts))
    if first is not None:
        wanted.append(Achievement.happened_on >= first)
    if last is not None:
        wanted.append(Achievement.happened_on <= last)
    if valid_on is not None:
        wanted += [Achievement.happened_on <= valid_on,
                   or_(Achievement.valid_until.is_(None), Achievement.valid_until >= valid_on)]  # fmt: skip
    query = select(Achievement).where(*wanted).order_by(Achievement.happened_on, Achievement.id)
    return list(session.execute(query).scalars())


@dataclass(slots=True)
class Financing:
    """What a startup has raised, in fen, with the rounds behind it."""

    amount_minor: int = 0
    rounds: list[Achievement] = field(default_factory=list)


def sum_financing(
    session: Session, startup_ids: Collection[int], first: date | None, last: date, *, with_loans: bool = False
) -> dict[int, Financing]:
    """By startup, what it raised on the days from the first to the last (inclusive); who raised nothing is not in it.

    A loan is no equity and counts only where it is asked for.
    """
    found: dict[int, Financing] = {}
    for each in list_achievements(session, startup_ids, kinds=["financing"], first=first, last=last):
        if each.sort != "loan" or with_loans:
            mine = found.setdefault(each.startup_id, Financing())
            mine.amount_minor += each.amount_minor or 0
            mine.rounds.append(each)
    return found


def list_rights(
    session: Session, startup_ids: Collection[int], kind: str, *, sorts: Collection[str] = (),
    first: date | None = None, last: date | None = None, valid_on: date | None = None,
) -> dict[int, list[Achievement]]:  # fmt: skip
    """By startup, its rights of `right_applied` or `right_granted`: how many is their `len`."""
    found: dict[int, list[Achievement]] = {}
    for each in list_achievements(
        session, startup_ids, kinds=[kind], sorts=sorts, first=first, last=last, valid_on=valid_on
    ):
        found.setdefault(each.startup_id, []).append(each)
    return found
