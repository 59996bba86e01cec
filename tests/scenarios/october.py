"""The example of the main job: one site in October 2026, through the operations that people use."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from incubator.bookings.models import Booking
from incubator.bookings.operations import book
from incubator.core.periods import Month
from incubator.pricing.operations import TariffLine, create_tariff
from incubator.spaces.models import Resource, Site, Unit
from incubator.spaces.operations import add_floor, add_resource, add_unit, create_site
from incubator.startups.models import Startup
from incubator.startups.operations import UnitTerms, register_startup, sign_residency
from incubator.startups.queries import get_startup
from incubator.subsidies.operations.schemes import add_scheme_version, create_scheme
from tests.cast import NOW, Cast

OCTOBER = Month(2026, 10)
SHANGHAI = ZoneInfo("Asia/Shanghai")
AFTER_OCTOBER = datetime(2026, 11, 1, 1, 0, tzinfo=UTC)
"""09:00 on 1 November in Shanghai: the month has ended."""

SCHEME_Y = {
    "who": {"all": [
        {"fact": "startup.kind", "is": "company"},
        {"fact": "residency.month_number", "at_most": 36},
    ]},
    "covers": ["rent", "property_fee", "utilities"],
    "rate": "0.60",
    "caps": [{"window": "quarter", "amount_minor": 1_000_000}],
}  # fmt: skip
"""Yongxiu county's rule (P6 in POLICIES.md): 60 % of rent, property fee and utilities, 10,000.00 a quarter, 3 years."""


@dataclass(frozen=True)
class October:
    """The site and everybody in it."""

    site: Site
    units: dict[str, Unit]
    room: Resource
    a: Startup
    b: Startup
    c: Startup
    bookings: dict[str, Booking]


def at(day: int, hour: int, minute: int = 0) -> datetime:
    """A wall time of October 2026 in Shanghai."""
    return datetime(2026, 10, day, hour, minute, tzinfo=SHANGHAI)


def tell_october(session: Session, cast: Cast) -> October:
    """Open 09:00-18:00 on working days. A in O1 since August, B in O2 from the 16th, team C at D1 and D2."""
    manager = cast.manager
    site = create_site(session, manager, now=NOW, code="NS", name="南山一号", name_en="Nanshan One",
                       hours=[("workday", 9 * 60, 18 * 60)], open_from=date(2026, 1, 1))  # fmt: skip
    floor = add_floor(session, manager, now=NOW, site=site, name="1F")
    units: dict[str, Unit] = {}
    for code, kind, purpose, area in [
        ("O1", "office", "incubation", "30.00"),
        ("O2", "office", "incubation", "54.50"),
        *((f"D{n}", "desk", "incubation", "6.00") for n in (1, 2, 3, 4)),
        ("R1", "room", "public_service", "20.00"),
    ]:
        units[code] = add_unit(session, manager, now=NOW, floor=floor, code=code, kind=kind, purpose=purpose,
                               area_m2=Decimal(area), in_service_from=date(2026, 1, 1))  # fmt: skip
    room = add_resource(session, manager, now=NOW, site=site, code="R1", name="会议室一", name_en="Room 1",
                        kind="meeting_room", capacity=8, units=[units["R1"]])  # fmt: skip
    create_tariff(session, manager, now=NOW, site=site, name="2026", valid_from=date(2026, 1, 1),
                  items=[TariffLine("booking", "hour", Decimal("50.00"), resource_kind="meeting_room")])  # fmt: skip
    scheme = create_scheme(session, cast.finance, now=NOW, code="Y", name="永修县入园企业租金补贴",
                           name_en="Yongxiu rent subsidy", issuer="永修县")  # fmt: skip
    add_scheme_version(session, cast.finance, now=NOW, scheme=scheme, valid_from=date(2026, 1, 1),
                       source="永修县入园企业扶持办法，租金、物业费、水电费按实际缴纳的 60% 补贴", rule=SCHEME_Y)  # fmt: skip

    a, b = get_startup(session, manager, cast.startup_a), get_startup(session, manager, cast.startup_b)
    c = register_startup(session, manager, now=NOW, name="丙创业团队", name_en="Team C", kind="team")
    sign_residency(session, manager, now=NOW, startup=a, site=site, starts_on=date(2026, 8, 1),
                   units=[UnitTerms(units["O1"], "m2_month", Decimal("80.00"), Decimal("10.00"))])  # fmt: skip
    sign_residency(session, manager, now=NOW, startup=b, site=site, starts_on=date(2026, 10, 16),
                   units=[UnitTerms(units["O2"], "m2_month", Decimal("75.00"), Decimal("10.00"))])  # fmt: skip
    sign_residency(session, manager, now=NOW, startup=c, site=site, starts_on=date(2026, 10, 1),
                   units=[UnitTerms(units[code], "unit_month", Decimal("600.00")) for code in ("D1", "D2")])  # fmt: skip

    bookings = {
        "A": book(session, cast.founder_a, now=NOW, resource_id=room.id, startup_id=a.id, start=at(10, 10),
                  end=at(10, 11, 30), title="产品评审"),
        "B": book(session, cast.founder_b, now=NOW, resource_id=room.id, startup_id=b.id, start=at(20, 17),
                  end=at(20, 19), title="融资会谈"),
        "own": book(session, manager, now=NOW, resource_id=room.id, startup_id=None, start=at(21, 9), end=at(21, 12),
                    title="运营例会"),
    }  # fmt: skip
    return October(site, units, room, a, b, c, bookings)
