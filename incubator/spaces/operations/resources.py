"""Resources: what one books."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.permissions import Action
from incubator.audit.operations import record
from incubator.core.errors import N_, Conflict, Refusal
from incubator.database import current_operator
from incubator.spaces.models import RESOURCE_KINDS, TAKES, Resource, ResourceUnit, Site, Unit
from incubator.spaces.operations.words import LONGEST_CODE, LONGEST_NAME, one_line, unique
from incubator.spaces.queries import list_resource_units

MOST_SEATS = 10_000
LONGEST_TAG, MOST_TAGS = 40, 20


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
    tags: Sequence[str] = (),
) -> Resource:
    """Something to book, made of units of the site: a booking takes all of them, or any one (`takes`)."""
    actor.require(Action.MANAGE_SPACES)
    resource = Resource(site_id=site.id)
    _write(session, resource, units, code, name, name_en, kind, takes, capacity, granularity_minutes, tags)
    session.flush()
    record(session, actor, "add_resource", ("resources", resource.id), now=now, after=_say(resource, units))
    return resource


def edit_resource(
    session: Session,
    actor: Actor,
    *,
    now: datetime,
    resource: Resource,
    code: str,
    name: str,
    name_en: str,
    kind: str,
    units: Sequence[Unit],
    takes: str,
    capacity: int,
    granularity_minutes: int,
    tags: Sequence[str] = (),
) -> Resource:
    """Change what a resource is called or made of. Bookings that stand keep the units that they took."""
    actor.require(Action.MANAGE_SPACES)
    before = _say(resource, list_resource_units(session, [resource.id])[resource.id])
    _write(session, resource, units, code, name, name_en, kind, takes, capacity, granularity_minutes, tags)
    after = _say(resource, units)
    record(session, actor, "edit_resource", ("resources", resource.id), now=now, before=before, after=after)
    return resource


def retire_resource(session: Session, actor: Actor, *, now: datetime, resource: Resource) -> Resource:
    """Let a resource no longer be booked; what is booked already stays."""
    actor.require(Action.MANAGE_SPACES)
    if resource.retired_at is None:
        resource.retired_at = now
        record(session, actor, "retire_resource", ("resources", resource.id), now=now, after={"code": resource.code})
    return resource


def _write(
    session: Session, resource: Resource, units: Sequence[Unit], code: str, name: str, name_en: str, kind: str,
    takes: str, capacity: int, granularity_minutes: int, tags: Sequence[str],
) -> None:  # fmt: skip
    code, name = one_line(code, "code", LONGEST_CODE), one_line(name, "name", LONGEST_NAME)
    if not code or not name:
        raise Refusal(N_("A resource needs a code and a name."), field="name" if code else "code")
    if kind not in RESOURCE_KINDS:
        raise Refusal(N_("%(kind)s is not a kind of resource."), field="kind", kind=kind)
    if takes not in TAKES:
        raise Refusal(N_("A booking takes all units of a resource, or any one."), field="takes")
    if not units or any(unit.site_id != resource.site_id for unit in units):
        raise Refusal(N_("A resource is made of at least one unit of its site."), field="units")
    if not 1 <= capacity <= MOST_SEATS:
        raise Refusal(N_("A resource has from 1 to 10,000 seats."), field="capacity")
    if not 5 <= granularity_minutes <= 24 * 60:
        raise Refusal(N_("A resource is booked in steps of 5 minutes to a day."), field="granularity_minutes")
    name_en = one_line(name_en, "name_en", LONGEST_NAME)
    named_tags = sorted({tag for each in tags if (tag := one_line(each, "tags", LONGEST_TAG))})
    if len(named_tags) > MOST_TAGS:
        raise Refusal(N_("A resource has 20 tags at most."), field="tags")
    taken = Conflict(N_("This site has a resource %(code)s already."), field="code", code=code)
    with unique(session, "resources_operator_id_site_id_code_key", taken):
        resource.code, resource.name, resource.name_en, resource.kind = code, name, name_en, kind
        resource.takes, resource.capacity, resource.granularity_minutes = takes, capacity, granularity_minutes
        resource.tags = named_tags
        session.add(resource)
    _compose(session, resource, {unit.id for unit in units})


def _compose(session: Session, resource: Resource, wanted: set[int]) -> None:
    """Let the resource be made of exactly the units `wanted`."""
    of_it = ResourceUnit.resource_id == resource.id
    held = set(session.execute(select(ResourceUnit.unit_id).where(of_it)).scalars())
    if held - wanted:
        session.execute(delete(ResourceUnit).where(of_it, ResourceUnit.unit_id.in_(held - wanted)))
    operator_id = current_operator(session)
    rows = [
        {"operator_id": operator_id, "resource_id": resource.id, "unit_id": unit_id}
        for unit_id in sorted(wanted - held)
    ]
    if rows:
        session.execute(insert(ResourceUnit), rows)


def _say(resource: Resource, units: Sequence[Unit]) -> dict[str, object]:
    return {
        "code": resource.code, "name": resource.name, "name_en": resource.name_en, "kind": resource.kind,
        "takes": resource.takes, "seats": resource.capacity, "step_minutes": resource.granularity_minutes,
        "tags": list(resource.tags or ()),
        "units": sorted(unit.code for unit in units),
    }  # fmt: skip
