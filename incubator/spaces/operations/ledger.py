"""The allocation ledger: the one place where a unit is taken or given back.

PostgreSQL decides: the exclusion constraint `allocations_no_overlap` refuses an overlap, whoever asks and however
many ask at once. Here its answer becomes a sentence. Callers require their own permission first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TypeVar, cast
from zoneinfo import ZoneInfo

from msgspec import Struct
from psycopg import errors
from sqlalchemy import Table, func, insert, select, true, update
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.core.errors import N_, NotFound, Refusal
from incubator.database import among, current_operator, read, write
from incubator.spaces.ledger_queries import live_of
from incubator.spaces.models import BUFFER, Allocation, Site, Unit
from incubator.spaces.operations.taken import AllTaken, Busy, Taken
from incubator.spaces.queries import inclusive_dates
from incubator.spaces.rules import Service, Stretch, check_service, find_clash

Holder = tuple[str, int]
"""Kind and id of who takes a unit: ("booking", 17)."""

Buffers = tuple[timedelta, timedelta]
"""How long a unit is kept free before and after its use."""
NO_BUFFERS: Buffers = (timedelta(0), timedelta(0))

Made = TypeVar("Made")

OVERLAP = "allocations_no_overlap"
ATTEMPTS = 3
"""How often a write is tried that the database ends because two waited for each other."""
CROSSED = (errors.DeadlockDetected, errors.SerializationFailure)
FOREVER = datetime.max.replace(tzinfo=UTC)


class LedgerRow(Struct, frozen=True):
    """One row to be written: of a holder, or kept free beside one."""

    unit_id: int
    start: datetime
    end: datetime | None
    holder_kind: str
    holder_id: int


def rows_for(
    holder: Holder, units: Iterable[Unit], start: datetime, end: datetime | None, buffers: Buffers = NO_BUFFERS
) -> list[LedgerRow]:
    """What `holder` writes to take `units` from `start` to `end` (None: open-ended), each once.

    `buffers` before and after are kept free as rows of their own, which are nobody's use.
    """
    before, after = buffers
    parts: list[tuple[datetime, datetime | None, str]] = [(start, end, holder[0])]
    if before:
        parts.append((start - before, start, BUFFER))
    if after and end is not None:
        parts.append((end, end + after, BUFFER))
    ids = sorted({unit.id for unit in units})
    return [LedgerRow(unit_id, *part, holder[1]) for unit_id in ids for part in parts]


def allocate(
    session: Session,
    actor: Actor,
    *,
    now: datetime,
    holder: Holder,
    units: Sequence[Unit],
    start: datetime,
    end: datetime | None,
    buffers: Buffers = NO_BUFFERS,
) -> None:
    """Take all of `units` for `holder` (`rows_for`), or none of them.

    `Taken` names the first unit that another holds; refused, too, where a unit is not in service all that time (its
    buffers may lie outside).
    """
    rows = rows_for(holder, units, start, end, buffers)
    with explaining(session, units, start, end, buffers):
        in_turn(session, lambda: take(session, actor, now=now, rows=rows))


def take(session: Session, actor: Actor, *, now: datetime, rows: Sequence[LedgerRow]) -> None:
    """Write these rows, as a part of what the caller does `in_turn` and is `explaining`."""
    if not rows:
        raise Refusal(N_("There is no unit to take."))
    for row in rows:
        _check_order(row.start, row.end)
    services = _lock(session, {row.unit_id for row in rows})
    for row in rows:
        if row.holder_kind != BUFFER:  # what is kept free may lie outside
            check_service(services[row.unit_id], row.start, row.end)
    operator_id = current_operator(session)
    values = [
        {
            "operator_id": operator_id,
            "site_id": services[row.unit_id].site_id,
            "unit_id": row.unit_id,
            "period": Range(row.start, row.end),
            "holder_kind": row.holder_kind,
            "holder_id": row.holder_id,
            "created_at": now,
            "created_by": actor.person_id,
        }
        for row in sorted(rows, key=lambda row: (row.unit_id, row.start))
    ]
    write(session, _TAKE, values)


@contextmanager
def explaining(
    session: Session, units: Sequence[Unit], start: datetime, end: datetime | None, buffers: Buffers = NO_BUFFERS
) -> Iterator[None]:
    """Where the database refuses an overlap inside, `Taken` says of which of `units`, and when it is held."""
    try:
        yield
    except IntegrityError as error:
        if not is_overlap(error):
            raise
        raise _who_holds(session, units, start, end, buffers) from error


def allocate_any(
    session: Session,
    actor: Actor,
    *,
    now: datetime,
    holder: Holder,
    units: Sequence[Unit],
    start: datetime,
    end: datetime | None,
    buffers: Buffers = NO_BUFFERS,
) -> Unit:
    """Take any one free unit of a pool, in the order given, and say which. Where another is quicker, the next is
    tried; `Taken` when none is left."""
    if not units:
        raise Refusal(N_("There is no unit to take."))
    _check_order(start, end)
    whole = _with_buffers(start, end, buffers)
    busy = {unit_id for unit_id, _, _ in _list_overlapping(session, [unit.id for unit in units], *whole)}
    unfit: Refusal | None = None
    for unit in units:
        if unit.id in busy:
            continue
        try:
            allocate(session, actor, now=now, holder=holder, units=[unit], start=start, end=end, buffers=buffers)
            return unit
        except Taken:
            busy.add(unit.id)
        except Busy:
            raise
        except Refusal as refusal:  # out of service then: the next one
            unfit = refusal
    if unfit is not None and not busy:
        raise unfit
    raise _all_taken(session, [unit for unit in units if unit.id in busy], start, end, buffers)


def _with_buffers(start: datetime, end: datetime | None, buffers: Buffers) -> tuple[datetime, datetime | None]:
    return start - buffers[0], None if end is None else end + buffers[1]


def allocate_many(session: Session, actor: Actor, *, now: datetime, rows: Sequence[LedgerRow]) -> None:
    """Write many rows at once, all or none; `Taken` names the one that could not be (`index`)."""
    if not rows:
        return
    try:
        in_turn(session, lambda: take(session, actor, now=now, rows=rows))
    except IntegrityError as error:
        if not is_overlap(error):
            raise
        raise _first_clash(session, rows) from error


def release(
    session: Session,
    actor: Actor,
    *,
    now: datetime,
    holder: Holder,
    reason: str,
    at: datetime | None = None,
    unit_ids: Iterable[int] | None = None,
) -> list[Allocation]:
    """Give back what `holder` holds (of some units, or of all): cut short at `at`, or voided where it had not begun by
    then (or `at` is None).

    Rows are never deleted; a voided one keeps when, by whom and why. Gives the rows that were changed. What is kept
    free after a use that is cut short follows it: the room is cleaned when it is left.
    """
    mine = (
        Allocation.holder_kind.in_((holder[0], BUFFER) if holder[0] == "booking" else (holder[0],)),
        Allocation.holder_id == holder[1],
        Allocation.voided_at.is_(None),
        true() if unit_ids is None else Allocation.unit_id.in_(set(unit_ids)),
    )

    def write() -> list[Allocation]:
        _lock(session, session.execute(select(Allocation.unit_id).where(*mine)).scalars())
        held = session.execute(
            select(Allocation)
            .where(*mine)
            .order_by(Allocation.unit_id, Allocation.id)
            .with_for_update()
            .execution_options(populate_existing=True)
        ).scalars()
        changed = [row for row in held if _give_back(row, actor, now, reason, at)]
        session.flush()
        if at is not None:
            cut = {row.unit_id for row in changed if row.voided_at is None and row.holder_kind != BUFFER}
            freed = [row for row in changed if row.holder_kind == BUFFER and row.voided_at and row.unit_id in cut]
            session.add_all(_follow(row, at, now, actor) for row in freed)
            session.flush()
        return changed

    return in_turn(session, write)


def release_many(session: Session, actor: Actor, *, now: datetime, booking_ids: Iterable[int], reason: str) -> None:
    """Void all that the bookings hold, and what is kept free beside them; three statements, however many they are."""
    mine = (
        Allocation.holder_kind.in_(("booking", BUFFER)),
        Allocation.holder_id.in_(set(booking_ids)),
        Allocation.voided_at.is_(None),
    )

    def write() -> None:
        _lock(session, session.execute(select(Allocation.unit_id).where(*mine)).scalars())
        values = {"voided_at": now, "voided_by": actor.person_id, "void_reason": reason}
        void = update(Allocation).where(*mine).values(values)
        session.execute(void, execution_options={"synchronize_session": False})

    in_turn(session, write)


def lock_units(session: Session, unit_ids: Iterable[int]) -> None:
    """Lock all units that a change gives back and takes, before either: two that swap rooms wait in turn."""
    in_turn(session, lambda: _lock(session, unit_ids))


def in_turn(session: Session, work: Callable[[], Made]) -> Made:
    """`work` in a savepoint, so that what it began is gone where it fails. Where two transactions wait for each
    other and the database ends ours, it is tried again; `Busy` where that does not help, or the wait is too long."""
    session.flush()
    trouble: DBAPIError | None = None
    for _ in range(ATTEMPTS):
        try:
            with session.begin_nested():
                return work()
        except DBAPIError as error:
            trouble = error
            if isinstance(error.orig, errors.LockNotAvailable):
                break
            if not isinstance(error.orig, CROSSED):
                raise
    raise Busy from trouble


def is_overlap(error: DBAPIError) -> bool:
    """Whether the database refused an overlap of live allocations."""
    return isinstance(error.orig, errors.ExclusionViolation) and error.orig.diag.constraint_name == OVERLAP


def _give_back(row: Allocation, actor: Actor, now: datetime, reason: str, at: datetime | None) -> bool:
    start, end = row.period.lower, row.period.upper
    assert start is not None  # a named CHECK of the table
    if at is None or at <= start:
        row.voided_at, row.voided_by, row.void_reason = now, actor.person_id, reason
    elif end is None or at < end:
        row.period = Range(start, at)
    else:
        return False
    return True


def _follow(buffer: Allocation, at: datetime, now: datetime, actor: Actor) -> Allocation:
    start, end = buffer.period.lower, buffer.period.upper
    assert start is not None and end is not None
    return Allocation(
        site_id=buffer.site_id, unit_id=buffer.unit_id, period=Range(at, at + (end - start)), holder_kind=BUFFER,
        holder_id=buffer.holder_id, created_at=now, created_by=actor.person_id,
    )  # fmt: skip


def _check_order(start: datetime, end: datetime | None) -> None:
    if end is not None and start >= end:
        raise Refusal(N_("The end must come after the start."), field="end")


_TAKE = insert(cast(Table, Allocation.__table__))
_LOCK = (
    select(Unit.id, Unit.code, Unit.site_id, Unit.in_service, Site.zone)
    .join(Site, Site.id == Unit.site_id)
    .where(Unit.id == among("unit_ids"))
    .order_by(Unit.id)
    .with_for_update(of=Unit, key_share=True)
)


def _lock(session: Session, unit_ids: Iterable[int]) -> dict[int, Service]:
    """Lock the units' rows, all takers in one order: two that insert under an exclusion constraint at once would
    wait for each other, and one would end as a deadlock instead of a clear answer."""
    wanted = set(unit_ids)
    rows = read(session, _LOCK, {"unit_ids": list(wanted)})
    if len(rows) != len(wanted):
        raise NotFound(N_("There is no such unit."))
    return {
        row.id: Service(row.code, row.site_id, *inclusive_dates(row.in_service), ZoneInfo(row.zone)) for row in rows
    }


def _list_overlapping(
    session: Session, unit_ids: Iterable[int], start: datetime, end: datetime | None
) -> list[tuple[int, datetime, datetime | None]]:
    rows = session.execute(
        select(Allocation.unit_id, func.lower(Allocation.period), func.upper(Allocation.period))
        .where(live_of(unit_ids, start, end))
        .order_by(func.lower(Allocation.period), Allocation.unit_id)
    ).all()
    return [(unit_id, held_from, held_until) for unit_id, held_from, held_until in rows]


def _zone_of(session: Session, unit: Unit) -> str:
    return session.execute(select(Site.zone).where(Site.id == unit.site_id)).scalar_one()


def _who_holds(
    session: Session, units: Sequence[Unit], start: datetime, end: datetime | None, buffers: Buffers = NO_BUFFERS
) -> Taken:
    held = _list_overlapping(session, [unit.id for unit in units], *_with_buffers(start, end, buffers))
    if not held:  # the other has gone again in between
        return Taken(units[0], None, None, "UTC")
    unit_id, held_from, held_until = held[0]
    unit = next(unit for unit in units if unit.id == unit_id)
    beside = (end is not None and end <= held_from) or (held_until is not None and held_until <= start)
    return Taken(unit, held_from, held_until, _zone_of(session, unit), beside=beside)


def _all_taken(
    session: Session, units: Sequence[Unit], start: datetime, end: datetime | None, buffers: Buffers
) -> Taken:
    if len(units) == 1:
        return _who_holds(session, units, start, end, buffers)
    whole = _with_buffers(start, end, buffers)
    last: dict[int, tuple[datetime, datetime | None]] = {
        unit_id: (held_from, held_until)
        for unit_id, held_from, held_until in _list_overlapping(session, [unit.id for unit in units], *whole)
    }
    first = min(units, key=lambda unit: (last.get(unit.id, (start, None))[1] or FOREVER, unit.id))
    held_from, held_until = last.get(first.id, (None, None))
    return AllTaken(len(units), first, held_from, held_until, _zone_of(session, first))


def _first_clash(session: Session, rows: Sequence[LedgerRow]) -> Taken:
    """Which of `rows` met what: the ledger, or another of the rows."""
    units = {
        unit.id: unit
        for unit in session.execute(select(Unit).where(Unit.id.in_({row.unit_id for row in rows}))).scalars()
    }
    until = None if any(row.end is None for row in rows) else max(row.end for row in rows if row.end)
    held = [
        Stretch(unit_id, held_from, held_until)
        for unit_id, held_from, held_until in _list_overlapping(session, units, min(row.start for row in rows), until)
    ]
    clash = find_clash(held, [Stretch(row.unit_id, row.start, row.end) for row in rows])
    if clash is None:  # the other has gone again in between
        return Taken(units[rows[0].unit_id], None, None, "UTC")
    index, other = clash
    unit = units[other.unit_id]
    return Taken(unit, other.start, other.end, _zone_of(session, unit), index=index)
