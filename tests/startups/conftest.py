"""What tests of applications share."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from incubator.startups.models import Call
from tests.cast import Cast
from tests.startups.applying import open_call


@pytest.fixture
def call(session: Session, cast: Cast) -> Call:
    """Open now, for a week; with a text, a file, several choices and a yes or no that need not be answered."""
    return open_call(session, cast)
