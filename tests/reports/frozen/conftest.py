"""October as it was posted."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from incubator.billing.models import Invoice
from incubator.billing.operations.posting import post_month
from tests.cast import Cast
from tests.scenarios.october import AFTER_OCTOBER, OCTOBER, October


@pytest.fixture
def posted(session: Session, cast: Cast, october: October) -> list[Invoice]:
    """October's invoices."""
    return post_month(session, cast.finance, now=AFTER_OCTOBER, site_id=october.site.id, month=OCTOBER)
