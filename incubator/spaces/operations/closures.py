"""Closures: units out of use for a time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.permissions import Action
from incubator.audit.operations import record
from incubator.core.errors import N_, Refusal
from incubator.spaces.models import Closure, Site, Unit
from incubator.spaces.operations.ledger import allocate, release
from incubator.spaces.operations.sites import check_day
from incubator.spaces.operations.words import LONGEST_TEXT, one_line


def close_units(
    session: Session,
    actor: Actor,
    *,
    now: datetime,
    site: Site,
    units: Sequence[Unit],
    start: datetime,
    end: datetime,
    reason: str,
) -> Closure:
    """Take units out of use for a reason; refused where somebody holds one of them in that time."""
    actor.require(Action.MANAGE_SPACES)
    reason = one_line(reason, "reason", LONGEST_TEXT)
    if not reason:
        raise Refusal(N_("Say why, so that others understand."), field="reason")
    if not units or any(unit.site_id != site.id for unit in units):
        raise Refusal(N_("Choose at least one unit of the site."), field="units")
    if start >= end:
        raise Refusal(N_("The end must come after the start."), field="end")
    zone = ZoneInfo(site.zone)
    check_day(start.astimezone(zone).date(), "start")
    check_day(end.astimezone(zone).date(), "end")
    closure = Closure(site_id=site.id, reason=reason, period=Range(start, end), created_at=now,
                      created_by=actor.person_id)  # fmt: skip
    session.add(closure)
    session.flush()
    allocate(session, actor, now=now, holder=("closure", closure.id), units=units, start=start, end=end)
    after = {"reason": reason, "start": start, "end": end, "units": sorted(unit.code for unit in units)}
    record(session, actor, "close_units", ("closures", closure.id), now=now, after=after)
    return closure


def lift_closure(session: Session, actor: Actor, *, now: datetime, closure: Closure) -> Closure:
    """Put the units of a closure into use again, from now on; lifting it twice changes nothing more."""
    actor.require(Action.MANAGE_SPACES)
    session.refresh(closure, with_for_update={"key_share": True})
    if closure.lifted_at is None:
        closure.lifted_at = now
        release(session, actor, now=now, holder=("closure", closure.id), reason="closure lifted", at=now)
        record(session, actor, "lift_closure", ("closures", closure.id), now=now, after={"reason": closure.reason})
    return closure
