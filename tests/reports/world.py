"""The site of issue 2's example in October 2026, written as rows: what the reports' tests stand on.

The scenario test makes the same site through the operations that people use.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from incubator.bookings.models import Booking
from incubator.core.periods import Month, local_instant
from incubator.spaces.models import Allocation, Floor, OpeningHours, Resource, ResourceUnit, Site, Unit
from incubator.startups.models import Residency, Startup
from tests.cast import Cast

OCTOBER = Month(2026, 10)
SHANGHAI = ZoneInfo("Asia/Shanghai")
CREATED = datetime(2026, 7, 1, tzinfo=UTC)
NOVEMBER_FIRST = datetime(2026, 11, 1, 0, 10, tzinfo=SHANGHAI)


@dataclass(frozen=True)
class World:
    """Ids of what was made."""

    site_id: int
    units: dict[str, int]
    resource_id: int
    startups: dict[str, int]

    def unit(self, code: str) -> int:
        return self.units[code]


def make_october(session: Session, cast: Cast, *, code: str = "NS") -> World:
    """Offices O1 and O2, desks D1-D4, room R1; companies A and B, team C; three bookings of R1."""
    site = Site(code=code, name="南山园区", name_en="Nanshan Park", zone="Asia/Shanghai", created_at=CREATED)
    session.add(site)
    session.flush()
    session.add(OpeningHours(site_id=site.id, day_kind="workday", opens_minute=540, closes_minute=1080,
                             valid=Range(date(2026, 1, 1), None)))  # fmt: skip
    floor = Floor(site_id=site.id, name="一层")
    session.add(floor)
    session.flush()
    units = {}
    kinds = {"O1": ("office", "30.00"), "O2": ("office", "54.50"), "R1": ("room", "20.00")}
    kinds |= {f"D{number}": ("desk", "6.00") for number in (1, 2, 3, 4)}
    for unit_code, (kind, area) in sorted(kinds.items()):
        purpose = "public_service" if kind == "room" else "incubation"
        unit = Unit(site_id=site.id, floor_id=floor.id, code=unit_code, kind=kind, purpose=purpose,
                    area_m2=Decimal(area), in_service=Range(date(2026, 7, 1), None))  # fmt: skip
        session.add(unit)
        session.flush()
        units[unit_code] = unit.id
    room = Resource(site_id=site.id, code="R1", name="会议室一", name_en="Meeting room 1", kind="meeting_room")
    session.add(room)
    team = session.execute(select(Startup).where(Startup.code == "S-C")).scalar_one_or_none()
    if team is None:
        team = Startup(code="S-C", name="丙团队", kind="team")
        session.add(team)
    session.flush()
    session.add(ResourceUnit(operator_id=cast.operator_id, resource_id=room.id, unit_id=units["R1"]))
    world = World(site.id, units, room.id, {"A": cast.startup_a, "B": cast.startup_b, "C": team.id})
    let(session, world, "A", ["O1"], date(2026, 8, 1))
    let(session, world, "B", ["O2"], date(2026, 10, 16))
    let(session, world, "C", ["D1", "D2"], date(2026, 10, 1), date(2026, 10, 31))
    book(session, world, "A", "2026-10-10 10:00", "2026-10-10 11:30")
    book(session, world, "B", "2026-10-20 17:00", "2026-10-20 19:00")
    book(session, world, None, "2026-10-21 09:00", "2026-10-21 12:00")
    return world


def let(
    session: Session, world: World, who: str, codes: list[str], starts_on: date, ends_on: date | None = None
) -> int:
    """A residency with its allocations; returns its id."""
    residency = Residency(startup_id=world.startups[who], site_id=world.site_id, starts_on=starts_on, ends_on=ends_on,
                          number=f"XY-{world.site_id}-{who}-{starts_on}")  # fmt: skip
    session.add(residency)
    session.flush()
    end = local_instant(ends_on, 1440, SHANGHAI) if ends_on else None
    for code in codes:
        take(session, world, code, ("residency", residency.id), local_instant(starts_on, 0, SHANGHAI), end)
    return residency.id


def book(session: Session, world: World, who: str | None, start: str, end: str) -> int:
    """A booking of R1 with its allocation; returns the allocation's id."""
    at, until = (datetime.fromisoformat(text).replace(tzinfo=SHANGHAI) for text in (start, end))
    hours = int((until - at).total_seconds()) // 60
    booking = Booking(
        site_id=world.site_id, resource_id=world.resource_id, startup_id=world.startups[who] if who else None,
        period=Range(at, until), price_minor=hours * 5000 // 60 if who else 0, created_at=CREATED,
    )  # fmt: skip
    session.add(booking)
    session.flush()
    return take(session, world, "R1", ("booking", booking.id), at, until)


def take(
    session: Session, world: World, code: str, holder: tuple[str, int], start: datetime, end: datetime | None
) -> int:
    """A row of the ledger."""
    row = Allocation(site_id=world.site_id, unit_id=world.units[code], period=Range(start, end),
                     holder_kind=holder[0], holder_id=holder[1], created_at=CREATED)  # fmt: skip
    session.add(row)
    session.flush()
    return row.id
