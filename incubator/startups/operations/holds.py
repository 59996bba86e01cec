"""Holds: units kept for somebody before there is an agreement."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Date, func, select, type_coerce
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.permissions import Action
from incubator.audit.operations import record
from incubator.core.errors import N_, Conflict, Refusal
from incubator.core.periods import local_instant
from incubator.pricing.rules import check_day
from incubator.spaces.models import HOLD, Allocation, Site, Unit
from incubator.spaces.operations.ledger import allocate, lock_units, release
from incubator.spaces.operations.sites import today_at
from incubator.startups.models import Residency, Startup, UnitHold
from incubator.startups.rules.holds import check_hold

A_DAY = timedelta(days=1)
LONGEST_NAME, LONGEST_REASON = 100, 200
MOST_AT_ONCE = 100


def hold_units(
    session: Session,
    actor: Actor,
    *,
    now: datetime,
    site: Site,
    units: Sequence[Unit],
    first: date,
    last: date,
    startup: Startup | None = None,
    for_whom: str = "",
    reason: str = "",
) -> UnitHold:
    """Keep units for a startup, or for somebody by name, from the first day to the last (inclusive).

    The ledger refuses what another holds, and from now on refuses these to everybody else.
    """
    actor.require(Action.MANAGE_RESIDENCIES)
    name = startup.name if startup is not None else for_whom.strip()
    if not name or len(name) > LONGEST_NAME * 2:
        raise Refusal(N_("Say for whom, so that others know."), field="for_whom")
    check_day(first, "first")
    check_day(last, "last")
    check_hold(first, last, today_at(site, now))
    if not units or any(unit.site_id != site.id for unit in units):
        raise Refusal(N_("Choose at least one unit of the site."), field="units")
    hold = UnitHold(
        site_id=site.id, startup_id=startup.id if startup else None, for_whom=name, days=Range(first, last + A_DAY),
        reason=reason.strip()[:LONGEST_REASON], created_at=now, created_by=actor.person_id,
    )  # fmt: skip
    session.add(hold)
    session.flush()
    zone = ZoneInfo(site.zone)
    allocate(session, actor, now=now, holder=(HOLD, hold.id), units=units, start=local_instant(first, 0, zone),
             end=local_instant(last + A_DAY, 0, zone))  # fmt: skip
    after = {"for_whom": name, "site": site.code, "starts_on": first, "ends_on": last, "reason": hold.reason,
             "units": sorted(unit.code for unit in units)}  # fmt: skip
    record(session, actor, "hold_units", ("unit_holds", hold.id), now=now, after=after)
    return hold


def extend_hold(session: Session, actor: Actor, *, now: datetime, hold: UnitHold, last: date) -> UnitHold:
    """Keep a hold's units for longer, to a later last day; refused where another has one of them by then."""
    actor.require(Action.MANAGE_RESIDENCIES)
    lock_hold(session, hold)
    check_day(last, "last")
    site = session.execute(select(Site).where(Site.id == hold.site_id)).scalar_one()
    if last <= hold.last:
        raise Refusal(N_("It lasts until %(day)s anyway."), field="last", day=hold.last)
    check_hold(hold.first, last, today_at(site, now))
    zone, before = ZoneInfo(site.zone), hold.last
    allocate(session, actor, now=now, holder=(HOLD, hold.id), units=_units_of(session, hold),
             start=local_instant(before + A_DAY, 0, zone), end=local_instant(last + A_DAY, 0, zone))  # fmt: skip
    hold.days = Range(hold.first, last + A_DAY)
    record(session, actor, "extend_hold", ("unit_holds", hold.id), now=now, before={"ends_on": before},
           after={"ends_on": last})  # fmt: skip
    return hold


def release_hold(session: Session, actor: Actor, *, now: datetime, hold: UnitHold, reason: str = "") -> UnitHold:
    """Let a hold's units go, from now on."""
    actor.require(Action.MANAGE_RESIDENCIES)
    lock_hold(session, hold)
    reason = reason.strip()[:LONGEST_REASON]
    hold.released_at, hold.released_by, hold.ending = now, actor.person_id, "released"
    release(session, actor, now=now, holder=(HOLD, hold.id), reason=reason or "released", at=now)
    record(session, actor, "release_hold", ("unit_holds", hold.id), now=now,
           after={"for_whom": hold.for_whom, "reason": reason})  # fmt: skip
    return hold


def use_hold(
    session: Session, actor: Actor, *, now: datetime, hold: UnitHold, residency: Residency, units: Sequence[Unit],
    start: datetime, name: str = "",
) -> None:  # fmt: skip
    """Let an agreement that begins at `start` have what a hold kept: until then it keeps it still. Units of the hold
    that the agreement does not take are free at once. `name`: of the amendment by which it takes them."""
    name = name or residency.number
    lock_hold(session, hold)
    if hold.site_id != residency.site_id or hold.startup_id not in (None, residency.startup_id):
        raise Refusal(N_("These units are held for another startup."), field="units")
    hold.released_at, hold.released_by, hold.ending = now, actor.person_id, "signed"
    hold.residency_id = residency.id
    taken = {unit.id for unit in units}
    others = {unit.id for unit in _units_of(session, hold)} - taken
    lock_units(session, taken | others)
    release(session, actor, now=now, holder=(HOLD, hold.id), reason=name, at=start, unit_ids=taken)
    if others:
        release(session, actor, now=now, holder=(HOLD, hold.id), reason=name, at=now, unit_ids=others)
    record(session, actor, "use_hold", ("unit_holds", hold.id), now=now,
           after={"for_whom": hold.for_whom, "number": name})  # fmt: skip


def lapse_holds(session: Session, actor: Actor, *, now: datetime) -> int:
    """End holds whose last day is over at their site, and say how many. Their units the ledger has let go by itself."""
    actor.require(Action.MANAGE_RESIDENCIES)
    today = type_coerce(func.date(func.timezone(Site.zone, now)), Date)
    late = session.execute(
        select(UnitHold)
        .join(Site, Site.id == UnitHold.site_id)
        .where(UnitHold.released_at.is_(None), func.upper(UnitHold.days) <= today)
        .order_by(UnitHold.id)
        .limit(MOST_AT_ONCE)
        .with_for_update(of=UnitHold, skip_locked=True)
    ).scalars().all()  # fmt: skip
    for hold in late:
        hold.released_at, hold.ending = now, "lapsed"
        record(session, actor, "lapse_hold", ("unit_holds", hold.id), now=now,
               after={"for_whom": hold.for_whom, "ends_on": hold.last})  # fmt: skip
    session.flush()
    return len(late)


def lock_hold(session: Session, hold: UnitHold) -> None:
    """Conflict where it is over."""
    session.refresh(hold, with_for_update=True)
    if hold.released_at is not None:
        raise Conflict(N_("This hold is over already."))


def _units_of(session: Session, hold: UnitHold) -> Sequence[Unit]:
    ids = select(Allocation.unit_id).where(
        Allocation.holder_kind == HOLD, Allocation.holder_id == hold.id, Allocation.voided_at.is_(None)
    )
    return session.execute(select(Unit).where(Unit.id.in_(ids)).order_by(Unit.id)).scalars().all()
