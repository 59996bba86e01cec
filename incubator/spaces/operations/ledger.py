"""The allocation ledger: the one place where a unit is taken or given back.

PostgreSQL decides: the exclusion constraint `allocations_no_overlap` refuses an overlap, whoever asks and however
many ask at once. Here its answer becomes a sentence. Callers require their own permission first.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import TypeVar
from zoneinfo import ZoneInfo

from psycopg import errors
from sqlalchemy import func, insert, select
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.core.errors import N_, Conflict, Refusal
from incubator.database import current_operator
from incubator.spaces.models import Allocation, Site, Unit

Holder = tuple[str, int]
"""Kind and id of who takes a unit: ("booking", 17)."""

Made = TypeVar("Made")

OVERLAP = "allocations_no_overlap"


class Taken(Conflict):
    """The unit is held by another for part of the period. `unit_id`, `start` and `end` say which and when."""

    def __init__(self, unit: Unit, start: datetime | None, end: datetime | None, zone: str) -> None:
        local = ZoneInfo(zone)
        values: dict[str, object] = {"unit": unit.code}
        if start is None:
            message = N_("%(unit)s was taken by somebody else just now.")
        elif end is None:
            message = N_("%(unit)s is taken from %(start)s on.")
            values["start"] = start.astimezone(local)
        else:
            message = N_("%(unit)s is taken from %(start)s to %(end)s.")
            values |= {"start": start.astimezone(local), "end": end.astimezone(local)}
        super().__init__(message, **values)
        self.unit_id, self.start, self.end = unit.id, start, end


@dataclass(frozen=True, slots=True)
class LedgerRow:
    """One row to be written by `allocate_many`."""

    unit_id: int
    start: datetime
    end: datetime | None
    holder_kind: str
    holder_id: int


def allocate(
    session: Session,
    actor: Actor,
    *,
    now: datetime,
    holder: Holder,
    units: Sequence[Unit],
    start: datetime,
    end: datetime | None,
) -> list[Allocation]:
    """Take all of `units` from `start` to `end` (None: open-ended) for `holder`, or none: `Taken` names the first
    that another holds."""
    if not units:
        raise Refusal(N_("There is no unit to take."))
    _check_order(start, end)
    ordered = sorted(units, key=lambda unit: unit.id)  # one order for everybody, so that takers don't deadlock
    return _attempt(session, lambda: _insert(session, actor, now, holder, ordered, start, end), ordered, start, end)


def allocate_any(
    session: Session,
    actor: Actor,
    *,
    now: datetime,
    holder: Holder,
    units: Sequence[Unit],
    start: datetime,
    end: datetime | None,
) -> Allocation:
    """Take any one free unit of a pool, trying those that look free first; `Taken` when all are held."""
    if not units:
        raise Refusal(N_("There is no unit to take."))
    _check_order(start, end)
    busy = set(
        session.execute(
            select(Allocation.unit_id).where(
                Allocation.unit_id.in_([unit.id for unit in units]),
                Allocation.voided_at.is_(None),
                Allocation.period.op("&&")(func.tstzrange(start, end)),
            )
        ).scalars()
    )
    refused: Taken | None = None
    for unit in [unit for unit in units if unit.id not in busy]:
        try:
            return _attempt(
                session,
                lambda unit=unit: _insert(session, actor, now, holder, [unit], start, end),  # type: ignore[misc]
                [unit], start, end,
            )[0]  # fmt: skip
        except Taken as taken:  # another was quicker: the next one
            refused = taken
    raise refused or _who_holds(session, sorted(units, key=lambda unit: unit.id), start, end)


def allocate_many(session: Session, actor: Actor, *, now: datetime, rows: Sequence[LedgerRow]) -> None:
    """Write many rows at once, all or none; `Taken` names one that could not be."""
    if not rows:
        return
    unit_ids = {row.unit_id for row in rows}
    locked = select(Unit).where(Unit.id.in_(unit_ids)).order_by(Unit.id).with_for_update(key_share=True)
    units = {unit.id: unit for unit in session.execute(locked).scalars()}
    operator_id = current_operator(session)
    values = [
        {
            "operator_id": operator_id,
            "site_id": units[row.unit_id].site_id,
            "unit_id": row.unit_id,
            "period": Range(row.start, row.end),
            "holder_kind": row.holder_kind,
            "holder_id": row.holder_id,
            "created_at": now,
            "created_by": actor.person_id,
        }
        for row in sorted(rows, key=lambda row: (row.unit_id, row.start))
    ]
    session.flush()
    savepoint = session.begin_nested()
    try:
        session.execute(insert(Allocation), values)
        savepoint.commit()
    except DBAPIError as error:
        savepoint.rollback()
        if not is_overlap(error):
            raise
        raise _first_clash(session, rows, units) from error


def release(
    session: Session,
    actor: Actor,
    *,
    now: datetime,
    holder: Holder,
    reason: str,
    at: datetime | None = None,
) -> list[Allocation]:
    """Give back what `holder` holds: cut short at `at`, or voided where it had not begun by then (or `at` is None).

    Rows are never deleted; a voided one keeps when, by whom and why.
    """
    kind, holder_id = holder
    held = (
        session.execute(
            select(Allocation)
            .where(
                Allocation.holder_kind == kind,
                Allocation.holder_id == holder_id,
                Allocation.voided_at.is_(None),
            )
            .order_by(Allocation.unit_id)
            .with_for_update()
        )
        .scalars()
        .all()
    )
    changed = []
    for allocation in held:
        start, end = allocation.period.lower, allocation.period.upper
        assert start is not None
        if at is None or at <= start:
            allocation.voided_at, allocation.voided_by, allocation.void_reason = now, actor.person_id, reason
        elif end is None or at < end:
            allocation.period = Range(start, at)
        else:
            continue
        changed.append(allocation)
    session.flush()
    return changed


def is_overlap(error: DBAPIError) -> bool:
    """Whether the database refused an overlap of live allocations."""
    return isinstance(error.orig, errors.ExclusionViolation) and error.orig.diag.constraint_name == OVERLAP


def _check_order(start: datetime, end: datetime | None) -> None:
    if end is not None and start >= end:
        raise Refusal(N_("The end must come after the start."), field="end")


def _insert(
    session: Session, actor: Actor, now: datetime, holder: Holder, units: Sequence[Unit], start: datetime,
    end: datetime | None,
) -> list[Allocation]:  # fmt: skip
    rows = [
        Allocation(
            site_id=unit.site_id, unit_id=unit.id, period=Range(start, end), holder_kind=holder[0],
            holder_id=holder[1], created_at=now, created_by=actor.person_id,
        )
        for unit in units
    ]  # fmt: skip
    session.add_all(rows)
    session.flush()
    return rows


def _attempt(
    session: Session, write: Callable[[], list[Made]], units: Sequence[Unit], start: datetime, end: datetime | None
) -> list[Made]:
    """`write` in a savepoint, with the units' rows locked in one order: two that insert under an exclusion
    constraint at once would wait for each other, and one would end as a deadlock instead of a clear answer."""
    session.flush()
    with session.no_autoflush:
        session.execute(
            select(Unit.id)
            .where(Unit.id.in_([unit.id for unit in units]))
            .order_by(Unit.id)
            .with_for_update(key_share=True)
        )
    savepoint = session.begin_nested()
    try:
        made = write()
        savepoint.commit()
        return made
    except DBAPIError as error:
        savepoint.rollback()
        if is_overlap(error):
            raise _who_holds(session, units, start, end) from error
        raise


def _who_holds(session: Session, units: Sequence[Unit], start: datetime, end: datetime | None) -> Taken:
    by_id = {unit.id: unit for unit in units}
    row = session.execute(
        select(Allocation.unit_id, func.lower(Allocation.period), func.upper(Allocation.period), Site.zone)
        .join(Site, Site.id == Allocation.site_id)
        .where(
            Allocation.unit_id.in_(by_id),
            Allocation.voided_at.is_(None),
            Allocation.period.op("&&")(func.tstzrange(start, end)),
        )
        .order_by(func.lower(Allocation.period))
        .limit(1)
    ).one_or_none()
    if row is None:  # the other has not committed yet, or has gone again
        return Taken(units[0], None, None, "UTC")
    unit_id, held_from, held_until, zone = row
    return Taken(by_id[unit_id], held_from, held_until, zone)


def _first_clash(session: Session, rows: Sequence[LedgerRow], units: dict[int, Unit]) -> Taken:
    """Which of `rows` met what: against the ledger first, else two of the rows themselves."""
    by_unit: dict[int, list[LedgerRow]] = {}
    for row in rows:
        by_unit.setdefault(row.unit_id, []).append(row)
    zones = {site.id: site.zone for site in session.execute(select(Site)).scalars()}
    held = session.execute(
        select(Allocation.unit_id, func.lower(Allocation.period), func.upper(Allocation.period)).where(
            Allocation.unit_id.in_(by_unit), Allocation.voided_at.is_(None)
        )
    ).all()
    for unit_id, start, end in held:
        for row in by_unit[unit_id]:
            if (end is None or row.start < end) and (row.end is None or start < row.end):
                return Taken(units[unit_id], start, end, zones[units[unit_id].site_id])
    for unit_id, wanted in by_unit.items():
        wanted.sort(key=lambda row: row.start)
        for earlier, later in pairwise(wanted):
            if earlier.end is None or later.start < earlier.end:
                return Taken(units[unit_id], earlier.start, earlier.end, zones[units[unit_id].site_id])
    first = rows[0]
    return Taken(units[first.unit_id], None, None, "UTC")
