"""A site where startups owe money."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from tests.billing.dunning.debts import Debts
from tests.cast import Cast


@pytest.fixture
def debts(session: Session, cast: Cast) -> Debts:
    """Nothing is owed there yet, and nobody is reminded."""
    return Debts.at_a_site(session, cast)
