"""A taxed October, posted, with fapiaos set up."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from incubator.billing.models import Invoice
from tests.billing.fapiao.desk import post_taxed, set_up
from tests.cast import Cast
from tests.scenarios.october import October


@pytest.fixture
def invoices(session: Session, cast: Cast, october: October) -> dict[str, Invoice]:
    """October's invoices by A, B and C."""
    made = post_taxed(session, cast, october)
    set_up(session, cast, october.site.id)
    return made
