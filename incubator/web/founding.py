"""Setting a new operator up in one go: its owner, a first site with hours and a floor, prices, the team's letters."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal

from msgspec import Struct
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.models import Identity
from incubator.accounts.operations import ask_confirmation, found_operator, invite
from incubator.accounts.permissions import Role
from incubator.accounts.queries import get_actor
from incubator.core.errors import N_, Refusal
from incubator.database import INSTALLATION, as_operator
from incubator.pricing.operations import TariffLine, create_tariff
from incubator.spaces.models import Floor, Site, Unit
from incubator.spaces.operations import add_floor, add_resource, add_unit, create_site
from incubator.spaces.operations.hours import OpenSpan

MOST_DESKS = 300
MOST_OFFICES = 100


class FirstSite(Struct, frozen=True):
    """Where it is, on which days it works, and from when to when."""

    name: str
    address: str
    zone: str
    calendar: str
    hours: Sequence[OpenSpan]
    open_since: date


class Room(Struct, frozen=True):
    """A meeting room, and its price per hour (None: not yet; 0: free)."""

    name: str
    seats: int
    area_m2: Decimal
    price: Decimal | None


class FirstFloor(Struct, frozen=True):
    """What stands on it, and what a month of it costs (None: not yet)."""

    name: str
    desks: int
    desk_m2: Decimal
    offices_m2: Sequence[Decimal]
    rooms: Sequence[Room]
    desk_rent: Decimal | None
    office_rent: Decimal | None


class Colleague(Struct, frozen=True):
    """Whom to invite, and as what."""

    email: str
    role: Role


def set_up(
    session: Session,
    *,
    now: datetime,
    identity_id: int,
    owner_name: str,
    operator_name: str,
    locale: str,
    site: FirstSite,
    floor: FirstFloor | None,
    colleagues: Sequence[Colleague] = (),
    tariff_name: str = "",
) -> Actor:
    """Found an operator and all that its first booking needs, in the caller's transaction. Returns its owner.

    40 desks, offices of 30 and 54.5 m² and one room make D01 to D40, O1, O2 and R1. Without a floor (it will
    come from a workbook) there is the site with its hours.
    """
    with as_operator(session, INSTALLATION):
        identity = session.get_one(Identity, (INSTALLATION, identity_id))
    operator, person = found_operator(
        session, now=now, name=operator_name, owner_name=owner_name, owner_identity=identity, locale=locale
    )
    owner = get_actor(session, person.id)
    assert owner is not None
    made = create_site(
        session, owner, now=now, code="S1", name=site.name, address=site.address, zone=site.zone,
        calendar=site.calendar, hours=site.hours, open_from=site.open_since,
    )  # fmt: skip
    if floor is not None:
        _furnish(session, owner, now=now, site=made, since=site.open_since, plan=floor, tariff_name=tariff_name)
    for colleague in colleagues:
        name = colleague.email.partition("@")[0]
        invite(session, owner, now=now, name=name, email=colleague.email, role=colleague.role, locale=locale)
    ask_confirmation(session, now=now, identity_id=identity_id, payload={"operator": operator.name, "name": owner.name})
    return owner


def _furnish(
    session: Session, owner: Actor, *, now: datetime, site: Site, since: date, plan: FirstFloor, tariff_name: str
) -> None:
    floor = add_floor(session, owner, now=now, site=site, name=plan.name)
    width = len(str(plan.desks))
    units = [(f"D{number:0{max(2, width)}}", "desk", "incubation", plan.desk_m2) for number in range(1, plan.desks + 1)]
    units += [(f"O{number}", "office", "incubation", area) for number, area in enumerate(plan.offices_m2, 1)]
    for code, kind, purpose, area in units:
        add_unit(session, owner, now=now, floor=floor, code=code, kind=kind, purpose=purpose, area_m2=area,
                 in_service_from=since)  # fmt: skip
    lines = [
        TariffLine("rent", basis, price, unit_kind=kind)
        for kind, basis, price in (("desk", "unit_month", plan.desk_rent), ("office", "m2_month", plan.office_rent))
        if price is not None
    ]
    for number, room in enumerate(plan.rooms, 1):
        lines += _add_room(session, owner, now=now, site=site, floor=floor, number=number, room=room, since=since)
    if lines:
        create_tariff(session, owner, now=now, site=site, name=tariff_name or str(since.year), valid_from=since,
                      items=lines)  # fmt: skip


def _add_room(
    session: Session, owner: Actor, *, now: datetime, site: Site, floor: Floor, number: int, room: Room, since: date
) -> list[TariffLine]:
    unit: Unit = add_unit(session, owner, now=now, floor=floor, code=f"R{number}", kind="room",
                          purpose="public_service", area_m2=room.area_m2, in_service_from=since)  # fmt: skip
    resource = add_resource(session, owner, now=now, site=site, code=f"R{number}", name=room.name,
                            kind="meeting_room", capacity=room.seats, units=[unit])  # fmt: skip
    return [] if room.price is None else [TariffLine("booking", "hour", room.price, resource=resource)]


def check_colleagues(owner_email: str, colleagues: Sequence[Colleague]) -> None:
    """Refusal where an address stands twice, or is the owner's own."""
    seen = {owner_email.lower()}
    for colleague in colleagues:
        if colleague.email.lower() in seen:
            raise Refusal(N_("%(email)s stands there twice."), email=colleague.email)
        seen.add(colleague.email.lower())
