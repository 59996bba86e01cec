"""October as told, and as posted."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from incubator.billing.models import Invoice
from incubator.billing.operations.posting import post_month
from tests.cast import Cast
from tests.scenarios.october import AFTER_OCTOBER, OCTOBER, October


@pytest.fixture
def posted(session: Session, cast: Cast, october: October) -> dict[str, Invoice]:
    """October's invoices by A, B and C."""
    names = {october.a.id: "A", october.b.id: "B", october.c.id: "C"}
    made = post_month(session, cast.finance, now=AFTER_OCTOBER, site_id=october.site.id, month=OCTOBER)
    return {names[invoice.startup_id]: invoice for invoice in made}
