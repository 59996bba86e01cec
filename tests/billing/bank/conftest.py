"""The bank of the cast's operator."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from tests.billing.bank.making import Bank, make_bank
from tests.cast import Cast


@pytest.fixture
def bank(session: Session, cast: Cast) -> Bank:
    return make_bank(session, cast)
