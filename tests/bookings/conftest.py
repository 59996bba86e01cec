"""A site with a meeting room R1 (50.00 an hour), a hall of two halves, and a pool of desks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.bookings import (
    calendar_views,
    close_views,
    desk_views,
    event_views,
    find_views,
    floor_views,
    import_views,
    included_views,
    reception_views,
    resource_views,
    rule_views,
    series_views,
    views,
    visitor_views,
    wait_views,
)
from incubator.pricing.operations import TariffLine, create_tariff
from incubator.spaces.models import Resource, Site, Unit
from incubator.spaces.operations import add_floor, add_resource, add_unit, create_site
from tests.cast import NOW, Cast, Peopled
from tests.database import Databases
from tests.worlds import Built, build


@dataclass(frozen=True)
class Place:
    """What the booking tests book."""

    site: Site
    units: dict[str, Unit]
    room: Resource
    hall: Resource
    half: Resource
    pool: Resource
    unpriced: Resource


def make_place(session: Session, actor: Actor) -> Place:
    """Made by the operations that people use; open 09:00-18:00 on working days."""
    site = create_site(session, actor, now=NOW, code="NS", name="南山", name_en="Nanshan",
                       hours=[("workday", 540, 1080)], open_from=date(2026, 1, 1))  # fmt: skip
    floor = add_floor(session, actor, now=NOW, site=site, name="1F")
    units = {
        code: add_unit(session, actor, now=NOW, floor=floor, code=code, kind=kind, purpose="public_service",
                       area_m2=Decimal(20), in_service_from=date(2026, 1, 1))
        for code, kind in [("R1", "room"), ("HA", "hall"), ("HB", "hall"), ("P1", "desk"), ("P2", "desk"),
                           ("X1", "instrument")]
    }  # fmt: skip

    def resource(code: str, name: str, kind: str, of: list[str], **more: object) -> Resource:
        return add_resource(session, actor, now=NOW, site=site, code=code, name=name, kind=kind,
                            units=[units[each] for each in of], **more)  # type: ignore[arg-type] # fmt: skip

    place = Place(
        site, units,
        room=resource("R1", "会议室一", "meeting_room", ["R1"], name_en="Room 1", capacity=8),
        hall=resource("H", "路演厅", "hall", ["HA", "HB"], name_en="Hall", capacity=80),
        half=resource("HA", "路演厅东", "hall", ["HA"], name_en="Hall east", capacity=40),
        pool=resource("HOT", "共享工位", "desk", ["P1", "P2"], name_en="Hot desks", takes="any"),
        unpriced=resource("X1", "示波器", "instrument", ["X1"], name_en="Oscilloscope"),
    )  # fmt: skip
    create_tariff(
        session, actor, now=NOW, site=site, name="2026", valid_from=date(2026, 1, 1),
        items=[
            TariffLine("booking", "hour", Decimal(50), resource_kind="meeting_room"),
            TariffLine("booking", "hour", Decimal(200), resource_kind="hall"),
            TariffLine("booking", "hour", Decimal(5), resource_kind="desk"),
        ],
    )  # fmt: skip
    return place


@pytest.fixture(scope="session")
def place_built(databases: Databases, peopled: Peopled) -> Iterator[Built[Place]]:
    with build(databases, peopled, lambda session, cast: make_place(session, cast.manager)) as built:
        yield built


@pytest.fixture
def place(session: Session, cast: Cast, place_built: Built[Place]) -> Place:
    return place_built.again(session)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[datetime], None]:
    """For the pages of bookings it is 09:00 on 1 October 2026 in Shanghai, until the clock is turned."""

    def turn(now: datetime) -> None:
        for pages in (
            views, calendar_views, close_views, desk_views, event_views, find_views, floor_views, import_views, included_views,
            included_views, reception_views, resource_views, rule_views, series_views, visitor_views, wait_views,
        ):  # fmt: skip
            monkeypatch.setattr(pages, "utc_now", lambda: now.astimezone(UTC))

    turn(NOW)
    return turn
