"""October as told, and as posted; and a stand-in for Stripe beside it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy.orm import Session

from incubator.billing.models import Invoice
from incubator.billing.operations.posting import post_month
from tests.billing.cards.counter import Counter, set_up
from tests.cast import Cast
from tests.scenarios.october import AFTER_OCTOBER, OCTOBER, October
from tests.stripe_fake import StripeFake, serve


@pytest.fixture
def posted(session: Session, cast: Cast, october: October) -> dict[str, Invoice]:
    """October's invoices by A, B and C."""
    names = {october.a.id: "A", october.b.id: "B", october.c.id: "C"}
    made = post_month(session, cast.finance, now=AFTER_OCTOBER, site_id=october.site.id, month=OCTOBER)
    return {names[invoice.startup_id]: invoice for invoice in made}


@pytest.fixture
def fake() -> Iterator[StripeFake]:
    with serve() as found:
        yield found


@pytest.fixture
def counter(session: Session, cast: Cast, posted: dict[str, Invoice], fake: StripeFake) -> Counter:
    """The operator takes cards; October is posted."""
    counter = Counter(session, cast, fake, AFTER_OCTOBER)
    fake.clock = lambda: counter.now.timestamp()
    set_up(session, cast, fake, counter.now)
    session.commit()
    return counter
