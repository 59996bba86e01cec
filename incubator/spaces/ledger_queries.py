"""Reads of the ledger: what holds a unit, at an instant and over a time."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from msgspec import Struct
from sqlalchemy import ColumnElement, DateTime, and_, any_, bindparam, func, literal, or_, select, true
from sqlalchemy.dialects.postgresql import TSTZRANGE, Range
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.permissions import Action
from incubator.core.paging import PAGE_SIZE, Page
from incubator.core.periods import local_instant
from incubator.database import among, id_array, read
from incubator.spaces.models import SHORT, Allocation, Closure, Site, Timed, Unit
from incubator.spaces.queries import inclusive_dates, list_units
from incubator.spaces.rules import stretch_state, unit_state


def overlapping(start: datetime, end: datetime | None, row: type[Timed] = Allocation) -> ColumnElement[bool]:
    """The rows (of the ledger) that share an instant with a time, found by an index also under row-level security.

    `end` None: all that is not over at `start`.
    """
    within = literal(Range(start, end), TSTZRANGE)
    return _meets(row, start - SHORT, true() if end is None else row.starts_at < end, within)


def live_of(unit_ids: Iterable[int], start: datetime, end: datetime | None) -> ColumnElement[bool]:
    """What holds one of these units at any instant of a time (`end` None: ever after `start`), found by their index."""
    return and_(Allocation.unit_id == any_(id_array(unit_ids)), Allocation.voided_at.is_(None), overlapping(start, end))


def _meets(
    row: type[Timed], since: Any, before: ColumnElement[bool], within: ColumnElement[Range[datetime]]
) -> ColumnElement[bool]:
    short, long = and_(~row.is_long, row.starts_at > since, before), and_(row.is_long, before)
    return and_(or_(short, long), row.period.op("&&")(within))


AN_INSTANT = timedelta(microseconds=1)


def holding_at(at: datetime) -> ColumnElement[bool]:
    """The rows of the ledger that hold their unit at an instant: PostgreSQL's are a microsecond long."""
    return overlapping(at, at + AN_INSTANT)


class Held(Struct, frozen=True):
    """A live stretch of the ledger: who holds a unit, from when to when (None: open-ended)."""

    allocation_id: int
    unit_id: int
    start: datetime
    end: datetime | None
    holder_kind: str
    holder_id: int


START, END = bindparam("start", type_=DateTime(timezone=True)), bindparam("end", type_=DateTime(timezone=True))
OVERLAPS = _meets(Allocation, bindparam("since", type_=DateTime(timezone=True)), Allocation.starts_at < END,
                  bindparam("within", type_=TSTZRANGE))  # fmt: skip
"""What `overlapping` says, in a statement that is made once and then asked about a time (`during`): nothing of it is
worked out for each row anew."""


def during(start: datetime, end: datetime) -> dict[str, object]:
    """The parameters of `START`, `END` and `OVERLAPS` for a time."""
    return {"start": start, "end": end, "since": start - SHORT, "within": Range(start, end)}


_HELD = (
    select(
        Allocation.id, Allocation.unit_id, func.lower(Allocation.period), func.upper(Allocation.period),
        Allocation.holder_kind, Allocation.holder_id,
    )
    .where(Allocation.site_id == among("site_ids"), Allocation.voided_at.is_(None), OVERLAPS)
    .order_by(Allocation.unit_id, func.lower(Allocation.period))
)  # fmt: skip
_HELD_OF = _HELD.where(Allocation.unit_id == among("unit_ids"))


def list_held(
    session: Session, site_id: int, start: datetime, end: datetime, unit_ids: Iterable[int] | None = None
) -> list[Held]:
    """The site's live allocations (of some units, or of all) that overlap `start`..`end`, in one statement."""
    return list_held_at(session, [site_id], start, end, unit_ids)


def list_held_at(
    session: Session, site_ids: Iterable[int], start: datetime, end: datetime, unit_ids: Iterable[int] | None = None
) -> list[Held]:
    """The same of several sites."""
    asked = {"site_ids": list(site_ids)} | during(start, end)
    if unit_ids is None:
        return [Held(*row) for row in read(session, _HELD, asked)]
    return [Held(*row) for row in read(session, _HELD_OF, asked | {"unit_ids": list(unit_ids)})]


def count_bookings_on(session: Session, site: Site, on: date, unit_ids: Iterable[int] | None = None) -> int:
    """How many bookings hold something of the site (or one of some units) on a local day; of a closed day somebody
    should be told."""
    zone = ZoneInfo(site.zone)
    return session.execute(
        select(func.count(Allocation.holder_id.distinct())).where(
            Allocation.site_id == site.id, Allocation.holder_kind == "booking", Allocation.voided_at.is_(None),
            overlapping(local_instant(on, 0, zone), local_instant(on, 1440, zone)),
            true() if unit_ids is None else Allocation.unit_id.in_(set(unit_ids)),
        )
    ).scalar_one()  # fmt: skip


class UnitNow(Struct, frozen=True):
    """A unit, who holds it at this moment, and what it is: a state of `rules.unit_state`."""

    unit: Unit
    held: Held | None
    state: str


def list_units_now(session: Session, actor: Actor, site: Site, now: datetime) -> dict[int, list[UnitNow]]:
    """The site's units as they are now, by floor, in two statements."""
    by_floor: dict[int, list[UnitNow]] = {}
    for each in look_at(session, site, list_units(session, actor, site.id), now):
        by_floor.setdefault(each.unit.on_floor, []).append(each)
    return by_floor


def look_at(session: Session, site: Site, units: Iterable[Unit], now: datetime) -> list[UnitNow]:
    """Units of the site as they are now, in one statement."""
    held = {each.unit_id: each for each in list_held(session, site.id, now, now + AN_INSTANT)}
    today = now.astimezone(ZoneInfo(site.zone)).date()
    found = []
    for unit in units:
        holder = held.get(unit.id)
        state = unit_state(*inclusive_dates(unit.in_service), today, holder.holder_kind if holder else None)
        found.append(UnitNow(unit, holder, state))
    return found


class LedgerLine(Struct, frozen=True):
    """A row of the ledger as a unit's page shows it; `state` is one of `rules.stretch_state`."""

    start: datetime
    end: datetime | None
    holder_kind: str
    holder_id: int
    state: str
    void_reason: str | None
    closed_for: str | None
    """The reason of a closure."""


def list_ledger(session: Session, actor: Actor, unit: Unit, *, now: datetime, page: int) -> Page[LedgerLine]:
    """All that the ledger knows of a unit, what begins last first; in two statements."""
    actor.require(Action.SEE_SPACES)
    total = session.execute(
        select(func.count()).select_from(Allocation).where(Allocation.unit_id == unit.id)
    ).scalar_one()
    closes = and_(Allocation.holder_kind == "closure", Closure.id == Allocation.holder_id)
    rows = session.execute(
        select(Allocation, Closure.reason)
        .outerjoin(Closure, closes)
        .where(Allocation.unit_id == unit.id)
        .order_by(func.lower(Allocation.period).desc(), Allocation.id.desc())
        .offset((page - 1) * PAGE_SIZE)
        .limit(PAGE_SIZE)
    ).all()
    lines = []
    for row, reason in rows:
        start, end = row.period.lower, row.period.upper
        assert start is not None  # a named CHECK of the table
        state = stretch_state(start, end, row.voided_at is not None, now)
        lines.append(LedgerLine(start, end, row.holder_kind, row.holder_id, state, row.void_reason, reason))
    return Page(lines, page, total)
