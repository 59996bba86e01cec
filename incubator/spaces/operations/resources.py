"""Resources, what one books; and closures, when units are out of use."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.permissions import Action
from incubator.audit.operations import record
from incubator.core.errors import N_, Conflict, Refusal
from incubator.database import current_operator
from incubator.spaces.models import RESOURCE_KINDS, Closure, Resource, ResourceUnit, Site, Unit
from incubator.spaces.operations.ledger import allocate, release


def add_resource(
    session: Session,
    actor: Actor,
    *,
    now: datetime,
    site: Site,
    code: str,
    name: str,
    kind: str,
    units: Sequence[Unit],
    name_en: str = "",
    takes: str = "all",
    capacity: int = 1,
    granularity_minutes: int = 15,
) -> Resource:
    """Something to book, made of units of the site: a booking takes all of them, or any one (`takes`)."""
    actor.require(Action.MANAGE_SPACES)
    code, name = code.strip(), name.strip()
    if not code or not name:
        raise Refusal(N_("A resource needs a code and a name."), field="name" if code else "code")
    if kind not in RESOURCE_KINDS:
        raise Refusal(N_("%(kind)s is not a kind of resource."), field="kind", kind=kind)
    if not units or any(unit.site_id != site.id for unit in units):
        raise Refusal(N_("A resource is made of at least one unit of its site."), field="units")
    if capacity < 1 or not 5 <= granularity_minutes <= 24 * 60:
        raise Refusal(N_("A resource seats at least one, and is booked in steps of 5 minutes to a day."),
                      field="capacity")  # fmt: skip
    if session.execute(select(Resource.id).where(Resource.site_id == site.id, Resource.code == code)).first():
        raise Conflict(N_("This site has a resource %(code)s already."), field="code", code=code)
    resource = Resource(site_id=site.id, code=code, name=name, name_en=name_en.strip(), kind=kind, takes=takes,
                        capacity=capacity, granularity_minutes=granularity_minutes)  # fmt: skip
    session.add(resource)
    session.flush()
    operator_id = current_operator(session)
    session.add_all(ResourceUnit(operator_id=operator_id, resource_id=resource.id, unit_id=unit.id) for unit in units)
    after = {"code": code, "name": name, "kind": kind, "takes": takes, "units": [unit.code for unit in units]}
    record(session, actor, "add_resource", ("resources", resource.id), now=now, after=after)
    return resource


def retire_resource(session: Session, actor: Actor, *, now: datetime, resource: Resource) -> Resource:
    """Let a resource no longer be booked; what is booked already stays."""
    actor.require(Action.MANAGE_SPACES)
    resource.retired_at = now
    record(session, actor, "retire_resource", ("resources", resource.id), now=now, after={"code": resource.code})
    return resource


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
    if not reason.strip():
        raise Refusal(N_("Say why, so that others understand."), field="reason")
    if start >= end:
        raise Refusal(N_("The end must come after the start."), field="end")
    closure = Closure(site_id=site.id, reason=reason.strip(), period=Range(start, end), created_at=now,
                      created_by=actor.person_id)  # fmt: skip
    session.add(closure)
    session.flush()
    allocate(session, actor, now=now, holder=("closure", closure.id), units=units, start=start, end=end)
    after = {"reason": closure.reason, "start": start, "end": end, "units": [unit.code for unit in units]}
    record(session, actor, "close_units", ("closures", closure.id), now=now, after=after)
    return closure


def lift_closure(session: Session, actor: Actor, *, now: datetime, closure: Closure) -> Closure:
    """Put the units of a closure into use again, from now on."""
    actor.require(Action.MANAGE_SPACES)
    if closure.lifted_at is None:
        closure.lifted_at = now
        release(session, actor, now=now, holder=("closure", closure.id), reason="closure lifted", at=now)
        record(session, actor, "lift_closure", ("closures", closure.id), now=now)
    return closure
