"""What the load is put on: fifty rooms, open day and night, and a year of bookings of them."""

from __future__ import annotations

import os
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import psycopg
from msgspec import Struct
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from incubator.accounts.permissions import Role
from incubator.bookings.operations import BookingRequest, book_many
from incubator.core.clock import utc_now
from incubator.pricing.operations import TariffLine, create_tariff
from incubator.spaces.operations import add_floor, add_resource, add_unit, create_site
from incubator.startups.models import Startup
from tests.cast import Cast, assemble_cast, join
from tests.database import TestDatabase

ROOMS, STARTUPS = 50, 8
BOOKINGS = int(os.environ.get("BENCH_BOOKINGS", "100000"))
SHANGHAI = ZoneInfo("Asia/Shanghai")
SINCE = date(2020, 1, 1)
FIRST_FREE = timedelta(days=30)
"""How far ahead of today the seeded year ends: what is booked over HTTP lies after it."""


class Place(Struct):
    """The site, its rooms, and for whom is booked: startups whose founders are `founder0`, `founder1` …"""

    site_id: int
    rooms: list[int]
    startups: list[int]

    @property
    def begin(self) -> date:
        """The first day without bookings."""
        return datetime.now(UTC).astimezone(SHANGHAI).date() + FIRST_FREE + timedelta(days=2)

    def wish(self, number: int, whose: int) -> dict[str, object]:
        """The form of the booking of that number, of one of the startups: an hour that nobody has."""
        on = self.begin + timedelta(days=number // (ROOMS * 20) % 50)
        hour = number // ROOMS % 20
        return {"resource_id": self.rooms[number % ROOMS], "startup_id": self.startups[whose], "on": on,
                "start": f"{hour:02}:00", "end": f"{hour + 1:02}:00", "title": "x", "request_key": f"b{number}",
                "agreed_minor": 5000}  # fmt: skip

    def same_wish(self, number: int, whose: int) -> dict[str, object]:
        """The same slot for twenty at once."""
        return self.wish(0, whose) | {"on": self.begin + timedelta(days=55), "start": f"{number // 20:02}:00",
                               "end": f"{number // 20 + 1:02}:00", "request_key": f"s{number}"}  # fmt: skip


def founder(number: int) -> str:
    """The name of a startup's founder."""
    return f"founder{number}"


def _found(session: Session, cast: Cast, number: int) -> int:
    startup = Startup(code=f"S-{number}", name=f"创业公司{number}", kind="team")
    session.add(startup)
    session.flush()
    join(session, cast.operator_id, founder(number), Role.FOUNDER, startup.id)
    return startup.id


def seed(database: TestDatabase) -> Place:
    """The last booking ends a month from now."""
    engine, now = create_engine(database.settings().database_url), utc_now()
    with Session(engine, expire_on_commit=False) as session:
        cast = assemble_cast(session)
        site = create_site(session, cast.manager, now=now, code="NS", name="南山", open_from=SINCE,
                           hours=[("workday", 0, 1440), ("restday", 0, 1440)])  # fmt: skip
        floor = add_floor(session, cast.manager, now=now, site=site, name="1F")
        rooms = []
        for number in range(ROOMS):
            unit = add_unit(session, cast.manager, now=now, floor=floor, code=f"R{number}", kind="room",
                            purpose="public_service", area_m2=Decimal(20), in_service_from=SINCE)  # fmt: skip
            room = add_resource(session, cast.manager, now=now, site=site, code=f"R{number}", name=f"会议室{number}",
                                kind="meeting_room", units=[unit], capacity=4 + number % 9)  # fmt: skip
            rooms.append(room.id)
        create_tariff(session, cast.manager, now=now, site=site, name="t", valid_from=SINCE,
                      items=[TariffLine("booking", "hour", Decimal(50), resource_kind="meeting_room")])  # fmt: skip
        startups = [_found(session, cast, number) for number in range(STARTUPS)]
        session.commit()
        end = datetime.combine((now + FIRST_FREE).date(), datetime.min.time(), SHANGHAI)
        # each room's bookings, an hour each, on a grid that goes back a year from then
        per_room = BOOKINGS // ROOMS
        step = timedelta(hours=max(1, 365 * 24 // max(1, per_room)))
        wishes = [
            BookingRequest(room, end - step * (n + 1), end - step * (n + 1) + timedelta(hours=1),
                           (cast.startup_a, cast.startup_b)[n % 2])
            for n in range(per_room) for room in rooms
        ]  # fmt: skip
        for first in range(0, len(wishes), 10_000):
            book_many(session, cast.manager, now=now, requests=wishes[first : first + 10_000])
            session.commit()
        place = Place(site.id, rooms, startups)
    engine.dispose()
    with psycopg.connect(database.owner_url, autocommit=True) as owner:
        owner.execute("VACUUM ANALYZE")
    return place
