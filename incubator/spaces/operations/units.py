"""Units: what can be occupied."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
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
from incubator.spaces.operations.sites import check_day, day_after
from incubator.spaces.operations.words import LONGEST_CODE, one_line, unique
from incubator.spaces.queries import inclusive_dates

LARGEST_M2 = Decimal("100000")
MOST_AT_ONCE = 200
LONGEST_ZONE = 40


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
    (unit,) = _make(session, floor, [code], kind, purpose, area_m2, in_service_from, in_service_until)
    after = {"code": unit.code, "kind": kind, "purpose": purpose, "area_m2": area_m2, "from": in_service_from,
             "last_on": in_service_until}  # fmt: skip
    record(session, actor, "add_unit", ("units", unit.id), now=now, after=after)
    return unit


def add_units(
    session: Session,
    actor: Actor,
    *,
    now: datetime,
    floor: Floor,
    codes: Sequence[str],
    kind: str,
    purpose: str,
    area_m2: Decimal,
    in_service_from: date,
    in_service_until: date | None = None,
) -> list[Unit]:
    """Units that are alike, D1 to D12 of 6.00 m² each: all of them or none, and one event in the trail."""
    actor.require(Action.MANAGE_SPACES)
    if not 1 <= len(codes) <= MOST_AT_ONCE:
        raise Refusal(N_("From 1 to %(most)s units can be added at once."), field="count", most=MOST_AT_ONCE)
    units = _make(session, floor, codes, kind, purpose, area_m2, in_service_from, in_service_until)
    after = {"count": len(units), "units": [unit.code for unit in units], "kind": kind, "purpose": purpose,
             "area_m2": area_m2, "from": in_service_from, "last_on": in_service_until}  # fmt: skip
    record(session, actor, "add_units", ("floors", floor.id), now=now, after=after)
    return units


def edit_unit(
    session: Session,
    actor: Actor,
    *,
    now: datetime,
    unit: Unit,
    code: str,
    purpose: str,
    area_m2: Decimal,
    zone: str | None = None,
) -> Unit:
    """Correct a unit's code, purpose or area, or say in which part of its floor it is (None: that stays). Reports that
    are frozen keep what they were made of."""
    actor.require(Action.MANAGE_SPACES)
    code = _check_code(code)
    _check_use(purpose, area_m2)
    zone = unit.zone if zone is None else zone.strip()
    if len(zone) > LONGEST_ZONE:
        raise Refusal(N_("At most %(count)s characters."), field="zone", count=LONGEST_ZONE)
    before = {"code": unit.code, "purpose": unit.purpose, "area_m2": unit.area_m2}
    after = {"code": code, "purpose": purpose, "area_m2": area_m2}
    if zone != unit.zone:
        before["part_of_floor"], after["part_of_floor"] = unit.zone, zone
    with unique(session, "units_operator_id_site_id_code_key", _code_taken(code)):
        unit.code, unit.purpose, unit.area_m2, unit.zone = code, purpose, area_m2, zone
    record(session, actor, "edit_unit", ("units", unit.id), now=now, before=before, after=after)
    return unit


def retire_unit(session: Session, actor: Actor, *, now: datetime, unit: Unit, last_on: date | None) -> Unit:
    """Take a unit out of service after a local date; None: it stays in service until further notice.

    Refused while anybody holds it later than that: the sentence names the last day on which it is held.
    """
    actor.require(Action.MANAGE_SPACES)
    zone = ZoneInfo(session.execute(select(Site.zone).where(Site.id == unit.site_id)).scalar_one())
    # whoever takes the unit locks it, too: nobody gets it between the look and the change
    session.refresh(unit, with_for_update={"key_share": True})
    first, before = inclusive_dates(unit.in_service)
    if last_on is not None:
        check_day(last_on, "last_on")
        if last_on < first:
            raise Refusal(N_("The last day must not come before the first, %(day)s."), field="last_on", day=first)
        _check_given_back(session, unit, local_instant(day_after(last_on), 0, zone), zone)
    unit.in_service = Range(first, None if last_on is None else day_after(last_on))
    record(session, actor, "retire_unit", ("units", unit.id), now=now, before={"code": unit.code, "last_on": before},
           after={"code": unit.code, "last_on": last_on})  # fmt: skip
    return unit


def _check_given_back(session: Session, unit: Unit, end: datetime, zone: ZoneInfo) -> None:
    until = func.upper(Allocation.period)
    held = session.execute(
        select(until)
        .where(Allocation.unit_id == unit.id, Allocation.voided_at.is_(None), or_(until.is_(None), until > end))
        .order_by(until.desc().nulls_first())
        .limit(1)
    ).one_or_none()
    if held is None:
        return
    if held[0] is None:
        raise Conflict(N_("%(unit)s is held without an end; end that first."), field="last_on", unit=unit.code)
    raise Conflict(N_("%(unit)s is held until %(until)s; end that first, or choose a later day."), field="last_on",
                   unit=unit.code, until=held[0].astimezone(zone))  # fmt: skip


def _make(
    session: Session, floor: Floor, codes: Sequence[str], kind: str, purpose: str, area_m2: Decimal, first: date,
    last: date | None,
) -> list[Unit]:  # fmt: skip
    codes = [_check_code(code) for code in codes]
    if kind not in UNIT_KINDS:
        raise Refusal(N_("%(kind)s is not a kind of unit."), field="kind", kind=kind)
    _check_use(purpose, area_m2)
    check_day(first, "in_service_from")
    if last is not None:
        check_day(last, "in_service_until")
        if last < first:
            raise Refusal(N_("The end must come after the start."), field="in_service_until")
    for code in _list_taken(session, floor, codes):
        raise _code_taken(code)
    valid = Range(first, None if last is None else day_after(last))
    units = [
        Unit(site_id=floor.site_id, floor_id=floor.id, code=code, kind=kind, purpose=purpose, area_m2=area_m2,
             in_service=valid)
        for code in codes
    ]  # fmt: skip
    with unique(session, "units_operator_id_site_id_code_key", _code_taken(codes[0])):
        session.add_all(units)
    return units


def _list_taken(session: Session, floor: Floor, codes: Sequence[str]) -> list[str]:
    """Those of `codes` that are given twice, or stand in the site already."""
    twice = [code for code, count in Counter(codes).items() if count > 1]
    held = session.execute(
        select(Unit.code).where(Unit.site_id == floor.site_id, Unit.code.in_(codes)).order_by(Unit.code)
    ).scalars()
    return [*twice, *held]


def _code_taken(code: str) -> Conflict:
    return Conflict(N_("This site has a unit %(code)s already."), field="code", code=code)


def _check_code(code: str) -> str:
    code = one_line(code, "code", LONGEST_CODE)
    if not code:
        raise Refusal(N_("Give the unit a code."), field="code")
    return code


def _check_use(purpose: str, area_m2: Decimal) -> None:
    if purpose not in PURPOSES:
        raise Refusal(N_("%(purpose)s is not a purpose of a unit."), field="purpose", purpose=purpose)
    if not (area_m2.is_finite() and 0 <= area_m2 <= LARGEST_M2):
        raise Refusal(N_("An area is from 0 to 100,000 m²."), field="area_m2")
    if area_m2 != round(area_m2, 2):
        raise Refusal(N_("An area has at most two decimals."), field="area_m2")
