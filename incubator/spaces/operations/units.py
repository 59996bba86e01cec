"""Units: what can be occupied."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from sqlalchemy import func, or_, select
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.permissions import Action
from incubator.audit.operations import record
from incubator.core.errors import N_, Conflict, Refusal
from incubator.core.periods import local_instant
from incubator.spaces.models import PURPOSES, UNIT_KINDS, Allocation, Floor, Site, Unit
from incubator.spaces.operations.sites import day_after
from incubator.spaces.queries import inclusive_dates

LARGEST_M2 = Decimal("100000")


def add_unit(
    session: Session,
    actor: Actor,
    *,
    now: datetime,
    floor: Floor,
    code: str,
    kind: str,
    purpose: str,
    area_m2: Decimal,
    in_service_from: date,
    in_service_until: date | None = None,
) -> Unit:
    """A new unit on a floor, in service from a local date (until another, inclusive). Codes are unique in a site."""
    actor.require(Action.MANAGE_SPACES)
    code = code.strip()
    if not code:
        raise Refusal(N_("Give the unit a code."), field="code")
    if kind not in UNIT_KINDS:
        raise Refusal(N_("%(kind)s is not a kind of unit."), field="kind", kind=kind)
    if in_service_until is not None and in_service_until < in_service_from:
        raise Refusal(N_("The end must come after the start."), field="in_service_until")
    _check_use(purpose, area_m2)
    if session.execute(select(Unit.id).where(Unit.site_id == floor.site_id, Unit.code == code)).first():
        raise Conflict(N_("This site has a unit %(code)s already."), field="code", code=code)
    until = None if in_service_until is None else day_after(in_service_until)
    unit = Unit(site_id=floor.site_id, floor_id=floor.id, code=code, kind=kind, purpose=purpose, area_m2=area_m2,
                in_service=Range(in_service_from, until))  # fmt: skip
    session.add(unit)
    session.flush()
    after = {"code": code, "kind": kind, "purpose": purpose, "area_m2": area_m2, "from": in_service_from}
    record(session, actor, "add_unit", ("units", unit.id), now=now, after=after)
    return unit


def edit_unit(
    session: Session, actor: Actor, *, now: datetime, unit: Unit, code: str, purpose: str, area_m2: Decimal
) -> Unit:
    """Correct a unit's code, purpose or area. Reports that are frozen keep what they were made of."""
    actor.require(Action.MANAGE_SPACES)
    _check_use(purpose, area_m2)
    code = code.strip()
    other = select(Unit.id).where(Unit.site_id == unit.site_id, Unit.code == code, Unit.id != unit.id)
    if not code or session.execute(other).first():
        raise Conflict(N_("This site has a unit %(code)s already."), field="code", code=code)
    before = {"code": unit.code, "purpose": unit.purpose, "area_m2": unit.area_m2}
    unit.code, unit.purpose, unit.area_m2 = code, purpose, area_m2
    after = {"code": code, "purpose": purpose, "area_m2": area_m2}
    record(session, actor, "edit_unit", ("units", unit.id), now=now, before=before, after=after)
    return unit


def retire_unit(session: Session, actor: Actor, *, now: datetime, unit: Unit, last_on: date) -> Unit:
    """Take a unit out of service after a local date. Refused while anybody holds it later than that."""
    actor.require(Action.MANAGE_SPACES)
    first, before = inclusive_dates(unit.in_service)
    if last_on < first:
        raise Refusal(N_("The end must come after the start."), field="last_on")
    zone = session.execute(select(Site.zone).where(Site.id == unit.site_id)).scalar_one()
    end = local_instant(day_after(last_on), 0, ZoneInfo(zone))
    later = session.execute(
        select(Allocation.id).where(
            Allocation.unit_id == unit.id,
            Allocation.voided_at.is_(None),
            or_(func.upper_inf(Allocation.period), func.upper(Allocation.period) > end),
        )
    ).first()
    if later:
        raise Conflict(N_("%(unit)s is held after that day; end that first."), field="last_on", unit=unit.code)
    unit.in_service = Range(first, day_after(last_on))
    session.flush()
    record(session, actor, "retire_unit", ("units", unit.id), now=now, before={"last_on": before},
           after={"last_on": last_on})  # fmt: skip
    return unit


def _check_use(purpose: str, area_m2: Decimal) -> None:
    if purpose not in PURPOSES:
        raise Refusal(N_("%(purpose)s is not a purpose of a unit."), field="purpose", purpose=purpose)
    if not 0 <= area_m2 <= LARGEST_M2:
        raise Refusal(N_("An area is from 0 to 100,000 m²."), field="area_m2")
