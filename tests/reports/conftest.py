"""October in a site whose every figure is worked by hand."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy.orm import Session

from tests.cast import Cast, Peopled
from tests.database import Databases
from tests.reports.world import World, make_october
from tests.worlds import Built, build


@pytest.fixture(scope="session")
def world_built(databases: Databases, peopled: Peopled) -> Iterator[Built[World]]:
    with build(databases, peopled, make_october) as built:
        yield built


@pytest.fixture
def world(session: Session, cast: Cast, world_built: Built[World]) -> World:
    """Where it is; see `tests/reports/world.py`."""
    return world_built.again(session)
