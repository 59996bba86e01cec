"""The October story with something of everything that pages of spaces show."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

import pytest
from sqlalchemy.orm import Session

from incubator.spaces.models import Closure, Floor, Resource, Site, Unit
from incubator.spaces.operations import add_floor, close_units, create_site
from incubator.spaces.queries import list_floors
from tests.cast import NOW, Cast, Peopled
from tests.database import Databases
from tests.scenarios.october import SHANGHAI, October, tell_october
from tests.worlds import Built, build

FAR = datetime(2100, 1, 1, 9, tzinfo=SHANGHAI)
"""Pages read the real clock: what is to come in a test lies as far away as this."""
UNTIL = datetime(2100, 1, 3, 18, tzinfo=SHANGHAI)


@dataclass(frozen=True)
class Place:
    """Nanshan One with its floor, a closure of D3 in 2100, and a second site without anything."""

    site: Site
    floor: Floor
    units: dict[str, Unit]
    room: Resource
    closure: Closure
    empty: Site
    october: October


def make_place(session: Session, cast: Cast) -> Place:
    october = tell_october(session, cast)
    (floor,) = list_floors(session, cast.manager, october.site.id)
    closure = close_units(session, cast.manager, now=NOW, site=october.site, units=[october.units["D3"]], start=FAR,
                          end=UNTIL, reason="粉刷墙面")  # fmt: skip
    empty = create_site(session, cast.manager, now=NOW, code="FT", name="福田二号", hours=[], open_from=date(2026, 1, 1))
    add_floor(session, cast.manager, now=NOW, site=empty, name="2F")
    return Place(october.site, floor, october.units, october.room, closure, empty, october)


@pytest.fixture(scope="session")
def place_built(databases: Databases, peopled: Peopled) -> Iterator[Built[Place]]:
    with build(databases, peopled, make_place) as built:
        yield built


@pytest.fixture
def place(session: Session, cast: Cast, place_built: Built[Place]) -> Place:
    return place_built.again(session)


@pytest.fixture
def october(place: Place) -> October:
    return place.october
