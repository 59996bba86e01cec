"""October 2026 of the example, posted: what claims are made of."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from incubator.billing.operations.posting import post_month
from incubator.subsidies.models import Scheme
from tests.billing.stage import Posting, Stage
from tests.cast import Cast
from tests.database import TestDatabase
from tests.scenarios.october import AFTER_OCTOBER, OCTOBER, October


@pytest.fixture
def posted(session: Session, cast: Cast, october: October) -> October:
    """With its invoices: scheme Y bears 1,620.00 of A's and 1,434.58 of B's."""
    post_month(session, cast.finance, now=AFTER_OCTOBER, site_id=october.site.id, month=OCTOBER)
    return october


@pytest.fixture
def scheme_id(session: Session, posted: October) -> int:
    """Of scheme Y."""
    return session.execute(select(Scheme.id)).scalar_one()


@pytest.fixture
def stage(own_database: TestDatabase) -> Iterator[Stage]:
    """The same, committed on a database of its own: for those who come at once."""
    made = Stage(own_database)
    with made.connection() as session:
        made.post(session, Posting(made.sites[0], OCTOBER))
        session.commit()
    yield made
    made.engine.dispose()
